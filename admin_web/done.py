"""What was just done to several people at once, said on the page it was done from."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from admin_web.options import ACCOUNT, CLOCK, OPTIONS, STORE
from admin_web.words import count
from domain.errors import InvalidError
from domain.ids import parse_id
from domain.records import Decision, Id, Person
from domain.undo import may_undo, undoable
from domain.views import canonical_people

_SAID = {
    "block": "blocked: everybody is told when they come",
    "dismiss": "dismissed: nobody is asked about them again",
    "known": "let in again",
    "label": "labelled {label}",
    "unlabel": "freed of the label {label}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Decisions made at once: what they came to, who remains, and whether they can be undone."""

    batch: Id
    text: str
    person: Person | None
    refused: int
    can_be_undone: bool


async def done_at_once(request: web.Request) -> Done | None:
    """Return what the address says was just done, if that is the account's business and stands."""
    store, account = request.app[STORE], request[ACCOUNT]
    try:
        batch = parse_id(request.query.get("batch", ""))
    except InvalidError:
        return None
    made = [d for d in await store.decisions.of_batch(batch) if d.undone is None]
    if not made or not await may_undo(store, made[0], account):
        return None
    people = await canonical_people(store, [made[-1].target_id or made[-1].person_id])
    person = next(iter(people.values()), None)
    now, policy = request.app[CLOCK](), request.app[OPTIONS].decisions
    left = request.query.get("refused", "")
    return Done(
        batch=batch,
        text=_told(made, person),
        person=person if made[-1].verb in {"merge", "name"} else None,
        refused=int(left) if left.isascii() and left.isdecimal() and len(left) < len("1000") else 0,
        can_be_undone=any(undoable(decision, now, policy) for decision in made),
    )


def _told(made: Sequence[Decision], person: Person | None) -> str:
    """Return what was done, as a sentence without its end."""
    verb, label = made[0].verb, made[0].name or ""
    if made[-1].verb == "merge" and person:
        merged = [d for d in made if d.verb == "merge"]
        return f"{count(len(merged) + 1, 'person', 'people')} became one, {person.label}"
    if verb == "name":
        return f"Named {label}"
    said = _SAID.get(verb, "decided about").format(label=f"“{label}”")
    return f"{count(len(made), 'person', 'people')} {said}"
