"""Who stands before which door, and what comes of it: it opens, people are asked, or it does not.

It is decided in the transaction that classifies a crop: a crop is classified once, so it is
considered once. docs/decisions/doors.md says why.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from domain.asking import deal_grant
from domain.claimants import Claimant, claimant_of
from domain.evidence import VOID, Answer, Reason, Scales, judge_crop, weigh
from domain.hours import within
from domain.ids import new_id
from domain.policy import DoorPolicy, MatchPolicy
from domain.records import (
    Detection,
    Door,
    Evidence,
    Grant,
    GrantStatus,
    Id,
    Person,
    PersonStatus,
)
from domain.store import Records
from domain.visits import Sighting

OPENED = frozenset({GrantStatus.GRANTED, GrantStatus.DELIVERED})


async def consider(
    records: Records,
    *,
    sighting: Sighting,
    matching: MatchPolicy,
    policy: DoorPolicy,
    now: datetime,
) -> None:
    """Open, ask about or refuse the doors that somebody just classified stands before."""
    if not (sighting.person.recognised or sighting.suggestions):
        return
    detection = sighting.detection
    doors = await records.doors.at(detection.site_id)
    near = [door for door in doors if door.watches(detection.camera_id)]
    claimant = await claimant_of(records, sighting, matching) if near else None
    if claimant is None:
        return
    for door in near:
        if admits(door, claimant.person, claimant.members):
            stand = _Stand(
                records=records,
                door=door,
                claimant=claimant,
                detection=detection,
                matching=matching,
                policy=policy,
                now=now,
            )
            await stand.settle()


def admits(door: Door, person: Person, members: Collection[Id]) -> bool:
    """Tell whether a door is for somebody, blocked or not, at any hour."""
    named = not set(members).isdisjoint(door.person_ids)
    return named or (door.visitors if person.visitor else door.everybody)


def against(door: Door, person: Person | None, now: datetime, policy: DoorPolicy) -> Reason | None:
    """Return why a door opens for this person not now, however well they are recognised."""
    if door.disabled_at is not None:
        return Reason.REMOVED
    if person is None or not person.recognised:
        return Reason.GONE
    if person.status is PersonStatus.BLOCKED:
        return Reason.BLOCKED
    if person.lapsed(now):
        return Reason.LAPSED
    return None if within(door.hours, now, policy.zone) else Reason.HOURS


@dataclass(slots=True, kw_only=True)
class _Stand:
    """One claimant before one door, inside one transaction."""

    records: Records
    door: Door
    claimant: Claimant
    detection: Detection
    matching: MatchPolicy
    policy: DoorPolicy
    now: datetime
    before: list[Grant] = field(default_factory=list)

    async def settle(self) -> None:
        """Refuse, wait, ask or open."""
        policy = self.policy
        since = self.now - max(policy.hold, policy.again) - policy.ask
        self.before = await self.records.grants.about(self.door.id, self.claimant.members, since)
        crops = await self._crops()
        this = next(crop for crop in crops if crop.detection_id == self.detection.id)
        why = self.claimant.blocked or against(
            self.door, self.claimant.person, self.now, self.policy
        )
        void = [Reason(reason) for reason in this.reasons if reason in VOID]
        if why or void:
            await self._refuse([*([why] if why else []), *void], [this])
            return
        answer, telling = await self._weigh(crops)
        if answer is Answer.WAIT or self._held(answer):
            return
        if await self._spoofed(telling):
            await self._refuse([Reason.SPOOF], telling)
        elif answer is Answer.OPEN:
            await self._open(telling)
        else:
            await self._ask(telling)

    async def _weigh(self, crops: list[Evidence]) -> tuple[Answer, Sequence[Evidence]]:
        """Say what the crops mean that have not been used at this door before."""
        answer, telling = weigh(crops, self.door.need)
        if answer is Answer.WAIT:
            return answer, telling
        used = await self.records.grants.used(self.door.id, [c.detection_id for c in crops])
        return weigh([c for c in crops if c.detection_id not in used], self.door.need)

    async def _crops(self) -> list[Evidence]:
        """Judge the latest crops before the door, newest first: this one and those around it."""
        need, this = self.door.need, self.detection
        lately = await self.records.detections.lately(
            this, self.claimant.seen_as, self.now - timedelta(seconds=need.within_s)
        )
        near = {d.id: d for d in (*lately, this) if self.door.watches(d.camera_id)}
        found = sorted(near.values(), key=lambda d: (d.captured_at, d.id), reverse=True)
        # This one is always among them, be it older than all others.
        found = [d for n, d in enumerate(found) if n < need.of or d.id == this.id]
        scales = Scales(
            need=need,
            matching=self.matching,
            policy=self.policy,
            now=self.now,
            seen_as=frozenset(self.claimant.seen_as),
            named=self.claimant.named,
            rivals=await self._rivals(found),
            replayed=await self.records.detections.repeating(found),
        )
        return [judge_crop(d, scales) for d in found]

    async def _rivals(self, crops: Sequence[Detection]) -> set[Id]:
        """Return those of the people who came second who are recognised, and somebody else."""
        second = [d.match.runner_up.person_id for d in crops if d.match and d.match.runner_up]
        found = await self.records.persons.some(second)
        others = (p for p in found.values() if p.id not in self.claimant.members)
        return {p.id for p in others if p.recognised}

    def _held(self, answer: Answer) -> bool:
        """Tell whether what came of it a moment ago still holds."""
        opened_since = self.now - self.policy.hold
        asked_since = self.now - self.policy.again
        for grant in self.before:
            at = grant.ruling.at if grant.ruling else grant.at
            if grant.status in OPENED and at > opened_since:
                return True
            said_no = grant.status is GrantStatus.REFUSED and grant.ruling is not None
            unanswered = grant.asked and answer is Answer.ASK
            if (said_no or unanswered) and at > asked_since:
                return True
        return False

    async def _spoofed(self, crops: Sequence[Evidence]) -> bool:
        """Tell whether a picture was held before one of the cameras while the crops were taken."""
        since = self.now - timedelta(seconds=self.door.need.within_s)
        cameras = await self.records.cameras.some([crop.camera_id for crop in crops])
        return any(c.spoofed_at and c.spoofed_at >= since for c in cameras.values())

    async def _open(self, crops: Sequence[Evidence]) -> None:
        """Grant it; people who are still being asked are told that it opened by itself."""
        await self._touch_door()
        waiting = next((g for g in self.before if self._waits(g)), None)
        grant = self._grant(
            GrantStatus.GRANTED,
            crops,
            life=self.policy.life,
            used=tuple(crop.detection_id for crop in crops),
            confidence=max((c.confidence for c in crops if c.confidence), default=None),
        )
        if waiting:
            await self.records.grants.save(replace(grant, id=waiting.id, asked=True))
            await self.records.outbox.touch_grant(waiting.id, self.now)
            return
        await self.records.grants.add(grant)
        if self.door.tells:
            await deal_grant(self.records, grant, self.now)

    def _waits(self, grant: Grant) -> bool:
        return grant.status is GrantStatus.ASKED and grant.expires_at > self.now

    async def _ask(self, crops: Sequence[Evidence]) -> None:
        """Ask those who answer for the site; where there is nobody, the door stays shut."""
        grant = self._grant(
            GrantStatus.ASKED,
            crops,
            life=self.policy.ask,
            used=tuple(crop.detection_id for crop in crops),
            confidence=self.claimant.confidence,
            asked=True,
        )
        if await deal_grant(self.records, grant, self.now):
            await self._touch_door()
            await self.records.grants.add(grant)
        else:
            await self._refuse([Reason.NOBODY], crops)

    async def _refuse(self, reasons: Sequence[Reason], crops: Sequence[Evidence]) -> None:
        """Log why not, unless that was logged a moment ago."""
        since = self.now - self.policy.again
        same = (g for g in self.before if g.reasons == tuple(reasons) and g.at > since)
        if next(same, None) is None:
            refused = self._grant(
                GrantStatus.REFUSED, crops, life=timedelta(0), reasons=tuple(reasons)
            )
            await self.records.grants.add(refused)

    async def _touch_door(self) -> None:
        """Write the door, so that of two who decide about it at once one begins anew."""
        await self.records.doors.save(replace(self.door, touched_at=self.now))

    def _grant(
        self,
        status: GrantStatus,
        crops: Sequence[Evidence],
        *,
        life: timedelta,
        used: tuple[Id, ...] = (),
        confidence: float | None = None,
        reasons: tuple[str, ...] = (),
        asked: bool = False,
    ) -> Grant:
        return Grant(
            id=new_id(),
            door_id=self.door.id,
            site_id=self.door.site_id,
            status=status,
            at=self.now,
            expires_at=self.now + life,
            due_at=self.now,
            person_id=self.claimant.person.id,
            visit_id=self.detection.visit_id,
            crops=tuple(crops),
            used=used,
            confidence=confidence,
            reasons=reasons,
            asked=asked,
        )
