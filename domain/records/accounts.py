"""Humans: who may see and answer, how they are reached, and whom they expect."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.records.ids import Id


class Role(StrEnum):
    """What an account may do."""

    ADMIN = "admin"
    MANAGER = "manager"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """The hours of a day in which nothing makes a sound: minutes after midnight, local time.

    They may span midnight. With `digest` what can wait is sent when they are over.
    """

    start: int
    end: int
    digest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """Of whom somebody wants to hear: strangers, blocked people, and these persons by name.

    Pictures held before a camera count among the blocked.
    """

    strangers: bool = True
    blocked: bool = True
    people: tuple[Id, ...] = ()

    @property
    def nobody(self) -> bool:
        """Whether they want to hear of nobody at all."""
        return not (self.strangers or self.blocked or self.people)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A human. `site_ids` limits managers and viewers; admins answer for every site.

    `chat_since` is when they last bound their chat, or said that they are there. `language` is the
    one the chat speaks to them, as "de".
    """

    id: Id
    name: str
    role: Role
    created_at: datetime
    site_ids: tuple[Id, ...] = ()
    password_hash: str | None = None
    chat_id: int | None = None
    chat_since: datetime | None = None
    user_id: int | None = None
    revoked_at: datetime | None = None
    language: str | None = None
    quiet: Quiet | None = None
    muted_until: datetime | None = None
    alerts: Alerts = Alerts()

    @property
    def unbound(self) -> bool:
        """Whether nobody has joined, or who had joined has left; a lost chat is still theirs."""
        return self.chat_id is None and self.user_id is None

    def may_see(self, site_id: Id) -> bool:
        """Whether the site is this account's business."""
        return self.revoked_at is None and (self.role is Role.ADMIN or site_id in self.site_ids)

    def may_answer(self, site_id: Id) -> bool:
        """Whether this account may decide about people of the site."""
        return self.role is not Role.VIEWER and self.may_see(site_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """That somebody expected came: as whom, in which visit, and when."""

    person_id: Id
    visit_id: Id
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Somebody announced for a day, which is from `starts_at` until before `ends_at`.

    `account_id` is the host, who is told when they arrive.
    """

    id: Id
    name: str
    site_id: Id
    account_id: Id
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    arrived: Arrival | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group chat, or one topic of it, where a site's questions are asked of everybody there.

    `thread_id` None is the group itself, or its general topic. `created_at` is when it was bound
    to the site; since `lost_at` it is not any more. A site has one group at a time.
    """

    id: Id
    chat_id: int
    site_id: Id
    title: str
    created_at: datetime
    thread_id: int | None = None
    language: str | None = None
    lost_at: datetime | None = None

    def may_see(self, site_id: Id) -> bool:
        """Whether the site's cards are shown here."""
        return self.lost_at is None and site_id == self.site_id


# Whom a card is for.
Recipient = Account | Group


class Purpose(StrEnum):
    """What a one-time link is for."""

    CHAT = "chat"
    PASSWORD = "password"  # noqa: S105 - what it is for


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """A one-time way to bind a chat to an account, or to choose its password.

    Only the token's hash is kept.
    """

    id: Id
    account_id: Id
    token_hash: str
    expires_at: datetime
    used_at: datetime | None = None
    purpose: Purpose = Purpose.CHAT


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser; of its tokens only the hashes are kept.

    `form_secret` binds the forms of its pages to it. `browser` is what it is, in words. The token
    was `renewed_at` a time; the one it replaced counts `replaced_until` then, or, while that is
    None, until the new one has been seen. `used_at` is kept to some minutes.
    """

    id: Id
    account_id: Id
    token_hash: str
    created_at: datetime
    expires_at: datetime
    form_secret: str = ""
    browser: str = ""
    renewed_at: datetime | None = None
    used_at: datetime | None = None
    replaced_hash: str | None = None
    replaced_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """Failed tries of one password from one address; the next may be made after `wait_until`.

    The id is of a hash of the two: neither is kept.
    """

    id: Id
    count: int
    wait_until: datetime
