"""The operator's pages of the console: users and their tokens, who did what, how connectors are set up."""

import re
import time

from playwright.sync_api import expect
from world import Person


def test_the_operator_makes_a_user_and_a_token(console, world, page):
    console.sign_in(world.admin_key)
    expect(page.get_by_role("heading", level=1)).to_have_text("Users")
    console.is_accessible("users")
    console.is_narrow("users")
    page.get_by_role("button", name="New user").click()
    external = f"desk-{time.monotonic_ns()}"
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Grace Example")
    dialog.get_by_label("Your product's id").fill(external)
    dialog.get_by_label("Plan").select_option("pro")
    console.is_accessible("a new user")
    dialog.get_by_role("button", name="Make the user").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Grace Example")
    page.get_by_role("button", name="New token").click()
    page.get_by_role("dialog").get_by_label("What it is for").fill("console")
    page.get_by_role("dialog").get_by_role("button", name="Make the token").click()
    token = page.get_by_role("dialog").get_by_label("the token", exact=True).input_value()
    assert token.startswith("gw_")
    console.is_accessible("a token shown once")
    page.get_by_role("dialog").get_by_role("button", name="Done").click()
    expect(page.get_by_text(token)).to_have_count(0)
    console.settled()
    console.is_accessible("a user")
    console.is_narrow("a user")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Gangway")
    console.sign_in(token)
    expect(page.get_by_text("Grace Example").first).to_be_visible()
    expect(page.get_by_role("link", name="Users")).to_have_count(0)


def test_the_operator_finds_users_by_parts_and_reads_who_did_what(console, world, page):
    mark = f"{time.monotonic_ns()}"
    external = f"crm-{mark}"
    user = world.call("POST", "/rest/admin/users", {"external_id": external, "email": f"ada.{mark}@example.com"})["id"]
    token = world.call("POST", f"/rest/admin/users/{user}/tokens", {})["token"]
    person = Person(world, token)
    made = person.call("POST", "/rest/collections", {"name": "Soon gone"})["uuid"]
    person.call("DELETE", f"/rest/collections/{made}")
    console.sign_in(world.admin_key)
    for part, rows in ((f"M-{mark}", 1), (f"ADA.{mark}@", 1), (f"nobody-{mark}", 0)):
        page.get_by_role("searchbox").fill(part)
        page.get_by_role("button", name="Find").click()
        if rows == 0:
            expect(page.get_by_text("Nobody has this in their name, email or id.")).to_be_visible()
            continue
        table = page.get_by_role("region", name="Users").locator("tbody tr")
        expect(table).to_have_count(rows)
        expect(table).to_contain_text(external)
    page.get_by_role("link", name="Log").click()
    who = page.get_by_role("link", name=external).first
    expect(who).to_have_attribute("title", user)
    expect(page.get_by_role("region", name="What was done")).to_contain_text(f"ada.{mark}@example.com")
    console.is_accessible("the log")
    console.is_narrow("the log")


def test_the_operator_disables_a_user_who_works_again_afterwards(console, world, page):
    name = f"Joan Example {time.monotonic_ns()}"
    user = world.call("POST", "/rest/admin/users", {"name": name, "plan": "pro"})["id"]
    token = world.call("POST", f"/rest/admin/users/{user}/tokens", {})["token"]
    console.sign_in(world.admin_key, f"/admin/users/{user}")
    page.get_by_role("button", name="Disable").click()
    console.is_accessible("disabling a user")
    page.get_by_role("dialog").get_by_role("button", name="Disable the user").click()
    expect(page.get_by_text("Disabled since")).to_be_visible()
    console.is_accessible("a disabled user")
    console.is_narrow("a disabled user")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Your account here is disabled")
    console.sign_in(world.admin_key, f"/admin/users/{user}")
    page.get_by_role("button", name="Enable").click()
    expect(page.get_by_text("Disabled since")).to_have_count(0)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    console.sign_in(token)
    expect(page.get_by_text(name).first).to_be_visible()


def test_a_further_page_that_failed_is_had_again(console, world, page):
    console.sign_in(world.admin_key, "/admin/users")
    user = lambda at: {"id": f"0190a000-0000-7000-8000-0000000000{at:02}", "name": f"User {at}", "plan": "free",
                       "created_at": "2026-01-05T09:30:00Z"}  # fmt: skip
    broken = set()

    def answer(route):
        cursor = "cursor=" in route.request.url
        if cursor in broken:
            broken.discard(cursor)
            return route.fulfill(status=400, json={"error": {"code": "invalid_request", "message": "no such page", "request_id": "r"}})
        rows = [user(2)] if cursor else [user(1)]
        route.fulfill(json={"users": rows, "has_more": not cursor, "next_cursor": None if cursor else "2"})

    page.route(re.compile("/rest/admin/users"), answer)
    page.reload()
    rows = page.get_by_role("region", name="Users").locator("tbody tr")
    expect(rows).to_have_count(1)
    broken.add(True)
    page.get_by_role("button", name="Show more").click()
    page.get_by_role("alert").get_by_role("button", name="Try again").click()
    expect(rows).to_have_count(2)
    expect(page.get_by_role("alert")).to_have_count(0)
    console.is_accessible("all users")


def test_the_operator_sees_how_connectors_are_set_up(console, world, page):
    console.sign_in(world.admin_key)
    console.go("Connectors")
    page.locator("summary").filter(has_text="Slack").click()
    expect(page.get_by_text("Needs an OAuth app").first).to_be_visible()
    expect(page.get_by_role("textbox", name=re.compile("redirect address")).first).to_have_value(f"{world.url}/oauth/callback")
    console.is_accessible("connectors")
    console.is_narrow("connectors")
    for name in ("Organisations", "Webhooks", "Log"):
        console.go(name)
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        console.is_accessible(name)
        console.is_narrow(name)
