"""Notion's Python client, unmodified, against the emulated Notion.

Addresses are redirected only by the documented option `base_url`.
"""

import hashlib
import hmac
import html.parser
import http.server
import json
import os
import pathlib
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import httpx
import pytest
from notion_client import APIErrorCode, APIResponseError, Client
from notion_client.client import RetryOptions
from notion_client.errors import HTTPResponseError
from notion_client.helpers import collect_paginated_api, is_full_page, iterate_paginated_api

ROOT = pathlib.Path(__file__).resolve().parents[3]
REDIRECT = "http://localhost:8765/callback"


class Emulator:
    def __init__(self, base, client_id, client_secret):
        self.base, self.client_id, self.client_secret = base, client_id, client_secret

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base}/_emulator{path}", data, method=method)
        request.add_header("content-type", "application/json")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def id(self, key):
        return self.control("GET", f"/pages?id={urllib.parse.quote(key)}")["id"]

    def client(self, token=None, version="2026-03-11", retry=False):
        return Client(auth=token, base_url=self.base, notion_version=version, retry=retry)

    def authorize(self, account="ada@example.com", decision="allow"):
        query = {
            "client_id": self.client_id,
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "owner": "user",
            "state": "some state",
        }
        url = f"{self.base}/v1/oauth/authorize?{urllib.parse.urlencode(query)}"
        callback = click(self.base, url, account, decision)
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(callback).query))

    def exchange(self, **body):
        return self.client().oauth.token(client_id=self.client_id, client_secret=self.client_secret, **body)

    def sign_in(self, account="ada@example.com"):
        code = self.authorize(account)["code"]
        return self.exchange(grant_type="authorization_code", code=code, redirect_uri=REDIRECT)


class Form(html.parser.HTMLParser):
    """Collects the fields of the consent page's form."""

    def __init__(self):
        super().__init__()
        self.action, self.fields = None, []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            self.action = attributes["action"]
        if tag == "input":
            self.fields.append((attributes["type"], attributes["name"], attributes["value"]))


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def click(base, url, account, decision):
    form = Form()
    with urllib.request.urlopen(url) as page:
        form.feed(page.read().decode())
    fields = [(name, value) for kind, name, value in form.fields if kind != "radio" or value == account]
    fields.append(("decision", decision))
    opener = urllib.request.build_opener(NoRedirect)
    try:
        opener.open(base + form.action, urllib.parse.urlencode(fields).encode())
    except urllib.error.HTTPError as answer:
        assert answer.code == 302, answer.read()
        return answer.headers["location"]
    raise AssertionError("the consent page did not send us back")


@pytest.fixture
def emulator():
    binary = os.environ.get("GANGWAY_EMULATE_BIN", str(ROOT / "target/debug/gangway-emulate"))
    command = [binary, "notion", "--listen", "127.0.0.1:0", "--seed", "demo", "--redirect-uri", REDIRECT]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        told = dict(process.stdout.readline().strip().split(": ", 1) for _ in range(3))
        yield Emulator(told["notion emulator"], told["client id"], told["client secret"])
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def notion(emulator):
    return emulator.client(emulator.sign_in()["access_token"])


def title(page):
    found = next(value for value in page["properties"].values() if value["id"] == "title")
    return "".join(item["plain_text"] for item in found["title"])


def test_exchange_refresh_introspect_and_revoke(emulator):
    callback = emulator.authorize()
    assert callback["state"] == "some state"
    first = emulator.exchange(grant_type="authorization_code", code=callback["code"], redirect_uri=REDIRECT)
    assert first["owner"]["user"]["person"]["email"] == "ada@example.com"
    assert "expires_in" not in first
    with pytest.raises(HTTPResponseError):
        emulator.exchange(grant_type="authorization_code", code=callback["code"], redirect_uri=REDIRECT)
    second = emulator.exchange(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"]
    assert second["bot_id"] == first["bot_id"]
    with pytest.raises(HTTPResponseError) as refused:
        emulator.exchange(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert refused.value.status == 400
    assert json.loads(refused.value.body)["error"] == "invalid_grant"
    keys = {"client_id": emulator.client_id, "client_secret": emulator.client_secret}
    token = second["access_token"]
    assert emulator.client().oauth.introspect(token=token, **keys)["active"] is True
    emulator.client().oauth.revoke(token=token, **keys)
    with pytest.raises(APIResponseError) as refused:
        emulator.client(token).users.me()
    assert refused.value.code == APIErrorCode.Unauthorized


def test_a_cancelled_consent(emulator):
    assert emulator.authorize(decision="deny") == {"error": "access_denied", "state": "some state"}


def test_identity_and_people(notion):
    me = notion.users.me()
    assert me["bot"]["workspace_name"] == "Lantern Tea Company"
    people = collect_paginated_api(notion.users.list, page_size=2)
    assert [user["type"] for user in people] == ["person", "person", "bot"]
    assert notion.users.retrieve(people[1]["id"])["name"] == "Grace Example"


def test_search_and_paging(emulator, notion):
    body = {"parent": {"path": "Handbook"}, "count": 230, "size": 50, "prefix": "Many "}
    emulator.control("POST", "/generate", body)
    filter = {"property": "object", "value": "page"}
    found = list(iterate_paginated_api(notion.search, query="Many", filter=filter, page_size=100))
    assert len(found) == 230 and all(is_full_page(page) for page in found)
    sources = notion.search(filter={"property": "object", "value": "data_source"})["results"]
    assert {source["object"] for source in sources} == {"data_source"}
    children = collect_paginated_api(notion.blocks.children.list, block_id=emulator.id("handbook"))
    assert len(children) > 230


def test_pages_blocks_and_markdown(emulator, notion):
    page = notion.pages.retrieve(emulator.id("weekly-2026-03-02"))
    assert title(page) == "Weekly 2026-03-02"
    kinds = [block["type"] for block in notion.blocks.children.list(page["id"])["results"]]
    assert {"table", "to_do", "file", "image", "synced_block", "code"} <= set(kinds)
    markdown = notion.pages.retrieve_markdown(page["id"])
    assert "- [ ] Order the new packing tables" in markdown["markdown"]
    comments = notion.comments.list(block_id=page["id"])["results"]
    assert comments[0]["rich_text"][1]["plain_text"] == "@Ada Example"


def test_databases_and_queries(emulator, notion):
    database = notion.databases.retrieve(emulator.id("projects-db"))
    source = notion.data_sources.retrieve(database["data_sources"][0]["id"])
    assert source["properties"]["Stage"]["type"] == "status"
    rows = notion.data_sources.query(
        source["id"],
        filter={"property": "Budget", "number": {"greater_than": 10000}},
        sorts=[{"property": "Budget", "direction": "descending"}],
        filter_properties=["title"],
    )["results"]
    assert [title(row) for row in rows] == ["Warehouse move / harbour", "Cold brew range"]
    assert list(rows[0]["properties"]) == ["Name"]
    row = emulator.id("row-coldbrew")
    relation = notion.pages.retrieve(row)["properties"]["Suppliers"]
    items = notion.pages.properties.retrieve(page_id=row, property_id=relation["id"])
    assert len(items["results"]) == 2


def test_files_expire_and_want_no_token(emulator, notion):
    def fresh():
        blocks = notion.blocks.children.list(emulator.id("weekly-2026-03-02"))["results"]
        return next(block["file"]["file"]["url"] for block in blocks if block["type"] == "file")

    url = fresh()
    assert httpx.get(url).content.startswith(b"%PDF")
    assert httpx.get(url, headers={"Authorization": "Bearer x"}).status_code == 400
    emulator.control("POST", "/clock/advance", {"seconds": 3601})
    expired = httpx.get(url)
    assert expired.status_code == 403 and b"Request has expired" in expired.content
    assert httpx.get(fresh()).status_code == 200


def test_errors(emulator, notion):
    for missing in ["00000000-0000-4000-8000-000000000000", emulator.id("private")]:
        with pytest.raises(APIResponseError) as refused:
            notion.pages.retrieve(missing)
        assert refused.value.code == APIErrorCode.ObjectNotFound
    with pytest.raises(APIResponseError) as refused:
        notion.search(page_size=101)
    assert refused.value.code == APIErrorCode.ValidationError
    emulator.control("PATCH", "/switches", {"capabilities": {"user_info": "none"}})
    with pytest.raises(APIResponseError) as refused:
        notion.users.list()
    assert refused.value.code == APIErrorCode.RestrictedResource
    html = {"operation": "users.me", "times": 1, "effect": {"status": 502, "body": "<html>502 Bad Gateway</html>"}}
    emulator.control("POST", "/faults", html)
    with pytest.raises(HTTPResponseError) as refused:
        notion.users.me()
    assert refused.value.status == 502


def test_rate_limits_are_waited_for(emulator):
    token = emulator.sign_in()["access_token"]
    limit = {"operation": "users.me", "times": 1, "effect": {"status": 429, "retry_after": 1}}
    emulator.control("POST", "/faults", limit)
    with pytest.raises(APIResponseError) as refused:
        emulator.client(token).users.me()
    assert refused.value.code == APIErrorCode.RateLimited
    emulator.control("POST", "/faults", limit)
    began = time.monotonic()
    patient = emulator.client(token, retry=RetryOptions(max_retries=2))
    assert patient.users.me()["type"] == "bot"
    assert time.monotonic() - began >= 1


def test_an_older_version(emulator):
    token = emulator.sign_in()["access_token"]
    notion = emulator.client(token, version="2025-09-03")
    page = notion.pages.retrieve(emulator.id("handbook"))
    assert page["archived"] is False and page["in_trash"] is False


def test_writing(emulator, notion):
    capabilities = {"update_content": True, "insert_content": True, "insert_comments": True}
    emulator.control("PATCH", "/switches", {"capabilities": capabilities})
    page = notion.pages.create(
        parent={"page_id": emulator.id("handbook")},
        properties={"title": [{"text": {"content": "From the client"}}]},
        children=[{"paragraph": {"rich_text": [{"text": {"content": "Hello"}}]}}],
    )
    made = notion.blocks.children.append(
        page["id"], children=[{"to_do": {"rich_text": [{"text": {"content": "Do it"}}], "checked": True}}]
    )
    block = made["results"][0]
    changed = notion.blocks.update(block["id"], to_do={"rich_text": [], "checked": False})
    assert changed["to_do"]["checked"] is False
    assert notion.blocks.delete(block["id"])["in_trash"] is True
    moved = notion.pages.move(page["id"], parent={"type": "page_id", "page_id": emulator.id("meetings")})
    assert moved["parent"]["page_id"] == emulator.id("meetings")
    assert notion.pages.update(page["id"], in_trash=True)["in_trash"] is True
    notion.comments.create(parent={"page_id": emulator.id("home")}, rich_text=[{"text": {"content": "Hi"}}])


def test_webhooks_are_signed(emulator, notion):
    seen = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            seen.append((self.headers.get("x-notion-signature"), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        subscription = emulator.control("POST", "/webhooks/subscriptions", {"url": url})
        emulator.control("POST", "/webhooks/flush", {})
        token = json.loads(seen[0][1])["verification_token"]
        path = f"/webhooks/subscriptions/{subscription['id']}/verify"
        emulator.control("POST", path, {"token": token})
        emulator.control("PATCH", "/pages", {"id": "home", "title": "Renamed"})
        emulator.control("POST", "/webhooks/flush", {})
        signature, body = seen[1]
        expected = "sha256=" + hmac.new(token.encode(), body, hashlib.sha256).hexdigest()
        assert hmac.compare_digest(signature, expected)
        assert json.loads(body)["type"] == "page.properties_updated"
    finally:
        server.shutdown()
