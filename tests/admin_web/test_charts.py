"""Where the parts of charts stand."""

from hypothesis import given
from hypothesis import strategies as st

from admin_web.charts import Scale, distances, nice, steps
from domain.forecast import Forecast, Outlook, Probe, Sample, Tally

SCALE = Scale(0, 10, 100, 200)


def outlook(match: float) -> Outlook:
    """Return what follows from a target."""
    return Outlook(
        match=match,
        unsure=0.6,
        named=0.01,
        doubted=0.2,
        known=Tally(),
        unknown=Tally(),
        answered=Tally(),
    )


def forecast(*probes: Probe, match: float = 0.3) -> Forecast:
    """Return a forecast of these faces, where now 0.3 is a match."""
    return Forecast(
        persons=10,
        references=20,
        source="LFW",
        learnt=0,
        sample=Sample(people=1, probes=probes, proofs=()),
        curve=((0.0, 0.0), (0.3, 0.01), (0.6, 0.03), (0.9, 0.03)),
        old=outlook(0.3),
        new=outlook(match),
    )


def test_values_beyond_an_axis_stand_at_its_edge() -> None:
    """Nothing is drawn outside."""
    assert [SCALE.at(v) for v in (-5, 0, 5, 10, 99)] == [100, 100, 150, 200, 200]


@given(st.floats(1e-6, 1e9))
def test_axes_end_at_round_numbers(most: float) -> None:
    """No less than what they hold, and no more than some times as much."""
    assert most <= nice(most) <= most * 10.0001
    whole = steps(most)
    assert whole[0] == 0
    assert whole[-1] >= most


def test_faces_stand_at_their_distance() -> None:
    """The same person above, others below; as many as there are, also in the table."""
    chart = distances(forecast(Probe(own=0.21, other=0.85), Probe(own=0.22, other=None)))
    own, other = chart.bars
    assert (own.kind, other.kind) == ("own", "other")
    assert own.y + own.height == other.y == chart.middle
    assert own.height == chart.middle - chart.top
    assert other.height == (chart.bottom - chart.middle) / 2
    assert chart.rows == (("0.20 to 0.24", 2, 0), ("0.84 to 0.88", 0, 1))
    assert chart.curve == ""


def test_zones_say_what_becomes_of_a_face() -> None:
    """They fill the whole width; a line that has moved is where it was, too."""
    still, moved = distances(forecast()), distances(forecast(match=0.2))
    for chart in (still, moved):
        assert [zone.kind for zone in chart.zones] == ["named", "asked", "stranger"]
        assert sum(zone.width for zone in chart.zones) == chart.right - chart.left
    assert still.before == ()
    assert [line.at for line in moved.before] == [still.zones[1].x]


def test_without_faces_there_is_the_published_curve() -> None:
    """As far as something is known of strangers."""
    chart = distances(forecast())
    assert len(chart.curve.split()) == 3
    assert chart.levels[-1].text == "5 %"
