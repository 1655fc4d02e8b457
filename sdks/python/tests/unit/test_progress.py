"""Waiting for sync jobs, streaming their progress, watching connectors."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from script import BASE, TOKEN, Script, answer, refusal

from pplx_sdk.connectors import (
    ConnectionFailedError,
    ConnectorClient,
    NotFoundError,
    Retry,
    UnauthorizedError,
    UnexpectedAnswerError,
    WaitTimeoutError,
)

pytestmark = pytest.mark.anyio
EVENTS = "GET /rest/connectors/google_drive/sync/j/events"


def told(status: str, progress: int) -> str:
    name = "done" if progress == 100 else "progress"
    return f'event: {name}\ndata: {{"job_id":"j","status":"{status}","progress":{progress}}}\n\n'


class Pieces(httpx.AsyncByteStream, httpx.SyncByteStream):
    """A body that comes piece by piece; a function among the pieces is called, an error breaks it off."""

    def __init__(self, pieces: list[Any]) -> None:
        self.pieces = pieces
        self.closed = False

    def __iter__(self) -> Any:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            if callable(piece):
                piece()
            else:
                yield piece.encode()

    async def __aiter__(self) -> Any:
        for piece in self:
            yield piece

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


def stream(*pieces: str | Exception | Callable[[], None]) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Pieces(list(pieces)))


@pytest.mark.parametrize("end", ["completed", "partial", "failed", "cancelled"])
async def test_waiting_ends_however_the_job_ends(client: Any, script: Script, end: str) -> None:
    script.say(stream(told("pending", 0), ": still here\n\n", told("processing", 40), told(end, 100)))
    seen: list[int] = []
    job = await client.wait("google_drive", "j", on_progress=lambda job: seen.append(job.progress))
    assert job.status == end and job.is_final and job.is_complete is (end == "completed")
    assert seen == [0, 40, 100] and script.asked == [EVENTS]
    assert script.requests[0].headers["accept"] == "text/event-stream"


async def test_events_are_put_together_however_they_are_cut(client: Any, script: Script) -> None:
    text = told("processing", 10).replace("\n", "\r\n") + "id: 7\nretry: 10\n\n" + told("completed", 100)
    script.say(stream(*text))
    assert [job.progress async for job in client.stream_progress("google_drive", "j")] == [10, 100]


async def test_events_of_another_kind_are_passed_over(client: Any, script: Script) -> None:
    script.say(stream("event: weather\ndata: rain\n\n", told("completed", 100)))
    assert (await client.wait("google_drive", "j")).status == "completed"


async def test_a_stream_that_breaks_is_opened_again(client: Any, script: Script) -> None:
    script.say(
        stream(told("processing", 10), httpx.ReadError("cut")),
        refusal(503, "unavailable", retry_after=2),
        stream(told("processing", 20)),
        stream(told("completed", 100)),
    )
    assert [job.progress async for job in client.stream_progress("google_drive", "j")] == [10, 20, 100]
    assert script.pauses == [1.0, 2.0, 1.0], "and the count of failures begins anew when it comes further"


async def test_a_stream_that_stays_broken_is_given_up(client: Any, script: Script) -> None:
    script.say(*[stream() for _ in range(4)])
    with pytest.raises(ConnectionFailedError, match="ended too early"):
        await client.wait("google_drive", "j")
    assert script.pauses == [1.0, 2.0, 4.0]


async def test_a_refusal_ends_the_waiting_at_once(client: Any, script: Script) -> None:
    script.say(refusal(404, "not_found"))
    with pytest.raises(NotFoundError):
        await client.wait("google_drive", "j")


async def test_an_event_that_is_no_job_is_told(client: Any, script: Script) -> None:
    script.say(stream("event: progress\ndata: {}\n\n"))
    with pytest.raises(UnexpectedAnswerError, match="job_id"):
        await client.wait("google_drive", "j")


async def test_the_time_limit_holds_while_progress_comes(client: Any, script: Script) -> None:
    def later() -> None:
        script.now += 6

    script.say(
        stream(told("processing", 1), later, told("processing", 2), later, told("processing", 3)),
        stream(told("processing", 4), later, told("processing", 5)),
    )
    with pytest.raises(WaitTimeoutError) as caught:
        await client.wait("google_drive", "j", timeout=15)
    assert isinstance(caught.value, TimeoutError) and "wait again" in caught.value.message
    assert script.now == 18 and caught.value.connector_id == "google_drive"


async def test_the_time_limit_holds_between_heartbeats(client: Any, script: Script) -> None:
    def later() -> None:
        script.now += 6

    beat = ": still here\n\n"
    script.say(stream(told("processing", 1), later, beat, later, beat), stream(later, beat))
    with pytest.raises(WaitTimeoutError):
        await client.wait("google_drive", "j", timeout=15)
    assert (script.now, script.pauses) == (18, [])


async def test_the_time_limit_holds_in_silence(client: Any, script: Script) -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        silence = request.extensions["timeout"]["read"]
        script.now += silence
        raise httpx.ReadTimeout("silence")

    script.say(silent)
    with pytest.raises(WaitTimeoutError):
        await client.wait("google_drive", "j", timeout=20)
    assert script.now == 20


async def test_a_silent_stream_is_broken_before_the_time_is_up(client: Any, script: Script) -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        script.now += request.extensions["timeout"]["read"]
        raise httpx.ReadTimeout("silence")

    script.say(silent, stream(told("completed", 100)))
    await client.wait("google_drive", "j", timeout=600)
    assert 15 < script.now < 60


async def test_leaving_early_closes_the_stream(script: Script) -> None:
    client = ConnectorClient(BASE, TOKEN, transport=httpx.MockTransport(script), pause=script.wait_async)
    body = Pieces([told("processing", 1), told("processing", 2)])
    script.say(httpx.Response(200, stream=body))

    def complain(job: Any) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        await client.wait("google_drive", "j", on_progress=complain)
    assert body.closed


async def test_a_cancelled_wait_closes_the_stream_and_asks_no_more(script: Script) -> None:
    reached = asyncio.Event()

    class Hanging(httpx.AsyncByteStream):
        closed = False

        async def __aiter__(self) -> Any:
            yield told("processing", 1).encode()
            await asyncio.Event().wait()

        async def aclose(self) -> None:
            self.closed = True

    body = Hanging()
    client = ConnectorClient(BASE, TOKEN, transport=httpx.MockTransport(script), pause=script.wait_async)
    script.say(httpx.Response(200, stream=body))
    waiting = asyncio.create_task(client.wait("google_drive", "j", on_progress=lambda job: reached.set()))
    await asyncio.wait_for(reached.wait(), 10)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert body.closed and len(script.requests) == 1


async def test_a_coroutine_can_be_told_of_progress(script: Script) -> None:
    client = ConnectorClient(BASE, TOKEN, transport=httpx.MockTransport(script))
    script.say(stream(told("processing", 1), told("completed", 100)))
    seen: list[int] = []

    async def note(job: Any) -> None:
        await asyncio.sleep(0)
        seen.append(job.progress)

    await client.wait("google_drive", "j", on_progress=note)
    assert seen == [1, 100]


async def test_monitor_goes_on_after_what_passes_and_ends_with_what_does_not(make: Any, script: Script) -> None:
    client = make(retry=Retry(max_retries=0))
    script.say(
        answer({"connectors": []}),
        httpx.ConnectError("restarting"),
        answer({"connectors": []}),
        refusal(401, "unauthorized"),
    )
    missed: list[str] = []
    seen = 0
    with pytest.raises(UnauthorizedError):
        async for status in client.monitor(60, on_error=lambda error: missed.append(error.code)):
            seen += 1
            assert status.connectors == []
    assert (seen, missed, script.pauses) == (2, ["connection_failed"], [60, 60, 60])
