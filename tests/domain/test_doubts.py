"""What managers say of photos in doubt is remembered, once, and can be taken back later."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.doubts import settle, view_doubts
from domain.errors import AlreadyDecidedError, InvalidError, NotAllowedError, NotFoundError
from domain.ids import new_id
from domain.records import Account, Decision, Doubt, Id, Reference, Retired, Retirement, Role
from tests.domain.test_gallery import gallery_of
from tests.domain.test_upkeep import in_doubt, record, upkeep_of, used
from tests.domain.world import NOON, World


async def doubted(world: World) -> Reference:
    """Let Anna have a photo that is in doubt."""
    _, wrong = await in_doubt(world)
    await upkeep_of(world).tend_references()
    return await record(world, wrong.id)


async def say(
    world: World, reference: Reference, *, theirs: bool, account: Account | None = None
) -> Decision:
    """Say whose photo it is, Maria unless somebody else does."""
    return await settle(
        world.store,
        reference_id=reference.id,
        theirs=theirs,
        account=account or world.maria,
        via="panel",
        now=NOON,
    )


async def test_it_is_her_and_is_never_doubted_again(world: World) -> None:
    """Vouched for, the photo stays in use and out of doubt, whatever comes; the journal says so."""
    wrong = await doubted(world)
    decision = await say(world, wrong, theirs=True)
    kept = await record(world, wrong.id)
    assert (kept.vouched, kept.doubted, kept.retired) == (True, False, None)
    anna = await world.someone(wrong.person_id)
    await world.learn(anna, 0, 0.6)
    assert await upkeep_of(world).tend_references() == 0
    assert not (await record(world, wrong.id)).doubted
    assert (decision.verb, decision.account_name, decision.person_id) == ("vouch", "Maria", anna.id)
    [change] = decision.changes
    assert (change.id, change.before["vouched"], change.after["vouched"]) == (wrong.id, False, True)


async def test_it_is_not_her_and_every_copy_drops_it(world: World) -> None:
    """Removed, no process finds her by it any more; the journal has all it takes to undo it."""
    wrong = await doubted(world)
    copies = [gallery_of(world), gallery_of(world)]
    for copy in copies:
        await copy.refresh()
        assert copy.candidates(wrong.embedding)[0].distance < 0.01
    await say(world, wrong, theirs=False)
    for copy in copies:
        await copy.refresh()
        assert all(c.distance > 0.5 for c in copy.candidates(wrong.embedding))
    assert (await record(world, wrong.id)).retired == Retired(at=NOON, reason=Retirement.REMOVED)
    [decision] = await world.store.decisions.of([wrong.person_id])
    [change] = decision.changes
    assert (decision.verb, decision.site_id) == ("remove", world.site.id)
    assert (change.collection, change.before["retired"]) == ("references", None)
    assert change.after["retired"]["reason"] == "removed"


async def test_a_removed_photo_can_come_back(world: World) -> None:
    """Taken back as a later undo will do it, the photo is found again by a copy that dropped it."""
    wrong = await doubted(world)
    live = gallery_of(world)
    await say(world, wrong, theirs=False)
    await live.refresh()
    version = await world.store.transact(lambda records: records.gallery.advance())
    await world.store.references.save(replace(wrong, retired=None, version=version))
    await live.refresh()
    assert live.candidates(wrong.embedding)[0].reference_id == wrong.id


async def test_what_is_said_goes_for_the_photo(world: World) -> None:
    """The same photo's reference of another model goes as well."""
    wrong = await doubted(world)
    anna = await world.someone(wrong.person_id)
    twin = await world.keep(anna, model="other", detection_id=wrong.detection_id)
    await world.keep(anna, model="other")
    await say(world, wrong, theirs=False)
    assert (await record(world, twin.id)).retired


async def test_the_first_answer_counts(world: World) -> None:
    """Of two at the same moment one is taken; the other is told who was quicker."""
    wrong = await doubted(world)
    said = await asyncio.gather(
        say(world, wrong, theirs=True),
        say(world, wrong, theirs=False, account=world.otto),
        return_exceptions=True,
    )
    [error] = [s for s in said if isinstance(s, AlreadyDecidedError)]
    [decision] = [s for s in said if isinstance(s, Decision)]
    assert error.decision
    assert error.decision.id == decision.id
    assert len(await world.store.decisions.of([wrong.person_id])) == 1


async def test_whoever_may_not_answer_changes_nothing(world: World) -> None:
    """Managers of other sites and viewers are refused; of a photo of no known site, all but admins.

    Photos that are not in doubt, or do not exist, are not there to be answered.
    """
    wrong = await doubted(world)
    elsewhere = replace(world.maria, site_ids=(new_id(),))
    viewer = replace(world.maria, role=Role.VIEWER)
    for account in (elsewhere, viewer):
        with pytest.raises(NotAllowedError):
            await say(world, wrong, theirs=False, account=account)
    nowhere = replace(wrong, doubt=Doubt(at=NOON, distance=0.9))
    await world.store.references.save(nowhere)
    with pytest.raises(NotAllowedError):
        await say(world, wrong, theirs=False)
    other, *_ = await used(world, await world.someone(wrong.person_id))
    for nothing in (other, replace(wrong, id=new_id())):
        with pytest.raises(NotFoundError):
            await say(world, nothing, theirs=False)
    assert await world.store.decisions.of([wrong.person_id]) == []
    await say(world, wrong, theirs=False, account=replace(viewer, role=Role.ADMIN))


async def test_nobody_loses_their_last_photo(world: World) -> None:
    """Somebody whose other photos are gone keeps this one."""
    wrong = await doubted(world)
    retired = Retired(at=NOON, reason=Retirement.TRIMMED)
    for other in await used(world, await world.someone(wrong.person_id)):
        if other.id != wrong.id:
            await world.store.references.save(replace(other, retired=retired))
    with pytest.raises(InvalidError, match="only photo by which Anna is recognised"):
        await say(world, wrong, theirs=False)
    assert (await record(world, wrong.id)).doubted


async def test_the_list_is_of_the_sites_and_the_newest_first(world: World) -> None:
    """Doubts are listed by the site of the photo until somebody answers."""
    first = await doubted(world)
    world.now += timedelta(hours=1)
    second = await doubted(world)

    async def listed(sites: list[Id] | None) -> list[Id]:
        return [r.id for r in await world.store.references.doubted(sites)]

    assert await listed(None) == await listed([world.site.id]) == [second.id, first.id]
    assert await listed([new_id()]) == []
    await say(world, first, theirs=True)
    await say(world, second, theirs=False)
    assert await listed(None) == []


async def test_what_is_shown_follows_merges(world: World) -> None:
    """A view names who the person turned out to be, whom else it looks like, and who answered."""
    otto = await world.person("Otto")
    await world.learn(otto, 0, 0, 0.99)
    wrong = await doubted(world)
    [view] = await view_doubts(world.store, [wrong])
    assert view.likely
    assert (view.person.name, view.likely.name, view.decision) == ("Anna", "Otto", None)
    decision = await say(world, wrong, theirs=True)
    [view] = await view_doubts(world.store, [await record(world, wrong.id)])
    assert view.decision
    assert view.decision.id == decision.id
