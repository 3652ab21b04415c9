"""People made up of points on a sphere."""

import numpy as np

from evaluation import online

D = 64


def crowd(people: int, images: int, *, noise: float, seed: int = 0) -> online.Embeddings:
    """People as points on a sphere, their images scattered about them."""
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(people, D))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    seen = centres[:, None] + noise * chance.normal(size=(people, images, D)) / np.sqrt(D)
    seen /= np.linalg.norm(seen, axis=2, keepdims=True)
    return {f"{row:03}": list(faces.astype(np.float32)) for row, faces in enumerate(seen)}
