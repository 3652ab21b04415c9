"""Everything between posted bytes and an embedding."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from recognition.calibration import Calibration
from recognition.covering import covering
from recognition.detection import Detector, Looks, Proposer
from recognition.embedding import Embedder
from recognition.faces import Analysis, Face
from recognition.folding import free_sides, load_folded
from recognition.landmarks import refine
from recognition.liveness import Liveness
from recognition.packs import DEFAULT, Pack, find_pack
from recognition.quality import NO_FACE, QualityLimits
from recognition.runtime import open_session
from recognition.scrfd import Scrfd
from recognition.subjects import (
    Found,
    Picture,
    Subject,
    choose,
    everybody,
    measured,
    open_picture,
)
from recognition.yardsticks import Thresholds, Yardstick
from recognition.yunet import YuNet

T = TypeVar("T")
R = TypeVar("R")

MIRROR_BELOW = 0.43
"""A face of less quality is embedded twice, once as in a mirror: a tenth of LFW, for a third of
what both views of every face would bring (docs/decisions/looks.md)."""

MOST_FACES = 20
"""Of a picture with more, the largest are looked at."""


@dataclass(frozen=True, slots=True)
class _Look:
    """How likely a face is covered below and above, and alive, where that is known."""

    lower: float
    upper: float
    live: float | None


class Engine:
    """Analyses images with the models of one pack. Blocking; may be called from several threads.

    Images go through decoding, detection, alignment and embedding in handfuls that suit the models;
    each of `threads` threads takes one handful at a time all the way, so that every stage keeps
    every core busy. What comes out does not depend on how the images were divided, but for the last
    bits of the embeddings (a cosine of 0.9999 at least).
    """

    def __init__(
        self,
        pack: Pack,
        *,
        detector: Detector,
        embedder: Embedder,
        limits: QualityLimits,
        threads: int = 1,
        liveness: Liveness | None = None,
    ) -> None:
        self.pack = pack
        self.detector = detector
        self.embedder = embedder
        self.limits = limits
        self.threads = threads
        self.liveness = liveness
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="engine")

    @classmethod
    def load(
        cls,
        pack: str = DEFAULT,
        *,
        threads: int = 1,
        limits: QualityLimits | None = None,
        provider: str | None = None,
        liveness: Path | None = None,
    ) -> "Engine":
        """Load a pack's models: about a second, blocking.

        `provider` names an execution provider; by default the fastest that works here is taken.
        `liveness` is the folder of its models; without one nobody's liveness is known.
        Raises UnknownPack, ModelsMissing, ModelsDamaged, ProviderMissing.
        """
        chosen = find_pack(pack)
        family = chosen.family
        cv2.setNumThreads(1)  # the threads are ours
        detector = open_session(
            free_sides(load_folded(chosen.detector)), threads=threads, provider=provider
        )
        embedder = open_session(load_folded(chosen.embedder), threads=threads, provider=provider)
        proposer: Proposer = YuNet(detector) if family.detector_kind == "yunet" else Scrfd(detector)
        return cls(
            chosen,
            detector=Detector(proposer, Looks(good_score=family.good_score)),
            embedder=Embedder(embedder, chosen.embedder_scaling),
            limits=limits or family.limits,
            threads=threads,
            liveness=Liveness.load(liveness, threads=threads, provider=provider)
            if liveness
            else None,
        )

    @property
    def model(self) -> str:
        """Name the model that made the embeddings; only those of one model compare."""
        return self.pack.model

    @property
    def provider(self) -> str:
        """Name the execution provider that the embedder runs on."""
        return self.embedder.session.provider

    @property
    def dimensions(self) -> int:
        """Give the length of an embedding."""
        return self.embedder.dimensions

    @property
    def licence(self) -> str:
        """Say under which terms the models may be used."""
        return self.pack.family.licence

    @property
    def yardstick(self) -> Yardstick:
        """Give what this pack's distances mean."""
        return self.pack.family.yardstick

    @property
    def thresholds(self) -> Thresholds:
        """Give the distances recommended for this pack."""
        return self.yardstick.thresholds

    @property
    def calibration(self) -> Calibration:
        """Give what turns this pack's distances into percentages."""
        return self.yardstick.calibration

    def analyse(self, images: Sequence[bytes]) -> list[Analysis]:
        """Analyse posted images, in order; a bad one is refused in its own result alone."""
        return self._shared(self._analyse, images)

    def everybody(self, image: bytes) -> list[Analysis]:
        """Analyse every face of one picture, the one that it is of first, at most MOST_FACES.

        Empty where there is none; a picture that cannot be read gives its refusal alone.
        """
        picture = open_picture(image)
        if not isinstance(picture, Picture):
            return [Analysis(0, 0, None, (), picture)]
        [proposals] = self.detector.find([picture.pixels])
        subjects = everybody(picture, proposals, self.limits.min_score)[:MOST_FACES]
        found = self._measure([picture] * len(subjects), subjects)
        vectors, looks = self._embed(found), self._look([(picture, face) for face in found])
        return [
            self._analysis(picture, face, next(vectors), look)
            for face, look in zip(found, looks, strict=True)
        ]

    def _shared(self, work: Callable[[Sequence[T]], list[R]], items: Sequence[T]) -> list[R]:
        """Do work on items by parts, in as many threads as there are; give the results in order."""
        most = self.embedder.session.batches[0]
        size = max(1, min(most, -(-len(items) // self.threads)))
        parts = [items[start : start + size] for start in range(0, len(items), size)]
        if len(parts) == 1:  # in the caller's thread, past the others' queue
            return work(parts[0])
        return [result for part in self._pool.map(work, parts) for result in part]

    def _analyse(self, images: Sequence[bytes]) -> list[Analysis]:
        pictures = [open_picture(data) for data in images]
        described = iter(self._describe([item for item in pictures if isinstance(item, Picture)]))
        return [
            next(described) if isinstance(item, Picture) else Analysis(0, 0, None, (), item)
            for item in pictures
        ]

    def embed_again(
        self, faces: Sequence[tuple[bytes, NDArray[np.float32] | None]]
    ) -> list[NDArray[np.float32] | None]:
        """Embed faces that were found before, in order: an image and the landmarks (5, 2) there.

        Landmarks are pixels of the upright image; they say which face is meant, and stand in where
        this detector finds none there. Without them the central face is taken. None for an image
        that cannot be read, or where no face is found or known.
        """
        return self._shared(self._embed_again, faces)

    def _embed_again(
        self, faces: Sequence[tuple[bytes, NDArray[np.float32] | None]]
    ) -> list[NDArray[np.float32] | None]:
        opened = [open_picture(data) for data, _ in faces]
        pairs = [
            (item, known)
            for item, (_, known) in zip(opened, faces, strict=True)
            if isinstance(item, Picture)
        ]
        found = self._find([item for item, _ in pairs], [known for _, known in pairs])
        vectors = self._embed(found)
        embedded = iter([next(vectors) if face else None for face in found])
        return [next(embedded) if isinstance(item, Picture) else None for item in opened]

    def _describe(self, pictures: list[Picture]) -> list[Analysis]:
        found = self._find(pictures)
        seen = [(picture, face) for picture, face in zip(pictures, found, strict=True) if face]
        vectors = self._embed(found)
        looks = iter(self._look(seen))
        return [
            self._analysis(picture, face, next(vectors), next(looks))
            if face
            else Analysis(picture.width, picture.height, None, (NO_FACE,))
            for picture, face in zip(pictures, found, strict=True)
        ]

    def _embed(self, found: Sequence[Found | None]) -> Iterator[NDArray[np.float32]]:
        """Give the embeddings of those that are there, in order; poor ones have two views."""
        faces = [face for face in found if face]
        poor = [row for row, face in enumerate(faces) if face.measures.overall() < MIRROR_BELOW]
        return iter(self.embedder.embed([face.aligned for face in faces], twice=poor))

    def _find(
        self, pictures: list[Picture], known: Sequence[NDArray[np.float32] | None] | None = None
    ) -> list[Found | None]:
        """Find the face that each picture is of, or the known one; cut it out and measure it."""
        known = known or [None] * len(pictures)
        proposals = self.detector.find([picture.pixels for picture in pictures])
        subjects = [choose(*item) for item in zip(pictures, proposals, known, strict=True)]
        there = [(item, face) for item, face in zip(pictures, subjects, strict=True) if face]
        cut_out = iter(self._measure([item for item, _ in there], [face for _, face in there]))
        return [next(cut_out) if subject else None for subject in subjects]

    def _measure(self, pictures: Sequence[Picture], subjects: Sequence[Subject]) -> list[Found]:
        """Cut faces out of their pictures, by landmarks found once more, and measure them."""
        landmarks = refine(
            self.detector.proposer,
            [picture.pixels for picture in pictures],
            [subject.box for subject in subjects],
            [subject.landmarks for subject in subjects],
        )
        return [measured(*item) for item in zip(pictures, subjects, landmarks, strict=True)]

    def _look(self, seen: Sequence[tuple[Picture, Found]]) -> list[_Look]:
        """Say of every face whether it is covered, and whether it is alive."""
        covered = covering([face.aligned for _, face in seen])
        pictures, boxes = [one.pixels for one, _ in seen], [face.box for _, face in seen]
        live = self.liveness.judge(pictures, boxes) if self.liveness else [None] * len(seen)
        return [
            _Look(float(lower), float(upper), chance)
            for (lower, upper), chance in zip(covered, live, strict=True)
        ]

    def _analysis(
        self, picture: Picture, found: Found, vector: NDArray[np.float32], look: _Look
    ) -> Analysis:
        left, top, right, bottom = (found.box * picture.scale).tolist()
        measures = found.measures
        face = Face(
            box=(left, top, right - left, bottom - top),
            landmarks=found.landmarks * np.float32(picture.scale),
            score=measures.score,
            quality=measures.overall(),
            roll=measures.pose.roll,
            yaw=measures.pose.yaw,
            pitch=measures.pose.pitch,
            embedding=vector,
            count=found.count,
            lower_covered=look.lower,
            upper_covered=look.upper,
            live=look.live,
        )
        return Analysis(picture.width, picture.height, face, measures.reasons(self.limits))
