"""Photos that show somebody else are moved to whom they show, or to somebody new."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.covers import shown_by
from domain.errors import InvalidError, NotAllowedError, NotFoundError
from domain.journal import Journal, assigned
from domain.records import (
    Account,
    Detection,
    Id,
    Person,
    QuestionStatus,
    Reference,
    Visit,
)
from domain.replies import Outcome
from domain.shares import portion, remainder
from domain.sight import sites_of
from domain.store import DetectionQuery, Records, Store
from domain.whereabouts import refresh

MOVE = "move"
# So many photos at once, each of which may be of a visit of its own.
MOST = 100
# A visit of a day has a few thousand crops.
ALL = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What of a visit is moved: `crops`; so many `left` stay. With none the visit goes along."""

    visit: Visit
    crops: tuple[Detection, ...]
    left: int

    @property
    def whole(self) -> bool:
        """Whether the visit goes along."""
        return not self.left


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would be moved away from somebody.

    `references` are those in use that go along, `left` how many the person keeps.
    """

    person: Person
    crops: tuple[Detection, ...]
    shares: tuple[Share, ...]
    references: tuple[Reference, ...]
    left: int


async def plan(records: Records, *, person_id: Id, photos: Sequence[Id], account: Account) -> Plan:
    """Return what moving these photos of a person would do.

    Raises NotFoundError where one is not of them or none of the account's business,
    NotAllowedError where the account does not answer for its site, and InvalidError for none or
    more than MOST.
    """
    person = await records.persons.canonical(person_id)
    if person is None:
        raise NotFoundError("There is no such person.")
    members = await records.persons.members(person.id)
    crops = await _chosen(records, members, photos, account)
    in_use = await records.references.used(members)
    ids = {crop.id for crop in crops}
    gone = tuple(r for r in in_use if r.detection_id in ids)
    return Plan(
        person=person,
        crops=tuple(crops),
        shares=await shares_of(records, crops),
        references=gone,
        left=len(in_use) - len(gone),
    )


async def _chosen(
    records: Records, members: Sequence[Id], photos: Sequence[Id], account: Account
) -> list[Detection]:
    if not photos:
        raise InvalidError("Choose the photos to move first.")
    if len(set(photos)) > MOST:
        raise InvalidError("At most {n} photos can be moved at once.", n=MOST)
    there = await records.detections.some(photos)
    mine = [d for d in there.values() if d.person_id in members and account.may_see(d.site_id)]
    if len(mine) < len(set(photos)):
        raise NotFoundError("There is no such photo of this person.")
    if not all(account.may_answer(crop.site_id) for crop in mine):
        raise NotAllowedError("You may not answer for the site of this photo.")
    return sorted(mine, key=lambda crop: crop.id)


async def shares_of(records: Records, crops: Sequence[Detection]) -> tuple[Share, ...]:
    """Return what is taken of each visit, in the order of the visits."""
    visits = await records.visits.some([*{crop.visit_id for crop in crops if crop.visit_id}])
    found = []
    for visit in sorted(visits.values(), key=lambda v: (v.opened_at, v.id)):
        theirs = tuple(crop for crop in crops if crop.visit_id == visit.id)
        there = await records.detections.count(DetectionQuery(visit_id=visit.id))
        found.append(Share(visit=visit, crops=theirs, left=there - len(theirs)))
    return tuple(found)


async def recognised_by(records: Records, plan: Plan, account: Account) -> list[Detection]:
    """Return the newest crops of the person that were recognised by what would be moved.

    At most as many as can be moved along; they show whom those show, as a rule.
    """
    if not plan.references:
        return []
    chosen = {crop.id for crop in plan.crops}
    query = DetectionQuery(
        site_ids=sites_of(account),
        person_ids=await records.persons.members(plan.person.id),
        reference_ids=tuple(r.id for r in plan.references),
        since=min(crop.captured_at for crop in plan.crops),
        limit=MOST,
    )
    found = [crop for crop in await records.detections.page(query) if crop.id not in chosen]
    return [c for c in found if c.image.key and account.may_answer(c.site_id)][: MOST - len(chosen)]


async def move_photos(
    store: Store,
    *,
    person_id: Id,
    photos: Sequence[Id],
    target_id: Id | None,
    apart: bool,
    account: Account,
    via: str,
    now: datetime,
) -> Outcome:
    """Say that photos are of another person (None: of somebody new) than they were taken for.

    References made from them go along, and so do visits of which no photo is left; of others what
    is moved becomes a visit of its own. With `apart` it is remembered that these are two people.
    Raises what `plan` does, and InvalidError where it cannot be; then nothing has changed.
    """

    async def work(records: Records) -> Outcome:
        made = await plan(records, person_id=person_id, photos=photos, account=account)
        target = await records.persons.canonical(target_id) if target_id else None
        if target_id and target is None:
            raise NotFoundError("There is no such person.")
        journal = Journal(records, account=account, via=via, now=now)
        return await carry_out(records, made, target, journal=journal, apart=apart, now=now)

    return await store.transact(work)


async def carry_out(
    records: Records,
    plan: Plan,
    target: Person | None,
    *,
    journal: Journal,
    apart: bool,
    now: datetime,
) -> Outcome:
    """Move what is planned, inside a transaction."""
    if target and target.id == plan.person.id:
        raise InvalidError("These photos are of {name} already.", name=target.label)
    return await _Move(records, plan, journal, now).make(target, apart=apart)


@dataclass(frozen=True, slots=True)
class _Move:
    """One move, inside one transaction."""

    records: Records
    plan: Plan
    journal: Journal
    now: datetime

    async def make(self, target: Person | None, *, apart: bool) -> Outcome:
        version = await self.records.gallery.advance()
        person = target or await self._somebody_new(version)
        await self._require_alone(person)
        for share in self.plan.shares:
            await self._hand_over(share, person)
        await self._move_faces(person, version)
        await self._change_covers(version)
        if apart:
            await self.journal.tell_apart(person.id, self.plan.person.id, version)
        touched = [share.visit.id for share in self.plan.shares]
        await self.records.outbox.touch(touched, self.now)
        await refresh(self.records, [person.id, self.plan.person.id])
        sites = {crop.site_id for crop in self.plan.crops}
        decision = await self.journal.enter(
            MOVE,
            person.id,
            target_id=self.plan.person.id,
            site_id=sites.pop() if len(sites) == 1 else None,
        )
        return Outcome(decision=decision, person=person)

    async def _somebody_new(self, version: int) -> Person:
        best = max(self.plan.crops, key=lambda c: (c.face.quality if c.face else 0.0, c.id))
        return await self.journal.part(self.plan.person.id, version, cover=best.image.key or None)

    async def _require_alone(self, person: Person) -> None:
        """Raise InvalidError where the person is in a frame of these photos already."""
        members = set(await self.records.persons.members(person.id))
        frames = [(c.camera_id, c.frame) for c in self.plan.crops if c.frame]
        taken = [await self.records.detections.in_frame(*frame) for frame in frames]
        if len(frames) != len(set(frames)) or any(members & set(ids) for ids in taken):
            raise InvalidError(
                "{name} would be in one picture of the camera twice: these are two people.",
                name=person.label,
            )

    async def _hand_over(self, share: Share, person: Person) -> None:
        """Give a person the visit, or, where photos are left in it, a new one of those moved."""
        ids = [crop.id for crop in share.crops]
        if share.whole:
            await self._take_along(share.visit, person)
            return
        visit = portion(share.visit, share.crops, person.id, await self._ordinal(share, person))
        await self.journal.make(visit, instead={"detections": 0})
        there = await self.records.detections.page(
            DetectionQuery(visit_id=share.visit.id, limit=ALL)
        )
        left = remainder(share.visit, share.crops, [c for c in there if c.id not in ids])
        await self.records.visits.save(left)
        self.journal.note(assigned(share.visit, {"best": left.best}))
        self.journal.note(*(assigned(crop, {"visit_id": visit.id}) for crop in share.crops))
        await self.records.detections.revisit(ids, visit.id)

    async def _ordinal(self, share: Share, person: Person) -> int:
        members = await self.records.persons.members(person.id)
        return 1 + await self.records.visits.count(members, share.visit.site_id)

    async def _take_along(self, visit: Visit, person: Person) -> None:
        members = await self.records.persons.members(person.id)
        goes_on = visit.open and not await self.records.visits.open_of(members, visit.site_id)
        ordinal = 1 + await self.records.visits.count(members, visit.site_id)
        values = {"person_id": person.id, "ordinal": ordinal, "confidence": None}
        if visit.open and not goes_on:
            values["open"] = False
        await self.journal.assign(visit, **values)
        question = await self.records.questions.of_visit(visit.id)
        if question:
            await self.journal.assign(
                question,
                person_id=person.id,
                status=QuestionStatus.WITHDRAWN,
                decision_id=None,
                decided_at=self.now,
            )

    async def _move_faces(self, person: Person, version: int) -> None:
        """Give the crops, and the references made from them, to the person."""
        ids = [crop.id for crop in self.plan.crops]
        values = {"person_id": person.id}
        self.journal.note(*(assigned(crop, values) for crop in self.plan.crops))
        await self.records.detections.reassign(ids, person.id)
        for reference in await self.records.references.of_detections(ids):
            await self.journal.assign(reference, person_id=person.id, version=version)

    async def _change_covers(self, version: int) -> None:
        """Show those the photos were of by another picture, where they had one of them."""
        gone = {crop.image.key for crop in self.plan.crops}
        owners = {self.plan.person.id, *(c.person_id for c in self.plan.crops if c.person_id)}
        for owner in (await self.records.persons.some([*owners])).values():
            if owner.cover in gone:
                cover = await shown_by(self.records, owner.id)
                await self.journal.assign(owner, cover=cover, version=version)
