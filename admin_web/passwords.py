"""Passwords, kept as Argon2id hashes."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
# RFC 9106's second recommended choice, which argon2-cffi takes by default: 64 MiB, three passes.
_HASHER = PasswordHasher()


class Argon2Passwords:
    """domain.accounts.Passwords by Argon2id. Both calls block: call them in a thread."""

    def __init__(self, hasher: PasswordHasher = _HASHER) -> None:
        self._hasher = hasher
        self._nobody = hasher.hash("the password of nobody")

    def hash(self, password: str, /) -> str:
        """Return what to store of a password."""
        return self._hasher.hash(password)

    def verify(self, stored: str | None, password: str, /) -> bool:
        """Tell whether it is the password, as slowly when there is none stored."""
        try:
            self._hasher.verify(stored or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None


def wrong_with(new: str, again: str) -> str:
    """Say why a password that somebody chose, and wrote twice, is not taken; nothing if it is."""
    if not SHORTEST_PASSWORD <= len(new) <= LONGEST_PASSWORD:
        return f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."
    return "" if new == again else "The two new passwords are not the same."
