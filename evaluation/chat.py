"""The manager's chat under load: an hour of visits, in the time that the work takes.

The real bot speaks with the project's own Bot API server, over HTTP and within Telegram's limits;
visits are written through the domain into a real database. Nobody is recognised: no models are
needed. The clock is moved (evaluation/moved_time.py), so the hour takes some minutes.
"""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from bot.app import Bot
from bot.options import BotOptions
from demo.botapi.server import create_app, serve
from demo.botapi.world import WORLD, World
from domain.intake import Images
from domain.policy import QuestionPolicy
from domain.records import Id, Question
from domain.store import Store
from domain.unanswered import step_questions
from evaluation.chat_audit import Findings, Late, audit, lateness, refused, spans_of
from evaluation.chat_house import HeardStore, House
from evaluation.chat_people import Phones
from evaluation.chat_script import HOUR_S, Plan, crops_in, plans
from evaluation.load import percentile
from evaluation.moved_time import MovedClock, at_work_on, run_moved
from storage.images import ImageStore
from storage.mongod import running_mongod

TOKEN = "100002:bench-token-of-nobody"  # noqa: S105 - of a Bot API server of our own
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LOOK_S, STEP_S = 1.0, 20.0
SETTLE_S = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOptions:
    """How many come within the hour, and who is asked."""

    visits: int = 500
    managers: int = 5
    group: bool = True
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatFigures:
    """The result; the table of `usher bench chat` says what each is.

    `limits_p95_group_s` is what the limits alone made an edit in the group wait, after the calls
    that had been made there; `beyond_limits_p95_s` what edits anywhere took beyond that.
    """

    visits: int
    lost: int
    doubled: int
    limit_violations: int
    edit_p95_s: float
    edit_p50_s: float
    edit_p95_private_s: float
    edit_p95_group_s: float
    limits_p95_group_s: float
    beyond_limits_p95_s: float
    decided: int
    told: int
    unanswered_presses: int
    apart: int
    paged: int
    spared: int
    crops: int
    calls: int
    hours: float
    took_s: float
    problems: tuple[str, ...]


def measure_chat(options: ChatOptions, tick: Callable[[], None]) -> ChatFigures:
    """Let the hour pass; `tick` is called for each visit that has come."""
    begun = time.perf_counter()
    with (
        tempfile.TemporaryDirectory(prefix="usher-") as folder,
        running_mongod(Path(folder)) as uri,
    ):
        return run_moved(_measure(options, uri, tick, begun))


async def _measure(
    options: ChatOptions, uri: str, tick: Callable[[], None], begun: float
) -> ChatFigures:
    clock = MovedClock(NOON)
    app = create_app(TOKEN, limits=True, clock=clock.timestamp)
    app.middlewares.append(at_work_on("/getUpdates"))
    store = await HeardStore.open(uri)
    images = ImageStore.open("memory:///")
    try:
        async with serve(app) as url:
            hour = await _Hour.build(
                options, store=store, images=images, world=app[WORLD], clock=clock
            )
            bot = _bot(url, store, images, clock)
            async with asyncio.TaskGroup() as group:
                beside = [group.create_task(bot.run()), group.create_task(_step(store, clock))]
                await hour.play(tick)
                for task in beside:
                    task.cancel()
            return await hour.figures(time.perf_counter() - begun)
    finally:
        await images.close()
        store.close()


def _bot(url: str, store: Store, images: Images, clock: MovedClock) -> Bot:
    options = BotOptions(
        token=SecretStr(TOKEN),
        base_url=f"{url}/bot",
        base_file_url=f"{url}/file/bot",
        timezone=UTC,
    )
    return Bot(options=options, store=store, images=images, clock=clock)


async def _step(store: Store, clock: MovedClock) -> None:
    """Do about questions that nobody answers what a worker does."""
    while True:
        await asyncio.sleep(STEP_S)
        await step_questions(store, QuestionPolicy(), clock())


class _Hour:
    """The hour as it is played."""

    def __init__(self, options: ChatOptions, house: House) -> None:
        self._options = options
        self._house = house
        self._played = plans(
            options.visits,
            managers=options.managers,
            cameras=len(house.cameras),
            seed=options.seed,
        )
        self._questions: list[Id] = []
        self._phones: Phones | None = None
        self._zero = 0.0
        self._lasted_s = 0.0

    @classmethod
    async def build(
        cls,
        options: ChatOptions,
        *,
        store: Store,
        images: Images,
        world: World,
        clock: MovedClock,
    ) -> "_Hour":
        """Furnish the house."""
        house = await House.build(store=store, images=images, world=world, clock=clock)
        return cls(options, house)

    async def play(self, tick: Callable[[], None]) -> None:
        """Let everybody join, the hour pass, and the outbox come to rest."""
        for number in range(self._options.managers):
            await self._house.manager(number)
        await self._house.all_joined()
        if self._options.group:
            await self._house.group()
        self._phones = Phones(
            self._house.world, self._house.users, self._house.group_id, self._options.seed
        )
        self._zero = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            for plan in self._played:
                _ = group.create_task(self._come(plan, self._phones, tick))
        await self._rest()
        self._lasted_s = asyncio.get_running_loop().time() - self._zero

    async def _come(self, plan: Plan, phones: Phones, tick: Callable[[], None]) -> None:
        """Let somebody come, be seen some more times, and be asked about."""
        await self._until(plan.crops[0].at_s)
        person = await self._house.stranger()
        _, question = await self._house.see(person, plan.crops[0])
        if question is None:
            raise RuntimeError("nobody was asked about a stranger")
        self._questions.append(question.id)
        tick()
        async with asyncio.TaskGroup() as group:
            if plan.reply:
                _ = group.create_task(self._reply(plan, question.id, phones))
            for crop in plan.crops[1:]:
                await self._until(crop.at_s)
                await self._house.see(person, crop)

    async def _reply(self, plan: Plan, question_id: Id, phones: Phones) -> None:
        if plan.reply:
            await asyncio.sleep(plan.reply.after_s)
            await phones.answer(question_id, plan.reply)

    async def _until(self, at_s: float) -> None:
        await asyncio.sleep(max(0.0, self._zero + at_s - asyncio.get_running_loop().time()))

    async def _rest(self) -> None:
        """Wait until every press is dealt with and no card is behind, for so long at most."""
        for _ in range(int(SETTLE_S / LOOK_S)):
            await asyncio.sleep(LOOK_S)
            answered = self._phones is None or self._phones.silent == 0
            if answered and await self._house.store.outbox.next_due() is None:
                return

    async def figures(self, took_s: float) -> ChatFigures:
        """Look at what is there, and count."""
        house, world = self._house, self._house.world
        chats = [user.id for user in house.users] + ([house.group_id] if house.group_id else [])
        messages = {id_: [m for m in world.timeline(id_) if m.sender.is_bot] for id_ in chats}
        questions = [*(await house.store.questions.some(self._questions)).values()]
        cards = {q.id: await house.store.outbox.of_visit(q.visit_id) for q in questions}
        calls = list(world.calls.all)
        spans = spans_of(messages, calls)
        return self._figures(
            audit(questions, cards, spans, messages),
            lateness(questions, spans, calls),
            questions,
            took_s,
        )

    def _figures(
        self, found: Findings, late: list[Late], questions: Sequence[Question], took_s: float
    ) -> ChatFigures:
        world, presses = self._house.world, self._phones.presses if self._phones else []
        calls = list(world.calls.all)
        silent = self._phones.silent if self._phones else 0
        return ChatFigures(
            visits=len(questions),
            lost=found.lost + silent,
            doubled=found.doubled,
            limit_violations=refused(calls),
            edit_p95_s=_p(0.95, _last(late)),
            edit_p50_s=_p(0.5, _last(late)),
            edit_p95_private_s=_p(0.95, [one.seconds for one in late if one.chat_id > 0]),
            edit_p95_group_s=_p(0.95, [one.seconds for one in late if one.chat_id < 0]),
            limits_p95_group_s=_p(0.95, [one.least_s for one in late if one.chat_id < 0]),
            beyond_limits_p95_s=_p(0.95, [one.seconds - one.least_s for one in late]),
            decided=sum(q.decision_id is not None for q in questions),
            told=sum("lready" in press.text for press in presses),
            unanswered_presses=silent,
            apart=found.apart,
            paged=found.paged,
            spared=found.spared,
            crops=crops_in(self._played),
            calls=sum(call.method != "getUpdates" for call in calls),
            hours=round(self._lasted_s / HOUR_S, 2),
            took_s=round(took_s, 1),
            problems=tuple(found.problems),
        )


def _last(late: Sequence[Late]) -> list[float]:
    """Return how long the last edited card of each decision took."""
    longest: Counter[Id] = Counter()
    for one in late:
        longest[one.question_id] = max(longest[one.question_id], one.seconds)  # type: ignore[assignment]
    return [*map(float, longest.values())]


def _p(share: float, seconds: Sequence[float]) -> float:
    return round(percentile(seconds, share), 2) if seconds else 0.0
