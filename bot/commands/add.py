"""/add NAME: somebody is added by photos, each judged as it comes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from bot.buttons import Rows
from bot.commands.ask import Ask
from bot.commands.buttons import Do, Tap, button
from bot.commands.photos import faults, fetched, file_in, looked_at
from bot.desk import VIA
from bot.tongue import msg
from bot.words import bold, lines, safe
from domain import errands
from domain.decisions import ItIs, Name, Verdict, clean_name, decide
from domain.errand_photos import Added, add_photo
from domain.errors import InvalidError, NotFoundError, StaleError
from domain.judgements import Doubled, Good, Judgement, LooksLike, Refused, Unlike, judge_photo
from domain.looking import Look, Near
from domain.records import Errand, ErrandKind, Id, Person, Site
from domain.sight import may_see_person, seen_person

MAX_NAMESAKES = 3
NAME_UNITS = 28
SEND = msg("Send photos of {name}: two or three, from the front, one person on each.")


@dataclass(frozen=True, slots=True)
class Adding:
    """Adds people. The photos of a chat are taken one after the other, as albums come at once."""

    turns: dict[int, asyncio.Lock] = field(default_factory=dict)

    async def add(self, ask: Ask) -> None:
        """Begin: with a name or without, under a photo or before any."""
        ask.require_manager()
        file_id = file_in(ask.message) or file_in(ask.message.reply_to_message)
        errand = await errands.begin(
            ask.desk.store,
            ask.account,
            ErrandKind.ADD,
            chat_id=ask.chat_id,
            now=ask.now,
            name=clean_name(ask.words) if ask.words else None,
            pending=(file_id,) if file_id else (),
        )
        await self._go_on(ask, errand)

    async def named(self, ask: Ask, errand: Errand) -> None:
        """Take the reply to the question for a name."""
        errand = await _change(ask, errand.id, name=clean_name(ask.words), prompt_id=None)
        await self._go_on(ask, errand)

    async def photo(self, ask: Ask, errand: Errand, file_id: str) -> None:
        """Take a photo that was sent after /add."""
        async with self.turns.setdefault(ask.chat_id, asyncio.Lock()):
            errand = await _current(ask, errand.id)
            errand = await _change(ask, errand.id, pending=(*errand.pending, file_id))
            if errand.other_id is None and _ready(errand):
                await self._take_pending(ask, errand)

    async def at_site(self, ask: Ask, tap: Tap) -> None:
        """Take the choice of a site."""
        site_id = Id(tap.words[1])
        if not ask.account.may_answer(site_id):
            raise NotFoundError("There is no such site.")
        await self._go_on(ask, await _change(ask, tap.id, site_id=site_id))
        await ask.tidy()

    async def to(self, ask: Ask, tap: Tap) -> None:
        """Add to somebody who is known by the name already."""
        person = await seen_person(ask.desk.store, ask.account, Id(tap.words[1]))
        await self._go_on(ask, await _change(ask, tap.id, person_id=person.id, name=person.label))
        await ask.tidy()

    async def another(self, ask: Ask, tap: Tap) -> None:
        """Add another person of a name already known."""
        await self._go_on(ask, await _change(ask, tap.id, another=True))
        await ask.tidy()

    async def told(self, ask: Ask, tap: Tap) -> None:
        """Take the answer whether a photo is of whom it looks like."""
        async with self.turns.setdefault(ask.chat_id, asyncio.Lock()):
            errand = await _current(ask, tap.id)
            if errand.other_id is None:
                raise InvalidError("This has been answered already.")
            match tap.words[1]:
                case "yes":
                    errand = await _is_other(ask, errand, errand.other_id)
                    await self._take_pending(ask, errand)
                case "no":
                    await self._take_pending(ask, errand, told_apart=True)
                case _:
                    left = errand.pending[1:]
                    errand = await _change(ask, errand.id, other_id=None, pending=left)
                    await self._take_pending(ask, errand)
            await ask.tidy()

    async def done(self, ask: Ask, tap: Tap) -> None:
        """End, and say what came of it."""
        errand = await _current(ask, tap.id)
        await errands.end(ask.desk.store, errand)
        if not errand.taken or errand.person_id is None:
            await ask.change(ask.t("Nobody was added."))
            return
        person = await ask.desk.store.persons.canonical(errand.person_id)
        if person:
            rows = ((button(safe(ask.t.called(person), NAME_UNITS), Do.PERSON, person.id),),)
            await ask.change(_known_by(ask, errand, person), rows=rows)

    async def _go_on(self, ask: Ask, errand: Errand) -> None:
        """Ask for what is missing yet; take the photos that wait once nothing is."""
        if errand.name is None:
            await _ask_for_name(ask, errand)
            return
        if errand.site_id is None:
            sites = await _sites(ask)
            if len(sites) > 1:
                await _ask_for_site(ask, errand, sites)
                return
            errand = await _change(ask, errand.id, site_id=sites[0].id)
        if not _ready(errand) and (same := await _namesakes(ask, errand)):
            await _ask_about_namesakes(ask, errand, same)
            return
        errand = await _change(ask, errand.id, another=errand.person_id is None)
        if errand.pending:
            async with self.turns.setdefault(ask.chat_id, asyncio.Lock()):
                await self._take_pending(ask, errand)
            return
        await _say_how_it_stands(ask, errand, ask.t(SEND, name=bold(errand.name or "")))

    async def _take_pending(self, ask: Ask, errand: Errand, *, told_apart: bool = False) -> None:
        """Take the photos that wait, up to one about which somebody must be asked."""
        while errand.pending:
            file_id = errand.pending[0]
            judged = await _judged(ask, errand, file_id, told_apart=told_apart)
            if isinstance(judged, LooksLike):
                await _ask_whether(ask, errand, judged.near)
                return
            errand = await _change(ask, errand.id, pending=errand.pending[1:], other_id=None)
            told_apart = False
        await _say_how_it_stands(ask, errand, "")


def _ready(errand: Errand) -> bool:
    """Tell whether it is known to whom photos are added."""
    return bool(errand.name and errand.site_id and (errand.person_id or errand.another))


async def _current(ask: Ask, errand_id: Id) -> Errand:
    found = await ask.desk.store.errands.get(errand_id)
    if found is None or found.account_id != ask.account.id:
        raise NotFoundError("This has ended already. Please begin again.")
    return found


async def _change(ask: Ask, errand_id: Id, **values: Any) -> Errand:
    await _current(ask, errand_id)
    return await errands.change(ask.desk.store, errand_id, ask.now, **values)


async def _is_other(ask: Ask, errand: Errand, other_id: Id) -> Errand:
    """Note that the photos are of whom they look like: a stranger gets the name, or is merged."""
    store, other = ask.desk.store, await ask.desk.store.persons.canonical(other_id)
    if other is None:
        raise NotFoundError("There is no such person any more.")
    if other.recognised and errand.person_id is None:
        return await _change(
            ask, errand.id, person_id=other.id, name=other.label, another=False, other_id=None
        )
    if other.recognised:
        raise InvalidError("Both have a name. /person makes one of two people.")
    said: Verdict = Name(errand.name or "", another=True)
    if errand.person_id:
        said = ItIs(errand.person_id)
    outcome = await decide(
        store, person_id=other.id, answer=said, account=ask.account, via=VIA, now=ask.now
    )
    return await _change(ask, errand.id, person_id=outcome.person.id, other_id=None)


async def _judged(ask: Ask, errand: Errand, file_id: str, *, told_apart: bool) -> Judgement:
    """Look at a photo, add it if it is good, and say what is wrong if it is not."""
    await ask.desk.talk.busy(ask.chat_id)
    picture = await fetched(ask, file_id)
    look = await looked_at(ask, picture)
    store, person_id = ask.desk.store, errand.person_id
    members = await store.persons.members(person_id) if person_id else ()
    theirs = await store.references.of(members) if members else []
    judged = judge_photo(look, person_id=person_id, theirs=theirs, told_apart=told_apart)
    if isinstance(judged, Good):
        try:
            await _added(ask, errand, picture, look, judged)
        except StaleError:
            return await _judged(ask, errand, file_id, told_apart=told_apart)
    elif said := _what_is_wrong(ask, errand, judged):
        await ask.say(said, reply=True)
    return judged


async def _added(ask: Ask, errand: Errand, picture: bytes, look: Look, good: Good) -> Added:
    return await add_photo(
        ask.desk.store,
        ask.desk.images,
        errand_id=errand.id,
        look=look,
        face=good.face,
        picture=picture,
        account=ask.account,
        via=VIA,
        now=ask.now,
    )


def _what_is_wrong(ask: Ask, errand: Errand, judged: Judgement) -> Markup | None:
    name = bold(errand.name or "")
    match judged:
        case Refused(reasons=reasons):
            return ask.t("This photo cannot be used: {faults}.", faults=faults(reasons, ask.t))
        case Unlike():
            unlike = msg("This photo is left out: it does not look like the others of {name}.")
            return ask.t(unlike, name=name)
        case Doubled():
            return ask.t(
                "This photo is left out: it shows no more than those of {name} before.", name=name
            )
        case _:
            return None


async def _say_how_it_stands(ask: Ask, errand: Errand, first: Markup | str) -> None:
    """Say in one message, the last of the chat, how many photos have been taken."""
    person_id = errand.person_id
    person = await ask.desk.store.persons.canonical(person_id) if person_id else None
    taken = _known_by(ask, errand, person) if person and errand.taken else ""
    if not first and not taken:
        first = ask.t(SEND, name=bold(errand.name or ""))
    more = ask.t("Send more, or press Done.") if taken else ""
    rows: Rows = ((button(ask.t("Done"), Do.DONE, errand.id),),)
    shown = await ask.say(lines(first, taken, more), rows=rows)
    if errand.message_id:
        await ask.desk.talk.tidy(ask.chat_id, errand.message_id)
    await _change(ask, errand.id, message_id=shown)


def _known_by(ask: Ask, errand: Errand, person: Person) -> Markup:
    return ask.t.counted(
        "{name}: {n} photo added.",
        "{name}: {n} photos added.",
        errand.taken,
        name=bold(ask.t.called(person)),
    )


async def _ask_for_name(ask: Ask, errand: Errand) -> None:
    prompt_id = await ask.say(ask.t("What is the name? Reply with it."), placeholder=ask.t("Name"))
    await _change(ask, errand.id, prompt_id=prompt_id)


async def _sites(ask: Ask) -> list[Site]:
    sites = [s for s in await ask.desk.store.sites.all() if ask.account.may_answer(s.id)]
    if not sites:
        raise InvalidError("There is no site yet. A camera makes one.")
    return sites


async def _ask_for_site(ask: Ask, errand: Errand, sites: Sequence[Site]) -> None:
    rows = tuple(
        (button(safe(site.name, NAME_UNITS), Do.AT, errand.id, site.id),) for site in sites
    )
    await ask.say(ask.t("At which site is {name}?", name=bold(errand.name or "")), rows=rows)


async def _namesakes(ask: Ask, errand: Errand) -> list[Person]:
    found = await ask.desk.store.persons.with_name(errand.name or "")
    return [p for p in found if await may_see_person(ask.desk.store, ask.account, p)]


async def _ask_about_namesakes(ask: Ask, errand: Errand, same: Sequence[Person]) -> None:
    several = len(same) > 1
    rows = tuple(
        (
            button(
                ask.t(
                    "To {name} ({number})", name=safe(ask.t.called(p), NAME_UNITS), number=p.number
                )
                if several
                else ask.t("To this {name}", name=safe(ask.t.called(p), NAME_UNITS)),
                Do.TO,
                errand.id,
                p.id,
            ),
        )
        for p in same[:MAX_NAMESAKES]
    )
    new = button(
        ask.t("Another {name}", name=safe(ask.t.called(same[0]), NAME_UNITS)), Do.ANOTHER, errand.id
    )
    text = ask.t(
        "There is already {name}. To whom are photos added?", name=bold(ask.t.called(same[0]))
    )
    await ask.show(await ask.picture(same[0].cover), text, rows=(*rows, (new,)))


async def _ask_whether(ask: Ask, errand: Errand, near: Near) -> None:
    """Ask whether a photo is of somebody whom it looks like."""
    if not await may_see_person(ask.desk.store, ask.account, near.person):
        await _change(ask, errand.id, pending=errand.pending[1:])
        raise InvalidError("This person is known at another site. Please ask an admin.")
    await _change(ask, errand.id, other_id=near.person.id)
    other, share = near.person, ask.t.percent(near.confidence)
    text = ask.t(
        "This photo looks like {other} ({share}). Is it the same person?",
        other=bold(ask.t.called(other)),
        share=share,
    )
    yes = button(ask.t("Yes, the same"), Do.TOLD, errand.id, "yes")
    no = button(
        ask.t("No, that is {name}", name=safe(errand.name or "", NAME_UNITS)),
        Do.TOLD,
        errand.id,
        "no",
    )
    out = button(ask.t("Leave this photo out"), Do.TOLD, errand.id, "out")
    # Two people with names are not made one by a photo: /person does that, and says what changes.
    both = other.recognised and errand.person_id is not None
    rows: Rows = ((no,), (out,)) if both else ((yes,), (no,), (out,))
    await ask.show(await ask.picture(other.cover), text, rows=rows)
