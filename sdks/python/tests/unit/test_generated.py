"""What is generated is what is checked in; types and style hold."""

import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

SDK = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SDK / "tests/live"))
from samples import GUIDE, PAGE, samples  # noqa: E402

TOOLS = Path(sys.executable).parent


# What the guide's samples name and do not define.
ASSUMED = """
import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from logging import getLogger
from typing import Any
from pplx_sdk.connectors import ConnectorClient, ConnectorError
connectors = ConnectorClient()
logger = getLogger()
session: dict[str, str] = {}
callback_state = ""
class SecurityError(Exception): ...
def update_connector_ui(status: Any) -> None: ...
"""


def run(*command: object) -> None:
    done = subprocess.run([str(part) for part in command], cwd=SDK, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_models_and_sync_twin_are_as_the_generator_makes_them() -> None:
    run(sys.executable, SDK.parent / "codegen/python.py", "--check")


def test_types_hold_strictly() -> None:
    run(TOOLS / "mypy")


def test_style_holds() -> None:
    run(TOOLS / "ruff", "check", ".")
    run(TOOLS / "ruff", "format", "--check", ".")


def in_function(text: str) -> str:
    return "async def sample() -> None:\n" + textwrap.indent(text, "    ") + "\n"


def test_types_of_the_documented_samples_hold_strictly(tmp_path: Path) -> None:
    story = "\n".join(sample.text for sample in samples(PAGE))
    (tmp_path / "story.py").write_text(in_function(story))
    run(TOOLS / "mypy", tmp_path / "story.py")


@pytest.mark.skipif(not GUIDE.exists(), reason=f"no guide at {GUIDE}")
def test_types_of_the_guides_samples_hold(tmp_path: Path) -> None:
    found = samples(GUIDE)
    for number, sample in enumerate(found):
        (tmp_path / f"sample_{number}.py").write_text(ASSUMED + in_function(sample.text))
    # The samples' own functions say nothing of their types: they are looked into all the same.
    loosely = ["--allow-untyped-defs", "--allow-incomplete-defs", "--allow-untyped-calls", "--check-untyped-defs"]
    run(TOOLS / "mypy", *loosely, *sorted(tmp_path.glob("*.py")))
    assert found


def test_the_package_holds_both_twins_and_says_that_it_is_typed(tmp_path: Path) -> None:
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", tmp_path, SDK)
    (wheel,) = tmp_path.glob("pplx_sdk-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"pplx_sdk/py.typed", "pplx_sdk/connectors/_sync/client.py", "pplx_sdk/connectors/_wire.py"} <= names
    assert not [name for name in names if "test" in name]
