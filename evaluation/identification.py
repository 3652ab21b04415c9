"""Searching for people who may not be known: finding the right one, leaving strangers alone.

A gallery holds people with one reference or several; a search gives each person the similarity of
the nearest of theirs. TPIR is the share of searches for somebody known that name the right person
above a threshold, FPIR the share of searches for strangers that name anybody (ISO/IEC 19795-1).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluation import verification
from evaluation.verification import NO_FACE, Rates, Scores

PROBES_AT_ONCE = 256
NOBODY = -1

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class OpenSet:
    """References (r, d) of persons, and probes of them and of strangers.

    `owners` (r,) and `truth` (p,) are numbers of persons, from 0; the owners in order. A probe in
    which no face was found is a row of zeros: it is never named.
    """

    references: Vectors
    owners: NDArray[np.int64]
    probes: Vectors
    truth: NDArray[np.int64]
    strangers: Vectors

    @property
    def persons(self) -> int:
        """Count the people in the gallery."""
        return len(np.unique(self.owners))

    def filled(self, more: Vectors) -> "OpenSet":
        """Add a person for each of these vectors, each with this one reference."""
        last = int(self.owners.max())
        owners = np.concatenate([self.owners, last + 1 + np.arange(len(more))])
        references = np.concatenate([self.references, more])
        return OpenSet(references, owners, self.probes, self.truth, self.strangers)


class Found(NamedTuple):
    """What searches gave, one a row.

    `rank` is the place of the right person, 1 the nearest, with everybody as near before them (a
    tie counts against us); 0 for a stranger. `best` is the similarity of the nearest person.
    """

    rank: NDArray[np.int64]
    best: Scores


def split(
    people: Mapping[str, Sequence[str]], references: int
) -> tuple[dict[str, Sequence[str]], list[str], list[str]]:
    """Give each known person's reference images, the images to search by, and the strangers'.

    Known is who has an image more than references: the first images are references, the others
    probes. Strangers are everybody with one image.
    """
    known = {name: images for name, images in people.items() if len(images) > references}
    probes = [image for images in known.values() for image in images[references:]]
    strangers = [images[0] for images in people.values() if len(images) == 1]
    return {name: images[:references] for name, images in known.items()}, probes, strangers


def search(gallery: OpenSet, probes: Vectors, truth: NDArray[np.int64] | None = None) -> Found:
    """Search for each probe (p, d); `truth` (p,) says whose they are, None that nobody knows."""
    starts = np.flatnonzero(np.diff(gallery.owners, prepend=NOBODY))
    ranks, best = [], []
    for start in range(0, len(probes), PROBES_AT_ONCE):
        part = probes[start : start + PROBES_AT_ONCE]
        similar = np.maximum.reduceat(part @ gallery.references.T, starts, axis=1)
        similar[~part.any(axis=1)] = NO_FACE
        best.append(similar.max(axis=1))
        if truth is not None:
            own = similar[np.arange(len(part)), truth[start : start + PROBES_AT_ONCE]]
            ranks.append((similar >= own[:, None]).sum(axis=1))
    rank = np.concatenate(ranks) if ranks else np.zeros(len(probes), dtype=np.int64)
    return Found(rank.astype(np.int64), np.concatenate([*best, np.zeros(0, np.float32)]))


def rank_rate(known: Found, k: int) -> float:
    """Give the share of searches in which the right person is among the `k` nearest."""
    return float((known.rank <= k).mean())


def named_rightly(known: Found) -> Scores:
    """Give the similarity at which each search names the right person; never, for the others."""
    return np.where(known.rank == 1, known.best, np.float32(-np.inf)).astype(np.float32)


def rate_at(known: Found, strangers: Found, false_rate: float) -> float:
    """Give TPIR at the threshold above which at most so large a share of strangers lies."""
    return verification.true_rate(named_rightly(known), strangers.best, false_rate)


def curve(known: Found, strangers: Found) -> tuple[Rates, Rates]:
    """Give FPIR and TPIR at the similarity of each stranger, the strictest first."""
    thresholds = np.unique(strangers.best)[::-1]
    rightly = named_rightly(known)
    false = 1 - np.searchsorted(np.sort(strangers.best), thresholds, "right") / len(strangers.best)
    true = 1 - np.searchsorted(np.sort(rightly), thresholds, "right") / len(rightly)
    return false, true


def kept_promise(strangers: Scores, promised: float) -> float:
    """Give the share of strangers named by a threshold that other strangers were to hold it at.

    The threshold is set on every second stranger and counted on the rest, then the other way round.
    """
    halves = strangers[::2], strangers[1::2]
    named = [
        (shown > verification.threshold_at(chosen, promised)).sum()
        for chosen, shown in (halves, halves[::-1])
    ]
    return float(sum(named) / len(strangers))
