"""The audit finds every wrong there can be, and nothing where all is well."""

from demo.botapi.views import Shown
from evaluation.audit import Findings
from evaluation.killer import Kill
from evaluation.processes import Role
from tests.evaluation.runs import Run, classified


def test_all_is_well(run: Run) -> None:
    """Nothing is found in a run that went well."""
    assert run.audit() == Findings(acknowledged=4, classified=4)


def test_lost_post(run: Run) -> None:
    """A detection that is acknowledged but not in the log is lost."""
    del run.log[0]
    assert run.audit().lost == 1


def test_unsettled_post(run: Run) -> None:
    """A detection that is still new, or failed, is lost as well."""
    run.change(0, status="new")
    run.change(1, status="failed")
    assert run.audit().lost == 2


def test_unusable_post(run: Run) -> None:
    """A clean face that is called unusable is a problem, though not lost."""
    run.change(0, status="unusable")
    found = run.audit()
    assert found.lost == 0
    assert found.problems


def test_doubled_post(run: Run) -> None:
    """A detection nobody was told of means that a retry was entered twice."""
    run.log.append(classified("extra", "Stranger 1", "v1"))
    assert any("entered twice" in problem for problem in run.audit().problems)


def test_doubled_person(run: Run) -> None:
    """One person in truth, two in the log: one too many."""
    run.change(0, person={"label": "Stranger 3"})
    assert run.audit().doubled_persons == 1


def test_two_people_taken_for_one(run: Run) -> None:
    """Two in truth, one in the log, is a problem."""
    run.change(3, person={"label": "Stranger 1"})
    assert any("Ada, Bob" in problem for problem in run.audit().problems)


def test_doubled_visit(run: Run) -> None:
    """One visit in truth, two in the log, is a problem."""
    run.change(0, visit_id="v9")
    assert any("was taken for 2" in problem for problem in run.audit().problems)


def test_lost_card(run: Run) -> None:
    """Somebody unknown whom no card asks about is lost."""
    del run.messages[1]
    assert run.audit().lost == 1


def test_card_without_buttons(run: Run) -> None:
    """A card that has lost its buttons asks nothing, so it is lost too."""
    run.edit(1, buttons=(), history=(Shown(at=1.0, text="", buttons=run.messages[1].buttons),))
    assert run.audit().lost == 1


def test_card_about_nobody(run: Run) -> None:
    """A card about somebody nobody has seen is a problem."""
    run.send("q3", "Stranger 9 at Front door\nMain · 12:00 · 1 crop", at=1000.0)
    assert run.audit().problems


def test_two_questions_about_one_person(run: Run) -> None:
    """Two open questions about one person at one site are a problem."""
    run.send("q3", run.messages[0].text, at=1000.0)
    assert any("2 cards ask" in problem for problem in run.audit().problems)


def test_wrong_count(run: Run) -> None:
    """A card that counts its visit's crops wrong is a problem."""
    run.edit(0, text=run.messages[0].text.replace("3 crops", "4 crops"))
    assert any("says 4 crops" in problem for problem in run.audit().problems)


def test_card_sent_twice(run: Run) -> None:
    """The same question in two messages is a doubled card."""
    run.send_again(at=1001.0)
    found = run.audit()
    assert (found.doubled_cards, found.unknowable_cards) == (1, 0)


def test_card_sent_twice_as_the_bot_died(run: Run) -> None:
    """If the bot died just after Telegram's answer, nobody can know: counted apart, no problem."""
    run.kills = [Kill(at=1000.2, role=Role.BOT, pid=1)]
    run.send_again(at=1060.0)
    found = run.audit()
    assert (found.doubled_cards, found.unknowable_cards) == (0, 1)
    assert found.problems == []


def test_card_sent_twice_long_after_its_record(run: Run) -> None:
    """The bot's death is no excuse when it had time to record the answer."""
    run.kills = [Kill(at=1010.0, role=Role.BOT, pid=1)]
    run.send_again(at=1060.0)
    assert run.audit().doubled_cards == 1


def test_record_that_waited_for_the_database(run: Run) -> None:
    """While mongod is away the record takes longer, and the bot may die in that time."""
    run.kills = [
        Kill(at=999.0, role=Role.MONGOD, pid=1),
        Kill(at=1010.0, role=Role.BOT, pid=1),
    ]
    run.send_again(at=1060.0)
    assert run.audit().unknowable_cards == 1


def test_other_deaths_are_no_excuse(run: Run) -> None:
    """A worker's death explains no second card."""
    run.kills = [Kill(at=1000.2, role=Role.WORKER, pid=1)]
    run.send_again(at=1060.0)
    assert run.audit().doubled_cards == 1
