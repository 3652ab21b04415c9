"""Learn whether faces are covered: `python -m evaluation.train_covering --data FOLDER`.

FOLDER is laid out like LFW. Masks and glasses are drawn onto its faces (evaluation/
drawn_coverings.py), the pictures are spoiled as cameras spoil them, faces are found and aligned
anew, and a small network learns from two thirds of the people (recognition/covering.py, whose
weights `--write` replaces). It is measured on the other third, with kinds of masks and glasses that
it has not seen. The figures stand in docs/decisions/covered-faces.md.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NamedTuple

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from evaluation import drawn_coverings as drawn
from evaluation import lfw
from evaluation.drawn_coverings import Draw, Picture, wear
from recognition.alignment import align
from recognition.covering import WEIGHTS, Weights, features, respond
from recognition.detection import Detector, Looks
from recognition.folding import free_sides, load_folded
from recognition.images import decode
from recognition.packs import find_pack
from recognition.proposals import central
from recognition.runtime import open_session
from recognition.yunet import YuNet

BATCH = 16
HELD_BACK = 3  # one person in so many is only measured on
HIDDEN = 24
EPOCHS = 40
RATE, DECAY = 2e-3, 1e-3
PATIENT = (0.9, 0.999)  # Adam's means of the gradient and its square
DROPPED = 0.2  # share of the inputs left out at each step, so that none is relied on
SMALLEST_FACE = 26.0
COVERED = 0.9
"""The probability from which on a face is called covered: domain/policy.py."""

LOWER, UPPER = (1, 0), (0, 1)
BARE = (0, 0)

REALLY_DARK: frozenset[str] = frozenset()
"""LFW's own dark glasses, found by looking at what scored high: not bare, so not learned as such."""


class Sample(NamedTuple):
    """One aligned face, the kind of covering drawn onto it, and its label (lower, upper)."""

    image: str
    kind: str
    label: tuple[int, int]
    aligned: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Order:
    """One picture to make: what to draw, what that means, and whether to spoil the picture."""

    kind: str
    label: tuple[int, int]
    draws: tuple[Draw, ...] = ()
    spoil: bool = True


class Finder:
    """Finds faces and aligns them, as the engine does for the default pack."""

    def __init__(self) -> None:
        pack = find_pack()
        session = open_session(free_sides(load_folded(pack.detector)))
        self._detector = Detector(YuNet(session), Looks(good_score=pack.good_score))

    def landmarks(self, pictures: Sequence[Picture]) -> list[NDArray[np.float32] | None]:
        """Give the landmarks (5, 2) of the central face of each picture, None where none is."""
        found = []
        for picture, faces in zip(pictures, self._detector.find(pictures), strict=True):
            height, width = picture.shape[:2]
            some = len(faces.scores) > 0
            found.append(faces.landmarks[central(faces.boxes, width, height)] if some else None)
        return found


def main(
    data: Annotated[Path, typer.Option(help="folder of NAME/NAME_0001.jpg")],
    seed: Annotated[int, typer.Option(help="of everything drawn at random")] = 1,
    write: Annotated[bool, typer.Option(help="replace the weights that Usher uses")] = False,
) -> None:
    """Learn, measure and say how well it went."""
    console = Console(width=100)
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    known, held = split(data)
    finder = Finder()
    learned = list(make(known, training_orders, finder, rng, console))
    weights = learn(learned, rng)
    if write:
        keep(weights, WEIGHTS)
    measured = list(make(held, measuring_orders, finder, rng, console))
    console.print(table(measured, weights))


def split(folder: Path) -> tuple[list[Path], list[Path]]:
    """Give the images to learn from and those to measure on: no person is in both."""
    known: list[Path] = []
    held: list[Path] = []
    for name, paths in lfw.images(folder).items():
        digest = hashlib.sha256(name.encode()).digest()
        (held if digest[0] % HELD_BACK == 0 else known).extend(paths)
    return known, held


def training_orders(image: str, rng: np.random.Generator) -> list[Order]:
    """Give what to draw onto one image to learn from it."""
    if image in REALLY_DARK:
        return []
    lower, upper = _one(drawn.LOWER, rng), _one(drawn.UPPER, rng)
    return [
        Order("bare", BARE, spoil=False),
        Order("bare", BARE),
        Order(lower[0], LOWER, (lower[1],)),
        Order(upper[0], UPPER, (upper[1],)),
        rng.choice(
            np.array(
                [
                    Order("spectacles", BARE, (drawn.spectacles,)),
                    Order("both", (1, 1), (upper[1], lower[1])),
                    Order("spectacles", LOWER, (drawn.spectacles, lower[1])),
                ],
                dtype=object,
            )
        ),
    ]


def measuring_orders(image: str, rng: np.random.Generator) -> list[Order]:
    """Give what to draw onto one image that was held back."""
    if image in REALLY_DARK:
        return [Order("real dark glasses", UPPER, spoil=False)]
    orders = [Order("bare", BARE, spoil=False), Order("bare, spoiled", BARE)]
    for kinds, label, more in (
        (drawn.LOWER, LOWER, ""),
        (drawn.LOWER_HELD_BACK, LOWER, ", not seen"),
        (drawn.UPPER, UPPER, ""),
        (drawn.UPPER_HELD_BACK, UPPER, ", not seen"),
    ):
        kind, draw = _one(kinds, rng)
        orders.append(Order(f"{kind}{more}", label, (draw,)))
    return [*orders, Order("clear spectacles", BARE, (drawn.spectacles,))]


def _one(kinds: Mapping[str, Draw], rng: np.random.Generator) -> tuple[str, Draw]:
    name = str(rng.choice(list(kinds)))
    return name, kinds[name]


def make(
    paths: Sequence[Path], plan, finder: Finder, rng: np.random.Generator, console: Console
) -> Iterator[Sample]:
    """Draw, spoil, find and align; a picture in which no face is found any more makes no sample."""
    for start in track(range(0, len(paths), BATCH), console=console, description="drawing"):
        part = paths[start : start + BATCH]
        pictures = [decode(path.read_bytes()) for path in part]
        made: list[tuple[str, Order, Picture]] = []
        for path, picture, points in zip(part, pictures, finder.landmarks(pictures), strict=True):
            if points is not None:
                for order in plan(path.stem, rng):
                    made.append((path.stem, order, _picture(picture, points, order, rng)))
        found = finder.landmarks([picture for _, _, picture in made])
        for (image, order, picture), points in zip(made, found, strict=True):
            if points is not None:
                yield Sample(image, order.kind, order.label, align(picture, points))


def _picture(
    picture: Picture, points: NDArray[np.float32], order: Order, rng: np.random.Generator
) -> Picture:
    for draw in order.draws:
        picture = wear(picture, points, draw, rng)
    return spoil(picture, points, rng) if order.spoil else picture


def spoil(picture: Picture, points: NDArray[np.float32], rng: np.random.Generator) -> Picture:
    """Give a picture as a cheap camera may: smaller, blurred, badly lit, noisy, as JPEG."""
    eyes = float(np.linalg.norm(points[1] - points[0]))
    face = eyes * 2.2
    scale = min(1.0, rng.uniform(SMALLEST_FACE, 130) / face)
    size = (max(8, round(picture.shape[1] * scale)), max(8, round(picture.shape[0] * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    small = cv2.GaussianBlur(small, (0, 0), rng.uniform(0.1, 1.2) * max(0.3, face * scale / 100))
    lit = 255 * (small / 255) ** rng.uniform(0.6, 1.7) * rng.uniform(0.6, 1.25)
    lit = lit * rng.normal(1, 0.06, 3)
    if rng.random() < 0.08:  # noqa: PLR2004 - a camera at night sees no colour
        lit = np.repeat(lit.mean(axis=2, keepdims=True), 3, axis=2)
    noisy = lit + rng.normal(0, rng.uniform(0, 7), lit.shape)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 96))]
    _, stored = cv2.imencode(".jpg", noisy.clip(0, 255).astype(np.uint8)[..., ::-1], quality)
    return decode(stored.tobytes())


def learn(samples: Sequence[Sample], rng: np.random.Generator) -> Weights:
    """Fit the network by Adam (Kingma and Ba, 2015) on faces and their mirror images."""
    described = describe(samples)
    labels = np.array([sample.label for sample in samples] * 2, dtype=np.float32)
    mean, scale = described.mean(axis=0), described.std(axis=0) + 1e-3
    weights = Weights(mean, scale, *_begin(described.shape[1], rng))
    inputs = (described - mean) / scale
    moments = [[np.zeros_like(part) for part in weights[2:]] for _ in PATIENT]
    steps = EPOCHS * (len(inputs) // 64)
    for step in range(steps):
        rows = rng.integers(len(inputs), size=64)
        kept = (rng.random(inputs.shape[1]) > DROPPED) / np.float32(1 - DROPPED)
        slopes = _slopes(weights, inputs[rows] * kept, labels[rows])
        rate = RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
        _step(weights, moments, slopes, step + 1, rate)
    return weights


def describe(samples: Sequence[Sample]) -> NDArray[np.float32]:
    """Give the features of all samples, then those of their mirror images."""
    faces = [sample.aligned for sample in samples]
    parts = [np.stack(faces[at : at + 256]) for at in range(0, len(faces), 256)]
    return np.concatenate([features(part[:, :, ::way]) for way in (1, -1) for part in parts])


def _begin(count: int, rng: np.random.Generator) -> list[NDArray[np.float32]]:
    first = rng.normal(0, count**-0.5, (count, HIDDEN))
    second = rng.normal(0, HIDDEN**-0.5, (HIDDEN, 2))
    parts = (first, np.zeros(HIDDEN), second, np.zeros(2))
    return [part.astype(np.float32) for part in parts]


def _slopes(
    weights: Weights, inputs: NDArray[np.float32], labels: NDArray[np.float32]
) -> list[NDArray[np.float32]]:
    """Give the gradient of the mean cross entropy for each of the four parts that are learned."""
    hidden = np.tanh(inputs @ weights.first + weights.first_bias)
    said = 1 / (1 + np.exp(-(hidden @ weights.second + weights.second_bias)))
    wrong = (said - labels * 0.98 - 0.01) / len(labels)
    back = (wrong @ weights.second.T) * (1 - hidden**2)
    return [
        inputs.T @ back + DECAY * weights.first,
        back.sum(axis=0),
        hidden.T @ wrong + DECAY * weights.second,
        wrong.sum(axis=0),
    ]


def _step(weights: Weights, moments, slopes, count: int, rate: float) -> None:
    """Move the weights, in place, one step of Adam."""
    for part, mean, square, slope in zip(weights[2:], *moments, slopes, strict=True):
        mean += (1 - PATIENT[0]) * (slope - mean)
        square += (1 - PATIENT[1]) * (slope**2 - square)
        sure, rough = (
            moment / (1 - patience**count)
            for moment, patience in zip((mean, square), PATIENT, strict=True)
        )
        part -= np.float32(rate) * sure / (np.sqrt(rough) + np.float32(1e-8))


def keep(weights: Weights, path: Path) -> None:
    """Write the weights in half precision, which changes no answer by a thousandth."""
    stored = {name: part.astype(np.float16) for name, part in weights._asdict().items()}
    np.savez_compressed(path, **stored)


def table(samples: Sequence[Sample], weights: Weights) -> Table:
    """Say, for each kind, what share of the faces is called covered below and above."""
    made = Table("drawn", "faces", "lower covered", "upper covered", title=f"at {COVERED}")
    said = respond(describe(samples)[: len(samples)], weights) >= COVERED
    kinds = np.array([sample.kind for sample in samples])
    for kind in dict.fromkeys(kinds):
        rows = kinds == kind
        made.add_row(kind, str(rows.sum()), *(f"{share:.2%}" for share in said[rows].mean(axis=0)))
    return made


if __name__ == "__main__":
    typer.run(main)
