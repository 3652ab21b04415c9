"""Which pack a process works with: the one that the installation has recorded."""

import asyncio
import logging
from pathlib import Path

from domain.errors import OtherPackError
from domain.records import PackInUse
from domain.repacking import adopt
from recognition.packs import FOLDER
from storage.store import MongoStore
from usher.recogniser import EngineRecogniser
from usher.settings import Settings

log = logging.getLogger(__name__)


async def load_in_use(settings: Settings, store: MongoStore) -> EngineRecogniser:
    """Load the models of the pack in use; a new installation takes what is set, and records it.

    Raises OtherPackError when another pack is set than the one in use, unless it is the one that
    was in use before: then the change was made by command, and the setting has been forgotten.
    """
    chosen, in_use = settings.recognition.chosen_pack, await store.gallery.in_use()
    if in_use and (chosen is None or _forgotten(settings, in_use)):
        return await follow_in_use(settings, store)
    pack = absolute(settings.recognition.pack)
    recogniser = await _load(settings, pack)
    in_use = await adopt(store, pack=pack, model=recogniser.model)
    if in_use.model == recogniser.model:
        return recogniser
    if chosen is None:  # another process was the first, with another setting
        return await follow_in_use(settings, store)
    raise OtherPackError(
        f"USHER_RECOGNITION__PACK is {chosen}, but people are known here by {in_use.pack}. "
        f"`usher recognition migrate --to {chosen}` changes that, and loses nobody; or set it to "
        f"{in_use.pack}, or to nothing."
    )


async def follow_in_use(settings: Settings, store: MongoStore) -> EngineRecogniser:
    """Load the models of the pack in use, whatever is set.

    Raises OtherPackError when its files are not those any more.
    """
    in_use = await store.gallery.in_use()
    if in_use is None:
        return await load_in_use(settings, store)
    if _forgotten(settings, in_use):
        log.warning(
            "USHER_RECOGNITION__PACK is still %s, which was in use before; %s is in use. Set it to "
            "that, or to nothing. `usher recognition migrate --back` takes the change back.",
            settings.recognition.pack,
            in_use.pack,
        )
    recogniser = await _load(settings, in_use.pack)
    if recogniser.model != in_use.model:
        raise OtherPackError(
            f"The models of {in_use.pack} are others than those people are known by: "
            f"{recogniser.model}, not {in_use.model}. Put the files back, or run "
            f"`usher recognition migrate --to {in_use.pack}`, which loses nobody."
        )
    return recogniser


def absolute(pack: str) -> str:
    """Return a pack's name as it is recorded: a folder is found from wherever one stands."""
    if not pack.startswith(FOLDER):
        return pack
    return f"{FOLDER}{Path(pack.removeprefix(FOLDER)).expanduser().absolute()}"


def _forgotten(settings: Settings, in_use: PackInUse) -> bool:
    """Tell whether the setting names the pack that was in use before this one."""
    return (
        settings.recognition.chosen_pack is not None
        and absolute(settings.recognition.chosen_pack) == in_use.previous
    )


async def _load(settings: Settings, pack: str) -> EngineRecogniser:
    return await asyncio.to_thread(EngineRecogniser.load, settings, pack)
