"""The spool keeps crops whole, in order, within its bounds, over any death."""

import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from camera.options import CameraError
from camera.spool import Post, Spool, new_post

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def opened(folder: Path, *, count: int = 100, max_bytes: int = 1_000_000) -> Spool:
    """Open a spool."""
    return Spool(folder, count=count, max_bytes=max_bytes)


def post(track: str = "t1") -> Post:
    """Make a post."""
    return new_post(NOON, track, "f1", (1, 2, 3, 4))


def tracks(spool: Spool) -> list[str]:
    """Take everything and return the tracks."""
    read = [spool.read(name) for name in iter(spool.take, None)]
    return [crop[0].track for crop in read if crop is not None]


def test_a_post_says_what_the_contract_asks() -> None:
    """Times are RFC 3339 in UTC, boxes are four numbers, keys are never the same."""
    one, other = post(), post()
    assert one.fields == {
        "captured_at": "2026-11-22T12:00:00.000Z",
        "track": "t1",
        "frame": "f1",
        "box": "1,2,3,4",
    }
    assert one.idempotency_key != other.idempotency_key


def test_crops_come_back_in_order_and_whole(tmp_path: Path) -> None:
    """What was put in is what is taken out, the oldest first, new lines in the image included."""
    spool, crop = opened(tmp_path), post("first")
    assert spool.put(crop, b"\xff\n\x00\n")
    assert spool.put(post("second"), b"x")
    name = spool.take()
    assert name is not None
    assert spool.read(name) == (crop, b"\xff\n\x00\n")
    assert tracks(spool) == ["second"]
    assert len(spool) == 2  # taken is not gone
    spool.close()


def test_a_full_spool_keeps_the_oldest(tmp_path: Path) -> None:
    """The third crop finds no room for two; when one has left there is room again."""
    spool = opened(tmp_path, count=2)
    assert [spool.put(post(track), b"x") for track in ("a", "b", "c")] == [True, True, False]
    name = spool.take()
    assert name is not None
    assert spool.put(post("d"), b"x") is False
    spool.remove(name)
    assert spool.put(post("e"), b"x")
    assert tracks(spool) == ["b", "e"]
    spool.close()


def test_a_spool_is_full_by_bytes_as_well(tmp_path: Path) -> None:
    """What waits never takes more room than allowed, counted as it lies on disk."""
    spool = opened(tmp_path, max_bytes=5_000)
    kept = sum(spool.put(post(), b"x" * 1_000) for _ in range(10))
    assert 3 <= kept <= 4
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 5_000
    spool.close()


def test_a_spool_goes_on_where_an_earlier_run_died(tmp_path: Path) -> None:
    """Whole crops are kept with their keys and their order, half-written ones are swept away."""
    spool = opened(tmp_path)
    crops = [post("a"), post("b")]
    for crop in crops:
        spool.put(crop, b"x")
    spool.take()
    spool.close()
    (tmp_path / "0-torn.part").write_bytes(b"half")
    again = opened(tmp_path)
    names = list(iter(again.take, None))
    assert [again.read(name) for name in names] == [(crop, b"x") for crop in crops]
    assert list(tmp_path.glob("*.part")) == []
    again.close()


def test_crops_given_back_are_taken_next_or_last(tmp_path: Path) -> None:
    """A crop that could not be sent goes first again; one the server choked on goes last."""
    spool = opened(tmp_path)
    for track in ("a", "b", "c"):
        spool.put(post(track), b"x")
    choked, unsent = spool.take(), spool.take()
    assert choked is not None
    assert unsent is not None
    spool.give_back(choked, to_the_end=True)
    spool.give_back(unsent, to_the_end=False)
    assert tracks(spool) == ["b", "c", "a"]
    spool.close()


def test_two_cameras_do_not_share_a_spool(tmp_path: Path) -> None:
    """The second is told what to do; after the first has ended it may have the folder."""
    first = opened(tmp_path)
    with pytest.raises(CameraError, match="--spool"):
        opened(tmp_path)
    first.close()
    opened(tmp_path).close()


def test_faces_on_disk_are_for_their_owner_alone(tmp_path: Path) -> None:
    """Nobody else on the machine may read the folder or a crop."""
    spool = opened(tmp_path / "spool")
    spool.put(post(), b"x")
    for path in (tmp_path / "spool", *(tmp_path / "spool").glob("*.crop")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    spool.close()


@pytest.mark.parametrize("content", [b"", b"{}\nx", b"[1]\nx", b'{"box": 3}\nx', b"\xff\xff"])
def test_a_damaged_crop_is_no_crop(tmp_path: Path, content: bytes) -> None:
    """A file that is not what was written is None, never an error."""
    (tmp_path / "1.crop").write_bytes(content)
    spool = opened(tmp_path)
    name = spool.take()
    assert name == "1.crop"
    assert spool.read(name) is None
    spool.close()


def test_a_disk_that_takes_nothing_is_an_error_and_counts_no_crop(tmp_path: Path) -> None:
    """What could not be written is neither counted nor posted."""
    spool = opened(tmp_path / "spool")
    shutil.rmtree(tmp_path / "spool")
    with pytest.raises(OSError, match="No such file"):
        spool.put(post(), b"x")
    assert len(spool) == 0
    assert spool.take() is None
    spool.close()
