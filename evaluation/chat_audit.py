"""What an hour left in the chats, compared with the truth; and how long edits took. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from demo.botapi.calls import Call
from demo.botapi.limits import Limits
from demo.botapi.methods import LIMITED
from demo.botapi.records import Message
from domain.records import Card, CardKind, Id, Question, QuestionStatus
from evaluation.chat_people import asked_by, buttons_of

FOR_EVER = float("inf")
TOO_MANY = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time in which a message asked a question. Seconds since 1970."""

    message_id: int
    begins: float
    ends: float


# By chat, then by question.
Spans = Mapping[int, Mapping[str, Sequence[Span]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """How long after a decision a chat went on asking, and how long it had to, by the limits."""

    chat_id: int
    question_id: Id
    seconds: float
    least_s: float


@dataclass(slots=True)
class Findings:
    """What was counted, and in `problems` every wrong in a sentence."""

    lost: int = 0
    doubled: int = 0
    apart: int = 0
    paged: int = 0
    spared: int = 0
    problems: list[str] = field(default_factory=list)

    def lose(self, problem: str) -> None:
        """Count something that did not reach a chat as it should."""
        self.lost += 1
        self.problems.append(problem)


def spans_of(messages: Mapping[int, Sequence[Message]], calls: Iterable[Call]) -> Spans:
    """Return when the messages of each chat asked which question."""
    gone = {
        (call.chat_id, int(call.params["message_id"])): call.ended_at or call.at
        for call in calls
        if call.method == "deleteMessage" and call.carried_out
    }
    found: dict[int, dict[str, list[Span]]] = {}
    for chat_id, there in messages.items():
        found[chat_id] = defaultdict(list)
        for message in there:
            ends = gone.get((chat_id, message.id), FOR_EVER) if message.deleted else FOR_EVER
            for question, begins, until in _asking(message, ends):
                span = Span(message_id=message.id, begins=begins, ends=until)
                found[chat_id][question].append(span)
    return found


def _asking(message: Message, ends: float) -> Iterable[tuple[str, float, float]]:
    shown = [(v.at, asked_by(v.content)) for v in message.history]
    shown.append((message.shown_since, asked_by(message.content)))
    for (begins, asked), (until, _) in pairwise([*shown, (ends, set[str]())]):
        for question in asked:
            yield question, begins, until


def audit(
    questions: Sequence[Question],
    cards: Mapping[Id, Sequence[Card]],
    spans: Spans,
    messages: Mapping[int, Sequence[Message]],
) -> Findings:
    """Look whether every question reached every chat, once, and stands there as it is now."""
    found = Findings()
    for question in questions:
        here = {c.chat_id: c for c in cards[question.id] if c.kind is CardKind.QUESTION}
        for chat_id in messages:
            _check_card(found, question, here.get(chat_id), chat_id, spans)
            _check_state(found, question, chat_id, spans)
    for chat_id, there in messages.items():
        _check_doubles(found, chat_id, there)
    return found


def _check_card(
    found: Findings, question: Question, card: Card | None, chat_id: int, spans: Spans
) -> None:
    where = f"question {question.id} in chat {chat_id}"
    if card is None:
        found.lose(f"{where}: no card was dealt")
    elif card.error:
        found.lose(f"{where}: {card.error}")
    elif card.delivered < card.revision:
        found.lose(f"{where}: revision {card.delivered} of {card.revision} was shown")
    elif card.message_id is not None:
        found.apart += 1
    elif card.paged or spans[chat_id].get(question.id):
        found.paged += 1
    elif question.status is QuestionStatus.OPEN:
        found.lose(f"{where}: it was never shown")
    else:
        found.spared += 1


def _check_state(found: Findings, question: Question, chat_id: int, spans: Spans) -> None:
    """Look whether a question that is closed by now can be answered still."""
    asking = [s for s in spans[chat_id].get(question.id, ()) if s.ends == FOR_EVER]
    if asking and question.status is not QuestionStatus.OPEN:
        found.lose(f"question {question.id} is {question.status}, and asked in chat {chat_id}")


def _check_doubles(found: Findings, chat_id: int, messages: Sequence[Message]) -> None:
    """Look whether a question has two messages of its own that are there."""
    times: Counter[str] = Counter()
    for message in messages:
        asked = asked_by(message.content).union(*(asked_by(v.content) for v in message.history))
        pages = any(data.split(":")[1] == "page" for data in _ever(message))
        if not message.deleted and not pages:
            times.update(asked)
    for question, number in times.items():
        if number > 1:
            found.doubled += number - 1
            found.problems.append(f"question {question} has {number} messages in chat {chat_id}")


def _ever(message: Message) -> Iterable[str]:
    for content in (message.content, *(v.content for v in message.history)):
        yield from buttons_of(content)


def lateness(questions: Sequence[Question], spans: Spans, calls: Sequence[Call]) -> list[Late]:
    """Return how long each chat that asked a question went on after it was decided.

    What the limits alone made it wait is reckoned from the calls made before.
    """
    decided = [
        (q.decided_at.timestamp(), chat_id, q.id, last)
        for q in questions
        if q.status is QuestionStatus.ANSWERED and q.decided_at
        for chat_id, asked in spans.items()
        if (last := max((s.ends for s in asked.get(q.id, ())), default=0.0)) > 0.0
    ]
    replay = _Replay(calls)
    return [
        Late(
            chat_id=chat_id,
            question_id=question_id,
            seconds=max(0.0, last - at),
            least_s=replay.wait_s(chat_id, at),
        )
        for at, chat_id, question_id, last in sorted(decided)
        if last > at
    ]


class _Replay:
    """What Telegram's limits would have let through, after the calls until some moment."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self._at = 0.0
        self._limits = Limits(lambda: self._at)
        self._left = [
            call
            for call in sorted(calls, key=lambda call: call.at)
            if call.method in LIMITED and call.carried_out and call.chat_id is not None
        ][::-1]

    def wait_s(self, chat_id: int, at: float) -> float:
        """Return how long one more call had to wait then. Times must not go back."""
        while self._left and self._left[-1].at <= at:
            call = self._left.pop()
            self._at = call.at
            self._limits.count(call.chat_id or 0)
        self._at = at
        return self._limits.wait_s(chat_id)


def refused(calls: Iterable[Call]) -> int:
    """Return how many calls came too fast."""
    return sum(call.status == TOO_MANY for call in calls)
