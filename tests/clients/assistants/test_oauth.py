"""The official client finds out by the address alone how to be allowed something, and is held to it."""

import asyncio
import json
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.auth import OAuthClientProvider, OAuthFlowError
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from allowing import Person  # noqa: E402
from house import PROGRAM, House  # noqa: E402

ALL = {"search", "fetch", "list_connectors", "list_collections", "list_files", "start_sync", "sync_status"}


@pytest.fixture(scope="module")
def house():
    with tempfile.TemporaryDirectory(prefix="gangway-oauth-") as folder, House(folder) as running:
        running.furnish()
        yield running


class Assistant:
    """A program with the official client's own authorization, and a person who answers for it."""

    def __init__(self, house, scopes=("search", "read", "sync"), decision="allow", method="none", document=None):
        self.house = house
        self.person = Person(house.url, house.token)
        self.scopes, self.decision = scopes, decision
        self.asked = []
        self.tokens = None
        self.info = None
        about = OAuthClientMetadata(
            client_name="The official client",
            redirect_uris=["http://127.0.0.1:3030/callback"],
            token_endpoint_auth_method=method,
        )
        self.provider = OAuthClientProvider(f"{house.url}/mcp", about, self, self.open_browser, self.come_back, client_metadata_url=document)

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.info

    async def set_client_info(self, info):
        self.info = info

    async def open_browser(self, address):
        self.asked.append(address)

    async def come_back(self):
        told = await asyncio.to_thread(self.person.decide, self.asked[-1], self.scopes, self.decision)
        self.told = told
        return AuthorizationCodeResult(code=told.get("code", ""), state=told.get("state"), iss=told.get("iss"))

    def talk(self, deed):
        async def run():
            async with httpx2.AsyncClient(auth=self.provider, timeout=30) as http:
                async with Client(streamable_http_client(f"{self.house.url}/mcp", http_client=http)) as client:
                    return await deed(client)

        return asyncio.run(run())

    def grow_old(self):
        """As an hour later: the client knows by itself that its token has ended."""
        self.provider.context.token_expiry_time = 1.0

    def form(self, path, **fields):
        body = urllib.parse.urlencode({"client_id": self.info.client_id, **fields}).encode()
        request = urllib.request.Request(self.house.url + path, body)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)


async def tools(client):
    return {tool.name for tool in (await client.list_tools()).tools}


@pytest.mark.parametrize("method", ["none", "client_secret_post", "client_secret_basic"])
def test_an_address_is_enough(house, method):
    assistant = Assistant(house, method=method)

    async def deed(client):
        found = await client.call_tool("search", {"query": "refund"})
        assert not found.is_error and found.structured_content["results"], "validated by the schema of the tool"
        first = found.structured_content["results"][0]
        read = await client.call_tool("fetch", {"id": first["id"]})
        assert "refund" in read.structured_content["text"].lower()
        for tool in ("list_connectors", "list_collections"):
            assert not (await client.call_tool(tool, {})).is_error
        return await tools(client)

    assert assistant.talk(deed) == ALL
    assert len(assistant.asked) == 1, "the person was asked once"
    assert assistant.told["iss"] == house.url
    assert (assistant.info.client_secret is None) == (method == "none")
    assert assistant.tokens.scope == "search read sync" and assistant.tokens.expires_in == 3600


def test_tokens_are_renewed_and_an_old_one_ends_them(house):
    assistant = Assistant(house)
    assistant.talk(tools)
    first = assistant.tokens
    assistant.grow_old()
    assert assistant.talk(tools) == ALL
    second = assistant.tokens
    assert (first.access_token, first.refresh_token) != (second.access_token, second.refresh_token)
    assert len(assistant.asked) == 1, "without the person"
    status, refused = assistant.form("/oauth/token", grant_type="refresh_token", refresh_token=first.refresh_token)
    assert (status, refused["error"]) == (400, "invalid_grant")
    assert assistant.talk(tools) == ALL
    assert len(assistant.asked) == 2, "whoever had the old one, all of it has ended, and the person is asked"


def test_an_assistant_is_held_to_what_was_allowed_and_may_ask_for_more(house):
    assistant = Assistant(house, scopes=("search",))

    async def little(client):
        return await tools(client)

    assert assistant.talk(little) == {"search", "list_connectors", "list_collections"}
    assistant.scopes = ("search", "read")

    async def more(client):
        found = await client.call_tool("search", {"query": "refund"})
        return await client.call_tool("fetch", {"id": found.structured_content["results"][0]["id"]})

    assert not assistant.talk(more).is_error
    assert len(assistant.asked) == 2, "the client took the refusal for what it is, and the person was asked again"
    assert assistant.tokens.scope == "search read"
    asked = urllib.parse.parse_qs(urllib.parse.urlparse(assistant.asked[1]).query)
    assert "read" in asked["scope"][0].split()


def test_a_person_says_no(house):
    assistant = Assistant(house, decision="deny")
    with pytest.raises(BaseException) as stopped:
        assistant.talk(tools)
    assert stopped.group_contains(OAuthFlowError) or isinstance(stopped.value, OAuthFlowError)
    assert assistant.told["error"] == "access_denied" and assistant.tokens is None


def test_what_was_allowed_is_seen_and_ended(house):
    assistant = Assistant(house)
    assistant.talk(tools)
    listed = house.call("GET", "/rest/me/assistants")["assistants"]
    newest = listed[0]
    assert (newest["name"], newest["place"]) == ("The official client", "a program on this computer")
    house.call("DELETE", f"/rest/me/assistants/{newest['id']}")
    status, refused = assistant.form(
        "/oauth/token", grant_type="refresh_token", refresh_token=assistant.tokens.refresh_token
    )
    assert (status, refused["error"]) == (400, "invalid_grant")
    assert assistant.talk(tools) == ALL
    assert len(assistant.asked) == 2, "its token was refused, and the person is asked again"
    assert assistant.form("/oauth/revoke", token=assistant.tokens.refresh_token)[0] == 200
    assert assistant.talk(tools) == ALL
    assert len(assistant.asked) == 3, "as the program had given it back itself"


def command(house, *arguments):
    given = [PROGRAM, *arguments, "--url", house.url, "--token", house.token]
    return subprocess.run(given, capture_output=True, text=True, cwd=house.folder, timeout=60)


def test_the_command_line_ends_it_too(house):
    assistant = Assistant(house, scopes=("search",))
    assistant.talk(tools)
    newest = json.loads(command(house, "assistants", "--json").stdout)["assistants"][0]
    shown = command(house, "assistants").stdout
    assert "The official client" in shown and newest["id"] in shown
    assert command(house, "assistants", "revoke", newest["id"]).returncode == 0
    assert newest["id"] not in command(house, "assistants").stdout
    assert command(house, "assistants", "revoke", newest["id"]).returncode == 5, "there is no such thing any more"


def test_the_command_line_reads_a_file(house):
    hit = house.call("POST", "/rest/search", {"query": "refund", "limit": 1})["hits"][0]["file"]
    text = house.call("GET", f"/rest/files/{hit['id']}/text")["text"]
    assert command(house, "read", hit["id"]).stdout.rstrip("\n") == text.rstrip("\n")
    rest = command(house, "read", hit["id"], "--offset", "10").stdout
    assert rest.rstrip("\n") == text.encode()[10:].decode().rstrip("\n")
    assert json.loads(command(house, "read", hit["id"], "--json").stdout)["text"] == text
    none = command(house, "read", "0190a000-0000-7000-8000-000000000000")
    assert (none.returncode, none.stdout) == (5, "")


def test_a_token_is_good_for_nothing_else(house):
    assistant = Assistant(house)
    assistant.talk(tools)
    for token in (assistant.tokens.access_token, assistant.tokens.refresh_token):
        for path in ("/rest/me", "/rest/connectors", "/rest/me/assistants"):
            request = urllib.request.Request(house.url + path, headers={"Authorization": f"Bearer {token}"})
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request, timeout=10)
            assert refused.value.code == 401, path


def test_no_secret_stands_in_the_log(house):
    assistant = Assistant(house, method="client_secret_post")
    assistant.talk(tools)
    assistant.grow_old()
    first = assistant.tokens
    assistant.talk(tools)
    said = house.said()
    secrets = [assistant.told["code"], assistant.info.client_secret, assistant.person.cookie.split("=")[1]]
    for tokens in (first, assistant.tokens):
        secrets += [tokens.access_token, tokens.refresh_token]
    for secret in secrets:
        assert secret and secret not in said
    for start in ("gwac_", "gwat_", "gwar_", "gwcs_", "gws_"):
        assert start not in said, start


def test_where_no_document_can_be_read_programs_are_told_to_register(house):
    """The demo calls nobody but its emulators, so an address would lead nowhere."""
    with urllib.request.urlopen(f"{house.url}/.well-known/oauth-authorization-server", timeout=10) as answer:
        told = json.load(answer)
    assert told["client_id_metadata_document_supported"] is False and told["registration_endpoint"]
