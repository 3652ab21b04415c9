"""Two answers at the same instant: one decision, the other told, both cards right. Every time."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice

import httpx
import pytest
from aiohttp import web
from argon2 import PasswordHasher

from admin_web.app import create_app as create_panel
from admin_web.options import PanelOptions
from admin_web.passwords import Argon2Passwords
from bot.options import Pacing
from demo.botapi.client import ChatClient
from demo.botapi.server import create_app, serve
from demo.botapi.views import ChatMessage
from domain.intake import Images
from domain.records import Account, Decision, Person, PersonStatus, Question, QuestionStatus
from domain.store import Store
from tests.bot.house import MARIA, OTTO, TOKEN, Guest, House, now

pytestmark = pytest.mark.timeout(600)

TIMES, TAKEN_BACK, PILES = 100, 40, 16
PASSWORD = "correct horse battery"
# What each of the two answers, in turn; the same by both is a race as well.
CHOICES = (("Block", "Dismiss"), ("Dismiss", "Block"), ("Block", "Block"))
VERBS = {"Block": "block", "Dismiss": "dismiss"}
TOLD = re.compile(r"^Already decided by (Maria|Otto), \d\d:\d\d\.$")
CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')
# As fast as the machine: the limits of Telegram are another test's.
FAST = Pacing(chat_per_s=500, chat_burst=500, edits_per_s=500, all_per_s=500, all_burst=500)


@pytest.fixture
async def house(store: Store, images: Images) -> AsyncIterator[House]:
    """A site with two managers, Maria and Otto, and a bot at work."""
    async with serve(create_app(TOKEN)) as url, ChatClient(url) as chat:
        made = await House(store=store, images=images, chat=chat, url=url).build()
        for name, user in (("Maria", MARIA), ("Otto", OTTO)):
            await made.manager(name, user)
        async with made.bot(made.with_options(pacing=FAST)):
            yield made


@dataclass(frozen=True, slots=True)
class Desk:
    """Otto's browser, signed in at the panel."""

    client: httpx.AsyncClient

    async def token(self, path: str) -> str:
        """Return the token that the forms of a page carry."""
        found = CSRF.search((await self.client.get(path)).text)
        assert found
        return found[1]

    async def answer_all(self, questions: Sequence[Question], verb: str, csrf: str) -> str:
        """Answer a pile of questions; return what came of it, "" when all went well."""
        ids = [question.id for question in questions]
        form = {"csrf": csrf, "answer": verb, "pile": ",".join(ids), "question": ids}
        sent = await self.client.post("/questions/answer", data=form)
        return "" if sent.status_code == httpx.codes.SEE_OTHER else sent.text

    async def answer(self, question: Question, verb: str, csrf: str) -> str:
        """Answer a question; return what came of it, "" when all went well."""
        path = f"/questions/{question.id}/answer"
        sent = await self.client.post(path, data={"csrf": csrf, "answer": verb})
        if sent.status_code == httpx.codes.SEE_OTHER:
            return ""
        assert sent.status_code == httpx.codes.CONFLICT, sent.text
        assert "Somebody answered before you." in sent.text
        return "told"


@pytest.fixture
async def desk(house: House) -> AsyncIterator[Desk]:
    """The panel beside the bot, and Otto there."""
    passwords = Argon2Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    otto = await account(house, "Otto")
    await house.store.accounts.save(replace(otto, password_hash=passwords.hash(PASSWORD)))
    app = create_panel(
        store=house.store,
        images=house.images,
        passwords=passwords,
        options=PanelOptions(secure_cookies=False),
        clock=now,
    )
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            made = Desk(client)
            form = {"name": "Otto", "password": PASSWORD, "csrf": await made.token("/sign-in")}
            sent = await client.post("/sign-in", data=form)
            assert sent.status_code == httpx.codes.SEE_OTHER
            yield made
    finally:
        await runner.cleanup()


async def account(house: House, name: str) -> Account:
    """Return an account."""
    found = await house.store.accounts.named(name)
    assert found
    return found


async def asked(house: House) -> tuple[Guest, ChatMessage, ChatMessage]:
    """Let a stranger come; return them, and the card of each manager."""
    guest = await house.seen()
    cards = [await house.shows(user, f"{guest.person.label} at") for user in (MARIA, OTTO)]
    return guest, cards[0], cards[1]


async def press(house: House, user: int, card: ChatMessage, text: str) -> str:
    """Press a button; return what the bot showed."""
    pressed = await house.chat.press(user, card, text=text)
    return (await house.chat.answer(pressed)).text


async def decided(house: House, guest: Guest) -> Decision:
    """Expect one decision on the question, and both cards to say who made it; return it."""
    assert guest.question
    await house.settled(guest.visit.id, among=2)
    question = await house.store.questions.get(guest.question.id)
    assert question
    assert question.status is QuestionStatus.ANSWERED
    made = await house.store.decisions.of([guest.person.id])
    [decision] = [d for d in made if d.question_id == question.id and not d.undone]
    assert decision.id == question.decision_id
    for user in (MARIA, OTTO):
        [card] = [c for c in await house.cards(user) if f"{guest.person.label}," in c.text]
        assert f"by {decision.account_name} at" in card.text
        assert {"Block", "Dismiss"}.isdisjoint(b.text for row in card.buttons for b in row)
    return decision


def turns() -> list[tuple[str, str]]:
    """Return what the two answer each time."""
    return [*islice(cycle(CHOICES), TIMES)]


async def test_two_press_at_once(house: House) -> None:
    """One of two presses in two chats counts, and the other is told whose did."""
    won: Counter[str] = Counter()
    for turn, (hers, his) in enumerate(turns()):
        guest, maria, otto = await asked(house)
        presses = {"Maria": press(house, MARIA, maria, hers), "Otto": press(house, OTTO, otto, his)}
        order = ["Maria", "Otto"] if turn % 2 else ["Otto", "Maria"]
        said = dict(zip(order, await asyncio.gather(*(presses[who] for who in order)), strict=True))
        decision = await decided(house, guest)
        winner = decision.account_name
        [loser] = said.keys() - {winner}
        told = TOLD.match(said[loser])
        assert told, said
        assert told[1] == winner
        assert not TOLD.match(said[winner])
        assert decision.verb == VERBS[hers if winner == "Maria" else his]
        won[winner] += 1
    assert won.total() == TIMES
    assert set(won) == {"Maria", "Otto"}


async def standing(house: House, guest: Guest) -> tuple[Question, list[Decision], Person]:
    """Return the question, its decisions that stand, and who it was about, as they are now."""
    assert guest.question
    question = await house.store.questions.get(guest.question.id)
    person = await house.store.persons.get(guest.person.id)
    assert question
    assert person
    made = await house.store.decisions.of([guest.person.id])
    return question, [d for d in made if d.question_id == question.id and not d.undone], person


async def asks_again(house: House, guest: Guest) -> None:
    """Expect both chats to ask about somebody, as if nobody had answered; then answer."""
    cards = [await house.shows(user, f"{guest.person.label} at") for user in (MARIA, OTTO)]
    for card in cards:
        assert "Block" in {b.text for row in card.buttons for b in row}
    await press(house, MARIA, cards[0], "Dismiss")
    await decided(house, guest)


async def blocked(house: House) -> tuple[Guest, dict[int, ChatMessage]]:
    """Let a stranger come whom Maria blocks; return the cards that say so."""
    guest, maria, _ = await asked(house)
    await press(house, MARIA, maria, "Block")
    text = f"{guest.person.label}, blocked by Maria"
    return guest, {user: await house.shows(user, text) for user in (MARIA, OTTO)}


async def test_two_take_back_at_once(house: House) -> None:
    """A decision is undone once; the other is told by whom, and both chats ask again."""
    for turn in range(TAKEN_BACK):
        guest, cards = await blocked(house)
        order = [MARIA, OTTO] if turn % 2 else [OTTO, MARIA]
        said = await asyncio.gather(*(press(house, user, cards[user], "Undo") for user in order))
        assert sorted(text.partition(" ")[2] for text in said) == sorted(
            [f"{guest.person.label}.", "has undone this already."]
        )
        question, decisions, person = await standing(house, guest)
        assert (question.status, decisions) == (QuestionStatus.OPEN, [])
        assert person.status is PersonStatus.UNKNOWN
        await asks_again(house, guest)


async def test_one_takes_back_what_another_answers(house: House, desk: Desk) -> None:
    """Undone first, the other's answer counts; undone last, they were told. Never half of both."""
    csrf, counted = await desk.token("/account"), Counter[bool]()
    for turn in range(TAKEN_BACK):
        guest, cards = await blocked(house)
        assert guest.question
        head_start_s = (0.0, 0.002, 0.01, 0.05, 0.2, 0.5)[turn % 6]
        said, told = await asyncio.gather(
            press(house, MARIA, cards[MARIA], "Undo"),
            later(head_start_s, desk.answer(guest.question, "dismiss", csrf)),
        )
        assert said == f"Undone: {guest.person.label}."
        question, decisions, person = await standing(house, guest)
        if told:
            assert (question.status, decisions) == (QuestionStatus.OPEN, [])
            assert person.status is PersonStatus.UNKNOWN
            await asks_again(house, guest)
        else:
            assert [d.verb for d in decisions] == ["dismiss"]
            assert person.status is PersonStatus.DISMISSED
            await decided(house, guest)
        counted[bool(told)] += 1
    assert set(counted) == {True, False}


async def later(seconds: float, work: Awaitable[str]) -> str:
    """Wait a moment, then do it."""
    await asyncio.sleep(seconds)
    return await work


async def test_one_presses_and_one_clicks_at_once(house: House, desk: Desk) -> None:
    """The chat and the panel: one counts, the other is told, and both chats show it."""
    won: Counter[str] = Counter()
    csrf = await desk.token("/account")
    for hers, his in turns():
        guest, maria, _ = await asked(house)
        assert guest.question
        in_chat, in_panel = await asyncio.gather(
            press(house, MARIA, maria, hers), desk.answer(guest.question, VERBS[his], csrf)
        )
        decision = await decided(house, guest)
        first = decision.via == "telegram"
        assert decision.account_name == ("Maria" if first else "Otto")
        assert decision.verb == VERBS[hers if first else his]
        assert bool(in_panel) is first
        assert bool(TOLD.match(in_chat)) is not first
        won[decision.via] += 1
    assert won.total() == TIMES
    assert set(won) == {"telegram", "panel"}


async def test_one_presses_while_another_answers_a_pile(house: House, desk: Desk) -> None:
    """Of a pile answered in the panel one is pressed in the chat: one decision each, both told."""
    pressed: Counter[str] = Counter()
    csrf = await desk.token("/account")
    for turn in range(PILES):
        asked_of = [await asked(house) for _ in range(3)]
        guests = [guest for guest, _, _ in asked_of]
        questions = [guest.question for guest in guests if guest.question]
        # A press that waits longer would find its button gone, as it should.
        waits = (0.01, 0.0) if turn % 2 else (0.0, (0.0, 0.005, 0.02, 0.1)[turn // 2 % 4])
        said, told = await asyncio.gather(
            later(waits[0], press(house, MARIA, asked_of[1][1], "Block")),
            later(waits[1], desk.answer_all(questions, "dismiss", csrf)),
        )
        made = [await decided(house, guest) for guest in guests]
        by_chat = made[1].via == "telegram"
        assert [d.verb for d in made] == ["dismiss", "block" if by_chat else "dismiss", "dismiss"]
        assert len({d.batch for d in made if d.batch}) == 1
        assert ("1 question had been answered by somebody else." in told) is by_chat
        assert bool(TOLD.match(said)) is not by_chat
        pressed[made[1].via] += 1
    assert pressed.total() == PILES
