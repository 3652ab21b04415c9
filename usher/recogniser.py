"""Recognition as the domain knows it: the only place where the two meet."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from domain.classification import Analysis
from domain.records import Embedding, Face
from domain.repacking import KnownFace
from domain.rules import Shares
from recognition.engine import Engine
from recognition.faces import Analysis as Found
from recognition.gallery import Candidate, Gallery
from recognition.packs import family_of
from recognition.runtime import PROVIDERS
from usher.answers import SiteAnswers
from usher.settings import RecognitionSettings, Settings

log = logging.getLogger(__name__)


class EngineRecogniser:
    """An engine that speaks the domain's records."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def load(cls, settings: Settings, pack: str | None = None) -> "EngineRecogniser":
        """Load the models of a pack, the one that is set if none is given; blocks for a second."""
        pack, provider = pack or settings.recognition.pack, settings.recognition.provider
        liveness = settings.recognition.liveness
        if liveness is None:
            log.info("Liveness is off: USHER_RECOGNITION__LIVENESS names no folder of models")
        given = settings.quality.model_dump(exclude_none=True)
        engine = Engine.load(
            pack,
            threads=settings.threads,
            limits=replace(family_of(pack).limits, **given),
            provider=PROVIDERS[provider] if provider else None,
            liveness=liveness,
        )
        return cls(engine)

    @property
    def model(self) -> str:
        """The model whose embeddings these are."""
        return self.engine.model

    @property
    def provider(self) -> str:
        """What the model runs on."""
        return self.engine.provider

    def analyse(self, images: Sequence[bytes], /) -> list[Analysis]:
        """Return what is in each image; blocks."""
        return [_analysis(found) for found in self.engine.analyse(images)]

    def everybody(self, image: bytes, /) -> list[Analysis]:
        """Return every face of a picture, the one that it is of first; blocks."""
        return [_analysis(found) for found in self.engine.everybody(image)]

    def answers(
        self, settings: RecognitionSettings, shares: Callable[[], Shares] | None = None
    ) -> SiteAnswers:
        """Return what the distances mean: as published of the pack, unless set."""
        return SiteAnswers(
            model=self.model, published=self.engine.yardstick, settings=settings, shares=shares
        )

    def embed_again(self, faces: Sequence[KnownFace], /) -> list[Embedding | None]:
        """Embed faces that were found before, None where there is none; blocks."""
        return self.engine.embed_again(
            [
                (face.image, np.array(face.landmarks, np.float32) if face.landmarks else None)
                for face in faces
            ]
        )

    def index(self) -> "GalleryIndex":
        """Return an empty index for this model's embeddings."""
        return GalleryIndex(Gallery(self.engine.dimensions, threads=self.engine.threads))


class GalleryIndex:
    """Recognition's gallery, searched by one probe at a time."""

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery
        self.put = gallery.put
        self.drop = gallery.drop
        self.set_alias = gallery.set_alias

    def search(self, probe: Embedding, /, k: int) -> Sequence[Candidate]:
        """Return the k nearest people of one probe (d,), nearest first."""
        [nearest] = self._gallery.search(probe[None], k)
        return nearest

    @property
    def persons(self) -> int:
        """How many people have a reference."""
        return self._gallery.persons

    @property
    def references(self) -> int:
        """How many references there are."""
        return len(self._gallery)


def _analysis(found: Found) -> Analysis:
    face = found.face
    if face is None:
        return Analysis(reasons=found.reasons, refused=found.refused)
    return Analysis(
        face=Face(
            box=face.box,
            landmarks=tuple((float(x), float(y)) for x, y in face.landmarks),
            score=face.score,
            quality=face.quality,
            roll=face.roll,
            yaw=face.yaw,
            pitch=face.pitch,
            count=face.count,
            lower_covered=face.lower_covered,
            upper_covered=face.upper_covered,
            live=face.live,
        ),
        embedding=face.embedding,
        reasons=found.reasons,
    )
