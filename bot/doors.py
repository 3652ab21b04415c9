"""Doors that are opened, or left shut, from the chat."""

from markupsafe import Markup

from bot.buttons import Press, Verb
from bot.desk import VIA, Desk
from bot.tongue import Tongue
from domain.grants import rule
from domain.policy import DoorPolicy
from domain.records import Account


async def press_door(desk: Desk, press: Press, account: Account, t: Tongue) -> Markup:
    """Open a door, or leave it shut, as somebody pressed; return what to tell them."""
    opens = press.verb is Verb.OPEN
    await rule(
        desk.store,
        grant_id=press.id,
        opens=opens,
        account=account,
        via=VIA,
        now=desk.clock(),
        policy=DoorPolicy(zone=desk.zone),
    )
    return t("Opening.") if opens else t("It stays shut.")
