"""When somebody was seen last, and at which sites: kept with each person, for lists to go by.

It is of who people turned out to be: whoever is merged into another has none of their own. It
follows from the visits, and for whoever was added by photos from those; so it is in no journal, and
is worked out anew where visits, photos or people change hands.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from domain.records import Id, Visit
from domain.store import Records, Store, Whereabouts

BATCH = 100
NOWHERE = Whereabouts()


async def came(records: Records, person_id: Id, visits: Sequence[Visit]) -> None:
    """Note of somebody what visits of theirs tell, inside the transaction that writes these."""
    person = await records.persons.canonical(person_id)
    if person is None or not visits:
        return
    was = Whereabouts(last_seen_at=person.last_seen_at, site_ids=person.site_ids)
    times = [_told_at(visit) for visit in visits] + [at for at in [was.last_seen_at] if at]
    sites = {*was.site_ids, *(visit.site_id for visit in visits)}
    now = Whereabouts(last_seen_at=max(times), site_ids=tuple(sorted(sites)))
    if now != was:
        await records.persons.place(person.id, now)


def _told_at(visit: Visit) -> datetime:
    """Return when somebody was seen last, as a visit tells when it begins and when it is over."""
    return visit.opened_at if visit.open else visit.last_seen_at


async def refresh(records: Records, person_ids: Iterable[Id]) -> None:
    """Work out anew where these persons were, and who they turned out to be.

    Inside a transaction, as its last change of any of them.
    """
    roots: dict[Id, None] = {}
    for id_ in dict.fromkeys(person_ids):
        person = await records.persons.canonical(id_)
        if person:
            roots[person.id] = None
            if person.id != id_:
                await records.persons.place(id_, NOWHERE)
    for id_ in roots:
        await records.persons.place(id_, await _worked_out(records, id_))


async def _worked_out(records: Records, id_: Id) -> Whereabouts:
    members = await records.persons.members(id_)
    seen = await records.visits.presence(members)
    sites = {*seen, *await _photographed(records, members)}
    return Whereabouts(last_seen_at=max(seen.values(), default=None), site_ids=tuple(sorted(sites)))


async def _photographed(records: Records, members: Sequence[Id]) -> set[Id]:
    """Return the sites for which somebody was added by photos: those are of no visit."""
    references = await records.references.of(members)
    photos = await records.detections.some([r.detection_id for r in references])
    return {photo.site_id for photo in photos.values() if photo.visit_id is None}


async def end_visits(store: Store, last_seen_before: datetime) -> int:
    """Close the visits in which nobody was seen since a time; return how many."""
    ended = 0
    while over := await store.visits.over(last_seen_before, limit=BATCH):
        work = partial(_end, ids=[visit.id for visit in over], before=last_seen_before)
        ended += await store.transact(work)
    return ended


async def _end(records: Records, *, ids: Sequence[Id], before: datetime) -> int:
    """Close those of these visits that nobody has extended meanwhile."""
    there = await records.visits.some(ids)
    over = [v for v in there.values() if v.open and v.last_seen_at < before]
    for visit in over:
        closed = replace(visit, open=False)
        await records.visits.save(closed)
        await came(records, closed.person_id, [closed])
    return len(over)
