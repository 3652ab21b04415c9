"""A story played in the chats of a house: who did what, and what everybody saw of it.

Time stands still but where the story moves it. After each thing that somebody does, all is waited
for that follows from it, so that the same story is told the same way however slow the machine.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from pymongo import AsyncMongoClient

from demo.botapi.views import ChatInfo, ChatMessage
from domain.policy import QuestionPolicy
from domain.records import Account, Person
from domain.unanswered import step_questions, wake_snoozed
from tests.bot.house import Guest, House, eventually
from tests.bot.scribe import News, together, told, told_toast

Json = dict[str, object]
MARIA, OTTO, VERA, EVE = 2001, 2002, 2003, 2004
NAMES = {MARIA: "Maria", OTTO: "Otto", VERA: "Vera", EVE: "Eve"}
# A Tuesday, long after every run: what the database forgets by its own clock is kept.
MORNING = datetime(2099, 11, 24, 14, 32, 5, tzinfo=UTC)


class Time:
    """A clock that a story moves."""

    def __init__(self) -> None:
        self.now = MORNING

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


class Story:
    """What happens, told line by line in `lines`."""

    def __init__(self, house: House, database: AsyncMongoClient[Json]) -> None:
        self.house = house
        self.lines: list[str] = []
        assert isinstance(house.clock, Time)
        self._clock = house.clock
        self._cards = database["test"]["outbox"]
        self._chats = dict(NAMES)
        self._topics: dict[int, str] = {}
        self._seen: dict[tuple[int, int], ChatMessage] = {}

    @classmethod
    @asynccontextmanager
    async def begun(cls, house: House, mongo_uri: str) -> AsyncIterator["Story"]:
        """Give a house with Maria and Otto, who have read the bot's greeting, and the bot."""
        house.options = house.with_options(outbox_poll_s=0.1)
        async with AsyncMongoClient[Json](mongo_uri) as database:
            story = cls(house, database)
            for user_id in (EVE, VERA):
                await house.chat.user(user_id, NAMES[user_id])
            for user_id in (MARIA, OTTO):
                await house.manager(NAMES[user_id], user_id)
            async with house.webhook_bot():
                await story.happens()
                story.lines.clear()
                yield story

    @property
    def text(self) -> str:
        """The story so far."""
        return "\n".join(self.lines).strip() + "\n"

    @property
    def now(self) -> datetime:
        """The time in the story."""
        return self._clock.now

    async def account(self, user_id: int) -> Account:
        """Return somebody's account."""
        found = await self.house.store.accounts.of_user(user_id)
        assert found
        return found

    async def group(self, title: str, topics: dict[int, str]) -> ChatInfo:
        """Let Maria and Otto make a group, and let the bot in."""
        made = await self.house.chat.group(title, [MARIA, OTTO], topics=topics)
        self._chats[made.id] = title
        self._topics = topics
        self.tell(f"Maria makes the group {title}, with a topic for each site.")
        await self.happens()
        return made

    def tell(self, text: str) -> None:
        """Write down what is not seen in a chat, with its time."""
        self.lines += ["", f"{self.now:%A %H:%M} · {text}"]

    async def joins(self, user_id: int, token: str) -> None:
        """Let somebody open the deep link of an invitation."""
        self.lines += ["", f"{NAMES[user_id]} opens the link of an invitation."]
        await self.house.chat.start(user_id, token)
        await self.happens()

    async def says(
        self,
        user_id: int,
        text: str,
        *,
        to: str | None = None,
        place: tuple[int, int] | None = None,
    ) -> None:
        """Let somebody write, in reply to the newest message with the text `to`.

        `place` is a group and one of its topics.
        """
        where, thread_id = place or (user_id, None)
        replied = await self._newest(where, to) if to else None
        about = f" (in reply to: {to})" if to else ""
        there = f" in {self._chats[where]}, {self._topics[thread_id]}" if thread_id else ""
        self.lines += ["", f"{NAMES[user_id]}{there}: {text}{about}"]
        await self.house.chat.send_text(
            user_id, text, chat_id=where, reply_to=replied, thread_id=thread_id
        )
        await self.happens()

    async def presses(
        self, user_id: int, button: str, *, on: str = "", group_id: int | None = None
    ) -> None:
        """Let somebody press a button of the newest message that has it, and the text `on`."""
        chat, where = self.house.chat, group_id or user_id
        message = await self._newest(where, on, button)
        place = f" in {self._chats[where]}" if group_id else ""
        self.lines += ["", f"{NAMES[user_id]} presses [{button}]{place}"]
        answer = await chat.answer(await chat.press(user_id, message, text=button))
        self.lines += told_toast(answer)
        await self.happens()

    async def wait(self, **time: float) -> None:
        """Let time go by (as `timedelta` takes it), and what is due in it happen."""
        await self._settled()  # a lease of what is under way would run out
        to = self.now + timedelta(**time)
        # Before the bot knows how late it is: so it finds all of it done.
        await wake_snoozed(self.house.store, to)
        await step_questions(self.house.store, QuestionPolicy(), to)
        self._clock.now = to

    async def later(self, text: str, **time: float) -> None:
        """Tell what the time is, after some has gone by, and what happens then."""
        await self.wait(**time)
        if text:
            self.tell(text)
        await self.happens()

    async def comes(
        self,
        text: str,
        who: Person | None = None,
        *,
        likely: Sequence[tuple[Person, float]] = (),
        unsure: bool = False,
        quality: float = 0.5,
    ) -> Guest:
        """Let the camera see somebody, as `House.seen` has it."""
        guest = await self.house.seen(who, likely=likely, unsure=unsure, quality=quality)
        # A card that grows is shown a little later.
        self._clock.now += timedelta(seconds=1)
        self.tell(text)
        await self.happens()
        return guest

    async def happens(self) -> None:
        """Wait for all that follows from what was done, and write down what the chats show."""
        await self._settled()
        news: list[tuple[str, News]] = []
        for chat_id, name in self._chats.items():
            news += [(name, one) for one in await self._news(chat_id)]
        self.lines += together(news)

    async def _settled(self) -> None:
        """Wait until the bot has dealt with every update, and every card that is due is shown."""

        async def look() -> bool:
            state = await self.house.chat.state()
            behind = {"behind": True, "error": None, "due_at": {"$lte": self.now}}
            return not (state["pending_updates"] or await self._cards.count_documents(behind))

        await eventually(look, patience_s=30)

    async def _news(self, chat_id: int) -> list[News]:
        """Return what changed in a chat: first in what was there, then what came."""
        changed: list[News] = []
        came: list[News] = []
        albums: set[str | None] = set()
        messages = await self.house.chat.messages(chat_id, deleted=True)
        for message in sorted(messages, key=_order):
            before = self._seen.get((chat_id, message.id))
            if message == before or (before is None and message.deleted):
                continue
            self._seen[chat_id, message.id] = message
            if not message.from_bot or (before and before.deleted):
                continue
            album = message.media_group_id
            if album and album in albums:
                continue
            albums.add(album)
            if before is None or _differs(message, before):
                (came if before is None else changed).append(told(message, before, self._topics))
        return changed + came

    async def _newest(self, chat_id: int, text: str, button: str = "") -> ChatMessage:
        """Return the newest message of the bot with a text and a button."""

        def fits(message: ChatMessage) -> bool:
            texts = {b.text for row in message.buttons for b in row}
            return message.from_bot and text in message.text and (not button or button in texts)

        found = [m for m in await self.house.chat.messages(chat_id) if fits(m)]
        assert found, f"no message of {chat_id} has {text!r} and [{button}]\n{self.text}"
        return found[-1]


def _differs(message: ChatMessage, before: ChatMessage) -> bool:
    shown = (message.text, message.photo, message.buttons, message.deleted)
    return shown != (before.text, before.photo, before.buttons, before.deleted)


def _order(message: ChatMessage) -> tuple[bool, int]:
    """Answers come before cards, which another hand delivers at the same time."""
    return (not message.silent, message.id)
