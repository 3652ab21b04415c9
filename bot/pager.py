"""The card on which one turns from question to question: which of them it shows."""

from dataclasses import replace
from datetime import datetime

from bot.pages import Turned
from bot.showing import Sheet
from domain.errors import NotFoundError
from domain.paging import note_turned, page_after, pages
from domain.records import Card, Id, Recipient
from domain.store import Store
from domain.views import VisitView, visit_view


async def turned(store: Store, card: Card, recipient: Recipient, now: datetime) -> Sheet | None:
    """Return a pager turned to the question somebody chose, or to the next that is open.

    Without any it shows the last, as it was answered, and is a pager no more: further questions
    have another. None when nothing of it is remembered any more.
    """
    # It may have been turned since the card was claimed.
    card = replace(card, question_id=await _wished(store, card))
    found = await pages(store, card.chat_id, recipient, now)
    page = page_after(found, card.question_id)
    if page and page.question_id != card.question_id:
        card = await note_turned(store, card, page.question_id)
    view = await _view(store, card)
    if view is None:
        return None
    if page is None:
        return Sheet(
            card=replace(card, paged=False), view=view, recipient=recipient, turned=Turned()
        )
    shown = Turned(tuple(one.question_id for one in found), page.question_id, page.menu)
    return Sheet(card=replace(card, paged=True), view=view, recipient=recipient, turned=shown)


async def _wished(store: Store, card: Card) -> Id | None:
    stored = await store.outbox.get(card.id)
    return stored.question_id if stored else card.question_id


async def _view(store: Store, card: Card) -> VisitView | None:
    question = await store.questions.get(card.question_id) if card.question_id else None
    try:
        return await visit_view(store, question.visit_id) if question else None
    except NotFoundError:
        return None
