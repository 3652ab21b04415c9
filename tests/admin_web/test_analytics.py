"""What happened, as the panel shows it."""

import re
from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from admin_web.words import fraction, lasting, quantity, share, size
from domain.counting import count_finished, count_today
from domain.decisions import ItIs, Name, answer
from domain.records import Account, DetectionStatus, MatchKind, Question, WorkerState
from domain.replies import Answer
from tests.admin_web.browsing import Panel
from tests.admin_web.chromium import DESK, PHONE, window
from tests.admin_web.world import World, suggest

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


async def live_a_little(world: World) -> None:
    """Let two days pass, on which people come and are asked about; then they are counted."""
    for site in (world.main, world.annex):
        await world.store.sites.save(replace(site, created_at=world.clock() - 3 * DAY))
    anna = await world.know(1, "Anna")
    world.clock.pass_by(DAY)
    asked = [
        (await world.see(n, suggestions=suggest(anna.person, 0.75), kind=MatchKind.UNSURE)).asked
        for n in (0, 2)
    ]
    await world.see(3, camera=world.gate)
    await world.crop(5, status=DetectionStatus.UNUSABLE, reasons=("too_small",))
    await world.crop(4, status=DetectionStatus.FAILED, error="It broke.")
    world.clock.pass_by(4 * MINUTE)
    await say(world, asked[0], ItIs(anna.person.id), world.maria)
    await say(world, asked[1], Name("Zoe"), world.admin)
    await world.store.workers.beat(
        WorkerState(
            name="w",
            model="m",
            provider="cpu",
            seen_at=world.clock(),
            crops=200,
            seconds=1.5,
        )
    )
    await count_finished(world.store, UTC, world.clock())
    await count_today(world.store, UTC, world.clock())


async def say(world: World, question: Question, given: Answer, account: Account) -> None:
    """Answer a question."""
    await answer(
        world.store,
        question_id=question.id,
        answer=given,
        account=account,
        via="telegram",
        now=world.clock(),
    )


async def test_two_days_are_told(panel: Panel, world: World) -> None:
    """Arrivals, people, answers, recognition, and what it costs, each as numbers."""
    await live_a_little(world)
    page = re.sub(
        r"\s+", " ", (await (await panel.enter(world.admin)).get("/analytics?days=7")).text
    )
    for said in (
        "4 arrivals in 7 days",
        "100 % were of people who had never been there",
        "Half of the answers came within 4 min",
        "<strong>2</strong> <span>answers given, 100 % in the chat",
        "Maria",
        "too small",
        "1 crop failed",
        "2 times people said whether Usher was right",
        "These are few",
        "<strong>7.5 ms</strong>",
    ):
        assert said in page
    assert "still to be counted" not in page


async def test_sites_of_others_are_not_counted(panel: Panel, world: World) -> None:
    """Managers and viewers see their own; one site can be looked at alone, if it is theirs."""
    await live_a_little(world)
    otto = await panel.enter(world.otto)
    page = (await otto.get("/analytics?days=7")).text
    assert "1 arrival in 7 days" in page
    assert "Nobody has confirmed or rejected" in page
    assert (await otto.get(f"/analytics?site={world.main.id}")).status_code == 404
    admin = await panel.enter(world.admin)
    assert "3 arrivals in" in (await admin.get(f"/analytics?days=7&site={world.main.id}")).text
    vera = await panel.enter(world.vera)
    assert "3 arrivals in" in (await vera.get("/analytics?days=7")).text


async def test_what_is_not_counted_yet_is_said(panel: Panel, world: World) -> None:
    """Before a worker has counted there is nothing to show, and the page says why."""
    await world.know(1, "Anna")
    page = (await (await panel.enter(world.admin)).get("/analytics?days=90")).text
    assert "still to be counted" in page
    assert "Nobody arrived in these days" in page


async def test_without_a_site_it_says_what_to_do(panel: Panel, world: World) -> None:
    """A manager of no site, and an installation without any, are told what is missing."""
    await world.store.sites.erase([world.main.id, world.annex.id])
    assert "no site yet" in (await (await panel.enter(world.admin)).get("/analytics")).text


@pytest.mark.parametrize(
    ("size_", "scheme"), [(PHONE, "dark"), (DESK, "light")], ids=["phone-dark", "desk-light"]
)
async def test_charts_are_fit_to_be_seen(
    panel: Panel, world: World, size_: dict[str, int], scheme: str
) -> None:
    """No page breaks WCAG 2 A or AA or is wider than its window; tables open by keyboard."""
    await live_a_little(world)
    async with window(panel, size_, scheme=scheme) as browser:
        page = browser.page
        await browser.sign_in(world.admin)
        for days in (7, 90):
            await page.goto(f"{browser.url}/analytics?days={days}")
            assert await browser.violations() == []
            too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert await page.evaluate(too_wide) == 0
        table = page.get_by_text("The same as a table").first
        await table.focus()
        await page.keyboard.press("Enter")
        await page.get_by_role("region", name="Arrivals by day").wait_for()
        assert await browser.violations() == []
        assert browser.complaints == []


def test_numbers_are_as_exact_as_matters() -> None:
    """Small ones with a digit after the point, large ones without; times and sizes in units."""
    assert [quantity(n) for n in (0, 3.42, 12.4, 12_345.6)] == ["0", "3.4", "12", "12,346"]
    assert [size(n).replace("\N{NO-BREAK SPACE}", " ") for n in (0, 999, 3_400, 2.5e9)] == [
        "0 B",
        "999 B",
        "3.4 kB",
        "2.5 GB",
    ]
    times = [timedelta(seconds=n) for n in (40, 90, 7200, 3 * 86400)]
    assert [lasting(t).replace("\N{NO-BREAK SPACE}", " ") for t in times] == [
        "40 s",
        "2 min",
        "2 h",
        "3 days",
    ]
    shares = [fraction(n).replace("\N{NO-BREAK SPACE}", " ") for n in (0, 0.0001, 0.123, 1)]
    assert shares == ["0 %", "0.01 %", "12 %", "100 %"]
    assert share(1, 0) == ""
