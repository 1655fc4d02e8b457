"""Takes the pictures of the console for the documentation: every page, light and dark, and some on a phone.

python tests/browser/pictures.py [FOLDER]     (docs/images/console when left out)
"""

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from console import Console  # noqa: E402
from conftest import CHROMIUM, FLAGS  # noqa: E402
from allowing import Person, Program  # noqa: E402
from house import House, ROOT  # noqa: E402

# Connector, its emulator, the folder to choose (all of the top when there is none), and the collection it goes into.
SOURCES = [
    ("google_drive", "google", "Policies", "Handbook"),
    ("notion", "notion", "Handbook", "Handbook"),
    ("slack", "slack", None, "Conversations"),
    ("dropbox", "dropbox", None, "Shared files"),
]
# What is shown on a phone as well.
ON_PHONE = ["connect", "files", "collection", "search"]
DESK, PHONE = {"width": 1280, "height": 820}, {"width": 390, "height": 780}


def furnish(house: House) -> dict:
    """Connects the providers and brings something in from each; the ids of it."""
    collections, jobs = {}, {}
    for connector, emulator, folder, name in SOURCES:
        asked = house.call("POST", f"/rest/connectors/{connector}/authorize", {})
        house.call("POST", f"/rest/connectors/{connector}/token", house.consent(asked["auth_url"], emulator))
        files = house.call("GET", f"/rest/connectors/{connector}/files?limit=100")["files"]
        chosen = [file["id"] for file in files if folder in (None, file["name"])][:12]
        if name not in collections:
            collections[name] = house.call("POST", "/rest/collections", {"name": name})["uuid"]
        body = {"file_ids": chosen, "collection_uuid": collections[name], "sync_mode": "auto"}
        jobs[connector] = house.call("POST", f"/rest/connectors/{connector}/sync", body)["job_id"]
    for connector, job in jobs.items():
        while house.call("GET", f"/rest/connectors/{connector}/sync/{job}")["status"] in ("pending", "processing"):
            time.sleep(0.2)
    house.upload(collections["Handbook"])
    person = Person(house.url, house.token)
    for name, redirect_uri, scopes in (
        ("Desk assistant", "http://127.0.0.1:4000/back", ("search", "read", "sync")),
        ("Reading helper", "https://helper.example.com/back", ("search", "read")),
    ):
        program = Program(house.url, name, redirect_uri)
        program.tokens(person.decide(program.address(), scopes)["code"])
    organization = house.call("POST", "/rest/admin/organizations", {"name": "Example", "plan": "pro"})["id"]
    for name, plan in (("Grace Example", "pro"), ("Ada Example", "enterprise"), ("Joan Example", "free")):
        first = name.split()[0].lower()
        about = {"name": name, "email": f"{first}@example.com", "external_id": f"user-{first}", "plan": plan, "organization_id": organization}
        user = house.call("POST", "/rest/admin/users", about)["id"]
    house.call("POST", f"/rest/admin/users/{user}/tokens", {"label": "web session", "expires_in": 86400})
    return {"collections": collections, "jobs": jobs, "user": user, "program": program}


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs/images/console"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="gangway-pictures-") as place, House(place) as house, sync_playwright() as playwright:
        known = furnish(house)
        handbook = known["collections"]["Handbook"]
        files = house.call("GET", "/rest/connectors/google_drive/files")["files"]
        policies = next(file["id"] for file in files if file["name"] == "Policies")
        # Name, address, what is done there before the picture.
        pages = [
            ("connect", "/connect", None),
            ("files", f"/files/google_drive?folder={policies}", choose),
            ("upload", "/files/local_upload", None),
            ("activity", "/activity", None),
            ("job", f"/activity/google_drive/{known['jobs']['google_drive']}", None),
            ("collections", "/collections", None),
            ("collection", f"/collections/{handbook}", None),
            ("search", "/search?q=refund+for+annual+plans", found),
            ("assistants", "/assistants", None),
            ("disconnect", "/connect", leave),
        ]
        admin = [
            ("admin-users", "/admin/users", None),
            ("admin-user", f"/admin/users/{known['user']}", None),
            ("admin-connectors", "/admin/connectors", unfold),
            ("admin-webhooks", "/admin/webhooks", None),
            ("admin-log", "/admin/log", None),
        ]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, chromium_sandbox=False)
        for theme in ("light", "dark"):
            for size, suffix in ((DESK, ""), (PHONE, "-phone")):
                context = browser.new_context(viewport=size, color_scheme=theme, reduced_motion="reduce")
                page = context.new_page()
                console = Console(page, house.url)
                page.set_viewport_size(size)
                page.goto(f"{house.url}/docs#start_sync")
                take(console, folder, f"reference{suffix}-{theme}")
                page.goto(f"{house.url}/console/")
                if not suffix:
                    take(console, folder, f"sign-in-{theme}")
                console.sign_in(house.token)
                for name, path, act in pages:
                    if not suffix or name in ON_PHONE:
                        shoot(console, folder, f"{name}{suffix}-{theme}", path, act)
                page.goto(known["program"].address())
                take(console, folder, f"allow{suffix}-{theme}")
                if not suffix:
                    context.clear_cookies()
                    console.sign_in(house.admin_key)
                    for name, path, act in admin:
                        shoot(console, folder, f"{name}-{theme}", path, act)
                context.close()
        browser.close()


def shoot(console: Console, folder: Path, name: str, path: str, act):
    console.open(path)
    if act:
        act(console.page)
        console.settled()
    take(console, folder, name)


def take(console: Console, folder: Path, name: str):
    console.page.evaluate("document.fonts.ready.then(() => true)")
    console.page.screenshot(path=folder / f"{name}.png")


def choose(page):
    for box in page.get_by_role("checkbox").all()[1:4]:
        box.check()


def found(page):
    page.get_by_role("list", name="Results").get_by_role("article").first.wait_for()
    page.locator("body").click(position={"x": 2, "y": 2})


def leave(page):
    page.get_by_role("button", name="Disconnect Google Drive").first.click()


def unfold(page):
    page.locator("summary").first.click()


if __name__ == "__main__":
    main()
