"""The page on which a person allows an assistant something, and what the console shows of it afterwards."""

import re
import urllib.parse

import pytest
from playwright.sync_api import expect

from allowing import Person, Program


@pytest.fixture
def program(world, listed):
    """A program that people are sent back to at a page of another site."""
    return Program(world.url, "A desk assistant", f"{listed}/back")


def told(page, program) -> dict:
    expect(page).to_have_url(re.compile(f"^{re.escape(program.redirect_uri)}[?]"))
    query = urllib.parse.urlparse(page.url).query
    return {name: values[0] for name, values in urllib.parse.parse_qs(query).items()}


def come_from(page, origin: str, address: str):
    """As by a link on a page of another site, with which a browser sends no cookie of ours."""
    page.goto(origin)
    page.evaluate("address => { location.href = address }", address)


def test_a_person_signs_in_and_allows_a_part(console, page, world, listed, program):
    person = world.new_person()
    come_from(page, listed, program.address())
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Gangway")
    expect(page.get_by_label("Token")).to_be_focused()
    console.is_accessible("sign-in of an assistant")
    console.is_narrow("sign-in of an assistant")
    page.get_by_label("Token").fill("gw_wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("This token is unknown, revoked or past its end.")
    page.get_by_label("Token").fill(person.token)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Allow A desk assistant?")
    expect(page.get_by_text("nobody here has checked it")).to_be_visible()
    expect(page.get_by_text("a program on this computer")).to_be_visible()
    console.is_accessible("allowing an assistant")
    console.is_narrow("allowing an assistant")
    page.get_by_label("Bring documents in").uncheck()
    page.get_by_role("button", name="Allow").click()
    answer = told(page, program)
    assert answer["state"] == "state-of-theirs" and answer["iss"] == world.url
    assert program.tokens(answer["code"])["scope"] == "search read"

    console.open("/assistants", "Assistants")
    row = page.get_by_role("listitem").filter(has_text="A desk assistant")
    expect(row.get_by_text("Reads")).to_be_visible()
    expect(row.get_by_text("Brings in")).to_have_count(0)
    expect(page.get_by_label("the address", exact=True)).to_have_value(f"{world.url}/mcp")
    console.is_accessible("assistants")
    console.is_narrow("assistants")
    row.get_by_role("button", name="Revoke A desk assistant").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("No assistants yet")).to_be_visible()


def test_the_operator_sees_what_was_allowed_and_takes_it_away(console, page, world, program):
    person = world.new_person()
    tokens = program.tokens(Person(world.url, person.token).decide(program.address(), scopes=["search"])["code"])
    assert tokens["scope"] == "search"
    console.sign_in(world.admin_key)
    console.go("Assistants")
    expect(page.get_by_role("heading", level=1)).to_have_text("Assistants")
    row = page.get_by_role("listitem").filter(has_text="A desk assistant").first
    expect(row.get_by_role("link", name="Ada Example")).to_be_visible()
    expect(row.get_by_text("Searches")).to_be_visible()
    console.is_accessible("assistants of all users")
    console.is_narrow("assistants of all users")
    row.get_by_role("button", name="Revoke A desk assistant").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert person.call("GET", "/rest/me/assistants")["assistants"] == []


def test_who_is_signed_in_in_the_console_is_known_from_wherever_they_come(console, page, world, listed, program):
    console.sign_in(world.new_person().token)
    come_from(page, listed, program.address())
    expect(page.get_by_role("heading", level=1)).to_have_text("Allow A desk assistant?")
    page.get_by_role("button", name="Deny").click()
    assert told(page, program)["error"] == "access_denied"
    page.goto(program.address())
    page.get_by_role("link", name="somebody else?").click()
    expect(page.get_by_label("Token")).to_be_visible()


def test_what_is_not_proven_leads_nowhere(console, page, world, program):
    elsewhere = program.address().replace("%2Fback", "%2Felsewhere")
    page.goto(elsewhere)
    expect(page.get_by_role("heading", level=1)).to_have_text("This cannot go on")
    assert page.url == elsewhere
    console.is_accessible("a refusal")
    page.goto(program.address(scope="everything"))
    expect(page.get_by_role("alert")).to_contain_text("A desk assistant asked for something")
    console.is_accessible("a request that is wrong")
    page.get_by_role("link", name="Go back").click()
    assert told(page, program)["error"] == "invalid_scope"
