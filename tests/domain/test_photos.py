"""What is said of somebody's photos: the cover, and what they are recognised by."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from domain.errors import InvalidError, NotAllowedError, NotFoundError
from domain.photos import choose_cover, drop, hindrance, refer
from domain.policy import MatchPolicy
from domain.records import (
    Decision,
    Detection,
    DetectionStatus,
    Embedding,
    Person,
    Retirement,
    Role,
)
from domain.upkeep import retire
from tests.domain.test_gallery import gallery_of
from tests.domain.world import GAP, MODEL, World, turned

POLICY = MatchPolicy(match=0.5, unsure=0.6, hint=0.7)


async def seen(world: World, person: Person, face: Embedding) -> Detection:
    """Let somebody be seen with a face; return the crop."""
    world.now += 2 * GAP
    crop = (await world.see(person)).crop
    measured = replace(crop, embedding=face, model=MODEL)
    await world.store.detections.save(measured)
    return measured


def by(world: World, person: Person, crop: Detection, **more: Any) -> dict[str, Any]:
    """Return who says what of a photo, Maria unless somebody else does."""
    said = {"person_id": person.id, "photo": crop.id, "account": world.maria}
    return {**said, "via": "panel", "now": world.now, **more}


async def kept(world: World, crop: Detection) -> Detection:
    """Return a crop as it is now."""
    found = await world.store.detections.get(crop.id)
    assert found
    return found


async def test_a_cover_is_chosen_and_kept(world: World) -> None:
    """It is the cover until it is undone; meanwhile its image is kept."""
    anna = await world.person("Anna", cover="first")
    crop = await seen(world, anna, turned(anna, 0.5))
    made = await choose_cover(world.store, **by(world, anna, crop))
    assert (await world.someone(anna.id)).cover == crop.image.key
    assert (await kept(world, crop)).kept
    await world.undo(made)
    assert (await world.someone(anna.id)).cover == "first"
    assert not (await kept(world, crop)).kept


async def test_a_chosen_cover_outlives_trimming(world: World) -> None:
    """A reference that is one too many is no reason to show somebody by another picture."""
    anna = await world.person("Anna")
    crop = await seen(world, anna, turned(anna, 0.5))
    reference = await world.learn(
        anna, 0.5, detection_id=crop.id, image_key=crop.image.key, quality=0.1
    )
    await choose_cover(world.store, **by(world, anna, crop))
    for why, cover in ((Retirement.TRIMMED, crop.image.key), (Retirement.REMOVED, "k")):
        await retire(
            world.store,
            person_id=anna.id,
            references=[reference],
            why=why,
            version=await world.store.gallery.advance(),
            now=world.now,
        )
        assert (await world.someone(anna.id)).cover == cover


async def test_a_dropped_photo_recognises_nobody(world: World) -> None:
    """It stays hers, is searched no more, and cannot be shown; undone, it is searched again."""
    anna = await world.person("Anna")
    crop = await seen(world, anna, turned(anna, 0.5))
    await world.learn(anna, 0.5, detection_id=crop.id, image_key=crop.image.key)
    live = gallery_of(world)
    made = await drop(world.store, **by(world, anna, crop))
    await live.refresh()
    assert crop.id not in {r.detection_id for r in live.references(anna.id)}
    assert (await kept(world, crop)).person_id == anna.id
    with pytest.raises(InvalidError):
        await choose_cover(world.store, **by(world, anna, crop))
    with pytest.raises(InvalidError):
        await drop(world.store, **by(world, anna, crop))
    await world.undo(made)
    await live.refresh()
    assert crop.id in {r.detection_id for r in live.references(anna.id)}


async def test_the_last_photo_can_be_dropped(world: World) -> None:
    """Nobody is recognised as her any more; undone, she is."""
    anna = await world.person("Anna")
    crop = await seen(world, anna, turned(anna))
    [first] = await world.store.references.of([anna.id])
    await world.store.references.save(replace(first, detection_id=crop.id))
    live = gallery_of(world)
    made = await drop(world.store, **by(world, anna, crop))
    await live.refresh()
    assert live.candidates(turned(anna)) == ()
    await world.undo(made)
    await live.refresh()
    assert live.candidates(turned(anna))[0].person_id == anna.id


async def test_a_crop_becomes_a_reference(world: World) -> None:
    """She is recognised by it, and it is vouched for; undone, she is not; again, the same one."""
    anna = await world.person("Anna")
    crop = await seen(world, anna, turned(anna, 0.7))
    live = gallery_of(world)

    async def take() -> Decision:
        return await refer(world.store, **by(world, anna, crop, policy=POLICY))

    for _ in range(2):
        made = await take()
        await live.refresh()
        [learnt] = [r for r in live.references(anna.id) if r.detection_id == crop.id]
        assert learnt.vouched
        with pytest.raises(InvalidError):
            await take()
        await world.undo(made)
        await live.refresh()
        assert crop.id not in {r.detection_id for r in live.references(anna.id)}
    assert len(await world.store.references.of([anna.id])) == 2


async def test_a_crop_that_adds_nothing_or_is_poor_is_refused(world: World) -> None:
    """Each with its own sentence; without a policy, what only it can tell is let pass."""
    anna = await world.person("Anna")
    crop = await seen(world, anna, turned(anna, 0.7))
    there = await world.store.references.of([anna.id])
    full = [replace(there[0], embedding=np.roll(there[0].embedding, n + 1)) for n in range(12)]

    def said(one: Detection, **more: Any) -> str:
        given = {"model": MODEL, "policy": POLICY, "references": there, **more}
        found = hindrance(one, given.pop("references"), **given)
        return found.text if found else ""

    assert not said(crop)
    assert "not clear enough" in said(replace(crop, reasons=("blurred",)))
    assert "not clear enough" in said(replace(crop, status=DetectionStatus.UNUSABLE))
    assert "not kept any more" in said(replace(crop, embedding=None))
    assert "another model" in said(crop, model="newer")
    assert "as many photos as can be" in said(crop, references=full)
    same = replace(crop, embedding=turned(anna, 0.05))
    assert "shows no more" in said(same)
    assert not said(same, policy=None)


async def test_only_photos_of_ones_own_business_can_be_spoken_of(world: World) -> None:
    """Of another person, or of a site that is not theirs, there is nothing."""
    anna, bob = await world.person("Anna"), await world.person("Bob")
    crop = await seen(world, anna, turned(anna, 0.5))
    with pytest.raises(NotFoundError):
        await choose_cover(world.store, **by(world, bob, crop))
    elsewhere = replace(world.otto, site_ids=())
    viewer = replace(world.otto, role=Role.VIEWER)
    with pytest.raises(NotFoundError):
        await choose_cover(world.store, **by(world, anna, crop, account=elsewhere))
    with pytest.raises(NotAllowedError):
        await choose_cover(world.store, **by(world, anna, crop, account=viewer))
