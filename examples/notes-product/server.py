"""A small product's back end: its people connect accounts, choose documents and search them, and no token leaves it.

Run it with the environment that `make demo` leaves behind; see README.md. Standard library and the Python SDK only.
"""

import argparse
import json
import os
import secrets
import threading
import urllib.request
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from pplx_sdk.connectors import ConnectorError, SyncConnectorClient

HERE = Path(__file__).resolve().parent
PAGES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/product.js": ("product.js", "text/javascript; charset=utf-8"),
    "/product.css": ("product.css", "text/css; charset=utf-8"),
}
SOURCES = ("google_drive", "notion", "slack", "dropbox")
# What the picker in a browser may ask for; everything else about a session this server decides.
ASKABLE = {"multiple", "mime_types", "max_files", "origin", "redirect_uri", "state"}


class Person:
    """Somebody who uses the product, with a Gangway user of their own."""

    def __init__(self, gangway: str, admin_key: str, name: str):
        def admin(path: str, body: dict) -> dict:
            headers = {"Authorization": f"Bearer {admin_key}", "Content-Type": "application/json"}
            request = urllib.request.Request(f"{gangway}/rest/admin/{path}", json.dumps(body).encode(), headers)
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)

        user = admin("users", {"external_id": name, "plan": "enterprise"})["id"]
        token = admin(f"users/{user}/tokens", {"label": "notes product", "expires_in": 86400})["token"]
        self.connectors = SyncConnectorClient(api_base=gangway, auth_token=token)
        self.lock = threading.Lock()
        self._notes = ""

    def notes(self) -> str:
        """The collection that everything they choose goes into."""
        with self.lock:
            if not self._notes:
                self._notes = self.connectors.collections.create("Notes").uuid
            return self._notes


class Product(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple, gangway: str, admin_key: str):
        super().__init__(address, Handler)
        self.gangway, self.admin_key = gangway.rstrip("/"), admin_key
        # A real product signs people in; here, whoever comes is somebody new.
        self.people: dict[str, Person] = {}

    def sign_in(self) -> str:
        """Lets somebody new in; the secret that their browser shows from now on."""
        cookie = secrets.token_urlsafe(24)
        self.people[cookie] = Person(self.gangway, self.admin_key, f"notes-{secrets.token_hex(8)}")
        return cookie


class Handler(BaseHTTPRequestHandler):
    server: Product
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        address = urlsplit(self.path)
        if address.path in PAGES:
            return self.page(*PAGES[address.path])
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        match address.path.strip("/").split("/"):
            case ["connectors", source] if source in SOURCES:
                self.answer(lambda one: one.connectors.get_status(source))
            case ["connectors", source, "picker", session] if source in SOURCES:
                self.answer(lambda one: one.connectors.get_picker(source, session))
            case ["notes", "sync", source, job] if source in SOURCES:
                self.answer(lambda one: one.connectors.get_sync_status(source, job))
            case ["notes", "search"]:
                self.answer(lambda one: one.connectors.search(query.get("q", ""), collections=[one.notes()], limit=10))
            case _:
                self.say(404, {"error": {"code": "not_found", "message": "there is no such path"}})

    def do_POST(self):
        body = self.body()
        if body is None:
            return self.say(400, {"error": {"code": "invalid_request", "message": "send a JSON object"}})
        match self.path.strip("/").split("/"):
            case ["connectors", source, "authorize"] if source in SOURCES:
                asked = {name: body[name] for name in ("redirect_uri", "login_hint") if body.get(name)}
                self.answer(lambda one: one.connectors.authorize(source, **asked))
            case ["connectors", source, "token"] if source in SOURCES:
                # The sealed handles of the answer are nothing that a page needs.
                said = {"code": str(body.get("code", "")), "state": str(body.get("state", ""))}
                self.answer(lambda one: {"connected": one.connectors.token(source, **said).connector_id})
            case ["connectors", source, "picker"] if source in SOURCES:
                asked = {name: value for name, value in body.items() if name in ASKABLE}
                self.answer(lambda one: one.connectors.picker(source, **asked))
            case ["notes", "sync", source] if source in SOURCES:
                self.answer(lambda one: self.bring_in(one, source, str(body.get("session_id", ""))))
            case _:
                self.say(404, {"error": {"code": "not_found", "message": "there is no such path"}})

    def bring_in(self, person: Person, source: str, session: str):
        """Starts to sync what was chosen: what Gangway says was chosen, not what the page says."""
        chosen = person.connectors.get_picker(source, session)
        ids = [file.id for file in chosen.files]
        return person.connectors.sync_files(source, ids, person.notes(), sync_mode="auto")

    def answer(self, work):
        """Does something for the person whose browser this is; failures are told in Gangway's own words."""
        if self.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return self.say(403, {"error": {"code": "forbidden", "message": "only this product's pages may call this"}})
        person = self.server.people.get(self.cookie())
        if person is None:
            return self.say(401, {"error": {"code": "unauthorized", "message": "load the page again to sign in"}})
        try:
            said = work(person)
        except ConnectorError as error:
            told = {"code": error.code, "message": error.message, "details": error.details}
            return self.say(error.status or 502, {"error": told})
        self.say(200, said if isinstance(said, dict) else said.model_dump(mode="json", by_alias=True))

    def page(self, name: str, media_type: str):
        text = (HERE / name).read_text().replace("{{gangway}}", self.server.gangway)
        policy = (
            f"default-src 'none'; script-src 'self' {self.server.gangway}; style-src 'self'; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        headers = {"Content-Security-Policy": policy}
        # With the page and not with its first calls, which are several at once.
        if name == "index.html" and self.cookie() not in self.server.people:
            # Lax: a person who comes back from a consent screen is still the same one.
            headers["Set-Cookie"] = f"notes={self.server.sign_in()}; Path=/; HttpOnly; SameSite=Lax"
        self.send(200, text.encode(), media_type, headers)

    def say(self, status: int, said: dict):
        self.send(status, json.dumps(said).encode(), "application/json", {})

    def send(self, status: int, body: bytes, media_type: str, headers: dict):
        self.send_response(status)
        for name, value in {**headers, "Content-Type": media_type, "Cache-Control": "no-store"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self) -> dict | None:
        try:
            body = json.loads(self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 100_000)))
        except ValueError:
            return None
        is_json = self.headers.get("Content-Type", "").startswith("application/json")
        return body if is_json and isinstance(body, dict) else None

    def cookie(self) -> str:
        kept = SimpleCookie(self.headers.get("Cookie", "")).get("notes")
        return kept.value if kept else ""

    def log_message(self, *_):
        """Says nothing: the addresses of returns hold codes."""


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--port", type=int, default=8090)
    port = arguments.parse_args().port
    missing = [name for name in ("GANGWAY_URL", "GANGWAY_ADMIN_KEY") if not os.environ.get(name)]
    if missing:
        raise SystemExit(f"{' and '.join(missing)} not set: set -a; . gangway-data/demo/demo.env; set +a")
    product = Product(("127.0.0.1", port), os.environ["GANGWAY_URL"], os.environ["GANGWAY_ADMIN_KEY"])
    print(f"notes product: http://localhost:{product.server_port}/", flush=True)
    try:
        product.serve_forever()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main()
