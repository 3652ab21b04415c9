"""Who does something in the panel, for the journal."""

from aiohttp import web

from admin_web.options import ACCOUNT, CLOCK, VIA
from domain.deeds import Doer


def doer(request: web.Request) -> Doer:
    """Return whose request this is."""
    return Doer(account=request[ACCOUNT], via=VIA, now=request.app[CLOCK]())
