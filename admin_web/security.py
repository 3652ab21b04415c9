"""Headers on every answer, and proof that a change was asked for by one of our own pages."""

import hashlib
import hmac
from urllib.parse import urlsplit

from aiohttp import web

from admin_web.options import OPTIONS
from domain.errors import InvalidError, NotAllowedError

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
# `same-origin` and not `no-referrer`: with the latter browsers send `Origin: null` with our forms.
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
_CAMERA = {"Permissions-Policy": "camera=(self), geolocation=(), microphone=()"}
CSRF_FIELD = "csrf"
_SAME_SITE = {"same-origin", "none"}


def protect(response: web.StreamResponse) -> None:
    """Set the headers that no answer of the panel goes without; those already set stay."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)


def allow_camera(response: web.StreamResponse) -> None:
    """Let this page ask for the camera of whoever looks at it."""
    response.headers.update(_CAMERA)


def csrf_token(secret: str) -> str:
    """Return the token that forms carry, bound to the secret of a cookie."""
    return hmac.new(secret.encode(), b"usher form", hashlib.sha256).hexdigest()


def check_origin(request: web.Request) -> None:
    """Raise NotAllowedError when a browser says that another site sent this."""
    where = request.headers.get("Sec-Fetch-Site")
    if where is not None and where not in _SAME_SITE:
        raise NotAllowedError("This form was sent from another site.")
    origin = request.headers.get("Origin")
    if origin is not None and not _is_ours(request, origin):
        raise NotAllowedError("This form was sent from another site.")


def _is_ours(request: web.Request, origin: str) -> bool:
    options = request.config_dict[OPTIONS]
    if options.public_origin and urlsplit(origin)[:2] == urlsplit(options.public_origin)[:2]:
        return True
    return urlsplit(origin).netloc == request.host


async def check_csrf(request: web.Request, secret: str) -> None:
    """Raise NotAllowedError unless the form carries the token bound to this secret."""
    try:
        given = (await request.post()).get(CSRF_FIELD)
    except (ValueError, LookupError) as error:
        raise InvalidError("This form cannot be read.") from error
    check_token(given, secret)


def check_token(given: object, secret: str) -> None:
    """Raise NotAllowedError unless this is the token bound to this secret."""
    if not isinstance(given, str) or not hmac.compare_digest(
        given.encode(), csrf_token(secret).encode()
    ):
        raise NotAllowedError("This page is too old to be sent. Load it again, then try once more.")
