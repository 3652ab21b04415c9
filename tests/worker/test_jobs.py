"""What is done periodically does what is left to do, and no more."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demo.sitters import crop, people
from domain import drafts
from domain.errors import UsherError
from domain.guests import expect
from domain.ids import new_id
from domain.intake import ImageFacts
from domain.looking import Look
from domain.photos import choose_cover, drop
from domain.policy import (
    DecisionPolicy,
    MatchPolicy,
    QuestionPolicy,
    RetentionPolicy,
    VisitPolicy,
)
from domain.records import (
    Detection,
    DetectionStatus,
    Draft,
    Grant,
    GrantStatus,
    Retired,
    Retirement,
)
from domain.sessions import open_session
from domain.unanswered import snooze
from domain.undo import undo
from tests.worker.station import Station, now
from worker.jobs import Housekeeping

ASTRONAUT, PLAYER, *OTHERS = people()
GAP = timedelta(minutes=10)
WEEK, YEAR = timedelta(days=7), timedelta(days=365)
KEPT = RetentionPolicy(images=WEEK, detections=YEAR)


def housekeeping(station: Station, at: datetime, retention: RetentionPolicy = KEPT) -> Housekeeping:
    """Return the jobs as they are done at a time."""
    return Housekeeping(
        store=station.store,
        images=station.images,
        upkeep=station.upkeep(at),
        visits=lambda: VisitPolicy(gap=GAP),
        questions=QuestionPolicy,
        retention=lambda: retention,
        clock=lambda: at,
    )


async def has_image(station: Station, detection: Detection) -> bool:
    """Tell whether the picture is still there."""
    try:
        return bool(await station.images.get(detection.image.key))
    except KeyError:
        return False


async def test_visit_is_closed_after_the_gap(station: Station) -> None:
    """Not a moment before; then once."""
    at = now()
    [id_] = await station.post(crop(PLAYER, 1), at=at)
    async with station.working():
        await station.settled()
    visit_id = (await station.look(id_)).visit_id
    assert visit_id
    assert await housekeeping(station, at + GAP).close_visits() == 0
    late = housekeeping(station, at + GAP + timedelta(seconds=1))
    assert await late.close_visits() == 1
    visit = await station.store.visits.get(visit_id)
    assert visit
    assert not visit.open
    assert await late.close_visits() == 0


async def test_images_go_first_and_references_keep_theirs(station: Station) -> None:
    """After a week what made no reference loses its image; the record says so and stays."""
    kept, spare = await station.classified(crop(PLAYER, 1), crop(PLAYER, 1))
    assert (kept.kept, spare.kept) == (True, False)
    assert await housekeeping(station, now() + timedelta(days=6)).forget_old() == 0
    later = housekeeping(station, now() + timedelta(days=8))
    assert await later.forget_old() == 1
    assert await has_image(station, kept)
    assert not await has_image(station, spare)
    assert (await station.look(spare.id)).image.key == ""
    assert (await station.look(spare.id)).person_id == kept.person_id
    assert await later.forget_old() == 0


async def test_the_picture_somebody_chose_stays(station: Station) -> None:
    """A crop that nobody is recognised by keeps its image as long as it shows its person."""
    kept, spare = await station.classified(crop(PLAYER, 1), crop(PLAYER, 1))
    assert kept.person_id
    by: dict[str, Any] = {"account": station.account, "via": "panel", "now": now()}
    chosen = await choose_cover(station.store, person_id=kept.person_id, photo=spare.id, **by)
    [reference] = await station.store.references.of([kept.person_id])
    dropped = await drop(station.store, person_id=kept.person_id, photo=kept.id, **by)
    assert [c.id for c in dropped.changes] == [reference.id]
    later = housekeeping(station, now() + timedelta(days=8))
    await later.forget_old()
    assert await has_image(station, spare)
    assert not await has_image(station, kept)
    undoing = {"policy": DecisionPolicy(), **by}
    await undo(station.store, decision_id=chosen.id, **undoing)
    await later.forget_old()
    assert not await has_image(station, spare)


async def test_the_log_of_the_doors_is_forgotten_with_the_records(station: Station) -> None:
    """After a year and not before."""
    at = now()
    grant = Grant(
        id=new_id(),
        door_id=new_id(),
        site_id=new_id(),
        status=GrantStatus.DELIVERED,
        at=at,
        expires_at=at,
        due_at=at,
    )
    await station.store.grants.add(grant)
    assert await housekeeping(station, at + YEAR).forget_old() == 0
    assert await housekeeping(station, at + YEAR + timedelta(seconds=1)).forget_old() == 1
    assert await station.store.grants.last(9) == []


async def test_records_go_last_and_the_person_stays(station: Station) -> None:
    """After a year the log is empty; who was met is still recognised by the picture kept."""
    kept, spare = await station.classified(crop(PLAYER, 1), crop(PLAYER, 1))
    never = RetentionPolicy(images=None, detections=None)
    assert await housekeeping(station, now() + 9 * YEAR, never).forget_old() == 0
    done = await housekeeping(station, now() + timedelta(days=366)).forget_old()
    assert done == 3  # one image, two records
    assert await station.statuses() == []
    assert await has_image(station, kept)
    assert not await has_image(station, spare)
    [again] = await station.classified(crop(PLAYER, 2))
    assert again.person_id == kept.person_id


async def test_orphans_are_swept_and_everything_else_stays(station: Station) -> None:
    """An image without record or reference goes after an hour; a stray file stops nothing."""
    [kept] = await station.classified(crop(PLAYER, 1))
    [id_] = await station.post(crop(PLAYER, 2))
    waiting = await station.look(id_)
    orphan, stray = f"crops/2026/11/22/{'0' * 24}.jpg", "crops/2026/notes.txt"
    for key in (orphan, stray):
        await station.images.put(key, b"bytes")
    assert await housekeeping(station, now() + timedelta(minutes=50)).sweep_orphans() == 0
    assert await housekeeping(station, now() + timedelta(minutes=70)).sweep_orphans() == 1
    assert await has_image(station, kept)
    assert await has_image(station, waiting)
    assert await station.images.get(stray) == b"bytes"
    with pytest.raises(KeyError):
        await station.images.get(orphan)


async def test_reference_outlives_its_record_for_the_sweep_too(station: Station) -> None:
    """The image of a reference is no orphan, though its detection has been forgotten."""
    [kept] = await station.classified(crop(PLAYER, 1))
    later = housekeeping(station, now() + timedelta(days=366))
    await later.forget_old()
    assert await later.sweep_orphans() == 0
    assert await has_image(station, kept)


async def test_photos_given_to_the_panel_are_forgotten(station: Station) -> None:
    """After an hour, and with them pictures whose record was never made."""
    draft = await given(station)
    left = f"drafts/{'0' * 24}.jpeg"
    await station.images.put(left, b"bytes")
    assert await housekeeping(station, now() + timedelta(minutes=59)).forget_drafts() == 0
    assert await station.images.get(draft.image.key)
    assert await housekeeping(station, now() + timedelta(minutes=61)).forget_drafts() == 2
    assert await station.store.drafts.get(draft.id) is None
    for key in (draft.image.key, left):
        with pytest.raises(KeyError):
            await station.images.get(key)


async def given(station: Station) -> Draft:
    """Let somebody give a photo without a face."""
    facts = ImageFacts(media_type="image/jpeg", width=1, height=1)
    policy = MatchPolicy(match=0.3, unsure=0.5, hint=0.6)
    return await drafts.keep(
        station.store,
        station.images,
        look=Look(faces=(), facts=facts, model="test", policy=policy),
        picture=b"photo",
        name="me.jpg",
        account=station.account,
        now=now(),
    )


async def test_expired_sessions_end(station: Station) -> None:
    """A session is purged after its two weeks."""
    await open_session(station.store, account=station.account, now=now())
    assert await housekeeping(station, now() + timedelta(days=13)).end_sessions() == 0
    assert await housekeeping(station, now() + timedelta(days=15)).end_sessions() == 1


async def test_what_nobody_answers_is_stepped_and_woken(station: Station) -> None:
    """Reminded by the job, put off, and brought back by the other: all of it is in the database."""
    [seen] = await station.classified(crop(PLAYER, 1))
    assert seen.visit_id
    at = now() + timedelta(minutes=20)
    [card] = await station.store.outbox.of_visit(seen.visit_id)
    await station.store.outbox.delivered(replace(card, message_id=5, delivered=card.revision))
    assert await housekeeping(station, at).step_questions() == 1
    assert await housekeeping(station, at).step_questions() == 0
    await snooze(station.store, card_id=card.id, until=at + GAP, account=station.account, now=at)
    assert await housekeeping(station, at).wake_snoozed() == 0
    assert await housekeeping(station, at + GAP).wake_snoozed() == 1
    [card] = await station.store.outbox.of_visit(seen.visit_id)
    assert card.again


async def test_guests_are_forgotten_a_day_after_theirs(station: Station) -> None:
    """So that an answer given late still finds them."""
    at = now()
    guest = await expect(
        station.store,
        name="Bob",
        day=at.date(),
        site_id=station.camera.site_id,
        account=station.account,
        zone=UTC,
        now=at,
    )
    later = guest.ends_at + timedelta(days=1)
    assert await housekeeping(station, later).forget_guests() == 0
    assert await housekeeping(station, later + timedelta(seconds=1)).forget_guests() == 1


async def test_a_job_that_fails_is_said_and_the_next_runs(
    station: Station, caplog: pytest.LogCaptureFixture
) -> None:
    """Every job is on the schedule, once, and none lets an error out."""

    def broken() -> datetime:
        raise UsherError("the clock has stopped")

    jobs = Housekeeping(
        store=station.store,
        images=station.images,
        upkeep=station.upkeep(now()),
        visits=VisitPolicy,
        questions=QuestionPolicy,
        retention=lambda: KEPT,
        clock=broken,
    )
    scheduled = {job.id: job.func for job in jobs.schedule().get_jobs()}
    assert set(scheduled) == {
        "close_visits",
        "step_questions",
        "wake_snoozed",
        "tend_references",
        "end_sessions",
        "forget_guests",
        "forget_old",
        "forget_overdue",
        "forget_drafts",
        "finish_forgetting",
        "count_days",
        "count_today",
        "sweep_orphans",
    }
    with caplog.at_level(logging.ERROR):
        await scheduled["close_visits"]()
    assert "tried again at its next time" in caplog.text


async def test_unworked_crops_are_not_forgotten_before_their_time(station: Station) -> None:
    """What still waits keeps its image as long as anything else, and is recognised then."""
    [id_] = await station.post(crop(PLAYER, 1))
    assert await housekeeping(station, now() + timedelta(days=6)).forget_old() == 0
    async with station.working():
        await station.settled()
    assert (await station.look(id_)).status is DetectionStatus.CLASSIFIED


async def test_a_retired_reference_lets_go_of_its_image_in_time(station: Station) -> None:
    """Its image stays as long as a crop's from then on, its embedding as long as a record.

    While another model still uses the photo it stays.
    """
    kept, _ = await station.classified(crop(PLAYER, 1), crop(OTHERS[0], 1))
    assert kept.person_id
    [reference] = await station.store.references.of([kept.person_id])
    twin = replace(reference, id=new_id(), model="another")
    await station.store.references.add(twin)
    at = now() + timedelta(days=20)
    for one in (reference, twin):
        assert await housekeeping(station, at + 2 * WEEK).forget_old() == 0
        assert await has_image(station, kept)
        retired = Retired(at=at, reason=Retirement.TRIMMED)
        await station.store.references.save(replace(one, retired=retired))
    assert await housekeeping(station, at + WEEK).forget_old() == 0
    assert await has_image(station, kept)
    assert await housekeeping(station, at + WEEK + timedelta(days=1)).forget_old() == 1
    assert not await has_image(station, kept)
    assert not (await station.look(kept.id)).kept
    await housekeeping(station, at + YEAR).forget_old()
    assert len(await station.store.references.of([kept.person_id])) == 2
    await housekeeping(station, at + YEAR + timedelta(days=1)).forget_old()
    assert await station.store.references.of([kept.person_id]) == []


async def test_references_are_tended_while_the_worker_works(station: Station) -> None:
    """What the job retires, a worker that runs meanwhile matches by no more."""
    [first] = await station.classified(crop(PLAYER, 1))
    assert first.person_id
    [reference] = await station.store.references.of([first.person_id])
    version = await station.store.gallery.advance()
    twin = replace(reference, id=new_id(), quality=0, version=version)
    await station.store.references.add(twin)
    async with station.working():
        assert await station.upkeep(now()).tend_references() == 1
        [id_] = await station.post(crop(PLAYER, 1))
        await station.settled()
    match = (await station.look(id_)).match
    assert match
    assert match.reference_id == reference.id
    left = await station.store.references.get(twin.id)
    assert left
    assert left.retired
