# Made by sdks/codegen/python.py from ../_async/collections.py; not for editing.
"""Collections: what documents are brought into, and what searches are narrowed to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from .._settings import given, search_body
from .._wire import Collection, CollectionFile, CollectionFileList, CollectionList, Coverage, SearchAnswer
from ..errors import NotFoundError
from ..retry import Repeat
from .transport import Transport, segment

KEEP: Final[Any] = object()
"""Leaves a field as it is."""


class SyncCollections:
    """The user's collections; a client has one of these as `collections`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, limit: int | None = None, cursor: str | None = None) -> CollectionList:
        """Lists a page of the collections the user may search."""
        return self._transport.get("/rest/collections", CollectionList, limit=limit, cursor=cursor)

    def iter(self) -> Iterator[Collection]:
        """Goes through all of them, page by page."""
        cursor = None
        while True:
            page = self.list(limit=100, cursor=cursor)
            for one in page.collections:
                yield one
            cursor = page.next_cursor
            if not page.has_more or not cursor:
                return

    def create(self, name: str, *, description: str | None = None, access: str | None = None) -> Collection:
        """Makes a collection. `access` is `private`, which is meant when left out, or `org`."""
        body = given(name=name, description=description, access=access)
        return self._transport.call("POST", "/rest/collections", Collection, json=body, repeat=Repeat.IF_REFUSED)

    def get(self, collection_uuid: str) -> Collection:
        """Says what a collection holds."""
        return self._transport.get(_path(collection_uuid), Collection)

    def update(
        self, collection_uuid: str, *, name: str = KEEP, description: str | None = KEEP, access: str = KEEP
    ) -> Collection:
        """Changes what is named; a `description` of None empties it."""
        changes = {"name": name, "description": description, "access": access}
        body = {field: value for field, value in changes.items() if value is not KEEP}
        return self._transport.call("PATCH", _path(collection_uuid), Collection, json=body)

    def delete(self, collection_uuid: str) -> None:
        """Deletes a collection and what is in no other."""
        self._delete(_path(collection_uuid))

    def files(self, collection_uuid: str, *, limit: int | None = None, cursor: str | None = None) -> CollectionFileList:
        """Lists a page of a collection's files, each with its state and the reason for it."""
        path = f"{_path(collection_uuid)}/files"
        return self._transport.get(path, CollectionFileList, limit=limit, cursor=cursor)

    def iter_files(self, collection_uuid: str) -> Iterator[CollectionFile]:
        """Goes through all files of a collection, page by page."""
        cursor = None
        while True:
            page = self.files(collection_uuid, limit=100, cursor=cursor)
            for one in page.files:
                yield one
            cursor = page.next_cursor
            if not page.has_more or not cursor:
                return

    def coverage(self, collection_uuid: str) -> Coverage:
        """Says what the sources of a collection have, what of it is here, and why the rest is not."""
        return self._transport.get(f"{_path(collection_uuid)}/coverage", Coverage)

    def remove_file(self, collection_uuid: str, file_id: str) -> None:
        """Takes a file out of a collection; the source keeps it."""
        self._delete(f"{_path(collection_uuid)}/files/{segment(file_id)}")

    def search(
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
        return self._transport.call("POST", f"{_path(collection_uuid)}/search", SearchAnswer, json=body)

    def _delete(self, path: str) -> None:
        try:
            self._transport.send("DELETE", path)
        except NotFoundError as error:
            # The first try may have done it, and only its answer was lost.
            if error.attempts == 1:
                raise


def _path(collection_uuid: str) -> str:
    return f"/rest/collections/{segment(collection_uuid)}"
