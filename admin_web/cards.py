"""A question as the panel shows it."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from domain.records import Account, Id, Person, Question
from domain.sight import Glimpse, glimpses
from domain.store import Store
from domain.views import Likely, VisitView, visit_view


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A question with everything said of it.

    `glimpses` hold the photos of the likely and the taken that this account may see. `taken` are
    the people who have the name just given already; `note` says why an answer was not taken.
    """

    question: Question
    view: VisitView
    glimpses: dict[Id, Glimpse]
    may_answer: bool
    name: str = ""
    taken: tuple[Person, ...] = ()
    note: str = ""

    @property
    def revision(self) -> str:
        """What changes whenever the card would look different."""
        return revision(self.view)

    @property
    def supposed(self) -> Likely | None:
        """Whom a question to confirm is about; None when it asks who this is."""
        return self.view.supposed

    @property
    def others(self) -> tuple[Likely, ...]:
        """Whom else it may be."""
        return tuple(one for one in self.view.likely if one is not self.supposed)


def revision(view: VisitView) -> str:
    """Return what changes whenever a question's card would look different."""
    if not view.asked:
        return view.question.status.value if view.question else ""
    asked = view.supposed.person.id if view.supposed else "who"
    shown = f"{view.visit.detections}-{view.visit.best.detection_id}"
    return f"{asked}-{len(view.likely)}-{shown}"


async def question_view(store: Store, question: Question) -> VisitView:
    """Gather what is to be shown of a question; an earlier one of a visit keeps its own words."""
    return replace(await visit_view(store, question.visit_id), question=question)


async def card(
    store: Store,
    account: Account,
    question: Question,
    *,
    name: str = "",
    taken: Sequence[Id] = (),
    note: str = "",
) -> Card:
    """Gather a question's card for one account."""
    view = await question_view(store, question)
    same = tuple((await store.persons.some(taken)).values())
    asked = [one.person for one in view.likely] if view.asked else []
    return Card(
        question=question,
        view=view,
        glimpses=await glimpses(store, account, {p.id: p for p in (*asked, *same)}.values()),
        may_answer=account.may_answer(question.site_id),
        name=name,
        taken=same,
        note=note,
    )


async def cards(store: Store, account: Account, questions: Iterable[Question]) -> list[Card]:
    """Gather several cards at once, in order."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(card(store, account, question)) for question in questions]
    return [task.result() for task in tasks]
