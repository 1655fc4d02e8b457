"""What waiting and reading files are when nothing may block: the async half. `_runtime_sync` is the other."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import BinaryIO, TypeVar

import anyio
import anyio.to_thread

Told = TypeVar("Told")

Pause = Callable[[float], Awaitable[None]]
"""Waits some seconds."""

pause: Pause = anyio.sleep


async def read(file: BinaryIO, size: int) -> bytes:
    """Reads from a file, in a thread, since disks can be slow."""
    return await anyio.to_thread.run_sync(file.read, size)


Body = AsyncIterator[bytes]


async def tell(callback: Callable[[Told], object] | None, value: Told) -> None:
    """Calls back, and waits when there is something to wait for."""
    if callback is not None:
        outcome = callback(value)
        if inspect.isawaitable(outcome):
            await outcome
