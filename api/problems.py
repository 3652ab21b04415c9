"""Everything that goes wrong, as application/problem+json (RFC 9457) with a type that stays."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from secrets import token_hex
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Middleware

from domain.errors import AlreadyDecidedError, ImageRefusedError, NameTakenError, UsherError

TYPE_PREFIX: Final = "urn:usher:problem:"
MEDIA_TYPE: Final = "application/problem+json"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of problem. `key` is the end of its type and never changes."""

    key: str
    status: int
    title: str


_KINDS: Final = {
    kind.key: kind
    for kind in (
        Kind("key-missing", 401, "A key or a session is needed"),
        Kind("key-unknown", 401, "The key is not known"),
        Kind("key-revoked", 401, "The key has been revoked"),
        Kind("not-signed-in", 401, "Not signed in"),
        Kind("not-allowed", 403, "Not allowed"),
        Kind("not-found", 404, "Not found"),
        Kind("method-not-allowed", 405, "Method not allowed"),
        Kind("body-too-slow", 408, "The body took too long"),
        Kind("already-decided", 409, "Already decided"),
        Kind("name-taken", 409, "The name is taken"),
        Kind("stale", 409, "Somebody was quicker"),
        Kind("claim-lost", 409, "Somebody was quicker"),
        Kind("image-gone", 410, "The image has been deleted"),
        Kind("image-too-large", 413, "The image is too large"),
        Kind("too-many-images", 413, "Too many images"),
        Kind("too-many-parts", 413, "Too many parts"),
        Kind("body-too-large", 413, "The body is too large"),
        Kind("unsupported-media-type", 415, "The media type is not supported"),
        Kind("image-type-unsupported", 415, "The image type is not supported"),
        Kind("expectation-failed", 417, "The expectation cannot be met"),
        Kind("body-malformed", 400, "The body is malformed"),
        Kind("image-missing", 422, "No image"),
        Kind("image-empty", 422, "The image is empty"),
        Kind("image-not-an-image", 422, "Not an image"),
        Kind("image-truncated", 422, "The image is not whole"),
        Kind("image-too-many-pixels", 422, "The image has too many pixels"),
        Kind("image-refused", 422, "The image cannot be used"),
        Kind("field-unknown", 422, "Unknown field"),
        Kind("field-doubled", 422, "Field given twice"),
        Kind("field-invalid", 422, "Invalid value"),
        Kind("invalid", 422, "Invalid value"),
        Kind("invite", 422, "The invitation is not valid"),
        Kind("idempotency-key-invalid", 422, "Invalid Idempotency-Key"),
        Kind("idempotency-key-reused", 422, "The Idempotency-Key was used for something else"),
        Kind("error", 422, "It cannot be done"),
        Kind("unexpected", 500, "Something went wrong"),
        Kind("backlog-full", 503, "Too much work is waiting"),
        Kind("busy", 503, "Too much at once"),
        Kind("too-many-streams", 503, "Too many event streams"),
        Kind("unavailable", 503, "The database does not answer"),
        Kind("images-unavailable", 503, "The image store does not work"),
        Kind("not-ready", 503, "Not ready"),
    )
}
# What recognition says of an image, under the names of this API.
_IMAGES: Final = {
    "empty": "image-empty",
    "not_an_image": "image-not-an-image",
    "unsupported_type": "image-type-unsupported",
    "truncated": "image-truncated",
    "too_many_pixels": "image-too-many-pixels",
}
_HTTP: Final = {
    404: ("not-found", "There is nothing at this address."),
    405: ("method-not-allowed", "This address does not take this method."),
}
RETRY_AWAY: Final = "2"
_AWAY: Final = frozenset({503})


class ProblemError(Exception):
    """A request that cannot be met. `close` ends the connection after the answer."""

    def __init__(
        self,
        key: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        close: bool = False,
        **extras: Any,
    ) -> None:
        super().__init__(detail)
        self.kind = _KINDS[key]
        self.headers = headers or {}
        self.close = close
        self.extras = extras

    def response(self) -> web.Response:
        """Return the answer."""
        response = _answer(
            self.kind.key, self.kind.title, self.kind.status, str(self), **self.extras
        )
        response.headers.update(self.headers)
        if self.close:
            response.force_close()
        return response


def _answer(key: str, title: str, status: int, detail: str, **extras: Any) -> web.Response:
    body = {"type": TYPE_PREFIX + key, "title": title, "status": status, "detail": detail, **extras}
    return web.Response(
        status=status,
        body=json.dumps(body, ensure_ascii=False).encode(),
        headers={"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store"},
    )


def from_domain(error: UsherError) -> ProblemError:
    """Return the problem that an error of the domain is."""
    match error:
        case ImageRefusedError():
            return ProblemError(_IMAGES.get(error.kind, "image-refused"), str(error))
        case NameTakenError():
            return ProblemError(error.key, str(error), person_ids=list(error.person_ids))
        case AlreadyDecidedError(decision=decision) if decision:
            return ProblemError(error.key, str(error), decision_id=decision.id)
        case _:
            return ProblemError(error.key if error.key in _KINDS else "error", str(error))


def _from_http(error: web.HTTPException) -> web.Response:
    """Turn what aiohttp itself raises into a problem, keeping headers such as Allow."""
    if error.status < HTTPStatus.BAD_REQUEST:
        raise error
    key, detail = _HTTP.get(error.status, (f"http-{error.status}", error.reason))
    response = _answer(key, HTTPStatus(error.status).phrase, error.status, detail)
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response


def _unexpected(error: Exception, request: web.Request) -> web.Response:
    """Log what nobody foresaw under an id, and show the id alone."""
    id_ = token_hex(8)
    _log.error(
        "request failed, error id %s: %s %s", id_, request.method, request.path, exc_info=error
    )
    return ProblemError(
        "unexpected", "The error has been logged under this id.", error_id=id_
    ).response()


def _is_gone(request: web.Request) -> bool:
    """Whether nobody waits for an answer any more."""
    return request.transport is None or request.transport.is_closing()


def _answer_to(
    error: Exception, request: web.Request, outages: tuple[type[Exception], ...]
) -> web.Response:
    """Return the answer that an error becomes; raise it again where there can be none."""
    while isinstance(error, ExceptionGroup):  # of crops kept at once: the first says enough
        error = error.exceptions[0]
    if isinstance(error, ProblemError):
        return error.response()
    if isinstance(error, web.HTTPException):
        return _from_http(error)
    if isinstance(error, OSError) and _is_gone(request):
        return ProblemError("body-malformed", "The connection broke off.").response()
    if request.writer.output_size > 0:
        raise error  # part of an answer has been sent: aiohttp logs the error and hangs up
    if isinstance(error, outages):
        return _away("unavailable", error)
    if isinstance(error, UsherError):
        foreseen = from_domain(error)
        return _away(error.key, error) if foreseen.kind.status in _AWAY else foreseen.response()
    return _unexpected(error, request)


def _away(key: str, error: Exception) -> web.Response:
    """Log what is away, and ask to come again; addresses and paths are nobody's business."""
    _log.warning("%s: %s: %s", key, type(error).__name__, error)
    return ProblemError(
        key, "Nothing was taken. Try again.", headers={"Retry-After": RETRY_AWAY}
    ).response()


def middleware(outages: tuple[type[Exception], ...]) -> Middleware:
    """Return the one place where errors become answers.

    `outages` are the exceptions that mean that the database cannot be reached for now.
    """

    @web.middleware
    async def problems(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            response = await handler(request)
        except Exception as error:  # noqa: BLE001 - the border: no error leaves without an answer
            response = _answer_to(error, request, outages)
        if not response.prepared:
            response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response

    return problems
