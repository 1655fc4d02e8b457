"""The console's stories: each through the real server, the emulated provider's own consent page, and a browser."""

import re
import time

from playwright.sync_api import expect


def press_in_popup(console, press, decision: str):
    """Presses a button of the console that opens the consent page, and decides there."""
    with console.page.expect_popup() as opened:
        press()
    popup = opened.value
    expect(popup.locator("h1")).to_have_text("Sign in with Google")
    with popup.expect_event("close"):
        popup.click(f"#{decision}")


def connect(console, decision: str = "allow"):
    press_in_popup(console, lambda: console.card("Google Drive").get_by_role("button", name="Connect").click(), decision)


def test_signing_in_and_out(console, world, page):
    person = world.new_person()
    page.goto(f"{world.url}/")
    expect(page).to_have_url(re.compile("/console/$"))
    expect(page.get_by_label("Token")).to_be_focused()
    console.is_accessible("sign-in")
    console.is_narrow("sign-in")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("Paste your token here first.")
    page.get_by_label("Token").fill("gw_wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("This token is unknown, revoked or past its end.")
    console.sign_in(person.token)
    cookie = next(one for one in page.context.cookies() if one["name"] == "gangway_session")
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict" and person.token not in cookie["value"]
    kept = page.evaluate("JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])")
    assert "gw" not in kept, "no script can read the session or the token"
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Connect")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Gangway")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Gangway")


def test_a_revoked_token_ends_the_session_and_says_so(member, page, world):
    user = member.person.call("GET", "/rest/me")["id"]
    token = member.person.call("GET", f"/rest/admin/users/{user}/tokens")["tokens"][0]["id"]
    member.person.call("DELETE", f"/rest/admin/users/{user}/tokens/{token}")
    member.go("Collections")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Gangway")
    expect(page.get_by_text("Your session has ended.")).to_be_visible()


def test_connecting_by_popup(member, page):
    card = member.card("Google Drive")
    expect(card.get_by_text("Not connected", exact=True)).to_be_visible()
    connect(member)
    expect(card.get_by_text("Connected", exact=True)).to_be_visible()
    expect(card.get_by_text("ada@example.com")).to_be_visible()
    assert member.person.drive()["connected"] is True
    expect(member.card("Box")).to_contain_text("Not available")
    member.is_accessible("connect")
    member.is_narrow("connect")


def test_a_denial_is_told_on_the_card(member):
    connect(member, "deny")
    card = member.card("Google Drive")
    expect(card.get_by_role("alert")).to_contain_text("Access was denied")
    expect(card.get_by_role("button", name="Connect")).to_be_enabled()
    assert member.person.drive()["connected"] is False
    member.is_accessible("connect after a denial")


def test_a_blocked_popup_leaves_a_way_on(member, page):
    page.evaluate("window.open = () => null")
    card = member.card("Google Drive")
    card.get_by_role("button", name="Connect").click()
    expect(card.get_by_role("alert")).to_contain_text("The browser blocked the window")
    card.get_by_role("button", name="Go on in this tab").click()
    expect(page.locator("h1")).to_have_text("Sign in with Google")
    page.click("#allow")
    expect(page.locator("#title")).to_have_text("Connect Google Drive?")
    page.click("#confirm")
    expect(page.locator("#title")).to_have_text("Connected")
    member.open("/connect", "Connect")
    expect(card.get_by_text("Connected", exact=True)).to_be_visible()


def test_a_connector_above_the_plan_says_so(console, world, page):
    user = world.call("POST", "/rest/admin/users", {"plan": "free"})["id"]
    console.sign_in(world.call("POST", f"/rest/admin/users/{user}/tokens", {})["token"])
    card = console.card("Google Drive")
    expect(card).to_contain_text("You are on the free plan")
    expect(card.get_by_role("button")).to_have_count(0)


def test_picking_and_syncing_with_the_bar_moving(member, page):
    person = member.person
    person.connect()
    person.approve(False)
    folders, each, name = 8, 6, f"Reports {time.monotonic_ns()}"
    for at in range(folders):
        files = {"folder": f"{name}/Part {at}", "count": each, "size": 400, "prefix": "report"}
        person.emulator("POST", "/generate", files)
    slow = {"operation": "drive.files.get", "effect": {"delay_ms": 300}}
    fault = person.emulator("POST", "/faults", slow)
    try:
        member.open("/files/google_drive", "Files")
        page.get_by_role("searchbox", name="Search at Google Drive").fill(name)
        page.keyboard.press("Enter")
        row = page.get_by_role("listitem").filter(has_text=name)
        row.get_by_role("button", name=name).click()
        expect(page.get_by_role("navigation", name="Folders on the way")).to_contain_text(name)
        expect(page.get_by_role("checkbox", name="Choose Part")).to_have_count(folders)
        member.is_accessible("files")
        member.is_narrow("files")
        page.get_by_role("checkbox", name="Choose all that are shown").check()
        page.get_by_role("button", name="Bring in…").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("heading")).to_have_text(f"Bring in {folders} items")
        member.is_accessible("the sync dialog")
        dialog.get_by_label("Name of the new collection").fill("Reports")
        dialog.get_by_label("Once").check()
        dialog.get_by_role("button", name="Bring in").click()
        bar = page.get_by_role("region", name="Progress").get_by_role("progressbar")
        shown, told = [], []
        deadline = time.monotonic() + 60
        while not page.locator("[data-status=completed]").count() and time.monotonic() < deadline:
            shown.append(bar.get_attribute("aria-valuenow"))
            told += re.findall(r"^([\d,]+) of", bar.locator("+ p").inner_text())
            page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30)))")
        counts = [int(number) for number in dict.fromkeys(told)]
        assert len(counts) >= 3 and counts == sorted(counts), f"the page told {counts}"
        assert shown[0] is None or int(shown[0]) < 100, "not done before it began"
        expect(bar).to_have_attribute("aria-valuenow", "100")
    finally:
        person.emulator("DELETE", f"/faults/{fault['id']}")
    expect(page.get_by_role("region", name="Progress")).to_contain_text(f"{folders * each} files brought in")
    member.is_accessible("a job")
    member.is_narrow("a job")
    member.go("Activity")
    expect(page.get_by_role("listitem").filter(has_text="Reports").get_by_text("Done", exact=True)).to_be_visible()
    member.is_accessible("activity")
    member.is_narrow("activity")


def test_failures_are_told_in_words_and_retried(member, page):
    person = member.person
    person.connect()
    person.approve(False)
    name = f"Broken {time.monotonic_ns()}"
    person.emulator("POST", "/files", {"path": f"{name}/good.txt", "content": "a good file about lighthouses"})
    person.emulator("POST", "/files", {"path": f"{name}/bad.pdf", "content": "%PDF-1.7\nbroken off", "mime_type": "application/pdf"})
    collection = person.call("POST", "/rest/collections", {"name": "Gaps"})["uuid"]
    files = person.call("GET", f"/rest/connectors/google_drive/files?query={name.replace(' ', '%20')}")["files"]
    folder = next(file["id"] for file in files if file["name"] == name)
    body = {"file_ids": [folder], "collection_uuid": collection}
    job = person.call("POST", "/rest/connectors/google_drive/sync", body)["job_id"]
    member.open(f"/activity/google_drive/{job}")
    expect(page.locator("[data-status=partial]")).to_be_visible(timeout=60_000)
    row = page.get_by_role("listitem").filter(has_text="bad.pdf")
    expect(row.get_by_text("Not read")).to_be_visible()
    expect(row.locator(".wrong")).to_have_text(re.compile(r"^[A-Z].{8,}[.!?]$"))
    member.is_accessible("a job with failures")
    person.emulator("PATCH", "/files", {"path": f"{name}/bad.pdf", "content": "now it is text", "mime_type": "text/plain"})
    page.get_by_role("button", name="Retry 1 failed file").click()
    expect(page).not_to_have_url(re.compile(job))
    expect(page.locator("[data-status=completed]")).to_be_visible(timeout=60_000)


def synced(member) -> str:
    """A folder of policies in a collection; its uuid."""
    person = member.person
    person.connect()
    person.approve(False)
    files = person.call("GET", "/rest/connectors/google_drive/files")["files"]
    folder = next(file["id"] for file in files if file["name"] == "Policies")
    collection = person.call("POST", "/rest/collections", {"name": "Policies here"})["uuid"]
    body = {"file_ids": [folder], "collection_uuid": collection, "sync_mode": "auto"}
    job = person.call("POST", "/rest/connectors/google_drive/sync", body)["job_id"]
    deadline = time.monotonic() + 60
    while person.call("GET", f"/rest/connectors/google_drive/sync/{job}")["status"] in ("pending", "processing"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return collection


def test_searching_while_typing(member, page):
    collection = synced(member)
    member.go("Search")
    field = page.get_by_role("searchbox", name="Search in everything that was brought in")
    expect(field).to_be_focused()
    member.is_accessible("an empty search")
    field.press_sequentially("refund annual plans", delay=15)
    first = page.get_by_role("list", name="Results").get_by_role("article").first
    expect(first).to_contain_text("Refund policy")
    expect(first.locator("mark").first).to_be_visible()
    link = first.get_by_role("link").first
    assert link.get_attribute("href").startswith("http") and link.get_attribute("target") == "_blank"
    expect(page).to_have_url(re.compile(r"q=refund\+annual\+plans"))
    member.is_accessible("search")
    member.is_narrow("search")
    page.reload()
    expect(first).to_contain_text("Refund policy")
    page.get_by_label("Changed").select_option("7")
    page.get_by_label("Kind").select_option("pdf")
    page.get_by_role("button", name="Clear", exact=True).click()
    page.get_by_label("Collection").select_option(collection)
    expect(first).to_contain_text("Refund policy")
    field.fill("zyxxyvuts")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    member.is_accessible("a search without results")


def test_a_collection_shows_its_coverage_and_lets_files_go(member, page):
    collection = synced(member)
    member.go("Collections")
    member.is_accessible("collections")
    member.is_narrow("collections")
    page.get_by_role("link", name="Policies here").click()
    member.settled()
    coverage = member.person.call("GET", f"/rest/collections/{collection}/coverage")
    region = page.get_by_role("region", name="Coverage")
    expect(region).to_contain_text(f"{coverage['searchable']} of {coverage['files']} files at the sources can be searched")
    expect(region).to_contain_text("Kept up to date")
    member.is_accessible("a collection")
    member.is_narrow("a collection")
    page.get_by_role("button", name="Remove Security baseline.md").click()
    expect(page.get_by_role("dialog")).to_contain_text("Remove “Security baseline.md”?")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Remove Security baseline.md")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Security baseline.md")).to_have_count(0)
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_role("dialog")).to_contain_text("You belong to no organisation")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Delete the collection").click()
    member.is_accessible("deleting a collection")
    page.get_by_role("dialog").get_by_role("button", name="Delete the collection").click()
    expect(page.get_by_text("No collections yet")).to_be_visible()
    member.is_accessible("no collections")


def test_reconnecting_after_the_grant_was_revoked(member, page):
    collection = synced(member)
    member.person.emulator("DELETE", "/oauth/grants/ada@example.com")
    member.person.emulator("POST", "/oauth/access_tokens/expire")
    # Whatever touches the account next finds out.
    member.open("/files/google_drive", "Files")
    member.go("Connect")
    card = member.card("Google Drive")
    expect(card.get_by_text("Needs reconnecting")).to_be_visible()
    expect(card).to_contain_text("Your files stay")
    member.is_accessible("a connection that needs reconnecting")
    before = member.person.drive()["connection_id"]
    press_in_popup(member, lambda: card.get_by_role("button", name="Reconnect").click(), "allow")
    expect(card.get_by_text("Connected", exact=True)).to_be_visible()
    assert member.person.drive()["connection_id"] == before, "the same connection, with its files"
    assert member.person.call("GET", f"/rest/collections/{collection}")["file_count"] > 0


def test_disconnecting_says_first_what_goes(member, page):
    collection = synced(member)
    files = member.person.call("GET", f"/rest/collections/{collection}")["file_count"]
    member.open("/connect", "Connect")
    member.card("Google Drive").get_by_role("button", name="Disconnect").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"{files} files")
    expect(dialog).to_contain_text("Policies here")
    member.is_accessible("disconnecting")
    member.is_narrow("disconnecting")
    dialog.get_by_role("button", name="Keep it").click()
    expect(dialog).to_be_hidden()
    assert member.person.drive()["connected"] is True
    member.card("Google Drive").get_by_role("button", name="Disconnect").click()
    dialog.get_by_role("button", name=f"Disconnect and delete {files} files").click()
    expect(member.card("Google Drive").get_by_text("Not connected", exact=True)).to_be_visible(timeout=30_000)
    assert member.person.drive()["connected"] is False
    assert member.person.call("GET", f"/rest/collections/{collection}")["file_count"] == 0


def test_uploading_with_a_retry_of_what_broke_off(member, page):
    member.go("Files")
    page.get_by_role("link", name="Local Upload").click()
    member.settled()
    choose = page.get_by_role("button", name="Choose files")
    expect(choose).to_be_disabled()
    page.get_by_label("Name of the new collection").fill("From my desk")
    expect(choose).to_be_enabled()
    member.is_accessible("upload")
    member.is_narrow("upload")
    network = {"broken": True, "tries": 0}

    def pass_or_break(route):
        network["tries"] += 1
        return route.abort() if network["broken"] else route.continue_()

    page.route("**/local_upload/upload**", pass_or_break)

    def choose_file(name: str, text: str):
        with page.expect_file_chooser() as chooser:
            choose.click()
        chooser.value.set_files([{"name": name, "mimeType": "text/plain", "buffer": text.encode()}])

    choose_file("note 1.txt", "note 1: quokka")
    queue = page.get_by_role("region", name="uploaded")
    expect(queue).to_contain_text("The server does not answer", timeout=30_000)
    assert network["tries"] == 3, "it was tried again by itself before anybody was bothered"
    member.is_accessible("an upload that broke off")
    network["broken"] = False
    page.get_by_role("button", name="Go on with 1 file").click()
    expect(queue.get_by_text("Stored", exact=True)).to_have_count(1)
    choose_file("note 2.txt", "Ärger – 🦘 naïve: the second note about a quokka")
    expect(queue.get_by_text("Stored", exact=True)).to_have_count(2)
    # Dropped with its folder, and once more what is there already.
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(["note 1: quokka"], "again.txt", { type: "text/plain" }));
            document.querySelector("[aria-label='Files to upload']").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }"""
    )
    expect(queue.get_by_text("Already here")).to_be_visible()
    page.get_by_role("link", name="To the collection").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("From my desk")
    expect(page.get_by_text("note 2.txt")).to_be_visible()
    member.go("Search")
    page.get_by_role("searchbox").first.fill("quokka")
    hits = page.get_by_role("list", name="Results").get_by_role("article")
    deadline = time.monotonic() + 30
    while hits.count() < 2 and time.monotonic() < deadline:
        page.get_by_role("searchbox").first.fill("quokka ")
        page.evaluate("new Promise((done) => setTimeout(done, 400))")
        page.get_by_role("searchbox").first.fill("quokka")
        page.evaluate("new Promise((done) => setTimeout(done, 400))")
    second = hits.filter(has_text="note 2.txt")
    expect(second.locator("mark")).to_have_text("quokka")


def test_the_keyboard_goes_everywhere(member, page):
    member.person.connect()
    member.person.approve(False)
    member.open("/files/google_drive", "Files")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.get_by_role("button", name="Finance").focus()
    page.keyboard.press("Home")
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("ArrowDown")
    second = page.evaluate("document.activeElement.textContent || document.activeElement.ariaLabel")
    assert first != second
    stops = page.evaluate("[...document.querySelectorAll('[data-row] [data-main]')].filter((one) => one.tabIndex === 0).length")
    assert stops == 1, "the list is one stop"
    rows = page.evaluate("[...document.querySelectorAll('[data-row]')].filter((row) => [...row.querySelectorAll('button, input, a')].some((one) => one.tabIndex === 0)).length")
    assert rows == 1, "and only the row one is at has further ones"
    page.get_by_role("button", name="Policies").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Security baseline.md")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("button", name="Finance")).to_be_visible()
    member.go("Collections")
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_light_and_dark_are_chosen_and_kept(member, page):
    ground = "getComputedStyle(document.body).backgroundColor"
    member.theme("light")
    light = page.evaluate(ground)
    page.get_by_role("radio", name="Dark").check()
    page.wait_for_function(f"light => {ground} !== light", arg=light)
    page.reload()
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    assert page.evaluate(ground) != light
    page.get_by_role("radio", name="As the system").check()
    page.wait_for_function(f"light => {ground} === light", arg=light)


def test_nothing_is_asked_of_anybody_else(member, page, world):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for name in ("Search", "Collections", "Files", "Activity", "Connect"):
        member.go(name)
    page.reload()
    member.settled()
    foreign = [url for url in asked if not url.startswith((world.url, "data:", "blob:"))]
    assert asked and foreign == []


def test_a_server_that_is_gone_is_told_and_found_again(member, page):
    page.route("**/rest/**", lambda route: route.abort())
    member.page.get_by_role("navigation", name="Pages").get_by_role("link", name="Collections").click()
    alert = page.get_by_role("alert").first
    expect(alert).to_contain_text("The server does not answer", timeout=30_000)
    member.is_accessible("a failure")
    page.unroute("**/rest/**")
    alert.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("No collections yet")).to_be_visible()
    member.open("/nowhere", "Not found")
    member.is_accessible("not found")


def test_a_tab_notices_that_somebody_else_signed_in(member, page, world):
    user = world.call("POST", "/rest/admin/users", {"name": "Grace Example", "plan": "free"})["id"]
    token = world.call("POST", f"/rest/admin/users/{user}/tokens", {})["token"]
    page.evaluate(
        """token => fetch("/console/session", {
            method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ token })
        }).then((answer) => answer.status)""",
        token,
    )
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text("Grace Example")).to_be_visible()
    expect(page.get_by_text("Ada Example")).to_have_count(0)


def test_a_bookmarked_folder_knows_its_name(member, page):
    member.person.connect()
    member.person.approve(False)
    files = member.person.call("GET", "/rest/connectors/google_drive/files")["files"]
    folder = next(file["id"] for file in files if file["name"] == "Policies")
    member.open(f"/files/google_drive?folder={folder}", "Files")
    expect(page.get_by_role("navigation", name="Folders on the way")).to_contain_text("Policies")
    expect(page.get_by_text("Security baseline.md")).to_be_visible()


def test_a_large_upload_is_paused_and_goes_on_also_after_a_reload(member, page, tmp_path):
    """In pieces of 8 MiB: what arrived is not sent again, whatever happens in between."""
    size = 40_000_000
    (tmp_path / "film.bin").write_bytes(b"film" * (size // 4))
    pieces = []
    page.on("request", lambda request: pieces.append(int(request.headers["upload-offset"])) if request.method == "PATCH" else None)
    devtools = page.context.new_cdp_session(page)

    def network(bytes_per_second: int, offline: bool = False):
        told = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_second}
        devtools.send("Network.emulateNetworkConditions", told)

    def choose():
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose files").click()
        chooser.value.set_files(tmp_path / "film.bin")

    queue = page.get_by_role("region", name=re.compile("uploaded|uploading", re.I))
    well_on = re.compile(r"^(4[5-9]|[5-9]\d) %$")
    network(2_000_000)
    member.open("/files/local_upload")
    page.get_by_label("Name of the new collection").fill("Films")
    choose()
    expect(queue.locator(".numbers")).to_have_text(well_on, timeout=60_000)
    page.get_by_role("button", name="Pause").click()
    expect(queue.get_by_text("Paused", exact=True)).to_be_visible()
    member.is_accessible("a paused upload")
    member.is_narrow("a paused upload")

    # The network goes, and comes back: then nobody has to press anything.
    before = len(pieces)
    network(2_000_000, offline=True)
    page.get_by_role("button", name="Go on with 1 file").click()
    expect(queue).to_contain_text("The server does not answer", timeout=30_000)
    network(2_000_000)
    expect(queue.locator(".numbers")).to_have_text(well_on, timeout=60_000)
    assert pieces[before] >= 16_777_216, "what had arrived was not sent again"
    page.get_by_role("button", name="Pause").click()
    expect(queue.get_by_text("Paused", exact=True)).to_be_visible()

    # The page is left; the same file is chosen once more.
    before = len(pieces)
    page.reload()
    network(-1)
    expect(page.get_by_label("Collection")).to_contain_text("Films")
    choose()
    expect(queue.get_by_text("Stored", exact=True)).to_be_visible(timeout=60_000)
    assert pieces[before] >= 16_777_216, "nor was it after the reload"
    collections = member.person.call("GET", "/rest/collections")["collections"]
    films = next(one["uuid"] for one in collections if one["name"] == "Films")
    (file,) = member.person.call("GET", f"/rest/collections/{films}/files")["files"]
    assert file["size"] == size
