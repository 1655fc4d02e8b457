// Light or dark: the system's choice, unless one was made here.

export type Theme = "system" | "light" | "dark";

const KEPT = "gangway.theme";

function read(): Theme {
    const theme = document.documentElement.dataset["theme"];
    return theme === "light" || theme === "dark" ? theme : "system";
}

let chosen = $state<Theme>(read());

export const theme = {
    get chosen(): Theme {
        return chosen;
    },
    choose(next: Theme): void {
        chosen = next;
        if (next === "system") delete document.documentElement.dataset["theme"];
        else document.documentElement.dataset["theme"] = next;
        try {
            if (next === "system") localStorage.removeItem(KEPT);
            else localStorage.setItem(KEPT, next);
        } catch {
            // Storage is closed to this page: the choice lasts as long as the page.
        }
    },
};
