"""What keeps the bot from hearing people, so that other doors can say it.

The bot notes it, and notes when it is over.
"""

from domain.store import Records

_TROUBLE, _TOKEN = "bot_trouble", "bot_token_hash"


async def bot_trouble(records: Records) -> str | None:
    """Return what is wrong between the bot and Telegram, as a sentence; None when all is well."""
    return await records.values.get(_TROUBLE) or None


async def note_bot_trouble(records: Records, sentence: str | None) -> None:
    """Note what is wrong, or (None) that nothing is any more."""
    if await bot_trouble(records) != sentence:
        await records.values.put(_TROUBLE, sentence or "")


async def token_worked(records: Records, token_hash: str) -> bool:
    """Tell whether Telegram has known the token of this hash before."""
    return await records.values.get(_TOKEN) == token_hash


async def note_token(records: Records, token_hash: str) -> None:
    """Note that Telegram knows the token of this hash."""
    if not await token_worked(records, token_hash):
        await records.values.put(_TOKEN, token_hash)
