"""The popup, the consent page and the callback page, as a person meets them."""

from urllib.parse import parse_qs, quote, urlparse

import pytest
from console import Console
from playwright.sync_api import expect


@pytest.fixture
def judge(look, world):
    """Looks at a state of the callback page: nothing sticks out, and axe finds nothing, in light and in dark."""

    def judged(shown, name: str):
        look(shown, name)
        Console(shown, world.url).is_accessible(f"callback, {name}")

    return judged


def open_popup(page, origin: str, url: str, button: str = "#connect"):
    page.goto(f"{origin}/?url={quote(url, safe='')}")
    with page.expect_popup() as opened:
        page.click(button)
    return opened.value


def decide(shown, decision: str):
    shown.click(f"#{decision}")


def test_the_popup_hands_the_code_to_a_listed_page_and_is_closed_by_it(page, listed, world, person, look):
    popup = open_popup(page, listed, person.auth_url())
    expect(popup.locator("h1")).to_have_text("Sign in with Google")
    look(popup, "consent")
    with popup.expect_event("close"):
        decide(popup, "allow")
    expect(page.locator("#code")).not_to_be_empty()
    heard = page.evaluate("heard")
    assert [one["origin"] for one in heard] == [world.url], "once, and from the server's own origin"
    said = heard[0]["data"]
    assert set(said) == {"type", "code", "state"} and page.locator("#code").inner_text() == said["code"]
    person.call("POST", "/rest/connectors/google_drive/token", {"code": said["code"], "state": said["state"]})
    assert person.drive()["connected"] is True


def test_an_unlisted_page_hears_nothing(page, unlisted, person, judge):
    popup = open_popup(page, unlisted, person.auth_url())
    decide(popup, "allow")
    expect(popup.locator("#title")).to_have_text("Almost done")
    expect(popup.locator("#text")).to_contain_text("If nothing happens, connect here")
    judge(popup, "handed-over")
    popup.evaluate("new Promise((done) => setTimeout(done, 300))")
    assert page.evaluate("heard") == []
    assert page.locator("#code").inner_text() == ""
    assert person.drive()["connected"] is False


def test_without_an_opener_the_page_asks_and_completes_by_itself(page, person, judge):
    page.goto(person.auth_url())
    decide(page, "allow")
    expect(page.locator("#title")).to_have_text("Connect Google Drive?")
    expect(page.locator("#text")).to_contain_text("Ada Example")
    assert "code=" not in page.url and "state=" not in page.url, "neither stays in the address"
    judge(page, "confirm")
    assert person.drive()["connected"] is False, "not before the person says so"
    page.click("#confirm")
    expect(page.locator("#title")).to_have_text("Connected")
    expect(page.locator("#text")).to_contain_text("ada@example.com")
    expect(page.locator("#confirm")).to_be_hidden()
    judge(page, "connected")
    assert person.drive()["connected"] is True


def test_the_keyboard_alone_connects(page, person):
    page.goto(person.auth_url())
    decide(page, "allow")
    expect(page.locator("#confirm")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("#confirm")).to_be_focused()
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert ring != "none", "where the keyboard is can be seen"
    page.keyboard.press("Enter")
    expect(page.locator("#title")).to_have_text("Connected")
    expect(page.locator("#title")).to_be_focused()
    assert person.drive()["connected"] is True


def test_a_refusal_of_the_provider_is_told(page, world, judge):
    page.goto(f"{world.url}/oauth/callback?error=server_error&error_description=Try+again+later&state=forged")
    expect(page.locator("#title")).to_have_text("The provider refused")
    expect(page.locator("#text")).to_have_text("Try again later")
    judge(page, "refused")


def test_a_disabled_user_connects_nothing(page, world, person, judge):
    address = person.auth_url()
    state = parse_qs(urlparse(address).query)["state"][0]
    page.goto(address)
    decide(page, "allow")
    expect(page.locator("#confirm")).to_be_visible()
    user = person.call("GET", "/rest/me")["id"]
    world.call("PATCH", f"/rest/admin/users/{user}", {"disabled": True})
    page.click("#confirm")
    expect(page.locator("#title")).to_have_text("Not connected")
    expect(page.locator("#text")).to_contain_text("This user is disabled")
    judge(page, "disabled")
    page.goto(person.world.url + "/oauth/callback?code=c&state=" + state)
    expect(page.locator("#title")).to_have_text("Not connected")
    expect(page.locator("#text")).to_contain_text("This user is disabled")
    expect(page.locator("#confirm")).to_be_hidden()
    world.call("PATCH", f"/rest/admin/users/{user}", {"disabled": False})
    assert person.drive()["connected"] is False


def test_a_denial_reaches_the_product_and_is_told_in_a_sentence(page, listed, person, judge):
    popup = open_popup(page, listed, person.auth_url())
    # The snippet closes the popup at once: what it shows is looked at without an opener below.
    decide(popup, "deny")
    page.wait_for_function("heard.length > 0")
    said = page.evaluate("heard")[0]["data"]
    assert said["error"] == "access_denied" and said.get("code") is None
    page.goto(person.auth_url())
    decide(page, "deny")
    expect(page.locator("#title")).to_have_text("Access was denied")
    expect(page.locator("#text")).to_contain_text("Nothing was connected")
    expect(page.locator("#confirm")).to_be_hidden()
    judge(page, "denied")
    assert person.drive()["connected"] is False


def test_a_forged_state_connects_nothing(page, world, judge):
    page.goto(f"{world.url}/oauth/callback?code=stolen&state=forged")
    expect(page.locator("#title")).to_have_text("This link has ended")
    expect(page.locator("#text")).to_contain_text("Start again")
    expect(page.locator("#confirm")).to_be_hidden()
    judge(page, "forged")


def test_an_expired_state_is_told_before_and_after_the_confirmation(page, world, person, judge):
    page.goto(person.auth_url())
    world.end("authorization_requests")
    decide(page, "allow")
    expect(page.locator("#title")).to_have_text("This link has ended")
    page.goto(person.auth_url())
    decide(page, "allow")
    expect(page.locator("#confirm")).to_be_visible()
    world.end("authorization_requests")
    page.click("#confirm")
    expect(page.locator("#title")).to_have_text("Not connected")
    expect(page.locator("#text")).not_to_be_empty()
    expect(page.locator("#confirm")).to_be_hidden()
    judge(page, "expired")
    assert person.drive()["connected"] is False


def test_an_empty_address_is_told_in_a_sentence(page, world, judge):
    page.goto(f"{world.url}/oauth/callback")
    expect(page.locator("#title")).to_have_text("Nothing to do here")
    judge(page, "nothing")
