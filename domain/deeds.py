"""Noting who did what to a camera, a site or an account, in the transaction that does it."""

from dataclasses import dataclass
from datetime import datetime

from domain.ids import new_id
from domain.records import Account, Camera, Deed, DeedKind, Site
from domain.store import Records

_KINDS = {Camera: DeedKind.CAMERA, Site: DeedKind.SITE, Account: DeedKind.ACCOUNT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doer:
    """Who does something, where and when; no account: whoever has the command line."""

    account: Account | None
    via: str
    now: datetime


async def note(
    records: Records, doer: Doer, verb: str, subject: Camera | Site | Account, detail: str = ""
) -> None:
    """Write down what was done; the subject is as it was called before."""
    account = doer.account
    await records.deeds.add(
        Deed(
            id=new_id(),
            at=doer.now,
            account_id=account.id if account else None,
            account_name=account.name if account else "",
            via=doer.via,
            kind=_KINDS[type(subject)],
            verb=verb,
            subject_id=subject.id,
            name=subject.name,
            detail=detail,
        )
    )
