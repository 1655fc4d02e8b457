"""The console as a person uses it: signing in, and what every page of it has to keep to."""

from pathlib import Path

from playwright.sync_api import Page, expect

ROOT = Path(__file__).resolve().parents[2]
AXE = (ROOT / "console/node_modules/axe-core/axe.min.js").read_text()
DESK, PHONE = {"width": 1280, "height": 860}, {"width": 360, "height": 740}
# WCAG 2.2 to AA, and what axe's authors hold to be good besides.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


class Console:
    def __init__(self, page: Page, url: str):
        self.page = page
        self.url = f"{url}/console"
        page.set_viewport_size(DESK)

    def sign_in(self, token: str, path: str = "/"):
        self.page.goto(self.url + path)
        self.page.get_by_label("Token").fill(token)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("navigation", name="Pages")).to_be_visible()

    def open(self, path: str, heading: str | None = None):
        """Goes to a place by its address, as a bookmark does, and waits until nothing is on its way."""
        self.page.goto(self.url + path)
        if heading is not None:
            expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        self.settled()

    def go(self, name: str):
        self.page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()
        self.settled()

    def settled(self):
        expect(self.page.locator("h1").first).to_be_attached()
        expect(self.page.locator(".bone")).to_have_count(0)
        self.page.evaluate("document.fonts.ready.then(() => true)")

    def card(self, name: str):
        return self.page.get_by_role("article", name=name, exact=True)

    def theme(self, theme: str):
        self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        # Colours that are still on their way would be taken for what they pass through.
        self.page.evaluate(
            """async () => {
                await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
                const ending = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < 5000);
                await Promise.allSettled(ending.map((one) => one.finished));
            }"""
        )

    def is_accessible(self, where: str):
        """Asserts that axe finds nothing, in light and in dark."""
        for theme in ("light", "dark"):
            self.theme(theme)
            self.page.evaluate(f"{AXE}; undefined")
            found = self.page.evaluate("rules => axe.run(document, rules)", RULES)
            said = [
                f"{one['id']} ({one['impact']}): {one['help']}\n    "
                + "\n    ".join(f"{node['html'][:160]} | {node['failureSummary'][:240]}" for node in one["nodes"][:4])
                for one in found["violations"]
            ]
            assert said == [], f"{where}, {theme}:\n" + "\n".join(said)
            assert len(found["passes"]) > 10, f"{where}: axe looked at nothing"
        self.theme("light")

    def is_narrow(self, where: str):
        """Asserts that nothing sticks out on a phone."""
        self.page.set_viewport_size(PHONE)
        width = self.page.evaluate("document.documentElement.scrollWidth")
        self.page.set_viewport_size(DESK)
        assert width <= PHONE["width"], f"{where} is {width} wide on a page of {PHONE['width']}"
