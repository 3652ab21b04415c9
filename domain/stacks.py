"""Open questions that are about the same stranger, as far as one can tell: answered at once.

Strangers who may be one, and whom nobody has told apart, are of one stack; so is what is asked of
one person at several sites. Who may be one with somebody who may be one with a third is of the
stack as well, unless the third is said to be another.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from domain.records import Id, Person, PersonStatus, Question
from domain.store import Store
from domain.views import canonical_people

# From this confidence on it is likelier that two strangers are one than that they are not.
LIKELY = 0.5
# So many people are looked at around those asked about, and so many faces are of one stack.
MOST_AROUND = 200
MOST_FACES = 48
# So far from those asked about: who may be who may be ... them.
STEPS = 6


@dataclass(slots=True)
class _Around:
    """The people asked about and the strangers around them."""

    people: dict[Id, Person] = field(default_factory=dict)
    members: dict[Id, tuple[Id, ...]] = field(default_factory=dict)
    links: dict[Id, set[Id]] = field(default_factory=dict)

    def link(self, one: Id, other: Id) -> None:
        self.links.setdefault(one, set()).add(other)
        self.links.setdefault(other, set()).add(one)

    @property
    def everybody(self) -> list[Id]:
        return [id_ for members in self.members.values() for id_ in members]


async def stacks(
    store: Store, questions: Sequence[Question], site_ids: Sequence[Id] | None
) -> list[tuple[Question, ...]]:
    """Return the stacks these open questions are of, each with all its questions, newest first.

    Only questions of these sites count (None: of all). What is of no other stands alone.
    """
    around = await _around(store, questions)
    asked = {q.id: q for q in questions}
    asked |= {
        q.id: q
        for q in await store.questions.open_of(around.everybody)
        if site_ids is None or q.site_id in site_ids
    }
    who = {id_: head for head, members in around.members.items() for id_ in members}
    by_person: dict[Id, list[Question]] = {}
    for question in sorted(asked.values(), key=lambda q: q.id, reverse=True):
        by_person.setdefault(who.get(question.person_id, question.person_id), []).append(question)
    apart = await _apart(store, around, who)
    wanted = {q.id for q in questions}
    made = (
        tuple(sorted((q for id_ in people for q in by_person[id_]), key=lambda q: q.id)[::-1])
        for people in _parted(by_person, around.links, apart)
    )
    return [stack for stack in made if wanted & {q.id for q in stack}]


async def _around(store: Store, questions: Sequence[Question]) -> _Around:
    """Find the strangers who may be those asked about, step by step."""
    found = _Around()
    edge = {p.id: p for p in (await _people(store, [q.person_id for q in questions])).values()}
    for _ in range(STEPS):
        edge = {id_: person for id_, person in edge.items() if id_ not in found.people}
        if not edge or len(found.people) + len(edge) > MOST_AROUND + len(questions):
            break
        found.people |= edge
        found.members |= await store.persons.members_of([*edge])
        edge = await _next(store, found, edge.values())
    return found


async def _next(store: Store, found: _Around, edge: Iterable[Person]) -> dict[Id, Person]:
    """Return the strangers who may be one with these, and note that they may."""
    strangers = [p for p in edge if p.status is PersonStatus.UNKNOWN]
    ids = [id_ for p in strangers for id_ in found.members[p.id]]
    back = await store.persons.perhaps(ids, limit=MOST_AROUND) if ids else []
    named = {s.person_id for p in (*strangers, *back) for s in p.maybe if s.confidence >= LIKELY}
    people = await _people(store, named)
    reached: dict[Id, Person] = {}
    for person in (*strangers, *back):
        for suggestion in person.maybe:
            other = people.get(suggestion.person_id)
            likely = suggestion.confidence >= LIKELY and other and other.id != person.id
            if likely and other and PersonStatus.UNKNOWN is other.status is person.status:
                found.link(person.id, other.id)
                reached |= {person.id: person, other.id: other}
    return reached


async def _people(store: Store, ids: Iterable[Id]) -> dict[Id, Person]:
    return await canonical_people(store, ids)


async def _apart(store: Store, around: _Around, who: dict[Id, Id]) -> set[frozenset[Id]]:
    """Return who of these somebody said are two."""
    said = await store.rejections.of(around.everybody) if around.links else []
    return {
        frozenset((who[r.person_id], who[r.other_id]))
        for r in said
        if r.person_id in who and r.other_id in who
    }


def _parted(
    asked: Collection[Id], links: dict[Id, set[Id]], apart: set[frozenset[Id]]
) -> list[list[Id]]:
    """Part people into those who may be one: nobody with somebody they are not.

    Goes by the order of `asked`, so that whichever of them one begins with, the parts are the same.
    """
    parts: list[list[Id]] = []
    left = dict.fromkeys(asked)
    while left:
        part = [next(iter(left))]
        for id_ in part:
            del left[id_]
            for other in [o for o in left if o in links.get(id_, ()) and o not in part]:
                alone = all(frozenset((other, one)) not in apart for one in part)
                if alone and len(part) < MOST_FACES:
                    part.append(other)
        parts.append(part)
    return parts
