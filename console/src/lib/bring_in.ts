// Starting to bring files in: as many jobs as it takes, and where the person sees them.

import { to } from "./place.svelte.js";
import { connectors } from "./server.svelte.js";

/** The most files that one job takes. */
const MOST = 1000;

/** Starts the jobs; answers the address of the one job, or of all of them. */
export async function bringIn(connector: string, ids: string[], collection: string, options: { sync_mode?: "auto" | "manual"; connection?: string | undefined }): Promise<string> {
    const started: string[] = [];
    for (let first = 0; first < ids.length; first += MOST) {
        const job = await connectors.syncFiles(connector, ids.slice(first, first + MOST), collection, options);
        started.push(job.job_id);
    }
    const [only, ...others] = started;
    return only !== undefined && others.length === 0 ? to("activity", connector, only) : to("activity");
}
