"""The geometry between a picture and a face, for any numbers."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from recognition.alignment import ARCFACE_TEMPLATE, FACE_SIDE, align, similarity
from recognition.letterbox import letterbox
from recognition.pose import FACE_POINTS, pose
from recognition.proposals import Proposals, central, strongest

scales = st.floats(0.05, 20)
angles = st.floats(-180, 180)
shifts = st.floats(-2000, 2000)
seeds = st.integers(0, 2**32 - 1)


def moved(
    points: NDArray[np.float32], scale: float, angle: float, shift: tuple[float, float]
) -> NDArray[np.float32]:
    """Points turned, scaled and shifted."""
    turn = np.radians(angle)
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.asarray(points @ linear.T + shift, dtype=np.float32)


def apply(matrix: NDArray[np.float32], points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Points sent through a (2, 3) matrix."""
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], dtype=np.float32)


@given(scale=scales, angle=angles, x=shifts, y=shifts)
def test_similarity_undoes_any_turn_scale_and_shift(
    scale: float, angle: float, x: float, y: float
) -> None:
    """Landmarks moved in any way come back to the template."""
    seen = moved(ARCFACE_TEMPLATE, scale, angle, (x, y))
    assert apply(similarity(seen, ARCFACE_TEMPLATE), seen) == pytest.approx(
        ARCFACE_TEMPLATE, abs=0.5
    )


@given(seed=seeds)
def test_similarity_is_the_nearest_there_is(seed: int) -> None:
    """No slightly other turn, scale or shift brings noisy landmarks nearer; nothing is mirrored."""
    chance = np.random.default_rng(seed)
    seen = (ARCFACE_TEMPLATE + chance.normal(0, 8, (5, 2))).astype(np.float32)
    matrix = similarity(seen, ARCFACE_TEMPLATE).astype(np.float64)
    assert np.linalg.det(matrix[:, :2]) > 0

    def error(candidate: NDArray[np.float64]) -> float:
        sent = seen @ candidate[:, :2].T + candidate[:, 2]
        return float(((sent - ARCFACE_TEMPLATE) ** 2).sum())

    for turn, shift in (((1e-2, 0), (0, 0)), ((0, 1e-2), (0, 0)), ((0, 0), (0.1, 0.1))):
        for sign in (1, -1):
            a, b = np.array(turn) * sign
            change = np.array([[a, -b, shift[0] * sign], [b, a, shift[1] * sign]])
            assert error(matrix) <= error(matrix + change) + 1e-3


def test_similarity_of_one_point_is_a_shift() -> None:
    """Landmarks that coincide give a matrix that can be inverted."""
    matrix = similarity(np.full((5, 2), 7, dtype=np.float32), ARCFACE_TEMPLATE)
    assert matrix[:, :2].tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize("scale", [0.4, 1.0, 3.0, 9.0])
@pytest.mark.parametrize("angle", [0.0, 30.0, -75.0])
def test_align_puts_landmarks_on_the_template(scale: float, angle: float) -> None:
    """Dots painted at the landmarks of a face of any size end up at the template's places."""
    landmarks = moved(ARCFACE_TEMPLATE - 56, scale, angle, (600, 600))
    image = np.zeros((1200, 1200, 3), dtype=np.uint8)
    for x, y in landmarks:
        cv2.circle(image, (round(x), round(y)), max(1, round(3 * scale)), (255, 255, 255), -1)
    aligned = align(image, landmarks)
    assert aligned.shape == (FACE_SIDE, FACE_SIDE, 3)
    _, _, _, centres = cv2.connectedComponentsWithStats((aligned[..., 0] > 90).astype(np.uint8))
    found = centres[1:]
    assert len(found) == 5
    for point in ARCFACE_TEMPLATE:
        assert np.linalg.norm(found - point, axis=1).min() < 0.7 + 0.7 / min(scale, 1)


def test_align_reduces_without_shifting() -> None:
    """A face eight times too large, halved on the way, lies where a single step would put it."""
    ramp = np.linspace(0, 255, 1000, dtype=np.float32)
    image = np.repeat(np.stack([ramp] * 1000)[..., None], 3, axis=2).astype(np.uint8)
    landmarks = moved(ARCFACE_TEMPLATE - 56, 7.0, 0, (500, 500))
    matrix = similarity(landmarks, ARCFACE_TEMPLATE)
    whole = cv2.warpAffine(image, matrix, (FACE_SIDE, FACE_SIDE), borderMode=cv2.BORDER_REPLICATE)
    assert np.abs(align(image, landmarks).astype(int) - whole.astype(int)).max() <= 2


def test_align_continues_the_border() -> None:
    """A face half outside the picture is filled with the picture's edge, not with black."""
    image = np.full((80, 60, 3), 90, dtype=np.uint8)
    assert align(image, ARCFACE_TEMPLATE - np.float32(40)).min() == 90


@given(width=st.integers(1, 900), height=st.integers(1, 900), enlarge=st.booleans())
def test_letterbox_gives_points_back(width: int, height: int, *, enlarge: bool) -> None:
    """What lies on the canvas is found again in the picture, whatever its size."""
    image = np.full((height, width, 3), 200, dtype=np.uint8)
    canvas, box = letterbox(image, 256, fill=0.6, enlarge=enlarge)
    assert canvas.shape == (256, 256, 3)
    rows, columns = np.nonzero(canvas[..., 0])
    corners = np.array([[columns.min(), rows.min()], [columns.max(), rows.max()]], np.float32)
    assert max(np.ptp(columns), np.ptp(rows)) < 256 * 0.6 + 1
    back = box.back(corners)
    slack = 1 / box.scale + 1
    assert back[0] == pytest.approx([0, 0], abs=slack)
    assert back[1] == pytest.approx([width - 1, height - 1], abs=slack)


@given(yaw=st.floats(-45, 45), pitch=st.floats(-35, 35), scale=st.floats(0.2, 5))
def test_pose_is_recovered_from_a_projected_head(yaw: float, pitch: float, scale: float) -> None:
    """A head turned by known angles and projected is said to be turned by about as much."""
    y, p = np.radians(yaw), np.radians(pitch)
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    head = FACE_POINTS @ about_y.T @ about_x.T
    seen = pose((head[:, :2] * scale + 100).astype(np.float32))
    assert seen.yaw == pytest.approx(yaw, abs=1)
    assert seen.pitch == pytest.approx(pitch, abs=12)


@given(angle=st.floats(-80, 80), scale=scales)
def test_roll_is_the_angle_of_the_eyes(angle: float, scale: float) -> None:
    """A face turned in the picture has that roll; clockwise is positive."""
    seen = pose(moved(ARCFACE_TEMPLATE, scale, angle, (50, 80)))
    assert seen.roll == pytest.approx(angle, abs=1)


def test_pose_directions() -> None:
    """Nose to the right is positive yaw, nose up is positive pitch."""
    right, up = ARCFACE_TEMPLATE.copy(), ARCFACE_TEMPLATE.copy()
    right[2, 0] += 8
    up[2, 1] -= 8
    assert pose(right).yaw > 10
    assert pose(up).pitch > pose(ARCFACE_TEMPLATE).pitch + 10


def test_pose_of_a_point() -> None:
    """Landmarks that coincide are nobody's head, and no error."""
    assert pose(np.zeros((5, 2), dtype=np.float32)) == (0, 0, 0)


def proposals(boxes: list[list[float]], scores: list[float]) -> Proposals:
    """Proposals with these boxes."""
    count = len(boxes)
    return Proposals(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.zeros((count, 5, 2), np.float32),
        np.array(scores, np.float32),
    )


def test_strongest_keeps_the_best_of_those_that_overlap() -> None:
    """Of two boxes on one face the better stays; a face beside it stays too, best first."""
    kept = strongest(
        proposals([[0, 0, 10, 10], [1, 1, 11, 11], [40, 40, 50, 50]], [0.6, 0.9, 0.7]), overlap=0.3
    )
    assert kept.scores.tolist() == pytest.approx([0.9, 0.7])
    assert kept.boxes[0].tolist() == [1, 1, 11, 11]


def test_strongest_of_nothing_is_nothing() -> None:
    """No proposals stay no proposals."""
    assert len(strongest(proposals([], []), overlap=0.3).scores) == 0


@given(seed=seeds)
def test_strongest_leaves_no_overlap(seed: int) -> None:
    """Whatever goes in, no two that stay overlap more than asked, and the best always stays."""
    chance = np.random.default_rng(seed)
    corner, size = chance.uniform(0, 60, (30, 2)), chance.uniform(5, 40, (30, 2))
    given_ = proposals(
        np.concatenate([corner, corner + size], axis=1).tolist(), chance.uniform(0, 1, 30).tolist()
    )
    kept = strongest(given_, overlap=0.3)
    assert kept.scores[0] == given_.scores.max()
    again = strongest(kept, overlap=0.3)
    assert len(again.scores) == len(kept.scores)


def test_central_prefers_large_and_near_the_middle() -> None:
    """The large face wins over the small one, and of two alike the one in the middle."""
    large = np.array([[5, 5, 25, 25], [20, 20, 90, 90]], np.float32)
    assert central(large, 100, 100)[0] == 1
    alike = np.array([[0, 0, 30, 30], [35, 35, 65, 65]], np.float32)
    assert central(alike, 100, 100)[0] == 1


def test_a_rival_is_as_large_and_as_near() -> None:
    """Alone there is none; side by side they are even; a small one at the edge hardly counts."""
    one, beside, small = [10, 30, 50, 70], [50, 30, 90, 70], [0, 0, 12, 12]
    assert central(np.array([one], np.float32), 100, 100) == (0, 0.0)
    assert central(np.array([one, beside], np.float32), 100, 100)[1] == pytest.approx(1)
    assert central(np.array([one, small], np.float32), 100, 100)[1] == 0
