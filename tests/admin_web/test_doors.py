"""Who may come through which door: every route, for everybody."""

import re
from dataclasses import replace

import httpx

from admin_web.doors import DOORS
from admin_web.guard import Door, Who
from domain.records import Account, QuestionStatus
from tests.admin_web.browsing import Browser, Panel
from tests.admin_web.leads import Target, target
from tests.admin_web.world import World, suggest

INSIDE = [door for door in DOORS if door.who is not Who.ANYONE]
# What belongs to a site or to somebody, and so is nothing to others.
OF_SOMEBODY = [door for door in INSIDE if "{" in door.path and door.who is not Who.ADMINS]
OF_ADMINS = {(door.method, door.path) for door in INSIDE if door.who is Who.ADMINS}
IMPOSSIBLE = "0" * 24


async def knock(browser: Browser, door: Door, there: Target) -> httpx.Response:
    """Ask for a page, or send the simplest form; a stream is left as soon as it has begun."""
    if door.method == "POST":
        return await browser.post(there.path, None, **there.form)
    async with browser.http.stream("GET", there.path, headers={"Accept": "text/html"}) as answer:
        if answer.headers.get("Content-Type", "") != "text/event-stream":
            await answer.aread()
        return answer


async def statuses(
    panel: Panel, world: World, who: Account, doors: list[Door]
) -> dict[tuple[str, str], int]:
    """Knock at each of these doors as somebody; return what each answers."""
    browser = await panel.enter(who)
    return {
        (door.method, door.path): (
            await knock(browser, door, await target(door, world, who))
        ).status_code
        for door in doors
        if door.path != "/sign-out"
    }


async def test_nobody_comes_in_without_a_session(panel: Panel, world: World) -> None:
    """But for the sign-in page, every door sends strangers to it, with or without a bad cookie."""
    bare, planted = panel.visitor(), panel.visitor()
    planted.cookies.set("usher_session", "made-up")
    for door in INSIDE:
        there = await target(door, world, world.maria)
        for client in (bare, planted):
            answer = await client.request(door.method, there.path, headers={"Accept": "text/html"})
            assert (door, answer.status_code) == (door, 303)
            assert answer.headers["Location"].startswith("/sign-in")


async def test_a_viewer_looks_but_changes_nothing(panel: Panel, world: World) -> None:
    """Viewers see what is of their site; what is for others is closed to them with 403."""
    found = await statuses(panel, world, world.vera, INSIDE)
    closed = {(door.method, door.path) for door in INSIDE if door.who is Who.DECIDERS}
    assert {route for route, status in found.items() if status == 403} == closed | OF_ADMINS
    assert not {route for route, status in found.items() if status in {401, 404, 500}}


async def test_a_manager_of_another_site_finds_nothing(panel: Panel, world: World) -> None:
    """What is of another site or person is not there: 404, the same as what does not exist."""
    otto = await panel.enter(world.otto)
    for door in OF_SOMEBODY:
        there = await target(door, world, world.maria)
        theirs = await knock(otto, door, there)
        nowhere = re.sub(r"(?<=/)[0-9a-f]{24}(?=/|$)", IMPOSSIBLE, there.path)
        nothing = await knock(otto, door, replace(there, path=nowhere))
        assert (door, theirs.status_code, nothing.status_code) == (door, 404, 404)
        assert theirs.text == nothing.text


async def test_a_manager_of_the_site_comes_in(panel: Panel, world: World) -> None:
    """Managers see and change what is of their site; accounts are for admins."""
    found = await statuses(panel, world, world.maria, INSIDE)
    assert {route for route, status in found.items() if status in {401, 403, 404, 500}} == OF_ADMINS
    assert not await changed(world)


async def changed(world: World) -> bool:
    """Tell whether anything became of the accounts."""
    accounts = {a.id: a for a in await world.store.accounts.all()}
    everybody = (world.admin, world.maria, world.vera, world.otto)
    return accounts != {a.id: a for a in everybody}


async def test_an_admin_comes_in_everywhere(panel: Panel, world: World) -> None:
    """No door is closed to admins; what they do to an account is done."""
    found = await statuses(panel, world, world.admin, INSIDE)
    assert not {route for route, status in found.items() if status in {401, 403, 404, 500}}
    assert await changed(world)


async def test_lists_keep_to_the_sites(panel: Panel, world: World) -> None:
    """People, detections, names and suggestions of other sites stay out of a manager's lists."""
    anna = await world.know(1, "Anna")
    seen = await world.see(0)
    hidden = await world.see(2, camera=world.gate, suggestions=suggest(anna.person))
    otto = await panel.enter(world.otto)
    for path in ("/people", "/detections", "/"):
        page = (await otto.get(path)).text
        assert seen.person.label not in page
        assert anna.detection.id not in page
        assert seen.detection.id not in page
    assert hidden.person.label in (await otto.get("/people")).text
    assert 'value="Anna"' not in (await otto.get("/detections")).text


async def test_nobody_points_at_people_they_cannot_see(panel: Panel, world: World) -> None:
    """An answer may name somebody suggested or seen, not the hidden person behind a guessed id."""
    anna = await world.know(1, "Anna")
    plain = await world.see(0, camera=world.gate)
    hinted = await world.see(2, camera=world.gate, suggestions=suggest(anna.person))
    otto = await panel.enter(world.otto)
    assert (await otto.answer(plain.asked, f"is:{anna.person.id}")).status_code == 404
    assert (await otto.answer(hinted.asked, f"is:{anna.person.id}")).status_code == 303
    kept = await world.store.questions.get(plain.asked.id)
    assert kept
    assert kept.status is QuestionStatus.OPEN


async def test_the_role_that_counts_is_todays(panel: Panel, world: World) -> None:
    """Somebody revoked while signed in is signed out at the next step."""
    maria = await panel.enter(world.maria)
    assert (await maria.get("/people")).status_code == 200
    await world.store.accounts.save(replace(world.maria, revoked_at=world.clock()))
    assert (await maria.get("/people")).status_code == 303
