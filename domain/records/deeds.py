"""What people did to the house: to its cameras, its sites and its accounts."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.records.ids import Id


class DeedKind(StrEnum):
    """What a deed was done to."""

    CAMERA = "camera"
    SITE = "site"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Who did what to a camera, a site or an account, when and where.

    `name` is what it was called then; `detail` what became of it, such as its new name. No account:
    the command line.
    """

    id: Id
    at: datetime
    account_id: Id | None
    account_name: str
    via: str
    kind: DeedKind
    verb: str
    subject_id: Id
    name: str
    detail: str = ""
