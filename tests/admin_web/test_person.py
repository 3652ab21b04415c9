"""The pages of one person."""

import re
from datetime import timedelta
from html import unescape

from admin_web.person import PHOTOS
from admin_web.stays import VISITS
from domain.records import MatchKind
from tests.admin_web.browsing import Panel
from tests.admin_web.world import World, suggest


async def test_a_person_has_photos_visits_and_a_journal(panel: Panel, world: World) -> None:
    """Their pages tell of every visit with its time, place and count, and who decided what."""
    seen = await world.see(0)
    maria = await panel.enter(world.maria)
    await maria.answer(seen.asked, "name", name="Anna")
    world.clock.pass_by(timedelta(hours=1))
    person = await world.store.persons.get(seen.person.id)
    assert person
    again = await world.see(0, person=person, camera=world.yard, kind=MatchKind.MATCH)
    photos, visits, journal = [
        (await maria.get(f"/people/{person.id}{tab}")).text for tab in ("", "/visits", "/journal")
    ]
    for detection in (seen.detection, again.detection):
        assert f'href="/people/{person.id}/photos/{detection.id}"' in photos
    for text in ("14:32", "15:32", "Front door", "Yard", "2nd visit"):
        assert text in visits
    for text in ("Named Anna", "you in the panel"):
        assert text in journal


async def test_a_stranger_can_be_answered_on_their_own_page(panel: Panel, world: World) -> None:
    """An open question stands on the page of whom it asks about, with who they may be."""
    anna = await world.know(1, "Anna")
    person = await world.meet(maybe=suggest(anna.person, 0.4))
    seen = await world.see(0, person=person)
    for account, link in (
        (world.maria, f"/people/{person.id}/merge?with={anna.person.id}"),
        (world.vera, f"/people/{anna.person.id}"),
    ):
        page = (await (await panel.enter(account)).get(f"/people/{person.id}")).text
        answers = f'action="/questions/{seen.asked.id}/answer"' in page
        assert (answers, f'href="{link}"' in page) == (account != world.vera, True)


async def test_what_happened_at_another_site_stays_there(panel: Panel, world: World) -> None:
    """Of somebody seen at two sites, a manager sees the visits, photos and answers of theirs."""
    seen = await world.see(0)
    maria = await panel.enter(world.maria)
    await maria.answer(seen.asked, "visitor:always")
    person = await world.store.persons.get(seen.person.id)
    assert person
    there = await world.see(0, person=person, camera=world.gate)
    otto = await panel.enter(world.otto)
    paths = [f"/people/{person.id}{tab}" for tab in ("", "/visits", "/journal")]
    page = "".join([(await otto.get(path)).text for path in paths])
    assert ("Gate" in page, there.detection.id in page) == (True, True)
    for secret in ("Front door", seen.detection.id, "Approved as a visitor", "Maria"):
        assert secret not in page
    hidden = await otto.get(f"/people/{person.id}/photos/{seen.detection.id}")
    assert hidden.status_code == 404


async def test_pages_of_photos_and_visits(panel: Panel, world: World) -> None:
    """Going from page to page shows every photo and every visit once, of one's own sites."""
    first = await world.know(0, "Anna")
    seen = [first]
    for n in range(PHOTOS + VISITS):
        world.clock.pass_by(timedelta(hours=1))
        camera = world.gate if n % 20 == 0 else world.yard
        seen.append(await world.see(0, person=first.person, kind=MatchKind.MATCH, camera=camera))
    mine = {s.detection.id for s in seen if s.detection.site_id == world.main.id}
    maria = await panel.enter(world.maria)
    for tab, split in (("", 'id="photos"'), ("/visits", 'class="list"')):
        path, found = f"/people/{first.person.id}{tab}", []
        while path:
            page = (await maria.get(path)).text
            found += re.findall(r'/photos/([0-9a-f]{24})"', page.partition(split)[2])
            more = re.search(r'href="([^"#]+)[^"]*">Older</a>', page)
            path = unescape(more[1]) if more else ""
        assert len(found) == len(set(found))
        assert set(found) == mine


async def test_the_weeks_are_drawn(panel: Panel, world: World) -> None:
    """Days of the last weeks are squares, fuller the more visits they had; older ones are not."""
    seen = await world.know(0, "Anna")
    for days in (200, 1):
        world.clock.pass_by(timedelta(days=days))
        await world.see(0, person=seen.person, kind=MatchKind.MATCH)
    world.clock.pass_by(timedelta(hours=1))
    await world.see(0, person=seen.person, kind=MatchKind.MATCH)
    page = (await (await panel.enter(world.maria)).get(f"/people/{seen.person.id}/visits")).text
    assert "3 visits on 2 days" in page
    assert page.count('class="level-2"') == page.count('class="level-1"') == 1
