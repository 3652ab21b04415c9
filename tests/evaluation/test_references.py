"""The measurements of references measure what they say."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from domain.policy import MatchPolicy
from evaluation import references
from evaluation.references import Photo
from tests.evaluation.crowds import crowd

POLICY = MatchPolicy(match=0.4, unsure=0.5, hint=0.6, duplicate=0.02, doubt=0.6, max_references=4)


def people(count: int, photos: int, crops: int = 1) -> dict[str, list[Photo]]:
    """People far apart whose photos lie close together, each with some crops."""
    return {
        name: [
            Photo(
                name,
                [references.reference(f"{name} {n} {c}", face, c / 10) for c in range(crops)],
            )
            for n, face in enumerate(faces)
        ]
        for name, faces in crowd(count, photos, noise=0.5).items()
    }


def test_people_who_differ_are_all_recognised() -> None:
    """Whatever the rule, each photo not learnt is nearest to a reference of its person."""
    several = people(5, 9, crops=2)
    for rule in references.RULES.values():
        assert references.recognised(several, rule, POLICY, seed=1) == 1
    strict = replace(POLICY, match=0.0)
    assert references.recognised(several, references.best, strict, seed=1) == 0


def test_rules_keep_to_the_cap() -> None:
    """Every rule leaves some references, and never more than the cap."""
    [photos] = people(1, 12, crops=2).values()
    shown = [crop for photo in photos for crop in photo.crops]
    for rule in references.RULES.values():
        assert 1 <= len(rule(shown, POLICY)) <= POLICY.max_references


@pytest.mark.parametrize("wrong", [0, 1, 2])
def test_planted_photos_are_counted(wrong: int) -> None:
    """Of people far apart every wrong photo is found, and no right one; the counts add up."""
    found = references.planted(people(6, 6), POLICY, size=5, wrong=wrong, draws=20, known=False)
    assert (found.wrong, found.right) == (20 * wrong, 20 * (5 - wrong))
    assert (found.wrong_doubted, found.right_doubted) == (found.wrong, 0)


def test_people_are_missing_for_some_sizes() -> None:
    """Where nobody has so many photos nothing is drawn, and the cell stays empty."""
    found = references.planted(people(6, 3), POLICY, size=5, wrong=0, draws=20, known=False)
    assert (found.right, references._shares(found)) == (0, "")


def test_the_command_prints_its_tables(tmp_path: Path, faces_dir: Path) -> None:
    """On a few real people the command runs to its end and prints both tables."""
    several = [f for f in sorted((faces_dir / "lfw").glob("*")) if len(list(f.glob("*.jpg"))) > 7]
    if not several:
        pytest.skip("no LFW")
    for person in several[:3]:
        shutil.copytree(person, tmp_path / person.name)
    app = typer.Typer()
    app.command()(references.main)
    given = ["--data", str(tmp_path), "--draws", "2"]
    result = CliRunner().invoke(app, given, catch_exceptions=False)
    assert result.exit_code == 0
    for words in ("of 3 people", "as they are trimmed", "2 wrong + known"):
        assert words in result.stdout
