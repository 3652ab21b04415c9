"""What the log is asked for: read from an address, and said again in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from urllib.parse import urlencode

from aiohttp import web

from admin_web.options import ACCOUNT, OPTIONS, STORE
from admin_web.words import DETECTION_STATUS, MATCH_KIND, moment, reason
from domain.decisions import clean_name
from domain.errors import InvalidError, NotFoundError
from domain.ids import parse_id
from domain.log import read_cursor
from domain.records import Account, Camera, DetectionStatus, Id, MatchKind, Person, Site
from domain.sight import may_see_person, sites_of
from domain.store import PERCENTS, DetectionQuery, Store

FILTERS = ("site", "camera", "status", "kind", "below", "reason", "person", "since", "until")
# What a filter may ask for; a database takes no others.
FIRST_YEAR, LAST_YEAR = 2000, 2200
# For these a face is set aside, or not remembered by.
REASONS = (
    "no_face",
    "too_small",
    "blurred",
    "too_dark",
    "too_bright",
    "extreme_pose",
    "low_score",
    "cut_off",
    "several_faces",
    "covered_lower",
    "covered_upper",
    "not_an_image",
    "truncated",
)
# What people look for most, by what it asks for.
VIEWS: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("Everything", {}),
    ("Recognised", {"kind": "match"}),
    ("Unsure", {"kind": "unsure"}),
    ("Strangers", {"kind": "stranger"}),
    ("Set aside", {"status": "unusable"}),
    ("Pictures and screens", {"status": "spoof"}),
    ("Failed", {"status": "failed"}),
    ("Waiting", {"status": "new"}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One thing that is asked for, in words, and the address of the log without it."""

    text: str
    without: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The sites and cameras that an account may see."""

    sites: Sequence[Site]
    cameras: Sequence[Camera]

    @property
    def names(self) -> dict[Id, str]:
        """What each is called, by id."""
        sites = {site.id: site.name for site in self.sites}
        return sites | {camera.id: camera.name for camera in self.cameras}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for: as it was written, and as a query; None, where nothing can be that.

    `person` is who is asked for, if the account may know of them.
    """

    written: Mapping[str, str]
    query: DetectionQuery | None
    person: Person | None = None

    def address(self, path: str = "/detections", /, **more: str | None) -> str:
        """Return the address of what is asked for, with some of it changed."""
        wanted = {key: value for key, value in {**self.written, **more}.items() if value}
        return f"{path}?{urlencode(wanted)}" if wanted else path


async def places(store: Store, account: Account) -> Places:
    """Return the sites and cameras that an account may see."""
    return Places(
        sites=[site for site in await store.sites.all() if account.may_see(site.id)],
        cameras=[c for c in await store.cameras.all() if account.may_see(c.site_id)],
    )


async def read_filters(request: web.Request, values: Mapping[str, str], *, limit: int) -> Asked:
    """Return what these values ask for; raise InvalidError when they make no sense."""
    store, account = request.app[STORE], request[ACCOUNT]
    zone = request.app[OPTIONS].timezone
    written = {key: values.get(key, "").strip() for key in FILTERS}
    people = await people_asked(store, written["person"]) if written["person"] else None
    query = DetectionQuery(
        site_ids=site_ids_asked(account, written["site"]),
        camera_id=parse_id(written["camera"]) if written["camera"] else None,
        person_ids=await members_of(store, people),
        statuses=(_status(written["status"]),) if written["status"] else (),
        kinds=(_kind(written["kind"]),) if written["kind"] else (),
        below=_below(written["below"]),
        reason=_reason(written["reason"]),
        since=_moment(written["since"], zone),
        until=_moment(written["until"], zone),
        limit=limit,
    )
    return Asked(
        written=written,
        query=None if query.person_ids == () else _from_cursor(query, values),
        person=await known_of(store, account, people or ()),
    )


def _from_cursor(query: DetectionQuery, values: Mapping[str, str]) -> DetectionQuery:
    after, before = values.get("after"), values.get("before")
    if after:
        return replace(query, after=read_cursor(after))
    return replace(query, before=read_cursor(before)) if before else query


def site_ids_asked(account: Account, text: str) -> tuple[Id, ...] | None:
    """Return the sites asked for, within those of an account; None: all there are."""
    if not text:
        return sites_of(account)
    site = parse_id(text)
    if not account.may_see(site):
        raise NotFoundError("There is no such site.")
    return (site,)


def _status(text: str) -> DetectionStatus:
    if text not in set(DetectionStatus):
        raise InvalidError("There is no such status.")
    return DetectionStatus(text)


def _kind(text: str) -> MatchKind:
    if text not in set(MatchKind):
        raise InvalidError("There is no such answer.")
    return MatchKind(text)


def _below(text: str) -> int | None:
    if not text:
        return None
    if text not in set(map(str, PERCENTS)):
        raise InvalidError(f"Choose one of {', '.join(f'{p} %' for p in PERCENTS)}.")
    return int(text)


def _reason(text: str) -> str | None:
    if text and text not in REASONS:
        raise InvalidError("There is no such reason.")
    return text or None


def _moment(text: str, zone: tzinfo) -> datetime | None:
    """Return a time as a form gives it, in the site's zone."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidError("A time looks like 2026-11-22 14:30.") from error
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise InvalidError("That year is too far away.")
    return at if at.tzinfo else at.replace(tzinfo=zone)


async def people_asked(store: Store, text: str) -> list[Person]:
    """Return whoever has this id, this name, or this number as a stranger."""
    try:
        found = await store.persons.canonical(parse_id(text))
    except InvalidError:
        number = text.removeprefix("#").rpartition(" ")[2]
        numbered = int(number) if number.isdecimal() and len(number) < len(str(2**31)) else 0
        named = await store.persons.with_name(clean_name(text))
        found = await store.persons.numbered(numbered) if numbered and not named else None
        return [*named, *([found] if found else [])]
    return [found] if found else []


async def members_of(store: Store, people: Sequence[Person] | None) -> tuple[Id, ...] | None:
    """Return the ids under which detections of these people may stand."""
    if people is None:
        return None
    return tuple([id_ for one in people for id_ in await store.persons.members(one.id)])


async def known_of(store: Store, account: Account, people: Sequence[Person]) -> Person | None:
    """Return the first of these people, if the account may know of them."""
    for person in people[:1]:
        return person if await may_see_person(store, account, person) else None
    return None


def chips(asked: Asked, names: Mapping[Id, str], *, zone: tzinfo, now: datetime) -> list[Chip]:
    """Return what is asked for beside the view, one by one."""
    query = asked.query
    shown = {
        "site": names.get(Id(asked.written["site"]), ""),
        "camera": names.get(Id(asked.written["camera"]), "Another camera"),
        "person": asked.person.label if asked.person else asked.written["person"],
        "status": DETECTION_STATUS[query.statuses[0]] if query and query.statuses else "",
        "kind": MATCH_KIND[query.kinds[0]] if query and query.kinds else "",
        "below": f"Below {asked.written['below']} %",
        "reason": reason(asked.written["reason"]).capitalize(),
        "since": f"From {moment(query.since, zone, now)}" if query and query.since else "",
        "until": f"Until {moment(query.until, zone, now)}" if query and query.until else "",
    }
    return [
        Chip(text=shown[key] or asked.written[key], without=asked.address(**{key: None}))
        for key in FILTERS
        if asked.written[key]
    ]
