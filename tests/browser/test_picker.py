"""The hosted picker, as a person meets it."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from console import Console
from test_connecting import decide, open_popup


def row(page, name: str):
    return page.locator("[data-row]").filter(has_text=name)


def box(page, name: str):
    return page.get_by_role("checkbox", name=f"Choose {name}")


def button(page, name):
    return page.get_by_role("button", name=name, exact=isinstance(name, str))


def said(page):
    return page.locator("footer").get_by_role("status")


def ended(page):
    expect(page.get_by_role("heading", level=1)).to_have_text("This picker has ended")
    expect(page.get_by_role("status")).to_contain_text("open it again")
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.get_by_role("searchbox")).to_have_count(0)


def test_browsing_searching_and_choosing_several(page, listed, world, person, look):
    picker = person.picker(multiple=True, max_files=4, origin=listed, state="s-1")
    popup = open_popup(page, listed, picker["picker_url"], "#pick")
    expect(popup.get_by_role("heading", level=1)).to_have_text("Choose from Google Drive")
    expect(popup.get_by_text("ada@example.com")).to_be_visible()
    expect(row(popup, "Policies")).to_be_visible()
    assert "#" not in popup.url, "the key does not stay in the address"
    look(popup, "picker-top")
    button(popup, "Policies").click()
    expect(row(popup, "Security baseline.md")).to_be_visible()
    expect(popup.get_by_role("navigation", name="Folders on the way")).to_contain_text("Policies")
    box(popup, "Refund policy").check()
    # The name chooses as well as the box does.
    popup.get_by_text("Security baseline.md", exact=True).click()
    expect(said(popup)).to_have_text("2 chosen")
    expect(button(popup, "Choose 2")).to_be_enabled()
    look(popup, "picker-folder")
    button(popup, "Google Drive").click()
    expect(row(popup, "Finance")).to_be_visible()
    popup.get_by_role("searchbox").fill("onboarding")
    popup.get_by_role("searchbox").press("Enter")
    expect(row(popup, "Onboarding checklist")).to_be_visible()
    expect(row(popup, "Finance")).to_have_count(0)
    expect(popup.get_by_role("navigation", name="Folders on the way")).to_contain_text("Search: onboarding")
    look(popup, "picker-search")
    box(popup, "Onboarding checklist").check()
    popup.get_by_role("searchbox").fill("no such words anywhere")
    popup.get_by_role("searchbox").press("Enter")
    expect(popup.get_by_role("heading", name="Nothing found")).to_be_visible()
    look(popup, "picker-nothing")
    button(popup, "Google Drive").click()
    # Folders can be chosen as well as files.
    box(popup, "Finance").check()
    with popup.expect_event("close"):
        button(popup, "Choose 4").click()
    page.wait_for_function("heard.length > 0")
    heard = page.evaluate("heard")
    assert [one["origin"] for one in heard] == [world.url]
    told = heard[0]["data"]
    assert (told["type"], told["status"], told["state"]) == ("picker_result", "picked", "s-1")
    assert told["session_id"] == picker["session_id"]
    names = ["Finance", "Onboarding checklist", "Refund policy", "Security baseline.md"]
    assert sorted(file["name"] for file in told["files"]) == names
    kept = person.picked(picker)
    assert kept["status"] == "picked" and sorted(file["name"] for file in kept["files"]) == names
    assert {file["kind"] for file in kept["files"]} == {"file", "folder"}


def test_no_more_than_max_files(page, person, look):
    picker = person.picker(multiple=True, max_files=2)
    page.goto(picker["picker_url"])
    expect(page.get_by_text("Up to 2 items")).to_be_visible()
    for name in ("Policies", "Finance"):
        box(page, name).check()
    expect(said(page)).to_have_text("2 chosen, as many as may be")
    box(page, "Product").click()
    expect(box(page, "Product")).not_to_be_checked()
    expect(said(page)).to_have_text("No more than 2 can be chosen.")
    look(page, "picker-full")
    box(page, "Finance").uncheck()
    box(page, "Product").check()
    expect(said(page)).to_have_text("2 chosen, as many as may be")
    button(page, "Clear").click()
    expect(said(page)).to_have_text("Nothing chosen")
    expect(button(page, "Choose")).to_be_disabled()
    # All of a page are no more than may be chosen, either.
    everything = page.get_by_role("checkbox", name="Choose all that are shown")
    everything.click()
    expect(said(page)).to_have_text("No more than 2 can be chosen: the first of them are.")
    expect(page.locator("[data-row] :checked")).to_have_count(2)
    expect(everything).not_to_be_checked()
    button(page, "Choose 2").click()
    expect(page.get_by_role("heading", name="Chosen")).to_be_visible()
    look(page, "picker-done")
    assert len(person.picked(picker)["files"]) == 2


def test_only_the_types_that_were_asked_for(page, person, look):
    picker = person.picker(multiple=True, mime_types=["application/pdf"])
    page.goto(picker["picker_url"])
    expect(page.get_by_text("Only PDF, and folders")).to_be_visible()
    button(page, "Policies").click()
    expect(box(page, "Employee handbook.pdf")).to_be_enabled()
    expect(row(page, "Security baseline.md")).to_have_count(0)
    look(page, "picker-types")
    page.get_by_role("checkbox", name="Choose all that are shown").check()
    names = [one.get_attribute("aria-label") for one in page.locator("[data-row] :checked").all()]
    assert names == ["Choose Employee handbook.pdf"]
    # What a page that was tampered with would send is refused by the server: see crates/api/src/tests/picker.rs.
    button(page, "Choose").click()
    expect(page.get_by_role("heading", name="Chosen")).to_be_visible()


def test_one_is_one(page, person, look):
    picker = person.picker(multiple=False)
    page.goto(picker["picker_url"])
    for name in ("Policies", "Finance"):
        page.get_by_role("radio", name=f"Choose {name}").check()
    expect(said(page)).to_have_text("Finance")
    expect(page.locator("[data-row] :checked")).to_have_count(1)
    look(page, "picker-one")
    button(page, "Choose").click()
    expect(page.get_by_role("heading", name="Chosen")).to_be_visible()
    assert [file["name"] for file in person.picked(picker)["files"]] == ["Finance"]


def test_the_whole_way_by_the_keyboard(page, person):
    picker = person.picker(multiple=True)
    page.goto(picker["picker_url"])
    expect(row(page, "Policies")).to_be_visible()
    press = page.keyboard.press
    # The way, the search, the box for all, then one stop for the whole list.
    for _ in range(4):
        press("Tab")
    press("End")
    press("Home")
    here = "document.activeElement.closest('[data-row]').textContent.trim()"
    for _ in range(page.locator("[data-row]").count()):
        if page.evaluate(here).startswith("Policies"):
            break
        press("ArrowDown")
    press("Enter")
    expect(row(page, "Refund policy")).to_be_visible()
    expect(page.locator("[data-row]").first.locator("[data-main]")).to_be_focused()
    press("End")
    press("Space")
    expect(said(page)).to_have_text("1 chosen")
    press("Backspace")
    expect(row(page, "Finance")).to_be_visible()
    expect(page.locator("[data-row]").first.locator("[data-main]")).to_be_focused()
    stops = []
    while "Choose" not in stops and len(stops) < 20:
        press("Tab")
        stops.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert "Choose" in stops, stops
    press("Enter")
    expect(page.get_by_role("heading", name="Chosen")).to_be_visible()
    assert len(person.picked(picker)["files"]) == 1


def test_cancelling_tells_the_product(page, listed, person):
    picker = person.picker(origin=listed)
    popup = open_popup(page, listed, picker["picker_url"], "#pick")
    expect(row(popup, "Policies")).to_be_visible()
    with popup.expect_event("close"):
        button(popup, "Cancel").click()
    page.wait_for_function("heard.length > 0")
    assert page.evaluate("heard")[0]["data"]["status"] == "cancelled"
    assert person.picked(picker)["status"] == "cancelled"


def test_an_unlisted_page_hears_nothing_of_the_choice(page, unlisted, person):
    picker = person.picker()
    popup = open_popup(page, unlisted, picker["picker_url"], "#pick")
    box(popup, "Policies").check()
    with popup.expect_event("close"):
        button(popup, "Choose").click()
    page.evaluate("new Promise((done) => setTimeout(done, 300))")
    assert page.evaluate("heard") == []
    assert person.picked(picker)["status"] == "picked"


def test_without_a_window_that_opened_it_the_way_leads_back(page, listed, person):
    back = f"{listed}/back"
    for press, status in (("Choose", "picked"), ("Cancel", "cancelled")):
        picker = person.picker(redirect_uri=back, state="s-1 <&>")
        page.goto(picker["picker_url"])
        box(page, "Policies").check()
        button(page, press).click()
        page.wait_for_url(f"{back}?**")
        query = parse_qs(urlsplit(page.url).query)
        assert query == {"session_id": [picker["session_id"]], "status": [status], "state": ["s-1 <&>"]}
        assert person.picked(picker)["status"] == status


def test_framed_by_a_listed_page_only(page, listed, unlisted, person):
    frame = "url => { const frame = document.createElement('iframe'); frame.src = url; frame.width = 560; frame.height = 480; document.body.append(frame); }"
    picker = person.picker(origin=listed)
    page.goto(listed)
    page.evaluate(frame, picker["picker_url"])
    inside = page.frame_locator("iframe")
    box(inside, "Policies").check()
    button(inside, "Choose").click()
    page.wait_for_function("heard.length > 0")
    assert page.evaluate("heard")[0]["data"]["status"] == "picked"
    expect(inside.get_by_role("heading", name="Chosen")).to_be_visible()

    strange = page.context.new_page()
    refused = []
    strange.on("console", lambda line: refused.append(line.text))
    strange.goto(unlisted)
    strange.evaluate(frame, person.picker()["picker_url"])
    strange.wait_for_function("document.querySelector('iframe').contentDocument === null")
    expect(strange.frame_locator("iframe").get_by_role("heading")).to_have_count(0)
    strange.close()
    assert any("frame-ancestors" in line for line in refused), refused


def test_loading_the_page_again_loses_nothing_but_what_was_ticked(page, person):
    picker = person.picker()
    page.goto(picker["picker_url"])
    box(page, "Policies").check()
    page.reload()
    box(page, "Finance").check()
    button(page, "Choose").click()
    expect(page.get_by_role("heading", name="Chosen")).to_be_visible()
    assert [file["name"] for file in person.picked(picker)["files"]] == ["Finance"]
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "pk_" not in kept, "the key is gone with the session"


def test_a_session_is_used_once(page, person):
    picker = person.picker()
    page.goto(picker["picker_url"])
    box(page, "Policies").check()
    button(page, "Choose").click()
    expect(page.get_by_role("heading", name="Chosen")).to_be_visible()
    page.goto("about:blank")
    page.goto(picker["picker_url"])
    ended(page)


def test_an_expired_session_says_so_and_offers_nothing(page, world, person, look):
    picker = person.picker()
    world.end("picker_sessions")
    page.goto(picker["picker_url"])
    ended(page)
    look(page, "picker-expired")


def test_a_session_that_ends_while_one_chooses(page, world, person):
    for press in ("Choose", "Cancel", "Policies"):
        picker = person.picker()
        page.goto("about:blank")
        page.goto(picker["picker_url"])
        box(page, "Policies").check()
        world.end("picker_sessions")
        button(page, press).click()
        ended(page)


def test_a_wrong_key_opens_nothing(page, person):
    picker = person.picker()
    page.goto(picker["picker_url"].split("#")[0] + "#guessed")
    ended(page)


def test_a_dead_grant_is_mended_without_leaving_the_picker(page, world, person, look):
    picker = person.picker()
    person.approve(False)
    page.goto(picker["picker_url"])
    expect(row(page, "Policies")).to_be_visible()
    person.emulator("DELETE", "/oauth/grants/ada@example.com")
    person.emulator("POST", "/oauth/access_tokens/expire")
    button(page, "Policies").click()
    expect(page.get_by_role("heading", name="Google Drive has to be connected again")).to_be_visible()
    look(page, "picker-reconnect")
    Console(page, world.url).is_accessible("reconnect")
    for decision in ("deny", "allow"):
        with page.expect_popup() as opened:
            button(page, "Reconnect").click()
        with opened.value.expect_event("close"):
            decide(opened.value, decision)
        if decision == "deny":
            expect(page.get_by_role("alert")).to_contain_text("Nothing was connected")
    box(page, "Finance").check()
    button(page, "Choose").click()
    expect(page.get_by_role("heading", name="Chosen")).to_be_visible()


def test_a_failure_at_the_source_can_be_tried_again(page, person, look):
    picker = person.picker()
    fault = {"operation": "drive.files.list", "effect": {"status": 403, "reason": "insufficientFilePermissions"}}
    page.goto(picker["picker_url"])
    expect(row(page, "Policies")).to_be_visible()
    made = person.emulator("POST", "/faults", fault)
    try:
        button(page, "Policies").click()
        expect(page.get_by_role("alert")).to_contain_text("The provider could not answer", timeout=60_000)
        look(page, "picker-trouble")
    finally:
        person.emulator("DELETE", f"/faults/{made['id']}")
    button(page, "Try again").click()
    expect(row(page, "Refund policy")).to_be_visible()


@pytest.mark.parametrize("options", [{"mime_types": ["application/pdf", "image/*"], "max_files": 3}, {"multiple": False}])
def test_nothing_stands_in_anybodys_way(page, world, person, options):
    shown = Console(page, world.url)
    page.goto(person.picker(**options)["picker_url"])
    expect(row(page, "Policies")).to_be_visible()
    page.get_by_role("radio" if options.get("multiple") is False else "checkbox", name="Choose Policies").check()
    shown.is_accessible("choosing")
    shown.is_narrow("choosing")
    button(page, "Policies").click()
    expect(row(page, "Employee handbook.pdf")).to_be_visible()
    shown.is_accessible("in a folder")
    button(page, "Cancel").click()
    expect(page.get_by_role("heading", name="Nothing was chosen")).to_be_visible()
    shown.is_accessible("closed")
    page.goto("about:blank")
    page.goto(f"{world.url}/picker/00000000-0000-4000-8000-000000000000#none")
    ended(page)
    shown.is_accessible("ended")
