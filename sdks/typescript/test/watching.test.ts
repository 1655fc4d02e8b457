// Progress by server-sent events: the reader of the format, and what happens when a stream breaks off.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectorError, createConnectorsClient, type SyncJob } from "@pplx-unofficial/sdk";
import { eventsOf, type ServerEvent } from "../dist/events.js";
import { event, events, json, refused, scripted, unreachable } from "./scripted.js";

const job = (status: string, progress: number) => ({ job_id: "j", status, progress });

async function read(text: string, size: number): Promise<ServerEvent[]> {
    async function* pieces() {
        const bytes = new TextEncoder().encode(text);
        for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
    }
    const found = [];
    for await (const one of eventsOf(pieces())) found.push(one);
    return found;
}

test("events are read however their bytes are cut, with every kind of line end", async () => {
    const text = ": still here\n\nevent: progress\r\ndata: {\"name\":\r\ndata:\"Übersicht 📄\"}\r\n\r\ndata\n\nid: 7\rdata: three\r\r" + "event: done\ndata: x\n\n";
    const expected = [
        { event: "progress", data: '{"name":\n"Übersicht 📄"}' },
        { event: "message", data: "" },
        { event: "message", data: "three" },
        { event: "done", data: "x" },
    ];
    for (const size of [1, 2, 3, 5, 7, 1000]) assert.deepEqual(await read(text, size), expected, `pieces of ${size}`);
});

test("an event that broke off is none", async () => {
    assert.deepEqual(await read("event: done\ndata: x\n", 4), []);
});

test("the states of a job are told until it is done, and asked for with the token", async () => {
    const { asked, options } = scripted(
        events([event("progress", job("processing", 40)), ": still here\n\n", event("done", job("partial", 100))], true),
    );
    const told: number[] = [];
    const last = await createConnectorsClient(options).waitForSync("google_drive", "j", { onProgress: ({ progress }) => told.push(progress) });
    assert.deepEqual(told, [40, 100]);
    assert.equal(last.status, "partial");
    assert.equal(asked[0]?.headers.get("accept"), "text/event-stream");
    assert.equal(asked[0]?.headers.get("authorization"), "Bearer secret-user-token");
});

test("a stream that breaks off is opened anew, and attempts count from the last event", async () => {
    const { asked, pauses, options } = scripted(
        unreachable,
        events([event("progress", job("processing", 10))]),
        events([]),
        events([event("done", job("completed", 100))]),
    );
    const last = await createConnectorsClient(options).waitForSync("google_drive", "j");
    assert.equal(last.status, "completed");
    assert.equal(asked.length, 4);
    assert.deepEqual(pauses, [1_000, 1_000, 2_000]);
});

test("a stream that never says anything ends in an error with a way out", async () => {
    const { options } = scripted(events([]), events([]), events([]));
    await assert.rejects(createConnectorsClient(options).waitForSync("google_drive", "j"), /getSyncStatus/);
});

test("a stream that goes silent is given up and opened anew", async () => {
    let cancelled = 0;
    const { asked, options } = scripted(
        events([event("progress", job("processing", 10))], true, () => (cancelled += 1)),
        events([event("done", job("completed", 100))]),
    );
    let silences = 0;
    const connectors = createConnectorsClient({
        ...options,
        // The first wait for an event is answered by it, the second one is not.
        sleep: (milliseconds, signal) =>
            milliseconds === 45_000 && (silences += 1) !== 2
                ? new Promise((_, reject) => signal?.addEventListener("abort", reject))
                : Promise.resolve(),
    });
    assert.equal((await connectors.waitForSync("google_drive", "j")).status, "completed");
    assert.equal(cancelled, 1);
    assert.equal(asked.length, 2);
});

test("leaving the loop ends the stream", async () => {
    let cancelled = 0;
    const { options } = scripted(events([event("progress", job("processing", 10))], true, () => (cancelled += 1)));
    for await (const _ of createConnectorsClient(options).watchSync("google_drive", "j")) break;
    assert.equal(cancelled, 1);
});

test("a signal ends the watching with its own reason", async () => {
    const controller = new AbortController();
    const reason = new Error("the person left");
    const { options } = scripted((_, init) => {
        const body = new ReadableStream({
            start: (stream) => init.signal?.addEventListener("abort", () => stream.error(init.signal?.reason)),
        });
        queueMicrotask(() => controller.abort(reason));
        return new Response(body);
    });
    await assert.rejects(createConnectorsClient(options).waitForSync("google_drive", "j", { signal: controller.signal }), reason);
});

test("a job that does not exist is not asked for again", async () => {
    const { asked, options } = scripted(refused("not_found", 404));
    await assert.rejects(
        createConnectorsClient(options).waitForSync("google_drive", "j"),
        (error: ConnectorError) => error.code === "not_found",
    );
    assert.equal(asked.length, 1);
});

test("one variable holds a started job and what it becomes", async () => {
    const { options } = scripted(json({ job_id: "j", sync_job_id: "j", status: "pending", file_count: 1 }), json(job("completed", 100)));
    const connectors = createConnectorsClient(options);
    let one = await connectors.syncFiles("google_drive", ["f"], "c");
    one = (await connectors.getSyncStatus("google_drive", one.job_id)) satisfies SyncJob;
    assert.equal(one.status, "completed");
});
