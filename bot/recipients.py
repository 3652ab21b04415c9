"""Whom cards are for, accounts and groups: where they are, and what becomes of their chats."""

from datetime import datetime

from domain import accounts, groups
from domain.records import Card, Group, Recipient
from domain.store import Store


def thread_of(recipient: Recipient) -> int | None:
    """Return the topic in which a recipient's cards stand."""
    return recipient.thread_id if isinstance(recipient, Group) else None


async def recipient_of(store: Store, card: Card) -> Recipient | None:
    """Return whom a card is for; None when that account or group is gone."""
    if card.group_id:
        return await store.groups.get(card.group_id)
    return await store.accounts.get(card.account_id) if card.account_id else None


async def lose_chat(store: Store, card: Card, *, as_of: datetime) -> None:
    """Note that nothing could be written to the chat of a card at a time."""
    if card.group_id:
        await groups.lose_group(store, chat_id=card.chat_id, as_of=as_of)
    elif card.account_id:
        await accounts.lose_chat(
            store, account_id=card.account_id, chat_id=card.chat_id, as_of=as_of
        )


async def move_chat(store: Store, card: Card, new_chat_id: int) -> None:
    """Note that the chat of a card goes on under another id."""
    if card.group_id:
        await groups.move_group(store, chat_id=card.chat_id, new_chat_id=new_chat_id)
    elif card.account_id:
        await accounts.move_chat(
            store, account_id=card.account_id, chat_id=card.chat_id, new_chat_id=new_chat_id
        )


async def forget_topic(store: Store, recipient: Recipient) -> None:
    """Note that the topic of a group is gone."""
    if isinstance(recipient, Group) and recipient.thread_id is not None:
        await groups.forget_topic(store, group_id=recipient.id, thread_id=recipient.thread_id)


async def take_up_stuck(store: Store, card: Card) -> None:
    """Have cards that were set aside delivered, if their recipient has a chat by now."""
    if card.group_id:
        await groups.take_up_stuck(store, card.group_id)
    elif card.account_id:
        await accounts.take_up_stuck(store, card.account_id)
