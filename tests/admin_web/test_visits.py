"""The visits of a day: board, table and file."""

import csv
import html
import io
import re
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.ids import new_id
from domain.records import PersonStatus
from tests.admin_web.browsing import Panel, Serve
from tests.admin_web.chromium import DESK, PHONE, window
from tests.admin_web.world import World

HOSTILE = '=HYPERLINK("http://evil.example","Anna")'


async def test_a_board_has_a_lane_for_each_site(panel: Panel, world: World) -> None:
    """Who came today is under the site, the last first; managers see the lanes of their sites."""
    anna = await world.know(1, "Anna")
    world.clock.pass_by(timedelta(hours=2))
    bert = await world.know(2, "Bert")
    gate = await world.see(3, camera=world.gate)
    page = (await (await panel.enter(world.admin)).get("/visits")).text
    main, annex = page.index(f"s-{world.main.id}"), page.index(f"s-{world.annex.id}")
    lanes = dict(zip(*[iter(re.split(r'id="s-([0-9a-f]{24})"', page)[1:])] * 2, strict=True))
    assert main != annex
    assert lanes[world.main.id].index("Bert") < lanes[world.main.id].index("Anna")
    assert gate.person.label in lanes[world.annex.id]
    assert "2 visits" in lanes[world.main.id]
    assert "2 here now" in lanes[world.main.id]
    assert lanes[world.main.id].index("16:00") < lanes[world.main.id].index("14:00")
    assert f'href="/people/{anna.person.id}"' in page
    page = (await (await panel.enter(world.otto)).get("/visits")).text
    assert gate.person.label in page
    assert bert.person.label not in page
    assert world.main.id not in page


async def test_days_lead_to_one_another(panel: Panel, world: World) -> None:
    """Each day has those who came on it; what went on over midnight is of both."""
    world.clock.pass_by(timedelta(hours=9, minutes=20))
    late = await world.know(1, "Late")
    visit = replace(
        late.visit, last_seen_at=late.visit.opened_at + timedelta(minutes=20), open=False
    )
    await world.store.visits.save(visit)
    early = await world.know(2, "Ernest")
    gone = early.visit.opened_at - timedelta(hours=5)
    await world.store.visits.save(
        replace(early.visit, opened_at=gone, last_seen_at=gone, open=False)
    )
    world.clock.pass_by(timedelta(hours=12))
    maria = await panel.enter(world.maria)
    today = (await maria.get("/visits")).text
    assert "Late" in today
    assert "Ernest" not in today
    back = html.unescape(re.findall(r'rel="prev" href="([^"]+)"', today)[0])
    before = (await maria.get(back)).text
    assert back == "/visits?day=2026-11-22"
    assert "Late" in before
    assert "Ernest" in before
    assert 'rel="next"' in before
    assert 'rel="next"' not in today
    assert 'hx-trigger="every' not in before
    for query in ("day=tomorrow", "day=0001-01-01", "status=nice", "site=x", "after=x"):
        assert (query, (await maria.get(f"/visits?{query}")).status_code) == (query, 400)


async def test_a_board_lives(panel: Panel, world: World) -> None:
    """It asks for itself; what has not changed is not sent again."""
    await world.know(1, "Anna")
    maria = await panel.enter(world.maria)
    [asking] = re.findall(r'hx-get="(/visits[^"]+)"', (await maria.get("/visits")).text)
    script = {"HX-Request": "true"}
    assert (await maria.get(html.unescape(asking), **script)).status_code == 204
    await world.know(2, "Bert")
    answer = await maria.get(html.unescape(asking), **script)
    assert answer.status_code == 200
    assert "Bert" in answer.text


async def test_a_table_is_filtered_and_has_pages(panel: Panel, world: World) -> None:
    """By site, by who it is and by name; in both orders, every visit once."""
    anna = await world.know(1, "Anna")
    for number in range(64):
        world.clock.pass_by(timedelta(seconds=30))
        visit = replace(
            anna.visit, id=new_id(), open=False, opened_at=world.clock(), last_seen_at=world.clock()
        )
        await world.store.visits.add(replace(visit, ordinal=number + 2))
    stranger = await world.see(3, camera=world.gate)
    ada = await panel.enter(world.admin)
    counts = {}
    for order in ("", "oldest"):
        path, seen = f"/visits/table?order={order}", list[str]()
        while path:
            page = (await ada.get(path)).text
            seen += re.findall(r"<tr>\s*<td><a href", page)
            found = re.search(r'rel="next" href="(/visits/table[^"]+after[^"]+)"', page)
            path = html.unescape(found[1]) if found else ""
        counts[order] = len(seen)
    assert counts == {"": 66, "oldest": 66}
    for query, number in (
        (f"site={world.annex.id}", 1),
        ("status=unknown", 1),
        ("status=blocked", 0),
        (f"person=Stranger+{stranger.person.number}", 1),
        ("person=Nobody", 0),
    ):
        page = (await ada.get(f"/visits/table?{query}")).text
        assert (query, page.count('class="crop tiny"')) == (query, number)


async def test_a_file_has_every_visit(serve: Serve, world: World) -> None:
    """Quoted as it should be, times with their zone, and nothing a spreadsheet would run."""
    panel = await serve(timezone=ZoneInfo("Europe/Berlin"))
    site = replace(world.main, name='Hall "A", left')
    await world.store.sites.save(site)
    anna = await world.know(1, HOSTILE)
    for number in range(230):
        visit = replace(anna.visit, id=new_id(), open=False, ordinal=number + 2)
        await world.store.visits.add(visit)
    await world.see(3, camera=world.gate)
    answer = await (await panel.enter(world.maria)).get("/visits/export.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "visits-2026-11-22.csv" in answer.headers["Content-Disposition"]
    assert answer.content.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert len(rows) == 231
    assert all(len(row) == len(head) for row in rows)
    one = dict(zip(head, rows[0], strict=True))
    assert one["site"] == 'Hall "A", left'
    assert one["person"] == f"'{HOSTILE}"
    assert one["first seen"] == "2026-11-22T15:32:05+01:00"
    assert {row[0] for row in rows} == {site.name}


@pytest.mark.parametrize("path", ["/visits", "/visits/table"])
@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (DESK, "dark")])
async def test_visits_in_a_browser(
    panel: Panel, world: World, path: str, size: dict[str, int], scheme: str
) -> None:
    """Nobody is shut out, nothing is cut off, and nothing complains."""
    await world.know(1, "Anna")
    await world.see(2)
    blocked = await world.meet(PersonStatus.BLOCKED, name="Carl")
    await world.see(3, person=blocked, camera=world.gate)
    async with window(panel, size, scheme=scheme) as opened:
        await opened.sign_in(world.admin)
        await opened.page.goto(f"{panel.url}{path}")
        await opened.page.get_by_role("heading", name="Visits").wait_for()
        assert await opened.violations() == []
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not await opened.page.evaluate(wide)
        assert opened.complaints == []
