"""The installation that the panel is measured on, what there is in it, and signing in."""

import re
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import numpy as np

from domain.ids import parse_id
from domain.records import Account, PersonStatus
from domain.repacking import adopt
from domain.sight import sites_of
from domain.store import Cursor, DetectionQuery, PersonQuery
from evaluation.panel_crawl import Hints
from evaluation.seed import Tick, seed
from evaluation.seed_house import ADMIN, MANAGER
from evaluation.seed_plan import SeedOptions
from recognition.engine import Engine
from recognition.packs import DEFAULT
from storage.images import ImageStore
from storage.mongod import embedded_mongod
from storage.store import MongoStore

_TOKEN = re.compile(r'name="csrf" value="([0-9a-f]+)"')
# So many people, crops and so on are looked at, from all of the time there is.
_SAMPLES = 24
_LETTERS = ("a", "an", "mar", "zzz")


async def filled(data_dir: Path, options: SeedOptions, tick: Tick) -> dict[str, Hints]:
    """Fill a data folder unless there are people in it; return what each account can ask for.

    Nobody else may use it. Raises FileNotFoundError when the folder of faces has no pictures, and
    LookupError when there are people, but not the accounts that `usher seed` makes.
    """
    async with embedded_mongod(data_dir) as uri:
        store = await MongoStore.open(uri)
        try:
            if not await store.persons.page(PersonQuery(limit=1)):
                await _fill(store, data_dir, options, tick)
            found = {name: await store.accounts.named(name) for name in (ADMIN, MANAGER)}
            asking = {name: account for name, account in found.items() if account}
            if len(asking) < len(found):
                raise LookupError(f"{data_dir} was not filled by `usher seed`.")
            hints = {name: await _hints(store, account) for name, account in asking.items()}
            return hints | {"": Hints(names=_LETTERS, times=hints[ADMIN].times, ids={})}
        finally:
            store.close()


async def _fill(store: MongoStore, data_dir: Path, options: SeedOptions, tick: Tick) -> None:
    engine, images = Engine.load(), ImageStore.open(data_dir / "images")
    await adopt(store, pack=DEFAULT, model=engine.model)
    try:
        await seed(
            store,
            images,
            options,
            model=engine.model,
            dimensions=engine.dimensions,
            now=datetime.now(UTC),
            tick=tick,
        )
    finally:
        await images.close()


async def _hints(store: MongoStore, account: Account) -> Hints:
    """Return crops from all of the time there is, and what is known of them, by the doors."""
    sites = sites_of(account)
    times = await _times(store)
    crops = [
        found
        for at in times
        for found in await store.detections.page(
            DetectionQuery(site_ids=sites, after=_place(at), limit=1)
        )
    ]
    known = await store.persons.page(PersonQuery(statuses=(PersonStatus.KNOWN,), limit=_SAMPLES))
    people = [d.person_id for d in crops if d.person_id]
    open_ones = await store.questions.inbox(sites, limit=_SAMPLES)
    made = await store.decisions.of(people, limit=_SAMPLES)
    cameras = [c.id for c in await store.cameras.all() if account.may_see(c.site_id)]
    doubted = await store.references.doubted(sites, limit=_SAMPLES)
    return Hints(
        names=[*_LETTERS, *(p.name for p in known if p.name)],
        times=times,
        ids={
            "detections": [d.id for d in crops],
            "images": [d.id for d in crops],
            "people": people,
            "visits": [d.visit_id for d in crops if d.visit_id],
            "questions": [q.id for q in open_ones],
            "references": [r.id for r in doubted],
            "decisions": [d.id for d in made],
            "cameras": cameras[:_SAMPLES],
            "accounts": [a.id for a in await store.accounts.all()],
        },
    )


async def _times(store: MongoStore) -> list[float]:
    """Return times in the year before the last crop."""
    [last] = await store.detections.page(DetectionQuery(limit=1))
    first = (await store.detections.expired(last.received_at, 1))[0]
    ends = first.captured_at.timestamp() + 3600, last.captured_at.timestamp()
    chance = np.random.default_rng(_SAMPLES)
    return sorted(chance.uniform(*ends, _SAMPLES).tolist())


def _place(at: float) -> Cursor:
    return Cursor(datetime.fromtimestamp(at, UTC), parse_id("0" * 24))


async def sign_in(client: aiohttp.ClientSession, name: str, password: str) -> None:
    """Sign in as a browser does. Raises PermissionError when it is refused."""
    async with client.get("/sign-in") as page:
        token = _TOKEN.search(await page.text())
    form = {"name": name, "password": password, "csrf": token[1] if token else ""}
    async with client.post("/sign-in", data=form, allow_redirects=False) as answer:
        if not answer.headers.get("Location", "").startswith("/"):
            raise PermissionError(f"{name} cannot sign in: {answer.status}")
