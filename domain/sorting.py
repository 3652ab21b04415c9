"""Several people given a label at once, or freed of it; undone together like other answers."""

from collections.abc import Sequence
from datetime import datetime

from domain.errors import InvalidError, UsherError
from domain.ids import new_id
from domain.labelling import Labelling, clean_label, label
from domain.records import Account, Id
from domain.replies import Outcome
from domain.store import Store
from domain.together import MOST, Refusal, Together


async def label_together(
    store: Store,
    *,
    person_ids: Sequence[Id],
    text: str,
    how: Labelling,
    account: Account,
    via: str,
    now: datetime,
) -> Together:
    """Put a label on several people, or take it off those who have it.

    Raises InvalidError for nobody, for more than MOST, for a bad label and for one that none of
    them has; then nothing has changed.
    """
    given, ids, batch = clean_label(text), [*dict.fromkeys(person_ids)], new_id()
    if len(ids) > MOST:
        raise InvalidError("Choose {n} at most.", n=MOST)
    there = await store.persons.some(ids)
    if how is Labelling.TAKEN_OFF:
        ids = [id_ for id_ in ids if id_ in there and given in there[id_].labels]
    if not there:
        raise InvalidError("Choose at least one.")
    if not ids:
        raise InvalidError("None of them has this label.")
    outcomes: list[Outcome] = []
    refused: list[Refusal] = []
    for id_ in ids:
        try:
            outcome = await label(
                store,
                person_id=id_,
                text=given,
                how=how,
                account=account,
                via=via,
                now=now,
                batch=batch,
            )
        except UsherError as error:
            refused.append(Refusal(id_, error))
        else:
            outcomes.append(outcome)
    return Together(batch, tuple(outcomes), tuple(refused))
