"""Every command block of the documentation is run as it stands, page by page, and every configuration is read.

A block that cannot be run is named in `not_run.py`, with the reason.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from not_run import ELSEWHERE, NOT_RUN  # noqa: E402
from pages import ROOT, SHELLS, Block, blocks, pages  # noqa: E402
from scene import PROGRAM, Demo, Scene, free_port  # noqa: E402

# What a block may be; a block without a language could hide a command.
# Sections that begin with a terminal of their own, in which nothing of the demo is set.
FRESH = ["Your own server"]
LANGUAGES = {*SHELLS, "toml", "json", "python", "ts", "js", "html", "rust", "markdown", "caddyfile", "text"}
EVERY = [block for page in pages() for block in blocks(page)]
EMULATED = """
[outgoing]
allow_private_addresses = true
[connectors.google_drive.endpoints]
api = "{emulator}"
userinfo = "{emulator}"
docs = "{emulator}"
"""


@pytest.fixture(scope="session")
def demo():
    with tempfile.TemporaryDirectory(prefix="gangway-docs-") as folder, Demo(Path(folder)) as running:
        yield running


@pytest.fixture
def scene(demo, tmp_path):
    made = Scene(tmp_path / "place", demo)
    yield made
    made.close()


def is_run(block: Block) -> bool:
    """Whether a block is to be run here: a command block that is not excused."""
    return block.language in SHELLS and block.name not in NOT_RUN


@pytest.mark.parametrize("page", sorted({block.page for block in EVERY if is_run(block)}))
def test_every_command_of(page, scene):
    before = ""
    for block in blocks(page):
        if block.section != before and block.section in FRESH:
            scene.open_terminal()
        before = block.section
        if is_run(block):
            for command in block.commands():
                if re.match(r"gangway model (fetch|check)", command) and os.environ.get("GANGWAY_SKIP_MODEL") == "1":
                    continue
                try:
                    scene.run(command)
                except (AssertionError, subprocess.TimeoutExpired) as error:
                    pytest.fail(f"{block}: {error}", pytrace=False)
        elif block.language == "toml" and page == "docs/quickstart.md":
            own_server(scene, block)


def own_server(scene: Scene, block: Block):
    """From here on the page's reader has a server of their own, and an OAuth app with Google: the emulator stands in."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    emulate = [PROGRAM, "emulate", "google", "--client-id", "1.apps.googleusercontent.com", "--client-secret"]
    emulate += [(scene.etc / "google-secret").read_text().strip(), "--redirect-uri", f"{url}/oauth/callback"]
    emulator = subprocess.Popen(emulate, stdout=subprocess.PIPE, text=True)
    scene.processes.append(emulator)
    line = next(line for line in emulator.stdout if line.startswith("google emulator: "))
    address = line.split(": ", 1)[1].strip().rstrip("/")
    tell(f"{address}/_emulator/files", "POST", {"path": "Handbook/Travel.md", "content": "The travel policy: by train."})
    tell(f"{address}/_emulator/switches", "PATCH", {"auto_approve": True})
    places = "".join(f'{name} = "{address}{path}"\n' for name, path in ENDPOINTS)
    text = scene.placed(block.text).replace("….", "1.") + places + EMULATED.format(emulator=address)
    (scene.folder / "gangway.toml").write_text(text)
    scene.env |= {"GANGWAY_LISTEN": f"127.0.0.1:{port}", "GANGWAY_URL": url}


ENDPOINTS = [("authorize_url", "/o/oauth2/v2/auth"), ("token_url", "/token"), ("revoke_url", "/revoke")]


def tell(url: str, method: str, body: dict):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=10):
        pass


@pytest.mark.parametrize("block", [block for block in EVERY if block.language == "toml"], ids=str)
def test_configuration_is_read(block, tmp_path):
    scene = Scene(tmp_path / "place")
    (scene.folder / "gangway.toml").write_text(scene.placed(block.text))
    scene.env["GANGWAY_CONFIG"] = str(scene.folder / "gangway.toml")
    assert "is right" in scene.run("gangway config check")
    shown = json.loads(scene.run("gangway config show --json"))
    keys = set()
    section = ""
    for line in block.text.splitlines():
        if found := re.match(r"\[(.*)\]", line):
            section = f"{found[1]}."
        elif found := re.match(r"(\w+) *=", line):
            keys.add(section + found[1])
    assert keys, f"{block} sets nothing"
    unsaid = [key for key in keys if "gangway.toml" not in shown.get(key, {}).get("source", "")]
    assert not unsaid, f"{block}: {unsaid} did not come from the file"


@pytest.mark.parametrize("block", [block for block in EVERY if block.language == "json"], ids=str)
def test_json_is_what_the_server_answers_or_takes(block, demo):
    shown = json.loads(block.text)
    if "error" in shown:
        user = demo.house.call("POST", "/rest/admin/users", {"plan": "pro"})["id"]
        token = demo.house.call("POST", f"/rest/admin/users/{user}/tokens", {})["token"]
        url = f"{demo.house.url}/rest/connectors/google_drive/files"
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"}))
        answer = json.loads(refused.value.read())
        assert answer["error"]["code"] == shown["error"]["code"]
        assert answer.keys() == shown.keys() and answer["error"].keys() == shown["error"].keys()
    elif "mcpServers" in shown:
        (server,) = shown["mcpServers"].values()
        url = demo.house.url + server["url"].removeprefix("https://connect.example.com")
        headers = {name: value.replace("<token>", demo.house.token) for name, value in server["headers"].items()}
        headers |= {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers)) as answer:
            assert json.loads(answer.read())["result"]["tools"]
    else:
        pytest.fail(f"{block}: nothing compares this JSON with the server")


@pytest.mark.parametrize("block", [b for b in EVERY if b.language == "python" and b.page not in ELSEWHERE], ids=str)
def test_python_runs(block, scene):
    done = subprocess.run(
        [sys.executable, "-c", block.text],
        # The person's browser, which goes on by itself.
        env=scene.env | {"BROWSER": f"{scene.folder}/programs/xdg-open %s &"},
        cwd=scene.folder, capture_output=True, text=True, timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), f"{block} says nothing"


def test_nothing_is_left_out_unseen():
    """What is neither run here nor elsewhere is named, with a reason; and what is named is there."""
    unknown = [str(block) for block in EVERY if block.language not in LANGUAGES]
    assert not unknown, f"these blocks do not say what they are: {unknown}"
    commands = {block.name for block in EVERY if block.language in SHELLS}
    assert not set(NOT_RUN) - commands, f"these are excused and not there: {set(NOT_RUN) - commands}"
    for language in ("js", "ts", "html", "python"):
        alone = {block.page for block in EVERY if block.language == language} - set(ELSEWHERE)
        assert language == "python" or not alone, f"nothing runs the {language} of {alone}"
    assert not set(ELSEWHERE) - {block.page for block in EVERY}
    assert all(len(reason) > 10 for reason in [*NOT_RUN.values(), *ELSEWHERE.values()])


def test_commands_in_the_text_exist():
    """`gangway …` in running text names commands and flags that there are."""
    reference = (ROOT / "docs/reference/cli.md").read_text()
    sections = {found[1]: found[2] for found in re.finditer(r"^## `gangway ([^`]*)`\n(.*?)(?=^## |\Z)", reference, re.S | re.M)}
    wrong = []
    for page in pages():
        text = re.sub(r"```.*?```", "", (ROOT / page).read_text(), flags=re.S)
        for said in re.findall(r"`gangway ([^`]+)`", text):
            words = said.split()
            known = [" ".join(words[:n]) for n in (3, 2, 1) if " ".join(words[:n]) in sections]
            if not known and said != "--version":
                wrong.append(f"{page}: gangway {said}")
                continue
            flags = re.findall(r"(--[a-z-]+)", said) if known else []
            wrong += [f"{page}: gangway {said}: {flag}" for flag in flags if flag not in sections[known[0]]]
    assert not wrong, wrong
