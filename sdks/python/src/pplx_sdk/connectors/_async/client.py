"""The client: what a product calls to connect accounts, sync documents and search them, as one user.

One short method for each thing a user can do, in one class because that is what people look through; what they share
is in the modules beside it, and most of the length is their documentation.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import overload

import httpx

from .. import _runtime_async as runtime
from .._auth import Token
from .._settings import (
    FILES_PER_REQUEST,
    OPEN_AUTHORIZATIONS,
    SILENCE,
    Clock,
    given,
    http_options,
    search_body,
    several,
    some,
)
from .._uploads import LARGE, MultipartBody, Progress, Uploadable, files_of
from .._wire import (
    AssistantList,
    AuthorizeAnswer,
    ConnectionContents,
    Connector,
    ConnectorList,
    FileExplanation,
    FileList,
    FileOutcome,
    FileText,
    Hit,
    JobList,
    OutcomeList,
    PickerAnswer,
    PickerStatus,
    RefreshAnswer,
    SearchAnswer,
    SourceFile,
    SyncJob,
    TokenAnswer,
    UploadAnswer,
    UploadedFile,
    User,
    VersionList,
)
from ..errors import (
    ConnectionFailedError,
    ConnectorError,
    InvalidGrantError,
    NotConnectedError,
    NotFoundError,
    WaitTimeoutError,
)
from ..retry import Repeat, Retry, may_pass
from .collections import Collections
from .resuming import Resumable
from .transport import Transport, logger, parsed, read, segment
from .uploading import Sender


class ConnectorClient:
    """Calls Gangway as one user.

    Close it when it is not needed any more, or use it in an `async with` block. One client may be used by many tasks at
    the same time.

    Args:
        api_base: where Gangway is, such as `https://connect.example.com`; else `GANGWAY_URL` of the environment.
        auth_token: the user's token, or a function that returns it, for tokens that are renewed; else `GANGWAY_TOKEN`
            of the environment, unless `api_base` names another server than `GANGWAY_URL`.
        retry: how often and how patiently calls are repeated.
        timeout: seconds to wait for the next piece of an answer.
        transport: how requests leave, for proxies, certificates and tests; see httpx.
        pause: what waits between tries, for tests.
        clock: what tells the time for time limits, for tests.
    """

    def __init__(
        self,
        api_base: str | None = None,
        auth_token: Token | None = None,
        *,
        retry: Retry | None = None,
        timeout: float = 60.0,
        transport: httpx.AsyncBaseTransport | None = None,
        pause: runtime.Pause = runtime.pause,
        clock: Clock = time.monotonic,
    ) -> None:
        self._http = httpx.AsyncClient(**http_options(api_base, auth_token, timeout), transport=transport)
        self._transport = Transport(self._http, retry or Retry(), pause)
        self._clock = clock
        # Of each connector, the states that were handed out and not used yet, with the redirect URI of each.
        self._open: dict[str, dict[str, str | None]] = {}
        # Of large files that were not sent to their end, the uploads that were begun.
        self._unfinished: dict[str, str] = {}
        self.collections = Collections(self._transport)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._http.base_url}>"

    async def __aenter__(self) -> ConnectorClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connections to the server."""
        await self._http.aclose()

    # Connecting

    async def authorize(
        self,
        connector_id: str,
        *,
        redirect_uri: str | None = None,
        state: str | None = None,
        scopes: Sequence[str] | None = None,
        login_hint: str | None = None,
    ) -> AuthorizeAnswer:
        """Starts connecting an account: send the person's browser to the answer's `auth_url`.

        The state is remembered for `token`.

        Args:
            redirect_uri: where the browser comes back to, from the server's list; its own page when left out.
            state: an anti-forgery value that was never used before; made by the server when left out.
            scopes: short (`drive.readonly`) or full names; the connector's defaults when left out.
            login_hint: the account to suggest on the consent screen.
        """
        body = given(redirect_uri=redirect_uri, state=state, scopes=some("scopes", scopes), login_hint=login_hint)
        answer = await self._transport.call(
            "POST",
            f"{_path(connector_id)}/authorize",
            AuthorizeAnswer,
            connector_id,
            json=body,
            repeat=Repeat.IF_REFUSED,
        )
        states = self._open.setdefault(connector_id, {})
        states[answer.state] = redirect_uri
        while len(states) > OPEN_AUTHORIZATIONS:
            del states[next(iter(states))]
        return answer

    async def token(
        self, connector_id: str, code: str, *, state: str | None = None, redirect_uri: str | None = None
    ) -> TokenAnswer:
        """Finishes connecting: exchanges the code that the browser came back with.

        Pass the `state` that came back with it. Without one, that of this client's last `authorize` is taken; and if
        there was none (another process began), the server looks whether the user has exactly one open.
        """
        states = self._open.get(connector_id, {})
        state = state or next(reversed(states), None)
        redirect_uri = redirect_uri or (states.get(state) if state else None)
        body = given(code=code, state=state, redirect_uri=redirect_uri)
        path = f"{_path(connector_id)}/token"
        try:
            answer = await self._transport.call(
                "POST", path, TokenAnswer, connector_id, json=body, repeat=Repeat.IF_UNSENT
            )
        except InvalidGrantError:
            states.pop(state or "", None)
            raise
        states.pop(state or "", None)
        return answer

    async def status(self) -> ConnectorList:
        """Lists every connector, whether it is connected, and how it fares."""
        return await self._transport.get("/rest/connectors", ConnectorList)

    @overload
    async def get_status(self) -> ConnectorList: ...
    @overload
    async def get_status(self, connector_id: str) -> Connector: ...
    async def get_status(self, connector_id: str | None = None) -> ConnectorList | Connector:
        """Says how one connector fares; without a name, how all of them do."""
        if connector_id is None:
            return await self.status()
        return await self._transport.get(_path(connector_id), Connector, connector_id)

    async def refresh_token(self, connector_id: str, *, connection: str | None = None) -> RefreshAnswer:
        """Refreshes the access token now. The server does so by itself before every use."""
        return read(await self._transport.refresh(connector_id, connection), RefreshAnswer, connector_id)

    async def contents(self, connector_id: str, *, connection: str | None = None) -> ConnectionContents:
        """Says what came through a connection: what disconnecting would delete."""
        path = f"{_path(connector_id)}/contents"
        return await self._transport.get(path, ConnectionContents, connector_id, connection=connection)

    async def disconnect(self, connector_id: str, *, connection: str | None = None) -> None:
        """Ends a connection: its grant is revoked, and what came through it is deleted.

        Without `connection` the first one is meant. When the answer to that is lost, it is not sent again: there may be
        another first one by then.
        """
        repeat = Repeat.IF_REFUSED if connection is None else Repeat.SAFELY
        await self._delete(_path(connector_id), connector_id, repeat, connection=connection)

    async def monitor(
        self, interval: float = 300.0, *, on_error: Callable[[ConnectorError], object] | None = None
    ) -> AsyncGenerator[ConnectorList, None]:
        """Yields the status of every connector, now and every `interval` seconds, until it is left.

        What may pass by itself (the server restarts, the network is away) does not end it; `on_error` is told.
        """
        while True:
            try:
                yield await self.status()
            except ConnectorError as error:
                if not may_pass(error, Repeat.SAFELY):
                    raise
                logger.warning("the status of the connectors was not to be had: %s", error)
                await runtime.tell(on_error, error)
            await self._transport.pause(interval)

    async def me(self) -> User:
        """Says who the token belongs to, and on which plan."""
        return await self._transport.get("/rest/me", User)

    # Assistants

    async def list_assistants(self, *, limit: int | None = None, cursor: str | None = None) -> AssistantList:
        """Lists the assistants that the user has allowed something, the newest first."""
        return await self._transport.get("/rest/me/assistants", AssistantList, limit=limit, cursor=cursor)

    async def delete_assistant(self, assistant_id: str) -> None:
        """Ends what the user allowed an assistant: its tokens are refused from now on."""
        await self._delete(f"/rest/me/assistants/{segment(assistant_id)}")

    # Files at the source

    async def list_files(
        self,
        connector_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        folder_id: str | None = None,
        query: str | None = None,
        connection: str | None = None,
    ) -> FileList:
        """Lists a page of files and folders at the source.

        Args:
            limit: files on a page, 1 to 100; 50 when left out.
            cursor: `next_cursor` of the page before.
            folder_id: goes into a folder.
            query: searches at the source.
            connection: one of several accounts; the first when left out.
        """
        return await self._transport.get(
            f"{_path(connector_id)}/files",
            FileList,
            connector_id,
            limit=limit,
            cursor=cursor,
            folder_id=folder_id,
            query=query,
            connection=connection,
        )

    async def iter_files(
        self,
        connector_id: str,
        *,
        folder_id: str | None = None,
        query: str | None = None,
        connection: str | None = None,
        page_size: int = 100,
    ) -> AsyncIterator[SourceFile]:
        """Goes through all files and folders, fetching page after page as it goes."""
        cursor = None
        while True:
            page = await self.list_files(
                connector_id, limit=page_size, cursor=cursor, folder_id=folder_id, query=query, connection=connection
            )
            for file in page.files:
                yield file
            cursor = page.next_cursor
            if not page.has_more or not cursor:
                return

    async def list_versions(
        self,
        connector_id: str,
        file_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        connection: str | None = None,
    ) -> VersionList:
        """Lists the versions of a file that the provider keeps, oldest first."""
        path = f"{_path(connector_id)}/files/{segment(file_id)}/versions"
        return await self._transport.get(
            path, VersionList, connector_id, limit=limit, cursor=cursor, connection=connection
        )

    async def explain_file(self, connector_id: str, file_id: str, *, connection: str | None = None) -> FileExplanation:
        """Says why a file is here or is not."""
        path = f"{_path(connector_id)}/files/{segment(file_id)}/why"
        return await self._transport.get(path, FileExplanation, connector_id, connection=connection)

    async def read_text(self, file_id: str, *, offset: int | None = None, limit: int | None = None) -> FileText:
        """Reads a piece of the text of a file that was brought in.

        Args:
            file_id: our id of the file, such as a hit's `file.id`.
            offset: `next_offset` of the answer before.
            limit: bytes of text at most, 1000 to 200000; the most when left out.
        """
        path = f"/rest/files/{segment(file_id)}/text"
        return await self._transport.get(path, FileText, offset=offset, limit=limit)

    async def picker(
        self,
        connector_id: str,
        *,
        multiple: bool | None = None,
        mime_types: Sequence[str] | None = None,
        max_files: int | None = None,
        origin: str | None = None,
        redirect_uri: str | None = None,
        state: str | None = None,
        connection: str | None = None,
    ) -> PickerAnswer:
        """Opens a picker: show the person the answer's `picker_url`, then ask `get_picker` what was chosen.

        Args:
            multiple: whether several files may be chosen; they may when left out.
            mime_types: only these, by name or by family (`image/*`).
            max_files: how many may be chosen.
            origin: the page that is told the choice, from the server's list.
            redirect_uri: where the browser comes back to when no window opened the picker, from the server's list.
            state: given back with the choice, as it came.
        """
        body = given(
            multiple=multiple,
            mime_types=some("mime_types", mime_types),
            max_files=max_files,
            origin=origin,
            redirect_uri=redirect_uri,
            state=state,
        )
        return await self._transport.call(
            "POST",
            f"{_path(connector_id)}/picker",
            PickerAnswer,
            connector_id,
            params={"connection": connection},
            json=body,
        )

    async def get_picker(self, connector_id: str, session_id: str) -> PickerStatus:
        """Says whether the person has chosen, and what."""
        path = f"{_path(connector_id)}/picker/{segment(session_id)}"
        return await self._transport.get(path, PickerStatus, connector_id)

    # Syncing

    async def sync_files(
        self,
        connector_id: str,
        file_ids: Sequence[str],
        collection_uuid: str,
        sync_mode: str | None = None,
        *,
        allow_mass_removal: bool | None = None,
        connection: str | None = None,
    ) -> SyncJob:
        """Starts bringing files, and folders with everything below them, into a collection.

        It is not started twice: when an answer is lost on its way, the error is raised, and `list_syncs` tells.

        Args:
            sync_mode: `manual`, which is meant when left out: once; or `auto`: and keep following.
            allow_mass_removal: lets a sync go ahead that would remove an unusual share of the collection.
        """
        body = given(
            file_ids=several("file_ids", file_ids),
            collection_uuid=collection_uuid,
            sync_mode=sync_mode,
            allow_mass_removal=allow_mass_removal,
        )
        job = await self._transport.call(
            "POST",
            f"{_path(connector_id)}/sync",
            SyncJob,
            connector_id,
            params={"connection": connection},
            json=body,
            repeat=Repeat.IF_REFUSED,
        )
        job.connector_id, job.collection_uuid, job.sync_mode = connector_id, collection_uuid, sync_mode or "manual"
        return job

    async def get_sync_status(self, connector_id: str, job_id: str) -> SyncJob:
        """Says how far a sync job is."""
        return await self._transport.get(_job_path(connector_id, job_id), SyncJob, connector_id)

    async def wait(
        self,
        connector_id: str,
        job_id: str,
        *,
        timeout: float | None = None,
        on_progress: Callable[[SyncJob], object] | None = None,
    ) -> SyncJob:
        """Waits until a sync job has ended, however it ended, and returns it: look at its `status`.

        Args:
            timeout: seconds after which `WaitTimeoutError` is raised; the job goes on.
            on_progress: called with the job each time it has come further; may be a coroutine function.
        """
        async with contextlib.aclosing(self.stream_progress(connector_id, job_id, timeout=timeout)) as states:
            async for job in states:
                await runtime.tell(on_progress, job)
        return job

    async def stream_progress(
        self, connector_id: str, job_id: str, *, timeout: float | None = None
    ) -> AsyncGenerator[SyncJob, None]:
        """Yields a sync job each time it has come further, and for the last time when it has ended.

        A stream that breaks is opened again.
        """
        path = f"{_job_path(connector_id, job_id)}/events"
        deadline = None if timeout is None else self._clock() + timeout
        failures = 0
        while True:
            left = self._left(deadline, connector_id, job_id)
            silence = min(SILENCE, left)
            error: ConnectorError = ConnectionFailedError("the stream of events ended too early")
            try:
                async with self._transport.events(path, connector_id, silence) as events:
                    async for event in events:
                        if event.name in ("progress", "done"):
                            job = parsed(event.text, SyncJob, connector_id)
                            failures = 0
                            yield job
                            if job.is_final:
                                return
                        # Silence is noticed later than the time is up: from here on, with less of it.
                        if self._left(deadline, connector_id, job_id) < silence / 2:
                            silence = 0
                            break
            except WaitTimeoutError:
                raise
            except ConnectorError as broken:
                error = broken
            left = self._left(deadline, connector_id, job_id)
            if left < 1.0:
                # Too little for another try: what is left is waited for.
                await self._transport.pause(left)
            elif silence:
                wait = self._transport.retry.wait_before(failures, error, Repeat.SAFELY)
                if wait is None:
                    raise error
                failures += 1
                await self._transport.pause(min(wait, left))

    def _left(self, deadline: float | None, connector_id: str, job_id: str) -> float:
        if deadline is None:
            return float("inf")
        left = deadline - self._clock()
        if left <= 0:
            message = (
                f"sync job {job_id} has not ended in the time that was given; it goes on: wait again, or cancel it"
            )
            raise WaitTimeoutError(message, connector_id=connector_id)
        return left

    async def cancel_sync(self, connector_id: str, job_id: str) -> SyncJob:
        """Asks a job to stop. What it brought in stays."""
        path = _job_path(connector_id, job_id)
        return await self._transport.call("DELETE", path, SyncJob, connector_id)

    async def list_syncs(
        self,
        connector_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        connection: str | None = None,
    ) -> JobList:
        """Lists a page of sync jobs, the latest first."""
        return await self._transport.get(
            f"{_path(connector_id)}/sync", JobList, connector_id, limit=limit, cursor=cursor, connection=connection
        )

    async def list_sync_files(
        self,
        connector_id: str,
        job_id: str,
        *,
        outcome: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> OutcomeList:
        """Lists a page of what became of a job's files, and why.

        Args:
            outcome: only `synced`, `unchanged`, `skipped`, `failed` or `removed`.
        """
        path = f"{_job_path(connector_id, job_id)}/files"
        return await self._transport.get(path, OutcomeList, connector_id, outcome=outcome, limit=limit, cursor=cursor)

    async def iter_sync_files(
        self, connector_id: str, job_id: str, *, outcome: str | None = None
    ) -> AsyncIterator[FileOutcome]:
        """Goes through what became of all of a job's files, page by page."""
        cursor = None
        while True:
            page = await self.list_sync_files(connector_id, job_id, outcome=outcome, limit=100, cursor=cursor)
            for one in page.files:
                yield one
            cursor = page.next_cursor
            if not page.has_more or not cursor:
                return

    # Uploads

    async def upload(
        self,
        files: Uploadable | Iterable[Uploadable],
        collection_uuid: str,
        *,
        on_conflict: str | None = None,
        on_progress: Progress | None = None,
    ) -> UploadAnswer:
        """Uploads files into a collection; a folder comes with everything in it, and keeps its structure.

        Files are read from disk while they are sent. An upload that breaks off is sent again: bytes that the collection
        has already never make a second file. A file of more than 16 MB goes on where it stood; when its connection
        breaks too often and this raises, the same call made again by this client goes on as well. Each file has an
        outcome of its own: look at its `status` and `reason`.

        Args:
            files: a path, a `FileToUpload`, or several of them.
            on_conflict: what to do where a place is taken by other bytes: `keep_both`, which is meant when left out,
                `replace` or `skip`.
            on_progress: called with the bytes sent and the bytes in all.
        """
        wanted = files_of(files)
        total = sum(file.size() for file in wanted)
        done = 0
        outcomes: dict[int, UploadedFile] = {}
        large = [at for at, file in enumerate(wanted) if file.size() > LARGE]
        small = sorted(set(range(len(wanted))) - set(large))
        for start in range(0, len(small), FILES_PER_REQUEST):
            batch = small[start : start + FILES_PER_REQUEST]
            body = MultipartBody([wanted[at] for at in batch])
            told = _told(on_progress, done, total)
            answer = await self._transport.call(
                "POST",
                f"{_path('local_upload')}/upload",
                UploadAnswer,
                "local_upload",
                params={"collection_uuid": collection_uuid, "on_conflict": on_conflict},
                headers=body.headers,
                body=lambda body=body, told=told: Sender(body, told).pieces(),  # type: ignore[misc]
            )
            outcomes.update(zip(batch, answer.files, strict=False))
            done += sum(body.sizes)
        for at in large:
            told = _told(on_progress, done, total)
            one = Resumable(self._transport, wanted[at], collection_uuid, on_conflict, told, self._unfinished)
            outcomes[at] = await one.send()
            done += one.size
        return UploadAnswer(files=[outcomes[at] for at in sorted(outcomes)])

    async def download_upload(self, file_id: str, to: str | os.PathLike[str]) -> Path:
        """Writes an uploaded file, byte for byte, to a path; returns it."""
        target = Path(to)
        path = f"{_path('local_upload')}/files/{segment(file_id)}/content"
        async with self._transport.bytes_of(path, "local_upload") as pieces:
            with open(target, "wb") as file:  # noqa: ASYNC230 - opening is quick
                async for piece in pieces:
                    file.write(piece)
        return target

    async def delete_upload(self, file_id: str) -> None:
        """Deletes an uploaded file from every collection."""
        await self._delete(f"{_path('local_upload')}/files/{segment(file_id)}", "local_upload")

    # Searching

    async def search(
        self,
        query: str,
        *,
        collections: Sequence[str] | None = None,
        connectors: Sequence[str] | None = None,
        mime_types: Sequence[str] | None = None,
        modified_after: datetime | str | None = None,
        modified_before: datetime | str | None = None,
        path: str | None = None,
        show_duplicates: bool | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> SearchAnswer:
        """Searches everything the user may see; what is given narrows it.

        Args:
            query: words, `"phrases"`, `begin*`, `-words` and fields such as `type:pdf`; no syntax is an error.
            collections: UUIDs of collections.
            connectors: ids of connectors.
            mime_types: by name (`application/pdf`) or by family (`image/*`).
            modified_after: this moment and later; without a time zone it is local time.
            modified_before: before this moment.
            path: a folder's path; it and everything below.
            show_duplicates: whether files with nearly the same text each get a hit of their own.
            limit: hits on a page, 1 to 100; 50 when left out.
            cursor: `next_cursor` of the page before.
        """
        filters = {
            "collections": collections,
            "connectors": connectors,
            "mime_types": mime_types,
            "modified_after": modified_after,
            "modified_before": modified_before,
            "path": path,
        }
        body = search_body(query, limit, cursor, filters, show_duplicates)
        return await self._transport.call("POST", "/rest/search", SearchAnswer, json=body)

    async def iter_search(
        self,
        query: str,
        *,
        collections: Sequence[str] | None = None,
        connectors: Sequence[str] | None = None,
        mime_types: Sequence[str] | None = None,
        modified_after: datetime | str | None = None,
        modified_before: datetime | str | None = None,
        path: str | None = None,
        show_duplicates: bool | None = None,
    ) -> AsyncIterator[Hit]:
        """Goes through all hits, the best first, page by page."""
        cursor = None
        while True:
            page = await self.search(
                query,
                collections=collections,
                connectors=connectors,
                mime_types=mime_types,
                modified_after=modified_after,
                modified_before=modified_before,
                path=path,
                show_duplicates=show_duplicates,
                limit=100,
                cursor=cursor,
            )
            for hit in page.hits:
                yield hit
            cursor = page.next_cursor
            if not page.has_more or not cursor:
                return

    async def _delete(
        self, path: str, connector: str = "", repeat: Repeat = Repeat.SAFELY, **params: str | None
    ) -> None:
        try:
            await self._transport.send("DELETE", path, connector, repeat=repeat, params=params)
        except (NotFoundError, NotConnectedError) as error:
            # The first try may have done it, and only its answer was lost.
            if error.attempts == 1:
                raise


def _path(connector_id: str) -> str:
    return f"/rest/connectors/{segment(connector_id)}"


def _job_path(connector_id: str, job_id: str) -> str:
    return f"{_path(connector_id)}/sync/{segment(job_id)}"


def _told(on_progress: Progress | None, done: int, total: int) -> Callable[[int], object] | None:
    return None if on_progress is None else lambda sent: on_progress(done + sent, total)
