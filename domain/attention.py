"""When something may reach whom: quiet hours, a pause, and of whom somebody wants to hear.

Whether a card waits, and whether it makes a sound, is decided here alone, by `held_until` and
`silent`, when it is about to be sent: people change their minds after it was dealt.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, tzinfo

from domain.errors import InvalidError, NotFoundError
from domain.records import Account, Alerts, CardKind, Group, Id, Quiet, Recipient
from domain.store import Records, Store

DAY_MINUTES = 24 * 60
LONGEST_MUTE = timedelta(days=30)
MOST_PEOPLE = 50
# No quiet hours, whatever those of the house are.
NEVER_QUIET = Quiet(start=0, end=0)
# Blocked people reach everybody at once; what is about somebody at the door now cannot wait.
_CANNOT_WAIT = {CardKind.ALERT, CardKind.GUEST, CardKind.DOOR}


def silent(
    whom: Recipient, kind: CardKind, at: datetime, zone: tzinfo, house: Quiet | None = None
) -> bool:
    """Tell whether a card of this kind makes no sound for an account at a time; a group is awake.

    A question of a stranger is silent for who asked not to hear of strangers: it comes to them only
    because nobody else answers. `house` are the quiet hours of whoever has not set their own.
    """
    if kind is CardKind.ALERT or isinstance(whom, Group):
        return False
    unwanted = kind is CardKind.QUESTION and not whom.alerts.strangers
    return unwanted or _quiet_until(whom.quiet or house, at, zone) is not None


def held_until(
    whom: Recipient, kind: CardKind, at: datetime, zone: tzinfo, house: Quiet | None = None
) -> datetime | None:
    """Return until when a card of this kind waits for an account, from a time on; None: not at all.

    It waits until a pause is over, and until the morning for who wants a digest then; `house` are
    the quiet hours of whoever has not set their own.
    """
    if kind in _CANNOT_WAIT or isinstance(whom, Group):
        return None
    unmuted = max(at, whom.muted_until or at)
    quiet = whom.quiet or house
    digest = quiet if quiet and quiet.digest else None
    due = _quiet_until(digest, unmuted, zone) or unmuted
    return due if due > at else None


def muted(account: Account, at: datetime) -> bool:
    """Tell whether an account wants to be left alone for a while."""
    return account.muted_until is not None and account.muted_until > at


def _quiet_until(quiet: Quiet | None, at: datetime, zone: tzinfo) -> datetime | None:
    """Return when the quiet hours end that are at a time; None when there are none then."""
    if quiet is None:
        return None
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    if (minute - quiet.start) % DAY_MINUTES >= (quiet.end - quiet.start) % DAY_MINUTES:
        return None
    day = local.date() + timedelta(days=1 if quiet.end <= minute else 0)
    end = datetime.combine(day, time(quiet.end // 60, quiet.end % 60), tzinfo=zone)
    return end.astimezone(UTC)


async def set_quiet(store: Store, *, account_id: Id, quiet: Quiet | None, now: datetime) -> Account:
    """Set an account's quiet hours, NEVER_QUIET for none, None for those of the house.

    Raises InvalidError and NotFoundError.
    """
    if quiet and quiet != NEVER_QUIET:
        if not (0 <= quiet.start < DAY_MINUTES and 0 <= quiet.end < DAY_MINUTES):
            raise InvalidError("A time of day is from 00:00 to 23:59.")
        if quiet.start == quiet.end:
            raise InvalidError("Quiet hours need an end that is not their beginning.")
    return await _change(store, account_id, now, lambda account: replace(account, quiet=quiet))


async def mute(store: Store, *, account_id: Id, until: datetime | None, now: datetime) -> Account:
    """Send an account nothing that can wait until a time, or (None) send again.

    Raises InvalidError and NotFoundError.
    """
    if until and until <= now:
        raise InvalidError("Please choose a time that is still to come.")
    if until and until - now > LONGEST_MUTE:
        raise InvalidError(
            "A pause lasts {n} days at most. To hear of nobody at all, choose so in /alerts.",
            n=LONGEST_MUTE.days,
        )
    return await _change(
        store, account_id, now, lambda account: replace(account, muted_until=until)
    )


async def set_alerts(store: Store, *, account_id: Id, alerts: Alerts, now: datetime) -> Account:
    """Set of whom an account hears. Raises InvalidError and NotFoundError."""
    if len(alerts.people) > MOST_PEOPLE:
        raise InvalidError("You can be told of {n} people at most.", n=MOST_PEOPLE)
    people = dict.fromkeys([await _watchable(store, id_) for id_ in alerts.people])
    wanted = replace(alerts, people=tuple(people))
    return await _change(store, account_id, now, lambda account: replace(account, alerts=wanted))


async def _watchable(store: Store, id_: Id) -> Id:
    """Return who somebody is by now, if they can be recognised."""
    person = await store.persons.canonical(id_)
    if person is None or not person.recognised:
        raise InvalidError("You can only be told of people who have been named or approved.")
    return person.id


async def _change(
    store: Store, account_id: Id, now: datetime, change: Callable[[Account], Account]
) -> Account:
    """Change an account, and look anew at what waits for it."""

    async def work(records: Records) -> Account:
        account = await records.accounts.get(account_id)
        if account is None or account.revoked_at:
            raise NotFoundError("There is no such account.")
        changed = change(account)
        await records.accounts.save(changed)
        await records.outbox.let_go(account.id, now)
        return changed

    return await store.transact(work)
