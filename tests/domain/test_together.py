"""Several decided about at once: each as if alone, and taken back as if it had never been said."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from domain.decisions import Answer, Block, Dismiss, ItIs, Name, Verdict, Visitor
from domain.errors import (
    AlreadyDecidedError,
    InvalidError,
    NameTakenError,
    NotAllowedError,
    NotFoundError,
)
from domain.ids import new_id
from domain.policy import DecisionPolicy
from domain.records import Account, Id, Person, PersonStatus, QuestionStatus, Site
from domain.together import (
    MOST,
    Refusal,
    TakenBack,
    Together,
    answer_together,
    decide_together,
    undo_together,
)
from tests.domain.world import GAP, NOON, Seen, World


async def say(
    world: World, given: Verdict, people: Sequence[Person], account: Account | None = None
) -> Together:
    """Say the same of several people, Maria unless somebody else does."""
    return await decide_together(
        world.store,
        person_ids=[person.id for person in people],
        answer=given,
        account=account or world.maria,
        via="panel",
        now=world.now,
    )


async def reply(
    world: World, given: Answer, seen: Sequence[Seen], account: Account | None = None
) -> Together:
    """Answer several questions at once, Maria unless somebody else does."""
    return await answer_together(
        world.store,
        question_ids=[one.question.id for one in seen if one.question],
        answer=given,
        account=account or world.maria,
        via="panel",
        now=world.now,
    )


async def take_back(world: World, batch: Id, account: Account | None = None) -> TakenBack:
    """Undo a batch, Maria unless somebody else does."""
    return await undo_together(
        world.store,
        batch=batch,
        account=account or world.maria,
        via="panel",
        now=world.now,
        policy=DecisionPolicy(),
    )


async def strangers(world: World, number: int) -> list[Seen]:
    """Let so many strangers be seen, each asked about."""
    return [await world.see() for _ in range(number)]


async def who(world: World, seen: Sequence[Seen]) -> list[Person | None]:
    """Return who these turned out to be."""
    return [await world.store.persons.canonical(one.person.id) for one in seen]


async def open_ones(world: World, seen: Sequence[Seen]) -> list[bool]:
    """Tell of each whether an answer is still wanted."""
    asked = [await world.asked(one.visit) for one in seen]
    return [question.status is QuestionStatus.OPEN for question in asked]


async def test_one_name_makes_them_one(world: World) -> None:
    """The first is called by it and the others are the first; all decisions are of one batch."""
    seen = await strangers(world, 4)
    made = await reply(world, Name("  Anna "), seen)
    assert made.refused == ()
    assert [o.decision.verb for o in made.outcomes] == ["name", "merge", "merge", "merge"]
    assert {o.decision.batch for o in made.outcomes} == {made.batch}
    anna = await world.store.persons.canonical(seen[0].person.id)
    assert anna
    assert (anna.name, anna.status) == ("Anna", PersonStatus.KNOWN)
    assert await who(world, seen) == [anna] * 4
    assert await open_ones(world, seen) == [False] * 4
    kept = await world.store.decisions.of_batch(made.batch)
    assert [d.id for d in kept] == [o.decision.id for o in made.outcomes]


async def test_a_batch_is_taken_back_as_a_whole(world: World) -> None:
    """People, questions and cards are as before; a second time it has been undone already."""
    seen = await strangers(world, 3)
    before = [await world.someone(one.person.id) for one in seen]
    made = await reply(world, Name("Anna"), seen)
    undone = await take_back(world, made.batch, world.otto)
    assert (len(undone.undone), undone.refused) == (3, ())
    after = [await world.someone(one.person.id) for one in seen]
    assert after == [replace(b, version=a.version) for b, a in zip(before, after, strict=True)]
    assert [await world.asked(one.visit) for one in seen] == [one.question for one in seen]
    with pytest.raises(InvalidError, match="Otto has undone this already"):
        await take_back(world, made.batch)
    again = await reply(world, Block(), seen)
    assert len(again.outcomes) == 3


async def test_what_was_undone_alone_is_left(world: World) -> None:
    """One of a batch undone in the chat; the others are undone with the batch, nothing twice."""
    seen = await strangers(world, 3)
    made = await reply(world, Dismiss(), seen)
    await world.undo(made.outcomes[1].decision)
    undone = await take_back(world, made.batch)
    assert {u.decision.id for u in undone.undone} == {
        made.outcomes[0].decision.id,
        made.outcomes[2].decision.id,
    }
    assert undone.refused == ()
    assert await open_ones(world, seen) == [True] * 3


async def test_each_is_marked_alike(world: World) -> None:
    """Any other answer is given to each of them, without making them one."""
    seen = await strangers(world, 3)
    made = await reply(world, Visitor(until=NOON + GAP), seen)
    assert len(made.outcomes) == 3
    for one in seen:
        person = await world.someone(one.person.id)
        assert (person.status, person.visitor_until) == (PersonStatus.KNOWN, NOON + GAP)


async def test_all_of_them_are_anna(world: World) -> None:
    """Each becomes her; a merge of people nobody asked about passes over her herself."""
    anna = await world.person("Anna")
    await world.see(anna)
    seen = await strangers(world, 2)
    await reply(world, ItIs(anna.id), seen)
    others = [one.person for one in await strangers(world, 2)]
    made = await say(world, ItIs(anna.id), [*others, anna, others[0]])
    assert (len(made.outcomes), made.refused) == (2, ())
    assert await who(world, seen) == [await world.someone(anna.id)] * 2
    with pytest.raises(InvalidError, match="same person already"):
        await say(world, ItIs(anna.id), others)


async def test_people_are_named_together(world: World) -> None:
    """People whom nobody asked about are made one under a name, each only once."""
    people = [one.person for one in await strangers(world, 3)]
    merged = people[2]
    await world.decide(ItIs(people[1].id), merged)
    made = await say(world, Name("Anna"), [*people, people[0]])
    assert (len(made.outcomes), made.refused) == (2, ())
    names = [await world.store.persons.canonical(person.id) for person in people]
    assert {person.name for person in names if person} == {"Anna"}


async def test_a_refusal_leaves_the_others(world: World) -> None:
    """What cannot be decided is told with its reason; a name goes on from the first that can."""
    seen = await strangers(world, 3)
    await world.say(Block(), seen[0].question, world.otto)
    missing = new_id()
    made = await answer_together(
        world.store,
        question_ids=[missing, *(one.question.id for one in seen if one.question)],
        answer=Name("Anna"),
        account=world.maria,
        via="panel",
        now=world.now,
    )
    first, second = made.refused
    assert (first.id, type(first.why)) == (missing, NotFoundError)
    assert first_of(second) == "Otto"
    assert [o.decision.verb for o in made.outcomes] == ["name", "merge"]


async def test_questions_of_another_site_are_refused(world: World) -> None:
    """Nobody answers for sites that are not theirs, not even among their own."""
    mine = await world.see()
    there = Site(id=new_id(), name="Annex", created_at=NOON)
    await world.store.sites.add(there)
    site, world.site = world.site, there
    theirs = await world.see()
    world.site = site
    made = await reply(world, Name("Anna"), [theirs, mine])
    assert [type(r.why) for r in made.refused] == [NotAllowedError]
    assert [o.person.id for o in made.outcomes] == [mine.person.id]


async def test_a_name_that_is_taken_changes_nothing(world: World) -> None:
    """It is asked, as of one alone, whether it is the same; another of the name is one person."""
    await world.person("Anna")
    seen = await strangers(world, 2)
    with pytest.raises(NameTakenError):
        await reply(world, Name("anna"), seen)
    assert await open_ones(world, seen) == [True, True]
    made = await reply(world, Name("anna", another=True), seen)
    assert [o.decision.verb for o in made.outcomes] == ["name", "merge"]


@pytest.mark.parametrize("number", [0, MOST + 1])
async def test_there_are_bounds(world: World, number: int) -> None:
    """Nobody, and more than MOST, are refused as a whole; so is a name without a letter."""
    ids = [new_id() for _ in range(number)]
    given = {"account": world.maria, "via": "panel", "now": world.now}
    with pytest.raises(InvalidError, match="Choose"):
        await decide_together(world.store, person_ids=ids, answer=Block(), **given)  # type: ignore[arg-type]
    with pytest.raises(InvalidError, match="Choose"):
        await answer_together(world.store, question_ids=ids, answer=Block(), **given)  # type: ignore[arg-type]
    seen = await strangers(world, 1)
    with pytest.raises(InvalidError, match="letter"):
        await reply(world, Name(" "), seen)


async def test_one_person_asked_about_at_two_sites(world: World) -> None:
    """The answer to one question settles the other: nothing is refused."""
    seen = await world.see()
    there = Site(id=new_id(), name="Annex", created_at=NOON)
    await world.store.sites.add(there)
    maria = replace(world.maria, site_ids=(world.site.id, there.id))
    world.site = there
    again = await world.see(seen.person)
    made = await reply(world, Name("Anna"), [seen, again], maria)
    assert (len(made.outcomes), made.refused) == (1, ())
    assert await open_ones(world, [seen, again]) == [False, False]
    await take_back(world, made.batch, maria)
    assert await open_ones(world, [seen, again]) == [True, True]


async def test_two_answer_the_same_at_once(world: World) -> None:
    """One has them all, every time; the other is told who came first, and decides nothing."""
    won: set[str] = set()
    for turn in range(12):
        seen = await strangers(world, 4)
        pair = [(f"Anna {turn}", world.maria), (f"Otto {turn}", world.otto)]
        order = pair if turn % 2 else pair[::-1]
        made = await asyncio.gather(
            *(reply(world, Name(name), seen, account) for name, account in order)
        )
        [(first, (name, account))] = [
            (together, given)
            for together, given in zip(made, order, strict=True)
            if together.outcomes
        ]
        [second] = [together for together in made if together is not first]
        assert (len(first.outcomes), first.refused) == (4, ())
        assert [r.id for r in second.refused] == [one.question.id for one in seen if one.question]
        assert {first_of(refusal) for refusal in second.refused} == {account.name}
        people = await who(world, seen)
        assert {person.name for person in people if person} == {name}
        won.add(account.name)
    assert won == {"Maria", "Otto"}


def first_of(refusal: Refusal) -> str | None:
    """Return who came first."""
    assert isinstance(refusal.why, AlreadyDecidedError)
    return refusal.why.decision.account_name if refusal.why.decision else None


async def test_one_answers_a_single_one_meanwhile(world: World) -> None:
    """One question, one decision: who answers one of them has it, and the rest go together."""
    for _ in range(8):
        seen = await strangers(world, 3)
        alone, together = await asyncio.gather(
            world.say(Block(), seen[1].question, world.otto),
            reply(world, Name("Anna", another=True), seen),
            return_exceptions=True,
        )
        assert not isinstance(together, BaseException)
        asked = await world.asked(seen[1].visit)
        if isinstance(alone, AlreadyDecidedError):
            assert alone.decision
            assert (alone.decision.id, alone.decision.batch) == (asked.decision_id, together.batch)
            assert (len(together.outcomes), together.refused) == (3, ())
        else:
            assert not isinstance(alone, BaseException)
            assert asked.decision_id == alone.decision.id
            assert [r.id for r in together.refused] == [asked.id]
            assert len(together.outcomes) == 2


async def test_two_take_back_the_same_at_once(world: World) -> None:
    """Each decision is undone once; all are open again, whoever was quicker with each."""
    for _ in range(4):
        seen = await strangers(world, 3)
        made = await reply(world, Dismiss(), seen)
        undone = await asyncio.gather(
            take_back(world, made.batch),
            take_back(world, made.batch, world.otto),
            return_exceptions=True,
        )
        taken = [u.decision.id for one in undone if isinstance(one, TakenBack) for u in one.undone]
        assert sorted(taken) == sorted(o.decision.id for o in made.outcomes)
        assert all(not one.refused for one in undone if isinstance(one, TakenBack))
        assert await open_ones(world, seen) == [True] * 3


async def test_what_stands_is_told(world: World) -> None:
    """Of a batch of two sites an account takes back what was at its own; the rest is refused."""
    mine = await world.see()
    there = Site(id=new_id(), name="Annex", created_at=NOON)
    await world.store.sites.add(there)
    site, world.site = world.site, there
    theirs = await world.see()
    world.site = site
    everywhere = replace(world.maria, site_ids=(site.id, there.id))
    made = await reply(world, Dismiss(), [mine, theirs], everywhere)
    undone = await take_back(world, made.batch, world.otto)
    assert [type(r.why) for r in undone.refused] == [NotAllowedError]
    assert await open_ones(world, [mine, theirs]) == [True, False]
    with pytest.raises(NotAllowedError):
        await take_back(world, made.batch, replace(world.otto, site_ids=()))


async def test_a_batch_is_undone_for_a_while(world: World) -> None:
    """Later, and where there never was one, it is refused as a whole."""
    made = await reply(world, Dismiss(), await strangers(world, 2))
    world.now += DecisionPolicy().undo + GAP
    with pytest.raises(InvalidError, match="too much time"):
        await take_back(world, made.batch)
    with pytest.raises(NotFoundError):
        await take_back(world, new_id())
