"""Pictures of somebody's earlier visits, as an album."""

from markupsafe import Markup
from telegram import CallbackQuery

from bot.desk import Desk
from bot.tongue import Tongue
from bot.words import bold
from domain.errors import NotAllowedError, NotFoundError
from domain.records import Account, Id, Visit

# As many as Telegram takes in one album.
MOST = 10


async def show_earlier(
    desk: Desk, query: CallbackQuery, visit_id: Id, account: Account, t: Tongue
) -> Markup | str:
    """Send the best picture of each earlier visit; return what to say if there is none.

    Raises NotFoundError and NotAllowedError.
    """
    visit = await desk.store.visits.get(visit_id)
    person = await desk.store.persons.canonical(visit.person_id) if visit else None
    if visit is None or person is None:
        raise NotFoundError("There is no such visit.")
    if not account.may_see(visit.site_id):
        raise NotAllowedError("You may not see this site.")
    members = await desk.store.persons.members(person.id)
    found = await desk.store.visits.of(members, limit=MOST + 1)
    earlier = [v for v in found if v.id != visit.id and account.may_see(v.site_id)][:MOST]
    pictures = await _pictures(desk, earlier)
    if not pictures or query.message is None:
        return t("There is no earlier picture.")
    times = [t.time(each.opened_at, day=desk.clock(), zone=desk.zone) for each, _ in pictures]
    await desk.talk.album(
        query.message.chat.id,
        [picture for _, picture in pictures],
        Markup("{}: {}").format(bold(t.called(person)), ", ".join(times)),
        reply_to=query.message.message_id,
    )
    return ""


async def _pictures(desk: Desk, visits: list[Visit]) -> list[tuple[Visit, bytes]]:
    found = []
    for visit in visits:
        try:
            found.append((visit, await desk.images.get(visit.best.image_key)))
        except KeyError:
            continue
    return found
