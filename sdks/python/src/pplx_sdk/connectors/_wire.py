"""What the server answers. Made by sdks/codegen/python.py from sdks/openapi.json; not for editing."""

from __future__ import annotations

from pydantic import Field

from ._base import Access, Job, Model, Moment


class Account(Model):
    """Whom the provider says the connection belongs to."""

    email: str | None = None
    id: str
    name: str | None = None


class AuthorizeAnswer(Model):
    auth_url: str = Field(repr=False)
    """Where to send the browser."""
    expires_in: int
    """Seconds until the state ends."""
    state: str = Field(repr=False)


class ChangeNotice(Model):
    """How changes at the source are noticed."""

    mode: str
    """`webhook`: the provider tells us. `polling`: we ask from time to time."""


class Collection(Model):
    """A collection and what is in it."""

    access: str
    """Who may search a collection."""
    bytes: int
    created_at: Moment
    description: str | None = None
    failed_count: int
    file_count: int
    last_sync_at: Moment | None = None
    name: str
    owner_id: str
    """The user who owns it; only the owner changes it."""
    updated_at: Moment
    uuid: str


class CollectionList(Model):
    collections: list[Collection]
    has_more: bool
    next_cursor: str | None = None


class CollectionShare(Model):
    bytes: int
    files: int
    name: str
    uuid: str


class ConnectionContents(Model):
    """What came through a connection."""

    collections: list[CollectionShare]
    """The collections they stand in, those with the most first."""
    connection_id: str
    connector_id: str
    files: int
    """Files that stand in collections, each counted once."""


class ConnectionProblem(Model):
    code: str
    message: str


class CoverageDifference(Model):
    code: str | None = None
    """Null where no reason was kept."""
    files: int
    message: str | None = None
    """A sentence a person can act on; that of one of the files."""
    sync_state: str
    """`name_only`, `failed`, or `synced` where a part of the text is missing."""


class CoverageSource(Model):
    """A connection that brings files into the collection."""

    chosen: int
    """Files and folders that were chosen."""
    connection_id: str
    connector_id: str
    files: int
    followed: int
    """Of these, those whose changes are followed."""
    last_sync_at: Moment | None = None
    listing_complete: bool
    """Whether everything below them has been listed once."""
    status: str
    """`active`, `needs_reauth` or `disconnecting`."""
    user_email: str | None = None


class HitFile(Model):
    collections: list[str]
    connection_id: str
    connector_id: str
    id: str
    """Our id of the file."""
    mime_type: str = Field(..., alias="mimeType")
    modified_at: Moment | None = None
    name: str
    path: str | None = None
    source_id: str
    """The provider's id."""
    title: str | None = None
    """The title the document gives itself."""
    url: str | None = None
    """Where a person opens it at the source."""


class PickedFile(Model):
    """A chosen file or folder."""

    id: str
    kind: str
    """`file`, `folder` or `link`."""
    mime_type: str = Field(..., alias="mimeType")
    name: str
    size: int | None = None
    url: str | None = None


class PickerAnswer(Model):
    expires_in: int
    """Seconds until the page closes."""
    picker_url: str = Field(repr=False)
    """A page to open in a popup or a frame. The part after `#` is its key."""
    session_id: str


class PickerStatus(Model):
    files: list[PickedFile]
    """What was chosen; empty until then."""
    status: str
    """`open`, `picked`, `cancelled` or `expired`."""


class Place(Model):
    """Where the passage stands in its document."""

    heading: str | None = None
    member: str | None = None
    """The file within the file: a path in an archive, the name of an attachment. Deeper ones follow after ` › `."""
    message: str | None = None
    """What the place is called at the source: a block, an anchor."""
    page: int | None = None
    rows: list[int] | None = None
    """First and last row, counted from 1."""
    sheet: str | None = None
    slide: int | None = None
    url: str | None = None
    """Where a person opens this very place, where the source has such addresses."""


class Reason(Model):
    """Why something is not as one would expect."""

    code: str
    message: str
    """A sentence a person can act on."""


class RefreshAnswer(Model):
    access_token: str = Field(repr=False)
    """A sealed stand-in: no provider token leaves this server."""
    connection_id: str
    expires_in: int | None = None
    """Seconds the access token has left; absent when it does not end."""


class Respelled(Model):
    tried: list[str]
    word: str


class Snippet(Model):
    """A piece of the passage that shows why it was found."""

    highlights: list[list[int]]
    """Byte ranges of `text` that match."""
    html: str
    """Escaped, with matches in `<mark>`."""
    text: str


class SourceFile(Model):
    """A file or folder at the source."""

    id: str
    """The provider's id: what `sync` takes in `file_ids`."""
    kind: str
    """`file`, `folder` or `link`."""
    mime_type: str = Field(..., alias="mimeType")
    modified_at: Moment | None = None
    name: str
    parent_id: str | None = None
    reason: Reason | None = None
    size: int | None = None
    """Bytes; null where the provider cannot say."""
    sync_state: str | None = None
    """`synced`, `name_only`, `failed` or `structure`; absent when it was never brought in."""
    synced: bool
    """Whether its text can be searched here."""
    thumbnail_url: str | None = None
    url: str | None = None
    """Where a person opens it."""


class SyncJob(Job):
    """A sync job and how far it is."""

    estimated_time: int | None = None
    """Seconds, from known sizes and measured speed; null while nothing has been measured."""
    file_count: int = 0
    """Files and folders that were asked for."""
    job_id: str
    status: str
    """`pending`, `processing`, `completed`, `partial`, `failed` or `cancelled`."""
    sync_job_id: str = ""
    bytes: int = 0
    """Bytes fetched from the provider."""
    cancel_requested: bool = False
    collection_uuid: str | None = None
    """Null for a job that follows changes on behalf of every `auto` sync of its connection."""
    completed_at: Moment | None = None
    connection_id: str = ""
    connector_id: str = ""
    created_at: Moment | None = None
    error: Reason | None = None
    files_failed: int = 0
    files_found: int = 0
    """Files met so far; grows while folders are being listed."""
    files_removed: int = 0
    files_skipped: int = 0
    """Files without text to bring in; found by name."""
    files_synced: int = 0
    """Files that are now true to the source."""
    files_unchanged: int = 0
    """Of `files_synced`, those whose bytes did not have to be fetched."""
    listing_complete: bool = False
    """From now on `files_found` is final."""
    progress: int = 0
    """0–100; 100 means finished."""
    started_at: Moment | None = None
    sync_mode: str = ""
    """`manual` or `auto`."""


class TextPlace(Model):
    """Where the text from an offset on stands in its document."""

    offset: int
    """In bytes of the whole text."""
    place: Place


class UnderstoodFilter(Model):
    """A `field:value` of the query."""

    excluded: bool
    """Whether what matches is left out."""
    field: str
    """`type`, `from`, `in`, `after`, `before`, `title` or `name`."""
    means: list[str]
    """The kind of file, connector ids, collection UUIDs or the moment it stands for; empty for words and folders."""
    value: str


class UploadedFile(Model):
    file_id: str | None = None
    """The same."""
    id: str | None = None
    """The file in the collection: new, or the one that was there already. Null when rejected."""
    name: str
    path: str
    """Where it stands among its folders; of a rejected file as it was sent."""
    reason: Reason | None = None
    sha256: str | None = None
    size: int
    status: str
    """
    `stored`, `replaced` (it is the next version of a file that was there), `duplicate` (the collection has these
    bytes already), `skipped` (its place is taken) or `rejected`.
    """


class User(Model):
    created_at: Moment
    disabled_at: Moment | None = None
    """Since when the user is disabled; null for one who is not."""
    email: str | None = None
    external_id: str | None = None
    """The product's own name for the user."""
    id: str
    name: str | None = None
    organization_id: str | None = None
    own_plan: str
    """What a user may use; a later plan includes the earlier ones."""
    plan: str
    """The plan that applies: the higher of the user's own and the organisation's."""


class UserInfo(Model):
    """Who granted it."""

    email: str | None = None
    name: str | None = None


class Version(Model):
    author: str | None = None
    """Who made it, as the provider names them."""
    current: bool
    id: str
    mime_type: str | None = Field(None, alias="mimeType")
    modified_at: Moment | None = None
    size: int | None = None


class VersionList(Model):
    has_more: bool
    next_cursor: str | None = None
    versions: list[Version]
    """Oldest first, as far as the provider keeps them."""


class WhyFile(Model):
    file_id: str | None = None
    """Our id of the file, by which its text is read; null when it was never brought in."""
    id: str
    """The provider's id."""
    kind: str | None = None
    """`file`, `folder` or `link`."""
    name: str | None = None


class Assistant(Model):
    """What the user allowed one program."""

    created_at: Moment
    expires_at: Moment
    """Ends then, unless it works before."""
    id: str
    known_by: str | None = None
    """The host whose document describes it; null for a program that registered itself."""
    last_used_at: Moment
    """When it last fetched a token, which it does every hour while it works."""
    name: str
    """What the program calls itself. Nobody has checked it."""
    place: str
    """Where it is: the host it is sent back to, or that it runs on the person's computer."""
    scopes: list[str]
    """What it may do."""


class AssistantList(Model):
    assistants: list[Assistant]
    has_more: bool
    next_cursor: str | None = None


class CollectionFile(Model):
    """A file in a collection."""

    connection_id: str
    id: str
    """Our id of the file."""
    kind: str
    """`file`, `folder` or `link`."""
    mime_type: str = Field(..., alias="mimeType")
    modified_at: Moment | None = None
    name: str
    reason: Reason | None = None
    size: int | None = None
    source_id: str
    """The provider's id."""
    sync_state: str
    """`synced`, `name_only`, `failed` or `structure`."""
    synced_at: Moment | None = None
    url: str | None = None
    """Where a person opens it at the source."""


class CollectionFileList(Model):
    files: list[CollectionFile]
    has_more: bool
    next_cursor: str | None = None


class Connection(Access):
    """One connection through a connector."""

    account: Account
    connected_at: Moment
    connection_id: str
    consented_at: Moment
    """When the person last consented: changes with each consent and with nothing else."""
    error: ConnectionProblem | None = None
    expires_at: Moment
    """When the access token ends; `NEVER` when it does not, `ENDED` without a connection."""
    last_sync_at: Moment | None = None
    scopes: list[str]
    """What was granted."""
    status: str
    """`active`, `needs_reauth` or `disconnecting`."""
    sync: ChangeNotice
    user_email: str | None = None


class Connector(Access):
    """A connector, whether it is connected, and how it fares."""

    account: Account | None = None
    available: bool
    """Whether the user can use it here and now: built, configured, and included in the plan."""
    capabilities: list[str]
    connected: bool
    connected_at: Moment | None = None
    connection_id: str | None = None
    connections: list[Connection] = Field([], validate_default=True)
    """Every connection, when there are several."""
    consented_at: Moment | None = None
    """When the person last consented: changes with each consent and with nothing else."""
    error: ConnectionProblem | None = None
    expires_at: Moment
    """When the access token ends; `NEVER` when it does not, `ENDED` without a connection."""
    id: str
    last_sync_at: Moment | None = None
    name: str
    reason: str | None = None
    """Why it is not available."""
    reason_code: str | None = None
    """
    The same for programs: `not_built`, `needs_app` (the operator has not set it up) or `plan_required`, when another
    plan is all that it takes.
    """
    required_plan: str | None = None
    """The plan that includes it, when the user's does not."""
    scopes: list[str] | None = None
    """What was granted."""
    status: str | None = None
    """`active`, `needs_reauth` or `disconnecting`."""
    sync: ChangeNotice | None = None
    type: str
    """`file_storage`, `productivity`, `communication` or `local`."""
    user_email: str | None = None


class ConnectorList(Model):
    connectors: list[Connector]


class Coverage(Model):
    """What a collection's sources have, what of it is here, and the reason for every difference."""

    differences: list[CoverageDifference]
    """Why the last two are not searchable, and what is missing of those that are, the most frequent reason first."""
    failed: int
    """Those that could not be brought in."""
    files: int
    """Files that the sources have, as far as they were listed."""
    name_only: int
    """Those found by their name only, because there is no text to bring in."""
    searchable: int
    """Of these, those whose text can be searched."""
    sources: list[CoverageSource]


class FileList(Model):
    """A page of files at the source."""

    files: list[SourceFile]
    has_more: bool
    next_cursor: str | None = None


class FileNote(Model):
    """A part of a file whose text is missing."""

    place: str
    """Where in the file, as people say it: `letters/a.pdf, page 12`. Empty for the file as a whole."""
    reason: Reason


class FileOutcome(Model):
    """What became of one file."""

    at: Moment
    id: str
    """The provider's id."""
    name: str
    outcome: str
    """`synced`, `unchanged`, `skipped`, `failed` or `removed`."""
    reason: Reason | None = None


class FileText(Model):
    """A piece of a file's text."""

    collections: list[str]
    """Collections it is in, of those the user may see."""
    connector_id: str
    id: str
    """Our id of the file."""
    incomplete: bool
    """Whether the file holds text that could not be read, or that was left out because there was too much."""
    mime_type: str = Field(..., alias="mimeType")
    modified_at: Moment | None = None
    name: str
    next_offset: int | None = None
    """Where the next piece begins; null at the end."""
    offset: int
    """Where the piece begins in the whole text, in bytes of UTF-8."""
    path: str
    places: list[TextPlace]
    reason: Reason | None = None
    source_id: str
    """The provider's id."""
    text: str
    title: str
    """The title the document gives itself, else the name."""
    total_bytes: int
    """Bytes of the whole text."""
    truncated: bool
    """Whether more follows."""
    url: str | None = None
    """Where a person opens it at the source."""


class JobList(Model):
    has_more: bool
    jobs: list[SyncJob]
    """The latest first."""
    next_cursor: str | None = None


class OutcomeList(Model):
    files: list[FileOutcome]
    has_more: bool
    next_cursor: str | None = None


class Passage(Model):
    """A passage of the file that matches."""

    chunk: int
    """Its number in the document, from 0."""
    place: Place
    snippet: Snippet


class ResumableUpload(Model):
    """How far a resumable upload is, and what became of it."""

    created_at: Moment
    expires_at: Moment
    """When it is ended if nobody goes on with it, or forgotten when it is over."""
    file: UploadedFile | None = None
    id: str
    length: int | None = None
    """Bytes in all; null while the sender has not said."""
    name: str
    """As the sender named it."""
    offset: int
    """Bytes that are here."""
    path: str | None = None
    """As the sender said it; null for a file at the top."""
    reason: Reason | None = None
    status: str
    """
    `receiving`, `received` (whole, and about to become a file), `done` or `failed` (nothing was stored; `reason`
    says why).
    """


class TokenAnswer(Model):
    access_token: str = Field(repr=False)
    """A sealed stand-in: no provider token leaves this server."""
    connection_id: str
    connector_id: str
    expires_in: int | None = None
    """Seconds the access token has left; absent when it does not end."""
    missing_scopes: list[str] = []
    """What was asked for and not granted."""
    refresh_token: str | None = Field(None, repr=False)
    """A sealed stand-in; absent when the provider gave no refresh token."""
    scopes: list[str]
    """What was granted."""
    user_info: UserInfo


class Understood(Model):
    """How the query was read, to be shown. Texts are as typed."""

    excluded: list[str]
    filters: list[UnderstoodFilter]
    phrases: list[str]
    respelled: list[Respelled]
    """Words that hardly occur, and similar ones that were looked for as well."""
    words: list[str]


class UploadAnswer(Model):
    files: list[UploadedFile]
    """In the order of the parts."""


class FileExplanation(Model):
    """What the source has, what we have, and the reason for a difference."""

    collections: list[str]
    """Collections it is in."""
    file: WhyFile
    in_source: bool | None = None
    """Whether the source has it; null when the source could not be asked."""
    last_job: SyncJob | None = None
    notes: list[FileNote]
    """Parts of its text that could not be read, and why; the rest can be searched."""
    reason: Reason
    state: str
    """`synced`, `name_only`, `failed`, `structure`, `gone`, or `unknown` when it was never brought in."""
    truncated: bool
    """Whether its text was cut at the limit."""


class Hit(Model):
    """A file that matches, with its best passage."""

    duplicate_ids: list[str]
    """Our ids of those files."""
    duplicates: int
    """Files with nearly the same text and the same numbers that match as well, counted up to 10."""
    file: HitFile
    passages: list[Passage]
    """The passages that match best, at most 3; the first is the one above. None when only the name matches."""
    place: Place
    score: float
    """Comparable within one answer only."""
    snippet: Snippet


class SearchAnswer(Model):
    by_meaning: str
    """
    Whether passages that mean what was asked were looked for, in whatever words: `off` where the server has no model,
    `not_asked` where the query has no words beside phrases and fields, `unavailable` where the model did not answer in
    time, so that hits were found by their words alone.
    """
    has_more: bool
    hits: list[Hit]
    next_cursor: str | None = None
    took_ms: float
    """Milliseconds the search took."""
    total: int
    """So many hits there are on all pages; where `total_is_exact` is false, at least so many."""
    total_is_exact: bool
    """False where more files match than are counted exactly: two thousand, or fifty thousand with `show_duplicates`."""
    understood: Understood
