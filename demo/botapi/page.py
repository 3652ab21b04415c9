"""The chat page: static files, read once, served under a strict policy."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.Response]]

STATIC = Path(__file__).parent / "static"
TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def add_page(app: web.Application) -> None:
    """Serve the page at `/`, its files under `/static/`, and the icon browsers ask for."""
    files = {path.name: path for path in sorted(STATIC.iterdir()) if path.suffix in TYPES}
    for name, path in files.items():
        app.router.add_get(f"/static/{name}", _serve(path))
    app.router.add_get("/", _serve(files["chat.html"]))
    app.router.add_get("/favicon.ico", _serve(files["icon.svg"]))


def _serve(path: Path) -> Handler:
    body, kind = path.read_bytes(), TYPES[path.suffix]

    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=HEADERS)

    return handler
