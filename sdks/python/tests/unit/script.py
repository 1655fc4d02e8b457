"""A server made of prepared answers, and both twins of the client calling it."""

import inspect
import json
from collections.abc import Callable
from typing import Any

import httpx

from pplx_sdk.connectors import ConnectorClient, Retry, SyncConnectorClient

BASE = "https://connect.example.com"
TOKEN = "gwu_the-users-own-token"

Step = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class Script:
    """Answers request after request with what was prepared, and remembers what was asked and what was waited for."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.requests: list[httpx.Request] = []
        self.bodies: list[bytes] = []
        self.pauses: list[float] = []
        self.now = 0.0

    def say(self, *steps: Step) -> "Script":
        self.steps += steps
        return self

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.bodies.append(request.content)
        assert self.steps, f"nothing was prepared for {request.method} {request.url}"
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        answer = step if isinstance(step, httpx.Response) else step(request)
        answer.request = request
        return answer

    @property
    def asked(self) -> list[str]:
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.requests]

    def body(self, at: int = -1) -> Any:
        return json.loads(self.bodies[at])

    def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    async def wait_async(self, seconds: float) -> None:
        self.wait(seconds)


def answer(body: Any, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body, headers={"x-request-id": "req-1", **headers})


def refusal(status: int, code: str, message: str = "no", **details: Any) -> httpx.Response:
    return answer({"error": {"code": code, "message": message, "details": details}}, status)


def make_async(script: Script, token: Any = TOKEN, **options: Any) -> ConnectorClient:
    options = {"retry": Retry(random=lambda: 0.0), **options}
    return ConnectorClient(
        BASE, token, transport=httpx.MockTransport(script), pause=script.wait_async, clock=lambda: script.now, **options
    )


def make_sync(script: Script, token: Any = TOKEN, **options: Any) -> SyncConnectorClient:
    options = {"retry": Retry(random=lambda: 0.0), **options}
    return SyncConnectorClient(
        BASE, token, transport=httpx.MockTransport(script), pause=script.wait, clock=lambda: script.now, **options
    )


class Awaited:
    """The sync twin, called as if it were the async one: so each test is written once and runs with both."""

    def __init__(self, twin: Any) -> None:
        self._twin = twin

    def __repr__(self) -> str:
        return repr(self._twin)

    def __getattr__(self, name: str) -> Any:
        name = {"aclose": "close"}.get(name, name)
        found = getattr(self._twin, name)
        if not callable(found):
            return Awaited(found)
        if inspect.isgeneratorfunction(found):
            return lambda *args, **kwargs: _stepped(found(*args, **kwargs))

        async def called(*args: Any, **kwargs: Any) -> Any:
            return found(*args, **kwargs)

        return called


async def _stepped(values: Any) -> Any:
    try:
        for value in values:
            yield value
    finally:
        values.close()
