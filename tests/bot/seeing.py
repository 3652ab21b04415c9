"""Pictures of real people, and people known by them."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from domain.errand_photos import add_photo
from domain.errands import begin
from domain.judgements import Good, judge_photo
from domain.records import ErrandKind, Person, PersonStatus
from domain.store import Records
from tests.bot.house import House, now


@dataclass(frozen=True)
class Album:
    """Pictures of somebody in a folder of faces."""

    folder: Path

    @property
    def numbers(self) -> list[int]:
        """The numbers of the pictures there are."""
        return sorted(int(path.stem[-4:]) for path in self.folder.glob("*.jpg"))

    def photo(self, number: int) -> bytes:
        """Return a picture by its number."""
        return (self.folder / f"{self.folder.name}_{number:04}.jpg").read_bytes()


async def known(
    house: House, name: str | None, picture: bytes, *, seen_at: datetime | None = None
) -> Person:
    """Let somebody be known by a picture; without a name a stranger. They were seen, if so said."""
    assert house.eyes
    maria = await house.store.accounts.named("Maria")
    assert maria
    errand = await begin(
        house.store,
        maria,
        ErrandKind.ADD,
        chat_id=1,
        now=now(),
        name=name or "?",
        site_id=house.site.id,
    )
    look = await house.eyes.look(picture)
    judged = judge_photo(look, person_id=None, theirs=[], told_apart=True)
    assert isinstance(judged, Good), judged
    added = await add_photo(
        house.store,
        house.images,
        errand_id=errand.id,
        look=look,
        face=judged.face,
        picture=picture,
        account=maria,
        via="test",
        now=now(),
    )
    await house.store.errands.end(maria.id)
    person = added.person if name else await _nameless(house, added.person)
    if seen_at:
        await house.seen(person, at=seen_at)
    return person


async def _nameless(house: House, person: Person) -> Person:
    async def work(records: Records) -> Person:
        version = await records.gallery.advance()
        stranger = replace(person, name=None, status=PersonStatus.UNKNOWN, version=version)
        await records.persons.save(stranger)
        return stranger

    return await house.store.transact(work)
