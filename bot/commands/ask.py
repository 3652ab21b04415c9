"""One wish of somebody: who asks, where, and how they are answered."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from markupsafe import Markup
from telegram import Message
from telegram.constants import ChatType

from bot.buttons import Rows
from bot.desk import Desk
from bot.tongue import Tongue
from domain.errors import NotAllowedError
from domain.records import Account, Group, Id, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A command or a press: whose it is, the message it came with, and what was written after it.

    In a group chat `groups` are the sites that are asked about there.
    """

    desk: Desk
    account: Account
    message: Message
    t: Tongue
    words: str = ""
    groups: tuple[Group, ...] = ()

    @property
    def site_ids(self) -> tuple[Id, ...] | None:
        """The sites of the group chat; None are all that the account sees."""
        return tuple(group.site_id for group in self.groups) or None

    @property
    def chat_id(self) -> int:
        """The chat it came from."""
        return self.message.chat.id

    @property
    def now(self) -> datetime:
        """The time."""
        return self.desk.clock()

    @property
    def zone(self) -> tzinfo:
        """The zone of the house."""
        return self.desk.zone

    @property
    def today(self) -> date:
        """The day here."""
        return self.now.astimezone(self.desk.zone).date()

    def time(self, at: datetime) -> str:
        """Return a time as read today."""
        return self.t.time(at, day=self.now, zone=self.desk.zone)

    def day(self, at: datetime) -> str:
        """Return the day of a time."""
        return self.t.day(at.astimezone(self.desk.zone).date())

    def when(self, at: datetime) -> str:
        """Return a time as people recall it: "18:10", "Tuesday 18:10" of this week, or the day."""
        day = at.astimezone(self.desk.zone).date()
        if timedelta(0) < self.today - day < timedelta(days=7):
            return f"{self.t.weekday(day)} {at.astimezone(self.desk.zone):%H:%M}"
        return self.time(at)

    def span(self, first: datetime, last: datetime) -> str:
        """Return "14:02-14:40", the day once and only if it is another."""
        start, end = self.time(first), self.time(last)
        clock = f"{last.astimezone(self.desk.zone):%H:%M}"
        if self.day(first) == self.day(last):
            end = clock
        return (
            start
            if start.endswith(clock) and self.day(first) == self.day(last)
            else (f"{start}-{end}")
        )

    def require_manager(self) -> None:
        """Raise NotAllowedError for those who may only look."""
        if self.account.role is Role.VIEWER:
            raise NotAllowedError("You may look, but not decide.")

    @property
    def _asked_in_group(self) -> int | None:
        """The message answered where others write too: the answer stands in its topic."""
        private = self.message.chat.type == ChatType.PRIVATE
        return None if private else self.message.message_id

    async def say(
        self,
        html: Markup,
        *,
        rows: Rows = (),
        placeholder: str | None = None,
        reply: bool = False,
    ) -> int | None:
        """Answer with text, in reply to what was sent if wished; return the message's id."""
        return await self.desk.talk.say(
            self.chat_id,
            html,
            rows=rows,
            reply_to=self.message.message_id if reply else self._asked_in_group,
            placeholder=placeholder,
        )

    async def show(self, picture: bytes | None, html: Markup, *, rows: Rows = ()) -> int | None:
        """Answer with a picture and a caption; without the picture if there is none."""
        if picture is not None:
            sent = await self.desk.talk.picture(
                self.chat_id, picture, html, rows=rows, reply_to=self._asked_in_group
            )
            if sent is not None:
                return sent
        return await self.say(html, rows=rows)

    async def change(self, html: Markup, *, rows: Rows = ()) -> None:
        """Say something else in the message whose button was pressed."""
        await self.desk.talk.change(self.message, html, rows=rows)

    async def tidy(self) -> None:
        """Take the message away whose button was pressed: it has served."""
        await self.desk.talk.tidy(self.chat_id, self.message.message_id)

    async def picture(self, key: str | None) -> bytes | None:
        """Return a stored picture, if it is still there."""
        try:
            return await self.desk.images.get(key) if key else None
        except KeyError:
            return None
