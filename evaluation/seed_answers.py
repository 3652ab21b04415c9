"""What people are recognised by, what was asked about them, and what was answered."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import numpy as np

from domain.journal import assigned
from domain.records import (
    Account,
    Change,
    Decision,
    Doubt,
    Id,
    Person,
    PersonStatus,
    Question,
    QuestionKind,
    QuestionStatus,
    Reference,
    Rejection,
    Retired,
    Retirement,
    Role,
    Stage,
    Suggestion,
)
from evaluation.seed_house import Ids
from evaluation.seed_log import BATCH, Log
from evaluation.seed_plan import Kind

_RETIRED, _DOUBTED = 0.01, 0.001
# Of the unknown the last ones to come are still asked about: this share of them.
_OPEN = 0.03
_HINTED = 0.35
_VERBS = {
    Kind.KNOWN: "name",
    Kind.VISITOR: "visitor",
    Kind.BLOCKED: "block",
    Kind.DISMISSED: "dismiss",
    Kind.NO_FACE: "no-face",
}
_IN_CHAT = 0.7
_DAY = timedelta(days=1)


def references(log: Log, version: int) -> Iterator[list[Reference]]:
    """Give the references, so many at a time, of versions after this one; some are in doubt."""
    count = len(log.plan.chosen)
    chance = np.random.default_rng(version + count)
    odd = chance.permutation(count)
    doubtful = {*odd[: max(3, round(_DOUBTED * count))].tolist()}
    retiring = {*odd[::-1][: round(_RETIRED * count)].tolist()} - doubtful
    for start in range(0, count, BATCH):
        rows = log.plan.chosen[start : start + BATCH]
        people = log.plan.crop_person[rows]
        embeddings = log.cast.embeddings(people, chance)
        made = []
        for n, row in enumerate(rows.tolist()):
            at = datetime.fromtimestamp(float(log.plan.crop_at[row]), UTC)
            doubted, retired = start + n in doubtful, start + n in retiring
            site = log.house.cameras[int(log.plan.crop_camera[row])].site_id
            made.append(
                Reference(
                    id=log.reference_ids[start + n],
                    person_id=log.cast.ids[people[n]],
                    detection_id=log.crop_ids[row],
                    image_key=log.key(row),
                    model=log.model,
                    embedding=embeddings[n],
                    quality=log.portrait(row).face.quality,
                    version=version + start + n + 1,
                    created_at=at,
                    retired=Retired(at=at + _DAY, reason=Retirement.TRIMMED) if retired else None,
                    doubt=Doubt(at=at + _DAY, distance=0.83, site_id=site) if doubted else None,
                )
            )
        yield made


def asked(
    log: Log, people: list[Person], ids: Ids, now: float
) -> tuple[list[Question], list[Decision]]:
    """Ask about everybody: of those who were answered once, of the others at each visit."""
    asking = _Asking(log, people, ids, now)
    visits_of = defaultdict[int, list[int]](list)
    for visit, person in enumerate(log.plan.visit_person.tolist()):
        visits_of[person].append(visit)
    for person, visits in sorted(visits_of.items()):
        if log.plan.kind[person] == Kind.UNKNOWN:
            asking.in_vain(person, visits)
        else:
            asking.answered(person, visits[0])
    return asking.questions, asking.decisions


class _Asking:
    """Makes questions and what became of them."""

    def __init__(self, log: Log, people: list[Person], ids: Ids, now: float) -> None:
        self._log = log
        self._people = people
        self._ids = ids
        self._now = now
        self._chance = np.random.default_rng(len(people))
        self._known = np.flatnonzero(log.plan.kind == Kind.KNOWN)
        unknown = np.flatnonzero(log.plan.kind == Kind.UNKNOWN)
        last = np.zeros(len(people))
        np.maximum.at(last, log.plan.visit_person, log.plan.visit_start)
        count = max(min(12, len(unknown)), round(_OPEN * len(unknown)))
        self._open = set(unknown[np.argsort(last[unknown])][-count:].tolist())
        self.questions = list[Question]()
        self.decisions = list[Decision]()

    def in_vain(self, person: int, visits: list[int]) -> None:
        """Ask at every visit; the last question stands, or has expired."""
        for visit in visits[:-1]:
            self._ask(person, visit, QuestionStatus.SUPERSEDED)
        still = person in self._open
        self._ask(person, visits[-1], QuestionStatus.OPEN if still else QuestionStatus.EXPIRED)

    def answered(self, person: int, visit: int) -> None:
        """Ask about somebody's first visit, and answer some minutes later."""
        question = self._ask(person, visit, QuestionStatus.ANSWERED)
        late = timedelta(seconds=min(float(self._chance.lognormal(5.5, 1.4)), 80_000.0))
        at = min(question.asked_at + late, datetime.fromtimestamp(self._now, UTC))
        account = self._who(question.site_id)
        verb, changes, more = self._said(person)
        decision = Decision(
            id=self._ids(at.timestamp()),
            at=at,
            account_id=account.id,
            account_name=account.name,
            via="telegram" if self._chance.random() < _IN_CHAT else "panel",
            verb=verb,
            person_id=self._people[person].id,
            question_id=question.id,
            changes=changes,
            version=self._people[person].version,
            **more,
        )
        self.decisions.append(decision)
        self.questions[-1] = _settled(question, decision)

    def _who(self, site_id: Id) -> Account:
        could = [a for a in self._log.house.accounts if a.may_answer(site_id)]
        managers = [a for a in could if a.role is Role.MANAGER] or could
        return managers[int(self._chance.integers(len(managers)))]

    def _said(self, person: int) -> tuple[str, tuple[Change, ...], dict[str, Any]]:
        """Return the verb of the journal, what it changed of the person, and what else it says."""
        kind, made = Kind(int(self._log.plan.kind[person])), self._people[person]
        was = _before(made)
        if kind == Kind.MERGED:
            target = self._people[int(self._log.plan.into[person])]
            into = {"merged_into": target.id, "cover": made.cover, "version": made.version}
            pointing = (assigned(was, into), assigned(target, {"cover": target.cover}))
            return "merge", pointing, {"target_id": target.id}
        values: dict[str, Any] = {
            "status": made.status,
            "no_face": made.no_face,
            "visitor": made.visitor,
            "visitor_until": made.visitor_until,
            "version": made.version,
        }
        if kind == Kind.KNOWN:
            values["name"] = made.name
        return _VERBS[kind], (assigned(was, values),), {"name": values.get("name")}

    def _ask(self, person: int, visit: int, status: QuestionStatus) -> Question:
        plan = self._log.plan
        suggestions = self._suggestions(person)
        at = float(plan.visit_start[visit])
        supposed = bool(suggestions) and plan.kind[person] == Kind.MERGED
        question = Question(
            id=self._ids(at),
            visit_id=self._log.visit_ids[visit],
            site_id=self._log.house.sites[plan.visit_site[visit]].id,
            person_id=self._log.cast.ids[person],
            kind=QuestionKind.CONFIRM if supposed else QuestionKind.WHO,
            status=status,
            asked_at=datetime.fromtimestamp(at, UTC),
            suggestions=suggestions,
            stage=Stage.ASKED if status is QuestionStatus.ANSWERED else Stage.ESCALATED,
        )
        self.questions.append(question)
        return question

    def _suggestions(self, person: int) -> tuple[Suggestion, ...]:
        """Return who it may be: for who was merged, whom they turned out to be, and others."""
        plan, found = self._log.plan, list[int]()
        if plan.kind[person] == Kind.MERGED:
            found.append(int(plan.into[person]))
        elif self._chance.random() < _HINTED:
            found += self._chance.choice(self._known, min(2, len(self._known))).tolist()
        return tuple(
            Suggestion(
                person_id=self._log.cast.ids[other],
                distance=0.6 + 0.05 * n,
                confidence=float(self._chance.uniform(0.4, 0.7) / (n + 1)),
            )
            for n, other in enumerate(dict.fromkeys(found))
        )


def _before(person: Person) -> Person:
    """Return somebody as they were when nobody had said anything of them."""
    return replace(
        person,
        status=PersonStatus.UNKNOWN,
        name=None,
        visitor=False,
        visitor_until=None,
        no_face=False,
        merged_into=None,
    )


def _settled(question: Question, decision: Decision) -> Question:
    return replace(question, decision_id=decision.id, decided_at=decision.at)


def rejections(log: Log, ids: Ids, version: int) -> list[Rejection]:
    """Return some cannot-links between strangers and known people, of versions after this one."""
    chance = np.random.default_rng(version)
    strangers = np.flatnonzero(log.plan.kind == Kind.UNKNOWN)
    known = np.flatnonzero(log.plan.kind == Kind.KNOWN)
    pairs = zip(chance.permutation(strangers), chance.permutation(known), strict=False)
    return [
        Rejection(
            id=ids(at),
            person_id=log.cast.ids[one],
            other_id=log.cast.ids[other],
            version=version + n + 1,
            created_at=datetime.fromtimestamp(at, UTC),
        )
        for n, (one, other) in enumerate(islice(pairs, len(strangers) // 20))
        for at in [log.plan.visit_start[-1]]
    ]
