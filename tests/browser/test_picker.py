"""The hosted picker, as a person meets it."""

from playwright.sync_api import expect

from test_connecting import open_popup


def row(page, name: str):
    return page.locator("#list li").filter(has_text=name)


def test_browsing_searching_and_choosing_several(page, listed, world, person, look):
    picker = person.picker(multiple=True, max_files=3, origin=listed)
    popup = open_popup(page, listed, picker["picker_url"], "#pick")
    expect(popup.locator("#title")).to_have_text("Choose from Google Drive")
    expect(row(popup, "Policies")).to_be_visible()
    assert "#" not in popup.url, "the key does not stay in the address"
    look(popup, "picker-top")
    row(popup, "Policies").get_by_role("button").click()
    expect(row(popup, "Security baseline.md")).to_be_visible()
    expect(popup.locator("#trail")).to_contain_text("Policies")
    row(popup, "Refund policy").get_by_role("checkbox").check()
    row(popup, "Security baseline.md").get_by_role("checkbox").check()
    expect(popup.locator("#choose")).to_have_text("Choose 2")
    look(popup, "picker-folder")
    popup.locator("#trail button").first.click()
    expect(row(popup, "Finance")).to_be_visible()
    popup.fill("#words", "onboarding")
    popup.press("#words", "Enter")
    expect(row(popup, "Onboarding checklist")).to_be_visible()
    expect(row(popup, "Finance")).to_have_count(0)
    expect(popup.locator("#trail")).to_contain_text("Search: onboarding")
    look(popup, "picker-search")
    row(popup, "Onboarding checklist").get_by_role("checkbox").check()
    with popup.expect_event("close"):
        popup.click("#choose")
    page.wait_for_function("heard.length > 0")
    heard = page.evaluate("heard")
    assert [one["origin"] for one in heard] == [world.url]
    said = heard[0]["data"]
    assert (said["type"], said["status"]) == ("picker_result", "picked")
    names = ["Onboarding checklist", "Refund policy", "Security baseline.md"]
    assert sorted(file["name"] for file in said["files"]) == names
    kept = person.picked(picker)
    assert kept["status"] == "picked" and sorted(file["name"] for file in kept["files"]) == names


def test_no_more_than_max_files(page, person, look):
    picker = person.picker(multiple=True, max_files=2)
    page.goto(picker["picker_url"])
    for name in ("Policies", "Finance"):
        row(page, name).get_by_role("checkbox").check()
    third = row(page, "Product").get_by_role("checkbox")
    third.click()
    expect(third).not_to_be_checked()
    expect(page.locator("#status")).to_have_text("At most 2 can be chosen.")
    look(page, "picker-full")
    row(page, "Finance").get_by_role("checkbox").uncheck()
    third.check()
    expect(page.locator("#status")).to_be_empty()
    page.click("#choose")
    expect(page.get_by_text("You can close this window")).to_be_visible()
    look(page, "picker-done")
    assert sorted(file["name"] for file in person.picked(picker)["files"]) == ["Policies", "Product"]


def test_only_the_types_that_were_asked_for(page, person, look):
    picker = person.picker(multiple=True, mime_types=["application/pdf"])
    page.goto(picker["picker_url"])
    row(page, "Policies").get_by_role("button").click()
    expect(row(page, "Employee handbook.pdf").get_by_role("checkbox")).to_be_enabled()
    others = page.locator("#list li").filter(has_not_text="handbook").get_by_role("checkbox")
    for one in others.all():
        expect(one).to_be_disabled()
    look(page, "picker-types")


def test_one_is_one(page, person):
    picker = person.picker(multiple=False)
    page.goto(picker["picker_url"])
    row(page, "Policies").get_by_role("radio").check()
    row(page, "Finance").get_by_role("radio").check()
    expect(page.locator("#choose")).to_have_text("Choose")
    page.click("#choose")
    expect(page.get_by_text("You can close this window")).to_be_visible()
    assert [file["name"] for file in person.picked(picker)["files"]] == ["Finance"]


def test_cancelling_tells_the_product(page, listed, person):
    picker = person.picker(origin=listed)
    popup = open_popup(page, listed, picker["picker_url"], "#pick")
    expect(row(popup, "Policies")).to_be_visible()
    with popup.expect_event("close"):
        popup.click("#cancel")
    page.wait_for_function("heard.length > 0")
    assert page.evaluate("heard")[0]["data"]["status"] == "cancelled"
    assert person.picked(picker)["status"] == "cancelled"


def test_an_unlisted_page_hears_nothing_of_the_choice(page, unlisted, person):
    picker = person.picker()
    popup = open_popup(page, unlisted, picker["picker_url"], "#pick")
    row(popup, "Policies").get_by_role("checkbox").or_(row(popup, "Policies").get_by_role("radio")).check()
    with popup.expect_event("close"):
        popup.click("#choose")
    page.evaluate("new Promise((done) => setTimeout(done, 300))")
    assert page.evaluate("heard") == []
    assert person.picked(picker)["status"] == "picked"


def test_an_expired_session_says_so_and_offers_nothing(page, world, person, look):
    picker = person.picker()
    world.end("picker_sessions")
    page.goto(picker["picker_url"])
    expect(page.locator("h1")).to_have_text("This picker has ended")
    expect(page.locator("#status")).to_contain_text("open it again")
    expect(page.locator("#choose")).to_be_hidden()
    expect(page.locator("#search")).to_be_hidden()
    look(page, "picker-expired")


def test_a_session_that_ends_while_one_chooses(page, world, person):
    picker = person.picker()
    page.goto(picker["picker_url"])
    row(page, "Policies").locator("input").check()
    world.end("picker_sessions")
    page.click("#choose")
    expect(page.locator("h1")).to_have_text("This picker has ended")


def test_a_wrong_key_opens_nothing(page, person):
    picker = person.picker()
    page.goto(picker["picker_url"].split("#")[0] + "#guessed")
    expect(page.locator("h1")).to_have_text("This picker has ended")
    expect(page.locator("#list li")).to_have_count(0)
