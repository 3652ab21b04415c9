"""The main job: crops come in, strangers are asked about, answers are remembered."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import combinations, zip_longest
from pathlib import Path
from typing import Any

import pytest

from demo.botapi.views import ChatMessage
from demo.sitters import crop, people
from evaluation.audit import question_of
from evaluation.cast import portraits
from evaluation.system import System, running_system

pytestmark = pytest.mark.timeout(240)

PEOPLE = 40
# The others of a person's pictures are left out: what is asked for is shown by these.
MOST_PICTURES = 8

Detection = Mapping[str, Any]


async def post_in_turn(system: System, pictures: Mapping[str, Sequence[bytes]]) -> dict[str, str]:
    """Post everybody's pictures, interleaved; return who is on each detection."""
    truth: dict[str, str] = {}
    for turn in zip_longest(*pictures.values()):
        for name, picture in zip(pictures, turn, strict=True):
            if picture is None:
                continue
            answer = await system.post(picture)
            assert answer.status_code == 202, answer.text
            truth[answer.json()["detections"][0]["id"]] = name
    await system.settled()
    return truth


def precision_and_recall(log: Sequence[Detection], truth: Mapping[str, str]) -> tuple[float, float]:
    """Say how well pairs of classified detections were told: the same person or not."""
    counts: Counter[tuple[bool, bool]] = Counter()
    for one, other in combinations([d for d in log if d["status"] == "classified"], 2):
        same = truth[one["id"]] == truth[other["id"]]
        counts[same, one["person"]["id"] == other["person"]["id"]] += 1
    right = counts[True, True]
    return right / (right + counts[False, True]), right / (right + counts[True, False])


def names_of(log: Sequence[Detection], truth: Mapping[str, str]) -> dict[str, str]:
    """Return the true name of whom each label stands for: most of its detections."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for detection in log:
        if detection["person"]:
            seen[detection["person"]["label"]][truth[detection["id"]]] += 1
    return {label: names.most_common(1)[0][0] for label, names in seen.items()}


async def name_all(system: System, names: Mapping[str, str]) -> None:
    """Name everybody as a manager does: press Name, reply to the prompt; say who is the same.

    First every card is waited for: Telegram takes one message a second, and prompts are messages.
    """
    cards = {
        label: await wait_for(system, partial(is_card_of, label=label), seconds=120)
        for label in names
    }
    for label, card in cards.items():
        await system.chat.press(system.manager, card, text="Name")
        prompt = await wait_for(system, partial(is_prompt_for, label=label))
        reply = await system.chat.send_text(system.manager, names[label], reply_to=prompt)
        said = await wait_for(system, partial(is_said_after, reply=reply))
        if not said.text.startswith("Saved"):
            await system.chat.press(system.manager, said, text=said.buttons[0][0].text)


async def wait_for(
    system: System, fits: Callable[[ChatMessage], bool], *, seconds: float = 30
) -> ChatMessage:
    """Return the first message of the manager's chat that fits."""
    return await system.chat.wait_for(system.manager, fits, timeout=seconds)


def is_prompt_for(message: ChatMessage, *, label: str) -> bool:
    """Tell whether a message asks for the name of this person."""
    return message.force_reply and f"of {label}." in message.text


def is_said_after(message: ChatMessage, *, reply: ChatMessage) -> bool:
    """Tell whether a message is the bot's answer to a reply."""
    return message.from_bot and message.id > reply.id and not is_card(message)


def is_card(message: ChatMessage) -> bool:
    """Tell whether a message is about a visit."""
    return question_of(message) is not None and " · " in message.text


def is_card_of(message: ChatMessage, *, label: str) -> bool:
    """Tell whether a message asks about this person."""
    asks = is_card(message) and bool(message.buttons)
    return asks and message.text.startswith((f"{label} ", f"{label},"))


async def recognised(system: System, further: Mapping[str, bytes]) -> float:
    """Post a further picture of each; return how many are recognised by name, 0 to 1."""
    truth = await post_in_turn(system, {name: [picture] for name, picture in further.items()})
    log = [d for d in await system.detections() if d["id"] in truth]
    right: list[bool] = [
        d["person"] is not None
        and d["match"]["kind"] == "match"
        and d["person"]["name"] == truth[d["id"]]
        for d in log
    ]
    return sum(right) / len(truth)


async def test_carried_faces() -> None:
    """Six people of eight crops each: six persons, six cards; named, each is then recognised."""
    pictures = {s.name.title(): [crop(s, seed) for seed in range(8)] for s in people()}
    async with running_system(workers=2) as system:
        truth = await post_in_turn(system, pictures)
        log = await system.detections()
        assert {d["status"] for d in log} == {"classified"}
        assert precision_and_recall(log, truth) == (1.0, 1.0)
        await name_all(system, names_of(log, truth))
        further = {sitter.name.title(): crop(sitter, 99) for sitter in people()}
        assert await recognised(system, further) == 1.0
        cards = [m for m in await system.chat.messages(system.manager) if is_card(m)]
        assert len(cards) == len(pictures)


async def test_forty_people_of_lfw(faces_dir: Path) -> None:
    """40 people with 5 pictures and more: told apart with nobody named, recognised once named.

    The last picture of each is kept for after the naming.
    """
    chosen = portraits(faces_dir, at_least=5)[:PEOPLE]
    pictures = {
        _name(some): [path.read_bytes() for path in some[:-1][:MOST_PICTURES]] for some in chosen
    }
    async with running_system(workers=2) as system:
        truth = await post_in_turn(system, pictures)
        log = await system.detections()
        assert {d["id"] for d in log} == truth.keys()
        assert {d["status"] for d in log} <= {"classified", "unusable"}
        precision, recall = precision_and_recall(log, truth)
        assert precision >= 0.99
        assert recall >= 0.93
        await name_all(system, names_of(log, truth))
        further = {_name(some): some[-1].read_bytes() for some in chosen}
        assert await recognised(system, further) >= 0.95


def _name(pictures: Sequence[Path]) -> str:
    return pictures[0].parent.name.replace("_", " ")
