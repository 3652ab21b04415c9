"""An admin is always left, whoever takes whose rights away at the same moment."""

import asyncio
from dataclasses import replace

import pytest

from domain.accounts import invite
from domain.deeds import Doer
from domain.errors import InvalidError
from domain.leaving import revoke
from domain.records import Role
from domain.roles import change_role
from tests.domain.world import NOON, World

DOER = Doer(account=None, via="command line", now=NOON)


async def admins(world: World) -> list[str]:
    """Return who is an admin."""
    found = await world.store.accounts.all()
    return [one.name for one in found if one.role is Role.ADMIN and one.revoked_at is None]


@pytest.fixture
async def alone(world: World) -> World:
    """A world with one admin, Maria."""
    for account in await world.store.accounts.all():
        role = Role.ADMIN if account.name == "Maria" else Role.MANAGER
        await world.store.accounts.save(replace(account, role=role, site_ids=(world.site.id,)))
    return world


async def test_the_last_admin_stays(alone: World) -> None:
    """Neither closed, nor given another role, nor invited to less."""
    store, maria, site = alone.store, alone.maria, alone.site
    with pytest.raises(InvalidError, match="only admin"):
        await revoke(store, account_id=maria.id, now=NOON)
    with pytest.raises(InvalidError, match="only admin"):
        await change_role(
            store, account_id=maria.id, role=Role.VIEWER, site_ids=[site.id], doer=DOER
        )
    with pytest.raises(InvalidError, match="only admin"):
        await invite(store, name="Maria", role=Role.VIEWER, site_ids=[site.id], now=NOON)
    assert await admins(alone) == ["Maria"]


async def test_two_admins_who_close_each_other(alone: World) -> None:
    """One of them stays."""
    store = alone.store
    for _ in range(5):
        for account in (alone.maria, alone.otto):
            await store.accounts.save(replace(account, role=Role.ADMIN, revoked_at=None))
        outcomes = await asyncio.gather(
            *(revoke(store, account_id=one.id, now=NOON) for one in (alone.maria, alone.otto)),
            return_exceptions=True,
        )
        assert [type(one) for one in outcomes if isinstance(one, Exception)] == [InvalidError]
        assert len(await admins(alone)) == 1
