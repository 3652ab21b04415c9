"""The questions that wait for an account, brought up in its chat once more."""

from dataclasses import dataclass
from datetime import datetime

from domain.asking import deal_to
from domain.records import CardKind, Group, Recipient
from domain.sight import sites_of
from domain.store import Records, Store

# So many cards at once can be looked through; the others come after these.
AT_ONCE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many questions wait, and how many of them, the oldest, are brought up."""

    waiting: int
    brought: int


async def bring_up(
    store: Store,
    whom: Recipient,
    *,
    now: datetime,
) -> Waiting:
    """Show an account, or a group, the questions that have waited longest, as cards at the end."""
    sites = (whom.site_id,) if isinstance(whom, Group) else sites_of(whom)
    waiting = await store.questions.open_count(sites)
    if whom.chat_id is None:
        return Waiting(waiting=waiting, brought=0)
    oldest = await store.questions.oldest(sites, limit=AT_ONCE)

    async def work(records: Records) -> int:
        visits = await records.visits.some([question.visit_id for question in oldest])
        brought = 0
        for question in oldest:
            visit = visits.get(question.visit_id)
            if visit is None:
                continue
            brought += 1
            cards = await records.outbox.of_visit(visit.id)
            mine = [c.id for c in cards if c.chat_id == whom.chat_id and c.question_id]
            if mine:
                await records.outbox.bring_back(mine, now)
            else:
                await deal_to(
                    records,
                    whom,
                    kind=CardKind.QUESTION,
                    visit=visit,
                    question=question,
                    now=now,
                )
        return brought

    return Waiting(waiting=waiting, brought=await store.transact(work))
