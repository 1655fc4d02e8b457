// Lists of several pages, told one by one.

import { ConnectorError } from "./errors.js";
import type { PageOptions } from "./types.js";

/** What follows one page after the other, as it is asked for. */
export async function* everyPage<O extends PageOptions, P extends { next_cursor?: string | null; has_more: boolean }, I>(
    options: O,
    fetchPage: (options: O) => Promise<P>,
    itemsOf: (page: P) => I[],
): AsyncGenerator<I, void> {
    for (let asked = options; ; ) {
        const page = await fetchPage(asked);
        yield* itemsOf(page);
        if (!page.has_more || !page.next_cursor) return;
        if (page.next_cursor === asked.cursor) {
            throw new ConnectorError({ code: "bad_answer", message: "the server answered the same page twice: try again later" });
        }
        asked = { ...asked, cursor: page.next_cursor };
    }
}
