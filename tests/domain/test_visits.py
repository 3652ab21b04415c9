"""Visits grow, end and begin; each is asked about once, and says what is worth saying."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.decisions import Dismiss, ItIs, Name
from domain.ids import new_id
from domain.policy import VisitPolicy
from domain.records import (
    Best,
    CardKind,
    MatchKind,
    PersonStatus,
    QuestionKind,
    QuestionStatus,
    Visit,
)
from domain.visits import _pause
from tests.domain.world import GAP, NOON, World

SECOND = timedelta(seconds=1)


async def test_stranger_is_asked_about_once_for_a_visit(world: World) -> None:
    """Ten crops: one visit, one question, one card for each manager."""
    seen = await world.see()
    for _ in range(9):
        world.now += 10 * SECOND
        assert (await world.see(seen.person)).visit.id == seen.visit.id
    visit = await world.store.visits.get(seen.visit.id)
    assert visit
    assert (visit.detections, visit.last_seen_at - visit.opened_at) == (10, 90 * SECOND)
    assert await world.store.questions.open_count(None) == 1
    cards = await world.cards(seen.visit)
    assert [(c.kind, c.account_id) for c in cards] == [
        (CardKind.QUESTION, world.maria.id),
        (CardKind.QUESTION, world.otto.id),
    ]
    assert {c.revision for c in cards} == {10}


async def test_visit_ends_with_the_gap_and_the_next_is_counted(world: World) -> None:
    """At the gap it is still the same visit; after it the second, and its question takes over."""
    first = await world.see()
    world.now += GAP
    assert (await world.see(first.person)).visit.id == first.visit.id
    world.now += GAP + SECOND
    second = await world.see(first.person)
    assert second.visit.id != first.visit.id
    assert (first.visit.ordinal, second.visit.ordinal) == (1, 2)
    [asked] = await world.store.questions.open_of([first.person.id])
    assert asked.visit_id == second.visit.id
    assert first.question
    earlier = await world.store.questions.get(first.question.id)
    assert earlier
    assert earlier.status is QuestionStatus.SUPERSEDED
    assert [p.id for p in await world.store.persons.page()] == [first.person.id]


async def test_crops_in_any_order_make_the_same_visit(world: World) -> None:
    """One sent late belongs where it was taken, and moves only the beginning."""
    seen = await world.see(at=NOON)
    late = await world.see(seen.person, at=NOON - timedelta(minutes=3))
    assert late.visit.id == seen.visit.id
    assert (late.visit.opened_at, late.visit.last_seen_at) == (NOON - timedelta(minutes=3), NOON)


async def test_visit_long_over_pushes_nothing_aside(world: World) -> None:
    """A spool of yesterday is kept as a visit of its own; today's stays open, and its question."""
    today = await world.see()
    old = await world.see(today.person, at=NOON - timedelta(days=1))
    assert old.visit.id != today.visit.id
    assert not old.visit.open
    [asked] = await world.store.questions.open_of([today.person.id])
    assert asked == today.question
    kept = await world.store.visits.get(today.visit.id)
    assert kept
    assert kept.open


async def test_clearly_better_crop_replaces_the_one_shown(world: World) -> None:
    """A slightly better one does not: the card stays calm."""
    seen = await world.see(quality=0.50)
    slightly = await world.see(seen.person, quality=0.54)
    assert slightly.visit.best == seen.visit.best
    clearly = await world.see(seen.person, quality=0.56)
    assert clearly.visit.best.quality == 0.56
    worse = await world.see(seen.person, quality=0.1)
    assert worse.visit.best == clearly.visit.best


async def test_doubt_about_somebody_known_is_asked_as_such(world: World) -> None:
    """With a likely name the question is whether it is them; without one, who it is."""
    anna = await world.person("Anna")
    doubtful = await world.see(maybe=[anna])
    assert doubtful.question
    assert doubtful.question.kind is QuestionKind.CONFIRM
    stranger = await world.see(kind=MatchKind.STRANGER)
    assert stranger.question
    assert stranger.question.kind is QuestionKind.WHO


async def test_blocked_person_raises_an_alert_each_visit(world: World) -> None:
    """A card for everybody each time they come, and no question."""
    blocked = await world.person("Mallory", status=PersonStatus.BLOCKED)
    for _ in range(2):
        world.now += 2 * GAP
        seen = await world.see(blocked)
        assert seen.question is None
        assert [c.kind for c in await world.cards(seen.visit)] == [CardKind.ALERT] * 2


async def test_known_person_is_mentioned_only_when_wished(world: World) -> None:
    """By default nobody hears of Anna; with `announce_known` a notice says that she came."""
    anna = await world.person("Anna")
    quiet = await world.see(anna)
    assert await world.cards(quiet.visit) == []
    world.now += 2 * GAP
    world.policy = VisitPolicy(gap=GAP, announce_known=True)
    told = await world.see(anna)
    assert [c.kind for c in await world.cards(told.visit)] == [CardKind.NOTICE] * 2


async def test_dismissed_person_is_never_asked_about_again(world: World) -> None:
    """Their visits are kept without a word."""
    seen = await world.see()
    outcome = await world.say(Dismiss(), seen.question)
    world.now += 2 * GAP
    again = await world.see(outcome.person)
    assert (again.question, await world.cards(again.visit)) == (None, [])
    assert again.visit.ordinal == 2


async def test_merged_people_share_their_visits(world: World) -> None:
    """Who turned out to be Anna goes on in the same visit, and their visits count as hers."""
    anna = await world.person("Anna")
    stranger = await world.see(maybe=[anna])
    outcome = await world.say(ItIs(anna.id), stranger.question)
    same = await world.see(outcome.person)
    assert same.visit.id == stranger.visit.id
    world.now += 2 * GAP
    later = await world.see(outcome.person)
    assert (later.visit.ordinal, later.visit.person_id) == (2, anna.id)


async def test_only_those_who_answer_for_the_site_get_cards(world: World) -> None:
    """Nobody without a chat, without the site, or with a closed account does."""
    for account in (
        replace(world.maria, chat_id=None),
        replace(world.otto, revoked_at=NOON),
    ):
        await world.store.accounts.save(account)
    seen = await world.see()
    assert await world.cards(seen.visit) == []
    assert seen.question


async def test_answered_visit_goes_on_without_a_new_question(world: World) -> None:
    """A named person who stays extends the visit; the cards are edited, nobody is asked."""
    seen = await world.see()
    outcome = await world.say(Name("Anna"), seen.question)
    before = [c.revision for c in await world.cards(seen.visit)]
    same = await world.see(outcome.person)
    assert same.visit.id == seen.visit.id
    assert [c.revision for c in await world.cards(seen.visit)] == [r + 1 for r in before]
    assert await world.store.questions.open_count(None) == 0


def lasting(time: timedelta) -> Visit:
    """Return a visit that long."""
    return Visit(
        id=new_id(),
        person_id=new_id(),
        site_id=new_id(),
        opened_at=NOON,
        last_seen_at=NOON + time,
        open=True,
        ordinal=1,
        detections=1,
        camera_ids=(),
        best=Best(detection_id=new_id(), camera_id=new_id(), image_key="k", quality=1.0),
    )


@given(st.integers(0, 100_000), st.integers(0, 100_000))
def test_longer_visits_are_edited_more_rarely(shorter: int, longer: int) -> None:
    """Never more often than the policy says, and never more often than a shorter visit."""
    policy = VisitPolicy()
    pauses = [_pause(lasting(length * SECOND), policy) for length in sorted((shorter, longer))]
    assert policy.edit <= pauses[0] <= pauses[1]
