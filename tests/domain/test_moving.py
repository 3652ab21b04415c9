"""Photos of somebody else are moved to whom they show, with what hangs on them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.decisions import ItIs
from domain.errors import InvalidError, NotAllowedError, NotFoundError
from domain.moving import MOST, move_photos, plan, recognised_by
from domain.records import (
    Account,
    Detection,
    Id,
    Match,
    MatchKind,
    Person,
    QuestionStatus,
    Role,
)
from domain.replies import Outcome
from tests.domain.test_gallery import gallery_of
from tests.domain.world import GAP, Seen, World

SECOND = timedelta(seconds=1)


async def move(
    world: World,
    person: Person,
    *crops: Detection,
    to: Person | None = None,
    apart: bool = True,
    account: Account | None = None,
) -> Outcome:
    """Move crops of a person, Maria unless somebody else does."""
    return await move_photos(
        world.store,
        person_id=person.id,
        photos=[crop.id for crop in crops],
        target_id=to.id if to else None,
        apart=apart,
        account=account or world.maria,
        via="panel",
        now=world.now,
    )


async def mixed(world: World) -> tuple[Person, Person, list[Seen]]:
    """Let Anna come, and then a visit be hers of which some crops are Bob's; he is known."""
    anna, bob = await world.person("Anna"), await world.person("Bob")
    seen = [await world.see(anna)]
    world.now += 2 * GAP
    start = world.now
    seen += [await world.see(anna, at=start + n * SECOND, quality=0.5 + n / 10) for n in range(3)]
    wrong = seen[3].crop
    await world.learn(anna, 0.9, detection_id=wrong.id, image_key=wrong.image.key)
    return anna, bob, seen


async def visits(world: World, *people: Person) -> list[list[tuple[Any, ...]]]:
    """Return the visits of each: how many crops, from when to when, and the best crop's quality."""
    return [
        [
            (v.detections, v.opened_at, v.last_seen_at, v.best.quality)
            for v in await world.store.visits.of([person.id])
        ]
        for person in people
    ]


async def test_a_part_of_a_visit_becomes_one_of_its_own(world: World) -> None:
    """Bob has a visit of what was moved, with the reference; Anna's is what is left of it."""
    anna, bob, seen = await mixed(world)
    start = world.now
    before = await visits(world, anna, bob)
    outcome = await move(world, anna, seen[3].crop, to=bob)
    assert outcome.person.id == bob.id
    hers, his = await visits(world, anna, bob)
    assert his == [(1, start + 2 * SECOND, start + 2 * SECOND, 0.7)]
    assert hers == [(2, start, start + SECOND, 0.6), *before[0][1:]]
    crop = await world.store.detections.get(seen[3].crop.id)
    [visit] = await world.store.visits.of([bob.id])
    assert crop
    assert (crop.person_id, crop.visit_id) == (bob.id, visit.id)
    assert {r.detection_id for r in await world.store.references.of([bob.id])} >= {crop.id}
    await world.undo(outcome.decision)
    assert await visits(world, anna, bob) == before
    kept = await world.store.detections.get(crop.id)
    assert kept
    assert (kept.person_id, kept.visit_id) == (anna.id, seen[3].visit.id)
    assert len(await world.store.references.of([bob.id])) == 1


async def test_a_visit_of_which_all_is_moved_goes_along(world: World) -> None:
    """The visit itself is somebody new's; nobody is asked about it; undone, all is as it was."""
    anna = await world.person("Anna")
    seen = await world.see(maybe=[anna])
    await world.say(ItIs(anna.id), seen.question)
    outcome = await move(world, anna, seen.crop)
    visit = await world.store.visits.get(seen.visit.id)
    assert visit
    assert (visit.person_id, outcome.person.label) == (outcome.person.id, "Stranger 3")
    assert (await world.asked(visit)).status is QuestionStatus.WITHDRAWN
    undone = await world.undo(outcome.decision)
    assert undone.person.id == anna.id
    question = await world.asked(visit)
    assert question.status is QuestionStatus.ANSWERED
    assert (await world.someone(outcome.person.id)).merged_into == anna.id


async def test_that_they_are_two_is_remembered_if_said(world: World) -> None:
    """With it, recognition never takes one for the other; without it nothing is remembered."""
    anna, bob, seen = await mixed(world)
    live = gallery_of(world)
    await move(world, anna, seen[1].crop, to=bob, apart=False)
    await live.refresh()
    assert not live.rejected(anna.id, bob.id)
    said = await move(world, anna, seen[3].crop, to=bob)
    await live.refresh()
    assert live.rejected(anna.id, bob.id)
    assert {r.detection_id for r in live.references(bob.id)} >= {seen[3].crop.id}
    await world.undo(said.decision)
    await live.refresh()
    assert not live.rejected(anna.id, bob.id)


async def test_a_second_move_stands_when_the_first_is_undone(world: World) -> None:
    """What is left of a visit and went along with the second is parted again, and stays moved."""
    anna, bob, seen = await mixed(world)
    first = await move(world, anna, seen[1].crop, to=bob)
    await move(world, anna, seen[2].crop, seen[3].crop, to=bob)
    [_, left] = await visits(world, bob, anna)
    assert [n for n, *_ in left] == [1]
    await world.undo(first.decision)
    his, hers = await visits(world, bob, anna)
    assert ([n for n, *_ in his], [n for n, *_ in hers]) == ([2], [1, 1])
    crops = await world.store.detections.some([s.crop.id for s in seen])
    assert [crops[s.crop.id].person_id for s in seen] == [anna.id, anna.id, bob.id, bob.id]


async def test_the_plan_says_what_would_change(world: World) -> None:
    """Which visits go along or are parted, and how many photos are left to recognise by."""
    anna, _, seen = await mixed(world)
    chosen = [seen[0].crop.id, seen[3].crop.id]
    made = await plan(world.store, person_id=anna.id, photos=chosen, account=world.maria)
    assert [(s.visit.id, s.whole, s.left) for s in made.shares] == [
        (seen[0].visit.id, True, 0),
        (seen[3].visit.id, False, 2),
    ]
    assert ([r.detection_id for r in made.references], made.left) == ([seen[3].crop.id], 1)


async def test_what_was_recognised_by_them_is_found(world: World) -> None:
    """Later crops that were nearest to a reference that goes along, of the account's sites."""
    anna, _, seen = await mixed(world)
    made = await plan(world.store, person_id=anna.id, photos=[seen[3].crop.id], account=world.maria)
    world.now += 2 * GAP
    later = (await world.see(anna)).crop
    nearest = Match(kind=MatchKind.MATCH, distance=0.1, reference_id=made.references[0].id)
    await world.store.detections.save(replace(later, match=nearest))
    found = await recognised_by(world.store, made, world.maria)
    assert [crop.id for crop in found] == [later.id]
    assert not await recognised_by(world.store, made, replace(world.otto, site_ids=()))


async def test_what_cannot_be_moved_is_refused(world: World) -> None:
    """Nothing, too many, what is not hers, to herself, of another site, twice in one picture."""
    anna, bob, seen = await mixed(world)
    crop = seen[1].crop

    async def refused(error: type[Exception], *crops: Detection, **how: Any) -> None:
        with pytest.raises(error):
            await move(world, anna, *crops, **how)

    await refused(InvalidError)
    await refused(InvalidError, *[replace(crop, id=Id(f"{n:024x}")) for n in range(MOST + 1)])
    await refused(NotFoundError, (await world.see(bob)).crop)
    await refused(InvalidError, crop, to=anna)
    await refused(NotFoundError, crop, account=replace(world.otto, site_ids=()))
    await refused(NotAllowedError, crop, account=replace(world.otto, role=Role.VIEWER))
    his = (await world.see(bob)).crop
    for one in (his, crop):
        kept = await world.store.detections.get(one.id)
        assert kept
        await world.store.detections.save(replace(kept, frame="one"))
    await refused(InvalidError, crop, to=bob)
    there = await world.store.detections.get(crop.id)
    assert there
    assert there.person_id == anna.id
