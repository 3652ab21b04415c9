"""How the panel says things."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from admin_web import words
from domain.ids import new_id
from domain.records import Best, Decision, Person, PersonStatus, Visit

NOW = datetime(2026, 11, 22, 14, 32, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd"), (113, "113th")],
)
def test_ordinals(number: int, expected: str) -> None:
    """Numbers of visits read as English has them."""
    assert words.ordinal(number) == expected


def test_percentages() -> None:
    """A confidence is never shown as certainty, and none is shown as nothing."""
    shown = [words.percent(share) for share in (0.714, 0.999, 0.0, None)]
    assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in shown] == [
        "71 %",
        "99 %",
        "0 %",
        "",
    ]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 11, 22, 9, 5, tzinfo=UTC), "10:05"),
        (datetime(2026, 11, 21, 23, 30, tzinfo=UTC), "00:30"),
        (datetime(2026, 11, 21, 9, 5, tzinfo=UTC), "21 Nov 10:05"),
        (datetime(2025, 1, 2, 9, 5, tzinfo=UTC), "2 Jan 2025 10:05"),
    ],
)
def test_moments(at: datetime, expected: str) -> None:
    """A time is as short as it can be, in the zone of the site."""
    assert words.moment(at, ZoneInfo("Europe/Berlin"), NOW) == expected


def test_spans() -> None:
    """A visit's times name the day once, and a moment is not a span."""

    def span(first: datetime, last: datetime) -> str:
        visit = Visit(
            id=new_id(),
            person_id=new_id(),
            site_id=new_id(),
            opened_at=first,
            last_seen_at=last,
            open=False,
            ordinal=1,
            detections=1,
            camera_ids=(),
            best=Best(
                detection_id=new_id(), camera_id=new_id(), image_key="crops/a.jpg", quality=1.0
            ),
        )
        return words.span_tags(visit, UTC, NOW).striptags()

    yesterday = NOW.replace(day=21)
    assert span(NOW, NOW.replace(minute=40)) == "14:32 to 14:40"
    assert span(NOW, NOW.replace(second=30)) == "14:32"
    assert span(yesterday, yesterday.replace(hour=15)) == "21 Nov 14:32 to 15:32"
    assert span(yesterday, NOW) == "21 Nov 14:32 to 14:32"


def test_the_journal() -> None:
    """A decision is told with whom it points at; one of a kind not known yet is told as it is."""
    anna = Person(
        id=new_id(), number=1, status=PersonStatus.KNOWN, created_at=NOW, version=1, name="Anna"
    )

    def told(verb: str) -> str:
        decision = Decision(
            id=new_id(),
            at=NOW,
            account_id=new_id(),
            account_name="Maria",
            via="panel",
            verb=verb,
            person_id=new_id(),
            target_id=anna.id,
            name="Berta",
        )
        return words.told(decision, {anna.id: anna})

    verbs = ("name", "merge", "reject", "block", "split")
    assert [told(verb) for verb in verbs] == [
        "Named Berta",
        "Said it is Anna",
        "Said it is not Anna",
        "Blocked",
        "Said that a visit of Anna was somebody else",
    ]
