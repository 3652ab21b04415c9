"""From posted bytes to faces and embeddings, with the real models."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from recognition.engine import MIRROR_BELOW, Engine
from recognition.faces import Analysis, Face
from recognition.packs import find_pack
from recognition.quality import QualityLimits
from recognition.runtime import CPU
from recognition.subjects import Picture, open_picture

FRIENDS = 6


def jpeg(image: Image.Image, quality: int = 92) -> bytes:
    """A picture as a camera posts it."""
    stream = BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def resized(image: Image.Image, factor: float) -> Image.Image:
    """A picture of another size."""
    return image.resize((round(image.width * factor), round(image.height * factor)))


def one(engine: Engine, image: Image.Image | bytes) -> Analysis:
    """The analysis of one picture."""
    return engine.analyse([image if isinstance(image, bytes) else jpeg(image)])[0]


def face(engine: Engine, image: Image.Image | bytes) -> Face:
    """The face of one picture, which must have one."""
    found = one(engine, image).face
    assert found is not None
    return found


def distance(first: Face, second: Face) -> float:
    """Cosine distance."""
    return 1 - float(first.embedding @ second.embedding)


def test_describes_a_good_face(engine: Engine, portrait: Image.Image) -> None:
    """A sharp portrait is usable, with a box on the head and an embedding of unit length."""
    analysis = one(engine, portrait)
    assert (analysis.width, analysis.height) == (250, 250)
    assert analysis.usable
    assert analysis.reasons == ()
    assert analysis.refused is None
    assert analysis.face is not None
    x, y, width, height = analysis.face.box
    assert (x, y, width, height) == pytest.approx((79, 63, 91, 114), abs=12)
    assert analysis.face.score > 0.85
    assert 0.4 < analysis.face.quality <= 1
    assert analysis.face.count == 1
    assert analysis.face.embedding.shape == (engine.dimensions,)
    assert analysis.face.embedding.dtype == np.float32
    assert np.linalg.norm(analysis.face.embedding) == pytest.approx(1, abs=1e-5)


def test_landmarks_are_in_order(engine: Engine, portrait: Image.Image) -> None:
    """Eyes are above nose above mouth, left of each pair is left in the image, all in the box."""
    found = face(engine, portrait)
    left_eye, right_eye, nose, left_mouth, right_mouth = found.landmarks
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])
    x, y, width, height = found.box
    assert ((found.landmarks > (x, y)) & (found.landmarks < (x + width, y + height))).all()


def test_states_what_it_is(engine: Engine) -> None:
    """The engine names its model, provider and licence."""
    assert engine.model == "opencv-zoo/sface_2021dec"
    assert engine.dimensions == 128
    assert engine.provider.endswith("ExecutionProvider")
    assert "Apache-2.0" in engine.licence
    assert engine.thresholds.duplicate < engine.thresholds.match < engine.thresholds.unsure


def test_sees_everybody_in_a_group(engine: Engine, friends: bytes) -> None:
    """A photo of six people counts six, and means one near its middle."""
    found = face(engine, friends)
    assert found.count == FRIENDS
    assert 300 < found.box[0] + found.box[2] / 2 < 980


def test_boxes_are_pixels_of_the_upright_original(engine: Engine, friends: bytes) -> None:
    """A picture too large to be decoded whole still has its boxes in its own pixels."""
    with Image.open(BytesIO(friends)) as image:
        large = resized(image.convert("RGB"), 2.5)
    small, big = face(engine, friends), one(engine, large)
    assert (big.width, big.height) == (3200, 2215)
    assert big.face is not None
    assert np.array(big.face.box) / 2.5 == pytest.approx(np.array(small.box), abs=12)
    assert big.face.landmarks / 2.5 == pytest.approx(small.landmarks, abs=6)
    assert distance(big.face, small) < 0.2


def test_exif_does_not_matter(engine: Engine, portrait: Image.Image) -> None:
    """The same picture stored lying on its side gives the same face."""
    exif = Image.Exif()
    exif[0x0112] = 6
    stream = BytesIO()
    portrait.rotate(90, expand=True).save(stream, "JPEG", exif=exif, quality=92)
    assert distance(face(engine, stream.getvalue()), face(engine, portrait)) < 0.05


def test_one_person_is_near_and_another_is_far(
    engine: Engine, portrait: Image.Image, actor: bytes
) -> None:
    """Mirrored, dimmed, smaller and in another format somebody stays the same; others are not."""
    known = face(engine, portrait)
    variants = (
        ImageOps.mirror(portrait),
        ImageEnhance.Brightness(portrait).enhance(0.6),
        resized(portrait, 0.5),
        resized(portrait, 3),
        portrait.rotate(12),
        portrait.convert("L"),
    )
    for variant in variants:
        assert distance(face(engine, variant), known) < engine.thresholds.match
    assert distance(face(engine, actor), known) > engine.thresholds.unsure


@pytest.mark.parametrize("size", [1, 2, 5, 16, 19])
def test_batches_do_not_matter(
    engine: Engine, portrait: Image.Image, friends: bytes, actor: bytes, size: int
) -> None:
    """An image gives the same result alone and in any company."""
    images = [jpeg(portrait), friends, actor, jpeg(resized(portrait, 2))]
    alone = [engine.analyse([image])[0] for image in images]
    for row, analysis in enumerate(engine.analyse([images[row % 4] for row in range(size)])):
        expected = alone[row % 4]
        assert analysis.reasons == expected.reasons
        assert analysis.face is not None
        assert expected.face is not None
        assert distance(analysis.face, expected.face) < 1e-3
        assert analysis.face.box == pytest.approx(expected.face.box, abs=0.5)


def test_a_bad_image_spoils_only_itself(engine: Engine, portrait: Image.Image) -> None:
    """Between two good ones, refused bytes are refused in their own place."""
    good = jpeg(portrait)
    bad = (b"", b"text", good[: len(good) // 2])
    results = engine.analyse([good, *bad, good])
    assert [result.refused for result in results] == [
        None,
        "empty",
        "not_an_image",
        "truncated",
        None,
    ]
    assert results[0].usable
    assert results[4].usable
    assert all(result.face is None and not result.usable for result in results[1:4])


def test_nothing_to_do(engine: Engine) -> None:
    """No images, no results."""
    assert engine.analyse([]) == []


@pytest.mark.parametrize("colour", [0, 128, 255])
@pytest.mark.parametrize("size", [(1, 1), (250, 250), (2000, 3), (640, 480)])
def test_pictures_without_faces(engine: Engine, size: tuple[int, int], colour: int) -> None:
    """A plain picture of any shape has no face, and that is the reason."""
    analysis = one(engine, Image.new("RGB", size, (colour,) * 3))
    assert analysis.face is None
    assert analysis.reasons == ("no_face",)


def test_noise_is_nobody(engine: Engine) -> None:
    """Random pixels make no usable face."""
    noise = np.random.default_rng(5).integers(0, 256, (300, 300, 3)).astype(np.uint8)
    assert not one(engine, Image.fromarray(noise)).usable


@pytest.mark.parametrize("margin", [0.0, 0.1, 0.5, 2.0])
@pytest.mark.parametrize("factor", [0.5, 1.0, 4.0, 8.0])
def test_finds_the_face_however_tightly_it_is_cropped(
    engine: Engine, astronaut: bytes, margin: float, factor: float
) -> None:
    """Crops of the bare box, of the head and of the shoulders, small and large, all show it."""
    with Image.open(BytesIO(astronaut)) as image:
        whole = image.convert("RGB")
    x, y, width, height = face(engine, astronaut).box
    left, top = max(0, x - margin * width), max(0, y - margin * height)
    crop = whole.crop((left, top, x + (1 + margin) * width, y + (1 + margin) * height))
    found = face(engine, resized(crop, factor))
    assert distance(found, face(engine, astronaut)) < engine.thresholds.match


def darker(image: Image.Image) -> Image.Image:
    """Hardly any light."""
    return ImageEnhance.Brightness(image).enhance(0.12)


def brighter(image: Image.Image) -> Image.Image:
    """Hardly anything but light."""
    return image.point([min(255, 238 + value // 15) for value in range(256)] * 3)


def smeared(image: Image.Image) -> Image.Image:
    """Moved while the shutter was open: each row averaged over 23 pixels."""
    rows = np.asarray(image).astype(np.float32)
    moved = np.mean([np.roll(rows, shift, axis=1) for shift in range(-11, 12)], axis=0)
    return Image.fromarray(moved.astype(np.uint8))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda image: resized(image, 0.2), "too_small"),
        (lambda image: image.filter(ImageFilter.GaussianBlur(6)), "blurred"),
        (smeared, "blurred"),
        (darker, "too_dark"),
        (lambda image: image.crop((128, 0, 250, 250)), "cut_off"),
    ],
)
def test_says_what_is_wrong(
    engine: Engine, portrait: Image.Image, spoil: Callable[[Image.Image], Image.Image], reason: str
) -> None:
    """A spoiled portrait names its fault, is unusable, worse than the good one, and has a face."""
    analysis = one(engine, spoil(portrait))
    assert reason in analysis.reasons
    assert not analysis.usable
    assert analysis.face is not None
    assert analysis.face.quality < face(engine, portrait).quality
    assert np.linalg.norm(analysis.face.embedding) == pytest.approx(1, abs=1e-5)


def test_two_side_by_side_are_nobody_in_particular(engine: Engine, portrait: Image.Image) -> None:
    """Two faces alike in size and place: which one is meant cannot be told, and that is said."""
    pair = Image.new("RGB", (500, 250))
    pair.paste(portrait, (0, 0))
    pair.paste(ImageOps.mirror(portrait), (250, 0))
    analysis = one(engine, pair)
    assert analysis.reasons == ("several_faces",)
    assert analysis.face is not None
    assert analysis.face.count == 2


def test_a_washed_out_face_is_unusable(engine: Engine, portrait: Image.Image) -> None:
    """A face that is nearly white is too bright, or not seen at all."""
    assert set(one(engine, brighter(portrait)).reasons) & {"too_bright", "no_face"}


def test_limits_can_be_set(portrait: Image.Image) -> None:
    """Stricter limits make a good portrait unusable, for the reasons that were tightened."""
    strict = QualityLimits(
        min_side=500,
        min_score=0.999,
        min_sharpness=1e6,
        min_brightness=250,
        max_yaw=0,
        max_hidden=-1,
        max_rival=-1,
    )
    engine = Engine.load(limits=strict)
    assert set(one(engine, portrait).reasons) == {
        "too_small",
        "low_score",
        "blurred",
        "extreme_pose",
        "too_dark",
        "cut_off",
        "several_faces",
    }


def test_several_threads_may_ask_at_once(engine: Engine, portrait: Image.Image) -> None:
    """Eight callers at once get what one alone gets."""
    expected = face(engine, portrait)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: face(engine, portrait), range(24)))
    assert all(distance(item, expected) < 1e-5 for item in found)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_do_not_matter(
    engine: Engine, portrait: Image.Image, friends: bytes, actor: bytes, threads: int
) -> None:
    """Whatever the number of threads, everybody gets their own result, in order."""
    images = [jpeg(portrait), friends, b"text", actor] * 5
    expected = [engine.analyse([image])[0] for image in images[:4]]
    found = Engine.load(threads=threads).analyse(images)
    assert len(found) == len(images)
    for row, analysis in enumerate(found):
        alone = expected[row % 4]
        assert (analysis.refused, analysis.reasons) == (alone.refused, alone.reasons)
        assert (analysis.face is None) == (alone.face is None)
        if analysis.face and alone.face:
            assert distance(analysis.face, alone.face) < 1e-4


def test_the_cpu_provider_agrees(engine: Engine, portrait: Image.Image) -> None:
    """Embeddings made on the CPU provider compare with those of whichever provider is the default.

    A gallery may be filled on one machine and searched on another.
    """
    plain = Engine.load(provider=CPU, threads=2)
    assert plain.provider == CPU
    assert distance(face(plain, portrait), face(engine, portrait)) < 0.002
    assert plain.model == engine.model == find_pack().model


def test_a_poor_face_is_seen_in_a_mirror_too(engine: Engine, portrait: Image.Image) -> None:
    """The embedding of a poor face is the direction between those of its two views."""
    poor = resized(portrait, 0.3)
    first = face(engine, poor)
    assert first.quality < MIRROR_BELOW
    picture = open_picture(jpeg(poor))
    assert isinstance(picture, Picture)
    aligned = [found.aligned for found in engine._find([picture]) if found]
    one, flipped, both = (
        engine.embedder.embed([aligned[0]])[0],
        engine.embedder.embed([np.ascontiguousarray(aligned[0][:, ::-1])])[0],
        engine.embedder.embed(aligned, twice=[0])[0],
    )
    assert np.linalg.norm(both) == pytest.approx(1, abs=1e-5)
    assert both == pytest.approx((one + flipped) / np.linalg.norm(one + flipped), abs=1e-5)
    assert first.embedding == pytest.approx(both, abs=1e-4)
    assert face(engine, portrait).quality > MIRROR_BELOW
