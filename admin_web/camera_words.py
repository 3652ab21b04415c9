"""What is wrong with a camera's crops, and what to do about it; its last hours as drawings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.camera_views import Live
from domain.store.traffic import Hour

LIVE: Mapping[Live, str] = {
    Live.SENDING: "Sending now",
    Live.QUIET: "Quiet",
    Live.NEVER: "Nothing sent yet",
    Live.REVOKED: "Revoked",
}
HINTS: Mapping[str, str] = {
    "no_face": "Send only crops with a face in them, with some margin around it.",
    "too_small": "Move the camera closer, or raise its resolution.",
    "low_score": "The face can hardly be made out: more light, or a closer camera.",
    "blurred": "Clean the lens and check the focus; more light keeps movement from smearing.",
    "extreme_pose": "Hang it where people look towards it, near the height of their eyes.",
    "too_dark": "Put light on the faces, or let it expose longer.",
    "too_bright": "Turn it away from windows and lamps, or let it expose shorter.",
    "cut_off": "Leave more room around the face when it is cut: two fifths of its width.",
    "several_faces": "Send each face as a crop of its own.",
    "covered_lower": "Masks hide the face. The camera is all right.",
    "covered_upper": "Dark glasses hide the face. The camera is all right.",
}
SPARK_HEIGHT = 24
CHART_HEIGHT = 100
BAR_WIDTH, BAR_STEP = 16, 20


def spark(minutes: Sequence[int]) -> str:
    """Return an SVG path of one stroke a minute, 2 wide and up to SPARK_HEIGHT high."""
    most = max(*minutes, 1)
    heights = [-(-count * SPARK_HEIGHT // most) for count in minutes]
    return "".join(
        f"M{2 * n + 1} {SPARK_HEIGHT}v-{height}" for n, height in enumerate(heights) if height
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One hour as a bar of CHART_HEIGHT at most: from where, and how high each part is."""

    hour: Hour
    x: int
    usable: int
    unusable: int


def bars(hours: Sequence[Hour]) -> list[Bar]:
    """Return the bars of a chart of hours."""
    most = max([hour.crops for hour in hours] + [1])

    def height(count: int) -> int:
        return -(-count * CHART_HEIGHT // most)

    return [
        Bar(
            hour=hour,
            x=n * BAR_STEP,
            usable=height(hour.crops) - height(hour.unusable),
            unusable=height(hour.unusable),
        )
        for n, hour in enumerate(hours)
    ]
