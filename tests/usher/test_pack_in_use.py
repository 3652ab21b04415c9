"""A process works with the pack that is recorded; a setting never makes strangers of people."""

import logging
from pathlib import Path

import numpy as np
import pytest

from domain.errors import OtherPackError
from domain.ids import new_id
from domain.records import PackInUse, Reference
from recognition.packs import find_pack
from storage.store import MongoStore
from usher.pack_in_use import absolute, follow_in_use, load_in_use
from usher.parts import now
from usher.settings import RecognitionSettings, Settings

SFACE = "opencv-zoo/sface_2021dec"


def settings(**recognition: str) -> Settings:
    """Return settings where this is set of recognition, and nothing else."""
    return Settings(recognition=RecognitionSettings(**recognition))


@pytest.fixture
def folder(faces_dir: Path) -> str:
    """A second pack."""
    return f"folder:{faces_dir / 'models' / 'insightface-pack'}"


async def recorded(store: MongoStore, pack: str, previous: str | None = None) -> PackInUse:
    """Record a pack as the one in use."""
    made = PackInUse(pack=pack, model=find_pack(pack).model, previous=previous)
    await store.gallery.use(made)
    return made


async def test_new_installation_takes_what_is_set(store: MongoStore) -> None:
    """It is recorded with its model, and taken again where nothing is set."""
    made = await load_in_use(settings(), store)
    assert made.model == SFACE
    assert await store.gallery.in_use() == PackInUse(pack="opencv-zoo", model=SFACE)


async def test_what_is_recorded_goes_before_the_default(store: MongoStore, folder: str) -> None:
    """Nothing being set, an installation with another pack goes on with it."""
    pack = await recorded(store, folder)
    assert (await load_in_use(settings(), store)).model == pack.model


async def test_another_pack_is_refused_with_what_to_do(store: MongoStore, folder: str) -> None:
    """The sentence names the command that loses nobody, and what to set instead."""
    await recorded(store, "opencv-zoo")
    with pytest.raises(OtherPackError, match="recognition migrate --to folder:") as error:
        await load_in_use(settings(pack=folder), store)
    assert "set it to opencv-zoo" in str(error.value)


async def test_setting_from_before_a_change_is_warned_of(
    store: MongoStore, folder: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever migrated and left the setting is not stopped by it, but told."""
    pack = await recorded(store, folder, previous="opencv-zoo")
    with caplog.at_level(logging.WARNING):
        made = await load_in_use(settings(pack="opencv-zoo"), store)
    assert made.model == pack.model
    assert "is still opencv-zoo" in caplog.text


async def test_worker_that_runs_follows_whatever_is_set(store: MongoStore, folder: str) -> None:
    """A change of pack does not end a worker, even where a third one is set."""
    pack = await recorded(store, "opencv-zoo", previous="buffalo_l")
    made = await follow_in_use(settings(pack=folder), store)
    assert made.model == pack.model


async def test_files_that_are_others_now_are_refused(store: MongoStore) -> None:
    """A pack whose model has changed under its name makes no strangers either."""
    await store.gallery.use(PackInUse(pack="opencv-zoo", model="opencv-zoo/sface_2020"))
    with pytest.raises(OtherPackError, match="not opencv-zoo/sface_2020"):
        await load_in_use(settings(), store)


async def test_installation_from_before_packs_were_recorded(store: MongoStore) -> None:
    """Its references say which model it is; another one is refused, its own is recorded."""
    kept = Reference(
        id=new_id(),
        person_id=new_id(),
        detection_id=new_id(),
        image_key="k",
        model="insightface/other",
        embedding=np.ones(2, np.float32),
        quality=1.0,
        version=1,
        created_at=now(),
    )
    await store.references.add(kept)
    with pytest.raises(OtherPackError, match="insightface/other"):
        await load_in_use(settings(), store)
    assert await store.gallery.in_use() is None
    await store.references.forget("insightface/other")
    assert (await load_in_use(settings(), store)).model == SFACE


def test_folders_are_recorded_as_seen_from_anywhere(tmp_path: Path) -> None:
    """`folder:models` is that of the place where the command was given."""
    assert absolute("folder:models") == f"folder:{tmp_path / 'models'}"
    assert absolute("opencv-zoo") == "opencv-zoo"
