"""What the panel looks like: a picture of every page of an installation that is a month old.

With `--screens DIR` the pictures of the documents are made anew there (`make screens`). They show
drawn people and three whose pictures anybody may use.
"""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from admin_web.doors import DOORS
from admin_web.guard import Who
from admin_web.passwords import Argon2Passwords
from demo.sitters import crop
from domain.counting import count_finished, count_today
from domain.records import Account, PersonStatus
from domain.store import DetectionQuery, PersonQuery, VisitQuery
from evaluation.panel_crawl import Hints, Ways
from evaluation.seed import seed
from evaluation.seed_house import ADMIN
from evaluation.seed_plan import SeedOptions
from storage.images import ImageStore
from storage.store import MongoStore
from tests.admin_web.browsing import Panel, is_html
from tests.admin_web.chromium import Window, window
from tests.admin_web.world import PASSWORD
from tests.bot.test_screens import ADMIRAL, ASTRONAUT, PHOTOGRAPHER
from tests.clock import Clock
from usher.recogniser import EngineRecogniser

pytestmark = pytest.mark.timeout(240)
NOW = datetime(2026, 11, 24, 15, 10, tzinfo=UTC)
SIZES = {"desk": {"width": 1280, "height": 860}, "phone": {"width": 390, "height": 844}}
ALSO_DARK = {"inbox", "people-one", "analytics"}
COLOURS, LARGEST_BYTES = 160, 200_000
MONTH = {"detections": 2400, "people": 64, "references": 190, "visits": 560, "sites": 3}
PAGES = [d.path for d in DOORS if d.method == "GET" and d.who is not Who.ANYONE]
READ = 3


@pytest.fixture
def clock() -> Clock:
    """An afternoon on which people work."""
    made = Clock()
    made.now = NOW
    return made


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """Three people, some pictures of each."""
    for sitter in (ASTRONAUT, ADMIRAL, PHOTOGRAPHER):
        folder = tmp_path / "faces" / sitter.name
        folder.mkdir(parents=True)
        for number in range(4):
            (folder / f"{number}.jpg").write_bytes(crop(sitter, number))
    return tmp_path / "faces"


@pytest.fixture
async def admin(
    store: MongoStore,
    images: ImageStore,
    faces: Path,
    passwords: Argon2Passwords,
    engine: EngineRecogniser,
) -> Account:
    """Somebody who answers for all of what has happened in a month."""
    await seed(
        store,
        images,
        SeedOptions(**MONTH, days=30, sitters=64, faces=faces),
        model=engine.model,
        dimensions=engine.engine.dimensions,
        now=NOW,
        tick=lambda _what, _more: None,
    )
    await count_today(store, UTC, NOW)
    while await count_finished(store, UTC, NOW):
        continue
    account = await store.accounts.named(ADMIN)
    assert account
    account = replace(account, password_hash=passwords.hash(PASSWORD))
    await store.accounts.save(account)
    return account


async def addresses(panel: Panel, account: Account, store: MongoStore) -> dict[str, str]:
    """Return an address for each page, by the name of its picture."""
    [regular] = await store.visits.page(VisitQuery(start=NOW - timedelta(days=1), end=NOW, limit=1))
    known = await store.persons.page(PersonQuery(statuses=(PersonStatus.KNOWN,), limit=40))
    visits = {p.id: len(await store.visits.of([p.id])) for p in known}
    best = max(visits, key=lambda id_: visits[id_])
    [seen] = await store.detections.page(DetectionQuery(person_ids=(best,), limit=1))
    ids = {"people": [best], "detections": [seen.id], "visits": [regular.id]}
    ways = Ways(PAGES, Hints(names=["an"], times=[NOW.timestamp()], ids=ids), seed=1)
    browser, read, pages = await panel.enter(account), set[str](), dict[str, str]()
    for _ in range(READ):
        fresh = {way: there[0] for way, there in ways.addresses.items() if "?" not in way}
        for way, address in fresh.items():
            if address in read:
                continue
            read.add(address)
            async with browser.http.stream("GET", address, headers={"Accept": "text/html"}) as page:
                if await is_html(page):
                    ways.read(address, page.text)
                    pages |= {name_of(way): address} if "<html" in page.text else {}
    return pages


def name_of(door: str) -> str:
    """Return what the picture of a page is called: as the page, one of several is "one"."""
    words = [re.sub(r"\{.*\}", "one", part) for part in door.split("/") if part]
    return "-".join(words) or "inbox"


async def take(browser: Window, path: str, out: Path) -> None:
    """Take a picture of a page as soon as everything on it is there."""
    page = browser.page
    await page.goto(browser.url + path)
    await page.wait_for_load_state("load")
    await page.wait_for_function("document.fonts.status === 'loaded'")
    await page.wait_for_function(
        "[...document.images].every(i => i.complete || i.loading === 'lazy')"
    )
    small = Image.open(io.BytesIO(await page.screenshot())).convert("RGB").quantize(COLOURS)
    data = io.BytesIO()
    small.save(data, "PNG", optimize=True)
    assert len(data.getvalue()) < LARGEST_BYTES
    out.write_bytes(data.getvalue())  # noqa: ASYNC240 - nobody else is on this loop


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Where the pictures go."""
    given: Path | None = request.config.getoption("--screens")
    return given or tmp_path


async def test_every_page_has_its_picture(
    seeing: Panel, admin: Account, store: MongoStore, folder: Path
) -> None:
    """At a desk and on a phone; some in the dark. Nothing is left half loaded."""
    pages = await addresses(seeing, admin, store)
    assert {"inbox", "people", "people-one", "detections", "detections-one"} <= {*pages}
    for size, scheme in (("desk", "light"), ("phone", "light"), ("desk", "dark")):
        async with window(seeing, SIZES[size], scheme=scheme) as browser:
            await browser.sign_in(admin)
            for name, path in pages.items():
                if scheme == "light" or name in ALSO_DARK:
                    dark = "-dark" if scheme == "dark" else ""
                    out = folder / f"panel-{name}-{size}{dark}.png"
                    await take(browser, path, out)
            assert browser.complaints == []
