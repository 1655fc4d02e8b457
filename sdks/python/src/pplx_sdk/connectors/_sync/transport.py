# Made by sdks/codegen/python.py from ../_async/transport.py; not for editing.
"""Calls the server: signs in, repeats what may be repeated, turns refusals into exceptions."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from .. import _runtime_sync as runtime
from .._base import Model
from .._events import Event, EventReader
from ..errors import ConnectionFailedError, ConnectorError, UnexpectedAnswerError, from_answer
from ..retry import Repeat, Retry

Answer = TypeVar("Answer", bound=Model)

logger = logging.getLogger("pplx_sdk")

# Errors that come before anything was sent.
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

# Makes the body of an upload; called anew for each try.
MakeBody = Callable[[], runtime.Body]


class Transport:
    """The connection to one server as one user."""

    def __init__(self, http: httpx.Client, retry: Retry, pause: runtime.Pause) -> None:
        self.http = http
        self.retry = retry
        self.pause = pause

    def get(self, path: str, answer: type[Answer], connector: str = "", **params: Any) -> Answer:
        """Asks for something."""
        return self.call("GET", path, answer, connector, params=params)

    def call(
        self,
        method: str,
        path: str,
        answer: type[Answer],
        connector: str = "",
        *,
        repeat: Repeat = Repeat.SAFELY,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        body: MakeBody | None = None,
    ) -> Answer:
        """Calls, and reads the answer as what it should be."""
        found = self.send(method, path, connector, repeat=repeat, params=params, json=json, headers=headers, body=body)
        return read(found, answer, connector)

    def send(
        self,
        method: str,
        path: str,
        connector: str = "",
        *,
        repeat: Repeat = Repeat.SAFELY,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        body: MakeBody | None = None,
        refreshes: bool = True,
    ) -> httpx.Response:
        """Calls, again where that makes sense, and returns the answer if it is a good one."""
        given = {name: value for name, value in (params or {}).items() if value is not None}
        may_refresh = refreshes and self.retry.max_retries > 0 and repeat is not Repeat.IF_UNSENT

        def once() -> httpx.Response:
            content = body() if body else None
            request = self.http.build_request(
                method, path, params=given or None, json=json, content=content, headers=dict(headers or {})
            )
            return self._answer(request, connector)

        attempt = calls = 0
        while True:
            try:
                return once()
            except ConnectorError as error:
                calls += 1
                error.attempts = calls
                if error.code == "token_expired":
                    if not may_refresh or not error.connector_id:
                        raise
                    may_refresh = False
                    named = given.get("connection") if error.connector_id == connector else None
                    self.refresh(error.connector_id, named)
                    continue
                wait = self.retry.wait_before(attempt, error, repeat)
                if wait is None:
                    raise
                attempt += 1
                logger.info("%s %s: %s, trying again in %.1f s", method, path, error.code, wait)
                self.pause(wait)

    def refresh(self, connector: str, connection: str | None) -> httpx.Response:
        """Asks the server to refresh the provider's access token."""
        path = f"/rest/connectors/{segment(connector)}/refresh"
        return self.send("POST", path, connector, refreshes=False, params={"connection": connection})

    def _answer(self, request: httpx.Request, connector: str) -> httpx.Response:
        """Sends once; the whole answer."""
        with self._opened(request, connector) as answer:
            self._read_all(answer, connector)
            return answer

    @contextmanager
    def _opened(self, request: httpx.Request, connector: str) -> Iterator[httpx.Response]:
        """Sends once; an answer with a good status, its body not read yet."""
        try:
            answer = self.http.send(request, stream=True)
        except httpx.HTTPError as error:
            raise unreached(error, request, connector) from None
        try:
            if not answer.is_success:
                self._read_all(answer, connector)
                raise from_answer(answer, connector)
            yield answer
        finally:
            answer.close()

    def _read_all(self, answer: httpx.Response, connector: str) -> None:
        try:
            answer.read()
        except httpx.HTTPError as error:
            raise unreached(error, answer.request, connector) from None

    @contextmanager
    def bytes_of(self, path: str, connector: str) -> Iterator[Iterator[bytes]]:
        """Opens something to read piece by piece."""
        request = self.http.build_request("GET", path)
        with self._opened(request, connector) as answer:
            yield self._pieces(answer, connector)

    def _pieces(self, answer: httpx.Response, connector: str) -> Iterator[bytes]:
        try:
            for piece in answer.iter_bytes():
                yield piece
        except httpx.HTTPError as error:
            raise unreached(error, answer.request, connector) from None

    @contextmanager
    def events(self, path: str, connector: str, silence: float) -> Iterator[Iterator[Event]]:
        """Opens a stream of events; one that is silent for longer than `silence` seconds is broken."""
        timeout = _with_read(self.http.timeout, silence)
        request = self.http.build_request("GET", path, headers={"Accept": "text/event-stream"}, timeout=timeout)
        with self._opened(request, connector) as answer:
            yield self._read_events(answer, connector)

    def _read_events(self, answer: httpx.Response, connector: str) -> Iterator[Event]:
        reader = EventReader()
        try:
            for line in answer.iter_lines():
                event = reader.take(line)
                if event is not None:
                    yield event
        except httpx.HTTPError as error:
            raise unreached(error, answer.request, connector) from None


def read(answer: httpx.Response, kind: type[Answer], connector: str = "") -> Answer:
    """Reads an answer as what it should be."""
    try:
        return parsed(answer.content, kind, connector)
    except UnexpectedAnswerError as error:
        error.status, error.request_id = answer.status_code, answer.headers.get("x-request-id")
        raise


def parsed(text: str | bytes, kind: type[Answer], connector: str = "") -> Answer:
    """Reads a text as what it should be."""
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        # What was answered is not shown: it may hold what is not for logs.
        wrong = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}" for one in error.errors()[:3])
        message = f"the answer is not a {kind.__name__} ({wrong}): check api_base, and the versions of server and SDK"
    raise UnexpectedAnswerError(message, connector_id=connector)


def unreached(error: httpx.HTTPError, request: httpx.Request, connector: str) -> ConnectionFailedError:
    """Says that there was no answer, and whether the request had left."""
    never_sent = isinstance(error, NEVER_SENT)
    address = f"{request.url.scheme}://{request.url.netloc.decode()}"
    what = "was not reached" if never_sent else "did not answer to the end"
    return ConnectionFailedError(
        f"{address} {what} ({type(error).__name__}): is Gangway running there, is api_base right?",
        details={"never_sent": never_sent},
        connector_id=connector,
    )


def segment(value: str) -> str:
    """An id as a part of a path."""
    if not value or value in (".", ".."):
        raise ValueError("an id is needed here, and this one is empty")
    return quote(value, safe="")


def _with_read(timeout: httpx.Timeout, read: float) -> httpx.Timeout:
    return httpx.Timeout(connect=timeout.connect, read=read, write=timeout.write, pool=timeout.pool)
