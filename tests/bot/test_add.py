"""/add: somebody is added by photos, each judged, and what is unclear is asked. Real faces."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from demo.botapi.views import ChatMessage
from domain.ids import new_id
from domain.records import PersonStatus, Role, Site
from tests.bot.asking import ask, buttons, press
from tests.bot.house import MARIA, OTTO, House, jpeg, now
from tests.bot.seeing import Album, known


@pytest.fixture
def blair(faces_dir: Path) -> Album:
    """Pictures of one man."""
    return Album(faces_dir / "lfw" / "Tony_Blair")


@pytest.fixture
def beckham(faces_dir: Path) -> Album:
    """Pictures of another."""
    return Album(faces_dir / "lfw" / "David_Beckham")


def blurred(picture: bytes) -> bytes:
    """Return a picture out of focus."""
    out = io.BytesIO()
    Image.open(io.BytesIO(picture)).filter(ImageFilter.GaussianBlur(9)).save(out, "JPEG")
    return out.getvalue()


async def _send(house: House, picture: bytes, shows: str) -> ChatMessage:
    sent = await house.chat.send_photo(MARIA, picture)
    return await house.chat.wait_for(
        MARIA, lambda m: m.from_bot and m.id > sent.id and shows in m.text
    )


async def test_somebody_is_added_and_then_recognised(seeing: House, blair: Album) -> None:
    """Two photos and Done: the next photo is of Tony, and the journal says who added him."""
    async with seeing.bot():
        await ask(seeing, "/add Tony Blair", "Send photos of Tony Blair")
        await _send(seeing, blair.photo(blair.numbers[0]), "Tony Blair: 1 photo added.")
        told = await _send(seeing, blair.photo(blair.numbers[1]), "Tony Blair: 2 photos added.")
        await press(seeing, told, "Done")
        await seeing.chat.wait_for(
            MARIA, lambda m: m.id == told.id and buttons(m) == [["Tony Blair"]]
        )
        await _send(seeing, blair.photo(blair.numbers[2]), "Tony Blair 9")
    [tony] = await seeing.store.persons.with_name("Tony Blair")
    assert tony.status is PersonStatus.KNOWN
    assert tony.cover
    [decision] = await seeing.store.decisions.of([tony.id])
    assert (decision.verb, decision.account_name, decision.via) == ("add", "Maria", "telegram")
    assert len(await seeing.store.references.of([tony.id])) == 2
    [camera] = [c for c in await seeing.store.cameras.all() if c.name == "Added by hand"]
    assert camera.revoked_at


async def test_a_photo_with_the_command_under_it_is_the_first(seeing: House, blair: Album) -> None:
    """Caption and photo are one wish."""
    async with seeing.bot():
        await seeing.chat.send_photo(MARIA, blair.photo(blair.numbers[0]), text="/add Tony")
        await seeing.shows(MARIA, "Tony: 1 photo added.", photo=False)


async def test_without_a_name_it_is_asked_for(seeing: House, blair: Album) -> None:
    """The photo waits until the name has come, also over a restart."""
    async with seeing.bot():
        await seeing.chat.send_photo(MARIA, blair.photo(blair.numbers[0]), text="/add")
        prompt = await seeing.shows(MARIA, "What is the name?", photo=False)
    await seeing.chat.send_text(MARIA, "Tony", reply_to=prompt)
    async with seeing.bot():
        await seeing.shows(MARIA, "Tony: 1 photo added.", photo=False)


async def test_photos_that_cannot_be_used_are_refused_with_reasons(
    seeing: House, blair: Album, beckham: Album
) -> None:
    """No face, a blurred one, the same photo again, and one of somebody else."""
    good = blair.photo(blair.numbers[0])
    async with seeing.bot():
        await ask(seeing, "/add Tony", "Send photos of Tony")
        await _send(seeing, jpeg(5), "cannot be used: there is no face on it.")
        await _send(seeing, blurred(good), "cannot be used: ")
        await _send(seeing, good, "Tony: 1 photo added.")
        await _send(seeing, good, "shows no more than those of Tony before.")
        other = beckham.photo(beckham.numbers[0])
        await _send(seeing, other, "does not look like the others of Tony.")
    [tony] = await seeing.store.persons.with_name("Tony")
    assert len(await seeing.store.references.of([tony.id])) == 1


async def test_a_stranger_seen_before_gets_the_name(seeing: House, blair: Album) -> None:
    """The photo looks like a stranger: yes makes the stranger Tony, with all their visits."""
    stranger = await known(seeing, None, blair.photo(blair.numbers[0]), seen_at=now())
    async with seeing.bot():
        await ask(seeing, "/add Tony", "Send photos of Tony")
        asked = await _send(seeing, blair.photo(blair.numbers[1]), "Is it the same person?")
        await press(seeing, asked, "Yes, the same")
        await seeing.shows(MARIA, "Tony: 1 photo added.", photo=False)
    tony = await seeing.store.persons.get(stranger.id)
    assert tony
    assert (tony.name, tony.status) == ("Tony", PersonStatus.KNOWN)
    assert stranger.label in asked.text


async def test_somebody_known_is_asked_about(seeing: House, blair: Album) -> None:
    """The photo looks like Anthony: no keeps the two apart, and that is remembered."""
    anthony = await known(seeing, "Anthony", blair.photo(blair.numbers[0]))
    async with seeing.bot():
        await ask(seeing, "/add Tony", "Send photos of Tony")
        asked = await _send(seeing, blair.photo(blair.numbers[1]), "looks like Anthony (9")
        await press(seeing, asked, "No, that is Tony")
        await seeing.shows(MARIA, "Tony: 1 photo added.", photo=False)
    [tony] = await seeing.store.persons.with_name("Tony")
    [apart] = await seeing.store.rejections.of([tony.id])
    assert {apart.person_id, apart.other_id} == {tony.id, anthony.id}


async def test_a_photo_in_question_can_be_left_out(seeing: House, blair: Album) -> None:
    """Nobody is made of it; photos sent meanwhile wait for the answer, each asked about anew."""
    await known(seeing, "Anthony", blair.photo(blair.numbers[0]))
    async with seeing.bot():
        await ask(seeing, "/add Tony", "Send photos of Tony")
        first = await _send(seeing, blair.photo(blair.numbers[1]), "looks like Anthony")
        sent = await seeing.chat.send_photo(MARIA, blair.photo(blair.numbers[2]))
        await press(seeing, first, "Leave this photo out")
        second = await seeing.chat.wait_for(
            MARIA, lambda m: m.from_bot and m.id > sent.id and "looks like Anthony" in m.text
        )
        await press(seeing, second, "Leave this photo out")
        told = await seeing.chat.wait_for(
            MARIA, lambda m: m.id > second.id and buttons(m) == [["Done"]]
        )
        await press(seeing, told, "Done")
        await seeing.shows(MARIA, "Nobody was added.", photo=False)
    assert not await seeing.store.persons.with_name("Tony")


async def test_a_name_already_known_is_asked_about(seeing: House, blair: Album) -> None:
    """Photos are added to the Tony there is, or to another one."""
    tony = await known(seeing, "Tony", blair.photo(blair.numbers[0]))
    async with seeing.bot():
        asked = await ask(seeing, "/add tony", "There is already Tony.")
        await press(seeing, asked, "To this Tony")
        await seeing.shows(MARIA, "Send photos of Tony", photo=False)
        await _send(seeing, blair.photo(blair.numbers[1]), "Tony: 1 photo added.")
    assert buttons(asked) == [["To this Tony"], ["Another Tony"]]
    assert len(await seeing.store.references.of([tony.id])) == 2


async def test_with_several_sites_one_is_chosen(seeing: House, blair: Album) -> None:
    """A manager of two sites says at which one somebody is known."""
    annex = Site(id=new_id(), name="Annex", created_at=now())
    await seeing.store.sites.add(annex)
    await seeing.manager("Otto", OTTO, Role.ADMIN)
    async with seeing.bot():
        asked = await ask(seeing, "/add Tony", "At which site is Tony?", user=OTTO)
        await press(seeing, asked, "Annex", user=OTTO)
        await seeing.shows(OTTO, "Send photos of Tony", photo=False)
        await seeing.chat.send_photo(OTTO, blair.photo(blair.numbers[0]))
        await seeing.shows(OTTO, "Tony: 1 photo added.", photo=False)
        await ask(seeing, "/person Tony", "Nobody is called Tony.")
        await ask(seeing, "/person Tony", "Not seen by a camera yet.", user=OTTO)


async def test_a_viewer_may_not_add(seeing: House, blair: Album) -> None:
    """A viewer reads that they may look only; another's button does nothing for them."""
    await seeing.manager("Otto", OTTO, Role.VIEWER)
    async with seeing.bot():
        await ask(seeing, "/add Tony", "You may look, but not decide.", user=OTTO)
        await seeing.chat.send_photo(OTTO, blair.photo(blair.numbers[0]))
        await seeing.shows(OTTO, "Nobody I know", photo=False)
