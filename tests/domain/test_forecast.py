"""What would become of faces by other distances."""

from datetime import timedelta

from domain.decisions import Dismiss, IsNot, ItIs, Name
from domain.forecast import Probe, Sample, Tally, answered, known, unknown
from domain.ids import new_id
from domain.policy import MatchPolicy
from domain.proving import Proof, proofs
from tests.domain.world import NOON, World

HOUR = timedelta(hours=1)
POLICY = MatchPolicy(match=0.4, unsure=0.6, hint=0.7)
STRICT = MatchPolicy(match=0.2, unsure=0.6, hint=0.7)
PROBES = (
    Probe(own=0.1, other=0.8),
    Probe(own=0.3, other=0.9),
    Probe(own=0.5, other=None),
    Probe(own=0.7, other=0.65),
    Probe(own=0.5, other=0.35),
)


def test_every_face_is_counted_once() -> None:
    """Recognised, asked about, taken for a stranger, or given somebody else's name."""
    assert known(PROBES, POLICY) == Tally(recognised=2, asked=1, strangers=1, wrong=1)
    assert known(PROBES, STRICT) == Tally(recognised=1, asked=3, strangers=1, wrong=0)
    assert known((), POLICY).total == 0


def test_two_who_are_as_near_are_asked_about() -> None:
    """As recognition does it: who cannot be told from somebody else is not named."""
    assert known([Probe(own=0.30, other=0.31)], POLICY) == Tally(asked=1)


def test_the_same_faces_may_be_taken_for_strangers() -> None:
    """If their people were not known, whoever is near enough would be named wrongly."""
    assert unknown(PROBES, POLICY) == Tally(strangers=4, wrong=1)


def test_answers_say_whether_a_name_would_have_been_right() -> None:
    """A suggestion that was right, within reach, is a name; one that was wrong is a wrong one."""

    def said(distance: float, *, right: bool) -> Proof:
        return Proof(
            at=NOON, site_id=new_id(), crop_id=None, distance=distance, confidence=0.5, right=right
        )

    given = [said(0.3, right=True), said(0.3, right=False), said(0.5, right=False)]
    assert answered(given, POLICY) == Tally(recognised=1, asked=1, wrong=1)


def test_little_is_said_to_be_little() -> None:
    """Few people, or few photos of many, prove nothing."""
    assert Sample(people=19, probes=PROBES * 100, proofs=()).little
    assert Sample(people=20, probes=PROBES * 19, proofs=()).little
    assert not Sample(people=20, probes=PROBES * 20, proofs=()).little


async def test_answers_prove_suggestions_right_or_wrong(world: World) -> None:
    """Only those that say who somebody is, and stand; a later undo takes the proof away."""
    anna, otto = await world.person("Anna"), await world.person("Otto")
    asked = [(await world.see(maybe=[anna])).question for _ in range(6)]
    await world.say(ItIs(anna.id), asked[0])
    await world.say(ItIs(otto.id), asked[1])
    await world.say(Name("Zoe"), asked[2])
    await world.say(Dismiss(), asked[3])
    await world.say(IsNot(anna.id), asked[4])
    undone = await world.say(ItIs(anna.id), asked[5])
    await world.undo(undone.decision)

    async def found(since: timedelta) -> list[bool]:
        given = await proofs(
            world.store, [world.site.id], since=NOON - since, until=NOON + HOUR, most=10
        )
        return sorted(proof.right for proof in given)

    assert await found(timedelta(days=1)) == [False, False, True]
    assert await found(timedelta(days=-1)) == []
    assert await proofs(world.store, [new_id()], since=NOON, until=NOON + HOUR, most=10) == []
