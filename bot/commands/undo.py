"""/undo: the last decisions, each with a button that takes it back."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from bot.buttons import Rows
from bot.commands.ask import Ask
from bot.commands.buttons import Do, Tap, button
from bot.commands.counter import Subject
from bot.desk import VIA
from bot.outcomes import taken_back
from bot.tongue import msg
from bot.words import lines, safe
from domain.records import Decision, Id, Person
from domain.undo import recent, undo
from domain.views import canonical_people

MOST = 8
NAME_UNITS = 24
_SAID = {
    "name": msg("{time} {who}: named {name}"),
    "merge": msg("{time} {who}: it is {other}"),
    "visitor": msg("{time} {who}: {person} approved as a visitor"),
    "block": msg("{time} {who}: {person} blocked"),
    "known": msg("{time} {who}: {person} unblocked"),
    "dismiss": msg("{time} {who}: {person} dismissed"),
    "no-face": msg("{time} {who}: {person} is not a face"),
    "reject": msg("{time} {who}: {person} is not {other}"),
    "split": msg("{time} {who}: that was not {other}"),
    "vouch": msg("{time} {who}: a photo of {person} confirmed"),
    "remove": msg("{time} {who}: a photo of {person} removed"),
    "add": msg("{time} {who}: {person} added by photos"),
    "cover": msg("{time} {who}: {person} is shown by another photo"),
    "drop": msg("{time} {who}: a photo of {person} dropped"),
    "refer": msg("{time} {who}: {person} is recognised by one more photo"),
    "move": msg("{time} {who}: photos of {other} moved to {person}"),
    "separate": msg("{time} {who}: {person} and {other} are two people"),
    "edit": msg("{time} {who}: what is noted of {person} changed"),
    "consent": msg("{time} {who}: consent of {person} noted"),
    "keep": msg("{time} {who}: how long {person} is kept changed"),
}
_ELSE = msg("{time} {who}: decided about {person}")


async def last_decisions(ask: Ask) -> None:
    """List the last decisions that can be taken back."""
    ask.require_manager()
    html, rows = await _listed(ask)
    await ask.say(html, rows=rows)


async def back(ask: Ask, tap: Tap) -> Markup:
    """Take a decision back; the list shows those that are left."""
    undone = await undo(
        ask.desk.store,
        decision_id=tap.id,
        account=ask.account,
        via=VIA,
        now=ask.now,
        policy=ask.desk.decisions,
    )
    html, rows = await _listed(ask)
    await ask.change(html, rows=rows)
    said = taken_back(undone, ask.t)
    if undone.kept:
        await ask.say(said)
    return said


async def _listed(ask: Ask) -> tuple[Markup, Rows]:
    store, policy = ask.desk.store, ask.desk.decisions
    found = await recent(store, ask.account, ask.now, policy, limit=MOST)
    if not found:
        return ask.t("There is nothing that could be undone."), ()
    ids = [id_ for decision in found for id_ in (decision.person_id, decision.target_id)]
    people = await canonical_people(store, ids)
    told = [
        Markup("{}. {}").format(number, _line(ask, decision, people))
        for number, decision in enumerate(found, 1)
    ]
    return lines(*told), _rows(ask, found)


def _line(ask: Ask, decision: Decision, people: Mapping[Id, Person]) -> Markup:
    person = people.get(decision.person_id)
    other = people.get(decision.target_id) if decision.target_id else None
    return ask.t(
        _SAID.get(decision.verb, _ELSE),
        time=ask.time(decision.at),
        who=safe(decision.account_name, NAME_UNITS),
        name=safe(decision.name or "", NAME_UNITS),
        person=_called(ask, person),
        other=_called(ask, other),
    )


def _called(ask: Ask, person: Person | None) -> Markup:
    return safe(ask.t.called(person), NAME_UNITS) if person else ask.t("somebody else")


def _rows(ask: Ask, found: Sequence[Decision]) -> Rows:
    return tuple(
        (button(ask.t("Undo {n}", n=number), Do.BACK, decision.id),)
        for number, decision in enumerate(found, 1)
    )


SUBJECT = Subject(commands={"undo": last_decisions}, taps={Do.BACK: back})
