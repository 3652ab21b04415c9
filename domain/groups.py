"""Groups and topics: where a site's questions are asked of everybody in a group chat."""

from dataclasses import replace
from datetime import datetime

from domain.asking import deal, deal_to
from domain.errors import NotAllowedError, NotFoundError
from domain.ids import new_id
from domain.records import Account, CardKind, Group, Id
from domain.store import Records, Store

# How many open questions a group that is bound is shown; the others are in the panel.
SHOWN_AT_ONCE = 100


async def bind(
    store: Store,
    *,
    chat_id: int,
    thread_id: int | None,
    title: str,
    site_id: Id,
    account: Account,
    now: datetime,
) -> Group:
    """Have the questions of a site asked in a group, or in one topic of it, and deal what waits.

    A site has one group: binding it again moves it. Raises NotFoundError and NotAllowedError.
    """

    async def work(records: Records) -> Group:
        if await records.sites.get(site_id) is None:
            raise NotFoundError("There is no such site.")
        _require_answering(account, site_id)
        here = {group.site_id: group for group in await records.groups.in_chat(chat_id)}
        before = await records.groups.of_site(site_id)
        if before and before.chat_id != chat_id:
            await records.groups.save(replace(before, lost_at=now))
        group = Group(
            id=here[site_id].id if site_id in here else new_id(),
            chat_id=chat_id,
            thread_id=thread_id,
            title=title,
            site_id=site_id,
            language=account.language,
            created_at=now,
        )
        await (records.groups.save(group) if site_id in here else records.groups.add(group))
        await _deal_waiting(records, group, now)
        return group

    group = await store.transact(work)
    await take_up_stuck(store, group.id)
    return group


async def leave(
    store: Store, *, chat_id: int, thread_id: int | None, account: Account, now: datetime
) -> list[Group]:
    """Ask no more in this group or topic; return what it was bound to.

    Raises NotAllowedError when the account answers for another site than that.
    """

    async def work(records: Records) -> list[Group]:
        found = [group for group in await _bound(records, chat_id) if group.thread_id == thread_id]
        for group in found:
            _require_answering(account, group.site_id)
            await _lose(records, group, now)
        return found

    return await store.transact(work)


async def lose_group(store: Store, *, chat_id: int, as_of: datetime) -> None:
    """Note that a group could not be written to at a time; others are asked what waits there.

    One that has been bound since stays.
    """

    async def work(records: Records) -> None:
        for group in await _bound(records, chat_id):
            if group.created_at <= as_of:
                await _lose(records, group, as_of)

    await store.transact(work)


async def move_group(store: Store, *, chat_id: int, new_chat_id: int) -> None:
    """Note that a group chat goes on under another id."""

    async def work(records: Records) -> None:
        there = {group.site_id for group in await records.groups.in_chat(new_chat_id)}
        for group in await records.groups.in_chat(chat_id):
            if group.site_id not in there:
                await records.groups.save(replace(group, chat_id=new_chat_id))

    await store.transact(work)


async def forget_topic(store: Store, *, group_id: Id, thread_id: int) -> None:
    """Note that a topic is gone: the general topic takes its place."""

    async def work(records: Records) -> None:
        group = await records.groups.get(group_id)
        if group and group.thread_id == thread_id:
            await records.groups.save(replace(group, thread_id=None))

    await store.transact(work)


async def take_up_stuck(store: Store, group_id: Id) -> None:
    """Have the cards delivered that were set aside while the group was lost.

    Called after the group was bound, and after a card was set aside: whichever of the two comes
    second sees what the first has written.
    """

    async def work(records: Records) -> None:
        group = await records.groups.get(group_id)
        if group is None or group.lost_at:
            return
        for card in await records.outbox.stuck(group_id):
            if card.chat_id == group.chat_id:
                await records.outbox.save(replace(card, error=None, attempts=0))

    await store.transact(work)


def _require_answering(account: Account, site_id: Id) -> None:
    if not account.may_answer(site_id):
        raise NotAllowedError("You may not answer questions of this site.")


async def _bound(records: Records, chat_id: int) -> list[Group]:
    return [group for group in await records.groups.in_chat(chat_id) if group.lost_at is None]


async def _lose(records: Records, group: Group, now: datetime) -> None:
    """End a binding; have everybody asked what nobody else has been asked."""
    await records.groups.save(replace(group, lost_at=now))
    for question in await records.questions.inbox([group.site_id], limit=SHOWN_AT_ONCE):
        visit = await records.visits.get(question.visit_id)
        if visit:
            await deal(records, CardKind.QUESTION, visit, question, now)


async def _deal_waiting(records: Records, group: Group, now: datetime) -> None:
    waiting = await records.questions.inbox([group.site_id], limit=SHOWN_AT_ONCE)
    visits = await records.visits.some([question.visit_id for question in waiting])
    for question in reversed(waiting):
        await deal_to(
            records,
            group,
            kind=CardKind.QUESTION,
            visit=visits[question.visit_id],
            question=question,
            now=now,
        )
