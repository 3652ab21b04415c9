"""Strangers who turn out to be one, or somebody known: a face near to both says so, unasked."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import combinations

from domain.arrivals import welcome
from domain.errors import StaleError
from domain.gallery import LiveGallery
from domain.hand import answered
from domain.ids import new_id
from domain.journal import assign, assigned, merge
from domain.matching import Verdict
from domain.records import (
    Change,
    Decision,
    Detection,
    Id,
    MatchKind,
    Person,
    PersonStatus,
    Question,
    QuestionStatus,
)
from domain.store import Records, Store

NAME, VIA = "Usher", "recognition"


class Strangers:
    """Looks, at each face, whether it shows that people are one."""

    def __init__(self, *, store: Store, gallery: LiveGallery, gap: Callable[[], timedelta]) -> None:
        self._store = store
        self._gallery = gallery
        self._gap = gap

    async def bridge(self, verdict: Verdict, *, limit: float, version: int, now: datetime) -> bool:
        """Join strangers whom one face shows to be one; tell whether to look again.

        They are within the distance `limit` of it; who was in one frame together are two, however
        alike. `version` is that of the gallery when it was searched.
        """
        close = [c.person_id for c in verdict.candidates if c.distance <= limit]
        people = [self._gallery.person(id_) for id_ in close]
        strangers = [p for p in people if p.status is PersonStatus.UNKNOWN]
        pairs = list(combinations([self._gallery.members(p.id) for p in strangers], 2))
        for one, other in pairs:
            if await self._store.detections.seen_together(one, other):
                return False
        if not pairs:
            return False
        await self._try(partial(join, strangers=strangers, expected=version, now=now))
        return True

    async def settle(
        self,
        detection: Detection,
        verdict: Verdict,
        *,
        track: Id | None,
        limit: float,
        version: int,
        now: datetime,
    ) -> bool:
        """Let a crop that shows somebody known settle a question just asked about the same face.

        Whoever is asked about now, on this track or within the distance `limit`, is them; tell
        whether to look again.
        """
        known = verdict.person if verdict.kind is MatchKind.MATCH else None
        person = self._gallery.person(known.person_id) if known else None
        if person is None or person.status is not PersonStatus.KNOWN:
            return False
        for candidate in verdict.candidates:
            stranger = self._gallery.person(candidate.person_id)
            near = candidate.person_id == track or candidate.distance <= limit
            if near and await self._asked_now(stranger, person, detection):
                await self._try(
                    partial(settle, stranger=stranger, known=person, expected=version, now=now)
                )
                return True
        return False

    async def _asked_now(self, stranger: Person, known: Person, detection: Detection) -> bool:
        """Tell whether a stranger is asked about in a visit this detection would belong to.

        Whoever was in one frame with the other is somebody else.
        """
        if stranger.status is not PersonStatus.UNKNOWN:
            return False
        members, site = self._gallery.members(stranger.id), detection.site_id
        visit = await self._store.visits.near(members, site, detection.captured_at, self._gap())
        asked = await self._store.questions.open_of(members) if visit else []
        if not any(question.site_id == site for question in asked):
            return False
        others = self._gallery.members(known.id)
        return not await self._store.detections.seen_together(members, others)

    async def _try(self, work: Callable[[Records], Awaitable[None]]) -> None:
        """Do it, unless somebody was quicker; know then how things stand."""
        with suppress(StaleError):
            await self._store.transact(work)
        await self._gallery.refresh()


async def join(
    records: Records, *, strangers: Sequence[Person], expected: int, now: datetime
) -> None:
    """Merge strangers into the one met first, as a decision of Usher's own in the journal.

    `expected` is the gallery version at which they were strangers; raises StaleError when it has
    passed, for somebody may have been named since.
    """
    version = await records.gallery.advance(expected)
    keep, *others = sorted(strangers, key=lambda person: person.number)
    merged = [(other, await merge(records, other, keep, version)) for other in others]
    asked = await _ask_once(records, keep, now)
    for other, changes in merged:
        made = _merge(other, keep, changes=(*changes, *asked), version=version, now=now)
        await records.decisions.add(made)


async def settle(
    records: Records, *, stranger: Person, known: Person, expected: int, now: datetime
) -> None:
    """Merge a stranger into somebody known whom a later crop shows; nobody need answer any more.

    Raises StaleError as `join` does.
    """
    version = await records.gallery.advance(expected)
    asked = await records.questions.open_of(await records.persons.members(stranger.id))
    changes = await merge(records, stranger, known, version)
    # By these it can be told from a merge of strangers, which answers nothing.
    closed = [assigned(question, {"status": QuestionStatus.ANSWERED}) for question in asked]
    decision = _merge(stranger, known, changes=(*changes, *closed), version=version, now=now)
    await records.decisions.add(decision)
    for question in asked:
        await records.questions.save(answered(question, decision))
    await records.outbox.touch([question.visit_id for question in asked], now)
    visits = await records.visits.some([question.visit_id for question in asked])
    for visit in visits.values():
        await welcome(records, person=known, visit=visit, now=now)


def _merge(
    person: Person, into: Person, *, changes: tuple[Change, ...], version: int, now: datetime
) -> Decision:
    """Return, for the journal, that a person was merged by Usher itself."""
    return Decision(
        id=new_id(),
        at=now,
        account_id=None,
        account_name=NAME,
        via=VIA,
        verb="merge",
        person_id=person.id,
        target_id=into.id,
        changes=changes,
        version=version,
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
