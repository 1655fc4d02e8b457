"""What is generated is what is checked in; types and style hold."""

import subprocess
import sys
from pathlib import Path

SDK = Path(__file__).resolve().parents[2]
TOOLS = Path(sys.executable).parent


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
