"""Adding somebody by photos, with and without scripts: real faces, real models."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from PIL import Image

from domain.records import Camera, Person, PersonStatus
from tests.admin_web.browsing import Browser, Panel, token_of
from tests.admin_web.chromium import DESK, PHONE, Window, window
from tests.admin_web.world import PHOTO, World
from tests.eyes import LoadedEyes

SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
HEIC = b"\0\0\0\x24ftypheic" + bytes(40)
Album = Callable[[str, int], Path]


@pytest.fixture
def album(faces_dir: Path) -> Album:
    """Pictures of people by their name and a number."""

    def picture(who: str, number: int) -> Path:
        return sorted((faces_dir / "lfw" / who).glob("*.jpg"))[number]

    return picture


async def known(
    world: World,
    eyes: LoadedEyes,
    picture: Path,
    name: str | None,
    *,
    camera: Camera | None = None,
) -> Person:
    """Let somebody be known by a real face, or a stranger, and seen."""
    look = await eyes.look(await asyncio.to_thread(picture.read_bytes))
    status = PersonStatus.KNOWN if name else PersonStatus.UNKNOWN
    person = await world.meet(status, name=name)
    await world.see(0, person=person, camera=camera)
    [reference] = await world.store.references.of([person.id])
    seen = replace(
        reference,
        embedding=look.faces[0].embedding,
        model=look.model,
        version=await world.store.gallery.advance(),
    )
    await world.store.references.save(seen)
    return person


async def send(browser: Browser, path: str, *photos: Path, **form: str) -> httpx.Response:
    """Fill in the form as a browser without scripts does."""
    site = re.search(r'name="site" value="([0-9a-f]+)"', (await browser.get("/enrol")).text)
    token = token_of((await browser.get("/account")).text)
    data = {"csrf": token, "site": site[1] if site else "", **form}
    files = [("photos", (photo.name, photo.read_bytes())) for photo in photos]
    return await browser.http.post(path, data=data, files=files or [("photos", ("", b""))])


async def press(browser: Browser, page: str, **button: str) -> httpx.Response:
    """Press a button of the form on a page, sending everything that is filled in."""
    form = page[page.index('<form id="enrol"') :]
    fields = re.findall(r'<input (?:[^>]*?)name="([^"]+)" value="([^"]*)"', form)
    data: dict[str, list[str]] = {}
    for name, value in fields:
        data.setdefault(name, []).append(value)
    path = "/enrol/review" if button else "/enrol"
    return await browser.http.post(path, data={**data, **button})


async def test_somebody_is_added_without_scripts(seeing: Panel, world: World, album: Album) -> None:
    """All photos are judged by the server, shown, and saved by a second press; then undone."""
    maria = await seeing.enter(world.maria)
    judged = await send(
        maria, "/enrol", album("Tony_Blair", 0), album("Tony_Blair", 1), name="Tony"
    )
    assert judged.status_code == 200
    assert judged.text.count("<strong>Good</strong>") == 2
    assert await world.store.persons.with_name("Tony") == []
    saved = await press(maria, judged.text)
    assert saved.status_code == 303
    [tony] = await world.store.persons.with_name("Tony")
    assert len(await world.store.references.of([tony.id])) == 2
    page = (await maria.get(saved.headers["Location"])).text
    assert "is recognised by 2 new photos" in page
    assert tony.id in (await maria.get("/people")).text
    back = re.search(r"/decisions/[0-9a-f]+/undo", page)
    assert back
    undone = await maria.post(back[0])
    assert (undone.status_code, undone.headers["Location"]) == (303, "/enrol?undone")
    assert await world.store.persons.with_name("Tony") == []
    assert (await maria.get(f"/people/{tony.id}")).status_code == 404
    assert (await maria.get(saved.headers["Location"])).status_code == 200


async def test_photos_that_cannot_be_used_say_why(
    seeing: Panel, world: World, album: Album, tmp_path: Path
) -> None:
    """No face, the same again, somebody else, a phone's own format: each in words."""
    blank, heic = tmp_path / "wall.png", tmp_path / "me.heic"
    Image.new("RGB", (300, 300), "grey").save(blank)
    heic.write_bytes(HEIC)
    good, other = album("Tony_Blair", 0), album("David_Beckham", 0)
    maria = await seeing.enter(world.maria)
    page = (await send(maria, "/enrol/review", blank, good, good, other, heic, name="Tony")).text
    for text in (
        "there is no face on it",
        "it shows no more than the others",
        "it does not look like the other photos",
        "me.heic is in a format of phones",
        "1 of 4 photos is good",
        "Save 1 photo of Tony",
    ):
        assert text in page
    draft = page.split('name="drop" value="')[1].split('"')[0]
    without = (await press(maria, page, drop=draft)).text
    assert "there is no face on it" not in without
    assert "1 of 3 photos is good" in without


async def test_who_it_looks_like_is_said_before_saving(
    seeing: Panel, world: World, eyes: LoadedEyes, album: Album
) -> None:
    """It is her: the photos go to her. It is not: that is remembered."""
    anna = await known(world, eyes, album("David_Beckham", 0), "Anna")
    maria = await seeing.enter(world.maria)
    judged = (await send(maria, "/enrol", album("David_Beckham", 1), name="David")).text
    assert "This looks like Anna" in judged
    assert "Answer first" in judged
    assert (await press(maria, judged)).status_code == 400
    hers = (await press(maria, judged, to=anna.id)).text
    assert "Photos go to" in hers
    assert "Save 1 photo of Anna" in hers
    apart = (await press(maria, judged, apart=anna.id)).text
    assert "Save 1 photo of David" in apart
    await press(maria, apart)
    [david] = await world.store.persons.with_name("David")
    [rejection] = await world.store.rejections.of([david.id])
    assert rejection.other_id == anna.id


async def test_a_stranger_gets_the_name(
    seeing: Panel, world: World, eyes: LoadedEyes, album: Album
) -> None:
    """Somebody met before without a name is the one who is added, visits and all."""
    stranger = await known(world, eyes, album("David_Beckham", 0), None)
    maria = await seeing.enter(world.maria)
    judged = (await send(maria, "/enrol", album("David_Beckham", 1), name="David")).text
    assert f"This looks like {stranger.label}" in judged
    theirs = (await press(maria, judged, to=stranger.id)).text
    assert "who gets the name David" in theirs
    assert (await press(maria, theirs)).status_code == 303
    [david] = await world.store.persons.with_name("David")
    assert david.id == stranger.id
    assert len(await world.store.references.of([david.id])) == 2


async def test_photos_are_added_from_somebodys_page(
    seeing: Panel, world: World, eyes: LoadedEyes, album: Album
) -> None:
    """The page leads to the form for this person; undone, they are as before."""
    anna = await known(world, eyes, album("David_Beckham", 0), "Anna")
    maria = await seeing.enter(world.maria)
    assert f'href="/enrol?person={anna.id}"' in (await maria.get(f"/people/{anna.id}")).text
    assert "Add photos of Anna" in (await maria.get(f"/enrol?person={anna.id}")).text
    judged = (await send(maria, "/enrol", album("David_Beckham", 1), person=anna.id)).text
    saved = (await press(maria, judged)).headers["Location"]
    assert len(await world.store.references.of([anna.id])) == 2
    back = re.search(r"/decisions/[0-9a-f]+/undo", (await maria.get(saved)).text)
    assert back
    undone = await maria.post(back[0])
    assert undone.headers["Location"].startswith(f"/people/{anna.id}")
    left = [r for r in await world.store.references.of([anna.id]) if r.retired is None]
    assert len(left) == 1


async def test_people_of_other_sites_are_not_named(
    seeing: Panel, world: World, eyes: LoadedEyes, album: Album
) -> None:
    """A photo of somebody known elsewhere is left out, without a name or a percentage."""
    anna = await known(world, eyes, album("David_Beckham", 0), "Anna", camera=world.gate)
    maria = await seeing.enter(world.maria)
    page = (await send(maria, "/enrol/review", album("David_Beckham", 1), name="David")).text
    assert "known at another site" in page
    assert "Anna" not in page
    assert (await maria.get(f"/enrol?person={anna.id}")).status_code == 404


async def test_the_same_name_is_asked_about(
    seeing: Panel, world: World, eyes: LoadedEyes, album: Album
) -> None:
    """Either this Anna, or another: it is asked once, and asked again for another name."""
    await known(world, eyes, album("David_Beckham", 0), "Anna")
    maria = await seeing.enter(world.maria)
    page = (await send(maria, "/enrol/review", album("Tony_Blair", 0), name="anna")).text
    assert "is known already" in page
    assert "Say first which" in page
    other = (await press(maria, page, another="1")).text
    assert "Another anna is added" in other
    assert (await press(maria, other)).status_code == 303
    assert len(await world.store.persons.with_name("Anna")) == 2


async def test_one_of_several_faces_is_chosen(seeing: Panel, world: World, album: Album) -> None:
    """Six people on a photo: each is shown, and the one meant is taken."""
    maria = await seeing.enter(world.maria)
    page = (await send(maria, "/enrol/review", PHOTO, name="Ross")).text
    assert page.count('name="face"') == 6
    third = re.findall(r'name="face" value="([^"]+)"', page)[2]
    chosen = (await press(maria, page, face=third)).text
    assert "Save 1 photo of Ross" in chosen
    face = await maria.http.get(f"/drafts/{third.replace(':', '?face=')}")
    assert (face.status_code, face.headers["Content-Type"]) == (200, "image/jpeg")


async def test_a_photo_is_looked_at_once(
    seeing: Panel, world: World, album: Album, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was judged is not judged by the models again when it is saved."""
    maria = await seeing.enter(world.maria)
    judged = (await send(maria, "/enrol/review", album("Tony_Blair", 0), name="Tony")).text

    async def blind(_: object, __: bytes) -> None:
        raise AssertionError("looked again")

    monkeypatch.setattr(LoadedEyes, "look", blind)
    assert (await press(maria, judged)).status_code == 303


async def test_drafts_of_others_are_nobodys(seeing: Panel, world: World, album: Album) -> None:
    """What Maria has given is not there for an admin, nor taken from a form of theirs."""
    maria, ada = await seeing.enter(world.maria), await seeing.enter(world.admin)
    judged = (await send(maria, "/enrol/review", album("Tony_Blair", 0), name="Tony")).text
    draft = judged.split('name="draft" value="')[1].split('"')[0]
    assert (await ada.http.get(f"/drafts/{draft}")).status_code == 404
    theirs = await send(ada, "/enrol/review", name="Tony", draft=draft)
    assert "some are gone" in theirs.text
    assert "<strong>Good</strong>" not in theirs.text


async def test_a_panel_without_models_says_so(panel: Panel, world: World, album: Album) -> None:
    """The page says it, and so does the answer to whoever sends a photo all the same."""
    maria = await panel.enter(world.maria)
    assert "runs without models" in (await maria.get("/enrol")).text
    answer = await send(maria, "/enrol/review", album("Tony_Blair", 0))
    assert (answer.status_code, "runs without models" in answer.text) == (503, True)


async def test_the_camera_is_for_this_page_alone(panel: Panel, world: World) -> None:
    """Other pages may not ask the browser for it; the policy of scripts is the same."""
    maria = await panel.enter(world.maria)
    here, other = (await maria.get("/enrol")).headers, (await maria.get("/people")).headers
    assert "camera=(self)" in here["Permissions-Policy"]
    assert "camera=()" in other["Permissions-Policy"]
    assert here["Content-Security-Policy"] == other["Content-Security-Policy"]


async def opened(browser: Window, world: World) -> None:
    """Sign in and go to the page."""
    await browser.sign_in(world.maria)
    await browser.page.goto(f"{browser.url}/enrol")


@SIZES
async def test_somebody_is_added_in_a_browser(
    seeing: Panel, world: World, album: Album, size: dict[str, int]
) -> None:
    """Photos are judged as they are chosen, dropped and pasted; then saved, and undone."""
    async with window(seeing, size) as browser:
        page = browser.page
        await opened(browser, world)
        await page.get_by_label("Name", exact=True).fill("Tony")
        await page.locator("#photos").set_input_files([album("Tony_Blair", 0), PHOTO])
        await page.get_by_text("Which one is it?").wait_for()
        assert await browser.violations() == []
        await page.get_by_role("button", name="Remove photo 2").click()
        await page.get_by_text("1 of 1 photo is good.").wait_for()
        for event, number in (("drop", 1), ("paste", 2)):
            await page.evaluate(GIVE, [event, [*album("Tony_Blair", number).read_bytes()]])
            await page.get_by_text(f"{number + 1} of {number + 1} photos are good.").wait_for()
        await page.get_by_role("button", name="Save 3 photos of Tony").click()
        await page.get_by_text("is recognised by 3 new photos").wait_for()
        assert await browser.violations() == []
        await page.get_by_role("button", name="Undo").click()
        await page.get_by_text("Nobody is left of it").wait_for()
        assert browser.complaints == []
    assert await world.store.persons.with_name("Tony") == []


GIVE = """([kind, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "me.jpg", {type: "image/jpeg"}));
  const event = kind === "drop"
    ? new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true})
    : new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
  document.body.dispatchEvent(event);
}"""


async def test_a_webcam_takes_a_photo(seeing: Panel, world: World) -> None:
    """Live, taken, taken again, used; what the browser's own camera shows has no face."""
    async with window(seeing, DESK) as browser:
        page = browser.page
        await page.context.grant_permissions(["camera"])
        await opened(browser, world)
        await page.get_by_role("button", name="Use the camera").click()
        await page.get_by_role("button", name="Take photo").click()
        await page.get_by_role("button", name="Take again").click()
        await page.get_by_role("button", name="Take photo").click()
        await page.get_by_role("button", name="Use this photo").click()
        await page.get_by_text("there is no face on it").wait_for()
        assert await browser.violations() == []
        await page.get_by_role("button", name="Close the camera").click()
        await page.get_by_role("button", name="Use the camera").wait_for()
        assert browser.complaints == []


async def test_a_camera_that_is_denied(seeing: Panel, world: World) -> None:
    """The page says what to do, and photos can be chosen as before."""
    async with window(seeing, DESK) as browser:
        page = browser.page
        await opened(browser, world)
        await page.get_by_role("button", name="Use the camera").click()
        await page.get_by_text("Allow it beside the address").wait_for()
        assert await browser.violations() == []
        assert browser.complaints == []


async def test_a_name_known_already_is_said_while_typing(
    seeing: Panel, world: World, eyes: LoadedEyes, album: Album
) -> None:
    """The question comes by itself, and a press sends the photos to whom is meant."""
    await known(world, eyes, album("David_Beckham", 0), "Anna")
    async with window(seeing, PHONE) as browser:
        page = browser.page
        await opened(browser, world)
        await page.get_by_label("Name", exact=True).fill("Anna")
        await page.get_by_role("button", name="Add photos to this Anna").click()
        await page.get_by_text("Photos go to").wait_for()
        await page.locator("#photos").set_input_files(album("David_Beckham", 1))
        await page.get_by_role("button", name="Save 1 photo of Anna").wait_for()
        assert browser.complaints == []
