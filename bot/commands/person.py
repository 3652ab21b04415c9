"""/person NAME: what there is to say of somebody, with their photos and visits."""

from collections.abc import Sequence

from markupsafe import Markup

from bot.buttons import Button, Rows
from bot.commands.ask import Ask
from bot.commands.buttons import Do, Tap, button
from bot.commands.counter import Subject
from bot.commands.people import STATUS, person_rows
from bot.words import bold, lines, safe
from domain.decisions import NAME_LENGTH
from domain.errors import InvalidError, NotFoundError
from domain.people import PersonView, people_called, person_view
from domain.records import Camera, Id, Person, PersonStatus, Site, Visit

ALBUM = 10
VISITS = 12
CHOICES = 8
NAME_UNITS = 28


async def person(ask: Ask) -> None:
    """Show the person of a name; ask which one is meant if there are several."""
    if not ask.words:
        raise InvalidError("Write the name after it, as in /person Anna. /people lists them.")
    found = await people_called(ask.desk.store, ask.account, ask.words[:NAME_LENGTH])
    if not found:
        raise NotFoundError("Nobody is called {name}.", name=ask.words[:NAME_LENGTH])
    if len(found) == 1:
        await show(ask, found[0].id)
        return
    await ask.say(ask.t("Who is meant?"), rows=person_rows(ask, found[:CHOICES], Do.PERSON))


async def pressed(ask: Ask, tap: Tap) -> None:
    """Show the person of a button."""
    await show(ask, tap.id)


async def show(ask: Ask, person_id: Id) -> None:
    """Send somebody's card, as a message of its own."""
    view = await person_view(ask.desk.store, ask.account, person_id)
    await ask.show(await ask.picture(view.image_key), card(ask, view), rows=rows(ask, view))


def card(ask: Ask, view: PersonView) -> Markup:
    """Return what a person's card says."""
    status = ask.t(STATUS[view.person.status])
    if view.person.visitor:
        status = ask.t("approved as a visitor")
    who = Markup("{} · {}").format(bold(ask.t.called(view.person)), status)
    if view.first is None or view.last is None:
        return lines(who, ask.t("Not seen by a camera yet."))
    visits = ask.t.counted("{n} visit", "{n} visits", view.visits)
    seen = ask.t(
        "{visits} · first {first} · last {last}",
        visits=visits,
        first=ask.day(view.first),
        last=ask.time(view.last),
    )
    return lines(who, seen, Markup(", ").join(safe(site.name) for site in view.sites))


def rows(ask: Ask, view: PersonView) -> Rows:
    """Return the buttons of a person's card, those that the account may press."""
    id_ = view.person.id
    looks = (
        button(ask.t("Photos"), Do.PHOTOS, id_),
        button(ask.t("Visits"), Do.VISITS, id_),
    )
    if not view.may_decide:
        return (looks,)
    named = ask.t("Rename") if view.person.name else ask.t("Name")
    who = (button(named, Do.RENAME, id_), button(ask.t("Merge into…"), Do.MERGE, id_))
    return (looks, who, _marks(ask, view.person), (button(ask.t("Forget…"), Do.FORGET, id_),))


def _marks(ask: Ask, person: Person) -> tuple[Button, ...]:
    """Return the buttons that block, unblock and dismiss, as far as there is a point."""
    block = button(ask.t("Block"), Do.SET, person.id, "block")
    if person.status is PersonStatus.BLOCKED:
        block = button(ask.t("Unblock"), Do.SET, person.id, "known")
    if person.status is PersonStatus.DISMISSED:
        return (block,)
    return (block, button(ask.t("Dismiss"), Do.SET, person.id, "dismiss"))


async def photos(ask: Ask, tap: Tap) -> Markup | None:
    """Send the best photo of each of somebody's last visits, as an album."""
    view = await person_view(ask.desk.store, ask.account, tap.id)
    stays = await _visits(ask, view, limit=3 * ALBUM)
    keys = dict.fromkeys(visit.best.image_key for visit in stays)
    pictures = [picture for key in [*keys][:ALBUM] if (picture := await ask.picture(key))]
    if not pictures and (only := await ask.picture(view.image_key)):
        pictures = [only]
    if not pictures:
        return ask.t("There is no photo any more.")
    await ask.desk.talk.album(ask.chat_id, pictures, bold(ask.t.called(view.person)))
    return None


async def visits(ask: Ask, tap: Tap) -> Markup | None:
    """List somebody's last visits."""
    view = await person_view(ask.desk.store, ask.account, tap.id)
    stays = await _visits(ask, view, limit=VISITS)
    if not stays:
        return ask.t("No visit is known.")
    sites = await ask.desk.store.sites.some([*{visit.site_id for visit in stays}])
    cameras = await ask.desk.store.cameras.some([*{c for v in stays for c in v.camera_ids}])
    told = [visit_line(ask, visit, sites, cameras) for visit in stays]
    earlier = view.visits - len(told)
    more = ask.t("and {n} earlier, in the panel", n=earlier) if earlier > 0 else ""
    await ask.say(
        lines(ask.t("Visits of {name}", name=bold(ask.t.called(view.person))), *told, more)
    )
    return None


async def _visits(ask: Ask, view: PersonView, *, limit: int) -> Sequence[Visit]:
    members = await ask.desk.store.persons.members(view.person.id)
    found = await ask.desk.store.visits.of(members, limit=limit)
    return [visit for visit in found if ask.account.may_see(visit.site_id)]


def visit_line(ask: Ask, visit: Visit, sites: dict[Id, Site], cameras: dict[Id, Camera]) -> Markup:
    """Return one visit in a line: when, at which site, before which cameras."""
    site = sites.get(visit.site_id)
    places = [safe(site.name)] if site else []
    places += [safe(cameras[id_].name) for id_ in visit.camera_ids if id_ in cameras]
    when = ask.span(visit.opened_at, visit.last_seen_at)
    return Markup("{} · {}").format(when, Markup(", ").join(places))


SUBJECT = Subject(
    commands={"person": person},
    taps={Do.PERSON: pressed, Do.PHOTOS: photos, Do.VISITS: visits},
)
