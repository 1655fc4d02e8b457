// The client against the real server, from Node.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { openAsBlob } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { ConnectorError, OAuthError, type UploadProgress } from "@pplx-unofficial/sdk";
import { World } from "./world.js";

describe("the client and the server", () => {
    let world: World;
    before(async () => {
        world = await World.start();
    });
    after(() => world?.stop());

    const failsWith = (code: string, status: number) => (error: unknown) =>
        error instanceof ConnectorError && error.code === code && error.status === status && error.request_id !== undefined;

    test("connecting, looking around, renewing, disconnecting", async () => {
        const person = await world.newPerson();
        const connectors = person.client();
        const auth = await connectors.authorize("google_drive", { scopes: ["drive.readonly"] });
        assert.equal(auth.expires_in, 600);
        const { code } = await person.consent(auth.auth_url);
        const token = await connectors.token("google_drive", code);
        assert.equal(token.user_info.email, "ada@example.com");
        assert.equal(await connectors.token("google_drive", code), token, "the same answer again");
        const connected = (await connectors.getConnectorsStatus()).filter((one) => one.connected);
        assert.deepEqual(connected.map((one) => one.id), ["google_drive", "local_upload"]);
        assert.ok((await connectors.refreshToken("google_drive")).access_token);
        const drive = await connectors.getConnectorStatus("google_drive");
        await connectors.listFiles("google_drive", { connection: drive.connection_id! });
        assert.equal((await connectors.getMe()).plan, "enterprise");
        await connectors.disconnect("google_drive");
        await connectors.disconnect("google_drive");
        assert.equal((await connectors.getConnectorStatus("google_drive")).connected, false);
    });

    test("failures have their class and say what was wrong", async () => {
        const connectors = (await world.newPerson()).client();
        await assert.rejects(connectors.listFiles("google_drive"), failsWith("not_connected", 409));
        await assert.rejects(connectors.listFiles("nothing"), failsWith("not_found", 404));
        await assert.rejects(
            connectors.listFiles("google_drive", { limit: 101 }),
            (error: ConnectorError) => failsWith("invalid_request", 400)(error) && error.field === "limit",
        );
        await assert.rejects(
            connectors.authorize("google_drive", { scopes: ["drive"] }),
            (error) => error instanceof OAuthError && failsWith("invalid_scope", 400)(error),
        );
        await assert.rejects(
            connectors.token("google_drive", { code: "stolen", state: "forged" }),
            (error) => error instanceof OAuthError && failsWith("invalid_grant", 400)(error),
        );
        const free = (await world.newPerson("free")).client();
        await assert.rejects(
            free.authorize("google_drive"),
            (error: ConnectorError) => error.code === "plan_required" && error.details["required_plan"] === "pro",
        );
        const nobody = (await world.newPerson()).client({ authToken: "not-a-token" });
        await assert.rejects(nobody.getMe(), failsWith("unauthorized", 401));
    });

    test("all pages of a folder, however small, hold the same as one", async () => {
        const person = await world.newPerson();
        const connectors = await person.connected();
        const { folder } = await person.policies();
        const whole = await connectors.listFiles("google_drive", { folder_id: folder });
        assert.ok(whole.files.length > 2);
        const found = [];
        for await (const file of connectors.listAllFiles("google_drive", { folder_id: folder, limit: 2 })) found.push(file.id);
        assert.deepEqual(found.sort(), whole.files.map((file) => file.id).sort());
        const first = whole.files.find((file) => file.kind === "file")!;
        assert.ok((await connectors.listFileVersions("google_drive", first.id)).versions.length > 0);
        assert.equal((await connectors.explainFile("google_drive", first.id)).state, "unknown");
    });

    test("a sync is followed to its end and found", async () => {
        const person = await world.newPerson();
        const connectors = await person.connected();
        const { folder } = await person.policies();
        const collection = await connectors.createCollection({ name: "Policies", description: "What holds" });
        const started = await connectors.syncFiles("google_drive", [folder], collection.uuid);
        assert.deepEqual([started.status, started.progress], ["pending", 0]);
        const told: number[] = [];
        const done = await connectors.waitForSync("google_drive", started.job_id, { onProgress: ({ progress }) => told.push(progress) });
        assert.equal(done.status, "completed");
        assert.equal(told.at(-1), 100);
        assert.deepEqual(told, [...told].sort((one, other) => one - other), "progress never goes back");
        assert.deepEqual(await connectors.getSyncStatus("google_drive", started.job_id), done);
        assert.equal((await connectors.listSyncs("google_drive")).jobs[0]?.job_id, started.job_id);
        const outcomes = await connectors.listSyncFiles("google_drive", started.job_id, { outcome: "synced" });
        assert.equal(outcomes.files.length, done.files_synced);
        assert.equal((await connectors.cancelSync("google_drive", started.job_id)).status, "completed");

        const { hits } = await connectors.search("refund", { filters: { connectors: ["google_drive"] }, limit: 5 });
        assert.equal(hits[0]?.file.name, "Refund policy");
        assert.equal((await connectors.searchCollection(collection.uuid, "refund")).hits.length, hits.length);
        const all = [];
        for await (const hit of connectors.searchAll("the", { limit: 1 })) all.push(hit.file.id);
        assert.ok(all.length > 1 && new Set(all).size === all.length);

        const held = await connectors.listCollectionFiles(collection.uuid);
        const removed = held.files.find((file) => file.name === "Refund policy")!;
        await connectors.removeCollectionFile(collection.uuid, removed.id);
        assert.equal((await connectors.search("refund for annual plans")).hits.some((hit) => hit.file.id === removed.id), false);
        assert.equal((await connectors.updateCollection(collection.uuid, { name: "Rules" })).name, "Rules");
        const names = [];
        for await (const one of connectors.listAllCollections()) names.push(one.name);
        assert.deepEqual(names, ["Rules"]);
        await connectors.deleteCollection(collection.uuid);
        await assert.rejects(connectors.getCollection(collection.uuid), failsWith("not_found", 404));
    });

    test("files of a real folder are uploaded from disk, with progress, and come back unchanged", async () => {
        const connectors = (await world.newPerson("free")).client();
        const collection = await connectors.createCollection("Uploads");
        const folder = await mkdtemp(join(tmpdir(), "gangway-upload-"));
        try {
            // More than one piece of a stream, and not the same everywhere.
            const large = Array.from({ length: 30_000 }, (_, line) => `line ${line} of a long report`).join("\n");
            await writeFile(`${folder}/long.txt`, large);
            const told: UploadProgress[] = [];
            const { files } = await connectors.upload(
                [
                    { name: "long.txt", path: "reports/long.txt", data: await openAsBlob(`${folder}/long.txt`) },
                    { name: "ünï 📄.md", data: "# Holidays\n\nThirty days.", type: "text/markdown" },
                    { name: "empty.txt", data: "" },
                ],
                collection.uuid,
                { onProgress: (progress) => told.push(progress) },
            );
            assert.deepEqual(
                files.map(({ path, status }) => `${path} ${status}`),
                ["reports/long.txt stored", "ünï 📄.md stored", "empty.txt stored"],
            );
            assert.ok(told.length > 3, "several pieces");
            assert.deepEqual(told.at(-1)?.sent, told.at(-1)?.total);
            assert.equal(await (await connectors.downloadUpload(files[0]!.id!)).text(), large);
            const again = await connectors.upload({ name: "copy.txt", data: large }, collection.uuid);
            assert.equal(again.files[0]?.status, "duplicate");
            await connectors.deleteUpload(files[0]!.id!);
            await assert.rejects(connectors.downloadUpload(files[0]!.id!), failsWith("not_found", 404));
        } finally {
            await rm(folder, { recursive: true });
        }
    });

    test("a picker session is opened and asked for", async () => {
        const connectors = await (await world.newPerson()).connected();
        const picker = await connectors.createPicker("google_drive", { multiple: true, mime_types: ["application/pdf"], max_files: 3 });
        assert.ok(picker.picker_url.startsWith(world.url));
        assert.equal((await connectors.getPicker("google_drive", picker.session_id)).status, "open");
        const leaving = new AbortController();
        const waiting = connectors.waitForPicker("google_drive", picker.session_id, { signal: leaving.signal });
        const key = picker.picker_url.split("#")[1]!;
        await fetch(`${world.url}/picker/${picker.session_id}/cancel`, { method: "POST", headers: { "x-picker-key": key } });
        assert.equal((await waiting).status, "cancelled");
    });

    test("a sync that is called off ends its waiting as cancelled, and one may stop waiting without that", async () => {
        const person = await world.newPerson();
        const connectors = await person.connected();
        const { files } = await connectors.listFiles("google_drive");
        const collection = await connectors.createCollection("All");
        const roots = files.map((file) => file.id);
        const { job_id } = await connectors.syncFiles("google_drive", roots, collection.uuid);
        const reason = new Error("the person left");
        const leaving = new AbortController();
        const left = connectors.waitForSync("google_drive", job_id, { signal: leaving.signal, onProgress: () => leaving.abort(reason) });
        await assert.rejects(left, reason);
        const asked = await connectors.cancelSync("google_drive", job_id);
        const done = await connectors.waitForSync("google_drive", job_id);
        assert.ok(asked.cancel_requested || asked.progress === 100);
        assert.equal(done.status, asked.cancel_requested ? "cancelled" : "completed");
    });

    test("a grant that was revoked at the provider is told with its reason", async () => {
        const person = await world.newPerson();
        const connectors = await person.connected();
        await world.control("DELETE", "/oauth/grants/ada@example.com");
        await assert.rejects(connectors.listFiles("google_drive"), (error: ConnectorError) => error.code === "needs_reauth");
        const drive = await connectors.getConnectorStatus("google_drive");
        assert.equal(drive.status, "needs_reauth");
    });

    test("the process that used the client can end by itself", async () => {
        const person = await world.newPerson();
        const code = `
            const { createConnectorsClient } = await import("@pplx-unofficial/sdk");
            console.log((await createConnectorsClient().getMe()).plan);`;
        const env = { ...process.env, GANGWAY_URL: world.url, GANGWAY_TOKEN: person.token };
        const run = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code], { env, timeout: 30_000 });
        assert.equal((await run).stdout.trim(), "enterprise");
    });
});
