"""Where the keyboard is: along the boxes of a list, and after what it was at has been replaced."""

import time

from playwright.sync_api import expect


def opened(member, page):
    member.person.connect()
    member.person.approve(False)
    name = f"Keys {time.monotonic_ns()}"
    for path in ("Alpha/one.txt", "Beta/two.txt", "first.txt", "second.txt"):
        member.person.emulator("POST", "/files", {"path": f"{name}/{path}", "content": "some words"})
    files = member.person.call("GET", f"/rest/connectors/google_drive/files?query={name.replace(' ', '%20')}")["files"]
    folder = next(file["id"] for file in files if file["name"] == name)
    member.open(f"/files/google_drive?folder={folder}", "Files")


def focused(page) -> str:
    return page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()")


def test_arrows_stay_in_their_column(member, page):
    opened(member, page)
    rows = page.locator("[data-row]")
    expect(rows).to_have_count(4)
    page.get_by_role("checkbox", name="Choose Alpha").focus()
    for name in ("Choose Beta", "Choose first.txt", "Choose second.txt"):
        page.keyboard.press("ArrowDown")
        assert focused(page) == name
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert focused(page) == "Choose Beta"
    page.keyboard.press(" ")
    expect(page.get_by_role("checkbox", name="Choose Beta")).to_be_checked()
    expect(rows).to_have_count(4)
    # The name beside the box is a stop of the same row, and arrows then go along the names, past rows that have none.
    page.keyboard.press("Tab")
    assert focused(page) == "Beta"
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Choose first.txt"
    page.keyboard.press("Home")
    assert focused(page) == "Alpha"
    # Enter opens a folder from its box as well.
    page.get_by_role("checkbox", name="Choose Alpha").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("checkbox", name="Choose one.txt")).to_be_focused()


def test_a_folder_is_gone_into_and_out_of_again(member, page):
    opened(member, page)
    page.get_by_role("button", name="Alpha").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("checkbox", name="Choose one.txt")).to_be_focused()
    page.keyboard.press("Backspace")
    expect(page.locator("[data-row]").first.locator("[data-main]")).to_be_focused()
    page.get_by_role("button", name="Alpha").click()
    expect(page.get_by_role("checkbox", name="Choose one.txt")).to_be_focused()
    page.go_back()
    expect(page.get_by_role("button", name="Alpha")).to_be_focused()


def test_a_folder_with_nothing_in_it_leaves_the_keyboard_on_the_way_out(member, page):
    member.person.connect()
    member.person.approve(False)
    name = f"Empty {time.monotonic_ns()}"
    member.person.emulator("POST", "/files", {"path": f"{name}/in it.txt", "content": "some words"})
    member.person.emulator("DELETE", f"/files?path={name.replace(' ', '%20')}/in%20it.txt")
    member.open(f"/files/google_drive?words={name.replace(' ', '+')}", "Files")
    page.get_by_role("button", name=name).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("This folder is empty")).to_be_visible()
    expect(page.get_by_role("navigation", name="Folders on the way").get_by_role("button", name=name)).to_be_focused()


def test_connecting_leads_on_from_the_same_card(member, page):
    card = member.card("Google Drive")
    card.get_by_role("button", name="Connect").focus()
    with page.expect_popup() as window:
        page.keyboard.press("Enter")
    expect(card.get_by_role("button", name="Cancel")).to_be_focused()
    popup = window.value
    with popup.expect_event("close"):
        popup.click("#deny")
    expect(card.get_by_role("button", name="Connect")).to_be_focused()
    with page.expect_popup() as window:
        page.keyboard.press("Enter")
    popup = window.value
    with popup.expect_event("close"):
        popup.click("#allow")
    expect(card.get_by_text("Connected", exact=True)).to_be_visible()
    expect(card.get_by_role("link", name="Choose files")).to_be_focused()
    # Leaving a dialog without going through with it gives the focus back, and so does going through with it.
    leave = card.get_by_role("button", name="Disconnect")
    leave.focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    expect(leave).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    expect(card.get_by_text("Not connected", exact=True)).to_be_visible(timeout=30_000)
    expect(card.get_by_role("button", name="Connect")).to_be_focused()


def test_a_sync_that_starts_leads_to_its_heading(member, page):
    member.person.call("POST", "/rest/collections", {"name": "By keys"})
    opened(member, page)
    page.get_by_role("checkbox", name="Choose first.txt").check()
    page.get_by_role("button", name="Bring in…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Collection").select_option(label="By keys · 0 files")
    dialog.get_by_role("button", name="Bring in").focus()
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("By keys")
    expect(heading).to_be_focused()
    page.get_by_role("link", name="To the collection").click()
    expect(page.get_by_role("link", name="Search in it")).to_be_visible()
    expect(heading).to_be_focused()
