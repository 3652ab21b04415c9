"""Editing and deleting with the real client."""

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto
from telegram import Message as BotMessage
from telegram.error import BadRequest

from demo.botapi.client import ChatClient
from tests.demo.clients import ANNA

KEYS = InlineKeyboardMarkup([[InlineKeyboardButton("Name", callback_data="v1:name:1")]])
OTHER_KEYS = InlineKeyboardMarkup([[InlineKeyboardButton("Block", callback_data="v1:block:1")]])


def edited(answer: object) -> BotMessage:
    """Return the message an edit answers with."""
    assert isinstance(answer, BotMessage)
    return answer


async def test_a_text_edit_keeps_history_and_drops_buttons(bot: Bot, chat: ChatClient) -> None:
    """Without reply_markup the buttons go; what stood there before is kept for looking at."""
    sent = await bot.send_message(ANNA, "Who?", reply_markup=KEYS)
    after = edited(await sent.edit_text("<b>Anna</b>", parse_mode="HTML"))
    assert after.text_html == "<b>Anna</b>"
    assert after.reply_markup is None
    assert after.edit_date is not None
    seen = (await chat.messages(ANNA))[-1]
    assert (seen.text, seen.buttons, seen.edits) == ("Anna", (), 1)
    assert seen.history[0].text == "Who?"
    assert seen.history[0].buttons[0][0].text == "Name"


async def test_a_caption_edit_keeps_the_photo(bot: Bot, chat: ChatClient, portrait: bytes) -> None:
    """The answer is the whole message with the same photo."""
    sent = await bot.send_photo(ANNA, portrait, caption="one", reply_markup=KEYS)
    after = edited(await sent.edit_caption("two", reply_markup=OTHER_KEYS))
    assert after.photo[-1].file_id == sent.photo[-1].file_id
    assert (after.caption, after.reply_markup) == ("two", OTHER_KEYS)


async def test_a_media_edit_changes_the_photo(
    bot: Bot, chat: ChatClient, portrait: bytes, group_photo: bytes
) -> None:
    """A better crop replaces the old one, by upload and by file id."""
    sent = await bot.send_photo(ANNA, portrait, caption="one")
    better = edited(await sent.edit_media(InputMediaPhoto(group_photo, caption="two")))
    assert [size.width for size in better.photo] == [90, 320, 1280]
    back = edited(await sent.edit_media(InputMediaPhoto(sent.photo[-1].file_id, caption="three")))
    assert back.photo[-1].file_unique_id == sent.photo[-1].file_unique_id
    seen = (await chat.messages(ANNA))[-1]
    assert [shown.text for shown in seen.history] == ["one", "two"]
    assert seen.history[1].photo is not None
    assert seen.history[1].photo.width == 1280


async def test_buttons_alone_can_change_and_go(bot: Bot, chat: ChatClient) -> None:
    """Changing buttons does not mark the message as edited."""
    sent = await bot.send_message(ANNA, "Who?", reply_markup=KEYS)
    changed = edited(await sent.edit_reply_markup(OTHER_KEYS))
    assert changed.reply_markup == OTHER_KEYS
    gone = edited(await sent.edit_reply_markup(None))
    assert gone.reply_markup is None
    seen = (await chat.messages(ANNA))[-1]
    assert (seen.edits, seen.edited_at) == (2, None)


async def test_the_same_content_is_not_modified(
    bot: Bot, chat: ChatClient, portrait: bytes
) -> None:
    """All four edits say so, also when the same picture is uploaded anew."""
    text = await bot.send_message(ANNA, "Who?", reply_markup=KEYS)
    photo = await bot.send_photo(ANNA, portrait, caption="one")
    edits = [
        text.edit_text("Who?", reply_markup=KEYS),
        text.edit_reply_markup(KEYS),
        photo.edit_caption("one"),
        photo.edit_media(InputMediaPhoto(portrait, caption="one")),
    ]
    for edit in edits:
        with pytest.raises(BadRequest, match=r"(?i)message is not modified"):
            await edit
    assert all(message.edits == 0 for message in await chat.messages(ANNA))


async def test_what_cannot_be_edited(bot: Bot, chat: ChatClient, portrait: bytes) -> None:
    """Unknown, deleted, somebody else's, and the wrong kind: each has its own words."""
    text = await bot.send_message(ANNA, "Who?")
    photo = await bot.send_photo(ANNA, portrait)
    gone = await bot.send_message(ANNA, "gone")
    assert await gone.delete()
    edits = [
        (bot.edit_message_text("x", ANNA, 999), "message to edit not found"),
        (gone.edit_text("x"), "message to edit not found"),
        (bot.edit_message_text("x", ANNA, 1), "message can't be edited"),
        (photo.edit_text("x"), "there is no text in the message to edit"),
        (text.edit_caption("x"), "there is no caption in the message to edit"),
        (gone.delete(), "message to delete not found"),
    ]
    for edit, refusal in edits:
        with pytest.raises(BadRequest) as raised:
            await edit
        assert raised.value.message.lower() == refusal


async def test_a_deleted_message_is_gone_for_people(bot: Bot, chat: ChatClient) -> None:
    """It is listed only on demand."""
    sent = await bot.send_message(ANNA, "x")
    await sent.delete()
    assert [message.id for message in await chat.messages(ANNA)] == [1]
    assert (await chat.messages(ANNA, deleted=True))[-1].deleted
