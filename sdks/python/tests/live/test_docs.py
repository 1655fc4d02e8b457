"""Every sample of docs/sdk-python.md, from top to bottom, against a server with emulated providers."""

import asyncio
from pathlib import Path
from typing import Any

from samples import PAGE, Fill, samples


def test_the_page_runs_from_top_to_bottom(person: Any, tmp_path: Path) -> None:
    (tmp_path / "Notes").mkdir()
    (tmp_path / "Notes/tea.md").write_text("# Tea\n\nSmoked oolong is kept dry.\n")
    printed: list[str] = []
    fill: Fill = {
        "<address of Gangway>": person.url,
        "<user's token>": person.token,
        "<a file or folder>": str(tmp_path / "Notes"),
    }

    def printing(*words: object) -> None:
        text = " ".join(map(str, words))
        printed.append(text)
        if text.startswith("Visit: "):
            answer = person.consent(text.removeprefix("Visit: "))
            fill.update({"<code>": answer["code"], "<state>": answer["state"]})

    names: dict[str, Any] = {"print": printing}

    async def story() -> None:
        for sample in samples(PAGE):
            await sample.run(names, fill)
        await names["patient"].aclose()

    asyncio.run(story())
    said = "\n".join(printed)
    for expected in (
        "Connected as ada@example.com",
        "Box: this connector is not built yet",
        "Connected: Google Drive",
        "found, and more: False",
        "open []",
        "Progress: 100%",
        "Notes/tea.md stored",
        "files can be searched",
        "disconnecting would delete",
        "connect Slack first",
        "Google Drive False",
    ):
        assert expected in said, said
    assert "completed" in said and any("Refund policy" in line for line in printed)
