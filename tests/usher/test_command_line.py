"""The command line helps, works on a real store, and says what is wrong in a sentence."""

import json
import logging
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from storage.mongod import running_mongod
from tests.usher.names import commands
from usher.cli import app, main
from usher.settings import example


@pytest.mark.parametrize("words", commands(), ids=lambda words: words or "usher")
def test_every_command_has_help(words: str) -> None:
    """It says what the command does, and what each of its options means."""
    answer = CliRunner().invoke(app, [*words.split(), "--help"], terminal_width=200)
    assert answer.exit_code == 0
    command = commands()[words]
    assert command.help
    for parameter in command.params:
        if parameter.name != "help":
            assert getattr(parameter, "help", None), parameter.name


def test_without_a_command_there_is_help() -> None:
    """Whoever types `usher` alone learns of `up` and `demo`."""
    answer = CliRunner().invoke(app, [])
    assert "usher up" in answer.output
    assert "usher demo" in answer.output


def test_settings_command_writes_the_example() -> None:
    """`usher settings > .env.example` is how the file is made."""
    assert CliRunner().invoke(app, ["settings"]).output == example()


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """A data folder whose database runs already, as beside `usher up`."""
    with tempfile.TemporaryDirectory(prefix="usher-") as folder, running_mongod(Path(folder)):
        yield Path(folder)


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str


Usher = Callable[..., Done]


@pytest.fixture
def usher(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Usher]:
    """What runs the command line on that folder, as `usher` does, in this process."""

    def run(*words: str, folder: Path = data_dir, **environment: str) -> Done:
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["usher", *words, "--data-dir", str(folder)])
            with pytest.raises(SystemExit) as ended:
                main()
        printed = capsys.readouterr()
        return Done(int(ended.value.code or 0), printed.out, printed.err)

    handlers, level = logging.root.handlers[:], logging.root.level
    yield run
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def said(done: Done) -> list[Any]:
    """Return the JSON that a command which works printed."""
    assert done.status == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def test_camera_from_its_key_to_its_end(usher: Usher) -> None:
    """Made with JSON that has the key, listed without it, refused twice, revoked."""
    create = ("camera-key", "create", "Front door", "--site", "Main")
    [made] = said(usher(*create))
    assert set(made) >= {"camera_id", "key"}
    listed = usher("camera-key", "list")
    assert made["key"] not in listed.out
    [camera] = [line for line in said(listed) if line["name"] == "Front door"]
    assert camera == {
        "camera_id": made["camera_id"],
        "name": "Front door",
        "site": "Main",
        "last_seen_at": None,
        "revoked": False,
    }
    again = usher(*create)
    assert again.status == 2
    assert "choose another name" in again.err
    assert usher("camera-key", "revoke", made["camera_id"]).status == 0
    [camera] = [c for c in said(usher("camera-key", "list")) if c["name"] == "Front door"]
    assert camera["revoked"]


def test_nobody_is_forgotten_by_mistake(usher: Usher) -> None:
    """Whom nobody is called is refused; without --yes it is only said what there is."""
    unknown = usher("forget", "Nobody", "--yes")
    assert unknown.status == 2
    assert "Nobody is called Nobody." in unknown.err


def test_account_from_invitation_to_its_end(usher: Usher) -> None:
    """Invited with a word for the bot, the word withdrawn, given a password, listed, closed."""
    said(usher("camera-key", "create", "Yard", "--site", "Depot"))
    [made] = said(usher("account", "invite", "Maria", "--site", "Depot"))
    assert re.fullmatch(r"/start [\w-]{20,64}", made["start"])
    assert made["link"] is None  # no bot has told its name
    [waiting] = said(usher("account", "invites"))
    assert (waiting["name"], waiting["role"]) == ("Maria", "manager")
    assert waiting["expires_at"][:19] == made["expires_at"][:19]
    assert made["start"].split()[1] not in json.dumps(waiting)
    assert usher("account", "withdraw", "Maria").status == 0
    assert usher("account", "invites").out == ""
    password = usher("account", "password", "maria")
    assert len(password.out.strip()) >= 20
    assert usher("account", "revoke", "Maria").status == 0
    listed = usher("account", "list")
    assert "hash" not in listed.out
    [maria] = said(listed)
    assert (maria["name"], maria["role"], maria["sites"], maria["revoked"]) == (
        "Maria",
        "manager",
        ["Depot"],
        True,
    )


def test_recognition_info_says_what_is_in_use(usher: Usher) -> None:
    """The pack, its licence, what it runs on and what follows, for people and for programs."""
    done = usher("recognition", "info", "--json")
    [facts] = said(done)
    assert facts["model"] == "opencv-zoo/sface_2021dec"
    assert facts["dimensions"] == 128
    assert facts["threads"] == len(os.sched_getaffinity(0))
    assert facts["liveness"] is False
    assert facts["standing"]["match"] < facts["standing"]["unsure"]
    for words in ("Apache-2.0", "buffalo_l", "non-commercial", facts["provider"]):
        assert words in done.err


def test_recognition_info_of_models_that_are_not_there(usher: Usher, tmp_path: Path) -> None:
    """A folder without models ends with a sentence, where no pack is in use yet."""
    new, empty = tmp_path / "new", tmp_path / "empty"
    empty.mkdir()
    done = usher("recognition", "info", folder=new, USHER_RECOGNITION__PACK=f"folder:{empty}")
    assert done.status == 2
    assert "no SCRFD detector" in done.err.replace("\n", " ")
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("command", "environment", "sentence"),
    [
        ("api", {"USHER_HTTP__HOST": "0.0.0.0"}, "Put a proxy with https before it"),  # noqa: S104
        ("up", {"USHER_HTTP__PORT": "http"}, "USHER_HTTP__PORT"),
        ("worker", {"USHER_TIMEZONE": "Nowhere"}, "no time zone"),
        ("account invite Eva", {}, "at least one site"),
        ("account invite Eva --site Moon", {}, "no site called Moon"),
        ("account password Nobody", {}, "no account called Nobody"),
        ("account withdraw Nobody", {}, "no account called Nobody"),
        ("account revoke Nobody", {}, "no account called Nobody"),
        (f"camera-key revoke {'0' * 24}", {}, "no such camera"),
        ("camera-key revoke front", {}, "24 hexadecimal digits"),
        ("door add Gate --site Moon --url https://x.example --visitors", {}, "no site called Moon"),
        ("door add Gate --site Moon --url https://x.example", {}, "Say for whom"),
        ("door remove Gate", {}, "no door called Gate"),
        ("door test Gate", {}, "no door called Gate"),
        ("door log Gate", {}, "no door called Gate"),
        ("camera-key list", {"USHER_IMAGES__URL": "ftp://x/y"}, "cannot be kept at"),
        ("worker", {"USHER_RECOGNITION__PACK": "no-such"}, "no-such"),
        ("recognition migrate", {}, "Say either --to PACK or --back"),
        ("recognition migrate --to no-such", {}, "no pack 'no-such'"),
        ("recognition migrate --to buffalo_l", {}, "Say --yes if that is your use of"),
        ("recognition migrate --back", {}, "no pack to go back to"),
        ("recognition forget opencv-zoo/sface_2021dec --yes", {}, "is in use"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    usher: Usher, command: str, environment: dict[str, str], sentence: str
) -> None:
    """With status 2, and never with a traceback."""
    done = usher(*command.split(), **environment)
    assert done.status == 2
    assert sentence in " ".join(done.err.split())
    assert "Traceback" not in done.err


def test_bot_without_a_token_says_that_it_is_off(data_dir: Path) -> None:
    """And ends well, as a program of its own: nothing is wrong with that."""
    done = subprocess.run(
        [sys.executable, "-m", "usher", "bot", "--data-dir", data_dir],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0
    assert "The bot is off" in done.stderr
