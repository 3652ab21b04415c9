"""Other people's programs, measured beside ours: installed apart, run as processes of their own.

Each has a virtual environment in a folder, made when it is first wanted and used again after that.
Nothing of them enters Usher's own environment. The process takes turns: it measures when it is told
to and waits otherwise. `evaluation/peer_side.py` is what runs in it.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from textwrap import shorten
from threading import Timer
from typing import IO, Any

from evaluation.installation import clean_environment

SIDE = Path(__file__).with_name("peer_side.py")
# A turn takes seconds; before the first one models may have to be downloaded.
ANSWER_SECONDS = 600.0
COMPLAINT = 160
_READY = "ready"

Tell = Callable[[str], None]


class PeerMissingError(RuntimeError):
    """A peer cannot be measured here; the text is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A program by its name, and what pip is asked for, one run after the other."""

    name: str
    installs: tuple[tuple[str, ...], ...]
    side: Path = SIDE


# dlib alone would have to be compiled; dlib-bin is the same, compiled.
FACE_RECOGNITION = Peer(
    "face_recognition",
    (
        ("dlib-bin==20.0.1.post1", "face_recognition_models==0.3.0", "setuptools<81"),
        ("numpy", "pillow", "click"),
        ("--no-deps", "face_recognition==1.3.0"),
    ),
)
INSIGHTFACE = Peer("insightface", (("insightface==2.1", "onnxruntime==1.32.0"),))
FAISS = Peer("faiss", (("faiss-cpu==1.15.1",),))


def cache() -> Path:
    """Return the folder that peers are installed in, unless another is wanted."""
    return Path.home() / ".cache" / "usher" / "peers"


def installed(peer: Peer, folder: Path, tell: Tell) -> Path:
    """Return the Python of a peer, below a folder; install it there unless it is there already.

    `tell` hears what is being done. Raises PeerMissingError.
    """
    home = folder / peer.name
    python, mark = home / "bin" / "python", home / _READY
    recipe = json.dumps([sys.version, peer.installs])
    if python.exists() and mark.exists() and mark.read_text() == recipe:
        return python
    tell(f"Installing {peer.name} into {home}")
    try:
        rmtree(home, ignore_errors=True)
        _run(peer, [sys.executable, "-m", "venv", str(home)], tell)
        for wanted in peer.installs:
            pip = ("-m", "pip", "install", "--no-input", "--progress-bar=off")
            _run(peer, [str(python), *pip, *wanted], tell)
        mark.write_text(recipe)
    except OSError as error:
        raise PeerMissingError(f"{peer.name} cannot be installed into {home}: {error}.") from error
    return python


def _run(peer: Peer, command: list[str], tell: Tell) -> None:
    """Run a command, telling what it prints. Raises PeerMissingError with what it complained of."""
    said = [""]
    with subprocess.Popen(  # noqa: S603 - our own words
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=clean_environment(),
    ) as process:
        for line in process.stdout or ():
            said.append(line.strip())
            tell(f"Installing {peer.name}: {said[-1]}")
    if process.returncode:
        errors = [line for line in said if line.startswith(("ERROR", "Error"))]
        raise PeerMissingError(f"{peer.name} cannot be installed: {(errors or said)[-1]}")


class Running:
    """A peer's process. `about` is what it says of itself."""

    def __init__(self, name: str, process: subprocess.Popen[str], log: IO[str]) -> None:
        self._name = name
        self._process = process
        self._log = log
        self.about: str = self._answer()["about"]

    @property
    def ended(self) -> bool:
        """Whether its process has ended."""
        return self._process.poll() is not None

    def turn(self, what: str) -> dict[str, Any]:
        """Have it measure something; return its figures. Raises PeerMissingError when it fails."""
        try:
            self.pipe(self._process.stdin).write(f"{what}\n")
            self.pipe(self._process.stdin).flush()
        except BrokenPipeError:
            raise PeerMissingError(f"{self._name} has ended. {self._last_words()}") from None
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        limit = Timer(ANSWER_SECONDS, self._process.kill)
        limit.start()
        try:
            line = self.pipe(self._process.stdout).readline()
        finally:
            limit.cancel()
        if not line:
            raise PeerMissingError(f"{self._name} ended without an answer. {self._last_words()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            complaint = shorten(answer["error"], COMPLAINT, placeholder="...")
            raise PeerMissingError(f"{self._name} does not run here: {complaint}")
        return answer

    def _last_words(self) -> str:
        self._log.seek(0)
        return "".join(self._log.read().splitlines()[-1:])

    @staticmethod
    def pipe(pipe: IO[str] | None) -> IO[str]:
        """Return a pipe of the process."""
        assert pipe is not None  # noqa: S101 - both are asked for where the process is started
        return pipe


@contextmanager
def running(peer: Peer, options: Mapping[str, Any], folder: Path, tell: Tell) -> Iterator[Running]:
    """Run a peer installed below a folder; leave no process behind. Raises PeerMissingError."""
    python = installed(peer, folder, tell)
    tell(f"Starting {peer.name}")
    with (
        tempfile.TemporaryFile("w+", errors="replace") as log,
        subprocess.Popen(  # noqa: S603 - our own words
            # -I: it sees its own packages alone, nothing of Usher's.
            [str(python), "-I", str(peer.side), peer.name, json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=clean_environment(),
        ) as process,
    ):
        try:
            yield Running(peer.name, process, log)
        finally:
            process.kill()
            with suppress(BrokenPipeError):  # what it was asked and did not read any more
                Running.pipe(process.stdin).close()
