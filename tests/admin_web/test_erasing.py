"""Somebody is forgotten from their page: said before, by name, and for good."""

from datetime import timedelta

from tests.admin_web.browsing import Panel
from tests.admin_web.world import World


async def test_what_is_erased_is_said_before(panel: Panel, world: World) -> None:
    """Photos and visits are counted; without the name typed nothing happens."""
    seen = await world.know(1, "Zoë Berg")
    maria = await panel.enter(world.maria)
    path = f"/people/{seen.person.id}/forget"
    page = (await maria.get(path)).text
    for text in ("1 photo", "1 visit", "cannot be undone", "Type Zoë Berg"):
        assert text in page
    wrong = await maria.post(path, typed="Bea")
    assert (wrong.status_code, "Nothing has been erased" in wrong.text) == (400, True)
    assert await world.store.persons.canonical(seen.person.id)
    made = await maria.post(path, typed=" zoe  BERG ")
    assert "1 person is forgotten" in (await maria.get(made.headers["Location"])).text
    assert await world.store.persons.canonical(seen.person.id) is None
    assert await world.store.detections.get(seen.detection.id) is None
    assert (await maria.get(path)).status_code == 404


async def test_who_was_at_another_site_too_is_an_admins_matter(panel: Panel, world: World) -> None:
    """A manager of one of two sites is told whom to ask."""
    seen = await world.know(1, "Anna")
    world.clock.pass_by(timedelta(hours=1))
    await world.see(1, person=seen.person, camera=world.gate)
    path = f"/people/{seen.person.id}/forget"
    refused = await (await panel.enter(world.maria)).get(path)
    assert (refused.status_code, "ask an admin" in refused.text) == (403, True)
    assert (await (await panel.enter(world.admin)).get(path)).status_code == 200
    assert (await (await panel.enter(world.vera)).get(path)).status_code == 403
