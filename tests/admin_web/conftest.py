"""The panel on a free port, a real database behind it, and people at its doors."""

import io
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from aiohttp import web
from argon2 import PasswordHasher
from blockbuster import blockbuster_ctx
from PIL import Image as Pillow

from admin_web.app import create_app
from admin_web.options import PanelOptions
from admin_web.passwords import Argon2Passwords
from domain.ids import new_id
from domain.intake import Images
from domain.looking import Eyes
from domain.records import Account, Camera, Role, Site
from domain.store import Store
from tests.admin_web.browsing import Panel, Serve
from tests.admin_web.world import CUTS, PASSWORD, PHOTO, World
from tests.clock import Clock
from tests.eyes import LoadedEyes, loaded_engine
from usher.recogniser import EngineRecogniser


@pytest.fixture(scope="session")
def crops() -> tuple[bytes, ...]:
    """Crops of six people, as JPEG."""
    photo = Pillow.open(PHOTO).convert("RGB")
    made = []
    for cut in CUTS:
        data = io.BytesIO()
        photo.crop(cut).save(data, "JPEG", quality=88)
        made.append(data.getvalue())
    return tuple(made)


@pytest.fixture
def clock() -> Clock:
    """The clock that the panel goes by."""
    return Clock()


@pytest.fixture(scope="session")
def passwords() -> Argon2Passwords:
    """Passwords, hashed far too cheaply for anything but tests."""
    return Argon2Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
async def world(
    store: Store,
    images: Images,
    clock: Clock,
    crops: tuple[bytes, ...],
    passwords: Argon2Passwords,
) -> World:
    """Two sites and four accounts."""
    main = Site(id=new_id(), name="Main", created_at=clock())
    annex = Site(id=new_id(), name="Annex", created_at=clock())
    for site in (main, annex):
        await store.sites.add(site)
    hashed = passwords.hash(PASSWORD)

    async def camera(site: Site, name: str) -> Camera:
        made = Camera(
            id=new_id(), site_id=site.id, name=name, key_hash=new_id(), created_at=clock()
        )
        await store.cameras.add(made)
        return made

    async def account(name: str, role: Role, *sites: Site) -> Account:
        made = Account(
            id=new_id(),
            name=name,
            role=role,
            created_at=clock(),
            site_ids=tuple(site.id for site in sites),
            password_hash=hashed,
        )
        await store.accounts.add(made)
        return made

    return World(
        store=store,
        images=images,
        clock=clock,
        main=main,
        annex=annex,
        door=await camera(main, "Front door"),
        yard=await camera(main, "Yard"),
        gate=await camera(annex, "Gate"),
        admin=await account("Ada", Role.ADMIN),
        maria=await account("Maria", Role.MANAGER, main),
        vera=await account("Vera", Role.VIEWER, main),
        otto=await account("Otto", Role.MANAGER, annex),
        crops=crops,
    )


@pytest.fixture(scope="session")
def engine() -> EngineRecogniser:
    """The models that Usher comes with."""
    return loaded_engine()


@pytest.fixture
def eyes(store: Store, engine: EngineRecogniser) -> LoadedEyes:
    """Eyes for panels that look at pictures: `serve(eyes=eyes)`."""
    return LoadedEyes(store, engine)


@pytest.fixture
async def serve(
    store: Store, images: Images, clock: Clock, passwords: Argon2Passwords
) -> AsyncIterator[Serve]:
    """Start panels with options of the test's own."""
    async with AsyncExitStack() as stack:
        blocking = stack.enter_context(blockbuster_ctx(scanned_modules=["admin_web"]))

        async def start(
            *mounted: tuple[str, web.Application], eyes: Eyes | None = None, **options: Any
        ) -> Panel:
            blocking.deactivate()  # files are read before anybody is served
            app = create_app(
                store=store,
                images=images,
                passwords=passwords,
                options=PanelOptions(**{"secure_cookies": False, **options}),
                clock=clock,
                eyes=eyes,
            )
            blocking.activate()
            for prefix, other in mounted:
                app.add_subapp(prefix, other)
            runner = web.AppRunner(app, shutdown_timeout=2)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}"

            def visitor() -> httpx.AsyncClient:
                client = httpx.AsyncClient(base_url=url, timeout=20)
                stack.push_async_callback(client.aclose)
                return client

            return Panel(url, app, visitor)

        yield start


@pytest.fixture
async def panel(serve: Serve) -> Panel:
    """A panel with the usual options."""
    return await serve()


@pytest.fixture
async def seeing(serve: Serve, eyes: LoadedEyes) -> Panel:
    """A panel that looks at pictures."""
    return await serve(eyes=eyes)
