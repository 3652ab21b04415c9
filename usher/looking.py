"""Eyes for pictures that people send: loaded with the first one, and those in use since."""

import asyncio
import logging

from domain.errors import NoModelsError, OtherPackError, PackChangedError
from domain.gallery import LiveGallery
from domain.looking import Look, Looker
from recognition.errors import RecognitionError, UnknownPack
from recognition.packs import family_of
from usher.inspecting import inspect
from usher.pack_in_use import follow_in_use
from usher.parts import Parts
from usher.settings import Settings

log = logging.getLogger(__name__)
NO_MODELS = (
    "The models that recognise faces cannot be loaded here, so pictures cannot be looked at. "
    "The log says why."
)


class LazyEyes:
    """Looks with the pack in use. Nothing is loaded before the first look.

    `threads` of the models, as many as a worker's unless given.
    """

    def __init__(self, settings: Settings, parts: Parts, *, threads: int | None = None) -> None:
        self._settings = _with_threads(settings, threads) if threads else settings
        self._parts = parts
        self._loading = asyncio.Lock()
        self._looker: Looker | None = None

    async def look(self, image: bytes, /) -> Look:
        """Say who is on a picture.

        Raises ImageRefusedError where it cannot be read, NoModelsError where there are none.
        """
        looker = await self._loaded()
        try:
            return await looker.look(image)
        except PackChangedError:
            self._looker = None
            return await (await self._loaded()).look(image)

    def licence(self, pack: str, /) -> str:
        """Say under which terms the models of a pack may be used."""
        try:
            return family_of(pack).licence
        except UnknownPack:
            return ""

    async def _loaded(self) -> Looker:
        async with self._loading:
            if self._looker is None:
                self._looker = await self._load()
            return self._looker

    async def _load(self) -> Looker:
        store = self._parts.store
        try:
            recogniser = await follow_in_use(self._settings, store)
        except (RecognitionError, OtherPackError) as error:
            log.warning("No models for pictures that people send: %s", error)
            raise NoModelsError(NO_MODELS) from error
        log.info("Models for pictures that people send: %s", recogniser.model)
        return Looker(
            store=store,
            gallery=LiveGallery(store=store, model=recogniser.model, index=recogniser.index()),
            answers=recogniser.answers(self._settings.recognition, self._parts.rules.shares),
            finder=recogniser,
            inspect=inspect,
        )


def _with_threads(settings: Settings, threads: int) -> Settings:
    recognition = settings.recognition.model_copy(update={"threads": threads})
    return settings.model_copy(update={"recognition": recognition})
