"""A grant reaches its door once, signed, within its life; and otherwise never."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.evidence import Reason
from domain.ids import new_id
from domain.policy import DoorPolicy
from domain.records import Door, Grant, GrantStatus, Id, Person, PersonStatus, Ruling
from domain.webhooks import new_webhook_secret
from storage.store import MongoStore
from tests.receiver import Fault, Receiver, cut, endless, receiving, silence, status
from tests.worker.station import now, until
from worker.doors import LEASE, Doorman, grant_body

LIFE = timedelta(seconds=5)


@dataclass(kw_only=True)
class House:
    """A door with a receiver, and Anna."""

    store: MongoStore
    receiver: Receiver
    door: Door
    anna: Person

    @asynccontextmanager
    async def working(self, doormen: int = 1) -> AsyncIterator[None]:
        """Let doormen work meanwhile."""
        async with asyncio.TaskGroup() as group:
            made = [
                Doorman(store=self.store, policy=DoorPolicy(zone=UTC), clock=now)
                for _ in range(doormen)
            ]
            tasks = [group.create_task(doorman.run()) for doorman in made]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()

    async def grant(self, **values: Any) -> Grant:
        """Return a grant for Anna, decided now."""
        at = now()
        made = Grant(
            **{
                "id": new_id(),
                "door_id": self.door.id,
                "site_id": self.door.site_id,
                "status": GrantStatus.GRANTED,
                "at": at,
                "expires_at": at + LIFE,
                "due_at": at,
                "person_id": self.anna.id,
                **values,
            }
        )
        await self.store.grants.add(made)
        return made

    async def look(self, id_: Id) -> Grant:
        """Return a grant as it is now."""
        found = await self.store.grants.get(id_)
        assert found
        return found

    async def settled(self, id_: Id) -> Grant:
        """Wait until it is known what became of a grant."""

        async def done() -> bool:
            return (await self.look(id_)).status not in {GrantStatus.ASKED, GrantStatus.GRANTED}

        await until(done)
        return await self.look(id_)


@pytest.fixture
async def house(store: MongoStore) -> AsyncIterator[House]:
    """A house whose receiver works."""
    secret = new_webhook_secret()
    async with receiving(secret) as receiver:
        door = Door(
            id=new_id(),
            site_id=new_id(),
            name="Front door",
            url=receiver.url,
            secret=secret,
            created_at=now(),
            everybody=True,
        )
        anna = Person(
            id=new_id(),
            number=1,
            status=PersonStatus.KNOWN,
            name="Anna",
            created_at=now(),
            version=1,
        )
        await store.doors.add(door)
        await store.persons.add(anna)
        yield House(store=store, receiver=receiver, door=door, anna=anna)


async def test_a_grant_is_posted_once_and_signed(house: House) -> None:
    """With its id in header and body, until when it is worth something, and nobody's name."""
    async with house.working():
        grant = await house.grant()
        done = await house.settled(grant.id)
        await asyncio.sleep(0.3)
    [post] = house.receiver.posts
    assert (done.status, done.attempts, done.answer) == ("delivered", 1, 204)
    assert done.delivered_at
    assert (house.receiver.forged, post.id) == (0, grant.id)
    assert post.event == {
        "type": "door.open",
        "timestamp": _written(grant.at),
        "data": {
            "id": grant.id,
            "door": {"id": house.door.id, "name": "Front door"},
            "expires_at": _written(grant.expires_at),
            "open_for_s": 5.0,
            "by": "recognition",
        },
    }


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def test_who_it_is_stands_there_by_wish_alone(house: House) -> None:
    """Id and name; that somebody said so, but never who."""
    ruling = Ruling(at=now(), account_id=new_id(), account_name="Maria", via="chat")
    grant = Grant(
        id=new_id(),
        door_id=house.door.id,
        site_id=house.door.site_id,
        status=GrantStatus.GRANTED,
        at=now(),
        expires_at=now(),
        due_at=now(),
        ruling=ruling,
    )
    said = grant_body(replace(house.door, names=True), grant, house.anna).decode()
    assert f'"person":{{"id":"{house.anna.id}","name":"Anna"}}' in said
    assert '"by":"person"' in said
    unsaid = grant_body(house.door, grant, house.anna).decode()
    for words in ("Anna", house.anna.id, "Maria", house.door.secret):
        assert words not in unsaid


@pytest.mark.parametrize(
    "fault",
    [status(500), status(503), status(429), cut, silence(2.5)],
    ids=["500", "503", "429", "hangs up", "too slow"],
)
async def test_what_may_pass_is_tried_again(house: House, fault: Fault) -> None:
    """The same id and body, signed anew; delivered at the second or third try."""
    house.receiver.faults.append(fault)
    async with house.working():
        grant = await house.grant()
        done = await house.settled(grant.id)
    first, *_, last = house.receiver.posts
    assert done.status is GrantStatus.DELIVERED
    assert done.attempts == len(house.receiver.posts)
    assert (first.id, first.event) == (last.id, last.event)
    assert first.stamp <= last.stamp
    assert len(house.receiver.opened) == 1


@pytest.mark.parametrize("code", [400, 401, 404, 410])
async def test_what_is_declined_is_not_tried_again(house: House, code: int) -> None:
    """The receiver would say the same again; the log has its answer."""
    house.receiver.faults.append(status(code))
    async with house.working():
        grant = await house.grant()
        done = await house.settled(grant.id)
        await asyncio.sleep(0.5)
    assert (done.status, done.reasons, done.answer) == ("refused", (Reason.DECLINED,), code)
    assert len(house.receiver.posts) == 1


@pytest.mark.parametrize("code", [301, 302, 307, 308])
async def test_redirects_are_not_followed(house: House, code: int) -> None:
    """A door is where its owner said, and nowhere else."""
    house.receiver.faults.append(status(code, Location="/elsewhere"))
    async with house.working():
        grant = await house.grant()
        done = await house.settled(grant.id)
    assert (done.status, done.answer) == ("refused", code)
    assert (house.receiver.elsewhere, len(house.receiver.posts)) == (0, 1)


async def test_a_receiver_that_is_down_for_a_while(house: House) -> None:
    """It comes back within the life of the grant, and gets it then."""
    await house.receiver.stop()
    async with house.working():
        grant = await house.grant()
        await asyncio.sleep(1)
        await house.receiver.start()
        done = await house.settled(grant.id)
    assert done.status is GrantStatus.DELIVERED
    assert done.attempts > 1
    assert [post.id for post in house.receiver.posts] == [grant.id]


async def test_a_receiver_that_is_back_too_late(house: House) -> None:
    """The grant is over by then, and is not posted any more."""
    await house.receiver.stop()
    async with house.working():
        grant = await house.grant(expires_at=now() + timedelta(seconds=1))
        done = await house.settled(grant.id)
        await house.receiver.start()
        await asyncio.sleep(1.5)
    assert (done.status, done.reasons) == ("expired", (Reason.UNDELIVERED,))
    assert done.attempts >= 2
    assert house.receiver.posts == []


async def test_no_try_outlives_the_grant(house: House) -> None:
    """A receiver that is slow is left alone when the grant is over, not when it answers."""
    house.receiver.faults.extend([silence(4)] * 3)
    started = now()
    async with house.working():
        grant = await house.grant(expires_at=now() + timedelta(seconds=1))
        done = await house.settled(grant.id)
    assert done.status is GrantStatus.EXPIRED
    assert now() - started < timedelta(seconds=2)


async def test_an_answer_without_end_is_not_read(house: House) -> None:
    """Its status is all that counts."""
    house.receiver.faults.append(endless)
    async with house.working():
        grant = await house.grant()
        async with asyncio.timeout(3):
            done = await house.settled(grant.id)
    assert (done.status, done.answer) == ("delivered", 200)


async def test_a_slow_door_holds_up_no_other(house: House) -> None:
    """Each goes at its own pace."""
    house.receiver.faults.extend([silence(2.5)] * 4)
    async with receiving(house.door.secret) as quick, house.working():
        other = replace(house.door, id=new_id(), name="Back door", url=quick.url)
        await house.store.doors.add(other)
        for _ in range(4):
            await house.grant()
        await until(_arrived(house.receiver, 4))
        begun = now()
        done = await house.settled((await house.grant(door_id=other.id)).id)
        assert done.status is GrantStatus.DELIVERED
        assert now() - begun < timedelta(seconds=1)


def _arrived(receiver: Receiver, many: int) -> Callable[[], Awaitable[bool]]:
    async def arrived() -> bool:
        return len(receiver.posts) >= many

    return arrived


async def test_two_doormen_post_once(house: House) -> None:
    """Thirty grants, each to be had by either: every one is posted, none twice."""
    async with house.working(doormen=2):
        grants = [await house.grant() for _ in range(30)]
        done = [await house.settled(grant.id) for grant in grants]
    assert {grant.status for grant in done} == {GrantStatus.DELIVERED}
    assert sorted(post.id for post in house.receiver.posts) == sorted(g.id for g in grants)


async def test_killed_between_decision_and_delivery(house: House) -> None:
    """Who had leased it is gone: another posts it when the lease has run out, in time."""
    grant = await house.grant()
    leased = await house.store.grants.claim(now=now(), until=now() + LEASE)
    assert leased
    async with house.working():
        done = await house.settled(grant.id)
    assert done.status is GrantStatus.DELIVERED
    assert [post.id for post in house.receiver.posts] == [grant.id]
    assert done.delivered_at
    assert LEASE - timedelta(seconds=0.5) < done.delivered_at - grant.at < LIFE


async def test_killed_for_too_long(house: House) -> None:
    """A lease taken up when the grant is over opens nothing."""
    at = now()
    grant = await house.grant(
        at=at - LIFE, expires_at=at - LIFE / 5, claimed_until=at + timedelta(seconds=0.5)
    )
    async with house.working():
        done = await house.settled(grant.id)
        await asyncio.sleep(0.5)
    assert (done.status, done.reasons) == ("expired", (Reason.UNDELIVERED,))
    assert house.receiver.posts == []


@pytest.mark.parametrize(
    ("person", "door", "reason"),
    [
        ({"status": PersonStatus.BLOCKED}, {}, Reason.BLOCKED),
        ({"status": PersonStatus.UNKNOWN}, {}, Reason.GONE),
        ({}, {"disabled_at": datetime(2026, 1, 1, tzinfo=UTC)}, Reason.REMOVED),
    ],
    ids=["blocked", "not known any more", "door removed"],
)
async def test_what_changed_since_the_decision_counts(
    house: House, person: dict[str, Any], door: dict[str, Any], reason: str
) -> None:
    """It is looked at once more before anything is posted."""
    await house.store.persons.save(replace(house.anna, **person))
    await house.store.doors.save(replace(house.door, **door))
    async with house.working():
        done = await house.settled((await house.grant()).id)
    assert (done.status, done.reasons) == ("refused", (reason,))
    assert house.receiver.posts == []


async def test_what_is_asked_is_posted_by_nobody(house: House) -> None:
    """Until somebody has said yes; when nobody does, it is over."""
    async with house.working():
        asked = await house.grant(
            status=GrantStatus.ASKED, asked=True, expires_at=now() + timedelta(seconds=0.7)
        )
        done = await house.settled(asked.id)
    assert (done.status, done.reasons) == ("expired", (Reason.UNANSWERED,))
    assert house.receiver.posts == []


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that nobody has heard of, with its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl here")
    made = tmp_path_factory.mktemp("tls") / "door.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=door", "-keyout", made, "-out", made),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    return made


@pytest.mark.parametrize("trusted", [False, True])
async def test_only_a_certificate_that_the_system_trusts_will_do(
    house: House, certificate: Path, monkeypatch: pytest.MonkeyPatch, *, trusted: bool
) -> None:
    """A receiver that anybody could be is told nothing; one of the house's own authority is."""
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    await asyncio.to_thread(tls.load_cert_chain, certificate)
    async with receiving(house.door.secret, tls=tls) as receiver, house.working():
        await house.store.doors.save(replace(house.door, url=receiver.url))
        grant = await house.grant(expires_at=now() + timedelta(seconds=2 + 8 * trusted))
        done = await house.settled(grant.id)
    assert done.status == (GrantStatus.DELIVERED if trusted else GrantStatus.EXPIRED)
    assert len(receiver.posts) == trusted


async def test_proxies_of_the_environment_see_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What opens doors goes to the door."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with house.working():
        done = await house.settled((await house.grant()).id)
    assert done.status is GrantStatus.DELIVERED
