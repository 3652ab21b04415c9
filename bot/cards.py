"""What a card says and which buttons it has. Pure: the same visit gives the same card."""

import html
import re
from dataclasses import dataclass
from datetime import datetime, tzinfo

from bot.buttons import Button, Press, Rows, Verb
from bot.words import bold, clock_time, counted, ordinal, percent, safe, short
from domain.covered import sentence
from domain.records import CardKind, Decision, PersonStatus, QuestionKind, QuestionStatus
from domain.views import Likely, SpoofView, VisitView

# A button wider than this is cut off on a phone.
BUTTON_UNITS = 34
MAX_LIKELY = 3
LOOKS_LIKE = 0.5

_SAID = {
    "name": "named",
    "merge": "recognised",
    "visitor": "approved as a visitor",
    "block": "blocked",
    "dismiss": "dismissed",
    "reject": "ruled out",
}


@dataclass(frozen=True, slots=True)
class Content:
    """One card: its caption in Telegram's HTML, its buttons, and whether it makes no sound."""

    html: str
    rows: Rows = ()
    silent: bool = False

    @property
    def plain(self) -> str:
        """Return the caption without marks, for when Telegram refuses them."""
        return html.unescape(re.sub(r"</?b>", "", self.html))


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What a card is written on: the day its message was sent, and the zone of its readers."""

    day: datetime
    zone: tzinfo | None = None

    def time(self, at: datetime) -> str:
        """Return a time as read on this card."""
        return clock_time(at, day=self.day, zone=self.zone)


def render(view: VisitView | SpoofView, kind: CardKind, paper: Paper) -> Content:
    """Return the card of a visit, or of a spoof, as things stand."""
    if isinstance(view, SpoofView):
        return Content(_spoof(view, paper))
    if kind is CardKind.NOTICE:
        return Content(_notice(view, paper), silent=True)
    if kind is CardKind.ALERT:
        return Content(_alert(view, paper))
    if view.question and view.question.status is QuestionStatus.SUPERSEDED:
        return Content(_superseded(view, paper), silent=True)
    if view.question and view.asked:
        return _asking(view, paper)
    return Content(_decided(view, paper), silent=True)


def said_by(decision: Decision, paper: Paper) -> str:
    """Return "named by Maria at 14:32" as HTML."""
    said = _SAID.get(decision.verb, "decided")
    return f"{said} by {safe(decision.account_name)} at {paper.time(decision.at)}"


def _asking(view: VisitView, paper: Paper) -> Content:
    asked = _asked_about(view)
    if asked:
        question = f"Is this {bold(asked.person.label)}? {percent(asked.confidence)}"
        lines = [question + _warning(asked), f"{_places(view)} · {_facts(view, paper)}"]
        lines += _covered(view)
        return Content("\n".join(lines), _confirm_rows(view, asked))
    lines = [f"{bold(view.person.label)}{_visits(view)} at {_places(view)}", _facts(view, paper)]
    lines += _covered(view)
    if view.likely:
        lines.append(_hint(view.likely[0]))
    return Content("\n".join(lines), _who_rows(view))


def _asked_about(view: VisitView) -> Likely | None:
    """Return whom an unsure match means: the likeliest of those recognised."""
    if view.question is None or view.question.kind is not QuestionKind.CONFIRM:
        return None
    return next((one for one in view.likely if one.person.recognised), None)


def _covered(view: VisitView) -> list[str]:
    """Return why the camera may not know better, as a line or none."""
    said = sentence(view.visit.best.covered)
    return [said] if said else []


def _warning(likely: Likely) -> str:
    return " ⚠ Blocked." if likely.person.status is PersonStatus.BLOCKED else ""


def _hint(likely: Likely) -> str:
    looks = "Looks like" if likely.confidence >= LOOKS_LIKE else "Looks a little like"
    return f"{looks} {safe(likely.person.label)} ({percent(likely.confidence)})"


def _places(view: VisitView) -> str:
    names = [safe(camera.name) for camera in view.cameras[:MAX_LIKELY]]
    more = len(view.cameras) - len(names)
    if more > 0:
        names.append(f"{more} more")
    return ", ".join(names) or safe(view.site.name)


def _visits(view: VisitView) -> str:
    return f", {ordinal(view.visit.ordinal)} visit," if view.visit.ordinal > 1 else ""


def _span(view: VisitView, paper: Paper) -> str:
    first, last = paper.time(view.visit.opened_at), paper.time(view.visit.last_seen_at)
    return first if first == last else f"{first}-{last}"


def _facts(view: VisitView, paper: Paper) -> str:
    crops = counted(view.visit.detections, "crop")
    return f"{safe(view.site.name)} · {_span(view, paper)} · {crops}"


def _decided(view: VisitView, paper: Paper) -> str:
    who = bold(view.person.label)
    if view.decision:
        who += f", {said_by(view.decision, paper)}"
    return f"{who}\n{_where_and_when(view, paper)}"


def _superseded(view: VisitView, paper: Paper) -> str:
    return (
        f"{bold(view.person.label)} at {_where_and_when(view, paper)}\n"
        "Seen again: see the newer card."
    )


def _where_and_when(view: VisitView, paper: Paper) -> str:
    """Return what stays the same however long the visit grows, so that the card stays calm."""
    return f"{_places(view)} · {safe(view.site.name)} · {paper.time(view.visit.opened_at)}"


def _alert(view: VisitView, paper: Paper) -> str:
    return f"⚠ Blocked: {bold(view.person.label)} at {_places(view)}\n{_facts(view, paper)}"


def _spoof(view: SpoofView, paper: Paper) -> str:
    when = paper.time(view.detection.captured_at)
    return (
        "⚠ Somebody held a picture or a screen before the camera.\n"
        f"{safe(view.camera.name)} · {safe(view.site.name)} · {when}"
    )


def _notice(view: VisitView, paper: Paper) -> str:
    sure = f" {percent(view.visit.confidence)}" if view.visit.confidence else ""
    when = paper.time(view.visit.opened_at)
    return f"{bold(view.person.label)} · recognised{sure} at {_places(view)} {when}"


def _who_rows(view: VisitView) -> Rows:
    return (*_likely_rows(view, view.likely), *_verb_rows(view))


def _confirm_rows(view: VisitView, asked: Likely) -> Rows:
    others = [one for one in view.likely if one.person.recognised and one is not asked]
    yes_no = (
        Button("Yes", _press(view, Verb.IS, asked)),
        Button("No", _press(view, Verb.NOT, asked)),
    )
    someone_else = (Button("Someone else", _press(view, Verb.ELSE, asked)),)
    return (yes_no, *_likely_rows(view, others[: MAX_LIKELY - 1]), someone_else)


def _likely_rows(view: VisitView, likely: tuple[Likely, ...] | list[Likely]) -> Rows:
    return tuple((_is_button(view, one),) for one in likely[:MAX_LIKELY])


def _is_button(view: VisitView, one: Likely) -> Button:
    label = short(one.person.label, BUTTON_UNITS - len("It is  71 %"))
    return Button(f"It is {label} {percent(one.confidence)}", _press(view, Verb.IS, one))


def _verb_rows(view: VisitView) -> Rows:
    return (
        (
            Button("Name", _press(view, Verb.NAME)),
            Button("Approve as visitor", _press(view, Verb.VISITOR)),
        ),
        (
            Button("Block", _press(view, Verb.BLOCK)),
            Button("Dismiss", _press(view, Verb.DISMISS)),
        ),
    )


def _press(view: VisitView, verb: Verb, about: Likely | None = None) -> Press:
    if view.question is None:
        raise ValueError("only a question has buttons")
    return Press(
        verb=verb,
        question_id=view.question.id,
        person_id=about.person.id if about else None,
    )
