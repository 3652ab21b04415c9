"""What Telegram's errors mean, said once: wait, try again, do it another way, or give up."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)


class Trouble(Enum):
    """What went wrong, seen by what to do about it."""

    TOO_FAST = auto()  # wait as long as told
    UNREACHED = auto()  # it was certainly not carried out: try again
    UNANSWERED = auto()  # it may have been carried out: nobody can know
    TOKEN = auto()  # the token is refused: a person must act, until then try again
    CHAT_LOST = auto()  # blocked, kicked or gone: nothing can be said there any more
    CHAT_MOVED = auto()  # the chat has another id now
    UNCHANGED = auto()  # the message shows this already: as good as done
    THREAD_LOST = auto()  # the topic is gone or closed: the general one is left
    MESSAGE_LOST = auto()  # the message to edit is gone
    PHOTO = auto()  # the picture is refused: do without
    MARKS = auto()  # the HTML is refused: do without
    BUTTONS = auto()  # the buttons are refused
    REFUSED = auto()  # anything else


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """A trouble, with what it brings: seconds to wait, a new chat, Telegram's words."""

    trouble: Trouble
    text: str = ""
    wait_s: float = 0.0
    chat_id: int = 0


# Texts of the official server, compared without case. The first that occurs decides.
_BAD_REQUESTS = (
    ("message is not modified", Trouble.UNCHANGED),
    ("message to edit not found", Trouble.MESSAGE_LOST),
    ("message to delete not found", Trouble.MESSAGE_LOST),
    ("message can't be edited", Trouble.MESSAGE_LOST),
    ("message_id_invalid", Trouble.MESSAGE_LOST),
    ("thread not found", Trouble.THREAD_LOST),
    ("topic_closed", Trouble.THREAD_LOST),
    ("topic_deleted", Trouble.THREAD_LOST),
    ("chat not found", Trouble.CHAT_LOST),
    ("chat_write_forbidden", Trouble.CHAT_LOST),
    ("no rights to send a message", Trouble.CHAT_LOST),
    ("user is deactivated", Trouble.CHAT_LOST),
    ("peer_id_invalid", Trouble.CHAT_LOST),
    ("can't parse", Trouble.MARKS),
    ("button", Trouble.BUTTONS),
    ("photo", Trouble.PHOTO),
    ("image", Trouble.PHOTO),
    ("file", Trouble.PHOTO),
    ("media", Trouble.PHOTO),
)
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def diagnose(error: TelegramError) -> Diagnosis:
    """Return what an error means. Its text holds no token and nobody's name."""
    match error:
        case RetryAfter():
            wait = error.retry_after
            seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
            found = Diagnosis(trouble=Trouble.TOO_FAST, wait_s=seconds)
        case ChatMigrated():
            found = Diagnosis(trouble=Trouble.CHAT_MOVED, chat_id=error.new_chat_id)
        case Forbidden():
            found = Diagnosis(trouble=Trouble.CHAT_LOST, text=error.message)
        case InvalidToken():
            found = Diagnosis(trouble=Trouble.TOKEN, text="the bot token is refused")
        case BadRequest():
            found = Diagnosis(trouble=_refusal(error.message), text=error.message)
        case NetworkError():
            found = _lost_on_the_way(error)
        case _:
            found = Diagnosis(trouble=Trouble.REFUSED, text=error.message)
    return found


def _lost_on_the_way(error: NetworkError) -> Diagnosis:
    cause = error.__cause__
    if isinstance(cause, _NEVER_SENT):
        return Diagnosis(trouble=Trouble.UNREACHED, text=type(cause).__name__)
    # A gateway that answers 502 does not know either what became of the call.
    text = type(cause).__name__ if cause else "a server error"
    return Diagnosis(trouble=Trouble.UNANSWERED, text=text)


def _refusal(text: str) -> Trouble:
    lower = text.lower()
    return next((trouble for words, trouble in _BAD_REQUESTS if words in lower), Trouble.REFUSED)
