"""What is decided from a person's card: name, merge, block, dismiss, forget."""

from markupsafe import Markup

from bot.buttons import MAX_BYTES, Verb
from bot.commands.buttons import Do, button
from demo.botapi.views import ChatMessage
from domain.ids import new_id
from domain.records import Person, PersonStatus
from tests.bot.asking import ask, buttons, press
from tests.bot.house import MARIA, OTTO, House


async def _card(house: House, person: Person) -> ChatMessage:
    return await ask(house, f"/person {person.label}", " · first ", photo=True)


async def _now(house: House, person: Person) -> Person:
    found = await house.store.persons.get(person.id)
    assert found
    return found


async def test_somebody_is_blocked_and_unblocked(house: House) -> None:
    """The card shows it at once, and the button turns."""
    anna = await house.person(name="Anna")
    await house.seen(anna)
    async with house.bot():
        card = await _card(house, anna)
        assert (await press(house, card, "Block")).text.startswith("Blocked.")
        card = await house.shows(MARIA, "Anna · blocked")
        assert (await _now(house, anna)).status is PersonStatus.BLOCKED
        await press(house, card, "Unblock")
        card = await house.shows(MARIA, "Anna · known")
    assert (await _now(house, anna)).status is PersonStatus.KNOWN
    assert buttons(card)[:4] == [
        ["Photos", "Visits"],
        ["Rename", "Merge into…"],
        ["Block", "Dismiss"],
        ["Forget…"],
    ]
    assert buttons(card)[4] == ["Undo"]


async def test_somebody_is_renamed_by_reply(house: House) -> None:
    """The prompt is answered, also after a restart, and taken away."""
    anna = await house.person(name="Anna")
    await house.seen(anna)
    async with house.bot():
        await press(house, await _card(house, anna), "Rename")
        prompt = await house.shows(MARIA, "Reply with the name of Anna.", photo=False)
    await house.chat.send_text(MARIA, "Anna Berg", reply_to=prompt)
    async with house.bot():
        saved = await house.shows(MARIA, "Saved: Anna Berg.", photo=False)
        await house.chat.wait_for(MARIA, lambda m: m.id == prompt.id and m.deleted, deleted=True)
    assert (await _now(house, anna)).name == "Anna Berg"
    assert buttons(saved) == [["Undo"]]


async def test_a_name_already_known_is_asked_about(house: House) -> None:
    """Renaming Bob to Anna asks whether it is Anna, or another one of the name."""
    anna, bob = await house.person(name="Anna", cover=True), await house.person(name="Bob")
    await house.seen(anna)
    await house.seen(bob)
    async with house.bot():
        await press(house, await _card(house, bob), "Rename")
        prompt = await house.shows(MARIA, "Reply with the name of Bob.", photo=False)
        await house.chat.send_text(MARIA, "anna", reply_to=prompt)
        asked = await house.shows(MARIA, "There is already Anna.")
        await press(house, asked, "Another one of this name")
        await house.shows(MARIA, "Saved: anna.", photo=False)
    assert (await _now(house, bob)).name == "anna"
    assert (await _now(house, bob)).merged_into is None


async def test_two_are_made_one_after_what_changes_is_shown(house: House) -> None:
    """A stranger is merged by name; the counts of both stand in the question."""
    anna = await house.person(name="Anna")
    await house.seen(anna)
    stranger = (await house.seen()).person
    async with house.bot():
        await press(house, await _card(house, stranger), "Merge into…")
        whom = await house.shows(MARIA, f"Who is {stranger.label}?", photo=False)
        await press(house, whom, "Somebody else, by name")
        prompt = await house.shows(MARIA, f"Reply with who {stranger.label} is.", photo=False)
        await house.chat.send_text(MARIA, "Anna", reply_to=prompt)
        preview = await house.shows(MARIA, f"{stranger.label} (1 visit) becomes Anna (1 visit).")
        assert (await press(house, preview, "Make them one")).text == "It is Anna."
        await house.shows(MARIA, "It is Anna.\n1 earlier detection is now theirs.")
    assert (await _now(house, stranger)).merged_into == anna.id


async def test_who_is_likely_is_one_tap_away(house: House) -> None:
    """Somebody whom a stranger looks like is offered."""
    anna = await house.person(name="Anna")
    await house.seen(anna)
    guest = await house.seen(likely=[(anna, 0.6)])
    await house.looks_like(guest.person, anna)
    async with house.bot():
        await press(house, await _card(house, guest.person), "Merge into…")
        whom = await house.shows(MARIA, f"Who is {guest.person.label}?", photo=False)
        await press(house, whom, "Anna")
        preview = await house.shows(MARIA, "becomes Anna (1 visit).")
        await press(house, preview, "No")
        await house.chat.wait_for(MARIA, lambda m: m.id == preview.id and m.deleted, deleted=True)
    assert buttons(whom) == [["Anna"], ["Somebody else, by name"]]
    assert (await _now(house, guest.person)).merged_into is None


async def test_somebody_is_forgotten_after_a_second_question(house: House) -> None:
    """What goes is said before; afterwards nobody of the name is found, and the card is gone."""
    guest = await house.seen()
    async with house.bot():
        shown = await house.shows(MARIA, f"{guest.person.label} at Front door")
        await press(house, await _card(house, guest.person), "Forget…")
        sure = await house.shows(
            MARIA,
            f"Everything about {guest.person.label} goes: 1 photo, 1 visit. This cannot be undone.",
            photo=False,
        )
        await press(house, sure, "Forget for good")
        await house.shows(MARIA, "Forgotten.", photo=False)
        await house.chat.wait_for(MARIA, lambda m: m.id == shown.id and m.deleted, deleted=True)
        await ask(house, f"/person {guest.person.number}", "Nobody is called")
        late = await press(house, sure, "Forget for good") if buttons(sure) == [] else None
    assert late is None
    assert await house.store.persons.canonical(guest.person.id) is None
    assert await house.store.visits.get(guest.visit.id) is None


async def test_others_buttons_are_refused(house: House) -> None:
    """Otto, who lost his site, cannot use a card that he still has."""
    anna = await house.person(name="Anna")
    await house.seen(anna)
    otto = await house.manager("Otto", OTTO)
    async with house.bot():
        card = await ask(house, "/person Anna", "Anna · known", user=OTTO)
        await house.without_sites(otto)
        for text in ("Block", "Rename", "Merge into…", "Forget…"):
            answer = await press(house, card, text, user=OTTO)
            assert answer.text in {
                "There is no such person.",
                "You may not decide about people who were never at your sites.",
            }
            assert answer.show_alert
    assert (await _now(house, anna)).status is PersonStatus.KNOWN


def test_no_button_is_too_long_or_means_two_things() -> None:
    """Two ids fit; no verb of an answer is one of a card."""
    longest = max(len(do) for do in (Do.INTO, Do.ONE, Do.AT, Do.TO))
    made = button(Markup("x"), Do.INTO, new_id(), new_id()).press.data
    assert len(made.encode()) + longest - len(Do.INTO) <= MAX_BYTES
    assert not {str(do) for do in Do} & {str(verb) for verb in Verb}
