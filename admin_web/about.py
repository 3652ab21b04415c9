"""What is noted of somebody, whether they agreed to be recognised, and how long they are kept."""

from collections.abc import Awaitable
from datetime import date, datetime, time

from aiohttp import web

from admin_web.answering import text
from admin_web.options import ACCOUNT, CLOCK, OPTIONS, STORE, VIA
from admin_web.person import person_asked, person_page, require_own_page
from domain.about import (
    FIELD_LENGTH,
    MOST_FIELDS,
    TEXT_LENGTH,
    keep_until,
    note,
    set_consent,
)
from domain.days import end_of_day
from domain.errors import InvalidError
from domain.joining import metadata_of
from domain.labelling import LABEL_LENGTH, Labelling, label
from domain.records import Decision, Person

# What a form may give; a database takes no others.
FIRST_YEAR, LAST_YEAR = 2000, 2200


async def show_about(request: web.Request) -> web.Response:
    """Show what is noted of somebody, with a form for each."""
    return await _show(request, await require_own_page(request))


async def _show(
    request: web.Request, person: Person, status: int = 200, *, refused: str = "", kept: str = ""
) -> web.Response:
    store = request.app[STORE]
    members = await store.persons.members(person.id)
    today = request.app[CLOCK]().astimezone(request.app[OPTIONS].timezone).date()
    return await person_page(
        request,
        "person_about.html",
        person,
        "about",
        status,
        fields=await metadata_of(store, person, members),
        today=today.isoformat(),
        until=_last_day(request, person),
        refused=refused,
        kept=kept,
        most_fields=MOST_FIELDS,
        field_length=FIELD_LENGTH,
        text_length=TEXT_LENGTH,
        label_length=LABEL_LENGTH,
    )


def _last_day(request: web.Request, person: Person) -> date | None:
    """Return the last day on which somebody is kept."""
    if person.keep_until is None:
        return None
    zone = request.app[OPTIONS].timezone
    last = person.keep_until.astimezone(zone)
    whole = last.time() == time()
    return date.fromordinal(last.date().toordinal() - whole)


async def note_something(request: web.Request) -> web.StreamResponse:
    """Note something of somebody under a name; without a text it is removed."""
    form = await request.post()
    person = await person_asked(request)
    removed = text(form, "do") == "remove"
    said = note(
        request.app[STORE],
        person_id=person.id,
        name=text(form, "field"),
        text="" if removed else text(form, "text") or " ",
        account=request[ACCOUNT],
        via=VIA,
        now=request.app[CLOCK](),
    )
    return await _say(request, person, said, kept=text(form, "text"))


async def note_consent(request: web.Request) -> web.StreamResponse:
    """Note that somebody agreed, or does not any more."""
    form = await request.post()
    person = await person_asked(request)
    given = text(form, "given")
    if given not in {"yes", "no"}:
        return await _show(request, person, 400, refused="Say whether consent was given.")
    try:
        at = _day(text(form, "at")) if text(form, "at") else None
    except InvalidError as error:
        return await _show(request, person, 400, refused=str(error))
    zone, now = request.app[OPTIONS].timezone, request.app[CLOCK]()
    since = datetime.combine(at, time(), zone) if at else now
    said = set_consent(
        request.app[STORE],
        person_id=person.id,
        given=given == "yes",
        at=now if at == now.astimezone(zone).date() else since,
        text=text(form, "note"),
        account=request[ACCOUNT],
        via=VIA,
        now=now,
    )
    return await _say(request, person, said)


async def set_keeping(request: web.Request) -> web.StreamResponse:
    """Say until when somebody is kept; an empty day is for good."""
    form = await request.post()
    person = await person_asked(request)
    try:
        last = _day(text(form, "until")) if text(form, "until") else None
    except InvalidError as error:
        return await _show(request, person, 400, refused=str(error))
    zone = request.app[OPTIONS].timezone
    until = end_of_day(datetime.combine(last, time(12), zone), zone) if last else None
    said = keep_until(
        request.app[STORE],
        person_id=person.id,
        until=until,
        account=request[ACCOUNT],
        via=VIA,
        now=request.app[CLOCK](),
    )
    return await _say(request, person, said)


async def change_labels(request: web.Request) -> web.StreamResponse:
    """Put a label on somebody, or take one off."""
    form = await request.post()
    person = await person_asked(request)
    taken = text(form, "do") == "remove"

    async def said() -> Decision:
        outcome = await label(
            request.app[STORE],
            person_id=person.id,
            text=text(form, "label"),
            how=Labelling.TAKEN_OFF if taken else Labelling.PUT_ON,
            account=request[ACCOUNT],
            via=VIA,
            now=request.app[CLOCK](),
        )
        return outcome.decision

    return await _say(request, person, said())


def _day(written: str) -> date:
    """Return a day as a form gives it."""
    try:
        day = date.fromisoformat(written)
    except ValueError as error:
        raise InvalidError("A day looks like 2026-11-22.") from error
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise InvalidError("That year is too far away.")
    return day


async def _say(
    request: web.Request, person: Person, said: Awaitable[Decision], *, kept: str = ""
) -> web.StreamResponse:
    try:
        decision = await said
    except InvalidError as error:
        return await _show(request, person, 400, refused=str(error), kept=kept)
    raise web.HTTPSeeOther(f"/people/{person.id}/about?done={decision.id}")
