"""What `usher account invite` says to a person, at a terminal."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from storage.mongod import embedded_mongod
from storage.store import MongoStore
from usher.parts import BOT_NAME, now

BLOCKS = {" ": (0, 0), "█": (1, 1), "▀": (1, 0), "▄": (0, 1)}
CODE = re.compile(rf"^[{''.join(BLOCKS)}]{{30,}}$", re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder."""
    return tmp_path / "data"


def at_a_terminal(folder: Path, *words: str) -> str:
    """Run `usher` at a terminal; return what it printed there."""
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "usher", *words, "--data-dir", str(folder)],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
        check=False,
        timeout=50,
    )
    os.close(theirs)
    assert done.returncode == 0, done.stderr.decode()
    printed = b""
    while part := _read(ours):
        printed += part
    os.close(ours)
    return printed.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # nobody holds the other end any more
        return b""


def pixels(code: str) -> NDArray[np.uint8]:
    """Return the picture that half blocks draw: a full block is light."""
    halves = [
        [BLOCKS[block][half] for block in line] for line in code.splitlines() for half in (0, 1)
    ]
    return np.kron(np.array(halves, np.uint8) * 255, np.ones((8, 8), np.uint8))


async def test_a_person_reads_link_end_and_code(folder: Path) -> None:
    """The code says the same link; when it ends is said in the zone of the settings."""
    async with embedded_mongod(folder) as uri:
        store = await MongoStore.open(uri)
        await store.values.put(BOT_NAME, "usher_bot")
        printed = at_a_terminal(folder, "account", "invite", "Eva", "--role", "admin")
        [invited] = await store.invites.open(now())
        store.close()
    [link] = re.findall(r"https://t\.me/usher_bot\?start=[\w-]+", printed)
    code = "\n".join(CODE.findall(printed))
    assert cv2.QRCodeDetector().detectAndDecode(pixels(code))[0] == link
    until = invited.expires_at.astimezone()
    assert f"until {until.day} {until:%B %H:%M}" in printed


async def test_without_a_bot_there_is_a_word_to_say(folder: Path) -> None:
    """Before the bot has run there is no link, and a sentence says what to do."""
    async with embedded_mongod(folder):
        printed = at_a_terminal(folder, "account", "invite", "Eva", "--role", "admin")
    assert "The bot has not run yet" in printed
    assert re.search(r"^  /start [\w-]{20,64}$", printed, re.MULTILINE)
    assert CODE.findall(printed) == []
