"""The panel as an aiohttp application."""

import asyncio

from aiohttp import web

from admin_web.assets import ASSETS, Assets
from admin_web.doors import DOORS
from admin_web.finding import FINDER, Finder, reading_faces
from admin_web.guard import handing_over
from admin_web.live import BELL, Bell, hang_up, watching
from admin_web.looking import Looking
from admin_web.options import (
    CLOCK,
    EYES,
    IMAGES,
    OPTIONS,
    PASSWORDS,
    STORE,
    Clock,
    PanelOptions,
)
from admin_web.pages import OPEN_PAGES, Pages
from admin_web.rendering import TEMPLATING, environment
from admin_web.security import protect
from admin_web.troubles import clear_pages
from admin_web.uploads import LARGEST_FORM, MOST_READING, UPLOADING
from admin_web.verifying import VERIFYING, Verifying
from domain.accounts import Passwords
from domain.intake import Images
from domain.looking import Eyes
from domain.store import Store


def create_app(
    *,
    store: Store,
    images: Images,
    passwords: Passwords,
    options: PanelOptions,
    clock: Clock,
    eyes: Eyes | None = None,
) -> web.Application:
    """Return the panel, which serves from `/` on; it does nothing until it is started.

    Without `eyes` it looks at no pictures, and says so where one is given.

    Other applications may be mounted in it (`add_subapp("/api", ...)`): its pages for errors, its
    headers and its sessions do not touch them. Its forms are small: `client_max_size` of a mounted
    application is its own.
    """
    app = web.Application(middlewares=[handing_over, clear_pages], client_max_size=LARGEST_FORM)
    assets = Assets()
    app[STORE], app[IMAGES], app[PASSWORDS] = store, images, passwords
    app[OPTIONS], app[CLOCK], app[ASSETS] = options, clock, assets
    app[BELL] = Bell(store, outages=options.outages)
    app[EYES], app[UPLOADING] = Looking(eyes), asyncio.Semaphore(MOST_READING)
    app[VERIFYING] = Verifying()
    app[FINDER] = Finder(store, clock=clock, outages=options.outages)
    app[OPEN_PAGES] = Pages(DOORS).of
    app[TEMPLATING] = environment(
        options=options, clock=clock, assets=assets, pages=app[OPEN_PAGES]
    )
    for door in DOORS:
        app.router.add_route(door.method, door.path, door.enter)
    app.router.add_get("/static/{name:.+}", assets.serve)
    app.router.add_get("/favicon.ico", assets.favicon)

    async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
        if request.match_info.apps[-1] is app:
            protect(response)

    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(hang_up)
    app.cleanup_ctx.append(watching)
    app.cleanup_ctx.append(reading_faces)
    return app
