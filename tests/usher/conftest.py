"""Nothing of this machine's own settings reaches a test."""

import os
from pathlib import Path

import pytest

from usher.recogniser import EngineRecogniser
from usher.settings import Settings


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Work in an empty folder, with no setting made."""
    for name in [name for name in os.environ if name.startswith("USHER_")]:  # noqa: TID251
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def engine() -> EngineRecogniser:
    """The models that Usher comes with."""
    return EngineRecogniser.load(Settings())
