"""What a card says and which buttons it has. Pure: the same visit gives the same card."""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from markupsafe import Markup

from bot.buttons import Button, Press, Rows, Verb
from bot.tongue import Tongue, msg
from bot.words import bold, lines, plain, safe
from domain.covered import sentence
from domain.records import CardKind, Decision, PersonStatus, QuestionStatus
from domain.views import Likely, SpoofView, VisitView

# A button wider than this is cut off on a phone.
BUTTON_UNITS = 34
MAX_LIKELY = 3
LOOKS_LIKE = 0.5

_SAID = {
    "name": msg("named by {who} at {time}"),
    "merge": msg("recognised by {who} at {time}"),
    "visitor": msg("approved as a visitor by {who} at {time}"),
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
    """What a card is written on: its day, the zone of its readers, and their language.

    `day` is that on which its message was sent.
    """

    day: datetime
    zone: tzinfo | None = None
    t: Tongue = field(default_factory=Tongue)

    def time(self, at: datetime) -> str:
        """Return a time as read on this card."""
        return self.t.time(at, day=self.day, zone=self.zone)


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


def said_by(decision: Decision, paper: Paper) -> Markup:
    """Return "named by Maria at 14:32"."""
    text, who = _SAID.get(decision.verb, _DECIDED), safe(decision.account_name)
    return paper.t(text, who=who, time=paper.time(decision.at))


def _asking(view: VisitView, paper: Paper) -> Content:
    asked = view.supposed
    if asked:
        facts = Markup("{} · {}").format(_places(view, paper.t), _facts(view, paper))
        html = lines(_is_this(asked, paper.t), facts, _covered(view, paper.t))
        return Content(html, _confirm_rows(view, asked, paper.t))
    hint = _hint(view.likely[0], paper.t) if view.likely else ""
    html = lines(_who_and_where(view, paper.t), _facts(view, paper), _covered(view, paper.t), hint)
    return Content(html, _who_rows(view, paper.t))


def _is_this(asked: Likely, t: Tongue) -> Markup:
    name, share = bold(asked.person.label), t.percent(asked.confidence)
    if asked.person.status is PersonStatus.BLOCKED:
        return t("Is this {name}? {share} ⚠ Blocked.", name=name, share=share)
    return t("Is this {name}? {share}", name=name, share=share)


def _who_and_where(view: VisitView, t: Tongue) -> Markup:
    who, where = bold(view.person.label), _places(view, t)
    if view.visit.ordinal == 1:
        return t("{who} at {where}", who=who, where=where)
    nth = t.ordinal(view.visit.ordinal)
    return t("{who}, {nth} visit, at {where}", who=who, nth=nth, where=where)


def _covered(view: VisitView, t: Tongue) -> Markup | str:
    """Return why the camera may not know better, or nothing."""
    said = sentence(view.visit.best.covered)
    return t(said) if said else ""


def _hint(likely: Likely, t: Tongue) -> Markup:
    name, share = safe(likely.person.label), t.percent(likely.confidence)
    if likely.confidence >= LOOKS_LIKE:
        return t("Looks like {name} ({share})", name=name, share=share)
    return t("Looks a little like {name} ({share})", name=name, share=share)


def _places(view: VisitView, t: Tongue) -> Markup:
    names = [safe(camera.name) for camera in view.cameras[:MAX_LIKELY]]
    more = len(view.cameras) - len(names)
    if more > 0:
        names.append(t("{n} more", n=more))
    return Markup(", ").join(names) or safe(view.site.name)


def _span(view: VisitView, paper: Paper) -> str:
    first, last = paper.time(view.visit.opened_at), paper.time(view.visit.last_seen_at)
    return first if first == last else f"{first}-{last}"


def _facts(view: VisitView, paper: Paper) -> Markup:
    crops = paper.t.counted("{n} crop", "{n} crops", view.visit.detections)
    return Markup("{} · {} · {}").format(safe(view.site.name), _span(view, paper), crops)


def _decided(view: VisitView, paper: Paper) -> Markup:
    who = bold(view.person.label)
    if view.decision:
        who = Markup("{}, {}").format(who, said_by(view.decision, paper))
    return lines(who, _where_and_when(view, paper))


def _superseded(view: VisitView, paper: Paper) -> Markup:
    where = _where_and_when(view, paper)
    return lines(
        paper.t("{who} at {where}", who=bold(view.person.label), where=where),
        paper.t("Seen again: see the newer card."),
    )


def _where_and_when(view: VisitView, paper: Paper) -> Markup:
    """Return what stays the same however long the visit grows, so that the card stays calm."""
    return Markup("{} · {} · {}").format(
        _places(view, paper.t), safe(view.site.name), paper.time(view.visit.opened_at)
    )


def _alert(view: VisitView, paper: Paper) -> Markup:
    who, where = bold(view.person.label), _places(view, paper.t)
    return lines(paper.t("⚠ Blocked: {who} at {where}", who=who, where=where), _facts(view, paper))


def _spoof(view: SpoofView, paper: Paper) -> Markup:
    when = paper.time(view.detection.captured_at)
    return lines(
        paper.t("⚠ Somebody held a picture or a screen before the camera."),
        Markup("{} · {} · {}").format(safe(view.camera.name), safe(view.site.name), when),
    )


def _notice(view: VisitView, paper: Paper) -> Markup:
    who, where = bold(view.person.label), _places(view, paper.t)
    when = paper.time(view.visit.opened_at)
    if view.visit.confidence is None:
        return paper.t("{who} · recognised at {where} {when}", who=who, where=where, when=when)
    share = paper.t.percent(view.visit.confidence)
    text = msg("{who} · recognised {share} at {where} {when}")
    return paper.t(text, who=who, share=share, where=where, when=when)


def _who_rows(view: VisitView, t: Tongue) -> Rows:
    return (*_likely_rows(view, view.likely, t), *_verb_rows(view, t))


def _confirm_rows(view: VisitView, asked: Likely, t: Tongue) -> Rows:
    others = [one for one in view.likely if one.person.recognised and one is not asked]
    yes_no = (
        Button(t("Yes"), _press(view, Verb.IS, asked)),
        Button(t("No"), _press(view, Verb.NOT, asked)),
    )
    someone_else = (Button(t("Someone else"), _press(view, Verb.ELSE, asked)),)
    return (yes_no, *_likely_rows(view, others[: MAX_LIKELY - 1], t), someone_else)


def _likely_rows(view: VisitView, likely: tuple[Likely, ...] | list[Likely], t: Tongue) -> Rows:
    return tuple((_is_button(view, one, t),) for one in likely[:MAX_LIKELY])


def _is_button(view: VisitView, one: Likely, t: Tongue) -> Button:
    name = safe(one.person.label, BUTTON_UNITS - len("It is  71 %"))
    said = t("It is {name} {share}", name=name, share=t.percent(one.confidence))
    return Button(said, _press(view, Verb.IS, one))


def _verb_rows(view: VisitView, t: Tongue) -> Rows:
    return (
        (
            Button(t("Name"), _press(view, Verb.NAME)),
            Button(t("Approve as visitor"), _press(view, Verb.VISITOR)),
        ),
        (
            Button(t("Block"), _press(view, Verb.BLOCK)),
            Button(t("Dismiss"), _press(view, Verb.DISMISS)),
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
