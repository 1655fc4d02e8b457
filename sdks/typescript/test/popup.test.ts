// The popup manager with a window whose clock and messages the test holds.

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import {
    createConnectorsClient,
    OAuthError,
    OAuthPopupManager,
    PopupError,
    type PopupManagerOptions,
} from "@pplx-unofficial/sdk";
import { CALLBACK, FakePopup, FakeWindow, settled } from "./fake_window.js";
import { json, refused, scripted, type Answer } from "./scripted.js";

let count = 0;

/** An address to authorize at, with a state of its own. */
function address(): { url: string; state: string } {
    const state = `state-${(count += 1)}`;
    const redirect = encodeURIComponent(`${CALLBACK}/oauth/callback`);
    return { state, url: `https://accounts.example.com/auth?redirect_uri=${redirect}&state=${state}` };
}

function open(options: PopupManagerOptions = {}, url = address()) {
    const window = new FakeWindow();
    const popup = new OAuthPopupManager({ window, ...options });
    const outcome = popup.authorize(url.url);
    outcome.catch(() => {});
    const callback = { type: "oauth_callback", code: "c-1", state: url.state };
    return { window, popup, outcome, callback, ...url };
}

const failsWith = (code: string) => (error: unknown) => (error instanceof PopupError || error instanceof OAuthError) && error.code === code;

test("the popup opens at the address before anything is waited for, in the middle of the window", async () => {
    const { window, outcome, callback, url } = open();
    assert.deepEqual(window.opened, [`${url} oauth popup,width=600,height=700,left=300,top=0`]);
    window.say(callback);
    assert.equal(await outcome, "c-1");
    assert.equal(window.popup?.closed, true);
    window.assertNothingIsLeft();
});

test("an address that is still to come is waited for in a window that is open already", async () => {
    const window = new FakeWindow();
    const { url, state } = address();
    let tell!: (url: string) => void;
    const outcome = new OAuthPopupManager({ window }).authorize(new Promise<string>((resolve) => (tell = resolve)));
    assert.match(window.opened[0] ?? "", /^about:blank /);
    tell(url);
    await settled();
    assert.equal(window.popup?.url, url);
    window.say({ type: "oauth_callback", code: "c-1", state });
    assert.equal(await outcome, "c-1");
});

test("an address that does not come closes the window", async () => {
    const window = new FakeWindow();
    const reason = new Error("not in your plan");
    await assert.rejects(new OAuthPopupManager({ window }).authorize(Promise.reject(reason)), reason);
    assert.equal(window.popup?.closed, true);
    window.assertNothingIsLeft();
});

test("messages of another origin, window, state or kind are not believed", async () => {
    const { window, outcome, callback } = open();
    window.say({ ...callback, code: "forged" }, { origin: "https://evil.example.com" });
    window.say({ ...callback, code: "forged" }, { source: new FakePopup() });
    window.say({ ...callback, code: "forged", state: "other" });
    window.say({ ...callback, code: "forged", type: "oauth" });
    for (const data of [null, undefined, "oauth_callback", 7, []]) window.say(data);
    await settled();
    assert.equal(window.popup?.closed, false);
    window.say(callback);
    assert.equal(await outcome, "c-1");
});

test("further origins are believed when they are named, and without redirect_uri the page's own is", async () => {
    const named = open({ origins: ["https://callback.example.com"] });
    named.window.say(named.callback, { origin: "https://callback.example.com" });
    assert.equal(await named.outcome, "c-1");
    const own = open({}, { url: "https://accounts.example.com/auth?state=own", state: "own" });
    own.window.say(own.callback);
    own.window.say({ ...own.callback, code: "c-2" }, { origin: "https://product.example.com" });
    assert.equal(await own.outcome, "c-2");
});

test("a denial is an OAuthError with the provider's code and a sentence", async () => {
    const { window, outcome, state } = open();
    window.say({ type: "oauth_callback", error: "access_denied", error_description: null, state });
    await assert.rejects(outcome, (error) => failsWith("access_denied")(error) && /denied/.test((error as Error).message));
    assert.equal(window.popup?.closed, true);
    window.assertNothingIsLeft();
});

test("a popup that is closed is noticed", async () => {
    const { window, outcome } = open();
    await window.pass(10_000);
    window.popup!.closed = true;
    await window.pass(500);
    await assert.rejects(outcome, failsWith("popup_closed"));
    window.assertNothingIsLeft();
});

test("a message that was on its way when the popup closed still counts", async () => {
    const { window, outcome, callback } = open();
    window.popup!.closed = true;
    await window.pass(100);
    window.say(callback);
    await window.pass(1_000);
    assert.equal(await outcome, "c-1");
});

test("a blocked popup is an error, and leaves nothing behind", async () => {
    const window = new FakeWindow();
    window.popup = null;
    await assert.rejects(new OAuthPopupManager({ window }).authorize(address().url), failsWith("popup_blocked"));
    window.assertNothingIsLeft();
});

test("a blocked popup leads this page away when that is asked for", async () => {
    const window = new FakeWindow();
    window.popup = null;
    const { url, state } = address();
    void new OAuthPopupManager({ window, whenBlocked: "redirect" }).authorize(Promise.resolve(url));
    await settled();
    assert.deepEqual(window.left, [url]);
    assert.ok(window.stored.has(`gangway.oauth.${state}`));
    window.assertNothingIsLeft();
});

test("nobody is waited for longer than asked", async () => {
    const { window, outcome } = open({ timeout: 60_000 });
    await window.pass(59_999);
    assert.equal(window.popup?.closed, false);
    await window.pass(1);
    await assert.rejects(outcome, failsWith("popup_timeout"));
    assert.equal(window.popup?.closed, true);
    window.assertNothingIsLeft();
});

test("a second authorization takes the first one's place; cancelling and a signal end it", async () => {
    const { window, popup, outcome } = open();
    const first = window.popup;
    const second = popup.authorize(address().url);
    assert.equal(window.popup, first, "the window stays");
    await assert.rejects(outcome, failsWith("popup_replaced"));
    popup.cancel();
    await assert.rejects(second, failsWith("popup_closed"));
    const controller = new AbortController();
    const third = popup.authorize(address().url, { signal: controller.signal });
    const reason = new Error("the person left");
    controller.abort(reason);
    await assert.rejects(third, reason);
    await assert.rejects(popup.authorize(address().url, { signal: controller.signal }), reason);
    window.assertNothingIsLeft();
    assert.equal(getEventListeners(controller.signal, "abort").length, 0);
});

test("a signal that was not needed is left without listeners", async () => {
    const window = new FakeWindow();
    const { signal } = new AbortController();
    const { url, state } = address();
    const outcome = new OAuthPopupManager({ window }).authorize(url, { signal });
    assert.equal(getEventListeners(signal, "abort").length, 1);
    window.say({ type: "oauth_callback", code: "c-1", state });
    await outcome;
    assert.equal(getEventListeners(signal, "abort").length, 0);
});

test("what is no address to authorize at is refused, and not shown", async () => {
    for (const url of ["", "javascript:alert(1)?state=secret-1", "https://x/?secret-1", "secret-1"]) {
        const window = new FakeWindow();
        await assert.rejects(
            new OAuthPopupManager({ window }).authorize(url),
            (error: Error) => /auth_url/.test(error.message) && !error.message.includes("secret"),
        );
        assert.deepEqual(window.opened, []);
    }
});

/** A client that has started an authorization; the script goes on with the answers. */
async function started(...answers: Answer[]) {
    const { url, state } = address();
    const server = scripted(json({ auth_url: url, state, expires_in: 600 }), ...answers);
    const connectors = createConnectorsClient({ ...server.options, maxAttempts: 1 });
    await connectors.authorize("google_drive");
    return { ...server, connectors, url, state };
}

// The server renews its token between any two answers.
let ends = 0;
const status = (...connections: [string, string, string?][]): Answer =>
    json({
        id: "google_drive",
        connections: connections.map(([connection_id, status, consented_at = "then"]) => ({ connection_id, status, consented_at, connected_at: "then", expires_at: `${(ends += 1)} o'clock` })),
    });
const asking = (asked: { method: string; path: string }[]) => asked.map(({ method, path }) => `${method} ${path.split("/").at(-1)}`);

test("the client that started an authorization finishes it, and asking again brings the same answer", async () => {
    const { asked, connectors, url, state } = await started(status(), json({ connector_id: "google_drive", connection_id: "n" }));
    const { window, outcome, callback } = open({}, { url, state });
    await settled();
    window.say(callback);
    assert.equal(await outcome, "c-1");
    assert.deepEqual(asked[2]?.json, { code: "c-1", state });
    assert.equal((await connectors.token("google_drive", { code: "c-1", state })).connection_id, "n");
    assert.deepEqual(asking(asked), ["POST authorize", "GET google_drive", "POST token"]);
});

test("a code that cannot be exchanged is the popup's failure too", async () => {
    const { url, state } = await started(status(), refused("invalid_grant", 400));
    const { window, outcome, callback } = open({}, { url, state });
    await settled();
    window.say(callback);
    await assert.rejects(outcome, (error: OAuthError) => error.code === "invalid_grant");
});

test("with finish: false the code is left to the back end", async () => {
    const { asked, url, state } = await started();
    const { window, outcome, callback } = open({ finish: false }, { url, state });
    await window.pass(10_000);
    window.say(callback);
    assert.equal(await outcome, "c-1");
    assert.deepEqual(asking(asked), ["POST authorize"]);
});

test("a connection that the callback page completed by itself is noticed while the popup is open", async () => {
    const { asked, url, state } = await started(status(["n", "needs_reauth"]), status(["n", "needs_reauth"]), status(["n", "active"]));
    const { window, outcome } = open({}, { url, state });
    await window.pass(6_000);
    assert.equal(await outcome, "");
    assert.equal(window.popup?.closed, true);
    assert.equal(asked.length, 4);
    window.assertNothingIsLeft();
});

test("and after the popup was closed, also when it was connected before", async () => {
    const { url, state } = await started(status(["n", "active"]), status(["n", "active", "now"]));
    const { window, outcome } = open({}, { url, state });
    await settled();
    window.popup!.closed = true;
    await window.pass(250);
    assert.equal(await outcome, "");
    window.assertNothingIsLeft();
});

test("a token that the server renewed meanwhile is no reason to close the popup", async () => {
    const { url, state } = await started(status(["n", "active"]), status(["n", "active"]), json({ connector_id: "google_drive" }));
    const { window, outcome, callback } = open({}, { url, state });
    await window.pass(3_000);
    assert.equal(window.popup?.closed, false);
    window.say(callback);
    assert.equal(await outcome, "c-1");
});

test("nor is it a connection when the person closed the popup", async () => {
    const { url, state } = await started(status(["n", "active"]), status(["n", "active"]));
    const { window, outcome } = open({}, { url, state });
    await settled();
    window.popup!.closed = true;
    const refusal = assert.rejects(outcome, failsWith("popup_closed"));
    await window.pass(250);
    await refusal;
});

test("where popups look closed from the start, whenClosed: wait asks the server", async () => {
    const { url, state } = await started(status(), refused("unavailable", 503), status(), status(["n", "active"]));
    const { window, outcome } = open({ whenClosed: "wait" }, { url, state });
    window.popup!.closed = true;
    await window.pass(9_000);
    assert.equal(await outcome, "");
    window.assertNothingIsLeft();
});

test("connect does all of it in the click's turn", async () => {
    const { url, state } = address();
    const { asked, options } = scripted(
        json({ auth_url: url, state, expires_in: 600 }),
        status(),
        json({ connector_id: "google_drive" }),
        json({ id: "google_drive", connected: true }),
    );
    const window = new FakeWindow();
    const outcome = new OAuthPopupManager({ window }).connect(createConnectorsClient(options), "google_drive", { scopes: ["drive.readonly"] });
    assert.match(window.opened[0] ?? "", /^about:blank /);
    await settled();
    assert.equal(window.popup?.url, url);
    window.say({ type: "oauth_callback", code: "c-1", state });
    assert.equal((await outcome).connected, true);
    assert.deepEqual(asked[0]?.json, { scopes: ["drive.readonly"] });
});

test("one may leave the page and finish on the page one returns to, once", async () => {
    const { asked, connectors, url, state } = await started(json({ connector_id: "google_drive", connection_id: "n" }));
    const window = new FakeWindow();
    new OAuthPopupManager({ window }).redirect(url);
    assert.deepEqual(window.left, [url]);
    assert.equal(await connectors.finishRedirect({ window }), undefined, "no return yet");
    window.location.href = `https://product.example.com/back?tab=2&code=c-1&state=${state}#top`;
    assert.equal((await connectors.finishRedirect({ window }))?.connection_id, "n");
    assert.equal(window.location.href, "https://product.example.com/back?tab=2#top");
    assert.deepEqual(asked.at(-1)?.json, { code: "c-1", state });
    window.location.href = `https://product.example.com/back?code=c-1&state=${state}`;
    await assert.rejects(connectors.finishRedirect({ window }), (error: OAuthError) => error.code === "state_mismatch");
});

test("what a provider adds to its answer does not stay in the address either", async () => {
    const { connectors, state } = await started(json({ connector_id: "google_drive", connection_id: "n" }));
    const window = new FakeWindow();
    const back = "https://product.example.com/back?tab=2&scope=ours";
    const url = `https://accounts.example.com/auth?redirect_uri=${encodeURIComponent(back)}&state=${state}`;
    new OAuthPopupManager({ window }).redirect(url);
    window.location.href = `${back}&code=c-1&state=${state}&scope=files+email&authuser=0&hd=example.com&prompt=consent#_=_`;
    assert.equal((await connectors.finishRedirect({ window }))?.connection_id, "n");
    assert.equal(window.location.href, back);
    assert.equal(window.stored.size, 0);
});

test("a return that brings a denial, and one that this tab did not ask for", async () => {
    const { asked, connectors, url, state } = await started();
    const window = new FakeWindow();
    new OAuthPopupManager({ window }).redirect(url);
    window.location.href = `https://product.example.com/back?error=access_denied&state=${state}`;
    await assert.rejects(connectors.finishRedirect({ window }), failsWith("access_denied"));
    window.location.href = "https://product.example.com/back?code=stolen&state=forged";
    await assert.rejects(connectors.finishRedirect({ window }), failsWith("state_mismatch"));
    assert.equal(asked.length, 1);
});

test("a callback page of one's own hands over to its opener, at its own origin", () => {
    const window = new FakeWindow();
    window.location.href = "https://product.example.com/back?code=c-1&state=s&scope=x";
    assert.equal(OAuthPopupManager.handOver(window), false);
    const said: unknown[] = [];
    window.opener = { postMessage: (...message) => said.push(message) };
    assert.equal(OAuthPopupManager.handOver(window), true);
    assert.deepEqual(said, [[{ type: "oauth_callback", code: "c-1", state: "s" }, "https://product.example.com"]]);
    assert.equal(window.closedItself, true);
});

test("in Node it says what to do instead", async () => {
    await assert.rejects(new OAuthPopupManager().authorize(address().url), /token\(\)/);
});
