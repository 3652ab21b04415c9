"""What keeps strangers and other sites out of the panel."""

from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web

from admin_web.passwords import Argon2Passwords
from domain.ids import hash_secret
from domain.lockout import FREE_TRIES
from domain.records import QuestionStatus
from tests.admin_web.browsing import Browser, Panel, Serve, token_of
from tests.admin_web.world import PASSWORD, World

HOSTILE = "<img src=x onerror=alert(1)>\"'&"


async def test_every_page_is_protected(panel: Panel, world: World) -> None:
    """Pages, errors and files carry the policy; pages are kept by no cache."""
    maria = await panel.enter(world.maria)
    for path in ("/", "/people", "/account", "/nothing", "/detections?after=nonsense"):
        headers = (await maria.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"


async def test_no_page_carries_script_or_style_within(panel: Panel, world: World) -> None:
    """The policy would refuse them, so there are none."""
    await world.see(0)
    maria = await panel.enter(world.maria)
    for path in ("/", "/people", "/detections", "/account"):
        page = (await maria.get(path)).text
        assert "<style" not in page
        assert " style=" not in page
        assert " onclick=" not in page
        assert page.count("<script") == page.count("<script src=")


@pytest.mark.parametrize("secure", [True, False])
async def test_the_session_cookie(serve: Serve, world: World, secure: bool) -> None:  # noqa: FBT001
    """It is out of reach of scripts and other sites, and goes over HTTPS alone when told."""
    panel = await serve(secure_cookies=secure)
    client = panel.visitor()
    page = await client.get("/sign-in")
    form = {"name": "maria", "password": PASSWORD, "csrf": token_of(page.text)}
    # A client would not send a cookie meant for HTTPS back to this plain address by itself.
    kept = "; ".join(f"{c.name}={c.value}" for c in client.cookies.jar)
    answer = await client.post("/sign-in", data=form, headers={"Cookie": kept})
    cookie = next(c for c in answer.headers.get_list("Set-Cookie") if "usher_session" in c)
    for part in ("HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert ("Secure" in cookie) is secure
    token = cookie.split("=", 1)[1].split(";")[0]
    assert await world.store.sessions.by_token(hash_secret(token))


async def test_a_session_from_outside_is_not_taken_over(panel: Panel, world: World) -> None:
    """Whatever session a browser comes with, signing in gives a new one and ends the old."""
    attacker = await panel.enter(world.otto)
    planted = attacker.http.cookies["usher_session"]
    victim = Browser(panel.visitor())
    victim.http.cookies.set("usher_session", planted)
    page = await victim.http.get("/account")
    assert "Otto" in page.text
    client = panel.visitor()
    token = token_of((await client.get("/sign-in")).text)
    client.cookies.set("usher_session", planted)
    form = {"name": "Maria", "password": PASSWORD, "csrf": token}
    answer = await client.post("/sign-in", data=form)
    fresh = next(c for c in answer.headers.get_list("Set-Cookie") if "usher_session" in c)
    assert planted not in fresh
    assert (await attacker.get("/account")).status_code == 303


async def test_signing_out_ends_the_session(panel: Panel, world: World) -> None:
    """After signing out the old cookie is worth nothing."""
    maria = await panel.enter(world.maria)
    old = maria.http.cookies["usher_session"]
    out = await maria.post("/sign-out")
    assert (out.status_code, out.headers["Location"]) == (303, "/sign-in")
    again = Browser(panel.visitor())
    again.http.cookies.set("usher_session", old)
    assert (await again.get("/")).status_code == 303


async def test_sessions_end_by_themselves(panel: Panel, world: World) -> None:
    """A session is over after two weeks."""
    maria = await panel.enter(world.maria)
    world.clock.pass_by(timedelta(days=13))
    assert (await maria.get("/")).status_code == 200
    world.clock.pass_by(timedelta(days=2))
    assert (await maria.get("/")).status_code == 303


async def test_a_forged_form_changes_nothing(panel: Panel, world: World) -> None:
    """Without the session's own token, or from another site, a form is refused."""
    seen = await world.see(0)
    maria = await panel.enter(world.maria)
    right = {"csrf": token_of((await maria.get("/account")).text)}
    forged: list[tuple[dict[str, str], dict[str, str]]] = [
        ({}, {}),
        ({"csrf": "0" * 64}, {}),
        ({"csrf": "\N{SNOWMAN}"}, {}),
        (right, {"Origin": "https://evil.example"}),
        (right, {"Origin": "null"}),
        (right, {"Sec-Fetch-Site": "cross-site"}),
        (right, {"Sec-Fetch-Site": "same-site"}),
    ]
    path = f"/questions/{seen.asked.id}/answer"
    for form, headers in forged:
        answer = await maria.http.post(path, data={"answer": "block", **form}, headers=headers)
        assert (form, headers, answer.status_code) == (form, headers, 403)
    kept = await world.store.questions.get(seen.asked.id)
    assert kept
    assert kept.status is QuestionStatus.OPEN


async def test_somebody_elses_token_is_worth_nothing(panel: Panel, world: World) -> None:
    """A form token belongs to one session."""
    maria, vera = await panel.enter(world.maria), await panel.enter(world.vera)
    theirs = token_of((await vera.get("/account")).text)
    assert (await maria.http.post("/sign-out", data={"csrf": theirs})).status_code == 403


async def test_signing_in_needs_our_own_form(panel: Panel, world: World) -> None:
    """Nobody is signed in to another's account by a form of another site."""
    form = {"name": "Maria", "password": PASSWORD, "csrf": ""}
    answer = await panel.visitor().post("/sign-in", data=form)
    assert answer.status_code == 403
    assert "usher_session" not in answer.cookies


async def test_our_own_origin_behind_a_proxy(serve: Serve, world: World) -> None:
    """Where a proxy changes the Host header, the public origin is ours too."""
    panel = await serve(public_origin="https://usher.example")
    maria = await panel.enter(world.maria)
    here = await maria.post("/sign-out", headers={"Origin": "https://usher.example"})
    assert here.status_code == 303


async def test_guessing_is_slowed_for_the_guesser_alone(serve: Serve, world: World) -> None:
    """After some wrong tries one address waits for one account; others sign in as ever."""
    panel = await serve(behind_proxy=True)
    guesser, same, owner = (Browser(panel.visitor()) for _ in range(3))
    for browser in (guesser, same):
        browser.http.headers["X-Forwarded-For"] = "10.9.9.9, 192.0.2.7"
    owner.http.headers["X-Forwarded-For"] = "192.0.2.8"
    for _ in range(FREE_TRIES):
        assert (await guesser.sign_in("maria", "wrong")).status_code == 401
    locked = await guesser.sign_in("MARIA", PASSWORD)
    assert (locked.status_code, locked.headers["Retry-After"]) == (429, "30")
    assert "wait 30 seconds" in locked.text
    assert (await same.sign_in("Otto", PASSWORD)).status_code == 303
    assert (await owner.sign_in("Maria", PASSWORD)).status_code == 303
    world.clock.pass_by(timedelta(seconds=31))
    assert (await guesser.sign_in("Maria", "wrong")).status_code == 401
    assert (await guesser.sign_in("Maria", PASSWORD)).headers["Retry-After"] == "60"
    world.clock.pass_by(timedelta(seconds=61))
    assert (await guesser.sign_in("Maria", PASSWORD)).status_code == 303


async def test_a_wrong_name_reads_like_a_wrong_password(panel: Panel, world: World) -> None:
    """Nobody learns from the sign-in page which accounts there are."""
    client = Browser(panel.visitor())
    known, unknown = await client.sign_in("Maria", "x"), await client.sign_in("Nobody", "x")
    assert (known.status_code, unknown.status_code) == (401, 401)
    assert known.text.replace("Maria", "Nobody") == unknown.text


async def test_signing_in_leads_back_to_our_own_pages(panel: Panel, world: World) -> None:
    """The way back is never another site."""
    for asked, expected in {
        "/people?q=a": "/people?q=a",
        "https://evil.example/": "/",
        "//evil.example/": "/",
        "/\\evil.example/": "/",
        "/a\r\nSet-Cookie: x=y": "/",
    }.items():
        answer = await Browser(panel.visitor()).sign_in("Maria", PASSWORD, next=asked)
        assert (asked, answer.headers["Location"]) == (asked, expected)


async def test_hostile_names_are_words(panel: Panel, world: World) -> None:
    """A name full of markup is shown as it is written, everywhere it appears."""
    seen = await world.see(0)
    maria = await panel.enter(world.maria)
    await maria.answer(seen.asked, "name", name=HOSTILE)
    again = await world.see(1)
    taken = await maria.answer(again.asked, "name", name=HOSTILE)
    pages = [
        (await maria.get(path)).text
        for path in ("/people", f"/people/{seen.person.id}", "/detections")
    ]
    for page in (*pages, taken.text, (await maria.get(f"/people?q={HOSTILE}")).text):
        assert "onerror=alert(1)&gt;" in page
        assert "<img src=x" not in page


async def test_forms_are_small(panel: Panel, world: World) -> None:
    """A huge form is refused before it fills the memory."""
    maria = await panel.enter(world.maria)
    assert (await maria.post("/sign-out", name="x" * 100_000)).status_code == 413


async def test_a_form_that_cannot_be_read(panel: Panel, world: World) -> None:
    """Nonsense in place of a form is the sender's mistake, not ours."""
    maria = await panel.enter(world.maria)
    for kind in ("application/x-www-form-urlencoded; charset=klingon", "multipart/form-data"):
        answer = await maria.http.post(
            "/sign-out", content=b"\xff\xfe%%%", headers={"Content-Type": kind}
        )
        assert answer.status_code in {400, 403}


async def test_unexpected_errors_have_a_number(
    panel: Panel, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """What nobody foresaw is a page with a number, which stands in the log as well."""
    maria = await panel.enter(world.maria)

    async def broken(name: str) -> None:
        raise RuntimeError(name)

    world.store.sites.all = broken  # type: ignore[assignment,method-assign]
    answer = await maria.get("/detections")
    assert answer.status_code == 500
    number = answer.text.split("error ")[1].split(".")[0]
    assert number in caplog.text
    assert "RuntimeError" not in answer.text


async def test_what_is_mounted_in_the_panel_is_its_own_master(serve: Serve, world: World) -> None:
    """An application mounted in the panel keeps its errors and its headers."""

    async def refuse(request: web.Request) -> web.Response:
        raise web.HTTPConflict(text="its own words")

    api = web.Application()
    api.router.add_get("/thing", refuse)
    client = (await serve(("/api", api))).visitor()
    for path, words in {"/api/thing": "its own words", "/api/none": "404: Not Found"}.items():
        answer = await client.get(path)
        assert answer.text == words
        assert "Content-Security-Policy" not in answer.headers


async def test_an_image_of_another_site_is_not_there(panel: Panel, world: World) -> None:
    """Crops go to those of the site alone, and stay in their own browser for a short time."""
    seen = await world.see(0)
    maria, otto = await panel.enter(world.maria), await panel.enter(world.otto)
    mine = await maria.http.get(f"/images/{seen.detection.id}")
    assert (mine.status_code, mine.headers["Content-Type"]) == (200, "image/jpeg")
    assert mine.content == world.crops[0]
    assert "private" in mine.headers["Cache-Control"]
    tag = {"If-None-Match": mine.headers["ETag"]}
    assert (await maria.http.get(f"/images/{seen.detection.id}", headers=tag)).status_code == 304
    assert (await otto.http.get(f"/images/{seen.detection.id}", headers=tag)).status_code == 404
    assert (await panel.visitor().get(f"/images/{seen.detection.id}")).status_code == 401


async def test_a_picture_that_is_gone(panel: Panel, world: World) -> None:
    """A crop whose file is no more, or is gone by age, is 404, not a mistake of ours."""
    seen, aged = await world.see(0), await world.see(1)
    await world.images.delete([seen.detection.image.key])
    await world.store.detections.forget_images([aged.detection.id])
    maria = await panel.enter(world.maria)
    for crop in (seen.detection, aged.detection):
        assert (await maria.http.get(f"/images/{crop.id}")).status_code == 404


def test_passwords_are_kept_as_argon2id() -> None:
    """A password is verified against its hash; no password and a damaged hash are never right."""
    passwords = Argon2Passwords()
    kept = passwords.hash(PASSWORD)
    assert kept.startswith("$argon2id$")
    assert passwords.verify(kept, PASSWORD)
    assert not passwords.verify(kept, "wrong")
    assert not passwords.verify(None, "the password of nobody")
    assert not passwords.verify("nonsense", PASSWORD)


async def test_an_account_without_a_password_cannot_sign_in(panel: Panel, world: World) -> None:
    """Nobody signs in to an account that only has a chat, nor to one that is revoked."""
    client = Browser(panel.visitor())
    await world.store.accounts.save(replace(world.maria, password_hash=None))
    await world.store.accounts.save(replace(world.otto, revoked_at=world.clock()))
    for name in ("Maria", "Otto"):
        for password in ("", "None", PASSWORD):
            assert (await client.sign_in(name, password)).status_code == 401


async def test_while_the_database_is_away(serve: Serve, world: World) -> None:
    """An outage that the store tells of is a page that asks for patience, not a mistake."""
    panel = await serve(outages=(TimeoutError,))
    maria = await panel.enter(world.maria)

    async def away(token_hash: str) -> None:
        raise TimeoutError

    world.store.sessions.by_token = away  # type: ignore[method-assign]
    answer = await maria.get("/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "The database is away" in answer.text
    assert (await maria.get("/nothing")).status_code == 503
    part = await maria.get("/people", **{"HX-Request": "true"})
    assert part.headers["HX-Retarget"] == "#notice"
