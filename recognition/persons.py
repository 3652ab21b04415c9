"""Persons by number: whom each counts as, and how many of them can be found."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from recognition.drawers import Drawers

NOBODY = 0  # the number that no person has
_FIRST_NUMBERS = 256


class Persons:
    """Numbers for persons, aliases between them, and counts of their references.

    For one thread at a time. Numbers are never given up; they are a few bytes.
    """

    def __init__(self) -> None:
        self.names = [""]  # by number; only ever appended to, so that snapshots can share it
        self.found = 0  # persons who have a reference, merged ones as one
        self._numbers: Drawers[int] = Drawers()
        self._merged = np.zeros(_FIRST_NUMBERS, dtype=np.int32)
        self._is_shared = False
        self._aliases: dict[str, str] = {}
        self._followers: dict[str, set[str]] = {}
        self._own = [0]  # references by number
        self._all = [0]  # the same with those of everybody merged into this one

    def number(self, person_id: str) -> int:
        """Give a person's number, a new one to somebody new."""
        known = self._numbers.get(person_id)
        return self._new(person_id) if known is None else known

    def known(self, person_id: str) -> int | None:
        """Give a person's number, or None where they have none."""
        return self._numbers.get(person_id)

    def gain(self, number: int, references: int) -> None:
        """Note that a person has so many references more, or fewer where it is negative."""
        self._own[number] += references
        self._gain(int(self._merged[number]), references)

    def merged(self) -> NDArray[np.int32]:
        """Give by number the number that each counts as, for reading.

        What it says of the persons there are stays as it is, whatever is merged later.
        """
        self._is_shared = True
        return self._merged

    def set_alias(self, person_id: str, canonical: str | None) -> None:
        """Let a person count as another from now on, or as themselves again with None."""
        before = self._aliases.pop(person_id, None)
        if before is not None:
            self._followers[before].discard(person_id)
        if canonical is not None:
            self._aliases[person_id] = canonical
            self._followers.setdefault(canonical, set()).add(person_id)
        if before != canonical:
            for one in self._everybody_behind(person_id):
                self._count_anew(one)

    def canonical(self, person_id: str) -> str:
        """Give whom this person counts as; of a circle the first by id."""
        chain = [person_id]
        while (after := self._aliases.get(chain[-1])) is not None:
            if after in chain:
                return min(chain[chain.index(after) :])
            chain.append(after)
        return chain[-1]

    def _everybody_behind(self, person_id: str) -> Iterator[str]:
        """Give this person and whoever counts, by any number of steps, as they do."""
        seen, coming = {person_id}, [person_id]
        while coming:
            one = coming.pop()
            yield one
            new = self._followers.get(one, set()) - seen
            seen |= new
            coming.extend(new)

    def _count_anew(self, person_id: str) -> None:
        number = self._numbers.get(person_id)
        if number is None:
            return
        before, after = int(self._merged[number]), self.number(self.canonical(person_id))
        if before != after:
            self._gain(before, -self._own[number])
            self._gain(after, self._own[number])
            self._write()[number] = after

    def _gain(self, number: int, references: int) -> None:
        before = self._all[number]
        self._all[number] = before + references
        self.found += (before + references > 0) - (before > 0)

    def _write(self) -> NDArray[np.int32]:
        """Give the numbers to change: a copy where somebody may be reading them."""
        if self._is_shared:
            self._merged = self._merged.copy()
            self._is_shared = False
        return self._merged

    def _new(self, person_id: str) -> int:
        number = len(self.names)
        self._numbers[person_id] = number
        self.names.append(person_id)
        self._own.append(0)
        self._all.append(0)
        if number == len(self._merged):
            self._merged = np.concatenate([self._merged, np.zeros_like(self._merged)])
            self._is_shared = False
        # No copy is needed for somebody whom no reader has heard of.
        self._merged[number] = number
        canonical = self.canonical(person_id)
        if canonical != person_id:
            after = self.number(canonical)
            self._merged[number] = after
        return number
