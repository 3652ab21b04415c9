"""What becomes of a grant: somebody answers, it is delivered, or its time is over."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from domain.doors import against
from domain.errors import InvalidError, NotAllowedError, NotFoundError
from domain.evidence import Reason
from domain.policy import DoorPolicy
from domain.records import Account, Grant, GrantStatus, Id, Ruling
from domain.store import Records, Store


async def rule(
    store: Store,
    *,
    grant_id: Id,
    opens: bool,
    account: Account,
    via: str,
    now: datetime,
    policy: DoorPolicy,
) -> Grant:
    """Open a door that people are asked about, or leave it shut; the first answer counts.

    Raises NotFoundError, NotAllowedError and InvalidError with a sentence; a press that comes too
    late is logged, and changes nothing else.
    """

    async def work(records: Records) -> Grant:
        grant = await _asked_about(records, grant_id, account)
        if _is_late(grant, now):
            return await _close(records, _pressed_late(grant), now)
        _require_open(grant)
        ruling = Ruling(at=now, account_id=account.id, account_name=account.name, via=via)
        if not opens:
            reasons: tuple[str, ...] = (Reason.SAID_NO,)
            refused = replace(grant, status=GrantStatus.REFUSED, ruling=ruling, reasons=reasons)
            return await _close(records, refused, now)
        return await _open(records, replace(grant, ruling=ruling), now, policy)

    grant = await store.transact(work)
    if Reason.PRESSED_LATE in grant.reasons:
        raise InvalidError("Too late: it was not opened in time.")
    if opens and grant.status is GrantStatus.REFUSED:
        raise InvalidError("It stays shut. The log of the doors says why.")
    return grant


async def _asked_about(records: Records, grant_id: Id, account: Account) -> Grant:
    grant = await records.grants.get(grant_id)
    if grant is None or not grant.asked:
        raise NotFoundError("There is no such door.")
    if not account.may_answer(grant.site_id):
        raise NotAllowedError("You may not open doors of this site.")
    return grant


def _is_late(grant: Grant, now: datetime) -> bool:
    """Tell whether nobody had answered when the time to answer was over."""
    waits = grant.status is GrantStatus.ASKED
    return Reason.UNANSWERED in grant.reasons or (waits and grant.expires_at <= now)


def _require_open(grant: Grant) -> None:
    if grant.ruling:
        raise InvalidError("{name} was quicker.", name=grant.ruling.account_name)
    if grant.status is not GrantStatus.ASKED:
        raise InvalidError("They were recognised meanwhile.")


def _pressed_late(grant: Grant) -> Grant:
    """Return the grant with the press in its reasons; what it had come to is not changed."""
    reasons = dict.fromkeys((*grant.reasons, Reason.UNANSWERED, Reason.PRESSED_LATE))
    return replace(grant, status=GrantStatus.EXPIRED, reasons=tuple(reasons))


async def _open(records: Records, grant: Grant, now: datetime, policy: DoorPolicy) -> Grant:
    """Grant what somebody said yes to, unless something has changed since they were asked."""
    door = await records.doors.get(grant.door_id)
    person = await records.persons.canonical(grant.person_id) if grant.person_id else None
    why = against(door, person, now, policy) if door else Reason.REMOVED
    if door is None or why:
        refused = replace(grant, status=GrantStatus.REFUSED, reasons=(why or Reason.REMOVED,))
        return await _close(records, refused, now)
    await records.doors.save(replace(door, touched_at=now))
    opened = replace(grant, status=GrantStatus.GRANTED, due_at=now, expires_at=now + policy.life)
    return await _close(records, opened, now)


async def _close(records: Records, grant: Grant, now: datetime) -> Grant:
    """Write a grant, and have its cards show it."""
    await records.grants.save(grant)
    await records.outbox.touch_grant(grant.id, now)
    return grant


async def expire(store: Store, now: datetime) -> int:
    """End what was asked or granted in vain; return how many."""
    over = await store.grants.overdue(now)
    for grant in over:
        await store.transact(partial(_expire, id_=grant.id, now=now))
    return len(over)


async def _expire(records: Records, *, id_: Id, now: datetime) -> None:
    grant = await records.grants.get(id_)
    if grant is None or grant.expires_at > now or grant.status not in _WAITING:
        return
    why = _WAITING[grant.status]
    over = replace(grant, status=GrantStatus.EXPIRED, reasons=(*grant.reasons, why))
    await _close(records, replace(over, claimed_until=None), now)


_WAITING = {
    GrantStatus.ASKED: Reason.UNANSWERED,
    GrantStatus.GRANTED: Reason.UNDELIVERED,
}


async def conclude(store: Store, leased: Grant, outcome: Grant, now: datetime) -> bool:
    """Write what came of a leased grant and end the lease; tell whether it was still held."""

    async def work(records: Records) -> bool:
        found = await records.grants.get(leased.id)
        if found is None or found.claimed_until != leased.claimed_until:
            return False
        await _close(records, replace(outcome, claimed_until=None), now)
        return True

    return await store.transact(work)


async def erase(records: Records, person_ids: Sequence[Id], now: datetime) -> None:
    """Delete what doors and their log have of these persons; the cards of it go with it."""
    for door in await records.doors.naming(person_ids):
        others = tuple(id_ for id_ in door.person_ids if id_ not in person_ids)
        await records.doors.save(replace(door, person_ids=others))
    grants = await records.grants.of(person_ids)
    await records.grants.erase([grant.id for grant in grants])
    for grant in grants:
        await records.outbox.touch_grant(grant.id, now)
