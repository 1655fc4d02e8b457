"""Every Python sample of the guide, run as it stands against a server with emulated providers.

What the guide leaves to the reader is supplied: the values in `<…>`, a person who agrees at the consent page, and what
a sample names without defining it.
"""

import ast
import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from samples import GUIDE, PRODUCT, Fill, Sample, samples

from pplx_sdk.connectors import (
    ConnectorClient,
    ConnectorError,
    InvalidScopeError,
    NotConnectedError,
    RateLimitError,
    Retry,
)

Scene = Callable[[Sample, Any], Awaitable[None]]


async def the_whole_story(sample: Sample, person: Any) -> None:
    printed: list[str] = []
    fill: Fill = {
        PRODUCT: person.url,
        "<token>": person.token,
        "<folder-id>": person.folder_id,
        "<file-1>": lambda: str(person.file_ids()[0]),
        "<file-2>": lambda: str(person.file_ids()[1]),
        "<collection-uuid>": person.new_collection,
    }

    def printing(text: str) -> None:
        printed.append(text)
        if text.startswith("Visit: "):
            # Here the person goes to the address and agrees.
            fill["<auth-code>"] = person.consent(text.removeprefix("Visit: "))["code"]

    names: dict[str, Any] = {"asyncio": asyncio, "print": printing}
    await sample.run(names, fill)
    await names["connectors"].aclose()
    assert names["token"].user_info.email == "ada@example.com"
    assert {"Google Drive: connected", "Notion: disconnected"} <= set(printed)
    assert {file.id for file in names["files"].files} >= set(person.file_ids()[:2])
    assert names["job"].status == "completed" and names["job"].files_synced == 2
    assert printed[-1] == "Progress: 100%"


async def csrf(sample: Sample, person: Any) -> None:
    class SecurityError(Exception):
        pass

    async def once(forged: bool) -> dict[str, Any]:
        async with ConnectorClient() as client:
            names: dict[str, Any] = {"connectors": client, "session": {}, "SecurityError": SecurityError}

            def called_back() -> str:
                # Here the person has agreed, and the browser comes back.
                names["callback"] = person.consent(names["auth"].auth_url)
                return "forged" if forged else str(names["callback"]["state"])

            await sample.run(names, {}, late={"callback_state": called_back})
            names["token"] = await client.token("google_drive", **names["callback"])
            return names

    names = await once(forged=False)
    assert names["auth"].state == names["session"]["oauth_state"] and len(names["state"]) >= 43
    assert names["token"].connector_id == "google_drive"
    with pytest.raises(SecurityError):
        await once(forged=True)


async def token_refresh(sample: Sample, person: Any) -> None:
    person.connect()
    async with ConnectorClient() as client:
        names: dict[str, Any] = {"connectors": client, "datetime": datetime, "timedelta": timedelta}
        await sample.run(names, {})
        before = await client.get_status("google_drive")
        await names["ensure_valid_token"]("google_drive")
        assert (await client.get_status("google_drive")).expires_at == before.expires_at, "there was no need"

        let_end_soon(person, str(before.connection_id))
        assert (await client.get_status("google_drive")).expires_at < before.expires_at - timedelta(minutes=30)
        await names["ensure_valid_token"]("google_drive")
        assert (await client.get_status("google_drive")).expires_at > datetime.now() + timedelta(minutes=50)

        # Access to Notion does not end, and Slack is not connected: the sample says what is so.
        auth = await client.authorize("notion")
        await client.token("notion", **person.consent(auth.auth_url, "notion"))
        await names["ensure_valid_token"]("notion")
        with pytest.raises(NotConnectedError):
            await names["ensure_valid_token"]("slack")


def let_end_soon(person: Any, connection: str) -> None:
    """Moves the end of a connection's access token to a minute from now."""
    soon = int((time.time() + 60) * 1000)
    with sqlite3.connect(person.folder / "data/gangway.db", timeout=30) as rows:
        rows.execute("UPDATE connections SET expires_at = ? WHERE id = ?", (soon, connection))


async def minimal_scopes(sample: Sample, person: Any) -> None:
    good, bad = [ast.literal_eval(one.value) for one in ast.parse(sample.text).body if isinstance(one, ast.Assign)]
    names: dict[str, Any] = {}
    await sample.run(names, {})
    assert names["scopes"] == bad
    async with ConnectorClient() as client:
        auth = await client.authorize("google_drive", scopes=good)
        token = await client.token("google_drive", **person.consent(auth.auth_url))
        assert set(good) <= set(token.scopes)
        with pytest.raises(InvalidScopeError):
            await client.authorize("google_drive", scopes=bad)


async def retry_strategy(sample: Sample, person: Any) -> None:
    person.connect()
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        person.emulator("DELETE", "/faults")
        # The server keeps the pause as well: whoever comes earlier is refused without a call.
        await asyncio.sleep(seconds)

    # The sample retries by itself: the client leaves it to that.
    async with ConnectorClient(retry=Retry(max_retries=0)) as client:
        names: dict[str, Any] = {
            "connectors": client,
            "ConnectorError": ConnectorError,
            "asyncio": SimpleNamespace(sleep=sleep),
        }
        await sample.run(names, {})
        calls: list[str] = []

        async def listing() -> Any:
            calls.append("list")
            return await client.list_files("google_drive")

        person.emulator("POST", "/faults", {"operation": "oauth.token", "times": 1, "effect": {"status": 503}})
        person.emulator("POST", "/oauth/access_tokens/expire", {})
        assert (await names["retry_connector_request"](listing)).files
        assert (calls, pauses) == (["list"] * 2, []), "an ended token is refreshed, and the call made again"

        calls.clear()
        # Longer than the server itself waits while a person does.
        limit = {"status": 429, "retry_after": 9}
        person.emulator("POST", "/faults", {"operation": "drive.files.list", "times": 9, "effect": limit})
        assert (await names["retry_connector_request"](listing)).files
        assert (calls, pauses) == (["list"] * 2, [9.0]), "the pause that was asked for is kept"

        async def refused() -> Any:
            return await client.list_files("slack")

        pauses.clear()
        with pytest.raises(NotConnectedError):
            await names["retry_connector_request"](refused)
        assert pauses == [1, 2]

    # What the sample does, the client does by itself.
    pauses.clear()
    async with ConnectorClient(retry=Retry(max_wait=300), pause=sleep) as client:
        person.emulator("POST", "/faults", {"operation": "drive.files.list", "times": 9, "effect": limit})
        assert (await client.list_files("google_drive")).files and pauses == [9.0]
        person.emulator("POST", "/faults", {"operation": "oauth.token", "times": 1, "effect": {"status": 503}})
        person.emulator("POST", "/oauth/access_tokens/expire", {})
        assert (await client.list_files("google_drive")).files and pauses == [9.0]
    async with ConnectorClient() as client:
        limit = {"status": 429, "retry_after": 200}
        person.emulator("POST", "/faults", {"operation": "drive.files.list", "times": 1, "effect": limit})
        with pytest.raises(RateLimitError) as caught:
            await client.list_files("google_drive")
        assert caught.value.retry_after == 200 and caught.value.connector_id == "google_drive"


async def status_polling(sample: Sample, person: Any) -> None:
    person.connect()
    shown: asyncio.Queue[Any] = asyncio.Queue()
    complaints: list[str] = []
    async with ConnectorClient() as client:
        names: dict[str, Any] = {
            "connectors": client,
            "asyncio": asyncio,
            "update_connector_ui": shown.put_nowait,
            "logger": SimpleNamespace(error=complaints.append),
        }
        await sample.run(names, {})
        polling = asyncio.create_task(names["monitor_connectors"]())
        status = await asyncio.wait_for(shown.get(), 30)
        polling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await polling
    assert {one.id: one.connected for one in status.connectors}["google_drive"] is True
    assert complaints == []


SCENES: dict[str, Scene] = {
    "Python (Future pplx-sdk)": the_whole_story,
    "2. CSRF Protection": csrf,
    "3. Token Refresh": token_refresh,
    "4. Scope Minimization": minimal_scopes,
    "Retry Strategy": retry_strategy,
    "2. Connector Status Polling": status_polling,
}
FOUND = samples(GUIDE) if GUIDE.exists() else []
ABSENT = f"no guide at {GUIDE} (GANGWAY_SHARED names another folder): the samples of docs/sdk-python.md stand in for it"


@pytest.mark.skipif(not FOUND, reason=ABSENT)
def test_every_sample_has_its_scene() -> None:
    assert [sample.heading for sample in FOUND] == list(SCENES)


@pytest.mark.parametrize(
    "sample",
    FOUND or [pytest.param(None, marks=pytest.mark.skip(ABSENT))],
    ids=lambda one: getattr(one, "heading", "absent"),
)
def test_sample(sample: Sample, person: Any) -> None:
    asyncio.run(SCENES[sample.heading](sample, person))
