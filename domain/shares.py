"""What a visit is when a part of its crops is another's: pure functions."""

from collections.abc import Sequence
from dataclasses import replace

from domain.ids import new_id
from domain.records import Best, Detection, Id, Visit


def portion(visit: Visit, crops: Sequence[Detection], person_id: Id, ordinal: int) -> Visit:
    """Return a visit of somebody, over by now, of crops that were taken out of another."""
    made = replace(
        visit,
        id=new_id(),
        person_id=person_id,
        open=False,
        ordinal=ordinal,
        detections=0,
        confidence=None,
    )
    return fitted(made, crops)


def remainder(visit: Visit, gone: Sequence[Detection], left: Sequence[Detection]) -> Visit:
    """Return a visit without the crops that are gone. Those past their age count on."""
    return fitted(visit, left, lost=visit.detections - len(gone) - len(left))


def fitted(visit: Visit, crops: Sequence[Detection], *, lost: int = 0) -> Visit:
    """Return a visit as its crops, at least one, have it; `lost` more are past their age.

    Where some are lost, when it began and which cameras saw it are not known from the others.
    """
    cameras = tuple(dict.fromkeys(c.camera_id for c in sorted(crops, key=_when)))
    first = min(crop.captured_at for crop in crops)
    shown = {crop.id for crop in crops}
    return replace(
        visit,
        opened_at=min(first, visit.opened_at) if lost > 0 else first,
        last_seen_at=max(crop.captured_at for crop in crops),
        detections=len(crops) + max(0, lost),
        camera_ids=tuple(dict.fromkeys((*visit.camera_ids, *cameras))) if lost > 0 else cameras,
        best=visit.best if visit.best.detection_id in shown else _best(crops),
    )


def _when(crop: Detection) -> tuple[object, ...]:
    return crop.captured_at, crop.id


def _best(crops: Sequence[Detection]) -> Best:
    """Return the clearest: a bare face before a covered one."""
    best = max(crops, key=lambda c: (not c.reasons, c.face.quality if c.face else 0.0, c.id))
    return Best(
        detection_id=best.id,
        camera_id=best.camera_id,
        image_key=best.image.key,
        quality=best.face.quality if best.face else 0.0,
        covered=best.reasons,
    )
