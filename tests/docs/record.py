"""Calls every operation of the API on the demo's server and keeps what was sent and answered: the examples of the OpenAPI
document and of the reference page.

    python tests/docs/record.py        writes crates/api/src/examples.json anew

Secrets, ids, times and addresses are replaced by ones that stay the same, long lists are cut. `test_examples.py` looks
whether the server still answers so.
"""

import base64
import json
import re
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from allowing import Person, Program  # noqa: E402
from house import ROOT, House  # noqa: E402

EXAMPLES = ROOT / "crates/api/src/examples.json"
# Of a list, so many entries say what the others would.
SHOWN = 2
DRIVE = {"connector_id": "google_drive"}
# What stands in the place of a secret.
SECRET = re.compile(r"\b(gw|gwa|gws|st|pk|at|rt|up)_[A-Za-z0-9_-]{16,}")
IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIMES = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
TUS = {"Tus-Resumable": "1.0.0"}


class Recorder:
    """A client that remembers one call of each operation."""

    def __init__(self, house: House):
        self.house = house
        self.document = house.call("GET", "/openapi.json")
        self.where = {
            operation["operationId"]: (method.upper(), path)
            for path, item in self.document["paths"].items()
            for method, operation in item.items()
        }
        self.token = house.token
        self.recorded = {}

    def __call__(self, name: str, path=None, query=None, body=None, headers=None, key=None, raw=None, content_type=None, keep=True):
        """Calls an operation and keeps the call; the answer, and the headers when it has no body."""
        method, template = self.where[name]
        url = self.house.url + template
        for parameter, value in (path or {}).items():
            url = url.replace(f"{{{parameter}}}", urllib.parse.quote(str(value), safe=""))
        if query:
            url += "?" + urllib.parse.urlencode(query)
        sent = dict(headers or {})
        if key is None:
            key = self.house.admin_key if template.startswith("/rest/admin") else self.token
        if key:
            sent["Authorization"] = f"Bearer {key}"
        data = raw
        if body is not None:
            data = json.dumps(body).encode()
            content_type = "application/json"
        if content_type:
            sent["Content-Type"] = content_type
        request = urllib.request.Request(url, data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                status, about, text = answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{name}: {method} {url} answered {refused.code}: {refused.read().decode(errors='replace')}") from None
        media_type = (about.get("Content-Type") or "").split(";")[0]
        answer = json.loads(text) if media_type == "application/json" else text.decode(errors="replace")
        if keep and name not in self.recorded:
            example = {"status": str(status)}
            parameters = {**(path or {}), **(query or {}), **(headers or {})}
            if parameters:
                example["parameters"] = parameters
            if body is not None:
                example["body"] = body
            if media_type in ("application/json", "text/event-stream", "text/plain") and text:
                example["answer"] = answer
            self.recorded[name] = example
        return answer if text else about


def record(house: House) -> dict:
    """Plays the story in which every operation is called; the examples, clean."""
    call = Recorder(house)
    drive = DRIVE
    organization = call("create_organization", body={"name": "Example", "plan": "pro"})["id"]
    call("list_organizations", query={"limit": 20})
    about = {"external_id": "user-4711", "name": "Ada Example", "email": "ada@example.com", "organization_id": organization}
    user = call("create_user", body=about)["id"]
    call("list_users", query={"limit": 20})
    call("get_user", {"user_id": user})
    call("update_user", {"user_id": user}, body={"plan": "enterprise"})
    made = call("create_token", {"user_id": user}, body={"label": "web session", "expires_in": 3600})
    call("list_tokens", {"user_id": user})
    call("list_connector_setups")
    call("get_status")
    call.token = made["token"]
    for name in ("healthz", "readyz", "metrics"):
        call(name, key="", keep=name != "metrics")
    call("get_me")

    sign_in(call, {"Origin": house.url})
    allow(call)

    # connecting
    call("list_connectors")
    asked = call("authorize", drive, body={"scopes": ["drive.readonly"]})
    answer = house.consent(asked["auth_url"])
    call("exchange_token", drive, body=answer)
    call("get_connector", drive)
    call("refresh_token", drive)
    asked = call("authorize", drive, body={}, keep=False)
    answer = house.consent(asked["auth_url"])
    call("complete_callback", body=answer, headers={"Origin": house.url}, key="")

    # looking around
    files = call("list_files", drive, {"limit": 50})["files"]
    folder = next(file["id"] for file in files if file["name"] == "Policies")
    below = call("list_files", drive, {"folder_id": folder}, keep=False)["files"]
    file = next(file["id"] for file in below if file["name"].startswith("Refund"))
    call("list_versions", {**drive, "file_id": file})
    picker = call("create_picker", drive, body={"multiple": True, "max_files": 10})
    picking = {"session_id": picker["session_id"]}
    key = {"X-Picker-Key": picker["picker_url"].split("#", 1)[1]}
    call("picker_about", picking, headers=key, key="")
    call("picker_files", picking, headers=key, key="")
    call("reconnect_picker", picking, headers=key, key="")
    call("pick", picking, headers=key, key="", body={"file_ids": [file]})
    call("get_picker", {**drive, **picking})
    other = call("create_picker", drive, body={}, keep=False)
    call("cancel_picker", {"session_id": other["session_id"]}, headers={"X-Picker-Key": other["picker_url"].split("#", 1)[1]}, key="")

    # bringing in
    collection = call("create_collection", body={"name": "Handbook"})["uuid"]
    body = {"file_ids": [folder], "collection_uuid": collection, "sync_mode": "auto"}
    job = call("start_sync", drive, body=body)["job_id"]
    syncing = {**drive, "job_id": job}
    call("watch_sync", syncing)
    call("get_sync", syncing)
    call("list_sync_files", syncing, {"limit": 20})
    call("list_syncs", drive)
    call("explain_file", {**drive, "file_id": file})
    again = call("start_sync", drive, body=body, keep=False)["job_id"]
    call("cancel_sync", {**drive, "job_id": again})
    call("watch_sync", {**drive, "job_id": again}, keep=False)
    call("get_connection_contents", drive)
    upload(call, collection)

    # keeping and finding
    one = {"uuid": collection}
    call("list_collections", query={"limit": 20})
    call("get_collection", one)
    call("update_collection", one, body={"name": "The handbook"})
    until_read(call, one)
    call("get_collection_coverage", one)
    kept = call("list_collection_files", one, {"limit": 20})["files"]
    found = call("search", body={"query": "refund for annual plans", "filters": {"collections": [collection]}, "limit": 5})
    call("search_collection", one, body={"query": "refund type:document", "limit": 5})
    call("read_text", {"file_id": found["hits"][0]["file"]["id"]})
    call("remove_collection_file", {**one, "file_id": kept[-1]["id"]})

    # what pushes need an operator for
    offered(call)

    # and everything ends
    take_away(call)
    call("delete_collection", one)
    call("disconnect", drive)
    call("delete_token", {"user_id": user, "token_id": made["id"]})
    call("list_audit", query={"limit": 20})
    call("delete_user", {"user_id": user})
    call.recorded["callback_page"] = {"status": "200", "parameters": {"code": "…", "state": "st_…"}}
    call.recorded["picker_page"] = {"status": "200", "parameters": picking}
    call.recorded["receive_push"] = {"status": "200", "parameters": {"connector_id": "google_drive"}}
    call.recorded["answer_handshake"] = {"status": "200", "parameters": {"connector_id": "dropbox"}}
    return Cleaner(house).clean(call.recorded)


def until_read(call: Recorder, collection: dict):
    """Waits until no file of a collection is still being read."""
    deadline = time.monotonic() + 60
    while any(one["code"] == "pending" for one in call("get_collection_coverage", collection, keep=False)["differences"]):
        assert time.monotonic() < deadline, "reading the files takes too long"
        time.sleep(0.2)


def sign_in(call: Recorder, browser: dict):
    """Signs a browser in and out; its cookie is no example's business."""
    token = call.token
    url = f"{call.house.url}/console/session"
    request = urllib.request.Request(url, json.dumps({"token": token}).encode(), {**browser, "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        session = json.loads(answer.read())
    call.recorded["sign_in"] = {"status": "200", "body": {"token": token}, "answer": session}
    request = urllib.request.Request(url, None, {"Cookie": cookie})
    with urllib.request.urlopen(request, timeout=30) as answer:
        call.recorded["get_session"] = {"status": "200", "answer": json.loads(answer.read())}
    request = urllib.request.Request(url, None, {"Cookie": cookie, "X-CSRF-Token": session["csrf_token"], **browser}, method="DELETE")
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 204


def allowed(call: Recorder, keep: bool = True) -> str:
    """An assistant that registers by itself and is allowed something."""
    program = Program(call.house.url, "An assistant", "http://127.0.0.1:3030/callback")
    program.tokens(Person(call.house.url, call.token).decide(program.address())["code"])
    return call("list_assistants", keep=keep)["assistants"][0]["id"]


def allow(call: Recorder):
    """An assistant that the person ends again."""
    assistant = allowed(call)
    call("list_users_assistants", query={"limit": 20})
    call("delete_assistant", {"assistant_id": assistant})


def take_away(call: Recorder):
    """The same once more, and the operator ends it."""
    call("delete_users_assistant", {"assistant_id": allowed(call, keep=False)})


def upload(call: Recorder, collection: str):
    """A file in one request, and one in two parts."""
    boundary = "a-boundary"
    form = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="notes.txt"\r\n'
        f"Content-Type: text/plain\r\n\r\nsome notes\r\n--{boundary}--\r\n"
    ).encode()
    stored = call(
        "upload_files", query={"collection_uuid": collection}, raw=form, content_type=f"multipart/form-data; boundary={boundary}"
    )["files"][0]["id"]
    call("download_upload", {"file_id": stored})
    call("delete_upload", {"file_id": stored})

    about = {"collection_uuid": collection, "filename": "plan.dwg", "filetype": "image/vnd.dwg"}
    metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in about.items())
    text = b"AC1032, and nothing to read"
    begun = call("begin_upload", headers={**TUS, "Upload-Length": str(len(text)), "Upload-Metadata": metadata})
    one = {"upload_id": begun["id"]}
    octets = "application/offset+octet-stream"
    call("append_to_upload", one, headers={**TUS, "Upload-Offset": "0"}, raw=text[:10], content_type=octets)
    call("stand_of_upload", one, headers=TUS)
    call("get_upload", one)
    override = {**TUS, "Upload-Offset": "10", "X-HTTP-Method-Override": "PATCH"}
    call("act_on_upload", one, headers=override, raw=text[10:], content_type=octets)
    other = call("begin_upload", headers={**TUS, "Upload-Length": "5", "Upload-Metadata": metadata}, keep=False)
    call("discover_upload", {"upload_id": other["id"]}, key="")
    call("discover_uploads", key="")
    call("take_back_upload", {"upload_id": other["id"]}, headers=TUS)


def offered(call: Recorder):
    """A push that offers a token, as Notion's does, and the operator who confirms it; the demo's own is forgotten first."""
    notion = {"connector_id": "notion"}
    call("forget_webhook", notion)
    body = json.dumps({"verification_token": "secret_" + "x" * 32}).encode()
    request = urllib.request.Request(f"{call.house.url}/webhooks/notion", body, {"Content-Type": "application/json"})
    try:
        urllib.request.urlopen(request, timeout=30).read()
    except urllib.error.HTTPError as refused:
        refused.read()
    call("list_webhooks")
    call("confirm_webhook", notion, body={"verification_token": "secret_" + "x" * 32})


class Cleaner:
    """Puts in the place of what differs from run to run something that stays."""

    def __init__(self, house: House):
        # The demo's own address, and the product that it lets embed it.
        self.hosts = {house.url: "https://connect.example.com", "http://localhost:8090": "https://app.example.com"}
        for name, value in house.env.items():
            if name.startswith("GANGWAY_EMULATOR_"):
                self.hosts[value.rstrip("/")] = f"https://{name.rsplit('_', 1)[1].lower()}.example"
        self.ids = {}

    def clean(self, value):
        if isinstance(value, dict):
            return {name: self.field(name, inner) for name, inner in value.items()}
        if isinstance(value, list):
            shown = value[:SHOWN] if any(isinstance(one, dict) for one in value) else value
            return [self.clean(one) for one in shown]
        return self.text(value) if isinstance(value, str) else value

    def field(self, name: str, value):
        """Some fields differ from run to run in what they hold, whatever it is."""
        if name in ("code", "access_token", "refresh_token", "csrf_token", "verification_token") and isinstance(value, str):
            return self.text(value) if name == "code" and re.fullmatch(r"[a-z_]+", value) else "…"
        if name in ("score", "took_ms", "estimated_time") and isinstance(value, (int, float)):
            return 1 if isinstance(value, int) else 1.5
        if name in ("cursor", "next_cursor") and isinstance(value, str):
            return "…"
        if name == "expires_in" and isinstance(value, int):
            return round(value, -2)
        if name == "Upload-Metadata":
            pairs = (pair.split(" ") for pair in value.split(","))
            told = ((key, self.text(base64.b64decode(said).decode())) for key, said in pairs)
            return ",".join(f"{key} {base64.b64encode(said.encode()).decode()}" for key, said in told)
        return self.clean(value)

    def text(self, text: str) -> str:
        for host, name in self.hosts.items():
            text = text.replace(urllib.parse.quote(host, safe=""), urllib.parse.quote(name, safe="")).replace(host, name)
            text = text.replace(host.removeprefix("http://"), name.removeprefix("https://"))
        text = SECRET.sub(lambda found: f"{found[1]}_…", text)
        text = re.sub(r"(state|code_challenge|login_hint|signature|sig)=[^&\s\"]+", r"\1=…", text)
        text = IDS.sub(lambda found: self.id(found[0]), text)
        return TIMES.sub("2026-01-05T09:30:00Z", text)

    def id(self, text: str) -> str:
        number = self.ids.setdefault(text, len(self.ids) + 1)
        return f"0190a000-0000-7000-8000-{number:012}"


def written(examples: dict) -> str:
    return json.dumps(examples, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main():
    with tempfile.TemporaryDirectory(prefix="gangway-examples-") as folder, House(folder) as house:
        EXAMPLES.write_text(written(record(house)))
    print(f"wrote {EXAMPLES.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
