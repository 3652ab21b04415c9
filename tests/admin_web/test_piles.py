"""Questions about one stranger: shown as a pile, answered at once, and taken back at once."""

import asyncio
import re
from collections.abc import Sequence
from datetime import timedelta

import httpx

from admin_web.cards import stacked
from admin_web.replying import TOO_LATE
from domain.decisions import Block, Name, answer
from domain.records import PersonStatus, QuestionStatus, Suggestion
from domain.together import answer_together
from tests.admin_web.browsing import Browser, Panel, shown_on
from tests.admin_web.world import Seen, World, suggest

SCRIPT = {"HX-Request": "true"}
MINUTE = timedelta(minutes=1)


async def strangers(world: World, number: int) -> list[Seen]:
    """Let one stranger be seen so often that Usher takes them for several who may be one."""
    seen = [await world.see(0)]
    for _ in range(number - 1):
        world.clock.pass_by(MINUTE)
        maybe = Suggestion(person_id=seen[0].person.id, distance=0.4, confidence=0.7)
        seen.append(await world.see(0, person=await world.meet(maybe=(maybe,))))
    return seen


def ids(seen: Sequence[Seen]) -> list[str]:
    """Return the questions about these."""
    return [one.asked.id for one in seen]


async def say(
    browser: Browser, pile: Sequence[Seen], given: str, *, chosen: Sequence[Seen] = (), **form: str
) -> httpx.Response:
    """Answer a pile as its form does, for those chosen, or all."""
    token = await browser.token()
    data = {
        "csrf": token,
        "pile": ",".join(ids(pile)),
        "question": ids(chosen or pile),
        "answer": given,
    }
    headers = {"HX-Request": form.pop("script")} if "script" in form else {}
    return await browser.http.post("/questions/answer", data=data | form, headers=headers)


async def statuses(world: World, seen: Sequence[Seen]) -> list[QuestionStatus]:
    """Return how the questions about these stand."""
    kept = await world.store.questions.some([one.asked.id for one in seen])
    return [kept[one.asked.id].status for one in seen]


async def test_a_pile_is_one_card(panel: Panel, world: World) -> None:
    """It shows each face, offers to name them all, and whom they may be; others stand alone."""
    anna = await world.know(1, "Anna")
    seen = await strangers(world, 3)
    alone = await world.see(2, suggestions=suggest(anna.person))
    page = (await (await panel.enter(world.maria)).get("/")).text
    assert page.count('class="card pile"') == 1
    assert "Name these <span data-chosen>3</span>" in page
    for one in seen:
        assert f'name="question" value="{one.asked.id}" checked' in page
        assert f"/images/{one.detection.id}" in page
    assert f'action="/questions/{alone.asked.id}/answer"' in page
    vera = (await (await panel.enter(world.vera)).get("/")).text
    assert "You can look here, but not answer." in vera
    assert "Name these" not in vera


async def test_those_chosen_are_named_and_the_rest_stays(panel: Panel, world: World) -> None:
    """The chosen ones are one person, the other is asked about beside it; undone, all are."""
    seen = await strangers(world, 4)
    maria = await panel.enter(world.maria)
    part = await say(maria, seen, "name", chosen=seen[1:], name="Anna", script="true")
    assert "3 questions answered at once: named by you in the panel" in part.text
    assert f'id="q-{seen[0].asked.id}"' in part.text
    people = [await world.store.persons.canonical(one.person.id) for one in seen]
    assert [person.name for person in people if person] == [None, "Anna", "Anna", "Anna"]
    assert len({person.id for person in people[1:] if person}) == 1
    undo = re.search(r'action="(/batches/[0-9a-f]{24}/undo)"', part.text)
    assert undo
    again = await maria.post(undo[1], SCRIPT, card="1")
    assert "Undone." in again.text
    assert "Name these <span data-chosen>4</span>" in again.text
    assert await statuses(world, seen) == [QuestionStatus.OPEN] * 4
    late = await maria.post(undo[1], SCRIPT, card="1")
    assert "Maria has undone this already." in late.text


async def test_without_scripts_it_is_remembered(panel: Panel, world: World) -> None:
    """The inbox says what was answered, and carries Undo for all of it."""
    seen = await strangers(world, 2)
    maria = await panel.enter(world.maria)
    sent = await say(maria, seen, "block")
    page = (await maria.get(sent.headers["Location"])).text
    assert "blocked by you in the panel, 2 questions at once." in page
    undo = re.search(r'action="(/batches/[0-9a-f]{24}/undo)"', page)
    assert undo
    assert (await maria.post(undo[1])).headers["Location"] == "/"
    assert await statuses(world, seen) == [QuestionStatus.OPEN] * 2


async def test_a_taken_name_asks_about_all_of_them(panel: Panel, world: World) -> None:
    """Known already: the pile asks which one, keeps who was taken out, and takes the answer."""
    anna = await world.know(1, "Anna")
    seen = await strangers(world, 3)
    maria = await panel.enter(world.maria)
    asked = await say(maria, seen, "name", chosen=seen[:2], name="anna")
    assert (asked.status_code, "The same Anna" in asked.text) == (409, True)
    assert f'value="{seen[2].asked.id}"' in asked.text
    assert f'value="{seen[2].asked.id}" checked' not in asked.text
    await say(maria, seen, f"is:{anna.person.id}", chosen=seen[:2], name="anna")
    people = [await world.store.persons.canonical(one.person.id) for one in seen]
    assert [p.id == anna.person.id for p in people if p] == [True, True, False]


async def test_bad_answers_to_a_pile(panel: Panel, world: World) -> None:
    """Nobody chosen, no name, no answer and strange people are refused with words."""
    seen = await strangers(world, 2)
    hidden = await world.know(1, "Otto", camera=world.gate)
    maria = await panel.enter(world.maria)
    token = await maria.token()
    nobody = {"csrf": token, "pile": ",".join(ids(seen)), "answer": "block"}
    refused = await maria.http.post("/questions/answer", data=nobody)
    assert (refused.status_code, "Choose at least one." in refused.text) == (400, True)
    empty = await say(maria, seen, "name", name=" ")
    assert (empty.status_code, "at least one letter" in empty.text) == (400, True)
    assert (await say(maria, seen, "perhaps")).status_code == 400
    assert (await say(maria, seen, f"is:{hidden.person.id}")).status_code == 404
    assert await statuses(world, seen) == [QuestionStatus.OPEN] * 2


async def test_a_question_of_another_site_is_not_there(panel: Panel, world: World) -> None:
    """A pile with a question of another site in it is refused as a whole."""
    seen = await strangers(world, 1)
    hidden = await world.see(1, camera=world.gate)
    maria = await panel.enter(world.maria)
    assert (await say(maria, [*seen, hidden], "block")).status_code == 404
    assert await statuses(world, [*seen, hidden]) == [QuestionStatus.OPEN] * 2
    made = await answer_together(
        world.store,
        question_ids=[hidden.asked.id],
        answer=Block(),
        account=world.otto,
        via="panel",
        now=world.clock(),
    )
    assert (await maria.post(f"/batches/{made.batch}/undo")).status_code == 404


async def test_who_comes_second_is_told(panel: Panel, world: World) -> None:
    """A pile somebody else has answered meanwhile shows by whom; one of it, what is left."""
    seen = await strangers(world, 3)
    maria, ada = await panel.enter(world.maria), await panel.enter(world.admin)
    await answer(
        world.store,
        question_id=seen[0].asked.id,
        answer=Block(),
        account=world.admin,
        via="telegram",
        now=world.clock(),
    )
    part = await say(ada, seen, "name", name="Anna", script="true")
    assert "1 question had been answered by somebody else." in part.text
    second = await say(maria, seen[1:], "name", name="Bea", script="true")
    assert "Somebody answered before you." in second.text
    assert "2 questions answered at once: named by Ada in the panel" in second.text
    blocked = await world.store.persons.get(seen[0].person.id)
    assert blocked
    assert blocked.status is PersonStatus.BLOCKED


async def test_two_answer_a_pile_at_once(panel: Panel, world: World) -> None:
    """One of two panels answers all of it; the other is told by whom, and decides nothing."""
    maria, ada = await panel.enter(world.maria), await panel.enter(world.admin)
    for turn in range(6):
        seen = await strangers(world, 3)
        both = ((maria, f"Anna {turn}"), (ada, f"Bea {turn}"))
        order = both if turn % 2 else both[::-1]
        parts = await asyncio.gather(
            *(say(browser, seen, "name", name=name, script="true") for browser, name in order)
        )
        late = [TOO_LATE in part.text for part in parts]
        assert sorted(late) == [False, True]
        [name] = [name for (_, name), told in zip(order, late, strict=True) if not told]
        by = "Maria" if name.startswith("Anna") else "Ada"
        told = parts[late.index(True)].text
        assert f"named by {by} in the panel" in told
        people = [await world.store.persons.canonical(one.person.id) for one in seen]
        assert {person.name for person in people if person} == {name}


async def test_what_was_refused_is_told_without_scripts(panel: Panel, world: World) -> None:
    """Where some had been answered already, the answer is no mere "remembered"."""
    seen = await strangers(world, 3)
    await answer(
        world.store,
        question_id=seen[1].asked.id,
        answer=Block(),
        account=world.admin,
        via="telegram",
        now=world.clock(),
    )
    page = await say(await panel.enter(world.maria), seen, "dismiss")
    assert "1 question had been answered by somebody else." in page.text
    assert "2 questions answered at once: dismissed by you in the panel" in page.text


async def test_an_open_page_follows_its_piles(panel: Panel, world: World) -> None:
    """A card that turns out to be of a pile goes into it; an answered pile shows its answer."""
    first = await world.see(0)
    maria = await panel.enter(world.maria)
    shown = shown_on((await maria.get("/")).text)
    world.clock.pass_by(MINUTE)
    maybe = Suggestion(person_id=first.person.id, distance=0.4, confidence=0.7)
    second = await world.see(1, person=await world.meet(maybe=(maybe,)))
    part = (await maria.post("/inbox/catch-up", shown=shown)).text
    assert f'hx-swap-oob="outerHTML:#q-{first.asked.id}"' in part
    assert f'data-within="{second.asked.id}"' in part
    shown = shown_on((await maria.get("/")).text)
    await say(await panel.enter(world.admin), [first, second], "name", name="Anna")
    within = first.asked.id
    part = (await maria.post("/inbox/catch-up", shown=shown, within=within)).text
    assert f'hx-swap-oob="outerHTML:#q-{second.asked.id}"' in part
    assert "2 questions answered at once: named by Ada in the panel" in part


async def test_one_of_a_pile_answered_alone_leaves_the_rest(panel: Panel, world: World) -> None:
    """Where the pile stood under that one, its answer is shown, and the rest as a new card."""
    seen = await strangers(world, 3)
    maria = await panel.enter(world.maria)
    shown = shown_on((await maria.get("/")).text)
    await answer(
        world.store,
        question_id=seen[2].asked.id,
        answer=Name("Anna"),
        account=world.admin,
        via="telegram",
        now=world.clock(),
    )
    within = ",".join(ids(seen[:2]))
    part = (await maria.post("/inbox/catch-up", shown=shown, within=within)).text
    assert "named by Ada in the chat" in part
    assert f'id="q-{seen[1].asked.id}"' in part
    assert "Name these <span data-chosen>2</span>" in part


async def test_oldest_first(panel: Panel, world: World) -> None:
    """The order turns, page by page, and is kept with the site."""
    seen = []
    for number in range(14):
        world.clock.pass_by(MINUTE)
        seen.append(await world.see(number % 6))
    ada = await panel.enter(world.admin)
    page = (await ada.get(f"/?order=oldest&site={world.main.id}")).text
    keys = re.findall(r'<article id="q-([0-9a-f]{24})"', page)
    assert keys == ids(seen[:12])
    more = re.search(r'href="(/\?site=[^"]*after=[0-9a-f]{24})"', page)
    assert more
    page = (await ada.get(more[1].replace("&amp;", "&"))).text
    assert re.findall(r'<article id="q-([0-9a-f]{24})"', page) == ids(seen[12:])


async def test_cards_are_gathered_together(world: World) -> None:
    """However many questions a page shows, the database is asked as often."""
    anna = await world.know(1, "Anna")
    [reference] = await world.store.references.of([anna.person.id])
    likely = Suggestion(
        person_id=anna.person.id, distance=0.4, confidence=0.6, reference_id=reference.id
    )
    seen = [await world.see(n % 6, suggestions=(likely,)) for n in range(10)]
    few, many = [await asked_for(world, some) for some in (seen[:2], seen)]
    assert few == many


async def asked_for(world: World, seen: Sequence[Seen]) -> int:
    """Return how often the database is asked for the cards of these."""
    database = world.store._database  # type: ignore[attr-defined]
    await database.command("profile", 2)
    await stacked(world.store, world.admin, [one.asked for one in seen], None)
    await database.command("profile", 0)
    asked = await database["system.profile"].count_documents({"op": {"$in": ["query", "command"]}})
    await database["system.profile"].drop()
    return int(asked)
