"""What the live tests work with: a server with emulated providers, and a user of their own for each test."""

import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "tests"))
from house import House  # type: ignore[import-not-found]


@pytest.fixture(scope="session")
def house() -> Iterator[Any]:
    with tempfile.TemporaryDirectory(prefix="gangway-sdk-") as folder, House(folder) as running:
        yield running


@pytest.fixture
def person(house: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A new user, whose address and token are in the environment."""
    user = house.call("POST", "/rest/admin/users", {"external_id": uuid.uuid4().hex, "plan": "enterprise"})["id"]
    token = house.call("POST", f"/rest/admin/users/{user}/tokens", {})["token"]
    monkeypatch.setenv("GANGWAY_URL", house.url)
    monkeypatch.setenv("GANGWAY_TOKEN", token)
    yield Person(house, token)
    house.emulator("DELETE", "/faults")


class Person(House):  # type: ignore[misc]
    """Calls as one user, in a house that is there already."""

    def __init__(self, house: Any, token: str) -> None:
        self.url, self.env, self.token, self.admin_key = house.url, house.env, token, house.admin_key
        self.folder = house.folder

    def folder_id(self) -> str:
        files = self.call("GET", "/rest/connectors/google_drive/files")["files"]
        return str(next(file["id"] for file in files if file["name"] == "Policies"))

    def file_ids(self) -> list[str]:
        files = self.call("GET", f"/rest/connectors/google_drive/files?folder_id={self.folder_id()}")["files"]
        return [file["id"] for file in files if file["kind"] == "file"]

    def new_collection(self) -> str:
        return str(self.call("POST", "/rest/collections", {"name": uuid.uuid4().hex})["uuid"])
