"""The example product as it is, beside the demo: `/embed.js`, its two elements, and what a person does with them."""

import os
import re
import socket
import subprocess
import sys
import tempfile

import pytest
from playwright.sync_api import expect

from console import Console
from house import ROOT, House

PHONE = {"width": 390, "height": 780}


class Notes:
    """The example's server in front of a demo's."""

    def __init__(self, house: House, port: int):
        self.house, self.origin = house, f"http://localhost:{port}"
        program = [sys.executable, ROOT / "examples/notes-product/server.py", "--port", str(port)]
        self.process = subprocess.Popen(program, env={**os.environ, **house.env}, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == f"notes product: {self.origin}/\n"

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def notes():
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="gangway-notes-") as folder:
        with House(folder, "--product", f"http://localhost:{port}") as house:
            product = Notes(house, port)
            yield product
            product.stop()


@pytest.fixture
def product(page, notes):
    """The product's page, open for somebody new."""
    page.context.clear_cookies()
    notes.house.approve(False)
    page.set_viewport_size({"width": 1100, "height": 760})
    page.goto(notes.origin)
    expect(drive(page)).to_have_text("Connect Google Drive")
    yield page
    page.context.clear_cookies()


def drive(page):
    return page.locator("gangway-connect[connector=google_drive]").get_by_role("button")


def choose(page):
    return page.locator("gangway-picker[connector=google_drive]").get_by_role("button")


def note(page, tag="gangway-connect"):
    return page.locator(f"{tag}[connector=google_drive]").get_by_role("status")


def connect(page):
    with page.expect_popup() as opened:
        drive(page).click()
    with opened.value.expect_event("close"):
        opened.value.click("#allow")
    expect(drive(page)).to_have_text("Google Drive: ada@example.com")


def pick_two(shown):
    shown.get_by_role("button", name="Policies").click()
    for name in ("Refund policy", "Security baseline.md"):
        shown.get_by_role("checkbox", name=f"Choose {name}").check()
    shown.get_by_role("button", name="Choose 2").click()


def found(page):
    """What was chosen is brought in, and a search shows it."""
    expect(page.get_by_text("2 notes are here")).to_be_visible(timeout=60_000)
    page.get_by_role("searchbox").fill("refund")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#hits").get_by_role("link", name="Refund policy")).to_be_visible()


def test_connecting_choosing_and_finding_in_popups(product, notes):
    connect(product)
    with product.expect_popup() as opened:
        choose(product).click()
    with opened.value.expect_event("close"):
        pick_two(opened.value)
    found(product)
    kept = product.evaluate("JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}, document.documentElement.outerHTML])")
    for secret in ("gw_", "pk_", notes.house.admin_key, "ya29"):
        assert secret not in kept, "no token reaches the page"
    # Whoever comes again is known, and is not asked again.
    product.reload()
    expect(drive(product)).to_have_text("Google Drive: ada@example.com")


def test_on_a_narrow_screen_the_page_leaves_and_comes_back(product, notes):
    product.set_viewport_size(PHONE)
    drive(product).click()
    product.wait_for_selector("#allow")
    assert len(product.context.pages) <= 2, "no popup"
    product.click("#allow")
    product.wait_for_url(f"{notes.origin}/**")
    expect(drive(product)).to_have_text("Google Drive: ada@example.com")
    assert "code=" not in product.url and "state=" not in product.url, "neither stays in the address"
    choose(product).click()
    pick_two(product)
    product.wait_for_url(f"{notes.origin}/**")
    found(product)
    assert "session_id=" not in product.url and "state=" not in product.url
    width = product.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]


def test_a_denial_on_the_way_is_told(product, notes):
    with product.expect_popup() as opened:
        drive(product).click()
    with opened.value.expect_event("close"):
        opened.value.click("#deny")
    expect(note(product)).to_have_text("Access was denied. Nothing was connected.")
    product.set_viewport_size(PHONE)
    drive(product).click()
    product.click("#deny")
    product.wait_for_url(f"{notes.origin}/**")
    expect(note(product)).to_have_text("Access was denied. Nothing was connected.")
    connect_button = drive(product)
    expect(connect_button).to_have_text("Connect Google Drive")
    assert product.url == f"{notes.origin}/"


def test_a_window_that_is_closed_leaves_all_as_it_was(product):
    heard(product)
    with product.expect_popup() as opened:
        drive(product).click()
    expect(drive(product)).to_have_text("Waiting for you there. Cancel")
    opened.value.close()
    expect(drive(product)).to_have_text("Connect Google Drive")
    expect(note(product)).to_be_empty()
    assert product.evaluate("heard") == ["gangway-error popup_closed"]
    # Whoever presses while it waits stops it.
    with product.expect_popup() as opened:
        drive(product).click()
    opened.value.wait_for_selector("#allow")
    with opened.value.expect_event("close"):
        drive(product).click()
    expect(drive(product)).to_have_text("Connect Google Drive")
    assert product.evaluate("heard")[1:] == ["gangway-cancelled "]


def test_a_blocked_window_is_told_or_the_page_leaves(product, notes):
    product.evaluate("window.open = () => null")
    connector = product.locator("gangway-connect[connector=google_drive]")
    connector.evaluate("one => one.setAttribute('mode', 'popup')")
    drive(product).click()
    expect(note(product)).to_have_text("The browser blocked the window. Allow pop-ups for this page and click again.")
    connector.evaluate("one => one.removeAttribute('mode')")
    drive(product).click()
    product.wait_for_selector("#allow")
    product.click("#allow")
    product.wait_for_url(f"{notes.origin}/**")
    expect(drive(product)).to_have_text("Google Drive: ada@example.com")


def test_what_others_say_is_not_believed(product):
    connect(product)
    heard(product)
    with product.expect_popup() as opened:
        choose(product).click()
    picker = opened.value
    expect(picker.get_by_role("button", name="Policies")).to_be_visible()
    product.evaluate(
        """() => {
            const forged = { type: "picker_result", status: "picked", files: [{ id: "x" }] };
            const session_id = "guessed";
            window.postMessage({ ...forged, session_id }, "*");
            const frame = document.createElement("iframe");
            document.body.append(frame);
            return new Promise((done) => setTimeout(done, 300));
        }"""
    )
    assert product.evaluate("heard") == [] and not picker.is_closed()
    with picker.expect_event("close"):
        picker.get_by_role("button", name="Cancel").click()
    product.wait_for_function("heard.length > 0")
    assert product.evaluate("heard") == ["gangway-cancelled "]


def test_the_functions_do_what_the_elements_do(product):
    assert product.evaluate("Object.keys(Gangway).sort()") == ["connect", "finishConnect", "finishPick", "pick", "returning"]
    product.evaluate(
        """() => {
            const button = document.createElement("button");
            button.id = "own";
            button.textContent = "My own button";
            const backend = "/connectors";
            button.onclick = async () => {
                const drive = await Gangway.connect("google_drive", { backend });
                button.textContent = drive.user_email;
                button.onclick = async () => {
                    const { status, files } = await Gangway.pick("google_drive", { backend, multiple: false, mimeTypes: ["text/markdown"] });
                    button.textContent = `${status} ${files.map(({ name }) => name)}`;
                };
            };
            document.body.append(button);
        }"""
    )
    own = product.locator("#own")
    with product.expect_popup() as opened:
        own.click()
    opened.value.click("#allow")
    expect(own).to_have_text("ada@example.com")
    with product.expect_popup() as opened:
        own.click()
    opened.value.get_by_role("button", name="Policies").click()
    opened.value.get_by_role("radio", name="Choose Security baseline.md").check()
    opened.value.get_by_role("button", name="Choose", exact=True).click()
    expect(own).to_have_text("picked Security baseline.md")


def test_a_backend_may_be_a_function_set_before_the_script_is_there(product, notes):
    product.route(re.compile("/embed.js"), lambda route: route.abort())
    product.goto(notes.origin)
    product.evaluate(
        """() => {
            const one = document.querySelector("gangway-connect");
            one.removeAttribute("backend");
            window.asked = [];
            one.backend = async ({ action, connector }) => {
                window.asked.push(`${action} ${connector}`);
                return { id: connector, status: "needs_reauth", connected: false, user_email: "ada@example.com" };
            };
        }"""
    )
    product.unroute_all()
    product.add_script_tag(url=f"{notes.house.url}/embed.js")
    expect(drive(product)).to_have_text("Reconnect Google Drive")
    assert product.evaluate("asked") == ["status google_drive"]


def test_a_backend_that_says_no_is_told_in_its_words(product):
    product.route(
        re.compile("/connectors/google_drive/authorize"),
        lambda route: route.fulfill(status=403, json={"error": {"code": "plan_required", "message": "Google Drive needs the pro plan"}}),
    )
    with product.expect_popup() as opened:
        drive(product).click()
    if not opened.value.is_closed():
        opened.value.wait_for_event("close")
    expect(note(product)).to_have_text("Google Drive needs the pro plan.")
    product.unroute_all()


def test_the_products_page_stands_in_nobodys_way(product, notes):
    shown = Console(product, notes.origin)
    connect(product)
    shown.is_accessible("the example")
    shown.is_narrow("the example")


def heard(page):
    """Notes what the elements tell the page."""
    page.evaluate(
        """() => {
            window.heard = [];
            for (const type of ["gangway-connected", "gangway-picked", "gangway-cancelled", "gangway-error"]) {
                document.addEventListener(type, ({ detail }) => window.heard.push(`${type} ${detail?.code ?? ""}`));
            }
        }"""
    )
