"""The panel in a real browser, on a phone and at a desk."""

from datetime import timedelta

import pytest

from admin_web.live import BELL
from domain.decisions import Visitor, answer
from domain.records import DetectionStatus, MatchKind, PersonStatus
from tests.admin_web.browsing import Panel
from tests.admin_web.chromium import DESK, PHONE, Window, window
from tests.admin_web.world import World, suggest

SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
LATER = timedelta(minutes=20)


async def look_around(browser: Window, paths: list[str]) -> None:
    """Expect each page to be accessible, no wider than the window, and without complaints."""
    for path in paths:
        await browser.page.goto(browser.url + path)
        await browser.page.wait_for_load_state("load")
        assert await browser.violations() == [], path
        too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await browser.page.evaluate(too_wide) == 0, path
    assert browser.complaints == []


async def furnish(world: World) -> list[str]:
    """Let a day pass; return the pages to look at."""
    anna = await world.know(1, "Anna Berg")
    world.clock.pass_by(LATER)
    otto = await world.know(4, "Otto " + "Ottokar" * 10, camera=world.gate)
    who = await world.see(2, suggestions=(*suggest(anna.person, 0.5), *suggest(otto.person, 0.3)))
    await world.see(0, suggestions=suggest(anna.person), kind=MatchKind.UNSURE)
    await world.see(3, person=await world.meet(PersonStatus.BLOCKED), camera=world.yard)
    failed = await world.crop(5, status=DetectionStatus.FAILED, error="The worker was killed.")
    await world.crop(5, status=DetectionStatus.UNUSABLE, reasons=("too_small", "blurred"))
    return [
        "/",
        f"/questions/{who.asked.id}",
        "/people",
        f"/people/{anna.person.id}",
        f"/people/{who.person.id}",
        "/detections",
        "/detections?status=failed",
        f"/detections/{who.detection.id}",
        f"/detections/{failed.id}",
        "/account",
        "/accounts",
    ]


@pytest.mark.parametrize(
    ("size", "scheme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone-light", "desk-dark"]
)
async def test_every_page_is_fit_to_be_seen(
    panel: Panel, world: World, size: dict[str, int], scheme: str
) -> None:
    """No page breaks WCAG 2 A or AA, is wider than its window or makes the browser complain."""
    async with window(panel, size, scheme=scheme) as browser:
        await look_around(browser, ["/sign-in"])
        await browser.sign_in(world.admin)
        await look_around(browser, ["/", "/people", "/detections"])
        await look_around(browser, await furnish(world))


@SIZES
async def test_questions_come_and_go_by_themselves(
    panel: Panel, world: World, size: dict[str, int]
) -> None:
    """A new question appears in an open page, and shows when somebody else has answered it."""
    async with window(panel, size) as browser:
        await browser.sign_in(world.maria)
        page = browser.page
        await page.mouse.move(5, 5)
        await page.get_by_text("Nothing to answer").wait_for()
        seen = await world.see(0)
        card = page.locator(f"#q-{seen.asked.id}")
        await card.get_by_role("heading", name="Who is this?").wait_for()
        assert await page.title() == "(1) Inbox · Usher"
        assert not await page.get_by_text("Nothing to answer").is_visible()
        await answer(
            world.store,
            question_id=seen.asked.id,
            answer=Visitor(),
            account=world.admin,
            via="telegram",
            now=world.clock(),
        )
        await card.get_by_text("approved as a visitor by Ada in the chat").wait_for()
        assert not await page.locator("#waiting").is_visible()
        assert browser.complaints == []


async def test_nothing_is_lost_while_somebody_types(panel: Panel, world: World) -> None:
    """New cards wait, counts rise and the half-written name stays, with the cursor in it."""
    first = await world.see(0)
    async with window(panel, PHONE) as browser:
        await browser.sign_in(world.maria)
        page = browser.page
        card = page.locator(f"#q-{first.asked.id}")
        field = card.get_by_label("Name of this person")
        await field.fill("Ann")
        second = await world.see(1)
        show = page.get_by_role("button", name="Show 1 new question")
        await show.wait_for()
        assert await page.locator(f"#q-{second.asked.id}").count() == 0
        await world.see(0, person=first.person)
        panel.app[BELL].ring()
        await card.get_by_text("2 crops").wait_for()
        await page.keyboard.type("a")
        assert await field.input_value() == "Anna"
        await show.click()
        await page.locator(f"#q-{second.asked.id}").wait_for()
        assert await field.input_value() == "Anna"
        await field.press("Enter")
        await card.get_by_text("named by you in the panel").wait_for()
        assert browser.complaints == []


async def test_answering_by_keyboard_and_finger(panel: Panel, world: World) -> None:
    """A name that is taken asks which one; Is this Anna? takes No and then somebody else."""
    anna = await world.know(1, "Anna")
    world.clock.pass_by(LATER)
    named = await world.see(0)
    unsure = await world.see(2, suggestions=suggest(anna.person), kind=MatchKind.UNSURE)
    async with window(panel, PHONE) as browser:
        await browser.sign_in(world.maria)
        card = browser.page.locator(f"#q-{named.asked.id}")
        await card.get_by_label("Name of this person").fill("anna")
        await card.get_by_role("button", name="Name", exact=True).click()
        await card.get_by_role("button", name="The same Anna").click()
        await card.get_by_text("recognised by you").wait_for()
        card = browser.page.locator(f"#q-{unsure.asked.id}")
        await card.get_by_role("button", name="No", exact=True).click()
        await card.get_by_role("heading", name="Who is this?").wait_for()
        await card.get_by_role("button", name="Block").click()
        await card.get_by_text("blocked by you").wait_for()
        assert browser.complaints == []
    merged = await world.store.persons.get(named.person.id)
    blocked = await world.store.persons.get(unsure.person.id)
    assert merged
    assert merged.merged_into == anna.person.id
    assert blocked
    assert blocked.status is PersonStatus.BLOCKED


async def test_without_scripts(panel: Panel, world: World) -> None:
    """Reading and answering need no script."""
    seen = await world.see(0)
    async with window(panel, PHONE, scripts=False) as browser:
        await browser.sign_in(world.maria)
        page = browser.page
        await page.get_by_label("Name of this person").fill("Anna")
        await page.get_by_role("button", name="Name", exact=True).click()
        await page.get_by_text("Remembered: Anna, named by you in the panel.").wait_for()
        await page.goto(f"{panel.url}/people?q=anna")
        await page.get_by_role("link", name="Anna").click()
        await page.get_by_role("heading", name="Anna").wait_for()
    kept = await world.store.persons.get(seen.person.id)
    assert kept
    assert kept.name == "Anna"


async def test_signing_out_by_hand(panel: Panel, world: World) -> None:
    """After signing out the back button shows no faces."""
    await world.see(0)
    async with window(panel, DESK) as browser:
        await browser.sign_in(world.maria)
        page = browser.page
        await page.get_by_role("link", name="Account").click()
        await page.get_by_role("button", name="Sign out").click()
        await page.get_by_role("heading", name="Sign in").wait_for()
        await page.go_back()
        await page.get_by_role("heading", name="Sign in").wait_for()
        assert await page.locator(".card").count() == 0
