"""What the documents name is there; what they must name is named."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, code, read, spans
from tests.usher.names import commands, setting_names
from usher.settings import Settings

NAMES = [path.relative_to(ROOT).as_posix() for path in PAGES]
# The page of thresholds has figures, and a shape of its own.
DECISIONS = [n for n in NAMES if n.startswith("docs/decisions/") and "thresholds" not in n]
_COMMAND = re.compile(r"(?:^|[\s(/])usher ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)")
_PATH = re.compile(
    r"[a-z_]+(?:/[\w.-]+)+/?|Makefile|pyproject\.toml|requirements\.lock|\.env\.example"
)
_SYMBOL = re.compile(r"((?:`[\w, ]+`(?:, | and )?)+) in `([\w./]+\.py)`")
# Folders of an installation, not of the repository.
_ELSEWHERE = {"mongo/mongod.log", "mongo/", "images/", "crops/YEAR/MONTH/DAY/ID.SUFFIX"}


@pytest.mark.parametrize("page", NAMES)
def test_commands_that_are_named_exist(page: str) -> None:
    """`usher camera-key create` is a command; so is everything that is written like it."""
    known = commands()
    for line in code(read(page)):
        for words in _COMMAND.findall(line):
            first = words.split()[0]
            assert first in known, line
            if any(name.startswith(f"{first} ") for name in known) and " " in words:
                assert words in known, line


@pytest.mark.parametrize("page", NAMES)
def test_settings_that_are_named_exist(page: str) -> None:
    """Whole names, or the beginning of a group."""
    for name in set(re.findall(r"USHER_\w+", read(page))):
        assert name in setting_names() or name.endswith("__"), name
        assert any(known.startswith(name) for known in setting_names()), name


@pytest.mark.parametrize("page", NAMES)
def test_files_that_are_named_exist(page: str) -> None:
    """Paths between backticks, and where links lead to."""
    text = read(page)
    for path in (span for span in spans(text) if _PATH.fullmatch(span)):
        top = path.split("/")[0]
        if path not in _ELSEWHERE and ((ROOT / top).exists() or "." in top):
            assert (ROOT / path).exists(), path
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
        if not re.match(r"[a-z]+:", target):
            assert (ROOT / page).parent.joinpath(target).exists(), target


@pytest.mark.parametrize("page", NAMES)
def test_what_is_said_to_be_in_a_file_is_there(page: str) -> None:
    """As `judge` in `domain/matching.py`: the page does not outlive the code."""
    for names, path in _SYMBOL.findall(read(page)):
        source = read(path)
        for name in re.findall(r"\w+", names.replace(" and ", " ")):
            assert re.search(rf"\b{name}\b", source), f"{name} in {path}"


def test_operations_name_every_command() -> None:
    """Whoever runs Usher finds each of them there."""
    text = read("docs/operations.md")
    missing = [
        name for name in commands() if name and " " not in name and f"usher {name}" not in text
    ]
    assert missing == []


def test_settings_worth_a_word_are_in_operations() -> None:
    """Each group but two is spoken of there; every single one is in the example."""
    text = read("docs/operations.md")
    groups = [name for name in Settings.model_fields if f"USHER_{name.upper()}" not in text]
    assert groups == ["timezone", "visits"]


@pytest.mark.parametrize("page", DECISIONS)
def test_decisions_are_one_page_of_the_same_shape(page: str) -> None:
    """Context, choice, consequence: short enough to be read."""
    text = read(page)
    found = [text.find(f"**{part}.**") for part in ("Context", "Choice", "Consequence")]
    assert -1 < found[0] < found[1] < found[2]
    assert len(text.split()) < 500


def test_changelog_tells_of_this_version() -> None:
    """The version of the project stands in it, newest first."""
    project = tomllib.loads(read("pyproject.toml"))["project"]
    versions = re.findall(r"^## \[?(\d+\.\d+\.\d+)", read("CHANGELOG.md"), re.MULTILINE)
    assert versions[0] == project["version"]
    assert versions == sorted(versions, key=lambda v: [*map(int, v.split("."))], reverse=True)


def test_map_names_every_package() -> None:
    """The folders of the code are on the map, each with a line."""
    packages = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["root_packages"]
    text = read("docs/architecture.md")
    assert [name for name in packages if not re.search(rf"^{name}/ +\w", text, re.MULTILINE)] == []
    assert all(Path(ROOT, name).is_dir() for name in packages)
