"""The rules of the house as the settings page shows and reads them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from domain.errors import InvalidError
from domain.house import DEFAULTS, LIMITS
from domain.records import House, Quiet, RuleChange
from domain.rules import Rules

Form = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Unit:
    """In what a rule is written: `value` makes it of a number, `number` gives it back."""

    name: str
    value: Callable[[float], Any]
    number: Callable[[Any], float]

    def write(self, value: Any) -> str:
        """Return a value as a field shows it."""
        return f"{round(self.number(value), 6):.10g}"


def _days(number: float) -> int:
    if number != int(number):
        raise InvalidError("Please write a whole number of days.")
    return int(number)


PERCENT = Unit("%", lambda n: n / 100, lambda v: v * 100)
MINUTES = Unit("minutes", lambda n: timedelta(minutes=n), lambda v: v / timedelta(minutes=1))
HOURS = Unit("hours", lambda n: timedelta(hours=n), lambda v: v / timedelta(hours=1))
DAYS = Unit("days", _days, float)


@dataclass(frozen=True, slots=True)
class Field:
    """A rule that is a number: what it is called, in what it is written, and what it means."""

    rule: str
    label: str
    unit: Unit
    hint: str = ""

    @property
    def default(self) -> str:
        """The default, as the field would show it."""
        return self.unit.write(getattr(DEFAULTS, self.rule))

    def read(self, text: str) -> Any:
        """Return what a text means, None for nothing; raise InvalidError beyond the limits."""
        if not text.strip():
            return None
        limits = LIMITS[self.rule]
        try:
            value = self.unit.value(float(text.strip().replace(",", ".")))
        except (ValueError, OverflowError) as error:
            raise InvalidError(f"{self.label}: please write a number.") from error
        if not limits.allow(value):
            least, most = (self.unit.write(end) for end in (limits.least, limits.most))
            between = f"more than {least} and less than {most}" if limits.between else ""
            between = between or f"from {least} to {most}"
            raise InvalidError(f"{self.label}: {between} {self.unit.name}, please.")
        return value


TARGET = (
    Field(
        "strangers_named",
        "Strangers taken for somebody you know, at most",
        PERCENT,
        "Of all strangers, of one picture each. Less: people you know are asked about more often.",
    ),
    Field(
        "strangers_doubted",
        "Strangers asked about as somebody you know, at most",
        PERCENT,
        "Usher asks “Is this Anna?” about so many strangers at most.",
    ),
)
VISITS = (
    Field("visit_gap", "A visit ends after", MINUTES, "So long without anybody seeing the person."),
)
QUESTIONS = (
    Field("remind_after", "Remind those asked after", MINUTES, "Once. 0: never."),
    Field("escalate_after", "Ask everybody else after", MINUTES, "Who may answer. 0: never."),
    Field("expire_after", "Give up after", HOURS, "Later answers count all the same. 0: never."),
)
RETENTION = (
    Field(
        "images_days",
        "Delete pictures after",
        DAYS,
        "Pictures that people are recognised by stay. 0: keep all.",
    ),
    Field("detections_days", "Delete their records after", DAYS, "0: keep all."),
)
FIELDS: Mapping[str, Field] = {
    field.rule: field for field in (*TARGET, *VISITS, *QUESTIONS, *RETENTION)
}
# Which rules a form of the page carries.
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "target": tuple(field.rule for field in TARGET),
    "visits": ("visit_gap", "announce_known"),
    "questions": tuple(field.rule for field in QUESTIONS),
    "quiet": ("quiet",),
    "retention": tuple(field.rule for field in RETENTION),
}
NAMES: Mapping[str, str] = {
    **{rule: field.label for rule, field in FIELDS.items()},
    "announce_known": "Say when somebody known arrives",
    "quiet": "Quiet hours of the house",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A rule that is a number, as the page shows it.

    `text` is what the panel has set, or what somebody wrote that is not right; `now` what holds.
    `variable` has fixed it, if it is set in the environment.
    """

    field: Field
    text: str
    now: str
    variable: str | None


def rows(
    fields: tuple[Field, ...], rules: Rules, variables: Mapping[str, str], said: Form
) -> list[Row]:
    """Return the fields of one section."""
    return [
        Row(
            field=field,
            text=said.get(field.rule, _text(field, rules.house)),
            now=field.unit.write(getattr(rules.now, field.rule)),
            variable=variables.get(field.rule),
        )
        for field in fields
    ]


def _text(field: Field, house: House) -> str:
    value = getattr(house, field.rule)
    return "" if value is None else field.unit.write(value)


def read(section: str, form: Form, fixed: Mapping[str, str]) -> dict[str, Any]:
    """Return what a form says of each rule of its section that is not fixed.

    Raises InvalidError.
    """
    return {rule: _read(rule, form) for rule in SECTIONS.get(section, ()) if rule not in fixed}


def _read(rule: str, form: Form) -> Any:
    if rule == "announce_known":
        return "announce_known" in form
    if rule == "quiet":
        return _quiet(form)
    return FIELDS[rule].read(str(form.get(rule, "")))


def _quiet(form: Form) -> Quiet | None:
    if "quiet_on" not in form:
        return None
    return Quiet(
        start=_minutes(str(form.get("quiet_from", ""))),
        end=_minutes(str(form.get("quiet_to", ""))),
        digest="quiet_digest" in form,
    )


def _minutes(text: str) -> int:
    hours, colon, minutes = text.partition(":")
    if not (colon and hours.isdecimal() and minutes.isdecimal()):
        raise InvalidError("Quiet hours need a beginning and an end, as 22:00 and 07:00.")
    total = int(hours) * 60 + int(minutes)
    if int(hours) > 23 or int(minutes) > 59:  # noqa: PLR2004 - a clock
        raise InvalidError("A time of day is from 00:00 to 23:59.")
    return total


def clock(minutes: int) -> str:
    """Return minutes after midnight as 07:05."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def valued(rule: str, value: Any) -> str:
    """Return the value of a rule, as the journal keeps it, in words."""
    if value is None:
        return _default(rule)
    if rule == "announce_known":
        return "yes" if value else "no"
    if rule == "quiet":
        digest = ", the rest in the morning" if value.get("digest") else ""
        return f"{clock(value['start'])} to {clock(value['end'])}{digest}"
    unit = FIELDS[rule].unit
    seconds = unit in {MINUTES, HOURS}
    return f"{unit.write(timedelta(seconds=value) if seconds else value)} {unit.name}"


def _default(rule: str) -> str:
    if rule == "quiet":
        return "none"
    if rule == "announce_known":
        return "no (the default)"
    field = FIELDS[rule]
    return f"{field.default} {field.unit.name} (the default)"


def changed(change: RuleChange) -> str:
    """Return what a change made of a rule."""
    before, after = valued(change.rule, change.before), valued(change.rule, change.after)
    return f"{NAMES.get(change.rule, change.rule)}: {before} → {after}"
