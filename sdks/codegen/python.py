"""Writes the generated part of the Python SDK: models from the OpenAPI document, and the sync twin of the async client.

python sdks/codegen/python.py            writes
python sdks/codegen/python.py --check    fails when what is checked in differs, and says where
"""

import argparse
import difflib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import unasync

SDKS = Path(__file__).resolve().parents[1]
PACKAGE = SDKS / "python/src/pplx_sdk/connectors"
CONFIG = SDKS / "python/pyproject.toml"
TOOLS = Path(sys.executable).parent

# What the client's methods answer with; everything these name comes along.
ANSWERS = [
    "AuthorizeAnswer", "TokenAnswer", "RefreshAnswer", "ConnectorList", "FileList", "VersionList", "FileExplanation", "FileText",
    "PickerAnswer", "PickerStatus", "SyncJob", "JobList", "OutcomeList", "CollectionList", "CollectionFileList",
    "UploadAnswer", "SearchAnswer", "User", "AssistantList", "ConnectionContents", "Coverage", "ResumableUpload",
]  # fmt: skip

# Whoever holds one of these can act for somebody: they stay out of what a model prints.
SECRET_FIELDS = ["access_token", "refresh_token", "auth_url", "picker_url", "state"]
SECRET_MODELS = ["AuthorizeAnswer", "TokenAnswer", "RefreshAnswer", "PickerAnswer"]

# What knows more than its fields: see `_base.py`.
BASES = {"Connector": "Access", "Connection": "Access", "SyncJob": "Job"}

# How the async client is spelled in its sync twin, beyond the usual (`async def`, `await`, `AsyncIterator` …).
SPELLINGS = {
    "_async": "_sync",
    "_runtime_async": "_runtime_sync",
    "ConnectorClient": "SyncConnectorClient",
    "Collections": "SyncCollections",
    "AsyncClient": "Client",
    "AsyncBaseTransport": "BaseTransport",
    "aclose": "close",
    "aclosing": "closing",
    "AsyncGenerator": "Generator",
    "aiter_lines": "iter_lines",
    "aiter_bytes": "iter_bytes",
    "aread": "read",
}


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    check = arguments.parse_args().check
    with tempfile.TemporaryDirectory(prefix="gangway-codegen-") as folder:
        made = models(Path(folder)) | twin(Path(folder))
    made_files = {PACKAGE / name: text for name, text in made.items()}
    stale = [path for path in sorted((PACKAGE / "_sync").glob("*.py")) if path not in made_files]
    if check:
        return report(made_files, stale)
    for path, text in made_files.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    for path in stale:
        path.unlink()
    return 0


def report(made: dict, stale: list) -> int:
    differences = [f"{path.relative_to(SDKS)} is made by nothing any more\n" for path in stale]
    for path, text in made.items():
        found = path.read_text() if path.exists() else ""
        name = str(path.relative_to(SDKS))
        old, new = found.splitlines(True), text.splitlines(True)
        differences += difflib.unified_diff(old, new, f"{name} (checked in)", f"{name} (made)")
    if differences:
        sys.stdout.writelines(differences)
        print("the generated part of the Python SDK is out of date: run  make generate")
    return int(bool(differences))


def models(folder: Path) -> dict:
    """The answers' models, as `_wire.py`."""
    document = json.loads((SDKS / "openapi.json").read_text())
    ease(document["components"]["schemas"])
    (folder / "answers.json").write_text(json.dumps(only(document, ANSWERS)))
    target = folder / "_wire.py"
    run(
        "datamodel-codegen", "--input", folder / "answers.json", "--input-file-type", "openapi", "--output", target,
        "--output-model-type", "pydantic_v2.BaseModel", "--base-class", "pplx_sdk.connectors._base.Model",
        "--target-python-version", "3.10", "--use-standard-collections", "--use-union-operator",
        "--snake-case-field", "--use-schema-description", "--use-field-description", "--use-single-line-docstring",
        "--output-datetime-class", "AwareDatetime", "--collapse-root-models", "--strict-nullable",
        "--disable-timestamp", "--use-double-quotes", "--formatters", "black",
        "--base-class-map", json.dumps({name: f"pplx_sdk.connectors._base.{base}" for name, base in BASES.items()}),
    )  # fmt: skip
    text = target.read_text()
    # Moments compare with what `datetime.now()` gives.
    text = re.sub(r"from pydantic import (.*)AwareDatetime,? ?", r"from pydantic import \1", text)
    text = text.replace("AwareDatetime", "Moment")
    base = "from pplx_sdk.connectors._base import Access, Job, Model"
    text = text.replace(base, "from ._base import Access, Job, Model, Moment")
    text = hide_secrets(text)
    body = re.sub(r"\A(#.*\n)+\n*", "", text)
    head = '"""What the server answers. Made by sdks/codegen/python.py from sdks/openapi.json; not for editing."""\n\n'
    target.write_text(head + body)
    return {"_wire.py": formatted(target)}


def ease(schemas: dict) -> None:
    """Makes reading tolerant and the models pleasant, where the document says what the server promises."""
    # A sync that was just started and one that is asked for later are one type: `job` in a loop stays what it is.
    job, started = schemas["SyncJob"], schemas["SyncAnswer"]
    job["required"] = [name for name in started["required"] if name in job["required"]]
    job["properties"] = started["properties"] | job["properties"]
    for name in (name for name, base in BASES.items() if base == "Access"):
        about = "When the access token ends; `NEVER` when it does not, `ENDED` without a connection."
        schemas[name]["properties"]["expires_at"] = {"type": "string", "format": "date-time", "description": about}
        schemas[name]["required"].append("expires_at")
    for schema in schemas.values():
        for name, field in schema.get("properties", {}).items():
            kind = field.get("type")
            if name not in schema.get("required", []) and field.get("format") != "date-time" and kind in list(EMPTY):
                field["default"] = EMPTY[kind]
    drop_limits(schemas)


# What is absent from an answer, as a value of its type.
EMPTY = {"array": [], "integer": 0, "boolean": False, "string": ""}


def drop_limits(value) -> None:
    """Limits and lists of words are the server's to keep: a client that insists on them breaks when one is widened."""
    if isinstance(value, dict):
        for word in ("minimum", "maximum", "minLength", "maxLength", "pattern", "enum"):
            if not isinstance(value.get(word), dict):
                value.pop(word, None)
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        drop_limits(one)


def only(document: dict, names: list) -> dict:
    """The document with these schemas and what they refer to, and no operations."""
    schemas = document["components"]["schemas"]
    kept, waiting = {}, list(names)
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept[name] = schemas[name]
            waiting += re.findall(r"#/components/schemas/(\w+)", json.dumps(schemas[name]))
    return {
        "openapi": document["openapi"],
        "info": document["info"],
        "paths": {},
        "components": {"schemas": {name: kept[name] for name in sorted(kept)}},
    }


def hide_secrets(text: str) -> str:
    """Keeps secret fields out of `repr`."""
    parts = re.split(r"(?m)^(?=class )", text)
    for at, part in enumerate(parts):
        if not re.match(rf"class ({'|'.join(SECRET_MODELS)})\(", part):
            continue
        for field in SECRET_FIELDS:
            part = re.sub(rf"(?m)^    {field}: str$", f"    {field}: str = Field(repr=False)", part)
            part = re.sub(
                rf"(?m)^    {field}: str \| None = None$", f"    {field}: str | None = Field(None, repr=False)", part
            )
        parts[at] = part
    text = "".join(parts)
    if "Field(" in text and not re.search(r"from pydantic import .*\bField\b", text):
        text = text.replace("from ._base", "from pydantic import Field\n\nfrom ._base", 1)
    return text


def twin(folder: Path) -> dict:
    """The sync client, word for word the async one without `async`."""
    source, target = PACKAGE / "_async", folder / "_sync"
    rule = unasync.Rule(fromdir=f"{source}/", todir=f"{target}/", additional_replacements=SPELLINGS)
    files = sorted(source.glob("*.py"))
    unasync.unasync_files([str(path) for path in files], [rule])
    made = {}
    for path in files:
        copy = target / path.name
        head = f"# Made by sdks/codegen/python.py from ../_async/{path.name}; not for editing.\n"
        copy.write_text(head + copy.read_text())
        made[f"_sync/{path.name}"] = formatted(copy)
    return made


def formatted(path: Path) -> str:
    run("ruff", "check", "--quiet", "--config", CONFIG, "--select", "I,F401", "--fix", path)
    run("ruff", "format", "--quiet", "--config", CONFIG, path)
    return path.read_text()


def run(tool: str, *arguments) -> None:
    done = subprocess.run([TOOLS / tool, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{tool} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    sys.exit(main())
