"""Forgetting somebody: nothing about them is left anywhere, and nobody else loses anything."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from bson import BSON

from domain.attention import set_alerts
from domain.decisions import Block, Dismiss, IsNot, ItIs, Name, decide
from domain.errors import NotAllowedError, NotFoundError, StaleError
from domain.forgetting import forget, forget_overdue, sweep, traces
from domain.gallery import LiveGallery
from domain.guests import expect
from domain.ids import new_id
from domain.records import (
    Account,
    Alerts,
    Door,
    Grant,
    GrantStatus,
    Id,
    Person,
    PersonStatus,
    Role,
    Site,
)
from domain.webhooks import new_webhook_secret
from recognition.gallery import Gallery
from storage.images import ImageStore
from storage.store import MongoStore
from tests.domain.world import MODEL, World
from usher.recogniser import GalleryIndex

WORD = "Anna-whom-nobody-shall-know"


async def _forget(world: World, images: ImageStore, person: Person, by: Account) -> None:
    await forget(
        world.store,
        images,
        person_id=person.id,
        account=by,
        account_name=by.name,
        via="test",
        now=world.now,
    )


async def _everything(store: MongoStore) -> dict[str, list[bytes]]:
    """Return every document of every collection, as bytes."""
    names = await store._database.list_collection_names()
    found: dict[str, list[bytes]] = {}
    for name in names:
        documents = await store._database[name].find({}).to_list(None)
        found[name] = [BSON.encode(document) for document in documents]
    return found


async def _mentions(store: MongoStore, ids: Sequence[Id]) -> list[str]:
    """Return the collections in which an id or the name still stands."""
    wanted = [
        WORD.encode(),
        WORD.upper().encode(),
        *(bytes.fromhex(id_) for id_ in ids),
        *(id_.encode() for id_ in ids),
    ]
    everything = await _everything(store)
    return sorted(
        name
        for name, documents in everything.items()
        if any(word in document for word in wanted for document in documents)
    )


async def _famous(world: World, images: ImageStore) -> tuple[Person, Person, list[Id]]:
    """Make Anna, with another merged into her, visits, questions, a rejection and a journal.

    Return her, somebody who looks like her, and the ids of all that is hers.
    """
    met = await world.see()
    await world.say(Name(WORD), met.question)
    anna = met.person
    again = await world.see(maybe=[anna])
    await world.say(ItIs(anna.id), again.question)
    await world.see(await world.someone(anna.id))
    other = await world.see(maybe=[anna])
    await world.say(IsNot(anna.id), other.question)
    bob = await world.see(maybe=[anna])
    await world.say(Dismiss(), bob.question)
    await decide(
        world.store,
        person_id=anna.id,
        answer=Block(),
        account=world.maria,
        via="test",
        now=world.now,
    )
    await _known_everywhere(world, anna)
    members = [anna.id, again.person.id]
    references = await world.store.references.of(members)
    for reference in references:
        await images.put(f"crops/{reference.id}.jpg", b"a face")
        await world.store.references.save(replace(reference, image_key=f"crops/{reference.id}.jpg"))
    visits = await world.store.visits.of(members)
    return anna, other.person, [*(r.id for r in references), *(v.id for v in visits)]


async def _known_everywhere(world: World, person: Person) -> None:
    """Let Maria be told of somebody, a door open for them, and announce them as a guest."""
    await set_alerts(
        world.store, account_id=world.maria.id, alerts=Alerts(people=(person.id,)), now=world.now
    )
    await expect(
        world.store,
        name=WORD.upper(),
        day=world.now.date(),
        site_id=world.site.id,
        account=world.maria,
        zone=UTC,
        now=world.now,
    )
    door = Door(
        id=new_id(),
        site_id=world.site.id,
        name="Gate",
        url="https://door.example/",
        secret=new_webhook_secret(),
        created_at=world.now,
        person_ids=(person.id,),
    )
    grant = Grant(
        id=new_id(),
        door_id=door.id,
        site_id=world.site.id,
        status=GrantStatus.DELIVERED,
        at=world.now,
        expires_at=world.now,
        due_at=world.now,
        person_id=person.id,
    )
    await world.store.doors.add(door)
    await world.store.grants.add(grant)


@pytest.fixture
def admin(world: World) -> Account:
    """Somebody who answers for every site."""
    return replace(world.otto, role=Role.ADMIN, site_ids=())


async def test_nothing_is_left(world: World, images: ImageStore, admin: Account) -> None:
    """The name stands nowhere, her records nowhere; her ids in the tombstones, and the journal."""
    anna, other, ids = await _famous(world, images)
    assert await _mentions(world.store, ids)
    await _forget(world, images, anna, admin)
    assert await _mentions(world.store, ids) == ["outbox"]
    where = await _mentions(world.store, [anna.id])
    assert set(where) <= {"decisions", "persons"}
    [told] = await world.store.decisions.of([anna.id])
    assert (told.verb, told.name, told.changes) == ("forget", None, ())
    assert (await world.someone(other.id)).status is PersonStatus.UNKNOWN
    left = await world.someone(anna.id)
    assert (left.name, left.cover, left.maybe, left.status) == (
        None,
        None,
        (),
        PersonStatus.DISMISSED,
    )


async def test_the_pictures_are_gone(world: World, images: ImageStore, admin: Account) -> None:
    """No picture of a reference can be fetched any more."""
    anna, _, _ = await _famous(world, images)
    keys = [r.image_key for r in await world.store.references.of([anna.id])]
    assert await images.get(keys[0])
    await _forget(world, images, anna, admin)
    for key in keys:
        with pytest.raises(KeyError):
            await images.get(key)


async def test_galleries_drop_the_embeddings(
    world: World, images: ImageStore, admin: Account
) -> None:
    """A copy that knew her finds somebody else, or nobody, as does one that is made anew."""
    anna = await world.person(WORD)
    bob = await world.person("Bob")
    [face] = await world.store.references.of([anna.id])

    def gallery() -> LiveGallery:
        return LiveGallery(
            store=world.store, model=MODEL, index=GalleryIndex(Gallery(64, threads=1))
        )

    knowing = gallery()
    await knowing.refresh()
    assert knowing.candidates(face.embedding)[0].person_id == anna.id
    await _forget(world, images, anna, admin)
    await knowing.refresh()
    fresh = gallery()
    await fresh.refresh()
    for copy in (knowing, fresh):
        assert {c.person_id for c in copy.candidates(face.embedding)} == {bob.id}
        assert (copy.size, copy.kept) == (1, 1)


async def test_nobody_can_bring_them_back(world: World, images: ImageStore, admin: Account) -> None:
    """No name, no merge, no list and no page finds who was forgotten."""
    anna = await world.person(WORD)
    stranger = await world.see()
    await _forget(world, images, anna, admin)
    assert await world.store.persons.canonical(anna.id) is None
    assert not await world.store.persons.with_name(WORD)
    assert anna.id not in {p.id for p in await world.store.persons.page()}
    with pytest.raises(NotFoundError):
        await world.say(ItIs(anna.id), stranger.question)
    with pytest.raises(NotFoundError):
        await _forget(world, images, anna, admin)


async def test_a_worker_that_knew_them_looks_again(
    world: World, images: ImageStore, admin: Account
) -> None:
    """A visit of somebody forgotten meanwhile cannot be opened."""
    anna = await world.person(WORD)
    await _forget(world, images, anna, admin)
    with pytest.raises(StaleError):
        await world.see(anna)


async def test_what_came_meanwhile_is_swept_up(
    world: World, images: ImageStore, admin: Account
) -> None:
    """A crop written as of her at the last moment is erased by the job."""
    anna = await world.person(WORD)
    await _forget(world, images, anna, admin)
    late = world._detection(world.now, 0.5, None)  # type: ignore[arg-type]
    await world.store.detections.add(replace(late, person_id=anna.id, match=None))
    assert await sweep(world.store, images, since=world.now) == 1
    assert await sweep(world.store, images, since=world.now) == 0
    assert await world.store.detections.get(late.id) is None


async def test_the_cards_are_touched_to_be_withdrawn(
    world: World, images: ImageStore, admin: Account
) -> None:
    """Every card of her visits has something new to show: that there is nothing."""
    seen = await world.see()
    before = await world.cards(seen.visit)
    await _forget(world, images, seen.person, admin)
    after = await world.cards(seen.visit)
    assert before
    assert [c.revision for c in after] == [c.revision + 1 for c in before]


async def test_who_answers_for_some_of_the_sites_may_not(
    world: World, images: ImageStore, admin: Account
) -> None:
    """Maria may forget whom her site alone has seen; a viewer nobody."""
    annex = Site(id=new_id(), name="Annex", created_at=world.now)
    await world.store.sites.add(annex)
    seen = await world.see()
    visit = replace(seen.visit, id=new_id(), site_id=annex.id)
    viewer = replace(world.maria, role=Role.VIEWER)
    with pytest.raises(NotAllowedError):
        await _forget(world, images, seen.person, viewer)
    await world.store.visits.add(visit)
    with pytest.raises(NotAllowedError):
        await _forget(world, images, seen.person, world.maria)
    assert (await traces(world.store, person_id=seen.person.id, account=admin)).visits == 2
    await world.store.visits.erase([visit.id])
    await _forget(world, images, seen.person, world.maria)
    assert await world.store.persons.canonical(seen.person.id) is None


async def test_whose_time_is_over_is_forgotten(world: World, images: ImageStore) -> None:
    """Everybody who was to be kept until now, whoever has since been merged into them included.

    The journal says that Usher did it, and why; whoever has time left stays.
    """
    anna, bea, cora = [await world.person(name) for name in (WORD, "Bea", "Cora")]
    for person, until in ((anna, world.now), (bea, world.now + timedelta(seconds=1))):
        await world.store.persons.save(replace(person, keep_until=until))
    stranger = await world.see(maybe=[anna])
    await world.decide(ItIs(anna.id), stranger.person)
    assert await forget_overdue(world.store, images, now=world.now) == 1
    assert await _mentions(world.store, []) == []
    assert await world.store.persons.canonical(anna.id) is None
    [said] = await world.store.decisions.of([anna.id])
    assert (said.verb, said.account_id, said.via) == ("forget", None, "retention")
    assert {p.id for p in await world.store.persons.page()} == {bea.id, cora.id}
    assert await forget_overdue(world.store, images, now=world.now) == 0
