"""Takes the pictures of the picker and of the example product for the documentation: light and dark, and on a phone.

python tests/browser/pictures_embed.py [FOLDER]     (docs/images/embed when left out)
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from conftest import CHROMIUM, FLAGS  # noqa: E402
from house import House, ROOT  # noqa: E402
from test_example import Notes, free_port  # noqa: E402

POPUP, DESK, PHONE = {"width": 820, "height": 640}, {"width": 1100, "height": 700}, {"width": 390, "height": 780}


class Photographer:
    def __init__(self, folder: Path, browser, theme: str):
        self.folder, self.theme = folder, theme
        self.context = browser.new_context(viewport=DESK, color_scheme=theme, reduced_motion="reduce")

    def take(self, page: Page, name: str, size: dict):
        page.set_viewport_size(size)
        page.evaluate("document.fonts.ready.then(() => true)")
        # Where the pointer happens to be is nothing to show.
        page.mouse.move(0, 0)
        page.screenshot(path=self.folder / f"{name}-{self.theme}.png")

    def picker(self, house: House):
        house.connect()
        page = self.context.new_page()
        asked = {"max_files": 20, "mime_types": ["application/pdf", "text/*", "application/vnd.google-apps.document"]}
        made = house.call("POST", "/rest/connectors/google_drive/picker", asked)
        page.goto(made["picker_url"])
        page.get_by_role("button", name="Policies").wait_for()
        self.take(page, "picker-top", POPUP)
        page.get_by_role("button", name="Policies").click()
        for name in ("Refund policy", "Security baseline.md"):
            page.get_by_role("checkbox", name=f"Choose {name}").check()
        self.take(page, "picker", POPUP)
        self.take(page, "picker-phone", PHONE)
        house.emulator("DELETE", "/oauth/grants/ada@example.com")
        house.emulator("POST", "/oauth/access_tokens/expire")
        page.get_by_role("button", name="Google Drive").click()
        page.get_by_role("button", name="Reconnect").wait_for()
        self.take(page, "picker-reconnect", POPUP)
        page.close()

    def product(self, notes: Notes):
        page = self.context.new_page()
        notes.house.approve(False)
        page.goto(notes.origin)
        drive = page.locator("gangway-connect[connector=google_drive]").get_by_role("button")
        drive.filter(has_text="Connect Google Drive").wait_for()
        self.take(page, "product", DESK)
        with page.expect_popup() as opened:
            drive.click()
        with opened.value.expect_event("close"):
            opened.value.click("#allow")
        choose = page.locator("gangway-picker[connector=google_drive]").get_by_role("button")
        with page.expect_popup() as opened:
            choose.click()
        opened.value.get_by_role("button", name="Policies").wait_for()
        opened.value.get_by_role("checkbox", name="Choose Policies").check()
        with opened.value.expect_event("close"):
            opened.value.get_by_role("button", name="Choose", exact=True).click()
        page.get_by_text("notes are here").wait_for()
        page.locator("progress[value='100']").wait_for(timeout=60_000)
        page.get_by_role("searchbox").fill("refund for annual plans")
        page.get_by_role("button", name="Search").click()
        page.locator("#hits li").first.wait_for()
        self.take(page, "product-found", DESK)
        self.take(page, "product-found-phone", PHONE)
        page.close()


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs/images/embed"
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="gangway-pictures-") as place, House(place, "--product", f"http://localhost:{port}") as house:
        notes = Notes(house, port)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, chromium_sandbox=False)
            for theme in ("light", "dark"):
                photographer = Photographer(folder, browser, theme)
                photographer.picker(house)
                photographer.product(notes)
                photographer.context.close()
            browser.close()
        notes.stop()


if __name__ == "__main__":
    main()
