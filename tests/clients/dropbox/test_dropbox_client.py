"""Dropbox's own Python library, unmodified, against the emulated Dropbox.

The library speaks https to fixed hosts. A transport adapter of these tests, mounted on the sessions the
library lets one hand in, sends each host's requests to the emulator instead.
"""

import hashlib
import html.parser
import json
import os
import pathlib
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import dropbox
import pytest
import requests
from dropbox import common, files, sharing, users
from dropbox.exceptions import ApiError, AuthError, BadInputError, InternalServerError, PathRootError, RateLimitError
from dropbox.oauth import DropboxOAuth2Flow, DropboxOAuth2FlowNoRedirect, NotApprovedException
from requests.adapters import HTTPAdapter

ROOT = pathlib.Path(__file__).resolve().parents[3]
REDIRECT = "http://localhost:8765/callback"
SCOPES = [
    "account_info.read",
    "files.metadata.read",
    "files.content.read",
    "files.content.write",
    "sharing.read",
    "sharing.write",
]
HOSTS = {
    "api.dropboxapi.com": "api",
    "content.dropboxapi.com": "content",
    "notify.dropboxapi.com": "notify",
    "www.dropbox.com": "www",
}


class HostMap(HTTPAdapter):
    """Sends what is meant for Dropbox's hosts to the emulator."""

    def __init__(self, told):
        super().__init__()
        self.told = told

    def send(self, request, **kwargs):
        parts = urllib.parse.urlsplit(request.url)
        if parts.hostname in HOSTS:
            request.url = self.told[HOSTS[parts.hostname]] + request.url.split(parts.netloc, 1)[1]
        return super().send(request, **kwargs)


class Emulator:
    def __init__(self, told):
        self.told, self.base = told, told["dropbox emulator"]
        self.key, self.secret = told["client id"], told["client secret"].split(" ")[0]

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base}/_emulator{path}", data, method=method)
        request.add_header("content-type", "application/json")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def session(self):
        session = requests.Session()
        session.mount("https://", HostMap(self.told))
        return session

    def flow(self, **options):
        options = {"consumer_secret": self.secret, "token_access_type": "offline", "scope": SCOPES} | options
        web_session = {}
        flow = DropboxOAuth2Flow(self.key, REDIRECT, web_session, "csrf", **options)
        flow.requests_session.mount("https://", HostMap(self.told))
        return flow

    def sign_in(self, account="ada@example.com", **options):
        flow = self.flow(**options)
        callback = self.press(flow.start(), account, "allow")
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(callback).query))
        return flow.finish(query)

    def press(self, url, account, decision):
        return click(self.told["www"] + url.split("www.dropbox.com", 1)[1], self.base, account, decision)

    def client(self, account="ada@example.com", **options):
        result = self.sign_in(account)
        return self.client_of(result, **options)

    def client_of(self, result, **options):
        return dropbox.Dropbox(
            oauth2_access_token=result.access_token,
            oauth2_refresh_token=result.refresh_token or None,
            oauth2_access_token_expiration=result.expires_at,
            app_key=self.key,
            app_secret=self.secret,
            session=self.session(),
            **options,
        )


class Form(html.parser.HTMLParser):
    """Collects the fields of the consent page's form."""

    def __init__(self):
        super().__init__()
        self.action, self.fields = None, []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            self.action = attributes["action"]
        if tag == "input":
            self.fields.append((attributes.get("type"), attributes["name"], attributes["value"]))


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def click(url, base, account, decision):
    form = Form()
    with urllib.request.urlopen(url) as page:
        form.feed(page.read().decode())
    fields = [(name, value) for kind, name, value in form.fields if kind != "radio" or value == account]
    fields.append(("decision", decision))
    data = urllib.parse.urlencode(fields).encode()
    try:
        with urllib.request.build_opener(NoRedirect).open(base + form.action, data) as page:
            return page.read().decode()
    except urllib.error.HTTPError as answer:
        assert answer.code == 302, answer.read()
        return answer.headers["location"]


@pytest.fixture
def emulator():
    binary = os.environ.get("GANGWAY_EMULATE_BIN", str(ROOT / "target/debug/gangway-emulate"))
    command = [binary, "dropbox", "--listen", "127.0.0.1:0", "--seed", "demo", "--redirect-uri", REDIRECT]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield Emulator(dict(process.stdout.readline().strip().split(": ", 1) for _ in range(8)))
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def dbx(emulator):
    return emulator.client()


def test_sign_in_and_who_am_i(emulator):
    result = emulator.sign_in()
    assert result.refresh_token and result.scope == " ".join(SCOPES)
    client = emulator.client_of(result)
    account = client.users_get_current_account()
    assert account.account_id == result.account_id
    assert account.email == "ada@example.com" and account.email_verified
    assert isinstance(account.root_info, common.TeamRootInfo)
    assert client.check_user("hello").result == "hello"


def test_pkce_without_a_secret(emulator):
    result = emulator.sign_in(consumer_secret=None, use_pkce=True)
    client = dropbox.Dropbox(
        oauth2_refresh_token=result.refresh_token, app_key=emulator.key, session=emulator.session()
    )
    assert client.users_get_current_account().email == "ada@example.com"


def test_an_online_token_cannot_be_refreshed(emulator):
    assert not emulator.sign_in(token_access_type="online").refresh_token
    assert not emulator.sign_in(token_access_type=None).refresh_token


def test_refusal_and_copied_codes(emulator):
    flow = emulator.flow()
    callback = emulator.press(flow.start(), "ada@example.com", "deny")
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(callback).query))
    with pytest.raises(NotApprovedException):
        flow.finish(query)
    shown = DropboxOAuth2FlowNoRedirect(emulator.key, emulator.secret, token_access_type="offline", scope=SCOPES)
    shown.requests_session.mount("https://", HostMap(emulator.told))
    page = Form()
    page.feed(emulator.press(shown.start(), "ada@example.com", "allow"))
    code = next(value for _, name, value in page.fields if name == "code")
    assert shown.finish(code).refresh_token


def test_an_expired_token_is_refreshed_in_passing_and_kept(emulator, dbx):
    emulator.control("POST", "/oauth/access_tokens/expire")
    assert dbx.users_get_current_account().email == "ada@example.com"
    assert emulator.control("GET", "/calls")["counts"]["oauth2/token"] == 2


def test_a_dead_refresh_token_is_an_auth_error(emulator, dbx):
    emulator.control("DELETE", "/oauth/grants/ada@example.com")
    with pytest.raises(AuthError):
        dbx.refresh_access_token()


def test_revoking_ends_the_token(emulator, dbx):
    dbx.auth_token_revoke()
    with pytest.raises(AuthError) as caught:
        emulator.session()
        dropbox.Dropbox(dbx._oauth2_access_token, session=emulator.session()).users_get_current_account()
    assert caught.value.error.is_invalid_access_token()


def test_a_missing_scope_names_itself(emulator):
    result = emulator.sign_in(scope=["account_info.read"])
    with pytest.raises(AuthError) as caught:
        emulator.client_of(result).files_list_folder("")
    assert caught.value.error.get_missing_scope().required_scope == "files.metadata.read"


def test_listing_pages_through_everything(emulator, dbx):
    emulator.control("POST", "/generate", {"folder": "/bulk", "count": 250, "size": 100})
    page, names, pages = dbx.files_list_folder("/bulk", limit=100), [], 1
    while True:
        names += [entry.name for entry in page.entries]
        if not page.has_more:
            break
        page, pages = dbx.files_list_folder_continue(page.cursor), pages + 1
    assert len(set(names)) == 250 and pages == 3


def test_a_tree_has_files_folders_and_deletions(dbx):
    page = dbx.files_list_folder("", recursive=True, include_deleted=True)
    kinds = {type(entry) for entry in page.entries}
    assert kinds == {files.FileMetadata, files.FolderMetadata, files.DeletedMetadata}
    paper = next(entry for entry in page.entries if entry.name == "Launch plan.paper")
    assert not paper.is_downloadable and paper.export_info.export_as == "html"
    mount = next(entry for entry in page.entries if entry.name == "Suppliers")
    assert mount.sharing_info.shared_folder_id and not mount.sharing_info.read_only


def test_the_feed_reports_moves_and_deletions(emulator, dbx):
    cursor = dbx.files_list_folder_get_latest_cursor("", recursive=True).cursor
    before = dbx.files_get_metadata("/Team/Weekly notes.txt")
    emulator.control("PATCH", "/files", {"path": "/Team/Weekly notes.txt", "parent": "/Projects"})
    changes = dbx.files_list_folder_continue(cursor)
    gone, moved = changes.entries
    assert isinstance(gone, files.DeletedMetadata) and gone.path_lower == "/team/weekly notes.txt"
    assert moved.id == before.id and moved.path_display == "/Projects/Weekly notes.txt"


def test_a_reset_cursor_says_so(emulator, dbx):
    cursor = dbx.files_list_folder("").cursor
    emulator.control("POST", "/cursors/reset", {})
    with pytest.raises(ApiError) as caught:
        dbx.files_list_folder_continue(cursor)
    assert caught.value.error.is_reset()


def test_longpoll_wakes_without_a_token(emulator, dbx):
    cursor = dbx.files_list_folder("").cursor
    nobody = dropbox.Dropbox("no token needed", session=emulator.session())
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(nobody.files_list_folder_longpoll(cursor, 30)))
    waiting.start()
    while emulator.control("GET", "/calls")["counts"].get("files/list_folder/longpoll") is None and not answers:
        emulator.control("POST", "/files", {"path": f"/new-{time.monotonic_ns()}.txt", "content": "x"})
        waiting.join(0.05)
    waiting.join(10)
    assert answers[0].changes and answers[0].backoff is None


def test_downloads_with_awkward_names(dbx):
    page = dbx.files_list_folder("/Marketing/Autumn campaign")
    awkward = next(entry for entry in page.entries if '"final"' in entry.name)
    for path in [awkward.path_lower, awkward.path_display, awkward.id, f"rev:{awkward.rev}"]:
        metadata, answer = dbx.files_download(path)
        assert metadata.name == awkward.name and "🍵" in metadata.name
        assert answer.content.startswith(b"Steep it slowly.")
    assert hashlib.sha256(hashlib.sha256(answer.content).digest()).hexdigest() == awkward.content_hash


def test_paper_is_exported(emulator, dbx):
    path = "/Marketing/Autumn campaign/Launch plan.paper"
    with pytest.raises(ApiError) as caught:
        dbx.files_download(path)
    assert caught.value.error.is_unsupported_file()
    emulator.control("PATCH", "/switches", {"export_retry_once": True})
    with pytest.raises(ApiError) as caught:
        dbx.files_export(path)
    assert caught.value.error.is_retry_error()
    result, answer = dbx.files_export(path, export_format="markdown")
    assert result.export_metadata.name == "Launch plan.md"
    assert answer.text.startswith("# Launch plan")


def test_temporary_links_need_no_token(dbx):
    link = dbx.files_get_temporary_link("/Suppliers/Supplier agreement.docx")
    answer = requests.get(link.link)
    assert answer.content[:2] == b"PK" and len(answer.content) == link.metadata.size
    assert requests.get(link.link, headers={"Authorization": "Bearer x"}).status_code == 400


def test_thumbnails_search_and_revisions(dbx):
    resource = files.PathOrLink.path("/Marketing/Autumn campaign/Label draft.png")
    result, answer = dbx.files_get_thumbnail_v2(resource, format=files.ThumbnailFormat.png)
    assert result.file_metadata.name == "Label draft.png" and answer.content.startswith(b"\x89PNG")
    found = dbx.files_search_v2("okafor").matches
    assert [match.metadata.get_metadata().name for match in found] == ["Checklist.md"]
    revisions = dbx.files_list_revisions("/Team/Weekly notes.txt").entries
    assert len(revisions) == 2
    restored = dbx.files_restore("/Team/Weekly notes.txt", revisions[-1].rev)
    assert restored.content_hash == revisions[-1].content_hash


def test_uploads_and_conflicts(dbx):
    made = dbx.files_upload(b"one", "/new/a.txt")
    with pytest.raises(ApiError) as caught:
        dbx.files_upload(b"two", "/NEW/A.txt")
    assert caught.value.error.get_path().reason.get_conflict().is_file()
    mode = files.WriteMode.update(made.rev)
    assert dbx.files_upload(b"three", "/new/a.txt", mode=mode).id == made.id
    assert dbx.files_delete_v2("/new").metadata.name == "new"


def test_not_found_and_malformed_are_different(dbx):
    with pytest.raises(ApiError) as caught:
        dbx.files_get_metadata("/nope")
    assert caught.value.error.get_path().is_not_found()
    with pytest.raises(BadInputError) as caught:
        dbx.files_list_folder("/")
    assert "empty string" in caught.value.message


def test_shared_folders_members_and_received_files(emulator, dbx):
    folders = {folder.name: folder for folder in dbx.sharing_list_folders().entries}
    assert folders["Suppliers"].path_lower == "/suppliers" and folders["Tasting panel"].path_lower is None
    assert [folder.name for folder in dbx.sharing_list_mountable_folders().entries] == ["Tasting panel"]
    members = dbx.sharing_list_folder_members(folders["Suppliers"].shared_folder_id)
    assert [(row.user.email, row.access_type.is_owner()) for row in members.users] == [
        ("ada@example.com", True),
        ("grace@example.com", False),
    ]
    assert members.invitees[0].invitee.get_email() == "broker@partner.example"
    received = dbx.sharing_list_received_files().entries[0]
    metadata, answer = dbx.sharing_get_shared_link_file(received.preview_url)
    assert isinstance(metadata, sharing.FileLinkMetadata) and answer.text.startswith("# Brewing experiments")
    unmounted = f"ns:{folders['Tasting panel'].shared_folder_id}/rules.txt"
    assert dbx.files_download(unmounted)[1].text.startswith("Ten tasters")


def test_the_team_space_needs_a_path_root(emulator, dbx):
    info = dbx.users_get_current_account().root_info
    names = lambda client: {entry.name for entry in client.files_list_folder("").entries}
    assert "Company handbook" not in names(dbx)
    rooted = dbx.with_path_root(common.PathRoot.root(info.root_namespace_id))
    assert names(rooted) == {"Company handbook", "Ada Example"}
    spaced = dbx.with_path_root(common.PathRoot.namespace_id(info.root_namespace_id))
    assert names(spaced) == names(rooted)
    emulator.control("POST", "/team/leave", {"account": "ada@example.com"})
    with pytest.raises(PathRootError) as caught:
        rooted.files_list_folder("")
    now = caught.value.error.get_invalid_root()
    assert now.root_namespace_id == info.home_namespace_id
    with pytest.raises(PathRootError) as caught:
        spaced.files_list_folder("")
    assert caught.value.error.is_no_permission()


def test_features(dbx):
    wish = [users.UserFeature.paper_as_files, users.UserFeature.file_locking]
    values = dbx.users_features_get_values(wish).values
    assert values[0].get_paper_as_files().get_enabled()


@pytest.mark.parametrize("reason", [None, "text"])
def test_rate_limits_are_waited_out_or_raised(emulator, reason):
    effect = {"status": 429, "retry_after": 1} | ({"reason": reason} if reason else {})
    fault = {"operation": "files/list_folder", "times": 1, "effect": effect}
    patient = emulator.client(max_retries_on_rate_limit=3)
    emulator.control("POST", "/faults", fault)
    assert patient.files_list_folder("").entries
    impatient = emulator.client(max_retries_on_rate_limit=0)
    emulator.control("POST", "/faults", fault)
    with pytest.raises(RateLimitError) as caught:
        impatient.files_list_folder("")
    assert caught.value.backoff == 1


def test_server_errors_are_retried(emulator, dbx):
    fault = {"operation": "files/list_folder", "times": 1, "effect": {"status": 503}}
    emulator.control("POST", "/faults", fault)
    assert dbx.files_list_folder("").entries
    emulator.control("POST", "/faults", fault | {"times": 20})
    impatient = emulator.client(max_retries_on_error=0)
    with pytest.raises(InternalServerError):
        impatient.files_list_folder("")
