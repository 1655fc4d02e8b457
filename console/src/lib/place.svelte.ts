// Where in the console one is: the address's path below /console, its query, and what the history keeps beside it.

const BASE = "/console";

export interface Place {
    /** Parts of the path: `["collections", "<uuid>"]`. */
    parts: string[];
    query: URLSearchParams;
    /** What a page put beside the address, such as the names of the folders on the way. */
    kept: unknown;
}

function read(): Place {
    const { pathname, search } = location;
    const parts = pathname.slice(BASE.length).split("/").filter(Boolean).map(decoded);
    return { parts, query: new URLSearchParams(search), kept: history.state };
}

function decoded(part: string): string {
    try {
        return decodeURIComponent(part);
    } catch {
        return part;
    }
}

let here = $state.raw(read());

export const place = {
    get parts(): string[] {
        return here.parts;
    },
    get query(): URLSearchParams {
        return here.query;
    },
    get kept(): unknown {
        return here.kept;
    },
};

/** An address within the console. */
export function to(...parts: string[]): string {
    return [BASE, ...parts.map(encodeURIComponent)].join("/") + (parts.length === 0 ? "/" : "");
}

export function go(address: string, options: { replace?: boolean; kept?: unknown } = {}): void {
    const { replace = false, kept = null } = options;
    if (replace) history.replaceState(kept, "", address);
    else history.pushState(kept, "", address);
    here = read();
    if (!replace) scrollTo(0, 0);
}

/** Lets links within the console change the place instead of loading the page anew. */
export function followLinks(): () => void {
    const back = () => (here = read());
    const click = (event: MouseEvent) => {
        const link = event.target instanceof Element ? event.target.closest("a") : null;
        const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
        if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
        const url = new URL(link.href);
        if (url.origin !== location.origin || !`${url.pathname}/`.startsWith(`${BASE}/`) || url.hash) return;
        event.preventDefault();
        go(url.pathname + url.search);
    };
    addEventListener("popstate", back);
    document.addEventListener("click", click);
    return () => {
        removeEventListener("popstate", back);
        document.removeEventListener("click", click);
    };
}
