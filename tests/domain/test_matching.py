"""The three answers, for whatever is near."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from domain.matching import Candidate, Verdict, judge
from domain.policy import MatchPolicy
from domain.records import Id, MatchKind

POLICY = MatchPolicy(match=0.5, unsure=0.65, hint=0.77)
ANNA, BOB, STRANGER = Id("anna"), Id("bob"), Id("stranger")
NAMES = [Id(f"person {n}") for n in range(6)]
Pairs = frozenset[frozenset[Id]]


def near(person: Id, distance: float, *, recognised: bool = True) -> Candidate:
    """Return somebody that near."""
    return Candidate(
        person_id=person, reference_id=Id(f"r {person}"), distance=distance, recognised=recognised
    )


def nobody(_: Id, __: Id) -> bool:
    """Say that nobody is known to be two."""
    return False


def told(pairs: Pairs) -> Callable[[Id, Id], bool]:
    """Return what tells whether a pair is known to be two."""
    return lambda one, other: frozenset((one, other)) in pairs


@st.composite
def galleries(draw: st.DrawFn) -> tuple[Candidate, ...]:
    """People at any distances, nearest first."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True))
    distances = sorted(draw(st.floats(0, 2, width=32)) for _ in names)
    return tuple(
        near(name, distance, recognised=draw(st.booleans()))
        for name, distance in zip(names, distances, strict=True)
    )


some = st.sets(st.sampled_from(NAMES))
pairs = st.frozensets(st.sampled_from([frozenset(two) for two in combinations(NAMES, 2)]))
track = st.none() | st.sampled_from(NAMES)


@given(galleries(), some, pairs, track)
def test_whatever_is_near_the_answer_keeps_the_rules(
    gallery: tuple[Candidate, ...], excluded: set[Id], two: Pairs, tracked: Id | None
) -> None:
    """A name is given only for good reasons, and never one that is ruled out."""
    verdict = judge(gallery, policy=POLICY, rejected=told(two), excluded=excluded, track=tracked)
    allowed = {c.person_id for c in verdict.candidates}
    assert not allowed & excluded
    assert all(c.distance <= POLICY.unsure for c in verdict.candidates)
    assert not any(frozenset(pair) in two for pair in combinations(allowed, 2))
    _check(verdict, tracked)


def _check(verdict: Verdict, tracked: Id | None) -> None:
    """Say what each answer promises."""
    person = verdict.person
    match verdict.kind:
        case MatchKind.MATCH:
            assert person
            assert person.distance <= POLICY.match or person.person_id == tracked
        case MatchKind.UNSURE:
            assert person
            assert person.recognised
        case MatchKind.STRANGER:
            assert person is None
            assert all(c.distance > POLICY.match for c in verdict.candidates)
            assert not any(c.recognised for c in verdict.candidates)
    assert person is None or person in verdict.candidates
    assert verdict.runner_up is None or verdict.runner_up != person


@given(galleries(), some, pairs, track)
def test_who_is_too_far_to_be_in_doubt_changes_nothing(
    gallery: tuple[Candidate, ...], excluded: set[Id], two: Pairs, tracked: Id | None
) -> None:
    """Leaving out everybody beyond `unsure` gives the same answer."""
    close = tuple(c for c in gallery if c.distance <= POLICY.unsure)
    answers = [
        judge(people, policy=POLICY, rejected=told(two), excluded=excluded, track=tracked)
        for people in (gallery, close)
    ]
    assert answers[0] == answers[1]


def test_bounds_belong_to_the_nearer_answer() -> None:
    """At the threshold itself it is a match, or in doubt; beyond it is not."""
    kinds = [
        judge([near(ANNA, distance)], policy=POLICY, rejected=nobody).kind
        for distance in (0.5, 0.5001, 0.65, 0.6501)
    ]
    assert kinds == [MatchKind.MATCH, MatchKind.UNSURE, MatchKind.UNSURE, MatchKind.STRANGER]


def test_nearest_is_no_name_just_because_it_is_nearest() -> None:
    """Doubt about somebody unknown is nobody's question, even with nobody nearer."""
    found = judge([near(STRANGER, 0.6, recognised=False)], policy=POLICY, rejected=nobody)
    assert (found.kind, found.person) == (MatchKind.STRANGER, None)
    assert found.candidates


def test_doubt_is_about_the_nearest_recognised() -> None:
    """A stranger in between does not hide Anna."""
    found = judge(
        [near(STRANGER, 0.55, recognised=False), near(ANNA, 0.6), near(BOB, 0.61)],
        policy=POLICY,
        rejected=nobody,
    )
    assert (found.kind, found.person and found.person.person_id) == (MatchKind.UNSURE, ANNA)
    assert found.runner_up
    assert found.runner_up.person_id == STRANGER


def test_two_recognised_about_equally_near_are_a_question() -> None:
    """Anna and Bob alike: unsure. Anna and a stranger alike: Anna. Far enough apart: Anna."""
    alike = [near(ANNA, 0.30), near(BOB, 0.31)]
    assert judge(alike, policy=POLICY, rejected=nobody).kind is MatchKind.UNSURE
    strange = [alike[0], replace(alike[1], recognised=False)]
    apart = [alike[0], near(BOB, 0.33)]
    for people in (strange, apart):
        found = judge(people, policy=POLICY, rejected=nobody)
        assert (found.kind, found.person) == (MatchKind.MATCH, alike[0])


def test_track_settles_which_of_two_alike() -> None:
    """Who was Bob a moment ago is Bob; a track that is neither of them settles nothing."""
    alike = [near(ANNA, 0.30), near(BOB, 0.31), near(STRANGER, 0.6, recognised=False)]
    found = judge(alike, policy=POLICY, rejected=nobody, track=BOB)
    assert (found.kind, found.person) == (MatchKind.MATCH, alike[1])
    other = judge(alike, policy=POLICY, rejected=nobody, track=STRANGER)
    assert other.kind is MatchKind.UNSURE


def test_track_does_not_overrule_a_match() -> None:
    """A face that is clearly Bob is Bob, whoever the track was."""
    people = [near(BOB, 0.3), near(ANNA, 0.6)]
    found = judge(people, policy=POLICY, rejected=nobody, track=ANNA)
    assert (found.kind, found.person) == (MatchKind.MATCH, people[0])


def test_cannot_link_rules_out_who_is_farther() -> None:
    """A stranger said not to be Anna, and nearer, leaves no question about Anna."""
    people = [near(STRANGER, 0.55, recognised=False), near(ANNA, 0.6)]
    two = told(frozenset({frozenset((STRANGER, ANNA))}))
    found = judge(people, policy=POLICY, rejected=two)
    assert (found.kind, found.person) == (MatchKind.STRANGER, None)
    assert [c.person_id for c in found.candidates] == [STRANGER]


def test_who_is_in_the_frame_already_is_passed_over() -> None:
    """The next nearest is taken, as if the first were not there."""
    people = [near(ANNA, 0.1), near(BOB, 0.4)]
    found = judge(people, policy=POLICY, rejected=nobody, excluded={ANNA})
    assert (found.kind, found.person) == (MatchKind.MATCH, people[1])
