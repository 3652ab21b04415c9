"""Adding somebody by photos: each is judged as it comes, and nothing is kept before it is saved."""

from dataclasses import dataclass, replace

from aiohttp import web

from admin_web.drafts import my_draft, taken
from admin_web.enrol_form import Wanted, my_sites, read_wanted
from admin_web.options import ACCOUNT, CLOCK, EYES, IMAGES, STORE, VIA
from admin_web.rendering import from_script, page, part
from admin_web.security import allow_camera
from admin_web.uploads import FORM, LARGEST_PHOTO, MOST_PHOTOS, photos_in
from domain.decisions import Name, decide
from domain.enrolling import ADD, Whom, enrol
from domain.errors import InvalidError, NotFoundError
from domain.ids import parse_id
from domain.people import PersonView, person_view
from domain.records import Decision, Id, Person
from domain.reviewing import Reviewed, review
from domain.sight import Glimpse, glimpses, may_see_person, seen_person
from domain.undo import may_undo


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The form as it stands: whom, how each photo is judged, and what is missing still."""

    wanted: Wanted
    person: Person | None
    reviewed: tuple[Reviewed, ...]
    same: tuple[Person, ...]
    glimpses: dict[Id, Glimpse]
    missing: str

    @property
    def good(self) -> int:
        """How many photos would be saved."""
        return sum(1 for one in self.reviewed if one.chosen)

    @property
    def open(self) -> int:
        """About how many photos somebody has to say something first."""
        return sum(1 for one in self.reviewed if one.open)


async def show_enrol(request: web.Request) -> web.StreamResponse:
    """Show the form: empty, for somebody there is, or with a photo given elsewhere."""
    query = request.query
    wanted = Wanted(
        name=query.get("name", "")[:80],
        person_id=parse_id(query["person"]) if query.get("person") else None,
    )
    if query.get("draft"):
        draft = await my_draft(request, query["draft"])
        number = query.get("face", "")
        wanted = wanted.with_draft(draft.id, int(number) if number.isdecimal() else None)
    return await _show(request, wanted)


async def judge_photos(request: web.Request) -> web.StreamResponse:
    """Judge the photos that came, and all those before; a script gets the judgements alone."""
    return await _show(request, await _with_photos(request, read_wanted(request[FORM])))


async def save_person(request: web.Request) -> web.StreamResponse:
    """Add the photos that are good; photos that nobody has seen judged are judged first."""
    wanted = await _with_photos(request, read_wanted(request[FORM]))
    sheet = await _sheet(request, wanted)
    if photos_in(request[FORM]) or sheet.missing:
        status = 200 if photos_in(request[FORM]) else 400
        return await _show(request, wanted, status)
    decision = await _saved(request, sheet)
    raise web.HTTPSeeOther(f"/enrol?saved={decision.id}")


async def _with_photos(request: web.Request, wanted: Wanted) -> Wanted:
    for photo in photos_in(request[FORM]):
        try:
            wanted = wanted.with_draft((await taken(request, photo)).id)
        except InvalidError as error:
            wanted = wanted.with_note(str(error))
    return wanted


async def _saved(request: web.Request, sheet: Sheet) -> Decision:
    """Add the photos; a stranger they are of gets the name that was given."""
    store, account, now = request.app[STORE], request[ACCOUNT], request.app[CLOCK]()
    person, wanted = sheet.person, sheet.wanted
    if wanted.site_id is None:
        raise InvalidError("Please choose a site first.")
    if person and not person.recognised:
        named = Name(wanted.name, another=wanted.another)
        await decide(store, person_id=person.id, answer=named, account=account, via=VIA, now=now)
    enrolled = await enrol(
        store,
        request.app[IMAGES],
        chosen=[one.chosen for one in sheet.reviewed if one.chosen],
        whom=Whom(
            site_id=wanted.site_id,
            person_id=person.id if person else None,
            name=wanted.name,
            another=wanted.another,
            apart=wanted.apart,
        ),
        account=account,
        via=VIA,
        now=now,
    )
    return enrolled.decision


async def _show(request: web.Request, wanted: Wanted, status: int = 200) -> web.StreamResponse:
    sites = await my_sites(request)
    if wanted.site_id is None and sites:
        wanted = replace(wanted, site_id=sites[0].id)
    sheet = await _sheet(request, wanted)
    if from_script(request):
        return part(request, "enrol_review.html", status, sheet=sheet)
    response = await page(
        request,
        "enrol.html",
        status,
        sheet=sheet,
        sites=sites,
        saved=await _saved_before(request),
        undone="undone" in request.query,
        blind=request.app[EYES].blind,
        ready=request.app[EYES].ready,
        most=MOST_PHOTOS,
        largest=LARGEST_PHOTO,
    )
    allow_camera(response)
    return response


async def _sheet(request: web.Request, wanted: Wanted) -> Sheet:
    store, account = request.app[STORE], request[ACCOUNT]
    person = await seen_person(store, account, wanted.person_id) if wanted.person_id else None
    if person and person.id in wanted.apart:
        wanted = replace(wanted, apart=tuple(id_ for id_ in wanted.apart if id_ != person.id))
    reviewed = await review(
        store,
        asked=wanted.asked,
        person_id=person.id if person else None,
        account=account,
        now=request.app[CLOCK](),
    )
    known = {one.draft.id: one.face for one in reviewed}
    gone = len(wanted.shown) - len(known)
    if gone:
        lost = {id_: face for id_, face in wanted.shown.items() if id_ in known}
        wanted = replace(wanted, drafts=lost).with_note(_GONE)
    same = await _namesakes(request, wanted, person)
    likely = [n.person for one in reviewed if one.judged_like for n in [one.judged_like]]
    people = [*([person] if person else []), *same, *likely]
    sheet = Sheet(
        wanted=wanted,
        person=person,
        reviewed=tuple(reviewed),
        same=tuple(same),
        glimpses=await glimpses(store, account, people),
        missing="",
    )
    return replace(sheet, missing=_missing(sheet))


_GONE = "Photos are kept for an hour here, and some are gone. Please choose them again."


async def _namesakes(request: web.Request, wanted: Wanted, person: Person | None) -> list[Person]:
    """Return who has the name already, unless it has been said that another one is meant."""
    if not wanted.name or wanted.another or (person and person.recognised):
        return []
    store, account = request.app[STORE], request[ACCOUNT]
    found = await store.persons.with_name(wanted.name)
    return [p for p in found if await may_see_person(store, account, p)]


def _missing(sheet: Sheet) -> str:
    """Say what has to be done before anything can be saved; nothing when it can be."""
    recognised = sheet.person is not None and sheet.person.recognised
    if not recognised and not sheet.wanted.name:
        return "Give the name first."
    if sheet.same:
        return "Say first which of those is meant."
    if sheet.open:
        return "Answer first what is asked about the photos."
    if not sheet.good:
        return "At least one good photo is needed."
    return ""


async def _saved_before(request: web.Request) -> dict[str, object] | None:
    """Return whom the last photos were added to, to be told of it and to take it back."""
    if not request.query.get("saved"):
        return None
    store, account = request.app[STORE], request[ACCOUNT]
    decision = await store.decisions.get(parse_id(request.query["saved"]))
    if decision is None or decision.verb != ADD or decision.account_id != account.id:
        raise NotFoundError("There is no such decision.")
    if decision.undone:
        return None
    view: PersonView = await person_view(store, account, decision.person_id)
    return {
        "decision": decision,
        "person": view.person,
        "photos": sum(1 for c in decision.changes if c.collection == "references"),
        "glimpse": (await glimpses(store, account, [view.person])).get(view.person.id),
        "undoable": await may_undo(store, decision, account),
    }
