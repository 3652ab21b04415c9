"""The only place that knows onnxruntime: which provider, how many threads, and silence."""

import json
import logging
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray

from recognition.prelu import expand_prelu

log = logging.getLogger(__name__)

CPU = "CPUExecutionProvider"
OPENVINO = "OpenVINOExecutionProvider"

_ERRORS_ONLY = 3
_CPU_BATCHES = (4, 1)  # more does not fit the cache: 16 took 10 % longer a face than 4
_OPENVINO_BATCHES = (16, 4, 1)  # it compiles for each shape it meets, so few shapes


class Session:
    """One loaded model. `run` may be called from several threads at once."""

    def __init__(self, session: ort.InferenceSession, provider: str) -> None:
        self._session = session
        self._input: str = session.get_inputs()[0].name
        self.provider = provider
        self.outputs: tuple[str, ...] = tuple(item.name for item in session.get_outputs())
        self._batches = _OPENVINO_BATCHES if provider == OPENVINO else _CPU_BATCHES

    def run(self, tensor: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Run the model on its one input (n, ...); give every output by name.

        Runs as few batches of the sizes that suit the provider as make up n.
        """
        parts = [self._run(tensor[part]) for part in portions(len(tensor), self._batches)]
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
    model: onnx.ModelProto, *, threads: int = 1, provider: str | None = None
) -> Session:
    """Load a model with the fastest provider that works here, or with the one that is named.

    May rewrite `model` for that provider. A provider that fails is passed over, with a log line.
    """
    ort.set_default_logger_severity(_ERRORS_ONLY)
    if provider != CPU:
        session = _openvino(model, threads)
        if session is not None:
            return session
    expand_prelu(model)
    options = _options()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(model.SerializeToString(), options, providers=[CPU])
    return Session(session, CPU)


def _openvino(model: onnx.ModelProto, threads: int) -> Session | None:
    devices = _openvino_devices()
    if not devices:
        return None
    config = {"CPU": {"INFERENCE_NUM_THREADS": str(threads), "NUM_STREAMS": "1"}}
    for settings in ({"load_config": json.dumps(config)}, {}):
        options = _options()
        try:
            options.add_provider_for_devices(devices, settings)
            return Session(ort.InferenceSession(model.SerializeToString(), options), OPENVINO)
        except Exception as error:  # noqa: BLE001 - a plugin fails in any way; the CPU works
            log.warning("OpenVINO failed with %s (%s)", settings, type(error).__name__)
    return None


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
