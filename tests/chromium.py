"""Debian's Chromium, as tests drive it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
)


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Give a browser, or skip where none is installed."""
    if not CHROMIUM.exists():  # noqa: ASYNC240 - once, before anything runs
        pytest.skip(f"no browser at {CHROMIUM}: apt-get install chromium fonts-dejavu-core")
    expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=FLAGS
        )
        yield started
        await started.close()
