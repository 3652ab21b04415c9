"""Changing the pack of an installation: every face is embedded again before anything is switched.

Embeddings of the new model are kept beside the old ones, so that nothing is lost by stopping at any
moment, and so that the change can be taken back.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from domain.errors import (
    InvalidError,
    LeftBehindError,
    OtherPackError,
    PackChangedError,
    StaleError,
)
from domain.ids import new_id
from domain.intake import Images
from domain.records import Detection, Embedding, Id, PackInUse, Reference, Twin
from domain.references import in_use
from domain.store import Records, Store

BATCH = 32
Tick = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFace:
    """A face that was embedded before: its image, and the landmarks found in it, if still known."""

    image: bytes
    landmarks: tuple[tuple[float, float], ...] = ()


class Embedder(Protocol):
    """The models of a pack. `embed_again` blocks: call it off the event loop."""

    @property
    def model(self) -> str:
        """The model whose embeddings these are."""

    def embed_again(self, faces: Sequence[KnownFace], /) -> list[Embedding | None]:
        """Return the embedding (d,) of each face, None where it cannot be found any more."""


async def adopt(store: Store, *, pack: str, model: str) -> PackInUse:
    """Record the pack of a new installation; return the one in use, which may be another.

    Raises OtherPackError when there are references, and none of this model.
    """

    async def work(records: Records) -> PackInUse:
        known = await records.gallery.in_use()
        if known:
            return known
        models = await records.references.models()
        if models and model not in models:
            raise OtherPackError(
                f"People are known here by the model {' or '.join(sorted(models))}, and the pack "
                f"{pack} would make strangers of them. Set USHER_RECOGNITION__PACK to what it was, "
                f"start once, and run `usher recognition migrate --to {pack}`."
            )
        made = PackInUse(pack=pack, model=model)
        await records.gallery.advance()
        await records.gallery.use(made)
        return made

    return await store.transact(work)


async def forget(store: Store, model: str) -> int:
    """Delete every embedding of a model that is not in use; return how many.

    Raises InvalidError when it is in use, or there is none of it.
    """

    async def work(records: Records) -> int:
        await records.gallery.advance()
        known = await records.gallery.in_use()
        if known is None or known.model == model:
            raise InvalidError(f"The model {model} is in use: nobody would be known any more.")
        return await records.references.forget(model)

    gone = await store.transact(work)
    return gone + await store.twins.forget(model) + await store.detections.forget_embeddings(model)


class Repacking:
    """One change of pack, from the one in use to that of an embedder.

    `unembeddable` are the references met so far whose image is gone or shows no face.
    """

    def __init__(
        self, *, store: Store, images: Images, embedder: Embedder, old: PackInUse, pack: str
    ) -> None:
        self._store = store
        self._images = images
        self._embedder = embedder
        self._old = old
        previous = old.previous if old.model == embedder.model else old.pack
        self._new = PackInUse(pack=pack, model=embedder.model, previous=previous)
        self.unembeddable: set[Id] = set()

    async def lacking_references(self) -> list[Id]:
        """Return the references in use without a twin, oldest first."""
        return await self._store.references.lacking(self._old.model, self._new.model)

    async def lacking_detections(self, since: datetime) -> list[Id]:
        """Return the detections since a time that could have a twin and have none."""
        return await self._store.twins.lacking(self._new.model, since)

    async def embed_references(self, ids: Iterable[Id], tick: Tick) -> None:
        """Give these references their twins."""
        for batch in _batches([id_ for id_ in ids if id_ not in self.unembeddable]):
            references = list((await self._store.references.some(batch)).values())
            seen = await self._store.detections.some([r.detection_id for r in references])
            faces = [(r.image_key, seen.get(r.detection_id)) for r in references]
            found = list(zip(references, await self._embed(faces), strict=True))
            self.unembeddable |= {r.id for r, embedding in found if embedding is None}
            made = [(r, embedding) for r, embedding in found if embedding is not None]
            await self._store.transact(partial(self._add, made))
            tick(len(batch))

    async def _add(self, made: Sequence[tuple[Reference, Embedding]], records: Records) -> None:
        """Add twins, but not of what was deleted, retired or given its twin meanwhile.

        Whoever changes references advances the version, and so excludes this. Whether a face is
        strange among the others is for the new model to say.
        """
        version = await records.gallery.advance()
        there = await records.references.some([r.id for r, _ in made])
        done = await records.references.made_from(
            [r.detection_id for r, _ in made], model=self._new.model
        )
        for reference, embedding in made:
            now = there.get(reference.id)
            if now and now.retired is None and now.detection_id not in done:
                twin = replace(
                    now,
                    id=new_id(),
                    doubt=None,
                    model=self._new.model,
                    embedding=embedding,
                    version=version,
                )
                await records.references.add(twin)

    async def embed_detections(self, ids: Iterable[Id], tick: Tick) -> None:
        """Give these detections their twins; one whose image is gone does without."""
        for batch in _batches([*ids]):
            detections = list((await self._store.detections.some(batch)).values())
            found = await self._embed([(d.image.key, d) for d in detections])
            await self._store.twins.keep(
                [
                    Twin(id=new_id(), detection_id=d.id, model=self._new.model, embedding=vector)
                    for d, vector in zip(detections, found, strict=True)
                    if vector is not None
                ]
            )
            tick(len(batch))

    async def _embed(self, faces: Sequence[tuple[str, Detection | None]]) -> list[Embedding | None]:
        """Return embeddings of faces by image key, with the detections they were found in."""
        known = [await self._known(key, detection) for key, detection in faces]
        there = [face for face in known if face]
        found = iter(await asyncio.to_thread(self._embedder.embed_again, there) if there else ())
        return [next(found) if face else None for face in known]

    async def _known(self, key: str, detection: Detection | None) -> KnownFace | None:
        try:
            image = await self._images.get(key) if key else None
        except KeyError:
            image = None
        if image is None:
            return None
        face = detection.face if detection else None
        return KnownFace(image=image, landmarks=face.landmarks if face else ())

    async def left_behind(self) -> int:
        """Count the people all of whose references are unembeddable."""
        lost = await self._store.references.some([*self.unembeddable])
        left = set[Id]()
        for person_id in {reference.person_id for reference in lost.values()}:
            person = await self._store.persons.canonical(person_id)
            members = await self._store.persons.members(person.id if person else person_id)
            references = await self._store.references.of(members)
            if not in_use(references, self._new.model):
                left.add(members[0])
        return len(left)

    async def switch(self, *, leave_behind: bool = False) -> PackInUse:
        """Let the new pack be the one in use, once every reference has its twin; return it.

        Raises LeftBehindError when somebody would not be recognised any more (unless they may be
        left behind), PackChangedError when another change of pack came first.
        """
        while True:
            await self.embed_references(await self.lacking_references(), lambda _: None)
            left = await self.left_behind()
            if left and not leave_behind:
                raise LeftBehindError(left)
            try:
                await self._store.transact(self._use)
            except StaleError:
                continue
            return self._new

    async def _use(self, records: Records) -> None:
        """Switch; raise StaleError when a reference has come without its twin."""
        await records.gallery.advance()
        if await records.gallery.in_use() != self._old:
            raise PackChangedError("The pack in use was changed meanwhile; nothing is done here.")
        lacking = await records.references.lacking(self._old.model, self._new.model)
        if not self.unembeddable.issuperset(lacking):
            raise StaleError("A reference has come that has no twin yet.")
        await records.gallery.use(self._new)


def _batches(ids: Sequence[Id]) -> Iterator[Sequence[Id]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]
