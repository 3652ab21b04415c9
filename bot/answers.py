"""The answers that a card offers, as buttons. Pure."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta, tzinfo

from bot.buttons import Button, Press, Rows, Verb
from bot.tongue import Tongue, msg
from bot.words import safe
from domain.errors import InvalidError
from domain.records import Decision, Id, Menu
from domain.replies import Term
from domain.views import Likely, VisitView

# A button wider than this is cut off on a phone.
BUTTON_UNITS = 34
MAX_LIKELY = 3

HALF_AN_HOUR, TWO_HOURS, MORNING = "30m", "2h", "morning"
SHUT = "shut"
_LATER = {HALF_AN_HOUR: msg("30 min"), TWO_HOURS: msg("2 h"), MORNING: msg("Tomorrow")}
_HOUR_OF_MORNING = time(8)


def rows_of(view: VisitView, menu: Menu | None, t: Tongue) -> Rows:
    """Return the buttons of an open question: the answers, or the menu that was opened."""
    if menu is Menu.MORE:
        return _more(view, t)
    if menu is Menu.LATER:
        return _later(view, t)
    likely = [one for one in view.likely if one is not view.supposed]
    if view.supposed:
        likely = [one for one in likely if one.person.recognised][: MAX_LIKELY - 1]
        return (_yes_no(view, view.supposed, t), *_is(view, likely, t), _besides(view, t))
    known = (*_expected(view, t), *_is(view, likely[:MAX_LIKELY], t))
    return (*known, *_verbs(view, t), _besides(view, t))


def undo_row(decision: Decision, t: Tongue) -> Rows:
    """Return the button that takes a decision back."""
    return ((Button(t("Undo"), Press(verb=Verb.UNDO, id=decision.id)),),)


def wrong_row(view: VisitView, t: Tongue) -> Rows:
    """Return the button that says that somebody was recognised wrongly."""
    name = safe(t.called(view.person), BUTTON_UNITS - len("Not "))
    return ((Button(t("Not {name}", name=name), Press(verb=Verb.WRONG, id=view.visit.id)),),)


def visitor_until(word: str, now: datetime, zone: tzinfo) -> datetime | None:
    """Return until when somebody is approved. Raises InvalidError for a word that is no term."""
    if word not in set(Term):
        raise InvalidError("This button is not valid.")
    return Term(word).until(now, zone)


def snoozed_until(word: str, now: datetime, zone: tzinfo) -> datetime:
    """Return until when a card is put off. Raises InvalidError for any other word."""
    match word:
        case "30m":
            return now + timedelta(minutes=30)
        case "2h":
            return now + timedelta(hours=2)
        case "morning":
            tomorrow = now.astimezone(zone).date() + timedelta(days=1)
            return datetime.combine(tomorrow, _HOUR_OF_MORNING, zone)
        case _:
            raise InvalidError("This button is not valid.")


def _yes_no(view: VisitView, asked: Likely, t: Tongue) -> tuple[Button, ...]:
    return (
        Button(t("Yes"), _press(view, Verb.IS, about=asked)),
        Button(t("No"), _press(view, Verb.NOT, about=asked)),
        Button(t("Someone else"), _press(view, Verb.ELSE, about=asked)),
    )


def _expected(view: VisitView, t: Tongue) -> Rows:
    """Return the guests announced for today, the first of them."""
    if view.question is None:
        return ()
    asked = view.question.id
    return tuple(
        (
            Button(
                t("It is {name} (expected)", name=safe(guest.name, BUTTON_UNITS - 17)),
                Press(verb=Verb.EXPECTED, id=asked, person_id=guest.id),
            ),
        )
        for guest in view.expected[:MAX_LIKELY]
    )


def _is(view: VisitView, likely: Sequence[Likely], t: Tongue) -> Rows:
    return tuple((_is_button(view, one, t),) for one in likely)


def _is_button(view: VisitView, one: Likely, t: Tongue) -> Button:
    name = safe(t.called(one.person), BUTTON_UNITS - len("It is  71 %"))
    said = t("It is {name} {share}", name=name, share=t.percent(one.confidence))
    return Button(said, _press(view, Verb.IS, about=one))


def _verbs(view: VisitView, t: Tongue) -> Rows:
    return (
        (
            Button(t("Name"), _press(view, Verb.NAME)),
            Button(t("Visitor today"), _press(view, Verb.VISITOR, word=Term.TODAY)),
        ),
        (
            Button(t("Block"), _press(view, Verb.BLOCK)),
            Button(t("Dismiss"), _press(view, Verb.DISMISS)),
        ),
    )


def _besides(view: VisitView, t: Tongue) -> tuple[Button, ...]:
    """Return what is no answer: to put it off, to look back, and what is wanted less often."""
    later = Button(t("Later"), _press(view, Verb.MENU, word=Menu.LATER))
    more = Button(t("More"), _press(view, Verb.MENU, word=Menu.MORE))
    if view.visit.ordinal == 1:
        return (later, more)
    return (later, Button(t("Earlier"), Press(verb=Verb.EARLIER, id=view.visit.id)), more)


def _more(view: VisitView, t: Tongue) -> Rows:
    return (
        (
            Button(t("Visitor for a week"), _press(view, Verb.VISITOR, word=Term.WEEK)),
            Button(t("Visitor always"), _press(view, Verb.VISITOR, word=Term.ALWAYS)),
        ),
        *(_verbs(view, t) if view.supposed else ()),
        (Button(t("Not a face"), _press(view, Verb.NO_FACE)), _back(view, t)),
    )


def _later(view: VisitView, t: Tongue) -> Rows:
    choices = (
        Button(t(text), _press(view, Verb.LATER, word=word)) for word, text in _LATER.items()
    )
    return (tuple(choices), (_back(view, t),))


def _back(view: VisitView, t: Tongue) -> Button:
    return Button(t("Back"), _press(view, Verb.MENU, word=SHUT))


def _press(view: VisitView, verb: Verb, *, about: Likely | None = None, word: str = "") -> Press:
    if view.question is None:
        raise ValueError("only a question has answers")
    person: Id | None = about.person.id if about else None
    return Press(verb=verb, id=view.question.id, person_id=person, word=word)
