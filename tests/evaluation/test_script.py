"""The script of a chaotic run: everybody, every visit, and always the same for a seed."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise

import pytest

from evaluation.cast import Actor
from evaluation.script import Scene, scenes

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
GAP = timedelta(minutes=10)


def script(posts: int, people: int, seed: int = 1) -> list[Scene]:
    """Return the scenes of a run."""
    actors = [Actor(f"Actor {number}", lambda _: b"") for number in range(people)]
    return scenes(actors, ("Main", "Yard"), posts=posts, seed=seed, now=NOW)


@pytest.mark.parametrize(("posts", "people"), [(1000, 40), (1000, 6), (150, 6), (20, 6)])
def test_as_many_as_wanted(posts: int, people: int) -> None:
    """There are as many scenes as posts, each once; everybody is seen about equally often."""
    played = script(posts, people)
    assert sorted(scene.number for scene in played) == list(range(posts))
    often = Counter(scene.actor.name for scene in played)
    assert len(often) == people
    assert max(often.values()) - min(often.values()) <= max(2, posts // people)


def test_visits_lie_apart() -> None:
    """Within a visit crops follow closely; between two visits of a person lies more than a gap."""
    times = defaultdict(list)
    for scene in script(1000, 6):
        times[scene.visit_key].append(scene.captured_at)
    for seen in times.values():
        assert all(later - earlier < GAP for earlier, later in pairwise(sorted(seen)))
    for one, other in combinations(times, 2):
        if one[0] == other[0]:
            first, second = sorted((times[one], times[other]))
            assert min(second) - max(first) > GAP


def test_nothing_lies_in_the_future() -> None:
    """All was captured before now, or the API would refuse it."""
    assert max(scene.captured_at for scene in script(1000, 6)) < NOW


def test_a_seed_repeats_itself() -> None:
    """The same seed gives the same order, another one another."""
    order = [[scene.number for scene in script(200, 6, seed)] for seed in (1, 1, 2)]
    assert order[0] == order[1] != order[2]
