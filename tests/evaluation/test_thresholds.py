"""The measurements that thresholds are chosen by measure what they say."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from typer.testing import CliRunner

from evaluation import lfw, online, thresholds, verification
from evaluation.lfw import Pair
from evaluation.online import Rules
from tests.evaluation.crowds import crowd


def scores(*values: float) -> NDArray[np.float32]:
    """Similarities."""
    return np.array(values, dtype=np.float32)


def test_reads_the_protocol(tmp_path: Path) -> None:
    """Pairs of one person have three columns, of two people four; folders are people."""
    (tmp_path / "pairs.txt").write_text("1\t1\nAnna\t1\t4\nAnna\t2\tBob\t10\n")
    (tmp_path / "Anna").mkdir()
    for number in (2, 1):
        (tmp_path / "Anna" / f"Anna_{number:04}.jpg").touch()
    (tmp_path / "empty").mkdir()
    assert lfw.pairs(tmp_path) == [
        Pair("Anna/Anna_0001.jpg", "Anna/Anna_0004.jpg", same=True),
        Pair("Anna/Anna_0002.jpg", "Bob/Bob_0010.jpg", same=False),
    ]
    found = lfw.images(tmp_path)
    assert [path.name for path in found["Anna"]] == ["Anna_0001.jpg", "Anna_0002.jpg"]
    assert list(found) == ["Anna"]
    assert lfw.pairs(tmp_path / "Anna") == []


def test_error_rates_of_known_scores() -> None:
    """Scores that part cleanly have no error; one of four on the wrong side is 25 %."""
    assert verification.equal_error_rate(scores(0.8, 0.9), scores(0.1, 0.2))[0] == 0
    rate, at = verification.equal_error_rate(scores(0.1, 0.7, 0.8, 0.9), scores(0, 0.2, 0.3, 0.75))
    assert rate == pytest.approx(0.25)
    assert 0.3 < at <= 0.75


def test_true_rate_at_a_false_rate() -> None:
    """Admitting one in a hundred of the others sets the threshold at the second highest."""
    different = np.linspace(0, 0.99, 100, dtype=np.float32)
    assert verification.threshold_at(different, 0.01) == pytest.approx(0.98)
    assert verification.true_rate(scores(0.97, 0.985, 1.0), different, 0.01) == pytest.approx(2 / 3)


def test_pairwise_of_known_groupings() -> None:
    """All together finds every pair, all apart none; what lies between is counted."""
    truth = ["a", "a", "b", "b"]
    assert online.pairwise([0, 0, 1, 1], truth) == (1, 1)
    assert online.pairwise([0, 0, 0, 0], truth) == (2 / 6, 1)
    assert online.pairwise([0, 1, 2, 3], truth) == (0, 0)
    assert online.pairwise([0, 0, 0, 1], truth) == (1 / 3, 1 / 2)


@given(seed=st.integers(0, 1000))
def test_people_who_differ_are_grouped_without_fault(seed: int) -> None:
    """People far apart with images close together are found out whatever the order."""
    outcome = online.simulate(crowd(12, 5, noise=0.3, seed=seed), Rules(match=0.4), seed=seed)
    assert outcome == (1, 1, 1, 12)


def test_the_threshold_trades_precision_for_recall() -> None:
    """A strict threshold splits people, a loose one mixes them."""
    people = crowd(30, 6, noise=1.1, seed=3)
    strict, fair, loose = (
        online.simulate(people, Rules(match=match), seed=1) for match in (0.2, 0.6, 0.9)
    )
    assert strict.recall < fair.recall
    assert loose.precision < fair.precision
    assert strict.groups > fair.groups > loose.groups


def test_the_command_prints_its_tables(tmp_path: Path, faces_dir: Path) -> None:
    """On a few real people the command runs to its end and prints every table."""
    people = sorted(
        (path for path in (faces_dir / "lfw").glob("*") if len(list(path.glob("*.jpg"))) > 7),
        key=lambda path: path.name,
    )[:12]
    if not people:
        pytest.skip("no LFW")
    for person in people:
        (tmp_path / person.name).mkdir()
        for image in sorted(person.glob("*.jpg"))[:6]:
            shutil.copy(image, tmp_path / person.name)
    first, second = people[0].name, people[1].name
    numbers = [int(path.stem[-4:]) for path in sorted((tmp_path / first).glob("*.jpg"))]
    other = int(min((tmp_path / second).glob("*.jpg")).stem[-4:])
    (tmp_path / "pairs.txt").write_text(
        f"1\t1\n{first}\t{numbers[0]}\t{numbers[1]}\n{first}\t{numbers[0]}\t{second}\t{other}\n"
    )
    app = typer.Typer()
    app.command()(thresholds.main)
    result = CliRunner().invoke(
        app, ["--data", str(tmp_path), "--people", "6", "--draws", "2"], catch_exceptions=False
    )
    assert result.exit_code == 0
    for words in ("72 images", "Verification", "6 people"):
        assert words in result.stdout
