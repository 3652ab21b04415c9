"""Forgetting on the command line: what would go is said first, by name or by number."""

import pytest

from domain.errors import InvalidError, NotFoundError
from domain.ids import new_id
from domain.records import Person, PersonStatus
from domain.store import Records
from storage.images import ImageStore
from storage.store import MongoStore
from usher.erasure import erase
from usher.parts import Parts, now


async def _person(store: MongoStore, name: str | None) -> Person:
    async def work(records: Records) -> Person:
        made = Person(
            id=new_id(),
            number=await records.persons.next_number(),
            status=PersonStatus.KNOWN if name else PersonStatus.UNKNOWN,
            created_at=now(),
            version=await records.gallery.advance(),
            name=name,
        )
        await records.persons.add(made)
        return made

    return await store.transact(work)


@pytest.fixture
def parts(store: MongoStore, images: ImageStore) -> Parts:
    """A database and an image store."""
    return Parts(store=store, images=images)


async def test_what_would_go_is_said_before(parts: Parts) -> None:
    """Nothing is erased without yes; with it the person is gone."""
    anna = await _person(parts.store, "Anna")
    told = await erase(parts, "anna", yes=False)
    assert told.startswith("Anna, 0 photos and 0 visits would be erased.")
    assert await parts.store.persons.canonical(anna.id)
    assert await erase(parts, "anna", yes=True) == "Anna, 0 photos and 0 visits are erased."
    assert await parts.store.persons.canonical(anna.id) is None
    with pytest.raises(NotFoundError):
        await erase(parts, "anna", yes=True)


async def test_several_of_one_name_are_told_apart_by_number(parts: Parts) -> None:
    """The sentence lists the numbers; a number means one of them, as it does a stranger."""
    first, second = await _person(parts.store, "Anna"), await _person(parts.store, "Anna")
    stranger = await _person(parts.store, None)
    with pytest.raises(InvalidError, match=f"one of {first.number}, {second.number}"):
        await erase(parts, "Anna", yes=True)
    await erase(parts, str(second.number), yes=True)
    await erase(parts, stranger.label, yes=True)
    assert await parts.store.persons.canonical(first.id)
    assert await parts.store.persons.canonical(second.id) is None
    assert await parts.store.persons.canonical(stranger.id) is None
