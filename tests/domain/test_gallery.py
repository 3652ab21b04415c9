"""The gallery in memory follows what is decided anywhere."""

import numpy as np

from domain.decisions import IsNot, ItIs
from domain.gallery import LiveGallery
from recognition.gallery import Gallery
from tests.domain.world import MODEL, World
from usher.recogniser import GalleryIndex


def gallery_of(world: World, model: str = MODEL) -> LiveGallery:
    """Return an empty gallery of the world."""
    return LiveGallery(store=world.store, model=model, index=GalleryIndex(Gallery(64)))


async def test_merge_is_followed(world: World) -> None:
    """Both faces are Anna after the refresh, and both references hers."""
    anna, live = await world.person("Anna"), gallery_of(world)
    seen = await world.see(maybe=[anna])
    await live.refresh()
    assert live.size == 2
    assert live.person(seen.person.id).id == seen.person.id
    await world.say(ItIs(anna.id), seen.question)
    await live.refresh()
    assert live.person(seen.person.id).id == anna.id
    assert set(live.members(anna.id)) == {anna.id, seen.person.id}
    references = live.references(anna.id)
    assert len(references) == 2
    for reference in references:
        [nearest] = [c for c in live.candidates(reference.embedding) if c.distance < 0.1]
        assert (nearest.person_id, nearest.recognised) == (anna.id, True)


async def test_what_is_undone_is_followed(world: World) -> None:
    """A person is themselves again, with their own reference, and so is whoever hung on them."""
    anna, live = await world.person("Anna"), gallery_of(world)
    seen, twin = await world.see(maybe=[anna]), await world.see()
    await world.say(ItIs(seen.person.id), twin.question)
    merged = await world.say(ItIs(anna.id), seen.question)
    await live.refresh()
    assert live.size == 1
    await world.undo(merged.decision)
    await live.refresh()
    assert live.size == 2
    assert live.members(anna.id) == (anna.id,)
    assert set(live.members(seen.person.id)) == {seen.person.id, twin.person.id}
    [reference] = live.references(anna.id)
    [nearest] = [c for c in live.candidates(reference.embedding) if c.distance < 0.1]
    assert (nearest.person_id, nearest.recognised) == (anna.id, True)


async def test_cannot_link_follows_merges(world: World) -> None:
    """A stranger said not to be Anna is not anybody who turned out to be Anna either."""
    anna, live = await world.person("Anna"), gallery_of(world)
    seen, twin = await world.see(maybe=[anna]), await world.see(maybe=[anna])
    await world.say(IsNot(anna.id), seen.question)
    await live.refresh()
    assert live.rejected(seen.person.id, anna.id)
    assert live.rejected(anna.id, seen.person.id)
    assert not live.rejected(seen.person.id, twin.person.id)
    await world.say(ItIs(seen.person.id), twin.question)
    await live.refresh()
    assert live.rejected(live.person(twin.person.id).id, anna.id)


async def test_model_is_never_crossed(world: World) -> None:
    """A gallery of another model knows the people, and recognises nobody."""
    anna, live = await world.person("Anna"), gallery_of(world, "another model")
    await live.refresh()
    assert live.person(anna.id) == anna
    assert live.candidates(np.ones(64, np.float32)) == ()
    assert live.size == 0


async def test_somebody_unheard_of_is_looked_up(world: World) -> None:
    """`current` refreshes when another process met them a moment ago."""
    live = gallery_of(world)
    anna = await world.person("Anna")
    assert (await live.current(anna.id)).name == "Anna"
    assert live.version == await world.store.gallery.version()
