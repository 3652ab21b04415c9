"""Managers at their phones: they look at their chats and press what stands there."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from demo.botapi import people
from demo.botapi.records import Callback, Content, Message, User
from demo.botapi.world import World
from domain.records import Id
from evaluation.chat_script import Reply

# Answers of one tap.
ANSWERS = {"visitor", "block", "dismiss"}
# What stands on a card while its question is open, beside those.
ASKING = ANSWERS | {"name", "is", "not", "noface", "menu"}
PAGE = "page"
# Somebody who finds no question looks again, so often, so many seconds later.
LOOKS, LOOK_AGAIN_S = 12, 15.0
TURN_S = 2.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A button that stands in a chat: its verb, and what it is about."""

    message: Message
    data: str

    @property
    def verb(self) -> str:
        """What pressing it means."""
        return self.data.split(":")[1]

    @property
    def about(self) -> str:
        """The id of the question it is about."""
        return self.data.split(":")[2]


def buttons_of(content: Content) -> Iterator[str]:
    """Yield the callback data of what stands below a message."""
    for row in content.rows or ():
        for button in row:
            if "callback_data" in button:
                yield str(button["callback_data"])


def asked_by(content: Content) -> set[str]:
    """Return the questions that can be answered on a message as it stands."""
    parts = [data.split(":") for data in buttons_of(content)]
    return {words[2] for words in parts if words[1] in ASKING}


class Phones:
    """What managers do; `presses` keeps all that was pressed."""

    def __init__(self, world: World, users: list[User], group_id: int, seed: int) -> None:
        self._world = world
        self._users = users
        self._group_id = group_id
        self._dice = Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self.presses: list[Callback] = []
        self.unseen = 0

    @property
    def silent(self) -> int:
        """How many presses the bot has not answered yet."""
        return sum(press.answered_at is None for press in self.presses)

    async def answer(self, question_id: Id, reply: Reply) -> None:
        """Let one manager, or two at the same instant, answer this question, or what they see."""
        users = [self._users[number] for number in reply.managers]
        for _ in range(LOOKS):
            if reply.turns:
                await self._turn(users[0], reply)
            found = [self._found(user, reply, question_id) for user in users]
            pressed = [(u, shown) for u, shown in zip(users, found, strict=True) if shown]
            for user, shown in pressed:
                self._press(user, shown)
            if pressed:
                return
            await asyncio.sleep(LOOK_AGAIN_S)
        self.unseen += 1

    def _found(self, user: User, reply: Reply, question_id: Id) -> Shown | None:
        """Return an answer that a user sees: to this question, else to another."""
        seen = [shown for shown in self._seen(user, reply) if shown.verb in ANSWERS]
        meant = [shown for shown in seen if shown.about == question_id]
        paged = [shown for shown in seen if self._turns(shown.message)]
        choice = meant or paged
        return self._dice.choice(choice) if choice else None

    async def _turn(self, user: User, reply: Reply) -> None:
        """Turn a page, if there is something to turn, and wait until it is turned."""
        pages = [shown for shown in self._seen(user, reply) if shown.verb == PAGE]
        if pages:
            self._press(user, pages[-1])
            await asyncio.sleep(TURN_S)

    def _turns(self, message: Message) -> bool:
        return any(data.split(":")[1] == PAGE for data in buttons_of(message.content))

    def _seen(self, user: User, reply: Reply) -> Iterator[Shown]:
        chat_id = self._group_id if reply.in_group and self._group_id else user.id
        for message in self._world.timeline(chat_id):
            if not message.deleted:
                for data in buttons_of(message.content):
                    yield Shown(message, data)

    def _press(self, user: User, shown: Shown) -> None:
        pressed = people.press(
            self._world, user, shown.message, data=shown.data, text=None, old=False
        )
        self.presses.append(pressed)
