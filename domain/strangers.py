"""Strangers who turn out to be one: a face near to both says so, and nobody need be asked."""

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
        merged = replace(other, merged_into=keep.id, version=version)
        await records.persons.save(merged)
        await records.decisions.add(
            Decision(
                id=new_id(),
                at=now,
                account_id=None,
                account_name=NAME,
                via=VIA,
                verb="merge",
                person_id=other.id,
                target_id=keep.id,
                changes=(difference("persons", other, merged),),
            )
        )
    await _ask_once(records, keep, now)


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
