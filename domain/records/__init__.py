"""What Usher remembers: one frozen record for each word of the design.

Times are aware UTC datetimes. Ids are hexadecimal strings here and ObjectIds in the database.
Distances are cosine distances, 1 - cosine similarity, of unit embeddings.
"""

from domain.records.accounts import (
    Account,
    Alerts,
    Arrival,
    Group,
    Guest,
    Invite,
    Purpose,
    Quiet,
    Recipient,
    Role,
    Session,
    Tries,
)
from domain.records.chats import Card, CardKind, Errand, ErrandKind, Menu
from domain.records.counts import DayCount
from domain.records.deeds import Deed, DeedKind
from domain.records.detections import (
    Claim,
    Detection,
    DetectionStatus,
    Face,
    Image,
    Match,
    MatchKind,
    Rival,
)
from domain.records.doors import Door, Evidence, Grant, GrantStatus, Hours, Need, Ruling
from domain.records.drafts import Draft, DraftFace
from domain.records.house import House, RuleChange
from domain.records.ids import Embedding, Id
from domain.records.journal import Change, Decision, Undone
from domain.records.models import PackInUse, Twin, WorkerState
from domain.records.people import (
    Consent,
    Doubt,
    Person,
    PersonStatus,
    Reference,
    Rejection,
    Retired,
    Retirement,
    Suggestion,
)
from domain.records.places import Camera, Site
from domain.records.visits import (
    UNANSWERED,
    Best,
    Question,
    QuestionKind,
    QuestionStatus,
    Stage,
    Visit,
)

__all__ = [
    "UNANSWERED",
    "Account",
    "Alerts",
    "Arrival",
    "Best",
    "Camera",
    "Card",
    "CardKind",
    "Change",
    "Claim",
    "Consent",
    "DayCount",
    "Decision",
    "Deed",
    "DeedKind",
    "Detection",
    "DetectionStatus",
    "Door",
    "Doubt",
    "Draft",
    "DraftFace",
    "Embedding",
    "Errand",
    "ErrandKind",
    "Evidence",
    "Face",
    "Grant",
    "GrantStatus",
    "Group",
    "Guest",
    "Hours",
    "House",
    "Id",
    "Image",
    "Invite",
    "Match",
    "MatchKind",
    "Menu",
    "Need",
    "PackInUse",
    "Person",
    "PersonStatus",
    "Purpose",
    "Question",
    "QuestionKind",
    "QuestionStatus",
    "Quiet",
    "Recipient",
    "Reference",
    "Rejection",
    "Retired",
    "Retirement",
    "Rival",
    "Role",
    "RuleChange",
    "Ruling",
    "Session",
    "Site",
    "Stage",
    "Suggestion",
    "Tries",
    "Twin",
    "Undone",
    "Visit",
    "WorkerState",
]
