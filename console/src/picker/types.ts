// Media types that may be chosen: which they are, and how they are told.

import { kindOf } from "../lib/words.js";

const essence = (mediaType: string) => mediaType.split(";", 1)[0]!.trim().toLowerCase();

/** By name, or by family (`image/*`); all when none is named. The server has the last word. */
export function isWanted(wanted: string[], mediaType: string): boolean {
    const type = essence(mediaType);
    return wanted.length === 0 || wanted.some((one) => (one.endsWith("/*") ? type.startsWith(one.slice(0, -1).toLowerCase()) : essence(one) === type));
}

const PLURAL: Record<string, string> = { PDF: "PDF", Text: "text", Markdown: "Markdown", Mail: "mail", Sound: "sound" };
const FAMILIES: Record<string, string> = { "text/*": "text", "image/*": "pictures", "audio/*": "sound", "video/*": "films" };

/** `PDF, pictures or documents`. */
export function told(wanted: string[]): string {
    const names = [...new Set(wanted.map(nameOf))];
    return names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

function nameOf(wanted: string): string {
    const family = FAMILIES[wanted.toLowerCase()];
    if (family) return family;
    const kind = kindOf(essence(wanted));
    // What has no name of its own among people is named by what stands behind the stroke.
    if (kind === "File") return wanted.split("/").at(-1)?.replace(/^(x-|vnd\.)/, "") ?? wanted;
    return PLURAL[kind] ?? `${kind.toLowerCase()}s`;
}
