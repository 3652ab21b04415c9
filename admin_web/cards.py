"""A question as the panel shows it."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from admin_web.sight import Glimpse, glimpses
from domain.records import Account, Id, Person, Question, QuestionKind, QuestionStatus, Visit
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
        return revision(self.question, self.view.visit)

    @property
    def supposed(self) -> Likely | None:
        """Whom a question to confirm is about; None when it asks who this is."""
        confirm = self.question.kind is QuestionKind.CONFIRM
        return self.view.likely[0] if confirm and self.view.likely else None

    @property
    def others(self) -> tuple[Likely, ...]:
        """Whom else it may be."""
        return tuple(one for one in self.view.likely if one is not self.supposed)


def revision(question: Question, visit: Visit | None) -> str:
    """Return what changes whenever a question's card would look different."""
    if question.status is not QuestionStatus.OPEN or visit is None:
        return question.status.value
    return (
        f"{question.kind.value}-{len(question.suggestions)}"
        f"-{visit.detections}-{visit.best.detection_id}"
    )


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
    view = await visit_view(store, question.visit_id)
    # An earlier question of the same visit keeps its own words.
    view = replace(view, question=question)
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
