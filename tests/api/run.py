"""Tests the REST API of a running server against the OpenAPI document that it serves.

schemathesis calls every operation with generated input, good and bad: first with ids that do not exist, then
with those of a real connection, sync, upload and user, and in the end deletes them. What it checks: no server
error, no undocumented status, content type or body. The last line sums up.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from house import House  # noqa: E402

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
EXAMPLES = os.environ.get("GANGWAY_API_EXAMPLES", "15")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# An endless stream has no whole answer that could be compared with the document.
STREAMS = "/rest/connectors/{connector_id}/sync/{job_id}/events"
USER = ["--exclude-path-regex", "^/rest/admin/"]
ADMIN = ["--include-path-regex", "^/rest/admin/"]
KEEP = ["--exclude-method", "DELETE"]
# What is included adds up, what is excluded counts more: so deletions are what is left of everything.
DELETE = [word for method in ("GET", "HEAD", "OPTIONS", "POST", "PATCH") for word in ("--exclude-method", method)]

# Real ids in the places of generated ones.
ACQUAINTED = """
[parameters]
"path.connector_id" = "google_drive"
"path.uuid" = "{collection}"
"path.job_id" = "{job}"
"path.session_id" = "{session}"
"path.user_id" = "{user}"
"path.token_id" = "{token}"
"path.file_id" = "{source_file}"
"path.upload_id" = "{resumable}"
"query.collection_uuid" = "{collection}"

[[operations]]
include-path-regex = "^/rest/(connectors/local_upload|collections|files)/"
parameters = {{ "path.file_id" = "{upload}", "path.uuid" = "{collection}", "query.collection_uuid" = "{collection}" }}
"""


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="gangway-api-") as folder:
        outcomes = strangers(Path(folder) / "strangers") + acquainted(Path(folder) / "acquainted")
    passed = sum(outcome[1] for outcome in outcomes)
    failed = sum(outcome[2] for outcome in outcomes)
    print(f"api: {passed} passed, {failed} failed (operations, each in several roles)")
    return max(outcome[0] for outcome in outcomes)


def strangers(folder: Path) -> list:
    """Ids that do not exist, and every role where it has no business. The caller reuses ids that answers tell of, also
    to delete users: nothing is left of this server to be relied on."""
    folder.mkdir()
    empty = folder / "empty.toml"
    empty.write_text("")
    with House(folder) as house:
        return [
            call(house, "as a user, with ids that do not exist", house.token, USER, empty),
            call(house, "as the admin, with ids that do not exist", house.admin_key, ADMIN, empty),
            call(house, "as the admin, where only users may go", house.admin_key, USER, empty),
            call(house, "as a user, where only the admin may go", house.token, ADMIN, empty),
            *panics(house),
        ]


def acquainted(folder: Path) -> list:
    """Ids of what is there; deletions last."""
    folder.mkdir()
    with House(folder) as house:
        ids = house.furnish()
        real = folder / "real.toml"
        real.write_text(ACQUAINTED.format(**ids))
        key = ids["picker_key"]
        return [
            call(house, "as a user, with what is there", house.token, USER + KEEP, real, key),
            call(house, "as the admin, with what is there", house.admin_key, ADMIN + KEEP, real),
            call(house, "as a user, deleting it", house.token, USER + DELETE, real),
            call(house, "as the admin, deleting it", house.admin_key, ADMIN + DELETE, real),
            *panics(house),
        ]


def panics(house: House) -> list:
    """One failure when the server panicked."""
    if "panicked" not in house.said():
        return []
    print(house.said())
    return [(1, 0, 1)]


def call(house: House, name: str, key: str, selection: list, config: Path, picker_key: str = "") -> tuple:
    """Runs schemathesis; its exit code, and how many operations passed and failed."""
    command = [
        SCHEMATHESIS, "--config-file", config, "run", f"{house.url}/openapi.json",
        "--url", house.url,
        "--checks", CHECKS,
        "--max-examples", EXAMPLES,
        "--phases", "examples,coverage,fuzzing",
        "--exclude-path", STREAMS,
        "--header", f"Authorization: Bearer {key}",
        "--request-timeout", "30",
        "--warnings", "off",
        "--seed", "1",
        "--no-color",
        *selection,
    ]
    if picker_key:
        command += ["--header", f"X-Picker-Key: {picker_key}"]
    print(f"-- {name}", flush=True)
    env = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=config.parent, env=env
    )
    text = done.stdout.replace(key, "(key)")
    tested = number(r"Tested:\s+(\d+)", text)
    failing = len(set(re.findall(r"^_+ ([A-Z]+ /\S*) _+$", text, re.M)))
    calls = number(r"(\d+) generated", text)
    print(text if done.returncode or not tested else f"   {tested} operations, {calls} calls", flush=True)
    failed = failing or int(done.returncode != 0)
    return done.returncode, max(tested - failed, 0), failed


def number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return int(found.group(1)) if found else 0


if __name__ == "__main__":
    sys.exit(main())
