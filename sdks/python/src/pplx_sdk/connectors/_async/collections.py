"""Collections: what documents are brought into, and what searches are narrowed to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Final

from .._settings import given, search_body
from .._wire import Collection, CollectionFile, CollectionFileList, CollectionList, Coverage, SearchAnswer
from ..errors import NotFoundError
from ..retry import Repeat
from .transport import Transport, segment

KEEP: Final[Any] = object()
"""Leaves a field as it is."""


class Collections:
    """The user's collections; a client has one of these as `collections`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list(self, *, limit: int | None = None, cursor: str | None = None) -> CollectionList:
        """Lists a page of the collections the user may search."""
        return await self._transport.get("/rest/collections", CollectionList, limit=limit, cursor=cursor)

    async def iter(self) -> AsyncIterator[Collection]:
        """Goes through all of them, page by page."""
        cursor = None
        while True:
            page = await self.list(limit=100, cursor=cursor)
            for one in page.collections:
                yield one
            cursor = page.next_cursor
            if not page.has_more or not cursor:
                return

    async def create(self, name: str, *, description: str | None = None, access: str | None = None) -> Collection:
        """Makes a collection. `access` is `private`, which is meant when left out, or `org`."""
        body = given(name=name, description=description, access=access)
        return await self._transport.call("POST", "/rest/collections", Collection, json=body, repeat=Repeat.IF_REFUSED)

    async def get(self, collection_uuid: str) -> Collection:
        """Says what a collection holds."""
        return await self._transport.get(_path(collection_uuid), Collection)

    async def update(
        self, collection_uuid: str, *, name: str = KEEP, description: str | None = KEEP, access: str = KEEP
    ) -> Collection:
        """Changes what is named; a `description` of None empties it."""
        changes = {"name": name, "description": description, "access": access}
        body = {field: value for field, value in changes.items() if value is not KEEP}
        return await self._transport.call("PATCH", _path(collection_uuid), Collection, json=body)

    async def delete(self, collection_uuid: str) -> None:
        """Deletes a collection and what is in no other."""
        await self._delete(_path(collection_uuid))

    async def files(
        self, collection_uuid: str, *, limit: int | None = None, cursor: str | None = None
    ) -> CollectionFileList:
        """Lists a page of a collection's files, each with its state and the reason for it."""
        path = f"{_path(collection_uuid)}/files"
        return await self._transport.get(path, CollectionFileList, limit=limit, cursor=cursor)

    async def iter_files(self, collection_uuid: str) -> AsyncIterator[CollectionFile]:
        """Goes through all files of a collection, page by page."""
        cursor = None
        while True:
            page = await self.files(collection_uuid, limit=100, cursor=cursor)
            for one in page.files:
                yield one
            cursor = page.next_cursor
            if not page.has_more or not cursor:
                return

    async def coverage(self, collection_uuid: str) -> Coverage:
        """Says what the sources of a collection have, what of it is here, and why the rest is not."""
        return await self._transport.get(f"{_path(collection_uuid)}/coverage", Coverage)

    async def remove_file(self, collection_uuid: str, file_id: str) -> None:
        """Takes a file out of a collection; the source keeps it."""
        await self._delete(f"{_path(collection_uuid)}/files/{segment(file_id)}")

    async def search(
        self,
        collection_uuid: str,
        query: str,
        *,
        connectors: Sequence[str] | None = None,
        mime_types: Sequence[str] | None = None,
        modified_after: datetime | str | None = None,
        modified_before: datetime | str | None = None,
        path: str | None = None,
        show_duplicates: bool | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> SearchAnswer:
        """Searches one collection."""
        filters = {
            "connectors": connectors,
            "mime_types": mime_types,
            "modified_after": modified_after,
            "modified_before": modified_before,
            "path": path,
        }
        body = search_body(query, limit, cursor, filters, show_duplicates)
        return await self._transport.call("POST", f"{_path(collection_uuid)}/search", SearchAnswer, json=body)

    async def _delete(self, path: str) -> None:
        try:
            await self._transport.send("DELETE", path)
        except NotFoundError as error:
            # The first try may have done it, and only its answer was lost.
            if error.attempts == 1:
                raise


def _path(collection_uuid: str) -> str:
    return f"/rest/collections/{segment(collection_uuid)}"
