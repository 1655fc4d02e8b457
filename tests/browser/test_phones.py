"""The console on narrow screens: what one is at is in sight, and nothing of a list lies beyond the edge or is empty height."""

import re

import pytest
from allowing import Person as Consenting, Program
from playwright.sync_api import expect
from test_console import synced

PHONE, TABLET = {"width": 360, "height": 740}, {"width": 768, "height": 900}
# What sticks out of the screen, or out of its own box where it would be cut off.
CUT = """within => [...document.querySelectorAll(within)].filter((one) => {
    const box = one.getBoundingClientRect();
    return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1 || one.scrollWidth > one.clientWidth + 1);
}).map((one) => one.textContent)"""


@pytest.fixture
def phone(console, page):
    page.set_viewport_size(PHONE)
    return console


def nothing_is_cut(page, within: str):
    assert page.locator(within).count() > 0, f"there is no {within}"
    assert page.evaluate(CUT, within) == []


def test_the_chosen_source_is_in_sight(phone, world, page):
    person = world.new_person()
    person.connect()
    person.approve(False)

    def all_connected(route):
        answer = route.fetch().json()
        drive = next(one for one in answer["connectors"] if one["id"] == "google_drive")
        about = {name: drive[name] for name in ("status", "connection_id", "available", "account")}
        for one in answer["connectors"]:
            if one["id"] in ("notion", "slack", "dropbox"):
                one.update(about)
        route.fulfill(json=answer)

    page.route(re.compile("/rest/connectors$"), all_connected)
    phone.sign_in(person.token, "/files/local_upload")
    page.set_viewport_size(PHONE)
    strip = page.get_by_role("navigation", name="Sources")
    assert strip.evaluate("one => one.scrollWidth > one.clientWidth"), "the strip is wider than a phone"
    for name in ("Local Upload", "Google Drive"):
        strip.get_by_role("link", name=name).click()
        chosen = strip.locator("[aria-current]")
        expect(chosen).to_have_text(re.compile(name))
        expect(chosen).to_be_in_viewport(ratio=1)
    phone.open("/files/local_upload", "Files")
    expect(chosen).to_have_text(re.compile("Local Upload"))
    expect(chosen).to_be_in_viewport(ratio=1)
    page.unroute_all()


@pytest.mark.parametrize("path", ["/admin/users", "/admin/organizations", "/admin/log"])
def test_rows_of_the_operators_lists_fold(phone, world, page, path):
    world.call("POST", "/rest/admin/users", {"name": "Grace Example", "email": "grace@example.com", "external_id": f"user-{path}", "plan": "pro"})
    world.call("POST", "/rest/admin/organizations", {"name": "Example", "plan": "pro"})
    phone.sign_in(world.admin_key, path)
    page.set_viewport_size(PHONE)
    phone.settled()
    nothing_is_cut(page, ".table td")
    heights = page.locator(".table tbody tr").evaluate_all(
        """rows => rows.map((row) => {
            const cells = [...row.children].map((one) => one.getBoundingClientRect()).filter((box) => box.height > 0);
            const filled = new Set(cells.flatMap((box) => Array.from({ length: Math.ceil(box.height) }, (_, at) => Math.floor(box.top) + at))).size;
            return row.getBoundingClientRect().height - filled;
        })"""
    )
    assert heights and max(heights) < 40, "rows are no higher than what is in them"
    phone.is_accessible(f"{path} on a phone")
    page.set_viewport_size(TABLET)
    nothing_is_cut(page, ".scroller")


@pytest.mark.parametrize("size", [PHONE, TABLET])
def test_the_pages_names_do_not_run_together(console, world, page, size):
    console.sign_in(world.admin_key)
    page.set_viewport_size(size)
    gaps = page.get_by_role("navigation", name="Pages").get_by_role("link").evaluate_all(
        """links => {
            const boxes = links.map((one) => one.querySelector("span").getBoundingClientRect());
            return boxes.slice(1).map((box, at) => box.left - boxes[at].right);
        }"""
    )
    assert len(gaps) == 5 and min(gaps) >= 7, gaps
    console.go("Log")
    expect(page.get_by_role("navigation", name="Pages").locator("[aria-current]")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("size", [PHONE, TABLET])
def test_assistants_say_when_they_were_used(console, world, page, size):
    person = world.new_person()
    program = Program(world.url, "Desk assistant", "http://127.0.0.1:4000/back")
    program.tokens(Consenting(world.url, person.token).decide(program.address())["code"])
    for token, path in ((person.token, "/assistants"), (world.admin_key, "/admin/assistants")):
        page.context.clear_cookies()
        console.sign_in(token, path)
        page.set_viewport_size(size)
        row = page.locator(".row").filter(has_text="Desk assistant").first
        expect(row).to_contain_text(re.compile(r"last used \w"))
        nothing_is_cut(page, ".row p")
    expect(row).to_contain_text(re.compile(r"Ada Example · \S"))


def test_accounts_of_a_collection_are_whole(member, page):
    collection = synced(member)
    # Two sources stand beside each other where there is room for two.
    member.person.upload(collection)
    for size in (PHONE, TABLET):
        page.set_viewport_size(size)
        member.open(f"/collections/{collection}", "Policies here")
        expect(page.get_by_role("region", name="Coverage")).to_contain_text("ada@example.com")
        nothing_is_cut(page, "[aria-labelledby=coverage] .sources .grow, [aria-labelledby=coverage] .sources .grow > div")
