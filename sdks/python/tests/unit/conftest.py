"""Each test of a client runs with the async one and with its sync twin."""

from collections.abc import Callable
from typing import Any

import pytest
from script import Awaited, Script, make_async, make_sync


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture(params=["async", "sync"])
def make(request: pytest.FixtureRequest, script: Script) -> Callable[..., Any]:
    """Makes a client with other settings than the usual ones."""
    if request.param == "async":
        return lambda **options: make_async(script, **options)
    return lambda **options: Awaited(make_sync(script, **options))


@pytest.fixture
def client(make: Callable[..., Any]) -> Any:
    return make()
