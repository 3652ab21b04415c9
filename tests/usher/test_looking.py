"""The bot's eyes: loaded at the first look, and those in use whatever changes meanwhile."""

from pathlib import Path

import pytest

from domain.errors import ImageRefusedError, NoModelsError
from domain.records import PackInUse
from domain.store import Records
from recognition.packs import find_pack
from storage.images import ImageStore
from storage.store import MongoStore
from usher.looking import LazyEyes
from usher.parts import Parts
from usher.settings import RecognitionSettings, Settings


async def _use(store: MongoStore, pack: str) -> PackInUse:
    made = PackInUse(pack=pack, model=find_pack(pack).model)

    async def work(records: Records) -> None:
        await records.gallery.advance()
        await records.gallery.use(made)

    await store.transact(work)
    return made


@pytest.fixture
def eyes(store: MongoStore, images: ImageStore) -> LazyEyes:
    """Eyes that have not looked yet."""
    return LazyEyes(Settings(), Parts(store=store, images=images))


async def test_models_are_loaded_at_the_first_look(
    eyes: LazyEyes, store: MongoStore, faces_dir: Path
) -> None:
    """Nothing is recorded before; then the pack that is set is the one in use."""
    assert await store.gallery.in_use() is None
    picture = next((faces_dir / "lfw" / "Tony_Blair").glob("*.jpg")).read_bytes()
    look = await eyes.look(picture)
    in_use = await store.gallery.in_use()
    assert in_use
    assert look.model == in_use.model
    assert len(look.faces) == 1


async def test_a_change_of_pack_is_followed(
    eyes: LazyEyes, store: MongoStore, faces_dir: Path
) -> None:
    """The next look is with the new models, and nobody is told of the change."""
    picture = next((faces_dir / "lfw" / "Tony_Blair").glob("*.jpg")).read_bytes()
    before = await eyes.look(picture)
    other = await _use(store, f"folder:{faces_dir / 'models' / 'insightface-pack'}")
    after = await eyes.look(picture)
    assert after.model == other.model
    assert after.model != before.model


async def test_what_is_no_picture_is_refused(eyes: LazyEyes) -> None:
    """The kind of refusal is kept, so that people can be told what to do."""
    with pytest.raises(ImageRefusedError) as error:
        await eyes.look(b"not a picture")
    assert error.value.kind == "not_an_image"


def test_licences_are_known_without_models(eyes: LazyEyes) -> None:
    """A pack that nobody knows has none."""
    assert "Apache-2.0" in eyes.licence("opencv-zoo")
    assert "non-commercial" in eyes.licence("buffalo_l")
    assert not eyes.licence("nonsense")


async def test_without_models_it_is_said(
    store: MongoStore, images: ImageStore, tmp_path: Path
) -> None:
    """A folder that holds no models is a sentence, and so is the next try; nothing is recorded."""
    settings = Settings(recognition=RecognitionSettings(pack=f"folder:{tmp_path}"))
    eyes = LazyEyes(settings, Parts(store=store, images=images), threads=1)
    for _ in range(2):
        with pytest.raises(NoModelsError, match="cannot be loaded"):
            await eyes.look(b"a picture")
    assert await store.gallery.in_use() is None
