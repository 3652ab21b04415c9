"""Other people's programs: installed once, taking turns, and missed with a sentence."""

from pathlib import Path

import pytest

from evaluation.peer_side import _over
from evaluation.peers import SIDE, Peer, PeerMissingError, installed, running

pytestmark = pytest.mark.timeout(240)  # an environment takes seconds, many on a busy machine

# Counts what it is asked, prints as programs do, and has a turn that ends it and one that lasts.
STAND_IN = """
import json, sys, time

options = json.loads(sys.argv[2])
print(json.dumps({"about": f"{sys.argv[1]} of {options['number']}"}), flush=True)
for number, line in enumerate(sys.stdin, 1):
    if line.strip() == "end":
        sys.exit("It was too much.")
    if line.strip() == "sleep":
        time.sleep(60)
    print(json.dumps({"ms": [float(number)], "isolated": sys.flags.isolated}), flush=True)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that peers are installed in, one for all tests here: making one takes seconds."""
    return tmp_path_factory.mktemp("peers")


@pytest.fixture
def peer(tmp_path: Path) -> Peer:
    """A peer that wants nothing of pip and runs a script of the standard library alone."""
    side = tmp_path / "stand_in.py"
    side.write_text(STAND_IN)
    return Peer("faiss", (), side)


@pytest.fixture
def told() -> list[str]:
    """What was told."""
    return []


def test_it_takes_turns(peer: Peer, folder: Path, told: list[str]) -> None:
    """It says what it is, answers each turn in order, and is ended when nobody asks any more."""
    with running(peer, {"number": 7}, folder, told.append) as process:
        assert process.about == "faiss of 7"
        answers = [process.turn("crops") for _ in range(3)]
    assert [answer["ms"] for answer in answers] == [[1.0], [2.0], [3.0]]
    assert all(answer["isolated"] for answer in answers)
    assert process.ended
    assert told[-1] == "Starting faiss"


def test_it_is_installed_once(peer: Peer, tmp_path: Path, told: list[str]) -> None:
    """The second time there is nothing to do. What cannot be installed is missed with a sentence.

    It names the peer and what pip complained of; and no half of it is taken for the whole later.
    """
    python = installed(peer, tmp_path, told.append)
    assert told[0] == f"Installing faiss into {tmp_path / peer.name}"
    told.clear()
    assert installed(peer, tmp_path, told.append) == python
    assert told == []
    changed = Peer(peer.name, ((f"{tmp_path}/nothing.whl",),), peer.side)
    with pytest.raises(PeerMissingError, match=r"^faiss cannot be installed: .*nothing\.whl"):
        installed(changed, tmp_path, told.append)
    assert told
    assert not (tmp_path / peer.name / "ready").exists()


def test_its_folder_cannot_be_written(peer: Peer, tmp_path: Path, told: list[str]) -> None:
    """Where the folder is a file, a sentence says so."""
    (tmp_path / "file").touch()
    with pytest.raises(PeerMissingError, match="faiss cannot be installed"):
        installed(peer, tmp_path / "file", told.append)


def test_it_ends_in_the_middle(peer: Peer, folder: Path, told: list[str]) -> None:
    """Its last words are told, and a further turn fails likewise."""
    with running(peer, {"number": 7}, folder, told.append) as process:
        with pytest.raises(PeerMissingError, match=r"ended without an answer\. It was too much\."):
            process.turn("end")
        with pytest.raises(PeerMissingError, match="faiss"):
            process.turn("crops")


def test_it_hangs(
    peer: Peer, folder: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever does not answer in time is ended."""
    with running(peer, {"number": 7}, folder, told.append) as process:
        monkeypatch.setattr("evaluation.peers.ANSWER_SECONDS", 0.5)
        with pytest.raises(PeerMissingError, match="ended without an answer"):
            process.turn("sleep")


def test_our_side_without_the_packages(peer: Peer, folder: Path, told: list[str]) -> None:
    """The real script, in an environment without faiss, says so in a sentence, not a traceback."""
    bare = Peer(peer.name, (), SIDE)
    with (
        pytest.raises(PeerMissingError, match="faiss does not run here: ModuleNotFoundError"),
        running(bare, {}, folder, told.append),
    ):
        pass


def test_a_turn_over_crops() -> None:
    """Each crop is timed for itself; one with several faces counts once, one without not at all."""
    seen: list[str] = []

    def recognise(path: str) -> int:
        seen.append(path)
        return len(path) - 1

    turn = _over(["a", "bb", "ccc"], recognise)
    assert seen == ["a", "bb"], "warmed up"
    figures = turn()
    assert len(figures["ms"]) == 3
    assert figures["found"] == 2
    assert seen[2:] == ["a", "bb", "ccc"]
