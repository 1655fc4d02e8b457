// Before anything is painted: the theme that was chosen in this browser, if one was.
try {
    const theme = localStorage.getItem("gangway.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
    // Storage is closed to this page: the system's theme it is.
}
