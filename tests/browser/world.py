"""The real server beside an emulated Google, both on free ports, with origins of a product on its list.

As a program it runs for tests in other languages: `world.py ORIGIN…` says in one line of JSON where everything is, and
ends when its input does.
"""

import json
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from house import PROGRAM, House  # noqa: E402

CONFIG = """
allowed_origins = {origins}
redirect_uris = {pages}
[log]
level = "warn"
[outgoing]
allow_private_addresses = true
[providers.google]
client_id = "client"
client_secret = "secret"
authorize_url = "{emulator}/o/oauth2/v2/auth"
token_url = "{emulator}/token"
revoke_url = "{emulator}/revoke"
[connectors.google_drive.endpoints]
api = "{emulator}"
userinfo = "{emulator}"
docs = "{emulator}"
"""


class World(House):
    def __init__(self, folder: str, origins: list):
        super().__init__(folder)
        self.origins = origins
        self.processes = []

    def __enter__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        # A product may have a page of its own for people to come back to.
        pages = [f"{origin}/back" for origin in self.origins]
        emulate = ["emulate", "google", "--client-id", "client", "--client-secret", "secret"]
        for redirect_uri in [f"{self.url}/oauth/callback", *pages]:
            emulate += ["--redirect-uri", redirect_uri]
        emulator = self.start(*emulate, stdout=subprocess.PIPE)
        line = next(line for line in emulator.stdout if line.startswith("google emulator: "))
        self.emulator = line.split(": ", 1)[1].strip().rstrip("/")
        config = CONFIG.format(
            origins=json.dumps(self.origins), pages=json.dumps(pages), emulator=self.emulator
        )
        (self.folder / "gangway.toml").write_text(config)
        subprocess.run([PROGRAM, "keys", "new"], cwd=self.folder, check=True, stdout=subprocess.DEVNULL)
        with self.log.open("wb") as output:
            self.start("serve", "--listen", f"127.0.0.1:{port}", stdout=output, stderr=output)
        self.wait_until_ready()
        self.admin_key = (self.folder / "gangway-data/admin.key").read_text().strip()
        self.token = ""
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
            process.wait(timeout=60)

    def start(self, *arguments, **options):
        process = subprocess.Popen([PROGRAM, *arguments], cwd=self.folder, text=True, **options)
        self.processes.append(process)
        return process

    def wait_until_ready(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                return urllib.request.urlopen(f"{self.url}/readyz", timeout=5)
            except OSError:
                time.sleep(0.1)
        sys.exit(f"the server did not start:\n{self.said()}")

    def new_person(self) -> "Person":
        user = self.call("POST", "/rest/admin/users", {"name": "Ada Example", "plan": "enterprise"})["id"]
        return Person(self, self.call("POST", f"/rest/admin/users/{user}/tokens", {})["token"])

    def end(self, table: str):
        """Lets everything in a table that ends be past its end."""
        with sqlite3.connect(self.folder / "gangway-data/gangway.db", timeout=30) as rows:
            rows.execute(f"UPDATE {table} SET expires_at = 1")


class Person(House):
    """Calls as one user."""

    def __init__(self, world: World, token: str):
        self.world, self.url, self.token, self.admin_key = world, world.url, token, world.admin_key
        self.env = {"GANGWAY_EMULATOR_GOOGLE": world.emulator}

    def auth_url(self) -> str:
        self.approve(False)
        return self.call("POST", "/rest/connectors/google_drive/authorize", {})["auth_url"]

    def drive(self) -> dict:
        return self.call("GET", "/rest/connectors/google_drive")

    def picker(self, **options) -> dict:
        self.connect()
        return self.call("POST", "/rest/connectors/google_drive/picker", options)

    def picked(self, picker: dict) -> dict:
        return self.call("GET", f"/rest/connectors/google_drive/picker/{picker['session_id']}")


def main():
    with tempfile.TemporaryDirectory(prefix="gangway-world-") as folder, World(folder, sys.argv[1:]) as world:
        told = {"url": world.url, "emulator": world.emulator, "admin_key": world.admin_key, "folder": folder}
        print(json.dumps(told), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
