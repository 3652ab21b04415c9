"""The image store keeps what it was given, nowhere else than it was told, and loses nothing."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from storage.errors import StorageError
from storage.images import (
    ImageExistsError,
    ImageMissingError,
    ImageStore,
    ImagesUnavailableError,
)

KEY = "crops/2026/11/22/65f0.jpg"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FAR_AHEAD = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of the local store; its path holds a space."""
    return tmp_path / "some images"


@pytest.fixture(params=["folder", "memory"])
async def images(request: pytest.FixtureRequest, root: Path) -> AsyncIterator[ImageStore]:
    """Each kind of store that needs no network."""
    store = ImageStore.open(root if request.param == "folder" else "memory:///")
    yield store
    await store.close()


@pytest.fixture
async def folder(root: Path) -> AsyncIterator[ImageStore]:
    """The local store."""
    store = ImageStore.open(root)
    yield store
    await store.close()


def below(folder: Path) -> set[Path]:
    """Return every file and folder below a folder."""
    return set(folder.rglob("*"))


async def listed(store: ImageStore, when: datetime, prefix: str = "") -> set[str]:
    """Return all keys older than `when`."""
    return {key async for key in store.list_older_than(when, prefix)}


async def test_what_was_put_is_got(images: ImageStore) -> None:
    """A picture comes back byte for byte, the empty one and a big one too."""
    big = os.urandom(6_000_000)  # more than obstore sends in one part
    for key, data in {KEY: b"\xff\xd8\x00", "a.jpg": b"", "big/b.jpg": big}.items():
        await images.put(key, data)
        assert await images.get(key) == data


async def test_missing(images: ImageStore) -> None:
    """A picture that is not there is a KeyError, also where a folder is."""
    await images.put("a/b", b"x")
    for key in ("nothing.jpg", "a", "b/c"):
        with pytest.raises(ImageMissingError):
            await images.get(key)


async def test_delete_some_that_are_missing(images: ImageStore) -> None:
    """Deleting forgets all that are there, and does not mind those that are not."""
    for key in ("a/1", "a/2", "b/3"):
        await images.put(key, b"x")
    await images.delete(["a/1", "gone", "b/3"])
    await images.delete(["a/1"])
    await images.delete([])
    assert await listed(images, FAR_AHEAD) == {"a/2"}


async def test_put_again(images: ImageStore) -> None:
    """The same bytes may come again; other bytes are refused and the first ones stay."""
    await images.put(KEY, b"first")
    await images.put(KEY, b"first")
    with pytest.raises(ImageExistsError):
        await images.put(KEY, b"second")
    assert await images.get(KEY) == b"first"


async def test_put_after_delete(images: ImageStore) -> None:
    """A key whose folder went away with its last picture can be used again."""
    for _ in range(3):
        await images.put(KEY, b"x")
        await images.delete([KEY])
    await images.put(KEY, b"y")
    assert await images.get(KEY) == b"y"


async def test_listing_by_age_and_prefix(images: ImageStore) -> None:
    """Only what is older than the time and below the prefix is listed."""
    for key in ("crops/1", "crops/2", "crops2/3"):
        await images.put(key, b"x")
    assert await listed(images, LONG_AGO) == set()
    assert await listed(images, FAR_AHEAD) == {"crops/1", "crops/2", "crops2/3"}
    assert await listed(images, FAR_AHEAD, "crops") == {"crops/1", "crops/2"}
    assert await listed(images, FAR_AHEAD, "nothing") == set()


async def test_listing_by_time_of_writing(folder: ImageStore, root: Path) -> None:
    """Of an old and a new picture the old one alone is listed."""
    await folder.put("old", b"x")
    await folder.put("new", b"x")
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    for name, hours in (("old", -1), ("new", 1)):
        at = (noon + timedelta(hours=hours)).timestamp()
        os.utime(root / name, (at, at))
    assert await listed(folder, noon) == {"old"}


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../outside",
        "a/../../outside",
        "a/..",
        "a//b",
        "a/",
        ".hidden",
        "a/.incoming",
        "a\\b",
        "a\0b",
        "a\n",
        "a b",
        "a#1",
        "%2e%2e/outside",
        "C:/x",
        "é",
        "x" * 600,
    ],
)
async def test_hostile_keys(images: ImageStore, tmp_path: Path, key: str) -> None:
    """A key that could lead out of the store is refused everywhere, and nothing is written."""
    before = below(tmp_path)
    with pytest.raises(ValueError, match="not a key"):
        await images.put(key, b"x")
    with pytest.raises(ValueError, match="not a key"):
        await images.get(key)
    with pytest.raises(ValueError, match="not a key"):
        await images.delete(["fine", key])
    if key:
        with pytest.raises(ValueError, match="not a key"):
            await listed(images, FAR_AHEAD, key)
    assert below(tmp_path) == before


async def test_parallel_puts(folder: ImageStore, root: Path) -> None:
    """Many at once all arrive, and no half of one is left behind."""
    crops = {f"crops/{n % 7}/{n}.jpg": os.urandom(2_000) for n in range(200)}
    async with asyncio.TaskGroup() as group:
        for key, data in crops.items():
            _ = group.create_task(folder.put(key, data))
    assert {key: await folder.get(key) for key in crops} == crops
    assert list((root / ".incoming").iterdir()) == []


async def test_one_of_many_writers_of_a_key_wins(folder: ImageStore) -> None:
    """Of different pictures put under one key at once, one is kept whole and the rest are told."""
    pictures = [bytes([n]) * 5_000 for n in range(20)]
    puts = [folder.put(KEY, picture) for picture in pictures]
    outcomes = await asyncio.gather(*puts, return_exceptions=True)
    winners = [p for p, outcome in zip(pictures, outcomes, strict=True) if outcome is None]
    assert [await folder.get(KEY)] == winners
    assert sum(isinstance(outcome, ImageExistsError) for outcome in outcomes) == 19


async def test_puts_and_deletes_race(folder: ImageStore) -> None:
    """A put succeeds while the folder it writes into is being emptied and removed."""
    keys = [f"day/{n}" for n in range(150)]

    async def put_and_delete(key: str) -> None:
        await folder.put(key, b"x")
        await folder.delete([key])

    async with asyncio.TaskGroup() as group:
        for key in keys:
            _ = group.create_task(put_and_delete(key))
    assert await listed(folder, FAR_AHEAD) == set()


async def test_only_the_owner_may_look(folder: ImageStore, root: Path) -> None:
    """Folders are 0700 and files 0600, whatever the umask says."""
    await folder.put(KEY, b"x")
    modes = {p: stat.S_IMODE(p.stat().st_mode) for p in [root, *below(root)]}
    assert modes == {p: 0o700 if p.is_dir() else 0o600 for p in modes}
    assert (root / KEY) in modes


async def test_a_put_is_on_the_disk(
    folder: ImageStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a put returns, the file and every folder with a new name in it have been synced."""
    synced: list[int] = []
    really = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        really(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    await folder.put("crops/22/1.jpg", b"x")
    folders = [root, root / "crops", root / "crops" / "22"]
    assert {path.stat().st_ino for path in [root.parent, *folders]} < set(synced)
    assert synced.index((root / "crops/22/1.jpg").stat().st_ino) == 0
    assert synced[-1] == folders[-1].stat().st_ino


async def test_pictures_outlive_the_store(folder: ImageStore, root: Path) -> None:
    """Another store on the same folder finds them; a file URL names the same folder."""
    await folder.put(KEY, b"x")
    again = ImageStore.open(root.as_uri())
    assert await again.get(KEY) == b"x"
    await again.close()


async def test_halves_of_killed_programs_go(folder: ImageStore, root: Path) -> None:
    """A half-written file is never listed, and is swept away when it is old enough."""
    half = root / ".incoming" / "0123#0"
    half.write_bytes(b"ha")
    assert await listed(folder, LONG_AGO) == set()
    assert half.exists()
    assert await listed(folder, FAR_AHEAD) == set()
    assert not half.exists()


async def test_a_cancelled_put_is_over(folder: ImageStore, root: Path) -> None:
    """Once a cancelled put has raised, nothing is written any more: a delete after it is final."""
    for n in range(20):
        task = asyncio.ensure_future(folder.put(f"c/{n}", b"x" * 100_000))
        await asyncio.sleep(0.0005 * (n % 5))
        task.cancel()
        _ = await asyncio.gather(task, return_exceptions=True)
        await folder.delete([f"c/{n}"])
    await folder.close()
    assert [path for path in below(root) if path.is_file()] == []


async def test_a_disk_that_fails(folder: ImageStore, root: Path) -> None:
    """When the disk refuses, the error is the product's own; afterwards the store works again."""
    (root / "crops").write_bytes(b"in the way")
    with pytest.raises(ImagesUnavailableError, match="image store"):
        await folder.put(KEY, b"x")
    assert list((root / ".incoming").iterdir()) == []
    (root / "crops").unlink()
    await folder.put(KEY, b"x")
    assert await folder.get(KEY) == b"x"


@pytest.mark.parametrize("url", ["https://example.org/images", "ftp://host/x", "az://container"])
def test_addresses_that_cannot_be(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that is no store, or lacks what it needs, is refused when it is opened."""
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(StorageError, match="cannot be kept at"):
        ImageStore.open(url)


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    """A folder that cannot be made is refused with its path."""
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file"):
        ImageStore.open(tmp_path / "file" / "images")


@pytest.fixture
async def bucket(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[dict[str, bytes]]:
    """A server that speaks just enough S3: its objects by path. Its address and key are set."""
    objects: dict[str, bytes] = {}

    async def put(request: web.Request) -> web.Response:
        assert request.headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=somebody/")
        if request.path in objects and request.headers.get("If-None-Match") == "*":
            return web.Response(status=412)
        objects[request.path] = await request.read()
        return web.Response(headers={"ETag": '"1"'})

    async def get(request: web.Request) -> web.Response:
        if request.path not in objects:
            return web.Response(status=404)
        modified = {"Last-Modified": "Sun, 22 Nov 2026 10:00:00 GMT", "ETag": '"1"'}
        return web.Response(body=objects[request.path], headers=modified)

    app = web.Application()
    app.add_routes([web.put("/{key:.+}", put), web.get("/{key:.+}", get)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    yield objects
    await runner.cleanup()


async def test_s3_by_url(bucket: dict[str, bytes]) -> None:
    """An s3 URL with credentials of the environment is a store like the others."""
    images = ImageStore.open("s3://crops-of-usher/site")
    await images.put(KEY, b"first")
    assert bucket == {f"/crops-of-usher/site/{KEY}": b"first"}
    await images.put(KEY, b"first")
    with pytest.raises(ImageExistsError):
        await images.put(KEY, b"second")
    assert await images.get(KEY) == b"first"
    with pytest.raises(ImageMissingError):
        await images.get("crops/other")
    await images.close()
