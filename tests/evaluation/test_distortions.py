"""What distortions do to a picture, and that they do it again with the same seed."""

import numpy as np
import pytest

from evaluation import distortions
from evaluation.distortions import DISTORTIONS, Distortion, Subject, presumed


@pytest.fixture
def subject() -> Subject:
    """A picture of 200 x 160 in which everything differs, with a face in its middle."""
    chance = np.random.default_rng(1)
    smooth = np.kron(chance.integers(60, 200, (20, 16, 3)), np.ones((10, 10, 1)))
    return presumed(smooth.astype(np.uint8))


@pytest.mark.parametrize("distortion", DISTORTIONS, ids=lambda one: one.name)
def test_distorts_the_same_way_again(distortion: Distortion, subject: Subject) -> None:
    """The picture changes, stays a picture, and is left as it was; the seed alone decides."""
    before = subject.image.copy()
    made = distortion.apply(subject, 7)
    assert made.dtype == np.uint8
    assert made.ndim == 3
    assert made.shape[2] == 3
    assert made.shape != before.shape or not np.array_equal(made, before)
    assert np.array_equal(made, distortion.apply(subject, 7))
    assert np.array_equal(subject.image, before)


def test_a_face_is_presumed_in_the_middle(subject: Subject) -> None:
    """The box is a square around the centre, and the landmarks lie within it."""
    x, y, w, h = subject.box
    assert (x + w / 2, y + h / 2) == pytest.approx((80, 100))
    assert w == h == pytest.approx(160 * 0.56)
    assert (subject.landmarks > [x, y]).all()
    assert (subject.landmarks < [x + w, y + h]).all()


def test_roll_turns_by_so_many_degrees(subject: Subject) -> None:
    """A quarter turn about the middle of the face, to the one side or the other."""
    turned = distortions.roll(subject, 1, degrees=90)
    middle = subject.image[60:140, 40:120].astype(int)
    options = [np.abs(np.rot90(middle, k) - turned[60:140, 40:120]).mean() for k in (1, 3)]
    assert min(options) < 0.35 * max(options)


def test_low_light_leaves_that_share_of_light(subject: Subject) -> None:
    """Light, that is the value to the power of 2.2, falls to a fifth; half as much is darker."""
    dim = distortions.low_light(subject, 1, share=0.2)
    light = [(image / 255.0) ** 2.2 for image in (dim, subject.image)]
    assert light[0].mean() / light[1].mean() == pytest.approx(0.2, abs=0.01)
    assert distortions.low_light(subject, 1, share=0.1).mean() < dim.mean()


def test_blur_takes_detail_and_keeps_the_mean(subject: Subject) -> None:
    """More blur, less variance; the picture becomes neither lighter nor darker."""
    for blurred in (
        distortions.blur,
        lambda s, seed, *, sigma: distortions.motion(s, seed, length=2 * sigma),
    ):
        some, much = blurred(subject, 1, sigma=2), blurred(subject, 1, sigma=8)
        assert subject.image.var() > some.var() > much.var()
        assert much.mean() == pytest.approx(subject.image.mean(), abs=2)


def test_jpeg_keeps_the_colours(subject: Subject) -> None:
    """Red stays red, whatever order of channels a library likes."""
    red = presumed(np.full((64, 64, 3), (200, 30, 20), dtype=np.uint8))
    assert distortions.jpeg(red, 1, quality=30).mean(axis=(0, 1)) == pytest.approx(
        (200, 30, 20), abs=6
    )
    coarse = distortions.jpeg(subject, 1, quality=5).astype(int) - subject.image
    fine = distortions.jpeg(subject, 1, quality=90).astype(int) - subject.image
    assert np.abs(coarse).mean() > 2 * np.abs(fine).mean()


def test_small_makes_the_face_so_many_pixels_and_never_larger(subject: Subject) -> None:
    """A face of 89.6 pixels becomes 32, the picture with it; 200 it does not become."""
    assert distortions.small(subject, 1, pixels=32).shape == (71, 57, 3)
    assert distortions.small(subject, 1, pixels=200).shape == subject.image.shape


@pytest.mark.parametrize("share", [0.3, 0.5])
def test_occlude_covers_that_share_of_the_face(subject: Subject, share: float) -> None:
    """From whichever side: the share of the box that changed, and nothing outside it."""
    x, y, w, h = (round(value) for value in subject.box)
    for seed in range(8):
        changed = (distortions.occlude(subject, seed, share=share) != subject.image).any(axis=2)
        assert changed[y : y + h, x : x + w].mean() == pytest.approx(share, abs=0.03)
        assert changed.sum() == changed[y : y + h + 1, x : x + w + 1].sum()


def test_a_mask_covers_nose_and_mouth_but_not_the_eyes(subject: Subject) -> None:
    """Landmarks 0 and 1 are eyes and stay to be seen; 2 to 4 lie under the mask."""
    worn = distortions.mask(subject, 1)
    changed = (worn != subject.image).any(axis=2)
    columns, rows = np.rint(subject.landmarks).astype(int).T
    assert changed[rows, columns].tolist() == [False, False, True, True, True]
    assert 0.2 < changed.sum() / subject.box[2] ** 2 < 0.4
