"""Photos are judged, added as one decision, and taken back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain import drafts
from domain.enrolling import Enrolled, Whom, enrol
from domain.errand_photos import add_photo
from domain.errands import begin
from domain.errors import InvalidError, NameTakenError, NotAllowedError, NotFoundError
from domain.forgetting import forget
from domain.ids import new_id
from domain.intake import ImageFacts
from domain.looking import Look, Looked, Near
from domain.policy import MatchPolicy
from domain.records import Draft, Embedding, ErrandKind, Face, Id, MatchKind, Person, PersonStatus
from domain.replies import Name
from domain.reviewing import (
    Asked,
    Doubled,
    Elsewhere,
    Good,
    LooksLike,
    Refused,
    Reviewed,
    Several,
    Unlike,
    review,
)
from storage.images import ImageStore
from tests.domain.world import MODEL, NOON, World, turned

FACTS = ImageFacts(media_type="image/jpeg", width=100, height=100)
POLICY = MatchPolicy(match=0.3, unsure=0.5, hint=0.6)
FACE = Face(box=(1, 2, 30, 40), landmarks=(), score=1, quality=0.8, roll=0, yaw=0, pitch=0, count=1)


def face(embedding: Embedding, *near: Near, **more: Any) -> Looked:
    """Return a face with who is near it."""
    kind = MatchKind.MATCH if near else MatchKind.STRANGER
    values = {"reasons": (), "kind": kind, **more}
    return Looked(face=FACE, embedding=embedding, near=near, **values)


def direction(number: int) -> Embedding:
    """Return the embedding of somebody nobody knows."""
    nobody = Person(
        id=new_id(), number=number, status=PersonStatus.UNKNOWN, created_at=NOON, version=0
    )
    return turned(nobody)


async def given(world: World, images: ImageStore, *faces: Looked) -> Draft:
    """Let Maria give a photo with these faces."""
    return await drafts.keep(
        world.store,
        images,
        look=Look(faces=faces, facts=FACTS, model=MODEL, policy=POLICY),
        picture=b"photo of " + new_id().encode(),
        name="me.jpg",
        account=world.maria,
        now=world.now,
    )


async def judged(
    world: World, *asked: Draft | Asked, person_id: Id | None = None
) -> list[Reviewed]:
    """Have drafts judged for Maria."""
    return await review(
        world.store,
        asked=[one if isinstance(one, Asked) else Asked(draft_id=one.id) for one in asked],
        person_id=person_id,
        account=world.maria,
        now=world.now,
    )


async def saved(world: World, images: ImageStore, *asked: Draft | Asked, **whom: Any) -> Enrolled:
    """Add those that are good to somebody: Zoe, unless said otherwise."""
    reviewed = await judged(world, *asked, person_id=whom.get("person_id"))
    return await enrol(
        world.store,
        images,
        chosen=[one.chosen for one in reviewed if one.chosen],
        whom=Whom(**{"site_id": world.site.id, "name": "Zoe", **whom}),
        account=world.maria,
        via="panel",
        now=world.now,
    )


async def holds(images: ImageStore, key: str) -> bool:
    """Tell whether a picture is kept."""
    try:
        return bool(await images.get(key))
    except KeyError:
        return False


async def test_photos_are_judged_one_after_the_other(world: World, images: ImageStore) -> None:
    """No face, a poor one, a good one, the same again, and somebody else."""
    zoe = direction(40)
    shown = [
        await given(world, images),
        await given(world, images, face(zoe, reasons=("blurred",))),
        await given(world, images, face(zoe)),
        await given(world, images, face(zoe)),
        await given(world, images, face(direction(41))),
    ]
    kinds = [type(one.judgement) for one in await judged(world, *shown)]
    assert kinds == [Refused, Refused, Good, Doubled, Unlike]


async def test_which_of_several_is_asked_unless_it_is_clear(
    world: World, images: ImageStore
) -> None:
    """Two good faces are a question; one poor beside a good one is none, nor one who is known."""
    zoe, other = face(direction(40)), face(direction(41))
    two = await given(world, images, replace(zoe, reasons=("several_faces",)), other)
    poor = await given(world, images, replace(other, reasons=("too_small",)), zoe)
    several, clear = await judged(world, two, poor)
    assert several.judgement == Several((0, 1))
    assert (several.open, several.chosen, clear.face) == (True, None, 1)
    [chosen] = await judged(world, Asked(draft_id=two.id, face=1))
    assert isinstance(chosen.judgement, Good)
    _, found = await judged(world, await given(world, images, zoe), two)
    assert (found.face, type(found.judgement)) == (0, Doubled)


async def test_who_is_known_already_is_said_before(world: World, images: ImageStore) -> None:
    """It looks like Anna: unless it is her the photos go to, or somebody said it is not."""
    anna = await world.person("Anna")
    await world.see(anna)
    near = Near(person=anna, distance=0.1, confidence=0.97)
    shown = await given(world, images, face(turned(anna, 0.3), near))
    [asked] = await judged(world, shown)
    assert isinstance(asked.judgement, LooksLike)
    assert (asked.open, asked.judgement.near.person.id) == (True, anna.id)
    [hers] = await judged(world, shown, person_id=anna.id)
    assert isinstance(hers.judgement, Doubled)
    [apart] = await judged(world, Asked(draft_id=shown.id, apart=(anna.id,)))
    assert isinstance(apart.judgement, Good)


async def test_nobody_learns_of_people_of_other_sites(world: World, images: ImageStore) -> None:
    """Somebody never seen at the account's sites is not named."""
    anna = await world.person("Anna")
    near = Near(person=anna, distance=0.1, confidence=0.97)
    [one] = await judged(world, await given(world, images, face(turned(anna), near)))
    assert isinstance(one.judgement, Elsewhere)


async def test_a_set_is_one_decision(world: World, images: ImageStore) -> None:
    """Person, references, log and journal; the drafts are gone, the pictures theirs."""
    anna = await world.person("Anna")
    await world.see(anna)
    near = Near(person=anna, distance=0.1, confidence=0.97)
    first = await given(world, images, face(direction(40)))
    second = await given(world, images, face(turned(anna, 0.3), near))
    chosen = Asked(draft_id=second.id, apart=(anna.id,))
    [_, other] = await judged(world, first, chosen)
    assert isinstance(other.judgement, Unlike)
    made = await saved(world, images, first, apart=(anna.id,))
    person = await world.someone(made.person.id)
    assert (person.name, person.status, person.site_ids) == (
        "Zoe",
        PersonStatus.KNOWN,
        (world.site.id,),
    )
    [reference] = await world.store.references.of([person.id])
    assert person.cover == reference.image_key
    assert await holds(images, reference.image_key)
    log = await world.store.detections.get(reference.detection_id)
    assert log
    assert (log.person_id, log.kept) == (person.id, True)
    assert (made.decision.verb, made.decision.site_id) == ("add", world.site.id)
    [apart] = await world.store.rejections.of([person.id])
    assert apart.other_id == anna.id
    assert await world.store.drafts.get(first.id) is None
    assert not await holds(images, first.image.key)
    with pytest.raises(InvalidError):
        await saved(world, images, first)


async def test_the_same_name_is_asked_about(world: World, images: ImageStore) -> None:
    """Another Zoe is meant, or nothing is saved."""
    await world.person("Zoe")
    shown = await given(world, images, face(direction(40)))
    with pytest.raises(NameTakenError):
        await saved(world, images, shown)
    made = await saved(world, images, shown, another=True)
    assert len(await world.store.persons.with_name("zoe")) == 2
    assert made.person.name == "Zoe"


async def test_only_those_who_answer_for_the_site_add(world: World, images: ImageStore) -> None:
    """Maria adds nobody at another site."""
    shown = await given(world, images, face(direction(40)))
    with pytest.raises(NotAllowedError):
        await saved(world, images, shown, site_id=new_id())
    assert await world.store.persons.with_name("Zoe") == []


async def test_a_draft_is_its_owners_for_an_hour(world: World, images: ImageStore) -> None:
    """Otto has none of it, and neither has Maria later."""
    shown = await given(world, images, face(direction(40)))
    with pytest.raises(NotFoundError):
        await drafts.kept(world.store, draft_id=shown.id, account=world.otto, now=world.now)
    later = world.now + timedelta(minutes=61)
    with pytest.raises(NotFoundError):
        await drafts.kept(world.store, draft_id=shown.id, account=world.maria, now=later)


async def test_only_so_many_drafts_are_kept(
    world: World, images: ImageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest make way, pictures and all."""
    monkeypatch.setattr(drafts, "MOST", 2)
    shown = [await given(world, images, face(direction(n))) for n in range(3)]
    assert {d.id for d in await world.store.drafts.of(world.maria.id)} == {d.id for d in shown[1:]}
    assert [await holds(images, d.image.key) for d in shown] == [False, True, True]


async def test_undone_nobody_is_left(world: World, images: ImageStore) -> None:
    """Who was made by it is forgotten, with name, faces and place in lists; it says so."""
    made = await saved(world, images, await given(world, images, face(direction(40))))
    undone = await world.undo(made.decision)
    assert undone.person.forgotten_at
    left = await world.someone(made.person.id)
    assert (left.name, left.cover, left.forgotten_at) == (None, None, world.now)
    assert await world.store.persons.canonical(made.person.id) is None
    assert await world.store.references.of([made.person.id]) == []
    [noted] = await world.store.decisions.of([made.person.id])
    assert (noted.verb, noted.name, noted.changes) == ("add", None, ())
    assert noted.undone
    with pytest.raises(InvalidError):
        await world.undo(noted)


async def test_photos_of_an_errand_are_one_decision(world: World, images: ImageStore) -> None:
    """Each is added as it comes; undone, all of them and whom they made are gone."""
    errand = await begin(
        world.store,
        world.maria,
        ErrandKind.ADD,
        chat_id=1,
        now=world.now,
        name="Zoe",
        site_id=world.site.id,
    )
    first, last = [
        await add_photo(
            world.store,
            images,
            errand_id=errand.id,
            look=Look(faces=(shown,), facts=FACTS, model=MODEL, policy=POLICY),
            face=shown,
            picture=b"photo",
            account=world.maria,
            via="chat",
            now=world.now,
        )
        for shown in (face(direction(40)), face(direction(41)))
    ]
    assert (first.errand.taken, last.errand.taken) == (1, 2)
    [decision] = await world.store.decisions.of([last.person.id])
    assert len([c for c in decision.changes if c.collection == "references"]) == 2
    undone = await world.undo(decision)
    assert undone.person.forgotten_at
    assert await world.store.references.of([last.person.id]) == []


async def test_undone_others_lose_only_the_photos(world: World, images: ImageStore) -> None:
    """Anna stays, recognised by what she was before, and shown by her old picture."""
    anna = await world.person("Anna")
    shown = await given(world, images, face(turned(anna, 0.6)))
    made = await saved(world, images, shown, person_id=anna.id)
    added, theirs = await _in_use(world, anna)
    assert (len(added), len(theirs)) == (1, 1)
    undone = await world.undo(made.decision)
    assert (undone.person.id, undone.person.forgotten_at) == (anna.id, None)
    assert await _in_use(world, anna) == ([], theirs)
    assert await world.store.detections.get(added[0]) is None


async def _in_use(world: World, person: Person) -> tuple[list[Id], list[Id]]:
    """Return the detections of what somebody is recognised by: photos in the log, and others."""
    found = [r for r in await world.store.references.of([person.id]) if r.retired is None]
    log = await world.store.detections.some([r.detection_id for r in found])
    ids = [r.detection_id for r in found]
    return [id_ for id_ in ids if id_ in log], [id_ for id_ in ids if id_ not in log]


async def test_who_was_seen_since_stays(world: World, images: ImageStore) -> None:
    """A camera has met them: the name stays with the visit, the photos go."""
    made = await saved(world, images, await given(world, images, face(direction(40))))
    await world.see(made.person)
    undone = await world.undo(made.decision)
    assert (undone.person.id, undone.person.forgotten_at) == (made.person.id, None)
    assert (await world.someone(made.person.id)).name == "Zoe"
    [reference] = await world.store.references.of([made.person.id])
    assert reference.retired


async def test_a_new_name_goes_with_whom_it_was_given(world: World, images: ImageStore) -> None:
    """Somebody added by mistake and renamed since is gone as well; the renaming too."""
    made = await saved(world, images, await given(world, images, face(direction(40))))
    await world.decide(Name("Zora"), made.person)
    await world.undo(made.decision)
    assert await world.store.persons.with_name("Zora") == []
    assert [d.verb for d in await world.store.decisions.of([made.person.id])] == ["add"]


async def test_forgetting_somebody_forgets_photos_that_look_like_them(
    world: World, images: ImageStore
) -> None:
    """A draft near Anna goes with her, picture and all."""
    anna = await world.person("Anna")
    near = Near(person=anna, distance=0.1, confidence=0.97)
    shown = await given(world, images, face(turned(anna), near))
    await forget(
        world.store,
        images,
        person_id=anna.id,
        account=None,
        account_name="test",
        via="test",
        now=world.now,
    )
    assert await world.store.drafts.get(shown.id) is None
    assert not await holds(images, shown.image.key)
