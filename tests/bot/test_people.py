"""/people and /person: who is known, and what there is to say of somebody."""

from datetime import timedelta

from domain.records import PersonStatus, Role
from tests.bot.asking import ask, buttons, press
from tests.bot.house import MARIA, OTTO, House, now


async def test_people_with_a_name_are_listed_page_by_page(house: House) -> None:
    """Strangers are left out; the last page leads back to the first."""
    for number in range(10):
        await house.seen(await house.person(name=f"Anna {number}"))
    await house.seen()
    async with house.bot():
        first = await ask(house, "/people", "People with a name")
        await press(house, first, "More →")
        second = await house.chat.wait_for(
            MARIA, lambda m: m.id == first.id and buttons(m)[-1] == ["← First page"]
        )
        await press(house, second, "← First page")
        again = await house.chat.wait_for(
            MARIA, lambda m: m.id == first.id and buttons(m) == buttons(first)
        )
    assert buttons(first) == [[f"Anna {n}"] for n in range(9, 1, -1)] + [["More →"]]
    assert buttons(second) == [["Anna 1"], ["Anna 0"], ["← First page"]]
    assert again.id == first.id


async def test_people_are_searched_by_the_beginning_of_a_name(house: House) -> None:
    """What is known of somebody beside the name stands on the button."""
    await house.seen(await house.person(name="Anna Berg"))
    await house.seen(await house.person(name="Eva-Anna", status=PersonStatus.BLOCKED))
    await house.seen(await house.person(name="Bob"))
    async with house.bot():
        found = await ask(house, "/people anna", "People called anna")
        await ask(house, "/people nobody", "Nobody is called nobody.")
    assert sorted(buttons(found)) == [["Anna Berg"], ["Eva-Anna · blocked"]]


async def test_a_person_is_shown_with_a_photo(house: House) -> None:
    """The card says how often, since when and where; photos and visits are asked for by button."""
    anna = await house.person(name="Anna")
    await house.seen(anna, at=now() - timedelta(days=3))
    await house.seen(anna, quality=0.9)
    async with house.bot():
        card = await ask(house, "/person anna", "Anna · known", photo=True)
        await press(house, card, "Visits")
        visits = await house.shows(MARIA, "Visits of Anna", photo=False)
        await press(house, card, "Photos")
        await house.chat.wait_for_call(bool, method="sendMediaGroup")
    assert card.text.splitlines()[1].startswith("2 visits · first ")
    assert card.text.splitlines()[2] == "Main"
    assert len(visits.text.splitlines()) == 3
    assert "Main, Front door" in visits.text


async def test_strangers_are_found_by_their_number(house: House) -> None:
    """A stranger has no name to search by, but a number."""
    stranger = (await house.seen()).person
    async with house.bot():
        await ask(house, f"/person {stranger.label}", f"{stranger.label} · not named")
        await ask(house, "/person 9999", "Nobody is called 9999.")


async def test_several_of_one_name_are_asked_about(house: House) -> None:
    """Whom of two Annas is meant is chosen by button."""
    await house.seen(await house.person(name="Anna"))
    await house.seen(await house.person(name="Anna"))
    async with house.bot():
        await ask(house, "/person", "Write the name after it")
        which = await ask(house, "/person Anna", "Who is meant?")
    assert buttons(which) == [["Anna"], ["Anna"]]


async def test_nobody_reads_of_people_of_other_sites(house: House) -> None:
    """Without a site Otto finds nobody, and an old button shows nobody."""
    await house.seen(await house.person(name="Anna"))
    otto = await house.manager("Otto", OTTO)
    async with house.bot():
        card = await ask(house, "/person Anna", "Anna · known", user=OTTO)
        await house.without_sites(otto)
        assert (await press(house, card, "Visits", user=OTTO)).text == "There is no such person."
        await ask(house, "/person Anna", "Nobody is called Anna.", user=OTTO)
        await house.chat.send_text(OTTO, "/people")
        await ask(house, "/people", "Nobody has a name yet.", user=OTTO)


async def test_a_viewer_may_look(house: House) -> None:
    """A viewer opens a person, and may not bring questions up."""
    await house.seen(await house.person(name="Anna"))
    await house.manager("Otto", OTTO, Role.VIEWER)
    async with house.bot():
        card = await ask(house, "/person Anna", "Anna · known", user=OTTO)
        await ask(house, "/pending", "You may look, but not decide.", user=OTTO)
    assert buttons(card) == [["Photos", "Visits"]]


async def test_a_forged_button_of_a_command_is_refused(house: House) -> None:
    """Ids that are none, missing words and a day that is none are answered with a sentence."""
    async with house.webhook_bot() as posts:
        for data in ("v1:person:x", "v1:person", "v1:day:2026-13-01", f"v1:person:{'a' * 60}"):
            assert await posts.press(MARIA, data) in {
                "This button is not valid.",
                "An id has 24 hexadecimal digits.",
                "This message is too old. Please ask again.",
            }
