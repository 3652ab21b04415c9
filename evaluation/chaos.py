"""Posts while whatever runs is killed at random moments; then a look whether all is there."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import httpx

from evaluation.audit import Chat, Findings, audit
from evaluation.cast import cast
from evaluation.killer import Kill, Killer
from evaluation.processes import Role
from evaluation.script import Scene, scenes
from evaluation.system import MANAGER, SITE, Camera, System, running_system

SITES = (SITE, "Yard")
SECOND_MANAGER = MANAGER + 1
# Who answers for which sites.
MANAGERS = {MANAGER: (SITE,), SECOND_MANAGER: SITES}
POSTERS = 8
LEAST_KILLS = 10  # the whole deck
POSTS_A_KILL = 40
RETRY_SECONDS = 0.3
PATIENCE_SECONDS = 180.0
# A bot that was killed has its cards on lease for a minute; then they are taken up again.
BOT_LEASE_SECONDS = 65.0
QUIET_SECONDS = 3.0
LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChaosOptions:
    """How much is posted and how fast, how often something is killed, and by which dice."""

    posts: int = 1000
    workers: int = 2
    faces: Path | None = None
    seed: int = 1
    per_s: float = 20.0
    kill_every_s: float = 2.0
    people: int = 40

    @property
    def kills(self) -> int:
        """How many kills there are at least: on a fast machine the posts are done before."""
        return max(LEAST_KILLS, self.posts // POSTS_A_KILL)


@dataclass(frozen=True, slots=True)
class Telling:
    """Who is told of each acknowledged post, each kill, what is being waited for.

    `log` gets Usher's log if something is wrong in the end.
    """

    post: Callable[[], None]
    kill: Callable[[Kill], None]
    wait: Callable[[str], None]
    log: Callable[[str], None]


async def run_chaos(options: ChaosOptions, telling: Telling) -> Findings:
    """Post, kill, wait until all is quiet, and return what was found."""
    actors = await asyncio.to_thread(cast, options.faces, options.people)
    played = scenes(actors, SITES, posts=options.posts, seed=options.seed, now=datetime.now(UTC))
    async with running_system(workers=options.workers, USHER_TIMEZONE="UTC") as system:
        cameras = await _furnish(system)
        killer = Killer(
            system.usher, seed=options.seed, mean_seconds=options.kill_every_s, tell=telling.kill
        )
        posting = _Posting(system, cameras, options, telling.post)
        done = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            _ = group.create_task(killer.run(least=options.kills, done=done))
            await posting.run(played)
            done.set()
        findings = await _quiet(system, cameras, posting.acknowledged, killer.kills, telling)
        if findings.problems:
            telling.log(system.usher.log.read_text(errors="replace"))
        return findings


async def _furnish(system: System) -> dict[str, list[Camera]]:
    """Return the cameras of each site, two at the first; let a second manager join."""
    yard = await system.new_camera("Gate", SITES[1])
    second = await system.new_camera("Back door", SITES[0])
    await system.join(SECOND_MANAGER, "Ahmed", MANAGERS[SECOND_MANAGER])
    return {SITES[0]: [system.camera, second], SITES[1]: [yard]}


class _Posting:
    """Cameras that post, and post again until they are answered."""

    def __init__(
        self,
        system: System,
        cameras: Mapping[str, Sequence[Camera]],
        options: ChaosOptions,
        tick: Callable[[], None],
    ) -> None:
        self._system = system
        self._cameras = cameras
        self._options = options
        self._tick = tick
        self.acknowledged: dict[str, Scene] = {}

    async def run(self, played: Sequence[Scene]) -> None:
        """Post every scene; none is given up within `PATIENCE_SECONDS`."""
        begun, waiting = time.monotonic(), iter(enumerate(played))

        async def poster() -> None:
            for turn, scene in waiting:
                due = begun + turn / self._options.per_s
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                await self._post(scene)

        async with asyncio.TaskGroup() as group:
            for _ in range(POSTERS):
                _ = group.create_task(poster())

    async def _post(self, scene: Scene) -> None:
        crop = await asyncio.to_thread(scene.actor.crop, scene.number)
        cameras = self._cameras[scene.site]
        camera = cameras[scene.number % len(cameras)]
        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = await self._try(scene, camera, crop)
            while answer is None:
                await asyncio.sleep(RETRY_SECONDS)
                answer = await self._try(scene, camera, crop)
        if answer.status_code != HTTPStatus.ACCEPTED:
            raise RuntimeError(f"A post was answered {answer.status_code}: {answer.text}")
        self.acknowledged[answer.json()["detections"][0]["id"]] = scene
        self._tick()

    async def _try(self, scene: Scene, camera: Camera, crop: bytes) -> httpx.Response | None:
        """Return the answer; None where a camera would try again."""
        try:
            answer = await self._system.post(
                crop,
                key=camera.key,
                idempotency_key=f"scene-{scene.number}",
                captured_at=scene.captured_at.isoformat(),
            )
        except httpx.TransportError:
            return None
        return None if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR else answer


async def _quiet(
    system: System,
    cameras: Mapping[str, Sequence[Camera]],
    posted: Mapping[str, Scene],
    kills: Sequence[Kill],
    telling: Telling,
) -> Findings:
    """Wait until everything is as it should be, and stays so; or until patience ends."""
    every = [camera for some in cameras.values() for camera in some]
    telling.wait("every detection to be classified")
    for camera in every:
        await system.settled(key=camera.key, seconds=PATIENCE_SECONDS)
    deadline = time.time() + PATIENCE_SECONDS
    dead = max((kill.at for kill in kills if kill.role is Role.BOT), default=0.0)
    telling.wait("the chats to show it, for a minute after the bot's last death")
    while True:
        findings = await _look(system, every, posted, kills)
        late = time.time() > deadline
        if late or (not findings.problems and time.time() > dead + BOT_LEASE_SECONDS):
            break
        await asyncio.sleep(LOOK_SECONDS)
    await asyncio.sleep(QUIET_SECONDS)
    return await _look(system, every, posted, kills)


async def _look(
    system: System,
    cameras: Sequence[Camera],
    posted: Mapping[str, Scene],
    kills: Sequence[Kill],
) -> Findings:
    log = [d for camera in cameras for d in await system.detections(key=camera.key)]
    chats = [
        Chat(
            sites=sites,
            messages=await system.chat.messages(user, deleted=True),
            calls=await system.chat.calls(chat_id=user),
        )
        for user, sites in MANAGERS.items()
    ]
    return audit(posted, log, chats, kills)
