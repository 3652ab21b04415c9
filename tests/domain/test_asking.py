"""Who is asked and told: first those who answer for the site and want to hear, then the others."""

from datetime import timedelta

import pytest

from domain.accounts import come_back
from domain.decisions import not_them
from domain.ids import new_id
from domain.policy import QuestionPolicy, VisitPolicy
from domain.records import Alerts, CardKind, Group, PersonStatus, Role, Site
from domain.unanswered import step_questions
from tests.domain.staff import change, dealt, hire
from tests.domain.world import GAP, NOON, World

HOUR = timedelta(hours=1)
QUESTION, ALERT = [CardKind.QUESTION], [CardKind.ALERT]
NOTICE, GUEST = [CardKind.NOTICE], [CardKind.GUEST]


async def test_managers_of_the_site_are_asked_and_admins_are_not(world: World) -> None:
    """An admin is asked where the site has no manager with a chat, or if they are its own."""
    await hire(world, "Ada", Role.ADMIN)
    await hire(world, "Vera", Role.VIEWER)
    assert await dealt(world, (await world.see()).visit) == {"Maria": QUESTION, "Otto": QUESTION}
    await hire(world, "Olga", Role.ADMIN, site_ids=(world.site.id,))
    assert {*await dealt(world, (await world.see()).visit)} == {"Maria", "Otto", "Olga"}


async def test_admins_are_asked_where_nobody_else_can_be(world: World) -> None:
    """Managers without a chat do not count."""
    await hire(world, "Ada", Role.ADMIN)
    for manager in (world.maria, world.otto):
        await change(world, manager, chat_id=None)
    assert await dealt(world, (await world.see()).visit) == {"Ada": QUESTION}


@pytest.mark.parametrize(
    "values",
    [{"muted_until": NOON + HOUR}, {"alerts": Alerts(strangers=False)}],
    ids=["muted", "not of strangers"],
)
async def test_who_does_not_want_to_be_asked_is_left_out(
    world: World, values: dict[str, object]
) -> None:
    """While another manager does; a pause that is over is none."""
    await change(world, world.maria, **values)
    assert await dealt(world, (await world.see()).visit) == {"Otto": QUESTION}
    world.now += HOUR
    back = (await dealt(world, (await world.see()).visit)).keys()
    assert ("Maria" in back) == ("muted_until" in values)


async def test_everybody_is_asked_when_no_manager_wants_to_be(world: World) -> None:
    """Better the wrong one than nobody."""
    await hire(world, "Ada", Role.ADMIN)
    await change(world, world.maria, muted_until=NOON + HOUR)
    await change(world, world.otto, alerts=Alerts(strangers=False))
    assert {*await dealt(world, (await world.see()).visit)} == {"Ada", "Maria", "Otto"}


async def test_blocked_people_reach_all_who_did_not_say_no(world: World) -> None:
    """Admins too, and through a pause."""
    await hire(world, "Ada", Role.ADMIN)
    await change(world, world.maria, muted_until=NOON + HOUR)
    await change(world, world.otto, alerts=Alerts(blocked=False))
    mallory = await world.person("Mallory", status=PersonStatus.BLOCKED)
    assert await dealt(world, (await world.see(mallory)).visit) == {"Ada": ALERT, "Maria": ALERT}


async def test_notices_reach_nobody_who_wants_none(world: World) -> None:
    """Not who is taking a pause, nor who wants to hear of nobody."""
    world.policy = VisitPolicy(gap=GAP, announce_known=True)
    await hire(world, "Ada", Role.ADMIN)
    await change(world, world.maria, muted_until=NOON + HOUR)
    await change(world, world.otto, alerts=Alerts(strangers=False, blocked=False))
    anna = await world.person("Anna")
    assert await dealt(world, (await world.see(anna)).visit) == {"Ada": NOTICE}


async def test_a_named_person_is_told_of_to_who_asked(world: World) -> None:
    """Whoever may see the site, though known people are not announced; each visit, once."""
    anna, _ = await world.person("Anna"), await world.person("Ben")
    elsewhere = Site(id=new_id(), name="Annex", created_at=NOON)
    await world.store.sites.add(elsewhere)
    wanting = Alerts(strangers=False, blocked=False, people=(anna.id,))
    await hire(world, "Vera", Role.VIEWER, alerts=wanting)
    await hire(world, "Uwe", Role.VIEWER, alerts=wanting, site_ids=(elsewhere.id,))
    await change(world, world.maria, alerts=wanting, muted_until=NOON + HOUR)
    seen = await world.see(anna)
    assert await dealt(world, seen.visit) == {"Vera": GUEST}
    await world.see(anna)
    assert await dealt(world, seen.visit) == {"Vera": GUEST}
    world.now += 2 * HOUR
    again = await world.see(anna)
    assert await dealt(world, again.visit) == {"Maria": GUEST, "Vera": GUEST}


async def test_a_named_person_is_told_of_once_when_all_known_are(world: World) -> None:
    """Who asked by name gets that instead of the notice."""
    world.policy = VisitPolicy(gap=GAP, announce_known=True)
    anna = await world.person("Anna")
    await change(world, world.maria, alerts=Alerts(people=(anna.id,)))
    seen = await world.see(anna)
    assert await dealt(world, seen.visit) == {"Maria": GUEST, "Otto": NOTICE}


async def bind(world: World) -> None:
    """Have the site's questions asked in a group too."""
    group = Group(
        id=new_id(), chat_id=-5, site_id=world.site.id, title="Reception", created_at=NOON
    )
    await world.store.groups.add(group)


async def test_the_group_of_a_site_is_asked_and_told_too(world: World) -> None:
    """Of everything but who was asked for by name; managers who want are asked themselves."""
    await bind(world)
    await hire(world, "Ada", Role.ADMIN)
    await change(world, world.maria, muted_until=NOON + HOUR)
    anna = await world.person("Anna")
    await change(world, world.otto, alerts=Alerts(people=(anna.id,)))
    assert await dealt(world, (await world.see()).visit) == {
        "Otto": QUESTION,
        "the group": QUESTION,
    }
    mallory = await world.person("Mallory", status=PersonStatus.BLOCKED)
    assert (await dealt(world, (await world.see(mallory)).visit))["the group"] == ALERT
    assert await dealt(world, (await world.see(anna)).visit) == {"Otto": GUEST}
    world.policy = VisitPolicy(gap=GAP, announce_known=True)
    ben = await world.person("Ben")
    assert (await dealt(world, (await world.see(ben)).visit))["the group"] == NOTICE


async def test_a_group_is_enough_to_be_asked(world: World) -> None:
    """Where no manager wants to be asked now the group is; admins only when it does not answer."""
    await bind(world)
    await hire(world, "Ada", Role.ADMIN)
    for manager in (world.maria, world.otto):
        await change(world, manager, muted_until=NOON + HOUR)
    seen = await world.see()
    assert await dealt(world, seen.visit) == {"the group": QUESTION}
    await step_questions(world.store, QuestionPolicy(), NOON + HOUR)
    assert {*await dealt(world, seen.visit)} == {"the group", "Ada", "Maria", "Otto"}


async def test_who_comes_back_is_dealt_what_is_for_them(world: World) -> None:
    """An admin is not shown what managers are being asked."""
    seen = await world.see()
    for name, role in (("Ada", Role.ADMIN), ("Mona", Role.MANAGER)):
        lost = await hire(world, name, role, chat_id=None)
        assert lost.user_id
        await come_back(world.store, user_id=lost.user_id, chat_id=lost.user_id, now=world.now)
    assert {*await dealt(world, seen.visit)} == {"Maria", "Otto", "Mona"}


async def test_a_visit_split_off_is_asked_about_in_every_chat(world: World) -> None:
    """Whoever was told that Anna has come is asked like the others, and who only looks is not."""
    world.policy = VisitPolicy(gap=GAP, announce_known=True)
    anna = await world.person("Anna")
    await hire(world, "Vera", Role.VIEWER, alerts=Alerts(people=(anna.id,)))
    await change(world, world.maria, alerts=Alerts(people=(anna.id,)))
    seen = await world.see(anna)
    told = {"Maria": GUEST, "Otto": NOTICE, "Vera": GUEST}
    assert await dealt(world, seen.visit) == told
    await not_them(
        world.store, visit_id=seen.visit.id, account=world.otto, via="chat", now=world.now
    )
    asked = {"Maria": [CardKind.GUEST, CardKind.QUESTION], "Otto": QUESTION, "Vera": GUEST}
    assert await dealt(world, seen.visit) == asked
