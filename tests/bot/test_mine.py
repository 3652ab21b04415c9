"""/mute, /quiet, /alerts, /language, /leave, /expect, and the menus of commands."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.attention import NEVER_QUIET
from domain.records import Account, Alerts, Quiet, Role
from tests.bot.asking import ask, buttons, press
from tests.bot.house import MARIA, OTTO, House, eventually, now


async def _maria(house: House) -> Account:
    found = await house.store.accounts.named("Maria")
    assert found
    return found


async def test_a_pause_is_set_and_ended(house: House) -> None:
    """By words or by a button; what is no time is answered with how to write one."""
    async with house.bot():
        await ask(house, "/mute 2h", "Muted until ")
        until = (await _maria(house)).muted_until
        assert until
        assert timedelta(hours=1, minutes=59) < until - now() <= timedelta(hours=2)
        offered = await ask(house, "/mute", "You are muted until ")
        await press(house, offered, "Off")
        await house.shows(MARIA, "You hear of everything again.", photo=False)
        await ask(house, "/mute for ever", "Write how long, as in /mute 2h")
    assert (await _maria(house)).muted_until is None
    assert buttons(offered) == [["1h", "4h", "1d"], ["Off"]]


@pytest.mark.parametrize(
    ("words", "quiet"),
    [
        ("22:00-07:00", Quiet(start=22 * 60, end=7 * 60)),
        ("22-7", Quiet(start=22 * 60, end=7 * 60)),
        ("21:30 - 06:15 digest", Quiet(start=21 * 60 + 30, end=6 * 60 + 15, digest=True)),
    ],
)
async def test_quiet_hours_are_set(house: House, words: str, quiet: Quiet) -> None:
    """As people write them, with a digest or without."""
    async with house.bot():
        await ask(house, f"/quiet {words}", "Quiet from ")
    assert (await _maria(house)).quiet == quiet


async def test_quiet_hours_are_changed_by_buttons(house: House) -> None:
    """What can wait comes in the morning, or at once again; and off."""
    async with house.bot():
        told = await ask(house, "/quiet 22:00-07:00", "Messages come without a sound.")
        await press(house, told, "All at once in the morning")
        told = await house.shows(MARIA, "What can wait comes in the morning.", photo=False)
        await press(house, told, "Off")
        await house.shows(MARIA, "You have no quiet hours.", photo=False)
        await ask(house, "/quiet 25:00-07:00", "A time of day is from 00:00 to 23:59.")
        await ask(house, "/quiet at night", "Write from when to when")
    assert (await _maria(house)).quiet == NEVER_QUIET


async def test_alerts_are_turned_on_and_off(house: House) -> None:
    """Strangers, blocked people, somebody by name, nobody."""
    anna = await house.person(name="Anna")
    await house.seen(anna)
    async with house.bot():
        told = await ask(house, "/alerts", "Of whom do you want to hear?")
        await press(house, told, "✓ Strangers")
        assert not (await _maria(house)).alerts.strangers
        told = await ask(house, "/alerts anna", "Of whom do you want to hear?")
        assert buttons(told) == [["Strangers"], ["✓ Blocked people"], ["✓ Anna"], ["Nobody"]]
        assert (await _maria(house)).alerts.people == (anna.id,)
        await press(house, told, "✓ Anna")
        told = await house.chat.wait_for(
            MARIA, lambda m: m.id == told.id and ["✓ Anna"] not in buttons(m)
        )
        await press(house, told, "Nobody")
        await ask(house, "/alerts Bob", "Nobody is called Bob.")
    assert (await _maria(house)).alerts == Alerts(strangers=False, blocked=False)


async def test_the_language_is_chosen(house: House) -> None:
    """The chat speaks it at once, and the menu too."""
    async with house.bot():
        told = await ask(house, "/language", "Which language shall I speak here?")
        await press(house, told, "Deutsch")
        await eventually(lambda: _speaks(house, "de"))
    assert ["English"] in buttons(told)


async def _speaks(house: House, language: str) -> bool:
    return (await _maria(house)).language == language


async def test_leaving_asks_once_and_unbinds(house: House) -> None:
    """Afterwards the chat is told nothing but that the bot is private."""
    async with house.bot():
        sure = await ask(house, "/leave", "Leave?")
        await press(house, sure, "Leave")
        await house.shows(MARIA, "You have left.", photo=False)
        await ask(house, "/today", "This bot is private.")
    assert (await _maria(house)).chat_id is None


async def test_a_guest_is_announced_and_called_off(house: House) -> None:
    """As people write it; the list has a button for each guest."""
    tomorrow = now() + timedelta(days=1)
    async with house.bot():
        told = await ask(house, "/expect Bob tomorrow", "Bob is expected ")
        assert f"{tomorrow:%A} {tomorrow.day} " in told.text
        await ask(house, "/expect Ann on " + f"{tomorrow:%Y-%m-%d} at Main", "Ann is expected")
        listed = await ask(house, "/expect", "Bob · ")
        await press(house, listed, "Call Bob off")
        await house.shows(MARIA, "Bob is not expected any more.", photo=False)
        await ask(house, "/expect Bob", "Please write who comes, and when")
    coming = await house.store.guests.coming([house.site.id], now())
    assert [guest.name for guest in coming] == ["Ann"]


async def test_a_viewer_announces_nobody(house: House) -> None:
    """A viewer may look."""
    await house.manager("Otto", OTTO, Role.VIEWER)
    async with house.bot():
        await ask(house, "/expect Bob tomorrow", "You may look, but not decide.", user=OTTO)


async def test_menus_are_those_of_the_role(house: House) -> None:
    """Nobody is offered but to begin; a manager more than a viewer; groups what they may ask."""
    await house.manager("Otto", OTTO, Role.VIEWER)

    async def menus() -> dict[str, set[str]]:
        return {
            str(menu["scope"].get("chat_id", menu["scope"]["type"])): {
                command["command"] for command in menu["commands"]
            }
            for menu in await house.chat.commands()
        }

    async def all_set() -> dict[str, set[str]]:
        found = await menus()
        return found if {str(MARIA), str(OTTO)} <= found.keys() else {}

    async with house.bot():
        found = await eventually(all_set)
        assert found["default"] == {"start"}
        assert found["all_group_chats"] == {"here", "today", "pending", "status"}
        assert {"add", "pending", "expect"} <= found[str(MARIA)]
        assert not {"add", "pending", "expect"} & found[str(OTTO)]
        assert {"today", "who", "help"} <= found[str(OTTO)]
        await ask(house, "/leave", "Leave?", user=OTTO)
        sure = await house.shows(OTTO, "Leave?", photo=False)
        await press(house, sure, "Leave", user=OTTO)

        async def taken_away() -> bool:
            return str(OTTO) not in await menus()

        await eventually(taken_away)


async def test_the_house_has_quiet_hours_for_who_set_none(house: House) -> None:
    """They are said, can be turned off for oneself, and taken up again."""
    night = Quiet(start=22 * 60, end=7 * 60)
    house.options = replace(house.options, quiet=lambda: night)
    async with house.bot():
        told = await ask(house, "/quiet", "Quiet from 22:00 to 07:00, as for everybody here.")
        await press(house, told, "Off")
        told = await house.shows(MARIA, "You have no quiet hours.", photo=False)
        assert (await _maria(house)).quiet == NEVER_QUIET
        await press(house, told, "As for everybody here")
        await house.shows(MARIA, "as for everybody here", photo=False)
    assert (await _maria(house)).quiet is None
