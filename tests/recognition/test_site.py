"""A site's own data make a fit that can be kept."""

import json
from dataclasses import replace

import numpy as np
import pytest

from recognition.calibration import Trials
from recognition.site import MOST_PEOPLE, from_text, refit, to_text
from recognition.yardsticks import ARCFACE, SFACE

NONE = Trials(np.zeros(0), np.zeros(0, bool), np.zeros(0, int))


def faces(count: int, *, alike: float = 0.0, seed: int = 0) -> list[np.ndarray]:
    """Unit vectors as of so many people; `alike` is what they have in common."""
    chance = np.random.default_rng(seed)
    made = chance.normal(size=(count, 128)) / np.sqrt(128)
    made[:, 0] += alike
    return list((made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32))


def test_without_data_it_is_as_published() -> None:
    """Nobody with a name and no answer: the published yardstick."""
    fit = refit(SFACE, [], NONE)
    assert (fit.people, fit.trials) == (0, 0)
    assert fit.yardstick.impostors == SFACE.impostors
    for distance in (0.3, 0.5, 0.6, 0.7):
        published = SFACE.calibration.estimate(distance, 40)
        assert fit.yardstick.calibration.estimate(distance, 40) == pytest.approx(published)


def test_where_people_are_alike_a_distance_is_worth_less() -> None:
    """Thresholds get stricter and percentages lower, before anybody has answered."""
    fit = refit(SFACE, faces(300, alike=0.6), NONE)
    assert fit.people == 300
    strict, usual = (y.match(0.01, 300, 300) for y in (fit.yardstick, SFACE))
    assert strict < usual - 0.02
    worth, before = (y.calibration.confidence(0.52, 300) for y in (fit.yardstick, SFACE))
    assert worth < before


def test_a_fit_survives_being_kept() -> None:
    """What is written is read again, number by number."""
    trials = Trials(np.array([0.5, 0.6]), np.array([True, False]), np.array([40, 41]))
    fit = refit(ARCFACE, faces(50), trials)
    assert from_text(to_text(fit), ARCFACE) == fit


def test_thousands_of_people_are_sampled() -> None:
    """More people than are looked at cost no more."""
    assert refit(SFACE, faces(MOST_PEOPLE + 100), NONE).people == MOST_PEOPLE


def test_a_fit_to_other_numbers_is_left_aside() -> None:
    """Once a pack's published numbers change, a fit that began with the old ones is none."""
    text = to_text(refit(SFACE, faces(50), NONE))
    newer = replace(SFACE, impostors=replace(SFACE.impostors, source="measured again"))
    assert from_text(text, newer) is None
    assert from_text(text, ARCFACE) is None
    assert from_text(json.dumps({**json.loads(text), "version": 0}), SFACE) is None


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"calibration": 1, "impostors": 2}'])
def test_nonsense_is_refused(text: str) -> None:
    """What is no fit is said to be none."""
    with pytest.raises(ValueError, match=r"numbers of a fit|Expecting value"):
        from_text(text, SFACE)
