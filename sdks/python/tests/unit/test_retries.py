"""The guide's retry strategy: refresh, keep the pause that was asked for, else back off; only what may be repeated."""

import random
from typing import Any

import httpx
import pytest
from script import Script, answer, refusal

from pplx_sdk.connectors import (
    ConnectionFailedError,
    ConnectorError,
    NeedsReauthError,
    ProviderError,
    RateLimitError,
    Retry,
    TokenExpiredError,
)

pytestmark = pytest.mark.anyio
EMPTY = {"files": [], "has_more": False}
REFRESHED = {"access_token": "gwh_x", "connection_id": "c1", "expires_in": 3600}
STARTED = {"sync_job_id": "j", "job_id": "j", "status": "pending", "file_count": 1}
FILES = "GET /rest/connectors/google_drive/files"
REFRESH = "POST /rest/connectors/google_drive/refresh"


def expired() -> httpx.Response:
    return refusal(409, "token_expired", connector_id="google_drive", retry_after=5)


async def test_an_ended_token_is_refreshed_and_the_call_repeated_at_once(client: Any, script: Script) -> None:
    script.say(expired(), answer(REFRESHED), answer(EMPTY))
    await client.list_files("google_drive")
    assert script.asked == [FILES, REFRESH, FILES] and script.pauses == []


async def test_the_connection_that_was_named_is_refreshed(client: Any, script: Script) -> None:
    script.say(expired(), answer(REFRESHED), answer(EMPTY))
    await client.list_files("google_drive", connection="second")
    assert script.asked[1] == f"{REFRESH}?connection=second"


async def test_it_is_refreshed_once_for_each_call(client: Any, script: Script) -> None:
    script.say(expired(), answer(REFRESHED), expired())
    with pytest.raises(TokenExpiredError) as caught:
        await client.list_files("google_drive")
    assert script.asked == [FILES, REFRESH, FILES] and caught.value.attempts == 2


async def test_a_refresh_that_is_refused_is_what_is_told(client: Any, script: Script) -> None:
    script.say(expired(), refusal(409, "needs_reauth", connector_id="google_drive", reason="revoked"))
    with pytest.raises(NeedsReauthError):
        await client.list_files("google_drive")


async def test_a_refresh_is_not_refreshed_for(client: Any, script: Script) -> None:
    script.say(expired())
    with pytest.raises(TokenExpiredError):
        await client.refresh_token("google_drive")
    assert script.asked == [REFRESH]


async def test_a_sync_is_repeated_after_a_refresh(client: Any, script: Script) -> None:
    script.say(expired(), answer(REFRESHED), answer(STARTED))
    job = await client.sync_files("google_drive", ["f"], "u")
    assert (job.job_id, job.sync_job_id, job.status, job.progress) == ("j", "j", "pending", 0)
    assert (job.connector_id, job.collection_uuid, job.sync_mode) == ("google_drive", "u", "manual")


async def test_the_pause_that_was_asked_for_is_kept(client: Any, script: Script) -> None:
    script.say(refusal(429, "rate_limit", retry_after=7), refusal(429, "rate_limit", retry_after=3), answer(EMPTY))
    await client.list_files("google_drive")
    assert script.pauses == [7.0, 3.0]


async def test_the_header_counts_where_the_body_says_nothing(client: Any, script: Script) -> None:
    script.say(httpx.Response(503, headers={"Retry-After": "4"}), answer(EMPTY))
    await client.list_files("google_drive")
    assert script.pauses == [4.0]


async def test_a_pause_that_is_too_long_is_left_to_the_caller(client: Any, script: Script) -> None:
    script.say(refusal(429, "rate_limit", retry_after=3600))
    with pytest.raises(RateLimitError) as caught:
        await client.list_files("google_drive")
    assert caught.value.retry_after == 3600 and script.pauses == []


async def test_else_it_backs_off_ever_longer_and_gives_up(client: Any, script: Script) -> None:
    script.say(*[refusal(503, "unavailable") for _ in range(4)])
    with pytest.raises(ConnectorError) as caught:
        await client.list_files("google_drive")
    assert script.pauses == [1.0, 2.0, 4.0] and caught.value.attempts == 4


async def test_waits_are_spread(make: Any, script: Script) -> None:
    client = make(retry=Retry(max_retries=8, max_wait=30, random=random.Random(1).random))
    script.say(*[refusal(503, "unavailable") for _ in range(8)], answer(EMPTY))
    await client.list_files("google_drive")
    longest = [1, 2, 4, 8, 16, 30, 30, 30]
    assert all(most / 2 <= wait <= most for wait, most in zip(script.pauses, longest, strict=True))
    assert len(set(script.pauses)) == 8 and script.pauses[:3] != [1, 2, 4]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 507])
async def test_what_would_be_refused_again_is_not_repeated(client: Any, script: Script, status: int) -> None:
    script.say(refusal(status, "no_good"))
    with pytest.raises(ConnectorError):
        await client.list_files("google_drive")
    assert len(script.requests) == 1


async def test_a_provider_that_refused_is_not_asked_again_but_one_that_failed_is(client: Any, script: Script) -> None:
    script.say(refusal(502, "connector_error", error_type="forbidden"))
    with pytest.raises(ProviderError):
        await client.list_files("google_drive")
    script.say(refusal(502, "connector_error", error_type="server_error", retry_after=5), answer(EMPTY))
    await client.list_files("google_drive")
    assert script.pauses == [5.0]


BREAKS = [httpx.ReadError("cut"), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("odd")]


@pytest.mark.parametrize("error", [*BREAKS, httpx.ConnectError("refused")])
async def test_a_broken_connection_is_tried_again_for_what_changes_nothing(
    client: Any, script: Script, error: Exception
) -> None:
    script.say(error, answer(EMPTY))
    await client.list_files("google_drive")
    assert len(script.requests) == 2


async def test_an_answer_that_breaks_off_is_tried_again(client: Any, script: Script) -> None:
    class Cut(httpx.AsyncByteStream, httpx.SyncByteStream):
        def __iter__(self) -> Any:
            yield b'{"files"'
            raise httpx.ReadError("cut")

        async def __aiter__(self) -> Any:
            yield b'{"files"'
            raise httpx.ReadError("cut")

    script.say(httpx.Response(200, stream=Cut()), answer(EMPTY))
    await client.list_files("google_drive")
    assert len(script.requests) == 2


@pytest.mark.parametrize("error", [*BREAKS, 503, 500])
@pytest.mark.parametrize("deed", ["sync_files", "token", "authorize", "create"])
async def test_what_may_have_been_done_is_not_done_twice(client: Any, script: Script, deed: str, error: Any) -> None:
    deeds = {
        "sync_files": lambda: client.sync_files("google_drive", ["f"], "u"),
        "token": lambda: client.token("google_drive", code="c"),
        "authorize": lambda: client.authorize("google_drive"),
        "create": lambda: client.collections.create("Handbook"),
    }
    script.say(refusal(error, "internal") if isinstance(error, int) else error)
    with pytest.raises(ConnectorError):
        await deeds[deed]()
    assert len(script.requests) == 1


async def test_what_never_left_is_sent_again_even_so(client: Any, script: Script) -> None:
    script.say(httpx.ConnectError("refused"), answer(STARTED))
    await client.sync_files("google_drive", ["f"], "u")
    assert len(script.requests) == 2


async def test_a_sync_refused_for_now_is_started_later_but_a_code_is_used_up(client: Any, script: Script) -> None:
    script.say(refusal(429, "rate_limit", retry_after=2), answer(STARTED))
    await client.sync_files("google_drive", ["f"], "u")
    assert script.pauses == [2.0]
    script.say(answer({"error": "rate_limit", "error_description": "wait", "details": {"retry_after": 2}}, 429))
    with pytest.raises(RateLimitError):
        await client.token("google_drive", code="c")
    assert script.pauses == [2.0]


async def test_retries_can_be_turned_off(make: Any, script: Script) -> None:
    client = make(retry=Retry(max_retries=0))
    for step in (expired(), refusal(429, "rate_limit", retry_after=1), httpx.ConnectError("refused")):
        script.say(step)
        with pytest.raises(ConnectorError):
            await client.list_files("google_drive")
    assert len(script.requests) == 3 and script.pauses == []


async def test_giving_up_says_how_often_it_was_tried(make: Any, script: Script) -> None:
    script.say(httpx.ConnectError("refused"), httpx.ConnectError("refused"))
    with pytest.raises(ConnectionFailedError) as caught:
        await make(retry=Retry(max_retries=1)).status()
    assert caught.value.attempts == 2
