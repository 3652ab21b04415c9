"""What became of a decision, in words."""

from markupsafe import Markup

from bot.tongue import Tongue
from domain.decisions import Outcome
from domain.undo import Undoing


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


def taken_back(undoing: Undoing, t: Tongue) -> Markup:
    """Say that a decision was taken back, and what stays as it is."""
    said = t("Undone: {name}.", name=t.called(undoing.person))
    if not undoing.kept or undoing.kept_with is None:
        return said
    stays = t.counted(
        "{n} crop seen since stays with {name}.",
        "{n} crops seen since stay with {name}.",
        undoing.kept,
        name=t.called(undoing.kept_with),
    )
    return Markup("{} {}").format(said, stays)
