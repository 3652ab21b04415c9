"""The gallery finds exactly whom a plain comparison with everybody finds."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from numpy.typing import NDArray

from recognition.gallery import Candidate, Gallery
from recognition.snapshot import Snapshot

D = 16
Vector = NDArray[np.float32]


def vectors(count: int, seed: int = 0, dimensions: int = D) -> Vector:
    """Unit vectors."""
    raw = np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)
    return np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True), dtype=np.float32)


def plainly(
    references: Mapping[str, tuple[str, Vector]],
    aliases: Mapping[str, str],
    probe: Vector,
    k: int,
) -> list[tuple[str, str]]:
    """Person and reference of the k nearest, by looking at every reference in turn."""
    best: dict[str, tuple[float, str]] = {}
    for reference, (person, vector) in references.items():
        end = person
        while end in aliases:
            end = aliases[end]
        ranked = (1 - float(vector @ probe), reference)
        best[end] = min(best.get(end, ranked), ranked)
    order = sorted((distance, reference, person) for person, (distance, reference) in best.items())
    return [(person, reference) for _, reference, person in order[:k]]


def pairs(found: list[Candidate]) -> list[tuple[str, str]]:
    """Person and reference of each candidate."""
    return [(candidate.person_id, candidate.reference_id) for candidate in found]


@pytest.mark.parametrize("k", [1, 3, 10, 200])
@pytest.mark.parametrize("people", [1, 7, 120])
def test_agrees_with_comparing_everybody(people: int, k: int) -> None:
    """For any number of people and results: the same people, references and distances."""
    stored = vectors(900, seed=people)
    gallery = Gallery(D)
    references = {f"r{row}": (f"p{row % people}", vector) for row, vector in enumerate(stored)}
    for reference, (person, vector) in references.items():
        gallery.put(reference, person, vector)
    probes = vectors(20, seed=99)
    for probe, found in zip(probes, gallery.search(probes, k), strict=True):
        assert pairs(found) == plainly(references, {}, probe, k)
        for candidate in found:
            stored_vector = references[candidate.reference_id][1]
            assert candidate.distance == pytest.approx(1 - float(stored_vector @ probe), abs=1e-6)


class AnyHistory(RuleBasedStateMachine):
    """Whatever is put, replaced, dropped and merged, in any order, the gallery stays exact."""

    people = st.sampled_from([f"p{number}" for number in range(6)])
    references = st.sampled_from([f"r{number}" for number in range(12)])

    def __init__(self) -> None:
        super().__init__()
        self.gallery = Gallery(D)
        self.kept: dict[str, tuple[str, Vector]] = {}
        self.aliases: dict[str, str] = {}
        self.snapshots: list[tuple[Snapshot, list[tuple[str, str]]]] = []

    @rule()
    def look_away(self) -> None:
        """Keep the gallery as it is, and what is found in it."""
        expected = plainly(self.kept, self.aliases, vectors(1, seed=1000)[0], 4)
        self.snapshots.append((self.gallery.snapshot(), expected))

    @rule(reference=references, person=people, seed=st.integers(0, 500))
    def put(self, reference: str, person: str, seed: int) -> None:
        """Add or replace a reference."""
        vector = vectors(1, seed)[0]
        self.gallery.put(reference, person, vector)
        self.kept[reference] = (person, vector)

    @rule(reference=references)
    def drop(self, reference: str) -> None:
        """Drop a reference, there or not."""
        self.gallery.drop(reference)
        self.kept.pop(reference, None)

    @rule(person=people, canonical=people)
    def merge(self, person: str, canonical: str) -> None:
        """Merge a person into another, unless that makes a circle."""
        if person not in self.chain(canonical):
            self.gallery.set_alias(person, canonical)
            self.aliases[person] = canonical

    @rule(person=people)
    def part(self, person: str) -> None:
        """Undo a merge, or none."""
        self.gallery.set_alias(person, None)
        self.aliases.pop(person, None)

    def end(self, person: str) -> str:
        """Whom a person counts as."""
        return self.chain(person)[-1]

    def chain(self, person: str) -> list[str]:
        """A person and whom they were merged into, step by step."""
        steps = [person]
        while steps[-1] in self.aliases:
            steps.append(self.aliases[steps[-1]])
        return steps

    @invariant()
    def finds_whom_it_should(self) -> None:
        """The nearest, the counts and the lists agree with the plain way."""
        probe = vectors(1, seed=1000)[0]
        expected = plainly(self.kept, self.aliases, probe, 4)
        assert pairs(self.gallery.search(probe[None], 4)[0]) == expected
        assert len(self.gallery) == len(self.kept)
        assert self.gallery.persons == len({self.end(person) for person, _ in self.kept.values()})
        for number in range(6):
            mine = {r for r, (p, _) in self.kept.items() if self.end(p) == self.end(f"p{number}")}
            assert self.gallery.references_of(f"p{number}") == mine

    @invariant()
    def snapshots_never_change(self) -> None:
        """Whatever has been put, dropped and merged since."""
        for snapshot, expected in self.snapshots:
            assert pairs(snapshot.search(vectors(1, seed=1000), 4)[0]) == expected


AnyHistory.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestAnyHistory = AnyHistory.TestCase


def test_an_empty_gallery_knows_nobody() -> None:
    """There is an answer for each probe, and nobody in it."""
    assert Gallery(D).search(vectors(3), 5) == [[], [], []]


def test_equal_distances_come_in_the_order_of_ids() -> None:
    """Twins to the last bit are ordered by reference id, however they came in."""
    vector = vectors(1)[0]
    for order in (range(50), reversed(range(50))):
        gallery = Gallery(D)
        for number in order:
            gallery.put(f"r{number:02}", f"p{number:02}", vector)
        found = gallery.search(vector[None], 3)[0]
        assert [candidate.person_id for candidate in found] == ["p00", "p01", "p02"]


def test_one_person_with_many_references_hides_nobody() -> None:
    """A thousand near references of one person leave room for the second nearest person."""
    gallery = Gallery(D)
    probe, other = vectors(2)
    for number in range(1000):
        gallery.put(f"a{number}", "many", probe)
    gallery.put("b", "one", other)
    found = gallery.search(probe[None], 2)[0]
    assert [candidate.person_id for candidate in found] == ["many", "one"]


def test_merges_in_a_circle_end() -> None:
    """While changes come in one by one a circle may stand for a moment; it is one person then."""
    gallery = Gallery(D)
    one, two = vectors(2)
    gallery.put("r1", "a", one)
    gallery.put("r2", "b", two)
    gallery.set_alias("a", "b")
    gallery.set_alias("b", "a")
    assert {gallery.canonical("a"), gallery.canonical("b")} == {"a"}
    gallery.set_alias("a", None)
    assert gallery.canonical("b") == "a"
    assert gallery.persons == 1


@pytest.mark.parametrize(
    "vector", [np.zeros(D), np.ones(D + 1), np.full(D, np.nan), np.ones((1, D))]
)
def test_refuses_what_is_no_embedding(vector: NDArray[np.float64]) -> None:
    """A vector of another length or without direction is refused and changes nothing."""
    gallery = Gallery(D)
    gallery.put("r", "p", vectors(1)[0])
    with pytest.raises(ValueError, match="16 numbers"):
        gallery.put("r", "p", vector.astype(np.float32))
    assert "r" in gallery


def test_vectors_come_back_at_unit_length() -> None:
    """What is put in at any length is kept at length one, and handed out as a copy."""
    gallery = Gallery(D)
    vector = vectors(1)[0]
    gallery.put("r", "p", vector * 7)
    copy = gallery.vector("r")
    assert copy == pytest.approx(vector, abs=1e-6)
    copy[:] = 0
    assert gallery.vector("r") == pytest.approx(vector, abs=1e-6)


def test_searching_while_others_write() -> None:
    """Threads that add, drop and search at once leave the gallery whole."""
    gallery = Gallery(D)
    stored = vectors(400)

    def work(part: int) -> int:
        for number in range(part, 400, 4):
            gallery.put(f"r{number}", f"p{number}", stored[number])
            found = gallery.search(stored[number][None], 1)[0]
            assert found[0].person_id == f"p{number}"
            if number % 3 == 0:
                gallery.drop(f"r{number}")
        return part

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(work, range(4))) == [0, 1, 2, 3]
    assert len(gallery) == gallery.persons == 400 - len(range(0, 400, 3))
