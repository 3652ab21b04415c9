"""Doors open for whom they shall, once for an arrival, and for nothing that is late or in doubt."""

import asyncio
from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from domain.classification import Analysis
from domain.decisions import IsNot
from domain.evidence import Reason
from domain.hours import parse_hours
from domain.ids import new_id
from domain.policy import DoorPolicy
from domain.records import (
    Camera,
    Detection,
    DetectionStatus,
    GrantStatus,
    Image,
    Need,
    PersonStatus,
)
from tests.domain.door import FACE, at
from tests.domain.doorway import ANNA, SECOND, Doorway
from tests.domain.world import NOON, World

MASKED = replace(FACE, lower_covered=0.97)
SPOOF = replace(FACE, live=0.1)
ALIVE = replace(FACE, live=0.9)
GRANTED = (GrantStatus.GRANTED, ())
ASKED = (GrantStatus.ASKED, ())
TOO_FAR, UNSURE = at(40), at(66)


def refused(*reasons: str) -> tuple[str, tuple[str, ...]]:
    """Return what the log says of a door that stays shut."""
    return (GrantStatus.REFUSED, reasons)


@pytest.fixture
def doorway(world: World) -> Doorway:
    """A doorway of the world."""
    return Doorway(world=world)


async def arrive(doorway: Doorway, crops: int = 3) -> list[Detection]:
    """Have Anna seen so many times, half a second apart."""
    return [await doorway.crop(at(n)) for n in range(crops)]


async def test_three_good_crops_open_once(doorway: Doorway) -> None:
    """The third opens, with its reasons in the log; those that follow open nothing more."""
    anna = await doorway.known("Anna")
    door = await doorway.door()
    crops = await arrive(doorway)
    [grant] = await doorway.log()
    assert (grant.status, grant.person_id, grant.door_id) == ("granted", anna.id, door.id)
    assert grant.expires_at - grant.at == timedelta(seconds=5)
    assert grant.used == tuple(d.id for d in crops[::-1])
    assert [c.detection_id for c in grant.crops] == [*grant.used]
    assert all(c.distance is not None and not c.reasons for c in grant.crops)
    assert grant.visit_id == crops[-1].visit_id
    assert grant.confidence is not None
    assert grant.confidence > 0.99
    await arrive(doorway, 7)
    assert await doorway.statuses() == [GRANTED]


async def test_two_crops_are_not_enough(doorway: Doorway) -> None:
    """Nor are three when the first is older than the door looks back."""
    await doorway.known("Anna")
    await doorway.door()
    await arrive(doorway, 2)
    doorway.world.now += 5 * SECOND
    await arrive(doorway, 1)
    assert await doorway.statuses() == []


async def test_the_door_opens_again_after_a_while(doorway: Doorway) -> None:
    """Half a minute after it opened it does so again for the same person, by new crops."""
    await doorway.known("Anna")
    await doorway.door()
    await arrive(doorway)
    doorway.world.now += 25 * SECOND
    await arrive(doorway)
    assert await doorway.statuses() == [GRANTED]
    doorway.world.now += 5 * SECOND
    await arrive(doorway)
    assert await doorway.statuses() == [GRANTED, GRANTED]
    one, other = await doorway.log()
    assert not set(one.used) & set(other.used)


async def test_a_door_is_for_whom_it_says(doorway: Doorway) -> None:
    """Named people, everybody known, visitors: and nobody else, without a word."""
    anna = await doorway.known("Anna")
    bea = await doorway.known("Bea", at(90))
    visitor = await doorway.known("Vera", at(180), visitor=True)
    stranger = at(270)
    doors = {
        "Anna": await doorway.door(everybody=False, person_ids=(anna.id,)),
        "everybody": await doorway.door(),
        "visitors": await doorway.door(everybody=False, visitors=True),
    }
    for face in (ANNA, at(90), at(180), stranger):
        for _ in range(3):
            await doorway.crop(face)
    opened = {name: {g.person_id for g in await doorway.log(d)} for name, d in doors.items()}
    assert opened == {
        "Anna": {anna.id},
        "everybody": {anna.id, bea.id},
        "visitors": {visitor.id},
    }


async def test_a_visitor_is_let_in_until_their_time_is_over(doorway: Doorway) -> None:
    """Before that the door opens; from then on the log says that their time is over."""
    until = doorway.world.now + 30 * SECOND
    vera = await doorway.known("Vera", visitor=True, visitor_until=until)
    await doorway.door(everybody=False, visitors=True)
    await doorway.door(everybody=False, person_ids=(vera.id,))
    await arrive(doorway)
    assert await doorway.statuses() == [GRANTED, GRANTED]
    doorway.world.now = until
    await arrive(doorway)
    assert await doorway.statuses() == [GRANTED] * 2 + [refused(Reason.LAPSED)] * 2


async def test_a_blocked_person_opens_nothing(doorway: Doorway) -> None:
    """Though named by the door, and as good as their crops are; said once."""
    mallory = await doorway.known("Mallory", status=PersonStatus.BLOCKED)
    await doorway.door(everybody=False, person_ids=(mallory.id,))
    await arrive(doorway, 5)
    assert await doorway.statuses() == [refused(Reason.BLOCKED)]


async def test_somebody_blocked_a_moment_ago_opens_nothing(doorway: Doorway) -> None:
    """Before the gallery of this worker has heard of it."""
    anna = await doorway.known("Anna")
    await doorway.door()
    await arrive(doorway, 2)
    await doorway.world.store.persons.save(replace(anna, status=PersonStatus.BLOCKED))
    await arrive(doorway, 1)
    assert await doorway.statuses() == [refused(Reason.BLOCKED)]


async def test_whoever_may_be_somebody_blocked_is_not_asked_about(doorway: Doorway) -> None:
    """Anna is nearer, but Mallory is not far: nobody is tempted to open."""
    await doorway.known("Anna")
    await doorway.known("Mallory", at(130), status=PersonStatus.BLOCKED)
    await doorway.door()
    for _ in range(3):
        await doorway.crop(at(65))
    assert await doorway.statuses() == [refused(Reason.MAYBE_BLOCKED)]


async def test_a_door_has_its_cameras(doorway: Doorway) -> None:
    """Who is seen by another camera of the site stands before another door."""
    yard = Camera(
        id=new_id(),
        site_id=doorway.world.site.id,
        name="Yard",
        key_hash=new_id(),
        created_at=NOON,
    )
    await doorway.world.store.cameras.add(yard)
    await doorway.known("Anna")
    await doorway.door(camera_ids=(yard.id,))
    await arrive(doorway, 2)
    await doorway.crop(at(3), camera_id=yard.id)
    assert await doorway.statuses() == []
    for degrees in (4, 5):
        await doorway.crop(at(degrees), camera_id=yard.id)
    assert await doorway.statuses() == [GRANTED]


async def test_a_door_has_its_hours(doorway: Doorway) -> None:
    """Out of them the log says so, once; within them it opens. The zone is that of the policy."""
    doorway.policy = DoorPolicy(zone=UTC)
    await doorway.known("Anna")
    await doorway.door(hours=(parse_hours("sun 12:00-12:30"),))  # NOON is a Sunday's
    await arrive(doorway)
    doorway.world.now = NOON + timedelta(minutes=30)
    await arrive(doorway, 5)
    assert await doorway.statuses() == [GRANTED, refused(Reason.HOURS)]


async def test_a_removed_door_opens_nothing(doorway: Doorway) -> None:
    """It is not even looked at."""
    await doorway.known("Anna")
    await doorway.door(disabled_at=NOON)
    await arrive(doorway)
    assert await doorway.statuses() == []


async def test_a_crop_posted_late_opens_nothing(doorway: Doorway) -> None:
    """A camera sends what it had spooled: each says when it was captured, and that is too long ago.

    The log says so once, however long the spool is.
    """
    await doorway.known("Anna")
    await doorway.door()
    now = doorway.world.now
    for n in range(6):
        await doorway.crop(at(n), captured=now - (60 - n) * SECOND, received=now, looked=now)
    assert await doorway.statuses() == [refused(Reason.LATE)]
    await arrive(doorway)
    assert (await doorway.statuses())[1:] == [GRANTED]


async def test_a_lease_taken_up_after_a_crash_opens_nothing(doorway: Doorway) -> None:
    """The crops were fresh when they came, and are looked at when nobody stands there any more."""
    await doorway.known("Anna")
    await doorway.door()
    then = doorway.world.now
    for n in range(3):
        await doorway.crop(
            at(n), captured=then, received=then, looked=then + 20 * SECOND + n * SECOND
        )
    assert await doorway.statuses() == [refused(Reason.SLOW)]


async def test_a_clock_that_is_ahead_opens_nothing(doorway: Doorway) -> None:
    """Else what is posted now could be kept and be fresh in a minute."""
    await doorway.known("Anna")
    await doorway.door()
    now = doorway.world.now
    for n in range(3):
        await doorway.crop(at(n), captured=now + 60 * SECOND, received=now, looked=now)
    assert await doorway.statuses() == [refused(Reason.AHEAD)]


async def test_the_same_pictures_posted_again_open_nothing(doorway: Doorway) -> None:
    """With a new time, by another camera, an hour later: the bytes are known."""
    await doorway.known("Anna")
    await doorway.door()
    shas = ["one", "two", "three"]
    for n, sha in enumerate(shas):
        await doorway.crop(at(n), sha256=sha)
    assert await doorway.statuses() == [GRANTED]
    doorway.world.now += timedelta(hours=1)
    for n, sha in enumerate(shas):
        await doorway.crop(at(n), sha256=sha)
    assert await doorway.statuses() == [GRANTED, refused(Reason.REPLAYED)]


async def test_one_picture_three_times_is_one_crop(doorway: Doorway) -> None:
    """Three good crops are three pictures."""
    await doorway.known("Anna")
    await doorway.door()
    for _ in range(3):
        await doorway.crop(ANNA, sha256="one")
    assert await doorway.statuses() == [refused(Reason.REPLAYED)]


async def test_a_picture_held_up_keeps_the_door_shut(doorway: Doorway) -> None:
    """While a spoof was before the camera good crops count for nothing; a moment later they do."""
    await doorway.known("Anna")
    await doorway.door()
    await doorway.crop(ANNA, face=SPOOF)
    await arrive(doorway)
    assert await doorway.statuses() == [refused(Reason.SPOOF)]
    doorway.world.now += 5 * SECOND
    await arrive(doorway)
    assert await doorway.statuses() == [refused(Reason.SPOOF), GRANTED]


async def test_with_liveness_a_face_has_to_be_known_to_be_alive(doorway: Doorway) -> None:
    """Nobody can tell: people are asked. Alive: it opens by itself, and they are told."""
    doorway.policy = DoorPolicy(liveness=True)
    await doorway.known("Anna")
    await doorway.door()
    await arrive(doorway)
    [grant] = await doorway.log()
    assert (grant.status, grant.crops[0].reasons) == ("asked", (Reason.UNJUDGED,))
    for n in range(3):
        await doorway.crop(at(10 + n), face=ALIVE)
    [opened] = await doorway.log()
    assert (opened.id, opened.status, opened.asked) == (grant.id, "granted", True)
    assert not set(opened.used) & set(grant.used)


@pytest.mark.parametrize(
    ("face", "embedding", "reason"),
    [
        (MASKED, ANNA, Reason.COVERED),
        (FACE, TOO_FAR, Reason.UNCERTAIN),
    ],
    ids=["covered", "less certain than the door needs"],
)
async def test_a_doubtful_face_opens_nothing(
    doorway: Doorway, face: object, embedding: object, reason: str
) -> None:
    """However often it is seen: people are asked, once."""
    await doorway.known("Anna")
    await doorway.door()
    await doorway.crop(ANNA)
    doorway.world.now += 6 * SECOND
    doorway.matching = replace(doorway.matching, max_references=1, duplicate=1.0)
    for _ in range(5):
        await doorway.crop(embedding, face=face)  # type: ignore[arg-type]  # parameters are object
    [grant] = await doorway.log()
    assert grant.status is GrantStatus.ASKED
    assert {crop.reasons for crop in grant.crops} == {(reason,)}
    assert [a.name for a in await doorway.cards(grant)] == ["Maria", "Otto"]


async def test_a_face_believed_by_its_track_alone_opens_nothing(doorway: Doorway) -> None:
    """The camera followed Anna, but this is further than a match may be: people are asked."""
    await doorway.known("Anna")
    await doorway.door()
    await doorway.crop(ANNA, track="t")
    doorway.world.now += 6 * SECOND
    doorway.matching = replace(doorway.matching, max_references=1, duplicate=1.0)
    seen = [await doorway.crop(UNSURE, track="t") for _ in range(3)]
    assert {d.match.kind for d in seen if d.match} == {"match"}
    [grant] = await doorway.log()
    assert (grant.status, Reason.FAR in grant.crops[0].reasons) == ("asked", True)


async def test_whoever_may_be_anna_is_asked_about(doorway: Doorway) -> None:
    """A new stranger who looks like her: "Open for Anna?" goes to those who answer for the site."""
    anna = await doorway.known("Anna")
    await doorway.door()
    seen = [await doorway.crop(at(66 - n)) for n in range(3)]
    assert seen[-1].person_id != anna.id
    [grant] = await doorway.log()
    assert (grant.status, grant.person_id) == ("asked", anna.id)
    assert grant.expires_at - grant.at == timedelta(seconds=30)
    assert grant.confidence == pytest.approx(0.7, abs=0.05)
    await doorway.crop(at(62))
    assert len(await doorway.log()) == 1


async def test_who_is_not_anna_is_not_asked_about_as_anna(doorway: Doorway) -> None:
    """Somebody has said so of this stranger."""
    anna = await doorway.known("Anna")
    first = await doorway.crop(UNSURE)
    assert first.visit_id
    question = await doorway.world.store.questions.of_visit(first.visit_id)
    await doorway.world.say(IsNot(anna.id), question)
    await doorway.gallery.refresh()
    await doorway.door()
    for n in range(4):
        await doorway.crop(at(65 - n))
    assert await doorway.statuses() == []


async def test_nobody_to_ask_leaves_it_shut(doorway: Doorway) -> None:
    """The log says that there was nobody."""
    await doorway.known("Anna")
    await doorway.door()
    for account in (doorway.world.maria, doorway.world.otto):
        await doorway.world.store.accounts.save(replace(account, chat_id=None))
    for n in range(3):
        await doorway.crop(at(66 - n))
    assert await doorway.statuses() == [refused(Reason.NOBODY)]


async def test_two_who_look_alike_open_nothing_for_either(doorway: Doorway) -> None:
    """Anna's twin is as near: it is a question, never a door."""
    await doorway.known("Anna", at(10))
    await doorway.known("Ada", at(-60))
    await doorway.door()
    doorway.matching = replace(doorway.matching, margin=0.2)
    for n in range(4):
        await doorway.crop(at(-24 - n))
    [grant] = await doorway.log()
    assert grant.status is GrantStatus.ASKED


async def test_crops_of_a_track_that_were_taken_for_others_count(doorway: Doorway) -> None:
    """Of the last five of one track three have to be Anna: a face that flickers is none of hers."""
    await doorway.known("Anna")
    await doorway.door()
    for face in (ANNA, at(150), at(1), at(160), at(170), at(2)):
        await doorway.crop(face, track="t")
    assert await doorway.statuses() == []
    await doorway.crop(at(3), track="t")
    await doorway.crop(at(4), track="t")
    assert await doorway.statuses() == [GRANTED]


async def test_poor_crops_of_a_track_count(doorway: Doorway) -> None:
    """Three of four: with two poor ones among them it takes more."""
    await doorway.known("Anna")
    await doorway.door(need=Need(crops=3, of=4))
    for n, reasons in enumerate(((), ("blurred",), (), ("blurred",))):
        await doorway.crop(at(n), track="t", reasons=reasons)
    assert await doorway.statuses() == []
    await doorway.crop(at(5), track="t")
    assert await doorway.statuses() == []
    await doorway.crop(at(6), track="t")
    assert await doorway.statuses() == [GRANTED]


async def test_an_opening_is_told_only_by_wish(doorway: Doorway) -> None:
    """Silent by default."""
    await doorway.known("Anna")
    quiet = await doorway.door()
    telling = await doorway.door(tells=True)
    await arrive(doorway)
    [unsaid], [said] = await doorway.log(quiet), await doorway.log(telling)
    assert [account.name for account in await doorway.cards(said)] == ["Maria", "Otto"]
    assert await doorway.cards(unsaid) == []


async def test_two_doors_are_two_questions(doorway: Doorway) -> None:
    """Of one crop before both: each is a card of its own in each chat."""
    await doorway.known("Anna")
    doors = [await doorway.door(), await doorway.door()]
    for n in range(3):
        await doorway.crop(at(66 - n))
    asked = [grant for door in doors for grant in await doorway.log(door)]
    assert [grant.status for grant in asked] == ["asked", "asked"]
    later = doorway.world.now + timedelta(1)
    cards = await doorway.world.store.outbox.claim(now=later, until=later + SECOND, limit=50)
    told = sorted((c.grant_id, c.chat_id) for c in cards if c.grant_id)
    assert told == sorted((grant.id, chat) for grant in asked for chat in (1, 2))


async def test_a_door_that_could_not_be_told_is_told_again(doorway: Doorway) -> None:
    """What was not delivered opened nothing: the next crops count, the old ones do not."""
    await doorway.known("Anna")
    await doorway.door()
    await arrive(doorway)
    [grant] = await doorway.log()
    lost = replace(grant, status=GrantStatus.EXPIRED, reasons=(Reason.UNDELIVERED,))
    await doorway.world.store.grants.save(lost)
    await arrive(doorway, 2)
    assert len(await doorway.log()) == 1
    await arrive(doorway, 1)
    first, second = await doorway.log()
    assert not set(first.used) & set(second.used)


async def test_two_workers_open_once(doorway: Doorway) -> None:
    """Crops of one arrival classified by two workers at the same instant: one grant, 20 times."""
    await doorway.known("Anna")
    door = await doorway.door()
    other = doorway.new_gallery()
    await other.refresh()
    for turn in range(20):
        doorway.world.now += 31 * SECOND
        now = doorway.world.now
        leased = await _leased(doorway, 6)
        await asyncio.gather(
            *(
                doorway.classifier(gallery).classify(
                    crop, Analysis(face=FACE, embedding=at(n % 3)), now
                )
                for n, (crop, gallery) in enumerate(
                    zip(leased, [doorway.gallery, other] * 3, strict=True)
                )
            )
        )
        assert len(await doorway.log(door)) == turn + 1


async def _leased(doorway: Doorway, many: int) -> list[Detection]:
    """Return so many crops, just captured and leased."""
    store, now = doorway.world.store, doorway.world.now
    ids = [new_id() for _ in range(many)]
    await store.detections.enter(
        [
            Detection(
                id=id_,
                camera_id=doorway.world.camera.id,
                site_id=doorway.world.site.id,
                captured_at=now,
                received_at=now,
                image=Image(
                    key=id_, sha256=id_, bytes=1, width=9, height=9, media_type="image/jpeg"
                ),
                status=DetectionStatus.NEW,
            )
            for id_ in ids
        ]
    )
    return await store.detections.claim(
        worker="w", now=now, until=now + timedelta(1), limit=many, max_attempts=9
    )
