// What a sync job's state is called, and how it is told in a line.

import type { SyncJob } from "@pplx-unofficial/sdk";
import { handled } from "./live_job.svelte.js";
import { count, duration, number, sentence } from "./words.js";

const STATES: Record<SyncJob["status"], { text: string; tone: "" | "good" | "warn" | "bad" | "busy" }> = {
    pending: { text: "Waiting", tone: "busy" },
    processing: { text: "Running", tone: "busy" },
    completed: { text: "Done", tone: "good" },
    partial: { text: "Done, with failures", tone: "warn" },
    failed: { text: "Failed", tone: "bad" },
    cancelled: { text: "Cancelled", tone: "" },
};

export function stateOf(job: SyncJob): { text: string; tone: string } {
    if (job.cancel_requested && (job.status === "pending" || job.status === "processing")) return { text: "Cancelling", tone: "busy" };
    return STATES[job.status];
}

/** How much of it is done, in percent; undefined while nobody knows how much there is. */
export function shareOf(job: SyncJob): number | undefined {
    return job.listing_complete ? job.progress : undefined;
}

/** What is going on, while it does. */
export function progressOf(job: SyncJob, rate: number | undefined, left: number | undefined): string {
    if (job.status === "pending") return "Waiting for its turn";
    if (job.files_found === 0) return "Looking for files";
    const parts = [`${number(handled(job))} of ${job.listing_complete ? "" : "at least "}${count(job.files_found, "file")}`];
    if (rate !== undefined) parts.push(`${rate >= 10 ? Math.round(rate) : rate.toFixed(1)} a second`);
    if (left !== undefined) parts.push(left < 2 ? "almost done" : `${duration(left)} left`);
    else if (!job.listing_complete) parts.push("still listing");
    return parts.join(" · ");
}

/** What became of it, when it is over. */
export function resultOf(job: SyncJob): string {
    const parts: string[] = [];
    const fresh = job.files_synced - job.files_unchanged;
    if (fresh > 0) parts.push(`${count(fresh, "file")} brought in`);
    if (job.files_unchanged > 0) parts.push(`${number(job.files_unchanged)} unchanged`);
    if (job.files_skipped > 0) parts.push(`${number(job.files_skipped)} by name only`);
    if (job.files_removed > 0) parts.push(`${number(job.files_removed)} removed`);
    if (job.files_failed > 0) parts.push(`${number(job.files_failed)} not read`);
    if (job.error) parts.unshift(sentence(job.error.message));
    return parts.length > 0 ? parts.join(" · ") : "Nothing to do: everything was up to date";
}
