"""Looking at a picture that somebody sends: every face in it, and who that may be."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.answers import Answers
from domain.classification import Analysis
from domain.covered import covered_parts
from domain.errors import ImageRefusedError
from domain.gallery import LiveGallery
from domain.intake import ImageFacts, Inspect
from domain.learning import Learner, adopt
from domain.matching import judge
from domain.policy import MatchPolicy
from domain.records import Embedding, Face, Id, MatchKind, Person
from domain.store import Store

MOST_NEAR = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Somebody near a face: the cosine distance, and the confidence, 0 to 1, that it is them."""

    person: Person
    distance: float
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One face of a picture, its answer, and who is near it, nearest first.

    With a match or a doubt the first of `near` is who is meant. `reasons` say what is wrong with
    the face, none when it can be remembered by.
    """

    face: Face
    embedding: Embedding
    reasons: tuple[str, ...]
    kind: MatchKind
    near: tuple[Near, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A picture and its faces, the one that it is of first.

    With the model they were seen with, and the distances that it is gone by.
    """

    faces: tuple[Looked, ...]
    facts: ImageFacts
    model: str
    policy: MatchPolicy


class Eyes(Protocol):
    """Models, whichever the installation goes by."""

    async def look(self, image: bytes, /) -> Look:
        """Say who is on a picture; raise ImageRefusedError where it cannot be read."""

    def licence(self, pack: str, /) -> str:
        """Say under which terms the models of a pack may be used; nothing where nobody knows."""


class FaceFinder(Protocol):
    """Finds every face of a picture. `everybody` blocks: call it off the event loop."""

    @property
    def model(self) -> str:
        """The model whose embeddings these are."""

    def everybody(self, image: bytes, /) -> list[Analysis]:
        """Return the faces of a picture, the one that it is of first; a refused one alone."""


class SiteLearner(Answers, Learner, Protocol):
    """Answers that are fitted to the site."""


class Looker:
    """Looks with one model, at a gallery of its own."""

    def __init__(
        self,
        *,
        store: Store,
        gallery: LiveGallery,
        answers: SiteLearner,
        finder: FaceFinder,
        inspect: Inspect,
    ) -> None:
        self._store = store
        self._gallery = gallery
        self._answers = answers
        self._finder = finder
        self._inspect = inspect

    async def look(self, image: bytes) -> Look:
        """Say who is on a picture; nobody is on it twice.

        Raises ImageRefusedError, and PackChangedError when another model is in use by now.
        """
        await self._gallery.refresh()
        await adopt(self._store, self._answers)
        facts = self._inspect(image)
        found = await asyncio.to_thread(self._finder.everybody, image)
        if found and found[0].refused:
            raise ImageRefusedError(found[0].refused, "This picture cannot be read.")
        policy = self._answers.policy(self._gallery.size, self._gallery.kept)
        faces = self._judge(found, policy)
        return Look(faces=faces, facts=facts, model=self._finder.model, policy=policy)

    def _judge(self, found: Sequence[Analysis], policy: MatchPolicy) -> tuple[Looked, ...]:
        """Give each face its answer, the clearest face first."""
        clearest = sorted(
            (row for row, one in enumerate(found) if one.face and one.embedding is not None),
            key=lambda row: (bool(found[row].reasons), -_quality(found[row])),
        )
        taken: set[Id] = set()
        looked: dict[int, Looked] = {}
        for row in clearest:
            one = self._looked(found[row], taken, policy)
            looked[row] = one
            if one.kind is MatchKind.MATCH:
                taken.add(one.near[0].person.id)
        return tuple(looked[row] for row in sorted(looked))

    def _looked(self, one: Analysis, taken: set[Id], policy: MatchPolicy) -> Looked:
        if one.face is None or one.embedding is None:
            raise ValueError("only a face can be looked at")
        verdict = judge(
            self._gallery.candidates(one.embedding),
            policy=policy,
            rejected=self._gallery.rejected,
            excluded=taken,
        )
        meant = [verdict.person] if verdict.person else []
        near = [*meant, *(c for c in verdict.candidates if c is not verdict.person)]
        return Looked(
            face=one.face,
            embedding=one.embedding,
            reasons=(*one.reasons, *covered_parts(one.face, policy)),
            kind=verdict.kind,
            near=tuple(
                Near(
                    person=self._gallery.person(c.person_id),
                    distance=c.distance,
                    confidence=self._answers.estimate(c.distance, self._gallery.size).value,
                )
                for c in near[:MOST_NEAR]
            ),
        )


def _quality(one: Analysis) -> float:
    return one.face.quality if one.face else 0.0
