"""Guests announced for a day: who may come, and who of them is still awaited.

That they have arrived is noticed in domain/arrivals.py. A day is that of the installation's zone;
a guest keeps when it begins and ends, so that nobody else has to know the zone.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from domain.arrivals import awaited, has_come
from domain.days import ENGLISH, read_day
from domain.errors import InvalidError, NotAllowedError, NotFoundError
from domain.ids import new_id
from domain.records import Account, Guest, Id, Visit
from domain.replies import clean_name
from domain.store import Records, Store

MOST_EXPECTED = 100
LONGEST_DAY = 3  # words
_ON = re.compile(r"(?P<name>.+)\s(?:on|am)\s+(?P<day>.+)", re.IGNORECASE)


def read_guest(text: str, *, today: date, language: str = ENGLISH) -> tuple[str, date]:
    """Return who is meant and when by "Bob on Friday", or by "Bob tomorrow".

    Raises InvalidError when a name or a day is missing.
    """
    if found := _ON.fullmatch(text.strip()):
        return clean_name(found["name"]), read_day(found["day"], today=today, language=language)
    words = text.split()
    for count in range(min(LONGEST_DAY, len(words) - 1), 0, -1):
        try:
            day = read_day(" ".join(words[-count:]), today=today, language=language)
        except InvalidError:
            continue
        return clean_name(" ".join(words[:-count])), day
    raise InvalidError("Please write who comes, and when: /expect Bob on Friday")


async def expect(
    store: Store,
    *,
    name: str,
    day: date,
    site_id: Id,
    account: Account,
    zone: tzinfo,
    now: datetime,
) -> Guest:
    """Announce somebody for a day; once, however often the same host says so.

    Raises InvalidError and NotAllowedError.
    """
    if not account.may_answer(site_id):
        raise NotAllowedError("You may not announce guests at this site.")
    if day < now.astimezone(zone).date():
        raise InvalidError("That day is over already.")
    guest = Guest(
        id=new_id(),
        name=clean_name(name),
        site_id=site_id,
        account_id=account.id,
        starts_at=_midnight(day, zone),
        ends_at=_midnight(day + timedelta(days=1), zone),
        created_at=now,
    )

    async def work(records: Records) -> Guest:
        there = await awaited(records, site_id, guest.starts_at)
        for other in there:
            if other.account_id == account.id and other.name.casefold() == guest.name.casefold():
                return other
        if len(there) >= MOST_EXPECTED:
            raise InvalidError("{n} guests at most can be expected a day.", n=MOST_EXPECTED)
        await records.guests.add(guest)
        return guest

    return await store.transact(work)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


async def cancel(store: Store, *, guest_id: Id, account: Account) -> Guest:
    """Expect somebody no more; return who it was. Raises NotFoundError and NotAllowedError."""

    async def work(records: Records) -> Guest:
        guest = await records.guests.get(guest_id)
        if guest is None or await has_come(records, guest):
            raise NotFoundError("This guest is not expected any more.")
        if account.id != guest.account_id and not account.may_answer(guest.site_id):
            raise NotAllowedError("This guest is somebody else's.")
        await records.guests.remove(guest.id)
        return guest

    return await store.transact(work)


async def coming(records: Records, site_ids: Sequence[Id] | None, now: datetime) -> list[Guest]:
    """Return who is still expected at these sites (None: all), the next first."""
    expected = await records.guests.coming(site_ids, now)
    return [guest for guest in expected if not await has_come(records, guest)]


async def unmet(records: Records, visit: Visit) -> list[Guest]:
    """Return the guests that somebody unknown may be: expected then and there, known to nobody.

    Each name once.
    """
    names: dict[str, Guest] = {}
    for guest in await awaited(records, visit.site_id, visit.opened_at):
        if not await records.persons.with_name(guest.name):
            names.setdefault(guest.name.casefold(), guest)
    return [*names.values()]
