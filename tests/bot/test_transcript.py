"""The chat as people read it: what is played is written down, and must be what the file has.

With `--golden` the file is written anew; read what has changed in it as a manager would.
"""

import difflib
from pathlib import Path

import pytest

from tests.bot.chapters import CHAPTERS
from tests.bot.story import Story

TRANSCRIPT = Path(__file__).parent / "transcript.txt"
PREFACE = """\
What managers read in the chat, chapter by chapter; tests play it over the Bot API server and
compare. Maria and Otto are managers of the site Main, Vera is a viewer, Eve is nobody.

(sound) marks what rings; all else comes silently. [Buttons] stand below a message, row by row.
"  -> " is what a press is answered with at the top of the screen.
"""


def read() -> dict[str, str]:
    """Return the chapters of the file, by their headings."""
    text = TRANSCRIPT.read_text() if TRANSCRIPT.exists() else PREFACE
    parts = text.split("\n# ")[1:]
    return {title: f"{body.strip()}\n" for title, _, body in (p.partition("\n") for p in parts)}


def write(chapters: dict[str, str]) -> None:
    """Write the file, in the order in which the chapters are played."""
    told = [f"\n# {title}\n\n{chapters[title]}" for title in CHAPTERS if title in chapters]
    TRANSCRIPT.write_text(PREFACE + "\n".join(told))


@pytest.mark.parametrize("title", CHAPTERS)
async def test_the_chat_reads_as_written(
    title: str, story: Story, request: pytest.FixtureRequest
) -> None:
    """Texts and buttons of a chapter, in every chat and in their order."""
    await CHAPTERS[title](story)
    if request.config.getoption("--golden"):
        write({**read(), title: story.text})
    was, now = read().get(title, "").splitlines(), story.text.splitlines()
    assert was == now, "\n".join(difflib.unified_diff(was, now, "written", "played", lineterm=""))


def test_the_file_has_every_chapter_in_order() -> None:
    """And no other; what it says at its beginning is what is meant."""
    assert TRANSCRIPT.read_text().startswith(PREFACE)
    assert [*read()] == [*CHAPTERS]
