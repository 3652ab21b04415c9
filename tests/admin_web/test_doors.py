"""Who may come through which door: every route, for everybody."""

from dataclasses import replace

import httpx

from admin_web.doors import DOORS
from admin_web.guard import Door, Who
from domain.decisions import Name, answer
from domain.records import DetectionStatus, Id, QuestionStatus
from tests.admin_web.browsing import Browser, Panel
from tests.admin_web.world import Seen, World, suggest

INSIDE = [door for door in DOORS if door.who is not Who.ANYONE]
# What belongs to a site, and so is nothing to those of another.
OF_A_SITE = [door for door in INSIDE if "{id}" in door.path and door.who is not Who.ADMINS]
OF_ADMINS = {(door.method, door.path) for door in INSIDE if door.who is Who.ADMINS}
IMPOSSIBLE = "0" * 24


async def target(door: Door, world: World) -> str:
    """Make what the door leads to, at the main site, and return its address."""
    if "{id}" not in door.path:
        return door.path
    if door.path.endswith("/retry"):
        return door.path.format(id=(await world.crop(0, status=DetectionStatus.FAILED)).id)
    seen = await world.see(0)
    kind = door.path.split("/")[1]
    ids = {"questions": seen.asked.id, "people": seen.person.id, "accounts": world.otto.id}
    if kind in {"visits", "decisions"}:
        ids[kind] = await decided(kind, seen, world)
    if kind == "references":
        ids[kind] = (await world.doubt(seen)).id
    return door.path.format(id=ids.get(kind, seen.detection.id))


async def decided(kind: str, seen: Seen, world: World) -> Id:
    """Let somebody be known; return the decision, or the visit."""
    outcome = await answer(
        world.store,
        question_id=seen.asked.id,
        answer=Name(f"Anna {seen.person.number}"),
        account=world.maria,
        via="panel",
        now=world.clock(),
    )
    return outcome.decision.id if kind == "decisions" else seen.visit.id


async def knock(browser: Browser, door: Door, path: str) -> httpx.Response:
    """Ask for a page, or send the simplest form; a stream is left as soon as it has begun."""
    if door.method == "POST":
        return await browser.post(path, answer="visitor")
    async with browser.http.stream("GET", path, headers={"Accept": "text/html"}) as answer:
        if answer.headers.get("Content-Type", "") != "text/event-stream":
            await answer.aread()
        return answer


async def statuses(browser: Browser, world: World, doors: list[Door]) -> dict[tuple[str, str], int]:
    """Knock at each of these doors; return what each answers."""
    return {
        (door.method, door.path): (
            await knock(browser, door, await target(door, world))
        ).status_code
        for door in doors
        if door.path != "/sign-out"
    }


async def test_nobody_comes_in_without_a_session(panel: Panel, world: World) -> None:
    """But for the sign-in page, every door sends strangers to it, with or without a bad cookie."""
    bare, planted = panel.visitor(), panel.visitor()
    planted.cookies.set("usher_session", "made-up")
    for door in INSIDE:
        path = await target(door, world)
        for client in (bare, planted):
            answer = await client.request(door.method, path, headers={"Accept": "text/html"})
            assert (door, answer.status_code) == (door, 303)
            assert answer.headers["Location"].startswith("/sign-in")


async def test_a_viewer_looks_but_changes_nothing(panel: Panel, world: World) -> None:
    """Viewers see what is of their site; what is for others is closed to them with 403."""
    found = await statuses(await panel.enter(world.vera), world, INSIDE)
    closed = {(door.method, door.path) for door in INSIDE if door.who is Who.DECIDERS}
    assert {route for route, status in found.items() if status == 403} == closed | OF_ADMINS
    assert not {route for route, status in found.items() if status in {401, 404, 500}}


async def test_a_manager_of_another_site_finds_nothing(panel: Panel, world: World) -> None:
    """What is of another site is not there: 404, the same as what does not exist."""
    otto = await panel.enter(world.otto)
    for door in OF_A_SITE:
        theirs = await knock(otto, door, await target(door, world))
        nothing = await knock(otto, door, door.path.format(id=IMPOSSIBLE))
        assert (door, theirs.status_code, nothing.status_code) == (door, 404, 404)
        assert theirs.text == nothing.text


async def test_a_manager_of_the_site_comes_in(panel: Panel, world: World) -> None:
    """Managers see and change what is of their site; accounts are for admins."""
    found = await statuses(await panel.enter(world.maria), world, INSIDE)
    assert {route for route, status in found.items() if status in {401, 403, 404, 500}} == OF_ADMINS
    assert not await changed(world)


async def changed(world: World) -> bool:
    """Tell whether anything became of the accounts."""
    accounts = {a.id: a for a in await world.store.accounts.all()}
    everybody = (world.admin, world.maria, world.vera, world.otto)
    return accounts != {a.id: a for a in everybody}


async def test_an_admin_comes_in_everywhere(panel: Panel, world: World) -> None:
    """No door is closed to admins; what they do to an account is done."""
    found = await statuses(await panel.enter(world.admin), world, INSIDE)
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
