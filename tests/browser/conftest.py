"""What every test works with: a server with an emulated Google, pages of a product on origins of their own, a browser."""

import http.server
import os
import re
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent))
from console import Console  # noqa: E402
from world import World  # noqa: E402

CHROMIUM = os.environ.get("TEST_CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
# Where pictures of the pages go, for people to look at; nowhere when it is not set.
PICTURES = os.environ.get("TEST_PICTURES")
WIDE, NARROW = {"width": 600, "height": 700}, {"width": 320, "height": 640}


class ProductServer:
    """Serves the product's page; its origin is the address that browsers know it by."""

    def __init__(self, host: str):
        page = (Path(__file__).parent / "product.html").read_bytes()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://{host}:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="session")
def listed():
    return ProductServer("localhost").origin


@pytest.fixture(scope="session")
def unlisted():
    return ProductServer("localhost").origin


@pytest.fixture(scope="session")
def world(listed):
    with tempfile.TemporaryDirectory(prefix="gangway-browser-") as folder, World(folder, [listed]) as running:
        yield running


@pytest.fixture
def person(world):
    """A user of their own for each test."""
    return world.new_person()


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(prefix="gangway-chromium-") as profile:
        browser = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, headless=True, args=FLAGS, viewport=WIDE, chromium_sandbox=False
        )
        browser.set_default_timeout(15_000)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    """A fresh page; the test fails when a page of ours wrote an error to the console."""
    errors = []
    opened = []

    def watch(new):
        opened.append(new)
        new.on("pageerror", lambda error: errors.append(str(error)))
        # A refused call shows up as a failed resource, and so does a refused frame; how the page tells it is what the
        # tests look at.
        new.on(
            "console",
            lambda said: errors.append(said.text)
            if said.type == "error" and not re.search(r"Failed to load resource|postMessage|frame-ancestors", said.text)
            else None,
        )

    chromium.on("page", watch)
    fresh = chromium.new_page()
    yield fresh
    chromium.remove_listener("page", watch)
    for one in opened:
        if not one.is_closed():
            one.close()
    assert errors == []


@pytest.fixture
def console(page, world):
    """The console with nobody signed in."""
    page.context.clear_cookies()
    yield Console(page, world.url)
    page.context.clear_cookies()


@pytest.fixture
def look(request):
    """Takes pictures of a page, wide and narrow, and asserts that nothing sticks out."""

    def take(shown, name: str):
        for word, size in (("wide", WIDE), ("narrow", NARROW)):
            shown.set_viewport_size(size)
            if PICTURES:
                Path(PICTURES).mkdir(parents=True, exist_ok=True)
                shown.screenshot(path=f"{PICTURES}/{name}-{word}.png")
            width = shown.evaluate("document.documentElement.scrollWidth")
            assert width <= size["width"], f"{name} is {width} wide on a page of {size['width']}"
        shown.set_viewport_size(WIDE)

    return take


@pytest.fixture
def member(console, world):
    """Somebody who is signed in to the console."""
    person = world.new_person()
    person.approve(False)
    console.sign_in(person.token)
    console.person = person
    return console
