"""One account, for admins: its role and sites, a password by link, and what was done to it."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.accounts import join
from domain.errors import InviteError
from domain.password_links import LINK_LIFE
from domain.records import Account, Role
from tests.admin_web.browsing import Browser, Panel, Serve, token_of
from tests.admin_web.chromium import DESK, PHONE, window
from tests.admin_web.test_browser import look_around
from tests.admin_web.world import PASSWORD, World

NEW = "something quite new"
LINK = re.compile(r'href="http://127\.0\.0\.1:\d+(/password\?token=[\w-]+)"')


@pytest.fixture
async def ada(panel: Panel, world: World) -> Browser:
    """An admin who is signed in."""
    return await panel.enter(world.admin)


async def kept(world: World, account: Account) -> Account:
    """Return an account as it is kept."""
    found = await world.store.accounts.get(account.id)
    assert found
    return found


async def linked(ada: Browser, account: Account) -> str:
    """Make a link by which somebody chooses a password; return its path."""
    [path] = LINK.findall((await ada.post(f"/accounts/{account.id}/password-link")).text)
    return str(path)


async def choose(visitor: Browser, path: str, password: str = NEW, again: str = NEW) -> int:
    """Open a link and choose a password; return how that is answered."""
    page = await visitor.get(path)
    form = {"csrf": token_of(page.text), "token": path.partition("=")[2]}
    sent = await visitor.http.post("/password", data={**form, "new": password, "again": again})
    return sent.status_code


async def test_role_and_sites_change(ada: Browser, world: World) -> None:
    """What somebody may do is different at their next step, and who did it is written down."""
    path = f"/accounts/{world.otto.id}"
    sent = await ada.post(f"{path}/role", None, role="viewer", site=world.main.id)
    assert sent.headers["Location"] == f"{path}?changed"
    otto = await kept(world, world.otto)
    assert (otto.role, otto.site_ids) == (Role.VIEWER, (world.main.id,))
    assert "Made Otto viewer of Main by you in the panel" in (await ada.get(path)).text
    await ada.post(f"{path}/role", None, role="admin", site=world.main.id)
    otto = await kept(world, world.otto)
    assert (otto.role, otto.site_ids) == (Role.ADMIN, ())


async def test_cards_follow(ada: Browser, world: World) -> None:
    """Those of a site that is not seen any more are recalled; questions of a new one are dealt."""
    await world.store.accounts.save(replace(world.otto, chat_id=7, user_id=7))
    there = await world.see(0, camera=world.gate)
    here = await world.see(1)
    [card] = await world.store.outbox.of_visit(there.visit.id)
    await world.store.outbox.save(replace(card, message_id=1, delivered=card.revision))
    await ada.post(f"/accounts/{world.otto.id}/role", None, role="manager", site=world.main.id)
    [recalled] = await world.store.outbox.of_visit(there.visit.id)
    assert recalled.revision > recalled.delivered
    [dealt] = await world.store.outbox.of_visit(here.visit.id)
    assert (dealt.account_id, dealt.question_id) == (world.otto.id, here.asked.id)


async def test_what_is_not_right_is_said(ada: Browser, world: World) -> None:
    """Nothing is changed by a form that cannot be."""
    path = f"/accounts/{world.otto.id}/role"
    for form, words in (
        ({"role": "manager"}, "needs at least one site"),
        ({"role": "king", "site": world.main.id}, "no such role"),
        ({"role": "viewer", "site": "0" * 24}, "no such site"),
    ):
        sent = await ada.post(path, None, **form)
        assert (form, sent.status_code, words in sent.text) == (form, 400, True)
    assert await kept(world, world.otto) == world.otto
    assert (await ada.get(f"/accounts/{'0' * 24}")).status_code == 404


async def test_an_admin_is_always_left(ada: Browser, world: World) -> None:
    """Nobody takes their own rights, and the last admin's are not taken at all."""
    own = f"/accounts/{world.admin.id}/role"
    sent = await ada.post(own, None, role="viewer", site=world.main.id)
    assert (sent.status_code, "themselves" in sent.text) == (400, True)
    assert (await kept(world, world.admin)).role is Role.ADMIN


async def test_a_password_by_link(panel: Panel, ada: Browser, world: World) -> None:
    """Who has the link chooses, once, and is signed in; whoever was signed in before is not."""
    await world.store.accounts.save(replace(world.otto, password_hash=None))
    path = await linked(ada, world.otto)
    assert "They have none" in (await ada.get(f"/accounts/{world.otto.id}")).text
    otto = Browser(panel.visitor())
    assert "Hello Otto" in (await otto.get(path)).text
    assert await choose(otto, path) == 303
    assert "Otto" in (await otto.get("/account")).text
    again = await otto.get(path)
    assert (again.status_code, "not valid any more" in again.text) == (400, True)
    stranger = Browser(panel.visitor())
    assert (await stranger.sign_in("Otto", NEW)).status_code == 303


async def test_a_reset_signs_out(panel: Panel, ada: Browser, world: World) -> None:
    """The old password and its sessions count until the link is used, and no longer."""
    otto = await panel.enter(world.otto)
    path = await linked(ada, world.otto)
    assert (await otto.get("/people")).status_code == 200
    assert await choose(Browser(panel.visitor()), path) == 303
    assert (await otto.get("/people")).status_code == 303
    assert (await Browser(panel.visitor()).sign_in("Otto", PASSWORD)).status_code == 401


@pytest.mark.parametrize("fault", ["newer", "late", "closed", "made up", "none"])
async def test_a_link_that_is_no_good(panel: Panel, ada: Browser, world: World, fault: str) -> None:
    """Each is refused in the same words, and no form is shown."""
    path = await linked(ada, world.otto)
    if fault == "newer":
        await linked(ada, world.otto)
    if fault == "late":
        world.clock.pass_by(LINK_LIFE)
    if fault == "closed":
        await ada.post(f"/accounts/{world.otto.id}/close")
    path = {"made up": "/password?token=guess", "none": "/password"}.get(fault, path)
    page = await panel.visitor().get(path)
    assert (page.status_code, "Ask an admin for a new one" in page.text) == (400, True)
    assert "<form" not in page.text


async def test_a_link_is_for_one_thing(ada: Browser, world: World) -> None:
    """A link for a password binds no chat, and the invitation to the chat stays good beside it."""
    invited = await ada.post(f"/accounts/{world.otto.id}/link")
    word = re.search(r"/start ([\w-]+)</code>", invited.text)
    assert word
    path = await linked(ada, world.otto)
    with pytest.raises(InviteError):
        await join(
            world.store,
            token=path.partition("=")[2],
            chat_id=5,
            user_id=5,
            now=world.clock(),
        )
    assert (await ada.http.get(f"/password?token={word[1]}")).status_code == 400
    await join(world.store, token=word[1], chat_id=5, user_id=5, now=world.clock())


async def test_a_password_is_not_chosen_by_mistake(
    panel: Panel, ada: Browser, world: World
) -> None:
    """A short one, two that differ and a form of another site leave the link as it is."""
    path = await linked(ada, world.otto)
    visitor = Browser(panel.visitor())
    assert await choose(visitor, path, "short", "short") == 400
    assert await choose(visitor, path, NEW, "another one") == 400
    form = {"token": path.partition("=")[2], "new": NEW, "again": NEW}
    assert (await visitor.http.post("/password", data=form)).status_code == 403
    assert await choose(visitor, path) == 303


async def test_the_link_is_shown_once_and_kept_by_no_log(
    ada: Browser, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing of it stands on the page afterwards, but until when it is good."""
    path = await linked(ada, world.otto)
    page = (await ada.get(f"/accounts/{world.otto.id}")).text
    assert path.partition("=")[2] not in page
    assert "is good until" in page
    await ada.http.get(path)
    assert path.partition("=")[2] not in caplog.text


async def test_behind_a_proxy_the_link_leads_to_the_public_address(
    serve: Serve, world: World
) -> None:
    """Not to the address that the proxy sees."""
    ada = await (await serve(public_origin="https://usher.example")).enter(world.admin)
    page = (await ada.post(f"/accounts/{world.otto.id}/password-link")).text
    assert 'href="https://usher.example/password?token=' in page


@pytest.mark.parametrize(
    ("size", "scripts"), [(PHONE, False), (DESK, True)], ids=["phone-plain", "desk"]
)
async def test_by_hand(panel: Panel, world: World, size: dict[str, int], *, scripts: bool) -> None:
    """A manager gets to the panel: role changed, link made, password chosen."""
    await world.store.accounts.save(replace(world.otto, password_hash=None))
    async with window(panel, size, scripts=scripts) as browser:
        await browser.sign_in(world.admin)
        page = browser.page
        await page.goto(f"{panel.url}/accounts")
        await page.get_by_role("link", name="Otto").click()
        await page.get_by_label("Main").check()
        await page.get_by_role("button", name="Change", exact=True).click()
        await page.get_by_text("The cards in their chat follow").wait_for()
        await page.get_by_role("button", name="Make a link to choose one").click()
        link = await page.locator(".secret a").get_attribute("href")
        assert link
        if scripts:
            await look_around(browser, [f"/accounts/{world.otto.id}"])
        await page.goto(link)
        if scripts:
            assert await browser.violations() == []
        await page.get_by_label("Password, at least 10 characters").fill(NEW)
        await page.get_by_label("Password again").fill(NEW)
        await page.get_by_role("button", name="Use this password").click()
        await page.get_by_role("heading", name="Inbox").wait_for()
        assert browser.complaints == []
    otto = await kept(world, world.otto)
    assert otto.password_hash
    assert set(otto.site_ids) == {world.main.id, world.annex.id}


async def test_a_link_lasts_a_day(ada: Browser, world: World) -> None:
    """Long enough to be read tomorrow morning, no longer."""
    path = await linked(ada, world.otto)
    world.clock.pass_by(LINK_LIFE - timedelta(minutes=1))
    assert (await ada.http.get(path)).status_code == 200
