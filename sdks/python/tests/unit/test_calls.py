"""What is sent, and what becomes of the answers."""

import asyncio
import logging
import pickle
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel, ValidationError
from script import BASE, TOKEN, Script, answer, refusal

from pplx_sdk import connectors
from pplx_sdk.connectors import (
    ENDED,
    NEVER,
    ConnectionFailedError,
    ConnectorClient,
    ConnectorError,
    InvalidGrantError,
    NeedsReauthError,
    NotFoundError,
    PlanRequiredError,
    RateLimitError,
    Retry,
    UnexpectedAnswerError,
    errors,
)

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).resolve().parents[4]
AUTHORIZED = {"auth_url": "https://consent.example.com/?state=s1", "state": "s1", "expires_in": 600}
CONNECTED = {
    "access_token": "gwh_sealed-access",
    "refresh_token": "gwh_sealed-refresh",
    "expires_in": 3600,
    "connector_id": "google_drive",
    "connection_id": "c1",
    "scopes": ["drive.readonly"],
    "user_info": {"email": "ada@example.com", "name": "Ada Example"},
}
CONNECTOR = {
    "id": "google_drive",
    "name": "Google Drive",
    "type": "file_storage",
    "connected": True,
    "available": True,
    "capabilities": ["sync"],
}


async def test_the_token_is_sent_and_nothing_is_sent_that_was_left_out(client: Any, script: Script) -> None:
    script.say(answer(AUTHORIZED))
    await client.authorize("google_drive")
    assert script.asked == ["POST /rest/connectors/google_drive/authorize"] and script.body() == {}
    assert script.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert script.requests[0].headers["user-agent"].startswith("pplx-sdk/")


async def test_a_token_that_is_a_function_is_asked_each_time(make: Any, script: Script) -> None:
    tokens = iter(["first", "second"])
    client = make(token=lambda: next(tokens))
    script.say(answer({"connectors": []}), answer({"connectors": []}))
    await client.status()
    await client.status()
    assert [one.headers["authorization"] for one in script.requests] == ["Bearer first", "Bearer second"]


async def test_token_remembers_what_authorize_was_answered(client: Any, script: Script) -> None:
    script.say(answer(AUTHORIZED), answer(CONNECTED), answer(CONNECTED))
    await client.authorize("google_drive", redirect_uri="https://product.example.com/back")
    token = await client.token("google_drive", code="c")
    assert script.body() == {"code": "c", "state": "s1", "redirect_uri": "https://product.example.com/back"}
    assert token.access_token == "gwh_sealed-access" and token.user_info.email == "ada@example.com"
    await client.token("google_drive", code="d")
    assert script.body() == {"code": "d"}, "a state is used once"


async def test_two_authorizations_can_be_open_at_once(client: Any, script: Script) -> None:
    script.say(answer(AUTHORIZED), answer({**AUTHORIZED, "state": "s2"}), answer(CONNECTED), answer(CONNECTED))
    await client.authorize("google_drive", redirect_uri="https://product.example.com/one")
    await client.authorize("google_drive", redirect_uri="https://product.example.com/two")
    await client.token("google_drive", code="c", state="s1")
    assert script.body()["redirect_uri"] == "https://product.example.com/one"
    await client.token("google_drive", code="d")
    assert script.body()["state"] == "s2"


async def test_a_refused_state_is_forgotten(client: Any, script: Script) -> None:
    flat = {"error": "invalid_grant", "error_description": "the state was used", "state": "s1"}
    script.say(answer(AUTHORIZED), answer(flat, 400), answer(CONNECTED))
    await client.authorize("google_drive")
    with pytest.raises(InvalidGrantError) as caught:
        await client.token("google_drive", code="c")
    assert (caught.value.code, caught.value.message) == ("invalid_grant", "the state was used")
    assert caught.value.connector_id == "google_drive"
    await client.token("google_drive", code="d")
    assert script.body() == {"code": "d"}


async def test_get_status_is_of_one_connector_or_of_all(client: Any, script: Script) -> None:
    script.say(answer(CONNECTOR), answer({"connectors": [CONNECTOR]}))
    assert (await client.get_status("google_drive")).name == "Google Drive"
    assert (await client.get_status()).connectors[0].connected is True
    assert script.asked == ["GET /rest/connectors/google_drive", "GET /rest/connectors"]


async def test_expires_at_compares_with_now_whatever_the_server_says(client: Any, script: Script) -> None:
    soon = (datetime.now(timezone.utc) + timedelta(minutes=3)).isoformat()
    script.say(
        answer({**CONNECTOR, "expires_at": soon}),
        answer(CONNECTOR),
        answer({**CONNECTOR, "connected": False}),
    )
    ending = (await client.get_status("google_drive")).expires_at
    assert ending < datetime.now() + timedelta(minutes=5) and ending > datetime.now()
    assert datetime.now() < ending < datetime.now(timezone.utc) + timedelta(minutes=5)
    assert timedelta(0) < ending - datetime.now() < timedelta(minutes=4)
    assert timedelta(0) > datetime.now() - ending > timedelta(minutes=-4)
    endless = (await client.get_status("google_drive")).expires_at
    assert endless == NEVER and not endless < datetime.now() + timedelta(minutes=5)
    absent = (await client.get_status("google_drive")).expires_at
    assert absent == ENDED and absent < datetime.now()


async def test_fields_are_read_by_either_name_and_new_ones_do_no_harm(client: Any, script: Script) -> None:
    file = {"id": "f", "name": "a", "mimeType": "text/plain", "synced": False, "kind": "file", "brand_new": {"x": 1}}
    script.say(answer({"files": [file], "has_more": False}))
    found = (await client.list_files("google_drive")).files[0]
    assert found.mime_type == found.mimeType == "text/plain"
    with pytest.raises(AttributeError):
        _ = found.no_such_thing


async def test_ids_cannot_leave_their_place_in_a_path(client: Any, script: Script) -> None:
    script.say(answer({"versions": [], "has_more": False}))
    await client.list_versions("google_drive", "../../admin/users?x=1#y")
    assert script.asked == ["GET /rest/connectors/google_drive/files/..%2F..%2Fadmin%2Fusers%3Fx%3D1%23y/versions"]
    for empty in ("", ".", ".."):
        with pytest.raises(ValueError, match="id"):
            await client.get_sync_status("google_drive", empty)


async def test_a_string_where_a_list_belongs_is_noticed(client: Any) -> None:
    with pytest.raises(TypeError, match=r"file_ids=\['abc'\]"):
        await client.sync_files("google_drive", "abc", "u")


async def test_a_search_sends_the_filters_that_were_given(client: Any, script: Script) -> None:
    understood = {"words": ["refund"], "phrases": [], "excluded": [], "filters": [], "respelled": []}
    told = {"understood": understood, "by_meaning": "off"}
    found = answer({"hits": [], "total": 0, "total_is_exact": True, "has_more": False, "took_ms": 1.0} | told)
    script.say(found, found)
    await client.search("refund", collections=["u"], modified_after=datetime(2026, 1, 2, tzinfo=timezone.utc), limit=5)
    filters = {"collections": ["u"], "modified_after": "2026-01-02T00:00:00+00:00"}
    assert script.body() == {"query": "refund", "limit": 5, "filters": filters}
    await client.search("refund", show_duplicates=True)
    assert script.body() == {"query": "refund", "show_duplicates": True}


@pytest.mark.parametrize("is_exact", [True, False])
async def test_a_search_says_whether_it_counted_all(client: Any, script: Script, is_exact: bool) -> None:
    understood = {"words": ["a"], "phrases": [], "excluded": [], "filters": [], "respelled": []}
    told = {"hits": [], "total": 41, "total_is_exact": is_exact, "has_more": False, "took_ms": 1.0}
    answered = answer(told | {"understood": understood, "by_meaning": "off"})
    script.say(answered, answered)
    for found in (await client.search("a"), await client.collections.search("u", "a")):
        assert (found.total, found.total_is_exact) == (41, is_exact)


async def test_an_update_tells_leaving_alone_from_emptying(client: Any, script: Script) -> None:
    moment = "2026-01-01T00:00:00Z"
    numbers = {"file_count": 0, "failed_count": 0, "bytes": 0, "created_at": moment, "updated_at": moment}
    script.say(answer({"uuid": "u", "name": "n", "access": "private", "owner_id": "o", **numbers}))
    await client.collections.update("u", description=None)
    assert script.asked == ["PATCH /rest/collections/u"] and script.body() == {"description": None}


# Paging


def page(names: str, cursor: str | None) -> httpx.Response:
    files = [{"id": n, "name": n, "mimeType": "text/plain", "synced": False, "kind": "file"} for n in names]
    return answer({"files": files, "next_cursor": cursor, "has_more": cursor is not None})


async def test_iter_files_goes_through_all_pages(client: Any, script: Script) -> None:
    script.say(page("ab", "next"), page("", "more"), page("c", None))
    names = [file.name async for file in client.iter_files("google_drive", folder_id="f")]
    assert names == ["a", "b", "c"]
    path = "GET /rest/connectors/google_drive/files?limit=100"
    assert script.asked == [f"{path}&folder_id=f", f"{path}&cursor=next&folder_id=f", f"{path}&cursor=more&folder_id=f"]


async def test_pages_are_fetched_as_they_are_needed(client: Any, script: Script) -> None:
    script.say(page("ab", "next"))
    async for file in client.iter_files("google_drive"):
        if file.name == "b":
            break
    assert len(script.requests) == 1


# Errors


async def test_an_error_says_everything_that_is_known(client: Any, script: Script) -> None:
    script.say(refusal(403, "plan_required", "Slack needs the enterprise plan", required_plan="enterprise"))
    with pytest.raises(PlanRequiredError) as caught:
        await client.list_files("slack")
    error = caught.value
    assert isinstance(error, ConnectorError) and error.required_plan == "enterprise"
    assert (error.code, error.status, error.request_id) == ("plan_required", 403, "req-1")
    assert (error.connector_id, error.retry_after, error.attempts) == ("slack", 0, 1)
    assert str(error) == "plan_required: Slack needs the enterprise plan (request req-1)"
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is PlanRequiredError and vars(again) == vars(error)


async def test_every_documented_code_has_its_own_class() -> None:
    documented = re.findall(r"^\| `(\w+)` \| (\d+) ", (ROOT / "docs/reference/errors.md").read_text(), re.M)
    assert len(documented) > 15
    for code, status in documented:
        made = errors.from_answer(_with_request(refusal(int(status), code)))
        assert type(made) is errors.BY_CODE.get(code), f"{code} needs a class in errors.py"
    assert set(errors.BY_CODE) == {code for code, _ in documented}


def _with_request(found: httpx.Response) -> httpx.Response:
    found.request = httpx.Request("GET", BASE)
    return found


async def test_an_unknown_code_is_kept(client: Any, script: Script) -> None:
    script.say(refusal(418, "brand_new"))
    with pytest.raises(ConnectorError) as caught:
        await client.status()
    assert caught.value.code == "brand_new" and type(caught.value) is ConnectorError


async def test_needs_reauth_says_why(client: Any, script: Script) -> None:
    script.say(refusal(409, "needs_reauth", reason="the person took the grant back"))
    with pytest.raises(NeedsReauthError) as caught:
        await client.list_files("google_drive")
    assert caught.value.reason == "the person took the grant back"


@pytest.mark.parametrize("status", [200, 404])
async def test_something_else_that_answers_is_told_apart(client: Any, script: Script, status: int) -> None:
    script.say(httpx.Response(status, text="<html>welcome</html>"))
    with pytest.raises(UnexpectedAnswerError, match="api_base") as caught:
        await client.status()
    assert caught.value.status == status and "welcome" not in str(caught.value)


async def test_no_token_reaches_texts_reprs_logs_or_tracebacks_of_errors(
    client: Any, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = {**CONNECTED, "connection_id": {"secret": "gwh_sealed-access"}}
    script.say(
        answer(AUTHORIZED), answer(CONNECTED), answer(wrong), httpx.ConnectError("no"), refusal(401, "unauthorized")
    )
    auth = await client.authorize("google_drive")
    token = await client.token("google_drive", code="the-code")
    told = [repr(auth), str(auth), repr(token), str(token), repr(client)]
    twin = getattr(client, "_twin", client)
    told += [repr(twin._http.auth), repr(vars(twin._transport.retry))]
    for _ in range(2):
        with pytest.raises(ConnectorError) as caught:
            await client.token("google_drive", code="the-code")
        error: BaseException | None = caught.value
        while error:
            told += [str(error), repr(error)]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    told.append(caplog.text)
    for secret in ("gwu_", "gwh_", "the-code", "state=s1"):
        assert not [text for text in told if secret in text], secret


@pytest.mark.parametrize("secret", ["access_token", "refresh_token", "auth_url", "picker_url", "state"])
async def test_no_model_prints_a_secret(secret: str) -> None:
    kinds = [kind for kind in vars(connectors).values() if isinstance(kind, type) and issubclass(kind, BaseModel)]
    # A file's `state` in an explanation is no secret: it is a word such as `synced`.
    holders = [kind for kind in kinds if secret in kind.model_fields and kind is not connectors.FileExplanation]
    assert holders
    for kind in holders:
        assert kind.model_fields[secret].repr is False, f"{kind.__name__}.{secret}"


async def test_a_model_that_refuses_does_not_say_what_it_was_given() -> None:
    with pytest.raises(ValidationError) as caught:
        connectors.TokenAnswer.model_validate({**CONNECTED, "connection_id": {"x": "gwh_sealed-access"}})
    assert "gwh_" not in str(caught.value)


# Setting up


async def test_address_and_token_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANGWAY_URL", "https://there.example.com")
    monkeypatch.setenv("GANGWAY_TOKEN", "t")
    assert repr(ConnectorClient()) == "<ConnectorClient of https://there.example.com>"


async def test_the_environments_token_goes_to_the_environments_server_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANGWAY_URL", "https://there.example.com/")
    monkeypatch.setenv("GANGWAY_TOKEN", "t")
    ConnectorClient("https://there.example.com")
    with pytest.raises(ValueError, match="auth_token"):
        ConnectorClient("https://elsewhere.example.com")
    monkeypatch.delenv("GANGWAY_URL")
    with pytest.raises(ValueError, match="auth_token"):
        ConnectorClient("https://there.example.com")


@pytest.mark.parametrize(
    ("base", "token", "said"),
    [
        ("", "t", "GANGWAY_URL"),
        ("https://x.example.com", "", "GANGWAY_TOKEN"),
        ("connect.example.com", "t", "https://"),
        ("ftp://x.example.com", "t", "https://"),
        ("https://ada:pw@x.example.com", "t", "https://"),
    ],
)
async def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, base: str, token: str, said: str) -> None:
    monkeypatch.delenv("GANGWAY_URL", raising=False)
    monkeypatch.delenv("GANGWAY_TOKEN", raising=False)
    with pytest.raises(ValueError, match=said):
        ConnectorClient(base, token)


async def test_a_path_in_api_base_is_kept(script: Script) -> None:
    script.say(answer({"connectors": []}))
    async with ConnectorClient(f"{BASE}/gangway/", TOKEN, transport=httpx.MockTransport(script)) as client:
        await client.status()
    assert script.asked == ["GET /gangway/rest/connectors"]


async def test_a_cancelled_call_is_not_repeated(script: Script) -> None:
    reached = asyncio.Event()

    class Endless(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            script.requests.append(request)
            reached.set()
            await asyncio.Event().wait()
            raise AssertionError

    client = ConnectorClient(BASE, TOKEN, transport=Endless(), pause=script.wait_async)
    call = asyncio.create_task(client.status())
    await asyncio.wait_for(reached.wait(), 10)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert len(script.requests) == 1 and script.pauses == []


async def test_a_rate_limit_without_a_number_still_has_a_pause(client: Any, script: Script, make: Any) -> None:
    script.say(refusal(429, "rate_limit"))
    with pytest.raises(RateLimitError) as caught:
        await make(retry=Retry(max_retries=0)).list_files("google_drive")
    assert caught.value.retry_after == 1.0


async def test_what_is_gone_after_a_lost_answer_is_gone(client: Any, script: Script) -> None:
    script.say(httpx.ReadError("cut"), refusal(404, "not_found"))
    await client.collections.delete("u")
    script.say(httpx.ReadError("cut"), refusal(409, "not_connected"))
    await client.disconnect("google_drive", connection="c-2")
    script.say(refusal(404, "not_found"))
    with pytest.raises(NotFoundError):
        await client.collections.delete("u")


async def test_a_disconnect_that_names_no_connection_is_sent_again_only_when_refused(
    client: Any, script: Script
) -> None:
    # By the second time the first connection may be another one.
    script.say(httpx.ReadError("cut"))
    with pytest.raises(ConnectionFailedError):
        await client.disconnect("google_drive")
    assert len(script.requests) == 1
    script.say(refusal(429, "rate_limit"), httpx.Response(204))
    await client.disconnect("google_drive")
    assert len(script.requests) == 3


async def test_an_unreached_server_is_named(make: Any, script: Script) -> None:
    script.say(httpx.ConnectError("refused"))
    with pytest.raises(ConnectionFailedError, match="https://connect.example.com was not reached") as caught:
        await make(retry=Retry(max_retries=0)).status()
    assert caught.value.status is None and caught.value.details == {"never_sent": True}
