// Files on their way up, each by itself, so that one that fails holds up no other. Large ones go on where they stood:
// after a pause, after a lost connection, and after a reload when the same file is dropped again.

import { ConnectorError, type UploadFile, type UploadProgress } from "@pplx-unofficial/sdk";
import { connectors, noticed } from "./server.svelte.js";
import { sentence, trouble } from "./words.js";

export type UploadState = "waiting" | "sending" | "paused" | "done" | "kept" | "failed";

export class Upload {
    state = $state<UploadState>("waiting");
    /** 0–100. */
    progress = $state(0);
    /** What became of it, when that is not plain. */
    text = $state("");
    /** Whether sending it again may help. */
    again = $state(false);
    /** Whether the network was what failed: then it goes on by itself once that is back. */
    lost = false;

    constructor(
        readonly file: File,
        /** With its folders, as it was dropped. */
        readonly path: string,
        readonly collection: string,
    ) {}
}

/** As many at a time: the connection is one, and events want a place as well. */
const AT_ONCE = 2;

class Uploads {
    all = $state.raw<Upload[]>([]);
    #running = 0;
    #stop = new AbortController();

    constructor() {
        addEventListener("online", () => this.retry(this.all.filter(({ state, lost }) => state === "failed" && lost)));
    }

    readonly #count = (...states: UploadState[]) => this.all.filter(({ state }) => states.includes(state)).length;

    get open(): number {
        return this.#count("waiting", "sending");
    }

    get failed(): Upload[] {
        return this.all.filter(({ state, again }) => state === "failed" && again);
    }

    get paused(): Upload[] {
        return this.all.filter(({ state }) => state === "paused");
    }

    get done(): number {
        return this.#count("done", "kept");
    }

    /** Of all bytes, how many have been sent, in percent. */
    get progress(): number {
        const total = this.all.reduce((sum, { file }) => sum + file.size, 0);
        const sent = this.all.reduce((sum, { file, progress }) => sum + (file.size * progress) / 100, 0);
        return total === 0 ? 100 : (sent / total) * 100;
    }

    add(files: { file: File; path: string }[], collection: string): void {
        this.all = [...this.all, ...files.map(({ file, path }) => new Upload(file, path, collection))];
        this.#pump();
    }

    /** Goes on with what was paused or did not get through; bytes that arrived the first time make no second file. */
    retry(uploads: Upload[]): void {
        for (const upload of uploads) {
            upload.state = "waiting";
            upload.text = "";
        }
        this.#pump();
    }

    /** Pauses what has not arrived yet. */
    pause(): void {
        for (const upload of this.all) {
            if (upload.state === "waiting" || upload.state === "sending") upload.state = "paused";
        }
        this.#stop.abort();
        this.#stop = new AbortController();
    }

    clear(): void {
        this.all = this.all.filter(({ state }) => state === "waiting" || state === "sending");
    }

    #pump(): void {
        for (const upload of this.all) {
            if (this.#running >= AT_ONCE) return;
            if (upload.state === "waiting") void this.#send(upload);
        }
    }

    async #send(upload: Upload): Promise<void> {
        this.#running += 1;
        upload.state = "sending";
        upload.lost = false;
        const { signal } = this.#stop;
        try {
            const { file, path, collection } = upload;
            const given: UploadFile = { name: file.name, data: file, type: file.type, path };
            const onProgress = ({ sent, total }: UploadProgress) => {
                upload.progress = total ? Math.min(99, (sent / total) * 100) : 0;
            };
            const answer = await connectors.upload(given, collection, { onProgress, signal });
            const outcome = answer.files[0];
            const refused = outcome?.status === "rejected";
            upload.state = refused ? "failed" : outcome?.status === "duplicate" ? "kept" : "done";
            upload.text = outcome?.reason ? sentence(outcome.reason.message) : "";
            upload.again = false;
            upload.progress = refused ? 0 : 100;
        } catch (error) {
            // Whoever paused it has said so already, and may have gone on since.
            if (!signal.aborted) {
                noticed(error);
                upload.state = "failed";
                upload.progress = 0;
                upload.lost = error instanceof ConnectorError && (error.code === "network_error" || error.code === "timeout");
                const told = trouble(error);
                upload.text = error instanceof ConnectorError && error.code === "payload_too_large" ? sentence(error.message) : `${told.title}. ${told.text}`;
                upload.again = told.again && !(error instanceof ConnectorError && error.code === "payload_too_large");
            }
        } finally {
            this.#running -= 1;
            this.#pump();
        }
    }
}

/** They go on while one looks at other pages. */
export const uploads = new Uploads();
