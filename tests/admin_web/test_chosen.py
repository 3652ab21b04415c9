"""Several people chosen in the grid: shown what will change, changed, and changed back."""

import re
from collections.abc import Sequence
from datetime import timedelta

import httpx
import pytest
from playwright.async_api import expect

from domain.records import Account, Person, PersonStatus
from tests.admin_web.browsing import Browser, Panel, token_of
from tests.admin_web.chromium import DESK, PHONE, window
from tests.admin_web.world import Seen, World


async def choose(
    browser: Browser, path: str, people: Sequence[Person | Seen], **form: str
) -> httpx.Response:
    """Send a form about those chosen."""
    ids = [one.id if isinstance(one, Person) else one.person.id for one in people]
    token = token_of((await browser.get("/people")).text)
    return await browser.http.post(path, data={"csrf": token, "id": ids, **form})


async def of(world: World, seen: Seen) -> Person:
    """Return who somebody is by now."""
    found = await world.store.persons.canonical(seen.person.id)
    assert found
    return found


async def undone(browser: Browser, address: str) -> None:
    """Press Undo on the page that an answer led to."""
    page = (await browser.get(address)).text
    [batch] = re.findall(r'action="(/batches/[0-9a-f]{24}/undo)"', page)
    assert (await browser.post(batch, back="/people")).status_code == 303


@pytest.mark.parametrize(
    ("do", "status", "told"),
    [
        ("block", PersonStatus.BLOCKED, "3 people blocked"),
        ("dismiss", PersonStatus.DISMISSED, "3 people dismissed"),
    ],
)
async def test_done_at_once_and_undone_at_once(
    panel: Panel, world: World, do: str, status: PersonStatus, told: str
) -> None:
    """They are marked in one go, the grid says so as it was filtered, and Undo takes all back."""
    seen = [await world.see(n) for n in range(3)]
    maria = await panel.enter(world.maria)
    made = await choose(maria, "/people/chosen", seen, do=do, was_sort="newest")
    assert made.headers["Location"].startswith("/people?sort=newest&batch=")
    assert {(await of(world, one)).status for one in seen} == {status}
    assert told in (await maria.get(made.headers["Location"])).text
    await undone(maria, made.headers["Location"])
    assert {(await of(world, one)).status for one in seen} == {PersonStatus.UNKNOWN}


async def test_a_merge_shows_what_it_will_change(panel: Panel, world: World) -> None:
    """Faces, visits and names stand there before; who stays is chosen; all of it can be undone."""
    anna = await world.know(1, "Anna")
    strangers = [await world.see(0), await world.see(0)]
    maria = await panel.enter(world.maria)
    page = (await choose(maria, "/people/chosen", [*strangers, anna], do="merge")).text
    assert "3 visits and 3 crops" in page
    assert f'value="{anna.person.id}" checked' in page
    assert (await of(world, strangers[0])).id == strangers[0].person.id
    chosen = [*strangers, anna]
    made = await choose(maria, "/people/chosen/merge", chosen, stays=anna.person.id)
    assert {(await of(world, one)).id for one in chosen} == {anna.person.id}
    assert "3 people became one, Anna" in (await maria.get(made.headers["Location"])).text
    await undone(maria, made.headers["Location"])
    assert len({(await of(world, one)).id for one in chosen}) == 3


async def test_one_name_makes_one_person(panel: Panel, world: World) -> None:
    """Several under one name become one; a name that is taken asks who is meant."""
    seen = [await world.see(n) for n in range(2)]
    maria = await panel.enter(world.maria)
    assert "One name for all" in (await choose(maria, "/people/chosen", seen, do="name")).text
    made = await choose(maria, "/people/chosen/name", seen, name="Anna", answer="name")
    assert made.status_code == 303
    one, other = [await of(world, person) for person in seen]
    assert (one.name, other.id) == ("Anna", one.id)
    third = await world.see(3)
    asked = await choose(maria, "/people/chosen/name", [third], name="anna", answer="name")
    assert asked.status_code == 409
    for text in ("The same Anna", "Another anna"):
        assert text in asked.text
    await choose(maria, "/people/chosen/merge", [third], stays=one.id, name="anna")
    assert (await of(world, third)).id == one.id
    empty = await choose(maria, "/people/chosen/name", [one], name=" ", answer="name")
    assert "at least one letter" in empty.text


async def test_labels_are_put_on_and_taken_off(panel: Panel, world: World) -> None:
    """The filter offers a label once somebody has it, to those alone who may see them."""
    seen = [await world.see(n) for n in range(2)]
    maria, otto = await panel.enter(world.maria), await panel.enter(world.otto)
    await choose(maria, "/people/chosen/label", seen, label="Staff", how="label")
    assert "<option>staff</option>" in (await maria.get("/people")).text
    assert "staff" not in (await otto.get("/people")).text
    found = (await maria.get("/people?label=staff")).text
    assert all(one.person.label in found for one in seen)
    page = (await choose(maria, "/people/chosen", seen, do="label")).text
    assert "Take staff off" in page
    await choose(maria, "/people/chosen/label", seen[:1], label="staff", how="unlabel")
    assert (await of(world, seen[0])).labels == ()
    refused = await choose(maria, "/people/chosen/label", seen[:1], label="staff", how="unlabel")
    assert (refused.status_code, "None of them" in refused.text) == (400, True)


async def test_forgetting_wants_the_number_typed(panel: Panel, world: World) -> None:
    """Nothing is erased without it; with it all are gone, and nothing can be undone."""
    seen = [await world.see(n) for n in range(2)]
    maria = await panel.enter(world.maria)
    page = (await choose(maria, "/people/chosen", seen, do="forget")).text
    for text in ("cannot be undone", "2 visits", "Type 2"):
        assert text in page
    wrong = await choose(maria, "/people/chosen/forget", seen, typed="3")
    assert (wrong.status_code, "Nothing has been erased" in wrong.text) == (400, True)
    assert (await of(world, seen[0])).label in wrong.text
    made = await choose(maria, "/people/chosen/forget", seen, typed="2")
    assert "2 people are forgotten" in (await maria.get(made.headers["Location"])).text
    for one in seen:
        assert await world.store.persons.canonical(one.person.id) is None


async def test_nobody_of_another_site_can_be_chosen(panel: Panel, world: World) -> None:
    """One of them among others is 404 for all; who only looks has nothing to choose with."""
    mine, theirs = await world.see(0), await world.see(1, camera=world.gate)
    maria = await panel.enter(world.maria)
    for path, form in (
        ("/people/chosen", {"do": "block"}),
        ("/people/chosen", {"do": "forget"}),
        ("/people/chosen/name", {"name": "Anna", "answer": "name"}),
        ("/people/chosen/merge", {"stays": mine.person.id}),
        ("/people/chosen/label", {"label": "staff", "how": "label"}),
        ("/people/chosen/forget", {"typed": "2"}),
    ):
        assert (await choose(maria, path, [mine, theirs], **form)).status_code == 404
    stays = await choose(maria, "/people/chosen/merge", [mine], stays=theirs.person.id)
    assert stays.status_code == 404
    assert (await of(world, mine)).status is PersonStatus.UNKNOWN
    assert 'type="checkbox"' not in (await (await panel.enter(world.vera)).get("/people")).text


async def test_who_was_elsewhere_too_is_not_erased_by_one_site(panel: Panel, world: World) -> None:
    """A manager is told to ask an admin; nobody of those chosen is erased."""
    mine = await world.see(0)
    both = await world.see(1)
    world.clock.pass_by(timedelta(hours=1))
    await world.see(1, person=both.person, camera=world.gate)
    maria = await panel.enter(world.maria)
    refused = await choose(maria, "/people/chosen/forget", [mine, both], typed="2")
    assert (refused.status_code, "ask an admin" in refused.text) == (403, True)
    assert await world.store.persons.canonical(mine.person.id)


async def test_nonsense_is_refused(panel: Panel, world: World) -> None:
    """Nobody chosen, nothing to do, and too many are said to be that."""
    seen = await world.see(0)
    maria = await panel.enter(world.maria)
    assert "Choose at least one" in (await choose(maria, "/people/chosen", [], do="block")).text
    assert (await choose(maria, "/people/chosen", [seen], do="dance")).status_code == 400
    alone = await choose(maria, "/people/chosen/merge", [seen], stays=seen.person.id)
    assert "at least two" in alone.text


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
async def test_by_hand(panel: Panel, world: World, size: dict[str, int]) -> None:
    """Choose a range with shift, or by keyboard; enter opens: no page complains."""
    for n in range(5):
        await world.see(n)
    async with window(panel, size) as browser:
        await browser.sign_in(world.maria)
        page = browser.page
        await page.goto(f"{browser.url}/people")
        bar = page.get_by_role("region", name="What to do with those chosen")
        await expect(bar).to_be_hidden()
        boxes = page.get_by_role("checkbox")
        await boxes.nth(0).click()
        await boxes.nth(2).click(modifiers=["Shift"])
        await expect(bar).to_contain_text("3 people chosen")
        await page.locator(".person").nth(3).focus()
        await page.keyboard.press(" ")
        await expect(bar).to_contain_text("4 people chosen")
        assert await browser.violations() == []
        await bar.get_by_role("button", name="None").click()
        await expect(bar).to_be_hidden()
        await page.locator(".person").nth(1).focus()
        await page.keyboard.press("Enter")
        await page.get_by_role("heading", name="Stranger").first.wait_for()
        assert browser.complaints == []


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
async def test_all_on_a_page_by_hand(panel: Panel, world: World, size: dict[str, int]) -> None:
    """Choose all of them, block them, undo it."""
    seen = [await world.see(n) for n in range(5)]
    async with window(panel, size) as browser:
        await browser.sign_in(world.maria)
        page = browser.page
        await page.goto(f"{browser.url}/people")
        bar = page.get_by_role("region", name="What to do with those chosen")
        await page.get_by_role("checkbox").nth(0).click()
        await bar.get_by_role("button", name="All here").click()
        await expect(bar).to_contain_text("5 people chosen")
        await bar.get_by_role("button", name="Block").click()
        await page.get_by_text("5 people blocked").wait_for()
        assert {(await of(world, one)).status for one in seen} == {PersonStatus.BLOCKED}
        await page.get_by_role("button", name="Undo").click()
        await expect(page.get_by_text("5 people blocked")).to_have_count(0)
        assert {(await of(world, one)).status for one in seen} == {PersonStatus.UNKNOWN}
        assert browser.complaints == []


@pytest.mark.parametrize("account", ["maria", "admin"])
async def test_search_as_one_types(panel: Panel, world: World, account: str) -> None:
    """The grid follows the letters and the filters, and so does the address."""
    who: Account = getattr(world, account)
    await world.know(1, "Zoë Łukasz")
    await world.know(2, "Jonas")
    async with window(panel, DESK) as browser:
        await browser.sign_in(who)
        page = browser.page
        await page.goto(f"{browser.url}/people")
        await page.get_by_label("Name or number").type("zoe")
        await expect(page.locator(".person")).to_have_count(1)
        await expect(page.locator("#grid")).to_contain_text("1 person")
        assert "q=zoe" in page.url
        await page.get_by_label("Name or number").fill("")
        await expect(page.locator(".person")).to_have_count(2)
        await page.get_by_label("Order").select_option("Name")
        await expect(page.locator(".person-name").first).to_have_text("Jonas")
        assert browser.complaints == []
