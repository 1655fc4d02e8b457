// What a test run prints: node's own account of it, and one line of totals at the end.

import { Readable } from "node:stream";
import { spec } from "node:test/reporters";

interface TestEvent {
    type: string;
    data: { skip?: string | boolean; details?: { type?: string } };
}

export default async function* report(source: AsyncIterable<TestEvent>) {
    const counts = { passed: 0, failed: 0 };
    async function* counted() {
        for await (const event of source) {
            const { skip, details } = event.data;
            if (details?.type !== "suite" && skip === undefined) {
                if (event.type === "test:pass") counts.passed += 1;
                if (event.type === "test:fail") counts.failed += 1;
            }
            yield event;
        }
    }
    yield* Readable.from(counted()).pipe(new spec());
    yield `typescript: ${counts.passed} passed, ${counts.failed} failed\n`;
}
