// The way into a folder: what the address does not hold (names) is kept beside it in the history.

export interface Step {
    id: string;
    name: string;
}

export function trailOf(kept: unknown): Step[] {
    if (typeof kept !== "object" || kept === null || !("trail" in kept) || !Array.isArray(kept.trail)) return [];
    return kept.trail.filter((step): step is Step => typeof step?.id === "string" && typeof step?.name === "string");
}
