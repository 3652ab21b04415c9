"""The names a field may offer."""

from domain.records import Account, PersonStatus
from domain.sight import sites_of
from domain.store import PersonQuery, Store
from domain.views import canonical_people

MOST_NAMES = 200


async def known_names(store: Store, account: Account) -> list[str]:
    """Return names of known people the account may see, sorted, at most MOST_NAMES."""
    sites = sites_of(account)
    if sites is None:
        statuses = (PersonStatus.KNOWN, PersonStatus.BLOCKED)
        people = await store.persons.page(PersonQuery(statuses=statuses, limit=MOST_NAMES))
    else:
        recent = await store.visits.recent(sites, limit=MOST_NAMES)
        people = [*(await canonical_people(store, {v.person_id for v in recent})).values()]
    return sorted({p.name for p in people if p.name and p.recognised}, key=str.casefold)
