"""Doors in the chat: the question, who answers it, and what every card shows then."""

import asyncio
from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from demo.botapi.views import Answer, ChatMessage
from domain.asking import deal_grant
from domain.evidence import Reason
from domain.grants import conclude, expire
from domain.ids import new_id
from domain.records import Door, Evidence, Grant, GrantStatus, Id, PersonStatus, Role
from domain.store import Records
from domain.webhooks import new_webhook_secret
from tests.bot.house import MARIA, OTTO, House, now

SOON = timedelta(seconds=30)


async def asked(house: House, *, covered: bool = False, **values: object) -> Grant:
    """Have people asked whether to open for Anna."""
    anna = await house.person(name="Anna")
    seen = await house.spoofed()  # a detection with a picture; what it shows is of no matter here
    if covered:
        await house.store.detections.save(replace(seen, reasons=("covered_lower",)))
    door = Door(
        id=new_id(),
        site_id=house.site.id,
        name="Gate",
        url="https://door.example/",
        secret=new_webhook_secret(),
        created_at=now(),
    )
    crop = Evidence(detection_id=seen.id, camera_id=house.camera.id, captured_at=now())
    made = Grant(
        id=new_id(),
        door_id=door.id,
        site_id=house.site.id,
        status=GrantStatus.ASKED,
        at=now(),
        expires_at=now() + SOON,
        due_at=now(),
        person_id=anna.id,
        crops=(crop,),
        confidence=0.71,
        asked=True,
    )
    grant = replace(made, **values)  # type: ignore[arg-type]  # a test names real fields

    async def work(records: Records) -> None:
        await records.doors.add(door)
        await records.grants.add(grant)
        await deal_grant(records, grant, now())

    await house.store.transact(work)
    return grant


async def delivered(house: House, grant: Grant) -> None:
    """Have the receiver take it."""
    leased = await house.store.grants.claim(now=now(), until=now() + SOON)
    assert leased
    assert leased.id == grant.id
    done = replace(leased, status=GrantStatus.DELIVERED, delivered_at=now())
    assert await conclude(house.store, leased, done, now())


async def look(house: House, id_: Id) -> Grant:
    """Return a grant as it is now."""
    found = await house.store.grants.get(id_)
    assert found
    return found


async def press(house: House, user: int, card: ChatMessage, text: str) -> Answer:
    """Press a button, and return what the presser is told."""
    return await house.chat.answer(await house.chat.press(user, card, text=text))


async def test_open_is_one_tap(house: House) -> None:
    """The card asks with picture and percentage; it says "Opened" once the receiver took it."""
    await house.manager("Otto", OTTO)
    async with house.bot():
        grant = await asked(house)
        card = await house.shows(MARIA, "Open for Anna? 71 %")
        assert card.text.splitlines()[1] == f"Gate · Main · {grant.at.astimezone(UTC):%H:%M}"
        assert [b.text for row in card.buttons for b in row] == ["Open", "No"]
        answer = await press(house, MARIA, card, "Open")
        assert (answer.text, answer.show_alert) == ("Opening.", False)
        between = await house.shows(OTTO, "Opening …")
        assert not between.buttons
        await delivered(house, grant)
        shown = [await house.shows(user, "Opened by Maria ") for user in (MARIA, OTTO)]
    ruling = (await look(house, grant.id)).ruling
    assert ruling
    assert shown[0].id == card.id
    assert shown[0].text == shown[1].text
    assert shown[0].text.splitlines() == [
        f"Opened by Maria {ruling.at.astimezone(UTC):%H:%M}",
        f"Anna · Gate · Main · {grant.at.astimezone(UTC):%H:%M}",
    ]
    assert not shown[0].buttons


async def test_no_leaves_it_shut(house: House) -> None:
    """Every card says who said no."""
    await house.manager("Otto", OTTO)
    async with house.bot():
        grant = await asked(house)
        card = await house.shows(MARIA, "Open for Anna?")
        answer = await press(house, MARIA, card, "No")
        await house.shows(OTTO, "Not opened: Maria said no ")
    assert answer.text == "It stays shut."
    assert (await look(house, grant.id)).status is GrantStatus.REFUSED


async def test_not_opened_in_time(house: House) -> None:
    """The card says so and has no buttons; a press on it, as it was, opens nothing and is told."""
    async with house.bot():
        grant = await asked(house, expires_at=now() + timedelta(seconds=1))
        card = await house.shows(MARIA, "Open for Anna?")
        data = card.button("Open").data
        assert data
        await asyncio.sleep(1)
        assert await expire(house.store, now()) == 1
        after = await house.shows(MARIA, "Not opened in time")
    assert not after.buttons
    async with house.webhook_bot() as posts:
        assert "Too late" in await posts.press(MARIA, data)
    late = await look(house, grant.id)
    assert (late.status, late.ruling) == (GrantStatus.EXPIRED, None)
    assert late.reasons == (Reason.UNANSWERED, Reason.PRESSED_LATE)


async def test_two_press_at_once(house: House) -> None:
    """One decides, the other is told who was quicker, and both cards agree."""
    await house.manager("Otto", OTTO)
    async with house.bot():
        grant = await asked(house)
        cards = [await house.shows(user, "Open for Anna?") for user in (MARIA, OTTO)]
        answers = await asyncio.gather(
            press(house, MARIA, cards[0], "Open"), press(house, OTTO, cards[1], "No")
        )
        ruling = (await look(house, grant.id)).ruling
        assert ruling
        told = [answer.text for answer in answers if answer.show_alert]
        assert told == [f"{ruling.account_name} was quicker."]
        text = "Opening …" if ruling.account_name == "Maria" else "Not opened: Otto said no "
        for user in (MARIA, OTTO):
            await house.shows(user, text)


async def test_a_door_that_does_not_answer_is_said(house: House) -> None:
    """Whoever pressed Open learns that it did not."""
    async with house.bot():
        grant = await asked(house)
        card = await house.shows(MARIA, "Open for Anna?")
        await press(house, MARIA, card, "Open")
        await house.shows(MARIA, "Opening …")
        granted = await look(house, grant.id)
        assert await expire(house.store, granted.expires_at) == 1
        await house.shows(MARIA, "Not opened: the door did not answer")


async def test_recognised_while_being_asked(house: House) -> None:
    """It opened by itself: the card says so, and Open is not needed any more."""
    async with house.bot():
        grant = await asked(house)
        card = await house.shows(MARIA, "Open for Anna?")
        opened = replace(grant, status=GrantStatus.GRANTED)
        await house.store.grants.save(opened)
        answer = await press(house, MARIA, card, "Open")
        await delivered(house, grant)
        await house.shows(MARIA, "Opened, recognised ")
    assert answer.text == "They were recognised meanwhile."


async def test_an_opening_is_told_without_a_sound(house: House) -> None:
    """Where that is wished: no question, no buttons."""
    async with house.bot():
        await asked(house, status=GrantStatus.DELIVERED, asked=False)
        card = await house.shows(MARIA, "Opened, recognised ")
    assert not card.buttons
    [call] = [c for c in await house.chat.calls("sendPhoto") if "Opened" in c.params["caption"]]
    assert call.params["disable_notification"] in {"true", "True", True}


async def test_a_chance_that_is_gone_is_not_sent(house: House) -> None:
    """A bot that was away does not ask about a door when the time is over."""
    grant = await asked(house, status=GrantStatus.EXPIRED, reasons=(Reason.UNANSWERED,))
    seen = await house.seen()
    async with house.bot():
        await house.shows(MARIA, seen.person.label)
        await house.settled(seen.visit.id)
        cards = [m for m in await house.cards(MARIA) if "Anna" in m.text]
    assert cards == []
    assert (await look(house, grant.id)).status is GrantStatus.EXPIRED


async def test_a_covered_face_is_said(house: House) -> None:
    """Whoever is to open should know why the camera does not know better."""
    async with house.bot():
        await asked(house, covered=True)
        await house.shows(MARIA, "The face is covered by a mask.")


async def test_forged_presses_open_nothing(house: House) -> None:
    """Neither unknown ids, nor a viewer, nor somebody of another site, nor a stranger."""
    grant = await asked(house)
    maria = await house.store.accounts.of_user(MARIA)
    assert maria
    async with house.webhook_bot() as posts:
        told = {
            f"v1:open:{new_id()}": "no such door",
            f"v1:open:{grant.id}:{new_id()}": "not valid",
            "v1:open": "not valid",
            "v1:open:zz": "hexadecimal",
        }
        for data, text in told.items():
            assert text in await posts.press(MARIA, data), data
        assert "private" in await posts.press(2999, f"v1:open:{grant.id}")
        for changed in (replace(maria, role=Role.VIEWER), replace(maria, site_ids=(new_id(),))):
            await house.store.accounts.save(changed)
            assert "may not open" in await posts.press(MARIA, f"v1:open:{grant.id}")
    assert (await look(house, grant.id)).status is GrantStatus.ASKED


async def test_somebody_blocked_meanwhile(house: House) -> None:
    """Open opens nothing, and the card says where to look."""
    async with house.bot():
        grant = await asked(house)
        card = await house.shows(MARIA, "Open for Anna?")
        assert grant.person_id
        anna = await house.store.persons.get(grant.person_id)
        assert anna
        await house.store.persons.save(replace(anna, status=PersonStatus.BLOCKED))
        answer = await press(house, MARIA, card, "Open")
        await house.shows(MARIA, "Not opened: see the log of the doors")
    assert answer.text.startswith("It stays shut.")
    assert (await look(house, grant.id)).reasons == (Reason.BLOCKED,)


@pytest.mark.parametrize("name", ["<b>Anna</b>", "Anna & Bea <i>"])
async def test_names_are_harmless(house: House, name: str) -> None:
    """HTML in a name is shown as it is."""
    async with house.bot():
        grant = await asked(house)
        assert grant.person_id
        anna = await house.store.persons.get(grant.person_id)
        assert anna
        await house.store.persons.save(replace(anna, name=name))
        await house.store.transact(lambda r: r.outbox.touch_grant(grant.id, now()))
        await house.shows(MARIA, f"Open for {name}?")
