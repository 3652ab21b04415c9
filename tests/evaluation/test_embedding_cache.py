"""Embeddings made once are not made again, whatever happens to the file or the process."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from evaluation.embedding_cache import BATCH, EmbeddingCache
from evaluation.pipeline import Reading

COUNT = 3 * BATCH + 5

KILLED = """
import os, signal, sys
from pathlib import Path
from evaluation.embedding_cache import EmbeddingCache
from test_embedding_cache import Reader, pictures

reader = Reader()
def read(data):
    if len(reader.seen) == 32:
        os.kill(os.getpid(), signal.SIGKILL)
    return reader(data)

folder = Path(sys.argv[1])
EmbeddingCache(folder / "kept.sqlite", "models 1").read(pictures(folder), "plain", read)
"""


class Reader:
    """Gives each picture an embedding made of its bytes, and remembers what it was given."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []

    def __call__(self, data: Sequence[bytes]) -> list[Reading]:
        """Read pictures; those with an x have no face."""
        self.seen += data
        return [self._one(picture) for picture in data]

    def _one(self, picture: bytes) -> Reading:
        if picture.startswith(b"x"):
            return Reading(None, reasons=("no_face",))
        vector = np.random.default_rng(list(picture)).standard_normal(8).astype(np.float32)
        points = np.arange(10, dtype=np.float32).reshape(5, 2)
        unit = vector / np.float32(np.linalg.norm(vector))
        return Reading(unit, (1.0, 2.0, 3.0, 4.5), points, ("blurred",))


def pictures(folder: Path) -> dict[str, Path]:
    """Files with different bytes; the last one is without a face."""
    paths = {f"picture {number}": folder / f"{number}.jpg" for number in range(COUNT)}
    for name, path in paths.items():
        path.write_text(name)
    path.write_text("x")
    return paths


def test_what_was_read_is_given_again(tmp_path: Path) -> None:
    """A second run reads nothing, and gets the very same; ticks add up to all the pictures."""
    paths = pictures(tmp_path)
    first, second = Reader(), Reader()
    ticks: list[int] = []
    made = EmbeddingCache(tmp_path / "kept.sqlite", "models 1").read(paths, "plain", first)
    kept = EmbeddingCache(tmp_path / "kept.sqlite", "models 1")
    again = kept.read(paths, "plain", second, ticks.append)
    assert len(first.seen) == COUNT
    assert second.seen == []
    assert sum(ticks) == COUNT
    for name, reading in made.items():
        other = again[name]
        assert (other.box, other.reasons) == (reading.box, reading.reasons)
        if reading.embedding is None:
            assert other.embedding is None
        else:
            assert np.array_equal(reading.embedding, np.asarray(other.embedding))
            assert np.array_equal(np.asarray(reading.landmarks), np.asarray(other.landmarks))


def test_other_models_other_ways_and_other_pictures_are_read(tmp_path: Path) -> None:
    """Each of the three makes a reading another one; the same bytes under another name do not."""
    paths = {"a": tmp_path / "a.jpg"}
    paths["a"].write_bytes(b"one")
    kept = tmp_path / "kept.sqlite"
    for fingerprint, way, expected in (
        ("models 1", "plain", 1),
        ("models 2", "plain", 1),
        ("models 1", "turned", 1),
        ("models 1", "plain", 0),
    ):
        reader = Reader()
        EmbeddingCache(kept, fingerprint).read(paths, way, reader)
        assert len(reader.seen) == expected
    copy = tmp_path / "b.jpg"
    copy.write_bytes(b"one")
    reader = Reader()
    EmbeddingCache(kept, "models 1").read({"a": paths["a"], "b": copy}, "plain", reader)
    assert reader.seen == []
    copy.write_bytes(b"two")
    EmbeddingCache(kept, "models 1").read({"b": copy}, "plain", reader)
    assert reader.seen == [b"two"]


def test_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    """After kill -9 in the third batch the first two are there, and only the rest is read."""
    root = Path(__file__).parents[2]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        cwd=root,
        env={"PYTHONPATH": f"{root}:{Path(__file__).parent}"},
        check=False,
    )
    assert killed.returncode == -9
    reader = Reader()
    kept = EmbeddingCache(tmp_path / "kept.sqlite", "models 1")
    found = kept.read(pictures(tmp_path), "plain", reader)
    assert not kept.was_damaged
    assert len(found) == COUNT
    assert len(reader.seen) == COUNT - 2 * BATCH


@pytest.mark.parametrize("damage", ["rubbish", "torn", "foreign"])
def test_a_damaged_file_is_put_aside_and_begun_again(tmp_path: Path, damage: str) -> None:
    """Rubbish, a file torn in the middle, or another program's: nothing is lost, all is read."""
    paths = pictures(tmp_path)
    path = tmp_path / "kept.sqlite"
    with_all = EmbeddingCache(path, "models 1")
    with_all.read(paths, "plain", Reader())
    with_all.close()
    whole = path.read_bytes()
    match damage:
        case "rubbish":
            path.write_bytes(b"this is no database" * 100)
        case "torn":
            path.write_bytes(whole[: len(whole) // 2])
        case _:
            path.write_bytes(whole.replace(b"fingerprint", b"thumbprint!"))
    kept, reader = EmbeddingCache(path, "models 1"), Reader()
    assert kept.was_damaged
    assert path.with_name("kept.sqlite.damaged").is_file()
    assert len(kept.read(paths, "plain", reader)) == COUNT
    assert len(reader.seen) == COUNT
    assert path.stat().st_mode & 0o077 == 0


def test_an_embedding_that_cannot_be_one_is_made_again(tmp_path: Path) -> None:
    """A row whose numbers were spoiled without the file noticing is not believed."""
    paths = pictures(tmp_path)
    kept = EmbeddingCache(tmp_path / "kept.sqlite", "models 1")
    made = kept.read(paths, "plain", Reader())
    with kept._connection:
        kept._connection.execute(
            "UPDATE readings SET embedding = zeroblob(32) WHERE sha256 = "
            "(SELECT min(sha256) FROM readings WHERE embedding IS NOT NULL)"
        )
    reader = Reader()
    again = kept.read(paths, "plain", reader)
    assert len(reader.seen) == 1
    name = reader.seen[0].decode()
    assert np.array_equal(np.asarray(made[name].embedding), np.asarray(again[name].embedding))
