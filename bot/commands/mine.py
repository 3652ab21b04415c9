"""What somebody sets for themselves: pauses, quiet hours, whom they hear of, language, leaving."""

import re
from dataclasses import replace
from datetime import timedelta

from markupsafe import Markup

from bot.buttons import Rows
from bot.commands.ask import Ask
from bot.commands.buttons import Do, Tap, button
from bot.commands.counter import Subject
from bot.tongue import languages, tongue
from bot.words import lines, safe
from domain.attention import NEVER_QUIET, muted, set_alerts, set_quiet
from domain.attention import mute as mute_account
from domain.decisions import NAME_LENGTH
from domain.errors import InvalidError, NotFoundError
from domain.leaving import leave as leave_account
from domain.people import people_called
from domain.records import Account, Alerts, Quiet
from domain.store import Records

NAME_UNITS = 28
OFF, HOUSE = "off", "house"
_PAUSE = re.compile(r"(\d{1,3})\s*(m|min|h|d)", re.IGNORECASE)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_HOURS = re.compile(r"(\d{1,2})(?::(\d\d))?\s*[-–]\s*(\d{1,2})(?::(\d\d))?(\s+digest)?")  # noqa: RUF001
_PAUSES = ("1h", "4h", "1d")


async def mute(ask: Ask) -> None:
    """Hear of nothing that can wait, for a while; without a time say how it is and offer some."""
    if ask.words:
        await _mute(ask, ask.words)
        return
    until = ask.account.muted_until
    now = ask.t("You are not muted.")
    if until and muted(ask.account, ask.now):
        now = ask.t("You are muted until {time}.", time=ask.time(until))
    pauses = tuple(button(Markup(pause), Do.MUTE, pause) for pause in _PAUSES)  # noqa: S704
    rows = (pauses, (button(ask.t("Off"), Do.MUTE, OFF),))
    await ask.say(lines(now, ask.t("Blocked people reach you all the same.")), rows=rows)


async def mute_pressed(ask: Ask, tap: Tap) -> None:
    """Take the pause of a button."""
    await _mute(ask, tap.words[0])
    await ask.tidy()


async def _mute(ask: Ask, text: str) -> None:
    store, account = ask.desk.store, ask.account
    if text.casefold() == OFF:
        await mute_account(store, account_id=account.id, until=None, now=ask.now)
        await ask.say(ask.t("You hear of everything again."))
        return
    found = _PAUSE.fullmatch(text.strip())
    if found is None:
        raise InvalidError("Write how long, as in /mute 2h, /mute 30m or /mute off.")
    until = ask.now + int(found[1]) * _UNITS[found[2][0].lower()]
    await mute_account(store, account_id=account.id, until=until, now=ask.now)
    await ask.say(ask.t("Muted until {time}. /mute off ends it.", time=ask.time(until)))


async def quiet(ask: Ask) -> None:
    """Set hours without a sound, with a digest in the morning if wished; or say what they are."""
    store, account = ask.desk.store, ask.account
    if not ask.words:
        await ask.say(_quiet_now(ask, account), rows=_quiet_rows(ask, account))
        return
    wanted = _wanted(ask, ask.words)
    changed = await set_quiet(store, account_id=account.id, quiet=wanted, now=ask.now)
    await ask.say(_quiet_now(ask, changed), rows=_quiet_rows(ask, changed))


async def quiet_pressed(ask: Ask, tap: Tap) -> None:
    """Turn quiet hours off, or the digest on and off."""
    account = ask.account
    if tap.words[0] == "digest" and account.quiet and account.quiet != NEVER_QUIET:
        wanted: Quiet | None = replace(account.quiet, digest=not account.quiet.digest)
    else:
        wanted = None if tap.words[0] == HOUSE else NEVER_QUIET
    changed = await set_quiet(ask.desk.store, account_id=account.id, quiet=wanted, now=ask.now)
    await ask.change(_quiet_now(ask, changed), rows=_quiet_rows(ask, changed))


def _wanted(ask: Ask, text: str) -> Quiet | None:
    """Return the hours that somebody asks for: none at all, those of the house, or their own."""
    if text.casefold() == HOUSE:
        return None
    return NEVER_QUIET if text.casefold() == OFF else _hours(ask, text)


def _hours(ask: Ask, text: str) -> Quiet:
    """Return the hours that "22:00-07:00" means; "digest" alone or after them holds things back."""
    own = ask.account.quiet
    if text.casefold() == "digest" and own and own != NEVER_QUIET:
        return replace(own, digest=True)
    found = _HOURS.fullmatch(text.strip().casefold())
    if found is None:
        raise InvalidError("Write from when to when, as in /quiet 22:00-07:00, or /quiet off.")
    hours = [int(found[n]) for n in (1, 3)]
    minutes = [int(found[n] or 0) for n in (2, 4)]
    if max(hours) > 24 or max(minutes) > 59:  # noqa: PLR2004 - a clock
        raise InvalidError("A time of day is from 00:00 to 23:59.")
    start, end = (h % 24 * 60 + m for h, m in zip(hours, minutes, strict=True))
    return Quiet(start=start, end=end, digest=bool(found[5]))


def _quiet_now(ask: Ask, account: Account) -> Markup:
    quiet = account.quiet or ask.desk.quiet()
    if quiet is None or quiet == NEVER_QUIET:
        return lines(ask.t("You have no quiet hours."), ask.t("/quiet 22:00-07:00 sets some."))
    start, end = (f"{m // 60:02}:{m % 60:02}" for m in (quiet.start, quiet.end))
    how = ask.t("Messages come without a sound.")
    if quiet.digest:
        how = ask.t("What can wait comes in the morning.")
    hours = ask.t("Quiet from {start} to {end}.", start=start, end=end)
    if account.quiet is None:
        hours = ask.t("Quiet from {start} to {end}, as for everybody here.", start=start, end=end)
    return lines(hours, how, ask.t("Blocked people reach you all the same."))


def _quiet_rows(ask: Ask, account: Account) -> Rows:
    house = ask.desk.quiet()
    off = button(ask.t("Off"), Do.QUIET, OFF)
    if account.quiet is None:
        return ((off,),) if house else ()
    rows: Rows = ((button(ask.t("As for everybody here"), Do.QUIET, HOUSE),),) if house else ()
    if account.quiet == NEVER_QUIET:
        return rows
    hold = ask.t("All at once in the morning")
    if account.quiet.digest:
        hold = ask.t("At once, without a sound")
    return (*rows, (button(hold, Do.QUIET, "digest"),), (off,))


async def alerts(ask: Ask) -> None:
    """Say of whom one hears, with buttons to change it; with a name, hear of that person too."""
    if not ask.words:
        await ask.say(_alerts_now(ask), rows=await _alert_rows(ask, ask.account))
        return
    name = ask.words[:NAME_LENGTH]
    found = await people_called(ask.desk.store, ask.account, name)
    if not found:
        raise NotFoundError("Nobody is called {name}.", name=name)
    watched = (*ask.account.alerts.people, *(p.id for p in found[:1]))
    changed = await _set(ask, replace(ask.account.alerts, people=watched))
    await ask.say(_alerts_now(ask), rows=await _alert_rows(ask, changed))


async def alerts_pressed(ask: Ask, tap: Tap) -> None:
    """Turn one kind of alerts on or off, or all of them off."""
    now = ask.account.alerts
    match tap.words[0]:
        case "strangers":
            wanted = replace(now, strangers=not now.strangers)
        case "blocked":
            wanted = replace(now, blocked=not now.blocked)
        case _:
            wanted = Alerts(strangers=False, blocked=False, people=())
    changed = await _set(ask, wanted)
    await ask.change(_alerts_now(ask), rows=await _alert_rows(ask, changed))


async def unwatch(ask: Ask, tap: Tap) -> None:
    """Hear of one person no more."""
    now = ask.account.alerts
    left = tuple(id_ for id_ in now.people if id_ != tap.id)
    changed = await _set(ask, replace(now, people=left))
    await ask.change(_alerts_now(ask), rows=await _alert_rows(ask, changed))


async def _set(ask: Ask, wanted: Alerts) -> Account:
    store = ask.desk.store
    return await set_alerts(store, account_id=ask.account.id, alerts=wanted, now=ask.now)


def _alerts_now(ask: Ask) -> Markup:
    return lines(ask.t("Of whom do you want to hear?"), ask.t("/alerts NAME adds somebody."))


async def _alert_rows(ask: Ask, account: Account) -> Rows:
    now, people = account.alerts, await ask.desk.store.persons.some(account.alerts.people)
    watched = [people[id_] for id_ in now.people if id_ in people]
    named = tuple(
        (button(_ticked(safe(ask.t.called(p), NAME_UNITS), on=True), Do.UNWATCH, p.id),)
        for p in watched
    )
    return (
        (button(_ticked(ask.t("Strangers"), on=now.strangers), Do.ALERTS, "strangers"),),
        (button(_ticked(ask.t("Blocked people"), on=now.blocked), Do.ALERTS, "blocked"),),
        *named,
        (button(_ticked(ask.t("Nobody"), on=now.nobody), Do.ALERTS, "nobody"),),
    )


def _ticked(text: Markup, *, on: bool) -> Markup:
    return Markup("✓ {}").format(text) if on else text


async def language(ask: Ask) -> None:
    """Offer the languages there are."""
    rows = tuple(
        (button(Markup(tongue(code).name), Do.LANGUAGE, code),)  # noqa: S704 - of Babel
        for code in languages()
    )
    await ask.say(ask.t("Which language shall I speak here?"), rows=rows)


async def language_pressed(ask: Ask, tap: Tap) -> None:
    """Speak another language from now on."""
    code = tap.words[0]
    if code not in languages():
        raise InvalidError("This button is not valid.")

    async def work(records: Records) -> None:
        account = await records.accounts.get(ask.account.id)
        if account:
            await records.accounts.save(replace(account, language=code))

    await ask.desk.store.transact(work)
    await ask.change(tongue(code)("I speak English here now."))


async def leave(ask: Ask) -> None:
    """Ask whether the chat shall be unbound."""
    text = ask.t("Leave? You are asked nothing more here, and your cards are taken away.")
    yes = button(ask.t("Leave"), Do.LEAVE)
    await ask.say(text, rows=((yes, button(ask.t("No"), Do.CLOSE)),))


async def leave_pressed(ask: Ask, _: Tap) -> None:
    """Unbind the chat."""
    await leave_account(ask.desk.store, account=ask.account, now=ask.now)
    await ask.change(ask.t("You have left. A new invitation brings you back."))


SUBJECT = Subject(
    commands={
        "mute": mute,
        "quiet": quiet,
        "alerts": alerts,
        "language": language,
        "leave": leave,
    },
    taps={
        Do.MUTE: mute_pressed,
        Do.QUIET: quiet_pressed,
        Do.ALERTS: alerts_pressed,
        Do.UNWATCH: unwatch,
        Do.LANGUAGE: language_pressed,
        Do.LEAVE: leave_pressed,
    },
)
