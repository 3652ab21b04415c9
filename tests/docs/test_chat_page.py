"""The page for managers: it names what the chat has, and shows it as it looks."""

import re

import pytest
from PIL import Image

from bot.commands.counter import IN_GROUPS
from bot.commands.menus import GROUP, OFFERS
from domain.paging import MOST_APART
from domain.policy import DecisionPolicy, DoorPolicy, QuestionPolicy
from tests.bot.test_transcript import TRANSCRIPT
from tests.docs.pages import ROOT, read, spans

PAGE = "docs/chat.md"
PICTURES = ("answer", "pager", "person", "question", "today", "undo")


def test_every_command_is_named() -> None:
    """Those of the menus of everybody and of groups; and none that there is not."""
    menus = {offer.name for offer in OFFERS} | {*GROUP, *IN_GROUPS}
    named = {word for span in spans(read(PAGE)) for word in re.findall(r"^/([a-z]+)", span)}
    assert named == menus


def test_what_viewers_are_not_offered_is_said() -> None:
    """In one sentence, complete."""
    sentence = next(line for line in read(PAGE).splitlines() if line.startswith("A viewer"))
    kept = {offer.name for offer in OFFERS if not offer.viewers}
    assert set(re.findall(r"`/([a-z]+)`", sentence)) == kept


def test_times_and_numbers_are_those_of_the_code() -> None:
    """As they are unless somebody sets them otherwise."""
    text, policy = " ".join(read(PAGE).split()), QuestionPolicy()
    assert policy.remind
    assert policy.escalate
    assert policy.expire
    for promise, right in {
        "once, after 15 minutes": policy.remind.total_seconds() == 15 * 60,
        "After 30 minutes everybody else": policy.escalate.total_seconds() == 30 * 60,
        "After a day it is given up": policy.expire.days == 1,
        "taken back for a day": DecisionPolicy().undo.days == 1,
        "more than five questions": MOST_APART == 5,
        "worth half a minute": DoorPolicy().ask.total_seconds() == 30,
    }.items():
        assert promise in text, promise
        assert right, promise


def test_buttons_that_are_explained_are_in_the_transcript() -> None:
    """What the first column of the table says stands on a card, letter by letter."""
    table = read(PAGE).partition("| button |")[2].partition("\n\n")[0]
    named = [row.split("|")[1] for row in table.splitlines() if row.startswith("| ")]
    told = TRANSCRIPT.read_text()
    for button in (part.strip() for row in named for part in row.split(",")):
        assert f"[{button}]" in told, button


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_small_and_of_a_phone(name: str) -> None:
    """Each is shown, with words for those who do not see it."""
    file = ROOT / "docs" / "images" / f"chat-{name}.png"
    assert re.search(rf'<img src="images/{file.name}" width="\d+" alt="[^"]{{20,}}"', read(PAGE))
    assert file.stat().st_size < 100_000
    with Image.open(file) as picture:
        assert picture.width == 585
