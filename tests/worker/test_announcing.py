"""Those who run no models are told which distances hold."""

from demo.sitters import crop, people
from domain.explaining import explain
from domain.gallery import LiveGallery
from domain.records import MatchKind
from domain.thresholds import in_force
from tests.worker.station import Station, now
from worker.announcing import Announcing

ASTRONAUT, PLAYER, *_ = people()
# A distance is computed by another library here than in the search.
ROUNDING = 1e-4


def gallery_of(station: Station) -> LiveGallery:
    """Return a gallery of its own, as empty as of a process that has just started."""
    engine = station.engine
    return LiveGallery(store=station.store, model=engine.model, index=engine.index())


async def announce(station: Station, gallery: LiveGallery) -> None:
    """Let a worker tell which distances hold."""
    announcing = Announcing(
        store=station.store, answers=station.answers, gallery=gallery, clock=now
    )
    await announcing.announce_distances()


async def test_the_distances_in_force_are_told(station: Station) -> None:
    """They are those the worker goes by for as many as are known; of another model, none are."""
    gallery, model = gallery_of(station), station.engine.model
    assert await in_force(station.store, model) is None
    await station.classified(crop(ASTRONAUT, 1), crop(PLAYER, 1))
    await announce(station, gallery)
    told = await in_force(station.store, model)
    assert told == station.answers.policy(2, 2)
    assert told != station.answers.policy(2000, 6000)
    assert await in_force(station.store, "another") is None


async def test_a_crop_is_explained_by_real_faces(station: Station) -> None:
    """The nearest photo of the one it is taken for counts as the same; distances are those told."""
    first, _ = await station.classified(crop(ASTRONAUT, 1), crop(PLAYER, 1))
    [again] = await station.classified(crop(ASTRONAUT, 2))
    await announce(station, gallery_of(station))
    assert first.person_id == again.person_id
    person = await station.store.persons.get(first.person_id) if first.person_id else None
    assert person
    assert again.match
    assert again.match.distance is not None
    why = await explain(station.store, await station.look(again.id), person)
    by_first = next(one for one in why.theirs if one.reference.detection_id == first.id)
    assert abs(by_first.distance - again.match.distance) < ROUNDING
    assert why.kind(by_first.distance) is MatchKind.MATCH
    assert why.measured
