"""Forgetting a person, as the command line does it."""

import asyncio

from domain.errors import InvalidError, NotFoundError
from domain.forgetting import Traces, forget, traces
from domain.records import Person
from domain.store import Store
from usher.parts import Parts, now, open_parts
from usher.settings import Settings

NAME, VIA = "command line", "command line"


def run(settings: Settings, name: str, *, yes: bool) -> str:
    """Erase the person of a name, or say what would be erased; return what to tell."""
    return asyncio.run(_run(settings, name, yes=yes))


async def _run(settings: Settings, name: str, *, yes: bool) -> str:
    async with open_parts(settings) as parts:
        return await erase(parts, name, yes=yes)


async def erase(parts: Parts, name: str, *, yes: bool) -> str:
    """Erase the person of a name or number, or say what would be erased; return what to tell.

    Raises NotFoundError when there is nobody, InvalidError when there are several.
    """
    person = await _meant(parts.store, name)
    if not yes:
        found = await traces(parts.store, person_id=person.id, account=None)
        return f"{_told(found)} would be erased. Say so with --yes; it cannot be undone."
    found = await forget(
        parts.store,
        parts.images,
        person_id=person.id,
        account=None,
        account_name=NAME,
        via=VIA,
        now=now(),
    )
    return f"{_told(found)} are erased."


def _told(found: Traces) -> str:
    return f"{found.person.label}, {found.photos} photos and {found.visits} visits"


async def _meant(store: Store, name: str) -> Person:
    """Return the person of a name or a number; raise when it is nobody, or several."""
    found = await store.persons.with_name(name)
    number = name.rpartition(" ")[2]
    if not found and number.isdecimal():
        numbered = await store.persons.numbered(int(number))
        found = [numbered] if numbered else []
    if not found:
        raise NotFoundError("Nobody is called {name}.", name=name)
    if len(found) > 1:
        numbers = ", ".join(str(person.number) for person in found)
        raise InvalidError(
            "{n} people are called {name}: say which by number, one of {numbers}.",
            n=len(found),
            name=name,
            numbers=numbers,
        )
    return found[0]
