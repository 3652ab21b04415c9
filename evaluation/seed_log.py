"""The log of a made-up installation: its crops and its visits."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.records import Best, Detection, DetectionStatus, Id, Image, MatchKind, Visit
from evaluation.portraits import Portrait
from evaluation.seed_cast import Cast
from evaluation.seed_house import House, Ids
from evaluation.seed_plan import Fate, Plan
from storage.documents import Document, object_ids, to_document
from storage.log import marked

BATCH = 5_000
# A worker answers so long after a crop has come.
_ANSWERED = timedelta(milliseconds=400)
_VARIANTS = 8
_RIVALS, _UNSURE = 0.25, 0.03
# Distances from which on people are as likely somebody else.
_HALFWAY, _STEEP = 0.62, 14.0
_STATUS = {
    Fate.CLASSIFIED: DetectionStatus.CLASSIFIED,
    Fate.UNUSABLE: DetectionStatus.UNUSABLE,
    Fate.FAILED: DetectionStatus.FAILED,
    Fate.SPOOF: DetectionStatus.SPOOF,
}
_REASONS = (
    ["too_small"],
    ["blurred"],
    ["too_small", "blurred"],
    ["extreme_pose"],
    ["no_face"],
    ["low_score"],
    ["too_dark"],
    ["cut_off"],
)
_OFTEN = (0.3, 0.2, 0.15, 0.13, 0.1, 0.05, 0.04, 0.03)
_ERROR = "The worker was killed while it had this crop."


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What was planned, with ids. Pictures taken before `oldest_image` are gone, unless kept."""

    plan: Plan
    cast: Cast
    house: House
    crop_ids: tuple[Id, ...]
    visit_ids: tuple[Id, ...]
    reference_ids: tuple[Id, ...]
    first_crop: NDArray[np.int64]
    kept: NDArray[np.bool_]
    model: str
    oldest_image: float

    @classmethod
    def begin(cls, ids: Ids, plan: Plan, **parts: Any) -> "Log":
        """Give every crop, visit and reference its id."""
        kept = np.zeros(len(plan.crop_at), bool)
        kept[plan.chosen] = True
        visits, rows = np.unique(plan.crop_visit, return_index=True)
        return cls(
            plan=plan,
            crop_ids=tuple(ids(at) for at in plan.crop_at),
            visit_ids=tuple(ids(at) for at in plan.visit_start),
            reference_ids=tuple(ids(at) for at in plan.crop_at[plan.chosen]),
            first_crop=rows[visits >= 0],
            kept=kept,
            **parts,
        )

    def first_chosen(self) -> dict[int, int]:
        """Return, by person, which of the references is their first."""
        people, first = np.unique(self.plan.crop_person[self.plan.chosen], return_index=True)
        return dict(zip(people.tolist(), first.tolist(), strict=True))

    def portrait(self, row: int) -> Portrait:
        """Return the picture of a crop; of one that shows nobody, that of who was beside it."""
        visit = int(self.plan.crop_visit[row])
        person = int(self.plan.visit_person[visit if visit >= 0 else -2 - visit])
        portraits = self.cast.portraits_of(person)
        return portraits[row % len(portraits)]

    def key(self, row: int) -> str:
        """Return the key of a crop's picture; nothing where it is gone by age.

        All of a week share theirs, for they will be gone at about the same time.
        """
        at = float(self.plan.crop_at[row])
        if self.kept[row]:
            return f"seeded/kept/{self.portrait(row).sha256[:12]}.jpg"
        if at < self.oldest_image:
            return ""
        return (
            f"seeded/{datetime.fromtimestamp(at, UTC):%G-%V}/{self.portrait(row).sha256[:12]}.jpg"
        )

    def pictures(self) -> dict[str, bytes]:
        """Return every picture there is to be, by key."""
        found = dict[str, bytes]()
        for row in np.flatnonzero(self.kept | (self.plan.crop_at >= self.oldest_image)).tolist():
            key = self.key(row)
            if key not in found:
                found[key] = self.portrait(row).data
        return found


def detections(log: Log) -> Iterator[list[Document]]:
    """Give the documents of the log, so many at a time; by pattern, for there may be a million."""
    chance = np.random.default_rng(len(log.plan.crop_at))
    write = _Writer(log)
    for start in range(0, len(log.plan.crop_at), BATCH):
        rows = np.arange(start, min(start + BATCH, len(log.plan.crop_at)))
        yield write.rows(rows, chance)


class _Writer:
    """Makes documents of crops, after the patterns that records have."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._cameras = object_ids(camera.id for camera in log.house.cameras)
        self._sites = object_ids(camera.site_id for camera in log.house.cameras)
        self._people = object_ids(log.cast.ids)
        self._visits = object_ids(log.visit_ids)
        references = object_ids(log.reference_ids)
        self._references = {who: references[n] for who, n in log.first_chosen().items()}
        self._faces = lru_cache(maxsize=None)(_variants)
        self._pattern = _pattern(log)

    def rows(self, rows: NDArray[np.int64], chance: np.random.Generator) -> list[Document]:
        """Return the documents of these rows."""
        plan = self._log.plan
        people = plan.crop_person[rows]
        embeddings = self._log.cast.embeddings(np.maximum(people, 0), chance)
        draws = chance.random((len(rows), 4))
        return [
            marked(self._one(row, person, embeddings[n], draws[n]))
            for n, (row, person) in enumerate(zip(rows.tolist(), people.tolist(), strict=True))
        ]

    def _one(
        self, row: int, person: int, embedding: NDArray[np.float32], draw: NDArray[np.float64]
    ) -> Document:
        log, plan = self._log, self._log.plan
        camera, fate = int(plan.crop_camera[row]), Fate(int(plan.crop_fate[row]))
        at = datetime.fromtimestamp(float(plan.crop_at[row]), UTC)
        portrait = log.portrait(row)
        document = {
            **self._pattern,
            "_id": object_ids([log.crop_ids[row]])[0],
            "camera_id": self._cameras[camera],
            "site_id": self._sites[camera],
            "captured_at": at,
            "received_at": at + timedelta(milliseconds=30 + 200 * draw[0]),
            "classified_at": at + _ANSWERED,
            "image": {**_image(portrait), "key": log.key(row)},
            "status": _STATUS[fate].value,
            "face": self._faces(portrait)[row % _VARIANTS],
            "kept": bool(log.kept[row]),
        }
        if fate is Fate.CLASSIFIED:
            visit = int(plan.crop_visit[row])
            return document | {
                "track": f"{visit % 10_000}",
                "embedding": embedding.tobytes(),
                "model": log.model,
                "person_id": self._people[person],
                "visit_id": self._visits[visit],
                "match": self._match(person, int(plan.nth[row]), draw),
            }
        return document | _lost(fate, draw)

    def _match(self, person: int, nth: int, draw: NDArray[np.float64]) -> Document:
        """Return how somebody was recognised; a stranger at first, and unsure now and then."""
        if nth == 0:
            kind, distance = MatchKind.STRANGER, 0.72 + 0.2 * draw[1]
        elif draw[2] < _UNSURE:
            kind, distance = MatchKind.UNSURE, 0.58 + 0.1 * draw[1]
        else:
            kind, distance = MatchKind.MATCH, 0.12 + 0.42 * draw[1] ** 1.5
        sure = 1 / (1 + np.exp(_STEEP * (distance - _HALFWAY)))
        rival = None
        if draw[2] > 1 - _RIVALS:
            other = self._people[int(draw[3] * len(self._people))]
            rival = {"person_id": other, "distance": distance + 0.05 + 0.2 * draw[0]}
        return {
            "kind": kind.value,
            "distance": float(distance),
            "confidence": float(sure),
            "reference_id": self._references.get(person) if nth else None,
            "runner_up": rival,
            "low": float(max(0.0, sure - 0.04)),
            "high": float(min(1.0, sure + 0.02)),
        }


def _lost(fate: Fate, draw: NDArray[np.float64]) -> Document:
    """Return what the log says of a crop by which nobody was recognised."""
    if fate is Fate.FAILED:
        return {"face": None, "classified_at": None, "error": _ERROR}
    if fate is Fate.SPOOF:
        return {"reasons": ["spoof"]}
    reasons = _REASONS[int(np.searchsorted(np.cumsum(_OFTEN), draw[1]))]
    return {"reasons": reasons, **({"face": None} if "no_face" in reasons else {})}


@cache
def _image(portrait: Portrait) -> Document:
    return to_document(
        Image(
            key="",
            sha256=portrait.sha256,
            bytes=len(portrait.data),
            width=portrait.width,
            height=portrait.height,
            media_type="image/jpeg",
        )
    )


def _variants(portrait: Portrait) -> list[Document]:
    """Return a face as it was found on several pictures."""
    chance = np.random.default_rng(len(portrait.data))
    return [
        to_document(
            replace(
                portrait.face,
                quality=float(np.clip(portrait.face.quality + chance.uniform(-0.2, 0.15), 0, 1)),
                score=float(np.clip(portrait.face.score + chance.uniform(-0.1, 0.04), 0, 1)),
                yaw=portrait.face.yaw + float(chance.uniform(-12, 12)),
                pitch=portrait.face.pitch + float(chance.uniform(-8, 8)),
                roll=portrait.face.roll + float(chance.uniform(-5, 5)),
            )
        )
        for _ in range(_VARIANTS)
    ]


def _pattern(log: Log) -> Document:
    """Return the document of a crop as it comes in."""
    camera, now = log.house.cameras[0], datetime.now(UTC)
    portrait = log.cast.portraits_of(0)[0]
    return to_document(
        Detection(
            id=log.crop_ids[0],
            camera_id=camera.id,
            site_id=camera.site_id,
            captured_at=now,
            received_at=now,
            image=Image(**_image(portrait)),
            status=DetectionStatus.NEW,
        )
    )


def visits(log: Log, now: float, gap: float) -> Iterator[list[Visit]]:
    """Give the visits, so many at a time; one in which somebody was just seen is open."""
    plan = log.plan
    counts = np.bincount(plan.crop_visit[plan.crop_visit >= 0], minlength=len(plan.visit_start))
    cameras = _cameras(plan, len(log.house.cameras))
    for start in range(0, len(plan.visit_start), BATCH):
        rows = range(start, min(start + BATCH, len(plan.visit_start)))
        yield [
            Visit(
                id=log.visit_ids[n],
                person_id=log.cast.ids[plan.visit_person[n]],
                site_id=log.house.sites[plan.visit_site[n]].id,
                opened_at=datetime.fromtimestamp(plan.visit_start[n], UTC),
                last_seen_at=datetime.fromtimestamp(plan.visit_end[n], UTC),
                open=bool(plan.visit_end[n] > now - gap),
                ordinal=int(plan.visit_ordinal[n]),
                detections=int(counts[n]),
                camera_ids=tuple(log.house.cameras[c].id for c in cameras[n]),
                best=best(log, n),
                confidence=None if plan.visit_ordinal[n] == 1 else 0.97,
            )
            for n in rows
        ]


def _cameras(plan: Plan, count: int) -> list[list[int]]:
    """Return the cameras of each visit."""
    there = plan.crop_visit >= 0
    pairs = np.unique(plan.crop_visit[there] * count + plan.crop_camera[there])
    found: list[list[int]] = [[] for _ in plan.visit_start]
    for pair in pairs.tolist():
        found[pair // count].append(pair % count)
    return found


def best(log: Log, visit: int) -> Best:
    """Return the crop that shows a visit best: its first."""
    row = int(log.first_crop[visit])
    return Best(
        detection_id=log.crop_ids[row],
        camera_id=log.house.cameras[log.plan.crop_camera[row]].id,
        image_key=log.key(row),
        quality=log.portrait(row).face.quality,
    )
