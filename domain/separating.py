"""Who was made one with somebody by mistake is taken apart, however long ago it was."""

from datetime import datetime

from domain.covers import shown_by
from domain.decisions import may_decide
from domain.errors import InvalidError, NotAllowedError, NotFoundError
from domain.intake import crop_id
from domain.journal import Journal
from domain.policy import DecisionPolicy
from domain.records import Account, Decision, Id, Person, Retirement
from domain.restoring import MERGE, SEPARATE
from domain.store import Records, Store
from domain.undo import may_undo, undo, undoable
from domain.whereabouts import refresh

# The visits of somebody, as a whole.
ALL = 0


async def separate(
    store: Store,
    *,
    person_id: Id,
    member_id: Id,
    account: Account,
    via: str,
    now: datetime,
    policy: DecisionPolicy,
) -> Decision:
    """Let somebody be a person of their own again, with all that was theirs and came by their id.

    Where the decision that made them one can still be undone, it is, and is returned; else they
    are two from now on, and that is remembered. Raises NotFoundError, NotAllowedError, and
    InvalidError where they are two already; then nothing has changed.
    """
    said = await store.decisions.said_of(member_id)
    merged = next((d for d in reversed(said) if d.verb == MERGE), None)
    person = await store.persons.canonical(person_id)
    joined = await store.persons.canonical(member_id)
    if person is None or joined is None or joined.id != person.id or member_id == person.id:
        raise InvalidError("These are two people already.")
    if merged and undoable(merged, now, policy) and await may_undo(store, merged, account):
        undone = await undo(
            store, decision_id=merged.id, account=account, via=via, now=now, policy=policy
        )
        return undone.decision

    async def work(records: Records) -> Decision:
        member = await records.persons.get(member_id)
        whole = await records.persons.canonical(member_id)
        if member is None or whole is None:
            raise NotFoundError("There is no such person.")
        if whole.id == member.id:
            raise InvalidError("These are two people already.")
        for one in (member, whole):
            if not await may_decide(records, one.id, account):
                raise NotAllowedError(
                    "You may not decide about people who were never at your sites."
                )
        journal = Journal(records, account=account, via=via, now=now)
        return await _Separating(records, journal, now, merged).do(member, whole)

    return await store.transact(work)


class _Separating:
    """One separation, inside one transaction; `merged` is what made them one, if it is known."""

    def __init__(
        self, records: Records, journal: Journal, now: datetime, merged: Decision | None
    ) -> None:
        self._records = records
        self._journal = journal
        self._now = now
        self._merged = merged

    async def do(self, member: Person, whole: Person) -> Decision:
        version = await self._records.gallery.advance()
        both = await self._records.persons.members(whole.id)
        await self._journal.assign(member, merged_into=None, version=version)
        own = await self._records.persons.members(member.id)
        await self._take_back_trimmed(both, version)
        await self._change_cover(whole, own, version)
        await self._journal.tell_apart(member.id, whole.id, version)
        seen = await self._records.visits.of(own, limit=ALL)
        await self._records.outbox.touch([visit.id for visit in seen], self._now)
        await refresh(self._records, [member.id, whole.id])
        return await self._journal.enter(SEPARATE, member.id, target_id=whole.id)

    async def _take_back_trimmed(self, both: tuple[Id, ...], version: int) -> None:
        """Recognise both again by the references that were one too many while they were one."""
        since = self._merged.version if self._merged else 0
        for reference in await self._records.references.of(both):
            gone = reference.retired
            if gone and gone.reason is Retirement.TRIMMED and reference.version > since:
                await self._journal.assign(reference, retired=None, version=version)

    async def _change_cover(self, whole: Person, own: tuple[Id, ...], version: int) -> None:
        """Show who is left by another picture, where it was one of who is taken away."""
        id_ = crop_id(whole.cover) if whole.cover else None
        crop = await self._records.detections.get(id_) if id_ else None
        if crop and crop.person_id in own:
            cover = await shown_by(self._records, whole.id)
            await self._journal.assign(whole, cover=cover, version=version)
