"""What the console says of an account that has to be connected again, beside another of the same kind that works."""

import re

from playwright.sync_api import expect
from test_console import press_in_popup, synced


def connect_as(person, email: str):
    """Connects one more account at Google."""
    asked = person.call("POST", "/rest/connectors/google_drive/authorize", {"login_hint": email})
    person.call("POST", "/rest/connectors/google_drive/token", person.consent(asked["auth_url"]))
    person.approve(False)


def test_one_of_two_accounts_needs_reconnecting(member, page):
    collection = synced(member)
    person = member.person
    connect_as(person, "grace@example.com")
    person.emulator("DELETE", "/oauth/grants/ada@example.com")
    person.emulator("POST", "/oauth/access_tokens/expire")
    # Whatever touches the account next finds out; it is the one that is meant without a name.
    member.open("/files/google_drive", "Files")
    assert person.drive()["status"] == "needs_reauth"

    member.open("/connect", "Connect")
    card = member.card("Google Drive")
    expect(card).to_contain_text("1 of 2 needs reconnecting")
    accounts = card.locator(".account")
    broken, healthy = accounts.filter(has_text="ada@example.com"), accounts.filter(has_text="grace@example.com")
    expect(broken).to_contain_text("no updates until you reconnect")
    expect(broken).not_to_contain_text(re.compile("updates live|at intervals|Synced"))
    expect(healthy).not_to_contain_text("reconnect")
    expect(card.get_by_role("link", name="Choose files")).to_be_visible()
    expect(card.get_by_role("button", name="Add account")).to_be_visible()
    member.is_accessible("one of two accounts needs reconnecting")
    member.is_narrow("one of two accounts needs reconnecting")

    # The other's files can be chosen meanwhile, without anybody saying which.
    card.get_by_role("link", name="Choose files").click()
    expect(page.locator("[data-row]").first).to_be_visible()
    expect(page.get_by_label("Account").locator("option:checked")).to_have_text("grace@example.com")
    connection = next(one["connection_id"] for one in person.drive()["connections"] if one["user_email"] == "ada@example.com")
    member.open(f"/files/google_drive?connection={connection}", "Files")
    expect(page.get_by_role("heading", name="ada@example.com has to be connected again")).to_be_visible()

    member.open(f"/collections/{collection}", "Policies here")
    coverage = page.get_by_role("region", name="Coverage")
    expect(coverage).to_contain_text("has to be connected again")
    expect(coverage).to_contain_text("Updates wait")
    expect(coverage).not_to_contain_text("Kept up to date")
    coverage.get_by_role("link", name="has to be connected again").click()
    reconnect = card.get_by_role("button", name="Reconnect Google Drive, ada@example.com")
    press_in_popup(member, reconnect.click, "allow")
    expect(card.get_by_text("Connected", exact=True)).to_be_visible()


def test_what_is_found_in_part_is_no_part_of_the_rest(member, page):
    """Three files are not searchable, and two are though not wholly: the first heading is over three."""
    differences = [
        {"sync_state": "name_only", "code": "no_text", "message": "there is no text in a picture", "files": 2},
        {"sync_state": "synced", "code": "text_incomplete", "message": "a page could not be read", "files": 2},
        {"sync_state": "failed", "code": "broken", "message": "the file is broken off", "files": 1},
    ]
    uuid = member.person.call("POST", "/rest/collections", {"name": "Parts"})["uuid"]
    figures = {"files": 9, "searchable": 6, "name_only": 2, "failed": 1, "differences": differences, "sources": []}
    page.route(re.compile("/coverage$"), lambda route: route.fulfill(json=figures))
    member.open(f"/collections/{uuid}", "Parts")
    coverage = page.get_by_role("region", name="Coverage")
    expect(coverage).to_contain_text("6 of 9 files")

    def below(heading: str) -> list:
        rows = coverage.locator("h3", has_text=heading).locator("xpath=following-sibling::ul[1]/li")
        return [int(text.split()[0]) for text in rows.locator(".pill").all_inner_texts()]

    assert below("Why the rest is not searchable") == [2, 1]
    assert below("Searchable, though not by all of their text") == [2]
    page.unroute_all()


def test_a_check_is_not_told_as_a_sync(member, page):
    """Following begins with the connection, before anything was brought in."""
    member.person.connect()
    member.person.approve(False)

    def checked(route):
        answer = route.fetch().json()
        for one in answer["connectors"]:
            if one["id"] == "google_drive":
                one["last_sync_at"] = one["connected_at"]
        route.fulfill(json=answer)

    page.route(re.compile("/rest/connectors$"), checked)
    member.open("/connect", "Connect")
    account = member.card("Google Drive").locator(".account")
    expect(account).to_contain_text("Checked just now")
    expect(account).not_to_contain_text(re.compile("synced", re.I))
    page.unroute_all()
