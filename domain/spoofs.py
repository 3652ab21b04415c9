"""Pictures and screens held before a camera: logged and told, never matched."""

from dataclasses import replace
from datetime import datetime, timedelta

from domain.asking import deal_spoof
from domain.policy import MatchPolicy
from domain.records import Detection, DetectionStatus, Face
from domain.store import Records


def is_spoof(face: Face | None, policy: MatchPolicy) -> bool:
    """Tell whether a face is not alive; one of which nobody knows counts as alive."""
    return face is not None and face.live is not None and face.live < policy.live


async def expose(
    records: Records, *, detection: Detection, token: str, gap: timedelta, now: datetime
) -> Detection:
    """Log a leased detection as a spoof, and tell those who answer for the site.

    They are told once for a run of spoofs before one camera without a gap: the camera's own record
    holds when the last was, so that two workers cannot both be first. Raises ClaimLostError.
    """
    settled = replace(detection, status=DetectionStatus.SPOOF, claim=None)
    await records.detections.settle(settled, token)
    camera = await records.cameras.get(detection.camera_id)
    if camera is None:
        return settled
    at, last = detection.captured_at, camera.spoofed_at
    await records.cameras.save(replace(camera, spoofed_at=max(at, last or at)))
    if last is None or at - last > gap:
        await deal_spoof(records, settled, now)
    return settled
