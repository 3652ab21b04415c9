"""New ids and secrets."""

import hashlib
import itertools
import os
import re
import secrets
import time

from domain.errors import InvalidError
from domain.records import Id

_PROCESS = os.urandom(5)
_COUNTER = itertools.count(int.from_bytes(os.urandom(3)))
_HEX = re.compile(r"[0-9a-f]{24}")


def new_id() -> Id:
    """Return a new id; those of one process rise with time.

    As BSON's ObjectId: seconds, 5 random bytes of the process, a counter.
    """
    count = next(_COUNTER) & 0xFFFFFF
    return Id((int(time.time()).to_bytes(4) + _PROCESS + count.to_bytes(3)).hex())


def parse_id(text: str) -> Id:
    """Return the id that a text from outside means; raise InvalidError when it is none."""
    if not _HEX.fullmatch(text):
        raise InvalidError("An id has 24 hexadecimal digits.")
    return Id(text)


def new_secret(prefix: str = "") -> str:
    """Return a random secret of 192 bits, of A-Za-z0-9_- only."""
    return prefix + secrets.token_urlsafe(24)


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a random secret, in hexadecimal.

    A secret of 192 random bits cannot be guessed from a plain hash; passwords go another way.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
