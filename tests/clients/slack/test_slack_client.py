"""Slack's own Python SDK, unmodified, against the emulated Slack.

The address is redirected only by the documented option `base_url`.
"""

import html.parser
import http.server
import json
import os
import pathlib
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from slack_sdk.oauth import AuthorizeUrlGenerator
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.token_rotation import TokenRotator
from slack_sdk.signature import SignatureVerifier

ROOT = pathlib.Path(__file__).resolve().parents[3]
REDIRECT = "http://localhost:8765/callback"
READ = [
    "channels:read", "groups:read", "im:read", "mpim:read", "channels:history", "groups:history",
    "im:history", "mpim:history", "users:read", "users:read.email", "files:read", "files:write",
    "search:read", "chat:write", "team:read",
]


class Emulator:
    def __init__(self, told):
        self.base, self.client_id = told["slack emulator"], told["client id"]
        self.client_secret, self.signing_secret = told["client secret"], told["signing secret"]
        self.files = told["file host"]

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base}/_emulator{path}", data, method=method)
        request.add_header("content-type", "application/json")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def client(self, token=None, **options):
        return WebClient(token=token, base_url=f"{self.base}/api/", **options)

    def install(self, account="ada@example.com", bot=(), user=()):
        generator = AuthorizeUrlGenerator(
            client_id=self.client_id, scopes=list(bot), user_scopes=list(user), redirect_uri=REDIRECT,
            authorization_url=f"{self.base}/oauth/v2/authorize",
        )
        callback = click_allow(self.base, generator.generate(state="s-1"), account)
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(callback).query)
        assert query["state"] == ["s-1"]
        return self.client().oauth_v2_access(
            client_id=self.client_id, client_secret=self.client_secret, code=query["code"][0], redirect_uri=REDIRECT
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
    command = [binary, "slack", "--listen", "127.0.0.1:0", "--seed", "demo", "--redirect-uri", REDIRECT]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield Emulator(dict(process.stdout.readline().strip().split(": ", 1) for _ in range(5)))
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def ada(emulator):
    return emulator.client(emulator.install(user=READ)["authed_user"]["access_token"])


def channel(client, name):
    rows = client.conversations_list(types="public_channel,private_channel", limit=999)["channels"]
    return next(row["id"] for row in rows if row["name"] == name)


def code_of(call):
    with pytest.raises(SlackApiError) as caught:
        call()
    return caught.value.response["error"]


def test_installs_for_a_bot_a_person_and_both(emulator):
    both = emulator.install(bot=["chat:write"], user=["users:read"])
    assert both["access_token"].startswith("xoxb-")
    assert both["authed_user"]["access_token"].startswith("xoxp-")
    only_user = emulator.install(account="grace@example.com", user=["users:read"])
    assert only_user.get("access_token") is None
    me = emulator.client(only_user["authed_user"]["access_token"]).auth_test()
    assert me["team"] == "Lantern Tea Company" and "email" not in me.data
    code = {"client_id": emulator.client_id, "client_secret": emulator.client_secret, "code": "x"}
    assert code_of(lambda: emulator.client().oauth_v2_access(**code)) == "invalid_code"


def test_the_sdks_own_rotator_refreshes_bot_and_user(emulator):
    emulator.control("PATCH", "/switches", {"token_rotation": True})
    answer = emulator.install(bot=["chat:write"], user=["users:read"])
    user = answer["authed_user"]
    now = time.time()
    installation = Installation(
        app_id=answer["app_id"], team_id=answer["team"]["id"], user_id=user["id"],
        bot_token=answer["access_token"], bot_refresh_token=answer["refresh_token"],
        bot_token_expires_in=answer["expires_in"], bot_id="B1", bot_user_id=answer["bot_user_id"],
        user_token=user["access_token"], user_refresh_token=user["refresh_token"],
        user_token_expires_in=user["expires_in"], installed_at=now,
    )
    rotator = TokenRotator(
        client_id=emulator.client_id, client_secret=emulator.client_secret, client=emulator.client()
    )
    assert rotator.perform_token_rotation(installation=installation) is None, "nothing is due"
    minutes = 60 * 13
    fresh = rotator.perform_token_rotation(installation=installation, minutes_before_expiration=minutes)
    assert fresh.user_token != installation.user_token
    assert fresh.user_refresh_token != installation.user_refresh_token
    assert fresh.bot_token.startswith("xoxe.xoxb-1-")
    emulator.client(fresh.user_token).auth_test()
    emulator.control("POST", "/oauth/access_tokens/expire")
    assert code_of(emulator.client(fresh.user_token).auth_test) == "token_expired"
    replay = {
        "client_id": emulator.client_id, "client_secret": emulator.client_secret,
        "grant_type": "refresh_token", "refresh_token": installation.user_refresh_token,
    }
    assert code_of(lambda: emulator.client().oauth_v2_access(**replay)) == "invalid_refresh_token"


def test_lists_page_through_everything(ada):
    pages, names = 0, []
    for page in ada.conversations_list(types="public_channel,private_channel,im", limit=3):
        names += [row.get("name") for row in page["channels"]]
        pages += 1
    assert len(names) == 7 and pages == 3
    people = [member for page in ada.users_list(limit=3) for member in page["members"]]
    assert {"ada", "grace", "slackbot"} <= {person["name"] for person in people}


def test_history_and_threads(emulator, ada):
    support = channel(ada, "support")
    created = emulator.control("POST", "/generate", {"channel": "support", "count": 250, "size": 50})
    seen = [row["ts"] for page in ada.conversations_history(channel=support, limit=100) for row in page["messages"]]
    assert len(seen) == len(set(seen)) > 250
    assert created["last_ts"] in seen
    found = ada.search_messages(query="\"carrier claim\" CC-7")["messages"]["matches"][0]
    thread = ada.conversations_history(
        channel=support, latest="1770117600.000000", oldest="1770000000.000000"
    )["messages"][0]
    replies = ada.conversations_replies(channel=support, ts=thread["ts"])["messages"]
    assert replies[0]["reply_count"] == 2 and found["ts"] in [row["ts"] for row in replies]
    link = ada.chat_getPermalink(channel=support, message_ts=found["ts"])["permalink"]
    assert link == found["permalink"]


def test_files_come_from_the_other_host(emulator, ada):
    listed = ada.files_list(count=100)["files"]
    table = next(row for row in listed if row.get("title") == "Steeping times 2026")
    info = ada.files_info(file=table["id"])["file"]
    assert info["url_private"].startswith(emulator.files)

    def fetch(token):
        request = urllib.request.Request(info["url_private"], headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers["content-type"], answer.read()

    status, _, body = fetch(ada.token)
    assert status == 200 and b"Quiet Garden,12,70,2" in body and len(body) == info["size"]
    status, kind, body = fetch("xoxp-wrong")
    assert status == 200 and kind.startswith("text/html") and body.startswith(b"<!DOCTYPE html>")


def test_uploads_in_two_steps(ada):
    general = channel(ada, "general")
    answer = ada.files_upload_v2(
        channel=general, filename="plan.txt", content="the plan", title="Plan", initial_comment="Here it is"
    )
    assert answer["file"]["title"] == "Plan"
    newest = ada.conversations_history(channel=general, limit=1)["messages"][0]
    assert newest["text"] == "Here it is" and newest["files"][0]["name"] == "plan.txt"


def test_posting_editing_deleting(ada):
    general = channel(ada, "general")
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "*hello*"}}]
    posted = ada.chat_postMessage(channel=general, text="hello", blocks=blocks)
    ada.chat_update(channel=general, ts=posted["ts"], text="hello again", blocks=blocks)
    newest = ada.conversations_history(channel=general, limit=1)["messages"][0]
    assert newest["ts"] == posted["ts"] and newest["text"] == "hello again" and newest["edited"]
    ada.chat_delete(channel=general, ts=posted["ts"])
    assert ada.conversations_history(channel=general, limit=1)["messages"][0]["ts"] != posted["ts"]


def test_errors_carry_their_codes(emulator, ada):
    assert code_of(lambda: ada.conversations_info(channel="C0NOPE")) == "channel_not_found"
    assert code_of(lambda: ada.users_info(user="U0NOPE")) == "user_not_found"
    assert code_of(lambda: ada.conversations_list(cursor="nope")) == "invalid_cursor"
    assert code_of(emulator.client("xoxb-nope").auth_test) == "invalid_auth"
    bot = emulator.client(emulator.install(bot=["channels:read"])["access_token"])
    with pytest.raises(SlackApiError) as caught:
        bot.conversations_list(types="public_channel,private_channel")
    answer = caught.value.response
    assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", "groups:read", "channels:read")
    assert ada.auth_revoke()["revoked"] is True
    assert code_of(ada.auth_test) == "token_revoked"


def test_rate_limits_are_retried_by_the_sdk(emulator, ada):
    fault = {"operation": "users.list", "times": 1, "effect": {"status": 429, "retry_after": 1}}
    emulator.control("POST", "/faults", fault)
    client = emulator.client(ada.token)
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))
    assert client.users_list()["members"]
    assert emulator.control("GET", "/calls")["counts"]["users.list"] == 2
    for _ in range(20):
        try:
            ada.conversations_list()
        except SlackApiError as refused:
            break
    else:
        with pytest.raises(SlackApiError) as caught:
            ada.conversations_list()
        refused = caught.value
    assert refused.response.status_code == 429
    assert refused.response["error"] == "ratelimited"
    assert int(refused.response.headers["Retry-After"]) >= 1


def test_events_verify_with_the_sdks_verifier(emulator, ada):
    verifier, events, arrived = SignatureVerifier(emulator.signing_secret), [], threading.Event()

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            valid = verifier.is_valid_request(body, dict(self.headers.items()))
            sent = json.loads(body)
            self.send_response(200 if valid else 401)
            self.end_headers()
            if valid and sent["type"] == "url_verification":
                self.wfile.write(sent["challenge"].encode())
            elif valid:
                events.append(sent)
                arrived.set()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/slack/events"
    emulator.control("PUT", "/events", {"url": url, "events": ["message.channels"]})
    posted = ada.chat_postMessage(channel=channel(ada, "general"), text="listen")
    assert arrived.wait(10)
    assert events[0]["event"]["ts"] == posted["ts"]
    server.shutdown()
