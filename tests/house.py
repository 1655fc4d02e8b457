"""A server with emulated providers beside it, and something in it: a connection, a synced folder, an upload.

Shared by the tests of the API, of the pages and of the Python SDK.
"""

import base64
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = Path(os.environ.get("GANGWAY_PROGRAM", ROOT / "target/debug/gangway"))


class House:
    """Runs the server for as long as the `with` block lasts."""

    # How the demo is started: what is connected and synced is up to whoever asks for a house.
    HOW = ["--no-walk"]

    def __init__(self, folder: str, *options: str):
        self.folder = Path(folder)
        self.options = options
        self.log = self.folder / "server.log"

    def __enter__(self):
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [PROGRAM, "demo", "--data-dir", self.folder / "data", *self.HOW, *self.options],
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.env = self.wait_until_ready()
        self.url = self.env["GANGWAY_URL"]
        self.token = self.env["GANGWAY_TOKEN"]
        self.admin_key = self.env["GANGWAY_ADMIN_KEY"]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)

    def wait_until_ready(self) -> dict:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                lines = (self.folder / "data/demo.env").read_text().splitlines()
                env = dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")
                urllib.request.urlopen(f"{env['GANGWAY_URL']}/readyz", timeout=5)
                return env
            except (OSError, KeyError):
                time.sleep(0.1)
        sys.exit(f"the server did not start:\n{self.said()}")

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def furnish(self) -> dict:
        """Connects, syncs a folder, uploads a file, opens a picker; the ids of all of it."""
        self.connect()
        files = self.call("GET", "/rest/connectors/google_drive/files")["files"]
        folder = next(file["id"] for file in files if file["name"] == "Policies")
        below = self.call("GET", f"/rest/connectors/google_drive/files?folder_id={folder}")["files"]
        collection = self.call("POST", "/rest/collections", {"name": "API tests"})["uuid"]
        body = {"file_ids": [folder], "collection_uuid": collection}
        job = self.call("POST", "/rest/connectors/google_drive/sync", body)["job_id"]
        while self.call("GET", f"/rest/connectors/google_drive/sync/{job}")["status"] in ("pending", "processing"):
            time.sleep(0.2)
        picker = self.call("POST", "/rest/connectors/google_drive/picker", {})
        user = self.call("POST", "/rest/admin/users", {"external_id": "to-be-deleted"})["id"]
        token = self.call("POST", f"/rest/admin/users/{user}/tokens", {})["id"]
        return {
            "collection": collection,
            "job": job,
            "source_file": below[0]["id"],
            "upload": self.upload(collection),
            "resumable": self.begin_upload(collection),
            "session": picker["session_id"],
            "picker_key": picker["picker_url"].split("#", 1)[1],
            "user": user,
            "token": token,
        }

    def connect(self):
        asked = self.call("POST", "/rest/connectors/google_drive/authorize", {})
        self.call("POST", "/rest/connectors/google_drive/token", self.consent(asked["auth_url"]))

    def consent(self, auth_url: str, provider: str = "google") -> dict:
        """Agrees on a person's behalf; the code and the state that the browser comes back with."""
        self.approve(True, provider)
        opener = urllib.request.build_opener(NoRedirect)
        try:
            opener.open(auth_url, timeout=10)
            sys.exit("the consent page did not lead back")
        except urllib.error.HTTPError as back:
            location = urllib.parse.urlparse(back.headers["Location"])
        answer = urllib.parse.parse_qs(location.query)
        return {"code": answer["code"][0], "state": answer["state"][0]}

    def approve(self, by_itself: bool, provider: str = "google"):
        """Whether the emulator answers for the person who would press the button."""
        self.emulator("PATCH", "/switches", {"auto_approve": by_itself}, provider)

    def emulator(self, method: str, path: str, body=None, provider: str = "google"):
        """Calls a provider's emulator: its switches, its faults, its clock."""
        url = f"{self.env[f'GANGWAY_EMULATOR_{provider.upper()}']}/_emulator{path}"
        data = None if body is None else json.dumps(body).encode()
        return send(method, url, {}, data, "application/json")

    def upload(self, collection: str) -> str:
        boundary = uuid.uuid4().hex
        body = (
            f"--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"notes.txt\"\r\n"
            f"Content-Type: text/plain\r\n\r\nsome notes\r\n--{boundary}--\r\n"
        ).encode()
        url = f"{self.url}/rest/connectors/local_upload/upload?collection_uuid={collection}"
        answer = send("POST", url, self.bearer(url), body, f"multipart/form-data; boundary={boundary}")
        return answer["files"][0]["id"]

    def begin_upload(self, collection: str) -> str:
        """Begins a resumable upload; its id."""
        url = f"{self.url}/rest/connectors/local_upload/uploads"
        about = f"collection_uuid {base64.b64encode(collection.encode()).decode()}"
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "1000", "Upload-Metadata": about}
        return send("POST", url, {**self.bearer(url), **headers}, None, "")["id"]

    def call(self, method: str, path: str, body=None):
        data = None if body is None else json.dumps(body).encode()
        return send(method, self.url + path, self.bearer(path), data, "application/json")

    def bearer(self, path: str) -> dict:
        key = self.admin_key if "/rest/admin/" in path else self.token
        return {"Authorization": f"Bearer {key}"}


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def send(method: str, url: str, headers: dict, body, content_type: str):
    if body is not None:
        headers = {**headers, "Content-Type": content_type}
    request = urllib.request.Request(url, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as refused:
        sys.exit(f"{method} {url} answered {refused.code}: {refused.read().decode(errors='replace')}")
