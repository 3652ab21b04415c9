"""What tests of the audit may ask for."""

import pytest

from recognition.engine import Engine
from tests.evaluation.runs import Run


@pytest.fixture
def run() -> Run:
    """Two people, each in one visit of some crops, each asked about once."""
    made = Run()
    made.see("Ada", "Stranger 1", times=3, visit="v1", question="q1")
    made.see("Bob", "Stranger 2", times=1, visit="v2", question="q2")
    return made


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The default engine."""
    return Engine.load()
