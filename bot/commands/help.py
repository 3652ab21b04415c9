"""/help: how to answer, and what to ask for."""

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from bot.commands.ask import Ask
from bot.commands.menus import offers
from bot.tongue import msg
from bot.words import lines
from domain.records import Role

ANSWERING = msg(
    "When a camera sees somebody new, a card arrives here. Press a button on it, or reply to it "
    "with a name. The first answer counts, and everybody sees who gave it."
)
LOOKING = msg("You may look at everything of your sites. Questions are answered by others.")
NOTHING = msg("To name somebody, reply to their card. /help says what else there is.")


@dataclass(frozen=True, slots=True)
class Help:
    """Knows the names of all commands."""

    names: frozenset[str]

    async def help(self, ask: Ask) -> None:
        """Say how to answer and what to ask for, to each role what it may."""
        about = LOOKING if ask.account.role is Role.VIEWER else ANSWERING
        await ask.say(lines(ask.t(about), " ", *self._offers(ask)))

    def _offers(self, ask: Ask) -> Iterable[Markup]:
        for offer in offers(ask.account.role, self.names):
            yield Markup("/{} · {}").format(offer.name, ask.t(offer.about))
