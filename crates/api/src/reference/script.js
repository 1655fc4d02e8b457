// What the page does beyond being read: colours, a filter, copying, and showing where one is. It is whole without.
"use strict";
(() => {
    const $ = (id) => document.getElementById(id);

    // -- colours: the same choice as the console's
    const chosen = document.documentElement.dataset.theme ?? "system";
    for (const radio of document.querySelectorAll("#themes input")) {
        radio.checked = radio.value === chosen;
        radio.addEventListener("change", () => {
            if (radio.value === "system") delete document.documentElement.dataset.theme;
            else document.documentElement.dataset.theme = radio.value;
            try {
                if (radio.value === "system") localStorage.removeItem("gangway.theme");
                else localStorage.setItem("gangway.theme", radio.value);
            } catch {
                // Storage is closed to this page: the choice lasts as long as the page.
            }
        });
    }
    $("themes").hidden = false;

    // -- contents: unfolded where there is room for them
    const narrow = matchMedia("(max-width: 860px)");
    const contents = $("contents");
    const fit = () => {
        contents.open = !narrow.matches;
    };
    narrow.addEventListener("change", fit);
    fit();
    contents.addEventListener("click", ({ target }) => {
        if (narrow.matches && target.closest("a")) contents.open = false;
    });

    // -- filter
    const filter = $("filter");
    const items = [...document.querySelectorAll("[data-words]")];
    const groups = [...document.querySelectorAll("main > section, [data-group]")];
    const operations = items.filter((item) => item.matches("article")).length;
    const show = () => {
        const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
        for (const item of items) item.hidden = !words.every((word) => item.dataset.words.includes(word));
        const left = items.filter((item) => !item.hidden && item.matches("article, .error"));
        for (const group of groups) {
            const inner = group.querySelectorAll("[data-words]");
            group.hidden = words.length > 0 && [...inner].every((item) => item.hidden);
        }
        $("nothing").hidden = left.length > 0;
        const shown = left.filter((item) => item.matches("article")).length;
        $("count").textContent = words.length === 0 ? `${operations} operations` : `${shown} of ${operations} operations`;
        const address = new URL(location.href);
        if (words.length > 0) address.searchParams.set("q", filter.value);
        else address.searchParams.delete("q");
        if (address.href !== location.href) history.replaceState(null, "", address);
    };
    filter.addEventListener("input", show);
    filter.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        filter.value = "";
        show();
    });
    $("all").addEventListener("click", () => {
        filter.value = "";
        show();
        filter.focus();
    });
    document.addEventListener("keydown", (event) => {
        const typing = event.target.closest?.("input, textarea, select");
        if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        filter.focus();
        filter.select();
    });
    $("find").hidden = false;
    filter.value = new URLSearchParams(location.search).get("q") ?? "";
    if (filter.value) show();

    // -- a deep link leads to its operation, whatever the filter hides
    const arrive = () => {
        const target = $(decodeURIComponent(location.hash.slice(1)));
        if (!target?.hidden && !target?.closest("[hidden]")) return;
        filter.value = "";
        show();
        target.scrollIntoView();
    };
    addEventListener("hashchange", arrive);
    arrive();

    // -- copying a call
    for (const figure of document.querySelectorAll("figure.sample")) {
        if (!navigator.clipboard) break;
        const button = document.createElement("button");
        const name = figure.closest("article")?.querySelector("h3")?.textContent ?? "";
        button.type = "button";
        button.className = "button quiet small copy";
        button.textContent = "Copy";
        button.setAttribute("aria-label", `Copy: ${name}, ${figure.querySelector("figcaption").textContent}`);
        button.addEventListener("click", async () => {
            await navigator.clipboard.writeText(figure.querySelector("pre").textContent);
            button.textContent = "Copied";
            setTimeout(() => (button.textContent = "Copy"), 2000);
        });
        figure.append(button);
    }

    // -- where one is
    const links = new Map([...document.querySelectorAll(".ways a")].map((link) => [link.hash.slice(1), link]));
    const within = new Set();
    const watcher = new IntersectionObserver(
        (entries) => {
            for (const { target, isIntersecting } of entries) {
                if (isIntersecting) within.add(target.id);
                else within.delete(target.id);
            }
            const here = [...links.keys()].find((id) => within.has(id));
            for (const [id, link] of links) {
                if (id === here) link.setAttribute("aria-current", "location");
                else link.removeAttribute("aria-current");
            }
        },
        { rootMargin: "-80px 0px -60% 0px" },
    );
    for (const id of links.keys()) if ($(id)) watcher.observe($(id));
})();
