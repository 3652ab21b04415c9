"""The benchmarks of recognition and search, small and without anybody else's programs."""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from evaluation.bandwidth import bandwidth_of
from evaluation.cast import portraits
from evaluation.cli import bench
from evaluation.cores import best, cores, own_millis
from evaluation.crops import crops_of
from evaluation.floor import BATCHES, floor_of
from evaluation.recognition_speed import RecognitionOptions, measure_recognition
from evaluation.search_speed import A_PERSON, SearchOptions, measure_search, probes_of, references
from recognition.images import decode
from recognition.packs import DEFAULT

pytestmark = pytest.mark.timeout(240)


def run(*arguments: str) -> Result:
    """Run `usher bench` with arguments."""
    return CliRunner().invoke(bench, arguments)


def sizes_of(crops: Sequence[bytes]) -> set[tuple[int, ...]]:
    """Return the shapes of decoded crops."""
    return {decode(crop).shape for crop in crops}


def test_recognition_prints_one_json_object() -> None:
    """The last line has the keys that were promised; without peers those figures are null."""
    result = run("recognition", "--crops", "6", "--rounds", "2", "--no-peers", "--json")
    assert result.exit_code == 0, result.output
    figures: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    assert list(figures)[:3] == ["ms_per_crop", "floor_ratio", "times_faster_than"]
    assert figures["times_faster_than"] == {"face_recognition": None, "insightface": None}
    assert figures["found"] == {"usher": 6}
    assert figures["floor_ms"] == pytest.approx(
        figures["detector_ms"] + figures["embedder_ms"], abs=0.02
    )
    assert figures["floor_ratio"] == pytest.approx(
        figures["ms_per_crop"] / figures["floor_ms"], rel=0.05
    )
    assert 50 < figures["rss_loaded_mb"] <= figures["rss_mb"] < 4000
    assert figures["gallery"] == 10_000
    assert "From bytes to match" in result.stderr
    assert "at most 6" in result.stderr


def test_a_peer_that_cannot_be_had(tmp_path: Path) -> None:
    """Its figure is null and a sentence says why; ours are measured all the same."""
    (tmp_path / "peers").touch()
    options = RecognitionOptions(crops=2, rounds=1, gallery=10, peers=tmp_path / "peers")
    figures = measure_recognition(options, lambda: None, lambda _: None)
    assert figures["ms_per_crop"] > 0
    assert figures["times_faster_than"] == {"face_recognition": None, "insightface": None}
    assert figures["peers_ms"] == {"face_recognition": None, "insightface": None}
    for name, about in figures["peers"].items():
        assert about.startswith(f"{name} cannot be installed")


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    """It is refused with a sentence before anything is measured."""
    (tmp_path / "empty").mkdir()
    result = run("recognition", "--data", str(tmp_path), "--no-peers")
    assert result.exit_code == 2
    assert "no people" in result.stderr


def test_crops_are_of_one_size(faces_dir: Path) -> None:
    """All are 250 x 250, and those of a folder that are so already keep their bytes."""
    carried, taken = crops_of(None, 8), crops_of(faces_dir, 8)
    assert sizes_of(carried) == sizes_of(taken) == {(250, 250, 3)}
    assert len(set(carried)) == len(set(taken)) == 8
    assert set(taken) <= {pictures[0].read_bytes() for pictures in portraits(faces_dir)}


def test_floor_takes_the_fastest_way() -> None:
    """Every way runs every row; the one that is kept is among them."""
    with floor_of(DEFAULT, 2, crops_of(None, 5), 5) as floor:
        for stage in floor:
            assert stage.way.streams in {1, 2}
            assert stage.way.batch in BATCHES
            assert stage.run(slice(5)) > 0


def test_search_prints_one_json_object() -> None:
    """A row a size, with the keys that were promised; faiss was not asked for and is null."""
    result = run(
        *("search", "--sizes", "300", "--sizes", "5000", "--rounds", "2", "--no-peers", "--json")
    )
    assert result.exit_code == 0, result.output
    figures: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    small, large = figures["sizes"]
    assert (small["references"], large["references"]) == (300, 5000)
    for size in (small, large):
        assert size["dimensions"] == 128
        assert size["faiss_ms"] is size["faiss_batch_ms"] is None
        names = ("query_ms", "batch_query_ms", "floor_ms", "put_ms", "drop_ms")
        assert all(size[name] > 0 for name in names)
        assert size["put_median_ms"] <= size["put_ms"]
        assert size["floor_ms"] <= size["product_ms"]
    assert "OPENBLAS_CORETYPE" in result.stderr


def test_search_without_faiss(tmp_path: Path) -> None:
    """Where faiss cannot be installed a sentence says why, and the rest is measured."""
    (tmp_path / "peers").touch()
    options = SearchOptions(sizes=(300,), rounds=1, peers=tmp_path / "peers")
    figures = measure_search(options, lambda: None, lambda _: None)
    assert figures["faiss"].startswith("faiss cannot be installed")
    assert figures["sizes"][0]["faiss_ms"] is None
    assert figures["sizes"][0]["query_ms"] > 0


def test_progress_reaches_its_end() -> None:
    """There are as many steps as were announced."""
    options, steps = SearchOptions(sizes=(300, 45_000), rounds=2), list[None]()
    measure_search(options, lambda: steps.append(None), lambda _: None)
    assert len(steps) == options.steps


def test_references_are_of_people() -> None:
    """Unit vectors; those of one person are nearer to each other than to anybody else."""
    vectors = references(300)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    who = np.arange(300) // A_PERSON
    similar = vectors @ vectors.T
    same = who[:, None] == who
    assert similar[same].min() > similar[~same].max()


def test_every_other_probe_is_somebody() -> None:
    """They are near to a reference, as another picture would be; the others are near to nobody."""
    vectors = references(300)
    nearest = (probes_of(vectors) @ vectors.T).max(axis=1)
    assert nearest[::2].min() > 0.5 > nearest[1::2].max()


@pytest.mark.parametrize("count", [5, 40_000])
def test_bandwidth_reads_everything(count: int) -> None:
    """Reading and multiplying take every vector once, shared among threads or not."""
    vectors = references(count)
    with bandwidth_of(vectors, 2) as bandwidth:
        assert sum(piece.shape[1] for pieces in bandwidth.shares for piece in pieces) == count
        bandwidth.read()
        bandwidth.product(vectors[:3])
        assert bandwidth.blas_threads == (2 if count == 5 else 1)


def test_the_best_turn_of_each_piece_counts() -> None:
    """A burst of noise in one turn of a piece leaves no trace."""
    assert best([[1.0, 9.0], [8.0, 2.0]]).tolist() == [1.0, 2.0]


def test_own_time_counts_work_and_no_waiting() -> None:
    """Half a second of sleep costs nothing; a sum of many numbers does."""
    assert own_millis(time.sleep, 0.5) < 100
    assert own_millis(sum, range(3_000_000)) > 1


def test_cores_are_given_back() -> None:
    """Inside, the process has as many cores as were asked for; after that what it had before."""
    before = os.sched_getaffinity(0)
    with cores(1):
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before
