// A passage in pieces, those that match told from the others. The server counts bytes, browsers count otherwise.

export interface Piece {
    text: string;
    hit: boolean;
}

export function piecesOf(text: string, highlights: number[][]): Piece[] {
    const bytes = new TextEncoder().encode(text);
    const decoder = new TextDecoder();
    const pieces: Piece[] = [];
    let at = 0;
    const take = (end: number, hit: boolean) => {
        if (end > at) pieces.push({ text: decoder.decode(bytes.subarray(at, end)), hit });
        at = Math.max(at, end);
    };
    for (const [start = 0, end = 0] of highlights.toSorted(([a = 0], [b = 0]) => a - b)) {
        take(Math.min(start, bytes.length), false);
        take(Math.min(end, bytes.length), true);
    }
    take(bytes.length, false);
    return pieces;
}
