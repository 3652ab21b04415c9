"""Quiet hours, pauses, and of whom somebody wants to hear."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.attention import (
    LONGEST_MUTE,
    MOST_PEOPLE,
    held_until,
    mute,
    set_alerts,
    set_quiet,
    silent,
)
from domain.decisions import ItIs
from domain.errors import InvalidError, NotFoundError
from domain.ids import new_id
from domain.records import Account, Alerts, CardKind, Group, Quiet, Role
from tests.domain.world import NOON, World

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
NIGHT = Quiet(start=22 * 60, end=7 * 60)
SIESTA = Quiet(start=13 * 60, end=14 * 60 + 30)
ACCOUNT = Account(id=new_id(), name="Maria", role=Role.MANAGER, created_at=NOON)
DIGEST = replace(ACCOUNT, quiet=replace(NIGHT, digest=True))


def at(hour: int, minute: int = 0, *, day: int = 24) -> datetime:
    """Return a time of November 2026 in Berlin, where it is an hour later than in UTC."""
    return datetime(2026, 11, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("quiet", "when", "expected"),
    [
        (NIGHT, at(21, 59), False),
        (NIGHT, at(22), True),
        (NIGHT, at(0), True),
        (NIGHT, at(6, 59), True),
        (NIGHT, at(7), False),
        (SIESTA, at(12, 59), False),
        (SIESTA, at(13), True),
        (SIESTA, at(14, 30), False),
        (None, at(3), False),
    ],
)
def test_quiet_hours_are_local_and_may_span_midnight(
    quiet: Quiet | None, when: datetime, *, expected: bool
) -> None:
    """They begin with their first minute and are over with their last; asked in any zone."""
    account = replace(ACCOUNT, quiet=quiet)
    for moment in (when, when.astimezone(UTC)):
        assert silent(account, CardKind.QUESTION, moment, BERLIN) is expected
        assert held_until(account, CardKind.QUESTION, moment, BERLIN) is None


def test_a_digest_comes_when_the_night_is_over() -> None:
    """In the evening it waits until tomorrow, after midnight until today; by day not at all."""
    morning = at(7, day=25)
    for night in (at(22), at(23, 59), at(0, 1, day=25), at(6, 59, day=25)):
        assert held_until(DIGEST, CardKind.QUESTION, night, BERLIN) == morning
    assert held_until(DIGEST, CardKind.QUESTION, morning, BERLIN) is None


def test_the_morning_is_where_people_are_when_clocks_change() -> None:
    """The night to 25 October 2026 has an hour more, and still ends at seven."""
    night = datetime(2026, 10, 24, 23, 0, tzinfo=BERLIN)
    until = held_until(DIGEST, CardKind.NOTICE, night, BERLIN)
    assert until == datetime(2026, 10, 25, 6, 0, tzinfo=UTC)
    assert until - night == 9 * HOUR


def test_a_pause_holds_everything_but_what_cannot_wait() -> None:
    """Blocked people come at once and are heard; who is awaited comes, silent in quiet hours."""
    paused = replace(DIGEST, muted_until=at(15))
    held = {kind: held_until(paused, kind, at(12), BERLIN) for kind in CardKind}
    assert {kind for kind in CardKind if not held[kind]} == {
        CardKind.ALERT,
        CardKind.GUEST,
        CardKind.DOOR,
    }
    assert {until for until in held.values() if until} == {at(15)}
    assert not any(silent(paused, kind, at(12), BERLIN) for kind in CardKind)
    loud = [kind for kind in CardKind if not silent(DIGEST, kind, at(3), BERLIN)]
    assert loud == [CardKind.ALERT]
    assert held_until(DIGEST, CardKind.GUEST, at(3), BERLIN) is None


def test_a_pause_that_ends_at_night_ends_in_the_morning_for_who_wants_a_digest() -> None:
    """Who does not is sent things at its end, without a sound."""
    for account, until in (
        (replace(DIGEST, muted_until=at(23)), at(7, day=25)),
        (replace(ACCOUNT, quiet=NIGHT, muted_until=at(23)), at(23)),
    ):
        assert held_until(account, CardKind.QUESTION, at(12), BERLIN) == until
    over = replace(ACCOUNT, muted_until=at(12))
    assert held_until(over, CardKind.QUESTION, at(12), BERLIN) is None


def test_a_group_is_always_awake() -> None:
    """It has no quiet hours of its own: who is in it can mute it in Telegram."""
    group = Group(id=new_id(), chat_id=-5, site_id=new_id(), title="Reception", created_at=NOON)
    assert not any(silent(group, kind, at(3), BERLIN) for kind in CardKind)
    assert not any(held_until(group, kind, at(3), BERLIN) for kind in CardKind)


def test_a_question_makes_no_sound_for_who_did_not_want_it() -> None:
    """It is dealt to them only when nobody else answers."""
    deaf = replace(ACCOUNT, alerts=Alerts(strangers=False))
    assert silent(deaf, CardKind.QUESTION, NOON, UTC)
    assert not silent(deaf, CardKind.ALERT, NOON, UTC)


@given(
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - made aware
    st.sampled_from([None, HOUR]),
)
def test_what_is_held_comes_within_a_day_when_it_is_not_quiet(
    start: int, end: int, moment: datetime, pause: timedelta | None
) -> None:
    """Whatever the hours are, something held is due later, and then is neither held nor silent."""
    account = replace(
        ACCOUNT,
        quiet=Quiet(start=start, end=end, digest=True),
        muted_until=moment + pause if pause else None,
    )
    until = held_until(account, CardKind.QUESTION, moment, BERLIN)
    assert until or not pause
    if until:
        assert moment < until <= moment + 26 * HOUR
        assert held_until(account, CardKind.QUESTION, until, BERLIN) is None
        assert not silent(account, CardKind.QUESTION, until, BERLIN)


async def test_quiet_hours_are_kept_and_taken_back(world: World) -> None:
    """For the account that sets them; hours that make no sense are refused kindly."""
    changed = await set_quiet(world.store, account_id=world.maria.id, quiet=NIGHT, now=NOON)
    assert await world.store.accounts.get(world.maria.id) == changed
    assert changed.quiet == NIGHT
    for wrong, said in (
        (Quiet(start=60, end=60), "an end that is not their beginning"),
        (Quiet(start=0, end=1440), "from 00:00 to 23:59"),
        (Quiet(start=-1, end=60), "from 00:00 to 23:59"),
    ):
        with pytest.raises(InvalidError, match=said):
            await set_quiet(world.store, account_id=world.maria.id, quiet=wrong, now=NOON)
    assert await world.store.accounts.get(world.maria.id) == changed
    back = await set_quiet(world.store, account_id=world.maria.id, quiet=None, now=NOON)
    assert back.quiet is None


async def test_a_pause_is_kept_and_ended(world: World) -> None:
    """It ends in the future, and before anybody has forgotten it."""
    store, maria = world.store, world.maria
    assert (await mute(store, account_id=maria.id, until=NOON + HOUR, now=NOON)).muted_until
    for until, said in ((NOON, "still to come"), (NOON + LONGEST_MUTE + HOUR, "30 days at most")):
        with pytest.raises(InvalidError, match=said):
            await mute(store, account_id=maria.id, until=until, now=NOON)
    assert (await mute(store, account_id=maria.id, until=None, now=NOON)).muted_until is None
    with pytest.raises(NotFoundError):
        await mute(store, account_id=new_id(), until=None, now=NOON)


async def test_what_waited_is_due_when_somebody_changes_their_mind(world: World) -> None:
    """Cards of theirs that were never shown are looked at again; those of others are not."""
    seen = await world.see()
    later = NOON + 5 * HOUR
    for card in await world.cards(seen.visit):
        await world.store.outbox.delivered(replace(card, due_at=later, attempts=1))
        await world.store.outbox.save(replace(card, attempts=0))
    assert [c.due_at for c in await world.cards(seen.visit)] == [later, later]
    await mute(world.store, account_id=world.maria.id, until=None, now=NOON)
    assert [c.due_at for c in await world.cards(seen.visit)] == [NOON, later]


async def test_alerts_name_people_as_who_they_are_by_now(world: World) -> None:
    """Somebody merged is who they turned out to be; a stranger cannot be told of."""
    anna = await world.person("Anna")
    stranger = await world.see()
    alerts = Alerts(people=(stranger.person.id,))
    with pytest.raises(InvalidError, match="named or approved"):
        await set_alerts(world.store, account_id=world.maria.id, alerts=alerts, now=NOON)
    await world.say(ItIs(anna.id), stranger.question)
    wanted = Alerts(strangers=False, people=(stranger.person.id, anna.id))
    changed = await set_alerts(world.store, account_id=world.maria.id, alerts=wanted, now=NOON)
    assert changed.alerts == Alerts(strangers=False, people=(anna.id,))
    assert await world.store.accounts.awaiting([anna.id]) == [changed]
    many = Alerts(people=(anna.id,) * (MOST_PEOPLE + 1))
    with pytest.raises(InvalidError, match="50 people"):
        await set_alerts(world.store, account_id=world.maria.id, alerts=many, now=NOON)


def test_nobody_is_nobody() -> None:
    """Anybody at all is somebody."""
    assert Alerts(strangers=False, blocked=False).nobody
    assert not Alerts(strangers=False, blocked=False, people=(new_id(),)).nobody
    assert not Alerts(strangers=False).nobody
