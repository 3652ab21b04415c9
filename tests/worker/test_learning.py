"""What a site has taught reaches every worker."""

import json
import logging

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from demo.sitters import crop, people
from tests.worker.station import Station, now
from usher.answers import SiteAnswers, stand
from usher.settings import RecognitionSettings
from worker.learning import Learning

ASTRONAUT, PLAYER, *OTHERS = people()


def fresh(station: Station) -> SiteAnswers:
    """The answers of a process that has just started."""
    return station.engine.answers(RecognitionSettings())


async def teach(station: Station, share: float) -> None:
    """Keep a fit by which strangers are alike so often."""
    key = f"distances of {station.engine.model}"
    kept = json.loads(await station.store.values.get(key) or "")
    fit = json.loads(kept["fit"])
    fit["impostors"]["share"] = share
    await station.store.values.put(key, json.dumps({**kept, "fit": json.dumps(fit)}))


async def test_a_refit_is_picked_up(station: Station) -> None:
    """One worker learns; another, at work, goes by it from the next minute on."""
    teacher = Learning(store=station.store, learner=fresh(station), clock=now)
    answers = fresh(station)
    pupil = Learning(store=station.store, learner=answers, clock=now)
    await station.classified(crop(ASTRONAUT, 1))
    await teacher.learn_answers()
    await pupil.adopt_answers()
    published = answers.policy(100, 100).match
    await teach(station, 0.5)
    assert answers.policy(100, 100).match == published
    await pupil.adopt_answers()
    assert answers.policy(100, 100).match < published
    station.answers = answers
    [found] = await station.classified(crop(ASTRONAUT, 1))
    assert found.match
    assert found.match.low is not None
    assert found.match.confidence is not None
    assert found.match.high is not None
    assert found.match.low <= found.match.confidence <= found.match.high


async def test_the_standing_is_that_of_the_site(station: Station) -> None:
    """It counts the people and references there are, and goes by the fit that is kept."""
    answers = fresh(station)
    await station.classified(crop(ASTRONAUT, 1), crop(PLAYER, 1))
    standing = await stand(station.store, answers)
    assert (standing.persons, standing.references, standing.people) == (2, 2, 0)
    await Learning(store=station.store, learner=fresh(station), clock=now).learn_answers()
    await teach(station, 0.5)
    assert (await stand(station.store, answers)).named > standing.named


async def test_what_cannot_be_read_stops_nobody(
    station: Station, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said in the log, and the answers stay as they were."""
    answers = fresh(station)
    learning = Learning(store=station.store, learner=answers, clock=now)
    await learning.learn_answers()
    await teach(station, 0.5)
    key = f"distances of {station.engine.model}"
    kept = json.loads(await station.store.values.get(key) or "")
    await station.store.values.put(key, json.dumps({**kept, "fit": "{}"}))
    scheduler = AsyncIOScheduler()
    learning.join(scheduler)
    jobs = {job.id: job.func for job in scheduler.get_jobs()}
    assert set(jobs) == {"adopt_answers", "learn_answers"}
    before = answers.policy(100, 100)
    with caplog.at_level(logging.ERROR):
        await jobs["adopt_answers"]()
    assert "tried again at its next time" in caplog.text
    assert answers.policy(100, 100) == before
