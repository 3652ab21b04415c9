"""/expect NAME on DATE [at SITE]: guests announced, listed and called off."""

import re
from collections.abc import Sequence

from markupsafe import Markup

from bot.commands.ask import Ask
from bot.commands.buttons import Do, Tap, button
from bot.commands.counter import Subject
from bot.tongue import msg
from bot.words import bold, lines, safe
from domain import errands
from domain.errors import InvalidError, NotFoundError
from domain.guests import cancel, coming, expect, read_guest
from domain.records import ErrandKind, Guest, Id, Site
from domain.sight import sites_of

NAME_UNITS = 24
MOST = 20
_AT = re.compile(r"(?P<who>.+)\s(?:at|in|bei)\s+(?P<site>.+)", re.IGNORECASE)
HOW = msg("Announce somebody as in /expect Bob on Friday.")


async def announce(ask: Ask) -> None:
    """Announce a guest; without a name list those who are expected."""
    ask.require_manager()
    if not ask.words:
        await _list(ask)
        return
    sites = [s for s in await ask.desk.store.sites.all() if ask.account.may_answer(s.id)]
    text, site = _at_site(ask.words, sites)
    _ = read_guest(text, today=ask.today, language=ask.t.language)
    if site:
        await _expect(ask, text, site.id)
        return
    errand = await errands.begin(
        ask.desk.store,
        ask.account,
        ErrandKind.EXPECT,
        chat_id=ask.chat_id,
        now=ask.now,
        name=text,
    )
    rows = tuple(
        (button(safe(one.name, NAME_UNITS), Do.GUEST_AT, errand.id, one.id),) for one in sites
    )
    await ask.say(ask.t("At which site?"), rows=rows)


def _at_site(text: str, sites: Sequence[Site]) -> tuple[str, Site | None]:
    """Return the text without the site it names at its end, and the site; the only one if none."""
    if not sites:
        raise InvalidError("There is no site yet. A camera makes one.")
    found = _AT.fullmatch(text)
    named = {site.name.casefold(): site for site in sites}
    if found and (site := named.get(found["site"].strip().casefold())):
        return found["who"], site
    return text, sites[0] if len(sites) == 1 else None


async def at_site(ask: Ask, tap: Tap) -> None:
    """Take the choice of a site."""
    errand = await ask.desk.store.errands.get(tap.id)
    if errand is None or errand.account_id != ask.account.id or errand.name is None:
        raise NotFoundError("This has ended already. Please begin again.")
    await _expect(ask, errand.name, Id(tap.words[1]))
    await errands.end(ask.desk.store, errand)
    await ask.tidy()


async def _expect(ask: Ask, text: str, site_id: Id) -> None:
    name, day = read_guest(text, today=ask.today, language=ask.t.language)
    guest = await expect(
        ask.desk.store,
        name=name,
        day=day,
        site_id=site_id,
        account=ask.account,
        zone=ask.zone,
        now=ask.now,
    )
    sites = await ask.desk.store.sites.some([site_id])
    said = ask.t(
        "{name} is expected {day}. You are told when they come.",
        name=bold(guest.name),
        day=_when(ask, guest, sites),
    )
    await ask.say(said, rows=((button(ask.t("Call off"), Do.CALL_OFF, guest.id),),))


async def _list(ask: Ask) -> None:
    guests = await coming(ask.desk.store, sites_of(ask.account), ask.now)
    sites = await ask.desk.store.sites.some([*{guest.site_id for guest in guests}])
    if not guests:
        await ask.say(lines(ask.t("Nobody is expected."), ask.t(HOW)))
        return
    shown = guests[:MOST]
    told = [Markup("{} · {}").format(safe(guest.name), _when(ask, guest, sites)) for guest in shown]
    rows = tuple(
        (
            button(
                ask.t("Call {name} off", name=safe(guest.name, NAME_UNITS)),
                Do.CALL_OFF,
                guest.id,
            ),
        )
        for guest in shown
        if guest.arrived is None
    )
    await ask.say(lines(*told), rows=rows)


def _when(ask: Ask, guest: Guest, sites: dict[Id, Site]) -> Markup:
    day = guest.starts_at.astimezone(ask.desk.zone).date()
    when = Markup("{} {}").format(ask.t.weekday(day), ask.t.day(day))
    site = sites.get(guest.site_id)
    return Markup("{}, {}").format(when, safe(site.name)) if site else when


async def call_off(ask: Ask, tap: Tap) -> Markup:
    """Expect a guest no more."""
    ask.require_manager()
    guest = await cancel(ask.desk.store, guest_id=tap.id, account=ask.account)
    said = ask.t("{name} is not expected any more.", name=safe(guest.name))
    await ask.change(said)
    return said


SUBJECT = Subject(commands={"expect": announce}, taps={Do.GUEST_AT: at_site, Do.CALL_OFF: call_off})
