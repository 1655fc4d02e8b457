// Large files by tus 1.0.0: piece by piece, going on where the server stands after a broken connection, and after a
// reload when the same file is given again.

import { ConnectorError } from "./errors.js";
import { pauseAfter } from "./patience.js";
import { part } from "./setup.js";
import { unreadable, type Call, type Transport } from "./transport.js";
import type { ResumableUpload, UploadedFile } from "./types.js";
import { unfinishedUploads, type Unfinished } from "./unfinished.js";
import { canWatch, watched } from "./watched.js";

/** A larger file is sent so that it can go on after a broken connection. */
export const LARGE = 16_000_000;
/** Bytes of one request: what a proxy on the way has to let through, and what a break costs at most. */
const PIECE = 8 * 1024 * 1024;
const PATH = "/rest/connectors/local_upload/uploads";
const SPOKEN = { "tus-resumable": "1.0.0" };
/** Failures after which one looks where the upload stands, and goes on from there. */
const GOES_ON = ["network_error", "timeout", "unavailable", "rate_limit", "internal", "bad_answer", "locked", "conflict", "quota_exceeded"];

export interface LargeFile {
    name: string;
    data: Blob;
    type?: string | undefined;
    path?: string | undefined;
}

export interface Destination {
    collection_uuid: string;
    on_conflict?: string | undefined;
    signal?: AbortSignal | undefined;
    /** Told how many bytes the server has or is being sent. */
    told: (sent: number) => void;
    ownFetch: boolean;
}

/** Sends a file; what became of it, as an upload in one request tells it. */
export async function sendLarge(transport: Transport, file: LargeFile, to: Destination): Promise<UploadedFile> {
    return new Sending(transport, file, to, unfinishedUploads()).run();
}

class Sending {
    /** Tries in a row that brought nothing further. */
    #failures = 0;
    readonly #key: string | undefined;

    constructor(
        readonly transport: Transport,
        readonly file: LargeFile,
        readonly to: Destination,
        readonly unfinished: Unfinished,
    ) {
        this.#key = keyOf(transport.base, file, to);
    }

    async run(): Promise<UploadedFile> {
        const { size } = this.file.data;
        let at: ResumableUpload;
        try {
            at = (await this.#earlier()) ?? (await this.#begin());
        } catch (error) {
            // What a file in one request is told as its outcome, among those of the others.
            if (!(error instanceof ConnectorError) || error.code !== "payload_too_large") throw error;
            const { name, path } = this.file;
            return { name, path: path ?? name, size, status: "rejected", reason: { code: error.code, message: error.message } };
        }
        if (this.#key !== undefined) this.unfinished.keep(this.#key, at.id);
        let { offset } = at;
        this.to.told(offset);
        while (offset < size) {
            try {
                offset = await this.#append(at.id, offset);
                this.#failures = 0;
            } catch (error) {
                await this.#bear(error);
                const stands = (await this.#stand(at.id)).offset;
                if (stands > offset) this.#failures = 0;
                offset = stands;
            }
            this.to.told(offset);
        }
        const outcome = await this.#outcome(at.id);
        this.#forget();
        return outcome;
    }

    #begin(): Promise<ResumableUpload> {
        const { name, path, type, data } = this.file;
        const { collection_uuid, on_conflict } = this.to;
        const about = { collection_uuid, filename: name, filetype: type, path, on_conflict };
        const pairs = Object.entries(about).filter((pair): pair is [string, string] => !!pair[1]);
        const metadata = pairs.map(([key, value]) => `${key} ${base64(value)}`).join(",");
        const headers = { ...SPOKEN, "upload-length": String(data.size), "upload-metadata": metadata };
        return this.transport.json(this.#call({ method: "POST", path: PATH, headers, repeatable: "always" }));
    }

    /** What an earlier call began with the same file, as far as it is; undefined when that is over. */
    async #earlier(): Promise<ResumableUpload | undefined> {
        const id = this.#key === undefined ? undefined : this.unfinished.find(this.#key);
        if (id === undefined) return undefined;
        try {
            const at = await this.#stand(id);
            const same = at.name === this.file.name && at.length === this.file.data.size;
            if (same && at.status !== "failed") return at;
        } catch (error) {
            if (!(error instanceof ConnectorError) || !["not_found", "gone"].includes(error.code)) throw error;
        }
        this.#forget();
        return undefined;
    }

    #stand(id: string): Promise<ResumableUpload> {
        return this.transport.json(this.#call({ method: "GET", path: `${PATH}/${part(id)}`, repeatable: "always" }));
    }

    /** Sends the next piece; where the upload stands afterwards. */
    async #append(id: string, offset: number): Promise<number> {
        const { data } = this.file;
        const piece = data.slice(offset, Math.min(offset + PIECE, data.size));
        const headers = { ...SPOKEN, "upload-offset": String(offset), "content-type": "application/offset+octet-stream" };
        const path = `${PATH}/${part(id)}`;
        const call = this.#call({ method: "PATCH", path, headers, repeatable: "never", unhurried: "throughout" });
        const stands = (text: string | null, status: number) => {
            const now = /^\d+$/.test(text ?? "") ? Number(text) : 0;
            if (now <= offset || now > data.size) throw unreadable(status, call);
            return now;
        };
        if (canWatch(this.to.ownFetch)) {
            const told = ({ sent }: { sent: number }) => this.to.told(Math.min(offset + sent, data.size));
            return watched(this.transport, call, piece, told, (answer) => stands(answer.getResponseHeader("upload-offset"), answer.status));
        }
        const body = { ...call, body: piece };
        return this.transport.send(body, async (answer) => stands(answer.headers.get("upload-offset"), answer.status));
    }

    /** What the server made of it, once it has. */
    async #outcome(id: string): Promise<UploadedFile> {
        for (;;) {
            const { status, file, reason } = await this.#stand(id);
            if (file) return file;
            if (status === "failed") {
                this.#forget();
                const message = `${this.file.name} was not stored: ${reason?.message ?? "the server does not say why"}`;
                throw new ConnectorError({ code: reason?.code ?? "internal", message, connector_id: "local_upload" });
            }
            const message = "the server has all of it and has made no file of it yet: upload it again, and nothing is sent twice";
            await this.#bear(new ConnectorError({ code: "unavailable", message, connector_id: "local_upload" }));
        }
    }

    /** Waits before the next try; throws the failure when that does not help or was done often enough. */
    async #bear(error: unknown): Promise<void> {
        this.to.signal?.throwIfAborted();
        const { patience } = this.transport;
        if (error instanceof ConnectorError && error.code === "gone") this.#forget();
        if (!(error instanceof ConnectorError) || !GOES_ON.includes(error.code)) throw error;
        const pause = pauseAfter(error, this.#failures, patience.random);
        this.#failures += 1;
        if (this.#failures >= patience.attempts || pause > patience.longestPause) throw error;
        await patience.sleep(pause, this.to.signal);
    }

    #forget() {
        if (this.#key !== undefined) this.unfinished.forget(this.#key);
    }

    #call(call: Call): Call {
        return { ...call, connector_id: "local_upload", signal: this.to.signal };
    }
}

/** What tells a file from every other one; undefined of bytes that have no name and no time of their own. */
function keyOf(base: string, { name, path, data }: LargeFile, { collection_uuid, on_conflict }: Destination): string | undefined {
    const { lastModified } = data as { lastModified?: number };
    if (lastModified === undefined) return undefined;
    return JSON.stringify([base, collection_uuid, on_conflict ?? "", path ?? "", name, data.size, lastModified]);
}

function base64(text: string): string {
    return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
