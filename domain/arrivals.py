"""Somebody awaited has arrived: a guest expected, or a person whom somebody asked to be told of."""

from dataclasses import replace
from datetime import datetime

from domain.asking import deal_to
from domain.attention import muted
from domain.records import Arrival, CardKind, Guest, Id, Person, PersonStatus, Visit
from domain.store import Records


async def welcome(
    records: Records, *, person: Person, visit: Visit, now: datetime, but: Id | None = None
) -> None:
    """Tell those who await somebody known that they have come; not the account who said so.

    A guest arrives once: with the first visit of that name, on their day, at their site.
    """
    if person.status is not PersonStatus.KNOWN:
        return
    hosts = [guest.account_id for guest in await _arrive(records, person, visit)]
    waiting = [*(await records.accounts.some(hosts)).values()]
    members = await records.persons.members(person.id)
    waiting += [one for one in await records.accounts.awaiting(members) if not muted(one, now)]
    for account in waiting:
        if account.id != but and account.may_see(visit.site_id):
            await deal_to(
                records, account, kind=CardKind.GUEST, visit=visit, question=None, now=now
            )


async def _arrive(records: Records, person: Person, visit: Visit) -> list[Guest]:
    """Note the guests of this name as arrived; return them."""
    if person.name is None:
        return []
    called = person.name.casefold()
    arrived = [
        replace(guest, arrived=Arrival(person_id=person.id, visit_id=visit.id, at=visit.opened_at))
        for guest in await awaited(records, visit.site_id, visit.opened_at)
        if guest.name.casefold() == called
    ]
    for guest in arrived:
        await records.guests.save(guest)
    return arrived


async def awaited(records: Records, site_id: Id, at: datetime) -> list[Guest]:
    """Return who is expected at a site on the day of a time and has not come, by name."""
    expected = await records.guests.expected(site_id, at)
    return [guest for guest in expected if not await has_come(records, guest)]


async def has_come(records: Records, guest: Guest) -> bool:
    """Tell whether a guest has arrived; not if by now that visit was somebody else's.

    What was said of a visit may have been undone since, or be wrong.
    """
    if guest.arrived is None:
        return False
    visit = await records.visits.get(guest.arrived.visit_id)
    if visit is None:
        return True
    came = await records.persons.canonical(visit.person_id)
    meant = await records.persons.canonical(guest.arrived.person_id)
    return came == meant and came is not None and came.status is PersonStatus.KNOWN
