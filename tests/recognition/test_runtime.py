"""The fastest provider that works is taken, and one that fails is passed over."""

import logging
from functools import cache
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from recognition import runtime
from recognition.folding import load_folded
from recognition.packs import find_pack
from recognition.runtime import CPU, open_session, portions

FACE = np.zeros((1, 3, 112, 112), dtype=np.float32)


@pytest.mark.parametrize("count", [0, 1, 3, 4, 16, 23])
def test_portions_cover_everything_once(count: int) -> None:
    """Every item is in one portion, in order, in as few sizes as there are."""
    parts = [list(range(count))[part] for part in portions(count, (16, 4, 1))]
    assert [item for part in parts for item in part] == list(range(count))
    assert {len(part) for part in parts} <= {16, 4, 1}


def test_a_plugin_that_does_not_load(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the OpenVINO plugin cannot be registered the CPU serves, and one line says so."""

    def refuse(*_: Any) -> None:
        raise RuntimeError("no such library")

    monkeypatch.setattr(ort, "register_execution_provider_library", refuse)
    anew = cache(runtime._openvino_devices.__wrapped__)
    monkeypatch.setattr(runtime, "_openvino_devices", anew)
    with caplog.at_level(logging.INFO, logger="recognition.runtime"):
        sessions = [open_session(load_folded(find_pack().embedder)) for _ in range(3)]
    assert {session.provider for session in sessions} == {CPU}
    assert len(caplog.records) == 1
    assert CPU in caplog.text
    assert sessions[0].run(FACE)["fc1"].shape == (1, 128)


def test_a_device_that_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A device that promises and does not deliver is passed over with a warning."""
    monkeypatch.setattr(runtime, "_openvino_devices", lambda: ["not a device"])
    session = open_session(load_folded(find_pack().embedder))
    assert session.provider == CPU
    assert "OpenVINO failed" in caplog.text
    assert session.run(FACE)["fc1"].shape == (1, 128)


def test_onnxruntime_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """Loading and running a model leaves the console alone."""
    open_session(load_folded(find_pack().embedder)).run(FACE)
    assert capfd.readouterr() == ("", "")


def test_threads_among_callers() -> None:
    """One caller with both threads gets what two callers with one each get."""
    chance = np.random.default_rng(1)
    faces = chance.uniform(0, 255, (2, 3, 112, 112)).astype(np.float32)
    one, two = (
        open_session(load_folded(find_pack().embedder), threads=2, streams=streams).run(faces)
        for streams in (1, 2)
    )
    assert np.allclose(one["fc1"], two["fc1"], rtol=1e-3, atol=1e-3)
