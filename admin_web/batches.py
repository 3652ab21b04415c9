"""Taking back what was decided at once."""

import re

from aiohttp import web

from admin_web.answering import text
from admin_web.options import ACCOUNT, CLOCK, OPTIONS, STORE
from admin_web.rendering import from_script
from domain.errors import NotFoundError
from domain.ids import parse_id
from domain.records import Id
from domain.together import TakenBack, undo_together
from domain.undo import may_undo

_OWN_ADDRESS = re.compile(r"/(?![/\\])[!-~]*")


async def undo_batch(request: web.Request) -> web.StreamResponse:
    """Take back what was decided at once; go back to the page it was done on (`back`)."""
    await take_back(request, parse_id(request.match_info["id"]))
    back = text(await request.post(), "back")
    address = back if _OWN_ADDRESS.fullmatch(back) else "/"
    if from_script(request):
        return web.Response(headers={"HX-Redirect": address})
    raise web.HTTPSeeOther(address)


async def take_back(request: web.Request, batch: Id) -> TakenBack:
    """Undo a batch; raise NotFoundError when none of it is the account's business."""
    store, account = request.app[STORE], request[ACCOUNT]
    made = await store.decisions.of_batch(batch)
    if not any([await may_undo(store, decision, account) for decision in made]):
        raise NotFoundError("There is no such decision.")
    return await undo_together(
        store,
        batch=batch,
        account=account,
        via="panel",
        now=request.app[CLOCK](),
        policy=request.app[OPTIONS].decisions,
    )
