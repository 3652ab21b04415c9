"""`usher recognition info`: what people are recognised by here, and what else there is."""

import asyncio
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from recognition.packs import DESCRIPTIONS
from recognition.runtime import available
from usher.answers import Standing, stand
from usher.parts import open_parts
from usher.recogniser import EngineRecogniser
from usher.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What is in use, and what its answers stand on."""

    pack: str
    model: str
    dimensions: int
    licence: str
    restricted: bool
    provider: str
    providers: str
    threads: int
    liveness: bool
    limits: dict[str, float]
    standing: Standing

    def facts(self) -> dict[str, Any]:
        """Return it as one JSON object."""
        return asdict(self)


async def gather(settings: Settings) -> Info:
    """Load the pack in use, or the one that would be, and say what it is; changes nothing.

    Raises what loading raises: UnknownPack, ModelsMissing, ModelsDamaged, ProviderMissing.
    """
    async with open_parts(settings) as parts:
        in_use = await parts.store.gallery.in_use()
        pack = in_use.pack if in_use else settings.recognition.pack
        recogniser = await asyncio.to_thread(EngineRecogniser.load, settings, pack)
        engine = recogniser.engine
        return Info(
            pack=pack,
            model=engine.model,
            dimensions=engine.dimensions,
            licence=engine.licence,
            restricted=engine.pack.family.restricted,
            provider=engine.provider,
            providers=available(),
            threads=engine.threads,
            liveness=engine.liveness is not None,
            limits=asdict(engine.limits),
            standing=await stand(
                parts.store, recogniser.answers(settings.recognition, parts.rules.shares)
            ),
        )


def show(console: Console, info: Info) -> None:
    """Print it for people: what is in use, what it stands on, and the packs there are."""
    grid = Table.grid(padding=(0, 2))
    rows = {
        "In use": f"{info.pack}: {info.model}, {info.dimensions} numbers a face",
        "Licence": info.licence,
        "Runs on": f"{info.provider}, {info.threads} threads a worker (here: {info.providers})",
        "Liveness": "on" if info.liveness else "off: USHER_RECOGNITION__LIVENESS names no folder",
        "Quality": ", ".join(f"{name} {value:g}" for name, value in info.limits.items()),
        "Answers": str(info.standing),
    }
    for name, said in rows.items():
        grid.add_row(f"[b]{name}[/b]", said)
    console.print(grid)
    packs = Table("pack", "what", "licence", title="Packs")
    for description in DESCRIPTIONS:
        packs.add_row(description.name, description.about, description.family.licence)
    console.print(packs)
