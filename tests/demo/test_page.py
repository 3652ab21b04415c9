"""The chat page in a real browser, on a phone and on a desk."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, expect
from telegram import (
    Bot,
    BotCommand,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
)

from demo.botapi.client import ChatClient
from demo.botapi.server import create_app, serve
from tests import chromium
from tests.demo.clients import ANNA, TOKEN

KEYS = InlineKeyboardMarkup(
    [
        [InlineKeyboardButton("Name", callback_data="v1:name:1", style="primary")],
        [InlineKeyboardButton("Block", callback_data="v1:block:1", style="danger")],
    ]
)
INTRO = "This is the demo chat. Tap Name."


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Give a browser, or skip where none is installed."""
    async with chromium.browser() as started:
        yield started


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """Serve with a text at the top of the page."""
    async with serve(create_app(TOKEN, intro=INTRO)) as address:
        yield address


class Opener:
    """Opens the chat page, and remembers every complaint of the browser."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url
        self.complaints: list[str] = []

    async def __call__(self, width: int, query: str = "") -> Page:
        """Open the page in a window so wide."""
        page = await self._browser.new_page(viewport={"width": width, "height": 844})
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.goto(f"{self._url}/{query}")
        return page

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)


@pytest.fixture
async def opened(browser: Browser, url: str) -> AsyncIterator[Opener]:
    """Give the way to open the page; the browser must not have complained in the end."""
    opener = Opener(browser, url)
    yield opener
    assert opener.complaints == []
    for context in browser.contexts:
        await context.close()


async def send_card(bot: Bot, portrait: bytes) -> int:
    """Send a card with photo and buttons, and return its number."""
    caption = "<b>Stranger 17</b> at <i>Front door</i>"
    sent = await bot.send_photo(
        ANNA, portrait, caption=caption, parse_mode="HTML", reply_markup=KEYS
    )
    return sent.message_id


@pytest.mark.parametrize("width", [390, 1280])
async def test_a_card_is_seen_pressed_and_replied_to(
    opened: Opener, bot: Bot, chat: ChatClient, portrait: bytes, width: int
) -> None:
    """Photo and buttons arrive; the press is answered; the name is asked for and given."""
    page = await opened(width)
    await expect(page.get_by_text(INTRO)).to_be_visible()
    card_id = await send_card(bot, portrait)
    card = page.locator(f'[data-id="{card_id}"]')
    await expect(card.get_by_role("img", name="Photo: Stranger 17 at Front door")).to_be_visible()
    await expect(card.locator("b")).to_have_text("Stranger 17")
    await card.get_by_role("button", name="Name").click()
    query = (await bot.get_updates(timeout=4))[-1].callback_query
    assert query is not None
    assert query.data == "v1:name:1"
    await query.answer("Write the name")
    await expect(page.get_by_role("status")).to_have_text("Write the name")
    hint = ForceReply(input_field_placeholder="Name of Stranger 17")
    await bot.send_message(ANNA, "Who is it?", reply_markup=hint)
    box = page.get_by_placeholder("Name of Stranger 17")
    await expect(box).to_be_focused()
    await box.press_sequentially("Tom")
    await box.press("Enter")
    answer = await chat.wait_for(ANNA, lambda message: message.text == "Tom")
    assert answer.reply_to == card_id + 1
    await query.edit_message_caption("<b>Tom</b>, named by Anna", parse_mode="HTML")
    await expect(card.get_by_text("edited")).to_be_visible()
    await expect(card.get_by_role("button", name="Block")).to_have_count(0)
    assert await page.evaluate("document.documentElement.scrollWidth") == width


async def test_a_stranger_to_the_bot_starts_it_with_an_invitation(opened: Opener, url: str) -> None:
    """A page with nobody in it asks for a name; the payload of the link goes with /start."""
    page = await opened(390, "?start=inv-42")
    await page.get_by_label("Your first name").fill("Maria")
    await page.get_by_role("button", name="Start").click()
    async with ChatClient(url) as chat:
        message = await chat.wait_for(ANNA, lambda m: m.text == "/start inv-42")
    assert message.sender_name == "Maria"
    await expect(page.get_by_label("Message", exact=True)).to_be_visible()


async def test_an_invitation_is_used_by_somebody_who_is_there(
    opened: Opener, chat: ChatClient
) -> None:
    """The link offers Start again, once."""
    page = await opened(390, f"?start=inv-43&user={ANNA}")
    await expect(page.get_by_text("You have an invitation")).to_be_visible()
    await page.get_by_role("button", name="Start").click()
    await chat.wait_for(ANNA, lambda message: message.text == "/start inv-43")
    await expect(page.get_by_label("Message", exact=True)).to_be_visible()
    await page.reload()
    await expect(page.get_by_label("Message", exact=True)).to_be_visible()


async def test_alerts_silence_deletion_replies_and_photos(
    opened: Opener, bot: Bot, chat: ChatClient, portrait: bytes, tmp_path: Path
) -> None:
    """An alert waits for OK; silent messages are marked; deleted ones go; a photo is sent."""
    page = await opened(1280)
    card_id = await send_card(bot, portrait)
    card = page.locator(f'[data-id="{card_id}"]')
    await card.get_by_role("button", name="Block").click()
    update = (await bot.get_updates(timeout=4))[-1]
    assert update.callback_query is not None
    await update.callback_query.answer("Already decided by Bo, 14:32", show_alert=True)
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Already decided by Bo, 14:32")
    await dialog.get_by_role("button", name="OK").click()
    await expect(dialog).to_be_hidden()
    quiet = await bot.send_message(ANNA, "Tom came in", disable_notification=True)
    note = page.locator(f'[data-id="{quiet.message_id}"]')
    await expect(note.get_by_role("img", name="Sent without sound")).to_be_visible()
    await quiet.delete()
    await expect(note).to_have_count(0)
    await card.locator(".body").click()
    await expect(page.get_by_text("Reply to Usher Demo Bot")).to_be_visible()
    picture = tmp_path / "tom.png"
    picture.write_bytes(portrait)
    await page.get_by_label("Picture to send").set_input_files(picture)
    await page.get_by_role("button", name="Send", exact=True).click()
    sent = await chat.wait_for(ANNA, lambda m: m.photo is not None and not m.from_bot)
    assert sent.reply_to == card_id


async def test_several_chats_commands_and_blocking(
    opened: Opener, bot: Bot, chat: ChatClient
) -> None:
    """With several chats there is a list; the menu sends a command; a blocked bot can come back."""
    await bot.set_my_commands([BotCommand("open", "Open questions")])
    await chat.user(2002, "Bo")
    await chat.start(2002)
    group = await chat.group("Main site", [ANNA, 2002], topics={7: "Front door"})
    await bot.send_message(group.id, "For all", message_thread_id=7)
    page = await opened(390)
    await page.get_by_role("button", name="Commands", exact=True).click()
    await page.get_by_role("button", name="/open").click()
    await chat.wait_for(ANNA, lambda message: message.text == "/open")
    await page.get_by_role("button", name="Block bot").click()
    await expect(page.get_by_text("You blocked this bot")).to_be_visible()
    await page.get_by_role("button", name="Start").click()
    await expect(page.get_by_role("button", name="Block bot")).to_be_visible()
    await page.get_by_role("button", name="All chats").click()
    await page.get_by_role("button", name="Main site").click()
    await expect(page.get_by_text("in Front door")).to_be_visible()
    await page.get_by_label("as").select_option("Bo")
    await page.get_by_label("Message", exact=True).fill("Hello all")
    await page.get_by_role("button", name="Send", exact=True).click()
    said = await chat.wait_for(group.id, lambda message: message.text == "Hello all")
    assert said.sender_name == "Bo"


async def test_the_page_comes_under_a_strict_policy(url: str) -> None:
    """Nothing inline, nothing from elsewhere, and an icon at the usual place."""
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        page = await http.get("/")
        icon = await http.get("/favicon.ico")
        script = await http.get("/static/chat.js")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script>" not in page.text
    assert "style=" not in page.text
    assert "onclick" not in page.text
    assert icon.headers["content-type"].startswith("image/svg+xml")
    assert script.headers["content-type"].startswith("text/javascript")


async def test_the_page_begins_anew_with_a_new_server(browser: Browser) -> None:
    """A server that lost its memory shows an empty chat, not the old one."""
    page = await browser.new_page()
    async with serve(create_app(TOKEN)) as url, ChatClient(url) as chat:
        port = int(url.rpartition(":")[2])
        await chat.user(ANNA, "Anna")
        await chat.start(ANNA)
        await page.goto(url)
        await expect(page.get_by_role("log").get_by_text("/start")).to_be_visible()
    async with serve(create_app(TOKEN), port=port) as url:
        await expect(page.get_by_label("Your first name")).to_be_visible()
        await page.close()
