"""What is to be shown of a door: on a card, in the log."""

from dataclasses import dataclass

from domain.errors import NotFoundError
from domain.records import Detection, Door, Grant, GrantStatus, Id, Person, Site
from domain.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorView:
    """A grant with everything that is said of it.

    `person` is whom it opens for, or may; `detection` the newest crop it was decided by.
    """

    grant: Grant
    door: Door
    site: Site
    person: Person
    detection: Detection

    @property
    def asked(self) -> bool:
        """Whether an answer is wanted."""
        return self.grant.status is GrantStatus.ASKED

    @property
    def over(self) -> bool:
        """Whether there is nothing in it any more for whoever has not seen it yet."""
        return self.grant.asked and not self.asked

    @property
    def image_key(self) -> str:
        """The picture that shows it."""
        return self.detection.image.key


async def door_view(store: Store, grant_id: Id) -> DoorView:
    """Gather what is to be shown of a grant; raise NotFoundError when it is gone."""
    grant = await store.grants.get(grant_id)
    door = await store.doors.get(grant.door_id) if grant else None
    site = await store.sites.get(grant.site_id) if grant else None
    shown = grant.crops[0].detection_id if grant and grant.crops else None
    detection = await store.detections.get(shown) if shown else None
    of = grant.person_id if grant else None
    person = await store.persons.canonical(of) if of else None
    if grant is None or door is None or site is None or detection is None or person is None:
        raise NotFoundError("There is no such grant.")
    return DoorView(
        grant=grant,
        door=door,
        site=site,
        person=person,
        detection=detection,
    )
