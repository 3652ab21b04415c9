"""Questions about what seems to be one stranger are of one stack, from wherever one looks."""

from collections.abc import Sequence

from domain.decisions import IsNot, ItIs, Name
from domain.ids import new_id
from domain.records import Id, Person, Question, Rejection, Site, Suggestion
from domain.stacks import LIKELY, stacks
from tests.domain.world import NOON, Seen, World


def perhaps(*people: Person, confidence: float = 0.7) -> tuple[Suggestion, ...]:
    """Return that somebody may be one of these."""
    return tuple(Suggestion(person_id=p.id, distance=0.4, confidence=confidence) for p in people)


async def like(world: World, *others: Seen, confidence: float = 0.7) -> Seen:
    """Let a stranger be seen who may be one of these."""
    maybe = perhaps(*(one.person for one in others), confidence=confidence)
    return await world.see(await world.person(maybe=maybe))


async def parts(
    world: World, seen: Sequence[Seen], sites: Sequence[Id] | None = None
) -> list[set[Id]]:
    """Return whose questions are of one stack, for each stack."""
    found = await stacks(world.store, asked(seen), sites)
    return [{question.person_id for question in stack} for stack in found]


def asked(seen: Sequence[Seen]) -> list[Question]:
    """Return the questions of these."""
    return [one.question for one in seen if one.question]


def who(*seen: Seen) -> set[Id]:
    """Return whom these show."""
    return {one.person.id for one in seen}


async def test_who_may_be_one_is_of_one_stack(world: World) -> None:
    """Also over a third; from each of them the same questions are found, newest first."""
    first = await world.see()
    second = await like(world, first)
    third = await like(world, second)
    alone = await world.see()
    for one in (first, second, third):
        [stack] = await stacks(world.store, asked([one]), None)
        assert [q.id for q in stack] == [q.id for q in asked([third, second, first])]
    assert await parts(world, [first, alone]) == [who(alone), who(first, second, third)]


async def test_an_unlikely_one_stands_alone(world: World) -> None:
    """What is likelier to be somebody else is not shown as the same."""
    first = await world.see()
    second = await like(world, first, confidence=LIKELY - 0.01)
    assert await parts(world, [first, second]) == [who(second), who(first)]


async def test_who_was_told_apart_is_in_no_stack_together(world: World) -> None:
    """The middle one goes with the newest; the parts are the same from wherever one looks."""
    first = await world.see()
    second = await like(world, first)
    third = await like(world, second)
    version = await world.store.gallery.advance()
    await world.store.rejections.add(
        Rejection(
            id=new_id(),
            person_id=first.person.id,
            other_id=third.person.id,
            version=version,
            created_at=NOON,
        )
    )
    expected = [who(third, second), who(first)]
    assert await parts(world, [first, second, third]) == expected
    assert await parts(world, [first]) == [who(first)]
    assert await parts(world, [second]) == [who(third, second)]


async def test_not_the_same_after_all(world: World) -> None:
    """Who answers "no" to a suggestion takes the two apart."""
    first = await world.see()
    second = await world.see(await world.person(maybe=perhaps(first.person)), maybe=[first.person])
    assert await parts(world, [first]) == [who(first, second)]
    await world.say(IsNot(first.person.id), second.question)
    assert await parts(world, [first, second]) == [who(second), who(first)]


async def test_one_person_at_two_sites(world: World) -> None:
    """Who may see both sites has both questions in one stack; others have the one."""
    here = await world.see()
    site = world.site
    annex = Site(id=new_id(), name="Annex", created_at=NOON)
    await world.store.sites.add(annex)
    world.site = annex
    there = await world.see(here.person)
    [stack] = await stacks(world.store, asked([here]), [site.id, annex.id])
    assert [q.id for q in stack] == [q.id for q in asked([there, here])]
    [stack] = await stacks(world.store, asked([here]), [site.id])
    assert [q.id for q in stack] == [q.id for q in asked([here])]


async def test_those_known_hold_nobody_together(world: World) -> None:
    """Two strangers who may be Anna are not, by that, one; nor is anybody with who has a name."""
    anna = await world.person("Anna")
    seen = [await world.see(await world.person(maybe=perhaps(anna))) for _ in range(2)]
    assert await parts(world, seen) == [who(seen[1]), who(seen[0])]
    first = await world.see()
    second = await like(world, first)
    await world.say(Name("Bea"), first.question)
    assert await parts(world, [second]) == [who(second)]


async def test_strangers_made_one_count_as_one(world: World) -> None:
    """Who may be somebody who turned out to be another may be that other."""
    first, second = await world.see(), await world.see()
    await world.decide(ItIs(second.person.id), first.person)
    third = await like(world, first)
    assert await parts(world, [third]) == [who(third, second)]
    assert await parts(world, [second]) == [who(third, second)]
