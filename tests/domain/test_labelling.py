"""Labels are put on people and taken off, several at once, and all of it can be undone."""

from dataclasses import replace
from itertools import permutations

import pytest

from domain.errors import InvalidError, NotAllowedError
from domain.labelling import MOST_LABELS, Labelling, clean_label, label
from domain.policy import DecisionPolicy
from domain.records import Decision, Person, Role
from domain.sorting import label_together
from domain.together import Together, undo_together
from tests.domain.world import World

PUT_ON, TAKEN_OFF = Labelling.PUT_ON, Labelling.TAKEN_OFF


async def say(
    world: World, person: Person, text: str, how: Labelling = Labelling.PUT_ON
) -> Decision:
    """Put a label on somebody, or take it off."""
    outcome = await label(
        world.store,
        person_id=person.id,
        text=text,
        how=how,
        account=world.maria,
        via="panel",
        now=world.now,
    )
    return outcome.decision


async def labels(world: World, person: Person) -> tuple[str, ...]:
    """Return somebody's labels."""
    return (await world.someone(person.id)).labels


async def together(world: World, people: list[Person], text: str, how: Labelling) -> Together:
    """Put a label on several people, or take it off."""
    return await label_together(
        world.store,
        person_ids=[person.id for person in people],
        text=text,
        how=how,
        account=world.maria,
        via="panel",
        now=world.now,
    )


async def test_a_label_is_a_short_word(world: World) -> None:
    """Capitals and spaces do not matter; nothing, much and too many are refused."""
    anna = (await world.see(await world.person("Anna"))).person
    assert clean_label("  Night,  SHIFT ") == "night shift"
    for wrong in ("", " , ", "x" * 41):
        with pytest.raises(InvalidError):
            await say(world, anna, wrong)
    for n in range(MOST_LABELS):
        await say(world, anna, f"label {n}")
    with pytest.raises(InvalidError, match="20 labels already"):
        await say(world, anna, "one more")


async def test_only_who_may_decide_may_label(world: World) -> None:
    """Not for people of other sites, and not for those who only look."""
    anna = await world.person("Anna")
    with pytest.raises(NotAllowedError):
        await say(world, anna, "staff")
    seen = (await world.see(anna)).person
    world.maria = replace(world.maria, role=Role.VIEWER)
    with pytest.raises(NotAllowedError):
        await say(world, seen, "staff")
    assert await labels(world, anna) == ()


@pytest.mark.parametrize("order", [*permutations(range(4), 2)])
async def test_each_is_undone_for_itself(world: World, order: tuple[int, int]) -> None:
    """Whatever is undone, in any order: labels are as if only the rest had been said."""
    said = [("staff", PUT_ON), ("early", PUT_ON), ("staff", PUT_ON), ("early", TAKEN_OFF)]
    anna, bea = [(await world.see(await world.person(name))).person for name in ("Anna", "Bea")]
    made = [await say(world, anna, *one) for one in said]
    for n in order:
        await world.undo(made[n])
    for n, one in enumerate(said):
        if n not in order and not (one[1] is TAKEN_OFF and one[0] not in await labels(world, bea)):
            await say(world, bea, *one)
    assert await labels(world, anna) == await labels(world, bea)


async def test_several_at_once_and_back(world: World) -> None:
    """All get it by decisions of one batch; off it goes of those who have it; undone at once."""
    people = [(await world.see()).person for _ in range(3)]
    await say(world, people[0], "staff")
    made = await together(world, people, "Staff", PUT_ON)
    assert [len(made.outcomes), len(made.refused)] == [3, 0]
    assert {outcome.decision.batch for outcome in made.outcomes} == {made.batch}
    await undo_together(
        world.store,
        batch=made.batch,
        account=world.maria,
        via="panel",
        now=world.now,
        policy=DecisionPolicy(),
    )
    assert [await labels(world, person) for person in people] == [("staff",), (), ()]
    off = await together(world, people, "staff", TAKEN_OFF)
    assert len(off.outcomes) == 1
    with pytest.raises(InvalidError, match="None of them"):
        await together(world, people, "staff", TAKEN_OFF)
