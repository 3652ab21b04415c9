"""The house of `usher bench chat`: a site, cameras, managers with a chat each, and their group."""

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from random import Random

from PIL import Image as Picture

from demo.botapi import people
from demo.botapi.records import User
from demo.botapi.world import World
from domain import groups, visits
from domain.accounts import invite
from domain.ids import new_id
from domain.intake import Images
from domain.policy import VisitPolicy
from domain.records import (
    Camera,
    Detection,
    DetectionStatus,
    Face,
    Image,
    Match,
    MatchKind,
    Person,
    PersonStatus,
    Question,
    Role,
    Site,
    Visit,
)
from domain.store import Event, Records, Store
from evaluation.chat_script import Crop
from evaluation.moved_time import MovedClock, only_listen
from storage.store import MongoStore

FIRST_USER = 601
NAMES = ("Maria", "Otto", "Ahmed", "Lena", "Paul", "Ines", "Karl", "Rosa", "Emil", "Nora")
CAMERAS = ("Front door", "Back door", "Yard")
SIDE, SHADES = 96, 40
LOOK_S = 1.0
POLICY = VisitPolicy()


class HeardStore(MongoStore):
    """A store on a moved clock: listening for changes is no work."""

    async def follow(
        self, tables: Sequence[str], /, *, resume_after: str | None = None
    ) -> AsyncIterator[Event]:
        """Yield the changes of these tables as they happen."""
        only_listen()
        async for event in super().follow(tables, resume_after=resume_after):
            yield event


@dataclass(kw_only=True)
class House:
    """Everything that is seeded through the domain, and everybody who looks at a chat."""

    store: Store
    images: Images
    world: World
    clock: MovedClock
    site: Site
    cameras: list[Camera] = field(default_factory=list)
    users: list[User] = field(default_factory=list)
    group_id: int = 0

    @classmethod
    async def build(
        cls, *, store: Store, images: Images, world: World, clock: MovedClock
    ) -> "House":
        """Make the site and its cameras."""
        site = Site(id=new_id(), name="Main", created_at=clock())
        await store.sites.add(site)
        house = cls(store=store, images=images, world=world, clock=clock, site=site)
        for name in CAMERAS:
            camera = Camera(
                id=new_id(), site_id=site.id, name=name, key_hash=new_id(), created_at=clock()
            )
            await store.cameras.add(camera)
            house.cameras.append(camera)
        return house

    async def manager(self, number: int) -> None:
        """Invite somebody, who opens the link."""
        name = NAMES[number % len(NAMES)] + (f" {number}" if number >= len(NAMES) else "")
        user = people.add_user(self.world, User(FIRST_USER + number, name))
        made = await invite(
            self.store,
            name=name,
            role=Role.MANAGER,
            site_ids=[self.site.id],
            now=self.clock(),
        )
        people.start(self.world, user, made.token)
        self.users.append(user)

    async def all_joined(self) -> None:
        """Wait until the bot has bound the chat of everybody invited."""
        while any(a.chat_id is None for a in await self.store.accounts.all()):  # noqa: ASYNC110
            await asyncio.sleep(LOOK_S)

    async def group(self) -> None:
        """Let the managers have a group, bound to the site."""
        members = {user.id for user in self.users}
        chat = people.add_group(self.world, title="Team", members=members, topics={}, basic=False)
        await groups.bind(
            self.store,
            chat_id=chat.id,
            thread_id=None,
            title=chat.title,
            site_id=self.site.id,
            account=(await self.store.accounts.all())[0],
            now=self.clock(),
        )
        self.group_id = chat.id

    async def stranger(self) -> Person:
        """Make somebody nobody knows."""

        async def work(records: Records) -> Person:
            made = Person(
                id=new_id(),
                number=await records.persons.next_number(),
                status=PersonStatus.UNKNOWN,
                created_at=self.clock(),
                version=await records.gallery.advance(),
            )
            await records.persons.add(made)
            return made

        return await self.store.transact(work)

    async def see(self, person: Person, crop: Crop) -> tuple[Visit, Question | None]:
        """Let a camera see somebody now; return the visit and its question."""
        detection = await self._detection(crop)
        sighting = visits.Sighting(
            person=person, members=[person.id], detection=detection, suggestions=()
        )

        async def work(records: Records) -> Visit:
            return await visits.extend(records, sighting=sighting, policy=POLICY, now=self.clock())

        visit = await self.store.transact(work)
        return visit, await self.store.questions.of_visit(visit.id)

    async def _detection(self, crop: Crop) -> Detection:
        id_ = new_id()
        key = f"crops/{id_}.jpg"
        await self.images.put(key, _picture(int(id_[-4:], 16) % SHADES))
        return Detection(
            id=id_,
            camera_id=self.cameras[crop.camera % len(self.cameras)].id,
            site_id=self.site.id,
            captured_at=self.clock(),
            received_at=self.clock(),
            image=Image(
                key=key, sha256="0" * 64, bytes=1, width=SIDE, height=SIDE, media_type="image/jpeg"
            ),
            status=DetectionStatus.CLASSIFIED,
            face=Face(
                box=(0, 0, SIDE, SIDE),
                landmarks=((1, 1),) * 5,
                score=0.9,
                quality=crop.quality,
                roll=0,
                yaw=0,
                pitch=0,
                count=1,
            ),
            match=Match(kind=MatchKind.STRANGER, distance=0.9, confidence=0.0),
        )


def _picture(shade: int) -> bytes:
    """Return a small picture; another shade is another one."""
    dice, out = Random(shade), io.BytesIO()  # noqa: S311 - the same shade is the same picture
    Picture.new("RGB", (SIDE, SIDE), tuple(dice.randbytes(3))).save(out, "JPEG")
    return out.getvalue()
