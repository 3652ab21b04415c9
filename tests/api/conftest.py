"""A real server on a free port, a real database behind it, and who may talk to it."""

import io
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from PIL import Image as Pillow

from api.access import AccessLog
from api.app import create_app
from api.limits import Limits
from domain.errors import ImageRefusedError
from domain.ids import hash_secret, new_id, new_secret
from domain.intake import ImageFacts, Images, Post, receive
from domain.records import Account, Camera, Detection, Role, Site
from domain.sessions import open_session
from domain.store import DetectionQuery, Store
from recognition import images as recognised
from recognition.errors import ImageRefused
from tests.clock import Clock

PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class Api:
    """A running server: how to reach it, and what it holds."""

    client: httpx.AsyncClient
    host: str
    port: int
    app: web.Application


@dataclass(frozen=True, slots=True)
class Eye:
    """A camera with its key."""

    camera: Camera
    key: str

    @property
    def headers(self) -> dict[str, str]:
        """What the camera shows."""
        return {"Authorization": f"Bearer {self.key}"}


def inspect(data: bytes) -> ImageFacts:
    """Look at an image as the composition root has it done."""
    try:
        info = recognised.inspect(data)
    except ImageRefused as error:
        raise ImageRefusedError(error.kind, error.detail) from error
    return ImageFacts(media_type=info.media_type, width=info.width, height=info.height)


@pytest.fixture
def clock() -> Clock:
    """The clock that the server goes by."""
    return Clock()


@pytest.fixture
async def serve(
    store: Store, images: Images, clock: Clock
) -> AsyncIterator[Callable[..., Awaitable[Api]]]:
    """Start servers with limits of the test's own, mounted as the composition root does it."""
    async with AsyncExitStack() as stack:

        async def start(*, limits: Limits | None = None, **options: Any) -> Api:
            api = create_app(
                **{"store": store, "images": images, "inspect": inspect, "ready": {}, **options},
                limits=limits or Limits(),
                clock=clock,
            )
            root = web.Application()
            root.add_subapp(PREFIX, api)
            runner = web.AppRunner(
                root, access_log_class=AccessLog, shutdown_timeout=2, lingering_time=0.5
            )
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            client = httpx.AsyncClient(base_url=f"http://{host}:{port}{PREFIX}", timeout=20)
            await stack.enter_async_context(client)
            return Api(client, host, port, api)

        yield start


@pytest.fixture
async def api(serve: Callable[..., Awaitable[Api]]) -> Api:
    """A server with the usual limits."""
    return await serve()


@pytest.fixture
def hire(store: Store, clock: Clock) -> Callable[..., Awaitable[Eye]]:
    """Set up cameras, each at a site of its own unless told."""
    numbers = itertools.count(1)

    async def add(*, site: Site | None = None, revoked: bool = False) -> Eye:
        if site is None:
            site = Site(id=new_id(), name=f"Site {next(numbers)}", created_at=clock())
            await store.sites.add(site)
        key = new_secret()
        camera = Camera(
            id=new_id(),
            site_id=site.id,
            name=f"Camera {next(numbers)}",
            key_hash=hash_secret(key),
            created_at=clock(),
            revoked_at=clock() if revoked else None,
        )
        await store.cameras.add(camera)
        return Eye(camera, key)

    return add


@pytest.fixture
async def eye(hire: Callable[..., Awaitable[Eye]]) -> Eye:
    """A camera at a site."""
    return await hire()


@pytest.fixture
def sign_in(store: Store, clock: Clock) -> Callable[..., Awaitable[dict[str, str]]]:
    """Make accounts that are signed in; the answer is the header with the cookie."""
    numbers = itertools.count(1)

    async def add(role: Role, *site_ids: str) -> dict[str, str]:
        account = Account(
            id=new_id(),
            name=f"Account {next(numbers)}",
            role=role,
            created_at=clock(),
            site_ids=tuple(site_ids),  # type: ignore[arg-type] # ids of other records
        )
        await store.accounts.add(account)
        token = await open_session(store, account=account, now=clock())
        return {"Cookie": f"usher_session={token}"}

    return add


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """Make pictures, each of another colour, in any format and mode."""
    colours = itertools.count(1)

    def make(
        form: str = "JPEG", *, mode: str = "RGB", size: tuple[int, int] = (48, 64), **options: Any
    ) -> bytes:
        number = next(colours) * 37
        picture = Pillow.new("RGB", size, (number % 256, number // 256 % 256, 90)).convert(mode)
        file = io.BytesIO()
        picture.save(file, form, **options)
        return file.getvalue()

    return make


@pytest.fixture
def kept(store: Store, tmp_path: Path) -> Callable[[], Awaitable[tuple[int, int]]]:
    """Count the records and the image files that are there."""

    async def count() -> tuple[int, int]:
        records = await store.detections.page(DetectionQuery(limit=1000))
        return len(records), sum(path.is_file() for path in (tmp_path / "images").rglob("*"))

    return count


@pytest.fixture
def enter(store: Store, clock: Clock) -> Callable[..., Awaitable[Detection]]:
    """Write detections into the log as if they had come a while ago."""

    async def add(eye: Eye, crop: bytes, images: Images, **changes: Any) -> Detection:
        post = Post(camera=eye.camera, crops=(crop,))
        [detection] = await receive(store, images, inspect, post=post, now=clock())
        changed = replace(detection, **changes)
        await store.detections.save(changed)
        return changed

    return add
