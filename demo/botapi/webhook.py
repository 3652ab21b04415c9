"""Posts updates to the bot's webhook, one after another, each until it is taken."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from demo.botapi.updates import Updates, Webhook
from demo.botapi.world import WORLD, World

POST_TIMEOUT_S = 10.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0
IDLE_S = 60.0


async def deliver_updates(app: web.Application) -> AsyncIterator[None]:
    """Run the delivery as long as the application runs."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(_deliver(app[WORLD]), name="webhook")
        yield
        task.cancel()


async def _deliver(world: World) -> None:
    updates, pause_s = world.updates, FIRST_PAUSE_S
    async with ClientSession(timeout=ClientTimeout(total=POST_TIMEOUT_S)) as session:
        while not updates.bell.closed:
            if updates.webhook is None or not updates.pending:
                await updates.bell.wait(IDLE_S)
            elif await _post(session, world, updates.webhook):
                pause_s = FIRST_PAUSE_S
            else:
                await updates.bell.wait(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)


async def _post(session: ClientSession, world: World, hook: Webhook) -> bool:
    """Post the oldest update; True when the bot took it, else the reason is kept."""
    update = world.updates.pending[0]
    headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
    try:
        async with session.post(hook.url, json=update, headers=headers) as response:
            taken, reason = response.ok, f"{response.status} {response.reason}"
    except (ClientError, TimeoutError, OSError) as error:
        taken, reason = False, type(error).__name__
    if taken:
        _confirm(world.updates, update["update_id"])
    else:
        hook.last_error_at = int(world.clock())
        hook.last_error = f"Wrong response from the webhook: {reason}"
    return taken


def _confirm(updates: Updates, update_id: int) -> None:
    """Forget it, unless it was dropped or taken by polling meanwhile."""
    if updates.pending and updates.pending[0]["update_id"] == update_id:
        updates.pending.popleft()
