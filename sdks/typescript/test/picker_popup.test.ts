// The picker's popup with a window whose clock and messages the test holds: what is believed, and what comes of the rest.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectorError, PickerPopup, PopupError, type PickerChoice, type PickerOptions, type PickerPopupOptions, type PickingClient } from "@pplx-unofficial/sdk";
import { CALLBACK, FakePopup, FakeWindow, settled } from "./fake_window.js";

const PRODUCT = "https://product.example.com";
const files = [{ id: "f-1", name: "one.pdf", mimeType: "application/pdf", kind: "file", size: 1, url: null }];
const failsWith = (code: string) => (error: unknown) => (error instanceof PopupError || error instanceof ConnectorError) && error.code === code;

/** A server with one session, which says what the test lets it say. */
class Server implements PickingClient {
    asked: PickerOptions[] = [];
    questions = 0;
    choice: PickerChoice = { status: "open", files: [] };
    async createPicker(_: string, options: PickerOptions = {}) {
        this.asked.push(options);
        return { picker_url: `${CALLBACK}/picker/s-1#pk_key`, session_id: "s-1", expires_in: 1800 };
    }
    async getPicker() {
        this.questions += 1;
        return this.choice;
    }
}

async function open(options: PickerPopupOptions = {}, asked: PickerOptions = {}) {
    const [window, server] = [new FakeWindow(), new Server()];
    const popup = new PickerPopup({ window, ...options });
    const outcome = popup.pick(server, "google_drive", asked);
    outcome.catch(() => {});
    assert.match(window.opened[0] ?? "", /^about:blank picker popup,width=820/, "before anything is waited for");
    await settled();
    const result = { type: "picker_result", session_id: "s-1", status: "picked", files, state: server.asked[0]?.state };
    return { window, server, popup, outcome, result };
}

test("the choice is told by the picker's own page, which is closed", async () => {
    const { window, server, outcome, result } = await open({}, { max_files: 3 });
    assert.equal(window.popup?.url, `${CALLBACK}/picker/s-1#pk_key`);
    const { state, ...asked } = server.asked[0]!;
    assert.deepEqual(asked, { max_files: 3, origin: PRODUCT });
    assert.match(state ?? "", /^[0-9a-f]{32}$/);
    window.say(result);
    assert.deepEqual(await outcome, { status: "picked", files, connector_id: "google_drive", session_id: "s-1" });
    assert.equal(window.popup?.closed, true);
    window.assertNothingIsLeft();
});

test("whoever cancels has chosen nothing, which is no error", async () => {
    const { window, outcome, result } = await open();
    window.say({ ...result, status: "cancelled", files: [] });
    assert.equal((await outcome).status, "cancelled");
});

test("messages from elsewhere, of other sessions and with another state are passed over", async () => {
    const { window, outcome, result } = await open();
    window.say(result, { origin: "https://evil.example" });
    window.say(result, { source: new FakePopup() });
    window.say({ ...result, session_id: "s-2" });
    window.say({ ...result, state: "guessed" });
    window.say({ ...result, state: undefined });
    window.say({ ...result, status: "open" });
    window.say({ ...result, type: "oauth_callback" });
    window.say("picker_result");
    window.say(null);
    await settled();
    assert.equal(window.popup?.closed, false);
    window.say({ ...result, files: [] });
    assert.deepEqual((await outcome).files, []);
});

test("a choice whose message was lost is asked for when the window closes", async () => {
    const { window, server, outcome } = await open();
    server.choice = { status: "picked", files };
    window.popup!.closed = true;
    await window.pass(1000);
    assert.deepEqual((await outcome).files, files);
    window.assertNothingIsLeft();
});

test("a window that was closed without a choice is told", async () => {
    const { window, server, outcome } = await open();
    window.popup!.closed = true;
    await window.pass(1000);
    await assert.rejects(outcome, failsWith("popup_closed"));
    assert.equal(server.questions, 1);
    window.assertNothingIsLeft();
});

test("where every window looks closed, the server is asked until it is decided", async () => {
    const { window, server, outcome } = await open({ whenClosed: "wait" });
    window.popup!.closed = true;
    await window.pass(10_000);
    assert.ok(server.questions >= 3, `${server.questions} questions`);
    server.choice = { status: "picked", files };
    await window.pass(4_000);
    assert.equal((await outcome).status, "picked");
    window.assertNothingIsLeft();
});

test("a blocked window is told, and leads to the picker in this page where that is wanted", async () => {
    const [window, server] = [new FakeWindow(), new Server()];
    window.popup = null;
    await assert.rejects(new PickerPopup({ window }).pick(server, "google_drive"), failsWith("popup_blocked"));
    window.assertNothingIsLeft();
    void new PickerPopup({ window, whenBlocked: "redirect" }).pick(server, "google_drive", { redirect_uri: `${PRODUCT}/` });
    await settled();
    assert.deepEqual(window.left, [`${CALLBACK}/picker/s-1#pk_key`]);
    window.assertNothingIsLeft();
});

test("a time limit, a second picker, cancel() and a signal end it", async () => {
    const late = await open({ timeout: 5_000 });
    await late.window.pass(5_000);
    await assert.rejects(late.outcome, failsWith("popup_timeout"));
    const first = await open();
    const second = first.popup.pick(first.server, "google_drive");
    second.catch(() => {});
    await assert.rejects(first.outcome, failsWith("popup_replaced"));
    first.popup.cancel();
    await assert.rejects(second, failsWith("popup_closed"));
    const stop = new AbortController();
    const stopped = await open({}, { signal: stop.signal });
    stop.abort(new Error("enough"));
    await assert.rejects(stopped.outcome, /enough/);
    assert.equal(stopped.window.popup?.closed, true);
    for (const { window } of [late, first, stopped]) window.assertNothingIsLeft();
});

test("a session that does not come, or leads nowhere, closes the window", async () => {
    for (const answer of [Promise.reject(new Error("not in your plan")), Promise.resolve({ picker_url: "javascript:alert(1)", session_id: "s", expires_in: 1 })]) {
        const [window, server] = [new FakeWindow(), new Server()];
        server.createPicker = () => answer;
        await assert.rejects(new PickerPopup({ window }).pick(server, "google_drive"), /not in your plan|no picker to open/);
        assert.equal(window.popup?.closed, true);
        window.assertNothingIsLeft();
    }
});

test("who left for the picker comes back with the choice, once and in the same tab only", async () => {
    const [window, server] = [new FakeWindow(), new Server()];
    server.choice = { status: "picked", files };
    await new PickerPopup({ window }).redirect(server, "google_drive", { redirect_uri: `${PRODUCT}/` });
    assert.deepEqual(window.left, [`${CALLBACK}/picker/s-1#pk_key`]);
    const back = `${PRODUCT}/?tab=notes&session_id=s-1&status=picked&state=${server.asked[0]?.state}`;
    window.location.href = back;
    const choice = await PickerPopup.finishRedirect(server, { window });
    assert.deepEqual(choice, { status: "picked", files, connector_id: "google_drive", session_id: "s-1" });
    assert.equal(window.location.href, `${PRODUCT}/?tab=notes`, "nothing of it stays in the address");
    assert.equal(await PickerPopup.finishRedirect(server, { window }), undefined);
    window.location.href = back;
    assert.equal(await PickerPopup.finishRedirect(server, { window }), undefined, "it was finished before");
    // Another tab's, or made up: the state is not the one that this tab sent.
    await new PickerPopup({ window }).redirect(server, "google_drive", { redirect_uri: `${PRODUCT}/` });
    window.location.href = `${PRODUCT}/?session_id=s-1&status=picked&state=guessed`;
    await assert.rejects(PickerPopup.finishRedirect(server, { window }), failsWith("state_mismatch"));
});
