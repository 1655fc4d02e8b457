"""Sends one large file by tus 1.0.0: piece by piece, going on where the server stands after a broken connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .. import _runtime_async as runtime
from .._uploads import CHUNK, FileToUpload, metadata_of
from .._wire import Reason, ResumableUpload, UploadedFile
from ..errors import (
    ConnectorError,
    GoneError,
    NotFoundError,
    PayloadTooLargeError,
    UnavailableError,
    UnexpectedAnswerError,
)
from ..retry import Repeat, may_pass
from .transport import Transport, segment
from .uploading import changed

PATH = "/rest/connectors/local_upload/uploads"
SPOKEN = {"Tus-Resumable": "1.0.0"}
PIECE = 32 * 1024 * 1024
"""Bytes of one request: what a proxy on the way has to let through."""

# Refusals after which one looks where the upload stands and goes on from there.
GOES_ON = ("locked", "conflict", "quota_exceeded", "unavailable", "unexpected_answer")


class Resumable:
    """One file on its way to a collection.

    Args:
        unfinished: what was begun and not finished, by what it is; a later upload of the same goes on with it.
    """

    def __init__(
        self,
        transport: Transport,
        file: FileToUpload,
        collection_uuid: str,
        on_conflict: str | None,
        told: Callable[[int], object] | None,
        unfinished: dict[str, str],
    ) -> None:
        self.transport = transport
        # Between two tries one has to look where the upload stands.
        self.once = Transport(transport.http, replace(transport.retry, max_retries=0), transport.pause)
        self.file = file
        self.size = file.size()
        self.stamp = file.stamp()
        self.metadata = metadata_of(file, collection_uuid, on_conflict)
        self.told = told
        self.unfinished = unfinished
        self.key = f"{self.stamp} {self.metadata}"
        self.tries = 0

    async def send(self) -> UploadedFile:
        """Sends what the server does not have yet; what became of the file."""
        try:
            at = await self._stand_of_earlier() or await self._begin()
        except PayloadTooLargeError as error:
            reason = Reason(code=error.code, message=error.message)
            place = self.file.path or self.file.name
            return UploadedFile(name=self.file.name, path=place, size=self.size, status="rejected", reason=reason)
        self.unfinished[self.key] = at.id
        offset = at.offset
        await runtime.tell(self.told, offset)
        while offset < self.size:
            try:
                offset = await self._append(at.id, offset)
                self.tries = 0
            except GoneError:
                self.unfinished.pop(self.key, None)
                raise
            except ConnectorError as error:
                await self._bear(error)
                stands = (await self._stand(at.id)).offset
                self.tries = 0 if stands > offset else self.tries
                offset = stands
                await runtime.tell(self.told, offset)
        file = await self._outcome(at.id)
        self.unfinished.pop(self.key, None)
        return file

    async def _begin(self) -> ResumableUpload:
        headers = {**SPOKEN, "Upload-Length": str(self.size), "Upload-Metadata": self.metadata}
        return await self.transport.call("POST", PATH, ResumableUpload, "local_upload", headers=headers)

    async def _stand_of_earlier(self) -> ResumableUpload | None:
        """What an earlier call began; None when nothing was, or when it is over."""
        begun = self.unfinished.pop(self.key, None)
        if begun is None:
            return None
        try:
            at = await self._stand(begun)
        except (GoneError, NotFoundError):
            return None
        return None if at.status == "failed" else at

    async def _stand(self, upload_id: str) -> ResumableUpload:
        return await self.transport.get(f"{PATH}/{segment(upload_id)}", ResumableUpload, "local_upload")

    async def _append(self, upload_id: str, offset: int) -> int:
        """Sends the next piece; where the upload stands afterwards."""
        if self.file.stamp() != self.stamp:
            raise changed(self.file)
        length = min(PIECE, self.size - offset)
        headers = {
            **SPOKEN,
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(length),
        }
        answer = await self.once.send(
            "PATCH",
            f"{PATH}/{segment(upload_id)}",
            "local_upload",
            repeat=Repeat.IF_UNSENT,
            headers=headers,
            body=lambda: self._piece(offset, length),
        )
        stands = answer.headers.get("upload-offset", "")
        if not stands.isdecimal() or not offset < int(stands) <= self.size:
            raise UnexpectedAnswerError("the answer does not say where the upload stands", connector_id="local_upload")
        return int(stands)

    async def _piece(self, offset: int, length: int) -> runtime.Body:
        sent = 0
        if isinstance(self.file.source, bytes):
            while sent < length:
                piece = self.file.source[offset + sent : offset + min(sent + CHUNK, length)]
                sent += len(piece)
                yield piece
                await runtime.tell(self.told, offset + sent)
            return
        opened = open(self.file.source, "rb")  # noqa: ASYNC230 - opening is quick, reading is what takes time
        try:
            opened.seek(offset)
            while sent < length:
                piece = await runtime.read(opened, min(CHUNK, length - sent))
                if not piece:
                    raise changed(self.file)
                sent += len(piece)
                yield piece
                await runtime.tell(self.told, offset + sent)
        finally:
            opened.close()

    async def _outcome(self, upload_id: str) -> UploadedFile:
        """What the server made of it, once it has."""
        while True:
            at = await self._stand(upload_id)
            if at.file is not None:
                return at.file
            if at.status == "failed":
                self.unfinished.pop(self.key, None)
                reason = at.reason or Reason(code="internal", message="the server does not say why")
                raise ConnectorError(
                    f"{self.file.name} was not stored: {reason.message}", code=reason.code, connector_id="local_upload"
                )
            late = "the server has all of it and has made no file of it yet: upload it again, and nothing is sent twice"
            await self._bear(UnavailableError(late, connector_id="local_upload"))

    async def _bear(self, error: ConnectorError) -> None:
        """Waits before the next try; raises the error when that does not help or was done often enough."""
        retry = self.transport.retry
        goes_on = may_pass(error, Repeat.SAFELY) or error.code in GOES_ON
        if not goes_on or self.tries >= retry.max_retries or error.retry_after > retry.max_wait:
            raise error
        longest = min(retry.backoff * 2.0**self.tries, retry.max_wait)
        self.tries += 1
        await self.transport.pause(error.retry_after or longest * (1.0 - retry.random() / 2.0))
