"""What an account can see of people: of each a picture, by few queries for a whole page."""

from dataclasses import replace
from typing import Any

from domain.ids import new_id
from domain.intake import image_key
from domain.records import Account, Role
from domain.sight import glimpses, may_see_person
from tests.domain.world import GAP, NOON, World

KIND = "image/jpeg"


async def shown(world: World, *people: Any, account: Account | None = None) -> list[Any]:
    """Return by which crops people are shown, None for those without a picture."""
    found = await glimpses(world.store, account or world.maria, people)
    return [found[p.id].detection_id if p.id in found else None for p in people]


async def test_everybody_is_shown_by_their_cover(world: World) -> None:
    """Else by the best crop of their last visit; whoever was never here is not shown."""
    anna, bea, never = [await world.person(name) for name in ("Anna", "Bea", "Cora")]
    await world.see(anna)
    world.now += 2 * GAP
    last = await world.see(anna)
    covered = await world.see(bea)
    key = image_key(covered.crop.id, KIND, NOON)
    world.now += 2 * GAP
    await world.see(bea)
    bea = replace(await world.someone(bea.id), cover=key)
    assert await shown(world, anna, bea, never) == [last.crop.id, covered.crop.id, None]
    stranger = replace(world.maria, site_ids=(new_id(),))
    assert await shown(world, anna, bea, account=stranger) == [None, None]
    everybody = replace(world.maria, role=Role.ADMIN, site_ids=())
    assert await shown(world, anna, bea, account=everybody) == [last.crop.id, covered.crop.id]


async def test_who_is_merged_is_seen_as_who_they_are(world: World) -> None:
    """The last visit of any of them tells when, and shows them."""
    anna = await world.person("Anna")
    await world.see(anna)
    world.now += 2 * GAP
    later = await world.see(maybe=[anna])
    await world.store.persons.save(replace(later.person, merged_into=anna.id))
    found = await glimpses(world.store, world.maria, [anna])
    assert (found[anna.id].detection_id, found[anna.id].at) == (later.crop.id, world.now)


async def test_who_has_only_photos_is_shown_by_the_newest(world: World) -> None:
    """So is somebody of whose last visit no crop is kept any more."""
    anna, bea = await world.person("Anna"), await world.person("Bea")
    photo = await world.keep(anna)
    seen = await world.see(bea)
    kept = await world.keep(bea)
    await world.store.detections.forget_images([seen.crop.id])
    assert await shown(world, anna, bea) == [photo.detection_id, kept.detection_id]


async def test_who_may_be_known_of_goes_by_what_is_kept_now(world: World) -> None:
    """A copy of somebody from before they came does not hide them."""
    anna = await world.person("Anna")
    assert not await may_see_person(world.store, world.maria, anna)
    await world.see(anna)
    assert await may_see_person(world.store, world.maria, anna)
    other = replace(world.maria, site_ids=(new_id(),))
    assert not await may_see_person(world.store, other, anna)
