"""What can go wrong, as exceptions: one class for each code of the server, all of them `ConnectorError`.

No text here ever holds a token: not the one that the client signs in with, and none that an answer holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx


class ConnectorError(Exception):
    """A call that did not do what it was asked for.

    Attributes:
        code: a word for programs from the server's stable list, such as `not_connected`.
        message: a sentence a person can act on.
        details: what a program may want to know: `field`, `error_type`, `required_plan`, `reason` …
        status: the HTTP status; None when there was no answer.
        request_id: what finds the request in the server's logs; None when there was no answer.
        connector_id: the connector that the call was about; empty when it was about none.
        retry_after: the seconds to wait before trying again makes sense; 0 when nothing was said.
        attempts: how often the call was made before this was raised.
    """

    default_code = "connector_error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        details: Mapping[str, Any] | None = None,
        status: int | None = None,
        request_id: str | None = None,
        connector_id: str = "",
        retry_after: float = 0.0,
    ) -> None:
        self.code = code or self.default_code
        self.message = message
        self.details = dict(details or {})
        self.status = status
        self.request_id = request_id
        self.connector_id = connector_id
        self.retry_after = retry_after
        self.attempts = 1
        super().__init__(message)

    def __str__(self) -> str:
        place = f" (request {self.request_id})" if self.request_id else ""
        return f"{self.code}: {self.message}{place}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions with keywords do not survive being sent between processes by themselves.
        return (_rebuilt, (type(self), self.message, self.__dict__.copy()))


class InvalidRequestError(ConnectorError):
    """The request is malformed; `details["field"]` names what is wrong, and nothing happened."""

    default_code = "invalid_request"


class InvalidScopeError(ConnectorError):
    """A scope is not in the connector's list, or what was granted does not allow reading files."""

    default_code = "invalid_scope"


class InvalidGrantError(ConnectorError):
    """The authorization code or the state is unknown, used, past its end or somebody else's: authorize again."""

    default_code = "invalid_grant"


class AccessDeniedError(ConnectorError):
    """The person said no at the consent screen."""

    default_code = "access_denied"


class UnauthorizedError(ConnectorError):
    """No token for Gangway itself, or one that is unknown, revoked or past its end."""

    default_code = "unauthorized"


class ForbiddenError(ConnectorError):
    """The token is good but not for this: an admin key where a user token belongs, or not the owner."""

    default_code = "forbidden"


class UserDisabledError(ConnectorError):
    """An operator disabled the user. Nothing is lost, and the token is good again once they are enabled."""

    default_code = "user_disabled"


class PlanRequiredError(ConnectorError):
    """The connector is above the user's plan."""

    default_code = "plan_required"

    @property
    def required_plan(self) -> str:
        """The plan that includes the connector."""
        return str(self.details.get("required_plan", ""))


class NotFoundError(ConnectorError):
    """There is no such thing, or it is not the user's."""

    default_code = "not_found"


class MethodNotAllowedError(ConnectorError):
    """The server is older than this client: the path exists, the method does not."""

    default_code = "method_not_allowed"


class GoneError(ConnectorError):
    """It was there and is over, such as an upload that has expired."""

    default_code = "gone"


class ConflictError(ConnectorError):
    """The request contradicts what is there: a name that is taken, a session that is over."""

    default_code = "conflict"


class ConnectorUnavailableError(ConnectorError):
    """The connector is not built yet, or the operator configured no OAuth app for it."""

    default_code = "connector_unavailable"


class NotConnectedError(ConnectorError):
    """The user has no connection through this connector: start with `authorize`."""

    default_code = "not_connected"


class NeedsReauthError(ConnectorError):
    """The grant is dead: connect again, which keeps the connection and its files."""

    default_code = "needs_reauth"

    @property
    def reason(self) -> str:
        """Why the grant ended."""
        return str(self.details.get("reason", ""))


class TokenExpiredError(ConnectorError):
    """The provider's access token ended and could not be replaced just now. The client refreshed once already."""

    default_code = "token_expired"


class LockedError(ConnectorError):
    """Another request is sending to the same upload."""

    default_code = "locked"


class ChecksumMismatchError(ConnectorError):
    """The bytes are not those that were announced by their checksum."""

    default_code = "checksum_mismatch"


class UnsupportedVersionError(ConnectorError):
    """The version of the protocol is not spoken by the server."""

    default_code = "unsupported_version"


class PayloadTooLargeError(ConnectorError):
    """What was sent is larger than the server takes."""

    default_code = "payload_too_large"


class UnsupportedMediaTypeError(ConnectorError):
    """The body is of a content type that the server does not read."""

    default_code = "unsupported_media_type"


class RateLimitError(ConnectorError):
    """The provider asks for a pause of `retry_after` seconds."""

    default_code = "rate_limit"


class ProviderError(ConnectorError):
    """The provider failed or refused; `details["error_type"]` says how. Worth repeating if there is a `retry_after`."""

    default_code = "connector_error"


class UnavailableError(ConnectorError):
    """The server is not able to answer just now."""

    default_code = "unavailable"


class QuotaExceededError(ConnectorError):
    """The server has no room left to store the bytes."""

    default_code = "quota_exceeded"


class InternalError(ConnectorError):
    """The server's fault: its operator finds the `request_id` in the logs."""

    default_code = "internal"


class ConnectionFailedError(ConnectorError):
    """The server was not reached, or the connection broke before its answer was complete."""

    default_code = "connection_failed"


class UnexpectedAnswerError(ConnectorError):
    """What answered did not answer as Gangway does: is `api_base` right, is a proxy in between?"""

    default_code = "unexpected_answer"


class WaitTimeoutError(ConnectorError, TimeoutError):
    """The job had not ended when the time was up. It goes on: wait again, or cancel it."""

    default_code = "wait_timeout"


BY_CODE: dict[str, type[ConnectorError]] = {
    kind.default_code: kind
    for kind in (
        InvalidRequestError, InvalidScopeError, InvalidGrantError, AccessDeniedError, UnauthorizedError,
        ForbiddenError, UserDisabledError, PlanRequiredError, NotFoundError, MethodNotAllowedError, GoneError,
        ConflictError,
        ConnectorUnavailableError, NotConnectedError, NeedsReauthError, TokenExpiredError, LockedError,
        ChecksumMismatchError, UnsupportedVersionError, PayloadTooLargeError, UnsupportedMediaTypeError,
        RateLimitError, ProviderError, UnavailableError, QuotaExceededError, InternalError,
    )
}  # fmt: skip
"""The class of each code that a server answers with."""

# How long to wait when a provider asks for a pause and does not say how long.
SOME_PAUSE = 1.0


def from_answer(answer: httpx.Response, connector_id: str = "") -> ConnectorError:
    """Makes the exception that an answer with an error status, read to its end, stands for."""
    code, message, details = _read(answer)
    request_id = answer.headers.get("x-request-id")
    if not code:
        kind: type[ConnectorError] = (
            UnavailableError if answer.status_code in (502, 503, 504) else UnexpectedAnswerError
        )
        return kind(
            f"{answer.request.url.host} answered {answer.status_code}, and not as Gangway does: "
            "check api_base, and what stands between",
            status=answer.status_code,
            request_id=request_id,
            connector_id=connector_id,
            retry_after=_pause(answer, {}),
        )
    kind = BY_CODE.get(code, ConnectorError)
    pause = _pause(answer, details)
    return kind(
        message,
        code=code,
        details=details,
        status=answer.status_code,
        request_id=request_id,
        connector_id=str(details.get("connector_id") or connector_id),
        retry_after=pause or (SOME_PAUSE if code == "rate_limit" else 0.0),
    )


def _read(answer: httpx.Response) -> tuple[str, str, dict[str, Any]]:
    """Code, message and details of either shape, the usual one and OAuth's flat one."""
    try:
        body = answer.json()
    except ValueError:
        return "", "", {}
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict) and isinstance(error.get("code"), str):
        details = error.get("details")
        return error["code"], str(error.get("message", "")), details if isinstance(details, dict) else {}
    if isinstance(error, str):
        details = body.get("details")
        return error, str(body.get("error_description", "")), details if isinstance(details, dict) else {}
    return "", "", {}


def _pause(answer: httpx.Response, details: Mapping[str, Any]) -> float:
    said = details.get("retry_after", answer.headers.get("retry-after", ""))
    return float(said) if re.fullmatch(r"\d+(\.\d+)?", str(said)) else 0.0


def _rebuilt(kind: type[ConnectorError], message: str, state: dict[str, Any]) -> ConnectorError:
    error = kind(message)
    error.__dict__.update(state)
    return error
