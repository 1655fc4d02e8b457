"""Signing in to Gangway: the one place that knows the token."""

from __future__ import annotations

from collections.abc import Callable, Generator

import httpx

Token = str | Callable[[], str]


class Bearer(httpx.Auth):
    """Adds the user's token to each request. Prints as nothing that could be used."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def __repr__(self) -> str:
        return "Bearer(…)"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._token() if callable(self._token) else self._token
        request.headers["Authorization"] = f"Bearer {token}"
        yield request
