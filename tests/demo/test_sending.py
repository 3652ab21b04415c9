"""Messages and photos from the real client into a chat."""

import io

import pytest
from PIL import Image
from telegram import (
    Bot,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    ReplyParameters,
)
from telegram.error import BadRequest, Forbidden

from demo.botapi.client import ChatClient
from tests.demo.clients import ANNA

KEYS = InlineKeyboardMarkup([[InlineKeyboardButton("Name", callback_data="v1:name:1")]])


async def test_get_me_names_the_bot(bot: Bot) -> None:
    """The bot's id is the head of its token, and it has a username for commands."""
    me = await bot.get_me()
    assert (me.id, me.is_bot, me.username) == (123456, True, "usher_demo_bot")


async def test_a_text_arrives_with_entities_buttons_and_flags(bot: Bot, chat: ChatClient) -> None:
    """HTML becomes text and entities; buttons, silence and protection are kept."""
    sent = await bot.send_message(
        ANNA,
        "😀 <b>Stranger</b> &amp; <a href='https://example.org/x'>visit</a>",
        parse_mode="HTML",
        reply_markup=KEYS,
        disable_notification=True,
        protect_content=True,
    )
    assert sent.text_html == '😀 <b>Stranger</b> &amp; <a href="https://example.org/x">visit</a>'
    assert sent.reply_markup == KEYS
    assert sent.has_protected_content
    seen = (await chat.messages(ANNA))[-1]
    assert seen.text == "😀 Stranger & visit"
    assert seen.entities[0] == {"type": "bold", "offset": 3, "length": 8}
    assert seen.button("Nam").data == "v1:name:1"
    assert (seen.silent, seen.protected, seen.from_bot) == (True, True, True)


async def test_a_force_reply_is_kept_for_people_and_not_echoed(bot: Bot, chat: ChatClient) -> None:
    """The answer carries no markup; the person sees the hint."""
    sent = await bot.send_message(
        ANNA, "Who is it?", reply_markup=ForceReply(input_field_placeholder="A name")
    )
    assert sent.reply_markup is None
    seen = (await chat.messages(ANNA))[-1]
    assert (seen.force_reply, seen.placeholder) == (True, "A name")


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", "message text is empty"),
        (" \n ", "message text is empty"),
        ("<b> </b>", "message text is empty"),
        ("x" * 4097, "message is too long"),
        ("<b>x", "can't parse entities: can't find end tag corresponding to start tag \"b\""),
        ("<b>x</i>", 'unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("é <nonsense>", 'unsupported start tag "nonsense" at byte offset 3'),
        ("a < b", "unclosed start tag at byte offset 2"),
        ("x</b>", "unexpected end tag at byte offset 1"),
    ],
)
async def test_bad_text_is_refused(bot: Bot, chat: ChatClient, text: str, refusal: str) -> None:
    """Each refusal has Telegram's words, and nothing arrives."""
    with pytest.raises(BadRequest) as raised:
        await bot.send_message(ANNA, text, parse_mode="HTML")
    assert refusal.lower() in raised.value.message.lower()
    assert len(await chat.messages(ANNA)) == 1


@pytest.mark.parametrize("data", ["é" * 33, "x" * 65])
async def test_callback_data_over_64_bytes_is_refused(
    bot: Bot, chat: ChatClient, data: str
) -> None:
    """Bytes count, not characters."""
    long = InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data=data)]])
    with pytest.raises(BadRequest, match=r"(?i)button_data_invalid"):
        await bot.send_message(ANNA, "x", reply_markup=long)
    fits = InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data="x" * 64)]])
    assert (await bot.send_message(ANNA, "x", reply_markup=fits)).reply_markup == fits


async def test_a_button_cannot_open_localhost(bot: Bot, chat: ChatClient) -> None:
    """Telegram takes no URL whose host has no dot."""
    keys = InlineKeyboardMarkup([[InlineKeyboardButton("Open", url="http://localhost:8080/")]])
    with pytest.raises(BadRequest, match=r"(?i)wrong http url"):
        await bot.send_message(ANNA, "x", reply_markup=keys)


async def test_a_button_can_have_a_style(bot: Bot, chat: ChatClient) -> None:
    """Styles are passed on to people; an unknown one is refused."""
    good = InlineKeyboardButton("Block", callback_data="b", style="danger")
    await bot.send_message(ANNA, "x", reply_markup=InlineKeyboardMarkup([[good]]))
    assert (await chat.messages(ANNA))[-1].button("Block").style == "danger"
    bad = InlineKeyboardButton("Block", callback_data="b", style="loud")
    with pytest.raises(BadRequest, match=r"(?i)unknown style"):
        await bot.send_message(ANNA, "x", reply_markup=InlineKeyboardMarkup([[bad]]))


async def test_a_photo_has_three_ascending_sizes(
    bot: Bot, chat: ChatClient, portrait: bytes
) -> None:
    """A photo of 512 pixels comes as 90, 320 and 512; each can be fetched and is so large."""
    sent = await bot.send_photo(ANNA, portrait, caption="<i>new</i>", parse_mode="HTML")
    assert [size.width for size in sent.photo] == [90, 320, 512]
    assert len({size.file_id for size in sent.photo}) == 3
    assert sent.caption_html == "<i>new</i>"
    for size in sent.photo:
        file = await size.get_file()
        content = bytes(await file.download_as_bytearray())
        assert file.file_size == len(content)
        with Image.open(io.BytesIO(content)) as image:
            assert image.size == (size.width, size.height)
    seen = (await chat.messages(ANNA))[-1]
    assert seen.photo is not None
    assert seen.photo.width == 512
    with Image.open(io.BytesIO(await chat.photo(seen))) as image:
        assert image.size == (512, 512)


async def test_a_photo_is_sent_again_by_file_id(
    bot: Bot, chat: ChatClient, portrait: bytes
) -> None:
    """No second upload, and the same unique id."""
    first = await bot.send_photo(ANNA, portrait)
    again = await bot.send_photo(ANNA, first.photo[-1].file_id, caption="again")
    assert again.photo[-1].file_unique_id == first.photo[-1].file_unique_id
    uploaded, named = await chat.calls("sendPhoto")
    assert uploaded.params["photo"] == f"<{len(portrait)} bytes>"
    assert named.params["photo"] == first.photo[-1].file_id


async def test_bad_photos_are_refused(bot: Bot, chat: ChatClient, portrait: bytes) -> None:
    """No image, half an image, nothing, a ribbon, an unknown id, too long a caption: all 400."""
    ribbon = io.BytesIO()
    Image.new("RGB", (2100, 100)).save(ribbon, "PNG")
    cases: list[tuple[bytes | str, str | None, str]] = [
        (b"not a picture", None, "image_process_failed"),
        (portrait[: len(portrait) // 2], None, "image_process_failed"),
        (b"", None, "file must be non-empty"),
        (ribbon.getvalue(), None, "photo_invalid_dimensions"),
        ("AgACunknown", None, "wrong file identifier"),
        (portrait, "x" * 1025, "message caption is too long"),
    ]
    for photo, caption, refusal in cases:
        with pytest.raises(BadRequest) as raised:
            await bot.send_photo(ANNA, photo, caption)
        assert refusal in raised.value.message.lower()
    assert len(await chat.messages(ANNA)) == 1


async def test_an_album_shares_one_group_id(
    bot: Bot, chat: ChatClient, portrait: bytes, group_photo: bytes
) -> None:
    """Two photos arrive as two messages of one media group."""
    sent = await bot.send_media_group(
        ANNA, [InputMediaPhoto(portrait, caption="one"), InputMediaPhoto(group_photo)]
    )
    assert len({message.media_group_id for message in sent}) == 1
    assert [message.caption for message in sent] == ["one", None]
    one, two = (await chat.messages(ANNA))[-2:]
    assert one.media_group_id == two.media_group_id
    assert one.photo != two.photo


@pytest.mark.parametrize("count", [1, 11])
async def test_an_album_has_two_to_ten_photos(
    bot: Bot, chat: ChatClient, portrait: bytes, count: int
) -> None:
    """One is too few and eleven are too many."""
    file_id = (await bot.send_photo(ANNA, portrait)).photo[-1].file_id
    with pytest.raises(BadRequest, match=r"(?i)from 2 to 10"):
        await bot.send_media_group(ANNA, [InputMediaPhoto(file_id)] * count)


async def test_a_reply_names_the_message(bot: Bot, chat: ChatClient) -> None:
    """The replied message comes along; an unknown one is refused unless that is allowed."""
    first = await bot.send_message(ANNA, "first")
    reply = await bot.send_message(ANNA, "second", reply_to_message_id=first.message_id)
    assert reply.reply_to_message is not None
    assert reply.reply_to_message.text == "first"
    with pytest.raises(BadRequest, match=r"(?i)message to be replied not found"):
        await bot.send_message(ANNA, "x", reply_to_message_id=999)
    alone = ReplyParameters(999, allow_sending_without_reply=True)
    assert (await bot.send_message(ANNA, "x", reply_parameters=alone)).reply_to_message is None


async def test_chats_that_cannot_be_written_to(bot: Bot, chat: ChatClient) -> None:
    """An unknown chat is a 400; a user who never started the bot is a 403."""
    await chat.user(2002, "Bo")
    with pytest.raises(BadRequest, match=r"(?i)chat not found"):
        await bot.send_message(424242, "x")
    with pytest.raises(Forbidden, match=r"(?i)can't initiate conversation"):
        await bot.send_message(2002, "x")
    await chat.start(2002)
    await bot.send_message(2002, "x")
    assert (await chat.messages(2002))[-1].text == "x"


async def test_chat_action_and_get_chat(bot: Bot, chat: ChatClient) -> None:
    """A chat can be looked at, and told that the bot is busy."""
    assert await bot.send_chat_action(ANNA, "typing")
    found = await bot.get_chat(ANNA)
    assert (found.type, found.full_name, found.username) == ("private", "Anna Berg", "anna_b")
    with pytest.raises(BadRequest, match=r"(?i)chat not found"):
        await bot.get_chat(-5)
