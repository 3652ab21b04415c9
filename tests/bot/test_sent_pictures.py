"""Pictures that people send: photos and files, those that cannot be read refused in words."""

from datetime import UTC, datetime

import pytest
from telegram import Chat, Document, Message, PhotoSize

from bot.commands.photos import MAX_BYTES, faults, file_in
from bot.tongue import Tongue
from domain.errors import InvalidError
from recognition import quality


def _message(**values: object) -> Message:
    chat = Chat(id=1, type="private")
    return Message(1, datetime(2026, 11, 24, tzinfo=UTC), chat, **values)  # type: ignore[arg-type]


def _file(mime_type: str, size: int = 1000) -> Message:
    return _message(document=Document("file", "unique", mime_type=mime_type, file_size=size))


def test_the_largest_size_of_a_photo_is_taken() -> None:
    """Telegram lists the sizes from small to large."""
    sizes = [PhotoSize(f"size {side}", str(side), side, side) for side in (90, 320, 800)]
    assert file_in(_message(photo=sizes)) == "size 800"
    assert file_in(_message(text="no photo")) is None
    assert file_in(None) is None


def test_a_file_that_is_a_picture_is_taken() -> None:
    """A photo sent as a file keeps its quality."""
    assert file_in(_file("image/png")) == "file"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (_file("image/heic"), "I cannot read HEIC."),
        (_file("application/pdf"), "This is no picture that I can read."),
        (_file("image/jpeg", MAX_BYTES + 1), "This file is too big."),
    ],
)
def test_other_files_are_refused_with_what_to_do(message: Message, words: str) -> None:
    """Each refusal says to send it as a photo."""
    with pytest.raises(InvalidError, match=words) as error:
        file_in(message)
    assert "send it as a photo" in str(error.value)


def test_every_reason_of_recognition_has_words() -> None:
    """Whatever can be wrong with a face is said in words, several one after the other."""
    reasons = [
        value for name, value in vars(quality).items() if name.isupper() and isinstance(value, str)
    ]
    assert len(reasons) >= 9
    for reason in (*reasons, "covered_lower", "covered_upper"):
        assert faults([reason], Tongue())
    assert faults(["blurred", "cut_off"], Tongue()) == "it is blurred, the face is cut off"
