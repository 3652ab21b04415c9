"""What is decided about somebody from their card: name, merge, block, dismiss, forget."""

from collections.abc import Mapping
from dataclasses import replace

from markupsafe import Markup

from bot.answers import undo_row
from bot.buttons import Rows
from bot.commands.ask import Ask
from bot.commands.buttons import Do, Tap, button
from bot.commands.counter import Subject
from bot.commands.people import person_rows
from bot.commands.person import CHOICES, NAME_UNITS, card, rows
from bot.desk import VIA
from bot.outcomes import corrected
from bot.tongue import msg
from bot.words import bold, lines, safe
from domain import errands
from domain.decisions import (
    NAME_LENGTH,
    Block,
    Dismiss,
    ItIs,
    Known,
    Name,
    Outcome,
    Verdict,
    decide,
)
from domain.errors import InvalidError, NameTakenError, NotFoundError
from domain.forgetting import forget, traces
from domain.people import PersonView, people_called, person_view
from domain.records import Errand, ErrandKind, Id, Person
from domain.sight import may_see_person
from domain.views import canonical_people

_MARKS: Mapping[str, tuple[Verdict, str]] = {
    "block": (Block(), msg("Blocked. You will be alerted every time.")),
    "known": (Known(), msg("Unblocked.")),
    "dismiss": (Dismiss(), msg("Dismissed. Nobody will be asked again.")),
}


async def mark(ask: Ask, tap: Tap) -> Markup:
    """Block, unblock or dismiss somebody; their card shows it, with a way back."""
    verdict, said = _MARKS[tap.words[1]]
    outcome = await _decide(ask, tap.id, verdict)
    await _redraw(ask, outcome)
    return ask.t(said)


async def rename(ask: Ask, tap: Tap) -> None:
    """Ask for another name."""
    view = await _mine(ask, tap.id)
    text = ask.t("Reply with the name of {who}.", who=bold(ask.t.called(view.person)))
    await _prompt(ask, ErrandKind.RENAME, view.person, text)


async def renamed(ask: Ask, errand: Errand) -> None:
    """Take a reply as the name; ask about somebody who has it already."""
    if errand.person_id is None:
        return
    before = await ask.desk.store.persons.canonical(errand.person_id)
    try:
        outcome = await _decide(ask, errand.person_id, Name(ask.words))
    except NameTakenError as error:
        await errands.change(ask.desk.store, errand.id, ask.now, name=error.name)
        await _ask_about_namesake(ask, errand, Id(error.person_ids[0]))
        return
    await errands.end(ask.desk.store, errand)
    # Who had a name already had their past as well.
    renamed_only = before is not None and before.name is not None
    await _saved(ask, replace(outcome, corrected=0) if renamed_only else outcome)


async def _ask_about_namesake(ask: Ask, errand: Errand, other_id: Id) -> None:
    other = await ask.desk.store.persons.canonical(other_id)
    seen = other and await may_see_person(ask.desk.store, ask.account, other)
    also = button(ask.t("Another one of this name"), Do.ALSO, errand.id)
    if other is None or not seen:
        await ask.say(ask.t("Somebody is known by this name already."), rows=((also,),))
        return
    name = safe(ask.t.called(other), NAME_UNITS)
    same = button(ask.t("It is this {name}", name=name), Do.INTO, errand.person_id or "", other.id)
    text = ask.t("There is already {who}. Is this the same person?", who=bold(other.label))
    await ask.show(await ask.picture(other.cover), text, rows=((same,), (also,)))


async def also(ask: Ask, tap: Tap) -> None:
    """Give the name to another person as well."""
    errand = await ask.desk.store.errands.get(tap.id)
    if errand is None or errand.account_id != ask.account.id or errand.person_id is None:
        raise NotFoundError("This has ended already. Please begin again.")
    outcome = await _decide(ask, errand.person_id, Name(errand.name or "", another=True))
    await errands.end(ask.desk.store, errand)
    await ask.tidy()
    await _saved(ask, outcome)


async def merge(ask: Ask, tap: Tap) -> None:
    """Ask who somebody turns out to be: those they look like, or somebody by name."""
    view = await _mine(ask, tap.id)
    likely = await _likely(ask, view.person)
    by_name = button(ask.t("Somebody else, by name"), Do.WHOM, view.person.id)
    text = ask.t("Who is {name}?", name=bold(ask.t.called(view.person)))
    choices = person_rows(ask, likely, Do.INTO, view.person.id)
    await ask.say(text, rows=(*choices, (by_name,)))


async def _likely(ask: Ask, person: Person) -> list[Person]:
    store = ask.desk.store
    meant = await canonical_people(store, [s.person_id for s in person.maybe])
    others = await store.persons.perhaps(await store.persons.members(person.id))
    found = {p.id: p for p in (*meant.values(), *others) if p.id != person.id}
    seen = [p for p in found.values() if await may_see_person(store, ask.account, p)]
    return seen[:CHOICES]


async def whom(ask: Ask, tap: Tap) -> None:
    """Ask for the name of who somebody turns out to be."""
    view = await _mine(ask, tap.id)
    who = bold(ask.t.called(view.person))
    await _prompt(ask, ErrandKind.MERGE, view.person, ask.t("Reply with who {name} is.", name=who))


async def named(ask: Ask, errand: Errand) -> None:
    """Take a reply as the name of who somebody turns out to be."""
    found = await people_called(ask.desk.store, ask.account, ask.words[:NAME_LENGTH])
    others = [p for p in found if p.id != errand.person_id]
    if not others or errand.person_id is None:
        raise NotFoundError("Nobody is called {name}.", name=ask.words[:NAME_LENGTH])
    await errands.end(ask.desk.store, errand)
    if len(others) == 1:
        await _preview(ask, errand.person_id, others[0].id)
        return
    choices = person_rows(ask, others[:CHOICES], Do.INTO, errand.person_id)
    await ask.say(ask.t("Who is meant?"), rows=choices)


async def into(ask: Ask, tap: Tap) -> None:
    """Say what making one of two people changes, before it is done."""
    await _preview(ask, tap.id, Id(tap.words[1]))
    await ask.tidy()


async def _preview(ask: Ask, person_id: Id, other_id: Id) -> None:
    one = await _mine(ask, person_id)
    other = await person_view(ask.desk.store, ask.account, other_id)
    if one.person.id == other.person.id:
        raise InvalidError("This is the same person already.")
    text = lines(
        ask.t("{one} becomes {other}.", one=_counted(ask, one), other=_counted(ask, other)),
        ask.t("Photos and visits are put together. This can be undone."),
    )
    make_one = button(ask.t("Make them one"), Do.ONE, one.person.id, other.person.id)
    await ask.show(
        await ask.picture(other.image_key), text, rows=((make_one, button(ask.t("No"), Do.CLOSE)),)
    )


def _counted(ask: Ask, view: PersonView) -> Markup:
    visits = ask.t.counted("{n} visit", "{n} visits", view.visits)
    return Markup("{} ({})").format(bold(ask.t.called(view.person)), visits)


async def make_one(ask: Ask, tap: Tap) -> Markup:
    """Make one of two people."""
    outcome = await _decide(ask, tap.id, ItIs(Id(tap.words[1])))
    said = ask.t("It is {name}.", name=safe(ask.t.called(outcome.person)))
    await ask.change(
        lines(said, *corrected(outcome, ask.t)), rows=undo_row(outcome.decision, ask.t)
    )
    return said


async def ask_whether_to_forget(ask: Ask, tap: Tap) -> None:
    """Say what is erased of somebody, and that it is for good, before it is done."""
    ask.require_manager()
    await _mine(ask, tap.id)
    found = await traces(ask.desk.store, person_id=tap.id, account=ask.account)
    photos = ask.t.counted("{n} photo", "{n} photos", found.photos)
    visits = ask.t.counted("{n} visit", "{n} visits", found.visits)
    text = ask.t(
        "Everything about {name} goes: {photos}, {visits}. This cannot be undone.",
        name=bold(ask.t.called(found.person)),
        photos=photos,
        visits=visits,
    )
    yes = button(ask.t("Forget for good"), Do.FORGOTTEN, found.person.id)
    await ask.say(text, rows=((yes, button(ask.t("No"), Do.CLOSE)),))


async def forgotten(ask: Ask, tap: Tap) -> None:
    """Erase somebody."""
    ask.require_manager()
    await _mine(ask, tap.id)
    await forget(
        ask.desk.store,
        ask.desk.images,
        person_id=tap.id,
        account=ask.account,
        account_name=ask.account.name,
        via=VIA,
        now=ask.now,
    )
    await ask.change(
        ask.t("Forgotten. If this chat has other pictures of them, please delete those by hand.")
    )


async def close(ask: Ask, _: Tap) -> None:
    """Let it be."""
    await ask.tidy()


async def _mine(ask: Ask, person_id: Id) -> PersonView:
    """Return somebody the account may decide about; raise NotFoundError or NotAllowedError."""
    ask.require_manager()
    return await person_view(ask.desk.store, ask.account, person_id)


async def _decide(ask: Ask, person_id: Id, verdict: Verdict) -> Outcome:
    return await decide(
        ask.desk.store,
        person_id=person_id,
        answer=verdict,
        account=ask.account,
        via=VIA,
        now=ask.now,
    )


async def _prompt(ask: Ask, kind: ErrandKind, person: Person, text: Markup) -> None:
    errand = await errands.begin(
        ask.desk.store, ask.account, kind, chat_id=ask.chat_id, now=ask.now, person_id=person.id
    )
    prompt_id = await ask.say(text, placeholder=str(ask.t("Name")))
    await errands.change(ask.desk.store, errand.id, ask.now, prompt_id=prompt_id)


async def _saved(ask: Ask, outcome: Outcome) -> None:
    name = bold(ask.t.called(outcome.person))
    said = lines(ask.t("Saved: {name}.", name=name), *corrected(outcome, ask.t))
    await ask.say(said, rows=undo_row(outcome.decision, ask.t))


async def _redraw(ask: Ask, outcome: Outcome) -> None:
    view = await person_view(ask.desk.store, ask.account, outcome.person.id)
    below: Rows = (*rows(ask, view), *undo_row(outcome.decision, ask.t))
    await ask.change(card(ask, view), rows=below)


SUBJECT = Subject(
    taps={
        Do.SET: mark,
        Do.RENAME: rename,
        Do.ALSO: also,
        Do.MERGE: merge,
        Do.WHOM: whom,
        Do.INTO: into,
        Do.ONE: make_one,
        Do.FORGET: ask_whether_to_forget,
        Do.FORGOTTEN: forgotten,
        Do.CLOSE: close,
    }
)
