"""What people send without a command: photos, and replies to what they were asked."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.commands.ask import Ask
from bot.commands.photos import file_in
from domain.errands import under_way
from domain.errors import InvalidError
from domain.records import Errand, ErrandKind

Replied = Callable[[Ask, Errand], Awaitable[None]]
Photographed = Callable[[Ask, Errand, str], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Errands:
    """Leads what is sent to what somebody has begun; a photo otherwise to `look`."""

    replies: Mapping[ErrandKind, Replied]
    photos: Mapping[ErrandKind, Photographed]
    look: Callable[[Ask, str], Awaitable[None]]

    async def reply(self, ask: Ask) -> bool:
        """Take a reply to the prompt of something begun; tell whether it was one."""
        errand = await under_way(ask.desk.store, ask.account, ask.now)
        replied = ask.message.reply_to_message
        if errand is None or replied is None or errand.prompt_id != replied.message_id:
            return False
        if not ask.words:
            raise InvalidError("Please reply with text.")
        await self.replies[errand.kind](ask, errand)
        await ask.desk.talk.tidy(ask.chat_id, replied.message_id)
        return True

    async def photo(self, ask: Ask) -> bool:
        """Take a photo; tell whether it was taken: one in reply to something else is not."""
        errand = await under_way(ask.desk.store, ask.account, ask.now)
        take = self.photos.get(errand.kind) if errand else None
        file_id = file_in(ask.message)
        if file_id is None or (take is None and ask.message.reply_to_message):
            return False
        if errand and take:
            await take(ask, errand, file_id)
        else:
            await self.look(ask, file_id)
        return True
