"""Published ONNX files into the plain float32 graphs that the runtime is fast with."""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from recognition.errors import ModelsMissing

Tensors = dict[str, NDArray[np.generic]]


def load_folded(path: Path) -> onnx.ModelProto:
    """Read a model and make it ordinary: float32 weights, no stray inputs, batches of any size.

    Weights stored as int8 (whole, by channel or by block) are dequantised once, here, instead of at
    every call. Raises ModelsMissing where the file is not a model.
    """
    try:
        model = onnx.load(path)
    except Exception as error:  # onnx raises protobuf's own errors, which it does not name
        raise ModelsMissing(f"{path.name} is not an ONNX model") from error
    fold_constants(model)
    free_batch(model)
    return model


def fold_constants(model: onnx.ModelProto) -> None:
    """Replace what can be computed from weights alone by its value; drop inputs nothing reads."""
    graph = model.graph
    tensors: Tensors = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    kept = [node for node in graph.node if not _fold(node, tensors)]
    read = {name for node in kept for name in node.input} | {item.name for item in graph.output}
    inputs = [item for item in graph.input if item.name in read and item.name not in tensors]
    weights = [numpy_helper.from_array(tensors[name], name) for name in tensors if name in read]
    for field, items in ((graph.node, kept), (graph.input, inputs), (graph.initializer, weights)):
        del field[:]
        field.extend(items)
    del graph.value_info[:]


def _fold(node: onnx.NodeProto, tensors: Tensors) -> bool:
    """Compute a node whose every input is known; say whether it was done."""
    if not all(name in tensors for name in node.input if name):
        return False
    values = [tensors[name] for name in node.input if name]
    if node.op_type == "DequantizeLinear":
        attributes = {item.name: item.i for item in node.attribute}
        axis, block = attributes.get("axis", 1), attributes.get("block_size", 0)
        tensors[node.output[0]] = dequantise(*values, axis=axis, block=block)
        return True
    if node.op_type == "Reshape":
        tensors[node.output[0]] = values[0].reshape([int(size) for size in values[1]])
        return True
    return False


def dequantise(
    stored: NDArray[np.generic],
    scale: NDArray[np.generic],
    zero: NDArray[np.generic] | None = None,
    *,
    axis: int = 1,
    block: int = 0,
) -> NDArray[np.float32]:
    """Give (stored - zero) * scale in float32, as ONNX's DequantizeLinear (opset 21) defines it.

    `scale` and `zero` are scalars, one value for each index of `axis`, or one for each `block`
    values along it.
    """
    factors = _spread(scale, stored.shape, axis, block).astype(np.float32)
    offset = 0 if zero is None else _spread(zero, stored.shape, axis, block).astype(np.float32)
    return np.asarray((stored.astype(np.float32) - offset) * factors, dtype=np.float32)


def _spread(
    values: NDArray[np.generic], shape: tuple[int, ...], axis: int, block: int
) -> NDArray[np.generic]:
    """Make one value a tensor, a channel or a block broadcast against the whole tensor."""
    if values.size == 1:
        return values.reshape(())
    if block:
        repeated = np.repeat(values, block, axis=axis)
        return repeated[tuple(slice(0, size) for size in shape)]
    along = [1] * len(shape)
    along[axis] = -1
    return values.reshape(along)


def free_batch(model: onnx.ModelProto) -> None:
    """Let the first axis of inputs and outputs be any number, and images any size."""
    graph = model.graph
    tensors = {item.name: item for item in graph.initializer}
    for node in graph.node:
        if node.op_type == "Reshape" and node.input[1] in tensors:
            _free_first_axis(tensors[node.input[1]])
    for item in graph.input:
        sizes = item.type.tensor_type.shape.dim
        sizes[0].dim_param = "batch"
    for item in graph.output:
        for axis, size in enumerate(item.type.tensor_type.shape.dim):
            size.dim_param = "batch" if axis == 0 else f"{item.name}_{axis}"


def free_sides(model: onnx.ModelProto) -> onnx.ModelProto:
    """Let the image that goes in (n, 3, h, w) be of any height and width; give the model back."""
    for item in model.graph.input:
        _, _, height, width = item.type.tensor_type.shape.dim
        height.dim_param, width.dim_param = "height", "width"
    return model


def _free_first_axis(shape: onnx.TensorProto) -> None:
    """Turn a reshape to (1, -1, ...) into one that keeps the first axis (0 means as it is)."""
    sizes = numpy_helper.to_array(shape)
    if sizes.size > 2 and sizes[0] == 1 and sizes[1] == -1:  # noqa: PLR2004 - a batch, the rest
        freed = np.concatenate([np.zeros(1, dtype=sizes.dtype), sizes[1:]])
        shape.CopyFrom(numpy_helper.from_array(freed, shape.name))
