// What the client asks, and what it makes of the answers.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inspect } from "node:util";
import { ConnectorError, createConnectorsClient, OAuthError, SERVER_CODES, type ConnectorsClient } from "@pplx-unofficial/sdk";
import { json, refused, scripted, unreachable, type Answer } from "./scripted.js";
import { ROOT } from "./world.js";

const TOKEN = "secret-user-token";

async function failure(answer: Answer, call: (connectors: ConnectorsClient) => Promise<unknown>): Promise<ConnectorError> {
    const { options } = scripted(answer);
    const error = await call(createConnectorsClient({ ...options, maxAttempts: 1 })).then(
        () => assert.fail("it should have failed"),
        (error: unknown) => error,
    );
    assert.ok(error instanceof ConnectorError);
    return error;
}

test("the guide's error shape becomes a ConnectorError with all it holds", async () => {
    const details = { connector_id: "google_drive", error_type: "api_error", retry_after: 60 };
    const error = await failure(refused("connector_error", 502, details, { "x-request-id": "r-1" }), (c) => c.listFiles("google_drive"));
    assert.equal(error.name, "ConnectorError");
    assert.equal(error.message, "the sentence for connector_error");
    const { code, status, connector_id, error_type, retry_after, request_id } = error;
    assert.deepEqual(
        { code, status, connector_id, error_type, retry_after, request_id },
        { code: "connector_error", status: 502, connector_id: "google_drive", error_type: "api_error", retry_after: 60, request_id: "r-1" },
    );
    const wrong = await failure(refused("invalid_request", 400, { field: "limit" }), (c) => c.listFiles("notion", { limit: 0 }));
    assert.equal(wrong.field, "limit");
    assert.equal(wrong.connector_id, "notion");
});

test("a search says whether it counted all", async () => {
    for (const total_is_exact of [true, false]) {
        const answer = json({ hits: [], total: 41, total_is_exact, next_cursor: null, has_more: false, took_ms: 1 });
        const { options } = scripted(answer, answer);
        const c = createConnectorsClient(options);
        for (const found of [await c.search("a"), await c.searchCollection("u", "a")]) {
            assert.deepEqual([found.total, found.total_is_exact], [41, total_is_exact]);
        }
    }
});

test("OAuth's flat shape becomes an OAuthError", async () => {
    const flat = json({ error: "invalid_grant", error_description: "the code was used before", state: "s" }, 400);
    const error = await failure(flat, (c) => c.token("google_drive", { code: "c", state: "s" }));
    assert.ok(error instanceof OAuthError);
    assert.equal(error.code, "invalid_grant");
    assert.equal(error.message, "the code was used before");
});

test("an answer that is not Gangway's says where to look", async () => {
    const page: Answer = () => new Response("<h1>Bad gateway</h1>", { status: 502 });
    const error = await failure(page, (c) => c.getConnectorsStatus());
    assert.equal(error.code, "unavailable");
    assert.match(error.message, /apiBase/);
    const fine: Answer = () => new Response("<h1>Sign in</h1>", { status: 200 });
    assert.equal((await failure(fine, (c) => c.getConnectorsStatus())).code, "bad_answer");
});

test("the codes are those of the reference page", () => {
    const page = readFileSync(`${ROOT}/docs/reference/errors.md`, "utf8");
    const documented = [...page.matchAll(/^\| `(\w+)` \| \d+ \|/gm)].map(([, code]) => code);
    assert.deepEqual([...SERVER_CODES], documented);
});

test("neither errors nor the client show the token", async () => {
    const errors = [
        await failure(unreachable, (c) => c.getConnectorsStatus()),
        await failure(refused("unauthorized", 401), (c) => c.getConnectorsStatus()),
        await failure(unreachable, (c) => c.token("google_drive", { code: "secret-code", state: "secret-state" })),
    ];
    const client = createConnectorsClient(scripted().options);
    for (const shown of [...errors, client]) {
        const text = `${inspect(shown, { depth: 9, showHidden: true })} ${String(shown)} ${JSON.stringify(shown)}`;
        assert.doesNotMatch(text, /secret-/);
    }
});

test("a token that cannot stand in a header is refused before fetch would quote it", async () => {
    for (const token of ["secret-with\nline", "", "secret with space", "secret-ü"]) {
        const build = () => createConnectorsClient({ ...scripted().options, authToken: token });
        assert.throws(build, (error: Error) => error instanceof ConnectorError && !error.message.includes("secret"));
        const late = createConnectorsClient({ ...scripted().options, authToken: () => token });
        await assert.rejects(late.getMe(), (error: Error) => !inspect(error).includes("secret"));
    }
});

test("the token is asked for each time when it is a function", async () => {
    let turn = 0;
    const { asked, options } = scripted(json({}), json({}));
    const connectors = createConnectorsClient({ ...options, authToken: async () => `token-${(turn += 1)}` });
    await connectors.getMe();
    await connectors.getMe();
    assert.deepEqual(asked.map(({ headers }) => headers.get("authorization")), ["Bearer token-1", "Bearer token-2"]);
});

test("without options the server and the token come from the environment, and the token goes nowhere else", async () => {
    const before = { ...process.env };
    try {
        delete process.env["GANGWAY_URL"];
        assert.throws(() => createConnectorsClient(), /GANGWAY_URL/);
        process.env["GANGWAY_URL"] = "https://here.example.com/base/";
        process.env["GANGWAY_TOKEN"] = TOKEN;
        const { asked, options } = scripted(json({}), json({}));
        await createConnectorsClient({ fetch: options.fetch! }).getMe();
        assert.equal(asked[0]?.path, "/base/rest/me");
        assert.equal(asked[0]?.headers.get("authorization"), `Bearer ${TOKEN}`);
        await createConnectorsClient({ fetch: options.fetch!, apiBase: "https://elsewhere.example.com" }).getMe();
        assert.equal(asked[1]?.headers.get("authorization"), null);
    } finally {
        process.env = before;
    }
});

test("an address that is none is refused with a sentence", () => {
    for (const apiBase of ["", "connect.example.com", "ftp://x", "https://user:secret-word@x", "https://x?a=1"]) {
        assert.throws(
            () => createConnectorsClient({ apiBase }),
            (error: ConnectorError) => error.code === "invalid_option" && !error.message.includes("secret"),
            apiBase,
        );
    }
});

test("ids cannot lead to other paths", async () => {
    const { asked, options } = scripted(json({ files: [], has_more: false }));
    const connectors = createConnectorsClient(options);
    await connectors.listSyncFiles("google_drive", "../../admin/users?x=1#y");
    assert.equal(asked[0]?.path, "/rest/connectors/google_drive/sync/..%2F..%2Fadmin%2Fusers%3Fx%3D1%23y/files");
    await assert.rejects(connectors.disconnect(".."), /id/);
    await assert.rejects(connectors.deleteCollection(""), /id/);
});

test("the state of the last authorization goes with a code that comes without", async () => {
    const authorization = { auth_url: "https://accounts.example.com/?state=s-1", state: "s-1", expires_in: 600 };
    const { asked, options } = scripted(json(authorization), json({ connector_id: "google_drive" }));
    const connectors = createConnectorsClient(options);
    await connectors.authorize("google_drive");
    await connectors.token("google_drive", "c-1");
    assert.deepEqual(asked[1]?.json, { code: "c-1", state: "s-1" });
});

test("a code is exchanged once however often it is asked for, and anew after a failure", async () => {
    const { asked, options } = scripted(json({ connector_id: "google_drive" }), refused("unavailable", 503), json({ connector_id: "notion" }));
    const connectors = createConnectorsClient(options);
    const [one, other] = await Promise.all([
        connectors.token("google_drive", { code: "c", state: "s" }),
        connectors.token("google_drive", { code: "c", state: "s" }),
    ]);
    assert.equal(one, other);
    assert.equal(asked.length, 1);
    await assert.rejects(connectors.token("notion", { code: "c", state: "s" }));
    assert.equal((await connectors.token("notion", { code: "c", state: "s" })).connector_id, "notion");
});

test("all pages follow one another, with the same question", async () => {
    const { asked, options } = scripted(
        json({ files: [{ id: "a" }, { id: "b" }], has_more: true, next_cursor: "2" }),
        json({ files: [{ id: "c" }], has_more: false, next_cursor: null }),
    );
    const ids = [];
    for await (const { id } of createConnectorsClient(options).listAllFiles("google_drive", { limit: 2, folder_id: "f" })) ids.push(id);
    assert.deepEqual(ids, ["a", "b", "c"]);
    assert.deepEqual(asked.map(({ query }) => String(query)), ["limit=2&folder_id=f", "limit=2&folder_id=f&cursor=2"]);
});

test("a server that repeats a page does not make an endless list", async () => {
    const page = json({ files: [{ id: "a" }], has_more: true, next_cursor: "2" });
    const { options } = scripted(page, page, page);
    const all = async () => {
        for await (const _ of createConnectorsClient(options).listAllFiles("google_drive"));
    };
    await assert.rejects(all(), (error: ConnectorError) => error.code === "bad_answer");
});

test("a started sync has what a progress bar reads", async () => {
    const { asked, options } = scripted(json({ job_id: "j", sync_job_id: "j", status: "pending", file_count: 2, estimated_time: 3 }));
    const job = await createConnectorsClient(options).syncFiles("google_drive", ["a", "b"], "c", { sync_mode: "auto", connection: "n" });
    assert.deepEqual(asked[0]?.json, { file_ids: ["a", "b"], collection_uuid: "c", sync_mode: "auto" });
    assert.equal(String(asked[0]?.query), "connection=n");
    assert.deepEqual([job.job_id, job.status, job.progress, job.files_synced, job.file_count], ["j", "pending", 0, 0, 2]);
});

test("the client reaches every operation that a user token may call, and no other path", async () => {
    const document = JSON.parse(readFileSync(`${ROOT}/sdks/openapi.json`, "utf8")) as {
        paths: Record<string, Record<string, { operationId: string; security?: Record<string, unknown>[] }>>;
    };
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.entries(methods)
            .filter(([, { security }]) => security?.some((one) => "user_token" in one))
            // Resumable uploads are left to clients of tus.
            .filter(() => !path.startsWith("/rest/connectors/local_upload/uploads"))
            .map(([method, { operationId }]) => ({
                method: method.toUpperCase(),
                operationId,
                // A named path counts before one with a place for any name.
                places: path.split("{").length,
                pattern: new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`),
            })),
    );
    operations.sort((one, other) => one.places - other.places);
    const answer: Answer = () => Response.json({ files: [], collections: [], hits: [], connectors: [], has_more: false, status: "picked", state: "s", expires_in: 1 });
    const { asked, options } = scripted(...Array<Answer>(60).fill(answer));
    const c = createConnectorsClient(options);
    await c.authorize("x");
    await c.token("x", "c");
    await c.getConnectorsStatus();
    await c.getConnectorStatus("x");
    await c.refreshToken("x");
    await c.getConnectionContents("x");
    await c.disconnect("x");
    await c.listFiles("x");
    await c.listFileVersions("x", "f");
    await c.explainFile("x", "f");
    await c.readText("f", { offset: 1000 });
    await c.createPicker("x");
    await c.getPicker("x", "s");
    await c.waitForPicker("x", "s");
    await c.syncFiles("x", ["f"], "u");
    await c.getSyncStatus("x", "j");
    await c.listSyncs("x");
    await c.listSyncFiles("x", "j");
    await c.cancelSync("x", "j");
    await assert.rejects(c.waitForSync("x", "j"));
    await c.upload({ name: "a", data: "b" }, "u");
    await c.downloadUpload("f");
    await c.deleteUpload("f");
    await c.search("q");
    await c.searchCollection("u", "q");
    await c.listCollections();
    await c.createCollection("n");
    await c.getCollection("u");
    await c.getCollectionCoverage("u");
    await c.updateCollection("u", { name: "m" });
    await c.deleteCollection("u");
    await c.listCollectionFiles("u");
    await c.removeCollectionFile("u", "f");
    await c.getMe();
    await c.listAssistants();
    await c.deleteAssistant("a");
    const reached = new Set<string>();
    for (const { method, path } of asked) {
        const operation = operations.find((one) => one.method === method && one.pattern.test(path));
        assert.ok(operation, `the document has no ${method} ${path}`);
        reached.add(operation.operationId);
    }
    assert.deepEqual([...reached].sort(), operations.map(({ operationId }) => operationId).sort());
});
