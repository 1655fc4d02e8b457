"""Large files: in pieces, going on where the server stands, whatever breaks in between."""

import base64
import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from script import Script, answer, refusal
from test_uploads import moved, small_pieces, stands, stored  # noqa: F401 - a fixture among them

from pplx_sdk.connectors import (
    ConnectionFailedError,
    ConnectorError,
    FileToUpload,
    GoneError,
    UnauthorizedError,
    UnexpectedAnswerError,
)

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("small_pieces")]

BYTES = b"0123456789abcdefghij"
UPLOADS = "/rest/connectors/local_upload/uploads"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "large.bin").write_bytes(BYTES)
    return tmp_path / "large.bin"


def pieces(script: Script) -> list[tuple[str, bytes]]:
    """What was appended, and where."""
    sent = zip(script.requests, script.bodies, strict=True)
    return [(request.headers["upload-offset"], body) for request, body in sent if request.method == "PATCH"]


def rewrite(path: Path, data: bytes) -> None:
    """Puts other bytes there, as of another time."""
    path.write_bytes(data)
    os.utime(path, ns=(1, 1))


async def test_a_large_file_goes_in_pieces_of_bounded_size(client: Any, script: Script, path: Path) -> None:
    script.say(stands(0, status=201), moved(8), moved(16), moved(20), stands(20, done=True))
    told: list[tuple[int, int]] = []
    answer = await client.upload(path, "u", on_conflict="replace", on_progress=lambda *how: told.append(how))
    assert answer.files[0].status == "stored"
    assert pieces(script) == [("0", BYTES[:8]), ("8", BYTES[8:16]), ("16", BYTES[16:])]
    assert script.asked[0] == f"POST {UPLOADS}" and script.asked[1:] == [f"PATCH {UPLOADS}/up_1"] * 3 + [
        f"GET {UPLOADS}/up_1"
    ]
    begun = script.requests[0].headers
    assert begun["upload-length"] == "20" and begun["tus-resumable"] == "1.0.0"
    pairs = (pair.split(" ") for pair in begun["upload-metadata"].split(","))
    about = {key: base64.b64decode(value).decode() for key, value in pairs}
    assert about["collection_uuid"] == "u" and about["path"] == about["filename"] == "large.bin"
    assert about["on_conflict"] == "replace"
    assert script.requests[1].headers["content-length"] == "8"
    assert told[-1] == (20, 20) and [sent for sent, _ in told] == sorted(sent for sent, _ in told)


async def test_a_broken_connection_costs_only_what_did_not_arrive(client: Any, script: Script, path: Path) -> None:
    script.say(stands(0, status=201), moved(8), httpx.ReadError("cut"), stands(11), moved(19), httpx.WriteError("cut"))
    script.say(stands(19), moved(20), stands(20, done=True))
    told: list[int] = []
    await client.upload(path, "u", on_progress=lambda sent, total: told.append(sent))
    assert [(at, len(body)) for at, body in pieces(script)] == [("0", 8), ("8", 8), ("11", 8), ("19", 1), ("19", 1)]
    assert told[-1] == 20 and 11 in told, "what did not arrive is taken back"
    assert len(script.pauses) == 2


@pytest.mark.parametrize("refused", [(423, "locked"), (409, "conflict"), (503, "unavailable"), (507, "quota_exceeded")])
async def test_one_looks_and_goes_on_after(client: Any, script: Script, path: Path, refused: tuple[int, str]) -> None:
    script.say(
        stands(0, status=201), moved(8), refusal(*refused), stands(8), moved(16), moved(20), stands(20, done=True)
    )
    assert (await client.upload(path, "u")).files[0].id == "f"


async def test_what_will_not_pass_is_raised_at_once(client: Any, script: Script, path: Path) -> None:
    script.say(stands(0, status=201), refusal(401, "unauthorized"))
    with pytest.raises(UnauthorizedError):
        await client.upload(path, "u")
    assert script.pauses == []


async def test_one_gives_up_when_nothing_moves_and_goes_on_with_the_next_call(
    client: Any, script: Script, path: Path
) -> None:
    script.say(stands(0, status=201), moved(8))
    for _ in range(3):
        script.say(httpx.ReadError("cut"), stands(8))
    script.say(httpx.ReadError("cut"))
    with pytest.raises(ConnectionFailedError):
        await client.upload(path, "u")
    assert script.steps == [] and script.pauses == [1.0, 2.0, 4.0]
    # The same file, later: nothing is begun anew, and nothing is sent twice.
    before = len(script.requests)
    script.say(stands(16), moved(20), stands(20, done=True))
    await client.upload(path, "u")
    assert script.asked[before:][0] == f"GET {UPLOADS}/up_1" and pieces(script)[-1] == ("16", BYTES[16:])
    # Once it is there, the same again is an upload of its own.
    script.say(stands(0, status=201), moved(8), moved(16), moved(20), stands(20, done=True))
    await client.upload(path, "u")
    assert script.asked[-5] == f"POST {UPLOADS}"


@pytest.mark.parametrize("over", [(410, "gone"), (404, "not_found")])
async def test_what_is_over_is_begun_anew(client: Any, script: Script, path: Path, over: tuple[int, str]) -> None:
    script.say(stands(0, status=201), moved(8), refusal(401, "unauthorized"))
    with pytest.raises(UnauthorizedError):
        await client.upload(path, "u")
    script.say(refusal(*over), stands(0, status=201), moved(8), moved(16), moved(20), stands(20, done=True))
    await client.upload(path, "u")
    assert script.steps == []


async def test_an_upload_that_ended_meanwhile_says_so(client: Any, script: Script, path: Path) -> None:
    script.say(stands(0, status=201), moved(8), refusal(410, "gone"))
    with pytest.raises(GoneError):
        await client.upload(path, "u")


async def test_other_bytes_are_another_upload(client: Any, script: Script, path: Path) -> None:
    script.say(stands(0, status=201), refusal(401, "unauthorized"))
    with pytest.raises(UnauthorizedError):
        await client.upload(path, "u")
    rewrite(path, BYTES[::-1])
    script.say(stands(0, status=201), moved(8), moved(16), moved(20), stands(20, done=True))
    await client.upload(path, "u")
    assert pieces(script)[-1] == ("16", BYTES[3::-1])


async def test_a_file_that_changes_between_two_pieces_is_noticed(client: Any, script: Script, path: Path) -> None:
    def change(_: httpx.Request) -> httpx.Response:
        rewrite(path, b"x" * len(BYTES))
        return moved(8)

    script.say(stands(0, status=201), change)
    with pytest.raises(OSError, match="changed while it was being uploaded"):
        await client.upload(path, "u")
    assert script.steps == []


async def test_bytes_and_small_files_keep_their_order(client: Any, script: Script) -> None:
    script.say(stored("a", "c"), stands(0, status=201), moved(8), moved(11), stands(11, done=True))
    files = [FileToUpload(b"1", name="a"), FileToUpload(BYTES[:11], name="large.bin"), FileToUpload(b"2", name="c")]
    told: list[tuple[int, int]] = []
    outcome = await client.upload(files, "u", on_progress=lambda *how: told.append(how))
    assert [file.name for file in outcome.files] == ["a", "large.bin", "c"]
    assert told[-1] == (13, 13)


async def test_a_file_that_is_too_large_is_an_outcome_as_it_is_of_small_ones(client: Any, script: Script) -> None:
    script.say(refusal(413, "payload_too_large", "at most 5 bytes"))
    (one,) = (await client.upload(FileToUpload(BYTES, name="x.bin"), "u")).files
    assert (one.status, one.reason.code, one.reason.message) == ("rejected", "payload_too_large", "at most 5 bytes")


async def test_a_file_that_was_not_stored_says_why(client: Any, script: Script) -> None:
    failed = {"id": "up_1", "status": "failed", "offset": 20, "name": "x", "created_at": "2026-01-01T00:00:00Z"}
    failed |= {
        "expires_at": "2026-01-02T00:00:00Z",
        "reason": {"code": "not_found", "message": "the collection is gone"},
    }
    script.say(stands(0, status=201), moved(8), moved(16), moved(20), answer(failed))
    with pytest.raises(ConnectorError, match="the collection is gone"):
        await client.upload(FileToUpload(BYTES, name="x"), "u")


async def test_an_answer_that_says_nothing_ends_no_loop(client: Any, script: Script) -> None:
    script.say(stands(0, status=201))
    for _ in range(4):
        script.say(httpx.Response(204), stands(0))
    with pytest.raises(UnexpectedAnswerError):
        await client.upload(FileToUpload(BYTES, name="x"), "u")
