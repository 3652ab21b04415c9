"""Which commands there are, what each is for, and who is offered which."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.tongue import Tongue, msg
from domain.records import Role


@dataclass(frozen=True, slots=True)
class Offer:
    """A command of the menu: what it is for, and whether those who only look have a use for it."""

    name: str
    about: str
    viewers: bool = True


OFFERS = (
    Offer("today", msg("Who came today")),
    Offer("yesterday", msg("Who came yesterday")),
    Offer("pending", msg("The questions that wait"), viewers=False),
    Offer("who", msg("Who is on a photo")),
    Offer("people", msg("Everybody with a name")),
    Offer("person", msg("One person: photos, visits, decisions")),
    Offer("add", msg("Add somebody by photos"), viewers=False),
    Offer("expect", msg("Announce a guest"), viewers=False),
    Offer("undo", msg("Take a decision back"), viewers=False),
    Offer("alerts", msg("Of whom you are told")),
    Offer("mute", msg("A pause, as in /mute 2h")),
    Offer("quiet", msg("Quiet hours, as in /quiet 22:00-07:00")),
    Offer("status", msg("Cameras, models, and what waits")),
    Offer("language", msg("The language of this chat")),
    Offer("leave", msg("Unbind this chat")),
    Offer("help", msg("How to answer, and what to ask for")),
)


START = (Offer("start", msg("Begin")),)
# What a group can be asked, where everybody reads the answer.
GROUP = ("here", "today", "pending", "status")
HERE = Offer("here", msg("Ask about a site in this group"))


def offers(role: Role, names: frozenset[str]) -> tuple[Offer, ...]:
    """Return what a role is offered of the commands of these names, in the order of the menu."""
    return tuple(
        offer
        for offer in OFFERS
        if offer.name in names and (offer.viewers or role is not Role.VIEWER)
    )


def group_offers() -> tuple[Offer, ...]:
    """Return what groups are offered."""
    return tuple(offer for offer in (HERE, *OFFERS) if offer.name in GROUP)


def menu(offered: Sequence[Offer], t: Tongue) -> list[tuple[str, str]]:
    """Return a menu in a language: names, and what they are for."""
    return [(offer.name, str(t(offer.about))) for offer in offered]
