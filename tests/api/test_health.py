"""Whether it is alive, and whether it is ready."""

import asyncio
from datetime import timedelta
from typing import Any

from aiohttp import web

from api.app import add_health
from api.health import Health
from api.keys import HEALTH
from api.limits import Limits


async def _well() -> str | None:
    return None


async def _ill() -> str | None:
    return "no models in this folder"


async def _broken() -> str | None:
    raise RuntimeError("mongodb://user:secret@host")


async def _stuck() -> str | None:
    await asyncio.sleep(60)
    return None


async def test_alive(serve: Any) -> None:
    """It is alive however ill it is, and tells anybody."""
    api = await serve(ready={"mongo": _broken})
    answer = await api.client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


async def test_ready(serve: Any) -> None:
    """It is ready when every check is well; the backlog is one of its own."""
    api = await serve(ready={"mongo": _well, "models": _well})
    answer = await api.client.get("/readyz")
    assert answer.status_code == 200
    assert set(answer.json()["checks"]) == {"mongo", "models", "backlog"}
    assert all(check["ok"] for check in answer.json()["checks"].values())


async def test_not_ready(serve: Any) -> None:
    """Each check is named with why it fails; what an exception says is not shown."""
    api = await serve(
        ready={"mongo": _broken, "models": _ill, "worker": _stuck, "disk": _well},
        limits=Limits(check_time=timedelta(milliseconds=50)),
    )
    answer = await api.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:usher:problem:not-ready"
    assert answer.json()["detail"] == "Not ready: mongo, models, worker."
    checks = answer.json()["checks"]
    assert checks["mongo"] == {"ok": False, "why": "RuntimeError"}
    assert checks["models"] == {"ok": False, "why": "no models in this folder"}
    assert checks["worker"] == {"ok": False, "why": "no answer within 0.05 s"}
    assert checks["disk"] == {"ok": True, "why": None}
    assert "secret" not in answer.text


async def test_backlog_is_full(serve: Any, eye: Any, picture: Any) -> None:
    """When no more crops are taken, the load should go elsewhere."""
    api = await serve(limits=Limits(backlog=1, backlog_age=timedelta(0)))
    await api.client.post("/detections", files={"image": picture()}, headers=eye.headers)
    answer = await api.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["backlog"]["ok"] is False


async def test_served_elsewhere(api: Any) -> None:
    """Any other application can serve the same two addresses."""
    root = web.Application()
    health = api.app[HEALTH]
    assert isinstance(health, Health)
    add_health(root, health)
    paths = {resource.canonical for resource in root.router.resources()}
    assert paths == {"/healthz", "/readyz"}
