"""Many open questions in one chat: one card to turn from question to question, not twenty.

A question's card becomes a page when it is about to be sent and too many are open in its chat.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.errors import AlreadyDecidedError, NotAllowedError
from domain.ids import new_id
from domain.records import Account, Card, CardKind, Group, Id, Menu, Recipient, Role
from domain.store import Records, Store

# A pager is brought to the bottom of its chat once for all the reminders of so long a time.
BROUGHT_BACK_APART = timedelta(minutes=1)
# In a group a pager is edited no sooner for pages that are new.
GROWTH_PAUSE = timedelta(seconds=10)
# Up to so many open questions of a chat have a message each.
MOST_APART = 5
# Of so many questions, the newest, a pager has pages.
MOST_PAGES = 200


@dataclass(frozen=True, slots=True)
class Page:
    """An open question and its card."""

    question_id: Id
    visit_id: Id
    menu: Menu | None


async def crowded(store: Store, card: Card, recipient: Recipient, apart: int = MOST_APART) -> bool:
    """Tell whether more questions are open in a card's chat than shall have a message each."""
    if await store.questions.open_count(_sites(recipient)) <= apart:
        return False
    return len(await _open_cards(store, card.chat_id, recipient)) > apart


async def pages(store: Store, chat_id: int, recipient: Recipient, now: datetime) -> list[Page]:
    """Return the pages of a chat's pager, oldest first."""
    found = await _open_cards(store, chat_id, recipient)
    return [
        Page(card.question_id, card.visit_id, card.menu)
        for card in sorted(found, key=lambda card: card.question_id or "")
        if card.paged and card.question_id and card.visit_id and not _put_off(card, now)
    ]


def _put_off(card: Card, now: datetime) -> bool:
    return card.snoozed_until is not None and card.snoozed_until > now


def page_after(found: list[Page], question_id: Id | None) -> Page | None:
    """Return the page of a question, else the one that came next, else the first."""
    later = (page for page in found if question_id and page.question_id >= question_id)
    return next(later, found[0] if found else None)


async def make_page(store: Store, card: Card, *, asked: bool, now: datetime) -> None:
    """Make a question's card a page of its chat's pager, and have that shown as it is now."""

    async def work(records: Records) -> None:
        found = await records.outbox.get(card.id)
        if found:
            await records.outbox.save(replace(found, paged=True, again=False))
        await _freshen(records, found or card, asked=asked, now=now)

    await store.transact(work)


async def _freshen(records: Records, card: Card, *, asked: bool, now: datetime) -> None:
    """Have the pager shown; a new one, if there is none or all on the last were answered."""
    pager = await records.outbox.pager(card.chat_id, card.group_id)
    if pager is None or not pager.paged:
        if asked:
            await _open_pager(records, card, pager, now)
        return
    apart = pager.sent_at is None or now - pager.sent_at >= BROUGHT_BACK_APART
    again = card.again and asked and apart
    # That there are more pages can wait where messages are few.
    pause = GROWTH_PAUSE if asked and card.group_id and not again else timedelta(0)
    await records.outbox.prod(pager.id, now + pause, again=again)


async def _open_pager(records: Records, card: Card, spent: Card | None, now: datetime) -> None:
    if spent is None:
        await records.outbox.add(_pager(card, now))
        return
    await records.outbox.move(spent)
    await records.outbox.save(replace(_pager(card, now), id=spent.id, revision=spent.revision))
    await records.outbox.prod(spent.id, now)


def _pager(card: Card, now: datetime) -> Card:
    return Card(
        id=new_id(),
        kind=CardKind.PAGER,
        visit_id=None,
        site_id=card.site_id,
        account_id=card.account_id,
        group_id=card.group_id,
        chat_id=card.chat_id,
        question_id=card.question_id,
        due_at=now,
        created_at=now,
        paged=True,
    )


async def turn(
    store: Store, *, chat_id: int, question_id: Id, account: Account, now: datetime
) -> None:
    """Have a chat's pager show a question.

    Raises NotAllowedError for who may not answer it, AlreadyDecidedError when there is no pager.
    """

    async def work(records: Records) -> None:
        question = await records.questions.get(question_id)
        if question is None:
            raise AlreadyDecidedError(None)
        if not account.may_answer(question.site_id):
            raise NotAllowedError("You may not answer questions of this site.")
        cards = await records.outbox.asking(chat_id, [question.visit_id])
        pager = await records.outbox.pager(chat_id, cards[0].group_id) if cards else None
        if pager is None or not pager.paged:
            raise AlreadyDecidedError(None)
        await records.outbox.save(replace(pager, question_id=question_id))
        await records.outbox.prod(pager.id, now)

    await store.transact(work)


async def note_turned(store: Store, pager: Card, question_id: Id) -> Card:
    """Note which question a pager goes on to, unless somebody has turned it meanwhile."""

    async def work(records: Records) -> Card:
        found = await records.outbox.get(pager.id)
        if found is None or found.question_id != pager.question_id:
            return pager
        await records.outbox.save(replace(found, question_id=question_id))
        return replace(pager, question_id=question_id)

    return await store.transact(work)


async def _open_cards(store: Store, chat_id: int, recipient: Recipient) -> list[Card]:
    waiting = await store.questions.inbox(_sites(recipient), limit=MOST_PAGES)
    return await store.outbox.asking(chat_id, [question.visit_id for question in waiting])


def _sites(recipient: Recipient) -> tuple[Id, ...] | None:
    """Return the sites whose cards a recipient is shown; None for all."""
    if isinstance(recipient, Group):
        return (recipient.site_id,)
    return None if recipient.role is Role.ADMIN else recipient.site_ids
