"""What people note of somebody: free fields, whether they agreed, and how long they are kept."""

from dataclasses import replace
from datetime import datetime

from domain.decisions import decidable
from domain.errors import InvalidError
from domain.journal import Journal, noted
from domain.naming import one_line
from domain.records import Account, Consent, Decision, Id, Person
from domain.store import Records, Store

EDIT, CONSENT, KEEP = "edit", "consent", "keep"
MOST_FIELDS = 40
FIELD_LENGTH = 40
TEXT_LENGTH = 500


def clean_field(name: str) -> str:
    """Return the name of a field as it is kept; raise InvalidError where it cannot be one."""
    found = one_line(name)
    if not found:
        raise InvalidError("Say what it is, as Department or Phone.")
    if len(found) > FIELD_LENGTH:
        raise InvalidError("What it is called has at most {n} characters.", n=FIELD_LENGTH)
    if {".", "$"} & {*found}:
        raise InvalidError("What it is called cannot have a dot or a dollar sign in it.")
    return found


def clean_text(text: str) -> str:
    """Return a text as it is kept; raise InvalidError where it is too long."""
    found = one_line(text)
    if len(found) > TEXT_LENGTH:
        raise InvalidError("A text has at most {n} characters.", n=TEXT_LENGTH)
    return found


async def note(
    store: Store, *, person_id: Id, name: str, text: str, account: Account, via: str, now: datetime
) -> Decision:
    """Note something of somebody under a name, in place of what was there; "" removes it.

    Raises NotFoundError, NotAllowedError and InvalidError; then nothing has changed.
    """
    field, said = clean_field(name), clean_text(text)
    if text and not said:
        raise InvalidError("Write something, or remove it.")

    async def work(records: Records) -> Decision:
        person = await decidable(records, person_id, account)
        journal = Journal(records, account=account, via=via, now=now)
        if said:
            await write(records, journal, person, field, said)
        else:
            await _remove(records, journal, person, field)
        return await journal.enter(EDIT, person.id, name=field)

    return await store.transact(work)


async def write(
    records: Records, journal: Journal, person: Person, field: str, text: str | None
) -> None:
    """Give one field of somebody a text, or none, inside a transaction."""
    metadata = {**person.metadata, field: text or ""}
    if text is None:
        metadata.pop(field)
    if len(metadata) > MOST_FIELDS:
        raise InvalidError("At most {n} things can be noted of somebody.", n=MOST_FIELDS)
    journal.note(noted(person, field, text))
    await records.persons.save(replace(person, metadata=metadata))


async def _remove(records: Records, journal: Journal, person: Person, field: str) -> None:
    """Remove a field of somebody, and of everybody merged into them."""
    members = await records.persons.some(await records.persons.members(person.id))
    having = [one for one in members.values() if field in one.metadata]
    if not having:
        raise InvalidError("There is nothing noted as {name}.", name=field)
    for one in having:
        await write(records, journal, one, field, None)


async def set_consent(
    store: Store,
    *,
    person_id: Id,
    given: bool,
    at: datetime,
    text: str,
    account: Account,
    via: str,
    now: datetime,
) -> Decision:
    """Note that somebody agreed to be recognised, or does not any more, since when and how known.

    Raises NotFoundError, NotAllowedError, and InvalidError for a time that is still to come.
    """
    if at > now:
        raise InvalidError("That day is still to come.")
    consent = Consent(given=given, at=at, note=clean_text(text))

    async def work(records: Records) -> Decision:
        person = await decidable(records, person_id, account)
        journal = Journal(records, account=account, via=via, now=now)
        await journal.assign(person, consent=consent)
        return await journal.enter(CONSENT, person.id, name="given" if given else "withdrawn")

    return await store.transact(work)


async def keep_until(
    store: Store,
    *,
    person_id: Id,
    until: datetime | None,
    account: Account,
    via: str,
    now: datetime,
) -> Decision:
    """Say until when somebody is kept, and everything about them erased then; None is for good.

    Raises NotFoundError, NotAllowedError, and InvalidError for a time that is over.
    """
    if until and until <= now:
        raise InvalidError("That day is over. To erase somebody now, forget them.")

    async def work(records: Records) -> Decision:
        person = await decidable(records, person_id, account)
        journal = Journal(records, account=account, via=via, now=now)
        await journal.assign(person, keep_until=until)
        return await journal.enter(KEEP, person.id)

    return await store.transact(work)
