"""Old against new, said to a person: a table, and what it means."""

from collections.abc import Callable, Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from evaluation.comparison import Comparison, Figures

_ROWS: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    ("Searches named rightly", lambda f: _percent(f.right)),
    ("... not named", lambda f: _percent(f.missed)),
    ("... named as somebody else", lambda f: _percent(f.wrong)),
    ("Match up to a distance of", lambda f: f"{f.threshold:.2f}"),
    ("Distance within one person", lambda f: _spread(f.same_mean, f.same_deviation)),
    ("... between two people", lambda f: _spread(f.different_mean, f.different_deviation)),
    ("... apart, in deviations", lambda f: _number(f.separability, 2)),
    ("Equal error rate of pairs", lambda f: _percent(f.eer)),
    ("Area under their ROC curve", lambda f: _number(f.auc, 5)),
)
_VERDICTS = {
    "better": "The new pack is better here",
    "worse": "The new pack is worse here",
    "no difference": "No difference can be told here",
}


def show(console: Console, comparison: Comparison, old: str, new: str) -> None:
    """Print how the two packs do on the site's own people, and which is better."""
    heads = [Column(), *(Column(escape(name), overflow="fold") for name in (old, new))]
    table = Table(*heads, title="On this site's own people")
    for said, figure in _ROWS:
        table.add_row(said, figure(comparison.old), figure(comparison.new))
    console.print(table)
    for sentence in _sentences(comparison):
        console.print(sentence, soft_wrap=True)
    if comparison.little:
        console.print("These are few faces: take it as a hint, not as a proof.", style="yellow")


def _sentences(comparison: Comparison) -> Iterator[str]:
    yield (
        f"{comparison.faces} faces of {comparison.people} people: {comparison.searches} searches "
        f"among their references, {comparison.same_pairs} pairs of one person, "
        f"{comparison.different_pairs} of two."
    )
    yield (
        f"[b]{_VERDICTS[comparison.verdict]}[/b]. Searches right with the new one alone: "
        f"{comparison.gained}, with the old one alone: {comparison.spoilt}; chance would do as "
        f"much in {comparison.chance:.0%} of cases."
    )
    old, new = comparison.old.separability, comparison.new.separability
    if old is not None and new is not None:
        yield f"People stand further apart with the {'new' if new > old else 'old'} one."
    yield "Faces that the old pack put together by itself, with nobody asked, speak for it."


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _spread(mean: float | None, deviation: float | None) -> str:
    return "" if mean is None or deviation is None else f"{mean:.2f} ± {deviation:.2f}"
