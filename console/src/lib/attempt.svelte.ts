/** What a form or a dialog asks of the server: one at a time, and why it was refused is kept to be shown beside it. */

import { noticed } from "./server.svelte.js";

export class Attempt {
    busy = $state(false);
    failure = $state<unknown>();

    /** Does nothing while an earlier one is under way. */
    async make(act: () => Promise<void>): Promise<void> {
        if (this.busy) return;
        this.busy = true;
        this.failure = undefined;
        try {
            await act();
        } catch (error) {
            noticed(error);
            this.failure = error;
        } finally {
            this.busy = false;
        }
    }
}
