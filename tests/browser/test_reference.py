"""The reference page as a developer uses it: reading, finding, linking, copying, without a script, by keyboard, on a phone."""

import re

import pytest
from console import DESK, PHONE, Console
from conftest import PICTURES
from playwright.sync_api import expect


@pytest.fixture
def reference(page, world):
    """The page, whose every request is watched: none may go anywhere but to its own server."""
    foreign = []
    page.on("request", lambda request: None if request.url.startswith(world.url) else foreign.append(request.url))
    shown = Console(page, world.url)
    page.goto(f"{world.url}/docs")
    yield shown
    assert foreign == []


def operations(page):
    return page.locator("article.op:visible")


def test_every_operation_is_there_and_nothing_is_amiss(reference, page):
    document = reference_document(page)
    names = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    expect(operations(page)).to_have_count(len(names))
    expect(page.locator("#count")).to_have_text(f"{len(names)} operations")
    article = page.locator("article#start_sync")
    expect(article.get_by_role("heading", name="Start sync")).to_be_visible()
    expect(article).to_contain_text("POST")
    expect(article.locator("figure.json")).to_contain_text('"job_id"')
    expect(article.locator("figure.shell")).to_contain_text('curl -X POST "$GANGWAY_URL/rest/connectors/google_drive/sync"')
    reference.is_accessible("the reference")
    reference.is_narrow("the reference")
    for theme in ("light", "dark"):
        reference.theme(theme)
        for name, size in (("desk", DESK), ("phone", PHONE)):
            if PICTURES:
                page.set_viewport_size(size)
                page.goto(page.url.split("#")[0] + "#start_sync")
                page.screenshot(path=f"{PICTURES}/reference-{theme}-{name}.png")
    page.set_viewport_size(DESK)


def reference_document(page):
    """As a program gets it."""
    return page.request.get(page.url.split("/docs")[0] + "/openapi.json").json()


def test_the_filter_finds_and_its_address_can_be_shared(reference, page, world):
    page.keyboard.press("/")
    filter_ = page.get_by_role("searchbox", name="Filter")
    expect(filter_).to_be_focused()
    filter_.press_sequentially("post sync")
    expect(page.locator("article#start_sync")).to_be_visible()
    expect(page.locator("article#list_users")).to_be_hidden()
    expect(page.locator("#count")).to_have_text(re.compile(r"^\d of \d+ operations$"))
    expect(page).to_have_url(re.compile(r"\?q=post\+sync"))
    reference.is_accessible("a filtered reference")
    page.reload()
    expect(page.locator("article#list_users")).to_be_hidden()
    filter_.fill("zyxxyvuts")
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    reference.is_accessible("a filter that finds nothing")
    page.get_by_role("button", name="Show everything").click()
    expect(page.locator("article#list_users")).to_be_visible()
    expect(filter_).to_be_focused()
    filter_.fill("needs_reauth")
    expect(page.locator("#error-needs_reauth")).to_contain_text("What to do:")
    filter_.press("Escape")
    expect(page.locator("article#list_users")).to_be_visible()


def test_deep_links_lead_to_operations_and_errors(reference, page, world):
    page.goto(f"{world.url}/docs?q=audit#create_token")
    heading = page.get_by_role("heading", name="Create token")
    expect(heading).to_be_in_viewport()
    expect(page.get_by_role("searchbox", name="Filter")).to_have_value("")
    article = page.locator("article#create_token")
    article.get_by_role("link", name="unauthorized").first.click()
    expect(page).to_have_url(re.compile("#error-unauthorized$"))
    expect(page.locator("#error-unauthorized")).to_be_in_viewport()
    page.get_by_role("navigation", name="Operations").get_by_role("link", name="Search collection").click()
    expect(page).to_have_url(re.compile("#search_collection$"))
    expect(page.get_by_role("heading", name="Search collection")).to_be_in_viewport()
    link = page.get_by_role("navigation", name="Operations").get_by_role("link", name="Search collection")
    expect(link).to_have_attribute("aria-current", "location")


def test_it_works_by_keyboard_and_calls_can_be_copied(reference, page, chromium, world):
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    chromium.grant_permissions(["clipboard-read", "clipboard-write"], origin=world.url)
    page.get_by_role("button", name="Copy: Get me, Call").press("Enter")
    expect(page.get_by_role("button", name="Copy: Get me, Call")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith('curl "$GANGWAY_URL/rest/me"') and "$GANGWAY_TOKEN" in copied
    details = page.locator("article#search details").first
    details.locator("summary").first.press("Enter")
    expect(details).to_have_attribute("open", "")


def test_colours_are_those_chosen_in_the_console(reference, page, world):
    page.get_by_role("group", name="Colours").get_by_text("Dark").click()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.goto(f"{world.url}/console/")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    page.goto(f"{world.url}/docs")
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    page.get_by_role("group", name="Colours").get_by_text("System").click()


def test_without_a_script_it_reads_all_the_same(chromium, world):
    page = chromium.new_page()
    chromium.new_cdp_session(page).send("Emulation.setScriptExecutionDisabled", {"value": True})
    page.goto(f"{world.url}/docs#start_sync")
    expect(page.get_by_role("heading", name="Start sync")).to_be_in_viewport()
    expect(page.locator("article#start_sync figure.json")).to_contain_text('"job_id"')
    expect(page.get_by_role("searchbox")).to_be_hidden()
    expect(page.get_by_role("navigation", name="Operations").get_by_role("link", name="Get me", exact=False).first).to_be_visible()
    page.close()


def test_the_console_leads_to_it(page, world):
    page.goto(f"{world.url}/console/")
    page.get_by_role("link", name="API reference").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("API reference")
