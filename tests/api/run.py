"""Tests the REST API of a running server against the OpenAPI document that it serves.

Starts an emulated Google and a server on free ports and a fresh data folder, makes a user with a token,
and lets schemathesis call every operation with generated input, good and bad. What it checks: no server
error, no undocumented status, content type or body. The last line sums up.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("GANGWAY_PROGRAM", ROOT / "target/debug/gangway"))
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
EXAMPLES = os.environ.get("GANGWAY_API_EXAMPLES", "25")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# An endless stream has no whole answer that could be compared with the document.
STREAMS = "/rest/connectors/{connector_id}/sync/{job_id}/events"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="gangway-api-") as folder:
        log = Path(folder) / "server.log"
        with log.open("wb") as output:
            demo = subprocess.Popen(
                [PROGRAM, "demo", "--data-dir", f"{folder}/data", "--no-walk"],
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            env = wait_until_ready(demo, Path(folder) / "data/demo.env", log)
            return run(env, folder)
        finally:
            demo.terminate()
            demo.wait(timeout=60)
            report = log.read_text(errors="replace")
            if "panicked" in report:
                print(report)


def wait_until_ready(demo: subprocess.Popen, env_file: Path, log: Path) -> dict:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if demo.poll() is not None:
            break
        if env_file.exists():
            pairs = (line.split("=", 1) for line in env_file.read_text().splitlines() if "=" in line and line[0] != "#")
            env = dict(pairs)
            try:
                urllib.request.urlopen(f"{env['GANGWAY_URL']}/readyz", timeout=5)
                return env
            except (urllib.error.URLError, KeyError):
                pass
        time.sleep(0.1)
    sys.exit(f"the server did not start:\n{log.read_text(errors='replace')}")


def run(env: dict, folder: str) -> int:
    base = env["GANGWAY_URL"]
    everything = call(base, "run", env["GANGWAY_TOKEN"], ["--exclude-path-regex", "^/rest/admin/"], folder)
    admin = call(base, "admin", env["GANGWAY_ADMIN_KEY"], ["--include-path-regex", "^/rest/admin/"], folder)
    outcomes = [everything, admin]
    passed = sum(outcome[1] for outcome in outcomes)
    failed = sum(outcome[2] for outcome in outcomes)
    print(f"api: {passed} passed, {failed} failed (checked operations)")
    return max(outcome[0] for outcome in outcomes)


def call(base: str, name: str, key: str, selection: list, folder: str) -> tuple:
    """Runs schemathesis; its exit code, and how many operations passed and failed."""
    command = [
        SCHEMATHESIS, "run", f"{base}/openapi.json",
        "--url", base,
        "--checks", CHECKS,
        "--max-examples", EXAMPLES,
        "--exclude-path", STREAMS,
        "--header", f"Authorization: Bearer {key}",
        "--request-timeout", "30",
        "--seed", "1",
        "--no-color",
        *selection,
    ]
    print(f"-- {name}: {' '.join(selection)}", flush=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder)
    text = done.stdout.replace(key, "(key)")
    print(text, flush=True)
    tested = number(r"Tested:\s+(\d+)", text)
    failing = len(set(re.findall(r"^_+ ([A-Z]+ /\S*) _+$", text, re.M)))
    return done.returncode, max(tested - failing, 0), failing or (1 if done.returncode else 0)


def number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return int(found.group(1)) if found else 0


if __name__ == "__main__":
    sys.exit(main())
