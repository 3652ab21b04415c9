"""Is it alive, and is it ready: for load balancers, and for people who wonder why not."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from api.problems import ProblemError

# A check returns None when all is well, else why not in one sentence; raising says no as well.
Check = Callable[[], Awaitable[str | None]]
Readiness = Mapping[str, Check]


class Health:
    """The two handlers; they need no application, so any may serve them."""

    def __init__(self, readiness: Readiness, *, check_time: float) -> None:
        self._readiness = readiness
        self._check_time = check_time

    async def alive(self, _: web.Request) -> web.Response:
        """Answer 200 as long as there is an event loop to answer."""
        return web.json_response({"status": "alive"}, headers={"Cache-Control": "no-store"})

    async def ready(self, _: web.Request) -> web.Response:
        """Answer 200 when every check is well, else 503; each is named with its reason."""
        whys = await asyncio.gather(*map(self._why, self._readiness.values()))
        checks = {
            name: {"ok": why is None, "why": why}
            for name, why in zip(self._readiness, whys, strict=True)
        }
        failing = [name for name, why in zip(self._readiness, whys, strict=True) if why]
        if failing:
            return ProblemError(
                "not-ready", f"Not ready: {', '.join(failing)}.", checks=checks
            ).response()
        return web.json_response(
            {"status": "ready", "checks": checks}, headers={"Cache-Control": "no-store"}
        )

    async def _why(self, check: Check) -> str | None:
        """Return why a check fails, however it fails."""
        [answer] = await asyncio.gather(
            asyncio.wait_for(check(), self._check_time), return_exceptions=True
        )
        match answer:
            case TimeoutError():
                return f"no answer within {self._check_time:g} s"
            case Exception():
                return type(answer).__name__
            case BaseException():
                raise answer
            case _:
                return answer or None
