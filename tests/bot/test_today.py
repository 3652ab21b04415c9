"""/today and /yesterday: a short list, a strip of faces, and a way on."""

import io
from datetime import timedelta

from PIL import Image

from bot.commands.drawing import Portrait, strip
from domain.records import PersonStatus
from tests.bot.asking import ask, buttons
from tests.bot.house import MARIA, OTTO, House, jpeg, now


async def test_today_lists_who_came_with_a_strip_of_faces(house: House) -> None:
    """Names, times and visits in the order of coming; a button for each person."""
    noon = now().replace(hour=12, minute=0, second=0, microsecond=0)
    if noon > now():
        noon -= timedelta(days=1)
    anna = await house.person(name="Anna")
    bob = await house.person(name="Bob", status=PersonStatus.BLOCKED)
    await house.seen(anna, at=noon - timedelta(hours=4))
    await house.seen(anna, at=noon - timedelta(hours=1))
    await house.seen(bob, at=noon)
    stranger = await house.seen(at=noon + timedelta(minutes=30))
    command = "/today" if noon.date() == now().date() else "/yesterday"
    async with house.bot():
        told = await ask(house, command, "3 people, 1 of them unknown")
        strip_ = Image.open(io.BytesIO(await house.chat.photo(told)))
    assert told.text.splitlines()[1:] == [
        "1. Anna · 08:00-11:00 · 2 visits",
        "2. ⚠ Bob · 12:00",
        f"3. {stranger.person.label} · 12:30",
    ]
    assert buttons(told)[0] == ["1", "2", "3"]
    assert strip_.width > strip_.height


async def test_a_number_opens_the_person(house: House) -> None:
    """The button of a line brings the card of that person."""
    anna = await house.person(name="Anna")
    await house.seen(anna)
    async with house.bot():
        told = await ask(house, "/today", "1 person")
        await house.chat.press(MARIA, told, text="1")
        card = await house.shows(MARIA, "Anna · known")
    assert "1 visit · first " in card.text


async def test_a_day_without_anybody(house: House) -> None:
    """It says so, and leads to the day before."""
    async with house.bot():
        told = await ask(house, "/yesterday", "Nobody came.", photo=False)
        [[before, after]] = buttons(told)
        await house.chat.press(MARIA, told, text=before)
        two_days_ago = now() - timedelta(days=2)
        await house.shows(MARIA, f"{two_days_ago:%A} {two_days_ago.day} ", photo=False)
    assert (before[0], after[-1]) == ("←", "→")


async def test_many_are_cut_short(house: House) -> None:
    """Fifteen lines are shown, and how many more there are."""
    for _ in range(18):
        await house.seen(at=now().replace(hour=0, minute=0, second=1))
    async with house.bot():
        told = await ask(house, "/today", "18 people")
    assert told.text.endswith("and 3 more, in the panel")
    assert sum(len(row) for row in buttons(told)[:-1]) == 15


async def test_people_of_other_sites_are_not_told_of(house: House) -> None:
    """Otto answers for the same site and reads of Anna; with no site he reads of nobody."""
    await house.seen(await house.person(name="Anna"))
    otto = await house.manager("Otto", OTTO)
    async with house.bot():
        await house.chat.send_text(OTTO, "/today")
        await house.shows(OTTO, "Anna")
        await house.without_sites(otto)
        await house.chat.send_text(OTTO, "/today")
        await house.shows(OTTO, "Nobody came.", photo=False)


def test_a_strip_has_a_place_for_a_picture_that_is_gone() -> None:
    """Twelve faces stand in three rows; a name in letters the font lacks leaves its number."""
    portraits = [Portrait(picture=jpeg(n), label=f"{n} Anna") for n in range(10)]
    portraits += [Portrait(picture=None, label="11 Ольга"), Portrait(picture=b"no", label="12")]
    made = Image.open(io.BytesIO(strip(portraits)))
    assert made.format == "JPEG"
    assert made.width / made.height > 1.2
