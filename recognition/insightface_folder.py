"""Which file of a folder of InsightFace models is the detector, and which makes the embeddings."""

from pathlib import Path
from typing import NamedTuple

import onnx

from recognition.errors import ModelsMissing

_FACE_SIDE = 112
_SCRFD_OUTPUTS = 9  # scores, boxes and landmarks for each of three strides
_FIRST_NODES = 8


class FolderModels(NamedTuple):
    """The two models of a folder."""

    detector: Path
    embedder: Path


def sort_models(folder: Path) -> FolderModels:
    """Find the SCRFD detector with landmarks and the ArcFace embedder in a folder, by their shapes.

    Other models (age, landmarks) are passed over. Raises ModelsMissing where one of the two lacks.
    """
    if not folder.is_dir():
        raise ModelsMissing(f"no folder {folder}")
    detectors: list[Path] = []
    embedders: list[Path] = []
    for path in sorted(folder.glob("*.onnx")):
        graph = _graph(path)
        if graph is not None and _is_detector(graph):
            detectors.append(path)
        elif graph is not None and _is_embedder(graph):
            embedders.append(path)
    if not detectors or not embedders:
        raise ModelsMissing(f"{folder} has no SCRFD detector with landmarks or no ArcFace embedder")
    return FolderModels(detectors[0], embedders[0])


def scales_itself(embedder: Path) -> bool:
    """Say whether an embedder takes 0 to 255: its graph begins by scaling, as MXNet's models do.

    Raises ModelsMissing where the file is not a model.
    """
    graph = _graph(embedder)
    if graph is None:
        raise ModelsMissing(f"{embedder.name} is not an ONNX model")
    return {"Sub", "Mul"} <= {node.op_type for node in graph.node[:_FIRST_NODES]}


def _graph(path: Path) -> onnx.GraphProto | None:
    try:
        return onnx.load(path).graph
    except Exception:  # noqa: BLE001 - protobuf's errors, unnamed; a file that is no model is none of ours
        return None


def _is_detector(graph: onnx.GraphProto) -> bool:
    return len(graph.output) == _SCRFD_OUTPUTS and len(_real_inputs(graph)) == 1


def _is_embedder(graph: onnx.GraphProto) -> bool:
    inputs = _real_inputs(graph)
    if len(inputs) != 1 or len(graph.output) != 1:
        return False
    sizes = [size.dim_value for size in inputs[0].type.tensor_type.shape.dim]
    outputs = graph.output[0].type.tensor_type.shape.dim
    # Age and gender too take a face and give a row; an embedding is a long one.
    return sizes[2:] == [_FACE_SIDE] * 2 and len(outputs) == 2 and outputs[1].dim_value >= 128  # noqa: PLR2004


def _real_inputs(graph: onnx.GraphProto) -> list[onnx.ValueInfoProto]:
    weights = {item.name for item in graph.initializer}
    return [item for item in graph.input if item.name not in weights]
