"""Blocks, snapshots and threads change nothing of what is found."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from recognition.blocks import BLOCK, GROUP
from recognition.gallery import Candidate, Gallery
from recognition.shares import Shares

D = 8
TOLERANCE = 1e-6  # of a distance
PROBES = 100
Vector = NDArray[np.float32]
Expected = tuple[float, str, str]  # distance, reference, person


def vectors(count: int, seed: int = 0) -> Vector:
    """Unit vectors (count, D)."""
    raw = np.random.default_rng(seed).normal(size=(count, D)).astype(np.float32)
    return np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True), dtype=np.float32)


class Both:
    """A gallery, and beside it what is in it, searched without any art."""

    def __init__(self, *, threads: int = 1) -> None:
        self.gallery = Gallery(D, threads=threads)
        self.kept: dict[str, tuple[str, Vector]] = {}
        self.aliases: dict[str, str] = {}
        self.made = 0

    def put(self, count: int, *, people: int) -> None:
        """Add references, owned by so many people in turn."""
        for vector in vectors(count, seed=self.made):
            self.add(vector, f"p{self.made % people}")

    def add(self, vector: Vector, person: str) -> None:
        """Add one reference."""
        reference = f"r{self.made:06}"
        self.gallery.put(reference, person, vector)
        self.kept[reference] = person, self.gallery.vector(reference)
        self.made += 1

    def drop(self, references: Sequence[str]) -> None:
        """Drop references."""
        for reference in references:
            self.gallery.drop(reference)
            del self.kept[reference]

    def merge(self, person: str, canonical: str) -> None:
        """Merge a person into another, where neither has been merged before."""
        if person != canonical and not {person, canonical} & {
            *self.aliases,
            *self.aliases.values(),
        }:
            self.gallery.set_alias(person, canonical)
            self.aliases[person] = canonical

    def plainly(self, probe: Vector, k: int) -> list[Expected]:
        """The `k` nearest, by looking at every reference in turn."""
        best: dict[str, Expected] = {}
        references = [*self.kept]
        held = np.array([vector for _, vector in self.kept.values()], dtype=np.float32)
        distances = 1 - (held.reshape(-1, D) * probe).sum(axis=1)
        for row in np.lexsort((np.array(references, dtype=str), distances)).tolist():
            person = self.kept[references[row]][0]
            person = self.aliases.get(person, person)
            best.setdefault(person, (float(distances[row]), references[row], person))
            if len(best) == k:
                break
        return list(best.values())

    def agree(self, k: int = 5) -> None:
        """Expect the same from both."""
        probe = vectors(1, seed=self.made)[0]
        same(self.gallery.search(probe[None], k)[0], self.plainly(probe, k))


def same(found: Sequence[Candidate], expected: Sequence[Expected]) -> None:
    """Expect these people by these references, at these distances but for the last bits."""
    assert [(c.reference_id, c.person_id) for c in found] == [one[1:] for one in expected]
    distances = [distance for distance, *_ in expected]
    assert [c.distance for c in found] == pytest.approx(distances, abs=TOLERANCE)


@pytest.fixture(scope="module")
def filled() -> Both:
    """A gallery of eight blocks, the last begun and a seventh dropped; to be left so."""
    both = Both()
    both.put(8 * BLOCK + 100, people=4000)
    both.drop([*both.kept][::7])
    return both


@pytest.mark.parametrize("k", [1, 7, BLOCK])
def test_every_boundary(k: int) -> None:
    """A group or a block almost full, full, and one more: what a plain search finds."""
    both = Both()
    for count in (1, GROUP - 1, GROUP, GROUP + 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 1):
        both.put(count - both.made, people=BLOCK // 2)
        both.agree(k)
        assert len(both.gallery) == count


STEPS = st.one_of(
    st.tuples(st.just("put"), st.integers(1, BLOCK), st.sampled_from([1, 3, 2000])),
    st.tuples(st.just("drop"), st.integers(1, 5), st.integers(0, 1)),
    st.tuples(st.just("merge"), st.integers(0, 9), st.integers(0, 9)),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(STEPS, max_size=8), st.integers(1, 2))
def test_any_history_over_many_blocks(steps: list[tuple[str, int, int]], threads: int) -> None:
    """Thousands put, dropped in any pattern and merged: as a plain search finds, then and later."""
    both, snapshots = Both(threads=threads), []
    probe = vectors(1, seed=98)[0]
    for what, first, second in steps:
        if what == "put":
            both.put(first, people=second)
        elif what == "drop":  # one of so many, or all but these
            rows = enumerate([*both.kept])
            both.drop([one for row, one in rows if (row % first == 0) == (second == 0)])
        else:
            both.merge(f"p{first}", f"p{second}")
        both.agree()
        snapshots.append((both.gallery.snapshot(), both.plainly(probe, 3)))
    for snapshot, expected in snapshots:
        same(snapshot.search(probe[None], 3)[0], expected)
    assert len(both.gallery) == len(both.kept)


@pytest.mark.parametrize("size", [1, 31, 33, PROBES])
@pytest.mark.parametrize("threads", [1, 2])
def test_neither_batches_nor_threads_matter(filled: Both, size: int, threads: int) -> None:
    """The same people, references and distances as one by one on one thread."""
    probes = vectors(PROBES, seed=5)
    snapshot = replace(filled.gallery.snapshot(), shares=Shares(threads))
    for first in range(0, PROBES, size):
        together = probes[first : first + size]
        for probe, found in zip(together, snapshot.search(together, 6), strict=True):
            [alone] = filled.gallery.search(probe[None], 6)
            same(found, [(c.distance, c.reference_id, c.person_id) for c in alone])


def test_dropped_ones_hide_nobody() -> None:
    """Whoever stood nearest by the thousand is gone, and the next ones are found."""
    both = Both()
    both.put(2 * BLOCK, people=BLOCK)
    [probe] = vectors(1, seed=3)
    nearest = sorted(both.kept, key=lambda one: -float(both.kept[one][1] @ probe))
    both.drop(nearest[: BLOCK // 3])
    same(both.gallery.search(probe[None], 9)[0], both.plainly(probe, 9))


def test_one_person_in_every_block_hides_nobody() -> None:
    """Ten thousand near references of one person, the others' anywhere among them."""
    gallery, [near, *others] = Gallery(D), vectors(11)
    for number in range(10_000):
        gallery.put(f"a{number}", "many", near)
        if number % 1111 == 0:
            gallery.put(f"b{number}", f"one {number}", others[number // 1111])
    found = gallery.search(near[None], 10)[0]
    assert len({candidate.person_id for candidate in found}) == 10
    assert found[0].person_id == "many"


def test_equal_ones_in_several_blocks_come_in_the_order_of_ids() -> None:
    """Wherever they stand."""
    gallery, vector = Gallery(D), vectors(1)[0]
    for number in reversed(range(2 * BLOCK)):
        gallery.put(f"{number:05}", f"p{number}", vector)
    found = gallery.search(vector[None], 3)[0]
    assert [candidate.reference_id for candidate in found] == ["00000", "00001", "00002"]


def test_who_differs_by_the_last_bit_is_told_apart_everywhere() -> None:
    """Thousands so near to one another that BLAS, which adds in its own order, mixes them up."""
    both, probe = Both(), vectors(1)[0]
    noise = vectors(2 * BLOCK, seed=1)
    for number in range(2 * BLOCK):
        both.add(probe + 2e-7 * noise[number], f"p{number}")
    same(both.gallery.search(probe[None], 20)[0], both.plainly(probe, 20))


def test_what_was_dropped_gives_its_memory_back() -> None:
    """Of ten blocks with one in ten left, little more than one block's worth remains."""
    both = Both()
    both.put(10 * BLOCK, people=500)
    before = both.gallery.snapshot()
    both.drop([one for row, one in enumerate([*both.kept]) if row % 10])
    assert len(both.gallery.snapshot().blocks) <= 3
    assert len(before.blocks) == 10
    both.agree()
    both.drop([*both.kept])
    assert len(both.gallery.snapshot().blocks) <= 1
    both.agree()


def test_a_small_gallery_that_changes_for_ever_stays_small() -> None:
    """Replacing the same hundred again and again needs two blocks and a third begun at most."""
    gallery = Gallery(D)
    for turn in range(200):
        for number, vector in enumerate(vectors(100, seed=turn)):
            gallery.put(f"r{number}", "p", vector)
    assert len(gallery) == 100
    assert len(gallery.snapshot().blocks) <= 3


def test_snapshots_share_the_vectors(filled: Both) -> None:
    """A snapshot copies none of them, nor does what is added after it."""
    one = filled.gallery.snapshot()
    filled.gallery.put("more", "p", vectors(1)[0])
    other = filled.gallery.snapshot()
    filled.gallery.drop("more")  # others use it too
    assert len(one.blocks) == len(other.blocks)
    for mine, yours in zip(one.blocks, other.blocks, strict=True):
        assert mine.vectors is yours.vectors


def test_reading_while_another_writes() -> None:
    """A snapshot gives one answer for as long as thousands are put, dropped and moved."""
    both = Both(threads=2)
    both.put(5 * BLOCK, people=3000)
    probes = vectors(4, seed=7)
    snapshot = both.gallery.snapshot()
    expected = [both.plainly(probe, 5) for probe in probes]
    done = Event()

    def read() -> int:
        times = 0
        while not done.is_set() or not times:
            for found, right in zip(snapshot.search(probes, 5), expected, strict=True):
                same(found, right)
            times += 1
        return times

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        both.drop([*both.kept][::2])
        both.put(BLOCK, people=10)
        done.set()
        assert all(reader.result() for reader in readers)
    both.agree()


@pytest.mark.parametrize(
    "probes", [np.zeros((1, D)), np.full((2, D), np.nan), np.ones((1, D + 1)), np.ones(D)]
)
def test_refuses_what_is_no_probe(filled: Both, probes: NDArray[np.float64]) -> None:
    """Probes of another shape or without direction are refused, not answered with anybody."""
    with pytest.raises(ValueError, match="probe"):
        filled.gallery.search(probes.astype(np.float32))
