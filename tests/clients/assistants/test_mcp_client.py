"""The official client of the Model Context Protocol, unmodified, against the real server with emulated providers."""

import asyncio
import json
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from house import House  # noqa: E402

READING = {"search", "fetch", "list_connectors", "list_collections", "list_files", "sync_status"}


@pytest.fixture(scope="module")
def house():
    with tempfile.TemporaryDirectory(prefix="gangway-mcp-") as folder, House(folder) as running:
        running.made = running.furnish()
        yield running


def talk(house, deed, mode="auto", token=None):
    """Runs what `deed` does with a client of the house's user, or of another token's."""

    async def run():
        headers = {"Authorization": f"Bearer {token or house.token}"}
        async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
            transport = streamable_http_client(f"{house.url}/mcp", http_client=http)
            async with Client(transport, mode=mode) as client:
                return await deed(client)

    return asyncio.run(run())


async def use(client, tool, **arguments):
    """What a tool answers, which its text and its structured content both say."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    [content] = result.content
    assert content.type == "text"
    told = json.loads(content.text)
    assert told == result.structured_content
    return told


async def end_of(client, started):
    """How a sync ended."""
    for _ in range(300):
        status = await use(client, "sync_status", job_id=started["job_id"])
        if status["progress"] == 100:
            return status
        await asyncio.sleep(0.1)
    pytest.fail(f"the sync does not end: {status}")


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_a_client_learns_what_there_is(house, mode):
    async def deed(client):
        return client.protocol_version, client.server_info, await client.list_tools()

    version, server, listed = talk(house, deed, mode)
    assert version >= ("2025-06-18" if mode == "legacy" else "2026-07-28")
    assert server.name == "gangway"
    tools = {tool.name: tool for tool in listed.tools}
    assert set(tools) == READING | {"start_sync"}
    for name, tool in tools.items():
        assert tool.description and tool.input_schema["type"] == "object"
        assert tool.annotations.read_only_hint == (name in READING)
        for schema in (tool.input_schema, tool.output_schema):
            assert '"uint' not in json.dumps(schema), "clients warn of formats that JSON Schema does not know"
    assert tools["search"].input_schema["required"] == ["query"]
    assert tools["fetch"].input_schema["required"] == ["id"]


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_documents_are_found_and_read(house, mode):
    async def deed(client):
        found = await use(client, "search", query="refund", limit=3)
        assert 1 <= len(found["results"]) <= 3
        for result in found["results"]:
            assert result["id"] and result["title"] and result["url"] and result["text"]
        first = found["results"][0]
        document = await use(client, "fetch", id=first["id"])
        assert (document["id"], document["url"]) == (first["id"], first["url"])
        assert "refund" in document["text"].lower()
        assert document["metadata"]["connector"] == "google_drive"
        nothing = await use(client, "search", query="refund", connector="local_upload")
        assert nothing["results"] == []
        return await use(client, "search", query="notes", collection=house.made["collection"])

    uploads = talk(house, deed, mode)
    assert any(one["url"].startswith(house.url) for one in uploads["results"]), "an upload is cited by our own address"


def test_a_sync_is_started_and_watched(house):
    async def deed(client):
        connectors = (await use(client, "list_connectors"))["connectors"]
        drive = next(one for one in connectors if one["id"] == "google_drive")
        assert drive["connected"] and drive["status"] == "active"
        collections = (await use(client, "list_collections"))["collections"]
        own = next(one for one in collections if one["uuid"] == house.made["collection"])
        assert own["own"]
        files = (await use(client, "list_files", connector="google_drive", query="refund"))["files"]
        started = await use(
            client,
            "start_sync",
            connector="google_drive",
            file_ids=[file["id"] for file in files],
            collection_uuid=own["uuid"],
        )
        return await end_of(client, started)

    ended = talk(house, deed)
    assert ended["status"] == "completed" and ended["files_synced"] >= 1


def test_a_mistake_is_told_to_the_assistant(house):
    async def deed(client):
        wrong = [
            ("fetch", {"id": house.made["collection"]}, "not_found", "there is no such file"),
            ("fetch", {"id": "mine"}, "invalid_request", "id must be a UUID"),
            ("search", {"query": "x", "limit": 1000}, "invalid_request", "limit must be 1 to 100, is 1000"),
            ("search", {"query": "x", "connector": "drive"}, "invalid_request", "`list_connectors` tells the ids"),
            ("start_sync", {"connector": "google_drive", "file_ids": "x", "collection_uuid": house.made["collection"]},
             "invalid_request", "file_ids: invalid type"),
        ]  # fmt: skip
        return [(await client.call_tool(tool, arguments), code, said) for tool, arguments, code, said in wrong]

    for result, code, said in talk(house, deed):
        assert result.is_error
        error = json.loads(result.content[0].text)["error"]
        assert error["code"] == code and said in error["message"], error
        assert result.structured_content is None, "clients hold it against the schema of what the tool answers"


def test_what_failed_is_told_to_the_assistant(house):
    async def deed(client):
        started = await use(
            client, "start_sync", connector="google_drive", file_ids=["gone"], collection_uuid=house.made["collection"]
        )
        return await end_of(client, started)

    ended = talk(house, deed)
    assert ended["status"] == "failed"
    assert [one["id"] for one in ended["failures"]] == ["gone"] and "does not exist" in ended["failures"][0]["reason"]


def test_without_a_token_a_client_learns_where_to_get_one(house):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    request = urllib.request.Request(f"{house.url}/mcp", body, headers, method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    assert refused.value.code == 401
    challenge = refused.value.headers["WWW-Authenticate"]
    address = challenge.split('resource_metadata="')[1].rstrip('"')
    with urllib.request.urlopen(address, timeout=10) as answer:
        assert json.load(answer)["resource"] == f"{house.url}/mcp"

    async def deed(client):
        return await client.list_tools()

    with pytest.raises(BaseException):
        talk(house, deed, token="no-token-of-ours")


def test_a_revoked_token_ends_at_once(house):
    user = house.call("POST", "/rest/admin/users", {"plan": "pro"})["id"]
    made = house.call("POST", f"/rest/admin/users/{user}/tokens", {})

    async def deed(client):
        assert (await use(client, "search", query="refund"))["results"] == [], "another user's documents"
        house.call("DELETE", f"/rest/admin/users/{user}/tokens/{made['id']}")
        with pytest.raises(Exception):
            await client.call_tool("search", {"query": "refund"})
        return True

    assert talk(house, deed, "legacy", made["token"])


def test_no_token_stands_in_the_log(house):
    assert house.token not in house.said()
