"""/today and /yesterday: who came, as a short list and a strip of faces."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta

from markupsafe import Markup

from bot.buttons import Button, Rows
from bot.commands.ask import Ask
from bot.commands.buttons import Do, Tap, button
from bot.commands.counter import Subject
from bot.commands.drawing import Portrait, strip
from bot.words import bold, lines, safe
from domain.day import Came, Day, who_came
from domain.records import Id, PersonStatus

# A caption has at most 1024 characters, and a phone shows about so many lines at once.
MOST = 15
NAME_UNITS = 28
NUMBERS_PER_ROW = 5


async def today(ask: Ask) -> None:
    """Say who came today."""
    await _tell(ask, ask.today)


async def yesterday(ask: Ask) -> None:
    """Say who came yesterday."""
    await _tell(ask, ask.today - timedelta(days=1))


async def another_day(ask: Ask, tap: Tap) -> None:
    """Say who came on the day of a button."""
    await _tell(ask, date.fromisoformat(tap.words[0]))


async def _tell(ask: Ask, day: date) -> None:
    found = await who_came(
        ask.desk.store, ask.account, day=day, zone=ask.desk.zone, site_ids=ask.site_ids
    )
    if not found.came:
        await ask.say(lines(_head(ask, found), ask.t("Nobody came.")), rows=_days(ask, day))
        return
    shown = found.came[:MOST]
    several = len({site.id for one in found.came for site in one.sites}) > 1
    said = [_line(ask, number, one, several) for number, one in enumerate(shown, 1)]
    html = lines(_head(ask, found), *said, _more(ask, found))
    await ask.show(await _strip(ask, shown), html, rows=(*_people(shown), *_days(ask, day)))


def _head(ask: Ask, found: Day) -> Markup:
    day = Markup("{} {}").format(ask.t.weekday(found.day), ask.t.day(found.day))
    if not found.came:
        return bold(day)
    came = ask.t.counted("{n} person", "{n} people", len(found.came))
    if not found.unknown:
        return Markup("{}: {}").format(bold(day), came)
    unknown = ask.t.counted("{n} of them unknown", "{n} of them unknown", found.unknown)
    return Markup("{}: {}, {}").format(bold(day), came, unknown)


def _line(ask: Ask, number: int, one: Came, several: bool) -> Markup:  # noqa: FBT001 - of ours
    name = safe(ask.t.called(one.person), NAME_UNITS)
    if one.person.status is PersonStatus.BLOCKED:
        name = Markup("⚠ {}").format(name)
    facts = [name, _clock(ask, one)]
    if one.visits > 1:
        facts.append(ask.t.counted("{n} visit", "{n} visits", one.visits))
    if several:
        facts += [safe(site.name, NAME_UNITS) for site in one.sites]
    return Markup("{}. {}").format(number, Markup(" · ").join(facts))


def _clock(ask: Ask, one: Came) -> str:
    first, last = (at.astimezone(ask.desk.zone) for at in (one.first, one.last))
    clock = f"{first:%H:%M}"
    return clock if clock == f"{last:%H:%M}" else f"{clock}-{last:%H:%M}"


def _more(ask: Ask, found: Day) -> Markup | str:
    more = len(found.came) - MOST
    return ask.t("and {n} more, in the panel", n=more) if more > 0 else ""


def _people(shown: Sequence[Came]) -> Rows:
    """Return a button for each person, by their number in the list."""
    numbers = [
        button(Markup(str(number)), Do.PERSON, one.person.id)  # noqa: S704 - a number
        for number, one in enumerate(shown, 1)
    ]
    return tuple(
        tuple(numbers[start : start + NUMBERS_PER_ROW])
        for start in range(0, len(numbers), NUMBERS_PER_ROW)
    )


def _days(ask: Ask, day: date) -> Rows:
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    row: list[Button] = [button(Markup("← {}").format(ask.t.day(before)), Do.DAY, str(before))]
    if after <= ask.today:
        row.append(button(Markup("{} →").format(ask.t.day(after)), Do.DAY, str(after)))
    return (tuple(row),)


async def _strip(ask: Ask, shown: Sequence[Came]) -> bytes:
    seen = await ask.desk.store.detections.some([one.best.detection_id for one in shown])
    boxes = {id_: detection.face.box for id_, detection in seen.items() if detection.face}

    async def portrait(number: int, one: Came) -> Portrait:
        return Portrait(
            picture=await ask.picture(one.best.image_key),
            label=f"{number} {ask.t.called(one.person)}",
            box=boxes.get(Id(one.best.detection_id)),
        )

    portraits = await asyncio.gather(*(portrait(n, one) for n, one in enumerate(shown, 1)))
    return await asyncio.to_thread(strip, portraits)


SUBJECT = Subject(commands={"today": today, "yesterday": yesterday}, taps={Do.DAY: another_day})
