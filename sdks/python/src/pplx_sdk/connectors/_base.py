"""What every model is made of: tolerant reading, names as the guide spells them, moments that compare."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any, overload

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema


class Model(BaseModel):
    """An answer of the server.

    Fields that a newer server adds are ignored. Fields are named in snake case; the spelling of the REST API
    (`mimeType`) reads the same field.
    """

    model_config = ConfigDict(populate_by_name=True, hide_input_in_errors=True)

    def __getattr__(self, name: str) -> Any:
        # Called only when there is no such attribute: then it may be the name on the wire.
        for field, info in type(self).model_fields.items():
            if info.alias == name:
                return getattr(self, field)
        return super().__getattr__(name)  # type: ignore[misc]


class Moment(datetime):
    """A moment with its time zone that also compares with what `datetime.now()` gives.

    Python refuses to compare a moment that knows its time zone with one that does not. Here the one that does not is
    taken as local time, which is what `datetime.now()` means.
    """

    __slots__ = ()

    @classmethod
    def of(cls, moment: datetime) -> Moment:
        """Takes over a moment; one without time zone is local time."""
        known = moment if moment.tzinfo else moment.astimezone()
        return cls(
            known.year, known.month, known.day, known.hour, known.minute, known.second, known.microsecond, known.tzinfo,
            fold=known.fold,
        )  # fmt: skip

    def __lt__(self, other: datetime) -> bool:  # type: ignore[override]
        return super().__lt__(_placed(other))

    def __le__(self, other: datetime) -> bool:  # type: ignore[override]
        return super().__le__(_placed(other))

    def __gt__(self, other: datetime) -> bool:  # type: ignore[override]
        return super().__gt__(_placed(other))

    def __ge__(self, other: datetime) -> bool:  # type: ignore[override]
        return super().__ge__(_placed(other))

    @overload  # type: ignore[override]
    def __sub__(self, other: datetime) -> timedelta: ...
    @overload
    def __sub__(self, other: timedelta) -> Moment: ...
    def __sub__(self, other: Any) -> Any:
        return super().__sub__(_placed(other) if isinstance(other, datetime) else other)  # type: ignore[operator]

    def __rsub__(self, other: datetime) -> timedelta:
        return -(self - other)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls.of, core_schema.datetime_schema())


def _placed(moment: datetime) -> datetime:
    if not isinstance(moment, datetime) or moment.tzinfo:
        return moment
    return moment.astimezone()


def _utc(year: int) -> Moment:
    zone: tzinfo = timezone(timedelta(0))
    return Moment(year, 1, 1, tzinfo=zone)


NEVER = _utc(9999)
"""The end of access that does not end."""

ENDED = _utc(1970)
"""The end of access that there is none of: long ago."""


class Access(Model):
    """What has an `expires_at`, which is a moment whatever the server says, so that it can simply be compared.

    Access that does not end ends `NEVER`; where nothing is connected, it has `ENDED`.
    """

    @model_validator(mode="before")
    @classmethod
    def _always_a_moment(cls, data: Any) -> Any:
        if isinstance(data, dict) and not data.get("expires_at"):
            connected = data.get("connected", data.get("status") == "active")
            return {**data, "expires_at": NEVER if connected else ENDED}
        return data


class Job(Model):
    """What is brought in by and by, and ends."""

    # Declared here for what is said below; the generated model describes them.
    status: str = ""

    @model_validator(mode="before")
    @classmethod
    def _by_both_names(cls, data: Any) -> Any:
        if isinstance(data, dict) and "job_id" in data:
            return {"sync_job_id": data["job_id"], **data}
        return data

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen: completed, partial, failed or cancelled."""
        return self.status in FINAL

    @property
    def is_complete(self) -> bool:
        """Whether every file was brought in."""
        return self.status == "completed"


FINAL = frozenset({"completed", "partial", "failed", "cancelled"})
"""The states in which a sync job ends."""
