"""What cards say, without a chat: every state, times, percentages, lengths."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.buttons import MAX_BYTES, Press, Verb, name_mark, read_press
from bot.cards import Content, Paper, render
from bot.tongue import Tongue, tongue
from bot.words import ordinal, short
from domain.errors import InvalidError
from domain.ids import new_id
from domain.records import (
    Best,
    Camera,
    CardKind,
    Decision,
    Person,
    PersonStatus,
    Question,
    QuestionKind,
    QuestionStatus,
    Site,
    Visit,
)
from domain.views import Likely, VisitView

AT = datetime(2026, 11, 22, 14, 32, tzinfo=UTC)
PAPER = Paper(day=AT, zone=UTC)
VERBS = {
    "name": "named",
    "merge": "recognised",
    "visitor": "approved as a visitor",
    "block": "blocked",
    "dismiss": "dismissed",
    "reject": "ruled out",
    "something-new": "decided",
}


def _person(**values: object) -> Person:
    made = Person(id=new_id(), number=17, status=PersonStatus.UNKNOWN, created_at=AT, version=1)
    return replace(made, **values)  # type: ignore[arg-type]


def _view(**values: object) -> VisitView:
    person, site = _person(), Site(id=new_id(), name="Main", created_at=AT)
    camera = Camera(id=new_id(), site_id=site.id, name="Front door", key_hash="", created_at=AT)
    visit = Visit(
        id=new_id(),
        person_id=person.id,
        site_id=site.id,
        opened_at=AT,
        last_seen_at=AT,
        open=True,
        ordinal=1,
        detections=3,
        camera_ids=(camera.id,),
        best=Best(detection_id=new_id(), camera_id=camera.id, image_key="k", quality=0.5),
    )
    question = Question(
        id=new_id(),
        visit_id=visit.id,
        site_id=site.id,
        person_id=person.id,
        kind=QuestionKind.WHO,
        status=QuestionStatus.OPEN,
        asked_at=AT,
    )
    made = VisitView(visit=visit, person=person, site=site, cameras=(camera,), question=question)
    return replace(made, **values)  # type: ignore[arg-type]


def _question(view: VisitView, **values: object) -> Question:
    assert view.question
    return replace(view.question, **values)  # type: ignore[arg-type]


def _decision(verb: str) -> Decision:
    return Decision(
        id=new_id(),
        at=AT,
        account_id=new_id(),
        account_name="Maria",
        via="panel",
        verb=verb,
        person_id=new_id(),
    )


def _buttons(content: Content) -> list[str]:
    return [button.text for row in content.rows for button in row]


def test_a_stranger() -> None:
    """Label, camera, site, time and count."""
    content = render(_view(), CardKind.QUESTION, PAPER)
    assert content.html == "<b>Stranger 17</b> at Front door\nMain · 14:32 · 3 crops"
    assert content.plain == "Stranger 17 at Front door\nMain · 14:32 · 3 crops"


def test_a_long_visit_that_came_back() -> None:
    """How many crops of how many cameras in what time, the number of the visit, and the last."""
    view = _view()
    cameras = (view.cameras[0], replace(view.cameras[0], id=new_id(), name="Hall"))
    grown = replace(
        view.visit,
        ordinal=4,
        last_seen_at=AT + timedelta(seconds=40),
        camera_ids=tuple(camera.id for camera in cameras),
    )
    tuesday = replace(view.visit, last_seen_at=AT - timedelta(days=5, hours=-4))
    shown = replace(view, visit=grown, cameras=cameras, previous=tuesday)
    assert render(shown, CardKind.QUESTION, PAPER).html == (
        "<b>Stranger 17</b> at Front door, Hall\n"
        "Main · 14:32 · 3 crops, 2 cameras, 40 s\n"
        "4th visit, last Tuesday 18:32"
    )


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(hours=1), "last 13:32"),
        (timedelta(days=1), "last Saturday 14:32"),
        (timedelta(days=6), "last Monday 14:32"),
        (timedelta(days=7), "last 15 Nov 14:32"),
    ],
)
def test_when_somebody_was_last_here(ago: timedelta, said: str) -> None:
    """Today by the hour, within a week by its day, and else by its date."""
    view = _view()
    grown = replace(view.visit, ordinal=2)
    shown = replace(view, visit=grown, previous=replace(view.visit, last_seen_at=AT - ago))
    assert said in render(shown, CardKind.QUESTION, PAPER).html


@pytest.mark.parametrize(
    ("seconds", "said"), [(59, "59 s"), (60, "1 min"), (3599, "59 min"), (7500, "2 h 5 min")]
)
def test_how_long_a_visit_is(seconds: int, said: str) -> None:
    """Seconds, then minutes, then hours."""
    view = _view()
    grown = replace(view.visit, last_seen_at=AT + timedelta(seconds=seconds))
    html = render(replace(view, visit=grown), CardKind.QUESTION, PAPER).html
    assert html.endswith(f"3 crops, {said}")


def test_a_card_that_speaks_german() -> None:
    """The same facts in the words, dates and numbers of whoever reads it."""
    view = _view()
    before = replace(view.visit, last_seen_at=AT - timedelta(days=5))
    shown = replace(view, visit=replace(view.visit, ordinal=4), previous=before)
    content = render(shown, CardKind.QUESTION, replace(PAPER, t=tongue("de-AT")))
    assert content.html == (
        "<b>Unbekannt 17</b> · Front door\n"
        "Main · 14:32 · 3 Bilder\n"
        "4. Besuch, zuletzt Dienstag 14:32"
    )
    assert _buttons(content)[0] == "Name"


def test_more_than_three_cameras_are_counted() -> None:
    """Three names, and how many more."""
    view = _view()
    many = tuple(replace(view.cameras[0], name=f"C{n}") for n in range(5))
    assert "at C0, C1, C2, 2 more\n" in render(replace(view, cameras=many), "question", PAPER).html  # type: ignore[arg-type]


def test_confirming_offers_the_others_too() -> None:
    """Somebody recognised is asked about, even when a stranger is nearer; others are buttons."""
    anna = Likely(person=_person(name="Anna", status=PersonStatus.KNOWN), confidence=0.71)
    view = _view(
        likely=(
            Likely(person=_person(number=3), confidence=0.8),
            anna,
            Likely(person=_person(name="Bea", status=PersonStatus.KNOWN), confidence=0.69),
        ),
        supposed=anna,
    )
    asked = replace(view, question=_question(view, kind=QuestionKind.CONFIRM))
    content = render(asked, CardKind.QUESTION, PAPER)
    assert content.html.startswith("Is this <b>Anna</b>? 71 %\nFront door · Main · 14:32")
    assert _buttons(content) == [
        *("Yes", "No", "Someone else"),
        "It is Bea 69 %",
        *("Later", "More"),
    ]


def test_confirming_nobody_asks_who() -> None:
    """When whom it might be is gone, the open question is asked."""
    view = _view()
    asked = replace(view, question=_question(view, kind=QuestionKind.CONFIRM))
    assert _buttons(render(asked, CardKind.QUESTION, PAPER))[0] == "Name"


@pytest.mark.parametrize(("verb", "said"), VERBS.items())
def test_every_decision_says_who_and_when(verb: str, said: str) -> None:
    """No sound, and nothing that a growing visit would change."""
    view = _view(decision=_decision(verb))
    decided = replace(view, question=_question(view, status=QuestionStatus.ANSWERED))
    content = render(decided, CardKind.QUESTION, PAPER)
    assert content.html == (
        f"<b>Stranger 17</b>, {said} by Maria at 14:32\nFront door · Main · 14:32"
    )
    assert (content.rows, content.silent) == ((), True)


def test_a_stranger_settled_by_a_later_crop() -> None:
    """Who it turned out to be and how surely, for nobody decided that."""
    view = _view(decision=replace(_decision("merge"), account_id=None, account_name="Usher"))
    anna = _person(name="Anna", status=PersonStatus.KNOWN)
    sure = replace(view.visit, confidence=0.96)
    answered = _question(view, status=QuestionStatus.ANSWERED)
    settled = replace(view, question=answered, person=anna, visit=sure)
    assert render(settled, CardKind.QUESTION, PAPER).html == (
        "<b>Anna</b> 96 %, recognised in a later picture\nFront door · Main · 14:32"
    )


def test_a_decision_of_another_day_has_its_date() -> None:
    """A card sent at night and decided in the morning says so."""
    view = _view(decision=replace(_decision("name"), at=AT + timedelta(days=1)))
    decided = replace(view, question=_question(view, status=QuestionStatus.ANSWERED))
    assert "by Maria at 23 Nov 14:32\n" in render(decided, CardKind.QUESTION, PAPER).html


def test_a_question_that_made_way() -> None:
    """The card points to the newer one."""
    view = _view()
    old = replace(view, question=_question(view, status=QuestionStatus.SUPERSEDED))
    content = render(old, CardKind.QUESTION, PAPER)
    assert content.html.endswith("\nSeen again: see the newer card.")
    assert not content.rows


def test_alert_and_notice() -> None:
    """An alert sounds and follows the visit; a notice is silent and stays as it is."""
    view = replace(_view(question=None), person=_person(name="Anna", status=PersonStatus.KNOWN))
    alert = render(view, CardKind.ALERT, PAPER)
    notice = render(view, CardKind.NOTICE, PAPER)
    assert alert.html == "⚠ Blocked: <b>Anna</b> at Front door\nMain · 14:32 · 3 crops"
    assert notice.html == "<b>Anna</b> · recognised at Front door 14:32"
    assert (alert.silent, notice.silent) == (False, True)
    assert (_buttons(alert), _buttons(notice)) == (["Not Anna"], ["Not Anna"])


def test_a_notice_of_somebody_whose_name_was_taken_back() -> None:
    """They were seen; nobody claims to know them any more, so there is nothing to contradict."""
    notice = render(_view(question=None), CardKind.NOTICE, PAPER)
    assert notice.html == "<b>Stranger 17</b> · seen at Front door 14:32"
    assert notice.rows == ()


@pytest.mark.parametrize(
    ("until", "said"),
    [
        (datetime(2026, 11, 23, tzinfo=UTC), "approved as a visitor for today by Maria"),
        (datetime(2026, 11, 30, tzinfo=UTC), "approved as a visitor until 29 Nov by Maria"),
        (None, "approved as a visitor by Maria"),
    ],
)
def test_until_when_a_visitor_is_approved(until: datetime | None, said: str) -> None:
    """The last day is named, which is the one before the midnight that ends it."""
    view = _view(question=None)
    visitor = replace(view.person, status=PersonStatus.KNOWN, visitor=True, visitor_until=until)
    shown = replace(view, person=visitor, decision=_decision("visitor"))
    content = render(shown, CardKind.QUESTION, PAPER)
    assert content.plain.startswith(f"Visitor 17, {said} at 14:32")


@pytest.mark.parametrize("kind", QuestionKind)
def test_a_question_says_what_covers_the_face(kind: QuestionKind) -> None:
    """Asked who it is or whether it is Anna, the card says why Usher does not know better."""
    anna = _person(name="Anna", status=PersonStatus.KNOWN)
    view = _view(likely=(Likely(person=anna, confidence=0.8),))
    best = replace(view.visit.best, covered=("covered_upper",))
    covered = replace(
        view,
        visit=replace(view.visit, best=best),
        question=_question(view, kind=kind),
    )
    assert (
        "\nThe face is covered by dark glasses." in render(covered, CardKind.QUESTION, PAPER).html
    )


def test_times_are_those_of_the_site() -> None:
    """A zone shifts the time and, near midnight, the day."""
    tokyo = ZoneInfo("Asia/Tokyo")
    assert Tongue().time(AT, day=AT, zone=tokyo) == "23:32"
    later = AT + timedelta(hours=1)
    assert Tongue().time(later, day=AT, zone=tokyo) == "23 Nov 00:32"


def test_words() -> None:
    """Ordinals and percentages read as people write them."""
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 112)] == (
        ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th"]
    )
    said = [Tongue().percent(share) for share in (0.0, 0.714, 0.999, 1.0)]
    assert said == ["0 %", "71 %", "99 %", "99 %"]


def test_a_text_is_cut_by_utf_16_units() -> None:
    """Characters outside the basic plane count double, and none is cut in half."""
    assert short("abc", 3) == "abc"
    assert short("\N{GRINNING FACE}" * 3, 5) == "\N{GRINNING FACE}" * 2 + "…"


@pytest.mark.parametrize("verb", list(Verb))
def test_a_button_reads_back_as_it_was_written(verb: Verb) -> None:
    """Every verb survives the way through Telegram, within its 64 bytes."""
    about = verb in {Verb.IS, Verb.EXPECTED, Verb.NOT, Verb.ELSE, Verb.SAME, Verb.ALSO}
    words = {Verb.ALSO: name_mark("Anna"), Verb.VISITOR: "always", Verb.LATER: "morning"}
    press = Press(
        verb=verb,
        id=new_id(),
        person_id=new_id() if about else None,
        word=words.get(verb, "shut" if verb is Verb.MENU else ""),
    )
    assert len(press.data.encode()) <= MAX_BYTES
    assert read_press(press.data) == press


@pytest.mark.parametrize("data", ["", "v1", "v1:", "v1:name", "v0:name:" + "a" * 24, "é" * 60])
def test_what_is_no_button_is_refused(data: str) -> None:
    """Anything else raises InvalidError."""
    with pytest.raises(InvalidError):
        read_press(data)
