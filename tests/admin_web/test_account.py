"""My own account."""

from domain.accounts import join
from tests.admin_web.browsing import Browser, Panel, Serve
from tests.admin_web.world import PASSWORD, World

NEW = "something quite new"


async def test_who_am_i(panel: Panel, world: World) -> None:
    """The page says the name, the role and the sites."""
    page = (await (await panel.enter(world.vera)).get("/account")).text
    for text in ("Vera", "does not answer", "Main"):
        assert text in page
    assert "Annex" not in page


async def test_joining_the_chat(serve: Serve, world: World) -> None:
    """The link binds a chat to this very account, once, without changing its role or sites."""
    panel = await serve(bot_username=lambda: "usher_bot")
    maria = await panel.enter(world.maria)
    page = (await maria.post("/account/join-link")).text
    link = page.split('href="https://t.me/usher_bot?start=')[1].split('"')[0]
    joined = await join(world.store, token=link, chat_id=5, user_id=5, now=world.clock())
    assert (joined.id, joined.role, joined.site_ids) == (
        world.maria.id,
        world.maria.role,
        world.maria.site_ids,
    )
    assert link not in (await maria.get("/account")).text


async def test_without_a_bot_there_is_no_link(panel: Panel, world: World) -> None:
    """Where no bot runs, the page says so instead."""
    maria = await panel.enter(world.maria)
    assert "runs without a bot" in (await maria.get("/account")).text
    assert (await maria.post("/account/join-link")).status_code == 400


async def test_changing_the_password(panel: Panel, world: World) -> None:
    """The new password counts from now on, in a new session; the old one does not."""
    maria = await panel.enter(world.maria)
    before = maria.http.cookies["usher_session"]
    sent = await maria.post("/account/password", old=PASSWORD, new=NEW, again=NEW)
    assert sent.headers["Location"] == "/account?changed"
    assert maria.http.cookies["usher_session"] != before
    assert "The password is changed" in (await maria.get("/account?changed")).text
    stranger = Browser(panel.visitor())
    assert (await stranger.sign_in("Maria", PASSWORD)).status_code == 401
    assert (await stranger.sign_in("Maria", NEW)).status_code == 303


async def test_a_password_is_not_changed_by_mistake(panel: Panel, world: World) -> None:
    """A wrong old one, a short one and two that differ are refused with words."""
    maria = await panel.enter(world.maria)
    for old, new, again, words in (
        ("wrong", NEW, NEW, "old password is not right"),
        (PASSWORD, "short", "short", "10 to 200 characters"),
        (PASSWORD, NEW, "other", "not the same"),
    ):
        sent = await maria.post("/account/password", old=old, new=new, again=again)
        assert (sent.status_code, words in sent.text) == (400, True)
    assert (await Browser(panel.visitor()).sign_in("Maria", PASSWORD)).status_code == 303
