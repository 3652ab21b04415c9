"""The rules of the house: what the environment fixes, and keeping up with the panel."""

import asyncio
import logging
from typing import Any

from domain.records import House
from domain.rules import Rules
from domain.store import Store
from storage.store import OUTAGES
from usher.settings import Settings

log = logging.getLogger(__name__)
# A change that the panel made holds everywhere after so long.
EVERY_SECONDS = 2.0
# Which part of the settings each rule belongs to, and what it is called there.
_SET_AS = {
    "strangers_named": ("recognition", "strangers_named"),
    "strangers_doubted": ("recognition", "strangers_doubted"),
    "visit_gap": ("visits", "gap"),
    "announce_known": ("visits", "announce_known"),
    "remind_after": ("questions", "remind_after"),
    "escalate_after": ("questions", "escalate_after"),
    "expire_after": ("questions", "expire_after"),
    "images_days": ("retention", "images_days"),
    "detections_days": ("retention", "detections_days"),
}


def fixed_rules(settings: Settings) -> House:
    """Return the rules that the environment sets, and the panel cannot change."""
    values: dict[str, Any] = {}
    for rule, (part, name) in _SET_AS.items():
        section = getattr(settings, part)
        if name in section.model_fields_set:
            values[rule] = getattr(section, name)
    return House(**values)


def variables(settings: Settings) -> dict[str, str]:
    """Return, for each rule that the environment decides, the variable that does."""
    found = {
        rule: f"USHER_{part}__{name}".upper()
        for rule, (part, name) in _SET_AS.items()
        if name in getattr(settings, part).model_fields_set
    }
    for rule, distance in (
        ("strangers_named", "match_threshold"),
        ("strangers_doubted", "unsure_threshold"),
    ):
        if getattr(settings.recognition, distance) is not None:
            found[rule] = f"USHER_RECOGNITION__{distance}".upper()
    return found


async def keep_current(rules: Rules, store: Store) -> None:
    """Read what the panel has set every few seconds, until cancelled."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await rules.refresh(store)
        except OUTAGES:
            log.warning("The database is away; the rules stay as they were read last.")
