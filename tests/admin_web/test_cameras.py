"""The cameras at a desk: whether they send and how well, adding them, their keys and sites."""

import io
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from PIL import Image

from domain.ids import hash_secret
from domain.records import Camera, DetectionStatus
from domain.store import DetectionQuery
from tests.admin_web.browsing import Browser, Panel, Serve, token_of
from tests.admin_web.chromium import DESK, PHONE, window
from tests.admin_web.test_browser import look_around
from tests.admin_web.test_enrol import known
from tests.admin_web.world import World
from tests.eyes import LoadedEyes

KEY = re.compile(r"<code>(usher_cam_[\w-]+)</code>")
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def ada(panel: Panel, world: World) -> Browser:
    """An admin who is signed in."""
    return await panel.enter(world.admin)


async def kept(world: World, camera: Camera) -> Camera:
    """Return a camera as it is kept."""
    found = await world.store.cameras.get(camera.id)
    assert found
    return found


def entry(page: str, name: str) -> str:
    """Return what the list says of a camera, without markup."""
    found = page.split(f">{name}</a></h2>")[1].split('</li>\n  <li class="panel', maxsplit=1)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


async def test_what_each_camera_does(ada: Browser, world: World) -> None:
    """Whether it sends now, since when it is quiet, or that nothing ever came."""
    await world.store.cameras.seen(world.door.id, world.clock() - MINUTE)
    await world.store.cameras.seen(world.yard.id, world.clock() - 5 * MINUTE)
    page = (await ada.get("/cameras")).text
    assert "Sending now" in entry(page, "Front door")
    assert "Quiet since 14:27" in entry(page, "Yard")
    assert "Nothing sent yet" in entry(page, "Gate")


async def test_how_much_is_usable_and_what_to_do(ada: Browser, world: World) -> None:
    """The share of the last day, the reasons by frequency, and a hint for each."""
    bad = DetectionStatus.UNUSABLE
    for reasons in (("too_small",), ("too_small", "blurred")):
        await world.crop(0, status=bad, reasons=reasons)
    for minutes in (0, 3, 3, 90):
        await world.crop(1, received_at=world.clock() - minutes * MINUTE)
    await world.crop(2, status=bad, received_at=world.clock() - timedelta(hours=25))
    page = (await ada.get("/cameras")).text
    told = entry(page, "Front door")
    assert "33 % unusable of 6 crops" in told.replace("\N{NO-BREAK SPACE}", " ")
    assert "5 crops in the last hour, up to 3 a minute" in told
    small, blurred = told.index("Too small 2 crops"), told.index("Blurred 1 crop")
    assert small < told.index("Move the camera closer") < blurred
    assert "No crop in the last day" in entry(page, "Yard")


async def test_the_last_crop_is_shown(ada: Browser, world: World) -> None:
    """The newest of each camera; of one whose picture is gone, none."""
    await world.crop(0)
    newest = await world.crop(1)
    gone = await world.crop(2, camera=world.gate)
    await world.store.detections.forget_images([gone.id])
    page = (await ada.get("/cameras")).text
    assert re.findall(r"/images/(\w+)", page) == [newest.id]


async def test_a_camera_is_added(ada: Browser, world: World) -> None:
    """Its key opens the API, is shown once, and stands in commands that can be run."""
    sent = await ada.post("/cameras/add", None, name=" Back  door ", site=world.annex.id)
    [key] = KEY.findall(sent.text)
    made = await world.store.cameras.by_key(hash_secret(key))
    assert made
    assert (made.name, made.site_id, made.created_at) == (
        "Back door",
        world.annex.id,
        world.clock(),
    )
    assert f"usher camera --source rtsp://user:password@10.0.0.7/1 --url {ada.http.base_url}" in (
        sent.text.replace("/ ", " ")
    )
    assert key not in (await ada.get(f"/cameras/{made.id}")).text
    assert "Added Back door at Annex by you in the panel" in (await ada.get("/cameras")).text


async def test_a_camera_brings_its_site(ada: Browser, world: World) -> None:
    """A site that is not there yet is made with its first camera."""
    form = {"name": "Lens", "site": "new", "site_name": "Barn"}
    assert KEY.findall((await ada.post("/cameras/add", None, **form)).text)
    barn = await world.store.sites.named("Barn")
    assert barn
    assert await world.store.cameras.at(barn.id, "Lens")


async def test_what_is_not_right_is_said_and_kept(ada: Browser, world: World) -> None:
    """A form that cannot be is refused with a sentence, and need not be filled in again."""
    for form, words in (
        ({"name": "Front door", "site": world.main.id}, "choose another name"),
        ({"name": "", "site": world.main.id}, "at least one letter"),
        ({"name": "Lens", "site": "new", "site_name": ""}, "at least one letter"),
        ({"name": "Lens", "site": "main"}, "24 hexadecimal digits"),
    ):
        sent = await ada.post("/cameras/add", None, **form)
        assert (form, sent.status_code, words in sent.text) == (form, 400, True)
        assert f'value="{form["name"]}"' in sent.text
    assert len(await world.store.cameras.all()) == 3


async def test_a_new_key_makes_the_old_one_worthless(ada: Browser, world: World) -> None:
    """At once, and the page says so before; who gave it is written down."""
    page = (await ada.get(f"/cameras/{world.door.id}")).text
    assert "worthless at once" in page
    [key] = KEY.findall((await ada.post(f"/cameras/{world.door.id}/key")).text)
    assert (await kept(world, world.door)).key_hash == hash_secret(key)
    assert await world.store.cameras.by_key(world.door.key_hash) is None
    page = (await ada.get(f"/cameras/{world.door.id}")).text
    assert "Gave Front door a new key by you in the panel" in page


async def test_revoking_and_letting_in_again(ada: Browser, world: World) -> None:
    """What it sends is refused until it has another key."""
    path = f"/cameras/{world.door.id}"
    assert (await ada.post(f"{path}/revoke")).headers["Location"] == path
    assert (await kept(world, world.door)).revoked_at == world.clock()
    assert "Its key was revoked" in (await ada.get(path)).text
    assert KEY.findall((await ada.post(f"{path}/key")).text)
    assert (await kept(world, world.door)).revoked_at is None
    assert "Let Front door send again" in (await ada.get(path)).text


async def test_renaming(ada: Browser, world: World) -> None:
    """A camera and a site take a name that is free; what it was called before stays written."""
    sent = await ada.post(f"/cameras/{world.door.id}/name", None, name="Main door")
    assert sent.status_code == 303
    assert (await kept(world, world.door)).name == "Main door"
    taken = await ada.post(f"/cameras/{world.door.id}/name", None, name="Yard")
    assert (taken.status_code, "choose another name" in taken.text) == (400, True)
    await ada.post(f"/sites/{world.main.id}/name", None, name="House")
    assert await world.store.sites.named("House")
    taken = await ada.post("/sites/add", None, name="House")
    assert (taken.status_code, "a site called House already" in taken.text) == (400, True)
    await ada.post("/sites/add", None, name="Barn")
    page = (await ada.get("/cameras")).text
    for said in (
        "Renamed Front door to Main door",
        "Renamed the site Main to House",
        "Added the site Barn",
    ):
        assert said in page


async def test_managers_see_their_own_and_change_nothing(panel: Panel, world: World) -> None:
    """Cameras of other sites are not there, nor are the forms of admins, nor who did what."""
    await (await panel.enter(world.admin)).post(f"/cameras/{world.door.id}/key")
    maria = await panel.enter(world.maria)
    page = (await maria.get("/cameras")).text
    assert "Front door" in page
    assert "Gate" not in page
    assert "<form" not in page
    assert "Ada" not in (await maria.get(f"/cameras/{world.door.id}")).text


async def test_a_picture_is_tried(
    seeing: Panel, world: World, eyes: LoadedEyes, faces_dir: Path
) -> None:
    """Its face, its faults and who it would be are said; nothing of it is kept or logged."""
    folder = faces_dir / "lfw" / "David_Beckham"
    first, second = sorted(folder.glob("*.jpg"))[:2]
    anna = await known(world, eyes, first, "Anna")
    maria = await seeing.enter(world.maria)
    path = f"/cameras/{world.door.id}/try"
    csrf = token_of((await maria.get("/account")).text)

    async def look(data: bytes) -> httpx.Response:
        return await maria.http.post(
            path, data={"csrf": csrf}, files={"photos": ("one.jpg", data, "image/jpeg")}
        )

    before = len(await world.store.detections.page(DetectionQuery()))
    good = await look(second.read_bytes())
    assert "It would be usable" in good.text
    assert f'href="/people/{anna.id}">Anna</a>' in good.text
    blank = io.BytesIO()
    Image.new("RGB", (300, 300), "grey").save(blank, "JPEG")
    assert "no face on it" in (await look(blank.getvalue())).text
    broken = await look(b"no picture")
    assert (broken.status_code, "Please choose JPEG" in broken.text) == (400, True)
    assert len(await world.store.detections.page(DetectionQuery())) == before


async def test_a_page_for_each(ada: Browser, world: World) -> None:
    """Its last crops, and its last day by the hour, as a table too."""
    old = await world.crop(0, received_at=world.clock() - timedelta(hours=3, minutes=30))
    new = await world.crop(1, status=DetectionStatus.UNUSABLE, reasons=("extreme_pose",))
    other = await world.crop(2, camera=world.gate)
    page = (await ada.get(f"/cameras/{world.door.id}")).text
    assert f"/images/{old.id}" in page
    assert "turned away" in page
    assert other.id not in page
    assert new.id in page
    rows = re.findall(r'<td class="number">(\d+)</td><td class="number">(\d+)</td>', page)
    assert len(rows) == 24
    assert [row for row in enumerate(rows) if row[1] != ("0", "0")] == [
        (20, ("1", "0")),
        (23, ("1", "1")),
    ]


async def test_before_there_is_any_camera(serve: Serve, world: World) -> None:
    """An empty page says what to do."""
    await world.store.cameras.erase([world.door.id, world.yard.id, world.gate.id])
    panel = await serve()
    assert "Add one below" in (await (await panel.enter(world.admin)).get("/cameras")).text
    assert "Once an admin has added" in (await (await panel.enter(world.vera)).get("/cameras")).text


@pytest.mark.parametrize(
    ("size", "scheme"), [(PHONE, "dark"), (DESK, "light")], ids=["phone", "desk"]
)
async def test_by_hand(panel: Panel, world: World, size: dict[str, int], scheme: str) -> None:
    """Adding a camera and seeing its first crop arrive takes one form, and no reload."""
    await world.crop(0, status=DetectionStatus.UNUSABLE, reasons=("too_small", "cut_off"))
    async with window(panel, size, scheme=scheme) as browser:
        await browser.sign_in(world.admin)
        page = browser.page
        await look_around(browser, ["/cameras", f"/cameras/{world.door.id}"])
        await page.goto(f"{panel.url}/cameras")
        await page.get_by_label("Name, such as Front door").fill("Back door")
        await page.get_by_label("Site", exact=True).select_option("Annex")
        await page.get_by_role("button", name="Add camera").click()
        await page.get_by_text("Waiting for a crop").wait_for()
        assert await browser.violations() == []
        made = await world.store.cameras.at(world.annex.id, "Back door")
        assert made
        crop = await world.crop(1, camera=made)
        await page.get_by_text("It is being looked at").wait_for()
        await world.store.detections.save(
            replace(crop, status=DetectionStatus.UNUSABLE, reasons=("too_dark",))
        )
        await page.get_by_text("not usable: too dark").wait_for()
        assert browser.complaints == []


async def test_without_scripts(panel: Panel, world: World) -> None:
    """A key is renewed and revoked with plain forms."""
    async with window(panel, PHONE, scripts=False) as browser:
        await browser.sign_in(world.admin)
        page = browser.page
        await page.goto(f"{panel.url}/cameras/{world.door.id}")
        await page.get_by_text("New key …").click()
        await page.get_by_role("button", name="Make a new key").click()
        await page.get_by_role("heading", name="Its key").wait_for()
        await page.get_by_role("link", name="Its page").click()
        await page.get_by_text("Revoke …").click()
        await page.get_by_role("button", name="Revoke Front door").click()
        await page.get_by_text("Its key was revoked").wait_for()
