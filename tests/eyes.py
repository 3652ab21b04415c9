"""Eyes whose models are loaded already."""

import pytest

from domain.gallery import LiveGallery
from domain.looking import Look, Looker
from domain.store import Store
from recognition.errors import RecognitionError
from usher.inspecting import inspect
from usher.recogniser import EngineRecogniser
from usher.settings import RecognitionSettings, Settings


def loaded_engine() -> EngineRecogniser:
    """Return the models that Usher comes with; the test is skipped where there are none."""
    try:
        return EngineRecogniser.load(Settings())
    except RecognitionError as error:
        pytest.skip(f"no models that recognise faces: {error}")


class LoadedEyes:
    """Looks with one set of models."""

    def __init__(self, store: Store, engine: EngineRecogniser) -> None:
        self._looker = Looker(
            store=store,
            gallery=LiveGallery(store=store, model=engine.model, index=engine.index()),
            answers=engine.answers(RecognitionSettings()),
            finder=engine,
            inspect=inspect,
        )

    async def look(self, image: bytes, /) -> Look:
        """Say who is on a picture."""
        return await self._looker.look(image)

    def licence(self, pack: str, /) -> str:
        """Say under which terms the models may be used."""
        return f"terms of {pack}"
