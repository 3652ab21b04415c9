"""The pages of one person."""

from datetime import timedelta

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
