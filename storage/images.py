"""The image store: pictures by key, in a local folder or with S3, GCS or Azure.

    images = ImageStore.open(data_dir / "images")   # or "s3://bucket/prefix", "memory:///", ...
    await images.put("crops/2026/11/22/5f2b.jpg", data)

A put that returned is durable. Content is written in `put` and read in `get`, nowhere else.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar, Self
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import HTTPStore, LocalStore, ObjectStore, from_url

from domain.errors import UsherError
from storage.errors import StorageError
from storage.image_folder import ImageFolder

# Of 4, 8, 16 and 32 threads, 8 wrote most synced files a second on two cores.
_WRITERS = 8
_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.=-]*")
_LONGEST_KEY = 512
_URL = re.compile(r"[a-z][a-z0-9+]*://")
# A camera waits for the answer; it comes again by itself, so give up early.
_RETRIES = 3
_RETRY_FOR = timedelta(seconds=10)


class ImageMissingError(KeyError):
    """There is no picture under this key."""


class ImageExistsError(ValueError):
    """There is another picture under this key."""


class ImagePlaceError(StorageError, ValueError):
    """Images cannot be kept where the settings say; the text says why."""


class ImagesUnavailableError(UsherError):
    """The disk is full or away, or the cloud does not answer: try again later."""

    key: ClassVar[str] = "images-unavailable"


class ImageStore:
    """Pictures by key. Keys are like paths: `crops/2026/11/22/5f2b.jpg`.

    Every method raises ValueError for a key that is none, and ImagesUnavailableError.
    """

    def __init__(self, store: ObjectStore, *, folder: ImageFolder | None = None) -> None:
        self._store = store
        self._folder = folder
        self._writers = ThreadPoolExecutor(_WRITERS, thread_name_prefix="images")

    @classmethod
    def open(cls, where: str | Path) -> Self:
        """Open a folder (made if need be) or a URL; credentials come from the environment.

        `file:///folder`, `memory:///` (gone with the process), `s3://bucket/prefix` (AWS_...),
        `gs://bucket/prefix` (GOOGLE_...), `az://container/prefix` (AZURE_STORAGE_...), or the
        https address of a bucket or container of these. Blocks for a moment. Raises
        ImagePlaceError.
        """
        url = str(where)
        if not _URL.match(url) or url.startswith("file://"):
            path = unquote(urlsplit(url).path) if url.startswith("file://") else url
            return cls._open_folder(Path(path).absolute())
        if url.startswith("memory://"):
            return cls(from_url("memory:///"))
        try:
            retry = {"max_retries": _RETRIES, "retry_timeout": _RETRY_FOR}
            store = from_url(url, retry_config=retry)  # type: ignore[call-overload]
        except BaseError as error:
            raise ImagePlaceError(
                f"Images cannot be kept at {url}: {_first_line(error)}"
            ) from error
        if isinstance(store, HTTPStore):
            raise ImagePlaceError(
                f"Images cannot be kept at {url}: it is no S3, GCS or Azure address."
            )
        return cls(store)

    @classmethod
    def _open_folder(cls, root: Path) -> Self:
        try:
            folder = ImageFolder(root)
        except OSError as error:
            raise ImagePlaceError(f"Images cannot be kept in {root}: {error}") from error
        return cls(LocalStore(root, automatic_cleanup=True), folder=folder)

    async def put(self, key: str, data: bytes) -> None:
        """Keep a picture; it is durable when this returns. A second put of the same is fine.

        Raises ImageExistsError if there is another picture under the key; it stays.
        """
        _check(key)
        with _translated():
            try:
                await self._create(key, data)
            except (FileExistsError, AlreadyExistsError) as error:
                if not await self._holds(key, data):
                    raise ImageExistsError(key) from error

    async def get(self, key: str) -> bytes:
        """Return a picture; raise ImageMissingError, a KeyError, when there is none."""
        _check(key)
        with _translated():
            try:
                found = await obstore.get_async(self._store, key)
                return bytes(await found.bytes_async())
            except FileNotFoundError as error:
                raise ImageMissingError(key) from error

    async def delete(self, keys: Sequence[str]) -> None:
        """Forget pictures; those that are gone already do not matter."""
        for key in keys:
            _check(key)
        if not keys:
            return
        with _translated():
            try:
                await obstore.delete_async(self._store, list(keys))
            except FileNotFoundError:  # one is missing, and the others may not have been reached
                for key in keys:
                    with contextlib.suppress(FileNotFoundError):
                        await obstore.delete_async(self._store, key)

    async def list_older_than(self, when: datetime, prefix: str = "") -> AsyncIterator[str]:
        """Yield the keys below `prefix` (whole segments) that were written before `when`."""
        if prefix:
            _check(prefix)
        with _translated():
            if self._folder:
                await asyncio.to_thread(self._folder.sweep, when)
            async for chunk in obstore.list(self._store, prefix=prefix or None):
                for entry in chunk:
                    if entry["last_modified"] < when:
                        yield entry["path"]

    async def close(self) -> None:
        """Finish what is being written."""
        await asyncio.to_thread(self._writers.shutdown)

    async def _create(self, key: str, data: bytes) -> None:
        if not self._folder:
            await obstore.put_async(self._store, key, data, mode="create")
            return
        writing = self._writers.submit(self._folder.write, key, data)
        try:
            await asyncio.wrap_future(writing)
        except asyncio.CancelledError:
            # A thread cannot be cancelled: whoever cleans up after this must not be overtaken.
            if not writing.cancel():
                with contextlib.suppress(OSError):
                    await asyncio.wrap_future(writing)
            raise

    async def _holds(self, key: str, data: bytes) -> bool:
        if self._folder:
            return await asyncio.to_thread(self._folder.holds, key, data)
        return await self.get(key) == data


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Turn what disks and clouds raise into one error that front doors know."""
    try:
        yield
    except (BaseError, OSError) as error:
        raise ImagesUnavailableError(
            f"The image store does not work: {_first_line(error)}"
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _check(key: str) -> None:
    """Let no key out of the store: no `..`, nothing absolute, nothing hidden, nothing odd."""
    segments = key.split("/")
    if len(key) > _LONGEST_KEY or not all(_SEGMENT.fullmatch(part) for part in segments):
        raise ValueError(f"not a key of the image store: {key[:80]!r}")
