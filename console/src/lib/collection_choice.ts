// The collection that was chosen, made first when it is new.

import { connectors } from "./server.svelte.js";

export function isChosen(chosen: string, name: string): boolean {
    return chosen !== "" && (chosen !== "new" || name.trim() !== "");
}

export async function chosenCollection(chosen: string, name: string): Promise<string> {
    return chosen === "new" ? (await connectors.createCollection(name.trim())).uuid : chosen;
}
