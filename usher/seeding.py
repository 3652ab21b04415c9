"""What `usher seed` does: a made-up installation, to try things on and to measure."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from evaluation.seed import ADMIN, seed
from evaluation.seed_plan import SeedOptions
from usher.accounts import new_password
from usher.pack_in_use import load_in_use
from usher.parts import now, open_parts
from usher.settings import Settings


async def run(
    settings: Settings, options: SeedOptions, *, beside: bool, tick: Callable[[str, int], None]
) -> dict[str, Any]:
    """Fill the database of these settings; return how much was made, and how to sign in."""
    async with open_parts(settings) as parts:
        recogniser = await load_in_use(settings, parts.store)
        made = await seed(
            parts.store,
            parts.images,
            options,
            model=recogniser.model,
            dimensions=recogniser.engine.dimensions,
            now=now(),
            tick=tick,
            beside=beside,
        )
        password = await new_password(parts.store, ADMIN)
    return {**asdict(made), "name": ADMIN, "password": password}
