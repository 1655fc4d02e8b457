"""How a client is set up, the same for both twins."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import httpx

from .. import __version__
from ._auth import Bearer, Token

# Seconds that an open stream of events may be silent; the server sends a heartbeat every 15.
SILENCE = 45.0

# Files in one request; a server takes 1,000 unless its operator says otherwise.
FILES_PER_REQUEST = 500

# Authorizations of one connector that are remembered at a time.
OPEN_AUTHORIZATIONS = 32


def http_options(api_base: str | None, auth_token: Token | None, timeout: float) -> dict[str, Any]:
    """What an httpx client is made with; says what is missing."""
    known = os.environ.get("GANGWAY_URL", "")
    base = api_base or known
    if not base:
        raise ValueError("where is Gangway? give api_base, or set GANGWAY_URL")
    # The environment's token is for the environment's server, and for no other that a caller names.
    is_known = base.rstrip("/") == known.rstrip("/")
    token = auth_token or (os.environ.get("GANGWAY_TOKEN", "") if is_known else "")
    if not token:
        raise ValueError("who calls? give auth_token (a user's token), or set GANGWAY_TOKEN with GANGWAY_URL")
    try:
        url = httpx.URL(base)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise ValueError("api_base is an address such as https://connect.example.com")
    return {
        "base_url": url,
        "auth": Bearer(token),
        "timeout": httpx.Timeout(timeout, connect=min(timeout, 10.0)),
        "headers": {"User-Agent": f"pplx-sdk/{__version__}", "Accept": "application/json"},
    }


def given(**values: Any) -> dict[str, Any]:
    """A request's body, without what was left out."""
    return {name: value for name, value in values.items() if value is not None}


def several(name: str, values: Any) -> list[str]:
    """Several strings; one string alone is a mistake that would be sent letter by letter."""
    if isinstance(values, str):
        raise TypeError(f"{name} is a list of strings: {name}=[{values!r}]")
    return [str(value) for value in values]


def some(name: str, values: Any) -> list[str] | None:
    return None if values is None else several(name, values)


def moment(value: datetime | str | None) -> str | None:
    """A moment as the API spells it; one without time zone is local time."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.astimezone()).isoformat()
    return value


def search_body(
    query: str,
    limit: int | None,
    cursor: str | None,
    filters: Mapping[str, Any],
    show_duplicates: bool | None = None,
) -> dict[str, Any]:
    narrowed = given(
        collections=some("collections", filters.get("collections")),
        connectors=some("connectors", filters.get("connectors")),
        mime_types=some("mime_types", filters.get("mime_types")),
        modified_after=moment(filters.get("modified_after")),
        modified_before=moment(filters.get("modified_before")),
        path=filters.get("path"),
    )
    return given(query=query, limit=limit, cursor=cursor, filters=narrowed or None, show_duplicates=show_duplicates)


Clock = Callable[[], float]
