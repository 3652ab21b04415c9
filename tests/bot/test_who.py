"""/who and photos: who is on them, how surely, and where they were seen before. Real faces."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from tests.bot.asking import ask, buttons, press
from tests.bot.house import MARIA, OTTO, House, jpeg, now
from tests.bot.seeing import Album, known

BLAIR, BECKHAM = "Tony_Blair", "David_Beckham"


@pytest.fixture
def blair(faces_dir: Path) -> Album:
    """Pictures of one man."""
    return Album(faces_dir / "lfw" / BLAIR)


@pytest.fixture
def beckham(faces_dir: Path) -> Album:
    """Pictures of another."""
    return Album(faces_dir / "lfw" / BECKHAM)


async def test_somebody_known_is_recognised(seeing: House, blair: Album) -> None:
    """A photo is answered with name, percentage and last visits; the button opens the person."""
    house, (first, *_) = seeing, blair.numbers
    await known(house, "Tony", blair.photo(first), seen_at=now() - timedelta(days=2))
    async with house.bot():
        await house.chat.send_photo(MARIA, blair.photo(blair.numbers[1]), text="/who")
        told = await house.shows(MARIA, "Tony 9", photo=False)
        await press(house, told, "Tony")
        await house.shows(MARIA, "Tony · known")
    lines = told.text.splitlines()
    day = f"{now() - timedelta(days=2):%A}"
    assert lines[0].startswith("Tony ")
    assert lines[0].endswith(" %")
    assert lines[1] == "1 visit, the last ones:"
    assert lines[2].startswith(f"{day} ")
    assert lines[2].endswith(", Front door, Main")


async def test_a_photo_alone_asks_the_same(seeing: House, blair: Album) -> None:
    """No command is needed; a stranger's history is told too."""
    stranger = await known(seeing, None, blair.photo(blair.numbers[0]), seen_at=now())
    async with seeing.bot():
        await seeing.chat.send_photo(MARIA, blair.photo(blair.numbers[1]))
        told = await seeing.shows(MARIA, f"{stranger.label} ", photo=False)
    assert "1 visit, the last ones:" in told.text


async def test_nobody_known_is_said_to_be_nobody(
    seeing: House, blair: Album, beckham: Album
) -> None:
    """The nearest face is no name just because it is nearest."""
    await known(seeing, "Tony", blair.photo(blair.numbers[0]))
    async with seeing.bot():
        await seeing.chat.send_photo(MARIA, beckham.photo(beckham.numbers[0]))
        told = await seeing.shows(MARIA, "Nobody I know", photo=False)
    assert buttons(told) in ([], [["Tony"]])


async def test_a_reply_to_a_photo_asks_about_it(seeing: House, blair: Album) -> None:
    """/who in reply to any photo looks at that one."""
    await known(seeing, "Tony", blair.photo(blair.numbers[0]), seen_at=now())
    async with seeing.bot():
        sent = await seeing.chat.send_photo(MARIA, blair.photo(blair.numbers[1]), text="look")
        await seeing.shows(MARIA, "1 visit, the last ones:", photo=False)
        asked = await seeing.chat.send_text(MARIA, "/who", reply_to=sent)
        await seeing.chat.wait_for(
            MARIA, lambda m: m.from_bot and m.id > asked.id and "1 visit" in m.text
        )
        await ask(seeing, "/who", "Send me a photo")


async def test_several_faces_are_numbered(seeing: House, blair: Album, beckham: Album) -> None:
    """The picture comes back with a number at each face, and a line for each."""
    await known(seeing, "Tony", blair.photo(blair.numbers[0]), seen_at=now())
    left, right = (
        Image.open(io.BytesIO(album.photo(album.numbers[1]))) for album in (blair, beckham)
    )
    both = Image.new("RGB", (500, 250))
    both.paste(left, (0, 0))
    both.paste(right, (250, 0))
    out = io.BytesIO()
    both.save(out, "JPEG", quality=95)
    async with seeing.bot():
        await seeing.chat.send_photo(MARIA, out.getvalue(), text="/who")
        told = await seeing.shows(MARIA, "2. ")
    lines = sorted(line[3:] for line in told.text.splitlines())
    assert len(lines) == 2
    assert lines[0].startswith("Nobody I know")
    assert lines[1].startswith("Tony 9")
    assert "1" in buttons(told)[0] or "2" in buttons(told)[0]


async def test_people_of_other_sites_are_nobody(seeing: House, blair: Album) -> None:
    """Otto, who answers for no site by now, learns nothing of Tony."""
    await known(seeing, "Tony", blair.photo(blair.numbers[0]), seen_at=now())
    otto = await seeing.manager("Otto", OTTO)
    await seeing.without_sites(otto)
    async with seeing.bot():
        await seeing.chat.send_photo(OTTO, blair.photo(blair.numbers[1]), text="/who")
        await seeing.shows(OTTO, "Nobody I know", photo=False)


async def test_a_picture_without_a_face(seeing: House) -> None:
    """It is said that there is none."""
    async with seeing.bot():
        await seeing.chat.send_photo(MARIA, jpeg(3), text="/who")
        await seeing.shows(MARIA, "There is no face on this picture.", photo=False)


async def test_a_bot_without_eyes_says_so(house: House) -> None:
    """Where no models can be had the answer is a sentence."""
    async with house.bot():
        await house.chat.send_photo(MARIA, jpeg(3), text="/who")
        await house.shows(MARIA, "I cannot look at pictures here.", photo=False)


async def test_strangers_to_the_bot_learn_nothing(seeing: House, blair: Album) -> None:
    """A photo from somebody without an account is refused."""
    await seeing.chat.user(OTTO, "Eve")
    async with seeing.bot():
        await seeing.chat.send_photo(OTTO, blair.photo(blair.numbers[0]), text="/who")
        await seeing.shows(OTTO, "This bot is private.", photo=False)
