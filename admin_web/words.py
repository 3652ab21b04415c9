"""How the panel says things: short sentences and times, the same on every page."""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo

from markupsafe import Markup

from domain.records import (
    Account,
    Decision,
    DetectionStatus,
    Id,
    MatchKind,
    Person,
    PersonStatus,
    Role,
    Visit,
)

PERSON_STATUS: Mapping[PersonStatus, str] = {
    PersonStatus.UNKNOWN: "Unknown",
    PersonStatus.KNOWN: "Known",
    PersonStatus.BLOCKED: "Blocked",
    PersonStatus.DISMISSED: "Dismissed",
}
DETECTION_STATUS: Mapping[DetectionStatus, str] = {
    DetectionStatus.NEW: "New",
    DetectionStatus.CLASSIFIED: "Classified",
    DetectionStatus.UNUSABLE: "Unusable",
    DetectionStatus.SPOOF: "Spoof",
    DetectionStatus.FAILED: "Failed",
}
MATCH_KIND: Mapping[MatchKind, str] = {
    MatchKind.MATCH: "Match",
    MatchKind.UNSURE: "Unsure",
    MatchKind.STRANGER: "Stranger",
}
ROLE: Mapping[Role, str] = {
    Role.ADMIN: "Admin: sees and answers for every site",
    Role.MANAGER: "Manager: answers for these sites",
    Role.VIEWER: "Viewer: sees these sites, does not answer",
}
_VERBS = {
    "name": "named by",
    "merge": "recognised by",
    "visitor": "approved as a visitor by",
    "block": "blocked by",
    "dismiss": "dismissed by",
    "no-face": "said to be no face by",
    "known": "let in again by",
    "split": "told apart by",
    "vouch": "confirmed by",
    "remove": "removed by",
    "add": "added by",
    "move": "moved by",
    "separate": "told apart by",
    "label": "labelled by",
    "unlabel": "freed of a label by",
}
_JOURNAL = {
    "name": "Named {name}",
    "merge": "Said it is {other}",
    "visitor": "Approved as a visitor",
    "block": "Blocked",
    "dismiss": "Dismissed: never ask again",
    "reject": "Said it is not {other}",
    "no-face": "Not a face: never ask again",
    "known": "Let in again",
    "split": "Said that a visit of {other} was somebody else",
    "vouch": "Confirmed a photo that was in doubt",
    "remove": "Removed a photo that was in doubt",
    "add": "Added photos",
    "cover": "Chose the picture that {person} is shown by",
    "drop": "Dropped a photo: nobody is recognised by it",
    "refer": "Took a photo to recognise {person} by",
    "move": "Moved {photos} of {other} to {person}",
    "edit": "Changed what is noted as {name}",
    "consent": "Consent {name}",
    "keep": "Changed how long {person} is kept",
    "separate": "Said that {person} and {other} are two people",
    "label": "Labelled {name}",
    "unlabel": "Took the label {name} off",
    "forget": "Forgotten: everything about them was erased",
}
# What Usher itself has decided reads otherwise.
_BY_USHER = {"merge": "Found to be {other}"}
_DOORS = {"panel": "in the panel", "telegram": "in the chat"}
_TEENS = range(11, 14)


def ordinal(number: int) -> str:
    """Return 1st, 2nd, 3rd, 4th, 11th ..."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in _TEENS else ending}"


def percent(share: float | None) -> str:
    """Return a share of 0 to 1 as a percentage; never quite 100, for nothing is certain."""
    return "" if share is None else f"{min(99, round(share * 100))}\N{NO-BREAK SPACE}%"


def fraction(share: float) -> str:
    """Return a share of 0 to 1 as exactly as it is told in settings: "0.05 %", "12 %"."""
    return f"{float(f'{share * 100:.2g}'):g}\N{NO-BREAK SPACE}%"


def share(number: int, total: int) -> str:
    """Return which part of so many a number is, as a percentage."""
    return fraction(number / total) if total else ""


def quantity(number: float) -> str:
    """Return a number as exactly as matters: "3.4", "120", "12,000"."""
    return f"{number:,.1f}" if 0 < number < 10 else f"{number:,.0f}"  # noqa: PLR2004 - two digits


def size(number: float) -> str:
    """Return bytes in the unit people would use: "340 kB", "1.2 GB"."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:  # noqa: PLR2004 - SI
            return f"{quantity(number)}\N{NO-BREAK SPACE}{unit}"
        number /= 1000
    return f"{quantity(number)}\N{NO-BREAK SPACE}TB"


def lasting(span: timedelta) -> str:
    """Return about how long something took: "40 s", "12 min", "3 h", "2 days"."""
    seconds = span.total_seconds()
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length or (unit == "min" and seconds >= length):
            return f"{seconds / length:.0f}\N{NO-BREAK SPACE}{unit}"
    return f"{seconds:.0f}\N{NO-BREAK SPACE}s"


def count(number: int, one: str, many: str | None = None) -> str:
    """Return "1 crop" or "3 crops"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def moment(at: datetime, zone: tzinfo, now: datetime) -> str:
    """Return a time as people say it: without the date today, without the year this year."""
    here, today = at.astimezone(zone), now.astimezone(zone)
    if here.date() == today.date():
        return f"{here:%H:%M}"
    if here.year == today.year:
        return f"{here.day} {here:%b %H:%M}"
    return f"{here.day} {here:%b %Y %H:%M}"


def time_tag(at: datetime, zone: tzinfo, now: datetime) -> Markup:
    """Return a <time> element: short to read, exact when pointed at."""
    here = at.astimezone(zone)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        here.isoformat(timespec="seconds"), f"{here:%Y-%m-%d %H:%M:%S %Z}", moment(at, zone, now)
    )


def span_tags(visit: Visit, zone: tzinfo, now: datetime) -> Markup:
    """Return when a visit was: "14:02 to 14:06", the date only once."""
    first = time_tag(visit.opened_at, zone, now)
    if moment(visit.opened_at, zone, now) == moment(visit.last_seen_at, zone, now):
        return first
    same_day = visit.opened_at.astimezone(zone).date() == visit.last_seen_at.astimezone(zone).date()
    last = time_tag(visit.last_seen_at, zone, visit.last_seen_at if same_day else now)
    return first + " to " + last


def lasted(visit: Visit) -> str:
    """Return how long a visit lasted: "1 h 5 min", "a moment"."""
    minutes = round((visit.last_seen_at - visit.opened_at).total_seconds() / 60)
    hours, rest = divmod(minutes, 60)
    parts = (f"{hours} h" if hours else "", f"{rest} min" if rest else "")
    return " ".join(part for part in parts if part) or "a moment"


def said(decision: Decision, reader: Account) -> str:
    """Return who decided what, to stand after the person's label: "named by Maria in the chat"."""
    verb = _VERBS.get(decision.verb, f"{decision.verb} by")
    return f"{verb} {said_by(decision, reader)}"


def said_by(decision: Decision, reader: Account) -> str:
    """Return who decided and where: "Maria in the chat", "you in the panel"."""
    name = "you" if decision.account_id == reader.id else decision.account_name
    return f"{name} {_DOORS.get(decision.via, '')}".rstrip()


def undone_by(decision: Decision, reader: Account) -> str:
    """Return who took a decision back and where: "Undone by you in the panel"."""
    undone = decision.undone
    if undone is None:
        return ""
    name = "you" if undone.account_id == reader.id else undone.account_name
    return f"Undone by {name} {_DOORS.get(undone.via, '')}".rstrip()


def staying(decision: Decision, people: Mapping[Id, Person]) -> str:
    """Return what an undo left as it had become since: "3 crops seen since stay with Anna."."""
    undone = decision.undone
    other = people.get(undone.kept_with) if undone and undone.kept_with else None
    if undone is None or other is None:
        return ""
    stay = "stays" if undone.kept == 1 else "stay"
    return f"{count(undone.kept, 'crop')} seen since {stay} with {other.label}."


def told(decision: Decision, people: Mapping[Id, Person]) -> str:
    """Return one line of the journal; `people` are who the decisions point at."""
    person = people.get(decision.person_id)
    other = people.get(decision.target_id) if decision.target_id else None
    said = _JOURNAL if decision.account_id else _BY_USHER
    template = said.get(decision.verb, decision.verb.capitalize())
    photos = {c.id for c in decision.changes if c.collection == "detections"}
    return template.format(
        name=decision.name,
        person=person.label if person else "somebody",
        other=other.label if other else "somebody else",
        photos=count(len(photos), "photo"),
    )


_REASONS = {
    "covered_lower": "covered by a mask",
    "covered_upper": "covered by dark glasses",
    "cut_off": "cut at the edge",
    "extreme_pose": "turned away",
    "low_score": "hardly to be made out",
}


def reason(code: str) -> str:
    """Return a reason for setting a face aside in words."""
    return _REASONS.get(code) or code.replace("_", " ").replace("-", " ")
