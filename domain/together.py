"""Several people decided about at once, several questions answered at once, and both taken back.

Each decision is made as if alone, in a transaction of its own; they are of one batch. What is
refused leaves the others as they are, and is told.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from domain import decisions
from domain.errors import (
    AlreadyDecidedError,
    InvalidError,
    NameTakenError,
    NotFoundError,
    UsherError,
)
from domain.ids import new_id
from domain.policy import DecisionPolicy
from domain.records import Account, Decision, Id
from domain.replies import Answer, ItIs, Name, Outcome, Verdict, clean_name
from domain.store import Store
from domain.undo import MOST_LOOKED_AT, Undoing, may_undo, undo, undoable
from domain.views import canonical_people

MOST = 200
Given = TypeVar("Given", bound=Answer)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One of several that stays as it was, and why; `id` is that of the person or question."""

    id: Id
    why: UsherError


@dataclass(frozen=True, slots=True)
class Together:
    """What came of deciding about several at once."""

    batch: Id
    outcomes: tuple[Outcome, ...]
    refused: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What came of undoing a batch; `id` of a refusal is that of the decision that stands."""

    batch: Id
    undone: tuple[Undoing, ...]
    refused: tuple[Refusal, ...]


async def decide_together(
    store: Store,
    *,
    person_ids: Sequence[Id],
    answer: Verdict,
    account: Account,
    via: str,
    now: datetime,
) -> Together:
    """Say the same of several people. A name makes them one: the first is called by it.

    Whoever is the same person already is passed over. Raises NameTakenError, and InvalidError for
    nobody, for more than MOST and for a bad name; then nothing has changed.
    """
    given, batch = _cleaned(answer), new_id()

    async def say(id_: Id, given: Verdict) -> Outcome:
        return await decisions.decide(
            store, person_id=id_, answer=given, account=account, via=via, now=now, batch=batch
        )

    everybody = await _each_once(store, _within_bounds(person_ids), given)
    return await _say_all(batch, everybody, given, say)


async def answer_together(
    store: Store,
    *,
    question_ids: Sequence[Id],
    answer: Answer,
    account: Account,
    via: str,
    now: datetime,
) -> Together:
    """Give several questions the same answer. A name makes those they are about one person.

    What the answer to another of them has settled is passed over. Of two who answer the same ones
    at once the first has them: the other leaves alone what is still open. Raises NameTakenError,
    and InvalidError for none, for more than MOST and for a bad name; then nothing has changed.
    """
    given, batch = _cleaned(answer), new_id()

    async def say(id_: Id, given: Answer) -> Outcome:
        return await decisions.answer(
            store, question_id=id_, answer=given, account=account, via=via, now=now, batch=batch
        )

    return await _say_all(batch, _within_bounds(question_ids), given, say)


def _cleaned(given: Given) -> Given:
    return replace(given, name=clean_name(given.name)) if isinstance(given, Name) else given


def _within_bounds(ids: Sequence[Id]) -> list[Id]:
    """Return each id once; raise InvalidError for none, or too many."""
    found = [*dict.fromkeys(ids)]
    if not found:
        raise InvalidError("Choose at least one.")
    if len(found) > MOST:
        raise InvalidError("Choose {n} at most.", n=MOST)
    return found


async def _each_once(store: Store, ids: Sequence[Id], given: Verdict) -> list[Id]:
    """Return who these people are by now, each once, but for whom they are said to be."""
    target = given.person_id if isinstance(given, ItIs) else None
    people = await canonical_people(store, [*ids, target])
    found = dict.fromkeys(people[id_].id if id_ in people else id_ for id_ in ids)
    if target in people:
        found.pop(people[target].id, None)
    if not found:
        raise InvalidError("This is the same person already.")
    return [*found]


async def _say_all(
    batch: Id, ids: Sequence[Id], given: Answer, say: Callable[[Id, Any], Awaitable[Outcome]]
) -> Together:
    """Say it of one after another, until it turns out that somebody else does so.

    After a name was given, the others are who is called by it.
    """
    outcomes: list[Outcome] = []
    refused: list[Refusal] = []
    for place, id_ in enumerate(ids):
        try:
            outcome = await say(id_, given)
        except NameTakenError:
            raise
        except AlreadyDecidedError as error:
            first = error.decision.batch if error.decision else None
            if first and first != batch:
                refused += [Refusal(left, error) for left in ids[place:]]
                break
            refused += [] if first else [Refusal(id_, error)]
        except UsherError as error:
            refused.append(Refusal(id_, error))
        else:
            outcomes.append(outcome)
            given = ItIs(outcome.person.id) if isinstance(given, Name) else given
    return Together(batch, tuple(outcomes), tuple(refused))


@dataclass(frozen=True, slots=True)
class Recent:
    """A decision that stands and can be undone; `number` of its batch stand, if it is of one."""

    decision: Decision
    number: int = 1


async def recent_together(
    store: Store, account: Account, now: datetime, policy: DecisionPolicy, limit: int
) -> list[Recent]:
    """Return the last decisions that this account may undo, newest first.

    Those of a batch are one, told by the first of them.
    """
    found: dict[Id, Recent] = {}
    for decision in await store.decisions.standing(now - policy.undo, limit=MOST_LOOKED_AT):
        key = decision.batch or decision.id
        if key in found:
            found[key] = Recent(decision, found[key].number + 1)
        elif len(found) < limit and undoable(decision, now, policy):
            found |= {key: Recent(decision)} if await may_undo(store, decision, account) else {}
    return [*found.values()]


async def undo_together(
    store: Store,
    *,
    batch: Id,
    account: Account,
    via: str,
    now: datetime,
    policy: DecisionPolicy,
) -> TakenBack:
    """Take back what was decided at once, but for what has been undone already.

    Raises NotFoundError, and what `undo` does when nothing could be taken back; then nothing has
    changed.
    """
    made = await store.decisions.of_batch(batch)
    if not made:
        raise NotFoundError("There is no such decision.")
    undone: list[Undoing] = []
    refused: list[Refusal] = []
    for decision in reversed(made):
        try:
            taken = await undo(
                store, decision_id=decision.id, account=account, via=via, now=now, policy=policy
            )
        except UsherError as error:
            refused.append(Refusal(decision.id, error))
        else:
            undone.append(taken)
    if not undone:
        raise refused[0].why
    there = await store.decisions.some([refusal.id for refusal in refused])
    standing = tuple(r for r in refused if r.id in there and there[r.id].undone is None)
    return TakenBack(batch, tuple(undone), standing)
