"""The inbox, used as a browser without scripts uses it."""

from datetime import timedelta

from domain.decisions import Name, answer
from domain.records import (
    DetectionStatus,
    MatchKind,
    PersonStatus,
    QuestionStatus,
)
from tests.admin_web.browsing import Panel, shown_on
from tests.admin_web.world import World, suggest


async def test_an_empty_inbox_says_what_to_do(panel: Panel, world: World) -> None:
    """Who has nothing to answer reads so, and how questions come about."""
    maria = await panel.enter(world.maria)
    page = await maria.get("/")
    assert "Nothing to answer" in page.text
    assert "usher camera-key create" not in page.text


async def test_a_question_shows_its_facts(panel: Panel, world: World) -> None:
    """A card shows crop, label, visit, place, time, count, and who it may be, with percentages."""
    anna = await world.know(1, "Anna")
    seen = await world.see(0, suggestions=suggest(anna.person, 0.71))
    page = (await (await panel.enter(world.maria)).get("/")).text
    assert f"/images/{seen.visit.best.detection_id}" in page
    assert f"/images/{anna.detection.id}" in page
    for text in (seen.person.label, "1st visit", "Front door", "14:32", "1 crop", "It is Anna"):
        assert text in page
    assert "71\N{NO-BREAK SPACE}%" in page


async def test_a_name_is_remembered(panel: Panel, world: World) -> None:
    """Naming makes the stranger known, under the account's name, and says so."""
    seen = await world.see(0)
    maria = await panel.enter(world.maria)
    sent = await maria.answer(seen.asked, "name", name="  Anna   Berg ")
    assert sent.status_code == 303
    person = await world.store.persons.get(seen.person.id)
    assert person
    assert (person.name, person.status) == ("Anna Berg", PersonStatus.KNOWN)
    [decision] = await world.store.decisions.of([seen.person.id])
    assert (decision.account_name, decision.via, decision.verb) == ("Maria", "panel", "name")
    page = (await maria.get(sent.headers["Location"])).text
    assert "Remembered:" in page
    assert "named by you in the panel" in page


async def test_the_other_answers(panel: Panel, world: World) -> None:
    """Visitor, block and dismiss do what they say."""
    maria = await panel.enter(world.maria)
    expected = {
        "visitor:always": PersonStatus.KNOWN,
        "visitor:today": PersonStatus.KNOWN,
        "visitor:week": PersonStatus.KNOWN,
        "block": PersonStatus.BLOCKED,
        "dismiss": PersonStatus.DISMISSED,
        "no-face": PersonStatus.DISMISSED,
    }
    for number, (given, status) in enumerate(expected.items()):
        seen = await world.see(number)
        assert (await maria.answer(seen.asked, given)).status_code == 303
        person = await world.store.persons.get(seen.person.id)
        assert person
        assert person.status is status


async def test_it_is_somebody_known(panel: Panel, world: World) -> None:
    """The likely person is taken by one press, and the stranger's page moves to theirs."""
    anna = await world.know(1, "Anna")
    seen = await world.see(0, suggestions=suggest(anna.person))
    maria = await panel.enter(world.maria)
    await maria.answer(seen.asked, f"is:{anna.person.id}")
    moved = await maria.get(f"/people/{seen.person.id}")
    assert moved.headers["Location"] == f"/people/{anna.person.id}"


async def test_a_name_taken_asks_whether_it_is_the_same(panel: Panel, world: World) -> None:
    """A known name gives the choice of the same person and another one of that name."""
    anna = await world.know(1, "Anna")
    first, second = await world.see(0), await world.see(2)
    maria = await panel.enter(world.maria)
    asked = await maria.answer(first.asked, "name", name="anna")
    assert asked.status_code == 409
    assert "The same Anna" in asked.text
    assert "Another anna" in asked.text
    await maria.answer(first.asked, f"is:{anna.person.id}", name="anna")
    await maria.answer(second.asked, "another", name="Anna")
    merged = await world.store.persons.get(first.person.id)
    other = await world.store.persons.get(second.person.id)
    assert merged
    assert merged.merged_into == anna.person.id
    assert other
    assert (other.name, other.merged_into) == ("Anna", None)


async def test_is_this_anna(panel: Panel, world: World) -> None:
    """A question to confirm takes Yes, No and Someone else; No leaves it open who it is."""
    anna = await world.know(1, "Anna")
    seen = await world.see(0, suggestions=suggest(anna.person), kind=MatchKind.UNSURE)
    maria = await panel.enter(world.maria)
    page = (await maria.get("/")).text
    for text in ("Is this Anna?", "Yes", "No", "Someone else"):
        assert text in page
    sent = await maria.answer(seen.asked, f"not:{anna.person.id}")
    assert sent.headers["Location"] == f"/questions/{seen.asked.id}"
    asked = await world.store.questions.get(seen.asked.id)
    assert asked
    assert asked.status is QuestionStatus.OPEN
    assert "Who is this?" in (await maria.get(f"/questions/{seen.asked.id}")).text


async def test_the_first_answer_counts(panel: Panel, world: World) -> None:
    """Who comes second is told who was quicker, with what and when; nothing changes."""
    seen = await world.see(0)
    page = await panel.enter(world.maria)
    await answer(
        world.store,
        question_id=seen.asked.id,
        answer=Name("Anna"),
        account=world.admin,
        via="telegram",
        now=world.clock(),
    )
    second = await page.answer(seen.asked, "name", name="Berta")
    assert second.status_code == 409
    assert "Somebody answered before you." in second.text
    assert "named by Ada in the chat" in second.text
    person = await world.store.persons.get(seen.person.id)
    assert person
    assert person.name == "Anna"


async def test_bad_answers_change_nothing(panel: Panel, world: World) -> None:
    """An empty name, no answer and a made-up person are refused with words."""
    seen = await world.see(0)
    maria = await panel.enter(world.maria)
    empty = await maria.answer(seen.asked, "name", name="  ")
    assert (empty.status_code, "at least one letter" in empty.text) == (400, True)
    assert (await maria.answer(seen.asked, "perhaps")).status_code == 400
    assert (await maria.answer(seen.asked, "is:" + "0" * 24)).status_code == 404
    assert (await maria.answer(seen.asked, "is:nonsense")).status_code == 400
    kept = await world.store.questions.get(seen.asked.id)
    assert kept
    assert kept.status is QuestionStatus.OPEN


async def test_older_questions_have_pages(panel: Panel, world: World) -> None:
    """More questions than a page holds are reached page by page, each once."""
    asked = []
    for _ in range(15):
        world.clock.pass_by(timedelta(minutes=1))
        asked.append((await world.see(0)).asked.id)
    maria = await panel.enter(world.maria)
    first = (await maria.get("/")).text
    older = (await maria.get(f"/?after={asked[3]}")).text
    assert [id_ in first for id_ in asked] == [False] * 3 + [True] * 12
    assert [f'id="q-{id_}"' in older for id_ in asked] == [True] * 3 + [False] * 12
    assert f"/?after={asked[3]}" in first


async def test_the_inbox_of_one_site(panel: Panel, world: World) -> None:
    """Who answers for several sites can look at one; a manager sees only their own."""
    here, there = await world.see(0), await world.see(1, camera=world.gate)
    ada, maria = await panel.enter(world.admin), await panel.enter(world.maria)
    both = (await ada.get("/")).text
    one = (await ada.get(f"/?site={world.annex.id}")).text
    mine = (await maria.get("/")).text
    assert (here.asked.id in both, there.asked.id in both) == (True, True)
    assert (here.asked.id in one, there.asked.id in one) == (False, True)
    assert (here.asked.id in mine, there.asked.id in mine) == (True, False)
    assert (await maria.get(f"/?site={world.annex.id}")).status_code == 404


async def test_catching_up(panel: Panel, world: World) -> None:
    """A page that is open is told of new cards and of those that changed, not of the others."""
    old, answered = await world.see(0), await world.see(1)
    maria = await panel.enter(world.maria)
    shown = shown_on((await maria.get("/")).text)
    await maria.answer(answered.asked, "visitor:always")
    new = await world.see(2)
    part = (await maria.post("/inbox/catch-up", shown=shown)).text
    assert f'id="q-{new.asked.id}"' in part
    assert f'id="q-{answered.asked.id}"' in part
    assert "approved as a visitor by you" in part
    assert old.asked.id not in part
    held = (await maria.post("/inbox/catch-up", shown=shown, hold="1")).text
    assert "Show 1 new question" in held
    assert new.asked.id not in held


async def test_a_question_about_a_covered_face_says_so(panel: Panel, world: World) -> None:
    """Why Usher does not know better stands on the card."""
    anna = await world.know(1, "Anna")
    await world.see(
        0,
        suggestions=suggest(anna.person, 0.9),
        kind=MatchKind.UNSURE,
        reasons=("covered_lower", "covered_upper"),
    )
    page = (await (await panel.enter(world.maria)).get("/")).text
    assert "The face is covered by a mask and dark glasses." in page


async def test_the_inbox_speaks_of_a_spoof_for_a_day(panel: Panel, world: World) -> None:
    """Who answers for the site reads where and when; others do not; a day later nobody."""
    spoof = await world.crop(0, status=DetectionStatus.SPOOF)
    maria, otto = await panel.enter(world.maria), await panel.enter(world.otto)
    page = (await maria.get("/")).text
    assert "a picture or a screen" in page
    assert f'href="/detections/{spoof.id}"' in page
    assert "Front door" in page
    assert "a picture or a screen" not in (await otto.get("/")).text
    world.clock.pass_by(timedelta(days=1, minutes=1))
    assert "a picture or a screen" not in (await maria.get("/")).text
