"""The only place that knows onnxruntime: which provider, how many threads, and silence."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray

from recognition.errors import ProviderMissing
from recognition.prelu import expand_prelu

log = logging.getLogger(__name__)

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"
OPENVINO = "OpenVINOExecutionProvider"
PROVIDERS = {"cuda": CUDA, "openvino": OPENVINO, "cpu": CPU}
"""By the names that people give them, the fastest first."""

_ERRORS_ONLY = 3
_BATCHES = {
    CPU: (4, 1),  # more does not fit the cache: 16 took 10 % longer a face than 4
    CUDA: (32, 8, 1),
    OPENVINO: (16, 4, 1),  # it compiles for each shape it meets, so few shapes
}


class Session:
    """One loaded model. `run` may be called from several threads at once."""

    def __init__(self, session: ort.InferenceSession, provider: str) -> None:
        self._session = session
        self._input: str = session.get_inputs()[0].name
        self.provider = provider
        self.outputs: tuple[str, ...] = tuple(item.name for item in session.get_outputs())
        self.batches = _BATCHES[provider]
        """Sizes of batch that suit the provider, the best first; the last is 1."""

    def run(self, tensor: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Run the model on its one input (n, ...); give every output by name.

        Runs as few batches of the sizes that suit the provider as make up n.
        """
        parts = [self._run(tensor[part]) for part in portions(len(tensor), self.batches)]
        joined = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
        return dict(zip(self.outputs, joined, strict=True))

    def _run(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        outputs: list[NDArray[np.float32]] = self._session.run(None, {self._input: tensor})
        return outputs


def portions(count: int, sizes: Sequence[int]) -> Iterator[slice]:
    """Cut `count` into runs of the given sizes, largest first; the last size must be 1."""
    start = 0
    for size in sizes:
        while count - start >= size:
            yield slice(start, start + size)
            start += size


def open_session(
    model: onnx.ModelProto,
    *,
    threads: int = 1,
    streams: int | None = None,
    provider: str | None = None,
) -> Session:
    """Load a model for `threads` callers at once, each of whom keeps one core busy.

    With `streams` it is for so many callers, who have the threads between them. Takes the fastest
    provider that works here, or the one that is named. May rewrite `model` for that provider.
    Raises ProviderMissing where the one that is named does not work; otherwise one that fails is
    passed over, with a log line.
    """
    ort.set_default_logger_severity(_ERRORS_ONLY)
    for name in (provider,) if provider else tuple(_OPENERS):
        session = _OPENERS[name](model, threads, streams or threads) if name in _OPENERS else None
        if session is not None:
            return session
    raise ProviderMissing(f"the models do not run by {provider} here; {available()} is there")


def available() -> str:
    """Name the providers that are there, the one that is taken first."""
    there = {CUDA: _has_cuda(), OPENVINO: bool(_openvino_devices()), CPU: True}
    return ", ".join(name for name in _OPENERS if there[name])


def _has_cuda() -> bool:
    return CUDA in ort.get_available_providers()


def _cuda(model: onnx.ModelProto, threads: int, streams: int) -> Session | None:
    """Open a session on the graphics card, where onnxruntime-gpu is installed and finds one."""
    if not _has_cuda():
        return None
    try:
        session = ort.InferenceSession(model.SerializeToString(), _options(), providers=[CUDA, CPU])
    except Exception as error:  # noqa: BLE001 - a driver fails in any way; the CPU works
        log.warning("CUDA failed (%s)", type(error).__name__)
        return None
    # Without a usable card onnxruntime takes the CPU without a word.
    return Session(session, CUDA) if session.get_providers()[0] == CUDA else None


def _openvino(model: onnx.ModelProto, threads: int, streams: int) -> Session | None:
    devices = _openvino_devices()
    if not devices:
        return None
    config = {"CPU": {"INFERENCE_NUM_THREADS": str(threads), "NUM_STREAMS": str(streams)}}
    for settings in ({"load_config": json.dumps(config)}, {}):
        options = _options()
        try:
            options.add_provider_for_devices(devices, settings)
            return Session(ort.InferenceSession(model.SerializeToString(), options), OPENVINO)
        except Exception as error:  # noqa: BLE001 - a plugin fails in any way; the CPU works
            log.warning("OpenVINO failed with %s (%s)", settings, type(error).__name__)
    return None


def _cpu(model: onnx.ModelProto, threads: int, streams: int) -> Session:
    """Open a session whose every run has its caller's share of the threads, one as a rule.

    Two callers on two cores are as fast as one whose every layer is split in two, and what is
    around the models runs on both cores too.
    """
    expand_prelu(model)
    options = _options()
    options.intra_op_num_threads = max(1, threads // streams)
    session = ort.InferenceSession(model.SerializeToString(), options, providers=[CPU])
    return Session(session, CPU)


_OPENERS: dict[str, Callable[[onnx.ModelProto, int, int], Session | None]] = {
    CUDA: _cuda,
    OPENVINO: _openvino,
    CPU: _cpu,
}
"""The fastest first."""


@cache
def _openvino_devices() -> list[Any]:
    """Register the plugin, once a process; give its CPU device, nothing where it has none here.

    It serves Intel's processors alone.
    """
    try:
        import onnxruntime_ep_openvino as plugin  # noqa: PLC0415 - not on every platform

        ort.register_execution_provider_library(OPENVINO, plugin.get_library_path())
    except Exception as error:  # noqa: BLE001 - see above
        log.info("inference by %s: OpenVINO does not load (%s)", CPU, type(error).__name__)
        return []
    devices = [
        device
        for device in ort.get_ep_devices()
        if device.ep_name == OPENVINO and device.ep_metadata.get("ov_device") == "CPU"
    ]
    log.info("inference by %s", OPENVINO if devices else f"{CPU}: OpenVINO has no device here")
    return devices[:1]


def _options() -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    # Idle threads that spin steal the core from the other workers of the machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
