"""The files that pages load, each by an address that changes with its content."""

import hashlib
from pathlib import Path

from aiohttp import web
from markupsafe import Markup

FOLDER = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Assets:
    """Style sheets, scripts and drawings, read once at start.

    Vendor files may be missing (`make` fetches them): then `url` returns None and pages are
    plainer, but work.
    """

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or FOLDER
        self._files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.suffix in _KINDS
        }

    def url(self, name: str) -> str | None:
        """Return the address of a file, or None when it is missing."""
        data = self._files.get(name)
        return data and f"/static/{name}?v={hashlib.sha256(data).hexdigest()[:12]}"  # type: ignore[return-value]

    def icon(self, name: str) -> Markup:
        """Return an icon to stand beside its words; nothing when it is missing."""
        data = self._files.get(f"vendor/icons/{name}.svg", b"").decode()
        start = data.find("<svg")
        drawn = data[start:].replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)
        return Markup(drawn if start >= 0 else "")  # noqa: S704 - a file of our own

    async def serve(self, request: web.Request) -> web.Response:
        """Answer with a file."""
        name = request.match_info["name"]
        data = self._files.get(name)
        if data is None:
            raise web.HTTPNotFound
        return web.Response(
            body=data,
            content_type=_KINDS[Path(name).suffix],
            charset="utf-8",
            headers={"Cache-Control": FOREVER if "v" in request.query else "no-cache"},
        )

    async def favicon(self, _: web.Request) -> web.Response:
        """Answer browsers that ask for the old name."""
        raise web.HTTPMovedPermanently("/static/favicon.svg")


ASSETS = web.AppKey("assets", Assets)
