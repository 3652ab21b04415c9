"""The parts that every role is made of, opened and closed in order."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from domain.deeds import Doer
from domain.rules import Rules
from storage.images import ImageStore
from storage.mongod import embedded_mongod
from storage.store import MongoStore
from usher.rules import fixed_rules
from usher.settings import Settings

# Under this name the bot's process tells the others what Telegram calls it.
BOT_NAME = "bot_username"


def now() -> datetime:
    """Return the time: the one clock that everything is given."""
    return datetime.now(UTC)


def operator() -> Doer:
    """Return who does what a command says, for the journal."""
    return Doer(account=None, via="command line", now=now())


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is remembered, the pictures, and the rules of the house as they were read last."""

    store: MongoStore
    images: ImageStore
    rules: Rules = field(default_factory=Rules)


@asynccontextmanager
async def open_parts(settings: Settings) -> AsyncIterator[Parts]:
    """Open the database, the embedded one unless another is set, and the image store."""
    if settings.mongo.uri:
        async with _opened(settings, settings.mongo.uri.get_secret_value()) as parts:
            yield parts
        return
    async with embedded_mongod(settings.data_dir) as uri, _opened(settings, uri) as parts:
        yield parts


@asynccontextmanager
async def _opened(settings: Settings, uri: str) -> AsyncIterator[Parts]:
    store = await MongoStore.open(uri, settings.mongo.database)
    try:
        images = await asyncio.to_thread(ImageStore.open, settings.images_url)
        try:
            rules = Rules(fixed_rules(settings))
            await rules.refresh(store)
            yield Parts(store=store, images=images, rules=rules)
        finally:
            await images.close()
    finally:
        store.close()


def process_name(role: str) -> str:
    """Return a name for this process, unique among the machines of one installation."""
    return f"{role}@{socket.gethostname()}:{os.getpid()}"
