"""/people: everybody an account may know of, page by page, or those of a name."""

from collections.abc import Sequence

from markupsafe import Markup

from bot.buttons import Rows
from bot.commands.ask import Ask
from bot.commands.buttons import Do, Tap, button
from bot.commands.counter import Subject
from bot.tongue import msg
from bot.words import bold, lines, safe
from domain.decisions import NAME_LENGTH
from domain.people import Found, find_people
from domain.records import Id, Person, PersonStatus
from domain.store import PersonCursor, PersonQuery

PAGE = 8
NAME_UNITS = 34
STATUS = {
    PersonStatus.UNKNOWN: msg("not named"),
    PersonStatus.KNOWN: msg("known"),
    PersonStatus.BLOCKED: msg("blocked"),
    PersonStatus.DISMISSED: msg("dismissed"),
}
_KNOWN = (PersonStatus.KNOWN, PersonStatus.BLOCKED)


async def people(ask: Ask) -> None:
    """List people, newest first; with the beginning of a name those who have it."""
    text = ask.words[:NAME_LENGTH]
    found = await _page(ask, text=text)
    if not found.people:
        nobody = (
            ask.t("Nobody is called {name}.", name=text)
            if text
            else ask.t("Nobody has a name yet.")
        )
        await ask.say(nobody)
        return
    await ask.say(_head(ask, text), rows=_rows(ask, found, searched=bool(text)))


async def next_page(ask: Ask, tap: Tap) -> None:
    """Show the page that a button leads to, in place of the one it was on."""
    found = await _page(ask, after=Id(tap.words[0]) if tap.words[0] else None)
    await ask.change(_head(ask, ""), rows=_rows(ask, found, searched=False, first=not tap.words[0]))


async def _page(ask: Ask, *, text: str = "", after: Id | None = None) -> Found:
    statuses = () if text else _KNOWN
    query = PersonQuery(
        statuses=statuses,
        text=text,
        after=PersonCursor(after) if after else None,
        limit=PAGE,
    )
    return await find_people(ask.desk.store, ask.account, query)


def _head(ask: Ask, text: str) -> Markup:
    if text:
        return ask.t("People called {name}", name=bold(text))
    return lines(ask.t("People with a name, the newest first."), ask.t("/people NAME searches."))


def person_rows(ask: Ask, people_: Sequence[Person], do: Do, *first: str) -> Rows:
    """Return a button for each of these people, with what is known of them."""
    return tuple((button(_label(ask, person), do, *first, person.id),) for person in people_)


def _label(ask: Ask, person: Person) -> Markup:
    name = safe(ask.t.called(person), NAME_UNITS)
    if person.status is PersonStatus.KNOWN:
        return name
    return Markup("{} · {}").format(name, ask.t(STATUS[person.status]))


def _rows(ask: Ask, found: Found, *, searched: bool, first: bool = True) -> Rows:
    rows = person_rows(ask, found.people, Do.PERSON)
    turn = [] if first else [button(ask.t("← First page"), Do.PEOPLE, "")]
    if found.next and not searched:
        turn.append(button(ask.t("More →"), Do.PEOPLE, found.next.id))
    return (*rows, tuple(turn)) if turn else rows


SUBJECT = Subject(commands={"people": people}, taps={Do.PEOPLE: next_page})
