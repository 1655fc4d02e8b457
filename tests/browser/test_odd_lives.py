"""What has to hold for names nobody thinks of, for people whose system chooses colours or letters, and for many files."""

import json
import re

from playwright.sync_api import expect

LONG = "W" * 180
TURNING = "a\u202exe.txt"
ARABIC = "قائمة الأسعار 2026.txt"


def test_names_of_any_kind_keep_their_place(member, page):
    person = member.person
    person.connect()
    for name in (f"{LONG}.txt", TURNING, ARABIC):
        person.emulator("POST", "/files", {"path": f"Odd lives/{name}", "content": "some words"})
    made = person.call("POST", "/rest/collections", {"name": LONG, "description": LONG * 5})["uuid"]
    person.call("POST", "/rest/collections", {"name": "مجموعة المستندات"})
    person.call("POST", "/rest/collections", {"name": "a\u202exe"})
    no_turns = lambda: "\u202e" not in page.locator("body").inner_html()
    for path, heading in (("/collections", "Collections"), (f"/collections/{made}", LONG)):
        member.open(path, heading)
        member.is_narrow(path)
        width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, f"{path} sticks out by {width}"
        assert no_turns(), f"nothing turns the letters around at {path}"
    member.open("/files/google_drive", "Files")
    page.get_by_role("button", name="Odd lives").click()
    rows = page.locator("[data-row]")
    expect(rows.filter(has_text="xe.txt")).to_contain_text("a\ufffdxe.txt")
    assert no_turns(), "nothing turns the letters around among the files"
    arabic = rows.filter(has_text="2026").locator("[data-main], label").last
    assert arabic.evaluate("one => [getComputedStyle(one).direction, getComputedStyle(one).textAlign]") == ["rtl", "left"]
    member.is_narrow("odd names")
    member.is_accessible("odd names")
    rows.filter(has_text="xe.txt").get_by_role("checkbox").check()
    page.get_by_role("button", name="Bring in…").click()
    expect(page.get_by_role("dialog").get_by_label("Collection").locator("option", has_text="a\ufffdxe")).to_have_count(1)
    assert no_turns(), "nothing turns the letters around where a collection is chosen"


def test_where_the_system_chooses_the_colours(member, page):
    person = member.person
    collection = person.call("POST", "/rest/collections", {"name": "Colours"})["uuid"]
    person.upload(collection)
    page.emulate_media(forced_colors="active")
    try:
        member.open(f"/collections/{collection}", "Colours")
        look = "one => getComputedStyle(one).backgroundColor"
        links = page.get_by_role("navigation", name="Pages").get_by_role("link")
        assert links.filter(has_text="Collections").evaluate(look) != links.filter(has_text="Files").evaluate(look)
        whole = page.locator(".whole")
        expect(whole).to_be_visible()
        assert whole.evaluate("one => getComputedStyle(one).borderTopStyle") == "solid"
        assert whole.locator("span").first.evaluate(look) != page.locator("body").evaluate(look), "the bar is drawn"
    finally:
        page.emulate_media(forced_colors="none")


def test_letters_of_twice_the_size_fit(member, page):
    member.person.connect()
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        for path, heading in (("/connect", "Connect"), ("/files/google_drive", "Files"), ("/collections", "Collections")):
            member.open(path, heading)
            page.evaluate("document.documentElement.style.setProperty('font-size', '200%', 'important')")
            out = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert out <= 0, f"{path} sticks out by {out} at {width}"
            cut = page.evaluate(
                """[...document.querySelectorAll("nav[aria-label=Pages] a")].filter((one) => {
                    const text = one.querySelector("span");
                    const label = text.getBoundingClientRect(), all = one.getBoundingClientRect();
                    return label.left < all.left - 1 || label.right > all.right + 1 || text.scrollWidth > text.clientWidth + 1;
                }).map((one) => one.textContent)"""
            )
            assert cut == [], f"{path} at {width}"


def test_a_plan_is_not_offered_for_what_is_not_built(console, world):
    user = world.call("POST", "/rest/admin/users", {"plan": "pro"})["id"]
    console.sign_in(world.call("POST", f"/rest/admin/users/{user}/tokens", {})["token"])
    card = console.card("Box")
    expect(card).to_contain_text("not built yet")
    expect(card).not_to_contain_text("plan")


def test_whoever_has_nothing_learns_what_to_do_first(member, page):
    member.open("/search")
    expect(page.get_by_role("heading", name="Nothing to search yet")).to_be_visible()
    member.is_accessible("search with nothing in it")
    page.get_by_role("link", name="Upload files").click()
    expect(page.get_by_role("heading", name="Files", level=1)).to_be_visible()
    expect(page.get_by_text("Name the new collection first")).to_be_visible()


def test_more_files_than_one_job_takes_come_in_several(member, page):
    member.person.connect()
    member.person.call("POST", "/rest/collections", {"name": "Many"})
    files = [
        {"id": f"file-{at}", "name": f"Note {at}.txt", "mimeType": "text/plain", "kind": "file", "synced": False}
        for at in range(1001)
    ]
    sent = []

    def start(route):
        sent.append(len(json.loads(route.request.post_data)["file_ids"]))
        if len(sent) == 2:
            refusal = {"code": "internal_error", "message": "something broke", "request_id": "r"}
            return route.fulfill(status=500, json={"error": refusal})
        job = {"job_id": f"job-{len(sent)}", "sync_job_id": f"job-{len(sent)}", "status": "pending", "file_count": sent[-1]}
        route.fulfill(json=job)

    page.route(re.compile("/rest/connectors/google_drive/files"), lambda route: route.fulfill(json={"files": files, "has_more": False, "next_cursor": None}))
    page.route(re.compile("/rest/connectors/google_drive/sync$"), start)
    member.open("/files/google_drive", "Files")
    page.get_by_role("checkbox", name="Choose all that are shown").check()
    page.get_by_role("button", name="Bring in…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Collection").select_option(label="Many · 0 files")
    dialog.get_by_role("button", name="Bring in").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    dialog.get_by_role("button", name="Bring in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Activity")
    assert sent == [1000, 1, 1], "what was started is not started again"
    page.unroute_all()


def test_without_https_webhooks_say_only_what_comes_first(console, world, page):
    states = (("google_drive", "Google Drive", "automatic"), ("notion", "Notion", "waits_for_handshake"))
    webhooks = [{"connector_id": id, "name": name, "address": None, "state": state} for id, name, state in states]
    page.route(re.compile("/rest/admin/webhooks$"), lambda route: route.fulfill(json={"webhooks": webhooks}))
    console.sign_in(world.admin_key, "/admin/webhooks")
    console.settled()
    said = page.locator("main")
    expect(said).to_contain_text("Providers call over HTTPS only: public_url has to begin with https:// first.")
    expect(said.get_by_text(re.compile("Nothing is to be done|Enter the address"))).to_have_count(0)
    console.is_accessible("webhooks without https")
    page.unroute_all()
