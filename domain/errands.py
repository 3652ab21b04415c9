"""What somebody has begun in their chat, and goes on with by what they send next."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from domain.errors import NotFoundError
from domain.ids import new_id
from domain.records import Account, Errand, ErrandKind, Id
from domain.store import Records, Store

# After so long without anything, what somebody sends is not meant for it any more.
LIFE = timedelta(hours=1)


async def begin(
    store: Store, account: Account, kind: ErrandKind, *, chat_id: int, now: datetime, **values: Any
) -> Errand:
    """Begin something in a chat, in place of what the account had begun before."""
    errand = Errand(
        id=new_id(), account_id=account.id, chat_id=chat_id, kind=kind, touched_at=now, **values
    )

    async def work(records: Records) -> None:
        await records.errands.begin(errand)

    await store.transact(work)
    return errand


async def under_way(store: Store, account: Account, now: datetime) -> Errand | None:
    """Return what an account has begun, unless that is too long ago."""
    errand = await store.errands.of(account.id)
    return errand if errand and now - errand.touched_at <= LIFE else None


async def change(store: Store, errand_id: Id, now: datetime, **values: Any) -> Errand:
    """Go on with an errand; raise NotFoundError when it has ended."""

    async def work(records: Records) -> Errand:
        found = await records.errands.get(errand_id)
        if found is None:
            raise NotFoundError("This has ended already. Please begin again.")
        changed = replace(found, touched_at=now, **values)
        await records.errands.save(changed)
        return changed

    return await store.transact(work)


async def end(store: Store, errand: Errand) -> None:
    """End an errand; one begun since goes on."""

    async def work(records: Records) -> None:
        found = await records.errands.of(errand.account_id)
        if found and found.id == errand.id:
            await records.errands.end(errand.account_id)

    await store.transact(work)
