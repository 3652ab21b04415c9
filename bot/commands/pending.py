"""/pending: how many questions wait, and the oldest of them once more."""

from bot.commands.ask import Ask
from bot.commands.buttons import Do, Tap
from bot.commands.counter import Subject
from domain.waiting import bring_up


async def pending(ask: Ask) -> None:
    """Say how many questions wait; bring the oldest up again for those who may answer."""
    ask.require_manager()
    whom = ask.groups[0] if ask.groups else ask.account
    found = await bring_up(ask.desk.store, whom, now=ask.now)
    if not found.waiting:
        await ask.say(ask.t("No question waits."))
        return
    waiting = ask.t.counted("{n} question waits.", "{n} questions wait.", found.waiting)
    if found.waiting > found.brought:
        follow = ask.t("{waiting} The oldest follow.", waiting=waiting)
        await ask.say(follow)
    else:
        await ask.say(waiting)


async def pressed(ask: Ask, _: Tap) -> None:
    """Bring the questions up that a button is about."""
    await pending(ask)


SUBJECT = Subject(commands={"pending": pending}, taps={Do.PENDING: pressed})
