"""Google's own Python libraries, unmodified, against the emulated Google.

Addresses are redirected only by documented options: `client_options.api_endpoint` and the URIs of the
OAuth client configuration.
"""

import html.parser
import http.server
import io
import json
import os
import pathlib
import subprocess
import threading
import urllib.parse
import urllib.request

import pytest
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google_auth_oauthlib.flow import Flow
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from googleapiclient.http import BatchHttpRequest, MediaIoBaseDownload

ROOT = pathlib.Path(__file__).resolve().parents[3]
REDIRECT = "http://localhost:8765/callback"
DRIVE = "https://www.googleapis.com/auth/drive"
SCOPES = ["openid", "https://www.googleapis.com/auth/userinfo.email", DRIVE]
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

# The redirect address of these tests is plain http on the machine itself.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"


class Emulator:
    def __init__(self, base, client_id, client_secret):
        self.base, self.client_id, self.client_secret = base, client_id, client_secret

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base}/_emulator{path}", data, method=method)
        request.add_header("content-type", "application/json")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def flow(self):
        config = {
            "web": {
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                "auth_uri": f"{self.base}/o/oauth2/v2/auth",
                "token_uri": f"{self.base}/token",
            }
        }
        return Flow.from_client_config(config, SCOPES, redirect_uri=REDIRECT, autogenerate_code_verifier=True)

    def sign_in(self, account="ada@example.com"):
        flow = self.flow()
        url, state = flow.authorization_url(access_type="offline", prompt="consent")
        callback = click_allow(self.base, url, account)
        assert urllib.parse.parse_qs(urllib.parse.urlsplit(callback).query)["state"] == [state]
        flow.fetch_token(authorization_response=callback)
        return flow.credentials

    def drive(self, credentials):
        options = {"api_endpoint": self.base + "/drive/v3/"}
        return build("drive", "v3", credentials=credentials, client_options=options, static_discovery=True)


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
            self.fields.append((attributes["type"], attributes["name"], attributes["value"]))


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def click_allow(base, url, account):
    form = Form()
    with urllib.request.urlopen(url) as page:
        form.feed(page.read().decode())
    fields = [(name, value) for kind, name, value in form.fields if kind != "radio" or value == account]
    fields.append(("decision", "allow"))
    data = urllib.parse.urlencode(fields).encode()
    opener = urllib.request.build_opener(NoRedirect)
    try:
        opener.open(base + form.action, data)
    except urllib.error.HTTPError as answer:
        assert answer.code == 302, answer.read()
        return answer.headers["location"]
    raise AssertionError("the consent page did not send us back")


@pytest.fixture
def emulator():
    binary = os.environ.get("GANGWAY_EMULATE_BIN", str(ROOT / "target/debug/gangway-emulate"))
    command = [binary, "google", "--listen", "127.0.0.1:0", "--seed", "demo", "--redirect-uri", REDIRECT]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        told = dict(process.stdout.readline().strip().split(": ", 1) for _ in range(3))
        yield Emulator(told["google emulator"], told["client id"], told["client secret"])
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def credentials(emulator):
    return emulator.sign_in()


@pytest.fixture
def drive(emulator, credentials):
    return emulator.drive(credentials)


def find(drive, name):
    answer = drive.files().list(q=f"name = '{name}'", fields="files(id,mimeType,size,exportLinks)").execute()
    return answer["files"][0]


def reason_of(error):
    return error.error_details[0]["reason"]


def test_sign_in_gives_everything(emulator, credentials):
    assert credentials.refresh_token.startswith("1//")
    assert set(credentials.granted_scopes) == set(SCOPES)
    assert credentials.id_token.count(".") == 2


def test_refresh_keeps_the_refresh_token(emulator, credentials):
    before, kept = credentials.token, credentials.refresh_token
    credentials.refresh(Request())
    assert credentials.token != before
    assert credentials.refresh_token == kept


def test_an_expired_access_token_is_refreshed_in_passing(emulator, credentials, drive):
    emulator.control("POST", "/oauth/access_tokens/expire")
    before = credentials.token
    assert drive.about().get(fields="user").execute()["user"]["emailAddress"] == "ada@example.com"
    assert credentials.token != before


def test_a_revoked_grant_cannot_be_refreshed(emulator, credentials):
    data = urllib.parse.urlencode({"token": credentials.token}).encode()
    with urllib.request.urlopen(f"{emulator.base}/revoke", data) as answer:
        assert answer.status == 200
    with pytest.raises(RefreshError) as caught:
        credentials.refresh(Request())
    assert "invalid_grant" in str(caught.value)


def test_listing_pages_through_everything(emulator, drive):
    emulator.control("POST", "/generate", {"folder": "bulk", "count": 250, "size": 100, "prefix": "n"})
    names, request = [], drive.files().list(
        q="name contains 'n-'", pageSize=100, fields="nextPageToken,files(name)"
    )
    pages = 0
    while request is not None:
        answer = request.execute()
        names += [file["name"] for file in answer["files"]]
        request = drive.files().list_next(request, answer)
        pages += 1
    generated = {name for name in names if name.startswith("n-0")}
    assert len(generated) == 250
    assert pages == 3


def test_downloads_come_in_chunks(emulator, drive):
    emulator.control("POST", "/files", {"path": "big.bin", "filler": 1_000_000})
    file, target = find(drive, "big.bin"), io.BytesIO()
    downloader = MediaIoBaseDownload(target, drive.files().get_media(fileId=file["id"]), chunksize=300_000)
    chunks, done = 0, False
    while not done:
        _, done = downloader.next_chunk()
        chunks += 1
    assert (len(target.getvalue()), chunks) == (1_000_000, 4)


def test_an_empty_file_downloads(drive):
    # The library asks for a range first and understands the 416 of an empty file.
    target = io.BytesIO()
    downloader = MediaIoBaseDownload(target, drive.files().get_media(fileId=find(drive, "Empty draft.txt")["id"]))
    _, done = downloader.next_chunk()
    assert done and target.getvalue() == b""


def test_exports(drive):
    file = find(drive, "Refund policy")
    text = drive.files().export(fileId=file["id"], mimeType="text/plain").execute()
    assert text.startswith(b"\xef\xbb\xbfRefund policy\r\n")
    target = io.BytesIO()
    request = drive.files().export_media(fileId=file["id"], mimeType=DOCX)
    downloader, done = MediaIoBaseDownload(target, request), False
    while not done:
        _, done = downloader.next_chunk()
    assert target.getvalue().startswith(b"PK")


@pytest.mark.parametrize(
    ("call", "status", "reason"),
    [
        (lambda d: d.files().get(fileId="nope"), 404, "notFound"),
        (lambda d: d.files().list(q="name ="), 400, "invalid"),
        (lambda d: d.files().list(fields="files(nope)"), 400, "invalidParameter"),
        (lambda d: d.about().get(), 400, "required"),
        (lambda d: d.files().get_media(fileId=find(d, "Refund policy")["id"]), 403, "fileNotDownloadable"),
        (lambda d: d.files().export(fileId=find(d, "Staff survey")["id"], mimeType="text/plain"), 403, "fileNotExportable"),
        (lambda d: d.files().export(fileId=find(d, "Full tasting history")["id"], mimeType="text/plain"), 403, "exportSizeLimitExceeded"),
        (lambda d: d.changes().list(pageToken="garbage"), 400, "invalid"),
        (lambda d: d.channels().stop(body={"id": "a", "resourceId": "b"}), 404, "notFound"),
    ],
)
def test_errors_carry_their_reasons(drive, call, status, reason):
    with pytest.raises(HttpError) as caught:
        call(drive).execute()
    assert (caught.value.status_code, reason_of(caught.value)) == (status, reason)


def test_rate_limits_are_retried_by_the_library(emulator, drive):
    fault = {"operation": "drive.files.list", "times": 1, "effect": {"reason": "userRateLimitExceeded"}}
    emulator.control("POST", "/faults", fault)
    assert drive.files().list().execute(num_retries=2)["files"]
    calls = emulator.control("GET", "/calls")["counts"]
    assert calls["drive.files.list"] == 2


def test_changes_follow_edits(emulator, drive):
    token = drive.changes().getStartPageToken().execute()["startPageToken"]
    emulator.control("POST", "/files", {"path": "fresh.txt", "content": "hello"})
    emulator.control("DELETE", "/files?path=Policies/Security%20baseline.md")
    answer = drive.changes().list(pageToken=token, includeRemoved=True).execute()
    assert [change["removed"] for change in answer["changes"]] == [False, True]
    assert answer["changes"][0]["file"]["name"] == "fresh.txt"
    assert "file" not in answer["changes"][1]
    assert int(answer["newStartPageToken"]) > int(token)


def test_watching_and_stopping(emulator, drive):
    received, arrived = [], threading.Event()

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            received.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(200)
            self.end_headers()
            if len(received) == 2:
                arrived.set()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    token = drive.changes().getStartPageToken().execute()["startPageToken"]
    address = f"http://127.0.0.1:{server.server_port}/hook"
    body = {"id": "channel-1", "type": "web_hook", "address": address, "token": "secret"}
    channel = drive.changes().watch(pageToken=token, body=body).execute()
    emulator.control("POST", "/files", {"path": "fresh.txt", "content": "hello"})
    assert arrived.wait(10)
    assert [headers["x-goog-resource-state"] for headers in received] == ["sync", "change"]
    assert received[1]["x-goog-channel-token"] == "secret"
    drive.channels().stop(body={"id": channel["id"], "resourceId": channel["resourceId"]}).execute()
    server.shutdown()


def test_shared_drives(drive):
    answer = drive.drives().list(pageSize=50).execute()
    assert [shared["name"] for shared in answer["drives"]] == ["Operations"]
    identity = answer["drives"][0]["id"]
    files = drive.files().list(
        corpora="drive", driveId=identity, includeItemsFromAllDrives=True, supportsAllDrives=True
    ).execute()["files"]
    assert len(files) == 5
    with pytest.raises(HttpError):
        drive.files().get(fileId=files[0]["id"]).execute()
    members = drive.permissions().list(fileId=identity, supportsAllDrives=True).execute()["permissions"]
    assert {member["role"] for member in members} == {"organizer", "reader"}


def test_batches(emulator, drive):
    answers = {}

    def keep(identity, answer, error):
        answers[identity] = error.status_code if error else answer["name"]

    batch = BatchHttpRequest(callback=keep, batch_uri=f"{emulator.base}/batch/drive/v3")
    batch.add(drive.files().get(fileId="root"), request_id="root")
    batch.add(drive.files().get(fileId="nope"), request_id="nope")
    batch.execute()
    assert answers == {"root": "My Drive", "nope": 404}
