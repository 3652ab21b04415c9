"""What becomes of real faces: the rules hold from the picture to the record."""

import io
from dataclasses import replace
from datetime import datetime, timedelta

import cv2
import numpy as np
import pytest
from PIL import Image, ImageFilter

from demo.sitters import crop, people
from domain.decisions import IsNot, Name, answer
from domain.policy import VisitPolicy
from domain.records import DetectionStatus, MatchKind, PersonStatus, QuestionKind
from tests.worker.station import Station, now

ASTRONAUT, PLAYER, *OTHERS = people()


def changed(data: bytes, *, side: int | None = None, blur: float = 0.0) -> bytes:
    """Return a crop made smaller, or smeared."""
    image: Image.Image = Image.open(io.BytesIO(data))
    if side:
        image = image.resize((side, side))
    out = io.BytesIO()
    image.filter(ImageFilter.GaussianBlur(blur)).save(out, "JPEG", quality=92)
    return out.getvalue()


def landscape() -> bytes:
    """Return a picture without anybody in it."""
    slope = np.tile(np.linspace(40, 200, 160, dtype=np.uint8), (160, 1))
    return cv2.imencode(".png", np.dstack([slope, slope.T, slope]))[1].tobytes()


def next_visit(station: Station) -> datetime:
    """Return a time when whoever was here now comes again: clocks of cameras may be ahead."""
    station.visiting = VisitPolicy(gap=timedelta(minutes=1))
    return now() + timedelta(minutes=2)


async def name_the_stranger(station: Station, name: str) -> None:
    """Answer the one open question with a name."""
    [question] = await station.store.questions.inbox(None)
    await answer(
        station.store,
        question_id=question.id,
        answer=Name(name),
        account=station.account,
        via="panel",
        now=now(),
    )


async def test_named_person_is_recognised_from_another_picture(station: Station) -> None:
    """After one answer the next crop is a match with a name, and nobody is asked again."""
    await station.classified(crop(ASTRONAUT, 1))
    await name_the_stranger(station, "Sally")
    [found] = await station.classified(crop(ASTRONAUT, 2))
    assert found.match
    assert found.match.kind is MatchKind.MATCH
    [sally] = await station.people()
    assert (found.person_id, sally.name) == (sally.id, "Sally")
    assert found.match.confidence
    assert found.match.confidence > 0.5
    assert await station.store.questions.open_count(None) == 0


@pytest.mark.parametrize("together", [True, False], ids=["one post", "two posts"])
async def test_two_faces_of_one_frame_are_never_one_person(
    station: Station, *, together: bool
) -> None:
    """The same face twice in a frame makes two people; in two frames it is one."""
    twice = crop(ASTRONAUT, 1), crop(ASTRONAUT, 2)
    if together:
        found = await station.classified(*twice, frame="f")
    else:
        found = [d for data in twice for d in await station.classified(data, frame="f")]
    assert {d.status for d in found} == {DetectionStatus.CLASSIFIED}
    assert len({d.person_id for d in found}) == 2
    [later] = await station.classified(crop(ASTRONAUT, 1), frame="g")
    assert later.person_id == found[0].person_id


async def test_track_settles_doubt(station: Station) -> None:
    """A face in doubt is who its track was a moment ago; without a track it is a stranger."""
    station.only_same_picture()
    [first] = await station.classified(crop(ASTRONAUT, 1), track="t")
    [tracked] = await station.classified(crop(ASTRONAUT, 2), track="t")
    assert tracked.person_id == first.person_id
    [other] = await station.classified(crop(ASTRONAUT, 3))
    assert other.person_id != first.person_id


async def test_track_does_not_make_somebody_else_of_a_face(station: Station) -> None:
    """Somebody quite different on the same track is somebody else."""
    [first] = await station.classified(crop(ASTRONAUT, 1), track="t")
    [second] = await station.classified(crop(PLAYER, 1), track="t")
    assert second.person_id != first.person_id


async def test_doubt_about_somebody_known_is_a_question(station: Station) -> None:
    """Nearly Sally is not Sally: a new stranger, and the question whether it is her."""
    await station.classified(crop(ASTRONAUT, 1))
    await name_the_stranger(station, "Sally")
    station.only_same_picture()
    [found] = await station.classified(crop(ASTRONAUT, 2))
    assert found.match
    assert found.match.kind is MatchKind.UNSURE
    [question] = await station.store.questions.inbox(None)
    assert question.kind is QuestionKind.CONFIRM
    stranger = await station.store.persons.get(question.person_id)
    assert stranger
    assert stranger.status is PersonStatus.UNKNOWN
    [suggested] = [s.person_id for s in question.suggestions]
    sally = await station.store.persons.get(suggested)
    assert sally
    assert sally.name == "Sally"


async def test_no_is_remembered(station: Station) -> None:
    """Who was said not to be Sally is not asked about as Sally when they come again."""
    await station.classified(crop(ASTRONAUT, 1))
    await name_the_stranger(station, "Sally")
    station.only_same_picture()
    [doubtful] = await station.classified(crop(ASTRONAUT, 2))
    [question] = await station.store.questions.inbox(None)
    sally = question.suggestions[0].person_id
    await answer(
        station.store,
        question_id=question.id,
        answer=IsNot(sally),
        account=station.account,
        via="panel",
        now=now(),
    )
    [again] = await station.classified(crop(ASTRONAUT, 2), at=next_visit(station))
    assert again.person_id == doubtful.person_id
    [asked] = await station.store.questions.inbox(None)
    assert asked.id != question.id
    assert asked.kind is QuestionKind.WHO
    assert sally not in {s.person_id for s in asked.suggestions}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (changed(crop(ASTRONAUT, 1), side=34), "too_small"),
        (changed(crop(ASTRONAUT, 1), blur=5), "blurred"),
        (landscape(), "no_face"),
    ],
    ids=["small", "blurred", "nobody"],
)
async def test_poor_faces_create_nobody(station: Station, data: bytes, reason: str) -> None:
    """They are kept as unusable with the reason; no person, reference, visit or question."""
    [found] = await station.classified(data)
    assert found.status is DetectionStatus.UNUSABLE
    assert reason in found.reasons
    assert (found.person_id, found.visit_id, found.kept) == (None, None, False)
    assert await station.images.get(found.image.key) == data
    assert await station.people() == []
    assert await station.store.references.made_from([found.id]) == set()
    assert await station.store.questions.open_count(None) == 0


async def test_picture_as_like_as_one_that_is_kept_teaches_nothing(station: Station) -> None:
    """The same picture again makes no second reference; quite another one does."""
    first, same, other = await station.classified(
        crop(ASTRONAUT, 1), crop(ASTRONAUT, 1), crop(ASTRONAUT, 5)
    )
    assert first.person_id == same.person_id == other.person_id
    assert first.person_id
    kept = await station.store.references.of([first.person_id])
    assert same.id not in {r.detection_id for r in kept}
    assert len(kept) <= 2
    assert (first.kept, same.kept) == (True, False)


async def test_dismissed_person_is_never_asked_about_again(station: Station) -> None:
    """They are recognised, their visit is kept, and nobody hears of it."""
    [first] = await station.classified(crop(PLAYER, 1))
    stranger = (await station.people())[0]
    version = await station.store.gallery.advance()
    await station.store.persons.save(
        replace(stranger, status=PersonStatus.DISMISSED, version=version)
    )
    before = await station.store.questions.open_count(None)
    [again] = await station.classified(crop(PLAYER, 2), at=next_visit(station))
    assert again.person_id == first.person_id
    assert again.visit_id != first.visit_id
    assert again.visit_id
    assert await station.store.outbox.of_visit(again.visit_id) == []
    assert await station.store.questions.open_count(None) == before
