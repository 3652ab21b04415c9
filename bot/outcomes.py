"""What became of a decision, in words."""

from markupsafe import Markup

from bot.tongue import Tongue
from domain.decisions import Outcome


def corrected(outcome: Outcome, t: Tongue) -> list[Markup]:
    """Say how much of the past an answer has corrected, if anything."""
    if not outcome.corrected:
        return []
    return [
        t.counted(
            "{n} earlier detection is now theirs.",
            "{n} earlier detections are now theirs.",
            outcome.corrected,
        )
    ]
