"""The picture that somebody is shown by: the one chosen, or the best they are recognised by."""

from collections.abc import Collection, Sequence

from domain.records import Change, Decision, Id, Retirement
from domain.store import Records

COVER = "cover"


async def shown_by(records: Records, person_id: Id) -> str | None:
    """Return the picture for a person whose own is gone: one chosen before, or the best."""
    return await chosen_image(records, person_id) or await best_image(records, person_id)


async def best_image(records: Records, person_id: Id) -> str | None:
    """Return the picture of the best reference in use of a person, if there is one."""
    left = await records.references.used(await records.persons.members(person_id))
    best = max(left, key=lambda r: (r.quality, r.id), default=None)
    return best.image_key if best else None


async def chosen_image(records: Records, person_id: Id) -> str | None:
    """Return the picture that was chosen last for a person, of those that are still theirs."""
    said = await records.decisions.said_of(person_id)
    made = [chosen(d) for d in reversed(said) if d.verb == COVER]
    members = await records.persons.members(person_id) if made else ()
    for crop_id, picture in filter(None, made):
        if await may_show(records, crop_id, members):
            return picture
    return None


async def chosen_among(records: Records, crop_ids: Sequence[Id]) -> set[Id]:
    """Return those of these crops that somebody has chosen to show a person by."""
    made = await records.decisions.changing(crop_ids) if crop_ids else []
    standing = (chosen(d) for d in made if d.verb == COVER and d.undone is None)
    return {found[0] for found in standing if found}


def chosen(decision: Decision) -> tuple[Id, str] | None:
    """Return which crop a decision of the kind COVER chose, and its picture."""
    of = {change.collection: change for change in decision.changes}
    crop, person = of.get("detections"), of.get("persons")
    return (crop.id, _picture(person)) if crop and person else None


def _picture(change: Change) -> str:
    return str(change.after["cover"])


async def may_show(records: Records, crop_id: Id, members: Collection[Id]) -> bool:
    """Tell whether a crop can show these: it is kept, is theirs, and nobody has dropped it."""
    crop = await records.detections.get(crop_id)
    if crop is None or not crop.image.key or crop.person_id not in members:
        return False
    made = await records.references.of_detections([crop_id])
    return not any(r.retired and r.retired.reason is Retirement.REMOVED for r in made)
