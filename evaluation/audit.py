"""What a run left behind, compared with the truth. Pure: from what public doors showed."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from demo.botapi.calls import Call
from demo.botapi.views import ChatMessage, Shown
from evaluation.killer import Kill
from evaluation.processes import Role
from evaluation.script import Scene

# How long the bot may take from Telegram's answer to its record of it, on a busy machine; and how
# long while the database is away.
RECORD_SECONDS = 2.0
RECORD_LATER_SECONDS = 20.0
_LABEL = re.compile(r"Stranger \d+")
_CROPS = re.compile(r" · (\d+) crops?$", re.MULTILINE)
_SENDS = {"sendPhoto", "sendMessage"}

Log = Sequence[Mapping[str, Any]]
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Chat:
    """What the chat of a manager of `sites` shows, and what the bot called to make it so."""

    sites: Collection[str]
    messages: Sequence[ChatMessage]
    calls: Sequence[Call]


@dataclass(slots=True)
class Findings:
    """What was counted, and in `problems` every wrong in a sentence."""

    acknowledged: int = 0
    classified: int = 0
    lost: int = 0
    doubled_persons: int = 0
    doubled_cards: int = 0
    unknowable_cards: int = 0
    kills: int = 0
    problems: list[str] = field(default_factory=list)


def audit(
    posted: Mapping[str, Scene], log: Log, chats: Sequence[Chat], kills: Sequence[Kill]
) -> Findings:
    """Compare what was acknowledged (id to scene) with the log and the chats."""
    found = Findings(acknowledged=len(posted), kills=len(kills))
    _check_log(found, posted, log)
    classified = [d for d in log if d["status"] == "classified" and d["id"] in posted]
    found.classified = len(classified)
    _check_people(found, posted, classified)
    _check_visits(found, posted, classified)
    for chat in chats:
        _check_chat(found, chat, posted, classified, kills)
    return found


def _check_log(found: Findings, posted: Mapping[str, Scene], log: Log) -> None:
    times = Counter(d["id"] for d in log)
    states = {d["id"]: d["status"] for d in log}
    for id_, scene in posted.items():
        if states.get(id_) not in {"classified", "unusable"}:
            found.lost += 1
            found.problems.append(f"post {scene.number}: {states.get(id_, 'not in the log')}")
        elif states[id_] == "unusable" or times[id_] > 1:
            found.problems.append(f"post {scene.number}: {times[id_]} times, {states[id_]}")
    for id_ in times.keys() - posted.keys():
        found.problems.append(f"detection {id_} was entered twice: nobody was told of it")


def _check_people(found: Findings, posted: Mapping[str, Scene], classified: Log) -> None:
    persons, actors = defaultdict(set), defaultdict(set)
    for detection in classified:
        actor, person = posted[detection["id"]].actor.name, detection["person"]["label"]
        persons[actor].add(person)
        actors[person].add(actor)
    for actor, labels in persons.items():
        if len(labels) > 1:
            found.doubled_persons += len(labels) - 1
            found.problems.append(f"{actor} is {', '.join(sorted(labels))}")
    for person, names in actors.items():
        if len(names) > 1:
            found.problems.append(f"{person} is {', '.join(sorted(names))}")


def _check_visits(found: Findings, posted: Mapping[str, Scene], classified: Log) -> None:
    """Each visit in truth is one visit, and each visit one in truth."""
    pairs = {(posted[d["id"]].visit_key, d["visit_id"]) for d in classified}
    for what, many in (("true visit", 0), ("visit", 1)):
        for key, times in Counter(pair[many] for pair in pairs).items():
            if times > 1:
                found.problems.append(f"{what} {key} was taken for {times}")


def _check_chat(
    found: Findings,
    chat: Chat,
    posted: Mapping[str, Scene],
    classified: Log,
    kills: Sequence[Kill],
) -> None:
    cards = _by_question(chat.messages)
    for question, messages in cards.items():
        for first, again in pairwise(messages):
            if nobody_can_know(first, again, chat.calls, kills):
                found.unknowable_cards += 1
            else:
                found.doubled_cards += 1
                found.problems.append(f"question {question} was sent twice")
    asking = Counter(_pair(messages[-1]) for messages in cards.values() if messages[-1].buttons)
    visits = _visits_of(posted, classified)
    expected = {pair: seen for pair, seen in visits.items() if pair[1] in chat.sites}
    for pair in expected.keys() - asking.keys():
        found.lost += 1
        found.problems.append(f"no card asks about {pair[0]} at {pair[1]}")
    for pair, times in asking.items():
        if times > 1 or pair not in expected:
            found.problems.append(f"{times} cards ask about {pair[0]} at {pair[1]}")
    found.problems += _wrong_counts(cards.values(), expected)


def _by_question(messages: Iterable[ChatMessage]) -> dict[str, list[ChatMessage]]:
    """Return the cards of each question, as its buttons name it or did, in order of sending."""
    cards: dict[str, list[ChatMessage]] = defaultdict(list)
    for message in messages:
        question = question_of(message)
        if question:
            cards[question].append(message)
    return cards


def question_of(message: ChatMessage) -> str | None:
    """Return the question that a card's buttons are about, or were; None if it is no card."""
    shown: list[ChatMessage | Shown] = [message, *message.history]
    data = [b.data for s in shown for row in s.buttons for b in row if b.data]
    return data[0].split(":")[2] if data else None


def nobody_can_know(
    first: ChatMessage, again: ChatMessage, calls: Iterable[Call], kills: Iterable[Kill]
) -> bool:
    """Whether the bot died between Telegram's answer and its record of it.

    Then it cannot know that the first card arrived, and sends it again.
    """
    kills = list(kills)
    for call in calls:
        if call.method not in _SENDS or call.message_id != first.id:
            continue
        answered = call.ended_at or call.at
        for kill in kills:
            if kill.role is Role.BOT and call.at <= kill.at <= again.sent_at:
                return kill.at - answered <= _record_seconds(answered, kill.at, kills)
    return False


def _record_seconds(answered: float, dead: float, kills: Iterable[Kill]) -> float:
    """Return how long a record may have taken; longer while the database was away."""
    away = {Role.MONGOD, Role.KEEPER}
    since = answered - RECORD_LATER_SECONDS
    if any(kill.role in away and since <= kill.at <= dead for kill in kills):
        return RECORD_LATER_SECONDS
    return RECORD_SECONDS


def _pair(message: ChatMessage) -> Pair:
    """Return whom a card asks about, and where: the first words of its two lines."""
    first, _, second = message.text.partition("\n")
    label = _LABEL.match(first)
    return label.group() if label else first, second.partition(" · ")[0]


def _visits_of(
    posted: Mapping[str, Scene], classified: Log
) -> dict[Pair, dict[str, list[datetime]]]:
    """Return the visits of each person at each site: when they were seen in each."""
    visits: dict[Pair, dict[str, list[datetime]]] = defaultdict(lambda: defaultdict(list))
    for detection in classified:
        scene = posted[detection["id"]]
        pair = detection["person"]["label"], scene.site
        visits[pair][detection["visit_id"]].append(scene.captured_at)
    return visits


def _wrong_counts(
    cards: Iterable[Sequence[ChatMessage]], expected: Mapping[Pair, Mapping[str, list[datetime]]]
) -> list[str]:
    """Return what is said of cards that count a visit's crops wrong."""
    wrong = []
    for messages in cards:
        card = messages[-1]
        said = _CROPS.search(card.text)
        if not card.buttons or said is None:
            continue
        sizes = [
            len(times)
            for times in expected.get(_pair(card), {}).values()
            if f"{min(times):%H:%M}" in card.text
        ]
        if int(said.group(1)) not in sizes:
            wrong.append(f"a card says {said.group(1)} crops, its visit has {sizes}")
    return wrong
