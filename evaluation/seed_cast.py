"""How the people of a made-up installation look."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.records import Id
from evaluation.portraits import Portrait
from evaluation.seed_house import Ids
from evaluation.seed_plan import Ints, Plan

# How far crops are from the middle of their person: two of them are 0.36 apart.
_NOISE = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who is seen, by their number: ids, pictures, and the middle of their embeddings (n, d)."""

    ids: tuple[Id, ...]
    sitters: list[list[Portrait]]
    sitter_of: Ints
    middles: NDArray[np.float32]

    def portraits_of(self, person: int) -> list[Portrait]:
        """Return the pictures that show somebody."""
        return self.sitters[self.sitter_of[person]]

    def embeddings(self, people: Ints, chance: np.random.Generator) -> NDArray[np.float32]:
        """Return a unit embedding (n, d) of each, as of a further picture of theirs."""
        noise = chance.standard_normal((len(people), self.middles.shape[1]), np.float32)
        noise *= _NOISE / np.linalg.norm(noise, axis=1, keepdims=True)
        found: NDArray[np.float32] = self.middles[people] + noise
        found /= np.linalg.norm(found, axis=1, keepdims=True)
        return found


def cast(
    plan: Plan,
    ids: Ids,
    sitters: list[list[Portrait]],
    dimensions: int,
    chance: np.random.Generator,
) -> Cast:
    """Give everybody an id and a sitter's pictures.

    The first person whom a sitter's pictures show is found by them; the others only look so.
    """
    middles = chance.standard_normal((len(plan.kind), dimensions), np.float32)
    sitter_of = np.arange(len(plan.kind)) % len(sitters)
    sitter_of = sitter_of[plan.into]
    shown = set[int]()
    for person, sitter in enumerate(sitter_of):
        embedding = sitters[sitter][0].embedding
        if sitter not in shown and embedding is not None:
            middles[person] = embedding
        shown.add(int(sitter))
    middles[:] = middles[plan.into]
    return Cast(
        ids=tuple(ids(at) for at in plan.first_seen),
        sitters=sitters,
        sitter_of=sitter_of,
        middles=middles / np.linalg.norm(middles, axis=1, keepdims=True),
    )
