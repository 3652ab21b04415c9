"""References are tended as people are learnt and merged, by whoever gets to it first."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial

from domain.classification import Analysis, Classifier
from domain.decisions import ItIs
from domain.gallery import LiveGallery
from domain.policy import MatchPolicy, VisitPolicy
from domain.records import (
    Detection,
    DetectionStatus,
    Embedding,
    Id,
    MatchKind,
    Person,
    Reference,
    Retired,
    Retirement,
)
from domain.references import in_use
from domain.upkeep import Upkeep, retire
from recognition.gallery import Gallery
from tests.domain.door import FACE
from tests.domain.made_up import MadeUp
from tests.domain.test_gallery import gallery_of
from tests.domain.world import MODEL, NOON, World, turned
from usher.recogniser import GalleryIndex

POLICY = MatchPolicy(match=0.52, unsure=0.62, hint=0.74, max_references=5, doubt=0.7)


def upkeep_of(world: World, gallery: LiveGallery | None = None) -> Upkeep:
    """Return upkeep with a gallery of its own, or this one."""
    gallery = gallery or gallery_of(world)
    return Upkeep(
        store=world.store, gallery=gallery, policy=lambda: POLICY, clock=lambda: world.now
    )


async def used(world: World, person: Person) -> list[Reference]:
    """Return the references of a person, and of everybody merged into them, that are in use."""
    members = await world.store.persons.members(person.id)
    return in_use(await world.store.references.of(members), MODEL)


async def record(world: World, id_: Id) -> Reference:
    """Return a reference as it is now."""
    found = await world.store.references.get(id_)
    assert found
    return found


async def merged(world: World) -> Person:
    """Merge a stranger with five references into Anna, who has five herself, all different."""
    anna = await world.person("Anna")
    seen = await world.see(maybe=[anna])
    for n in range(4):
        aside = [0.6 * (n == axis) for axis in range(4)]
        await world.learn(anna, *aside)
        await world.learn(seen.person, *(-value for value in aside), like=anna, quality=0.4)
    await world.say(ItIs(anna.id), seen.question)
    return anna


async def test_merges_are_trimmed(world: World) -> None:
    """Ten references of two who are one become five, and both copies of the gallery know."""
    anna = await merged(world)
    mine, other = gallery_of(world), gallery_of(world)
    await other.refresh()
    assert len(other.references(anna.id)) == 10
    assert await upkeep_of(world, mine).tend_references() == 1
    kept = await used(world, anna)
    assert len(kept) == POLICY.max_references
    for gallery in (mine, other):
        await gallery.refresh()
        assert {r.id for r in gallery.references(anna.id)} == {r.id for r in kept}
    there = await world.store.references.of(await world.store.persons.members(anna.id))
    retired = [r.retired for r in there if r.retired]
    assert len(retired) == 5
    assert set(retired) == {Retired(at=NOON, reason=Retirement.TRIMMED)}


async def test_nothing_is_done_twice(world: World) -> None:
    """A second run, and another process, find nothing to do and advance nothing."""
    await merged(world)
    upkeep = upkeep_of(world)
    assert await upkeep.tend_references() == 1
    version = await world.store.gallery.version()
    assert await upkeep.tend_references() == 0
    assert await upkeep_of(world).tend_references() == 0
    assert await world.store.gallery.version() == version


async def test_two_at_once_do_it_once(world: World) -> None:
    """Several processes tend the same people at the same time; nobody loses more than needed."""
    people = [await merged(world) for _ in range(3)]
    done = await asyncio.gather(*(upkeep_of(world).tend_references() for _ in range(3)))
    assert sum(done) == len(people)
    for person in people:
        assert len(await used(world, person)) == POLICY.max_references


async def test_what_was_cut_off_is_taken_up(world: World) -> None:
    """Killed between two people, the next run does the one that is left."""
    first, second = await merged(world), await merged(world)
    upkeep = upkeep_of(world)
    await upkeep._gallery.refresh()
    assert await upkeep._tend(first.id)  # and then it is killed
    assert len(await used(world, second)) == 10
    assert await upkeep_of(world).tend_references() == 1
    assert len(await used(world, second)) == POLICY.max_references


async def test_references_of_another_model_are_another_set(world: World) -> None:
    """Twins of another model are neither counted nor touched."""
    anna = await merged(world)
    twins = [
        await world.keep(anna, model="other", embedding=r.embedding)
        for r in await used(world, anna)
    ]
    await upkeep_of(world).tend_references()
    assert all([(await record(world, twin.id)).retired is None for twin in twins])
    assert len(await used(world, anna)) == POLICY.max_references


async def test_the_cover_is_a_photo_in_use(world: World) -> None:
    """When the picture that shows somebody is retired, the best of the others takes its place."""
    anna = await world.person("Anna", cover="k")
    best = await world.learn(anna, 0.5, quality=0.9)
    await world.learn(anna, 0.7, quality=0.3)
    [first] = [r for r in await used(world, anna) if r.image_key == "k"]

    await world.store.transact(
        partial(
            retire,
            person_id=anna.id,
            references=[first],
            why=Retirement.REMOVED,
            version=await world.store.gallery.advance(),
            now=NOON,
        )
    )
    assert (await world.someone(anna.id)).cover == best.image_key


async def test_a_new_copy_never_hears_of_the_retired(world: World) -> None:
    """A process that starts later loads what is in use, and nothing else."""
    anna = await merged(world)
    await upkeep_of(world).tend_references()
    changes = await world.store.gallery.since(0, MODEL)
    assert {r.id for r in changes.references} == {r.id for r in await used(world, anna)}


async def in_doubt(world: World) -> tuple[Person, Reference]:
    """Let Anna have three references alike and one of somebody else."""
    anna = await world.person("Anna")
    for n in range(2):
        await world.learn(anna, 0.5 + 0.2 * n)
    return anna, await world.learn(anna, 0, 0, 1)


async def test_a_photo_of_somebody_else_is_doubted_once(world: World) -> None:
    """It is flagged with the site it was taken at; the others are not, and it stays in use."""
    anna, wrong = await in_doubt(world)
    assert await upkeep_of(world).tend_references() == 1
    [doubted] = [r for r in await used(world, anna) if r.doubted]
    assert doubted.id == wrong.id
    assert doubted.doubt
    assert (doubted.doubt.at, doubted.doubt.site_id) == (NOON, world.site.id)
    assert doubted.doubt.other_id is None
    world.now += timedelta(hours=1)
    await world.learn(anna, 0, 0.6)
    await upkeep_of(world).tend_references()
    again = await record(world, wrong.id)
    assert again.doubt
    assert again.doubt.at == NOON


async def test_whom_it_looks_like_is_noted(world: World) -> None:
    """Otto is recognised and nearer; a stranger as near would not be named."""
    stranger = await world.person()
    await world.learn(stranger, 0, 0, 0.999)
    otto = await world.person("Otto")
    await world.learn(otto, 0, 0, 0.99)
    _, wrong = await in_doubt(world)
    await upkeep_of(world).tend_references()
    doubt = (await record(world, wrong.id)).doubt
    assert doubt
    assert doubt.other_id == otto.id


async def test_a_doubt_ends_when_others_come_that_look_like_it(world: World) -> None:
    """Anna has dyed her hair: two more photos like the doubted one, and nobody is asked."""
    anna, odd = await in_doubt(world)
    await upkeep_of(world).tend_references()
    assert (await record(world, odd.id)).doubted
    for n in range(2):
        await world.learn(anna, 0.3 - 0.6 * n, 0, 0.8)
    await upkeep_of(world).tend_references()
    assert not (await record(world, odd.id)).doubted


class Door:
    """A camera at which Anna is seen, by embeddings made up, and a worker that learns."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.gallery = LiveGallery(store=world.store, model=MODEL, index=GalleryIndex(Gallery(64)))
        self.classifier = Classifier(
            store=world.store,
            gallery=self.gallery,
            answers=MadeUp(POLICY),
            visit_policy=VisitPolicy,
        )

    async def lease(self) -> Detection:
        """Return a crop that this worker has claimed."""
        entry = replace(
            self.world._detection(NOON, 0.5, MatchKind.STRANGER),
            status=DetectionStatus.NEW,
            face=None,
            match=None,
        )
        await self.world.store.detections.enter([entry])
        [leased] = await self.world.store.detections.claim(
            worker="w", now=NOON, until=NOON + timedelta(1), limit=1, max_attempts=1
        )
        await self.gallery.refresh()
        return leased

    async def see(self, embedding: Embedding, leased: Detection | None = None) -> Detection:
        """Return what became of a crop with this embedding."""
        analysis = Analysis(face=FACE, embedding=embedding)
        return await self.classifier.classify(leased or await self.lease(), analysis, NOON)


async def test_a_better_face_takes_the_place_of_the_least_useful(world: World) -> None:
    """Full, a face that adds much replaces the one that adds least; one that adds little does not.

    The image of the one that goes stays `kept` until its time is over.
    """
    anna = await world.person("Anna")
    fill = [await world.learn(anna, *at) for at in ((0.5,), (0, 0.5), (0, 0.8), (0, 0, 0.9))]
    door = Door(world)
    assert not (await door.see(turned(anna, 0.3, 0.3, 0.2))).kept
    learnt = await door.see(turned(anna, -0.7))
    assert learnt.kept
    kept = await used(world, anna)
    assert len(kept) == POLICY.max_references
    assert learnt.id in {r.detection_id for r in kept}
    [gone] = {r.id for r in fill} - {r.id for r in kept}
    retired = (await record(world, gone)).retired
    assert retired
    assert retired.reason is Retirement.TRIMMED
    assert gone not in {r.id for r in door.gallery.references(anna.id)}


async def test_two_workers_never_pass_the_cap(world: World) -> None:
    """All see room for one more face of Anna at the same moment; the cap holds."""
    anna = await world.person("Anna")
    for at in ((0.5,), (0, 0.5), (0, 0, 0.5)):
        await world.learn(anna, *at)
    doors = [Door(world) for _ in range(3)]
    leased = [await door.lease() for door in doors]
    faces = [turned(anna, *at) for at in ((-0.6,), (0, -0.6), (0, 0, -0.6))]
    seen = await asyncio.gather(
        *(door.see(face, crop) for door, face, crop in zip(doors, faces, leased, strict=True))
    )
    assert {d.person_id for d in seen} == {anna.id}
    assert len(await used(world, anna)) == POLICY.max_references
