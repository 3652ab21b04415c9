"""A question as the panel shows it, alone or with others about the same stranger."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.asked import question_views
from domain.errors import NotFoundError
from domain.records import Account, Detection, Id, Person, Question
from domain.sight import glimpses
from domain.stacks import stacks
from domain.store import Store
from domain.views import Likely, VisitView

# So many of those it may be are offered for a stack.
MOST_LIKELY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A question with everything said of it.

    `photos` are the detections that show the likely and the taken, as far as this account may see
    them: of the likely the very photo that is so near. `taken` are the people who have the name
    just given already; `note` says why an answer was not taken.
    """

    question: Question
    view: VisitView
    photos: dict[Id, Id]
    may_answer: bool
    name: str = ""
    taken: tuple[Person, ...] = ()
    note: str = ""

    @property
    def revision(self) -> str:
        """What changes whenever the card would look different."""
        return revision([self.view])

    @property
    def supposed(self) -> Likely | None:
        """Whom a question to confirm is about; None when it asks who this is."""
        return self.view.supposed

    @property
    def others(self) -> tuple[Likely, ...]:
        """Whom else it may be."""
        return tuple(one for one in self.view.likely if one is not self.supposed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """Several questions about what seems to be one stranger, answered at once.

    `key` is the question it is shown under; `chosen` are those to be answered, all unless some
    were taken out. `likely` are whom they may be, the likeliest first, nobody in the pile.
    """

    key: Id
    cards: tuple[Card, ...]
    chosen: Collection[Id]
    likely: tuple[Likely, ...]
    photos: Mapping[Id, Id]
    name: str = ""
    taken: tuple[Person, ...] = ()
    note: str = ""

    @property
    def revision(self) -> str:
        """What changes whenever the pile would look different."""
        return revision([card.view for card in self.cards])

    @property
    def may_answer(self) -> bool:
        """Whether the account may answer all of it."""
        return all(card.may_answer for card in self.cards)


def revision(views: Sequence[VisitView]) -> str:
    """Return what changes whenever the card of these questions would look different."""
    shown = "|".join(_shown(view) for view in views)
    return hashlib.blake2s(shown.encode(), digest_size=6).hexdigest()


def _shown(view: VisitView) -> str:
    if not view.asked:
        return f"{view.question.id}-{view.question.status}" if view.question else ""
    asked = view.supposed.person.id if view.supposed else "who"
    likely = ",".join(one.person.id for one in view.likely)
    return f"{asked}-{likely}-{view.visit.detections}-{view.visit.best.detection_id}"


async def card(
    store: Store,
    account: Account,
    question: Question,
    *,
    name: str = "",
    taken: Sequence[Id] = (),
    note: str = "",
) -> Card:
    """Gather a question's card for one account; raise NotFoundError when its visit is gone."""
    same = tuple((await store.persons.some(taken)).values())
    found = await cards(store, account, [question], taken=same)
    if not found:
        raise NotFoundError("There is no such question.")
    return replace(found[0], name=name, taken=same, note=note)


async def cards(
    store: Store, account: Account, questions: Iterable[Question], *, taken: Sequence[Person] = ()
) -> list[Card]:
    """Gather several cards together, in order, but those whose visits are gone."""
    wanted = [*questions]
    views = await question_views(store, wanted)
    photos = await _photos(store, account, views.values(), taken)
    return [
        Card(
            question=question,
            view=views[question.id],
            photos=photos.of(views[question.id].likely, taken),
            may_answer=account.may_answer(question.site_id),
        )
        for question in wanted
        if question.id in views
    ]


def pile(stack: Sequence[Card], *, shown: Collection[Id] = ()) -> Pile:
    """Return several cards as one, which keeps the key under which it is `shown`."""
    ids = [card.question.id for card in stack]
    likely = _likeliest(stack)
    return Pile(
        key=next((id_ for id_ in ids if id_ in shown), ids[0]),
        cards=tuple(stack),
        chosen=frozenset(ids),
        likely=tuple(one for _, one in likely),
        photos=stack[0].photos
        | {
            one.person.id: card.photos[one.person.id]
            for card, one in likely
            if one.person.id in card.photos
        },
    )


def _likeliest(stack: Sequence[Card]) -> list[tuple[Card, Likely]]:
    """Return whom the cards may be of, the likeliest first; nobody who is among them."""
    inside = {card.view.person.id for card in stack}
    found: dict[Id, tuple[Card, Likely]] = {}
    for card in stack:
        for one in card.view.likely:
            known = found.get(one.person.id)
            if one.person.id not in inside and (not known or known[1].confidence < one.confidence):
                found[one.person.id] = card, one
    return sorted(found.values(), key=lambda pair: pair[1].confidence, reverse=True)[:MOST_LIKELY]


async def stacked(
    store: Store,
    account: Account,
    questions: Sequence[Question],
    site_ids: Sequence[Id] | None,
    *,
    shown: Collection[Id] = (),
) -> list[Card | Pile]:
    """Gather the cards and piles that open questions are of."""
    return await piles(store, account, await stacks(store, questions, site_ids), shown=shown)


async def piles(
    store: Store,
    account: Account,
    found: Sequence[tuple[Question, ...]],
    *,
    shown: Collection[Id] = (),
) -> list[Card | Pile]:
    """Gather stacks of questions as cards."""
    made = await cards(store, account, [question for stack in found for question in stack])
    by_id = {card.question.id: card for card in made}
    gathered = ([by_id[q.id] for q in stack if q.id in by_id] for stack in found)
    return [pile(stack, shown=shown) if len(stack) > 1 else stack[0] for stack in gathered if stack]


@dataclass(frozen=True, slots=True)
class _Photos:
    """The detections with photos of references, by reference, and with any photo, by person."""

    near: Mapping[Id, Id]
    any: Mapping[Id, Id]

    def of(self, likely: Iterable[Likely], taken: Iterable[Person]) -> dict[Id, Id]:
        """Return the photo to show of each, by person."""
        found = {one.person.id: self._of(one) for one in likely}
        found |= {person.id: self.any.get(person.id) for person in taken}
        return {id_: photo for id_, photo in found.items() if photo}

    def _of(self, one: Likely) -> Id | None:
        near = self.near.get(one.reference_id) if one.reference_id else None
        return near or self.any.get(one.person.id)


async def _photos(
    store: Store, account: Account, views: Iterable[VisitView], taken: Sequence[Person]
) -> _Photos:
    """Find the photos that this account may see of those who are likely, or taken."""
    asked = [one for view in views if view.asked for one in view.likely]
    wanted = [one.reference_id for one in asked if one.reference_id]
    references = await store.references.some(wanted)
    crops = await store.detections.some([r.detection_id for r in references.values()])
    near = {
        r.id: r.detection_id
        for r in references.values()
        if r.detection_id in crops and _shows(crops[r.detection_id], account)
    }
    others = [*taken, *(one.person for one in asked if one.reference_id not in near)]
    seen = await glimpses(store, account, {person.id: person for person in others}.values())
    return _Photos(near, {id_: glimpse.detection_id for id_, glimpse in seen.items()})


def _shows(crop: Detection, account: Account) -> bool:
    return bool(crop.image.key) and account.may_see(crop.site_id)
