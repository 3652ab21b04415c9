"""Where people are signed in: renewed while it is used, seen and ended by whom it concerns."""

import re

import httpx

from domain.lockout import FREE_TRIES
from domain.sessions import GRACE, RENEW_AFTER
from tests.admin_web.browsing import Browser, Panel, Serve, token_of
from tests.admin_web.chromium import PHONE, window
from tests.admin_web.test_browser import look_around
from tests.admin_web.world import PASSWORD, World

COOKIE = "usher_session"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)
ENDS = re.compile(r'action="(/account[\w/]*/sessions/\w{24}/end)"')


def twin(panel: Panel, browser: Browser) -> Browser:
    """Return another client that shows the same token."""
    other = Browser(panel.visitor())
    other.http.cookies.set(COOKIE, browser.http.cookies[COOKIE])
    return other


async def elsewhere(panel: Panel, world: World, agent: str) -> Browser:
    """Sign Maria in by another browser."""
    browser = Browser(panel.visitor())
    browser.http.headers["User-Agent"] = agent
    assert (await browser.sign_in(world.maria.name, PASSWORD)).status_code == 303
    return browser


async def test_a_page_brings_a_new_token_now_and_then(panel: Panel, world: World) -> None:
    """After some hours of use; pictures, streams and programs are given none."""
    seen = await world.see(0)
    maria = await panel.enter(world.maria)
    first = maria.http.cookies[COOKIE]
    await maria.get("/people")
    assert maria.http.cookies[COOKIE] == first
    world.clock.pass_by(RENEW_AFTER)
    picture = await maria.http.get(f"/images/{seen.detection.id}")
    assert "Set-Cookie" not in picture.headers
    page = await maria.get("/people")
    assert maria.http.cookies[COOKIE] != first
    for part in ("HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in page.headers["Set-Cookie"]
    assert (await maria.get("/people")).status_code == 200


async def test_two_tabs_do_not_sign_each_other_out(panel: Panel, world: World) -> None:
    """What one tab sent before it knew of the new token is done, by a form from before it too."""
    seen = await world.see(0)
    maria = await panel.enter(world.maria)
    tab = twin(panel, maria)
    form = token_of((await tab.get("/account")).text)
    world.clock.pass_by(RENEW_AFTER)
    await maria.get("/people")
    await maria.get("/people")
    sent = await tab.http.post(
        f"/questions/{seen.asked.id}/answer", data={"csrf": form, "answer": "dismiss"}
    )
    assert sent.status_code == 303, sent.text
    assert (await maria.get("/people")).status_code == 200


async def test_a_copied_token_gives_itself_away(panel: Panel, world: World) -> None:
    """Shown long after it was replaced, it signs out whoever has it, and who has the new one."""
    maria = await panel.enter(world.maria)
    thief = twin(panel, maria)
    world.clock.pass_by(RENEW_AFTER)
    await maria.get("/people")
    await maria.get("/people")
    world.clock.pass_by(GRACE)
    assert (await maria.get("/people")).status_code == 200
    assert (await thief.get("/people")).status_code == 303
    assert (await maria.get("/people")).status_code == 303


async def test_a_stream_of_before_ends_nothing(panel: Panel, world: World) -> None:
    """A page that has been open for hours listens on by an old token; it is let go, no more."""
    maria = await panel.enter(world.maria)
    async with maria.http.stream("GET", "/inbox/changes") as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        world.clock.pass_by(RENEW_AFTER)
        await maria.get("/people")
        await maria.get("/people")
        world.clock.pass_by(GRACE)
        await world.see(0)
        async for _ in lines:
            pass
    assert (await maria.get("/people")).status_code == 200


async def test_my_browsers(panel: Panel, world: World) -> None:
    """Each is named in words, this one is marked, and any other can be signed out."""
    maria = await elsewhere(panel, world, FIREFOX)
    phone = await elsewhere(panel, world, SAFARI)
    page = (await maria.get("/account")).text
    assert 'Firefox on Linux</strong> <span class="badge known">This one' in page
    assert "Safari on an iPhone</strong>" in page
    [end] = ENDS.findall(page)
    assert (await maria.post(end)).headers["Location"] == "/account#sessions"
    assert (await phone.get("/people")).status_code == 303
    assert (await maria.post(end)).status_code == 404


async def test_signing_out_everywhere_else(panel: Panel, world: World) -> None:
    """This browser stays, every other one is signed out, and other people are left alone."""
    maria, vera = await panel.enter(world.maria), await panel.enter(world.vera)
    others = [await elsewhere(panel, world, SAFARI) for _ in range(2)]
    await maria.post("/account/sessions/end-others")
    for browser, status in ((maria, 200), (vera, 200), *((one, 303) for one in others)):
        assert (await browser.get("/people")).status_code == status


async def test_a_changed_password_ends_other_sessions(panel: Panel, world: World) -> None:
    """Whoever knew the old one is out."""
    maria, other = await panel.enter(world.maria), await elsewhere(panel, world, SAFARI)
    new = "something quite new"
    await maria.post("/account/password", None, old=PASSWORD, new=new, again=new)
    assert (await maria.get("/people")).status_code == 200
    assert (await other.get("/people")).status_code == 303


async def test_an_admin_signs_somebody_out(panel: Panel, world: World) -> None:
    """Of one browser or of all; no address is kept to show."""
    ada = await panel.enter(world.admin)
    phone, desk = [await elsewhere(panel, world, agent) for agent in (SAFARI, FIREFOX)]
    path = f"/accounts/{world.maria.id}"
    page = (await ada.get(path)).text
    assert "Safari on an iPhone" in page
    assert "127.0.0.1" not in page
    first = ENDS.findall(page)[0]
    assert (await ada.post(first)).headers["Location"] == f"{path}#sessions"
    left = [(await one.get("/people")).status_code for one in (phone, desk)]
    assert sorted(left) == [200, 303]
    await ada.post(f"{path}/sessions/end")
    assert [(await one.get("/people")).status_code for one in (phone, desk)] == [303, 303]
    page = (await ada.get(path)).text
    assert "Signed Maria out of every other browser by you in the panel" in page
    stranger = first.replace(world.maria.id, world.otto.id)
    assert (await ada.post(stranger)).status_code == 404


async def test_guesses_are_counted_in_every_process(serve: Serve, world: World) -> None:
    """Who has tried too often at one waits at the other as well."""
    one, other = [Browser((await serve()).visitor()) for _ in range(2)]
    for number in range(FREE_TRIES):
        browser = (one, other)[number % 2]
        assert (await browser.sign_in("Maria", "wrong")).status_code == 401
    for browser in (one, other):
        assert (await browser.sign_in("Maria", PASSWORD)).status_code == 429
    assert (await other.sign_in("Otto", PASSWORD)).status_code == 303


async def test_somebody_who_is_locked_out_keeps_their_session(panel: Panel, world: World) -> None:
    """Wrong tries for an account, from the very same address, do not touch who is in it."""
    maria = await panel.enter(world.maria)
    guesser = Browser(panel.visitor())
    for _ in range(FREE_TRIES + 1):
        await guesser.sign_in("Maria", "wrong")
    assert (await maria.get("/people")).status_code == 200


async def test_old_tokens_are_cookies_of_ours_alone(panel: Panel, world: World) -> None:
    """A token in an address or a header opens nothing."""
    maria = await panel.enter(world.maria)
    token = maria.http.cookies[COOKIE]
    bare: httpx.AsyncClient = panel.visitor()
    for path, headers in (
        (f"/people?{COOKIE}={token}", {}),
        ("/people", {"Authorization": f"Bearer {token}"}),
    ):
        assert (await bare.get(path, headers=headers)).status_code == 401


async def test_by_hand(panel: Panel, world: World) -> None:
    """Another browser is signed out with a thumb."""
    await elsewhere(panel, world, FIREFOX)
    async with window(panel, PHONE) as browser:
        await browser.sign_in(world.maria)
        await look_around(browser, ["/account"])
        page = browser.page
        await page.get_by_role("button", name=re.compile("Sign out Firefox on Linux")).click()
        await page.get_by_role("button", name="Sign out everywhere else").wait_for(state="detached")
        assert browser.complaints == []
