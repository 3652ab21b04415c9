"""The accounts of others: inviting, sending a new link, closing. For admins."""

import re
from dataclasses import replace
from datetime import timedelta

import cv2
import numpy as np
import pytest

from domain.accounts import join
from domain.errors import InviteError
from domain.records import Account, Role
from tests.admin_web.browsing import Browser, Panel, Serve, token_of
from tests.admin_web.chromium import DESK, PHONE, window
from tests.admin_web.test_browser import look_around
from tests.admin_web.world import World

LINK = re.compile(r'href="https://t\.me/usher_bot\?start=([\w-]+)"')
HOSTILE = "<b>Eva</b>\"'&"


@pytest.fixture
async def panel(serve: Serve) -> Panel:
    """A panel beside a bot."""
    return await serve(bot_username=lambda: "usher_bot")


@pytest.fixture
async def ada(panel: Panel, world: World) -> Browser:
    """An admin who is signed in."""
    return await panel.enter(world.admin)


async def named(world: World, name: str) -> Account:
    """Return an account as it is kept."""
    found = await world.store.accounts.named(name)
    assert found
    return found


async def test_everybody_is_listed_with_what_they_may(ada: Browser, world: World) -> None:
    """Name, role, sites, whether the chat is joined, and when they were last here."""
    await world.store.accounts.save(
        replace(world.maria, chat_id=5, user_id=5, chat_since=world.clock() - timedelta(hours=1))
    )
    page = " ".join((await ada.get("/accounts")).text.split())
    maria = page.split("<strong>Maria</strong>")[1].split("</li>")[0]
    vera = page.split("<strong>Vera</strong>")[1].split("</li>")[0]
    assert "Manager" in maria
    assert "Main" in maria
    assert "Chat joined · last here <time" in maria
    assert "Viewer" in vera
    assert "No chat</p>" in vera
    assert "Every site" in page.split("<strong>Ada</strong>")[1].split("</li>")[0]


async def test_an_invitation_is_shown_once_and_binds(ada: Browser, world: World) -> None:
    """Link and code are on the answer alone; who opens the link is what the form said."""
    sent = await ada.post("/accounts/invite", None, name="Eva", role="viewer", site=world.annex.id)
    assert sent.status_code == 200
    [token] = LINK.findall(sent.text)
    assert 'class="qr"' in sent.text
    assert " style=" not in sent.text
    listed = (await ada.get("/accounts")).text
    assert token not in listed
    assert "Invited until" in listed
    eva = await join(world.store, token=token, chat_id=9, user_id=9, now=world.clock())
    assert (eva.name, eva.role, eva.site_ids) == ("Eva", Role.VIEWER, (world.annex.id,))
    assert "Invited until" not in (await ada.get("/accounts")).text


async def test_the_newest_link_counts(ada: Browser, world: World) -> None:
    """A new link makes the one before worthless, and leaves role and sites as they are."""
    path = f"/accounts/{world.otto.id}/link"
    [first] = LINK.findall((await ada.post(path)).text)
    [second] = LINK.findall((await ada.post(path)).text)
    with pytest.raises(InviteError):
        await join(world.store, token=first, chat_id=9, user_id=9, now=world.clock())
    otto = await join(world.store, token=second, chat_id=9, user_id=9, now=world.clock())
    assert (otto.role, otto.site_ids) == (world.otto.role, world.otto.site_ids)


async def test_a_link_is_withdrawn(ada: Browser, world: World) -> None:
    """Whoever opens it afterwards is refused; the account stays."""
    [token] = LINK.findall((await ada.post(f"/accounts/{world.otto.id}/link")).text)
    sent = await ada.post(f"/accounts/{world.otto.id}/withdraw")
    assert sent.headers["Location"] == "/accounts"
    with pytest.raises(InviteError):
        await join(world.store, token=token, chat_id=9, user_id=9, now=world.clock())
    assert await named(world, "Otto") == world.otto


async def test_what_is_not_right_is_said_and_kept(ada: Browser, world: World) -> None:
    """A form that cannot be is refused with a sentence, and need not be filled in again."""
    for form, words in (
        ({"name": "", "role": "manager", "site": world.main.id}, "at least one letter"),
        ({"name": HOSTILE, "role": "manager"}, "needs at least one site"),
        ({"name": "Eva", "role": "king"}, "no such role"),
        ({"name": "Eva", "role": "viewer", "site": "0" * 24}, "no such site"),
        ({"name": "Eva", "role": "viewer", "site": "main"}, "24 hexadecimal digits"),
        ({"name": "maria", "role": "viewer", "site": world.main.id}, "of this name already"),
    ):
        sent = await ada.post("/accounts/invite", None, **form)
        assert (form, sent.status_code, words in sent.text) == (form, 400, True)
        assert HOSTILE not in sent.text
        assert not LINK.findall(sent.text)
    assert await named(world, "Maria") == world.maria
    assert await world.store.accounts.named("Eva") is None


async def test_closing_ends_everything(panel: Panel, ada: Browser, world: World) -> None:
    """Session, password and link are worthless at once; the name can be invited anew."""
    [token] = LINK.findall((await ada.post(f"/accounts/{world.maria.id}/link")).text)
    maria = await panel.enter(world.maria)
    sent = await ada.post(f"/accounts/{world.maria.id}/close")
    assert sent.headers["Location"] == "/accounts"
    assert (await maria.get("/people")).status_code == 303
    assert (
        await Browser(panel.visitor()).sign_in("Maria", "correct horse battery")
    ).status_code == 401
    form = {"name": "Maria", "role": "viewer", "site": world.main.id}
    assert LINK.findall((await ada.post("/accounts/invite", None, **form)).text)
    with pytest.raises(InviteError):
        await join(world.store, token=token, chat_id=9, user_id=9, now=world.clock())
    assert (await maria.get("/people")).status_code == 303
    assert (
        await Browser(panel.visitor()).sign_in("Maria", "correct horse battery")
    ).status_code == 401


async def test_nobody_closes_their_own_account(ada: Browser, world: World) -> None:
    """So an admin is left who can open the others."""
    sent = await ada.post(f"/accounts/{world.admin.id}/close")
    assert (sent.status_code, "their own account" in sent.text) == (400, True)
    assert f"/accounts/{world.admin.id}/close" not in (await ada.get("/accounts")).text
    assert (await named(world, "Ada")).revoked_at is None
    assert (await ada.post(f"/accounts/{'0' * 24}/close")).status_code == 404


async def test_a_forged_form_invites_and_closes_nobody(ada: Browser, world: World) -> None:
    """Without the session's token, or from another site, nothing happens."""
    right = {"csrf": token_of((await ada.get("/account")).text)}
    invitation = {"name": "Eve", "role": "admin"}
    for path, form in (
        ("/accounts/invite", invitation),
        (f"/accounts/{world.maria.id}/close", {}),
        (f"/accounts/{world.maria.id}/link", {}),
    ):
        bare = await ada.http.post(path, data=form)
        foreign = await ada.http.post(
            path, data={**form, **right}, headers={"Origin": "https://evil.example"}
        )
        assert (path, bare.status_code, foreign.status_code) == (path, 403, 403)
    assert await world.store.accounts.named("Eve") is None
    assert await named(world, "Maria") == world.maria
    assert await world.store.invites.open(world.clock()) == []


async def test_without_a_bot_there_is_a_word_to_say(serve: Serve, world: World) -> None:
    """An account can be made before the bot runs; what to say to it is shown instead of a link."""
    ada = await (await serve()).enter(world.admin)
    sent = await ada.post("/accounts/invite", None, name="Eva", role="admin")
    found = re.search(r"<code>/start ([\w-]+)</code>", sent.text)
    assert found
    eva = await join(world.store, token=found[1], chat_id=9, user_id=9, now=world.clock())
    assert eva.role is Role.ADMIN


def read_code(picture: bytes) -> str:
    """Return what the QR code of a picture says."""
    pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return cv2.QRCodeDetector().detectAndDecode(pixels)[0]


@pytest.mark.parametrize(
    ("size", "scripts"), [(PHONE, False), (DESK, True)], ids=["phone-plain", "desk"]
)
async def test_by_hand(panel: Panel, world: World, size: dict[str, int], *, scripts: bool) -> None:
    """Inviting and closing work with and without scripts, on a phone and at a desk."""
    async with window(panel, size, scripts=scripts) as browser:
        await browser.sign_in(world.admin)
        page = browser.page
        await page.goto(f"{panel.url}/account")
        await page.get_by_role("link", name="All accounts").click()
        await page.get_by_label("Name").fill("Eva " + "Evita" * 9)
        await page.get_by_label("Main").check()
        await page.get_by_role("button", name="Invite").click()
        await page.get_by_role("img", name="QR code").wait_for()
        link = await page.locator(".secret a").get_attribute("href")
        assert read_code(await page.locator(".code").screenshot()) == link
        await page.get_by_text("Close …").first.click()
        await page.get_by_role("button", name=re.compile("Close Eva Evita")).click()
        await page.get_by_role("heading", name="Closed").wait_for()
        if scripts:
            await look_around(browser, ["/accounts"])
        assert browser.complaints == []
    assert (await named(world, "Eva " + "Evita" * 9)).revoked_at
