"""Server-sent events, as far as the progress of a job needs them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Event:
    """One event: its name and its text. A heartbeat has neither."""

    name: str = ""
    text: str = ""

    @property
    def is_heartbeat(self) -> bool:
        return not self.name and not self.text


@dataclass
class EventReader:
    """Puts lines together to events."""

    _name: str = ""
    _data: list[str] = field(default_factory=list)

    def take(self, line: str) -> Event | None:
        """Takes one line, without its end; an event when the line completes one or is a comment."""
        if line.startswith(":"):
            return Event()
        if line:
            name, _, value = line.partition(":")
            value = value[1:] if value.startswith(" ") else value
            if name == "event":
                self._name = value
            elif name == "data":
                self._data.append(value)
            return None
        if not self._data:
            self._name = ""
            return None
        event = Event(self._name or "message", "\n".join(self._data))
        self._name, self._data = "", []
        return event
