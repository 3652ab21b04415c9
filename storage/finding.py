"""How people are found: what is kept beside a person for it, and the queries that go by that.

Beside a person there are `words`, by whose beginnings they are found, and `filed`, by which a list
is in the order of names: those without one come last, by their number.
"""

import re
from collections.abc import Mapping
from typing import Any

from bson import ObjectId

from domain.naming import fold, search_words, words_of
from domain.records import Person
from domain.store import PersonCursor, PersonOrder, PersonQuery
from storage.documents import Document, object_ids, to_document

# Neither merged into somebody nor forgotten.
THERE: Document = {"merged_into": None, "forgotten_at": None}
ORDERS: Mapping[PersonOrder, list[tuple[str, int]]] = {
    PersonOrder.SEEN: [("last_seen_at", -1), ("_id", -1)],
    PersonOrder.NEWEST: [("_id", -1)],
    PersonOrder.NAME: [("filed", 1), ("_id", 1)],
}


def to_findable(person: Person) -> Document:
    """Return the document that keeps a person, with the fields by which they are found."""
    return to_document(person) | findable(person)


def findable(person: Person) -> Document:
    """Return the fields by which a person is found."""
    words = dict.fromkeys((*words_of(person.name or person.label), str(person.number)))
    filed = f"0 {fold(person.name)}" if person.name else f"1 {person.number:09}"
    return {"words": [*words], "filed": filed}


def matching(query: PersonQuery) -> Document:
    """Return the query document of whoever is meant, on every page."""
    wanted: Document = dict(THERE)
    if query.statuses:
        wanted["status"] = _one_of(query.statuses)
    if query.site_ids is not None:
        wanted["site_ids"] = _one_of(object_ids(query.site_ids))
    if query.unseen_since:
        # Whoever was never seen is meant as well.
        wanted["last_seen_at"] = {"$not": {"$gte": query.unseen_since}}
    elif query.seen_since:
        wanted["last_seen_at"] = {"$gte": query.seen_since}
    each: list[Document] = [{"labels": label} for label in query.labels]
    each += [{"words": _beginning(word)} for word in search_words(query.text)]
    if query.text and not search_words(query.text):
        each.append({"_id": {"$in": []}})  # nobody has a name of nothing but signs
    return {**wanted, "$and": each} if each else wanted


def _one_of(values: Any) -> Any:
    """Return a condition; of one value a plain one, by which an index keeps its order."""
    return values[0] if len(values) == 1 else {"$in": [*values]}


def _beginning(word: str) -> Any:
    """Return what finds a word: a number is looked for as a whole."""
    return word if word.isdecimal() else {"$regex": f"^{re.escape(word)}"}


def following(query: PersonQuery, after: PersonCursor, filed: str | None) -> Document:
    """Return the condition for all that come after somebody in the order of the query.

    It has one range, for the index to begin at; those who are level with them go by id.
    """
    id_ = ObjectId(after.id)
    match query.order:
        case PersonOrder.NEWEST:
            return {"_id": {"$lt": id_}}
        case PersonOrder.NAME:
            return {
                "filed": {"$gte": filed or ""},
                "$nor": [{"filed": filed, "_id": {"$lte": id_}}],
            }
        case PersonOrder.SEEN:
            at = after.seen_at
            range_ = {"$not": {"$gt": at}} if at else None
            return {"last_seen_at": range_, "$nor": [{"last_seen_at": at, "_id": {"$gte": id_}}]}
