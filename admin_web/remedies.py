"""What is wrong with a photo that people give, in their words, and what would help."""

from collections.abc import Mapping, Sequence

_WRONG: Mapping[str, tuple[str, str]] = {
    "no_face": ("there is no face on it", "Choose one on which the face is large and whole."),
    "too_small": ("the face is too small", "Come closer, or cut the photo around the face."),
    "blurred": ("it is blurred", "Hold still, in more light."),
    "extreme_pose": ("the face is turned away", "Look towards the camera."),
    "low_score": ("the face can hardly be made out", "Choose a clearer photo."),
    "too_dark": ("it is too dark", "Turn towards a window or a lamp."),
    "too_bright": ("it is too bright", "Turn away from the light, or take the flash off."),
    "cut_off": ("the face is cut off", "Let the whole face be in the picture."),
    "several_faces": ("there are several faces on it", "Choose one with one person alone."),
    "covered_lower": ("mouth and nose are covered", "Take the mask off for the photo."),
    "covered_upper": ("the eyes are covered", "Take the dark glasses off for the photo."),
}
_ELSE = ("it cannot be used", "Choose another photo.")


def wrong(reasons: Sequence[str]) -> str:
    """Say what is wrong with a face: "it is blurred, the face is cut off"."""
    return ", ".join(dict.fromkeys(_WRONG.get(reason, _ELSE)[0] for reason in reasons))


def remedy(reasons: Sequence[str]) -> str:
    """Say what would help against the first two of the faults."""
    return " ".join(dict.fromkeys(_WRONG.get(reason, _ELSE)[1] for reason in reasons[:2]))
