"""Aligned faces into unit vectors."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recognition.alignment import FACE_SIDE
from recognition.packs import Scaling
from recognition.runtime import Session


class Embedder:
    """Makes embeddings with one model. `dimensions` is their length."""

    def __init__(self, session: Session, scaling: Scaling) -> None:
        self.session = session
        self._scaling = scaling
        blank = np.zeros((1, FACE_SIDE, FACE_SIDE, 3), dtype=np.uint8)
        self.dimensions: int = self._raw(blank).shape[1]

    def embed(
        self, faces: Sequence[NDArray[np.uint8]], *, twice: Sequence[int] = ()
    ) -> NDArray[np.float32]:
        """Give an embedding of unit length for each aligned RGB face (112, 112, 3): (n, d).

        The faces in the rows `twice` are looked at in a mirror as well; their embedding is the
        direction of the sum of both views.
        """
        if not faces:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        mirrored = [faces[row][:, ::-1] for row in twice]
        views = _units(self._raw(np.stack([*faces, *mirrored])))
        vectors, second = views[: len(faces)], views[len(faces) :]
        vectors[list(twice)] += second
        return _units(vectors)

    def _raw(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        if self._scaling.bgr:
            faces = faces[..., ::-1]
        tensor = np.ascontiguousarray(faces.transpose(0, 3, 1, 2), dtype=np.float32)
        tensor = (tensor - self._scaling.mean) / self._scaling.scale
        (vectors,) = self.session.run(tensor).values()
        return vectors


def _units(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), dtype=np.float32)
