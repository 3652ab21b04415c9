"""The floor to compare the API with: a handler that hashes, writes a file and inserts, no more.

`python -m evaluation.naive PORT FOLDER MONGO_URI`. It checks nothing, knows no keys, answers 202.
"""

import asyncio
import hashlib
import importlib
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.Response]]


def handler(folder: Path, collection: Any) -> Handler:
    """Return the handler; `collection` is Motor's, its writes journaled."""

    async def post(request: web.Request) -> web.Response:
        body = await request.read()
        sha256 = hashlib.sha256(body).hexdigest()
        name = uuid4().hex
        await asyncio.to_thread(_write, folder / name, body)
        await collection.insert_one({"_id": name, "sha256": sha256, "bytes": len(body)})
        return web.json_response({"id": name}, status=202)

    return post


def _write(path: Path, body: bytes) -> None:
    """Write a file so that it is there after a loss of power, but for its name in the folder."""
    with path.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


async def start(port: int, folder: Path, uri: str) -> None:
    """Serve until killed."""
    # By name, as storage is the only part of the product that knows MongoDB; this is no part of it.
    motor = importlib.import_module("motor.motor_asyncio")
    client = motor.AsyncIOMotorClient(uri, w="majority", journal=True)
    app = web.Application()
    app.router.add_post("/", handler(folder, client["naive"]["posts"]))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(start(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
