"""What waiting and reading files are when the caller waits: the sync half. `_runtime_async` is the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import BinaryIO, TypeVar

Told = TypeVar("Told")

Pause = Callable[[float], None]
"""Waits some seconds."""

pause: Pause = time.sleep


def read(file: BinaryIO, size: int) -> bytes:
    """Reads from a file."""
    return file.read(size)


Body = Iterator[bytes]


def tell(callback: Callable[[Told], object] | None, value: Told) -> None:
    """Calls back."""
    if callback is not None:
        callback(value)
