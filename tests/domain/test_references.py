"""Whichever faces there are, few are kept, good ones, and doubts are about the strange ones."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.policy import MatchPolicy
from domain.records import (
    Detection,
    DetectionStatus,
    Embedding,
    Face,
    Id,
    Image,
    Reference,
    Retired,
    Retirement,
    Rival,
)
from domain.references import (
    BETTER,
    choose,
    doubtful,
    in_use,
    lesson,
    may_teach,
    strangeness,
)
from recognition.engine import Engine

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
POLICY = MatchPolicy(match=0.52, unsure=0.62, hint=0.74, max_references=5, doubt=0.7)
NOBODY: dict[Id, Rival] = {}
D = 8


def reference(name: str, embedding: Embedding, quality: float = 0.5) -> Reference:
    """Return a reference of this embedding."""
    return Reference(
        id=Id(name),
        person_id=Id("anna"),
        detection_id=Id(f"d {name}"),
        image_key=name,
        model="m",
        embedding=embedding,
        quality=quality,
        version=1,
        created_at=NOON,
    )


def at(degrees: float) -> Embedding:
    """Return a direction in the plane; 60 degrees are a distance of 0.5, 25.8 one of 0.1."""
    angle = np.deg2rad(degrees)
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


def names(references: list[Reference]) -> set[str]:
    """Return which they are."""
    return {r.id for r in references}


def crowd(spreads: list[float], seed: int) -> list[Reference]:
    """Return a face for each spread, so far scattered about one direction, of any quality."""
    chance = np.random.default_rng(seed)
    made = []
    for number, spread in enumerate(spreads):
        vector = np.eye(1, D)[0] + spread * chance.normal(size=D)
        vector /= np.linalg.norm(vector)
        quality = float(chance.integers(3)) / 2
        made.append(reference(f"{number:02}", vector.astype(np.float32), quality))
    return made


people = st.builds(
    crowd,
    st.lists(st.sampled_from([0.0, 0.05, 0.3, 2.0]), min_size=1, max_size=16),
    st.integers(0, 10_000),
)


@given(people, st.randoms())
def test_few_are_kept_whatever_there_is(references: list[Reference], random: object) -> None:
    """No more than the cap, no near-duplicates, never nobody; the same whatever the order."""
    kept = choose(references, POLICY)
    assert 1 <= len(kept) <= POLICY.max_references
    assert names(kept) <= names(references)
    assert min(strangest(kept), default=2.0) >= POLICY.duplicate
    shuffled = [*references]
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' own Random
    assert names(choose(shuffled, POLICY)) == names(kept)
    assert names(choose(kept, POLICY)) == names(kept)


def strangest(references: list[Reference]) -> list[float]:
    """Return the distance of each to its nearest other one."""
    vectors = np.stack([r.embedding for r in references])
    distances = 1 - vectors @ vectors.T
    np.fill_diagonal(distances, 2)
    return [float(value) for value in distances.min(axis=1)] if len(references) > 1 else []


def test_of_two_alike_the_better_stays() -> None:
    """The poorer of a pair nearer than `duplicate` goes, though there is room."""
    poor, good, other = (
        reference("poor", at(0), 0.4),
        reference("good", at(10), 0.6),
        reference("other", at(60), 0.1),
    )
    assert names(choose([poor, good, other], POLICY)) == {"good", "other"}


def test_variety_stays_when_there_is_no_room() -> None:
    """Of seven views, five of them close to one another, the two apart are among those kept."""
    close = [reference(f"front {n}", at(26 * n), 0.9) for n in range(5)]
    apart = [reference("left", at(-70), 0.2), reference("right", at(180), 0.2)]
    kept = names(choose([*close, *apart], POLICY))
    assert {"left", "right"} <= kept
    assert len(kept) == POLICY.max_references


@given(people, st.integers(0, 10_000))
def test_a_lesson_never_makes_more_than_the_cap(references: list[Reference], seed: int) -> None:
    """A face is learnt while it adds something, and when all is full, in another's place."""
    kept = choose(references, POLICY)
    [face] = crowd([0.5], seed)
    learnt = lesson(kept, face.embedding, POLICY)
    away = min(1 - float(r.embedding @ face.embedding) for r in kept)
    if learnt is None:
        full = len(kept) == POLICY.max_references
        assert away < POLICY.duplicate or (full and away <= min(strangest(kept)) + BETTER + 1e-6)
    else:
        assert away >= POLICY.duplicate
        assert (learnt.instead_of is None) == (len(kept) < POLICY.max_references)
        assert learnt.instead_of is None or learnt.instead_of.id in names(kept)


def test_the_first_face_is_always_learnt() -> None:
    """Whoever has no reference of this model has everything to learn."""
    assert lesson([], at(0), POLICY) is not None


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_learning_comes_to_rest(seed: int) -> None:
    """The same faces again and again change nothing any more after some rounds."""
    faces = crowd([0.2] * 15, seed)
    kept, before = [faces[0]], set[str]()
    for _ in range(20):
        before = names(kept)
        for face in faces:
            learnt = lesson(kept, face.embedding, POLICY)
            if learnt:
                kept = [r for r in kept if r is not learnt.instead_of] + [face]
    assert names(kept) == before
    assert len(kept) <= POLICY.max_references


@given(people, st.randoms())
def test_doubts_are_about_fewer_than_half(references: list[Reference], random: object) -> None:
    """With three or more, a minority may be doubted, whatever the order; never one vouched for."""
    found = doubtful(references, POLICY, NOBODY)
    assert len(found) <= max(0, (len(references) - 1) // 2)
    assert all(value > POLICY.doubt for value in found.values())
    shuffled = [*references]
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' own Random
    assert doubtful(shuffled, POLICY, NOBODY) == found
    vouched = [replace(r, vouched=True) for r in references]
    assert doubtful(vouched, POLICY, NOBODY) == {}


def test_wrong_ones_alike_do_not_hide_each_other() -> None:
    """Two photos of one other person among five are both found, and none of the three others."""
    hers = [reference(f"hers {n}", at(20 * n)) for n in range(3)]
    wrong = [reference(f"wrong {n}", at(150 + 10 * n)) for n in range(2)]
    assert doubtful([*hers, *wrong], POLICY, NOBODY).keys() == {"wrong 0", "wrong 1"}
    assert strangeness(hers)[Id("hers 1")] == pytest.approx(1 - np.cos(np.deg2rad(20)))


def test_looking_like_somebody_else_is_strong_evidence() -> None:
    """Strange, but not strange enough: doubted only when somebody else recognised is a match."""
    hers = [reference("one", at(0)), reference("two", at(20)), reference("odd", at(85))]
    otto = Rival(person_id=Id("otto"), distance=0.3)
    far = Rival(person_id=Id("otto"), distance=0.55)
    assert doubtful(hers, POLICY, NOBODY) == {}
    assert doubtful(hers, POLICY, {Id("odd"): far}) == {}
    assert doubtful(hers, POLICY, {Id("odd"): otto}).keys() == {"odd"}
    assert doubtful(hers, POLICY, {Id("one"): otto}) == {}


def test_of_two_nobody_can_say_which_is_wrong() -> None:
    """Two references are never doubted, one neither."""
    two = [reference("one", at(0)), reference("two", at(180))]
    assert doubtful(two, POLICY, NOBODY) == {}
    assert doubtful(two[:1], POLICY, NOBODY) == {}


def test_models_are_never_mixed() -> None:
    """Only references of the one model, and none retired, are looked at."""
    retired = Retired(at=NOON, reason=Retirement.TRIMMED)
    mine, gone = reference("mine", at(0)), replace(reference("gone", at(0)), retired=retired)
    other = replace(reference("other", at(0)), model="another")
    assert names(in_use([mine, gone, other], "m")) == {"mine"}


def test_faces_set_aside_teach_nothing() -> None:
    """A face with something wrong about it, or none at all, makes no reference."""
    face = Face(box=(0, 0, 9, 9), landmarks=(), score=1, quality=1, roll=0, yaw=0, pitch=0, count=1)
    image = Image(key="k", sha256="0", bytes=1, width=9, height=9, media_type="image/jpeg")
    good = Detection(
        id=Id("d"),
        camera_id=Id("c"),
        site_id=Id("s"),
        captured_at=NOON,
        received_at=NOON,
        image=image,
        status=DetectionStatus.CLASSIFIED,
        face=face,
    )
    assert may_teach(good)
    assert not may_teach(replace(good, reasons=("blurred",)))
    assert not may_teach(replace(good, face=None))


def test_a_wrong_photo_of_real_people_is_found(faces_dir: Path) -> None:
    """Of 20 people with five photos and one of somebody else, at most one wrong one is missed.

    At most one right one is doubted.
    """
    folders = sorted((faces_dir / "lfw").glob("*"))
    several = [f for f in folders if len(list(f.glob("*.jpg"))) >= 5][:20]
    if not several:
        pytest.skip(f"no LFW in {faces_dir}")
    engine = Engine.load()
    policy = replace(POLICY, match=engine.thresholds.match, doubt=engine.thresholds.doubt)
    pictures = [path for folder in several for path in sorted(folder.glob("*.jpg"))[:5]]
    seen = engine.analyse([path.read_bytes() for path in pictures])
    faces = [
        [
            reference(f"{n}", one.face.embedding)
            for n, one in enumerate(seen[at : at + 5])
            if one.face
        ]
        for at in range(0, len(seen), 5)
    ]
    found, wrongly = 0, 0
    for person, stranger in zip(faces, [*faces[1:], faces[0]], strict=True):
        wrong = replace(stranger[0], id=Id("wrong"))
        doubted = doubtful([*person, wrong], policy, NOBODY)
        found += "wrong" in doubted
        wrongly += len(doubted.keys() - {"wrong"})
    assert found >= len(several) - 1
    assert wrongly <= 1
