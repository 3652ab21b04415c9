"""Finding a face among all there ever were, known or not."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from aiohttp import web

from admin_web.answering import text
from admin_web.log_filters import places
from admin_web.options import ACCOUNT, CLOCK, STORE
from admin_web.rendering import from_script, page
from domain import drafts
from domain.errors import InvalidError, NotFoundError
from domain.ids import parse_id
from domain.log_faces import LogFaces
from domain.records import Account, Detection, Embedding, Id, Person
from domain.sight import seen_detection, sites_of
from domain.store import Store
from domain.views import canonical_people

log = logging.getLogger(__name__)
# So many crops are looked at, and so many visits of them shown.
CROPS, VISITS = 160, 48
# So many faces are searched in a few milliseconds, before the page is shown.
AT_ONCE = 100_000
# The faces are let go when nobody has searched for so long.
IDLE = timedelta(minutes=15)
_AGAIN_SECONDS = 5.0
# Cosine distances: from here on faces are less alike than the word says.
_WORDS = ((0.3, "Very alike"), (0.5, "Alike"), (0.65, "A little alike"))
_HARDLY = "Hardly alike"


class Finder:
    """The faces of the log, read in the background when somebody asks for them."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], datetime],
        outages: tuple[type[Exception], ...],
        idle: timedelta = IDLE,
    ) -> None:
        self._store, self._clock, self._outages = store, clock, outages
        self._idle = idle.total_seconds()
        self._wanted = asyncio.Event()
        self._used = 0.0
        self._model = ""
        self._total = 0
        self._faces: LogFaces | None = None
        self._ready = False

    @property
    def share(self) -> float:
        """How much of the log is read, 0 to 1."""
        read = len(self._faces) if self._faces else 0
        return 1.0 if self._ready else min(0.99, read / self._total) if self._total else 0.0

    async def faces(self, model: str) -> LogFaces | None:
        """Return the faces by a model as they are now; None while they are being read."""
        self._used = asyncio.get_running_loop().time()
        if self._model != model:
            self._model, self._faces, self._ready = model, None, False
        found = self._faces
        if found is None or not self._ready:
            self._wanted.set()
            return None
        while await found.read(self._store, self._clock()):
            pass
        await found.sweep(self._store, self._clock())
        return found

    async def work(self) -> None:
        """Read the log whenever it is wanted, and let go of it when it is not any more."""
        while True:
            await self._wanted.wait()
            try:
                await self._read()
            except self._outages:
                log.warning("The database is away; the faces of the log are read later.")
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            self._wanted.clear()
            await self._until_idle()
            if not self._wanted.is_set():
                self._faces, self._ready = None, False

    async def _read(self) -> None:
        model = self._model
        faces = LogFaces(model=model)
        self._faces = faces
        self._total = await self._store.detections.count_faces(model)
        while await faces.read(self._store, self._clock()):
            pass
        await faces.sweep(self._store, self._clock())
        if self._faces is faces:
            self._ready = True

    async def _until_idle(self) -> None:
        now = asyncio.get_running_loop().time
        while (left := self._used + self._idle - now()) > 0 and not self._wanted.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), left)


FINDER = web.AppKey("finder", Finder)


async def reading_faces(app: web.Application) -> AsyncIterator[None]:
    """Let the faces be read while the application runs."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(app[FINDER].work())
        yield
        task.cancel()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """The face that is sought: where it is from, and by which models it is known."""

    embedding: Embedding
    model: str
    detection: Detection | None = None
    draft: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Crops of one visit that look like the face sought, the most alike first."""

    crops: tuple[Detection, ...]
    distance: float
    person: Person | None

    @property
    def likeness(self) -> str:
        """How alike they are, in words."""
        return next((word for least, word in _WORDS if self.distance <= least), _HARDLY)


async def find_detection(request: web.Request) -> web.Response:
    """Show where else the face of a detection was seen."""
    store, account = request.app[STORE], request[ACCOUNT]
    detection = await seen_detection(store, account, parse_id(request.match_info["id"]))
    if detection.embedding is None or detection.model is None:
        raise InvalidError("There is no face on this crop that could be sought.")
    sought = Sought(embedding=detection.embedding, model=detection.model, detection=detection)
    return await _show(request, sought)


async def find_draft(request: web.Request) -> web.Response:
    """Show where a face of a photo was seen that the account has given."""
    store, account = request.app[STORE], request[ACCOUNT]
    id_, number = parse_id(request.query.get("draft", "")), request.query.get("face", "0")
    draft = await drafts.kept(store, draft_id=id_, account=account, now=request.app[CLOCK]())
    if not number.isdecimal() or len(number) > len("99") or int(number) >= len(draft.faces):
        raise NotFoundError("There is no such face on this photo.")
    face = draft.faces[int(number)]
    return await _show(request, Sought(embedding=face.embedding, model=draft.model, draft=draft.id))


async def ask_for_draft(request: web.Request) -> web.Response:
    """Go to where a face of a photo was seen that the account has given."""
    form = await request.post()
    asked = urlencode({"draft": text(form, "draft"), "face": text(form, "face") or "0"})
    raise web.HTTPSeeOther(f"/detections/find?{asked}")


async def _show(request: web.Request, sought: Sought) -> web.Response:
    store, account = request.app[STORE], request[ACCOUNT]
    pack = await store.gallery.in_use()
    comparable = pack is None or pack.model == sought.model
    finder = request.app[FINDER]
    faces = await finder.faces(sought.model) if comparable else None
    met = await _meetings(store, account, faces, sought) if faces and _now(request, faces) else None
    seen = await places(store, account)
    return await page(
        request,
        "find.html",
        sought=sought,
        comparable=comparable,
        share=finder.share,
        searched=len(faces) if faces else 0,
        again=request.path_qs,
        now=request.rel_url.update_query(now="1"),
        met=met,
        names=seen.names,
        who=await _who(store, sought),
        may_change=any(account.may_answer(site.id) for site in seen.sites),
    )


def _now(request: web.Request, faces: LogFaces) -> bool:
    """Tell whether the page waits for the search: many faces are searched once it is shown."""
    return len(faces) <= AT_ONCE or from_script(request) or "now" in request.query


async def _who(store: Store, sought: Sought) -> Person | None:
    id_ = sought.detection.person_id if sought.detection else None
    return await store.persons.canonical(id_) if id_ else None


async def _meetings(
    store: Store, account: Account, faces: LogFaces, sought: Sought
) -> list[Meeting]:
    """Return the visits in which a face was seen that is like the one sought."""
    own = sought.detection.id if sought.detection else None
    alike = await asyncio.to_thread(
        faces.search, sought.embedding, CROPS, site_ids=sites_of(account), without=own
    )
    there = await store.detections.some([one.detection_id for one in alike])
    faces.drop([one.detection_id for one in alike if one.detection_id not in there])
    crops = [one for one in there.values() if account.may_see(one.site_id)]
    return await _grouped(store, crops, sought.embedding)


async def _grouped(store: Store, crops: Sequence[Detection], probe: Embedding) -> list[Meeting]:
    far = {c.id: 1 - float(c.embedding @ probe) for c in crops if c.embedding is not None}
    of: dict[Id, list[Detection]] = {}
    for crop in sorted((c for c in crops if c.id in far), key=lambda c: far[c.id]):
        of.setdefault(crop.visit_id or crop.id, []).append(crop)
    people = await canonical_people(store, [mine[0].person_id for mine in of.values()])
    return [
        Meeting(
            crops=tuple(mine),
            distance=far[mine[0].id],
            person=people.get(mine[0].person_id) if mine[0].person_id else None,
        )
        for mine in list(of.values())[:VISITS]
    ]
