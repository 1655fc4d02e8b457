"""Both clients through a whole life against a real server: connect, pick, sync, stream, upload, search, disconnect."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import pytest

from pplx_sdk.connectors import (
    ConnectorClient,
    InvalidGrantError,
    InvalidRequestError,
    NotConnectedError,
    NotFoundError,
    PlanRequiredError,
    SyncConnectorClient,
    UnauthorizedError,
)


def test_a_life_with_the_sync_client(person: Any, tmp_path: Path) -> None:
    with SyncConnectorClient() as client:
        auth = client.authorize("google_drive", scopes=["drive.readonly"])
        with pytest.raises(InvalidGrantError):
            client.token("google_drive", "not-the-code", state="not-the-state")
        token = client.token("google_drive", person.consent(auth.auth_url)["code"])
        assert token.access_token not in repr(token) and token.user_info.email == "ada@example.com"
        assert client.refresh_token("google_drive").connection_id == token.connection_id
        assert client.me().plan == "enterprise"

        files = list(client.iter_files("google_drive", page_size=3))
        assert [file.id for file in files] == [file.id for file in client.list_files("google_drive", limit=100).files]
        folder = next(file for file in files if file.name == "Policies")
        assert folder.mimeType == folder.mime_type

        shelf = client.collections.create("Shelf", description="tea")
        assert client.collections.update(shelf.uuid, description=None).description is None
        assert shelf.uuid in [one.uuid for one in client.collections.iter()]
        job = client.sync_files("google_drive", [folder.id], shelf.uuid)
        states = list(client.stream_progress("google_drive", job.job_id, timeout=60))
        assert states[-1].status == "completed" and states[-1].progress == 100
        assert client.wait("google_drive", job.job_id).files_synced == states[-1].files_synced > 0
        assert client.cancel_sync("google_drive", job.job_id).status == "completed"
        assert job.job_id in [one.job_id for one in client.list_syncs("google_drive").jobs]
        outcomes = list(client.iter_sync_files("google_drive", job.job_id))
        assert len(outcomes) >= states[-1].files_synced
        assert client.explain_file("google_drive", outcomes[0].id).collections == [shelf.uuid]
        assert len(list(client.collections.iter_files(shelf.uuid))) >= states[-1].files_synced
        coverage = client.collections.coverage(shelf.uuid)
        assert coverage.searchable <= coverage.files and coverage.sources[0].connector_id == "google_drive"
        contents = client.contents("google_drive")
        assert contents.files >= states[-1].files_synced and contents.collections[0].uuid == shelf.uuid

        (tmp_path / "Zoë.md").write_text("# Tea\n\nSmoked oolong is kept dry.\n")
        sent: list[tuple[int, int]] = []
        outcome = client.upload(tmp_path / "Zoë.md", shelf.uuid, on_progress=lambda *how: sent.append(how))
        (stored,) = outcome.files
        assert (stored.name, stored.status, stored.size) == ("Zoë.md", "stored", sent[-1][1])
        assert client.upload(tmp_path / "Zoë.md", shelf.uuid).files[0].status == "duplicate"
        copy = client.download_upload(str(stored.id), tmp_path / "copy")
        assert copy.read_bytes() == (tmp_path / "Zoë.md").read_bytes()

        hits = client.collections.search(shelf.uuid, "refund").hits
        assert hits and hits[0].file.connector_id == "google_drive" and hits[0].snippet.text
        assert [hit.file.id for hit in client.iter_search("refund", collections=[shelf.uuid])] == [
            hit.file.id for hit in hits
        ]
        read = client.read_text(hits[0].file.id)
        assert "refund" in read.text.lower() and read.next_offset is None and not read.truncated
        client.delete_upload(str(stored.id))
        client.collections.remove_file(shelf.uuid, hits[0].file.id)
        client.disconnect("google_drive")
        with pytest.raises(NotConnectedError):
            client.list_files("google_drive")
        client.collections.delete(shelf.uuid)
        with pytest.raises(NotFoundError):
            client.collections.get(shelf.uuid)


def test_a_life_with_the_async_client(person: Any) -> None:
    async def life() -> None:
        async with ConnectorClient() as client:
            auth = await client.authorize("google_drive")
            await client.token("google_drive", **person.consent(auth.auth_url))
            # Many calls at the same time on one client.
            answers = await asyncio.gather(*[client.list_files("google_drive", limit=2) for _ in range(20)])
            assert len({answer.files[0].id for answer in answers}) == 1
            picker = await client.picker("google_drive", multiple=False, max_files=1)
            assert picker.picker_url not in repr(picker)
            assert (await client.get_picker("google_drive", picker.session_id)).status == "open"
            shelf = await client.collections.create("Shelf")
            job = await client.sync_files("google_drive", person.file_ids(), shelf.uuid, "auto")
            seen: list[int] = []

            async def note(job: Any) -> None:
                seen.append(job.progress)

            job = await client.wait("google_drive", job.job_id, timeout=60, on_progress=note)
            assert job.is_complete and seen[-1] == 100 and job.sync_mode == "auto"
            assert (await client.get_sync_status("google_drive", job.job_id)) == job
            async with contextlib.aclosing(client.monitor(3600)) as statuses:
                async for status in statuses:
                    assert len(status.connectors) == 9
                    break
            versions = await client.list_versions("google_drive", person.file_ids()[0])
            assert versions.versions

    asyncio.run(life())


def test_refusals_come_as_what_they_are(person: Any) -> None:
    with SyncConnectorClient() as client:
        with pytest.raises(InvalidRequestError) as caught:
            client.list_files("google_drive", limit=0)
        assert caught.value.details["field"] == "limit" and caught.value.status == 400 and caught.value.request_id
        with pytest.raises(NotFoundError):
            client.get_status("no_such_connector")
    with SyncConnectorClient(auth_token="gw_unknown") as client, pytest.raises(UnauthorizedError) as refused:
        client.status()
    assert "gw_unknown" not in str(refused.value)
    user = person.call("POST", "/rest/admin/users", {"plan": "free"})["id"]
    token = person.call("POST", f"/rest/admin/users/{user}/tokens", {})["token"]
    with SyncConnectorClient(auth_token=token) as client, pytest.raises(PlanRequiredError) as above:
        client.authorize("google_drive")
    assert above.value.required_plan == "pro"
