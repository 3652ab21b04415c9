"""Delivering the outbox: claim what is due, and let every chat go at its own pace."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.backoff import Backoff
from bot.delivery import Delivery
from bot.lanes import Held, Lane
from bot.ledger import Again, Done, Moved, NotYet, Result
from bot.options import BotOptions
from bot.pace import Pace
from domain.records import Card, CardKind, Id, QuestionStatus
from domain.store import Records, Store

# More cards than this in hand for one chat are put back, to be claimed when it has caught up.
LANE_LENGTH = 50
# Cards without a question that somebody waits for all the same.
_NEWS = {CardKind.ALERT, CardKind.SPOOF, CardKind.DOOR, CardKind.PAGER}
SHORTEST_SLEEP_S = 0.02
RELEASE_S = 0.5
# The database is ours and near: it is asked again soon, so that its return is noticed.
LONGEST_DATABASE_RETRY_S = 3.0

_log = logging.getLogger(__name__)


class Outbox:
    """Delivers cards until cancelled."""

    def __init__(
        self,
        *,
        store: Store,
        delivery: Delivery,
        pace: Pace,
        clock: Callable[[], datetime],
        options: BotOptions,
    ) -> None:
        self._store = store
        self._delivery = delivery
        self._pace = pace
        self._clock = clock
        self._options = options
        self._lanes: dict[int, Lane] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._closing = False

    async def run(self) -> None:
        """Deliver until cancelled; then let what is under way finish, for a moment."""
        try:
            async with asyncio.TaskGroup() as lanes:
                try:
                    async with asyncio.TaskGroup() as feed:
                        _ = feed.create_task(self._watch())
                        _ = feed.create_task(self._feed(lanes))
                finally:
                    await self._finish()
        finally:
            await self._release()

    async def _watch(self) -> None:
        """Wake up when the outbox changes; without that, polling goes on."""
        backoff = self._database_backoff()
        while True:
            try:
                async for event in self._store.follow(["outbox"]):
                    self._wake.set()
                    backoff.reset()
                    await self._hurry(event.record_id)
            except Exception as error:  # noqa: BLE001 - whatever the database's trouble is
                _log.warning("the outbox is polled: %s", type(error).__name__)
            self._wake.set()
            await asyncio.sleep(backoff.next_s())

    async def _hurry(self, id_: Id) -> None:
        """Look again at a card that waits its turn: what could wait may not any more."""
        for lane in list(self._lanes.values()):
            held = lane.held.get(id_)
            if held and not held.urgent and await self._urgent(held.card):
                held.urgent = True
                lane.bell.set()

    async def _feed(self, lanes: asyncio.TaskGroup) -> None:
        backoff = self._database_backoff()
        while True:
            self._wake.clear()
            try:
                await self._claim(lanes)
                pause = self._until(await self._store.outbox.next_due())
                backoff.reset()
            except Exception as error:  # noqa: BLE001 - whatever the database's trouble is
                _log.warning("the outbox cannot be read: %s", type(error).__name__)
                await asyncio.sleep(backoff.next_s())
                continue
            await self._sleep(pause)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass

    def _until(self, due: datetime | None) -> float:
        longest = self._options.outbox_poll_s
        if due is None:
            return longest
        return min(longest, max(SHORTEST_SLEEP_S, (due - self._clock()).total_seconds()))

    async def _claim(self, lanes: asyncio.TaskGroup) -> None:
        """Claim cards one by one, so that the first is on its way while others are claimed."""
        while True:
            now = self._clock()
            cards = await self._store.outbox.claim(
                now=now, until=now + self._options.lease, limit=1
            )
            if not cards:
                return
            await self._take(cards[0], lanes)

    async def _take(self, card: Card, lanes: asyncio.TaskGroup) -> None:
        lane = self._lanes.get(card.chat_id)
        if lane and card.id not in lane.held and len(lane.held) >= LANE_LENGTH:
            await self._put_back(card)
            return
        self._put(card, lanes, urgent=await self._urgent(card))

    def _put(self, card: Card, lanes: asyncio.TaskGroup, *, urgent: bool) -> None:
        lane = self._lanes.get(card.chat_id)
        if lane is None:
            lane = self._lanes[card.chat_id] = Lane(card.chat_id)
            task = lanes.create_task(self._serve(lane, lanes))
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        lane.put(card, urgent=urgent)

    async def _put_back(self, card: Card) -> None:
        """End the lease; a card with a try counted keeps the time it is due."""
        due = self._clock() + timedelta(seconds=LANE_LENGTH / 2)
        await self._store.outbox.delivered(
            replace(card, attempts=max(1, card.attempts), due_at=due)
        )

    async def _urgent(self, card: Card) -> bool:
        """Tell whether somebody waits for this: a new card, or a decision to be shown."""
        if card.message_id is None or card.question_id is None or card.kind is CardKind.PAGER:
            return card.message_id is None or card.kind in _NEWS
        question = await self._store.questions.get(card.question_id)
        return question is not None and question.status is not QuestionStatus.OPEN

    async def _serve(self, lane: Lane, lanes: asyncio.TaskGroup) -> None:
        """Deliver what is in hand for one chat, in order, until nothing is left."""
        options, trouble = self._options, self._database_backoff()
        backoff = Backoff(options.first_retry_s, options.longest_retry_s)
        while lane.held and not self._closing:
            try:
                await self._step(lane, lanes, backoff)
                trouble.reset()
            except Exception as error:  # noqa: BLE001 - one chat's trouble must not stop others
                _log.warning("a chat waits: %s", _kind(error))
                lane.not_before = _now() + trouble.next_s()
        if not self._closing:
            del self._lanes[lane.chat_id]

    async def _step(self, lane: Lane, lanes: asyncio.TaskGroup, backoff: Backoff) -> None:
        held, wait = lane.choose(self._pace, _now())
        if wait > 0:
            await lane.rest(min(wait, self._options.lease.total_seconds() / 4))
            await self._hold(lane)
            return
        if not await self._renewed(lane, held):
            return
        lane.active = held.card.id
        try:
            result = await self._delivery.deliver(held.card)
        except BaseException:
            lane.keep(held.card)
            raise
        self._settle(lane, lanes, held, result, backoff)

    def _settle(
        self, lane: Lane, lanes: asyncio.TaskGroup, held: Held, result: Result, backoff: Backoff
    ) -> None:
        match result:
            case Again(card=card, wait_s=wait):
                lane.keep(card)
                if wait is None:
                    lane.not_before = _now() + backoff.next_s()
                else:
                    self._pace.pause(lane.chat_id, _now(), wait)
            case NotYet(card=card):
                lane.keep(card)
            case Moved(card=card):
                lane.late = None
                lane.done()
                self._put(card, lanes, urgent=held.urgent)
            case Done():
                lane.done()
                backoff.reset()

    async def _hold(self, lane: Lane) -> None:
        """Hold the leases of all that wait their turn."""
        for held in list(lane.held.values()):
            await self._renewed(lane, held)

    async def _renewed(self, lane: Lane, held: Held) -> bool:
        """Hold a lease longer if it might run out before Telegram answers.

        Returns False when it is another's by now; then the card is none of ours any more.
        """
        until, now = held.card.claimed_until, self._clock()
        if until and until - now > self._options.lease * (2 / 3):
            return True
        longer = now + self._options.lease
        # As exact as the database keeps it, to be compared with the next time.
        longer = longer.replace(microsecond=longer.microsecond // 1000 * 1000)
        if not await self._lease(held.card, longer):
            lane.held.pop(held.card.id, None)
            return False
        held.card = replace(held.card, claimed_until=longer)
        return True

    async def _lease(self, card: Card, until: datetime | None) -> bool:
        """Change a lease, unless it has gone to another process."""

        async def work(records: Records) -> bool:
            found = await records.outbox.get(card.id)
            if found is None or found.claimed_until != card.claimed_until:
                return False
            await records.outbox.save(replace(found, claimed_until=until))
            return True

        return await self._store.transact(work)

    async def _finish(self) -> None:
        """Let the calls under way come to an end, so that nothing is left unknown."""
        self._closing = True
        for lane in self._lanes.values():
            lane.bell.set()
        if self._serving:
            await asyncio.wait(self._serving, timeout=self._options.grace_s)

    async def _release(self) -> None:
        """Give back what is in hand, so that the next to come need not wait."""
        try:
            async with asyncio.timeout(RELEASE_S):
                for lane in self._lanes.values():
                    for held in lane.held.values():
                        await self._lease(held.card, None)
        except Exception as error:  # noqa: BLE001 - the leases run out by themselves
            _log.info("leases not given back: %s", type(error).__name__)

    def _database_backoff(self) -> Backoff:
        longest = min(self._options.longest_retry_s, LONGEST_DATABASE_RETRY_S)
        return Backoff(min(self._options.first_retry_s, longest), longest)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _kind(error: Exception) -> str:
    if isinstance(error, ExceptionGroup):
        return ", ".join(_kind(inner) for inner in error.exceptions)
    return type(error).__name__
