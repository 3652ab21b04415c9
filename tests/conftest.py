"""What every test may ask for."""

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say where the real faces and models for tests are."""
    parser.addoption(
        "--faces",
        type=Path,
        default=Path(__file__).parents[2] / "shared" / "data",
        help="folder with lfw/, families/, models/ (tests that need it skip where it is missing)",
    )


@pytest.fixture(scope="session")
def faces_dir(request: pytest.FixtureRequest) -> Path:
    """The folder of real faces; the test is skipped where there is none."""
    folder: Path = request.config.getoption("--faces")
    if not folder.is_dir():
        pytest.skip(f"no real faces at {folder}; say where they are with --faces DIR")
    return folder
