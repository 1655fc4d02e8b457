// When calls are tried again, how long they wait, and when they give up.

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { ConnectorError, createConnectorsClient, NetworkError } from "@pplx-unofficial/sdk";
import { sleep } from "../dist/patience.js";
import { json, refused, scripted, silent, unreachable } from "./scripted.js";

const PAGE = { files: [], has_more: false };
const code = (expected: string) => (error: unknown) => error instanceof ConnectorError && error.code === expected;

test("an access token that has ended is renewed, of the same connection, and the call made again", async () => {
    const { asked, pauses, options } = scripted(refused("token_expired", 409), json({ access_token: "x" }), json(PAGE));
    const connectors = createConnectorsClient(options);
    assert.deepEqual(await connectors.listFiles("google_drive", { connection: "c-2" }), PAGE);
    assert.deepEqual(
        asked.map(({ method, path, query }) => `${method} ${path} ${query}`),
        [
            "GET /rest/connectors/google_drive/files connection=c-2",
            "POST /rest/connectors/google_drive/refresh connection=c-2",
            "GET /rest/connectors/google_drive/files connection=c-2",
        ],
    );
    assert.deepEqual(pauses, []);
});

test("a grant that cannot be renewed is told as such", async () => {
    const { options } = scripted(refused("token_expired", 409), refused("needs_reauth", 409));
    await assert.rejects(createConnectorsClient(options).listFiles("google_drive"), code("needs_reauth"));
});

test("a rate limit is waited out for as long as the server says, in its details or its header", async () => {
    const { pauses, options } = scripted(
        refused("rate_limit", 429, { retry_after: 7 }),
        refused("rate_limit", 429, {}, { "retry-after": "11" }),
        json(PAGE),
    );
    await createConnectorsClient(options).listFiles("google_drive");
    assert.deepEqual(pauses, [7_000, 11_000]);
});

test("a pause that is too long is the caller's to decide", async () => {
    const { pauses, options } = scripted(refused("rate_limit", 429, { retry_after: 3_600 }));
    await assert.rejects(
        createConnectorsClient(options).listFiles("google_drive"),
        (error) => code("rate_limit")(error) && (error as ConnectorError).retry_after === 3_600,
    );
    assert.deepEqual(pauses, []);
});

test("other failures that may pass are tried again after one second, two seconds …, and thrown in the end", async () => {
    const { asked, pauses, options } = scripted(unreachable, refused("unavailable", 503), refused("connector_error", 502));
    await assert.rejects(createConnectorsClient(options).listFiles("google_drive"), code("connector_error"));
    assert.equal(asked.length, 3);
    assert.deepEqual(pauses, [1_000, 2_000]);
});

test("chance shortens a pause by up to half, so that those who failed together do not come together", async () => {
    const { pauses, options } = scripted(unreachable, unreachable, json(PAGE));
    await createConnectorsClient({ ...options, random: () => 0.5 }).listFiles("google_drive");
    assert.deepEqual(pauses, [750, 1_500]);
});

test("what cannot succeed is not tried again", async () => {
    for (const [name, status] of [["invalid_request", 400], ["plan_required", 403], ["not_connected", 409], ["internal", 500]] as const) {
        const { asked, options } = scripted(refused(name, status));
        await assert.rejects(createConnectorsClient(options).listFiles("google_drive"), code(name));
        assert.equal(asked.length, 1, name);
    }
});

test("a code is sent once, whatever happens", async () => {
    for (const answer of [unreachable, refused("unavailable", 503), refused("rate_limit", 429, { retry_after: 1 })]) {
        const { asked, options } = scripted(answer);
        await assert.rejects(createConnectorsClient(options).token("google_drive", { code: "c", state: "s" }));
        assert.equal(asked.length, 1);
    }
});

test("a sync is started again only when the server said that it did not start it", async () => {
    const again = scripted(refused("connector_error", 502), json({ job_id: "j", sync_job_id: "j", status: "pending", file_count: 1 }));
    await createConnectorsClient(again.options).syncFiles("google_drive", ["a"], "c");
    assert.equal(again.asked.length, 2);
    const unknown = scripted(unreachable);
    await assert.rejects(createConnectorsClient(unknown.options).syncFiles("google_drive", ["a"], "c"), NetworkError);
    assert.equal(unknown.asked.length, 1);
});

test("a call without an answer fails by time, and the request is called off", async () => {
    const { options } = scripted(silent);
    const connectors = createConnectorsClient({ ...options, timeout: 1, maxAttempts: 1 });
    await assert.rejects(connectors.getConnectorsStatus(), code("timeout"));
});

test("a signal ends a call before it, in it and in a pause, with its own reason, and is left without listeners", async () => {
    const reason = new Error("the person left");
    const before = scripted();
    await assert.rejects(
        createConnectorsClient(before.options).listFiles("google_drive", { signal: AbortSignal.abort(reason) }),
        reason,
    );
    assert.equal(before.asked.length, 0);

    const controller = new AbortController();
    const { options } = scripted((asked, init) => {
        queueMicrotask(() => controller.abort(reason));
        return silent(asked, init);
    });
    await assert.rejects(createConnectorsClient(options).listFiles("google_drive", { signal: controller.signal }), reason);
    assert.equal(getEventListeners(controller.signal, "abort").length, 0);

    const pausing = new AbortController();
    const { sleep: _, ...real } = scripted(() => {
        queueMicrotask(() => pausing.abort(reason));
        throw new TypeError("fetch failed");
    }).options;
    await assert.rejects(createConnectorsClient(real).listFiles("google_drive", { signal: pausing.signal }), reason);
    assert.equal(getEventListeners(pausing.signal, "abort").length, 0);

    const fine = new AbortController();
    await createConnectorsClient(scripted(json(PAGE)).options).listFiles("google_drive", { signal: fine.signal });
    assert.equal(getEventListeners(fine.signal, "abort").length, 0);
});

test("a pause that was waited out leaves no listener", async () => {
    const { signal } = new AbortController();
    await sleep(1, signal);
    assert.equal(getEventListeners(signal, "abort").length, 0);
});

test("what is gone after a lost answer is gone, and what never was there is not", async () => {
    const deletions: [string, (c: ReturnType<typeof createConnectorsClient>) => Promise<void>][] = [
        ["not_found", (c) => c.deleteCollection("u")],
        ["not_found", (c) => c.deleteUpload("f")],
        ["not_found", (c) => c.removeCollectionFile("u", "f")],
        ["not_connected", (c) => c.disconnect("google_drive", { connection: "c-2" })],
    ];
    for (const [gone, call] of deletions) {
        const { asked, options } = scripted(unreachable, refused(gone, gone === "not_found" ? 404 : 409));
        await call(createConnectorsClient(options));
        assert.equal(asked.length, 2);
        const { options: first } = scripted(refused(gone, gone === "not_found" ? 404 : 409));
        await assert.rejects(call(createConnectorsClient(first)), code(gone));
    }
    const { options } = scripted(unreachable, refused("not_found", 404));
    await assert.rejects(createConnectorsClient(options).cancelSync("google_drive", "j"), code("not_found"));
});

test("a disconnect that names no connection is sent again only when it was refused", async () => {
    const lost = scripted(unreachable);
    await assert.rejects(createConnectorsClient(lost.options).disconnect("google_drive"), code("network_error"));
    assert.equal(lost.asked.length, 1, "the first connection may be another one by now");
    const limited = scripted(refused("rate_limit", 429, { retry_after: 1 }), () => new Response(null, { status: 204 }));
    await createConnectorsClient(limited.options).disconnect("google_drive");
    assert.equal(limited.asked.length, 2);
});
