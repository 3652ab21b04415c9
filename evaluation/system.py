"""A whole Usher, driven through its public doors alone.

`running_system` starts the project's own Bot API server, and `usher up` in a folder of its own.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from demo.botapi.client import ChatClient
from demo.botapi.server import create_app, serve
from evaluation.installation import (
    LOOK_SECONDS,
    READY_SECONDS,
    SystemFailedError,
    Usher,
    running_usher,
)
from evaluation.processes import Child, Role

SITE = "Main"
MANAGER = 501
TOKEN = "100001:bench-token-of-nobody"  # noqa: S105 - of a Bot API server of our own
PAGE = 200


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera's id and key."""

    id: str
    site_id: str
    key: str


@dataclass(kw_only=True)
class System:
    """A running Usher with a camera and, if there is a chat, a manager who has joined."""

    usher: Usher
    client: httpx.AsyncClient
    camera: Camera
    telegram: ChatClient | None = None
    manager: int = MANAGER

    @property
    def url(self) -> str:
        """The address of the API and the panel."""
        return self.usher.url

    @property
    def key(self) -> str:
        """The camera's key."""
        return self.camera.key

    @property
    def chat(self) -> ChatClient:
        """The people's side of the chat."""
        if self.telegram is None:
            raise RuntimeError("this system was started without a chat")
        return self.telegram

    async def children(self) -> list[Child]:
        """Return its processes."""
        return await self.usher.children()

    async def kill(self, role: Role, *, number: int = 0) -> int | None:
        """Kill a process of a role, as `kill -9` does; return its id, None if there is none."""
        return await self.usher.kill(role, number=number)

    async def new_camera(self, name: str, site: str = SITE) -> Camera:
        """Make one more camera."""
        said = await self.usher.command("camera-key", "create", name, "--site", site)
        made = json.loads(said)
        return Camera(id=made["camera_id"], site_id=made["site_id"], key=made["key"])

    async def join(self, user_id: int, name: str, sites: Sequence[str] = (SITE,)) -> None:
        """Invite a manager, who follows the link and is greeted."""
        options = [word for site in sites for word in ("--site", site)]
        said = await self.usher.command("account", "invite", name, "--role", "manager", *options)
        payload = json.loads(said)["start"].removeprefix("/start ")
        await self.chat.user(user_id, name)
        await self.chat.start(user_id, payload)
        await self.chat.wait_for(user_id, lambda m: "Welcome" in m.text, timeout=READY_SECONDS)

    async def post(
        self,
        *crops: bytes,
        key: str | None = None,
        idempotency_key: str | None = None,
        **fields: str,
    ) -> httpx.Response:
        """Post crops as a camera does; return the answer, whatever it is."""
        headers = _bearer(key or self.key)
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        files = [("image", ("face.jpg", crop, "image/jpeg")) for crop in crops]
        return await self.client.post(
            "/api/v1/detections", files=files, data=fields, headers=headers
        )

    async def detections(self, *, key: str | None = None, **filters: str) -> list[dict[str, Any]]:
        """Return the camera's detections, all pages, newest first."""
        found: list[dict[str, Any]] = []
        query: dict[str, str] = {"limit": str(PAGE), **filters}
        while True:
            page = await self._page(query, key or self.key)
            found += page["detections"]
            if page["next"] is None:
                return found
            query["cursor"] = page["next"]

    async def _page(self, query: Mapping[str, str], key: str) -> dict[str, Any]:
        answer = await self.client.get("/api/v1/detections", params=query, headers=_bearer(key))
        answer.raise_for_status()
        page: dict[str, Any] = answer.json()
        return page

    async def settled(self, *, key: str | None = None, seconds: float = 120.0) -> None:
        """Wait until none of the camera's detections is new. Raises SystemFailedError."""
        deadline, left = time.monotonic() + seconds, True
        while left and time.monotonic() < deadline:
            await asyncio.sleep(LOOK_SECONDS)
            with contextlib.suppress(httpx.HTTPError):
                page = await self._page({"status": "new", "limit": "1"}, key or self.key)
                left = bool(page["detections"])
        if left:
            raise SystemFailedError(
                f"Detections are new after {seconds:.0f} s.\n{self.usher.last_words()}"
            )


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@asynccontextmanager
async def running_system(
    *, workers: int = 1, data_dir: Path | None = None, chat: bool = True, **variables: str
) -> AsyncIterator[System]:
    """Run an Usher with a camera, and with a manager in a chat; leave no process behind."""
    async with AsyncExitStack() as stack:
        telegram = None
        if chat:
            url = await stack.enter_async_context(serve(create_app(TOKEN)))
            telegram = await stack.enter_async_context(ChatClient(url))
            # Whoever looks on tells cards apart by their messages.
            apart = {"USHER_BOT__CARDS_APART": "100000"}
            bot = {"USHER_BOT__TOKEN": TOKEN, "USHER_BOT__BASE_URL": url}
            variables = {**bot, **apart, **variables}
        usher = await stack.enter_async_context(
            running_usher(Role.UP, workers=workers, data_dir=data_dir, **variables)
        )
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=usher.url, timeout=30, trust_env=False)
        )
        system = System(usher=usher, client=client, camera=Camera("", "", ""), telegram=telegram)
        system.camera = await system.new_camera("Front door")
        if chat:
            await system.join(MANAGER, "Maria")
        yield system
