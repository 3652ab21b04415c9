"""Crops, for those who may see them."""

from aiohttp import web

from admin_web.options import ACCOUNT, IMAGES, STORE
from domain.errors import NotFoundError
from domain.ids import parse_id
from domain.records import Detection
from domain.sight import seen_detection

# Long enough to page back and forth; short, for access may be taken away.
_CACHING = "private, max-age=300"


async def show_image(request: web.Request) -> web.Response:
    """Answer with a detection's crop."""
    store, account = request.app[STORE], request[ACCOUNT]
    detection = await seen_detection(store, account, parse_id(request.match_info["id"]))
    if not detection.image.key:
        raise NotFoundError("The picture is gone.")
    headers = {"ETag": f'"{detection.image.sha256}"', "Cache-Control": _CACHING}
    if _has(request, detection):
        return web.Response(status=304, headers=headers)
    try:
        data = await request.app[IMAGES].get(detection.image.key)
    except KeyError as error:
        raise NotFoundError("The picture is gone.") from error
    return web.Response(body=data, content_type=detection.image.media_type, headers=headers)


def _has(request: web.Request, detection: Detection) -> bool:
    return any(tag.value in {"*", detection.image.sha256} for tag in request.if_none_match or ())
