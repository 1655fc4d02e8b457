"""The blocks of the documentation's pages, and the commands in them."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```[ \t]*$", re.S | re.M)
SHELLS = ("sh", "bash", "console", "shell")


@dataclass
class Block:
    page: str
    line: int
    language: str
    text: str
    # The heading of the second rank above it.
    section: str = ""

    def __str__(self):
        return f"{self.page}:{self.line}"

    @property
    def name(self) -> tuple[str, str]:
        """Its page and its first command, without what the page remarks on it."""
        return self.page, re.sub(r"\s+#.*", "", self.commands()[0])

    def commands(self) -> list[str]:
        """One after the other, as a person would paste them."""
        lines = self.text.splitlines()
        if self.language == "console":
            lines = [line[2:] for line in lines if line.startswith("$ ")]
        commands, open_lines = [], []
        for line in lines:
            open_lines.append(line)
            if ends("\n".join(open_lines)):
                command = "\n".join(open_lines).strip()
                open_lines = []
                if command and not all(part.lstrip().startswith("#") for part in command.splitlines()):
                    commands.append(command)
        assert not open_lines, f"{self}: the last command does not end: {open_lines}"
        return commands


def ends(text: str) -> bool:
    """Whether a command is complete: no quote is open, and no line goes on."""
    if text.rstrip(" ").endswith("\\"):
        return False
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return False
    return True


def pages() -> list[str]:
    """Every page with commands that people are told to type."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", ROOT / "crates/emulators/README.md"]
    found += sorted((ROOT / "docs").glob("*.md")) + sorted((ROOT / "docs/connectors").glob("*.md"))
    found += sorted((ROOT / "examples").glob("*/README.md"))
    found += sorted((ROOT / "sdks").glob("*/README.md")) + [ROOT / "tests/clients/README.md"]
    return [str(path.relative_to(ROOT)) for path in found]


def blocks(page: str) -> list[Block]:
    text = (ROOT / page).read_text()
    found = []
    for fence in FENCE.finditer(text):
        before = text[: fence.start()]
        sections = re.findall(r"^## (.*)$", before, re.M)
        inner = re.sub(f"^{fence[1]}", "", fence[3], flags=re.M)
        section = sections[-1] if sections else ""
        found.append(Block(page, before.count("\n") + 1, fence[2].strip(), inner, section))
    return found
