// Sessions in place of tokens, and what the admin's client asks.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { BrowserSession, ConnectorError, createAdminClient, createConnectorsClient } from "@pplx-unofficial/sdk";
import { json, refused, scripted } from "./scripted.js";
import { World } from "./world.js";

const SESSION = { role: "user", expires_at: "2026-01-08T00:00:00Z", csrf_token: "proof-1" };
const BASE = "https://connect.example.com";

test("a session shows its proof with every call, and no token", async () => {
    const { asked, options } = scripted(json(SESSION), json({ uuid: "u" }, 201), json({ ...SESSION, csrf_token: "proof-2" }), json({ collections: [], has_more: false }));
    const { authToken: _, ...around } = options;
    const session = new BrowserSession({ ...around, apiBase: BASE });
    const connectors = createConnectorsClient({ ...around, apiBase: BASE, session });
    assert.equal(session.csrfToken, undefined);
    await session.signIn("secret-user-token");
    assert.deepEqual([asked[0]?.method, asked[0]?.path, asked[0]?.json], ["POST", "/console/session", { token: "secret-user-token" }]);
    await connectors.createCollection("Handbook");
    await session.restore();
    await connectors.listCollections();
    assert.deepEqual(asked.map(({ headers }) => headers.get("x-csrf-token")), [null, "proof-1", "proof-1", "proof-2"]);
    assert.ok(asked.every(({ headers }) => headers.get("authorization") === null));
});

test("the surroundings' token never stands in for a session", async () => {
    const { asked, options } = scripted(json({ collections: [], has_more: false }));
    const { authToken: _, apiBase: __, ...around } = options;
    const [url, token] = [process.env["GANGWAY_URL"], process.env["GANGWAY_TOKEN"]];
    Object.assign(process.env, { GANGWAY_URL: BASE, GANGWAY_TOKEN: "surrounding-token" });
    try {
        await createConnectorsClient({ ...around, session: new BrowserSession(around) }).listCollections();
        assert.equal(asked[0]?.headers.get("authorization"), null);
    } finally {
        for (const [name, value] of Object.entries({ GANGWAY_URL: url, GANGWAY_TOKEN: token })) {
            if (value === undefined) delete process.env[name];
            else process.env[name] = value;
        }
    }
});

test("nobody signed in is an answer, other failures are failures", async () => {
    const { options } = scripted(refused("unauthorized", 401), refused("internal", 500), json(SESSION), refused("unauthorized", 401));
    const { authToken: _, ...around } = options;
    const session = new BrowserSession(around);
    assert.equal(await session.restore(), undefined);
    await assert.rejects(session.restore(), (error: ConnectorError) => error.code === "internal");
    await session.signIn("t");
    await session.signOut();
    assert.equal(session.csrfToken, undefined, "whoever was signed out already is signed out");
});

describe("the admin's client and the server", () => {
    let world: World;
    before(async () => {
        world = await World.start();
    });
    after(() => world?.stop());

    test("users, tokens, organisations, connectors, webhooks, the log", async () => {
        const admin = createAdminClient({ apiBase: world.url, authToken: world.adminKey });
        const organization = await admin.createOrganization({ name: "Acme", plan: "pro" });
        const user = await admin.createUser({ external_id: "u-1", name: "Ada Example", organization_id: organization.id });
        assert.deepEqual([user.plan, user.own_plan], ["pro", "free"]);
        assert.equal((await admin.findUser("u-1"))?.id, user.id);
        assert.equal(await admin.findUser("u-2"), undefined);
        assert.equal((await admin.updateUser(user.id, { plan: "enterprise" })).plan, "enterprise");
        assert.equal((await admin.getUser(user.id)).own_plan, "enterprise");
        const made = await admin.createToken(user.id, { label: "test" });
        const connectors = createConnectorsClient({ apiBase: world.url, authToken: made.token });
        assert.equal((await connectors.getMe()).id, user.id);
        assert.deepEqual((await admin.listTokens(user.id)).map(({ id, label }) => [id, label]), [[made.id, "test"]]);
        await admin.deleteToken(user.id, made.id);
        await assert.rejects(connectors.getMe(), (error: ConnectorError) => error.code === "unauthorized");
        const organizations = [];
        for await (const one of admin.listAllOrganizations({ limit: 1 })) organizations.push(one.name);
        assert.ok(organizations.includes("Acme"));
        const setups = new Map((await admin.listConnectorSetups()).map((one) => [one.connector_id, one]));
        assert.equal(setups.get("google_drive")?.state, "ready");
        assert.deepEqual(setups.get("google_drive")?.redirect_uris, [`${world.url}/oauth/callback`]);
        assert.equal(setups.get("slack")?.state, "needs_app");
        assert.equal(setups.get("box")?.state, "not_built");
        assert.ok((await admin.listWebhooks()).some(({ connector_id }) => connector_id === "google_drive"));
        await assert.rejects(admin.confirmWebhook("google_drive"), (error: ConnectorError) => error.code === "conflict");
        await assert.rejects(admin.forgetWebhook("google_drive"), (error: ConnectorError) => error.code === "not_found");
        assert.equal((await admin.getStatus()).search_by_meaning, null);
        await admin.deleteUser(user.id);
        const log = await admin.listAudit({ limit: 3 });
        assert.deepEqual(log.entries.map(({ deed }) => deed), ["delete_user", "delete_token", "create_token"]);
    });

    test("contents and coverage tell what came through a connection", async () => {
        const person = await world.newPerson();
        const connectors = await person.connected();
        const { uuid } = await connectors.createCollection("Papers");
        const { folder } = await person.policies();
        const job = await connectors.syncFiles("google_drive", [folder], uuid, { sync_mode: "auto" });
        await connectors.waitForSync("google_drive", job.job_id);
        const coverage = await connectors.getCollectionCoverage(uuid);
        assert.equal(coverage.searchable + coverage.name_only + coverage.failed, coverage.files);
        assert.ok(coverage.searchable > 0);
        assert.deepEqual(coverage.sources.map(({ connector_id, chosen, followed, listing_complete }) => [connector_id, chosen, followed, listing_complete]), [["google_drive", 1, 1, true]]);
        const contents = await connectors.getConnectionContents("google_drive");
        assert.deepEqual([contents.files, contents.collections.map(({ name, files }) => [name, files])], [coverage.files, [["Papers", coverage.files]]]);
    });
});
