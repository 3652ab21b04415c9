"""A mapping that never stops to grow."""

from typing import Generic, TypeVar

V = TypeVar("V")
_DRAWERS = 256


class Drawers(Generic[V]):
    """A mapping from strings, kept in many small dicts.

    One dict of a million entries moves all of them when it grows, which takes as long as a search;
    here a few thousand are moved at most.
    """

    def __init__(self) -> None:
        self._drawers: list[dict[str, V]] = [{} for _ in range(_DRAWERS)]

    def get(self, key: str) -> V | None:
        """Give the value of a key, or None."""
        return self._of(key).get(key)

    def pop(self, key: str) -> V | None:
        """Take a key out and give its value, or None where it was not there."""
        return self._of(key).pop(key, None)

    def __getitem__(self, key: str) -> V:
        return self._of(key)[key]

    def __setitem__(self, key: str, value: V) -> None:
        self._of(key)[key] = value

    def __contains__(self, key: str) -> bool:
        return key in self._of(key)

    def _of(self, key: str) -> dict[str, V]:
        return self._drawers[hash(key) % _DRAWERS]
