"""Takes the Python samples out of a page of Markdown and runs them as they stand.

Nothing of a sample is changed but what stands in `<…>` for the reader to fill in, as a whole string. What it uses
without importing or defining it (`asyncio`, a product's own functions) is handed in, and so is `print`.
"""

import ast
import inspect
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[4]
SHARED = Path(os.environ.get("GANGWAY_SHARED", ROOT.parent / "shared"))
GUIDE = SHARED / "guide/oauth-connectors-guide.md"
PAGE = ROOT / "docs/sdk-python.md"

# The guide's own address of the product. Here it is filled in like a placeholder.
PRODUCT = "https://www.perplexity.ai"

Fill = dict[str, str | Callable[[], str]]


@dataclass(frozen=True)
class Sample:
    heading: str
    text: str
    line: int
    page: str

    def __str__(self) -> str:
        return self.heading

    async def run(self, names: dict[str, Any], fill: Fill, late: Fill | None = None) -> None:
        """Runs it among these names, which it adds to; those of `late` are made when it comes to them."""
        tree = Filled(self).visit(ast.parse(self.text))
        ast.increment_lineno(tree, self.line)
        ast.fix_missing_locations(tree)
        code = compile(tree, self.page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        names["__fill__"] = lambda name: filled(fill, name)
        within = Late(names, late or {}) if late else names
        outcome = eval(code, names, within)
        if inspect.isawaitable(outcome):
            await outcome


class Late(dict[str, Any]):
    """The names of a sample, some of which come into being while it runs. What it defines goes to `names`."""

    def __init__(self, names: dict[str, Any], late: Fill) -> None:
        self.names, self.late = names, late

    def __missing__(self, name: str) -> Any:
        return self.names[name] if name in self.names or name not in self.late else filled(self.late, name)

    def __setitem__(self, name: str, value: Any) -> None:
        self.names[name] = value


class Filled(ast.NodeTransformer):
    """Puts a look-up in the place of each placeholder: some values are known only when the sample comes that far."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, str) and (re.fullmatch(r"<[^<>]+>", node.value) or node.value == PRODUCT):
            return ast.Call(ast.Name("__fill__", ast.Load()), [node], [])
        return node


def filled(fill: Fill, name: str) -> str:
    value = fill[name]
    return value if isinstance(value, str) else value()


def samples(path: Path) -> list[Sample]:
    """The page's Python samples, each with the heading it stands under."""
    found, heading, block, start = [], "", None, 0
    for number, line in enumerate(path.read_text().splitlines()):
        if block is None and (title := re.match(r"#+ (.*)", line)):
            heading = title[1]
        if block is None and line.strip() == "```python":
            block, start = [], number + 1
        elif block is not None and line.strip() == "```":
            found.append(Sample(heading, "\n".join(block) + "\n", start, path.name))
            block = None
        elif block is not None:
            block.append(line)
    return found
