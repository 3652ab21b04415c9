"""A site with a camera, managers and visitors, seeded through the domain."""

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from PIL import Image as Picture
from pydantic import SecretStr

from bot.app import Bot
from bot.options import BotOptions
from demo.botapi.client import ChatClient
from demo.botapi.views import ChatMessage
from domain import visits
from domain.accounts import invite, join
from domain.ids import new_id
from domain.intake import Images
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

TOKEN = "123456:TEST-token_for-the-bot"
MARIA, OTTO = 2001, 2002
POLICY = VisitPolicy(edit=timedelta(0), announce_known=True)


def now() -> datetime:
    """Return the time as the database keeps it."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


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


class House:
    """Everything a test of the bot seeds and looks at."""

    def __init__(self, *, store: Store, images: Images, chat: ChatClient, url: str) -> None:
        self.store = store
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
        )
        self.site = Site(id=new_id(), name="Main", created_at=now())
        self.camera = Camera(
            id=new_id(),
            site_id=self.site.id,
            name="Front door",
            key_hash=new_id(),
            created_at=now(),
        )
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
            options=options or self.options, store=self.store, images=self.images, clock=now
        )
        async with asyncio.TaskGroup() as group:
            task = group.create_task(bot.run())
            try:
                yield bot
            finally:
                task.cancel()

    async def invitation(self, name: str, role: Role = Role.MANAGER) -> str:
        """Invite somebody to the site; return the token."""
        invited = await invite(
            self.store, name=name, role=role, site_ids=[self.site.id], now=now()
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
            now=now(),
        )

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
                created_at=now(),
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
        detection = self._detection(await self._picture(), kind, at or now(), quality)
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
            return await visits.extend(records, sighting=sighting, policy=POLICY, now=now())

        visit = await self.store.transact(work)
        return Guest(
            person=person, visit=visit, question=await self.store.questions.of_visit(visit.id)
        )

    def _detection(self, key: str, kind: MatchKind, at: datetime, quality: float) -> Detection:
        return Detection(
            id=new_id(),
            camera_id=self.camera.id,
            site_id=self.site.id,
            captured_at=at,
            received_at=now(),
            image=Image(
                key=key, sha256="0" * 64, bytes=1, width=64, height=64, media_type="image/jpeg"
            ),
            status=DetectionStatus.CLASSIFIED,
            face=Face(
                box=(0, 0, 64, 64),
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
        await self.images.put(key, jpeg(self._shade))
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
        async with asyncio.timeout(10):
            while True:
                cards = await self.store.outbox.of_visit(visit_id)
                if len(cards) >= among and all(c.delivered == c.revision for c in cards):
                    return cards
                await asyncio.sleep(0.02)

    def with_options(self, **changes: object) -> BotOptions:
        """Return the options with some changed."""
        return replace(self.options, **changes)  # type: ignore[arg-type]
