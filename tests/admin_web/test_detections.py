"""The detection log and its pages."""

import html
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from domain.records import Detection, DetectionStatus, Face, Match, MatchKind
from tests.admin_web.browsing import Browser, Panel, Serve
from tests.admin_web.chromium import DESK, PHONE, window
from tests.admin_web.world import World, suggest


async def listed(browser: Browser, query: str, among: dict[str, Detection]) -> set[str]:
    """Return the names of those detections that a page of the log lists."""
    page = await browser.get(f"/detections?{query}")
    assert page.status_code == 200, page.text
    return {name for name, one in among.items() if f'href="/detections/{one.id}"' in page.text}


def rows(page: str) -> list[str]:
    """Return the ids of the detections that a page lists, in order."""
    return re.findall(r'class="row-link" href="/detections/([0-9a-f]{24})"', page)


def beside(page: str, rel: str) -> str:
    """Return the address of the page before (`prev`, newer) or after (`next`, older)."""
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    return html.unescape(found[1]) if found else ""


async def test_filters(panel: Panel, world: World) -> None:
    """Site, camera, status, person by name or id, and time narrow the log down."""
    anna = await world.know(1, "Anna")
    world.clock.pass_by(timedelta(hours=2))
    among = {
        "anna": anna.detection,
        "failed": await world.crop(0, camera=world.yard, status=DetectionStatus.FAILED),
        "gate": (await world.see(2, camera=world.gate)).detection,
    }
    ada = await panel.enter(world.admin)
    expected = {
        "": {"anna", "failed", "gate"},
        f"site={world.main.id}": {"anna", "failed"},
        f"camera={world.yard.id}": {"failed"},
        "status=failed": {"failed"},
        "person=ANNA": {"anna"},
        f"person={anna.person.id}": {"anna"},
        "person=Nobody+we+know": set(),
        "since=2026-11-22T16:00": {"failed", "gate"},
        "until=2026-11-22T16:00": {"anna"},
        f"site={world.main.id}&status=classified&since=2026-11-22": {"anna"},
    }
    assert {query: await listed(ada, query, among) for query in expected} == expected


async def test_bad_filters_are_refused(panel: Panel, world: World) -> None:
    """A filter that makes no sense is answered with words, not ignored."""
    maria = await panel.enter(world.maria)
    for query in ("site=x", "camera=x", "status=good", "since=now", "until=0001-01-01", "after=x"):
        assert (query, (await maria.get(f"/detections?{query}")).status_code) == (query, 400)


async def test_times_are_the_sites(serve: Serve, world: World) -> None:
    """Times are shown, and understood, in the zone of the site."""
    seen = await world.see(0)
    panel = await serve(timezone=ZoneInfo("Europe/Berlin"))
    maria = await panel.enter(world.maria)
    assert "15:32" in (await maria.get("/detections")).text
    among = {"it": seen.detection}
    assert await listed(maria, "since=2026-11-22T15:30&until=2026-11-22T15:35", among) == {"it"}
    assert await listed(maria, "until=2026-11-22T15:00", among) == set()


async def test_the_log_has_pages(panel: Panel, world: World) -> None:
    """Paging by cursor keeps the filters and shows everything once, newest first."""
    made = [await world.crop(n % 6) for n in range(65)]
    await world.crop(0, camera=world.yard)
    maria = await panel.enter(world.maria)
    path, found = f"/detections?camera={world.door.id}", []
    while path:
        page = (await maria.get(path)).text
        found += rows(page)
        path = beside(page, "next")
    assert found == [one.id for one in reversed(made)]


async def test_a_detection_shows_what_was_found(panel: Panel, world: World) -> None:
    """The page draws box and landmarks, and tells distance, confidence, person and visit."""
    anna = await world.know(1, "Anna")
    seen = await world.see(0, suggestions=suggest(anna.person), kind=MatchKind.UNSURE)
    page = (await (await panel.enter(world.maria)).get(f"/detections/{seen.detection.id}")).text
    face = seen.detection.face
    assert face
    assert f'<rect x="{face.box[0]}" y="{face.box[1]}"' in page
    assert page.partition('class="overlay"')[2].partition("</svg>")[0].count("<circle") == 5
    for text in ("Unsure", "0.290", seen.person.label, "1st visit", "Front door", "test-model"):
        assert text in page


async def test_a_detection_shows_how_sure_the_percentage_is(panel: Panel, world: World) -> None:
    """Beside the confidence stands the interval; records from before there was one have none."""
    anna = await world.know(1, "Anna")
    [reference] = await world.store.references.of([anna.person.id])
    match = Match(kind=MatchKind.MATCH, distance=0.4, confidence=0.91, reference_id=reference.id)
    older = await world.crop(1, status=DetectionStatus.CLASSIFIED, match=match)
    sure = replace(match, low=0.84, high=0.95)
    newer = await world.crop(1, status=DetectionStatus.CLASSIFIED, match=sure)
    maria = await panel.enter(world.maria)
    pages = [(await maria.get(f"/detections/{one.id}")).text for one in (older, newer)]
    assert ["91\N{NO-BREAK SPACE}%" in page for page in pages] == [True, True]
    assert ["(84\N{NO-BREAK SPACE}% to 95\N{NO-BREAK SPACE}%)" in page for page in pages] == [
        False,
        True,
    ]


async def test_why_a_detection_was_set_aside(panel: Panel, world: World) -> None:
    """Reasons and errors are told in words; only what failed can be tried again."""
    poor = await world.crop(0, status=DetectionStatus.UNUSABLE, reasons=("too_small",))
    maria = await panel.enter(world.maria)
    page = (await maria.get(f"/detections/{poor.id}")).text
    assert "too small" in page
    assert "Try again" not in page


async def test_what_failed_can_be_tried_again(panel: Panel, world: World) -> None:
    """A press makes it new; viewers have no such button."""
    failed = await world.crop(0, status=DetectionStatus.FAILED, error="The worker was killed.")
    maria, vera = await panel.enter(world.maria), await panel.enter(world.vera)
    assert "Try again" in (await maria.get(f"/detections/{failed.id}")).text
    assert "Try again" not in (await vera.get(f"/detections/{failed.id}")).text
    sent = await maria.post(f"/detections/{failed.id}/retry")
    assert "waits for a worker again" in (await maria.get(sent.headers["Location"])).text
    kept = await world.store.detections.get(failed.id)
    assert kept
    assert kept.status is DetectionStatus.NEW


async def test_a_spoof_is_said_and_can_be_filtered_for(panel: Panel, world: World) -> None:
    """The log lists spoofs by themselves, and the page of one says what it is in words."""
    spoof = await world.crop(0, status=DetectionStatus.SPOOF, face=covered_face(live=0.04))
    other = await world.crop(1, status=DetectionStatus.UNUSABLE)
    maria = await panel.enter(world.maria)
    listed = (await maria.get("/detections?status=spoof")).text
    assert f"/detections/{spoof.id}" in listed
    assert f"/detections/{other.id}" not in listed
    page = (await maria.get(f"/detections/{spoof.id}")).text
    assert "Somebody held a picture or a screen before the camera." in page
    assert "4\N{NO-BREAK SPACE}% a face, not a picture" in page


async def test_what_covers_a_face_is_said(panel: Panel, world: World) -> None:
    """A covered face that was matched says why it was asked about; one set aside says why."""
    seen = await world.see(0, reasons=("covered_lower",))
    apart = await world.crop(
        1,
        status=DetectionStatus.UNUSABLE,
        reasons=("covered_upper",),
        face=covered_face(upper_covered=0.96),
    )
    maria = await panel.enter(world.maria)
    page = (await maria.get(f"/detections/{seen.detection.id}")).text
    assert "The face is covered by a mask. It is asked about" in page
    assert "Not known" in page
    page = (await maria.get(f"/detections/{apart.id}")).text
    assert "Set aside: covered by dark glasses." in page
    assert "96\N{NO-BREAK SPACE}% eyes" in page


def covered_face(**facts: float) -> Face:
    """A face with some facts of its own."""
    made = Face(
        box=(10, 10, 90, 90), landmarks=(), score=0.9, quality=0.5, roll=0, yaw=0, pitch=0, count=1
    )
    return replace(made, **facts)  # type: ignore[arg-type]  # a test names real fields


async def test_answers_are_filtered(panel: Panel, world: World) -> None:
    """By what was answered, how sure it is, and why a face was set aside."""
    anna = await world.know(1, "Anna")
    sure = Match(kind=MatchKind.MATCH, distance=0.3, confidence=0.97)
    among = {
        "sure": await world.crop(1, status=DetectionStatus.CLASSIFIED, match=sure),
        "unsure": (
            await world.see(
                0, suggestions=suggest(anna.person, confidence=0.55), kind=MatchKind.UNSURE
            )
        ).detection,
        "blurred": await world.crop(
            2, status=DetectionStatus.UNUSABLE, reasons=("blurred", "too_small")
        ),
    }
    maria = await panel.enter(world.maria)
    expected = {
        "kind=match": {"sure"},
        "kind=unsure": {"unsure"},
        "below=60": {"unsure"},
        "below=50": set(),
        "reason=too_small": {"blurred"},
        "reason=too_small&kind=match": set(),
    }
    assert {query: await listed(maria, query, among) for query in expected} == expected
    for query in ("kind=maybe", "below=61", "reason=ugly", "before=x", f"after={'0' * 24}"):
        assert (query, (await maria.get(f"/detections?{query}")).status_code) == (query, 400)


async def test_the_log_is_in_the_order_of_capture(panel: Panel, world: World) -> None:
    """What a camera kept while it was offline stands where it was captured, not on top."""
    world.clock.pass_by(timedelta(hours=2))
    now = await world.crop(0)
    late = await world.crop(1, at=world.clock() - timedelta(hours=1))
    page = (await (await panel.enter(world.maria)).get("/detections")).text
    assert rows(page) == [now.id, late.id]


async def test_pages_lead_back_up(panel: Panel, world: World) -> None:
    """Newer leads to the page before, and from the second page to a full first one."""
    made = [(await world.crop(n % 6)).id for n in range(90)][::-1]
    maria = await panel.enter(world.maria)
    first = (await maria.get("/detections")).text
    second = (await maria.get(beside(first, "next"))).text
    third = (await maria.get(beside(second, "next"))).text
    assert rows(third) == made[80:]
    assert beside(third, "next") == ""
    assert rows((await maria.get(beside(third, "prev"))).text) == rows(second)
    extra = (await world.crop(0)).id
    assert rows((await maria.get(beside(second, "prev"))).text) == [*made[:40]]
    assert rows((await maria.get("/detections")).text)[0] == extra


async def test_what_is_new_is_said_and_nothing_moves(panel: Panel, world: World) -> None:
    """The page asks how many there are above it by now, of what it shows and the reader may see."""
    await world.crop(0)
    maria = await panel.enter(world.maria)
    page = (await maria.get(f"/detections?camera={world.door.id}")).text
    found = re.search(r'hx-get="(/detections/news[^"]+)"', page)
    assert found
    asking = html.unescape(found[1])
    assert "new" not in (await maria.get(asking)).text
    for camera in (world.door, world.door, world.yard, world.gate):
        await world.crop(1, camera=camera)
    assert ">2 new</a>" in (await maria.get(asking)).text


async def test_everything_that_failed_is_tried_again(panel: Panel, world: World) -> None:
    """Of what is asked for, and of the manager's sites alone."""
    failed: dict[str, Any] = {"status": DetectionStatus.FAILED, "error": "broken"}
    mine = [await world.crop(n % 6, camera=world.yard, **failed) for n in range(3)]
    others = [await world.crop(0, **failed), await world.crop(0, camera=world.gate, **failed)]
    maria = await panel.enter(world.maria)
    assert "Try all of these again" in (await maria.get("/detections?status=failed")).text
    answer = await maria.post("/detections/retry", camera=world.yard.id)
    assert answer.status_code == 303
    assert "3 detections wait" in (await maria.get(answer.headers["Location"])).text
    kept = await world.store.detections.some([one.id for one in (*mine, *others)])
    assert [kept[one.id].status for one in mine] == [DetectionStatus.NEW] * 3
    assert [kept[one.id].status for one in others] == [DetectionStatus.FAILED] * 2


async def test_what_is_ticked_is_tried_again(panel: Panel, world: World) -> None:
    """Those ticked that failed; nothing, where one of them is of another site."""
    failed: dict[str, Any] = {"status": DetectionStatus.FAILED, "error": "broken"}
    mine, other = await world.crop(0, **failed), await world.crop(0, camera=world.gate, **failed)
    maria = await panel.enter(world.maria)
    answer = await maria.post("/detections/selected/retry", id=[mine.id, other.id])
    assert answer.status_code == 404
    assert (await maria.post("/detections/selected/retry")).status_code == 400
    answer = await maria.post("/detections/selected/retry", id=mine.id)
    assert "1 detection waits" in (await maria.get(answer.headers["Location"])).text
    kept = await world.store.detections.get(mine.id)
    assert kept
    assert kept.status is DetectionStatus.NEW
    vera = await panel.enter(world.vera)
    assert 'type="checkbox"' not in (await vera.get("/detections")).text


async def test_a_filter_tells_nobody_of_hidden_people(panel: Panel, world: World) -> None:
    """Asking by the id of somebody of another site does not give away their name."""
    anna = await world.know(1, "Anna")
    otto = await panel.enter(world.otto)
    page = (await otto.get(f"/detections?person={anna.person.id}")).text
    assert rows(page) == []
    assert "Anna" not in page.replace('placeholder="Anna, or Stranger 17"', "")
    number = f"/detections?person=Stranger+{anna.person.number}"
    assert rows((await (await panel.enter(world.maria)).get(number)).text) == [anna.detection.id]


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESK, "light")])
async def test_the_log_in_a_browser(
    panel: Panel, world: World, size: dict[str, int], scheme: str
) -> None:
    """A row leads to its detection, ticks are counted, and nobody is shut out or cut off."""
    for number in range(4):
        await world.see(number)
    failed = await world.crop(5, status=DetectionStatus.FAILED, error="The image cannot be read.")
    async with window(panel, size, scheme=scheme) as opened:
        await opened.sign_in(world.maria)
        page = opened.page
        await page.goto(f"{panel.url}/detections")
        assert await opened.violations() == []
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not await page.evaluate(wide)
        bar = page.get_by_role("group", name="With what is ticked")
        assert not await bar.is_visible()
        await page.locator(f"input[value='{failed.id}']").check()
        assert await bar.get_by_text("1 ticked").is_visible()
        await bar.get_by_role("button", name="Try again").click()
        await page.get_by_text("1 detection waits for a worker again.").wait_for()
        await page.locator("tbody tr").nth(1).locator(".when-cell").click(force=True)
        await page.wait_for_url("**/detections/*")
        assert opened.complaints == []


async def test_whom_a_face_resembles_is_shown(panel: Panel, world: World) -> None:
    """Each with the nearest of their photos and how far it is, nearest first, today's label."""
    anna, bert = await world.know(1, "Anna"), await world.know(2, "Bert")
    face = np.zeros(128, np.float32)
    face[:2] = 0.6, 0.8
    for seen, axis in ((anna, 1), (bert, 0)):
        [photo] = await world.store.references.of([seen.person.id])
        vector = np.eye(128, dtype=np.float32)[axis]
        await world.store.references.save(replace(photo, embedding=vector))
    asked = await world.see(0, suggestions=suggest(bert.person), kind=MatchKind.UNSURE)
    [photo] = await world.store.references.of([anna.person.id])
    match = Match(kind=MatchKind.UNSURE, distance=0.3, confidence=0.6, reference_id=photo.id)
    await world.store.detections.save(replace(asked.detection, embedding=face, match=match))
    page = (await (await panel.enter(world.maria)).get(f"/detections/{asked.detection.id}")).text
    order = [page.index(text) for text in (">Anna</a>", "0.200", ">Bert</a>", "0.400")]
    assert order == sorted(order)
    assert page.index("60\N{NO-BREAK SPACE}% when it was seen") < order[2]
    assert f"/images/{anna.detection.id}" in page


async def test_the_answer_can_be_given_beside_the_crop(panel: Panel, world: World) -> None:
    """An open question is answered on the page; what became of the crop tells who said what."""
    seen = await world.see(0)
    address = f"/detections/{seen.detection.id}"
    maria, vera = await panel.enter(world.maria), await panel.enter(world.vera)
    assert f'action="/questions/{seen.asked.id}/answer"' in (await maria.get(address)).text
    assert 'action="/questions/' not in (await vera.get(address)).text
    await maria.answer(seen.asked, "name", name="Clara")
    page = (await maria.get(address)).text
    assert "<h1>Clara</h1>" in page
    assert "Named Clara" in page
    assert "by you in the panel" in page
    answer = await maria.post(f"/visits/{seen.visit.id}/not-them", person=seen.person.id)
    assert answer.status_code == 303
    page = (await maria.get(address)).text
    assert "<h1>Clara</h1>" not in page
    assert "Said that a visit of Clara was somebody else" in page
    assert "Not Clara?" not in (await vera.get(address)).text


async def test_neighbours_in_the_log(panel: Panel, world: World) -> None:
    """Newer and older lead to what was captured before and after at sites the reader may see."""
    made = []
    for camera in (world.door, world.gate, world.yard, world.door):
        world.clock.pass_by(timedelta(minutes=1))
        made.append(await world.crop(0, camera=camera))
    maria = await panel.enter(world.maria)
    for at, newer, older in ((0, 2, None), (2, 3, 0), (3, None, 2)):
        page = (await maria.get(f"/detections/{made[at].id}")).text
        assert beside(page, "prev") == (f"/detections/{made[newer].id}" if newer else "")
        assert beside(page, "next") == ("" if older is None else f"/detections/{made[older].id}")


async def test_who_is_ticked_can_be_named(panel: Panel, world: World) -> None:
    """The people on the crops are shown, each once, and go on to be named as one."""
    one, other = await world.see(0), await world.see(1)
    again = await world.see(0, person=one.person)
    nobody = await world.crop(2, status=DetectionStatus.UNUSABLE)
    ticked = [seen.detection.id for seen in (one, other, again)]
    maria = await panel.enter(world.maria)
    answer = await maria.post("/detections/selected/people", id=[*ticked, nobody.id])
    assert "2 people on the crops ticked" in answer.text
    assert "2 crops ticked" in answer.text
    assert "1 crop shows nobody" in answer.text
    chosen = re.findall(r'name="id" value="([0-9a-f]{24})"', answer.text)
    assert {*chosen} == {one.person.id, other.person.id}
    answer = await maria.post("/people/chosen/name", id=chosen, name="Dora")
    assert answer.status_code == 303
    for seen in (one, other):
        assert "<h1>Dora</h1>" in (await maria.get(f"/detections/{seen.detection.id}")).text
    hidden = await world.see(3, camera=world.gate)
    answer = await maria.post("/detections/selected/people", id=hidden.detection.id)
    assert answer.status_code == 404
