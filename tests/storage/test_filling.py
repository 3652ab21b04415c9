"""A database from before people had whereabouts gets them at the next start."""

from domain.decisions import ItIs
from domain.enrolling import CAMERA
from domain.ids import new_id
from domain.records import Camera
from domain.store import PersonQuery, Whereabouts
from domain.whereabouts import end_visits
from storage.migrations import migrate
from storage.store import MongoStore
from tests.domain.world import GAP, NOON, World

KEPT = ("last_seen_at", "site_ids", "words", "filed")


async def test_what_was_not_kept_is_worked_out(store: MongoStore) -> None:
    """Everybody has what they would have had all along, however they came and were merged."""
    database, world = store._database, await World.build(store)
    anna, bea = await world.person("Anna"), await world.person("Bea")
    await world.see(anna)
    world.now += 2 * GAP
    stranger, _ = await world.see(maybe=[anna]), await world.see()
    await world.say(ItIs(anna.id), stranger.question)
    await end_visits(store, NOON + GAP)
    world.camera = Camera(
        id=new_id(), site_id=world.site.id, name=CAMERA, key_hash=new_id(), created_at=NOON
    )
    await store.cameras.add(world.camera)
    await world.keep(bea)
    await store.persons.place(bea.id, Whereabouts(site_ids=(world.site.id,)))
    before = await database["persons"].find().sort("_id").to_list(None)
    await database["persons"].update_many({}, {"$unset": dict.fromkeys(KEPT, "")})
    assert await store.persons.page(PersonQuery(text="anna")) == []
    await database["migrations"].delete_one({"_id": 4})
    await migrate(database)
    assert await database["persons"].find().sort("_id").to_list(None) == before
    assert [p.id for p in await store.persons.page(PersonQuery(text="anna"))] == [anna.id]
