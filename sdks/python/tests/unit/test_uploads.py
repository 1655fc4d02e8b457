"""What an upload sends, and that it is read from disk piece by piece."""

import email
import os
import tracemalloc
from pathlib import Path
from typing import Any

import httpx
import pytest
from script import Script, answer, make_async, make_sync, refusal

from pplx_sdk.connectors import FileToUpload, PayloadTooLargeError, _settings

pytestmark = pytest.mark.anyio


def stored(*names: str) -> httpx.Response:
    return answer({"files": [{"name": n, "path": n, "size": 1, "status": "stored"} for n in names]}, 201)


def stands(offset: int, *, done: bool = False, status: int = 200) -> httpx.Response:
    """Where a resumable upload stands."""
    about = {"id": "up_1", "status": "done" if done else "receiving", "offset": offset, "name": "large.bin"}
    about |= {"created_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-02T00:00:00Z", "file": None}
    if done:
        about["file"] = {"name": "large.bin", "path": "large.bin", "size": offset, "status": "stored", "id": "f"}
    return answer(about, status)


def moved(offset: int) -> httpx.Response:
    return httpx.Response(204, headers={"upload-offset": str(offset)})


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of more than 10 bytes are large, and go in pieces of 8."""
    for twin in ("_async", "_sync"):
        monkeypatch.setattr(f"pplx_sdk.connectors.{twin}.client.LARGE", 10)
        monkeypatch.setattr(f"pplx_sdk.connectors.{twin}.resuming.PIECE", 8)


def parts(script: Script, at: int = -1) -> list[tuple[str, str | None, bytes]]:
    """The parts of a body, read by somebody else's parser: field, file name, content."""
    head = f"Content-Type: {script.requests[at].headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + script.bodies[at])
    found = []
    for part in message.walk():
        if not part.is_multipart():
            field = part.get_param("name", header="content-disposition")
            found.append((str(field), part.get_filename(), part.get_payload(decode=True)))
    return found  # type: ignore[return-value]


async def test_a_file_is_sent_with_its_name_place_and_length(client: Any, script: Script, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_bytes(b"# Notes\r\n--x\r\n")
    script.say(stored("notes.md"))
    outcome = await client.upload(tmp_path / "notes.md", "u", on_conflict="replace")
    assert outcome.files[0].status == "stored"
    assert script.asked == ["POST /rest/connectors/local_upload/upload?collection_uuid=u&on_conflict=replace"]
    assert parts(script) == [("path", None, b"notes.md"), ("file", "notes.md", b"# Notes\r\n--x\r\n")]
    assert int(script.requests[0].headers["content-length"]) == len(script.bodies[0])
    assert "transfer-encoding" not in script.requests[0].headers


async def test_a_folder_keeps_its_structure(client: Any, script: Script, tmp_path: Path) -> None:
    (tmp_path / "Reports/2026").mkdir(parents=True)
    (tmp_path / "Reports/2026/May.txt").write_text("may")
    (tmp_path / "Reports/README.md").write_text("read")
    script.say(stored("a", "b"))
    await client.upload(str(tmp_path / "Reports"), "u")
    places = [content for field, _, content in parts(script) if field == "path"]
    assert places == [b"Reports/2026/May.txt", b"Reports/README.md"]


async def test_bytes_can_be_sent_and_names_cannot_break_out(client: Any, script: Script) -> None:
    script.say(stored("x"))
    await client.upload(FileToUpload(b"hello", name='a"\r\nX: y.txt', path="Zoë/\nnotes.txt"), "u")
    body = script.bodies[0]
    assert b'filename="a%22%0D%0AX: y.txt"' in body and "\r\n\r\nZoë/ notes.txt\r\n".encode() in body
    assert b"\r\nX: y" not in body
    with pytest.raises(ValueError, match="name="):
        FileToUpload(b"hello")


async def test_nothing_to_upload_is_said(client: Any, tmp_path: Path) -> None:
    for nothing in ([], tmp_path):
        with pytest.raises(ValueError, match="nothing to upload"):
            await client.upload(nothing, "u")
    with pytest.raises(FileNotFoundError):
        await client.upload(tmp_path / "absent.txt", "u")


async def test_an_upload_that_breaks_off_is_sent_again_in_full(client: Any, script: Script, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("all of it")
    script.say(httpx.ReadError("cut"), stored("a.txt"))
    progress: list[tuple[int, int]] = []
    await client.upload(tmp_path / "a.txt", "u", on_progress=lambda sent, total: progress.append((sent, total)))
    assert parts(script, 0) == parts(script, 1) and progress == [(9, 9), (9, 9)]


async def test_a_refused_upload_is_not_sent_again(client: Any, script: Script) -> None:
    script.say(refusal(413, "payload_too_large"))
    with pytest.raises(PayloadTooLargeError):
        await client.upload(FileToUpload(b"x", name="x"), "u")
    assert len(script.requests) == 1


async def test_many_files_go_in_several_requests(client: Any, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    for twin in ("_async", "_sync"):
        monkeypatch.setattr(f"pplx_sdk.connectors.{twin}.client.FILES_PER_REQUEST", 2)
    script.say(stored("a", "b"), stored("c"))
    progress: list[tuple[int, int]] = []
    files = [FileToUpload(b"12", name=name) for name in "abc"]
    outcome = await client.upload(files, "u", on_progress=lambda sent, total: progress.append((sent, total)))
    assert [file.name for file in outcome.files] == ["a", "b", "c"] and len(script.requests) == 2
    assert progress == [(2, 6), (4, 6), (6, 6)]
    assert _settings.FILES_PER_REQUEST == 500


@pytest.mark.parametrize("twin", ["async", "sync"])
async def test_a_large_file_is_never_in_memory(script: Script, tmp_path: Path, twin: str) -> None:
    size = 64 * 1024 * 1024
    (tmp_path / "large.bin").touch()
    os.truncate(tmp_path / "large.bin", size)
    taken = 0

    class Taking(httpx.AsyncBaseTransport, httpx.BaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            nonlocal taken
            async for piece in request.stream:  # type: ignore[union-attr]
                taken += len(piece)
            return self.answer(request)

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            nonlocal taken
            for piece in request.stream:  # type: ignore[union-attr]
                taken += len(piece)
            return self.answer(request)

        def answer(self, request: httpx.Request) -> httpx.Response:
            if request.method == "PATCH":
                return httpx.Response(204, headers={"upload-offset": str(taken)})
            return stands(taken, done=taken == size)

    if twin == "async":
        client: Any = make_async(script)
        client._http._transport = Taking()
    else:
        client = make_sync(script)
        client._http._transport = Taking()
    tracemalloc.start()
    outcome = client.upload(tmp_path / "large.bin", "u")
    if twin == "async":
        await outcome
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken == size and peak < size / 8


@pytest.mark.parametrize("change", [b"", b"longer than before"])
async def test_a_file_that_changes_meanwhile_is_noticed(
    client: Any, script: Script, tmp_path: Path, change: bytes
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"0123456789")
    (tmp_path / "b.txt").write_bytes(b"x")

    def rewrite(sent: int, total: int) -> None:
        path.write_bytes(change)

    with pytest.raises(OSError, match="changed while it was being uploaded"):
        await client.upload([tmp_path / "b.txt", path], "u", on_progress=rewrite)
    assert script.steps == []


async def test_a_download_is_written_as_it_is(client: Any, script: Script, tmp_path: Path) -> None:
    script.say(httpx.Response(200, content=b"\x00\xff" * 5000))
    path = await client.download_upload("f", tmp_path / "copy")
    assert path.read_bytes() == b"\x00\xff" * 5000
