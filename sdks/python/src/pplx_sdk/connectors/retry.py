"""When a call is repeated, and after how long: the guide's retry strategy."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from .errors import ConnectorError


class Repeat(Enum):
    """What is known about doing a call twice."""

    SAFELY = "safely"
    """Twice does what once does."""

    IF_REFUSED = "if refused"
    """Twice would do more than once, so it is repeated only when the server says that nothing was done."""

    IF_UNSENT = "if unsent"
    """What is sent is used up by being sent, so it is repeated only when it never reached the server."""


@dataclass(frozen=True)
class Retry:
    """How often and how patiently calls are repeated.

    An ended access token is refreshed, once for each call. A pause that was asked for is kept. Everything else that may
    pass waits `backoff` seconds, then twice as long, and so on, less a random share of up to half.

    Attributes:
        max_retries: how often a call is repeated; 0 turns it off.
        backoff: seconds before the first repetition.
        max_wait: the longest wait. When a longer pause is asked for, the error is raised at once: its `retry_after`
            says how long, and the caller knows better what to do meanwhile.
    """

    max_retries: int = 3
    backoff: float = 1.0
    max_wait: float = 60.0
    random: Callable[[], float] = field(default=random.random, repr=False)

    def wait_before(self, attempt: int, error: ConnectorError, repeat: Repeat) -> float | None:
        """Returns the seconds to wait before repetition number `attempt`, from 0; None when there is to be none."""
        if attempt >= self.max_retries or not may_pass(error, repeat) or error.retry_after > self.max_wait:
            return None
        if error.retry_after:
            return error.retry_after
        longest = min(self.backoff * 2.0**attempt, self.max_wait)
        return longest * (1.0 - self.random() / 2.0)


def may_pass(error: ConnectorError, repeat: Repeat) -> bool:
    """Whether the same call may well succeed later, and may be made again."""
    if error.code == "connection_failed":
        return repeat is Repeat.SAFELY or bool(error.details.get("never_sent"))
    if error.code == "rate_limit":
        return repeat is not Repeat.IF_UNSENT
    if repeat is not Repeat.SAFELY:
        return False
    if error.code == "connector_error":
        # The server says when to try again exactly when that makes sense.
        return error.retry_after > 0
    return error.status in (408, 425, 429, 500, 502, 503, 504)
