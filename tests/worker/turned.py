"""A second model that needs no files: the first one's space, turned."""

from collections.abc import Sequence
from dataclasses import replace

from domain.classification import Analysis
from domain.records import Embedding
from domain.repacking import KnownFace
from usher.recogniser import EngineRecogniser

TURNED = "turned"


class TurnedRecogniser(EngineRecogniser):
    """Real models whose embeddings say as much as the others', and compare with none of them."""

    @property
    def model(self) -> str:
        """Another name than the engine's."""
        return TURNED

    def analyse(self, images: Sequence[bytes], /) -> list[Analysis]:
        """Return what is in each image, by this model."""
        found = super().analyse(images)
        return [replace(a, embedding=_turned(a.embedding)) for a in found]

    def embed_again(self, faces: Sequence[KnownFace], /) -> list[Embedding | None]:
        """Return embeddings by this model."""
        return [_turned(vector) for vector in super().embed_again(faces)]


def _turned(vector: Embedding | None) -> Embedding | None:
    return None if vector is None else vector[::-1].copy()
