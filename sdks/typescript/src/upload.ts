// Uploads: what people hand in, as a multipart body that is sent as it is read and tells how far it is.

import { LARGE, sendLarge, type LargeFile } from "./resuming.js";
import { parsed, unreadable, type Call, type Transport } from "./transport.js";
import type { CallOptions, UploadAnswer, UploadedFile } from "./types.js";
import { canWatch, watched } from "./watched.js";

type Bytes = Uint8Array<ArrayBufferLike>;
export type ByteStream = ReadableStream<Bytes> | AsyncIterable<Bytes>;
/**
 * The bytes of a file. A `Blob` (in Node: `await fs.openAsBlob(path)`) is read from disk as it is sent. A stream can be
 * sent only once, so an upload with one is not tried again; a function that makes the stream anew is.
 */
export type UploadData = Blob | ArrayBuffer | ArrayBufferView | string | ByteStream | (() => ByteStream);

export interface UploadFile {
    name: string;
    data: UploadData;
    /** Its media type; the server looks at the name when left out. */
    type?: string | undefined;
    /** Where it stands among its folders, such as `Reports/2026/May.pdf`. */
    path?: string | undefined;
}

/** A browser's `File`, as an `<input type="file">` or a drop brings it; folders keep their structure. */
export type BrowserFile = Blob & { readonly name: string; readonly webkitRelativePath?: string };

export interface UploadProgress {
    /** Bytes handed to the network so far. */
    sent: number;
    /** Bytes in all; absent while a stream's length is unknown. */
    total?: number | undefined;
}

export interface UploadOptions extends CallOptions {
    /** What happens to a file whose place is taken by one with other bytes; `keep_both` when left out. */
    on_conflict?: "skip" | "replace" | "keep_both" | undefined;
    onProgress?: ((progress: UploadProgress) => void) | undefined;
}

export type Uploads = UploadFile | BrowserFile | Iterable<UploadFile | BrowserFile>;

/** Uploads files into a collection: large ones by themselves, so that each can go on where it stood, the others together. */
export async function upload(
    transport: Transport,
    uploads: Uploads,
    collection_uuid: string,
    options: UploadOptions,
    ownFetch: boolean,
): Promise<UploadAnswer> {
    const files = filesOf(uploads);
    const large = files.map(largeOf);
    const small = files.filter((_, at) => large[at] === undefined);
    if (small.length === files.length) return together(transport, files, collection_uuid, options, ownFetch);
    const sizes = files.map(({ data }) => sizeOf(data));
    const total = sizes.every((size) => size !== undefined) ? sizes.reduce((sum, size) => sum + size, 0) : undefined;
    let done = 0;
    const tell = (sent: number) => options.onProgress?.(total === undefined ? { sent: done + sent } : { sent: done + sent, total });
    const outcomes = new Map<number, UploadedFile>();
    if (small.length > 0) {
        const most = small.reduce((sum, { data }) => sum + (sizeOf(data) ?? 0), 0);
        // A form is somewhat larger than its files.
        const onProgress = ({ sent }: UploadProgress) => tell(total === undefined ? sent : Math.min(sent, most));
        const answer = await together(transport, small, collection_uuid, { ...options, onProgress }, ownFetch);
        const places = files.flatMap((_, at) => (large[at] === undefined ? [at] : []));
        answer.files.forEach((file, at) => outcomes.set(places[at] ?? at, file));
        done += most;
    }
    const { on_conflict, signal } = options;
    for (const [at, file] of large.entries()) {
        if (file === undefined) continue;
        outcomes.set(at, await sendLarge(transport, file, { collection_uuid, on_conflict, signal, told: tell, ownFetch }));
        done += file.data.size;
    }
    return { files: [...outcomes.keys()].sort((a, b) => a - b).map((at) => outcomes.get(at) as UploadedFile) };
}

/** What can be sent piece by piece, if it is large enough for that. */
function largeOf(file: UploadFile): LargeFile | undefined {
    const { data } = file;
    if ((sizeOf(data) ?? 0) <= LARGE) return undefined;
    return { ...file, data: data instanceof Blob ? data : new Blob([data as BlobPart]) };
}

/** In one request, by the way that suits where this runs. */
async function together(
    transport: Transport,
    files: UploadFile[],
    collection_uuid: string,
    options: UploadOptions,
    ownFetch: boolean,
): Promise<UploadAnswer> {
    const call: Call = {
        method: "POST",
        path: "/rest/connectors/local_upload/upload",
        query: { collection_uuid, on_conflict: options.on_conflict },
        // Bytes that the collection has already never make a second file.
        repeatable: files.every((file) => isAgain(file.data)) ? "always" : "never",
        connector_id: "local_upload",
        unhurried: "throughout",
        signal: options.signal,
    };
    if (isServerSide()) return transport.patiently(call, () => stream(transport, call, files, options));
    const form = await formOf(files);
    if (canWatch(ownFetch)) {
        const told = ({ sent, total }: { sent: number; total: number | undefined }) =>
            options.onProgress?.(total === undefined ? { sent } : { sent, total });
        const read = ({ status, responseText }: XMLHttpRequest) => {
            const body = parsed(responseText);
            if (body === undefined) throw unreadable(status, call);
            return body as UploadAnswer;
        };
        return transport.patiently(call, () => watched(transport, call, form, told, read));
    }
    return transport.json<UploadAnswer>({ ...call, body: form });
}

export function filesOf(uploads: Uploads): UploadFile[] {
    const list = Symbol.iterator in uploads ? [...uploads] : [uploads];
    const files = list.map((one): UploadFile => {
        if (!(one instanceof Blob)) return one;
        const file: UploadFile = { name: one.name, data: one, type: one.type };
        return one.webkitRelativePath ? { ...file, path: one.webkitRelativePath } : file;
    });
    // The server takes a path for every file or for none.
    const placed = files.some((file) => file.path !== undefined);
    return placed ? files.map((file) => ({ ...file, path: file.path ?? file.name })) : files;
}

function isServerSide(): boolean {
    const { process } = globalThis as { process?: { versions?: { node?: string } } };
    return process?.versions?.node !== undefined;
}

function isAgain(data: UploadData): boolean {
    return typeof data === "string" || typeof data === "function" || sizeOf(data) !== undefined;
}

function sizeOf(data: UploadData): number | undefined {
    if (typeof data === "string") return new TextEncoder().encode(data).byteLength;
    if (data instanceof Blob) return data.size;
    if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) return data.byteLength;
    return undefined;
}

/** Node: the body is written piece by piece as the connection takes it. */
async function stream(
    transport: Transport,
    call: Call,
    files: UploadFile[],
    options: UploadOptions,
): Promise<UploadAnswer> {
    const boundary = `gangway-${crypto.randomUUID()}`;
    const pieces = multipart(files, boundary, options.onProgress);
    let unread: { cause: unknown } | undefined;
    const body = new ReadableStream<Bytes>({
        async pull(controller) {
            const next = await pieces.next().catch((cause: unknown) => {
                unread = { cause };
                throw cause;
            });
            if (next.done) controller.close();
            else controller.enqueue(next.value);
        },
        async cancel() {
            await pieces.return(undefined);
        },
    });
    const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };
    const sent = transport.send({ ...call, body: body as NonNullable<RequestInit["body"]>, headers }, async (answer) => {
        const read = parsed(await answer.text());
        if (read === undefined) throw unreadable(answer.status, call);
        return read as UploadAnswer;
    });
    return sent.catch((error: unknown) => {
        // A file that cannot be read is not the network's fault.
        throw unread ? unread.cause : error;
    });
}

export async function* multipart(
    files: UploadFile[],
    boundary: string,
    onProgress: UploadOptions["onProgress"],
): AsyncGenerator<Bytes> {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const sizes = files.map((file) => sizeOf(file.data));
    const total = sizes.every((size) => size !== undefined) ? sizes.reduce<number>((sum, size) => sum + size, 0) : undefined;
    let sent = 0;
    for (const file of files) {
        if (file.path === undefined) continue;
        yield bytes(`--${boundary}\r\ncontent-disposition: form-data; name="path"\r\n\r\n${file.path}\r\n`);
    }
    for (const file of files) {
        const type = /^[\x20-\x7e]+$/.test(file.type ?? "") ? file.type : "application/octet-stream";
        yield bytes(
            `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${quoted(file.name)}"\r\n` +
                `content-type: ${type}\r\n\r\n`,
        );
        for await (const piece of piecesOf(file.data)) {
            yield piece;
            sent += piece.byteLength;
            onProgress?.(total === undefined ? { sent } : { sent, total });
        }
        yield bytes("\r\n");
    }
    yield bytes(`--${boundary}--\r\n`);
}

/** As browsers write a file's name into a header. */
function quoted(name: string): string {
    return name.replace(/"/g, "%22").replace(/\r\n|\r|\n/g, "%0D%0A");
}

async function* piecesOf(data: UploadData): AsyncGenerator<Bytes> {
    if (typeof data === "function") {
        yield* piecesOf(data());
    } else if (typeof data === "string") {
        yield new TextEncoder().encode(data);
    } else if (data instanceof ArrayBuffer) {
        yield new Uint8Array(data);
    } else if (ArrayBuffer.isView(data)) {
        yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    } else if (Symbol.asyncIterator in data) {
        yield* data as AsyncIterable<Bytes>;
    } else {
        const reader = (data instanceof Blob ? data.stream() : data).getReader();
        try {
            for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
        } finally {
            await reader.cancel().catch(() => {});
        }
    }
}

/** Browsers: a form. The browser reads files from disk as it sends them; a stream it has to hold first. */
async function formOf(files: UploadFile[]): Promise<FormData> {
    const form = new FormData();
    for (const file of files) if (file.path !== undefined) form.append("path", file.path);
    for (const file of files) form.append("file", await blobOf(file), file.name);
    return form;
}

async function blobOf(file: UploadFile): Promise<Blob> {
    if (file.data instanceof Blob && (file.type === undefined || file.type === file.data.type)) return file.data;
    const pieces: BlobPart[] = [];
    for await (const piece of piecesOf(file.data)) pieces.push(piece as BlobPart);
    return new Blob(pieces, file.type === undefined ? {} : { type: file.type });
}
