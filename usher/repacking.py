"""`usher recognition migrate`: the change of pack, put together from its parts."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from domain.errors import InvalidError
from domain.labelled import LabelledFace, labelled_faces
from domain.records import Embedding, PackInUse
from domain.repacking import Repacking, Tick, adopt
from evaluation.comparison import Comparison, Faces, Vectors, compare
from recognition.packs import family_of, find_pack
from recognition.yardsticks import Yardstick
from usher.answers import SiteAnswers, stand
from usher.pack_in_use import absolute
from usher.parts import Parts, now, open_parts
from usher.recogniser import EngineRecogniser
from usher.settings import Settings

MOST_FACES = 3000
Progress = Callable[[str, int], AbstractContextManager[Tick]]
Agree = Callable[[PackInUse, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """What was embedded now, and what could not be because its image or its face is gone."""

    references: int
    detections: int
    unembeddable: int
    left_behind: int


class Migration:
    """One change of pack on its way: embed, compare, switch."""

    def __init__(
        self,
        settings: Settings,
        parts: Parts,
        *,
        old: PackInUse,
        new: EngineRecogniser,
        pack: str,
        days: int,
    ) -> None:
        self._settings = settings.recognition
        self._store = parts.store
        self._since = now() - timedelta(days=days)
        self._new = new
        self._repacking = Repacking(
            store=parts.store, images=parts.images, embedder=new, old=old, pack=pack
        )
        self.old = old
        self.pack = pack

    @property
    def model(self) -> str:
        """The model to change to."""
        return self._new.model

    @property
    def same_model(self) -> bool:
        """Whether only the pack's name changes: a folder has moved, or nothing changes at all."""
        return self.old.model == self._new.model

    async def embed(self, progress: Progress) -> Embedded:
        """Embed again what has no twin yet; what was done before is not done again."""
        references = await self._repacking.lacking_references()
        with progress("references", len(references)) as tick:
            await self._repacking.embed_references(references, tick)
        detections = await self._repacking.lacking_detections(self._since)
        with progress("detections", len(detections)) as tick:
            await self._repacking.embed_detections(detections, tick)
        lost = len(self._repacking.unembeddable)
        return Embedded(
            references=len(references) - lost,
            detections=len(detections),
            unembeddable=lost,
            left_behind=await self._repacking.left_behind(),
        )

    async def compare(self) -> Comparison:
        """Compare the two models on the faces of people this site has put a name to."""
        old = await self._match_distance(self.old.model, family_of(self.old.pack).yardstick)
        new = await self._match_distance(self.model, family_of(self.pack).yardstick)
        faces = await labelled_faces(
            self._store,
            old=self.old.model,
            new=self.model,
            since=self._since,
            most=MOST_FACES,
        )
        return await asyncio.to_thread(_compare, faces[:MOST_FACES], old, new)

    async def _match_distance(self, model: str, published: Yardstick) -> float:
        """Return up to which distance a face is a match by a model, for the people there are."""
        answers = SiteAnswers(model=model, published=published, settings=self._settings)
        return (await stand(self._store, answers)).match

    async def switch(self, *, leave_behind: bool) -> PackInUse:
        """Let the new pack be the one in use; workers follow within seconds."""
        return await self._repacking.switch(leave_behind=leave_behind)


def _compare(faces: Sequence[LabelledFace], old: float, new: float) -> Comparison:
    _, people = np.unique([face.person_id for face in faces], return_inverse=True)
    references = np.array([face.reference for face in faces], dtype=np.bool_)
    return compare(
        Faces(people=people.astype(np.intp), references=references),
        (_stacked([face.old for face in faces]), old),
        (_stacked([face.new for face in faces]), new),
    )


def _stacked(vectors: Sequence[Embedding]) -> Vectors:
    return np.stack(vectors) if vectors else np.zeros((0, 1), np.float32)


@asynccontextmanager
async def migration(
    settings: Settings, pack: str | None, *, days: int, agree: Agree
) -> AsyncIterator[Migration]:
    """Open what a change of pack needs; None goes back to the pack before.

    `agree` is given the pack in use and the name of the new one before that is looked for: it may
    raise. Raises InvalidError when there is no pack to go back to.
    """
    async with open_parts(settings) as parts:
        old = await _in_use(settings, parts)
        name = absolute(pack) if pack else old.previous
        if name is None:
            raise InvalidError("There is no pack to go back to: none was in use before this one.")
        agree(old, name)
        new = await asyncio.to_thread(EngineRecogniser.load, settings, name)
        yield Migration(settings, parts, old=old, new=new, pack=name, days=days)


async def _in_use(settings: Settings, parts: Parts) -> PackInUse:
    """Return the pack in use; record the one that is set where none is."""
    known = await parts.store.gallery.in_use()
    if known:
        return known
    pack = absolute(settings.recognition.pack)
    model = (await asyncio.to_thread(find_pack, pack)).model
    return await adopt(parts.store, pack=pack, model=model)
