// A colour for each connector, from its id: none is named here, so a new one has one too.

export function hueOf(id: string): number {
    // The start is the one that sets the present connectors furthest apart.
    let hash = 17683;
    for (const letter of id) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619) >>> 0;
    return ((hash ^ (hash >>> 15)) >>> 0) % 360;
}
