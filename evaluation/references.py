"""Measure which faces to keep of a person, and how well wrong ones are found out.

`python -m evaluation.references --data FOLDER`, laid out like LFW (NAME/NAME_0001.jpg). The rules
are those of domain/references.py; docs/decisions/references.md says what was chosen, and why.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from domain.policy import MatchPolicy
from domain.records import Id, Reference, Rival
from domain.references import choose, doubtful, lesson
from evaluation import lfw
from evaluation.cast import vary
from recognition.engine import Engine
from recognition.packs import DEFAULT

PHOTOS = 8
"""Of whom so many are there: two thirds are learnt, the others recognised."""
CROPS = 6
"""A visit is a photo, and copies of it as worse cameras would have taken them."""
LEAST_SHARPNESS = 0.3
"""A copy has lost up to so much of its resolution."""
CAPS = (12, 8, 5)
SIZES = (3, 4, 5, 6, 8, 10, 12)
WRONG = (0, 1, 2)

Chance = np.random.Generator
Rule = Callable[[Sequence[Reference], MatchPolicy], list[Reference]]


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of somebody: references made from it, the first from the photo as it is."""

    person: str
    crops: list[Reference]


def main(
    data: Annotated[Path, typer.Option(help="folder of NAME/NAME_0001.jpg")],
    pack: Annotated[str, typer.Option(help="the models")] = DEFAULT,
    draws: Annotated[
        int, typer.Option(help="drawings of who is learnt, and of what is wrong")
    ] = 20,
    threads: Annotated[int, typer.Option(help="threads of a model")] = 1,
) -> None:
    """Measure rules of keeping references, and the finding of wrong ones."""
    console = Console(width=100)
    engine = Engine.load(pack, threads=threads)
    console.print(f"{engine.model} by {engine.provider} ({engine.licence})")
    people = look(engine, data, console)
    policy = policy_of(engine)
    console.print(keeping(people, policy, draws), doubting(people, policy, draws * 25))


def policy_of(engine: Engine) -> MatchPolicy:
    """Return the distances recommended for the engine's models."""
    advised = engine.thresholds
    return MatchPolicy(
        match=advised.match,
        unsure=advised.unsure,
        hint=advised.unsure,
        duplicate=advised.duplicate,
        doubt=advised.doubt,
    )


def look(engine: Engine, folder: Path, console: Console) -> dict[str, list[Photo]]:
    """Return the usable photos of each person, with copies where there are PHOTOS of them."""
    people: dict[str, list[Photo]] = {}
    everybody = lfw.images(folder).items()
    for name, paths in track(everybody, description="looking", console=console, transient=True):
        crops = CROPS if len(paths) >= PHOTOS else 1
        photos = _photos(engine, name, paths, crops)
        if photos:
            people[name] = photos
    return people


def _photos(engine: Engine, name: str, paths: Sequence[Path], crops: int) -> list[Photo]:
    images = [path.read_bytes() for path in paths]
    shown = [_copy(data, seed) if seed else data for data in images for seed in range(crops)]
    found = iter(engine.analyse(shown))
    photos = []
    for path in paths:
        taken = [next(found) for _ in range(crops)]
        faces = [one.face for one in taken if one.face is not None and one.usable]
        if taken[0].usable:
            made = [
                reference(f"{path.stem} {n}", f.embedding, f.quality) for n, f in enumerate(faces)
            ]
            photos.append(Photo(name, made))
    return photos


def _copy(data: bytes, seed: int) -> bytes:
    """Return a photo turned, lit and compressed by chance, with less resolution."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("This is no picture that can be read.")
    share = np.random.default_rng(seed).uniform(LEAST_SHARPNESS, 1)
    small = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    return vary(np.asarray(cv2.resize(small, image.shape[1::-1]), np.uint8), seed)


def reference(name: str, embedding: NDArray[np.float32], quality: float) -> Reference:
    """Return a reference of nobody in particular. `embedding` is (d,) of unit length."""
    return Reference(
        id=Id(name),
        person_id=Id("somebody"),
        detection_id=Id(name),
        image_key="",
        model="one",
        embedding=embedding,
        quality=quality,
        version=0,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def first(shown: Sequence[Reference], policy: MatchPolicy) -> list[Reference]:
    """Keep what comes first, near-duplicates left out, until there is no room."""
    kept: list[Reference] = []
    for face in shown:
        room = len(kept) < policy.max_references
        if room and _matches(kept, face, policy) and lesson(kept, face.embedding, policy):
            kept.append(face)
    return kept


def learn(shown: Sequence[Reference], policy: MatchPolicy) -> list[Reference]:
    """Keep what the worker keeps, as one face comes after the other."""
    kept: list[Reference] = []
    for face in shown:
        learnt = _matches(kept, face, policy) and lesson(kept, face.embedding, policy)
        if learnt:
            kept = [r for r in kept if r is not learnt.instead_of] + [face]
    return kept


def _matches(kept: Sequence[Reference], face: Reference, policy: MatchPolicy) -> bool:
    """Tell whether a face would be recognised, for only then is it learnt."""
    return not kept or bool(_similarity(kept, [face]).max() >= 1 - policy.match)


def best(shown: Sequence[Reference], policy: MatchPolicy) -> list[Reference]:
    """Keep those of the best quality."""
    return sorted(shown, key=lambda r: -r.quality)[: policy.max_references]


def central(shown: Sequence[Reference], policy: MatchPolicy) -> list[Reference]:
    """Keep those nearest to the mean."""
    mean = np.mean([r.embedding for r in shown], axis=0)
    return sorted(shown, key=lambda r: -float(r.embedding @ mean))[: policy.max_references]


RULES: dict[str, Rule] = {
    "one by one: the first": first,
    "one by one: as they are learnt": learn,
    "of all: the best": best,
    "of all: the most central": central,
    "of all: as they are trimmed": choose,
}


def keeping(people: dict[str, list[Photo]], policy: MatchPolicy, draws: int) -> Table:
    """Learn people from some of their photos by each rule, and recognise them by the others."""
    several = {name: photos for name, photos in people.items() if len(photos) >= PHOTOS}
    title = f"Recognised at the match threshold, of {len(several)} people, mean of {draws} draws"
    table = Table("references kept", *(f"at most {cap}" for cap in CAPS), title=title)
    for name, rule in RULES.items():
        rates = [
            np.mean(
                [
                    recognised(several, rule, replace(policy, max_references=cap), seed)
                    for seed in range(draws)
                ]
            )
            for cap in CAPS
        ]
        table.add_row(name, *(f"{100 * rate:.2f} %" for rate in rates))
    return table


def recognised(people: dict[str, list[Photo]], rule: Rule, policy: MatchPolicy, seed: int) -> float:
    """Return the share of photos not learnt whose nearest reference is right and a match (TPIR)."""
    chance = np.random.default_rng(seed)
    kept: list[tuple[str, Reference]] = []
    probes: list[tuple[str, Reference]] = []
    for name, photos in people.items():
        order = [photos[at] for at in chance.permutation(len(photos))]
        learnt = 2 * len(order) // 3
        shown = [crop for photo in order[:learnt] for crop in photo.crops]
        kept += [(name, r) for r in rule(shown, policy)]
        probes += [(name, photo.crops[0]) for photo in order[learnt:]]
    similar = _similarity([r for _, r in kept], [r for _, r in probes])
    nearest = similar.argmax(axis=0)
    right = [kept[at][0] == name for at, (name, _) in zip(nearest, probes, strict=True)]
    return float(np.mean(np.array(right) & (similar.max(axis=0) >= 1 - policy.match)))


def _similarity(some: Sequence[Reference], others: Sequence[Reference]) -> NDArray[np.float32]:
    """Return the cosine of each of some with each of others (some, others)."""
    return np.stack([r.embedding for r in some]) @ np.stack([r.embedding for r in others]).T


def doubting(people: dict[str, list[Photo]], policy: MatchPolicy, draws: int) -> Table:
    """Plant photos of somebody else among a person's; count which photos are doubted.

    Where they are "known", somebody else is recognised too, by one more photo.
    """
    heads = (f"{wrong} wrong{' + known' if known else ''}" for wrong, known in _columns())
    title = f"Of wrong ones found / of right ones doubted, {draws} draws"
    table = Table("references", *heads, title=title)
    for size in SIZES:
        row = [
            _shares(planted(people, policy, size=size, wrong=wrong, draws=draws, known=known))
            if 2 * wrong < size
            else ""
            for wrong, known in _columns()
        ]
        table.add_row(str(size), *row)
    return table


def _columns() -> Iterator[tuple[int, bool]]:
    for wrong in WRONG:
        yield from ((wrong, known) for known in ((False, True) if wrong else (False,)))


@dataclass(slots=True)
class Found:
    """How many wrong references there were, and were doubted; how many right ones."""

    wrong: int = 0
    wrong_doubted: int = 0
    right: int = 0
    right_doubted: int = 0


def planted(
    people: dict[str, list[Photo]],
    policy: MatchPolicy,
    *,
    size: int,
    wrong: int,
    draws: int,
    known: bool,
) -> Found:
    """Draw people with `size` references, `wrong` of them of one other person; doubt them."""
    enough = sorted(name for name, photos in people.items() if len(photos) >= size - wrong)
    donors = sorted(name for name, photos in people.items() if len(photos) > wrong)
    found, chance = Found(), np.random.default_rng(size)
    for _ in range(draws if len(enough) > 1 else 0):
        name = enough[chance.integers(len(enough))]
        donor = next(one for one in chance.permutation(donors) if one != name)
        right = _some(people[name], size - wrong, chance)
        *strange, theirs = _some(people[donor], wrong + 1, chance)
        others = _others([*right, *strange], donor, theirs) if known else {}
        doubted = doubtful([*right, *strange], policy, others)
        found.wrong += wrong
        found.right += len(right)
        found.wrong_doubted += sum(r.id in doubted for r in strange)
        found.right_doubted += sum(r.id in doubted for r in right)
    return found


def _some(photos: Sequence[Photo], count: int, chance: Chance) -> list[Reference]:
    return [photos[at].crops[0] for at in chance.permutation(len(photos))[:count]]


def _others(references: Sequence[Reference], donor: str, theirs: Reference) -> dict[Id, Rival]:
    near = 1 - _similarity(references, [theirs])[:, 0]
    return {
        r.id: Rival(person_id=Id(donor), distance=float(distance))
        for r, distance in zip(references, near, strict=True)
    }


def _shares(found: Found) -> str:
    right = f"{100 * found.right_doubted / max(found.right, 1):.2f} %"
    wrong = f"{100 * found.wrong_doubted / found.wrong:.1f} % / " if found.wrong else ""
    return wrong + right if found.right else ""


if __name__ == "__main__":
    typer.run(main)
