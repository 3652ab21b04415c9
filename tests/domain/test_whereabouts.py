"""When somebody was seen last, and where, is kept with them as visits, merges and undo go on."""

from dataclasses import replace
from datetime import timedelta

from domain.decisions import IsNot, ItIs, Name, not_them
from domain.ids import new_id
from domain.records import Account, Camera, Id, Role, Site
from domain.store import Whereabouts
from domain.whereabouts import NOWHERE, end_visits
from tests.domain.world import GAP, NOON, World

MINUTE = timedelta(minutes=1)


async def where(world: World, id_: Id) -> Whereabouts:
    """Return what is kept of somebody's whereabouts."""
    person = await world.someone(id_)
    return Whereabouts(last_seen_at=person.last_seen_at, site_ids=person.site_ids)


async def elsewhere(world: World) -> None:
    """Let the world's camera be at another site from now on."""
    world.site = Site(id=new_id(), name="Annex", created_at=NOON)
    await world.store.sites.add(world.site)
    world.camera = Camera(
        id=new_id(), site_id=world.site.id, name="Gate", key_hash=new_id(), created_at=NOON
    )
    await world.store.cameras.add(world.camera)


async def admin(world: World) -> Account:
    """Return somebody who answers for every site."""
    return replace(world.maria, role=Role.ADMIN)


async def test_a_visit_tells_when_it_begins_and_when_it_is_over(world: World) -> None:
    """Crops in between change nothing of the person, so that nobody waits for each other."""
    main = world.site.id
    seen = await world.see()
    assert await where(world, seen.person.id) == Whereabouts(last_seen_at=NOON, site_ids=(main,))
    world.now += 5 * MINUTE
    await world.see(seen.person)
    assert await where(world, seen.person.id) == Whereabouts(last_seen_at=NOON, site_ids=(main,))
    assert await end_visits(world.store, NOON + GAP) == 1
    over = Whereabouts(last_seen_at=NOON + 5 * MINUTE, site_ids=(main,))
    assert await where(world, seen.person.id) == over
    assert await end_visits(world.store, NOON + GAP) == 0


async def test_a_visit_that_makes_way_for_the_next_tells_too(world: World) -> None:
    """Who comes again before the last visit was closed was seen last now, at both sites."""
    main = world.site.id
    seen = await world.see()
    await elsewhere(world)
    world.now += 2 * GAP
    await world.see(seen.person)
    now = Whereabouts(last_seen_at=world.now, site_ids=tuple(sorted((main, world.site.id))))
    assert await where(world, seen.person.id) == now


async def test_what_is_sent_late_does_not_turn_back_the_clock(world: World) -> None:
    """A visit of yesterday adds its site, and leaves when somebody was seen last."""
    main = world.site.id
    seen = await world.see()
    await elsewhere(world)
    await world.see(seen.person, at=NOON - timedelta(days=1))
    kept = Whereabouts(last_seen_at=NOON, site_ids=tuple(sorted((main, world.site.id))))
    assert await where(world, seen.person.id) == kept


async def test_who_is_merged_takes_their_visits_along_and_back(world: World) -> None:
    """Both have been where either was; undone, each where they were themselves."""
    main = world.site.id
    anna = await world.see(await world.person("Anna"))
    await elsewhere(world)
    world.now += MINUTE
    stranger = await world.see(maybe=[anna.person])
    before = [await where(world, one.person.id) for one in (anna, stranger)]
    merged = await world.decide(ItIs(anna.person.id), stranger.person, await admin(world))
    both = Whereabouts(last_seen_at=world.now, site_ids=tuple(sorted((main, world.site.id))))
    assert await where(world, anna.person.id) == both
    assert await where(world, stranger.person.id) == NOWHERE
    await world.undo(merged.decision, await admin(world))
    assert [await where(world, one.person.id) for one in (anna, stranger)] == before


async def test_a_crop_of_somebody_merged_counts_for_who_they_are(world: World) -> None:
    """A worker that has not heard of the merge yet notes it of the right person all the same."""
    anna = await world.see(await world.person("Anna"))
    stranger = await world.see(maybe=[anna.person])
    await world.say(ItIs(anna.person.id), stranger.question)
    world.now += 2 * GAP
    await world.see(stranger.person)
    assert (await where(world, anna.person.id)).last_seen_at == world.now
    assert await where(world, stranger.person.id) == NOWHERE


async def test_a_visit_split_off_goes_with_whom_it_was_of(world: World) -> None:
    """Who was taken for Anna was here last, Anna was not; undone, she was."""
    anna = await world.see(await world.person("Anna"))
    world.now += 2 * GAP
    wrong = await world.see(anna.person)
    made = await not_them(
        world.store, visit_id=wrong.visit.id, account=world.maria, via="chat", now=world.now
    )
    assert (await where(world, anna.person.id)).last_seen_at == NOON
    assert (await where(world, made.person.id)).last_seen_at == world.now
    await world.undo(made.decision)
    assert (await where(world, anna.person.id)).last_seen_at == world.now
    assert await where(world, made.person.id) == NOWHERE


async def test_whereabouts_are_in_no_journal(world: World) -> None:
    """They follow from the visits: what decisions note is what somebody said."""
    anna = await world.person("Anna")
    seen = await world.see(maybe=[anna])
    await world.say(IsNot(anna.id), seen.question)
    named = await world.say(Name("Bea"), seen.question)
    noted = {name for change in named.decision.changes for name in change.after}
    assert not noted & {"last_seen_at", "site_ids"}


async def test_who_has_only_photos_has_their_site(world: World) -> None:
    """Somebody with a photo of no visit is of the site it was added for, and never came."""
    anna = await world.person("Anna")
    await world.keep(anna)
    stranger = await world.see()
    await world.decide(ItIs(anna.id), stranger.person)
    await world.store.visits.erase([stranger.visit.id])
    undone = [d for d in await world.store.decisions.of([anna.id]) if d.verb == "merge"]
    await world.undo(undone[0])
    assert await where(world, anna.id) == Whereabouts(site_ids=(world.site.id,))
