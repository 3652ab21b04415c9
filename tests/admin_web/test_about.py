"""What is noted of somebody, in the panel."""

from datetime import UTC, datetime

from domain.about import MOST_FIELDS
from domain.decisions import ItIs, decide
from domain.records import Id, Person
from tests.admin_web.browsing import Panel
from tests.admin_web.chromium import PHONE, window
from tests.admin_web.world import World


async def now(world: World, id_: Id) -> Person:
    """Return somebody as they are now."""
    found = await world.store.persons.get(id_)
    assert found
    return found


async def test_something_is_noted_changed_and_removed(panel: Panel, world: World) -> None:
    """Each is a decision told of in the journal; hostile text stays text."""
    anna = await world.know(1, "Anna")
    maria = await panel.enter(world.maria)
    path = f"/people/{anna.person.id}"
    for text in ("Kitchen", "Cellar"):
        await maria.post(f"{path}/noted", None, field="Department", text=text)
        assert (await now(world, anna.person.id)).metadata == {"Department": text}
    text = "<b>Bakery</b>"
    sent = await maria.post(f"{path}/noted", None, field=" Department ", text=text)
    assert sent.status_code == 303
    assert (await now(world, anna.person.id)).metadata == {"Department": text}
    page = (await maria.get(sent.headers["Location"])).text
    assert "&lt;b&gt;Bakery" in page
    assert "Changed what is noted as Department" in page
    await maria.post(f"{path}/noted", None, field="Department", do="remove")
    assert (await now(world, anna.person.id)).metadata == {}


async def test_labels_are_put_on_and_taken_off(panel: Panel, world: World) -> None:
    """They lead to the list of who has them; what cannot be one is refused in words."""
    anna = await world.know(1, "Anna")
    maria = await panel.enter(world.maria)
    path = f"/people/{anna.person.id}"
    await maria.post(f"{path}/labels", None, label="Night shift")
    assert (await now(world, anna.person.id)).labels == ("night shift",)
    assert 'href="/people?label=night%20shift"' in (await maria.get(f"{path}/about")).text
    refused = await maria.post(f"{path}/labels", None, label=" ")
    assert (refused.status_code, "at least one letter" in refused.text) == (400, True)
    await maria.post(f"{path}/labels", None, label="night shift", do="remove")
    assert (await now(world, anna.person.id)).labels == ()


async def test_what_is_wrong_with_it_is_said(panel: Panel, world: World) -> None:
    """Limits are refused in words, and what was written is kept in the form."""
    anna = await world.know(1, "Anna")
    maria = await panel.enter(world.maria)
    path = f"/people/{anna.person.id}"
    for form, said in (
        ({"field": "a.b", "text": "x"}, "cannot have a dot"),
        ({"field": "", "text": "x"}, "Say what it is"),
        ({"field": "f" * 41, "text": "kept words"}, "at most 40 characters"),
        ({"field": "a", "text": "x" * 501}, "at most 500 characters"),
        ({"field": "a", "text": " "}, "Write something"),
        ({"field": "a", "do": "remove"}, "nothing noted as a"),
    ):
        refused = await maria.post(f"{path}/noted", None, **form)
        assert (refused.status_code, said in refused.text) == (400, True), form
        if form.get("text", "").strip():
            assert form["text"] in refused.text
    full = {str(n): "x" for n in range(MOST_FIELDS)}
    person = await now(world, anna.person.id)
    await world.store.persons.save(_with(person, full))
    refused = await maria.post(f"{path}/noted", None, field="more", text="x")
    assert (refused.status_code, "At most 40 things" in refused.text) == (400, True)
    for name, value, said in (
        ("until", "2020-01-01", "That day is over"),
        ("until", "soon", "A day looks like"),
        ("at", "2030-01-01", "still to come"),
    ):
        where = "keep" if name == "until" else "consent"
        sent = await maria.post(f"{path}/{where}", None, **{name: value, "given": "yes"})
        assert (sent.status_code, said in sent.text) == (400, True)


def _with(person: Person, metadata: dict[str, str]) -> Person:
    person.metadata.clear()
    person.metadata.update(metadata)
    return person


async def test_what_is_noted_is_undone_in_any_order(panel: Panel, world: World) -> None:
    """Undoing the first leaves the second; the second undone, what was before is there again."""
    anna = await world.know(1, "Anna")
    maria = await panel.enter(world.maria)
    path = f"/people/{anna.person.id}/noted"
    made = []
    for field, text in (("Room", "1"), ("Room", "2"), ("Phone", "7")):
        sent = await maria.post(path, None, field=field, text=text)
        made.append(sent.headers["Location"].partition("done=")[2])
    for number, expected in (
        (0, {"Room": "2", "Phone": "7"}),
        (2, {"Room": "2"}),
        (1, {}),
    ):
        await maria.post(f"/decisions/{made[number]}/undo")
        assert (await now(world, anna.person.id)).metadata == expected


async def test_who_is_one_has_what_is_noted_of_both(panel: Panel, world: World) -> None:
    """The value of who stays wins; removed, it is gone from both."""
    anna, bob = await world.know(1, "Anna"), await world.know(2, "Bob")
    maria = await panel.enter(world.maria)
    for seen, field, text in (
        (anna, "Phone", "1"),
        (bob, "Phone", "2"),
        (bob, "Room", "B"),
    ):
        await maria.post(f"/people/{seen.person.id}/noted", None, field=field, text=text)
    await decide(
        world.store,
        person_id=bob.person.id,
        answer=ItIs(anna.person.id),
        account=world.maria,
        via="panel",
        now=world.clock(),
    )
    page = (await maria.get(f"/people/{anna.person.id}/about")).text
    assert ('value="1"' in page, 'value="2"' in page, 'value="B"' in page) == (True, False, True)
    await maria.post(f"/people/{anna.person.id}/noted", None, field="Phone", do="remove")
    page = (await maria.get(f"/people/{anna.person.id}/about")).text
    assert ('value="1"' in page, 'value="2"' in page) == (False, False)


async def test_consent_and_keeping_by_hand(panel: Panel, world: World) -> None:
    """Withdrawn, the page says what follows; a last day says that everything is erased after it."""
    anna = await world.know(1, "Anna")
    async with window(panel, PHONE) as browser:
        await browser.sign_in(world.maria)
        page = browser.page
        await page.goto(f"{panel.url}/people/{anna.person.id}/about")
        await page.get_by_label("does not agree, or not any more").check()
        await page.get_by_label("How it is known").fill("By letter")
        await page.get_by_role("button", name="Note consent").click()
        await page.get_by_text("Withdrawn", exact=True).wait_for()
        await page.get_by_label("Last day").fill("2027-01-31")
        await page.get_by_role("button", name="Save").click()
        await page.get_by_text("is erased after 31 January 2027").wait_for()
        assert await browser.violations() == []
        too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(too_wide) == 0
        assert browser.complaints == []
    person = await now(world, anna.person.id)
    assert person.consent
    assert (person.consent.given, person.consent.note) == (False, "By letter")
    assert person.keep_until == datetime(2027, 2, 1, tzinfo=UTC)
