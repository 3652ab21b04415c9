"""Embeddings that have been made once, so that an evaluation goes on where it was killed."""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.pipeline import Reading

BATCH = 16
_TABLE = """
CREATE TABLE IF NOT EXISTS readings (
    fingerprint TEXT, way TEXT, sha256 TEXT, embedding BLOB, about TEXT,
    PRIMARY KEY (fingerprint, way, sha256)
) WITHOUT ROWID"""
_PATIENCE_S = 30.0
_UNIT = 1e-3

Read = Callable[[Sequence[bytes]], Sequence[Reading]]


class EmbeddingCache:
    """A file of readings, by pipeline, way of reading and the picture's SHA-256.

    Each batch is committed when it is there. Another pipeline's readings are kept but never given.
    """

    def __init__(self, path: Path, fingerprint: str) -> None:
        """Open or make the file; one that is damaged is put aside as NAME.damaged."""
        self._fingerprint = fingerprint
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # faces as numbers are nobody else's
        self.was_damaged = False
        try:
            self._connection = _open(path)
        except sqlite3.DatabaseError:
            path.replace(path.with_name(f"{path.name}.damaged"))
            path.touch(mode=0o600)
            self.was_damaged = True
            self._connection = _open(path)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def read(
        self,
        pictures: Mapping[str, Path],
        way: str,
        reader: Read,
        tick: Callable[[int], None] = lambda _: None,
    ) -> dict[str, Reading]:
        """Give the reading of each picture, by its key; make those that are missing.

        `way` names what `reader` does; `tick` is told how many pictures more are done.
        """
        found: dict[str, Reading] = {}
        keys = list(pictures)
        for start in range(0, len(keys), BATCH):
            part = keys[start : start + BATCH]
            data = [pictures[key].read_bytes() for key in part]
            found.update(zip(part, self._readings(data, way, reader), strict=True))
            tick(len(part))
        return found

    def _readings(self, pictures: Sequence[bytes], way: str, reader: Read) -> list[Reading]:
        digests = [hashlib.sha256(data).hexdigest() for data in pictures]
        known = {digest: self._known(way, digest) for digest in digests}
        missing = {
            digest: data
            for digest, data in zip(digests, pictures, strict=True)
            if known[digest] is None
        }
        if missing:
            made = dict(zip(missing, reader(list(missing.values())), strict=True))
            self._keep(way, made)
            known.update(made)
        return [reading for digest in digests if (reading := known[digest]) is not None]

    def _known(self, way: str, digest: str) -> Reading | None:
        row = self._connection.execute(
            "SELECT embedding, about FROM readings WHERE fingerprint=? AND way=? AND sha256=?",
            (self._fingerprint, way, digest),
        ).fetchone()
        return None if row is None else _restored(*row)

    def _keep(self, way: str, made: Mapping[str, Reading]) -> None:
        with self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO readings VALUES (?, ?, ?, ?, ?)",
                [
                    (self._fingerprint, way, digest, *_flat(reading))
                    for digest, reading in made.items()
                ],
            )


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_PATIENCE_S)
    try:
        _check(connection)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    """Make the table where it is missing. Raises DatabaseError where the file is damaged."""
    (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if state != "ok":
        raise sqlite3.DatabaseError(state)
    with connection:
        connection.execute(_TABLE)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(readings)")]
    if columns != ["fingerprint", "way", "sha256", "embedding", "about"]:
        raise sqlite3.DatabaseError("a table of another program")


def _flat(reading: Reading) -> tuple[bytes | None, str]:
    vector = None if reading.embedding is None else reading.embedding.astype("<f4").tobytes()
    about = {
        "box": reading.box,
        "landmarks": None if reading.landmarks is None else reading.landmarks.tolist(),
        "reasons": reading.reasons,
    }
    return vector, json.dumps(about)


def _restored(vector: bytes | None, about: str) -> Reading | None:
    """Give what was kept, or None where it cannot be: then it is made again."""
    try:
        kept: dict[str, Any] = json.loads(about)
        embedding = None if vector is None else np.frombuffer(vector, dtype="<f4").astype("f4")
    except (ValueError, TypeError):
        return None
    if embedding is not None and not abs(float(np.linalg.norm(embedding)) - 1) < _UNIT:
        return None
    points, box = kept["landmarks"], kept["box"]
    return Reading(
        embedding,
        None if box is None else (box[0], box[1], box[2], box[3]),
        None if points is None else np.array(points, dtype=np.float32),
        tuple(kept["reasons"]),
    )
