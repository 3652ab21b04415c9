"""The inbox in a real browser: keys, piles, pictures to compare, and answers that stay."""

import asyncio
from datetime import timedelta

import pytest
from playwright.async_api import Route

from admin_web.live import BELL
from domain.records import MatchKind, PersonStatus, QuestionStatus, Suggestion
from tests.admin_web.browsing import Panel
from tests.admin_web.chromium import DESK, PHONE, Window, window
from tests.admin_web.test_piles import statuses, strangers
from tests.admin_web.world import Seen, World, suggest

SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def person_of(world: World, seen: Seen) -> tuple[str | None, PersonStatus]:
    """Return the name and the status of whom somebody turned out to be."""
    person = await world.store.persons.canonical(seen.person.id)
    assert person
    return person.name, person.status


async def fit(browser: Window) -> None:
    """Expect the page to be accessible, no wider than the window, and without complaints."""
    assert await browser.violations() == []
    assert await browser.page.evaluate(TOO_WIDE) == 0
    assert browser.complaints == []


async def asked_four(world: World) -> list[Seen]:
    """Let four strangers be seen who may be Anna, and return them, the newest first."""
    anna = await world.know(1, "Anna")
    world.clock.pass_by(timedelta(minutes=20))
    return [await world.see(n, suggestions=suggest(anna.person)) for n in (0, 2, 3, 4)][::-1]


async def test_answers_by_key(panel: Panel, world: World) -> None:
    """A digit takes a suggestion, B blocks, D dismisses, N names; U undoes, the last one first."""
    seen = await asked_four(world)
    async with window(panel, DESK) as browser:
        await browser.sign_in(world.maria)
        cards = [browser.page.locator(f"#q-{one.asked.id}") for one in seen]
        keys = browser.page.keyboard
        told = ("blocked by you", "dismissed by you", "recognised by you")
        for card, key, said in zip(cards, "bd1", told, strict=False):
            await keys.press("j")
            await keys.press(key)
            await card.get_by_text(said).wait_for()
        for card in (cards[2], cards[1]):
            await keys.press("u")
            await card.get_by_text("Undone.").wait_for()
        await cards[3].focus()
        await keys.press("n")
        await keys.type("Bob ju")
        await keys.press("Enter")
        await cards[3].get_by_text("named by you").wait_for()
        assert browser.complaints == []
    assert [await person_of(world, one) for one in seen] == [
        (None, PersonStatus.BLOCKED),
        (None, PersonStatus.UNKNOWN),
        (None, PersonStatus.UNKNOWN),
        ("Bob ju", PersonStatus.KNOWN),
    ]


async def test_moving_by_key(panel: Panel, world: World) -> None:
    """J, K and the arrows move; a key with Control, or while keys are shown, answers nothing."""
    seen = await asked_four(world)
    async with window(panel, DESK) as browser:
        await browser.sign_in(world.maria)
        keys = browser.page.keyboard
        for key, place in (
            ("j", 0),
            ("ArrowDown", 1),
            ("j", 2),
            ("k", 1),
            ("ArrowUp", 0),
            ("k", 0),
        ):
            await keys.press(key)
            focused = await browser.page.evaluate("document.activeElement.id")
            assert focused == f"q-{seen[place].asked.id}"
        await keys.press("Control+b")
        await keys.press("?")
        await browser.page.get_by_role("dialog", name="Keys").wait_for()
        await keys.press("b")
        await fit(browser)
        await keys.press("Escape")
    assert await statuses(world, seen) == [QuestionStatus.OPEN] * 4


@SIZES
async def test_a_pile_by_hand(panel: Panel, world: World, size: dict[str, int]) -> None:
    """A face is taken out, the others are named together and undone together, where they stood."""
    seen = await strangers(world, 4)
    async with window(panel, size) as browser:
        await browser.sign_in(world.maria)
        page = browser.page
        pile = page.locator(".pile")
        await fit(browser)
        await pile.get_by_role("checkbox", name=seen[1].person.label).uncheck()
        await pile.get_by_label("Name of this person").fill("Anna")
        await pile.get_by_role("button", name="Name these 3").click()
        told = page.locator(".card.decided")
        await told.get_by_role("link", name="Anna").wait_for()
        await page.locator(f"#q-{seen[1].asked.id}").get_by_text("Who is this?").wait_for()
        await fit(browser)
        await told.get_by_role("button", name="Undo all 3").click()
        await pile.get_by_text("Undone.").wait_for()
        await page.get_by_role("button", name="Name these 4").wait_for()
        await page.locator(f"#q-{seen[1].asked.id}").wait_for(state="detached")
        assert browser.complaints == []
    assert await statuses(world, seen) == [QuestionStatus.OPEN] * 4


async def test_who_was_taken_out_stays_out_while_the_pile_grows(panel: Panel, world: World) -> None:
    """A face that comes into an open pile changes neither the name being written nor the choice."""
    seen = await strangers(world, 3)
    async with window(panel, DESK) as browser:
        await browser.sign_in(world.maria)
        page = browser.page
        pile = page.locator(".pile")
        out = pile.get_by_role("checkbox", name=seen[0].person.label)
        await out.uncheck()
        await pile.get_by_label("Name of this person").fill("Ann")
        maybe = Suggestion(person_id=seen[0].person.id, distance=0.4, confidence=0.8)
        await world.see(2, person=await world.meet(maybe=(maybe,)))
        await pile.get_by_role("button", name="Name these 3").wait_for()
        assert await pile.get_by_role("checkbox").count() == 4
        assert not await out.is_checked()
        await page.keyboard.type("a")
        assert await pile.get_by_label("Name of this person").input_value() == "Anna"
        assert browser.complaints == []


@SIZES
async def test_pictures_side_by_side(panel: Panel, world: World, size: dict[str, int]) -> None:
    """A photo opens large beside the crop, and the answer is given there."""
    anna = await world.know(1, "Anna")
    await world.see(4, person=anna.person, kind=MatchKind.MATCH, camera=world.yard)
    [near, *_] = await world.store.references.of([anna.person.id])
    [likely] = suggest(anna.person)
    likely = Suggestion(
        person_id=likely.person_id, distance=0.4, confidence=0.6, reference_id=near.id
    )
    seen = await world.see(0, suggestions=(likely,))
    async with window(panel, size) as browser:
        await browser.sign_in(world.maria)
        page = browser.page
        await page.get_by_role("link", name="Compare with Anna").click()
        dialog = page.get_by_role("dialog", name="Are these the same person?")
        await dialog.wait_for()
        shown = await dialog.locator("img").evaluate_all("all => all.map(i => i.src)")
        assert [one.rpartition("/")[2] for one in shown] == [seen.detection.id, near.detection_id]
        await fit(browser)
        await dialog.get_by_role("button", name="It is Anna").click()
        await page.get_by_text("recognised by you").wait_for()
        assert browser.complaints == []
    assert (await person_of(world, seen))[0] == "Anna"


async def test_a_late_catch_up_takes_nothing_away(panel: Panel, world: World) -> None:
    """What was asked before an answer and comes after it, or while it is given, is not shown."""
    seen = await world.see(0)
    held: asyncio.Queue[Route] = asyncio.Queue()
    async with window(panel, DESK) as browser:
        await browser.sign_in(world.maria)
        page = browser.page
        card = page.locator(f"#q-{seen.asked.id}")
        await page.route("**/inbox/catch-up", held.put)
        await world.see(0, person=seen.person)
        panel.app[BELL].ring()
        late = await held.get()
        early = await late.fetch()
        assert "2 crops" in await early.text()
        await card.get_by_role("button", name="Block").click()
        await card.get_by_text("blocked by you").wait_for()
        await card.get_by_role("button", name="Undo").click()
        await card.get_by_text("Undone.").wait_for()
        async with page.expect_response("**/inbox/catch-up"):
            await late.fulfill(response=early)
        again = await held.get()
        assert await card.get_by_text("Undone.").is_visible()
        async with page.expect_response("**/inbox/catch-up"):
            await again.continue_()
        await page.wait_for_function("document.title.startsWith('(1)')")
        assert await card.get_by_text("Undone.").is_visible()
        assert browser.complaints == []


async def test_a_catch_up_waits_for_the_answer(panel: Panel, world: World) -> None:
    """While an answer is on its way nobody asks what changed: its own words are shown."""
    seen = await strangers(world, 2)
    answers: asyncio.Queue[Route] = asyncio.Queue()
    async with window(panel, DESK) as browser:
        await browser.sign_in(world.maria)
        page = browser.page
        await page.route("**/questions/answer", answers.put)
        await page.locator(".pile").get_by_role("button", name="Block").click()
        route = await answers.get()
        made = await route.fetch()
        panel.app[BELL].ring()
        await route.fulfill(response=made)
        told = page.locator(".card.decided")
        await told.get_by_text("2 questions answered at once: blocked by you").wait_for()
        assert await page.locator(".card").count() == 1
        assert browser.complaints == []
    assert await statuses(world, seen) == [QuestionStatus.ANSWERED] * 2


async def test_a_pile_without_scripts(panel: Panel, world: World) -> None:
    """Taking out, naming and undoing need no script; Enter in the name's field names them."""
    seen = await strangers(world, 3)
    async with window(panel, PHONE, scripts=False) as browser:
        await browser.sign_in(world.maria)
        page = browser.page
        await page.get_by_role("checkbox", name=seen[0].person.label).uncheck()
        await page.get_by_label("Name of this person").first.fill("Anna")
        await page.get_by_label("Name of this person").first.press("Enter")
        await page.get_by_text("named by you in the panel, 2 questions at once.").wait_for()
        await page.get_by_role("button", name="Undo all 2").click()
        await page.get_by_role("button", name="Name these 3").wait_for()
    assert await statuses(world, seen) == [QuestionStatus.OPEN] * 3


async def test_an_empty_inbox_leads_on(panel: Panel, world: World) -> None:
    """Admins are led to managers to invite; links are only where the account may go."""
    async with window(panel, PHONE) as browser:
        await browser.sign_in(world.admin)
        await fit(browser)
        assert await browser.page.get_by_role("link", name="Invite a manager").is_visible()
    async with window(panel, PHONE) as browser:
        await browser.sign_in(world.maria)
        assert await browser.page.get_by_text("Nothing to answer").is_visible()
        assert await browser.page.get_by_role("link", name="Invite a manager").count() == 0
