"""Strangers who turn out to be one, or somebody known: a face near to both says so, unasked."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from domain.decisions import difference
from domain.ids import new_id
from domain.records import Decision, Person, Question, QuestionStatus
from domain.store import Records

NAME, VIA = "Usher", "recognition"


async def join(
    records: Records, *, strangers: Sequence[Person], expected: int, now: datetime
) -> None:
    """Merge strangers into the one met first, as a decision of Usher's own in the journal.

    `expected` is the gallery version at which they were strangers; raises StaleError when it has
    passed, for somebody may have been named since.
    """
    version = await records.gallery.advance(expected)
    keep, *others = sorted(strangers, key=lambda person: person.number)
    for other in others:
        await _merge(records, other, keep, version, now)
    await _ask_once(records, keep, now)


async def settle(
    records: Records, *, stranger: Person, known: Person, expected: int, now: datetime
) -> None:
    """Merge a stranger into somebody known whom a later crop shows; nobody need answer any more.

    Raises StaleError as `join` does.
    """
    version = await records.gallery.advance(expected)
    decision = await _merge(records, stranger, known, version, now)
    asked = await records.questions.open_of(await records.persons.members(stranger.id))
    for question in asked:
        await records.questions.save(
            replace(
                question,
                status=QuestionStatus.ANSWERED,
                decision_id=decision.id,
                decided_at=now,
            )
        )
    await records.outbox.touch([question.visit_id for question in asked], now)


async def _merge(
    records: Records, person: Person, into: Person, version: int, now: datetime
) -> Decision:
    merged = replace(person, merged_into=into.id, version=version)
    await records.persons.save(merged)
    decision = Decision(
        id=new_id(),
        at=now,
        account_id=None,
        account_name=NAME,
        via=VIA,
        verb="merge",
        person_id=person.id,
        target_id=into.id,
        changes=(difference("persons", person, merged),),
    )
    await records.decisions.add(decision)
    return decision


async def _ask_once(records: Records, keep: Person, now: datetime) -> None:
    """Leave the newest open question of each site; the older ones point to it."""
    newest: dict[str, Question] = {}
    asked = await records.questions.open_of(await records.persons.members(keep.id))
    for question in sorted(asked, key=lambda q: q.asked_at):
        older = newest.get(question.site_id)
        newest[question.site_id] = question
        if older:
            await records.questions.save(
                replace(older, status=QuestionStatus.SUPERSEDED, decided_at=now)
            )
            await records.outbox.touch([older.visit_id], now)
