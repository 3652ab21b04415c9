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
from domain.together import Recent, recent_together, undo_together
from domain.undo import Undoing, undo
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
    """Take a decision back, with those made at once with it; the list shows those left."""
    decision = await ask.desk.store.decisions.get(tap.id)
    undone = await _take_back(ask, tap.id, decision.batch if decision else None)
    html, rows = await _listed(ask)
    await ask.change(html, rows=rows)
    said = [taken_back(one, ask.t) for one in undone]
    if any(one.kept for one in undone):
        await ask.say(lines(*said))
    if len(said) == 1:
        return said[0]
    return ask.t.counted("Undone: {n} decision.", "Undone: {n} decisions.", len(said))


async def _take_back(ask: Ask, decision_id: Id, batch: Id | None) -> Sequence[Undoing]:
    store, account, now, policy = ask.desk.store, ask.account, ask.now, ask.desk.decisions
    if batch:
        taken = await undo_together(
            store, batch=batch, account=account, via=VIA, now=now, policy=policy
        )
        return taken.undone
    return [
        await undo(store, decision_id=decision_id, account=account, via=VIA, now=now, policy=policy)
    ]


async def _listed(ask: Ask) -> tuple[Markup, Rows]:
    store, policy = ask.desk.store, ask.desk.decisions
    found = await recent_together(store, ask.account, ask.now, policy, limit=MOST)
    if not found:
        return ask.t("There is nothing that could be undone."), ()
    made = [one.decision for one in found]
    ids = [id_ for decision in made for id_ in (decision.person_id, decision.target_id)]
    people = await canonical_people(store, ids)
    told = [
        Markup("{}. {}").format(number, _at_once(ask, one, people))
        for number, one in enumerate(found, 1)
    ]
    return lines(*told), _rows(ask, made)


def _at_once(ask: Ask, one: Recent, people: Mapping[Id, Person]) -> Markup:
    """Return the line of a decision, and how many were made at once with it."""
    said = _line(ask, one.decision, people)
    if one.number == 1:
        return said
    return ask.t("{said} ({n} at once)", said=said, n=one.number)


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
