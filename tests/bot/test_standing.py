"""/status, /pending and /help: how things stand, and what to do about it."""

from dataclasses import replace
from datetime import timedelta

from domain.link import note_bot_trouble
from domain.records import PackInUse, Role, WorkerState
from domain.store import Records
from tests.bot.asking import ask, buttons, press
from tests.bot.house import OTTO, House, now


async def test_status_says_how_things_stand(house: House) -> None:
    """Questions, cameras with their last sign of life, workers and models."""
    await house.seen()
    await house.store.cameras.seen(house.camera.id, now() - timedelta(days=2))
    await house.store.workers.beat(WorkerState(name="w", model="m", provider="CPU", seen_at=now()))

    async def use(records: Records) -> None:
        await records.gallery.advance()
        await records.gallery.use(PackInUse(pack="opencv-zoo", model="m"))

    await house.store.transact(use)
    async with house.bot():
        told = await ask(house, "/status", "1 question waits.")
    assert "⚠ Front door, Main: silent since " in told.text
    assert "1 worker is running." in told.text
    assert "Models: opencv-zoo" in told.text
    assert buttons(told) == [["Show them"]]


async def test_status_warns_when_nobody_works(house: House) -> None:
    """A house without a worker recognises nobody; a camera that never posted is named."""
    async with house.bot():
        told = await ask(house, "/status", "No question waits.")
    assert "Front door, Main: nothing came from it yet" in told.text
    assert "⚠ No worker is running: nobody is recognised." in told.text
    assert buttons(told) == []


async def test_status_says_what_is_wrong_with_telegram(house: House) -> None:
    """A second program with the token is told of, as the log does."""
    async with house.bot():
        await ask(house, "/status", "No question waits.")
        await note_bot_trouble(house.store, "Another program uses the same bot token.")
        await ask(house, "/status", "⚠ Another program uses the same bot token.")


async def test_a_revoked_camera_is_not_missed(house: House) -> None:
    """Nobody waits for a camera whose key is worthless."""
    await house.store.cameras.save(replace(house.camera, revoked_at=now()))
    async with house.bot():
        await ask(house, "/status", "There is no camera yet.")


async def test_pending_brings_questions_to_who_has_no_card_of_them(house: House) -> None:
    """Otto, who came later, is brought what waits by the button of /status."""
    guests = [await house.seen() for _ in range(2)]
    await house.manager("Otto", OTTO, Role.MANAGER)
    async with house.bot():
        for guest in guests:
            await house.shows(OTTO, guest.person.label)
        status = await ask(house, "/status", "2 questions wait.", user=OTTO)
        await press(house, status, "Show them", user=OTTO)
        await house.shows(OTTO, "2 questions wait.", photo=False)


async def test_help_is_for_the_role(house: House) -> None:
    """A manager reads how to answer, a viewer that others do."""
    await house.manager("Otto", OTTO, Role.VIEWER)
    async with house.bot():
        manager = await ask(house, "/help", "The first answer counts")
        viewer = await ask(house, "/help", "Questions are answered by others.", user=OTTO)
        await ask(house, "hello", "To name somebody, reply to their card.")
    assert "/pending · The questions that wait" in manager.text
    assert "/pending" not in viewer.text
    assert "/today · Who came today" in viewer.text
