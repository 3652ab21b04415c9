"""Folders of people: what is read from them, what is drawn, and what is said of other folders."""

from pathlib import Path

import pytest

from evaluation import fairness, lfw
from evaluation.lfw import NotLaidOut


def folder(path: Path, **counts: int) -> Path:
    """A folder of people with so many pictures each; the pictures are empty files."""
    for name, count in counts.items():
        (path / name).mkdir()
        for number in range(1, count + 1):
            (path / name / f"{name}_{number:04}.jpg").touch()
    return path


def test_pairs_come_in_the_folds_of_the_list(tmp_path: Path) -> None:
    """Two folds of one pair of each kind; an image is found whatever its suffix."""
    people = folder(tmp_path, Ada=2, Bob=2)
    (people / "Bob" / "Bob_0002.jpg").rename(people / "Bob" / "Bob_0002.PNG")
    (people / "pairs.txt").write_text(
        "2\t1\nAda\t1\t2\nAda\t1\tBob\t1\nBob\t1\t2\nBob\t2\tAda\t2\n"
    )
    found = lfw.protocol(lfw.people(people))
    assert not found.drawn
    assert [[pair.same for pair in fold] for fold in found.folds] == [[True, False]] * 2
    assert found.pairs[2] == ("Bob/Bob_0001.jpg", "Bob/Bob_0002.PNG", True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "first line"),
        ("many\t1\n", "first line"),
        ("1\t2\nAda\t1\t2\n", "promises 4 pairs, it has 1"),
        ("1\nAda\t1\t2\nAda\t1\tBob\n", "Ada"),
        ("1\nAda\t1\t2\nAda\t1\tBob\t7\n", "Bob_0007.jpg, which is not in the folder"),
    ],
)
def test_a_list_that_cannot_be_read_is_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    """It names the file and what is wrong with it."""
    people = folder(tmp_path, Ada=2, Bob=1)
    (people / "pairs.txt").write_text(text)
    with pytest.raises(NotLaidOut, match=r"pairs\.txt") as caught:
        lfw.protocol(lfw.people(people))
    assert said in str(caught.value)


def test_pairs_are_drawn_where_there_is_no_list(tmp_path: Path) -> None:
    """The same ones each time; folds share nobody; as many pairs of two as of one."""
    people = lfw.people(folder(tmp_path, **{f"P{n}": 3 for n in range(12)}, Solo=1))
    found = lfw.protocol(people)
    assert found == lfw.protocol(people)
    assert found.drawn
    assert len(found.folds) == 6
    seen: set[str] = set()
    for fold in found.folds:
        here = {name.partition("/")[0] for pair in fold for name in pair[:2]}
        assert not here & seen
        seen |= here
        for pair in fold:
            first, second = (name.partition("/")[0] for name in pair[:2])
            assert (first == second) is pair.same
            assert pair.first != pair.second
        assert sum(pair.same for pair in fold) == 6
        assert len(fold) == len(set(fold)) > 10


def test_no_more_pairs_are_drawn_than_lfw_has(tmp_path: Path) -> None:
    """A person with forty pictures has 780 pairs; 300 of each kind are enough."""
    (fold,) = lfw.draw(lfw.people(folder(tmp_path, Ada=40, Bob=40, Cem=1)))
    assert sum(pair.same for pair in fold) == 300
    assert len(fold) == 600


@pytest.mark.parametrize("counts", [{}, {"Ada": 5}, {"Ada": 1, "Bob": 1}])
def test_a_folder_without_anything_to_compare_is_a_sentence(
    tmp_path: Path, counts: dict[str, int]
) -> None:
    """Nobody, one person alone, or nobody twice: it says what is expected instead."""
    with pytest.raises(NotLaidOut, match=r"expected|needed"):
        lfw.protocol(lfw.people(folder(tmp_path, **counts)))


def test_labels_are_of_people_or_of_images(tmp_path: Path) -> None:
    """A column `name` labels every picture of a person, `image` one; empty cells label none."""
    people = lfw.people(folder(tmp_path, Ada=2, Bob=1))
    labels = tmp_path / "labels.csv"
    labels.write_text("name,age,glasses\nAda,old,yes\nBob,young,\n")
    assert fairness.read_labels(labels, people) == {
        "age": {"Ada/Ada_0001.jpg": "old", "Ada/Ada_0002.jpg": "old", "Bob/Bob_0001.jpg": "young"},
        "glasses": {"Ada/Ada_0001.jpg": "yes", "Ada/Ada_0002.jpg": "yes"},
    }
    labels.write_text("image,light\nAda/Ada_0002.jpg,dim\n")
    assert fairness.read_labels(labels, people) == {"light": {"Ada/Ada_0002.jpg": "dim"}}


@pytest.mark.parametrize(
    "text", ["", "name\nAda\n", "person,age\nAda,old\n", "name,age\nEve,old\n"]
)
def test_labels_that_do_not_fit_are_a_sentence(tmp_path: Path, text: str) -> None:
    """Nothing, no grouping, no name, or nobody who is there."""
    people = lfw.people(folder(tmp_path, Ada=2))
    labels = tmp_path / "labels.csv"
    labels.write_text(text)
    with pytest.raises(NotLaidOut, match=r"labels\.csv"):
        fairness.read_labels(labels, people)
