"""What a card says of a door, and its buttons. Pure: the same grant gives the same card."""

from collections.abc import Callable
from datetime import datetime

from markupsafe import Markup

from bot.buttons import Button, Press, Rows, Verb
from bot.tongue import Tongue, msg
from bot.words import bold, lines, safe
from domain.covered import sentence
from domain.door_views import DoorView
from domain.evidence import Reason
from domain.records import Grant, GrantStatus

Time = Callable[[datetime], str]
_OPENED_BY = msg("Opened by {who} {time}")
_SHUT_BY = msg("Not opened: {who} said no {time}")
_FAILED = msg("⚠ Not opened: the door did not answer")
_STOPPED = msg("⚠ Not opened: see the log of the doors")


def door_text(view: DoorView, t: Tongue, time: Time) -> Markup:
    """Return what a card says of a door: the question, or what came of it."""
    name = bold(t.called(view.person))
    where = Markup("{} · {} · {}").format(*_places(view), time(view.grant.at))
    if not view.asked:
        return lines(_became(view, t, time), Markup("{} · {}").format(name, where))
    if view.grant.confidence is None:
        question = t("Open for {name}?", name=name)
    else:
        share = t.percent(view.grant.confidence)
        question = t("Open for {name}? {share}", name=name, share=share)
    covered = sentence(view.detection.reasons)
    return lines(question, where, t(covered) if covered else "")


def _places(view: DoorView) -> tuple[Markup, Markup]:
    """Return where it is: the door, and the site."""
    return safe(view.door.name), safe(view.site.name)


def _became(view: DoorView, t: Tongue, time: Time) -> Markup:
    """Return what came of it; that it opened only when the receiver has said so."""
    grant = view.grant
    if grant.status is GrantStatus.GRANTED:
        return t("Opening …")
    if grant.status is GrantStatus.DELIVERED or Reason.SAID_NO in grant.reasons:
        return _settled(grant, t, time)
    if Reason.UNANSWERED in grant.reasons:
        return t("Not opened in time")
    return t(_FAILED if grant.status is GrantStatus.EXPIRED else _STOPPED)


def _settled(grant: Grant, t: Tongue, time: Time) -> Markup:
    if grant.ruling is None:
        return t("Opened, recognised {time}", time=time(grant.at))
    opened = grant.status is GrantStatus.DELIVERED
    text = _OPENED_BY if opened else _SHUT_BY
    return t(text, who=safe(grant.ruling.account_name), time=time(grant.ruling.at))


def door_rows(view: DoorView, t: Tongue) -> Rows:
    """Return the buttons of a card that asks whether to open."""
    if not view.asked:
        return ()
    return (
        (
            Button(t("Open"), Press(verb=Verb.OPEN, id=view.grant.id)),
            Button(t("No"), Press(verb=Verb.SHUT, id=view.grant.id)),
        ),
    )
