"""Labels: short words by which people are sorted, put on them and taken off them again."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from domain.decisions import decidable
from domain.errors import InvalidError
from domain.journal import Journal
from domain.naming import one_line
from domain.records import Account, Change, Decision, Id, Person
from domain.replies import Outcome
from domain.store import Records, Store

LABEL_LENGTH = 40
# More than these on one person say nothing any more.
MOST_LABELS = 20
FIELD = "labels"


class Labelling(StrEnum):
    """The verbs of the journal: a label was put on somebody, or taken off."""

    PUT_ON = "label"
    TAKEN_OFF = "unlabel"


def clean_label(text: str) -> str:
    """Return a label as it is kept: one line, in small letters, without commas.

    Raises InvalidError when nothing is left or it is longer than LABEL_LENGTH.
    """
    label = one_line(text.replace(",", " ").lower())
    if not label:
        raise InvalidError("A label needs at least one letter.")
    if len(label) > LABEL_LENGTH:
        raise InvalidError("A label has at most {n} characters.", n=LABEL_LENGTH)
    return label


async def label(
    store: Store,
    *,
    person_id: Id,
    text: str,
    how: Labelling = Labelling.PUT_ON,
    account: Account,
    via: str,
    now: datetime,
    batch: Id | None = None,
) -> Outcome:
    """Put a label on somebody, or take it off, as a decision of the journal.

    Raises NotFoundError, NotAllowedError and InvalidError; then nothing has changed.
    """
    given = clean_label(text)

    async def work(records: Records) -> Outcome:
        person = await decidable(records, person_id, account)
        labels = _with(person, given) if how is Labelling.PUT_ON else _without(person, given)
        journal = Journal(records, account=account, via=via, now=now, batch=batch)
        version = await records.gallery.advance()
        changed = await journal.assign(person, labels=labels, version=version)
        return Outcome(decision=await journal.enter(how, person.id, name=given), person=changed)

    return await store.transact(work)


def _with(person: Person, given: str) -> tuple[str, ...]:
    labels = tuple(sorted({*person.labels, given}))
    if len(labels) > MOST_LABELS:
        raise InvalidError("{name} has {n} labels already.", name=person.label, n=MOST_LABELS)
    return labels


def _without(person: Person, given: str) -> tuple[str, ...]:
    if given not in person.labels:
        raise InvalidError("{name} has no such label.", name=person.label)
    return tuple(label for label in person.labels if label != given)


def labels_by(said: Iterable[tuple[Decision, Change]]) -> tuple[str, ...]:
    """Return the labels somebody has by the decisions that stand, of all about their labels."""
    history = [*said]
    labels = set(history[0][1].before[FIELD]) if history else set()
    for decision, _ in history:
        if decision.undone is None and decision.name:
            change = labels.add if decision.verb == Labelling.PUT_ON else labels.discard
            change(decision.name)
    return tuple(sorted(labels))
