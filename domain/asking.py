"""Who is asked and told, by a card in their chat.

A question goes to those who answer for the site first; who else may answer is asked when none of
them does (domain/unanswered.py). When a card reaches whom it is dealt to is decided as it is sent
(domain/attention.py).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from domain.attention import muted
from domain.ids import new_id
from domain.records import (
    Account,
    Card,
    CardKind,
    Detection,
    Grant,
    Group,
    Id,
    Question,
    Recipient,
    Role,
    Stage,
    Visit,
)
from domain.store import Records


async def recipients(
    records: Records, site_id: Id, kind: CardKind, now: datetime
) -> Sequence[Recipient]:
    """Return who is dealt a card of this kind at a site.

    A question is dealt to everybody at once where nobody wants to be asked first.
    """
    accounts = await records.accounts.answering(site_id)
    group = await records.groups.of_site(site_id)
    groups = [group] if group else []
    match kind:
        case CardKind.ALERT | CardKind.SPOOF:
            return [*(one for one in accounts if one.alerts.blocked), *groups]
        case CardKind.NOTICE:
            wanting = [one for one in accounts if not one.alerts.nobody and not muted(one, now)]
            return [*wanting, *groups]
        case _:
            return [*_first_line(accounts, site_id, now), *groups] or accounts


def _first_line(accounts: Sequence[Account], site_id: Id, now: datetime) -> Sequence[Account]:
    """Return who wants to be asked now: of the site's own managers, if it has any."""
    managers = [one for one in accounts if site_id in one.site_ids] or accounts
    return [one for one in managers if one.alerts.strangers and not muted(one, now)]


async def everybody(records: Records, site_id: Id) -> Sequence[Recipient]:
    """Return all who can be asked about a site: who may answer and has a chat, and its group."""
    group = await records.groups.of_site(site_id)
    return [*await records.accounts.answering(site_id), *([group] if group else [])]


async def deal(
    records: Records, kind: CardKind, visit: Visit, question: Question | None, now: datetime
) -> None:
    """Put a card of a visit into the outbox for everybody whom it is for."""
    for recipient in await recipients(records, visit.site_id, kind, now):
        await deal_to(records, recipient, kind=kind, visit=visit, question=question, now=now)


async def deal_to(
    records: Records,
    recipient: Recipient,
    *,
    kind: CardKind,
    visit: Visit,
    question: Question | None,
    now: datetime,
) -> None:
    """Put a card of a visit into the outbox for one, unless their chat has one."""
    cards = await records.outbox.of_visit(visit.id)
    there = [card for card in cards if not _beside(kind, card.kind)]
    if recipient.chat_id is None or recipient.chat_id in {card.chat_id for card in there}:
        return
    dealt = _card(recipient, kind, visit.site_id, now, recipient.chat_id)
    asked = question.id if question else None
    await records.outbox.add(replace(dealt, visit_id=visit.id, question_id=asked))


def _beside(kind: CardKind, other: CardKind) -> bool:
    """Tell whether a card may come beside another one of the same visit.

    That somebody awaited has arrived is said beside a question about them; no notice says it again.
    """
    return CardKind.GUEST in {kind, other} and kind not in {other, CardKind.NOTICE}


async def deal_spoof(records: Records, detection: Detection, now: datetime) -> None:
    """Tell of a picture or a screen held before a camera."""
    for recipient in await recipients(records, detection.site_id, CardKind.SPOOF, now):
        if recipient.chat_id is not None:
            dealt = _card(recipient, CardKind.SPOOF, detection.site_id, now, recipient.chat_id)
            await records.outbox.add(replace(dealt, detection_id=detection.id))


async def deal_grant(records: Records, grant: Grant, now: datetime) -> int:
    """Ask whether a door shall open, or say that it did; return how many chats are to hear of it.

    Nobody who has asked for silence hears of one that has opened.
    """
    kind = CardKind.DOOR if grant.asked else CardKind.NOTICE
    told = 0
    for recipient in await recipients(records, grant.site_id, kind, now):
        if recipient.chat_id is not None:
            dealt = _card(recipient, CardKind.DOOR, grant.site_id, now, recipient.chat_id)
            await records.outbox.add(replace(dealt, grant_id=grant.id))
            told += 1
    return told


def _card(recipient: Recipient, kind: CardKind, site_id: Id, now: datetime, chat_id: int) -> Card:
    """Return a card that shows nothing yet."""
    group = isinstance(recipient, Group)
    return Card(
        id=new_id(),
        kind=kind,
        visit_id=None,
        site_id=site_id,
        account_id=None if group else recipient.id,
        group_id=recipient.id if group else None,
        chat_id=chat_id,
        due_at=now,
        created_at=now,
    )


async def deal_waiting(records: Records, account: Account, now: datetime, *, most: int) -> None:
    """Deal somebody who has just come those of the latest open questions that are for them."""
    if account.role is Role.VIEWER:
        return
    sites = None if account.role is Role.ADMIN else account.site_ids
    waiting = await records.questions.inbox(sites, limit=most)
    visits = await records.visits.some([q.visit_id for q in waiting])
    for question in reversed(waiting):
        if await _is_for(records, question, account, now):
            visit = visits[question.visit_id]
            await deal_to(
                records, account, kind=CardKind.QUESTION, visit=visit, question=question, now=now
            )


async def _is_for(records: Records, question: Question, account: Account, now: datetime) -> bool:
    if question.stage is Stage.ESCALATED:
        return True
    asked = await recipients(records, question.site_id, CardKind.QUESTION, now)
    return account.id in {one.id for one in asked}
