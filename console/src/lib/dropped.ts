// What was dropped or chosen: files with the folders they came in.

export interface Dropped {
    file: File;
    path: string;
}

export function chosenFiles(list: FileList | null): Dropped[] {
    return [...(list ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

/** Goes through folders that were dropped, however deep. */
export async function droppedFiles(transfer: DataTransfer): Promise<Dropped[]> {
    // Entries have to be taken before anything is waited for: afterwards the browser forgets them.
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry !== null && entry !== undefined);
    if (entries.length === 0) return chosenFiles(transfer.files);
    const found: Dropped[] = [];
    const open = [...entries];
    for (let entry = open.shift(); entry; entry = open.shift()) {
        if (isFile(entry)) {
            const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
            found.push({ file, path: entry.fullPath.replace(/^\//, "") });
        } else {
            open.push(...(await childrenOf(entry as FileSystemDirectoryEntry)));
        }
    }
    return found;
}

function isFile(entry: FileSystemEntry): boolean {
    return entry.isFile;
}

/** A reader answers some at a time, and none at the end. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
    const reader = folder.createReader();
    const all: FileSystemEntry[] = [];
    for (;;) {
        const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
        if (some.length === 0) return all;
        all.push(...some);
    }
}
