"""The panel's eyes: one look at a time, so that cameras are served meanwhile."""

import asyncio

from domain.errors import NoModelsError
from domain.looking import Eyes, Look


class Looking:
    """Looks at pictures that people give, in turn. `ready` once models have been loaded."""

    def __init__(self, eyes: Eyes | None) -> None:
        self._eyes = eyes
        self._turn = asyncio.Lock()
        self.ready = False

    @property
    def blind(self) -> bool:
        """Whether there is nothing to look with."""
        return self._eyes is None

    async def look(self, picture: bytes) -> Look:
        """Say who is on a picture.

        Raises ImageRefusedError where it cannot be read, NoModelsError where there are no models.
        """
        if self._eyes is None:
            raise NoModelsError("This panel runs without models, so it cannot look at pictures.")
        async with self._turn:
            look = await self._eyes.look(picture)
            self.ready = True
            return look
