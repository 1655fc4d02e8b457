// What was begun to be uploaded and not finished: so that the same file, given again, goes on where it stood.

const PLACE = "gangway.uploads";
/** As many are remembered; the oldest are forgotten first. */
const MOST = 200;

/** Uploads by what identifies their file. Nothing of a file's name is kept: only a hash. */
export interface Unfinished {
    find(key: string): string | undefined;
    keep(key: string, id: string): void;
    forget(key: string): void;
}

/** In browsers they outlive the page; elsewhere they last as long as the program. */
export function unfinishedUploads(storage: Storage | undefined = storageHere()): Unfinished {
    if (storage === undefined) return inMemory;
    const read = (): Record<string, string> => {
        try {
            const kept: unknown = JSON.parse(storage.getItem(PLACE) ?? "{}");
            return typeof kept === "object" && kept !== null ? (kept as Record<string, string>) : {};
        } catch {
            return {};
        }
    };
    const write = (kept: [string, string][]) => {
        try {
            if (kept.length === 0) storage.removeItem(PLACE);
            else storage.setItem(PLACE, JSON.stringify(Object.fromEntries(kept.slice(-MOST))));
        } catch {
            // The storage is full or closed: the upload goes on all the same, and after a reload it begins anew.
        }
    };
    const others = (key: string) => Object.entries(read()).filter(([name]) => name !== hash(key));
    return {
        find(key) {
            const id: unknown = read()[hash(key)];
            return typeof id === "string" ? id : undefined;
        },
        keep: (key, id) => write([...others(key), [hash(key), id]]),
        forget: (key) => write(others(key)),
    };
}

const begun = new Map<string, string>();
const inMemory: Unfinished = {
    find: (key) => begun.get(key),
    keep(key, id) {
        begun.delete(key);
        begun.set(key, id);
        for (const oldest of begun.keys()) {
            if (begun.size <= MOST) break;
            begun.delete(oldest);
        }
    },
    forget: (key) => void begun.delete(key),
};

function storageHere(): Storage | undefined {
    try {
        return (globalThis as { window?: { localStorage?: Storage } }).window?.localStorage;
    } catch {
        return undefined;
    }
}

/** Tells files from each other; whoever goes on with one looks at its name and length besides. Letters in front keep the order of entries. */
function hash(text: string): string {
    let [one, other] = [0xdeadbeef, 0x41c6ce57];
    for (let at = 0; at < text.length; at += 1) {
        const unit = text.charCodeAt(at);
        one = Math.imul(one ^ unit, 2654435761);
        other = Math.imul(other ^ unit, 1597334677);
    }
    return `u${(one >>> 0).toString(36)}${(other >>> 0).toString(36)}`;
}
