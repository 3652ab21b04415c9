"""What is played for the transcript: the chapters of a manager's days."""

from dataclasses import replace
from datetime import timedelta

from domain.accounts import invite
from domain.asking import deal_grant
from domain.attention import set_quiet
from domain.grants import conclude, expire
from domain.ids import new_id
from domain.leaving import revoke
from domain.records import (
    Door,
    Evidence,
    Grant,
    GrantStatus,
    PackInUse,
    Person,
    PersonStatus,
    Quiet,
    Role,
    WorkerState,
)
from domain.store import Records
from domain.strangers import settle
from domain.webhooks import new_webhook_secret
from tests.bot.story import EVE, MARIA, OTTO, VERA, Story

NEW = "Somebody new comes to the front door."


async def joining(story: Story) -> None:
    """Joining by link, greeting, and the refusal of a stranger."""
    house = story.house
    story.tell("Nobody knows Eve.")
    await story.says(EVE, "/start")
    await story.says(EVE, "Who was here today?")
    story.tell("An admin invites Vera as a viewer.")
    token = await house.invitation("Vera", Role.VIEWER)
    await story.joins(VERA, token)
    story.tell("Eve has got hold of the same link.")
    await story.joins(EVE, token)
    await story.says(VERA, "/help")
    await story.says(VERA, "/pending")
    await story.says(MARIA, "/help")
    await story.says(MARIA, "Hello?")


async def a_stranger_is_named(story: Story) -> None:
    """A card that grows, a name by reply, and undo on the card."""
    house = story.house
    yard = replace(house.camera, id=new_id(), name="Yard", key_hash=new_id())
    await house.store.cameras.add(yard)
    guest = await story.comes(NEW)
    await story.wait(seconds=38)
    house.camera, door = yard, house.camera
    await story.comes("The camera in the yard has a better picture.", guest.person, quality=0.9)
    await story.later("", seconds=10)
    house.camera = door
    await story.presses(MARIA, "Name")
    await story.says(MARIA, "Anna Berg", to="Reply with the name")
    await story.presses(OTTO, "Undo", on="Anna Berg")
    await story.says(OTTO, "Anna", to="Stranger 1")
    await story.presses(MARIA, "Undo", on="Anna")
    await story.says(MARIA, "Anna", to="Stranger 1")
    await story.wait(hours=1)
    await story.comes("Anna passes again.", await person(story, "Anna"))


async def a_namesake(story: Story) -> None:
    """A name that is known already is asked about, with the picture of who has it."""
    await story.house.person(name="Anna", cover=True)
    await story.comes(NEW)
    await story.says(MARIA, "Anna", to="Stranger 2")
    await story.presses(MARIA, "Another Anna")
    await story.wait(minutes=5)
    await story.comes("And somebody else.")
    await story.says(MARIA, "anna", to="Stranger 3")
    await story.presses(MARIA, "It is Anna (1)")


async def other_answers(story: Story) -> None:
    """Block, dismiss, visitors, not a face, later."""
    for button, menu in (
        ("Block", ""),
        ("Dismiss", ""),
        ("Visitor today", ""),
        ("Visitor for a week", "More"),
        ("Visitor always", "More"),
        ("Not a face", "More"),
        ("30 min", "Later"),
    ):
        await story.wait(minutes=1)
        await story.comes(NEW)
        if menu:
            await story.presses(MARIA, menu)
        await story.presses(MARIA, button)
    await story.later("Half an hour is over.", minutes=31)
    await story.presses(OTTO, "Block")
    await story.presses(MARIA, "Undo", on="Stranger 7")


async def is_it_anna(story: Story) -> None:
    """Yes, No, Someone else, It is, and Not Anna where somebody was recognised wrongly."""
    house = story.house
    anna = await house.person(name="Anna", cover=True)
    bea = await house.person(name="Bea", cover=True)
    await story.comes(
        "Somebody comes who looks like Anna.", likely=[(anna, 0.71), (bea, 0.34)], unsure=True
    )
    await story.presses(MARIA, "Yes")
    await story.wait(minutes=2)
    await story.comes("Again.", likely=[(anna, 0.63)], unsure=True)
    await story.presses(MARIA, "No")
    await story.wait(minutes=2)
    await story.comes("And again.", likely=[(anna, 0.58)], unsure=True)
    await story.presses(OTTO, "Someone else")
    await story.says(OTTO, "Cleo", to="Reply with the name")
    await story.wait(minutes=2)
    await story.comes("Somebody looks a little like two.", likely=[(anna, 0.31), (bea, 0.2)])
    await story.presses(MARIA, "It is Bea 20 %")
    await story.wait(minutes=20)
    await story.comes("Anna is recognised.", anna)
    await story.presses(MARIA, "Not Anna")
    await story.presses(OTTO, "Dismiss")


async def coming_back(story: Story) -> None:
    """A stranger who returns, with the earlier pictures."""
    house = story.house
    guest = await house.seen(at=story.now - timedelta(days=3, hours=5))
    await house.seen(guest.person, at=story.now - timedelta(days=1))
    await story.later("A stranger was here on Saturday and on Monday, while the bot was away.")
    await story.wait(minutes=10)
    await story.comes("And comes a third time.", guest.person)
    await story.presses(MARIA, "Earlier")
    await story.says(MARIA, "Tom", to="3rd visit")


async def a_later_picture(story: Story) -> None:
    """A better picture settles who a stranger is, and nobody is disturbed again."""
    anna = await story.house.person(name="Anna")
    guest = await story.comes(NEW, likely=[(anna, 0.42)])

    async def work(records: Records) -> None:
        visit = await records.visits.get(guest.visit.id)
        assert visit
        await records.visits.save(replace(visit, confidence=0.96))
        await settle(
            records,
            stranger=guest.person,
            known=anna,
            expected=await records.gallery.version(),
            now=story.now,
        )

    await story.house.store.transact(work)
    await story.later("They look up: it is Anna.", seconds=8)


async def nobody_answers(story: Story) -> None:
    """A reminder, others are asked too, and the question expires."""
    house = story.house
    invited = await invite(house.store, name="Vera", role=Role.ADMIN, site_ids=[], now=story.now)
    story.tell("Vera is invited as an admin.")
    await story.joins(VERA, invited.token)
    await story.comes(NEW)
    await story.later("A quarter of an hour later.", minutes=15)
    await story.later("Half an hour after the question.", minutes=16)
    await story.later("A day later.", days=1)
    await story.presses(OTTO, "Dismiss")


async def taking_back(story: Story) -> None:
    """Undo from the list; what was seen in between is kept."""
    await story.comes(NEW)
    await story.says(MARIA, "Anna", to="Stranger 1")
    await story.wait(minutes=3)
    await story.comes("And somebody else.")
    await story.presses(OTTO, "Block")
    await story.wait(minutes=20)
    await story.comes("Anna passes again.", await person(story, "Anna"))
    await story.says(MARIA, "/undo")
    await story.presses(MARIA, "Undo 2")
    await story.presses(MARIA, "Undo 1")
    await story.presses(OTTO, "Block")
    await story.says(MARIA, "Bea", to="Stranger 2")


async def alerts(story: Story) -> None:
    """Somebody blocked, a picture held before the camera, and of whom one is told."""
    house = story.house
    bob = await house.person(name="Bob", status=PersonStatus.BLOCKED)
    anna = await house.person(name="Anna")
    await story.comes("Anna comes to the front door.", anna)
    await story.wait(hours=1)
    await story.comes("Bob, who is blocked, comes to the front door.", bob)
    await story.wait(minutes=1)
    await house.spoofed()
    await story.later("Somebody holds a picture before the camera.")
    await story.says(OTTO, "/alerts")
    await story.presses(OTTO, "✓ Strangers")
    await story.says(OTTO, "/alerts Anna")
    await story.wait(minutes=5)
    await story.comes("Anna comes back.", anna)
    await story.comes("And somebody new.")


async def quiet(story: Story) -> None:
    """Quiet hours, a digest in the morning, and a pause."""
    house = story.house
    await story.says(MARIA, "/quiet")
    await story.says(MARIA, "/quiet 22-7")
    await story.says(OTTO, "/quiet 22:00-07:00 digest")
    await story.later("Good night.", hours=8)
    await story.comes(NEW)
    await story.wait(minutes=2)
    bob = await house.person(name="Bob", status=PersonStatus.BLOCKED)
    await story.comes("Bob, who is blocked, comes too.", bob)
    await story.later("Good morning.", hours=8, minutes=28)
    await story.says(MARIA, "/quiet off")
    await story.says(MARIA, "/mute 2h")
    await story.comes("Somebody else comes.")
    await story.says(MARIA, "/mute")
    await story.presses(MARIA, "Off")


async def a_burst(story: Story) -> None:
    """Many questions at once are one card with pages."""
    for user_id in (MARIA, OTTO):
        account = await story.account(user_id)
        night = Quiet(start=22 * 60, end=7 * 60, digest=True)
        await set_quiet(story.house.store, account_id=account.id, quiet=night, now=story.now)
    await story.wait(hours=8)
    for number in ("first", "second", "third", "fourth", "fifth", "sixth", "seventh"):
        await story.comes(f"A {number} stranger comes, while Maria and Otto want their peace.")
    await story.later("Good morning.", hours=8, minutes=28)
    await story.presses(MARIA, "▶")
    await story.presses(OTTO, "Block")
    await story.presses(MARIA, "Name")
    await story.says(MARIA, "Anna", to="Reply with the name")
    for _ in range(5):
        await story.presses(MARIA, "Dismiss")


async def looking(story: Story) -> None:
    """Who came today and yesterday, and everybody with a name."""
    house = story.house
    anna, bob = await house.person(name="Anna"), await house.person(name="Bob")
    await house.seen(anna, at=story.now - timedelta(days=1, hours=4))
    await house.seen(anna, at=story.now - timedelta(hours=3))
    await house.seen(anna, at=story.now - timedelta(hours=2))
    await house.seen(bob, at=story.now - timedelta(hours=1))
    await house.seen(at=story.now - timedelta(minutes=20))
    await story.later("Anna was here yesterday, and today Anna, Bob and somebody new.")
    await story.says(MARIA, "/today")
    await story.presses(MARIA, "1", on="people")
    await story.presses(MARIA, "Visits")
    await story.presses(MARIA, "Photos")
    await story.says(MARIA, "/yesterday")
    await story.says(MARIA, "/people")
    await story.says(MARIA, "/people zoe")
    await story.says(MARIA, "/person")
    await story.joins(VERA, await house.invitation("Vera", Role.VIEWER))
    await story.says(VERA, "/person Anna")


async def deciding(story: Story) -> None:
    """What is decided on somebody's card: rename, block, merge, forget."""
    house = story.house
    for name in ("Anna", "Bob"):
        await story.comes(f"{name} comes to the front door.", await house.person(name=name))
    await story.comes(NEW)
    await story.says(MARIA, "/person Bob")
    await story.presses(MARIA, "Rename")
    await story.says(MARIA, "Robert", to="Reply with the name")
    await story.says(MARIA, "/person Robert")
    await story.presses(MARIA, "Block")
    await story.presses(MARIA, "Unblock")
    await story.presses(MARIA, "Merge into…", on="Robert")
    await story.presses(MARIA, "Somebody else, by name")
    await story.says(MARIA, "Anna", to="Reply with who Robert is")
    await story.presses(MARIA, "Make them one")
    await story.presses(MARIA, "Undo", on="It is Anna")
    await story.says(MARIA, "/person 3")
    await story.presses(MARIA, "Forget…", on="Stranger 3 · not named")
    await story.presses(MARIA, "Forget for good")
    await story.says(MARIA, "/person Zoe")


async def guests(story: Story) -> None:
    """A guest is announced, comes, and the host hears of it."""
    await story.says(OTTO, "/expect")
    await story.says(OTTO, "/expect Bob")
    await story.says(OTTO, "/expect Bob on Thursday")
    await story.says(OTTO, "/expect Cleo today")
    await story.says(OTTO, "/expect")
    await story.presses(OTTO, "Call Bob off")
    await story.wait(minutes=10)
    await story.comes(NEW)
    await story.presses(MARIA, "It is Cleo (expected)")


async def status(story: Story) -> None:
    """How things stand, and what waits."""
    house, store = story.house, story.house.store
    await story.comes(NEW)
    await story.says(MARIA, "/status")
    await store.cameras.seen(house.camera.id, story.now)
    await store.workers.beat(WorkerState(name="w", model="m", provider="CPU", seen_at=story.now))

    async def use(records: Records) -> None:
        await records.gallery.advance()
        await records.gallery.use(PackInUse(pack="opencv-zoo", model="m"))

    await store.transact(use)
    story.tell("A worker is started, and the camera sends.")
    await story.says(MARIA, "/status")
    await story.presses(MARIA, "Show them")
    await story.says(OTTO, "/pending")


async def another_language(story: Story) -> None:
    """Everybody has a language of their own."""
    await story.says(MARIA, "/language")
    await story.presses(MARIA, "Deutsch")
    await story.comes(NEW)
    await story.presses(MARIA, "Sperren")
    await story.says(MARIA, "/today")


async def a_door(story: Story) -> None:
    """A door in doubt asks; open, no, and too late."""
    anna = await story.house.person(name="Anna")
    door = Door(
        id=new_id(),
        site_id=story.house.site.id,
        name="Gate",
        url="https://door.example/",
        secret=new_webhook_secret(),
        created_at=story.now,
    )
    await story.house.store.doors.add(door)
    await _asked(story, door, anna)
    await story.later("Usher is not sure that Anna stands at the gate.")
    await story.presses(MARIA, "Open")
    leased = await story.house.store.grants.claim(
        now=story.now, until=story.now + timedelta(seconds=30)
    )
    assert leased
    done = replace(leased, status=GrantStatus.DELIVERED, delivered_at=story.now)
    assert await conclude(story.house.store, leased, done, story.now)
    await story.later("The gate opens.", seconds=1)
    await story.wait(minutes=5)
    await _asked(story, door, anna)
    await story.later("Again.")
    await story.presses(OTTO, "No")
    await story.wait(minutes=5)
    await _asked(story, door, anna)
    await story.later("And again.")
    await story.wait(seconds=31)
    await expire(story.house.store, story.now)
    await story.later("Nobody pressed in time.")


async def _asked(story: Story, door: Door, person: Person) -> None:
    """Have people asked whether a door shall open for somebody."""
    house, now = story.house, story.now
    # A detection that nobody is told of otherwise.
    seen = await house.seen(await house.person(status=PersonStatus.DISMISSED))
    crop = Evidence(
        detection_id=seen.visit.best.detection_id, camera_id=house.camera.id, captured_at=now
    )
    grant = Grant(
        id=new_id(),
        door_id=door.id,
        site_id=house.site.id,
        status=GrantStatus.ASKED,
        at=now,
        expires_at=now + timedelta(seconds=30),
        due_at=now,
        person_id=person.id,
        crops=(crop,),
        confidence=0.71,
        asked=True,
    )

    async def work(records: Records) -> None:
        await records.grants.add(grant)
        await deal_grant(records, grant, now)

    await house.store.transact(work)


async def a_group(story: Story) -> None:
    """A group with topics is bound to a site, answers there, and is left."""
    group = await story.group("Gate", {2: "Main site", 3: "Canteen"})
    here = (group.id, 2)
    await story.says(MARIA, "/here", place=here)
    await story.presses(MARIA, "Main", group_id=group.id)
    await story.wait(minutes=1)
    await story.comes(NEW)
    await story.presses(OTTO, "Name", group_id=group.id)
    await story.says(OTTO, "Anna", to="reply with the name", place=here)
    await story.says(MARIA, "/today", place=here)
    await story.says(MARIA, "/people", place=here)
    await story.says(MARIA, "/leave", place=here)


async def leaving(story: Story) -> None:
    """Somebody leaves, and somebody's access is taken away."""
    house = story.house
    await story.comes(NEW)
    await story.says(OTTO, "/leave")
    await story.presses(OTTO, "Leave")
    await story.says(OTTO, "/today")
    token = await house.invitation("Otto")
    await story.joins(OTTO, token)
    maria = await story.account(MARIA)
    await revoke(house.store, account_id=maria.id, now=story.now)
    await story.later("An admin takes Maria's access away.")
    await story.says(MARIA, "/today")


async def person(story: Story, name: str) -> Person:
    """Return who has a name by now."""
    [found] = await story.house.store.persons.with_name(name)
    return found


CHAPTERS = {
    "Joining": joining,
    "A stranger is named": a_stranger_is_named,
    "A namesake": a_namesake,
    "Other answers": other_answers,
    "Is it Anna?": is_it_anna,
    "Coming back": coming_back,
    "A later picture": a_later_picture,
    "Nobody answers": nobody_answers,
    "Taking back": taking_back,
    "Alerts": alerts,
    "Quiet hours and a pause": quiet,
    "Many at once": a_burst,
    "Looking things up": looking,
    "A person's card": deciding,
    "Guests": guests,
    "How things stand": status,
    "Another language": another_language,
    "A door": a_door,
    "A group with topics": a_group,
    "Leaving": leaving,
}
