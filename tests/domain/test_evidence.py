"""Which crops count at a door: n good ones of the last m, none late, none ahead, none twice."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.evidence import DOUBTFUL, SENTENCES, VOID, Answer, Reason, Scales, judge_crop, weigh
from domain.ids import new_id
from domain.policy import DoorPolicy
from domain.records import (
    Detection,
    DetectionStatus,
    Evidence,
    Image,
    Match,
    MatchKind,
    Need,
    Rival,
)
from tests.domain.door import FACE, POLICY
from tests.domain.world import NOON

ANNA, BEA = new_id(), new_id()
SCALES = Scales(
    need=Need(), matching=POLICY, policy=DoorPolicy(), now=NOON, seen_as=(ANNA,), named=True
)
seconds = st.floats(-60, 60).map(lambda s: timedelta(seconds=round(s, 3)))
kinds = st.sampled_from(["good", "doubtful", "void", "other"])


def crop(kind: str = "good") -> Evidence:
    """Return a crop of a kind."""
    reasons: dict[str, tuple[str, ...]] = {
        "good": (),
        "doubtful": (Reason.COVERED, Reason.UNCERTAIN),
        "void": (Reason.REPLAYED, Reason.COVERED),
        "other": (Reason.OTHER,),
    }
    return Evidence(
        detection_id=new_id(), camera_id=new_id(), captured_at=NOON, reasons=reasons[kind]
    )


def seen(**values: object) -> Detection:
    """Return a crop that shows Anna beyond doubt, captured and received now."""
    id_ = new_id()
    made = Detection(
        id=id_,
        camera_id=new_id(),
        site_id=new_id(),
        captured_at=NOON,
        received_at=NOON,
        image=Image(key=id_, sha256=id_, bytes=1, width=9, height=9, media_type="image/jpeg"),
        status=DetectionStatus.CLASSIFIED,
        face=FACE,
        person_id=ANNA,
        match=Match(kind=MatchKind.MATCH, distance=0.1, confidence=0.99),
    )
    return replace(made, **values)  # type: ignore[arg-type]  # a test names real fields


@given(st.lists(kinds, max_size=12), st.integers(1, 6), st.integers(0, 4))
def test_a_door_opens_by_n_good_ones_of_the_last_m(given: list[str], n: int, more: int) -> None:
    """By no fewer, by none further back, and by no doubtful ones; else enough doubtful ones ask."""
    need = Need(crops=n, of=n + more)
    crops = [crop(kind) for kind in given]
    answer, telling = weigh(crops, need)
    last = given[: n + more]
    if last.count("good") >= n:
        assert answer is Answer.OPEN
    else:
        assert answer is (Answer.ASK if last.count("doubtful") >= n else Answer.WAIT)
    wanted = {Answer.OPEN: "good", Answer.ASK: "doubtful", Answer.WAIT: "nothing"}[answer]
    shown = zip(crops, given, strict=True)
    assert [*telling] == [c for c, kind in [*shown][: n + more] if kind == wanted]


@given(seconds, seconds, st.floats(1, 30))
def test_no_crop_counts_that_is_late_or_ahead(
    captured: timedelta, received: timedelta, within_s: float
) -> None:
    """Captured and received in the last seconds, and no more than a second ahead of any clock."""
    scales = replace(SCALES, need=Need(within_s=within_s))
    found = judge_crop(seen(captured_at=NOON + captured, received_at=NOON + received), scales)
    second, window = timedelta(seconds=1), timedelta(seconds=within_s)
    fresh = -window <= captured and -window <= received
    true = captured <= min(received, timedelta(0)) + second and received <= second
    assert (not found.reasons) is (fresh and true)


@given(st.floats(0, 2), st.floats(0, 1), st.floats(0, 2))
def test_no_crop_counts_that_is_in_doubt(distance: float, confidence: float, rival: float) -> None:
    """Near enough, sure enough, and nobody else known about as near."""
    match = Match(
        kind=MatchKind.MATCH,
        distance=distance,
        confidence=confidence,
        runner_up=Rival(person_id=BEA, distance=rival),
    )
    alone = judge_crop(seen(match=match), SCALES)
    beside = judge_crop(seen(match=match), replace(SCALES, rivals=(BEA,)))
    sure = distance <= POLICY.match and confidence >= SCALES.need.sure
    assert (not alone.reasons) is sure
    assert (not beside.reasons) is (sure and rival - distance >= POLICY.margin)
    assert DOUBTFUL.issuperset(beside.reasons)


def test_every_other_doubt_is_named() -> None:
    """Covered, unsure, of somebody else, poor, posted before, or nobody can tell if alive."""
    unsure = Match(kind=MatchKind.UNSURE, distance=0.1, confidence=0.99)
    cases: list[tuple[Detection, Scales, Reason]] = [
        (seen(reasons=("covered_lower",)), SCALES, Reason.COVERED),
        (seen(match=unsure), SCALES, Reason.UNSURE),
        (seen(), replace(SCALES, named=False), Reason.UNSURE),
        (seen(person_id=BEA), SCALES, Reason.OTHER),
        (seen(status=DetectionStatus.SPOOF), SCALES, Reason.POOR),
        (seen(), replace(SCALES, policy=DoorPolicy(liveness=True)), Reason.UNJUDGED),
    ]
    for detection, scales, reason in cases:
        assert judge_crop(detection, scales).reasons == (reason,)
    again = seen()
    assert judge_crop(again, replace(SCALES, replayed={again.id})).reasons == (Reason.REPLAYED,)
    alive = seen(face=replace(FACE, live=0.9))
    assert not judge_crop(alive, replace(SCALES, policy=DoorPolicy(liveness=True))).reasons


def test_every_reason_can_be_said() -> None:
    """Each has a sentence for the log, and none is both void and doubtful."""
    assert set(SENTENCES) == set(Reason)
    assert not VOID & DOUBTFUL
