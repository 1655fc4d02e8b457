// Starting to bring files in: as many jobs as it takes, and where the person sees them.

import { to } from "./place.svelte.js";
import { connectors } from "./server.svelte.js";

/** The most files that one job takes. */
const MOST = 1000;

/** What is to be brought in, and how far that is. */
export class Bringing {
    /** Not under way yet. */
    private readonly left: string[];
    private started = 0;
    private last = "";

    constructor(
        private readonly connector: string,
        ids: readonly string[],
    ) {
        this.left = [...ids];
    }

    /** Starts the jobs; answers the address of the one job, or of all of them. A second attempt starts only the rest. */
    async start(collection: string, options: { sync_mode?: "auto" | "manual"; connection?: string | undefined }): Promise<string> {
        while (this.left.length > 0) {
            this.last = (await connectors.syncFiles(this.connector, this.left.slice(0, MOST), collection, options)).job_id;
            this.started += 1;
            this.left.splice(0, MOST);
        }
        return this.started === 1 ? to("activity", this.connector, this.last) : to("activity");
    }
}
