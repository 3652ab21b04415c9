"""Passwords, kept as Argon2id hashes."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

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
