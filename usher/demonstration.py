"""`usher demo`: the whole of Usher with a chat page and a simulated camera; needs no account."""

from pydantic import SecretStr
from rich.console import Console

from demo.botapi.client import ChatClient
from demo.botapi.server import create_app, serve
from demo.camera import play
from domain.accounts import invite
from domain.records import Role
from usher import cameras
from usher.parts import Parts, now
from usher.settings import Settings
from usher.up import Extra, run_up

TOKEN = "4242:demo"  # noqa: S105 - of a server that lives as long as this command
GAP_SECONDS = 8
YOU = 1
INTRO = (
    "This is the demo chat. A stranger is about to arrive at the front door. "
    "Tap Name and send a name: the next time they come they are recognised."
)


async def run_demo(settings: Settings, *, chat_port: int, console: Console) -> None:
    """Run everything until cancelled; say where to look."""
    async with serve(create_app(TOKEN, intro=INTRO), port=chat_port) as chat:
        environment = {
            # The people of the demo come back within seconds, not hours.
            "USHER_VISITS__GAP": str(GAP_SECONDS),
            "USHER_VISITS__ANNOUNCE_KNOWN": "true",
        }

        async def companion(parts: Parts, url: str) -> None:
            await _join(parts, chat)
            made = await cameras.create(parts.store, "Front door", "Main", renew=True)
            console.print(f"The chat is at [b]{chat}[/b]: open it and wait for the stranger.")
            await play(url, made["key"], clock=now)

        bot = settings.bot.model_copy(update={"token": SecretStr(TOKEN), "base_url": chat})
        await run_up(
            settings.model_copy(update={"bot": bot}),
            console=console,
            extra=Extra(environment=environment, companion=companion),
        )


async def _join(parts: Parts, chat: str) -> None:
    """Make whoever looks at the page the manager, as an invitation would."""
    made = await invite(parts.store, name="You", role=Role.ADMIN, site_ids=[], now=now())
    async with ChatClient(chat) as client:
        await client.user(YOU, "You")
        await client.start(YOU, made.token)
