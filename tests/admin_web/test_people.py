"""The people's pages."""

from tests.admin_web.browsing import Panel
from tests.admin_web.world import World


async def test_everybody_is_in_the_grid(panel: Panel, world: World) -> None:
    """The grid shows known people and strangers, with photo, label and status."""
    anna, stranger = await world.know(1, "Anna"), await world.see(0)
    page = (await (await panel.enter(world.admin)).get("/people")).text
    for text in ("Anna", stranger.person.label, "Known", "Unknown", f"/images/{anna.detection.id}"):
        assert text in page


async def test_people_are_found_by_name_and_status(panel: Panel, world: World) -> None:
    """Search takes beginnings of names in any case, the filter a status; nonsense is refused."""
    await world.know(1, "Anna Berg")
    await world.know(2, "Jonas (guard)")
    ada = await panel.enter(world.admin)
    by_name = (await ada.get("/people?q=anna")).text
    assert ("Anna Berg" in by_name, "Jonas" in by_name) == (True, False)
    assert "Jonas (guard)" in (await ada.get("/people?q=(guard")).text
    assert "Nobody fits" in (await ada.get("/people?status=blocked")).text
    assert (await ada.get("/people?status=nice")).status_code == 400
    assert (await ada.get("/people?q=%00")).status_code == 200


async def test_a_script_gets_the_grid_alone(panel: Panel, world: World) -> None:
    """A search as one types answers with the grid, not with a page around it."""
    await world.know(1, "Anna")
    part = (
        await (await panel.enter(world.admin)).get("/people?q=a", **{"HX-Request": "true"})
    ).text
    assert "Anna" in part
    assert "<html" not in part


async def test_pages_of_people(panel: Panel, world: World) -> None:
    """Going from page to page shows everybody once, to admins and to managers among others."""
    mine = [await world.see(n % 6) for n in range(30)]
    for n in range(30):
        await world.see(n % 6, camera=world.gate)
    for account, expected in ((world.maria, 30), (world.admin, 60)):
        browser = await panel.enter(account)
        path, labels = "/people?sort=newest", []
        while path:
            page = (await browser.get(path)).text
            labels += [text.split("</span>")[0] for text in page.split('"person-name">')[1:]]
            more = page.split(">Next page</a>")[0].rpartition('href="')[2]
            more = more if "Next page" in page else ""
            path = more.partition('"')[0].replace("&amp;", "&")
        assert len(labels) == len(set(labels)) == expected
        assert {seen.person.label for seen in mine} <= set(labels)


async def test_nobody_yet(panel: Panel, world: World) -> None:
    """An empty house says so; so does a page of nobody."""
    ada = await panel.enter(world.admin)
    assert "Nobody yet" in (await ada.get("/people")).text
    assert (await ada.get("/people/" + "0" * 24)).status_code == 404
    assert (await ada.get("/people/nobody")).status_code == 400
