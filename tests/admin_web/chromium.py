"""A real browser, its complaints, and what axe-core finds."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from domain.records import Account
from tests.admin_web.browsing import Panel
from tests.admin_web.world import PASSWORD
from tests.chromium import CHROMIUM, FLAGS

WEB = Path(__file__).parents[2] / "admin_web"
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
VENDOR = WEB / "static" / "vendor" / "htmx.min.js"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}


@dataclass(frozen=True, slots=True)
class Window:
    """A page in a browser, with all that it complained about."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    async def sign_in(self, account: Account) -> None:
        """Sign in by hand."""
        await self.page.goto(f"{self.url}/sign-in")
        await self.page.get_by_label("Name").fill(account.name)
        await self.page.get_by_label("Password").fill(PASSWORD)
        await self.page.get_by_role("button", name="Sign in").click()
        await self.page.get_by_role("heading", name="Inbox").wait_for()

    async def violations(self) -> list[str]:
        """Return what axe-core finds against WCAG 2 A and AA."""
        await self.page.evaluate(AXE.read_text())
        found = await self.page.evaluate(
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})"
        )
        return [
            f"{one['id']}: {node['html']} {node['failureSummary']}"
            for one in found["violations"]
            for node in one["nodes"]
        ]


def require_chromium() -> None:
    """Skip where there is no browser, or the packages of the pages are not fetched."""
    for path in (CHROMIUM, AXE, VENDOR):
        if not path.exists():
            pytest.skip(f"{path} is missing; `make setup` fetches what it can")


@asynccontextmanager
async def window(
    panel: Panel, size: dict[str, int], *, scheme: str = "light", scripts: bool = True
) -> AsyncIterator[Window]:
    """Open a browser of this size."""
    require_chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=FLAGS
        )
        context = await browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        opened = Window(await context.new_page(), panel.url)
        opened.page.on(
            "console",
            lambda line: (
                opened.complaints.append(f"{line.type}: {line.text}")
                if line.type in {"error", "warning"}
                else None
            ),
        )
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        try:
            yield opened
        finally:
            await browser.close()
