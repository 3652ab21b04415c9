"""Labels put on somebody, and taken off again, from the page of what is noted of them."""

from aiohttp import web

from admin_web.about import show_refused
from admin_web.answering import text
from admin_web.options import ACCOUNT, CLOCK, STORE
from admin_web.person import seen_person
from domain.errors import InvalidError
from domain.labelling import Labelling, label

VIA = "panel"


async def label_person(request: web.Request) -> web.StreamResponse:
    """Put a label on somebody, or take one off; show what was done, with Undo."""
    form = await request.post()
    person = await seen_person(request)
    off = text(form, "how") == Labelling.TAKEN_OFF
    try:
        outcome = await label(
            request.app[STORE],
            person_id=person.id,
            text=text(form, "label"),
            how=Labelling.TAKEN_OFF if off else Labelling.PUT_ON,
            account=request[ACCOUNT],
            via=VIA,
            now=request.app[CLOCK](),
        )
    except InvalidError as error:
        return await show_refused(request, person, str(error))
    raise web.HTTPSeeOther(f"/people/{person.id}/about?done={outcome.decision.id}")
