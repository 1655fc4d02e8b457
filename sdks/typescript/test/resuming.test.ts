// Large files: in pieces, going on where the server stands, also in a later call and after a reload.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { ConnectorError, createConnectorsClient, type UploadProgress } from "@pplx-unofficial/sdk";
import { cutting } from "./cutting.js";
import { json, refused, scripted, unreachable, type Answer } from "./scripted.js";
import { World } from "./world.js";

const PIECE = 8 * 1024 * 1024;
const SIZE = 2 * PIECE + 5;
const UPLOADS = "/rest/connectors/local_upload/uploads";

const stands = (offset: number, done = false): Answer =>
    json({
        id: "up_1",
        status: done ? "done" : "receiving",
        offset,
        length: SIZE,
        name: "large.bin",
        file: done ? { name: "large.bin", path: "large.bin", size: SIZE, status: "stored", id: "f" } : null,
    });

/** Takes a piece as a server does: reads it, and says where the upload stands. */
const takes = (pieces: [number, number][], keeps?: number): Answer => async (asked, init) => {
    const offset = Number(asked.headers.get("upload-offset"));
    const { byteLength } = await new Response(init.body).arrayBuffer();
    pieces.push([offset, byteLength]);
    return new Response(null, { status: 204, headers: { "upload-offset": String(offset + (keeps ?? byteLength)) } });
};

const large = (lastModified = 1) => new File([new Uint8Array(SIZE)], "large.bin", { lastModified });

test("a large file goes in pieces of bounded size, and says how far it is", async () => {
    const pieces: [number, number][] = [];
    const { asked, options } = scripted(stands(0), takes(pieces), takes(pieces), takes(pieces), stands(SIZE, true));
    const told: UploadProgress[] = [];
    const answer = await createConnectorsClient(options).upload(large(), "u-1", { on_conflict: "replace", onProgress: (how) => told.push(how) });
    assert.equal(answer.files[0]?.status, "stored");
    assert.deepEqual(pieces, [[0, PIECE], [PIECE, PIECE], [2 * PIECE, 5]]);
    assert.deepEqual(asked.map(({ method, path }) => `${method} ${path}`), [`POST ${UPLOADS}`, ...Array<string>(3).fill(`PATCH ${UPLOADS}/up_1`), `GET ${UPLOADS}/up_1`]);
    const about = asked[0]!.headers.get("upload-metadata")!.split(",").map((pair) => pair.split(" ") as [string, string]);
    const said = Object.fromEntries(about.map(([key, value]) => [key, Buffer.from(value, "base64").toString()]));
    assert.deepEqual(said, { collection_uuid: "u-1", filename: "large.bin", on_conflict: "replace" });
    assert.equal(asked[0]!.headers.get("upload-length"), String(SIZE));
    assert.deepEqual(told.at(-1), { sent: SIZE, total: SIZE });
});

test("a break costs only what did not arrive", async () => {
    const pieces: [number, number][] = [];
    const { pauses, options } = scripted(
        stands(0), unreachable, stands(1000), takes(pieces), refused("locked", 423), stands(1000 + PIECE),
        takes(pieces), stands(SIZE, true),
    );
    const told: number[] = [];
    await createConnectorsClient(options).upload(large(2), "u", { onProgress: ({ sent }) => told.push(sent) });
    assert.deepEqual(pieces, [[1000, PIECE], [1000 + PIECE, PIECE - 995]]);
    assert.equal(pauses.length, 2);
    assert.equal(told.at(-1), SIZE);
});

test("what will not pass is thrown at once; nothing that moves is given up after so many tries", async () => {
    const refusedAtOnce = scripted(stands(0), refused("unauthorized", 401));
    await assert.rejects(createConnectorsClient(refusedAtOnce.options).upload(large(3), "u"), { code: "unauthorized" });
    assert.deepEqual(refusedAtOnce.pauses, []);
    const stuck = scripted(stands(0), unreachable, stands(0), unreachable, stands(0), unreachable);
    await assert.rejects(createConnectorsClient(stuck.options).upload(large(4), "u"), { code: "network_error" });
    assert.equal(stuck.pauses.length, 2);
    const silent = scripted(stands(0), ...Array<Answer[]>(3).fill([json({}), stands(0)]).flat().slice(0, 5));
    await assert.rejects(createConnectorsClient(silent.options).upload(large(5), "u"), { code: "bad_answer" });
});

test("the same file, given again, goes on; another one, or one that is over, begins anew", async () => {
    const first = scripted(stands(0), takes([], PIECE), refused("unauthorized", 401));
    await assert.rejects(createConnectorsClient(first.options).upload(large(6), "u"), { code: "unauthorized" });

    const pieces: [number, number][] = [];
    const other = scripted(stands(0), takes([]), takes([]), takes([]), stands(SIZE, true));
    await createConnectorsClient(other.options).upload(large(7), "u");
    assert.equal(other.asked[0]!.method, "POST", "a file of another time is another file");

    const again = scripted(stands(PIECE), takes(pieces), takes(pieces), stands(SIZE, true));
    await createConnectorsClient(again.options).upload(large(6), "u");
    assert.deepEqual(again.asked[0]!.method, "GET");
    assert.deepEqual(pieces, [[PIECE, PIECE], [2 * PIECE, 5]]);

    const afterwards = scripted(stands(0), takes([]), takes([]), takes([]), stands(SIZE, true));
    await createConnectorsClient(afterwards.options).upload(large(6), "u");
    assert.equal(afterwards.asked[0]!.method, "POST", "what is finished is forgotten");

    for (const over of [refused("gone", 410), refused("not_found", 404)]) {
        const broken = scripted(stands(0), refused("unauthorized", 401));
        await assert.rejects(createConnectorsClient(broken.options).upload(large(8), "u"));
        const anew = scripted(over, stands(0), takes([]), takes([]), takes([]), stands(SIZE, true));
        await createConnectorsClient(anew.options).upload(large(8), "u");
        assert.deepEqual(anew.asked.slice(0, 2).map(({ method }) => method), ["GET", "POST"]);
    }
});

test("in a browser what was begun outlives the page, without a file's name being kept", async () => {
    const kept = new Map<string, string>();
    const localStorage = {
        getItem: (key: string) => kept.get(key) ?? null,
        setItem: (key: string, value: string) => void kept.set(key, value),
        removeItem: (key: string) => void kept.delete(key),
    };
    Object.assign(globalThis, { window: { localStorage } });
    try {
        const aborted = new AbortController();
        const stop: Answer = (_, init) => {
            aborted.abort(new Error("the page is left"));
            throw init.signal?.reason;
        };
        const first = scripted(stands(0), stop);
        await assert.rejects(createConnectorsClient(first.options).upload(large(), "u", { signal: aborted.signal }), /the page is left/);
        assert.match([...kept.values()].join(), /up_1/);
        assert.doesNotMatch([...kept.values()].join(), /large\.bin|secret-user-token/);
        const again = scripted(stands(PIECE), takes([]), takes([]), stands(SIZE, true));
        await createConnectorsClient(again.options).upload(large(), "u");
        assert.equal(kept.size, 0, "what is finished is forgotten");
        kept.set("gangway.uploads", "{broken");
        const anew = scripted(stands(0), takes([]), takes([]), takes([]), stands(SIZE, true));
        await createConnectorsClient(anew.options).upload(large(), "u");
    } finally {
        Reflect.deleteProperty(globalThis, "window");
    }
});

test("small files beside it go together, and the outcomes keep the order of the files", async () => {
    const told: UploadProgress[] = [];
    const both: Answer = async (_, init) => {
        await new Response(init.body).arrayBuffer();
        return Response.json({ files: [{ name: "a" }, { name: "c" }] });
    };
    const { options } = scripted(both, stands(0), takes([]), takes([]), takes([]), stands(SIZE, true));
    const files = [{ name: "a", data: "1" }, { name: "large.bin", data: new Uint8Array(SIZE) }, { name: "c", data: "22" }];
    const answer = await createConnectorsClient(options).upload(files, "u", { onProgress: (how) => told.push(how) });
    assert.deepEqual(answer.files.map(({ name }) => name), ["a", "large.bin", "c"]);
    assert.deepEqual(told.at(-1), { sent: SIZE + 3, total: SIZE + 3 });
    assert.ok(told.every(({ sent }, at) => at === 0 || sent >= told[at - 1]!.sent));
});

test("a file that is too large, and one that was not stored, say so", async () => {
    const tooLarge = scripted(refused("payload_too_large", 413));
    const [one] = (await createConnectorsClient(tooLarge.options).upload(large(), "u")).files;
    assert.deepEqual([one?.status, one?.reason?.code], ["rejected", "payload_too_large"]);
    const failed = json({ id: "up_1", status: "failed", offset: SIZE, length: SIZE, name: "large.bin", file: null, reason: { code: "not_found", message: "the collection is gone" } });
    const notStored = scripted(stands(0), takes([]), takes([]), takes([]), failed);
    await assert.rejects(createConnectorsClient(notStored.options).upload(large(9), "u"), (error) => error instanceof ConnectorError && /the collection is gone/.test(error.message));
});

describe("against the server", () => {
    let world: World;
    before(async () => {
        world = await World.start();
    });
    after(() => world?.stop());

    test("connections that are cut in the middle cost nothing that arrived", async () => {
        const person = await world.newPerson("free");
        const { uuid } = await person.client().createCollection("Large");
        const bytes = randomBytes(30_000_000);
        const cutter = await cutting(new URL(world.url), 3, 5_000_000);
        const client = createConnectorsClient({ apiBase: `http://${cutter.host}`, authToken: person.token, random: () => 0.9 });
        const told: UploadProgress[] = [];
        const file = new File([bytes], "d.bin", { type: "application/octet-stream" });
        const answer = await client.upload({ name: "d.bin", data: file, path: "In/d.bin" }, uuid, { onProgress: (how) => told.push(how) });
        assert.equal(cutter.cuts(), 3);
        assert.deepEqual([answer.files[0]?.status, answer.files[0]?.path], ["stored", "In/d.bin"]);
        const back = await client.downloadUpload(answer.files[0]!.id!);
        assert.ok(bytes.equals(Buffer.from(await back.arrayBuffer())));
        assert.deepEqual(told.at(-1), { sent: bytes.length, total: bytes.length });
        cutter.server.close();
    });
});
