"""The documentation's page names every method that there is, and no other."""

import re
from pathlib import Path

from pplx_sdk.connectors import Collections, ConnectorClient

PAGE = (Path(__file__).resolve().parents[4] / "docs/sdk-python.md").read_text()


def methods(of: type) -> set[str]:
    return {name for name in dir(of) if not name.startswith("_") and callable(getattr(of, name))}


def test_the_table_of_methods_is_whole() -> None:
    table = PAGE.split("## Every method")[1].split("\n## ")[0]
    rows = [row.split("|")[1:3] for row in table.splitlines() if row.startswith("|")][2:]
    told: dict[bool, set[str]] = {True: set(), False: set()}
    for about, names in rows:
        told[about.strip() == "`collections.`"] |= set(re.findall(r"`(\w+)`", names))
    assert told[True] == methods(Collections)
    assert told[False] == methods(ConnectorClient)
