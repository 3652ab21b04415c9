"""A site with a camera, managers and visitors, seeded through the domain."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import httpx
from aiohttp import web
from PIL import Image as Picture
from pydantic import SecretStr

from bot.app import SECRET_HEADER, Bot
from bot.options import BotOptions, Pacing
from demo.botapi.client import ChatClient
from demo.botapi.views import ChatInfo, ChatMessage
from domain import spoofs, visits
from domain.accounts import invite, join
from domain.groups import bind
from domain.ids import new_id
from domain.intake import Images
from domain.looking import Eyes
from domain.policy import VisitPolicy
from domain.records import (
    Account,
    Camera,
    Card,
    Detection,
    DetectionStatus,
    Face,
    Id,
    Image,
    Match,
    MatchKind,
    Person,
    PersonStatus,
    Question,
    Role,
    Site,
    Suggestion,
    Visit,
)
from domain.store import Records, Store

T = TypeVar("T")
TOKEN = "123456:TEST-token_for-the-bot"
SECRET = "a-secret_of-the-test"
MARIA, OTTO = 2001, 2002
POLICY = VisitPolicy(edit=timedelta(0), announce_known=True)


def now() -> datetime:
    """Return the time as the database keeps it."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


async def eventually(look: Callable[[], Awaitable[T]], *, patience_s: float = 10.0) -> T:
    """Look again and again until what is seen is true; return it."""
    async with asyncio.timeout(patience_s):
        while not (seen := await look()):  # noqa: ASYNC110 - nothing tells when to look
            await asyncio.sleep(0.02)
        return seen


def jpeg(shade: int) -> bytes:
    """Return a small picture; another shade is another picture."""
    out = io.BytesIO()
    colour = (shade % 256, shade * 7 % 256, shade * 31 % 256)
    Picture.new("RGB", (64, 64), colour).save(out, "JPEG")
    return out.getvalue()


@dataclass(frozen=True, kw_only=True)
class Guest:
    """Somebody seen, with the visit that opened."""

    person: Person
    visit: Visit
    question: Question | None


class Posts:
    """Somebody who can post to the bot's webhook."""

    def __init__(self, url: str, client: httpx.AsyncClient, chat: ChatClient) -> None:
        self._url = url
        self._client = client
        self._chat = chat
        self._number = 900_000

    async def post(self, body: object, secret: str | None = SECRET) -> int:
        """Post a body (bytes as they are, all else as JSON); return the status."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {} if secret is None else {SECRET_HEADER: secret}
        return (await self._client.post(self._url, content=content, headers=headers)).status_code

    async def press(self, user_id: int, data: str, *, chat_id: int | None = None) -> str:
        """Press a button that need not exist; return what the bot would have shown."""
        self._number += 1
        chat = {"id": chat_id or user_id, "type": "private" if not chat_id else "supergroup"}
        await self.post(
            {
                "update_id": self._number,
                "callback_query": {
                    "id": str(self._number),
                    "from": {"id": user_id, "is_bot": False, "first_name": "X"},
                    "chat_instance": "1",
                    "message": {"message_id": 1, "date": 0, "chat": chat},
                    "data": data,
                },
            }
        )
        calls = await self._chat.calls("answerCallbackQuery")
        return calls[-1].params.get("text", "")


class House:
    """Everything a test of the bot seeds and looks at."""

    def __init__(
        self,
        *,
        store: Store,
        images: Images,
        chat: ChatClient,
        url: str,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.store = store
        self.clock = clock
        self.images = images
        self.chat = chat
        self.options = BotOptions(
            token=SecretStr(TOKEN),
            base_url=f"{url}/bot",
            base_file_url=f"{url}/file/bot",
            timezone=UTC,
            read_timeout_s=1.0,
            first_retry_s=0.05,
            longest_retry_s=0.4,
            outbox_poll_s=0.5,
            lease=timedelta(seconds=6),
            grace_s=0.3,
            pacing=Pacing(chat_per_s=50.0, chat_burst=20, edits_per_s=50.0),
        )
        self.site = Site(id=new_id(), name="Main", created_at=self.clock())
        self.camera = Camera(
            id=new_id(),
            site_id=self.site.id,
            name="Front door",
            key_hash=new_id(),
            created_at=self.clock(),
        )
        self.eyes: Eyes | None = None
        self.look: Callable[[int], bytes] = jpeg
        self._sizes: dict[str, tuple[int, int]] = {}
        self._shade = 0

    async def build(self) -> "House":
        """Make the site and the camera."""
        await self.store.sites.add(self.site)
        await self.store.cameras.add(self.camera)
        return self

    @asynccontextmanager
    async def bot(self, options: BotOptions | None = None) -> AsyncIterator[Bot]:
        """Run the bot meanwhile."""
        bot = Bot(
            options=options or self.options,
            store=self.store,
            images=self.images,
            clock=self.clock,
            eyes=self.eyes,
        )
        async with asyncio.TaskGroup() as group:
            task = group.create_task(bot.run())
            try:
                yield bot
            finally:
                task.cancel()

    @asynccontextmanager
    async def webhook_bot(self) -> AsyncIterator["Posts"]:
        """Run the bot meanwhile with its webhook on a free port, as the root would."""
        holder: list[Bot] = []

        async def handle(request: web.Request) -> web.Response:
            return await holder[0].webhook_handler(request)

        app = web.Application()
        app.router.add_post("/telegram", handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}/telegram"
            options = self.with_options(webhook_url=url, webhook_secret=SecretStr(SECRET))
            async with self.bot(options) as bot, httpx.AsyncClient() as client:
                holder.append(bot)
                await eventually(lambda: self.chat.calls("setWebhook"))
                yield Posts(url, client, self.chat)
        finally:
            await runner.cleanup()

    async def invitation(self, name: str, role: Role = Role.MANAGER) -> str:
        """Invite somebody to the site; return the token."""
        invited = await invite(
            self.store, name=name, role=role, site_ids=[self.site.id], now=self.clock()
        )
        return invited.token

    async def manager(self, name: str, user_id: int, role: Role = Role.MANAGER) -> Account:
        """Let somebody join, with a chat that the bot may write to."""
        await self.chat.user(user_id, name)
        await self.chat.start(user_id)
        return await join(
            self.store,
            token=await self.invitation(name, role),
            chat_id=user_id,
            user_id=user_id,
            now=self.clock(),
        )

    async def group(self, account: Account, *, topics: Sequence[str] = ()) -> ChatInfo:
        """Let an account's group be bound to the site, to its first topic if it has any."""
        members = [account.user_id] if account.user_id else []
        made = await self.chat.group("Gate", members, topics=dict(enumerate(topics, 2)))
        await bind(
            self.store,
            chat_id=made.id,
            thread_id=2 if topics else None,
            title="Gate",
            site_id=self.site.id,
            account=account,
            now=self.clock(),
        )
        return made

    async def looks_like(self, stranger: Person, other: Person) -> None:
        """Let a stranger be remembered as perhaps somebody else."""
        maybe = Suggestion(person_id=other.id, distance=0.4, confidence=0.6)
        await self.store.persons.save(replace(stranger, maybe=(maybe,)))

    async def without_sites(self, account: Account) -> None:
        """Take an account's sites away."""
        kept = await self.store.accounts.get(account.id)
        assert kept
        await self.store.accounts.save(replace(kept, site_ids=()))

    async def person(
        self,
        *,
        name: str | None = None,
        status: PersonStatus | None = None,
        cover: bool = False,
    ) -> Person:
        """Make somebody; with a name they are known."""
        key = await self._picture() if cover else None

        async def work(records: Records) -> Person:
            made = Person(
                id=new_id(),
                number=await records.persons.next_number(),
                status=status or (PersonStatus.KNOWN if name else PersonStatus.UNKNOWN),
                name=name,
                created_at=self.clock(),
                version=await records.gallery.advance(),
                cover=key,
            )
            await records.persons.add(made)
            return made

        return await self.store.transact(work)

    async def seen(
        self,
        person: Person | None = None,
        *,
        likely: Sequence[tuple[Person, float]] = (),
        unsure: bool = False,
        at: datetime | None = None,
        quality: float = 0.5,
    ) -> Guest:
        """Let the camera see somebody (None: a new stranger); return what came of it."""
        person = person or await self.person()
        kind = MatchKind.UNSURE if unsure else MatchKind.STRANGER
        if person.recognised:
            kind = MatchKind.MATCH
        detection = self._detection(await self._picture(), kind, at or self.clock(), quality)
        sighting = visits.Sighting(
            person=person,
            members=[person.id],
            detection=detection,
            suggestions=tuple(
                Suggestion(person_id=other.id, distance=0.4, confidence=share)
                for other, share in likely
            ),
        )

        async def work(records: Records) -> Visit:
            visit = await visits.extend(records, sighting=sighting, policy=POLICY, now=self.clock())
            seen = replace(detection, person_id=person.id, visit_id=visit.id)
            await records.detections.add(seen)
            return visit

        visit = await self.store.transact(work)
        return Guest(
            person=person, visit=visit, question=await self.store.questions.of_visit(visit.id)
        )

    async def spoofed(self, *, at: datetime | None = None) -> Detection:
        """Let somebody hold a picture before the camera; return the detection logged."""
        moment = at or self.clock()
        made = self._detection(await self._picture(), MatchKind.STRANGER, moment, 0.5)
        await self.store.detections.enter(
            [replace(made, status=DetectionStatus.NEW, match=None, face=None)]
        )
        [leased] = await self.store.detections.claim(
            worker="w", now=self.clock(), until=self.clock() + POLICY.gap, limit=1, max_attempts=1
        )
        assert leased.claim
        work = partial(
            spoofs.expose,
            detection=leased,
            token=leased.claim.token,
            gap=POLICY.gap,
            now=self.clock(),
        )
        return await self.store.transact(work)

    def _detection(self, key: str, kind: MatchKind, at: datetime, quality: float) -> Detection:
        width, height = self._sizes[key]
        return Detection(
            id=new_id(),
            camera_id=self.camera.id,
            site_id=self.site.id,
            captured_at=at,
            received_at=self.clock(),
            image=Image(
                key=key,
                sha256="0" * 64,
                bytes=1,
                width=width,
                height=height,
                media_type="image/jpeg",
            ),
            status=DetectionStatus.CLASSIFIED,
            face=Face(
                box=(0, 0, width, height),
                landmarks=((1, 1),) * 5,
                score=0.9,
                quality=quality,
                roll=0,
                yaw=0,
                pitch=0,
                count=1,
            ),
            match=Match(kind=kind, distance=0.2, confidence=0.96),
        )

    async def _picture(self) -> str:
        self._shade += 1
        key = f"crops/{self._shade}.jpg"
        picture = self.look(self._shade)
        with Picture.open(io.BytesIO(picture)) as opened:
            self._sizes[key] = opened.size
        await self.images.put(key, picture)
        return key

    async def shows(self, user_id: int, text: str, *, photo: bool | None = True) -> ChatMessage:
        """Wait until a message of the bot shows a text."""
        return await self.chat.wait_for(
            user_id,
            lambda m: (
                m.from_bot and text in m.text and (photo is None or (m.photo is not None) is photo)
            ),
        )

    async def cards(self, user_id: int) -> list[ChatMessage]:
        """List the messages with a picture in a chat."""
        return [m for m in await self.chat.messages(user_id) if m.photo]

    async def settled(self, visit_id: Id, *, among: int = 1) -> list[Card]:
        """Wait until every card of a visit shows its newest state; return them."""

        async def look() -> list[Card]:
            cards = await self.store.outbox.of_visit(visit_id)
            done = len(cards) >= among and all(c.delivered == c.revision for c in cards)
            return cards if done else []

        return await eventually(look)

    def with_options(self, **changes: object) -> BotOptions:
        """Return the options with some changed."""
        return replace(self.options, **changes)  # type: ignore[arg-type]
