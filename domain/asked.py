"""What is to be shown of many questions, gathered for all of them together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.records import Camera, Decision, Id, Person, Question, Rejection, Site, Visit
from domain.store import Records
from domain.views import VisitView, canonical_people, suggested_by, supposed


async def question_views(records: Records, questions: Sequence[Question]) -> dict[Id, VisitView]:
    """Return what is to be shown of these questions, by id, as `visit_view` has it.

    What only the chat says is left out: the visit before, who was asked, and guests expected.
    Those whose visit, person or site is gone are missing.
    """
    visits = await records.visits.some([q.visit_id for q in questions])
    suggested = (s.person_id for q in questions for s in q.suggestions)
    people = await canonical_people(records, [*(v.person_id for v in visits.values()), *suggested])
    here = {people[v.person_id].id for v in visits.values() if v.person_id in people}
    gathered = _Gathered(
        visits=visits,
        people=people,
        sites=await records.sites.some([*{v.site_id for v in visits.values()}]),
        cameras=await records.cameras.some([*{c for v in visits.values() for c in v.camera_ids}]),
        decisions=await records.decisions.some([q.decision_id for q in questions if q.decision_id]),
        apart=await _apart(records, [*here]),
    )
    found = ((q.id, gathered.view(q)) for q in questions)
    return {id_: view for id_, view in found if view}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathered:
    """Everything that some questions name."""

    visits: Mapping[Id, Visit]
    people: Mapping[Id, Person]
    sites: Mapping[Id, Site]
    cameras: Mapping[Id, Camera]
    decisions: Mapping[Id, Decision]
    apart: Mapping[Id, set[Id]]

    def view(self, question: Question) -> VisitView | None:
        visit = self.visits.get(question.visit_id)
        person = self.people.get(visit.person_id) if visit else None
        site = self.sites.get(visit.site_id) if visit else None
        if visit is None or person is None or site is None:
            return None
        likely = suggested_by(question, person, self.people)
        apart = self.apart.get(person.id, set())
        return VisitView(
            visit=visit,
            person=person,
            site=site,
            cameras=tuple(self.cameras[id_] for id_ in visit.camera_ids if id_ in self.cameras),
            question=question,
            decision=self.decisions.get(question.decision_id) if question.decision_id else None,
            likely=tuple(one for one in likely if one.person.id not in apart),
            supposed=supposed(question, likely, apart),
        )


async def _apart(records: Records, ids: Sequence[Id]) -> dict[Id, set[Id]]:
    """Return, for each of these people, whom somebody said they are not, as who that is by now."""
    families = await records.persons.members_of(ids)
    whose = {member: id_ for id_, members in families.items() for member in members}
    said = await records.rejections.of([*whose]) if whose else []
    named = await canonical_people(records, _named(said))
    apart: dict[Id, set[Id]] = {}
    for rejection in said:
        pair = (rejection.person_id, rejection.other_id)
        for one, other in (pair, pair[::-1]):
            if one in whose and other in named and named[other].id != whose[one]:
                apart.setdefault(whose[one], set()).add(named[other].id)
    return apart


def _named(said: Iterable[Rejection]) -> list[Id]:
    return [id_ for rejection in said for id_ in (rejection.person_id, rejection.other_id)]
