"""Undo, and deciding about people without a question, in the panel."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.policy import DecisionPolicy
from domain.records import DetectionStatus, Match, MatchKind, Person, PersonStatus, QuestionStatus
from tests.admin_web.browsing import Browser, Panel, Serve
from tests.admin_web.chromium import PHONE, window
from tests.admin_web.world import Seen, World

DAY = timedelta(days=1)


async def someone(world: World, seen: Seen) -> Person:
    """Return who somebody seen turned out to be."""
    found = await world.store.persons.canonical(seen.person.id)
    assert found
    return found


def undo_of(page: str) -> str:
    """Return where the page's first Undo leads."""
    found = re.search(r'action="(/decisions/[0-9a-f]{24}/undo)"', page)
    assert found, page
    return found[1]


async def test_an_answer_is_taken_back_on_the_persons_page(panel: Panel, world: World) -> None:
    """The journal carries Undo; afterwards it says who undid it, and the question is open."""
    seen = await world.see(0)
    maria, ada = await panel.enter(world.maria), await panel.enter(world.admin)
    await maria.answer(seen.asked, "name", name="Anna")
    undo = undo_of((await ada.get(f"/people/{seen.person.id}/journal")).text)
    sent = await ada.post(undo)
    assert sent.headers["Location"] == f"/people/{seen.person.id}/journal"
    page = (await maria.get(f"/people/{seen.person.id}/journal")).text
    assert "Named Anna" in page
    assert "Undone by Ada in the panel" in page
    assert undo not in page
    page = (await maria.get(f"/people/{seen.person.id}")).text
    assert f'action="/questions/{seen.asked.id}/answer"' in page
    assert (await someone(world, seen)).status is PersonStatus.UNKNOWN
    again = await maria.post(undo)
    assert (again.status_code, "Ada has undone this already." in again.text) == (400, True)


async def test_a_card_undoes_where_it_stands(panel: Panel, world: World) -> None:
    """A script that undoes is given the card, open again; one who is late, why it is not."""
    seen = await world.see(0)
    maria = await panel.enter(world.maria)
    await maria.answer(seen.asked, "block")
    undo = undo_of((await maria.get(f"/questions/{seen.asked.id}")).text)
    for said in ("Undone.", "Maria has undone this already."):
        card = await maria.post(undo, {"HX-Request": "true"}, question=seen.asked.id)
        assert said in card.text
        assert "Who is this?" in card.text
        assert "<html" not in card.text


async def test_what_stays_is_said(panel: Panel, world: World) -> None:
    """A crop seen since by the face that was merged stays with Anna; the journal tells."""
    anna, seen = await world.know(1, "Anna"), await world.see(0)
    maria = await panel.enter(world.maria)
    await maria.answer(seen.asked, f"is:{anna.person.id}", name="Anna")
    [reference] = await world.store.references.of([seen.person.id])
    world.clock.pass_by(timedelta(hours=1))
    match = Match(kind=MatchKind.MATCH, reference_id=reference.id)
    await world.crop(0, status=DetectionStatus.CLASSIFIED, person_id=anna.person.id, match=match)
    page = (await maria.get(f"/people/{anna.person.id}/journal")).text
    sent = await maria.post(undo_of(page))
    assert sent.headers["Location"] == f"/people/{seen.person.id}/journal"
    page = (await maria.get(f"/people/{seen.person.id}/journal")).text
    assert "1 crop seen since stays with Anna." in page


async def test_undo_is_offered_while_it_is_possible(serve: Serve, world: World) -> None:
    """To those who answer for the site, for the time that is set; then it is refused in words."""
    panel = await serve(decisions=DecisionPolicy(undo=timedelta(hours=1)))
    seen = await world.see(0)
    maria, vera = await panel.enter(world.maria), await panel.enter(world.vera)
    await maria.answer(seen.asked, "visitor:always")
    pages = (f"/people/{seen.person.id}/journal", f"/questions/{seen.asked.id}")
    undo = undo_of((await maria.get(pages[0])).text)
    for path in pages:
        assert undo in (await maria.get(path)).text
        assert "/undo" not in (await vera.get(path)).text
    world.clock.pass_by(timedelta(hours=1, seconds=1))
    for path in pages:
        assert "/undo" not in (await maria.get(path)).text
    late = await maria.post(undo)
    assert (late.status_code, "too much time has passed" in late.text) == (400, True)


@pytest.mark.parametrize(
    ("given", "until"),
    [
        ("visitor:today", datetime(2026, 11, 22, 23, 0, tzinfo=UTC)),
        ("visitor:week", datetime(2026, 11, 29, 23, 0, tzinfo=UTC)),
        ("visitor:always", None),
    ],
)
async def test_a_visitor_until(
    serve: Serve, world: World, given: str, until: datetime | None
) -> None:
    """Days end at midnight in the zone of the installation."""
    panel = await serve(timezone=ZoneInfo("Europe/Berlin"))
    seen = await world.see(0)
    await (await panel.enter(world.maria)).answer(seen.asked, given)
    assert (await someone(world, seen)).visitor_until == until


async def test_people_are_renamed_blocked_and_let_in(panel: Panel, world: World) -> None:
    """Each is one form of their page; nonsense is refused with words."""
    anna = await world.know(1, "Ana")
    maria = await panel.enter(world.maria)
    path = f"/people/{anna.person.id}/answer"
    for given, name, status in (
        ("name", "Anna", PersonStatus.KNOWN),
        ("block", "", PersonStatus.BLOCKED),
        ("known", "", PersonStatus.KNOWN),
        ("dismiss", "", PersonStatus.DISMISSED),
    ):
        sent = await maria.post(path, answer=given, name=name)
        assert sent.headers["Location"].startswith(f"/people/{anna.person.id}?done=")
        shown = (await maria.get(sent.headers["Location"])).text
        assert undo_of(shown).removesuffix("/undo")[-24:] == sent.headers["Location"][-24:]
        person = await someone(world, anna)
        assert (person.name, person.status) == ("Anna", status)
    for given, name, said in (
        ("name", " ", "at least one letter"),
        ("perhaps", "", "Choose one of the answers."),
        ("visitor", "", "Choose until when."),
    ):
        refused = await maria.post(path, answer=given, name=name)
        assert (refused.status_code, said in refused.text) == (400, True)


async def test_a_name_that_is_taken_makes_one_or_two(panel: Panel, world: World) -> None:
    """The page asks whether it is the same person; then both are one, or two of a name."""
    anna, one, two = [await world.know(n, name) for n, name in enumerate(("Anna", "Bob", "Cleo"))]
    maria = await panel.enter(world.maria)
    for seen, chosen in ((one, f"is:{anna.person.id}"), (two, "another")):
        path = f"/people/{seen.person.id}/answer"
        asked = await maria.post(path, answer="name", name="anna")
        assert asked.status_code == 409
        assert f'href="/people/{seen.person.id}/merge?with={anna.person.id}"' in asked.text
        assert (await maria.post(path, answer=chosen, name="anna")).status_code == 303
    assert (await someone(world, one)).id == anna.person.id
    assert (await someone(world, two)).name == "anna"


async def test_nobody_is_made_one_with_whom_they_cannot_see(panel: Panel, world: World) -> None:
    """A guessed id of somebody at another site is nobody."""
    hidden = await world.know(1, "Anna", camera=world.gate)
    seen = await world.know(0, "Bob")
    maria = await panel.enter(world.maria)
    sent = await maria.post(f"/people/{seen.person.id}/answer", answer=f"is:{hidden.person.id}")
    assert sent.status_code == 404
    assert (await someone(world, seen)).id == seen.person.id


async def split(maria: Browser, seen: Seen) -> str:
    """Say that a visit is not of whom it was taken for; return where that leads."""
    form = {"person": seen.person.id}
    sent = await maria.post(f"/visits/{seen.visit.id}/not-them", None, **form)
    return str(sent.headers.get("Location", sent.text))


async def test_not_anna(panel: Panel, world: World) -> None:
    """A visit recognised wrongly leads to the question who it was; undone, it is hers again."""
    anna = await world.know(1, "Anna")
    world.clock.pass_by(DAY)
    wrong = await world.see(0, person=anna.person, kind=MatchKind.MATCH)
    maria = await panel.enter(world.maria)
    page = (await maria.get(f"/people/{anna.person.id}/visits")).text
    assert f'action="/visits/{wrong.visit.id}/not-them"' in page
    address = await split(maria, wrong)
    asked = await world.store.questions.of_visit(wrong.visit.id)
    assert asked
    assert address == f"/questions/{asked.id}"
    assert "Who is this?" in (await maria.get(address)).text
    page = (await maria.get(f"/people/{anna.person.id}/journal")).text
    assert "Said that a visit of Anna was somebody else" in page
    assert "Somebody said something else before you." in await split(maria, wrong)
    await maria.post(undo_of(page))
    page = (await maria.get(f"/people/{anna.person.id}")).text
    assert wrong.detection.id in page
    withdrawn = (await maria.get(address)).text
    assert "Nobody need answer any more." in withdrawn


async def test_undo_by_hand_on_a_phone(panel: Panel, world: World) -> None:
    """Answered, undone on the same card and answered anew; a page's forms work and are fit."""
    seen = await world.see(0)
    async with window(panel, PHONE) as browser:
        await browser.sign_in(world.maria)
        card = browser.page.locator(f"#q-{seen.asked.id}")
        await card.get_by_role("button", name="Not a face").click()
        await card.get_by_text("said to be no face by you").wait_for()
        await card.get_by_role("button", name="Undo").click()
        await card.get_by_text("Undone.").wait_for()
        await card.get_by_role("button", name="A week").click()
        await card.get_by_text("approved as a visitor by you").wait_for()
        await browser.page.goto(f"{panel.url}/people/{seen.person.id}")
        await browser.page.get_by_text("More", exact=True).first.click()
        assert await browser.violations() == []
        await browser.page.get_by_label("New name").fill("Anna")
        await browser.page.get_by_role("button", name="Name", exact=True).click()
        await browser.page.get_by_role("heading", name="Anna").wait_for()
        await browser.page.locator(".done").get_by_role("button", name="Undo").click()
        await browser.page.get_by_role("heading", name="Journal").wait_for()
        assert await browser.page.get_by_text("Undone by you in the panel").count() == 2
        assert await browser.violations() == []
        too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await browser.page.evaluate(too_wide) == 0
        assert browser.complaints == []
    question = await world.store.questions.get(seen.asked.id)
    assert question
    assert question.status is QuestionStatus.ANSWERED
