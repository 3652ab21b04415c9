"""Every setting can be made, is written down, and refuses what would be unsafe."""

import os
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr, ValidationError

from domain.policy import QuestionPolicy
from domain.rules import Rules
from recognition.errors import ProviderMissing
from recognition.packs import family_of
from tests.usher.names import setting_names
from usher.recogniser import EngineRecogniser
from usher.rules import fixed_rules
from usher.settings import (
    QualitySettings,
    QuestionSettings,
    RecognitionSettings,
    Settings,
    WorkerSettings,
    _duration,
    _span,
    example,
)

ROOT = Path(__file__).parents[2]
# A value other than the default for every setting, as the environment has it and as it is read.
OTHERS: dict[str, tuple[str, Any]] = {
    "USHER_DATA_DIR": ("/srv/usher", Path("/srv/usher")),
    "USHER_LOG_LEVEL": ("debug", "debug"),
    "USHER_TIMEZONE": ("Europe/Berlin", "Europe/Berlin"),
    "USHER_MONGO__URI": ("mongodb://db/", SecretStr("mongodb://db/")),
    "USHER_MONGO__DATABASE": ("other", "other"),
    "USHER_IMAGES__URL": ("s3://bucket/x", "s3://bucket/x"),
    "USHER_HTTP__HOST": ("localhost", "localhost"),
    "USHER_HTTP__PORT": ("9090", 9090),
    "USHER_HTTP__PUBLIC_URL": ("https://usher.example", "https://usher.example"),
    "USHER_HTTP__ALLOW_PLAIN": ("true", True),
    "USHER_RECOGNITION__PACK": ("folder:/models", "folder:/models"),
    "USHER_RECOGNITION__PROVIDER": ("cpu", "cpu"),
    "USHER_RECOGNITION__THREADS": ("4", 4),
    "USHER_RECOGNITION__STRANGERS_NAMED": ("0.001", 0.001),
    "USHER_RECOGNITION__STRANGERS_DOUBTED": ("0.1", 0.1),
    "USHER_RECOGNITION__MATCH_THRESHOLD": ("0.4", 0.4),
    "USHER_RECOGNITION__UNSURE_THRESHOLD": ("0.6", 0.6),
    "USHER_RECOGNITION__COVERED_THRESHOLD": ("0.5", 0.5),
    "USHER_RECOGNITION__LIVENESS": ("/srv/liveness", Path("/srv/liveness")),
    "USHER_RECOGNITION__LIVENESS_THRESHOLD": ("0.5", 0.5),
    "USHER_QUALITY__MIN_SIDE": ("40", 40.0),
    "USHER_QUALITY__MIN_SCORE": ("0.8", 0.8),
    "USHER_QUALITY__MIN_SHARPNESS": ("0.7", 0.7),
    "USHER_QUALITY__MIN_BRIGHTNESS": ("30", 30.0),
    "USHER_QUALITY__MAX_BRIGHTNESS": ("220", 220.0),
    "USHER_QUALITY__MAX_YAW": ("45", 45.0),
    "USHER_QUALITY__MAX_PITCH": ("30", 30.0),
    "USHER_QUALITY__MAX_ROLL": ("40", 40.0),
    "USHER_QUALITY__MAX_HIDDEN": ("0.1", 0.1),
    "USHER_QUALITY__MAX_RIVAL": ("0.5", 0.5),
    "USHER_WORKER__COUNT": ("3", 3),
    "USHER_WORKER__BATCH": ("8", 8),
    "USHER_WORKER__LEASE": ("1m", timedelta(minutes=1)),
    "USHER_WORKER__MAX_ATTEMPTS": ("2", 2),
    "USHER_WORKER__BACKLOG": ("500", 500),
    "USHER_VISITS__GAP": ("1h", timedelta(hours=1)),
    "USHER_DECISIONS__UNDO": ("12h", timedelta(hours=12)),
    "USHER_VISITS__ANNOUNCE_KNOWN": ("true", True),
    "USHER_QUESTIONS__REMIND_AFTER": ("5m", timedelta(minutes=5)),
    "USHER_QUESTIONS__ESCALATE_AFTER": ("0", timedelta(0)),
    "USHER_QUESTIONS__EXPIRE_AFTER": ("2h", timedelta(hours=2)),
    "USHER_BOT__TOKEN": ("1:x", SecretStr("1:x")),
    "USHER_BOT__BASE_URL": ("http://127.0.0.1:1", "http://127.0.0.1:1"),
    "USHER_BOT__WEBHOOK_URL": ("https://x.example/hook", "https://x.example/hook"),
    "USHER_BOT__WEBHOOK_PORT": ("9091", 9091),
    "USHER_BOT__CARDS_APART": ("9", 9),
    "USHER_RETENTION__IMAGES_DAYS": ("7", 7),
    "USHER_RETENTION__DETECTIONS_DAYS": ("0", 0),
}


def value_of(settings: BaseModel, name: str) -> Any:
    """Return what a setting is, by the name of its variable."""
    found: Any = settings
    for part in name.removeprefix("USHER_").lower().split("__"):
        found = getattr(found, part)
    return found


def test_example_file_is_what_the_settings_say() -> None:
    """.env.example is written by `usher settings`; after a change it is written again."""
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == example()


def test_every_setting_stands_in_the_example_and_in_this_test() -> None:
    """None is forgotten, and none is made up."""
    assert set(re.findall(r"^# (USHER_\w+)=", example(), re.MULTILINE)) == set(setting_names())
    assert set(OTHERS) == set(setting_names())


def test_example_gives_the_defaults(tmp_path: Path) -> None:
    """With every line of it taken out of its comment nothing is different."""
    lines = [line[2:] for line in example().splitlines() if re.match(r"# USHER_\w+=", line)]
    (tmp_path / ".env").write_text("\n".join(lines), encoding="utf-8")
    assert Settings() == Settings(_env_file=None)


@pytest.mark.parametrize("name", setting_names())
def test_each_setting_can_be_made_by_its_variable(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The value read is the one given, and was not so before."""
    text, value = OTHERS[name]
    assert value_of(Settings(), name) != value
    monkeypatch.setenv(name, text)
    assert value_of(Settings(), name) == value


def test_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And an empty variable says nothing."""
    (tmp_path / ".env").write_text("USHER_HTTP__PORT=1111\nUSHER_WORKER__COUNT=3\n")
    assert Settings().http.port == 1111
    monkeypatch.setenv("USHER_HTTP__PORT", "2222")
    monkeypatch.setenv("USHER_WORKER__COUNT", "")
    assert (Settings().http.port, Settings().worker.count) == (2222, 3)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"USHER_HTTP__HOST": "0.0.0.0"}, "Put a proxy with https before it"),  # noqa: S104
        (
            {"USHER_HTTP__HOST": "10.0.0.5", "USHER_HTTP__PUBLIC_URL": "http://x"},
            "Listening on 10.0.0.5 without https",
        ),
        ({"USHER_BOT__WEBHOOK_URL": "http://x.example"}, "must be https://"),
        ({"USHER_TIMEZONE": "Berlin"}, "they are called as in Europe/Berlin"),
        ({"USHER_WORKER__LEASE": "soon"}, "written as in 90s, 10m, 2h, 7d"),
        ({"USHER_HTTP__PORT": "70000"}, "less than or equal to 65535"),
        ({"USHER_WORKER__BATCH": "0"}, "greater than or equal to 1"),
        ({"USHER_HTTP__PROT": "1"}, "Extra inputs"),
    ],
)
def test_what_would_be_unsafe_or_senseless_is_refused(
    given: dict[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a sentence that says what to set instead."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=re.escape(sentence)):
        Settings()


@pytest.mark.parametrize(
    "more",
    [
        {"USHER_HTTP__PUBLIC_URL": "https://usher.example"},
        {"USHER_HTTP__ALLOW_PLAIN": "true"},
    ],
)
def test_listening_to_others_is_possible_knowingly(
    more: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind https, or on a network of one's own."""
    for name, value in {"USHER_HTTP__HOST": "0.0.0.0", **more}.items():  # noqa: S104
        monkeypatch.setenv(name, value)
    assert Settings().http.host == "0.0.0.0"  # noqa: S104


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the token nor the database's password can be printed by accident."""
    monkeypatch.setenv("USHER_BOT__TOKEN", "123:sesame")
    monkeypatch.setenv("USHER_MONGO__URI", "mongodb://u:sesame@db/")
    assert "sesame" not in repr(Settings())
    assert "sesame" not in Settings().model_dump_json()


def test_settings_are_frozen() -> None:
    """Nobody changes them on the way."""
    with pytest.raises(ValidationError, match="frozen"):
        Settings().http.port = 1  # type: ignore[misc]  # that is the point


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("10m", 600), ("2h", 7200), ("7d", 604800), ("1.5 h", 5400)],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    """A number is seconds; s, m, h and d say otherwise."""
    assert _duration(text) == timedelta(seconds=seconds)


@given(st.integers(0, 999_999))
def test_durations_are_written_as_they_are_read(seconds: int) -> None:
    """What `.env.example` says of a default is that default."""
    span = timedelta(seconds=seconds)
    assert _duration(_span(span)) == span


@given(
    st.none() | st.floats(0.01, 1.9), st.none() | st.floats(0.01, 1.9), st.integers(0, 1_000_000)
)
def test_thresholds_keep_their_order(
    engine: EngineRecogniser, match: float | None, unsure: float | None, persons: int
) -> None:
    """Whatever is set, doubt begins where a match ends, and a hint beyond that."""
    settings = RecognitionSettings(match_threshold=match, unsure_threshold=unsure)
    policy = engine.answers(settings).policy(persons, 2 * persons)
    assert policy.match <= policy.unsure < policy.hint
    assert match is None or policy.match == match


def test_steps_with_questions_come_one_after_the_other() -> None:
    """In an order that makes sense, those that are switched off left out; 0 switches one off."""
    with pytest.raises(ValueError, match="in this order"):
        QuestionSettings(remind_after=timedelta(hours=1))
    with pytest.raises(ValueError, match="in this order"):
        QuestionSettings(escalate_after=timedelta(0), expire_after=timedelta(minutes=15))
    off = QuestionSettings(escalate_after=timedelta(0), remind_after=timedelta(hours=1))
    policy = Rules(fixed_rules(Settings(questions=off))).questions()
    assert (policy.remind, policy.escalate) == (timedelta(hours=1), None)
    assert Rules(fixed_rules(Settings())).questions() == QuestionPolicy()


def test_workers_share_the_cores() -> None:
    """Workers times threads are the cores, at least one each; a number that is set is obeyed."""
    cores = len(os.sched_getaffinity(0))
    assert Settings().threads == cores
    assert Settings(worker=WorkerSettings(count=cores)).threads == 1
    assert Settings(worker=WorkerSettings(count=64)).threads == max(1, cores // 64)
    assert Settings(recognition=RecognitionSettings(threads=3)).threads == 3


def test_limits_of_quality_reach_the_engine() -> None:
    """One limit that is set goes before the pack's; the others stay as measured."""
    recogniser = EngineRecogniser.load(Settings(quality=QualitySettings(min_side=77)))
    assert recogniser.engine.limits == replace(family_of("opencv-zoo").limits, min_side=77)


def test_a_provider_that_is_not_there_is_said() -> None:
    """Asking for a graphics card where there is none ends with what there is."""
    with pytest.raises(ProviderMissing, match="CPUExecutionProvider"):
        EngineRecogniser.load(Settings(recognition=RecognitionSettings(provider="cuda")))
