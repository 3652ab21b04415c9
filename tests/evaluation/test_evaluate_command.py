"""`usher evaluate` from end to end: a few real people, and the pictures that packages carry."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from demo.sitters import crop, people
from evaluation.evaluate_cli import evaluate

pytestmark = pytest.mark.timeout(180)  # models run on whatever the machine has left

FILES = {"report.html", "report.json", "report.md"}


def run(*words: str | Path) -> Result:
    """Run the command; an error that nobody meant goes through."""
    return CliRunner().invoke(evaluate, [str(word) for word in words], catch_exceptions=False)


def figures(result: Result, out: Path) -> dict[str, Any]:
    """The report of a run that went well: the last line of its output, and the file, agree."""
    assert result.exit_code == 0, result.output
    last: dict[str, Any] = json.loads(result.stdout.strip().splitlines()[-1])
    assert last == json.loads((out / "report.json").read_text())
    assert {path.name for path in out.iterdir()} >= FILES
    return last


def page(out: Path) -> str:
    """The page; it needs nothing from elsewhere and has its plots in it."""
    html = (out / "report.html").read_text()
    assert not re.search(r'(src|href)="(?!data:|#)', html)
    assert "<script" not in html
    assert html.count("<svg") == len(list(out.glob("*.svg"))) > 0
    assert "prefers-color-scheme: dark" in html
    assert len(set(re.findall(r' id="([^"]+)"', html))) == len(re.findall(r' id="', html))
    return html


@pytest.fixture(scope="session")
def sitters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six people whose pictures packages carry: four with three crops, two with one."""
    folder = tmp_path_factory.mktemp("sitters")
    for number, sitter in enumerate(people()):
        name = sitter.name.replace(" ", "_")
        (folder / name).mkdir()
        for shot in range(1, 4 if number < 4 else 2):
            (folder / name / f"{name}_{shot:04}.jpg").write_bytes(crop(sitter, shot))
    return folder


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file of embeddings for all these tests."""
    return tmp_path_factory.mktemp("cache") / "embeddings.sqlite"


@pytest.fixture(scope="session")
def lfw(faces_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight people of LFW with four pictures each, and eight with one."""
    folder = tmp_path_factory.mktemp("lfw")
    counted = {
        path: len(list(path.glob("*.jpg"))) for path in sorted((faces_dir / "lfw").glob("*"))
    }
    several = [path for path, count in counted.items() if count >= 4][:8]
    single = [path for path, count in counted.items() if count == 1][:8]
    if not several:
        pytest.skip("no LFW")
    for person in [*several, *single]:
        (folder / person.name).mkdir()
        for picture in sorted(person.glob("*.jpg"))[:4]:
            shutil.copy(picture, folder / person.name)
    return folder


def test_verification_of_real_people(lfw: Path, cache: Path, tmp_path: Path) -> None:
    """Eight people with four pictures are told apart nearly without fault, and better aligned."""
    result = run("verification", "--data", lfw, "--out", tmp_path, "--cache", cache, "--json")
    found = figures(result, tmp_path)
    assert found["pairs"] == {"same": 48, "different": 48, "folds": 4, "drawn": True}
    assert found["images"] == 40
    assert found["auc"] > 0.98
    assert found["auc"] == found["aligned"]["auc"]
    assert found["eer"] < 0.06
    assert found["accuracy"] > 0.93
    assert len(found["accuracy_folds"]) == 4
    assert list(found["tar_at_far"]) == ["0.1", "0.01", "0.001", "0.0001"]
    assert found["separability"]["d_prime"] > 3
    assert found["center_crop"]["separability"]["d_prime"] < found["separability"]["d_prime"]
    assert found["margin"]["auc"] == pytest.approx(found["auc"] - found["center_crop"]["auc"])
    html = page(tmp_path)
    assert "Verification" in html
    assert "usher evaluate verification --data" in html
    assert {path.stem for path in tmp_path.glob("*.svg")} == {"roc", "det", "scores", "matrix"}
    assert (tmp_path / "report.md").read_text().count("one person, least alike") == 5
    assert "pairs were drawn" in (tmp_path / "report.md").read_text()


def test_the_second_time_nothing_is_embedded(
    lfw: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same figures come from the cache alone: no picture reaches the models."""
    words = ("verification", "--data", lfw, "--out", tmp_path, "--cache", cache, "--json")
    first = figures(run(*words), tmp_path)

    def refuse(*_: object) -> None:
        raise AssertionError("embedded again")

    monkeypatch.setattr("recognition.engine.Engine.analyse", refuse)
    monkeypatch.setattr("evaluation.pipeline.Pipeline.read_center", refuse)
    assert figures(run(*words), tmp_path) == first


def test_identification_of_real_people(lfw: Path, cache: Path, tmp_path: Path) -> None:
    """Eight known by one picture, eight strangers; a gallery of 3,000 is filled, and it says so."""
    options = ("--out", tmp_path, "--cache", cache, "--gallery", "3000", "--json")
    found = figures(run("identification", "--data", lfw, *options), tmp_path)
    assert found["gallery"] == {"persons": 3000, "references": 3000, "synthetic": 2992}
    assert found["searches"] == {"known": 24, "strangers": 8}
    assert list(found["rank"]) == ["1", "5", "10"]
    assert found["rank"]["10"] >= found["rank"]["5"] >= found["rank"]["1"]
    assert found["by_gallery"][0]["gallery"] == {"persons": 8, "references": 8, "synthetic": 0}
    assert found["by_gallery"][0]["rank"]["1"] > 0.9
    assert found["by_gallery"][0]["tpir_at_fpir"]["0.01"] > 0.8
    assert found["confidence"] is None  # twenty people are needed
    assert "synthetic people" in page(tmp_path)


def test_three_references_are_better_than_one(lfw: Path, cache: Path, tmp_path: Path) -> None:
    """Then each person has one picture left to be searched for with."""
    options = ("--out", tmp_path, "--cache", cache, "--references", "3", "--json")
    found = figures(run("identification", "--data", lfw, *options), tmp_path)
    assert found["references_a_person"] == 3
    assert found["gallery"]["references"] == 24
    assert found["searches"]["known"] == 8
    assert found["rank"]["1"] == 1
    assert "their first 3 pictures" in page(tmp_path)


def test_robustness_on_pictures_of_packages(sitters: Path, cache: Path, tmp_path: Path) -> None:
    """Every distortion has its figures and a sample; untouched is best, a few are judged poor."""
    options = ("--pairs", "3", "--out", tmp_path, "--cache", cache, "--json")
    found = figures(run("robustness", "--data", sitters, *options), tmp_path)
    conditions = found["conditions"]
    assert len(conditions) == 23
    assert conditions["Untouched"]["tar"] == 1
    assert conditions["Untouched"]["not_found"] == 0
    assert conditions["JPEG quality 30"]["tar"] == 1
    assert conditions["Out of focus, 6 px"]["unusable"] > 0.5
    html = page(tmp_path)
    assert html.count('src="data:image/jpeg;base64,') == 23
    for name in conditions:
        assert name in html


def test_fairness_by_labels(sitters: Path, cache: Path, tmp_path: Path) -> None:
    """Two made-up groups get their rates and ranges, and a warning that they are small."""
    labels = tmp_path / "labels.csv"
    names = sorted(path.name for path in sitters.iterdir())
    rows = [f"{name},{'odd' if number % 2 else 'even'}" for number, name in enumerate(names)]
    labels.write_text("\n".join(["name,turn", *rows]))
    out = tmp_path / "out"
    options = ("--labels", labels, "--out", out, "--cache", cache, "--json")
    found = figures(run("fairness", "--data", sitters, *options), out)
    groups = found["groups"]["turn"]["by_group"]
    assert list(groups) == ["even", "odd"]
    assert groups["even"]["people"] + groups["odd"]["people"] == 6
    assert groups["even"]["same"] + groups["odd"]["same"] == 12
    for group in groups.values():
        assert group["small"]
        assert group["fmr_interval"][0] <= group["fmr"] <= group["fmr_interval"][1]
    assert "Too small to rely on" in page(out)


def test_fairness_says_what_it_needs(sitters: Path) -> None:
    """Without labels nothing is guessed: a sentence names the file and its columns."""
    result = run("fairness", "--data", sitters)
    assert result.exit_code == 2
    said = " ".join(re.sub(r"[│\s]+", " ", result.stderr).split())
    assert "Groups are not guessed from faces" in said
    assert "column `name`" in said


def test_latency_stage_by_stage(sitters: Path, cache: Path, tmp_path: Path) -> None:
    """Every stage took some time, embedding more than reading the structure; a floor is there."""
    options = ("--rounds", "1", "--gallery", "100", "--out", tmp_path / "out", "--cache", cache)
    found = figures(run("latency", "--data", sitters, *options, "--json"), tmp_path / "out")
    stages = found["stages_ms"]
    assert list(stages) == [
        "read structure",
        "decode",
        "detect",
        "look again",
        "align",
        "embed",
        "match",
    ]
    assert all(took > 0 for took in stages.values())
    assert stages["embed"] > stages["read structure"]
    assert found["floor_ms"] == pytest.approx(sum(found["floor_stages_ms"].values()))
    assert found["floor_ratio"] == pytest.approx(found["ms_a_crop"] / found["floor_ms"])
    page(tmp_path / "out")


@pytest.mark.parametrize("command", ["verification", "identification", "robustness", "latency"])
def test_a_folder_without_people_is_a_sentence(command: str, tmp_path: Path) -> None:
    """It says what a folder should look like, and ends with 2, not with a traceback."""
    (tmp_path / "holiday.jpg").write_bytes(b"")
    result = run(command, "--data", tmp_path)
    assert result.exit_code == 2
    said = " ".join(re.sub(r"[│\s]+", " ", result.stderr).split())
    assert "has no people in it" in said
    assert "NAME/NAME_0001.jpg" in said


def test_what_is_no_picture_counts_as_missed(sitters: Path, cache: Path, tmp_path: Path) -> None:
    """A file that cannot be decoded and one without a face stay in the pairs, as mistakes."""
    folder = tmp_path / "people"
    shutil.copytree(sitters, folder)
    first = min((folder / "astronaut").iterdir())
    first.write_bytes(b"no picture")
    out = tmp_path / "out"
    options = ("--out", out, "--cache", cache, "--json")
    found = figures(run("verification", "--data", folder, *options), out)
    assert found["without_face"] == 1
    assert found["pairs"]["same"] == 12
    assert found["tar_at_far"]["0.1"] <= 10 / 12 + 1e-9
    assert np.isfinite(found["separability"]["d_prime"])
    assert "1 images show no face" in (out / "report.md").read_text()
