"""The sites, cameras and accounts of a made-up installation."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.ids import hash_secret
from domain.records import Account, Camera, Id, Role, Site
from evaluation.made_up import SITES

# Who answers for every site, and who for two.
ADMIN, MANAGER = "Ada", "Maria"
_ADMINS = (ADMIN, "Ben")
_MANAGERS = (MANAGER, "Otto", "Ines", "Paul", "Greta", "Luis", "Hana", "Yusuf", "Nora", "Emil")
_VIEWERS = ("Vera", "Oskar", "Mina")


class Ids:
    """Ids that rise with time, the same ones for the same seed and the same beginning."""

    def __init__(self, seed: int, begun: int) -> None:
        made = hash_secret(f"{seed} {begun}")
        self._process = made[:10]
        self._count = itertools.count()

    def __call__(self, at: float) -> Id:
        """Return the next id, of a time in seconds since 1970."""
        return Id(f"{int(at):08x}{self._process}{next(self._count) & 0xFFFFFF:06x}")


@dataclass(frozen=True, slots=True)
class House:
    """Sites with their cameras, site by site, and accounts that answer for some of them."""

    sites: tuple[Site, ...]
    cameras: tuple[Camera, ...]
    accounts: tuple[Account, ...]

    def cameras_of(self) -> list[int]:
        """Return how many cameras each site has."""
        return [sum(c.site_id == site.id for c in self.cameras) for site in self.sites]


def build(
    ids: Ids, count: int, *, since: datetime, now: datetime, taken: Sequence[str] = ()
) -> House:
    """Return a house of so many sites; those whose names are `taken` are called otherwise.

    The first manager answers for two sites, the others for one each. Nobody has a password yet.
    """
    sites, cameras = list[Site](), list[Camera]()
    for name, doors in itertools.islice(_places(taken), count):
        site = Site(id=ids(since.timestamp()), name=name, created_at=since)
        sites.append(site)
        for door in doors:
            made = ids(since.timestamp())
            cameras.append(
                Camera(
                    id=made,
                    site_id=site.id,
                    name=door,
                    key_hash=hash_secret(f"nobody has this key {made}"),
                    created_at=since,
                    last_seen_at=now,
                )
            )
    return House(tuple(sites), tuple(cameras), tuple(_accounts(ids, sites, since)))


def _places(taken: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for again in itertools.count():
        for name, doors in SITES:
            called = name if again == 0 else f"{name} {again + 1}"
            if called not in taken:
                yield called, doors


def _accounts(ids: Ids, sites: Sequence[Site], since: datetime) -> Iterator[Account]:
    for name in _ADMINS:
        yield Account(id=ids(since.timestamp()), name=name, role=Role.ADMIN, created_at=since)
    for role, names in ((Role.MANAGER, _MANAGERS), (Role.VIEWER, _VIEWERS)):
        for number, name in enumerate(names):
            theirs = {sites[number % len(sites)].id}
            if number == 0:
                theirs.add(sites[1 % len(sites)].id)
            yield Account(
                id=ids(since.timestamp()),
                name=name,
                role=role,
                created_at=since,
                site_ids=tuple(sorted(theirs)),
            )
