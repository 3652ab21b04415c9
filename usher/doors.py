"""Doors, as the command line makes, shows, tries and removes them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from rich.table import Table

from domain.decisions import clean_name
from domain.errors import InvalidError, NotFoundError
from domain.evidence import SENTENCES, Reason
from domain.hours import parse_hours, write_hours
from domain.ids import new_id, parse_id
from domain.policy import DoorPolicy
from domain.records import Door, Grant, GrantStatus, Id, Need, Person, Site
from domain.store import Store
from domain.webhooks import clean_url, new_webhook_secret
from usher.parts import now
from worker.doors import Posted, Webhooks

MOST_CROPS = 20
# Longer than a door holds back, crops could be used for an arrival that is over.
LONGEST_WITHIN_S, LONGEST_OPEN_S = 15.0, 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorWish:
    """A door as somebody types it: names instead of ids."""

    name: str
    site: str
    url: str
    need: Need
    cameras: Sequence[str] = ()
    people: Sequence[str] = ()
    everybody: bool = False
    visitors: bool = False
    hours: Sequence[str] = ()
    open_for_s: float = 5.0
    names: bool = False
    tells: bool = False


async def add(store: Store, wish: DoorWish) -> dict[str, str]:
    """Make a door; return its id and its secret, shown this once.

    Raises NotFoundError for a site, camera or person nobody knows, InvalidError for all else.
    """
    _check(wish)
    site = await store.sites.named(clean_name(wish.site))
    if site is None:
        raise NotFoundError("There is no site called {name}.", name=wish.site)
    door = Door(
        id=new_id(),
        site_id=site.id,
        name=clean_name(wish.name),
        url=clean_url(wish.url),
        secret=new_webhook_secret(),
        created_at=now(),
        camera_ids=await _cameras(store, site, wish.cameras),
        person_ids=tuple([await _person(store, name) for name in wish.people]),
        everybody=wish.everybody,
        visitors=wish.visitors,
        hours=tuple(parse_hours(text) for text in wish.hours),
        need=wish.need,
        open_for_s=wish.open_for_s,
        names=wish.names,
        tells=wish.tells,
    )
    await store.doors.add(door)
    return {"door_id": door.id, "name": door.name, "secret": door.secret}


def _check(wish: DoorWish) -> None:
    if not (wish.people or wish.everybody or wish.visitors):
        raise InvalidError("Say for whom: --person NAME, --everybody-known or --visitors.")
    need = wish.need
    if not 1 <= need.crops <= need.of <= MOST_CROPS:
        raise InvalidError("A door needs 1 to {most} crops, of at least as many.", most=MOST_CROPS)
    if not 0 < need.within_s <= LONGEST_WITHIN_S:
        raise InvalidError("Crops count for at most {s:g} seconds.", s=LONGEST_WITHIN_S)
    if not 0 <= need.sure < 1:
        raise InvalidError("How sure it has to be is a percentage below 100.")
    if not 0 < wish.open_for_s <= LONGEST_OPEN_S:
        raise InvalidError("A door stays open for at most {s:g} seconds.", s=LONGEST_OPEN_S)


async def _cameras(store: Store, site: Site, names: Sequence[str]) -> tuple[Id, ...]:
    """Return the cameras of a site that are called so, or have these ids."""
    found = []
    here = [camera for camera in await store.cameras.all() if camera.site_id == site.id]
    for name in names:
        meant = next((c for c in here if name in {c.id, c.name}), None)
        if meant is None:
            raise NotFoundError("{site} has no camera {name}.", site=site.name, name=name)
        found.append(meant.id)
    return tuple(found)


async def _person(store: Store, name: str) -> Id:
    """Return who is known by a name; where several are, their ids have to be said instead."""
    found = await store.persons.with_name(clean_name(name)) or await _with_id(store, name)
    if not found:
        raise NotFoundError("Nobody known is called {name}.", name=name)
    if len(found) > 1:
        ids = ", ".join(person.id for person in found)
        raise InvalidError("Several are called {name}: say which by id: {ids}.", name=name, ids=ids)
    return found[0].id


async def _with_id(store: Store, text: str) -> list[Person]:
    try:
        person = await store.persons.canonical(parse_id(text))
    except InvalidError:
        return []
    return [person] if person and person.recognised else []


async def _named(store: Store, name: str) -> Door:
    door = await store.doors.named(name)
    if door is None:
        raise NotFoundError("There is no door called {name}.", name=name)
    return door


async def listing(store: Store) -> list[dict[str, Any]]:
    """Return the doors in use, without their secrets."""
    sites = {site.id: site.name for site in await store.sites.all()}
    cameras = {camera.id: camera.name for camera in await store.cameras.all()}
    found = []
    for door in await store.doors.all():
        people = await store.persons.some(door.person_ids)
        found.append(
            {
                "door_id": door.id,
                "name": door.name,
                "site": sites.get(door.site_id),
                "cameras": [cameras.get(id_) for id_ in door.camera_ids],
                "people": [people[id_].label for id_ in door.person_ids if id_ in people],
                "everybody_known": door.everybody,
                "visitors": door.visitors,
                "hours": [write_hours(hours) for hours in door.hours],
                "need": door.need.crops,
                "of": door.need.of,
                "within_s": door.need.within_s,
                "sure": round(100 * door.need.sure, 1),
                "url": door.url,
                "open_for_s": door.open_for_s,
            }
        )
    return found


def doors_table(doors: Sequence[dict[str, Any]]) -> Table:
    """Return the doors for people to read."""
    table = Table("door", "where", "for whom", "when", "needs", "posts to", title="Doors")
    for door in doors:
        whom = [
            *door["people"],
            *(["everybody known"] if door["everybody_known"] else []),
            *(["visitors"] if door["visitors"] else []),
        ]
        table.add_row(
            door["name"],
            ", ".join([str(door["site"]), *map(str, door["cameras"])]),
            ", ".join(whom),
            "; ".join(door["hours"]) or "always",
            f"{door['need']} of {door['of']} in {door['within_s']:g} s, {door['sure']:g} %",
            door["url"],
        )
    return table


async def remove(store: Store, name: str) -> None:
    """Take a door out of use, at once and for good; raise NotFoundError when there is none."""
    door = await _named(store, name)
    await store.doors.save(replace(door, disabled_at=now()))


async def try_out(store: Store, name: str) -> Posted:
    """Post a signed event that is marked as a test and opens nothing; log it."""
    door, at = await _named(store, name), now()
    grant = Grant(
        id=new_id(),
        door_id=door.id,
        site_id=door.site_id,
        status=GrantStatus.DELIVERED,
        at=at,
        expires_at=at + DoorPolicy().life,
        due_at=at,
        attempts=1,
        test=True,
    )
    async with Webhooks() as webhooks:
        posted = await webhooks.post(door, grant, None, now())
    if posted.accepted:
        grant = replace(grant, delivered_at=now())
    else:
        reason = Reason.DECLINED if posted.answer else Reason.UNDELIVERED
        grant = replace(grant, status=GrantStatus.REFUSED, reasons=(reason,))
    await store.grants.add(replace(grant, answer=posted.answer))
    return posted


async def log_lines(store: Store, name: str | None, last: int) -> list[dict[str, Any]]:
    """Return the last entries of the doors' log, newest first, with their reasons."""
    door = await _named(store, name) if name else None
    grants = await store.grants.last(last, door_id=door.id if door else None)
    doors = await store.doors.some([grant.door_id for grant in grants])
    people = await store.persons.some([grant.person_id for grant in grants if grant.person_id])
    return [
        _line(grant, doors.get(grant.door_id), people.get(grant.person_id or Id("")))
        for grant in grants
    ]


def _line(grant: Grant, door: Door | None, person: Person | None) -> dict[str, Any]:
    decided = grant.ruling.at if grant.ruling else grant.at
    took = grant.delivered_at - decided if grant.delivered_at else None
    return {
        "grant_id": grant.id,
        "at": grant.at.isoformat(),
        "expires_at": grant.expires_at.isoformat(),
        "door": door.name if door else None,
        "person_id": grant.person_id,
        "person": person.label if person else None,
        "visit_id": grant.visit_id,
        "status": grant.status,
        "test": grant.test,
        "reasons": list(grant.reasons),
        "asked": grant.asked,
        "decided_by": grant.ruling.account_name if grant.ruling else None,
        "confidence": grant.confidence,
        "attempts": grant.attempts,
        "answer": grant.answer,
        "delivered_after_ms": round(took / timedelta(milliseconds=1)) if took else None,
        "crops": [
            {
                "detection_id": crop.detection_id,
                "camera_id": crop.camera_id,
                "captured_at": crop.captured_at.isoformat(),
                "distance": crop.distance,
                "confidence": crop.confidence,
                "reasons": list(crop.reasons),
            }
            for crop in grant.crops
        ],
    }


def log_table(lines: Sequence[dict[str, Any]]) -> Table:
    """Return the log for people to read."""
    table = Table("when", "door", "who", "what", "why", "crops", title="The log of the doors")
    for line in lines:
        table.add_row(
            line["at"][:19].replace("T", " "),
            line["door"] or "",
            line["person"] or ("a test" if line["test"] else ""),
            _what(line),
            " ".join(SENTENCES[Reason(reason)] for reason in line["reasons"]),
            _crops(line),
        )
    return table


def _what(line: dict[str, Any]) -> str:
    by = f" by {line['decided_by']}" if line["decided_by"] else ""
    answered = f", answered {line['answer']}" if line["answer"] else ""
    return f"{line['status']}{by}{answered}"


def _crops(line: dict[str, Any]) -> str:
    near = [f"{crop['distance']:.2f}" for crop in line["crops"] if crop["distance"] is not None]
    return f"{len(line['crops'])}: {' '.join(near)}" if line["crops"] else ""
