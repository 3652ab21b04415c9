"""Ordered faults: what the real client makes of each, and what became of the effect."""

import asyncio
from datetime import timedelta

import pytest
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from demo.botapi.client import ChatClient, ChatError
from demo.botapi.faults import Fault, FaultKind
from demo.botapi.server import create_app, serve
from tests.demo.clients import ANNA, TOKEN, make_bot, poll_begun

REFUSALS: list[tuple[Fault, type[TelegramError], str]] = [
    (Fault(FaultKind.TOO_MANY_REQUESTS, retry_after_s=7), RetryAfter, "retry in 0:00:07"),
    (Fault(FaultKind.BLOCKED), Forbidden, "bot was blocked by the user"),
    (Fault(FaultKind.KICKED), Forbidden, "bot was kicked"),
    (Fault(FaultKind.MIGRATED, migrate_to=-1009), ChatMigrated, "-1009"),
    (Fault(FaultKind.CANT_BE_DELETED), BadRequest, "can't be deleted"),
    (Fault(FaultKind.CHAT_NOT_FOUND), BadRequest, "chat not found"),
    (Fault(FaultKind.MESSAGE_NOT_FOUND), BadRequest, "message to edit not found"),
    (Fault(FaultKind.NOT_MODIFIED), BadRequest, "message is not modified"),
    (Fault(FaultKind.WRONG_FILE), BadRequest, "wrong file identifier"),
    (Fault(FaultKind.CANT_PARSE_ENTITIES), BadRequest, "can't parse entities"),
    (Fault(FaultKind.BUTTON_DATA_INVALID), BadRequest, "button_data_invalid"),
    (Fault(FaultKind.QUERY_TOO_OLD), BadRequest, "query is too old"),
    (Fault(FaultKind.UNAUTHORIZED), InvalidToken, "unauthorized"),
    (Fault(FaultKind.CONFLICT), Conflict, "terminated by other getupdates"),
    (Fault(FaultKind.BAD_GATEWAY_JSON), NetworkError, "bad gateway"),
    (Fault(FaultKind.BAD_GATEWAY_HTML), NetworkError, "bad gateway"),
    (Fault(FaultKind.RESET), NetworkError, ""),
]


@pytest.mark.parametrize(("fault", "kind", "text"), REFUSALS, ids=lambda x: getattr(x, "kind", ""))
async def test_each_fault_is_the_right_error_once(
    bot: Bot, chat: ChatClient, fault: Fault, kind: type[TelegramError], text: str
) -> None:
    """The call fails without effect in the right class; the next one goes through."""
    fault.method = "sendMessage"
    await chat.inject(fault)
    with pytest.raises(TelegramError) as raised:
        await bot.send_message(ANNA, "one")
    assert type(raised.value) is kind
    assert text in raised.value.message.lower()
    await bot.send_message(ANNA, "two")
    assert [message.text for message in await chat.messages(ANNA)] == ["/start", "two"]
    failed, good = await chat.calls("sendMessage")
    assert (failed.fault, failed.carried_out) == (fault.kind, False)
    assert (good.fault, good.carried_out, good.status, good.message_id) == (None, True, 200, 2)
    assert await chat.faults() == []


def test_every_kind_is_tested() -> None:
    """A new kind of fault needs a line above, or a test of its own as SLOW has."""
    assert {fault.kind for fault, _, _ in REFUSALS} | {FaultKind.SLOW} == set(FaultKind)


async def test_parameters_of_faults_reach_the_client(bot: Bot, chat: ChatClient) -> None:
    """The wait and the new chat id are those ordered."""
    await chat.inject(Fault(FaultKind.TOO_MANY_REQUESTS, retry_after_s=7))
    with pytest.raises(RetryAfter) as raised:
        await bot.send_message(ANNA, "x")
    assert raised.value.retry_after == timedelta(seconds=7)
    await chat.inject(Fault(FaultKind.MIGRATED, migrate_to=-1009))
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(ANNA, "x")
    assert moved.value.new_chat_id == -1009


@pytest.mark.parametrize(
    "kind", [FaultKind.RESET, FaultKind.BAD_GATEWAY_JSON, FaultKind.BAD_GATEWAY_HTML]
)
async def test_an_answer_can_be_lost_after_the_effect(
    bot: Bot, chat: ChatClient, kind: FaultKind
) -> None:
    """The client sees an error although the message arrived; the list of calls says so."""
    await chat.inject(Fault(kind, "sendMessage", after_effect=True))
    with pytest.raises(NetworkError):
        await bot.send_message(ANNA, "one")
    assert (await chat.messages(ANNA))[-1].text == "one"
    (call,) = await chat.calls("sendMessage")
    assert (call.carried_out, call.message_id) == (True, 2)
    assert call.answered is (kind is not FaultKind.RESET)


@pytest.mark.parametrize("after_effect", [False, True])
async def test_a_slow_answer_times_out(bot: Bot, chat: ChatClient, *, after_effect: bool) -> None:
    """The client gives up; the message was there long before the answer, or comes all the same."""
    await chat.inject(Fault(FaultKind.SLOW, "sendMessage", delay_s=0.6, after_effect=after_effect))
    with pytest.raises(TimedOut):
        await bot.send_message(ANNA, "one", read_timeout=0.2)
    message = await chat.wait_for(ANNA, lambda message: message.text == "one")
    call = await chat.wait_for_call(lambda call: call.status != 0, method="sendMessage")
    assert call.ended_at is not None
    waited_s = call.ended_at - message.sent_at if after_effect else message.sent_at - call.at
    assert waited_s >= 0.6
    assert (call.carried_out, call.answered) == (True, False)


async def test_a_slow_answer_can_still_be_in_time(bot: Bot, chat: ChatClient) -> None:
    """A short delay is only a delay."""
    await chat.inject(Fault(FaultKind.SLOW, delay_s=0.1))
    assert (await bot.send_message(ANNA, "one")).text == "one"


async def test_orders_pick_method_chat_and_number(bot: Bot, chat: ChatClient) -> None:
    """Other methods and chats pass; the first fitting call is skipped, the next two fail."""
    await chat.user(2002, "Bo")
    await chat.start(2002)
    await chat.inject(Fault(FaultKind.BLOCKED, "sendmessage", chat_id=2002, times=2, skip=1))
    await bot.send_message(ANNA, "x")
    await bot.send_chat_action(2002, "typing")
    await bot.send_message(2002, "one")
    for _ in range(2):
        with pytest.raises(Forbidden):
            await bot.send_message(2002, "lost")
    await bot.send_message(2002, "two")
    assert [message.text for message in await chat.messages(2002)] == ["/start", "one", "two"]


async def test_orders_can_be_taken_back(bot: Bot, chat: ChatClient) -> None:
    """A cleared order does nothing; an impossible one is refused."""
    await chat.inject(Fault(FaultKind.RESET, times=5))
    await chat.clear_faults()
    assert (await bot.send_message(ANNA, "one")).text == "one"
    with pytest.raises(ValueError, match="before any effect"):
        Fault(FaultKind.BLOCKED, after_effect=True)
    with pytest.raises(ValueError, match="migrate_to"):
        Fault(FaultKind.MIGRATED)


async def test_downloads_and_polls_can_be_hit_too(bot: Bot, chat: ChatClient) -> None:
    """A reset poll keeps its updates."""
    await chat.inject(Fault(FaultKind.RESET, "getUpdates"))
    with pytest.raises(NetworkError):
        await bot.get_updates()
    assert len(await bot.get_updates()) == 1


async def test_the_server_stops_at_once_while_the_bot_waits() -> None:
    """Closing wakes the long poll, which answers with nothing."""
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        async with serve(create_app(TOKEN)) as url, ChatClient(url) as chat:
            bot = make_bot(url)
            await bot.initialize()
            poll = group.create_task(bot.get_updates(timeout=30))
            await poll_begun(chat)
        assert await poll == ()
        await bot.shutdown()


async def test_a_refusal_of_the_person_side_says_why(chat: ChatClient) -> None:
    """The words of the server are the words of the error."""
    with pytest.raises(ChatError, match="there is no chat 5"):
        await chat.messages(5)
