"""Repairing who is who, in the panel: what will change is shown first, and can be taken back."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.policy import DecisionPolicy
from domain.records import Id, MatchKind, Person
from tests.admin_web.browsing import Browser, Panel, Serve
from tests.admin_web.chromium import DESK, PHONE, Window, window
from tests.admin_web.world import Seen, World, suggest

HOUR = timedelta(hours=1)
SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])


async def now(world: World, id_: Id) -> Person:
    """Return somebody as they are now."""
    found = await world.store.persons.get(id_)
    assert found
    return found


async def again(world: World, seen: Seen, number: int, **where: Any) -> Seen:
    """Let somebody come again, a day later."""
    world.clock.pass_by(24 * HOUR)
    return await world.see(
        number, person=await now(world, seen.person.id), kind=MatchKind.MATCH, **where
    )


async def fit(browser: Window) -> None:
    """Expect the page to be accessible, no wider than the window, and without complaints."""
    assert await browser.violations() == []
    too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await browser.page.evaluate(too_wide) == 0
    assert browser.complaints == []


async def merged(world: World, browser: Browser) -> tuple[Seen, Seen]:
    """Make a stranger one with Anna."""
    anna, stranger = await world.know(1, "Anna"), await world.see(2)
    form = {"with": anna.person.id, "keep": anna.person.id}
    sent = await browser.post(f"/people/{stranger.person.id}/merge", None, **form)
    assert sent.status_code == 303
    assert sent.headers["Location"].startswith(f"/people/{anna.person.id}?done=")
    return anna, stranger


async def test_a_merge_shows_first_what_will_change(panel: Panel, world: World) -> None:
    """Both faces, which name stays, whose notes are kept; and the other way round on demand."""
    anna, bob = await world.know(1, "Anna"), await world.know(2, "Bob")
    for seen, metadata in ((anna, {"Phone": "1"}), (bob, {"Phone": "2", "Room": "B"})):
        person = await now(world, seen.person.id)
        await world.store.persons.save(replace(person, metadata=metadata))
    maria = await panel.enter(world.maria)
    found = (await maria.get(f"/people/{bob.person.id}/merge?q=ann")).text
    link = f"/people/{bob.person.id}/merge?with={anna.person.id}"
    assert f'href="{link}"' in found
    page = (await maria.get(link)).text
    for text in (
        f"/images/{anna.detection.id}",
        f"/images/{bob.detection.id}",
        "The name Bob is not shown any more.",
        "Phone: <strong>1</strong> stays, 2 is not shown",
    ):
        assert text in page
    other_way = (await maria.get(f"{link}&keep={bob.person.id}")).text
    assert "The name Anna is not shown any more." in other_way
    assert (await now(world, bob.person.id)).merged_into is None


async def test_that_two_were_said_to_be_two_is_said(panel: Panel, world: World) -> None:
    """Whoever merges those whom somebody told apart is told so before."""
    anna = await world.know(1, "Anna")
    seen = await world.see(0, suggestions=suggest(anna.person))
    maria = await panel.enter(world.maria)
    path = f"/people/{seen.person.id}/merge?with={anna.person.id}"
    assert "said that these are two people" not in (await maria.get(path)).text
    await maria.answer(seen.asked, f"not:{anna.person.id}")
    assert "said that these are two people" in (await maria.get(path)).text


async def test_a_merge_is_undone_where_it_is_told(panel: Panel, world: World) -> None:
    """The page says what was done, with Undo; afterwards both are somebody of their own."""
    maria = await panel.enter(world.maria)
    anna, stranger = await merged(world, maria)
    [decision] = await world.store.decisions.of([stranger.person.id])
    page = (await maria.get(f"/people/{anna.person.id}?done={decision.id}")).text
    assert "Said it is Anna" in page
    undo = re.search(r'action="(/decisions/[0-9a-f]{24}/undo)"', page)
    assert undo
    await maria.post(undo[1])
    assert (await now(world, stranger.person.id)).merged_into is None
    page = (await maria.get(f"/people/{anna.person.id}?done={decision.id}")).text
    assert "Said it is Anna" not in page


@pytest.mark.parametrize("late", [False, True], ids=["in time", "long after"])
async def test_who_was_merged_is_separated_at_any_time(
    serve: Serve, world: World, *, late: bool
) -> None:
    """Their page shows both faces; in time the merge is undone, later they are told apart."""
    panel = await serve(decisions=DecisionPolicy(undo=HOUR))
    maria = await panel.enter(world.maria)
    anna, stranger = await merged(world, maria)
    world.clock.pass_by(2 * HOUR if late else HOUR / 2)
    page = (await maria.get(f"/people/{anna.person.id}")).text
    assert "Made of 2 people" in page
    assert f"/images/{stranger.detection.id}" in page
    path = f"/people/{anna.person.id}/separate"
    sent = await maria.post(path, None, member=stranger.person.id)
    assert sent.headers["Location"].startswith(f"/people/{stranger.person.id}")
    assert (await now(world, stranger.person.id)).merged_into is None
    [*_, made] = sorted(
        await world.store.decisions.of([stranger.person.id]), key=lambda d: (d.at, d.id)
    )
    assert made.verb == ("separate" if late else "merge")
    apart = await world.store.rejections.of([stranger.person.id])
    assert [r.other_id for r in apart] == ([anna.person.id] if late else [])
    twice = await maria.post(path, None, member=stranger.person.id)
    assert (twice.status_code, "two people already" in twice.text) == (400, True)
    if late:
        await maria.post(f"/decisions/{made.id}/undo")
        assert (await now(world, stranger.person.id)).merged_into == anna.person.id
        assert not await world.store.rejections.of([stranger.person.id])


async def test_photos_are_moved_to_somebody_by_name(panel: Panel, world: World) -> None:
    """Who has the name gets them; of nobody or of several, the page asks again."""
    anna, bob = await world.know(1, "Anna"), await world.know(2, "Bob")
    wrong = await again(world, anna, 2)
    maria = await panel.enter(world.maria)
    path = f"/people/{anna.person.id}/move"
    page = (await maria.get(f"{path}?photo={wrong.detection.id}")).text
    assert "goes along: all of its photos are chosen" in page
    form = {"photo": wrong.detection.id, "to": "called", "apart": "yes"}
    nobody = await maria.post(path, None, **form, name="Cleo")
    assert (nobody.status_code, "Nobody here is called Cleo." in nobody.text) == (400, True)
    twin = await world.meet(bob.person.status, name="bob")
    await world.see(3, person=twin)
    several = await maria.post(path, None, **form, name="Bob")
    assert (several.status_code, f'value="{twin.id}"' in several.text) == (409, True)
    sent = await maria.post(path, None, **{**form, "to": bob.person.id})
    done = (await maria.get(sent.headers["Location"])).text
    assert "Moved 1 photo of Anna to Bob" in done
    visit = await world.store.visits.get(wrong.visit.id)
    assert visit
    assert visit.person_id == bob.person.id


async def test_photos_of_other_sites_are_not_moved(panel: Panel, world: World) -> None:
    """Whoever does not see a photo, or only looks, moves nothing."""
    anna = await world.know(1, "Anna")
    hidden = await again(world, anna, 1, camera=world.gate)
    path = f"/people/{anna.person.id}/move"
    for account, expected in ((world.maria, 404), (world.vera, 403)):
        browser = await panel.enter(account)
        sent = await browser.post(path, None, photo=hidden.detection.id, to="new")
        assert sent.status_code == expected
        assert (await browser.get(f"{path}?photo={hidden.detection.id}")).status_code == expected


async def test_the_last_photo_is_dropped_only_when_said(panel: Panel, world: World) -> None:
    """Without the word the page says what would follow; with it nobody is recognised any more."""
    anna = await world.know(1, "Anna")
    maria = await panel.enter(world.maria)
    path = f"/people/{anna.person.id}/photos/{anna.detection.id}"
    assert "It is the last photo by which Usher recognises Anna" in (await maria.get(path)).text
    assert (await maria.post(f"{path}/drop")).status_code == 409
    [kept] = await world.store.references.of([anna.person.id])
    assert kept.retired is None
    assert (await maria.post(f"{path}/drop", None, last="yes")).status_code == 303
    [gone] = await world.store.references.of([anna.person.id])
    assert gone.retired
    assert "no photo by which Usher would" in (await maria.get(f"/people/{anna.person.id}")).text


async def test_a_cover_is_shown_everywhere(panel: Panel, world: World) -> None:
    """The photo chosen stands at the top, whatever came later."""
    anna = await world.know(1, "Anna")
    await again(world, anna, 2)
    maria = await panel.enter(world.maria)
    path = f"/people/{anna.person.id}"
    sent = await maria.post(f"{path}/photos/{anna.detection.id}/cover")
    top = (await maria.get(sent.headers["Location"])).text.split('class="tabs"')[0]
    assert f'src="/images/{anna.detection.id}"' in top
    assert "Chose the picture that Anna is shown by" in top


@SIZES
async def test_a_newcomer_repairs_a_wrong_merge(
    panel: Panel, world: World, size: dict[str, int]
) -> None:
    """By hand: a stranger is made one with Anna, found there, and separated again."""
    anna, stranger = await world.know(1, "Anna"), await world.see(0)
    async with window(panel, size) as browser:
        await browser.sign_in(world.maria)
        page = browser.page
        await page.goto(f"{panel.url}/people/{stranger.person.id}")
        await page.get_by_role("link", name="Merge with…").click()
        await page.get_by_label("Name or number").fill("Anna")
        await page.get_by_role("button", name="Find").click()
        await page.locator(".grid .person").first.click()
        await page.get_by_role("heading", name="Are these one person?").wait_for()
        await fit(browser)
        await page.get_by_role("button", name="Yes, they are one").click()
        await page.get_by_text("Made of 2 people").wait_for()
        await fit(browser)
        await page.get_by_role("button", name="Separate Stranger").click()
        await page.get_by_role("heading", name=stranger.person.label).first.wait_for()
    assert (await now(world, stranger.person.id)).merged_into is None
    assert (await now(world, anna.person.id)).name == "Anna"


@SIZES
async def test_photos_are_moved_by_hand(panel: Panel, world: World, size: dict[str, int]) -> None:
    """Ticked, named, moved; what came of it stands on the pages of who got them."""
    anna, bob = await world.know(1, "Anna"), await world.know(2, "Bob")
    wrong = await again(world, anna, 2)
    async with window(panel, size) as browser:
        await browser.sign_in(world.maria)
        page = browser.page
        await page.goto(f"{panel.url}/people/{anna.person.id}")
        await page.locator(f'input[name=photo][value="{wrong.detection.id}"]').check()
        await page.get_by_text("1 chosen").wait_for()
        await page.get_by_role("button", name="Move to somebody else…").click()
        await page.get_by_label("Name of whom they show").fill("Bob")
        await fit(browser)
        await page.get_by_role("button", name="Move 1 photo").click()
        await page.get_by_text("Moved 1 photo of Anna to Bob").wait_for()
        for path in (f"/photos/{wrong.detection.id}", "/visits", "/journal"):
            await page.goto(f"{panel.url}/people/{bob.person.id}{path}")
            await fit(browser)
    visits = await world.store.visits.of([bob.person.id])
    assert wrong.visit.id in {visit.id for visit in visits}
