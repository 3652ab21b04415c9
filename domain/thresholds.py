"""The distances in force, told by the workers to those who run no models."""

import json
from dataclasses import asdict

from domain.answers import Answers
from domain.policy import MatchPolicy
from domain.store import Store


async def announce(
    store: Store, answers: Answers, *, model: str, persons: int, references: int
) -> None:
    """Say which distances of a model hold for so many people; where nothing changed, nothing."""
    told = json.dumps(asdict(answers.policy(persons, references)), sort_keys=True)
    if told != await store.values.get(_key(model)):
        await store.values.put(_key(model), told)


async def in_force(store: Store, model: str | None) -> MatchPolicy | None:
    """Return the distances that hold for a model; None where no worker has said."""
    told = await store.values.get(_key(model)) if model else None
    return MatchPolicy(**json.loads(told)) if told else None


def _key(model: str) -> str:
    return f"thresholds of {model}"
