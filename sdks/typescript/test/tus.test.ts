// tus-js-client, unmodified, against the real server: cut in the middle, going on, and ending with the same bytes.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { Upload, type UploadOptions } from "tus-js-client";
import { cutting } from "./cutting.js";
import { World, type Person } from "./world.js";

const UPLOADS = "/rest/connectors/local_upload/uploads";

interface Told {
    status: string;
    offset: number;
    file: { id: string; status: string; path: string } | null;
}

describe("tus-js-client and the server", () => {
    let world: World;
    before(async () => {
        world = await World.start();
    });
    after(() => world?.stop());

    async function options(person: Person, name: string): Promise<UploadOptions> {
        const { uuid } = await person.client().createCollection("Large");
        return {
            endpoint: world.url + UPLOADS,
            headers: { Authorization: `Bearer ${person.token}` },
            metadata: { collection_uuid: uuid, filename: name, filetype: "application/octet-stream", path: `In/${name}` },
            retryDelays: [0, 200, 500, 1000, 2000],
        };
    }

    const sent = (data: Buffer, options: UploadOptions): Promise<Upload> =>
        new Promise((resolve, reject) => {
            const upload = new Upload(data, { ...options, onError: reject, onSuccess: () => resolve(upload) });
            upload.start();
        });

    async function told(person: Person, url: string): Promise<Told> {
        const answer = await fetch(url, { headers: { authorization: `Bearer ${person.token}` } });
        return (await answer.json()) as Told;
    }

    async function bytesOf(person: Person, id: string): Promise<Buffer> {
        const { body } = await fetchContent(person, id);
        return body;
    }

    async function fetchContent(person: Person, id: string) {
        const path = `${world.url}/rest/connectors/local_upload/files/${id}/content`;
        const answer = await fetch(path, { headers: { authorization: `Bearer ${person.token}` } });
        return { body: Buffer.from(await answer.arrayBuffer()) };
    }

    test("several chunks, an empty file, bytes along with the beginning", async () => {
        const person = await world.newPerson("free");
        const data = randomBytes(9_000_000);
        const upload = await sent(data, { ...(await options(person, "a.bin")), chunkSize: 2_500_000 });
        const { status, file } = await told(person, upload.url!);
        assert.deepEqual([status, file!.status, file!.path], ["done", "stored", "In/a.bin"]);
        assert.ok(data.equals(await bytesOf(person, file!.id)));
        const along = await sent(data, { ...(await options(person, "b.bin")), uploadDataDuringCreation: true });
        assert.equal((await told(person, along.url!)).status, "done");
        const empty = await sent(Buffer.alloc(0), await options(person, "empty.txt"));
        assert.equal((await told(person, empty.url!)).file!.status, "stored");
    });

    test("stopped in the middle by its user, it goes on later in another client", async () => {
        const person = await world.newPerson("free");
        const data = randomBytes(9_000_000);
        const base = { ...(await options(person, "c.bin")), chunkSize: 4_500_000 };
        const url = await new Promise<string>((resolve, reject) => {
            const upload = new Upload(data, {
                ...base,
                onError: reject,
                onChunkComplete: () => void upload.abort().then(() => resolve(upload.url!), reject),
            });
            upload.start();
        });
        assert.equal((await told(person, url)).offset, 4_500_000);
        const upload = await sent(data, { ...base, uploadUrl: url });
        assert.equal(upload.url, url);
        assert.ok(data.equals(await bytesOf(person, (await told(person, url)).file!.id)));
        await Upload.terminate(url, { headers: base.headers! });
        assert.equal((await fetch(url, { headers: base.headers! })).status, 410);
    });

    test("connections that are cut cost nothing that arrived", async () => {
        const person = await world.newPerson("free");
        const data = randomBytes(15_000_000);
        const base = await options(person, "d.bin");
        // The address that the server tells is its own; what cuts stands before it.
        const cutter = await cutting(new URL(world.url), 3, 5_000_000);
        const through = (address: string) => address.replace(new URL(world.url).host, cutter.host);
        const begun = await fetch(world.url + UPLOADS, {
            method: "POST",
            headers: {
                ...base.headers,
                "tus-resumable": "1.0.0",
                "upload-length": String(data.length),
                "upload-metadata": Object.entries(base.metadata!)
                    .map(([key, value]) => `${key} ${Buffer.from(value).toString("base64")}`)
                    .join(","),
            },
        });
        const url = begun.headers.get("location")!;
        await sent(data, { ...base, uploadUrl: through(url) });
        assert.equal(cutter.cuts(), 3);
        assert.ok(data.equals(await bytesOf(person, (await told(person, url)).file!.id)));
        cutter.server.close();
    });
});
