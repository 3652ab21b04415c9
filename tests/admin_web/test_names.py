"""Names are offered as one types: few, of those the account may know of."""

import re

from admin_web.names import MOST_NAMES, names_beginning
from domain.decisions import ItIs, decide
from domain.records import PersonStatus
from tests.admin_web.browsing import Browser, Panel
from tests.admin_web.chromium import DESK, window
from tests.admin_web.world import World


async def offered(browser: Browser, typed: str) -> list[str]:
    """Return the names offered to who has typed so far."""
    part = (await browser.get(f"/names?q={typed}")).text
    return re.findall(r'value="([^"]*)"', part)


async def test_names_of_a_beginning(panel: Panel, world: World) -> None:
    """Whatever the case; nothing of nothing; strangers and the dismissed have no name to offer."""
    await world.know(1, "Anna Berg")
    await world.know(2, "annika")
    await world.meet(PersonStatus.DISMISSED, name="Anno")
    ada = await panel.enter(world.admin)
    assert await offered(ada, "ANN") == ["Anna Berg", "annika"]
    assert await offered(ada, "anna b") == ["Anna Berg"]
    for nothing in ("", "%20", "x", "%5B.*"):
        assert await offered(ada, nothing) == []


async def test_managers_are_offered_their_own_people(panel: Panel, world: World) -> None:
    """Somebody seen at another site is not told of; one merged into somebody seen here is."""
    here = await world.know(1, "Anna")
    await world.know(2, "Annika", camera=world.gate)
    there = await world.know(3, "Annerl", camera=world.gate)
    await decide(
        world.store,
        person_id=here.person.id,
        answer=ItIs(there.person.id),
        account=world.admin,
        via="panel",
        now=world.clock(),
    )
    assert await offered(await panel.enter(world.maria), "ann") == ["Annerl"]
    assert await offered(await panel.enter(world.otto), "ann") == ["Annerl", "Annika"]


async def test_few_are_offered(world: World) -> None:
    """At most MOST_NAMES, each once, by name."""
    for number in range(MOST_NAMES + 3):
        await world.meet(PersonStatus.KNOWN, name=f"Anna {number:02}")
    await world.meet(PersonStatus.KNOWN, name="Anna 00")
    found = await names_beginning(world.store, world.admin, "anna")
    assert found == [f"Anna {number:02}" for number in range(MOST_NAMES)]


async def test_a_page_carries_no_names(panel: Panel, world: World) -> None:
    """They come as somebody types, and the answer is given with one of them."""
    await world.know(1, "Anna Berg")
    seen = await world.see(0)
    async with window(panel, DESK) as browser:
        await browser.sign_in(world.maria)
        page = browser.page
        assert await page.locator("#names option").count() == 0
        await page.get_by_label("Name of this person").press_sequentially("an")
        await page.locator('#names option[value="Anna Berg"]').wait_for(state="attached")
        assert await page.locator(f"#q-{seen.asked.id}").count() == 1
        assert browser.complaints == []
