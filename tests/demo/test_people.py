"""What people can do: block, meet in groups with topics, move, reply."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter

from demo.botapi.client import ChatClient, ChatError
from demo.botapi.server import create_app, serve
from tests.demo.clients import ANNA, TOKEN, make_bot

KEYS = InlineKeyboardMarkup([[InlineKeyboardButton("Name", callback_data="v1:name:1")]])
BO = 2002


async def test_blocking_and_coming_back(bot: Bot, chat: ChatClient) -> None:
    """A blocked bot gets a 403 and is told; so it is when it is unblocked."""
    (first,) = await bot.get_updates()
    await chat.block(ANNA)
    with pytest.raises(Forbidden, match="blocked by the user"):
        await bot.send_message(ANNA, "x")
    with pytest.raises(ChatError, match="blocked"):
        await chat.send_text(ANNA, "hello")
    await chat.unblock(ANNA)
    await bot.send_message(ANNA, "welcome back")
    updates = await bot.get_updates(offset=first.update_id + 1)
    changes = [update.my_chat_member for update in updates if update.my_chat_member]
    assert [change.new_chat_member.status for change in changes] == ["kicked", "member"]


async def test_a_deep_link_carries_its_payload(bot: Bot, chat: ChatClient) -> None:
    """The client's command handler finds the payload after /start."""
    await chat.user(BO, "Bo")
    started = await chat.start(BO, "inv_ABC-123")
    assert started.text == "/start inv_ABC-123"
    update = (await bot.get_updates())[-1]
    assert update.message is not None
    assert update.message.parse_entities() == {update.message.entities[0]: "/start"}


async def test_groups_have_topics(bot: Bot, chat: ChatClient) -> None:
    """A message goes to its topic; a topic that is gone, and General by number, are refused."""
    group = await chat.group("Main site", [ANNA], topics={7: "Front door"})
    sent = await bot.send_message(group.id, "Who?", message_thread_id=7)
    assert (sent.message_thread_id, sent.is_topic_message) == (7, True)
    assert (await chat.messages(group.id))[-1].thread_id == 7
    await chat.set_topics(group.id, {})
    for thread in (7, 1):
        with pytest.raises(BadRequest, match=r"(?i)message thread not found"):
            await bot.send_message(group.id, "Who?", message_thread_id=thread)
    assert (await bot.send_message(group.id, "Who?")).message_thread_id is None


async def test_in_a_group_the_bot_reads_commands_and_replies_only(
    bot: Bot, chat: ChatClient
) -> None:
    """That is Telegram's privacy mode; presses always arrive."""
    group = await chat.group("Main site", [ANNA])
    await bot.send_message(group.id, "Who?", reply_markup=KEYS)
    card = (await chat.messages(group.id))[-1]
    await chat.send_text(ANNA, "between us", chat_id=group.id)
    await chat.send_text(ANNA, "/open", chat_id=group.id)
    await chat.send_text(ANNA, "It is Tom", chat_id=group.id, reply_to=card)
    await chat.press(ANNA, card, text="Name")
    updates = await bot.get_updates(allowed_updates=[])
    texts = [update.message.text for update in updates if update.message]
    assert texts == ["/start", "/open", "It is Tom"]
    assert updates[-1].callback_query is not None


async def test_strangers_to_a_group_stay_outside(bot: Bot, chat: ChatClient) -> None:
    """Only members write and press there."""
    await chat.user(BO, "Bo")
    group = await chat.group("Main site", [ANNA])
    await bot.send_message(group.id, "Who?", reply_markup=KEYS)
    with pytest.raises(ChatError, match="is not in chat"):
        await chat.send_text(BO, "hello", chat_id=group.id)
    with pytest.raises(ChatError, match="is not in chat"):
        await chat.press(BO, (await chat.messages(group.id))[-1], text="Name")


async def test_a_group_that_moves_names_its_new_id(bot: Bot, chat: ChatClient) -> None:
    """Sending to the old id says where to; both chats carry a note."""
    group = await chat.group("Main site", [ANNA], basic=True)
    new = await chat.migrate(group.id)
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(group.id, "x")
    assert moved.value.new_chat_id == new.id
    await bot.send_message(new.id, "x")
    notes = [update.message for update in await bot.get_updates() if update.message][-2:]
    assert notes[0].migrate_to_chat_id == new.id
    assert notes[1].migrate_from_chat_id == group.id


async def test_a_bot_thrown_out_is_forbidden(bot: Bot, chat: ChatClient) -> None:
    """It cannot write until it is let in again."""
    group = await chat.group("Main site", [ANNA])
    await chat.kick(group.id)
    with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
        await bot.send_message(group.id, "x")
    await chat.kick(group.id, kicked=False)
    assert (await bot.send_message(group.id, "x")).text == "x"


async def test_a_bot_can_leave_a_group(bot: Bot, chat: ChatClient) -> None:
    """It is told that it has, and may write there no more until somebody lets it in again."""
    group = await chat.group("Main site", [ANNA])
    seen = (await bot.get_updates())[-1].update_id
    assert await bot.leave_chat(group.id)
    (update,) = await bot.get_updates(offset=seen + 1)
    assert update.my_chat_member
    assert update.my_chat_member.new_chat_member.status == "left"
    with pytest.raises(Forbidden, match="not a member"):
        await bot.send_message(group.id, "x")
    await chat.kick(group.id, kicked=False)
    await bot.send_message(group.id, "back")
    with pytest.raises(BadRequest, match="private"):
        await bot.leave_chat(ANNA)


async def test_a_reply_stands_in_the_topic_it_answers(bot: Bot, chat: ChatClient) -> None:
    """Without naming a topic; and people may delete what the bot said, which it is not told."""
    group = await chat.group("Main site", [ANNA], topics={7: "Front door"})
    first = await bot.send_message(group.id, "Who?", message_thread_id=7)
    reply = ReplyParameters(first.message_id)
    assert (await bot.send_message(group.id, "x", reply_parameters=reply)).message_thread_id == 7
    await chat.delete((await chat.messages(group.id))[0])
    with pytest.raises(BadRequest, match="not found"):
        await bot.edit_message_text("y", chat_id=group.id, message_id=first.message_id)


async def test_waiting_sees_messages_and_edits(bot: Bot, chat: ChatClient) -> None:
    """A waiter wakes when something fits; where nothing does, it gives up in time."""
    async with asyncio.TaskGroup() as tasks:
        new = tasks.create_task(chat.wait_for(ANNA, lambda m: "Who" in m.text))
        await asyncio.sleep(0.05)
        sent = await bot.send_message(ANNA, "Who?")
    assert new.result().text == "Who?"
    async with asyncio.TaskGroup() as tasks:
        changed = tasks.create_task(chat.wait_for(ANNA, lambda m: m.edits == 1))
        await asyncio.sleep(0.05)
        await sent.edit_text("Anna")
    assert changed.result().text == "Anna"
    with pytest.raises(TimeoutError):
        await chat.wait_for(ANNA, lambda m: m.text == "never", timeout=0.1)


async def test_watching_goes_on_where_it_is_told_to(bot: Bot, chat: ChatClient) -> None:
    """What changed before is not seen again; new and deleted messages are."""
    await bot.send_message(ANNA, "before")
    seen = []
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        revision = (await chat.state())["revision"]
        watch = chat.watch(ANNA, since=revision)
        first = tasks.create_task(anext(watch))
        await (await bot.send_message(ANNA, "gone")).delete()
        await first
        seen.append(first.result())
        await bot.send_message(ANNA, "after")
        while seen[-1].text != "after":
            seen.append(await anext(watch))
        await watch.aclose()
    assert {message.text for message in seen} == {"gone", "after"}


async def test_changes_are_streamed_and_resumed(url: str, bot: Bot, chat: ChatClient) -> None:
    """A stream goes on after the number it is given, and misses nothing."""
    revision = (await chat.state())["revision"]
    for number in range(3):
        await bot.send_message(ANNA, f"card {number}")
    lines: list[str] = []
    headers = {"Last-Event-ID": str(revision)}
    async with (
        httpx.AsyncClient(trust_env=False) as http,
        http.stream("GET", f"{url}/chat/events", headers=headers) as stream,
    ):
        async for line in stream.aiter_lines():
            lines.append(line)
            if "card 2" in line:
                break
    assert [line for line in lines if line.startswith("id:")] == [
        f"id: {revision + step}" for step in (1, 2, 3)
    ]


async def test_other_sites_cannot_act_for_a_person(url: str, chat: ChatClient) -> None:
    """A browser tells where a request comes from; only the own page may act."""
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        body = {"user_id": ANNA, "text": "x"}
        path = f"/chat/chats/{ANNA}/messages"
        other = await http.post(path, json=body, headers={"Origin": "https://evil.example"})
        own = await http.post(path, json=body, headers={"Origin": url})
    assert (other.status_code, own.status_code) == (403, 200)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/chat/users", {"first_name": " "}, 422),
        ("/chat/users", {"id": "x", "first_name": "A"}, 422),
        ("/chat/users", [], 400),
        ("/chat/users/9/start", {}, 404),
        ("/chat/groups", {"title": "G", "members": ["x"]}, 422),
        ("/chat/groups", {"title": "G", "members": [1001], "topics": 7}, 422),
        ("/chat/chats/1001/messages", {"user_id": 1001, "text": " "}, 422),
        ("/chat/chats/1001/messages", {"user_id": 9, "text": "x"}, 404),
        ("/chat/chats/1001/messages", {"user_id": 1001, "text": "x", "reply_to": 99}, 404),
        ("/chat/faults", {"kind": "plague"}, 422),
        ("/chat/faults", {"kind": "reset", "colour": "red"}, 422),
        ("/chat/chats/1001/migrate", {}, 409),
    ],
)
async def test_bad_requests_of_people_are_refused(
    url: str, chat: ChatClient, path: str, body: object, status: int
) -> None:
    """Each is a problem with a title, and never a 500."""
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        answer = await http.post(path, json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["title"]


async def test_limits_are_kept_if_wanted() -> None:
    """A burst of three to one chat passes, then a 429; a second later it goes on."""
    now = [1_000_000.0]
    app = create_app(TOKEN, limits=True, clock=lambda: now[0])
    async with serve(app) as url, ChatClient(url) as chat, make_bot(url) as bot:
        await chat.user(ANNA, "Anna")
        await chat.start(ANNA)
        for _ in range(3):
            await bot.send_message(ANNA, "x")
        with pytest.raises(RetryAfter) as raised:
            await bot.send_message(ANNA, "x")
        assert raised.value.retry_after == timedelta(seconds=1)
        assert (await chat.state())["violations"] == 1
        now[0] += 1
        await bot.send_message(ANNA, "x")


async def test_a_group_takes_twenty_a_minute() -> None:
    """The 21st waits until the first is a minute old."""
    now = [1_000_000.0]
    app = create_app(TOKEN, limits=True, clock=lambda: now[0])
    async with serve(app) as url, ChatClient(url) as chat, make_bot(url) as bot:
        await chat.user(ANNA, "Anna")
        group = await chat.group("Main site", [ANNA])
        for _ in range(20):
            await bot.send_message(group.id, "x")
            now[0] += 1
        with pytest.raises(RetryAfter) as raised:
            await bot.send_message(group.id, "x")
        assert raised.value.retry_after == timedelta(seconds=40)


async def test_thirty_a_second_in_all() -> None:
    """Many chats together use up the bucket of the whole bot."""
    app = create_app(TOKEN, limits=True, clock=lambda: 1_000_000.0)
    async with serve(app) as url, ChatClient(url) as chat, make_bot(url) as bot:
        for user in range(1, 32):
            await chat.user(user, "U")
            await chat.start(user)
        for user in range(1, 31):
            await bot.send_message(user, "x")
        with pytest.raises(RetryAfter):
            await bot.send_message(31, "x")
