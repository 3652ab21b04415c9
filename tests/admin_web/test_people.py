"""The people's pages."""

from datetime import timedelta

from domain.records import MatchKind
from tests.admin_web.browsing import Panel
from tests.admin_web.world import World, suggest


async def test_everybody_is_in_the_grid(panel: Panel, world: World) -> None:
    """The grid shows known people and strangers, with photo, label and status."""
    anna, stranger = await world.know(1, "Anna"), await world.see(0)
    page = (await (await panel.enter(world.admin)).get("/people")).text
    for text in ("Anna", stranger.person.label, "Known", "Unknown", f"/images/{anna.detection.id}"):
        assert text in page


async def test_people_are_found_by_name_and_status(panel: Panel, world: World) -> None:
    """Search takes a part of a name in any case, the filter a status; nonsense is refused."""
    await world.know(1, "Anna Berg")
    await world.know(2, "Jonas (guard)")
    ada = await panel.enter(world.admin)
    by_name = (await ada.get("/people?q=anna")).text
    assert ("Anna Berg" in by_name, "Jonas" in by_name) == (True, False)
    assert "Jonas (guard)" in (await ada.get("/people?q=(guard")).text
    assert "Nobody fits" in (await ada.get("/people?status=blocked")).text
    assert (await ada.get("/people?status=nice")).status_code == 400
    assert (await ada.get("/people?q=%00")).status_code == 200


async def test_a_script_gets_the_grid_alone(panel: Panel, world: World) -> None:
    """A search as one types answers with the grid, not with a page around it."""
    await world.know(1, "Anna")
    part = (
        await (await panel.enter(world.admin)).get("/people?q=a", **{"HX-Request": "true"})
    ).text
    assert "Anna" in part
    assert "<html" not in part


async def test_pages_of_people(panel: Panel, world: World) -> None:
    """Going from page to page shows everybody once, to admins and to managers among others."""
    mine = [await world.see(n % 6) for n in range(30)]
    for n in range(30):
        await world.see(n % 6, camera=world.gate)
    for account, expected in ((world.maria, 30), (world.admin, 60)):
        browser = await panel.enter(account)
        path, labels = "/people", []
        while path:
            page = (await browser.get(path)).text
            labels += [text.split("</span>")[0] for text in page.split('"person-name">')[1:]]
            more = page.split(">Older</a>")[0].rpartition('href="')[2] if "Older" in page else ""
            path = more.partition('"')[0].replace("&amp;", "&")
        assert len(labels) == len(set(labels)) == expected
        assert {seen.person.label for seen in mine} <= set(labels)


async def test_a_person_has_photos_visits_and_a_journal(panel: Panel, world: World) -> None:
    """The page tells of every visit with its time, place and count, and who decided what."""
    seen = await world.see(0)
    maria = await panel.enter(world.maria)
    await maria.answer(seen.asked, "name", name="Anna")
    world.clock.pass_by(timedelta(hours=1))
    person = await world.store.persons.get(seen.person.id)
    assert person
    again = await world.see(0, person=person, camera=world.yard, kind=MatchKind.MATCH)
    page = (await maria.get(f"/people/{person.id}")).text
    for text in ("14:32", "15:32", "Front door", "Yard", "2nd visit", "Named Anna"):
        assert text in page
    assert "you in the panel" in page
    for detection in (seen.detection, again.detection):
        assert f'href="/detections/{detection.id}"' in page


async def test_a_stranger_can_be_answered_on_their_own_page(panel: Panel, world: World) -> None:
    """An open question stands on the page of whom it asks about, with who they may be."""
    anna = await world.know(1, "Anna")
    person = await world.meet(maybe=suggest(anna.person, 0.4))
    seen = await world.see(0, person=person)
    page = (await (await panel.enter(world.maria)).get(f"/people/{person.id}")).text
    assert f'action="/questions/{seen.asked.id}/answer"' in page
    assert f'href="/people/{anna.person.id}"' in page


async def test_what_happened_at_another_site_stays_there(panel: Panel, world: World) -> None:
    """Of somebody seen at two sites, a manager sees the visits, photos and answers of theirs."""
    seen = await world.see(0)
    maria = await panel.enter(world.maria)
    await maria.answer(seen.asked, "visitor:always")
    person = await world.store.persons.get(seen.person.id)
    assert person
    there = await world.see(0, person=person, camera=world.gate)
    page = (await (await panel.enter(world.otto)).get(f"/people/{person.id}")).text
    assert ("Gate" in page, there.detection.id in page) == (True, True)
    for secret in ("Front door", seen.detection.id, "Approved as a visitor", "Maria"):
        assert secret not in page


async def test_nobody_yet(panel: Panel, world: World) -> None:
    """An empty house says so; so does a page of nobody."""
    ada = await panel.enter(world.admin)
    assert "Nobody yet" in (await ada.get("/people")).text
    assert (await ada.get("/people/" + "0" * 24)).status_code == 404
    assert (await ada.get("/people/nobody")).status_code == 400
