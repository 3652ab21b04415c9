"""The port to what is remembered. `storage` keeps it in MongoDB.

A `Store` reads and writes at once; `Store.transact` gives the same tables inside one transaction.
`save` replaces a record as a whole, by its id. Lists are in the order their docstrings say.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from domain.records import (
    Account,
    Camera,
    Card,
    Decision,
    Detection,
    DetectionStatus,
    Door,
    Embedding,
    Errand,
    Grant,
    Group,
    Guest,
    Id,
    Invite,
    Menu,
    PackInUse,
    Person,
    PersonStatus,
    Question,
    Reference,
    Rejection,
    Session,
    Site,
    Twin,
    Visit,
    WorkerState,
)

T = TypeVar("T")
R = TypeVar("R")


class Table(Protocol[T]):
    """What every collection can do."""

    async def get(self, id_: Id, /) -> T | None:
        """Return the record, or None."""

    async def some(self, ids: Sequence[Id], /) -> dict[Id, T]:
        """Return those of the records that exist, by id."""

    async def add(self, record: T, /) -> None:
        """Keep a new record."""

    async def save(self, record: T, /) -> None:
        """Replace the record that has this id."""

    async def erase(self, ids: Sequence[Id], /) -> None:
        """Delete these records for good; those that are gone already do not matter."""


class Sites(Table[Site], Protocol):
    """Places."""

    async def named(self, name: str, /) -> Site | None:
        """Return the site of this name."""

    async def all(self) -> list[Site]:
        """Return every site, by name."""


class Cameras(Table[Camera], Protocol):
    """Clients that post crops."""

    async def by_key(self, key_hash: str, /) -> Camera | None:
        """Return the camera whose key has this hash, revoked or not."""

    async def at(self, site_id: Id, name: str, /) -> Camera | None:
        """Return the camera of this name at a site, revoked or not."""

    async def all(self) -> list[Camera]:
        """Return every camera, by name."""

    async def seen(self, id_: Id, at: datetime, /) -> None:
        """Note when the camera last posted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionQuery:
    """What to list of the log: newest first, after the cursor (an id), at most `limit`.

    `reference_ids` are references that the faces were nearest to.
    """

    site_ids: tuple[Id, ...] | None = None
    camera_id: Id | None = None
    person_ids: tuple[Id, ...] | None = None
    visit_id: Id | None = None
    reference_ids: tuple[Id, ...] | None = None
    statuses: tuple[DetectionStatus, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    after: Id | None = None
    limit: int = 50


class Detections(Table[Detection], Protocol):
    """The detection log."""

    async def enter(self, entries: Sequence[Detection], /) -> list[Detection]:
        """Keep new detections, journaled; where one has a key already, return that one instead."""

    async def page(self, query: DetectionQuery, /) -> list[Detection]:
        """Return a page of the log, newest first."""

    async def count(self, query: DetectionQuery, /) -> int:
        """Count what a query is about, wherever a page of it would begin or end."""

    async def reassign(self, ids: Sequence[Id], person_id: Id, /) -> None:
        """Note that these detections show another person than was thought."""

    async def backlog(self, limit: int, /) -> int:
        """Count the detections not yet dealt with, up to `limit`."""

    async def claim(
        self, *, worker: str, now: datetime, until: datetime, limit: int, max_attempts: int
    ) -> list[Detection]:
        """Lease up to `limit` new detections nobody holds, oldest first.

        Those tried before come one at a time, so that an image that kills its worker takes no
        others with it; those tried `max_attempts` times become `failed`.
        """

    async def extend(self, tokens: Sequence[str], until: datetime, /) -> None:
        """Hold the leases longer."""

    async def release(self, ids: Sequence[Id], token: str, error: str | None, /) -> None:
        """Give leased detections back at once, with what went wrong, if anything did."""

    async def settle(self, detection: Detection, token: str, /) -> None:
        """Write what became of a leased detection.

        Raises ClaimLostError when the lease is another's, StaleError when the person is already
        in this frame.
        """

    async def retry(self, ids: Sequence[Id], /) -> int:
        """Make failed detections new again; return how many."""

    async def in_frame(self, camera_id: Id, frame: str, /) -> list[Id]:
        """Return the persons already found in a frame."""

    async def seen_together(self, some: Sequence[Id], others: Sequence[Id], /) -> bool:
        """Tell whether one of these persons was ever in a frame with one of those."""

    async def track_person(self, camera_id: Id, track: str, since: datetime, /) -> Id | None:
        """Return the person a camera's track was last classified as."""

    async def lately(
        self, detection: Detection, person_ids: Sequence[Id], since: datetime, /
    ) -> list[Detection]:
        """Return what the site's cameras captured since a time, in any order.

        Of these persons, and of the detection's own track, whoever that was taken for.
        """

    async def repeating(self, detections: Sequence[Detection], /) -> set[Id]:
        """Return those of the detections whose very bytes were posted before."""

    async def expired(
        self, before: datetime, limit: int, /, *, with_image: bool = False
    ) -> list[Detection]:
        """Return detections received before a time, oldest first.

        With `with_image`, only those that still have their image and made no reference.
        """

    async def sites(self, person_ids: Sequence[Id], /) -> set[Id]:
        """Return the sites that have detections of these persons."""

    async def let_go(self, ids: Sequence[Id], /) -> None:
        """Note that no reference needs these detections any more: they are not `kept`."""

    async def forget_images(self, ids: Sequence[Id], /) -> None:
        """Note that the images of these detections are gone: their key becomes empty."""

    async def remove(self, ids: Sequence[Id], /) -> None:
        """Delete detections for good, and their twins."""

    async def forget_embeddings(self, model: str, /) -> int:
        """Delete the embeddings of a model from the log; return how many."""


class Persons(Table[Person], Protocol):
    """Identities."""

    async def canonical(self, id_: Id, /) -> Person | None:
        """Return the person this one turned out to be (itself, unless merged).

        None when there is none, and when they have been forgotten.
        """

    async def members(self, id_: Id, /) -> tuple[Id, ...]:
        """Return the id and those of everybody merged into it, directly or not."""

    async def forgotten(self, since: datetime, /) -> list[Person]:
        """Return what is left of those who were forgotten since a time: nothing but their ids."""

    async def unsuggest(self, ids: Sequence[Id], /) -> None:
        """Suggest these persons for nobody any more."""

    async def perhaps(self, ids: Sequence[Id], /, *, limit: int = 20) -> list[Person]:
        """Return unmerged persons who may be one of these, newest first."""

    async def with_name(self, name: str, /) -> list[Person]:
        """Return unmerged recognised persons of this name, whatever its case."""

    async def numbered(self, number: int, /) -> Person | None:
        """Return the unmerged person who was the stranger of this number."""

    async def page(
        self,
        *,
        statuses: Sequence[PersonStatus] = (),
        text: str = "",
        after: Id | None = None,
        limit: int = 50,
    ) -> list[Person]:
        """Return unmerged persons, newest first."""

    async def next_number(self) -> int:
        """Return the number of the next stranger; none is given twice."""


class References(Table[Reference], Protocol):
    """Embeddings kept to recognise people."""

    async def undoubt(self, ids: Sequence[Id], /) -> None:
        """Take no reference for one of these persons any more."""

    async def of(self, person_ids: Sequence[Id], /) -> list[Reference]:
        """Return the references of these persons, oldest first."""

    async def of_detections(self, detection_ids: Sequence[Id], /) -> list[Reference]:
        """Return the references made from these detections, oldest first."""

    async def made_from(
        self, detection_ids: Sequence[Id], /, *, model: str | None = None
    ) -> set[Id]:
        """Return those of the detections that a reference (of a model, if given) was made from."""

    async def models(self) -> set[str]:
        """Return the models there are references of."""

    async def lacking(self, model: str, twin: str, /) -> list[Id]:
        """Return the ids of one model's references in use that have no twin, oldest first.

        A twin is a reference of the other model made from the same detection, retired or not.
        """

    async def forget(self, model: str, /) -> int:
        """Delete the references of a model; return how many."""

    async def doubted(
        self, site_ids: Sequence[Id] | None, /, *, limit: int = 50
    ) -> list[Reference]:
        """Return those in doubt, of photos taken at these sites (None: all), newest first."""

    async def spent(self, before: datetime, /) -> list[Id]:
        """Return the detections whose references were all retired before a time."""

    async def forget_retired(self, before: datetime, /) -> int:
        """Delete for good what was retired before a time; return how many."""


class Twins(Table[Twin], Protocol):
    """Embeddings of detections by further models."""

    async def keep(self, twins: Sequence[Twin], /) -> None:
        """Keep twins, but those there are already and those of detections that are gone."""

    async def lacking(self, model: str, since: datetime, /) -> list[Id]:
        """Return the detections received since a time that could have a twin of a model.

        They have an embedding of another model, and their image; those kept have a reference,
        whose twin is theirs. Oldest first.
        """

    async def of(self, detection_ids: Sequence[Id], model: str, /) -> dict[Id, Embedding]:
        """Return the twins of a model that these detections have, by detection."""

    async def forget(self, model: str, /) -> int:
        """Delete the twins of a model; return how many."""


class Rejections(Table[Rejection], Protocol):
    """Cannot-links."""

    async def of(self, person_ids: Sequence[Id], /) -> list[Rejection]:
        """Return the rejections in force that name one of these persons."""

    async def ever_of(self, person_ids: Sequence[Id], /) -> list[Rejection]:
        """Return those that name one of these persons, in force or withdrawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """How often somebody was at a site, and when first and last."""

    site_id: Id
    visits: int
    first: datetime
    last: datetime


class Visits(Table[Visit], Protocol):
    """Runs of detections. `add` raises StaleError when the person has an open visit there."""

    async def near(
        self, person_ids: Sequence[Id], site_id: Id, at: datetime, gap: timedelta, /
    ) -> Visit | None:
        """Return the visit that a detection at this time belongs to, if there is one."""

    async def open_of(self, person_ids: Sequence[Id], site_id: Id, /) -> list[Visit]:
        """Return the open visits of these persons at a site."""

    async def count(self, person_ids: Sequence[Id], site_id: Id, /) -> int:
        """Count the visits of these persons at a site."""

    async def sites(self, person_ids: Sequence[Id], /) -> set[Id]:
        """Return the sites at which these persons were seen."""

    async def of(self, person_ids: Sequence[Id], /, *, limit: int = 50) -> list[Visit]:
        """Return visits of these persons, newest first."""

    async def before(self, person_ids: Sequence[Id], site_id: Id, at: datetime, /) -> Visit | None:
        """Return the last visit of these persons at a site that was over before a time."""

    async def recent(self, site_ids: Sequence[Id] | None, /, *, limit: int = 50) -> list[Visit]:
        """Return the visits of these sites (None: all), last seen first."""

    async def between(
        self, site_ids: Sequence[Id] | None, start: datetime, end: datetime, /
    ) -> list[Visit]:
        """Return the visits of these sites (None: all) that fall into a time, oldest first."""

    async def totals(
        self, person_ids: Sequence[Id], site_ids: Sequence[Id] | None, /
    ) -> list[Total]:
        """Return how often these persons were at each of these sites (None: all), last first.

        Sites where they never were are left out.
        """

    async def close(self, last_seen_before: datetime, /) -> int:
        """Close visits nobody was seen in since; return how many."""


class Questions(Table[Question], Protocol):
    """What managers are asked."""

    async def about(self, person_ids: Sequence[Id], /) -> list[Question]:
        """Return every question about these persons."""

    async def unsuggest(self, ids: Sequence[Id], /) -> None:
        """Suggest these persons in no question any more."""

    async def open_of(self, person_ids: Sequence[Id], /) -> list[Question]:
        """Return the open questions about these persons."""

    async def unanswered_of(self, person_ids: Sequence[Id], /) -> list[Question]:
        """Return the questions about these persons that are open, or expired."""

    async def due(self, now: datetime, /, *, limit: int) -> list[Question]:
        """Return open questions to be looked at, oldest first: a step is due, or none is set."""

    async def suggesting(self, person_ids: Sequence[Id], /) -> list[Question]:
        """Return the open questions about others that suggest one of these persons."""

    async def answered(self, person_ids: Sequence[Id], /) -> list[Question]:
        """Return the answered questions about these persons."""

    async def of_decision(self, decision_id: Id, /) -> list[Question]:
        """Return the questions that a decision answered."""

    async def of_visit(self, visit_id: Id, /) -> Question | None:
        """Return the question asked about a visit."""

    async def inbox(
        self, site_ids: Sequence[Id] | None, /, *, after: Id | None = None, limit: int = 20
    ) -> list[Question]:
        """Return open questions of these sites (None: all), newest first."""

    async def oldest(self, site_ids: Sequence[Id] | None, /, *, limit: int = 20) -> list[Question]:
        """Return open questions of these sites (None: all), oldest first."""

    async def open_count(self, site_ids: Sequence[Id] | None, /) -> int:
        """Count the open questions of these sites (None: all)."""


class Decisions(Table[Decision], Protocol):
    """The journal."""

    async def of(self, person_ids: Sequence[Id], /, *, limit: int = 50) -> list[Decision]:
        """Return the decisions about these persons, newest first."""

    async def said_of(self, person_id: Id, /) -> list[Decision]:
        """Return the decisions not undone about this person alone, in the order they were made."""

    async def changing(self, record_ids: Sequence[Id], /) -> list[Decision]:
        """Return the decisions that changed these records, in the order they were made."""

    async def standing(self, since: datetime, /, *, limit: int) -> list[Decision]:
        """Return the decisions made since a time and not undone, newest first."""


class Accounts(Table[Account], Protocol):
    """Humans."""

    async def named(self, name: str, /) -> Account | None:
        """Return the account of this name, whatever its case."""

    async def of_user(self, user_id: int, /) -> Account | None:
        """Return the account bound to a Telegram user."""

    async def all(self) -> list[Account]:
        """Return every account, by name."""

    async def answering(self, site_id: Id, /) -> list[Account]:
        """Return those who may answer for a site and have a chat."""

    async def awaiting(self, person_ids: Sequence[Id], /) -> list[Account]:
        """Return those who asked to be told of one of these persons and have a chat."""


class Guests(Table[Guest], Protocol):
    """Who is expected."""

    async def expected(self, site_id: Id, at: datetime, /) -> list[Guest]:
        """Return who was announced at a site for the day of a time, by name."""

    async def coming(self, site_ids: Sequence[Id] | None, now: datetime, /) -> list[Guest]:
        """Return who was announced at these sites (None: all) for days not over, next first."""

    async def of(self, person_ids: Sequence[Id], names: Sequence[str], /) -> list[Guest]:
        """Return who came as one of these persons, or was announced by one of these names."""

    async def remove(self, id_: Id, /) -> None:
        """Expect somebody no more."""

    async def forget(self, ended_before: datetime, /) -> int:
        """Forget the guests of days that ended before a time; return how many."""


class Groups(Table[Group], Protocol):
    """Group chats bound to sites, now or once."""

    async def of_site(self, site_id: Id, /) -> Group | None:
        """Return the group bound to a site now."""

    async def in_chat(self, chat_id: int, /) -> list[Group]:
        """Return what a chat is or was bound to, the first binding first."""


class Invites(Table[Invite], Protocol):
    """One-time invitations."""

    async def by_token(self, token_hash: str, /) -> Invite | None:
        """Return the invitation whose token has this hash."""

    async def open(self, now: datetime, /) -> list[Invite]:
        """Return those neither used nor expired, the one that expires first first."""

    async def withdraw(self, account_id: Id, /) -> None:
        """Delete the invitations of an account that nobody has used."""


class Sessions(Table[Session], Protocol):
    """Signed-in browsers."""

    async def by_token(self, token_hash: str, /) -> Session | None:
        """Return the session whose token has this hash."""

    async def remove(self, id_: Id, /) -> None:
        """End a session."""

    async def end(self, account_id: Id, /) -> None:
        """End every session of an account."""

    async def latest(self) -> dict[Id, datetime]:
        """Return when each account last signed in, of the sessions that are kept."""

    async def purge(self, now: datetime, /) -> int:
        """Forget the sessions that have expired; return how many."""


class Outbox(Table[Card], Protocol):
    """Cards that chats show, or should."""

    async def touch(self, visit_ids: Sequence[Id], due_at: datetime, /) -> None:
        """Note that the cards of these visits have something new to show, not before `due_at`."""

    async def bring_back(self, ids: Sequence[Id], now: datetime, /) -> None:
        """Have these cards sent anew, at the bottom of their chats."""

    async def let_go(self, account_id: Id, now: datetime, /) -> None:
        """Make cards due that wait for an account and have never been shown."""

    async def snoozed(self, until: datetime, /, *, limit: int) -> list[Card]:
        """Return the cards that were put off until a time, or earlier, oldest first."""

    async def open_menu(self, id_: Id, menu: Menu | None, now: datetime, /) -> None:
        """Note which further buttons a card is to show."""

    async def claim(self, *, now: datetime, until: datetime, limit: int) -> list[Card]:
        """Lease cards that are due and behind, oldest first."""

    async def mark(self, card: Card, /) -> None:
        """Write whether a message is being sent for a card, and how often that is unknowable."""

    async def delivered(self, card: Card, /) -> None:
        """Record a delivery and end the lease; what others wished for meanwhile stays."""

    async def hold(self, card: Card, until: datetime, /) -> None:
        """End the lease; the card is due again at a time."""

    async def next_due(self) -> datetime | None:
        """Return when the next card falls due, or None."""

    async def touch_grant(self, grant_id: Id, due_at: datetime, /) -> None:
        """Note that the cards of a grant have something new to show, not before `due_at`."""

    async def by_message(self, chat_id: int, message_id: int, /) -> Card | None:
        """Return the card shown, or prompted for, by a message."""

    async def of_visit(self, visit_id: Id, /) -> list[Card]:
        """Return every card of a visit."""

    async def stuck(self, recipient_id: Id, /) -> list[Card]:
        """Return the cards of an account or a group that could not be delivered."""

    async def asking(self, chat_id: int, visit_ids: Sequence[Id], /) -> list[Card]:
        """Return the cards in a chat that ask about these visits, in the order they were dealt."""

    async def pager(self, chat_id: int, group_id: Id | None, /) -> Card | None:
        """Return the card of a chat, or group there, that turns from question to question."""

    async def prod(self, id_: Id, at: datetime, /, *, again: bool = False) -> None:
        """Note that a card has something to show, not before a time; or be sent anew for it."""

    async def file_of(self, image_key: str, /) -> str | None:
        """Return what Telegram calls a picture that a card shows."""

    async def move(self, card: Card, /) -> None:
        """Write in which chat a card is now, and that it has no message there yet."""

    async def recall(self, account_id: Id, at: datetime, /, *, kept: Sequence[Id] = ()) -> None:
        """Have the cards of an account looked at anew, but those of the sites that are kept.

        What the account may not see any more is taken away then.
        """

    async def hand_over(self, account_id: Id, chat_id: int, to_id: Id, /) -> None:
        """Let the cards of an account in a chat be another account's."""

    async def remove(self, id_: Id, /) -> None:
        """Forget a card that no chat shows any more."""


class Errands(Table[Errand], Protocol):
    """What people have begun in their chats, at most one errand each."""

    async def of(self, account_id: Id, /) -> Errand | None:
        """Return what an account has begun."""

    async def begin(self, errand: Errand, /) -> None:
        """Keep a new errand in place of the one the account had."""

    async def end_about(self, person_ids: Sequence[Id], /) -> None:
        """Forget what was begun about one of these persons."""

    async def end(self, account_id: Id, /) -> None:
        """Forget what an account has begun; nothing begun is forgotten already."""


class Doors(Table[Door], Protocol):
    """Rules that open something. No two in use have the same name."""

    async def at(self, site_id: Id, /) -> list[Door]:
        """Return the doors in use at a site, by name."""

    async def named(self, name: str, /) -> Door | None:
        """Return the door in use of this name, whatever its case."""

    async def all(self) -> list[Door]:
        """Return every door in use, by name."""

    async def naming(self, person_ids: Sequence[Id], /) -> list[Door]:
        """Return the doors, in use or not, that name one of these persons."""


class Grants(Table[Grant], Protocol):
    """The doors' log. `add` raises StaleError when a crop was used at the door before."""

    async def about(self, door_id: Id, person_ids: Sequence[Id], since: datetime, /) -> list[Grant]:
        """Return what came of these persons at a door since a time, newest first."""

    async def of(self, person_ids: Sequence[Id], /) -> list[Grant]:
        """Return everything that came of these persons, at any door."""

    async def used(self, door_id: Id, detection_ids: Sequence[Id], /) -> set[Id]:
        """Return those of the detections that were used at a door before."""

    async def claim(self, *, now: datetime, until: datetime) -> Grant | None:
        """Lease a grant that is to be delivered now and still worth something, oldest first."""

    async def overdue(self, now: datetime, /) -> list[Grant]:
        """Return what was asked or granted in vain: its time is over, and nobody is at it."""

    async def next_due(self) -> datetime | None:
        """Return when the next falls due: to be delivered, or to be over."""

    async def last(self, limit: int, /, *, door_id: Id | None = None) -> list[Grant]:
        """Return the last entries of the log, newest first."""

    async def forget(self, before: datetime, /) -> int:
        """Delete for good what is older than a time; return how many."""


class Workers(Protocol):
    """Who is at work."""

    async def beat(self, worker: WorkerState, /) -> None:
        """Note that a worker is alive."""

    async def alive(self, since: datetime, /) -> list[WorkerState]:
        """Return the workers seen since a time."""

    async def leave(self, name: str, /) -> None:
        """Note that a worker has stopped."""


class Values(Protocol):
    """Small facts that processes tell one another, such as the bot's name."""

    async def get(self, name: str, /) -> str | None:
        """Return a value, or None."""

    async def put(self, name: str, value: str, /) -> None:
        """Keep a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryChanges:
    """What changed in the gallery up to and including `version`; the model in use as of then."""

    version: int
    model: str | None = None
    persons: tuple[Person, ...]
    references: tuple[Reference, ...]
    rejections: tuple[Rejection, ...]


class GalleryLog(Protocol):
    """The version that every change of references, persons or rejections advances."""

    async def version(self) -> int:
        """Return the current version."""

    async def advance(self, expected: int | None = None, *, model: str | None = None) -> int:
        """Take the next version inside a transaction.

        Raises StaleError when the version is not the expected one, or another model than this is
        in use (None: any will do).
        """

    async def in_use(self) -> PackInUse | None:
        """Return the pack in use; None where none was ever recorded."""

    async def use(self, pack: PackInUse, /) -> None:
        """Record the pack in use, inside a transaction that advances the version."""

    async def since(self, version: int, model: str, /) -> GalleryChanges:
        """Return what changed after a version, with the references of one model.

        Those retired are among them; not so after version 0, when nobody knows them yet.
        """


class Records(Protocol):
    """Every table, at once or inside one transaction."""

    @property
    def sites(self) -> Sites:
        """Places."""

    @property
    def cameras(self) -> Cameras:
        """Clients that post."""

    @property
    def detections(self) -> Detections:
        """The log."""

    @property
    def persons(self) -> Persons:
        """Identities."""

    @property
    def references(self) -> References:
        """Embeddings kept."""

    @property
    def twins(self) -> Twins:
        """Embeddings of detections by further models."""

    @property
    def rejections(self) -> Rejections:
        """Cannot-links."""

    @property
    def visits(self) -> Visits:
        """Runs of detections."""

    @property
    def questions(self) -> Questions:
        """What is asked."""

    @property
    def decisions(self) -> Decisions:
        """The journal."""

    @property
    def accounts(self) -> Accounts:
        """Humans."""

    @property
    def guests(self) -> Guests:
        """Who is expected."""

    @property
    def groups(self) -> Groups:
        """Group chats."""

    @property
    def invites(self) -> Invites:
        """Invitations."""

    @property
    def sessions(self) -> Sessions:
        """Signed-in browsers."""

    @property
    def outbox(self) -> Outbox:
        """Cards."""

    @property
    def errands(self) -> Errands:
        """What people have begun in their chats."""

    @property
    def doors(self) -> Doors:
        """Rules that open something."""

    @property
    def grants(self) -> Grants:
        """The doors' log."""

    @property
    def workers(self) -> Workers:
        """Who is at work."""

    @property
    def values(self) -> Values:
        """Small facts."""

    @property
    def gallery(self) -> GalleryLog:
        """The gallery version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A change somebody may follow: an opaque resume token, the table, and the record's id."""

    token: str
    table: str
    record_id: Id
    created: bool


class Store(Records, Protocol):
    """Everything remembered."""

    async def transact(self, work: Callable[[Records], Awaitable[R]], /) -> R:
        """Run `work` in one transaction, again when another writer was in the way.

        `work` must have no effect but on the records it is given.
        """

    def follow(
        self, tables: Sequence[str], /, *, resume_after: str | None = None
    ) -> AsyncIterator[Event]:
        """Yield the changes of these tables as they happen, from a token on if one is given.

        Raises LookupError when the token is too old to resume from.
        """

    async def ping(self) -> None:
        """Raise when the database cannot be written to."""
