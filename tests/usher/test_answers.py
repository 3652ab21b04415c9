"""Answers follow from the share of strangers who may be named, for as many as are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.learning import Evidence, Trial
from recognition.yardsticks import SFACE
from usher.answers import SiteAnswers
from usher.settings import RecognitionSettings


def answers(**values: float) -> SiteAnswers:
    """The answers of an installation with these settings."""
    settings = RecognitionSettings.model_validate(values)
    return SiteAnswers(model="m", published=SFACE, settings=settings)


def evidence(people: int = 0, *, wrong: int = 0) -> Evidence:
    """So many people who are alike, and so many answers that say no to a near face."""
    chance = np.random.default_rng(1)
    made = chance.normal(size=(people, 128)) / np.sqrt(128)
    made[:, 0] += 0.6
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    trial = Trial(distance=0.54, right=False, persons=40)
    return Evidence(version=1, faces=tuple(made.astype(np.float32)), trials=(trial,) * wrong)


def test_few_are_matched_as_far_as_the_pack_allows() -> None:
    """With a handful of people the pack's own thresholds hold."""
    policy = answers().policy(10, 30)
    assert (policy.match, policy.unsure) == (SFACE.thresholds.match, SFACE.thresholds.unsure)


def test_many_are_matched_by_what_was_promised() -> None:
    """Among thousands the threshold is where one stranger in a hundred would be named."""
    policy = answers().policy(5_000, 15_000)
    assert policy.match < SFACE.thresholds.match
    named = SFACE.impostors.false_names(policy.match, 5_000, 15_000)
    assert named == pytest.approx(0.01)
    assert policy.bridge <= policy.match


@given(
    few=st.integers(0, 100_000),
    more=st.integers(0, 100_000),
    strict=st.floats(1e-4, 0.5),
    loose=st.floats(1e-4, 0.5),
)
def test_thresholds_follow_size_and_promise(
    few: int, more: int, strict: float, loose: float
) -> None:
    """Never looser among more people, nor for a smaller share; doubt never ends before a match."""
    few, more = sorted((few, more))
    strict, loose = sorted((strict, loose))
    policy = answers(strangers_named=strict).policy(more, 2 * more)
    assert policy.match <= answers(strangers_named=loose).policy(more, 2 * more).match
    assert policy.match <= answers(strangers_named=strict).policy(few, 2 * few).match
    assert policy.match <= policy.unsure


def test_what_is_set_is_gone_by() -> None:
    """A threshold that is set holds for any number of people."""
    chosen = answers(match_threshold=0.3, unsure_threshold=0.4)
    for persons in (1, 1_000_000):
        assert chosen.policy(persons, persons).match == 0.3
        assert chosen.policy(persons, persons).unsure == 0.4


def test_a_fit_is_taken_up() -> None:
    """People who are alike make thresholds stricter; answers that say no make percentages lower."""
    one, other = answers(), answers()
    before = one.policy(400, 400).match, one.estimate(0.54, 40).value
    one.adopt(other.fit(evidence(300)))
    assert one.policy(400, 400).match < before[0]
    one.adopt(other.fit(evidence(wrong=40)))
    assert one.policy(400, 400).match == pytest.approx(before[0])
    assert one.estimate(0.54, 40).value < before[1] - 0.1


def test_nonsense_changes_nothing() -> None:
    """What is no fit is refused, and the answers are as they were."""
    made = answers()
    before = made.policy(400, 400), made.estimate(0.5, 40)
    with pytest.raises(ValueError, match="numbers of a fit"):
        made.adopt("{}")
    assert (made.policy(400, 400), made.estimate(0.5, 40)) == before


def test_the_standing_says_what_it_rests_on() -> None:
    """Published or the site's own data, the thresholds, and what follows from them."""
    made = answers()
    standing = made.standing(2_000, 4_000)
    assert (standing.people, standing.trials) == (0, 0)
    assert standing.named == pytest.approx(0.01)
    assert "nothing of this site yet" in str(standing)
    made.adopt(made.fit(evidence(200, wrong=3)))
    standing = made.standing(2_000, 4_000)
    assert (standing.people, standing.trials) == (200, 3)
    assert standing.named <= 0.01 + 1e-9
    assert "200 people and 3 answers" in str(standing)
    assert "2000 people known" in str(standing)
