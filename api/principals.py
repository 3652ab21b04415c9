"""Who asks, and what they may see: a camera by its key, an account by its session."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from aiohttp import web

from api.joining import Joined
from api.problems import ProblemError
from domain.errors import NotAllowedError
from domain.ids import hash_secret
from domain.records import Account, Camera, Detection, Id, Question, Role, Visit
from domain.sessions import session_account
from domain.store import DetectionQuery, Store

SESSION_COOKIE: Final = "usher_session"
_SAFE: Final = frozenset({"GET", "HEAD"})
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="usher"'}


class Principal(Protocol):
    """Somebody who may see some of the detections."""

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables whose changes they may follow."""

    def sees(self, record: Detection | Visit | Question, /) -> bool:
        """Whether the record is their business."""

    def narrow(self, query: DetectionQuery, /) -> DetectionQuery | None:
        """Return the query within what they see, or None when nothing is left."""


@dataclass(frozen=True, slots=True)
class CameraPrincipal:
    """A camera sees what it posted."""

    camera: Camera
    tables: tuple[str, ...] = ("detections",)

    def sees(self, record: Detection | Visit | Question, /) -> bool:
        """Whether this camera posted it."""
        return isinstance(record, Detection) and record.camera_id == self.camera.id

    def narrow(self, query: DetectionQuery, /) -> DetectionQuery | None:
        """Leave only what this camera posted."""
        if query.camera_id not in {None, self.camera.id}:
            return None
        return replace(query, camera_id=self.camera.id)


@dataclass(frozen=True, slots=True)
class AccountPrincipal:
    """An account sees what happens at its sites."""

    account: Account
    tables: tuple[str, ...] = ("detections", "visits", "questions")

    def sees(self, record: Detection | Visit | Question, /) -> bool:
        """Whether it happened at one of the account's sites."""
        return self.account.may_see(record.site_id)

    def narrow(self, query: DetectionQuery, /) -> DetectionQuery | None:
        """Leave only what happened at the account's sites."""
        if self.account.role is Role.ADMIN:
            return query
        asked = self.account.site_ids if query.site_ids is None else query.site_ids
        seen = tuple(id_ for id_ in asked if self.account.may_see(id_))
        return replace(query, site_ids=seen) if seen else None


class CameraKeys:
    """Finds cameras by their keys and notes, now and then, that they are alive."""

    def __init__(self, store: Store, *, seen_every: float) -> None:
        self._store = store
        self._joined: Joined[str, Camera] = Joined(store.cameras.by_key)
        self._seen_every = seen_every
        self._seen: dict[Id, datetime] = {}

    async def find(self, key: str) -> Camera:
        """Return the camera of this key; raise ProblemError when it opens nothing any more."""
        camera = await self._joined.get(hash_secret(key)) if key.isascii() else None
        if camera is None:
            raise ProblemError("key-unknown", "No camera has this key.", headers=_CHALLENGE)
        if camera.revoked_at:
            raise ProblemError(
                "key-revoked", "This key has been revoked; get a new one.", headers=_CHALLENGE
            )
        return camera

    async def posted(self, camera: Camera, now: datetime) -> None:
        """Note that the camera has posted, unless that was noted a moment ago."""
        last = self._seen.get(camera.id)
        if last is None or (now - last).total_seconds() >= self._seen_every:
            self._seen[camera.id] = now
            await self._store.cameras.seen(camera.id, now)


def _bearer(request: web.Request) -> str | None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" and key.strip() else None


async def camera_of(request: web.Request, *, keys: CameraKeys) -> Camera:
    """Return the camera that posts; raise ProblemError when it is none."""
    key = _bearer(request)
    if key is None:
        raise ProblemError(
            "key-missing",
            "A camera shows its key as Authorization: Bearer KEY.",
            headers=_CHALLENGE,
        )
    return await keys.find(key)


async def principal_of(
    request: web.Request, *, keys: CameraKeys, store: Store, now: datetime
) -> Principal:
    """Return who asks; raise ProblemError when it is nobody.

    A browser sends its cookie along with whatever page it is on, so a cookie only ever reads.
    """
    if "Authorization" in request.headers:
        return CameraPrincipal(await camera_of(request, keys=keys))
    token = request.cookies.get(SESSION_COOKIE)
    if not token or not token.isascii() or request.method not in _SAFE:
        raise ProblemError(
            "key-missing", "Show a camera's key, or sign in to the panel.", headers=_CHALLENGE
        )
    try:
        return AccountPrincipal(await session_account(store, token=token, now=now))
    except NotAllowedError as error:
        raise ProblemError("not-signed-in", str(error), headers=_CHALLENGE) from error
