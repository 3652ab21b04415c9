"""Sudden death, at moments nobody can foresee."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from evaluation.installation import Usher
from evaluation.processes import Role

# In every ten kills each part has its turn; workers and doors, which do most, have more.
DECK = (
    *(Role.WORKER, Role.WORKER, Role.WORKER, Role.API, Role.API),
    *(Role.MONGOD, Role.MONGOD, Role.BOT, Role.BOT, Role.KEEPER),
)
SHORTEST_SECONDS = 0.2
LONGEST_SECONDS = 3.0
# The supervisor starts again what dies time after time, but ever later.
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Kill:
    """A process that was killed, and when: seconds since 1970."""

    at: float
    role: Role
    pid: int


class Killer:
    """Kills processes of an installation as its seed has it; `kills` lists them.

    Between two kills lie `mean_seconds`, exponentially spread as accidents are.
    """

    def __init__(
        self,
        usher: Usher,
        *,
        seed: int,
        mean_seconds: float,
        tell: Callable[[Kill], None],
    ) -> None:
        self._usher = usher
        self._chance = Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self._mean = mean_seconds
        self._tell = tell
        self.kills: list[Kill] = []

    async def run(self, *, least: int, done: asyncio.Event) -> None:
        """Kill until `done` is set, and at least so often."""
        for role in self._roles():
            if done.is_set() and len(self.kills) >= least:
                return
            wait = self._chance.expovariate(1 / self._mean)
            await asyncio.sleep(min(LONGEST_SECONDS * self._mean, SHORTEST_SECONDS + wait))
            kill = await self._kill(role)
            self.kills.append(kill)
            self._tell(kill)

    async def _kill(self, role: Role) -> Kill:
        """Kill a process of a role; wait for it if it is still dead."""
        number = self._chance.randrange(64)
        async with asyncio.timeout(PATIENCE_SECONDS):
            pid = await self._usher.kill(role, number=number)
            while pid is None:
                await asyncio.sleep(SHORTEST_SECONDS)
                pid = await self._usher.kill(role, number=number)
        return Kill(at=time.time(), role=role, pid=pid)

    def _roles(self) -> Iterator[Role]:
        while True:
            deck = list(DECK)
            self._chance.shuffle(deck)
            yield from deck
