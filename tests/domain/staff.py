"""More people who answer for the site, and what they change about themselves."""

from dataclasses import replace
from typing import Any

from domain.ids import new_id
from domain.records import Account, CardKind, Role, Visit
from tests.domain.world import NOON, World


async def hire(world: World, name: str, role: Role, **values: Any) -> Account:
    """Make an account of the site with a chat; an admin's is limited to no site."""
    chat = 10 + len(await world.store.accounts.all())
    made: dict[str, Any] = {
        "site_ids": () if role is Role.ADMIN else (world.site.id,),
        "chat_id": chat,
        "user_id": chat,
        **values,
    }
    account = Account(id=new_id(), name=name, role=role, created_at=NOON, **made)
    await world.store.accounts.add(account)
    return account


async def change(world: World, account: Account, **values: Any) -> Account:
    """Change what is kept of an account."""
    changed = replace(account, **values)
    await world.store.accounts.save(changed)
    return changed


async def dealt(world: World, visit: Visit) -> dict[str, list[CardKind]]:
    """Return which kinds of cards of a visit each account has, by name."""
    names = {account.id: account.name for account in await world.store.accounts.all()}
    cards: dict[str, list[CardKind]] = {}
    for card in await world.cards(visit):
        name = names[card.account_id] if card.account_id else "the group"
        cards.setdefault(name, []).append(card.kind)
    return {name: sorted(kinds) for name, kinds in cards.items()}
