"""What a card says and which buttons it has. Pure: the same visit gives the same card."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from markupsafe import Markup

from bot.answers import rows_of, undo_row, wrong_row
from bot.buttons import Rows
from bot.door_cards import door_rows, door_text
from bot.tongue import Tongue, msg
from bot.words import bold, lines, plain, safe
from domain.covered import sentence
from domain.door_views import DoorView
from domain.records import (
    UNANSWERED,
    CardKind,
    Decision,
    Menu,
    PersonStatus,
    QuestionStatus,
    Visit,
)
from domain.views import Likely, SpoofView, VisitView

MAX_PLACES = 3
LOOKS_LIKE = 0.5
DAYS_BY_NAME = 7
MINUTE_S, HOUR_S = 60, 3600

_SAID = {
    "name": msg("named by {who} at {time}"),
    "merge": msg("recognised by {who} at {time}"),
    "visitor": msg("approved as a visitor by {who} at {time}"),
    "no-face": msg("said to be no face by {who} at {time}"),
    "split": msg("said to be somebody else by {who} at {time}"),
    "known": msg("unblocked by {who} at {time}"),
    "block": msg("blocked by {who} at {time}"),
    "dismiss": msg("dismissed by {who} at {time}"),
    "reject": msg("ruled out by {who} at {time}"),
}
COVERED = (
    msg("The face is covered by a mask."),
    msg("The face is covered by dark glasses."),
    msg("The face is covered by a mask and dark glasses."),
)
_DECIDED = msg("decided by {who} at {time}")
_FOR_TODAY = msg("approved as a visitor for today by {who} at {time}")
_UNTIL = msg("approved as a visitor until {day} by {who} at {time}")


@dataclass(frozen=True, slots=True)
class Content:
    """One card: its caption in Telegram's HTML, its buttons, and whether it makes no sound."""

    html: Markup
    rows: Rows = ()
    silent: bool = False

    @property
    def plain(self) -> str:
        """Return the caption without marks, for when Telegram refuses them."""
        return plain(self.html)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What a card is written on: its day, the zone of its readers, their language, their menu.

    `day` is that on which its message was sent. With `now` decisions that can still be taken back
    carry a button for it, during `undo`. The card was put off until `snoozed_until`.
    """

    day: datetime
    zone: tzinfo | None = None
    t: Tongue = field(default_factory=Tongue)
    menu: Menu | None = None
    now: datetime | None = None
    undo: timedelta = timedelta(0)
    snoozed_until: datetime | None = None

    def time(self, at: datetime) -> str:
        """Return a time as read on this card."""
        return self.t.time(at, day=self.day, zone=self.zone)


def render(view: VisitView | SpoofView | DoorView, kind: CardKind, paper: Paper) -> Content:
    """Return the card of a visit, of a spoof, or of a door, as things stand."""
    if isinstance(view, SpoofView | DoorView):
        return _without_visit(view, paper)
    if kind is not CardKind.GUEST and view.question and view.question.status in UNANSWERED:
        html = lines(_asking(view, paper), _standing(view, paper))
        return Content(html, rows_of(view, paper.menu, paper.t), silent=not view.asked)
    match kind:
        case CardKind.GUEST:
            return Content(_arrived(view, paper))
        case CardKind.NOTICE:
            return Content(_notice(view, paper), _wrong_rows(view, paper), silent=True)
        case CardKind.ALERT:
            return Content(_alert(view, paper), _wrong_rows(view, paper))
        case _:
            return _answered(view, paper)


def _answered(view: VisitView, paper: Paper) -> Content:
    if view.question and view.question.status is QuestionStatus.SUPERSEDED:
        return Content(_superseded(view, paper), silent=True)
    return Content(_decided(view, paper), _undo_rows(view, paper), silent=True)


def _without_visit(view: SpoofView | DoorView, paper: Paper) -> Content:
    if isinstance(view, SpoofView):
        return Content(_spoof(view, paper))
    said = door_text(view, paper.t, paper.time)
    return Content(said, door_rows(view, paper.t), silent=not view.asked)


def said_by(decision: Decision, paper: Paper) -> Markup:
    """Return "named by Maria at 14:32"."""
    text, who = _SAID.get(decision.verb, _DECIDED), safe(decision.account_name)
    return paper.t(text, who=who, time=paper.time(decision.at))


def _visitor_by(view: VisitView, decision: Decision, paper: Paper) -> Markup | None:
    """Return until which day somebody was approved, and by whom; None where there is no end."""
    until = view.person.visitor_until
    if decision.verb != "visitor" or until is None:
        return None
    last = (until - timedelta(seconds=1)).astimezone(paper.zone).date()
    text = _FOR_TODAY if last == decision.at.astimezone(paper.zone).date() else _UNTIL
    who, time = safe(decision.account_name), paper.time(decision.at)
    return paper.t(text, who=who, time=time, day=paper.t.day(last))


def _asking(view: VisitView, paper: Paper) -> Markup:
    t, back = paper.t, _came_back(view, paper)
    if view.supposed:
        facts = Markup("{} · {}").format(_places(view, t), _facts(view, paper))
        return lines(_is_this(view.supposed, t), facts, back, _covered(view, t))
    hint = _hint(view.likely[0], t) if view.likely else ""
    who = t("{who} at {where}", who=_who(view, t), where=_places(view, t))
    return lines(who, _facts(view, paper), back, _covered(view, t), hint)


def _standing(view: VisitView, paper: Paper) -> Markup | str:
    """Return what has become of a question so far that nobody has answered."""
    t, names = paper.t, Markup(", ").join(safe(name) for name in view.asked_of)
    if view.question and view.question.status is QuestionStatus.EXPIRED:
        return t("Nobody answered. Asked: {names}", names=names)
    if paper.snoozed_until and paper.now and paper.now < paper.snoozed_until:
        return t("Later: again at {time}", time=paper.time(paper.snoozed_until))
    return t("Asked: {names}", names=names) if names else ""


def _undo_rows(view: VisitView, paper: Paper) -> Rows:
    decision = view.decision
    if decision is None or paper.now is None or paper.now >= decision.at + paper.undo:
        return ()
    return undo_row(decision, paper.t)


def _wrong_rows(view: VisitView, paper: Paper) -> Rows:
    """Return the way to say that it is somebody else, unless they are nobody any more."""
    return wrong_row(view, paper.t) if view.person.recognised else ()


def _is_this(asked: Likely, t: Tongue) -> Markup:
    name, share = bold(t.called(asked.person)), t.percent(asked.confidence)
    if asked.person.status is PersonStatus.BLOCKED:
        return t("Is this {name}? {share} ⚠ Blocked.", name=name, share=share)
    return t("Is this {name}? {share}", name=name, share=share)


def _who(view: VisitView, t: Tongue) -> Markup:
    return bold(t.called(view.person))


def _came_back(view: VisitView, paper: Paper) -> Markup | str:
    """Return "4th visit, last Tuesday 18:10", or nothing at the first."""
    if view.visit.ordinal == 1:
        return ""
    nth = paper.t.ordinal(view.visit.ordinal)
    if view.previous is None:
        return paper.t("{nth} visit", nth=nth)
    return paper.t("{nth} visit, last {when}", nth=nth, when=_lately(view.previous, paper))


def _lately(visit: Visit, paper: Paper) -> str:
    """Return when somebody was last here: "Tuesday 18:10", or a time with its day."""
    at = visit.last_seen_at.astimezone(paper.zone)
    days = (paper.day.astimezone(paper.zone).date() - at.date()).days
    if 0 < days < DAYS_BY_NAME:
        return f"{paper.t.weekday(at)} {at:%H:%M}"
    return paper.time(visit.last_seen_at)


def _covered(view: VisitView, t: Tongue) -> Markup | str:
    """Return why the camera may not know better, or nothing."""
    said = sentence(view.visit.best.covered)
    return t(said) if said else ""


def _hint(likely: Likely, t: Tongue) -> Markup:
    name, share = safe(t.called(likely.person)), t.percent(likely.confidence)
    if likely.confidence >= LOOKS_LIKE:
        return t("Looks like {name} ({share})", name=name, share=share)
    return t("Looks a little like {name} ({share})", name=name, share=share)


def _places(view: VisitView, t: Tongue) -> Markup:
    names = [safe(camera.name) for camera in view.cameras[:MAX_PLACES]]
    more = len(view.cameras) - len(names)
    if more > 0:
        names.append(t("{n} more", n=more))
    return Markup(", ").join(names) or safe(view.site.name)


def _facts(view: VisitView, paper: Paper) -> Markup:
    """Return "Main · 14:32 · 3 crops, 2 cameras, 40 s"."""
    t, visit = paper.t, view.visit
    seen = [t.counted("{n} crop", "{n} crops", visit.detections)]
    if len(visit.camera_ids) > 1:
        seen.append(t.counted("{n} camera", "{n} cameras", len(visit.camera_ids)))
    seconds = round((visit.last_seen_at - visit.opened_at).total_seconds())
    if seconds:
        seen.append(_span(seconds, t))
    opened = paper.time(visit.opened_at)
    return Markup("{} · {} · {}").format(safe(view.site.name), opened, Markup(", ").join(seen))


def _span(seconds: int, t: Tongue) -> Markup:
    if seconds < MINUTE_S:
        return t("{n} s", n=seconds)
    if seconds < HOUR_S:
        return t("{n} min", n=seconds // MINUTE_S)
    return t("{n} h {m} min", n=seconds // HOUR_S, m=seconds % HOUR_S // MINUTE_S)


def _decided(view: VisitView, paper: Paper) -> Markup:
    who, decision = _who(view, paper.t), view.decision
    if decision and decision.account_id is None:
        who = _settled(view, paper.t)
    elif decision:
        said = _visitor_by(view, decision, paper) or said_by(decision, paper)
        who = Markup("{}, {}").format(who, said)
    return lines(who, _where_and_when(view, paper))


def _settled(view: VisitView, t: Tongue) -> Markup:
    """Return who it turned out to be by a later crop, unasked."""
    who, sure = _who(view, t), view.visit.confidence
    share = Markup(" {}").format(t.percent(sure)) if sure else ""
    return t("{who}{share}, recognised in a later picture", who=who, share=share)


def _superseded(view: VisitView, paper: Paper) -> Markup:
    where = _where_and_when(view, paper)
    return lines(
        paper.t("{who} at {where}", who=_who(view, paper.t), where=where),
        paper.t("Seen again: see the newer card."),
    )


def _where_and_when(view: VisitView, paper: Paper) -> Markup:
    """Return what stays the same however long the visit grows, so that the card stays calm."""
    return Markup("{} · {} · {}").format(
        _places(view, paper.t), safe(view.site.name), paper.time(view.visit.opened_at)
    )


def _alert(view: VisitView, paper: Paper) -> Markup:
    who, where = _who(view, paper.t), _places(view, paper.t)
    return lines(paper.t("⚠ Blocked: {who} at {where}", who=who, where=where), _facts(view, paper))


def _arrived(view: VisitView, paper: Paper) -> Markup:
    who, where = _who(view, paper.t), _places(view, paper.t)
    when = paper.time(view.visit.opened_at)
    return paper.t("{who} has arrived at {where}, {time}", who=who, where=where, time=when)


def _spoof(view: SpoofView, paper: Paper) -> Markup:
    when = paper.time(view.detection.captured_at)
    return lines(
        paper.t("⚠ Somebody held a picture or a screen before the camera."),
        Markup("{} · {} · {}").format(safe(view.camera.name), safe(view.site.name), when),
    )


def _notice(view: VisitView, paper: Paper) -> Markup:
    who, where = _who(view, paper.t), _places(view, paper.t)
    when = paper.time(view.visit.opened_at)
    if not view.person.recognised:  # what was said of them has been taken back
        return paper.t("{who} · seen at {where} {when}", who=who, where=where, when=when)
    if view.visit.confidence is None:
        return paper.t("{who} · recognised at {where} {when}", who=who, where=where, when=when)
    share = paper.t.percent(view.visit.confidence)
    text = msg("{who} · recognised {share} at {where} {when}")
    return paper.t(text, who=who, share=share, where=where, when=when)
