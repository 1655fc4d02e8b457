// A sync job as it goes on: told by the server's events, with its pace and the time that is left.

import type { SyncJob } from "@pplx-unofficial/sdk";
import { connectors, noticed } from "./server.svelte.js";

export function isOver({ status }: SyncJob): boolean {
    return status !== "pending" && status !== "processing";
}

/** Files that are dealt with, whatever became of them. */
export function handled(job: SyncJob): number {
    return job.files_synced + job.files_failed + job.files_skipped;
}

interface Sample {
    at: number;
    files: number;
}

/** What pace is told by: what happened within the last so many milliseconds. */
const WINDOW = 12_000;

export class LiveJob {
    job = $state.raw() as SyncJob;
    /** Files a second; undefined while that cannot be told. */
    rate = $state<number | undefined>();
    /** The stream broke off and could not be opened again. */
    silent = $state.raw<unknown>();
    #samples: Sample[] = [];

    constructor(job: SyncJob) {
        this.take(job);
    }

    /** Seconds until it is done; undefined while folders are still being listed. */
    get left(): number | undefined {
        const { job, rate } = this;
        if (!job.listing_complete || !rate) return undefined;
        return Math.max(0, job.files_found - handled(job)) / rate;
    }

    take(job: SyncJob, now = performance.now()): void {
        this.job = job;
        this.#samples = [...this.#samples.filter(({ at }) => at > now - WINDOW), { at: now, files: handled(job) }];
        const first = this.#samples[0];
        const seconds = first ? (now - first.at) / 1000 : 0;
        const files = first ? handled(job) - first.files : 0;
        this.rate = seconds >= 1 && files > 0 ? files / seconds : undefined;
    }

    /** Listens until the job is over; the answer is how to stop listening. */
    watch(over: (job: SyncJob) => void): () => void {
        if (isOver(this.job)) return () => {};
        const stop = new AbortController();
        void this.#listen(stop.signal, over);
        return () => stop.abort();
    }

    async #listen(signal: AbortSignal, over: (job: SyncJob) => void): Promise<void> {
        try {
            for await (const job of connectors.watchSync(this.job.connector_id, this.job.job_id, { signal })) {
                this.take(job);
                if (isOver(job)) over(job);
            }
        } catch (error) {
            if (signal.aborted) return;
            noticed(error);
            this.silent = error;
        }
    }
}
