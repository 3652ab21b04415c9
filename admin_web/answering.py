"""Reading answers out of forms, of questions and of people alike."""

from collections.abc import Callable, Sequence
from datetime import datetime

from aiohttp import web
from multidict import MultiDictProxy

from admin_web.options import ACCOUNT, CLOCK, OPTIONS, STORE
from domain import decisions
from domain.errors import InvalidError, NotFoundError
from domain.ids import parse_id
from domain.records import Id
from domain.replies import Term
from domain.sight import may_see_person

Form = MultiDictProxy[str | bytes | bytearray | web.FileField]
_PLAIN: dict[str, Callable[[], decisions.Verdict]] = {
    "block": decisions.Block,
    "dismiss": decisions.Dismiss,
    "no-face": decisions.NoFace,
    "known": decisions.Known,
}


def text(form: Form, key: str) -> str:
    """Return what was written into a field."""
    value = form.get(key, "")
    return value if isinstance(value, str) else ""


def typed(words: str) -> str:
    """Return what somebody has typed of a name: in one line, and no longer than one."""
    return " ".join("".join(c for c in words if c.isprintable()).split())[: decisions.NAME_LENGTH]


def read_answer(request: web.Request, form: Form) -> decisions.Answer:
    """Return the answer a form gives; raise InvalidError when it is none."""
    answer = text(form, "answer")
    if answer.startswith("not:"):
        return decisions.IsNot(parse_id(answer.removeprefix("not:")))
    return read_verdict(request, form)


def read_verdict(request: web.Request, form: Form) -> decisions.Verdict:
    """Return what a form says of a person; raise InvalidError when it says nothing."""
    verb, _, about = text(form, "answer").partition(":")
    match verb:
        case "name" | "another":
            return decisions.Name(text(form, "name"), another=verb == "another")
        case "is":
            return decisions.ItIs(parse_id(about))
        case "visitor":
            return decisions.Visitor(_until(request, about))
        case _ if verb in _PLAIN:
            return _PLAIN[verb]()
        case _:
            raise InvalidError("Choose one of the answers.")


def _until(request: web.Request, how_long: str) -> datetime | None:
    """Return until when a visitor is let in."""
    if how_long not in set(Term):
        raise InvalidError("Choose until when.")
    return Term(how_long).until(request.app[CLOCK](), request.app[OPTIONS].timezone)


async def check_target(
    request: web.Request, target: Id, name: str, suggested: Sequence[Id] = ()
) -> None:
    """Let an account point at people suggested to it, of a name it gave, or whom it may see."""
    store, account = request.app[STORE], request[ACCOUNT]
    person = await store.persons.canonical(target)
    if person is None:
        raise NotFoundError("There is no such person.")
    if target in suggested:
        return
    offered = [await store.persons.canonical(id_) for id_ in suggested]
    if person in offered or await may_see_person(store, account, person):
        return
    if name and person in await store.persons.with_name(decisions.clean_name(name)):
        return
    raise NotFoundError("There is no such person.")
