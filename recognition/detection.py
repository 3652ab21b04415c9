"""Faces in pictures of any size and framing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from recognition.letterbox import Letterbox, letterbox
from recognition.proposals import Proposals
from recognition.runtime import Session

NOTHING = Proposals(
    np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), np.zeros(0, np.float32)
)


class Proposer(Protocol):
    """A detector network behind a plain face: canvases (n, side, side, 3) in, proposals out."""

    session: Session

    def propose(self, canvases: NDArray[np.uint8]) -> list[Proposals]:
        """Find faces on RGB canvases of one size."""


class View(NamedTuple):
    """One way to look at a picture: the canvas, and the share of it that the picture covers."""

    side: int
    fill: float = 1.0
    enlarge: bool = False


@dataclass(frozen=True, slots=True)
class Looks:
    """Up to which size a picture is a crop, and the views tried until one shows a face well.

    Well is with a score of `good_score`; where no view shows one so, the best is taken.
    A tight crop is hard for a detector that was trained on whole scenes: with black around it and
    smaller, the same face is found. A tiny one is enlarged.
    """

    good_score: float = 0.8
    crop_side: int = 640
    crop: tuple[View, ...] = (
        View(256, enlarge=True),
        View(256, 0.6, enlarge=True),
        View(640, enlarge=True),
    )
    scene: tuple[View, ...] = (View(640), View(256), View(256, 0.6))


class Detector:
    """Finds faces in pictures, many at once."""

    def __init__(self, proposer: Proposer, looks: Looks | None = None) -> None:
        self.proposer = proposer
        self._looks = looks or Looks()

    def find(self, images: Sequence[NDArray[np.uint8]]) -> list[Proposals]:
        """Give the faces of each RGB picture (h, w, 3), in its own pixels, best first."""
        found = [NOTHING] * len(images)
        plans = [self._views(image) for image in images]
        for attempt in range(max(map(len, plans), default=0)):
            open_rows = [
                row for row, faces in enumerate(found) if _best(faces) < self._looks.good_score
            ]
            views: dict[View, list[int]] = {}
            for row in open_rows:
                if attempt < len(plans[row]):
                    views.setdefault(plans[row][attempt], []).append(row)
            for view, rows in views.items():
                for row, faces in zip(rows, self._look(images, rows, view), strict=True):
                    found[row] = max(found[row], faces, key=_best)
        return found

    def _views(self, image: NDArray[np.uint8]) -> tuple[View, ...]:
        is_crop = max(image.shape[:2]) <= self._looks.crop_side
        return self._looks.crop if is_crop else self._looks.scene

    def _look(
        self, images: Sequence[NDArray[np.uint8]], rows: list[int], view: View
    ) -> list[Proposals]:
        placed = [
            letterbox(images[row], view.side, fill=view.fill, enlarge=view.enlarge) for row in rows
        ]
        proposed = self.proposer.propose(np.stack([canvas for canvas, _ in placed]))
        return [_back(faces, box) for faces, (_, box) in zip(proposed, placed, strict=True)]


def _best(faces: Proposals) -> float:
    return float(faces.scores.max(initial=0.0))


def _back(faces: Proposals, box: Letterbox) -> Proposals:
    boxes = box.back(faces.boxes.reshape(-1, 2, 2)).reshape(-1, 4)
    return Proposals(boxes, box.back(faces.landmarks), faces.scores)
