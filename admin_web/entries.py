"""What the inbox is made of: questions, piles of them, and what was answered at once."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from aiohttp import web

from admin_web.batches import Batch, find_batch
from admin_web.cards import Card, Pile, cards, stacked
from admin_web.options import ACCOUNT, STORE
from domain.records import Id, Question, QuestionStatus
from domain.sight import sites_of

Entry = Card | Pile | Batch


async def entries_of(
    request: web.Request, questions: Sequence[Question], *, note: str = ""
) -> list[Entry]:
    """Gather what has become of questions: piles of those still open, then what was answered.

    `note` is said on the first of them.
    """
    store, account = request.app[STORE], request[ACCOUNT]
    still = [q for q in questions if q.status is QuestionStatus.OPEN]
    found: list[Entry] = [*await stacked(store, account, still, sites_of(account))]
    found += await answered(request, [q for q in questions if q not in still])
    return [replace(found[0], note=note), *found[1:]] if found and note else found


async def answered(
    request: web.Request, questions: Sequence[Question], *, but: Collection[Id] = ()
) -> list[Entry]:
    """Gather what was answered: each batch once, unless it is shown already, the others alone."""
    found: list[Entry] = []
    seen = {*but}
    for card in await cards(request.app[STORE], request[ACCOUNT], questions):
        made = card.view.decision
        if made is None or made.batch is None:
            found.append(card)
        elif made.batch not in seen:
            seen.add(made.batch)
            batch = await find_batch(request, made.batch)
            found += [batch] if batch and len(batch.cards) > 1 else [card]
    return found
