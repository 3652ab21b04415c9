"""Finding a face among all there ever were."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import numpy as np
import pytest

from admin_web import finding
from admin_web.finding import FINDER
from domain.log_faces import LogFaces
from domain.records import Detection, DetectionStatus, Embedding, Id
from domain.store import LoggedFace
from tests.admin_web.browsing import Browser, Panel
from tests.admin_web.chromium import DESK, PHONE, window
from tests.admin_web.world import MODEL, Seen, World


def face(degrees: float, axis: int = 1) -> Embedding:
    """A face so many degrees away from the first axis."""
    vector = np.zeros(128, np.float32)
    vector[0], vector[axis] = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return vector


async def seen_with(world: World, number: int, vector: Embedding, **where: object) -> Seen:
    """Let somebody be seen with this face."""
    seen = await world.see(number, **where)  # type: ignore[arg-type]  # a test names real fields
    kept = replace(seen.detection, embedding=vector)
    await world.store.detections.save(kept)
    return replace(seen, detection=kept)


async def found(browser: Browser, detection: Detection) -> str:
    """Return the page with what is found, once the log is read."""
    async with asyncio.timeout(20):
        while True:
            page = (await browser.get(f"/detections/{detection.id}/find")).text
            if "searched, the most alike first" in page:
                return page
            assert "The first search reads the log" in page
            await asyncio.sleep(0)


def listed(page: str) -> list[str]:
    """Return the detections that a page of results leads to, the most alike first."""
    results = page.partition('id="found"')[2]
    return re.findall(r'href="/detections/([0-9a-f]{24})"', results)


async def test_the_most_alike_come_first(panel: Panel, world: World) -> None:
    """By visit, known or not, with distance and likeness; oneself is not among them."""
    own = await seen_with(world, 0, face(0))
    near = await seen_with(world, 1, face(30))
    more = await seen_with(world, 1, face(35), person=near.person)
    far = await seen_with(world, 2, face(80))
    maria = await panel.enter(world.maria)
    page = await found(maria, own.detection)
    assert listed(page) == [near.detection.id, more.detection.id, far.detection.id]
    assert page.index("0.134") < page.index("0.826")
    assert page.index("Very alike") < page.index("Hardly alike")
    assert "4 faces searched" in page
    stranger, other = own.person.id, near.person.id
    assert f"/people/{stranger}/merge?with={other}" in page


async def test_only_faces_of_their_sites_are_found(panel: Panel, world: World) -> None:
    """A face of another site is not shown to a manager, however alike it is."""
    own = await seen_with(world, 0, face(0))
    hidden = await seen_with(world, 1, face(1), camera=world.gate)
    near = await seen_with(world, 2, face(60))
    maria, ada = await panel.enter(world.maria), await panel.enter(world.admin)
    assert listed(await found(maria, own.detection)) == [near.detection.id]
    assert listed(await found(ada, own.detection)) == [hidden.detection.id, near.detection.id]


async def test_it_is_kept_current(panel: Panel, world: World) -> None:
    """What is recognised later is found; what is erased is neither shown nor kept."""
    own = await seen_with(world, 0, face(0))
    gone = await seen_with(world, 1, face(10))
    maria = await panel.enter(world.maria)
    assert listed(await found(maria, own.detection)) == [gone.detection.id]
    later = await seen_with(world, 2, face(50))
    assert listed(await found(maria, own.detection)) == [gone.detection.id, later.detection.id]
    await world.store.detections.remove([gone.detection.id])
    assert listed(await found(maria, own.detection)) == [later.detection.id]
    faces = await panel.app[FINDER].faces(MODEL)
    assert faces
    assert len(faces) == 2


async def test_the_forgotten_leave_memory(world: World) -> None:
    """Once somebody is forgotten, none of their faces stays, though nobody searched for them."""
    gone = await seen_with(world, 1, face(10))
    await seen_with(world, 2, face(50))
    faces = LogFaces(model=MODEL)
    while await faces.read(world.store, world.clock()):
        pass
    await faces.sweep(world.store, world.clock())
    assert len(faces) == 2
    await world.store.detections.remove([gone.detection.id])
    world.clock.pass_by(timedelta(minutes=1))
    await world.store.persons.save(replace(gone.person, forgotten_at=world.clock()))
    await faces.sweep(world.store, world.clock())
    assert len(faces) == 1
    alike = faces.search(face(10), 5, site_ids=None)
    assert gone.detection.id not in [one.detection_id for one in alike]


async def test_a_search_misses_nobody() -> None:
    """Among many, and over the ends of blocks, the nearest are those a plain product finds."""
    chance = np.random.default_rng(5)
    vectors = chance.standard_normal((40_000, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    faces, at = LogFaces(model=MODEL), datetime(2026, 1, 1, tzinfo=UTC)
    sites = [Id(f"{n:024x}") for n in range(3)]
    faces.keep(LoggedFace(Id(f"{n:024x}"), sites[n % 3], at, one) for n, one in enumerate(vectors))
    distances = 1 - vectors @ vectors[123]
    for site_ids, among in ((None, slice(None)), (sites[:1], slice(0, None, 3))):
        alike = faces.search(vectors[123], 25, site_ids=site_ids, without=Id(f"{123:024x}"))
        wanted = np.sort(distances[among])[1:26]
        found = [int(one.detection_id, 16) for one in alike]
        assert distances[found] == pytest.approx(wanted, abs=0.01)
        assert [one.distance for one in alike] == pytest.approx(wanted, abs=0.01)
        assert site_ids is None or all(n % 3 == 0 for n in found)


async def test_what_cannot_be_sought(panel: Panel, world: World) -> None:
    """No face, another site, or models no longer in use: said in words, or not there."""
    bare = await world.crop(0, status=DetectionStatus.UNUSABLE)
    hidden = await seen_with(world, 1, face(1), camera=world.gate)
    maria = await panel.enter(world.maria)
    assert (await maria.get(f"/detections/{bare.id}/find")).status_code == 400
    assert (await maria.get(f"/detections/{hidden.detection.id}/find")).status_code == 404
    assert (await maria.get("/detections/find?draft=" + "0" * 24)).status_code == 404
    assert "Find this face" not in (await maria.get(f"/detections/{bare.id}")).text


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESK, "light")])
async def test_finding_in_a_browser(
    panel: Panel, world: World, size: dict[str, int], scheme: str
) -> None:
    """From the crop to what looks like it; the page goes on by itself once the log is read."""
    own = await seen_with(world, 0, face(0))
    near = await seen_with(world, 1, face(20))
    async with window(panel, size, scheme=scheme) as opened:
        await opened.sign_in(world.maria)
        await opened.page.goto(f"{panel.url}/detections/{own.detection.id}")
        await opened.page.get_by_role("link", name="Find this face").click()
        await opened.page.get_by_text("Very alike").wait_for()
        assert await opened.violations() == []
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not await opened.page.evaluate(wide)
        await opened.page.get_by_role("link", name=near.person.label, exact=True).click()
        await opened.page.wait_for_url("**/people/*")
        assert opened.complaints == []


async def test_many_faces_are_searched_once_the_page_is_there(
    panel: Panel, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says that it is looking; its script, or a browser without any, asks for the rest."""
    own, near = await seen_with(world, 0, face(0)), await seen_with(world, 1, face(30))
    maria, path = await panel.enter(world.maria), f"/detections/{own.detection.id}/find"
    await found(maria, own.detection)
    monkeypatch.setattr(finding, "AT_ONCE", 1)
    page = (await maria.get(path)).text
    assert "Looking through 2 faces" in page
    assert listed(page) == []
    [rest] = re.findall(r'content="0; url=([^"]+)"', page)
    for asked in (maria.get(unescape(rest)), maria.get(path, **{"HX-Request": "true"})):
        assert listed((await asked).text) == [near.detection.id]
