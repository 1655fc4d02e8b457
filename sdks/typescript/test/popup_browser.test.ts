// The built popup manager in Chromium: consent, denial, a closed and a blocked popup, forged messages, ways around.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { newPage, Product, startBrowser, withoutBrowser } from "./product.js";
import { World, type Person } from "./world.js";

const PAGE = `
<button id="connect">Connect</button> <button id="stepwise">Step by step</button> <button id="leave">Leave</button>
<pre id="outcome"></pre>
<script type="module">
import { createConnectorsClient, OAuthPopupManager } from "@pplx-unofficial/sdk";
const connectors = createConnectorsClient();
const popup = new OAuthPopupManager();
window.heard = [];
window.addEventListener("message", ({ origin }) => window.heard.push(origin));
const tell = (promise) => promise.then(
    (drive) => "connected as " + drive.user_email,
    (error) => error.name + " " + error.code,
).then((text) => { document.getElementById("outcome").textContent = text; });
const on = (id, run) => { document.getElementById(id).onclick = () => { document.getElementById("outcome").textContent = ""; tell(run()); }; };
on("connect", () => popup.connect(connectors, "google_drive"));
on("stepwise", async () => {
    const auth = await connectors.authorize("google_drive");
    window.state = auth.state;
    await popup.authorize(auth.auth_url);
    return connectors.getConnectorStatus("google_drive");
});
on("leave", async () => {
    const auth = await connectors.authorize("google_drive", { redirect_uri: location.origin + "/back" });
    popup.redirect(auth.auth_url);
    return new Promise(() => {});
});
if (location.hash === "#at-once") tell(popup.connect(connectors, "google_drive"));
</script>`;
const BACK = `
<pre id="outcome"></pre>
<script type="module">
import { createConnectorsClient } from "@pplx-unofficial/sdk";
const say = (text) => { document.getElementById("outcome").textContent = text; };
createConnectorsClient().finishRedirect().then(
    (connection) => say("connected as " + connection.user_info.email),
    (error) => say(error.name + " " + error.code),
);
</script>`;
/** A page of somebody else, framed: it knows the state and says what the callback page would say. */
const FORGER = `
<script>
parent.postMessage({ type: "oauth_callback", code: "forged", state: location.hash.slice(1) }, "*");
</script>`;

describe("the popup manager in a browser", { skip: withoutBrowser }, () => {
    let product: Product, unlisted: Product, stranger: Product;
    let world: World, browser: Browser;
    let person: Person, page: Page, errors: string[];

    before(async () => {
        [product, unlisted, stranger] = await Promise.all([Product.start(), Product.start(), Product.start("127.0.0.1")]);
        for (const one of [product, unlisted]) one.pages.set("/", PAGE).set("/back", BACK);
        stranger.pages.set("/", FORGER);
        [world, browser] = await Promise.all([World.start(product.origin), startBrowser({ popups: "blocked" })]);
        await world.approve(false);
    });
    after(async () => {
        await browser?.close();
        await Promise.all([world?.stop(), product.stop(), unlisted.stop(), stranger.stop()]);
    });
    beforeEach(async () => {
        person = await world.newPerson();
        product.person = unlisted.person = person;
        ({ page, errors } = await newPage(browser));
    });
    afterEach(async () => {
        await page.context().close();
        assert.deepEqual(errors, []);
    });

    const outcome = async (text: string) => {
        await page.waitForFunction((expected) => document.getElementById("outcome")?.textContent === expected, text).catch(async () => {
            assert.equal(await page.textContent("#outcome"), text);
        });
    };
    const isConnected = async () => (await person.client().getConnectorStatus("google_drive")).connected;
    const openPopup = async (button: string, from = product) => {
        await page.goto(from.origin);
        const [popup] = await Promise.all([page.waitForEvent("popup"), page.click(button)]);
        await popup.waitForSelector("#allow");
        return popup;
    };

    for (const button of ["#connect", "#stepwise"]) {
        test(`consent connects the account and closes the popup (${button})`, async () => {
            const popup = await openPopup(button);
            await Promise.all([popup.waitForEvent("close"), popup.click("#allow")]);
            await outcome("connected as ada@example.com");
            assert.equal(await isConnected(), true);
            assert.deepEqual(await page.evaluate("heard"), [world.url], "the server's page spoke once");
        });
    }

    test("a denial is told", async () => {
        const popup = await openPopup("#connect");
        await Promise.all([popup.waitForEvent("close"), popup.click("#deny")]);
        await outcome("OAuthError access_denied");
        assert.equal(await isConnected(), false);
    });

    test("a popup that the person closes is told, and one may try again", async () => {
        const popup = await openPopup("#connect");
        await popup.close();
        await outcome("PopupError popup_closed");
        const [second] = await Promise.all([page.waitForEvent("popup"), page.click("#connect")]);
        await second.click("#allow");
        await outcome("connected as ada@example.com");
    });

    test("a popup that nobody clicked for is blocked, and that is told", async () => {
        await page.goto(`${product.origin}/#at-once`);
        await outcome("PopupError popup_blocked");
        assert.equal(page.context().pages().length, 1);
    });

    test("forged messages are ignored: from another origin, and from another window of the right state", async () => {
        const popup = await openPopup("#stepwise");
        const forger = `${stranger.origin}/`;
        await page.evaluate((address) => {
            const frame = document.createElement("iframe");
            frame.src = `${address}#${(window as unknown as { state: string }).state}`;
            document.body.append(frame);
            const { state } = window as unknown as { state: string };
            window.postMessage({ type: "oauth_callback", code: "forged", state }, "*");
        }, forger);
        await page.waitForFunction(() => (window as unknown as { heard: string[] }).heard.length === 2);
        assert.deepEqual((await page.evaluate<string[]>("heard")).sort(), [stranger.origin, product.origin].sort());
        assert.equal(await page.textContent("#outcome"), "");
        assert.equal(popup.isClosed(), false);
        assert.ok(!product.passedOn.some((call) => call.startsWith("POST /rest/connectors/google_drive/token 4")));
        await popup.click("#allow");
        await outcome("connected as ada@example.com");
    });

    test("where no message arrives, the callback page completes by itself and the page notices", async () => {
        const popup = await openPopup("#connect", unlisted);
        await popup.click("#allow");
        await popup.click("#confirm");
        await outcome("connected as ada@example.com");
        assert.deepEqual(await page.evaluate("heard"), []);
        assert.equal(popup.isClosed(), true);
    });

    test("one may leave the page instead, and finish on the product's own", async () => {
        await page.goto(product.origin);
        await page.click("#leave");
        await page.click("#allow");
        await outcome("connected as ada@example.com");
        const address = new URL(page.url());
        assert.equal(address.pathname, "/back");
        assert.equal(address.search, "", "nothing of the provider's answer stays in the address");
        await page.goto(`${product.origin}/back?code=stolen&state=forged`);
        await outcome("OAuthError state_mismatch");
    });
});
