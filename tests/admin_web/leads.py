"""Where each door leads: what must be there before somebody knocks, and what they send.

A route whose address begins with one of LEADS needs no line of its own. `ids` makes what the route
leads to, at the main site (what is personal: of `owner`), and returns it for the placeholders of
the address; what has no place there goes into the query or the form. `form` is the simplest form
that may be sent; what only lacks a field is 400, which is no closed door.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from admin_web.guard import Door
from domain.decisions import Dismiss, Name, answer
from domain.deeds import Doer
from domain.house import change_rules
from domain.password_links import make_password_link
from domain.records import Account, DetectionStatus, House
from domain.sessions import open_session
from domain.together import answer_together
from tests.admin_web.world import World

Ids = Mapping[str, str]
Make = Callable[[World, Account], Awaitable[Ids]]


@dataclass(frozen=True, slots=True)
class Lead:
    """How to knock at the doors of an address."""

    ids: Make
    form: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """A knock: the address, and the form to send there."""

    path: str
    form: Mapping[str, str]


async def nothing(_: World, __: Account) -> Ids:
    """Need nothing to be there."""
    return {}


async def question(world: World, _: Account) -> Ids:
    """Ask about a stranger."""
    return {"id": (await world.see(0)).asked.id}


async def reference(world: World, _: Account) -> Ids:
    """Doubt a photo."""
    return {"id": (await world.doubt(await world.see(0))).id}


async def person(world: World, _: Account) -> Ids:
    """See a stranger."""
    return {"id": (await world.see(0)).person.id}


async def photo(world: World, _: Account) -> Ids:
    """See a stranger, in a photo."""
    seen = await world.see(0)
    return {"id": seen.person.id, "photo": seen.detection.id}


async def detection(world: World, _: Account) -> Ids:
    """See a stranger."""
    return {"id": (await world.see(0)).detection.id}


async def failed(world: World, _: Account) -> Ids:
    """Fail at a crop."""
    return {"id": (await world.crop(0, status=DetectionStatus.FAILED)).id}


async def visit(world: World, _: Account) -> Ids:
    """See somebody known."""
    return {"id": (await _known(world))[0]}


async def decision(world: World, _: Account) -> Ids:
    """Let somebody be known."""
    return {"id": (await _known(world))[1]}


async def batch(world: World, _: Account) -> Ids:
    """Let somebody be known, as one of several at once."""
    made = await answer_together(
        world.store,
        question_ids=[(await world.see(0)).asked.id],
        answer=Dismiss(),
        account=world.maria,
        via="panel",
        now=world.clock(),
    )
    return {"id": made.batch}


async def camera(world: World, _: Account) -> Ids:
    """Take a camera of the main site."""
    return {"id": world.door.id}


async def site(world: World, _: Account) -> Ids:
    """Take the main site."""
    return {"id": world.main.id}


async def draft(world: World, owner: Account) -> Ids:
    """Give a photo."""
    return {"id": (await world.give(owner)).id}


async def account(world: World, _: Account) -> Ids:
    """Take the account of somebody else, who may be anybody."""
    return {"id": world.otto.id}


async def rule_change(world: World, _: Account) -> Ids:
    """Change a rule of the house."""
    [change] = await change_rules(
        world.store,
        wanted={"images_days": len(await world.store.rule_changes.latest()) + 1},
        fixed=House(),
        account=world.admin,
        via="panel",
        now=world.clock(),
    )
    return {"id": change.id}


async def session(world: World, owner: Account) -> Ids:
    """Let the owner be signed in by another browser."""
    await open_session(world.store, account=owner, now=world.clock())
    newest = max(await world.store.sessions.of(owner.id, world.clock()), key=lambda s: s.id)
    return {"id": newest.id}


async def session_of_another(world: World, _: Account) -> Ids:
    """Let somebody be signed in."""
    return {"id": world.otto.id, "session": (await session(world, world.otto))["id"]}


async def password_link(world: World, _: Account) -> Ids:
    """Let somebody have a link to choose a password by."""
    doer = Doer(account=None, via="command line", now=world.clock())
    made = await make_password_link(world.store, account_id=world.otto.id, doer=doer)
    return {"token": made.token}


async def _known(world: World) -> tuple[str, str]:
    """Let somebody be known; return the visit and the decision."""
    seen = await world.see(0)
    outcome = await answer(
        world.store,
        question_id=seen.asked.id,
        answer=Name(f"Anna {seen.person.number}"),
        account=world.maria,
        via="panel",
        now=world.clock(),
    )
    return seen.visit.id, outcome.decision.id


# The longest beginning of a door's address that stands here says where the door leads.
LEADS: Mapping[str, Lead] = {
    "/": Lead(nothing),
    "/questions/{id}": Lead(question, {"answer": "visitor"}),
    "/references/{id}": Lead(reference, {"answer": "visitor"}),
    "/people/{id}": Lead(person, {"answer": "visitor"}),
    "/people/{id}/photos/{photo}": Lead(photo),
    "/people/chosen": Lead(nothing),
    "/visits/{id}": Lead(visit),
    "/decisions/{id}": Lead(decision),
    "/batches/{id}": Lead(batch),
    "/detections/{id}": Lead(detection),
    "/detections/{id}/retry": Lead(failed),
    "/images/{id}": Lead(detection),
    "/cameras/{id}": Lead(camera),
    "/sites/{id}": Lead(site),
    "/drafts/{id}": Lead(draft),
    "/accounts/{id}": Lead(account),
    "/accounts/{id}/sessions/{session}": Lead(session_of_another),
    "/account/sessions/{id}": Lead(session),
    "/password": Lead(password_link),
    "/settings/changes/{id}": Lead(rule_change),
}


async def target(door: Door, world: World, owner: Account) -> Target:
    """Make what the door leads to, and return how to knock."""
    lead = LEADS[max((path for path in LEADS if door.path.startswith(path)), key=len)]
    ids = await lead.ids(world, owner)
    more = {name: value for name, value in ids.items() if f"{{{name}}}" not in door.path}
    query = f"?{urlencode(more)}" if more and door.method == "GET" else ""
    return Target(door.path.format(**ids) + query, {**more, **lead.form})
