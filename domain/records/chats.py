"""What chats show, and what people have begun in them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.records.ids import Id


class CardKind(StrEnum):
    """Why a card is shown in a chat.

    A `guest` is somebody awaited who has arrived: a guest expected, or one whom somebody asked to
    be told of.
    """

    QUESTION = "question"
    ALERT = "alert"
    NOTICE = "notice"
    SPOOF = "spoof"
    GUEST = "guest"
    DOOR = "door"
    PAGER = "pager"


class Menu(StrEnum):
    """Further buttons that a card shows instead of its first ones."""

    MORE = "more"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What one chat shows of a visit or of a spoof, and how far the chat is behind.

    `revision` rises with each change worth showing; `delivered` is the one last shown. `sending`
    marks a first delivery under way: if it is found set after a crash, nobody can know whether
    the message arrived, and `unknowable` counts that it was sent again. A card has a visit or, of
    the kind `spoof`, a detection, or, of the kind `door`, a grant. It is for an account or for a
    group. `menu` is the one that somebody has opened on it.

    `again` asks for a new message at the bottom of the chat, with a sound, in place of the old one,
    which `replaces` names until it is gone. `sent_at` is when the message was sent, and `file_id`
    what Telegram calls the picture `shown_image` in it. Until `snoozed_until` whoever has the card
    wants to be left alone with it.

    Where many questions are open, a chat has one card of the kind `pager` for them: it shows that
    of `question_id`, and the cards of those questions are `paged`, without a message of their own.
    A pager is `paged` as long as there is a question to be turned to.
    """

    id: Id
    kind: CardKind
    visit_id: Id | None
    site_id: Id
    account_id: Id | None
    chat_id: int
    due_at: datetime
    created_at: datetime
    group_id: Id | None = None
    question_id: Id | None = None
    detection_id: Id | None = None
    grant_id: Id | None = None
    revision: int = 1
    delivered: int = 0
    message_id: int | None = None
    prompt_id: int | None = None
    menu: Menu | None = None
    shown_image: str | None = None
    delivered_at: datetime | None = None
    claimed_until: datetime | None = None
    sending: bool = False
    unknowable: int = 0
    attempts: int = 0
    error: str | None = None
    again: bool = False
    snoozed_until: datetime | None = None
    replaces: int | None = None
    sent_at: datetime | None = None
    file_id: str | None = None
    paged: bool = False


class ErrandKind(StrEnum):
    """What somebody has begun in their chat."""

    ADD = "add"
    RENAME = "rename"
    MERGE = "merge"
    EXPECT = "expect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Something an account has begun in its chat, which waits for what it sends next.

    One at a time: beginning another ends it, and so does an hour without anything (`touched_at`).
    A reply to the message `prompt_id` is meant for it; `message_id` says how it stands. Of photos
    being added, `pending` are those (as Telegram calls them) that wait for an answer, asked because
    they look like `other_id`; `another` tells that a new person of a name already known is meant.
    All that an errand adds is one decision.
    """

    id: Id
    account_id: Id
    chat_id: int
    kind: ErrandKind
    touched_at: datetime
    prompt_id: int | None = None
    message_id: int | None = None
    person_id: Id | None = None
    site_id: Id | None = None
    name: str | None = None
    another: bool = False
    other_id: Id | None = None
    pending: tuple[str, ...] = ()
    taken: int = 0
    decision_id: Id | None = None
