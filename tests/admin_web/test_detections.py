"""The detection log and its pages."""

import html
import re
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from domain.records import Detection, DetectionStatus, Face, Match, MatchKind
from tests.admin_web.browsing import Browser, Panel, Serve
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
    older = await world.crop(1, match=match)
    newer = await world.crop(1, match=replace(match, low=0.84, high=0.95))
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
