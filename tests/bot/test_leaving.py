"""What stays in the chat of somebody who may not see it any more: nothing with a face."""

import io

import numpy as np
import pytest
from PIL import Image as Picture

from demo.botapi.faults import Fault, FaultKind
from domain.accounts import invite, join
from domain.ids import new_id
from domain.leaving import leave, revoke
from domain.records import Account, Card, Role, Site
from tests.bot.house import MARIA, OTTO, Guest, House, eventually, now


async def maria(house: House) -> Account:
    """Return Maria's account."""
    found = await house.store.accounts.named("Maria")
    assert found
    return found


async def forgotten(house: House, guest: Guest, among: int = 0) -> list[Card]:
    """Wait until so many cards of a visit are left; return them."""

    async def look() -> bool:
        return len(await house.store.outbox.of_visit(guest.visit.id)) == among

    await eventually(look)
    return await house.store.outbox.of_visit(guest.visit.id)


@pytest.mark.parametrize("how", ["revoked", "left"])
async def test_the_cards_leave_the_chat(house: House, how: str) -> None:
    """Card and prompt are deleted; nobody else's are, and nothing more is sent there."""
    await house.manager("Otto", OTTO)
    async with house.bot():
        guest = await house.seen()
        card = await house.shows(MARIA, guest.person.label)
        await house.shows(OTTO, guest.person.label)
        await house.chat.press(MARIA, card, text="Name")
        await house.shows(MARIA, "Reply with the name", photo=False)
        account = await maria(house)
        if how == "revoked":
            await revoke(house.store, account_id=account.id, now=now())
        else:
            await leave(house.store, account=account, now=now())
        [left] = await forgotten(house, guest, among=1)
        later = await house.seen()
        await house.shows(OTTO, later.person.label)
    assert left.chat_id == OTTO
    there = [m.text for m in await house.chat.messages(MARIA) if m.from_bot]
    assert all(text.startswith("Welcome, Maria.") for text in there)
    assert len(await house.cards(OTTO)) == 2


async def test_an_old_card_is_blanked(house: House) -> None:
    """What Telegram does not let be deleted shows no face, no name and no button any more."""
    async with house.bot():
        guest = await house.seen()
        await house.shows(MARIA, guest.person.label)
        await house.chat.inject(Fault(FaultKind.CANT_BE_DELETED, method="deleteMessage"))
        await revoke(house.store, account_id=(await maria(house)).id, now=now())
        await forgotten(house, guest)
    [card] = await house.cards(MARIA)
    assert (card.text, len(card.buttons)) == ("This card has been withdrawn.", 0)
    pixels = np.asarray(Picture.open(io.BytesIO(await house.chat.photo(card))).convert("RGB"))
    assert int(pixels.max()) - int(pixels.min()) < 8


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.TOO_MANY_REQUESTS, method="deleteMessage", retry_after_s=1),
        Fault(FaultKind.RESET, method="deleteMessage"),
        Fault(FaultKind.RESET, method="deleteMessage", after_effect=True),
        Fault(FaultKind.BAD_GATEWAY_HTML, method="deleteMessage", times=2),
    ],
    ids=["too-fast", "reset", "done-unheard", "gateway"],
)
async def test_what_is_in_the_way_is_waited_out(house: House, fault: Fault) -> None:
    """A card is withdrawn in the end, whatever Telegram says at first."""
    async with house.bot():
        guest = await house.seen()
        await house.shows(MARIA, guest.person.label)
        await house.chat.inject(fault)
        await revoke(house.store, account_id=(await maria(house)).id, now=now())
        await forgotten(house, guest)
    assert await house.cards(MARIA) == []


async def test_a_card_deleted_by_hand_or_behind_a_block_is_let_be(house: House) -> None:
    """There is nothing to take away, or no way to; neither holds the outbox up."""
    async with house.bot():
        guest = await house.seen()
        await house.shows(MARIA, guest.person.label)
        await house.chat.block(MARIA)
        await revoke(house.store, account_id=(await maria(house)).id, now=now())
        await forgotten(house, guest)


async def test_a_bot_that_was_away_withdraws_when_it_is_back(house: House) -> None:
    """Revoking needs no running bot."""
    async with house.bot():
        guest = await house.seen()
        await house.shows(MARIA, guest.person.label)
    await revoke(house.store, account_id=(await maria(house)).id, now=now())
    waiting = await house.seen()
    assert await house.store.outbox.of_visit(waiting.visit.id) == []
    async with house.bot():
        await forgotten(house, guest)
    assert await house.cards(MARIA) == []


async def test_who_joins_again_is_asked_again(house: House) -> None:
    """What was withdrawn and still waits is dealt anew, once."""
    async with house.bot():
        guest = await house.seen()
        await house.shows(MARIA, guest.person.label)
        await leave(house.store, account=await maria(house), now=now())
        await forgotten(house, guest)
        token = await house.invitation("Maria")
        await join(house.store, token=token, chat_id=MARIA, user_id=MARIA, now=now())
        await house.shows(MARIA, guest.person.label)
    assert len(await house.cards(MARIA)) == 1


async def test_fewer_sites_take_the_cards_of_the_others(house: House) -> None:
    """Somebody who answers for another site now keeps no faces of this one."""
    annex = Site(id=new_id(), name="Annex", created_at=now())
    await house.store.sites.add(annex)
    async with house.bot():
        guest = await house.seen()
        await house.shows(MARIA, guest.person.label)
        await invite(house.store, name="Maria", role=Role.MANAGER, site_ids=[annex.id], now=now())
        await forgotten(house, guest)
    assert await house.cards(MARIA) == []
    assert (await maria(house)).chat_id == MARIA
