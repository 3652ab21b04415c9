"""Measure how coverings are told: `python -m evaluation.train_covering --data FOLDER`.

FOLDER is laid out like LFW. Masks and glasses are drawn onto its faces (evaluation/sheet.py), the
pictures are spoiled as cameras spoil them, and faces are found and aligned anew. The small network
of recognition/covering.py is measured on one third of the people, with kinds of masks and glasses
among them that it never learned from; with `--write` it first learns from the other two thirds.
The figures stand in docs/decisions/covered-faces.md.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
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

from evaluation import lfw
from evaluation.covering_network import keep, learn
from evaluation.drawn_glasses import GLASSES, GLASSES_HELD_BACK, spectacles
from evaluation.drawn_masks import MASKS, MASKS_HELD_BACK
from evaluation.sheet import Draw, Picture, wear
from recognition.alignment import align
from recognition.covering import WEIGHTS, covering
from recognition.detection import Detector
from recognition.engine import Engine
from recognition.images import decode
from recognition.landmarks import refine
from recognition.proposals import central

BATCH = 16
HELD_BACK = 3  # one person in so many is only measured on
SMALLEST_FACE, LARGEST_FACE = 26.0, 130.0
"""Pixels; chosen for each picture between these, but never enlarged."""
EYES_IN_A_FACE = 2.2
COVERED = 0.7
"""The probability from which on a face is called covered: USHER_RECOGNITION__COVERED_THRESHOLD."""
LOOKED_AT = 12  # of the bare faces: those that seem most covered, for people to look at

LOWER, UPPER = (1, 0), (0, 1)
BARE = (0, 0)
BARE_KIND = "bare"

DARK_GLASSES = frozenset(  # a text, for thirty names in quotes would be hard to read
    """
    Abbas_Kiarostami_0001 Andre_Bucher_0001 Annie-Jeanne_Reynaud_0001 Candice_Bergen_0001
    Carla_Sullivan_0001 Connie_Freydell_0001 Dick_Vermeil_0001 Elizabeth_Hurley_0001
    Fernando_Vargas_0002 Fernando_Vargas_0003 Frank_Coraci_0001 Hootie_Johnson_0001
    James_Cameron_0001 James_Cameron_0002 Jane_Fonda_0002 Jessica_Lange_0001 Joey_Mantia_0001
    Juan_Pablo_Montoya_0008 Keanu_Reeves_0006 Keanu_Reeves_0007 Kevin_Costner_0002
    Melanie_Griffith_0001 Michelangelo_Antonioni_0001 Mick_Jagger_0002 Roy_Moore_0006
    Saddam_Hussein_0010 Samuel_Waksal_0002 Steffi_Graf_0004 Taha_Yassin_Ramadan_0013
    Will_Smith_0002
    """.split()  # noqa: SIM905
)
"""LFW's own dark glasses, found by looking at what scored high: not to be learned as bare."""


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


Plan = Callable[[str, np.random.Generator], list[Order]]


def landmarks(detector: Detector, pictures: Sequence[Picture]) -> list[NDArray[np.float32] | None]:
    """Give the landmarks (5, 2) of the face each picture is of, None where none is found."""
    chosen: list[tuple[NDArray[np.float32], NDArray[np.float32]] | None] = []
    for picture, faces in zip(pictures, detector.find(pictures), strict=True):
        height, width = picture.shape[:2]
        row = central(faces.boxes, width, height)[0] if len(faces.scores) else None
        chosen.append(None if row is None else (faces.boxes[row], faces.landmarks[row]))
    shown = [picture for picture, face in zip(pictures, chosen, strict=True) if face]
    boxes, rough = zip(*(face for face in chosen if face), strict=True) if shown else ((), ())
    fine = iter(refine(detector.proposer, shown, boxes, rough))
    return [next(fine) if face else None for face in chosen]


def main(
    data: Annotated[Path, typer.Option(help="folder of NAME/NAME_0001.jpg")],
    seed: Annotated[int, typer.Option(help="of everything drawn at random")] = 1,
    every: Annotated[int, typer.Option(min=1, help="take one image in so many")] = 1,
    *,
    write: Annotated[bool, typer.Option(help="learn anew and replace the weights")] = False,
) -> None:
    """Measure how well coverings are told with the weights there are, or learn them first."""
    console = Console(width=100)
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    known, held = split(data)
    detector = Engine.load().detector
    if write:
        learned = list(make(known[::every], training_orders, detector, rng, console))
        keep(learn(_faces(learned), [sample.label for sample in learned], rng), WEIGHTS)
    measured = list(make(held[::every], measuring_orders, detector, rng, console))
    said = covering(_faces(measured))
    console.print(table(measured, said), *worst(measured, said), sep="\n")


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
    if image in DARK_GLASSES:
        return []
    lower, upper = _one(MASKS, rng), _one(GLASSES, rng)
    return [
        Order(BARE_KIND, BARE, spoil=False),
        Order("bare, spoiled", BARE),
        Order(lower[0], LOWER, (lower[1],)),
        Order(upper[0], UPPER, (upper[1],)),
        rng.choice(
            np.array(
                [
                    Order("spectacles", BARE, (spectacles,)),
                    Order("both", (1, 1), (upper[1], lower[1])),
                    Order("mask and spectacles", LOWER, (spectacles, lower[1])),
                ],
                dtype=object,
            )
        ),
    ]


def measuring_orders(image: str, rng: np.random.Generator) -> list[Order]:
    """Give what to draw onto one image that was held back."""
    if image in DARK_GLASSES:
        return [Order("real dark glasses", UPPER, spoil=False)]
    orders = [Order(BARE_KIND, BARE, spoil=False), Order("bare, spoiled", BARE)]
    for kinds, label, more in (
        (MASKS, LOWER, ""),
        (MASKS_HELD_BACK, LOWER, ", not seen"),
        (GLASSES, UPPER, ""),
        (GLASSES_HELD_BACK, UPPER, ", not seen"),
    ):
        kind, draw = _one(kinds, rng)
        orders.append(Order(f"{kind}{more}", label, (draw,)))
    return [*orders, Order("clear spectacles", BARE, (spectacles,))]


def _one(kinds: Mapping[str, Draw], rng: np.random.Generator) -> tuple[str, Draw]:
    name = str(rng.choice(list(kinds)))
    return name, kinds[name]


def make(
    paths: Sequence[Path],
    plan: Plan,
    detector: Detector,
    rng: np.random.Generator,
    console: Console,
) -> Iterator[Sample]:
    """Draw, spoil, find and align; a picture in which no face is found any more makes no sample."""
    for start in track(range(0, len(paths), BATCH), console=console, description="drawing"):
        part = paths[start : start + BATCH]
        pictures = [decode(path.read_bytes()) for path in part]
        made: list[tuple[str, Order, Picture]] = []
        for path, picture, points in zip(
            part, pictures, landmarks(detector, pictures), strict=True
        ):
            if points is not None:
                made += [
                    (path.stem, order, _picture(picture, points, order, rng))
                    for order in plan(path.stem, rng)
                ]
        found = landmarks(detector, [picture for _, _, picture in made])
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
    face = float(np.linalg.norm(points[1] - points[0])) * EYES_IN_A_FACE
    scale = min(1.0, rng.uniform(SMALLEST_FACE, LARGEST_FACE) / face)
    size = (max(8, round(picture.shape[1] * scale)), max(8, round(picture.shape[0] * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    blur = rng.uniform(0.1, 1.2) * max(0.3, face * scale / 100)
    blurred = np.asarray(cv2.GaussianBlur(small, (0, 0), blur), np.float64)
    lit = 255 * (blurred / 255) ** rng.uniform(0.6, 1.7) * rng.uniform(0.6, 1.25)
    lit = lit * rng.normal(1, 0.06, 3)
    if rng.random() < 0.08:  # noqa: PLR2004 - a camera at night sees no colour
        lit = np.repeat(lit.mean(axis=2, keepdims=True), 3, axis=2)
    noisy = lit + rng.normal(0, rng.uniform(0, 7), lit.shape)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 96))]
    _, stored = cv2.imencode(".jpg", noisy.clip(0, 255).astype(np.uint8)[..., ::-1], quality)
    return decode(stored.tobytes())


def _faces(samples: Sequence[Sample]) -> list[NDArray[np.uint8]]:
    return [sample.aligned for sample in samples]


def table(samples: Sequence[Sample], said: NDArray[np.float32]) -> Table:
    """Show, for each kind, what share of the faces is called covered below and above."""
    made = Table("drawn", "faces", "lower covered", "upper covered", title=f"at {COVERED}")
    kinds = np.array([sample.kind for sample in samples])
    for kind in sorted(set(kinds.tolist())):
        rows = kinds == kind
        shares = (said[rows] >= COVERED).mean(axis=0)
        made.add_row(kind, str(rows.sum()), *(f"{share:.2%}" for share in shares))
    return made


def worst(samples: Sequence[Sample], said: NDArray[np.float32]) -> Iterator[str]:
    """Name the bare faces that seem most covered: some really are, and somebody must look."""
    bare = np.array([sample.kind == BARE_KIND for sample in samples])
    for half, name in enumerate(("lower", "upper")):
        order = np.argsort(-np.where(bare, said[:, half], -1))[:LOOKED_AT]
        named = (f"{samples[row].image} {said[row, half]:.2f}" for row in order)
        yield f"{name}: " + ", ".join(named)


if __name__ == "__main__":
    typer.run(main)
