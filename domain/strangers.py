"""Strangers who turn out to be one: a face near to both says so, and nobody need be asked."""

from collections.abc import Sequence
from datetime import datetime

from domain.ids import new_id
from domain.journal import assign
from domain.records import Change, Decision, Person, Question, QuestionStatus
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
    merged = [await assign(records, o, merged_into=keep.id, version=version) for o in others]
    asked = await _ask_once(records, keep, now)
    for other, change in merged:
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
                changes=(change, *asked),
                version=version,
            )
        )


async def _ask_once(records: Records, keep: Person, now: datetime) -> list[Change]:
    """Leave the newest open question of each site; the older ones point to it.

    Return what changed: each of the merges may be undone, and then be the one it hangs on.
    """
    changes: list[Change] = []
    newest: dict[str, Question] = {}
    asked = await records.questions.open_of(await records.persons.members(keep.id))
    for question in sorted(asked, key=lambda q: q.asked_at):
        older = newest.get(question.site_id)
        newest[question.site_id] = question
        if older:
            over = QuestionStatus.SUPERSEDED
            _, change = await assign(records, older, status=over, decided_at=now)
            await records.outbox.touch([older.visit_id], now)
            changes.append(change)
    return changes
