"""The rules of the house in the panel."""

import re
from datetime import timedelta
from typing import Any

import pytest

from domain.house import read_house
from domain.records import House, Quiet, WorkerState
from domain.repacking import adopt
from domain.rules import Rules
from tests.admin_web.browsing import Browser, Panel, Serve
from tests.admin_web.chromium import DESK, PHONE, window
from tests.admin_web.world import World
from usher.forecasting import SiteForecaster
from usher.settings import RecognitionSettings

MODEL = "opencv-zoo/sface_2021dec"


@pytest.fixture
async def options(world: World) -> dict[str, Any]:
    """What the panel is told of an installation whose models are in use."""
    await adopt(world.store, pack="opencv-zoo", model=MODEL)
    await world.store.workers.beat(
        WorkerState(
            name="worker 1",
            model=MODEL,
            provider="OpenVINO",
            seen_at=world.clock(),
            persons=5_000,
            references=9_000,
        )
    )
    rules = Rules()
    forecaster = SiteForecaster(
        store=world.store, settings=RecognitionSettings(), rules=rules, clock=world.clock
    )
    return {"rules": rules, "forecaster": forecaster}


async def sets(browser: Browser, section: str, **form: str) -> int:
    """Save one section of the page; return the status of the answer."""
    return (await browser.post("/settings", None, section=section, **form)).status_code


async def test_rules_are_set_and_shown(panel: Panel, world: World) -> None:
    """In the units of the page; what is left empty is the default."""
    admin = await panel.enter(world.admin)
    assert await sets(admin, "visits", visit_gap="2,5", announce_known="on") == 303
    assert (
        await sets(admin, "questions", remind_after="", escalate_after="0", expire_after="36")
        == 303
    )
    assert await sets(admin, "retention", images_days="30", detections_days="0") == 303
    assert (
        await sets(
            admin, "quiet", quiet_on="on", quiet_from="22:00", quiet_to="06:30", quiet_digest="on"
        )
        == 303
    )
    assert await sets(admin, "target", strangers_named="0.1", strangers_doubted="5") == 303
    assert await read_house(world.store) == House(
        strangers_named=0.001,
        strangers_doubted=0.05,
        visit_gap=timedelta(minutes=2.5),
        announce_known=True,
        escalate_after=timedelta(0),
        expire_after=timedelta(hours=36),
        images_days=30,
        detections_days=0,
        quiet=Quiet(start=22 * 60, end=6 * 60 + 30, digest=True),
    )
    page = (await admin.get("/settings")).text
    for shown in (
        'value="2.5"',
        'value="36"',
        'value="22:00"',
        'value="0.1"',
        "Empty: 15&nbsp;minutes",
    ):
        assert shown in page
    assert "A visit ends after: 10 minutes (the default) → 2.5 minutes" in page


async def test_unticking_is_a_change_too(panel: Panel, world: World) -> None:
    """A box that is not ticked is not sent; the rule is off then."""
    admin = await panel.enter(world.admin)
    await sets(admin, "visits", visit_gap="", announce_known="on")
    await sets(admin, "visits", visit_gap="")
    assert (await read_house(world.store)).announce_known is False
    await sets(admin, "quiet", quiet_on="on", quiet_from="22:00", quiet_to="07:00")
    await sets(admin, "quiet", quiet_from="22:00", quiet_to="07:00")
    assert (await read_house(world.store)).quiet is None


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"section": "target", "strangers_named": "0"}, "more than 0 and less than 100 %"),
        ({"section": "visits", "visit_gap": "soon"}, "please write a number"),
        ({"section": "visits", "visit_gap": "nan"}, "please write a number"),
        ({"section": "visits", "visit_gap": "0"}, "from 0.016667 to 1440 minutes"),
        ({"section": "questions", "remind_after": "60"}, "in this order"),
        ({"section": "retention", "images_days": "1.5"}, "whole number"),
        (
            {"section": "quiet", "quiet_on": "on", "quiet_from": "25:00", "quiet_to": "1:00"},
            "23:59",
        ),
        ({"section": "quiet", "quiet_on": "on"}, "a beginning and an end"),
    ],
)
async def test_what_is_not_right_is_said_and_kept_to_be_put_right(
    panel: Panel, world: World, form: dict[str, str], why: str
) -> None:
    """With the reason beside the fields, which show what was written; nothing is set."""
    admin = await panel.enter(world.admin)
    answer = await admin.post("/settings", None, **form)
    assert answer.status_code == 400
    assert why in answer.text
    for name, text in form.items():
        if name not in {"section", "quiet_on"}:
            assert f'name="{name}" value="{text}"' in answer.text
    assert await read_house(world.store) == House()


async def test_what_the_environment_sets_is_shown_and_stays(serve: Serve, world: World) -> None:
    """With its variable; whoever sends it all the same changes nothing."""
    panel = await serve(
        rules=Rules(House(images_days=7)),
        rule_variables={"images_days": "USHER_RETENTION__IMAGES_DAYS"},
    )
    admin = await panel.enter(world.admin)
    page = (await admin.get("/settings")).text
    assert re.search(r'id="images_days" value="7" disabled', page)
    assert "USHER_RETENTION__IMAGES_DAYS" in page
    await sets(admin, "retention", images_days="1", detections_days="10")
    assert await read_house(world.store) == House(detections_days=10)


async def test_changes_are_taken_back(panel: Panel, world: World) -> None:
    """The page says who made them, and who took them back; then the rule is as before."""
    admin = await panel.enter(world.admin)
    await sets(admin, "retention", images_days="30", detections_days="")
    [change] = await world.store.rule_changes.latest()
    answer = await admin.post(f"/settings/changes/{change.id}/undo")
    assert answer.headers["Location"] == "/settings?saved=retention#retention"
    assert await read_house(world.store) == House()
    page = (await admin.get("/settings")).text
    assert "taken back by Ada" in page
    assert "Take back" not in page
    assert (await admin.post(f"/settings/changes/{change.id}/undo")).status_code == 409


async def test_many_changes_are_paged(panel: Panel, world: World) -> None:
    """The newest first, the others behind a link."""
    admin = await panel.enter(world.admin)
    for days in range(1, 23):
        await sets(admin, "retention", images_days=str(days), detections_days="")
    first = (await admin.get("/settings")).text
    assert first.count("Take back: ") == 20
    [more] = re.findall(r"/settings\?before=([0-9a-f]{24})", first)
    assert (await admin.get(f"/settings?before={more}")).text.count("Take back: ") == 2


async def test_a_target_is_tried_before_it_is_saved(
    serve: Serve, options: dict[str, Any], world: World
) -> None:
    """What it would do is shown beside what is done now, and saved from there."""
    admin = await (await serve(**options)).enter(world.admin)
    page = (await admin.get("/settings?strangers_named=0.01&strangers_doubted=")).text
    assert "With 5,000 people remembered" in page
    assert "instead of" in page
    assert re.search(r"<button class=\"primary\">Save 0.01", page)
    assert await read_house(world.store) == House()
    same = (await admin.get("/settings/forecast?strangers_named=1")).text
    assert "<button" not in same
    wrong = (await admin.get("/settings/forecast?strangers_named=200")).text
    assert "less than 100" in wrong


async def test_models_are_shown_with_their_licence(
    serve: Serve, options: dict[str, Any], world: World
) -> None:
    """The pack in use, who works with it, and why liveness is off."""
    admin = await (await serve(**options)).enter(world.admin)
    page = (await admin.get("/settings")).text
    for said in ("Apache-2.0", "worker 1 on OpenVINO", "USHER_RECOGNITION__LIVENESS", "migrate"):
        assert said in page
    assert "non-commercial" not in page


@pytest.mark.parametrize(
    ("size", "scheme"), [(PHONE, "dark"), (DESK, "light")], ids=["phone-dark", "desk-light"]
)
async def test_sliding_shows_what_would_change(
    serve: Serve, options: dict[str, Any], world: World, size: dict[str, int], scheme: str
) -> None:
    """As the slider moves; the button saves what is shown, and the change can be taken back."""
    async with window(await serve(**options), size, scheme=scheme) as browser:
        page = browser.page
        await browser.sign_in(world.admin)
        await page.goto(f"{browser.url}/settings")
        await page.get_by_text("With 5,000 people remembered").wait_for()
        slider = page.get_by_role("slider")
        await slider.focus()
        await page.keyboard.press("Home")
        await page.get_by_role("button", name="Save 0.01").wait_for()
        assert await browser.violations() == []
        await page.get_by_role("button", name="Save 0.01").click()
        await page.get_by_text("Saved. It holds everywhere within seconds.").wait_for()
        assert (await read_house(world.store)).strangers_named == pytest.approx(0.0001)
        await page.get_by_role("button", name="Take back").click()
        await page.get_by_text("taken back by Ada").wait_for()
        assert await browser.violations() == []
        too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(too_wide) == 0
        assert browser.complaints == []
