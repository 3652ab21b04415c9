"""Photos in doubt: whom they are shown to, and what becomes of the answers."""

from datetime import timedelta

from domain.records import MatchKind, Person, Reference, Retirement
from tests.admin_web.browsing import Browser, Panel
from tests.admin_web.chromium import DESK, PHONE, window
from tests.admin_web.test_browser import SIZES, look_around
from tests.admin_web.world import World

HOSTILE = "<script>alert('Anna')</script>\"&"


async def anna_in_doubt(world: World, name: str = "Anna") -> tuple[Person, Reference]:
    """Let Anna be known by three photos, of which the last does not look like her."""
    first = await world.know(1, name)
    await world.see(2, person=first.person, kind=MatchKind.MATCH)
    wrong = await world.see(3, person=first.person, kind=MatchKind.MATCH)
    return first.person, await world.doubt(wrong)


async def answer(browser: Browser, reference: Reference, given: str) -> int:
    """Answer, and return the status."""
    sent = await browser.post(f"/references/{reference.id}/answer", None, answer=given)
    return sent.status_code


async def as_kept(world: World, reference: Reference) -> Reference:
    """Return the reference as it is now."""
    found = await world.store.references.get(reference.id)
    assert found
    return found


async def test_a_doubt_is_shown_beside_the_others(panel: Panel, world: World) -> None:
    """The inbox shows the photo and two others of hers, both answers, and who else it may be."""
    otto = await world.know(4, "Otto")
    anna, reference = await anna_in_doubt(world)
    reference = await world.doubt(
        next(s for s in [await world.see(5, person=anna, kind=MatchKind.MATCH)]), otto.person
    )
    maria = await panel.enter(world.maria)
    page = (await maria.get("/")).text
    for text in (
        "This photo does not look like Anna",
        "It is Anna",
        "Remove it",
        f"/images/{reference.detection_id}",
        f'looks more like <a href="/people/{otto.person.id}">Otto</a>',
    ):
        assert text in page
    there = (await maria.get(f"/people/{anna.id}")).text
    assert "In doubt" in there
    assert f'action="/references/{reference.id}/answer"' in there


async def test_it_is_her(panel: Panel, world: World) -> None:
    """The photo stays, is vouched for, and the journal says by whom; the inbox is empty again."""
    anna, reference = await anna_in_doubt(world)
    maria = await panel.enter(world.maria)
    assert await answer(maria, reference, "theirs") == 303
    kept = await as_kept(world, reference)
    assert (kept.vouched, kept.retired) == (True, None)
    assert "does not look like" not in (await maria.get("/")).text
    there = (await maria.get(f"/references/{reference.id}")).text
    assert "confirmed by you in the panel" in there
    assert (
        "Confirmed a photo that was in doubt"
        in (await maria.get(f"/people/{anna.id}/journal")).text
    )


async def test_it_is_not_her(panel: Panel, world: World) -> None:
    """The photo is not searched any more, and is told of in the journal; it is not deleted."""
    anna, reference = await anna_in_doubt(world)
    maria = await panel.enter(world.maria)
    assert await answer(maria, reference, "remove") == 303
    removed = await as_kept(world, reference)
    assert removed.retired
    assert removed.retired.reason is Retirement.REMOVED
    there = (await maria.get(f"/people/{anna.id}/journal")).text
    assert "Removed a photo that was in doubt" in there
    assert f"/references/{reference.id}" not in there


async def test_the_first_answer_counts(panel: Panel, world: World) -> None:
    """The second manager is told who was quicker; nonsense is no answer."""
    _, reference = await anna_in_doubt(world)
    maria, ada = await panel.enter(world.maria), await panel.enter(world.admin)
    assert await answer(maria, reference, "perhaps") == 400
    assert await answer(maria, reference, "theirs") == 303
    sent = await ada.post(f"/references/{reference.id}/answer", None, answer="remove")
    assert sent.status_code == 409
    assert "Somebody answered before you." in sent.text
    assert "confirmed by Maria in the panel" in sent.text
    assert (await as_kept(world, reference)).retired is None


async def test_a_script_gets_the_card_alone(panel: Panel, world: World) -> None:
    """An answer without loading the page anew is answered with the card as it is now."""
    _, reference = await anna_in_doubt(world)
    maria = await panel.enter(world.maria)
    sent = await maria.post(
        f"/references/{reference.id}/answer", {"HX-Request": "true"}, answer="remove"
    )
    assert sent.status_code == 200
    assert "removed by you in the panel" in sent.text
    assert "<html" not in sent.text


async def test_rights_go_by_the_site_of_the_photo(panel: Panel, world: World) -> None:
    """Anna comes to both sites; a doubt is the business of the one where the photo was taken.

    Viewers see it and cannot answer; a form without the page's token changes nothing.
    """
    anna, reference = await anna_in_doubt(world)
    await world.see(0, person=anna, camera=world.gate, kind=MatchKind.MATCH)
    otto, vera = await panel.enter(world.otto), await panel.enter(world.vera)
    for path in ("/", f"/people/{anna.id}"):
        assert "does not look like" not in (await otto.get(path)).text
    assert await answer(otto, reference, "remove") == 404
    page = (await vera.get("/")).text
    assert "does not look like Anna" in page
    assert "Remove it" not in page
    assert await answer(vera, reference, "remove") == 403
    maria = await panel.enter(world.maria)
    bare = await maria.http.post(f"/references/{reference.id}/answer", data={"answer": "remove"})
    assert bare.status_code == 403
    assert (await as_kept(world, reference)).retired is None
    assert await answer(maria, reference, "remove") == 303
    assert "Removed a photo" not in (await otto.get(f"/people/{anna.id}/journal")).text


async def test_somebody_hidden_stays_hidden(panel: Panel, world: World) -> None:
    """Whom the photo looks more like is not said to those who may not see that person."""
    hidden = await world.know(4, "Otto", camera=world.gate)
    first = await world.know(1, "Anna")
    wrong = await world.see(3, person=first.person, kind=MatchKind.MATCH)
    await world.doubt(wrong, hidden.person)
    assert "It looks more like" not in (await (await panel.enter(world.maria)).get("/")).text
    assert "It looks more like" in (await (await panel.enter(world.admin)).get("/")).text


async def test_a_photo_that_cannot_be_seen_is_not_asked_about(panel: Panel, world: World) -> None:
    """Once the record of the crop is forgotten nobody can look at it, and nobody is asked."""
    _, reference = await anna_in_doubt(world)
    await world.store.detections.remove([reference.detection_id])
    ada = await panel.enter(world.admin)
    assert "does not look like" not in (await ada.get("/")).text
    assert (await ada.get(f"/references/{reference.id}")).status_code == 404


async def test_names_are_text(panel: Panel, world: World) -> None:
    """A name that looks like markup stands there as it was typed, everywhere."""
    anna, reference = await anna_in_doubt(world, HOSTILE)
    ada = await panel.enter(world.admin)
    for path in ("/", f"/people/{anna.id}", f"/references/{reference.id}"):
        page = (await ada.get(path)).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


@SIZES
async def test_fit_to_be_seen(panel: Panel, world: World, size: dict[str, int]) -> None:
    """Doubts break no rule of accessibility and no width, in the inbox and on both pages."""
    anna, reference = await anna_in_doubt(world, "Anna " + "Annabelle" * 8)
    await world.see(0)
    async with window(panel, size, scheme="dark" if size is DESK else "light") as browser:
        await browser.sign_in(world.maria)
        paths = ["/", f"/people/{anna.id}", f"/references/{reference.id}"]
        await look_around(browser, paths)
        await answer(await panel.enter(world.admin), reference, "theirs")
        await look_around(browser, paths)


async def test_answering_by_finger(panel: Panel, world: World) -> None:
    """A press changes the card where it stands, while questions go on coming in."""
    world.clock.pass_by(timedelta(minutes=1))
    _, reference = await anna_in_doubt(world)
    async with window(panel, PHONE) as browser:
        await browser.sign_in(world.maria)
        card = browser.page.locator(f"#d-{reference.id}")
        await card.get_by_role("button", name="Remove it").click()
        await card.get_by_text("removed by you in the panel").wait_for()
        seen = await world.see(0)
        await browser.page.locator(f"#q-{seen.asked.id}").wait_for()
        assert browser.complaints == []
    assert (await as_kept(world, reference)).retired
