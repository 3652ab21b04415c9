"""What Usher remembers: one frozen record for each word of the design.

Times are aware UTC datetimes. Ids are hexadecimal strings here and ObjectIds in the database.
Distances are cosine distances, 1 - cosine similarity, of unit embeddings.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

import numpy as np
from numpy.typing import NDArray

Id = NewType("Id", str)
Embedding = NDArray[np.float32]


class DetectionStatus(StrEnum):
    """Where a detection stands on its way through the log."""

    NEW = "new"
    CLASSIFIED = "classified"
    UNUSABLE = "unusable"
    SPOOF = "spoof"
    PAGER = "pager"
    FAILED = "failed"


class PersonStatus(StrEnum):
    """What managers have said of a person."""

    UNKNOWN = "unknown"
    KNOWN = "known"
    BLOCKED = "blocked"
    DISMISSED = "dismissed"


class MatchKind(StrEnum):
    """The three answers of recognition."""

    MATCH = "match"
    UNSURE = "unsure"
    STRANGER = "stranger"


class QuestionKind(StrEnum):
    """Ask who this is, or whether it is somebody recognised."""

    WHO = "who"
    CONFIRM = "confirm"


class QuestionStatus(StrEnum):
    """Open until somebody answers, until a newer visit asks again, or until nobody has.

    One that expired can still be answered, from the cards it is shown on. Withdrawn: the decision
    by which it was asked has been undone.
    """

    OPEN = "open"
    ANSWERED = "answered"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


# What somebody may still answer.
UNANSWERED = frozenset({QuestionStatus.OPEN, QuestionStatus.EXPIRED})


class Stage(StrEnum):
    """How far it has come with a question that nobody answers."""

    ASKED = "asked"
    REMINDED = "reminded"
    ESCALATED = "escalated"


class Role(StrEnum):
    """What an account may do."""

    ADMIN = "admin"
    MANAGER = "manager"
    VIEWER = "viewer"


class Retirement(StrEnum):
    """Why a reference is searched no more: others show as much, or somebody said it is wrong."""

    TRIMMED = "trimmed"
    REMOVED = "removed"


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


class GrantStatus(StrEnum):
    """How it stands with the opening of a door."""

    ASKED = "asked"
    GRANTED = "granted"
    DELIVERED = "delivered"
    REFUSED = "refused"
    EXPIRED = "expired"


class Menu(StrEnum):
    """Further buttons that a card shows instead of its first ones."""

    MORE = "more"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place with cameras and the managers who answer for it."""

    id: Id
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A client that posts crops. `key_hash` is the SHA-256 of its key, in hexadecimal.

    `spoofed_at` is when a picture or a screen was last held before it.
    """

    id: Id
    site_id: Id
    name: str
    key_hash: str
    created_at: datetime
    last_seen_at: datetime | None = None
    revoked_at: datetime | None = None
    spoofed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A stored picture: its key in the image store, SHA-256 and size."""

    key: str
    sha256: str
    bytes: int
    width: int
    height: int
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A worker's lease on a detection. `attempts` counts the claims so far."""

    worker: str
    token: str
    until: datetime
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What recognition found. Pixels of the upright image; angles in degrees; quality 0 to 1.

    `lower_covered` (mouth and nose), `upper_covered` (eyes) and `live` are probabilities; `live` is
    None where nobody can tell.
    """

    box: tuple[float, float, float, float]
    landmarks: tuple[tuple[float, float], ...]
    score: float
    quality: float
    roll: float
    yaw: float
    pitch: float
    count: int
    lower_covered: float = 0.0
    upper_covered: float = 0.0
    live: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """A person who came second, and how far."""

    person_id: Id
    distance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The answer for one face; distance, confidence and reference are of the nearest person.

    The confidence lies between `low` and `high` 19 times out of 20, as far as the data tell.
    """

    kind: MatchKind
    distance: float | None = None
    confidence: float | None = None
    reference_id: Id | None = None
    runner_up: Rival | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One posted crop. `keys` make a post idempotent: no two of a camera share one.

    `kept` tells that its face became a reference, so that its image stays as long as the person.
    """

    id: Id
    camera_id: Id
    site_id: Id
    captured_at: datetime
    received_at: datetime
    image: Image
    status: DetectionStatus
    keys: tuple[str, ...] = ()
    track: str | None = None
    frame: str | None = None
    box: tuple[int, int, int, int] | None = None
    claim: Claim | None = None
    face: Face | None = None
    embedding: Embedding | None = None
    model: str | None = None
    person_id: Id | None = None
    visit_id: Id | None = None
    match: Match | None = None
    kept: bool = False
    reasons: tuple[str, ...] = ()
    error: str | None = None
    classified_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A person somebody may be: distance, and confidence 0 to 1 that it is so."""

    person_id: Id
    distance: float
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An identity. `merged_into` points to the person this one turned out to be.

    A `visitor` is let in until `visitor_until`, None for always. `no_face` is a poster or a statue.
    Of somebody forgotten (`forgotten_at`) nothing is left but the id, by which copies of the
    gallery learn of it.
    """

    id: Id
    number: int
    status: PersonStatus
    created_at: datetime
    version: int
    name: str | None = None
    visitor: bool = False
    visitor_until: datetime | None = None
    no_face: bool = False
    merged_into: Id | None = None
    forgotten_at: datetime | None = None
    maybe: tuple[Suggestion, ...] = ()
    cover: str | None = None

    @property
    def label(self) -> str:
        """What people call this person."""
        if self.name:
            return self.name
        kind = "Not a face" if self.no_face else "Visitor" if self.visitor else "Stranger"
        return f"{kind} {self.number}"

    @property
    def recognised(self) -> bool:
        """Whether managers have said who or what this is, so that a match is worth a name."""
        return self.status in {PersonStatus.KNOWN, PersonStatus.BLOCKED}

    def lapsed(self, now: datetime) -> bool:
        """Whether this is a visitor whose time is over, who is asked about again."""
        until = self.visitor_until if self.visitor else None
        return self.status is PersonStatus.KNOWN and until is not None and until <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """Since when a reference is searched no more, and why."""

    at: datetime
    reason: Retirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A reference does not look like its person: half of the others are further than `distance`.

    `site_id` is where the photo was taken; None when that is not known any more. `other_id` is
    somebody recognised to whom it is nearer.
    """

    at: datetime
    distance: float
    site_id: Id | None = None
    other_id: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One embedding kept to recognise a person, with the detection it came from.

    A retired one stays, unsearched, so that it can be taken back. `vouched` tells that somebody
    said, of a reference in doubt, that it is of its person; it is never doubted again.
    """

    id: Id
    person_id: Id
    detection_id: Id
    image_key: str
    model: str
    embedding: Embedding
    quality: float
    version: int
    created_at: datetime
    retired: Retired | None = None
    doubt: Doubt | None = None
    vouched: bool = False

    @property
    def doubted(self) -> bool:
        """Whether somebody is to say if this is the person."""
        return self.doubt is not None and not self.vouched and self.retired is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """The embedding of a detection's face by another model than it was classified with.

    Made when the pack is changed, read where two models are compared on a site's own faces
    (domain/labelled.py). A reference's twin is a reference too: of another model, made from the
    same detection.
    """

    id: Id
    detection_id: Id
    model: str
    embedding: Embedding


@dataclass(frozen=True, slots=True, kw_only=True)
class PackInUse:
    """The models that an installation recognises by: the pack's name, and its model's.

    `previous` is the pack that was in use before.
    """

    pack: str
    model: str
    previous: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A cannot-link: somebody said that these two are not the same person."""

    id: Id
    person_id: Id
    other_id: Id
    version: int
    created_at: datetime
    withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The crop that shows a visit best. `covered` says what hides the face there."""

    detection_id: Id
    camera_id: Id
    image_key: str
    quality: float
    covered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A run of detections of one person at one site; `ordinal` 4 is the person's fourth there."""

    id: Id
    person_id: Id
    site_id: Id
    opened_at: datetime
    last_seen_at: datetime
    open: bool
    ordinal: int
    detections: int
    camera_ids: tuple[Id, ...]
    best: Best
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What managers are asked about a visit; answered once.

    `stage` is how far it has come while nobody answers, and `due_at` when the next step is due;
    None: that is still to be seen, or nothing more is due.
    """

    id: Id
    visit_id: Id
    site_id: Id
    person_id: Id
    kind: QuestionKind
    status: QuestionStatus
    asked_at: datetime
    suggestions: tuple[Suggestion, ...] = ()
    decision_id: Id | None = None
    decided_at: datetime | None = None
    stage: Stage = Stage.ASKED
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One record to which a decision assigned fields: their values before and after.

    All that were assigned are there, also those that had the value already.
    """

    collection: str
    id: Id
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """Who took a decision back, when and where; so many crops since were `kept`, with whom."""

    at: datetime
    account_id: Id
    account_name: str
    via: str
    kept: int = 0
    kept_with: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who said what, when and where, and what it changed. No account: Usher itself.

    `site_id` is that of the photo or visit it was about; of a decision on a question, the question
    has it. `version` is that of the gallery it made: decisions were made in its order.
    """

    id: Id
    at: datetime
    account_id: Id | None
    account_name: str
    via: str
    verb: str
    person_id: Id
    question_id: Id | None = None
    target_id: Id | None = None
    name: str | None = None
    site_id: Id | None = None
    changes: tuple[Change, ...] = ()
    version: int = 0
    undone: Undone | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """A one-time way to bind a chat to an account; only the token's hash is kept."""

    id: Id
    account_id: Id
    token_hash: str
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser; only the token's hash is kept."""

    id: Id
    account_id: Id
    token_hash: str
    created_at: datetime
    expires_at: datetime


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


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerState:
    """A worker that was alive at `seen_at`, and the models it works with."""

    name: str
    model: str
    provider: str
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Hours of some weekdays, Monday 0: minutes after midnight, local time; `end` is not in them.

    Those that end before they start go on into the next day.
    """

    days: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What opens a door: `crops` good ones among the last `of`, none older than `within_s` seconds.

    A good one matches with at least the confidence `sure`, 0 to 1.
    """

    crops: int = 3
    of: int = 5
    within_s: float = 5.0
    sure: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A rule that opens something: for whom, where and when, and whom to tell by a webhook.

    For these persons, for `everybody` known, for `visitors` while they are approved. No cameras
    means all of the site, no hours always. `secret` signs what is sent; it is never shown again.
    `open_for_s` is how long it shall stay open, `names` whether the webhook may say for whom, and
    `tells` whether the chats hear of each opening. `touched_at` is when it was last opened or asked
    for: whoever does either writes it, so that two cannot at once.
    """

    id: Id
    site_id: Id
    name: str
    url: str
    secret: str = field(repr=False)
    created_at: datetime
    camera_ids: tuple[Id, ...] = ()
    person_ids: tuple[Id, ...] = ()
    everybody: bool = False
    visitors: bool = False
    hours: tuple[Hours, ...] = ()
    need: Need = Need()
    open_for_s: float = 5.0
    names: bool = False
    tells: bool = False
    touched_at: datetime | None = None
    disabled_at: datetime | None = None

    def watches(self, camera_id: Id) -> bool:
        """Whether who is seen by a camera of the site stands before this door."""
        return not self.camera_ids or camera_id in self.camera_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one crop said at a door; without `reasons` against it, it is a good one."""

    detection_id: Id
    camera_id: Id
    captured_at: datetime
    distance: float | None = None
    confidence: float | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """Who said of a door that it shall open, or shall not, when and where."""

    at: datetime
    account_id: Id
    account_name: str
    via: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """That a door opens for somebody, or does not, and why: an entry of the doors' log.

    After `expires_at` it is worth nothing: neither a webhook nor a press counts any more. `crops`
    are what it was decided by, newest first; those in `used` can open this door no second time.
    `reasons` say why not. `asked` tells that people were asked, `ruling` who answered. `answer` is
    the HTTP status of the last of the `attempts` to deliver it. A `test` opens nothing.
    """

    id: Id
    door_id: Id
    site_id: Id
    status: GrantStatus
    at: datetime
    expires_at: datetime
    due_at: datetime
    person_id: Id | None = None
    visit_id: Id | None = None
    crops: tuple[Evidence, ...] = ()
    used: tuple[Id, ...] = ()
    confidence: float | None = None
    reasons: tuple[str, ...] = ()
    asked: bool = False
    ruling: Ruling | None = None
    attempts: int = 0
    answer: int | None = None
    claimed_until: datetime | None = None
    delivered_at: datetime | None = None
    test: bool = False
