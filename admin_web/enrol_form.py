"""What the form for adding somebody says: whom, by which photos, and what was answered of them.

The form carries all of it, so that nothing is kept of it before it is saved but the photos.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from aiohttp import web
from multidict import MultiMapping

from admin_web.answering import typed
from admin_web.options import ACCOUNT, STORE
from admin_web.uploads import MOST_PHOTOS, Form
from domain.errors import InvalidError
from domain.ids import parse_id
from domain.records import Id, Site
from domain.reviewing import Asked

_MOST_NOTES = 5
_LONGEST_NOTE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Whom photos are for: somebody there is (`person_id`), or somebody of a `name`.

    `another` is a new person of a name already known. `drafts` are the photos with the face that
    is meant, where that was said; it is none of `apart`. `notes` tell of files that are no photos.
    """

    name: str = ""
    person_id: Id | None = None
    site_id: Id | None = None
    another: bool = False
    drafts: Mapping[Id, int | None] | None = None
    apart: tuple[Id, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def shown(self) -> Mapping[Id, int | None]:
        """The photos in order, with the face that is meant."""
        return self.drafts or {}

    @property
    def asked(self) -> tuple[Asked, ...]:
        """The photos as they are to be judged."""
        return tuple(
            Asked(draft_id=id_, face=face, apart=self.apart) for id_, face in self.shown.items()
        )

    def with_draft(self, id_: Id, face: int | None = None) -> "Wanted":
        """Take one more photo; raise InvalidError when there are as many as may be."""
        if id_ not in self.shown and len(self.shown) >= MOST_PHOTOS:
            raise InvalidError("{n} photos are enough. Please save these first.", n=MOST_PHOTOS)
        return replace(self, drafts={**self.shown, id_: face})

    def with_note(self, note: str) -> "Wanted":
        """Tell of one more file that is no photo."""
        return replace(self, notes=(*self.notes, note[:_LONGEST_NOTE])[-_MOST_NOTES:])


def read_wanted(form: Form) -> Wanted:
    """Return what a form says, with the button that was pressed; raise InvalidError."""
    wanted = Wanted(
        name=_typed(form, "name"),
        person_id=_id(form, "to") or _id(form, "person"),
        site_id=_id(form, "site"),
        another=bool(form.get("another")) and form.get("another_of") == _typed(form, "name"),
        drafts=_drafts(form),
        apart=tuple(dict.fromkeys(parse_id(t) for t in _all(form, "apart"))),
        notes=tuple(t[:_LONGEST_NOTE] for t in _all(form, "note"))[-_MOST_NOTES:],
    )
    if form.get("nobody"):
        wanted = replace(wanted, person_id=None, another=False)
    if form.get("forget-notes"):
        wanted = replace(wanted, notes=())
    return wanted


def _drafts(form: Form) -> dict[Id, int | None]:
    found: dict[Id, int | None] = {}
    for text in _all(form, "draft")[:MOST_PHOTOS]:
        id_, face = _with_face(text)
        found[id_] = face
    for text in _all(form, "face"):
        id_, face = _with_face(text)
        if id_ in found:
            found[id_] = face
    for text in _all(form, "drop"):
        found.pop(parse_id(text), None)
    return found


def _with_face(text: str) -> tuple[Id, int | None]:
    """Read a photo's id, and the number of the face after it if there is one."""
    id_, _, number = text.partition(":")
    return parse_id(id_), int(number) if number.isdecimal() and len(number) < 4 else None  # noqa: PLR2004 - a picture has no thousand faces


def _all(form: MultiMapping[object], key: str) -> list[str]:
    return [value for value in form.getall(key, []) if isinstance(value, str)]


def _typed(form: Form, key: str) -> str:
    value = form.get(key, "")
    return typed(value) if isinstance(value, str) else ""


def _id(form: Form, key: str) -> Id | None:
    value = form.get(key)
    return parse_id(value) if isinstance(value, str) and value else None


async def my_sites(request: web.Request) -> list[Site]:
    """Return the sites that whoever asks answers for."""
    sites = await request.app[STORE].sites.all()
    return [site for site in sites if request[ACCOUNT].may_answer(site.id)]
