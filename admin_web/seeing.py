"""What Usher saw in a crop, in plain words."""

from dataclasses import dataclass

from admin_web.words import percent
from domain.records import Detection, Face

# For what a face is set aside: what is wrong, and what helps.
ADVICE = {
    "no_face": "No face was found. Is the camera turned away, or does it post whole scenes?",
    "too_small": "The face is too small. Move the camera closer, or let it post larger crops.",
    "blurred": "The face is blurred. More light or a shorter exposure helps.",
    "too_dark": "The face is too dark. Light it from the front.",
    "too_bright": "The face is too bright. Is there a window or a lamp right before it?",
    "extreme_pose": "The face is turned too far away. Hang the camera where people look.",
    "low_score": "It may not be a face at all.",
    "cut_off": "A part of the face is outside the picture. Let the camera cut more widely.",
    "several_faces": "Several faces are in the picture, and none is clearly meant.",
    "covered_lower": "Mouth and nose are covered, as by a mask.",
    "covered_upper": "The eyes are covered, as by dark glasses.",
    "not_an_image": "What was posted is no picture.",
    "truncated": "The picture is broken off. Was the connection lost?",
}
# From so many degrees on a head is said to be turned, and turned far.
_TURNED, _FAR = 12, 30
_CLEAR, _FAIR = 0.6, 0.35
_COVERED = 0.5
_ALIVE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that was seen: its name, what it was, and a share of 0 to 1 to be drawn, if any."""

    name: str
    text: str
    share: float | None = None


def advice(detection: Detection) -> list[str]:
    """Return what is wrong with a crop, and what helps, a sentence or two for each reason."""
    return [ADVICE[reason] for reason in detection.reasons if reason in ADVICE]


def seen_facts(face: Face) -> list[Fact]:
    """Return what was seen of a face."""
    width, height = round(face.box[2]), round(face.box[3])
    others = f", one of {face.count} in the picture" if face.count > 1 else ""
    return [
        Fact(name="Quality", text=_quality(face.quality), share=face.quality),
        Fact(name="Face", text=f"{width} by {height} pixels{others}"),
        Fact(name="Certainly a face", text=percent(face.score), share=face.score),
        Fact(name="Looking", text=_looking(face)),
        Fact(name="Covered", text=_covered(face)),
        Fact(name="Alive", text=_alive(face.live), share=face.live),
    ]


def _quality(quality: float) -> str:
    word = "Clear" if quality >= _CLEAR else "Fair" if quality >= _FAIR else "Poor"
    return f"{word}, {percent(quality)}"


def _looking(face: Face) -> str:
    """Say which way a head is turned, as who looks at the picture sees it."""
    parts = []
    if abs(face.yaw) >= _TURNED:
        far = "far " if abs(face.yaw) >= _FAR else ""
        parts.append(f"{far}to the side ({abs(round(face.yaw))}°)")
    if abs(face.pitch) >= _TURNED:
        parts.append(f"up or down ({abs(round(face.pitch))}°)")
    turned = f"Turned {' and '.join(parts)}" if parts else "Into the camera"
    tilt = f", head tilted by {abs(round(face.roll))}°" if abs(face.roll) >= _TURNED else ""
    return turned + tilt


def _covered(face: Face) -> str:
    parts = []
    if face.lower_covered >= _COVERED:
        parts.append(f"{percent(face.lower_covered)} mouth and nose")
    if face.upper_covered >= _COVERED:
        parts.append(f"{percent(face.upper_covered)} eyes")
    return ", ".join(parts) or "No"


def _alive(live: float | None) -> str:
    if live is None:
        return "Not known"
    held = "a face" if live >= _ALIVE else "more likely a picture or a screen"
    return f"{held.capitalize()}: {percent(live)} a face, not a picture"
