"""Forms with photos: what is taken, and what is refused before it fills the memory."""

import asyncio
import io
from collections.abc import AsyncIterator

import httpx
import pytest
from aiohttp import web
from PIL import Image

from admin_web.app import create_app
from admin_web.doors import DOORS
from admin_web.guard import Door, Who
from admin_web.uploads import (
    FORM,
    LARGEST_PHOTO,
    MANY_PHOTOS,
    MOST_PHOTOS,
    ONE_PHOTO,
    chosen_photos,
    require_readable,
)
from tests.admin_web.browsing import Browser, Panel, Serve, token_of
from tests.admin_web.world import World

PNG = io.BytesIO()
Image.new("RGB", (8, 8), "grey").save(PNG, "PNG")
SMALL = PNG.getvalue()
HEIC = b"\0\0\0\x24ftypheic" + bytes(40)
reached: list[str] = []


async def take(request: web.Request) -> web.Response:
    """Say what came."""
    reached.append("taken")
    form = request[FORM]
    photos = chosen_photos(form)
    for photo in photos:
        require_readable(photo)
    names, sizes = [photo.name for photo in photos], [len(photo.data) for photo in photos]
    return web.json_response({"name": form.get("name"), "photos": names, "sizes": sizes})


@pytest.fixture
async def panel(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> Panel:
    """A panel with doors for one photo and for many."""
    reached.clear()
    doors = (
        Door("POST", "/one", take, Who.DECIDERS, largest=ONE_PHOTO),
        Door("POST", "/many", take, Who.DECIDERS, largest=MANY_PHOTOS),
    )
    monkeypatch.setattr(f"{create_app.__module__}.DOORS", (*DOORS, *doors))
    return await serve()


async def send(
    browser: Browser, path: str, *photos: tuple[str, bytes], **form: str
) -> httpx.Response:
    """Send photos as a browser does, the token first."""
    token = token_of((await browser.get("/account")).text)
    files = [("photos", photo) for photo in photos]
    return await browser.http.post(path, data={"csrf": token, **form}, files=files)


async def test_photos_arrive_with_the_rest_of_the_form(panel: Panel, world: World) -> None:
    """Names of files lose their folders; words are words."""
    maria = await panel.enter(world.maria)
    answer = await send(maria, "/many", ("C:\\Me\\a.png", SMALL), ("b.png", SMALL), name="Zoë")
    assert answer.json() == {
        "name": "Zoë",
        "photos": ["a.png", "b.png"],
        "sizes": [len(SMALL), len(SMALL)],
    }


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("me.heic", HEIC, "me.heic is in a format of phones"),
        ("song.mp3", b"ID3" + bytes(20), "song.mp3 is no photo"),
        ("none.jpg", b"", "none.jpg is empty"),
    ],
)
async def test_what_is_no_photo_is_named(
    panel: Panel, world: World, name: str, data: bytes, said: str
) -> None:
    """The answer names the file, and says what would do."""
    answer = await send(await panel.enter(world.maria), "/one", (name, data))
    assert answer.status_code == 400
    assert said in answer.text


async def test_nothing_chosen_is_said(panel: Panel, world: World) -> None:
    """A form without a file asks for one."""
    maria = await panel.enter(world.maria)
    for answer in (await send(maria, "/one", ("", b"")), await maria.post("/one")):
        assert answer.status_code == 400
        assert "Please choose a photo first." in answer.text


async def test_a_photo_that_is_too_large_is_named(panel: Panel, world: World) -> None:
    """It is refused by its name, with what to do, and reaches nobody."""
    maria = await panel.enter(world.maria)
    answer = await send(maria, "/many", ("a.png", SMALL), ("huge.jpg", bytes(LARGEST_PHOTO + 1)))
    assert answer.status_code == 413
    assert "huge.jpg is larger than 12 MB" in answer.text
    assert not reached


async def test_too_many_photos_are_refused(panel: Panel, world: World) -> None:
    """One more than may be chosen is too many."""
    maria = await panel.enter(world.maria)
    photos = [(f"{n}.png", SMALL) for n in range(MOST_PHOTOS + 1)]
    assert (await send(maria, "/many", *photos[1:])).status_code == 200
    answer = await send(maria, "/many", *photos)
    assert answer.status_code == 413
    assert "at most 20 photos" in answer.text


async def test_a_declared_length_is_refused_before_anything_is_read(
    panel: Panel, world: World
) -> None:
    """Whoever announces too much gets the answer without having sent it."""
    maria = await panel.enter(world.maria)
    cookie = f"usher_session={maria.http.cookies['usher_session']}"
    host, port = panel.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    lines = (
        "POST /one HTTP/1.1",
        f"Host: {host}:{port}",
        f"Cookie: {cookie}",
        f"Content-Length: {ONE_PHOTO + 1}",
        "Content-Type: multipart/form-data; boundary=x",
    )
    writer.write("\r\n".join([*lines, "", ""]).encode())
    assert b" 413 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def test_what_is_not_declared_is_counted(panel: Panel, world: World) -> None:
    """A stream without a length ends at the limit, whether it is of words or of photos."""
    maria = await panel.enter(world.maria)
    token = token_of((await maria.get("/account")).text)

    async def stream(part: bytes, times: int) -> AsyncIterator[bytes]:
        yield _part("csrf", token.encode())
        for _ in range(times):
            yield part
        yield b"--x--\r\n"

    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    photo = _part('photos"; filename="a.png', bytes(LARGEST_PHOTO))
    for part, times in ((_part("note", bytes(10_000)), 4), (photo, 2)):
        answer = await maria.http.post("/one", content=stream(part, times), headers=kind)
        assert answer.status_code == 413
        assert "too much at once" in answer.text
    assert not reached


def _part(name: str, data: bytes) -> bytes:
    head = f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return head.encode() + data + b"\r\n"


@pytest.mark.parametrize("token", [None, "0" * 64])
async def test_without_the_token_first_nothing_is_kept(
    panel: Panel, world: World, token: str | None
) -> None:
    """A form of another site, or with its token behind the photos, is refused at its first part."""
    maria = await panel.enter(world.maria)
    right = token_of((await maria.get("/account")).text)
    parts = [_part("csrf", token.encode())] if token else []
    parts += [_part('photos"; filename="a.png', SMALL), _part("csrf", right.encode()), b"--x--\r\n"]
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await maria.http.post("/many", content=b"".join(parts), headers=kind)
    assert (answer.status_code, reached) == (403, [])


async def test_viewers_send_no_photos(panel: Panel, world: World) -> None:
    """The role counts before anything is read."""
    answer = await send(await panel.enter(world.vera), "/one", ("a.png", SMALL))
    assert (answer.status_code, reached) == (403, [])


async def test_a_form_that_is_none(panel: Panel, world: World) -> None:
    """Nonsense in place of a form is the sender's mistake."""
    maria = await panel.enter(world.maria)
    for kind in ("multipart/form-data", "multipart/form-data; boundary=x", "image/jpeg"):
        answer = await maria.http.post("/one", content=b"%%%", headers={"Content-Type": kind})
        assert answer.status_code in {400, 403}
