"""`usher bench chat`: the moved clock, what is found wrong, and an hour with few visits."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from demo.botapi.calls import Call
from demo.botapi.formatting import plain
from demo.botapi.records import Chat, ChatKind, Content, Message, User, Version
from domain.ids import new_id
from domain.records import Card, CardKind, Id, Question, QuestionKind, QuestionStatus
from evaluation.chat import ChatOptions, measure_chat
from evaluation.chat_audit import Findings, audit, lateness, spans_of
from evaluation.chat_script import HOUR_S, plans
from evaluation.moved_time import MovedClock, run_moved

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ZERO = NOON.timestamp()
CHAT, GROUP = 601, -1001
BOT = User(1, "Usher", is_bot=True)


def test_the_clock_is_moved_over_idle_time_alone() -> None:
    """An hour of waiting takes no time, in order; work in a thread takes as long as it takes."""

    async def work() -> tuple[list[str], float, float]:
        clock, done = MovedClock(NOON), list[str]()

        async def after(seconds: float, what: str) -> None:
            await asyncio.sleep(seconds)
            done.append(what)

        async with asyncio.TaskGroup() as group:
            _ = group.create_task(after(3600, "late"))
            _ = group.create_task(after(60, "soon"))
        waited = (clock() - NOON).total_seconds()
        # Somebody else waits as well, so there is something to jump to.
        other = asyncio.ensure_future(asyncio.sleep(500))
        await asyncio.to_thread(time.sleep, 0.2)
        worked = (clock() - NOON).total_seconds() - waited
        other.cancel()
        return done, waited, worked

    begun = time.monotonic()
    done, waited, worked = run_moved(work())
    assert time.monotonic() - begun < 20
    assert done == ["soon", "late"]
    assert waited == pytest.approx(3600, abs=5)
    assert 0.19 <= worked < 100


def test_the_hour_is_the_same_for_the_same_dice() -> None:
    """So many visits within the hour, some at once, some answered by two, some by nobody."""
    hour = plans(500, managers=5, cameras=3, seed=1)
    assert hour == plans(500, managers=5, cameras=3, seed=1)
    assert hour != plans(500, managers=5, cameras=3, seed=2)
    begun = [plan.crops[0].at_s for plan in hour]
    assert len(hour) == 500
    assert begun == sorted(begun)
    assert 0 <= begun[0] <= begun[-1] <= HOUR_S
    replies = [plan.reply for plan in hour if plan.reply]
    assert 420 < len(replies) < 480
    assert 40 < sum(len(reply.managers) == 2 for reply in replies) < 100


def question(status: QuestionStatus = QuestionStatus.ANSWERED, decided_s: float = 60) -> Question:
    """Return a question asked at noon, and decided so many seconds later."""
    done = status is not QuestionStatus.OPEN
    return Question(
        id=new_id(),
        visit_id=new_id(),
        site_id=new_id(),
        person_id=new_id(),
        kind=QuestionKind.WHO,
        status=status,
        asked_at=NOON,
        decision_id=new_id() if done else None,
        decided_at=NOON + timedelta(seconds=decided_s) if done else None,
    )


def asking(*questions: Question) -> Content:
    """Return what a message shows that asks these questions."""
    rows = [[{"text": "Block", "callback_data": f"v1:block:{one.id}"}] for one in questions]
    return Content(body=plain("Stranger 1"), rows=rows)


def message(number: int, *shown: tuple[float, Content], chat_id: int = CHAT) -> Message:
    """Return a message, and what it has shown from when on; seconds after noon."""
    [*before, (since, content)] = shown
    return Message(
        id=number,
        chat=Chat(chat_id, ChatKind.PRIVATE),
        sender=BOT,
        sent_at=ZERO + shown[0][0],
        content=content,
        shown_since=ZERO + since,
        history=[Version(ZERO + at, earlier) for at, earlier in before],
    )


def card(of: Question, **changes: object) -> Card:
    """Return the card of a question in the chat, as it is when all is well."""
    made = Card(
        id=new_id(),
        kind=CardKind.QUESTION,
        visit_id=of.visit_id,
        site_id=of.site_id,
        account_id=new_id(),
        chat_id=CHAT,
        due_at=NOON,
        created_at=NOON,
        question_id=of.id,
        revision=2,
        delivered=2,
        message_id=1,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # a test names real fields


DONE = Content(body=plain("Stranger 1, blocked by Maria"))


def found(of: Question, cards: Sequence[Card], messages: Sequence[Message]) -> Findings:
    """Audit one chat."""
    there = {CHAT: messages}
    by_question: dict[Id, Sequence[Card]] = {of.id: cards}
    return audit([of], by_question, spans_of(there, []), there)


def test_a_card_that_is_right_is_counted_as_such() -> None:
    """Sent once, and edited when it was decided."""
    one = question()
    right = found(one, [card(one)], [message(1, (1, asking(one)), (61, DONE))])
    assert (right.lost, right.doubled, right.apart, right.problems) == (0, 0, 1, [])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("no card", "no card was dealt"),
        ("behind", "revision 1 of 2"),
        ("error", "the bot was blocked"),
        ("still asking", "is answered, and asked"),
        ("never shown", "never shown"),
    ],
)
def test_what_is_lost_is_found(wrong: str, words: str) -> None:
    """Each way in which a question can fail to reach a chat, or stay there wrongly."""
    one = question(QuestionStatus.OPEN if wrong == "never shown" else QuestionStatus.ANSWERED)
    cards = {
        "no card": [],
        "behind": [card(one, delivered=1)],
        "error": [card(one, error="the bot was blocked")],
        "never shown": [card(one, message_id=None)],
    }.get(wrong, [card(one)])
    shown = [(1.0, asking(one)), (61.0, DONE)][: 1 if wrong == "still asking" else 2]
    messages = [] if wrong == "never shown" else [message(1, *shown)]
    what = found(one, cards, messages)
    assert what.lost == 1
    assert words in what.problems[0]


def test_what_is_doubled_is_found() -> None:
    """Two messages of one question that are both there; one that replaced another is none."""
    one = question()
    first, second = (message(n, (n, asking(one)), (61, DONE)) for n in (1, 2))
    assert found(one, [card(one)], [first, second]).doubled == 1
    first.deleted = True
    assert found(one, [card(one)], [first, second]).doubled == 0


def test_a_page_among_others_is_no_double() -> None:
    """A message to turn pages on has asked many questions, and so has another after it."""
    one, other = question(), question()
    pages = Content(
        body=plain("Stranger 1"),
        rows=[*(asking(one).rows or ()), [{"text": "▶", "callback_data": f"v1:page:{other.id}"}]],
    )
    there = [message(n, (n, pages), (60, asking(other)), (61, DONE)) for n in (1, 2)]
    what = found(one, [card(one, message_id=None, paged=True)], there)
    assert (what.doubled, what.lost, what.paged) == (0, 0, 1)


def test_lateness_runs_from_the_decision_to_the_last_edit() -> None:
    """A deleted message has asked until it was deleted; what the limits allowed stands beside."""
    one = question(decided_s=60)
    own = message(1, (1, asking(one)), (62, DONE))
    theirs = message(1, (1, asking(one)), chat_id=GROUP)
    theirs.deleted = True
    sent = [Call(n, "sendPhoto", GROUP, ZERO + 2 * n + 15, {}, carried_out=True) for n in range(20)]
    gone = Call(
        21, "deleteMessage", GROUP, ZERO + 69, {"message_id": "1"}, ZERO + 70, carried_out=True
    )
    calls = [*sent, gone]
    spans = spans_of({CHAT: [own], GROUP: [theirs]}, calls)
    late = {found.chat_id: found for found in lateness([one], spans, calls)}
    assert late[CHAT].seconds == pytest.approx(2)
    assert late[CHAT].least_s == 0
    assert late[GROUP].seconds == pytest.approx(10)
    # Twenty were sent within the minute; the first of them at 15 s.
    assert late[GROUP].least_s == pytest.approx(15)


@pytest.mark.timeout(180)
def test_an_hour_with_few_visits() -> None:
    """Nothing lost, doubled or too fast, on the real bot; every visit is counted."""
    ticks = list[None]()
    options = ChatOptions(visits=12, managers=2, seed=3)
    figures = measure_chat(options, lambda: ticks.append(None))
    assert (figures.visits, len(ticks)) == (12, 12)
    assert figures.problems == ()
    assert (figures.lost, figures.doubled, figures.limit_violations) == (0, 0, 0)
    assert figures.decided > 6
    assert figures.apart + figures.paged + figures.spared == 12 * 3
    assert figures.edit_p95_s > 0
