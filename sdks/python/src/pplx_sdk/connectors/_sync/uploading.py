# Made by sdks/codegen/python.py from ../_async/uploading.py; not for editing.
"""Sends the body of an upload piece by piece, from disk."""

from __future__ import annotations

from collections.abc import Callable

from .. import _runtime_sync as runtime
from .._uploads import CHUNK, FileToUpload, MultipartBody


class Sender:
    """Sends one body, and tells how far it is. Made anew for each try."""

    def __init__(self, body: MultipartBody, told: Callable[[int], object] | None) -> None:
        self.body = body
        self.told = told
        self.sent = 0

    def pieces(self) -> runtime.Body:
        for file, size in zip(self.body.files, self.body.sizes, strict=True):
            yield self.body.head(file)
            if isinstance(file.source, bytes):
                yield file.source
                self._count(size)
            else:
                opened = open(file.source, "rb")  # noqa: ASYNC230 - opening is quick, reading is what takes time
                try:
                    left = size
                    while left:
                        piece = runtime.read(opened, min(CHUNK, left))
                        if not piece:
                            raise changed(file)
                        left -= len(piece)
                        yield piece
                        self._count(len(piece))
                    if runtime.read(opened, 1):
                        raise changed(file)
                finally:
                    opened.close()
            yield b"\r\n"
        yield self.body.foot()

    def _count(self, size: int) -> None:
        self.sent += size
        runtime.tell(self.told, self.sent)


def changed(file: FileToUpload) -> OSError:
    return OSError(f"{file.name} changed while it was being uploaded: upload it again")
