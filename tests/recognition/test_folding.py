"""Folded models compute what the published ones say."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from recognition.errors import ModelsMissing
from recognition.folding import dequantise, fold_constants, free_batch, load_folded
from recognition.packs import find_pack
from recognition.prelu import expand_prelu
from recognition.runtime import CPU, open_session

Tensor = NDArray[np.generic]


def tensor(name: str, value: Tensor) -> onnx.TensorProto:
    """A weight."""
    return numpy_helper.from_array(value, name)


def reference(stored: Tensor, scale: Tensor, zero: Tensor, axis: int, block: int) -> Tensor:
    """What ONNX's own reference makes of one DequantizeLinear."""
    node = helper.make_node("DequantizeLinear", ["x", "s", "z"], ["y"], axis=axis, block_size=block)
    graph = helper.make_graph(
        [node],
        "one",
        [],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, stored.shape)],
        [tensor("x", stored), tensor("s", scale), tensor("z", zero)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)])
    (result,) = ReferenceEvaluator(model).run(None, {})
    return np.asarray(result)


@pytest.mark.parametrize(
    ("axis", "block", "shape"), [(1, 4, (6, 3)), (0, 3, (2, 12)), (1, 0, (12,))]
)
def test_dequantise_agrees_with_the_standard(axis: int, block: int, shape: tuple[int, ...]) -> None:
    """By block along either axis, and by channel, the weights are those of the reference."""
    chance = np.random.default_rng(1)
    stored = chance.integers(-128, 128, (6, 12)).astype(np.int8)
    scale = chance.uniform(0.01, 1, shape).astype(np.float32)
    zero = chance.integers(-5, 5, shape).astype(np.int8)
    ours = dequantise(stored, scale, zero, axis=axis, block=block)
    assert ours.dtype == np.float32
    assert ours == pytest.approx(reference(stored, scale, zero, axis, block), rel=1e-6)


def test_a_last_block_may_be_short() -> None:
    """Ten values in blocks of four have three factors, the last for two values."""
    stored = np.ones((1, 10), dtype=np.int8)
    scale = np.array([[1, 2, 3]], dtype=np.float32)
    assert dequantise(stored, scale, axis=1, block=4).tolist() == [[1] * 4 + [2] * 4 + [3] * 2]


def quantised_model() -> onnx.ModelProto:
    """A small model in the published style: quantised weights, listed as inputs, batch of one."""
    chance = np.random.default_rng(2)
    weights: dict[str, Tensor] = {
        "w_q": chance.integers(-128, 128, (4, 3)).astype(np.int8),
        "w_s": np.full((4, 1), 0.02, np.float32),
        "w_z": np.zeros((4, 1), np.int8),
        "w_shape": np.array([4, 3, 1, 1]),
        "flat": np.array([1, -1, 4]),
    }
    nodes = [
        helper.make_node("DequantizeLinear", ["w_q", "w_s", "w_z"], ["w_d"], axis=1, block_size=3),
        helper.make_node("Reshape", ["w_d", "w_shape"], ["w"]),
        helper.make_node("Conv", ["image", "w"], ["c"]),
        helper.make_node("Transpose", ["c"], ["t"], perm=[0, 2, 3, 1]),
        helper.make_node("Reshape", ["t", "flat"], ["out"]),
    ]
    inputs = [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 2, 2])] + [
        helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape
        )
        for name, value in weights.items()
    ]
    outputs = [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 4, 4])]
    graph = helper.make_graph(
        nodes, "small", inputs, outputs, [tensor(name, value) for name, value in weights.items()]
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)])


def computed(model: onnx.ModelProto, images: Tensor) -> Tensor:
    """What ONNX's own reference makes of images."""
    (result,) = ReferenceEvaluator(model).run(None, {"image": images})
    return np.asarray(result)


def test_folding_changes_the_form_and_not_the_result() -> None:
    """No dequantising and no stray input is left, several images go in, and each gives the same."""
    published, folded = quantised_model(), quantised_model()
    fold_constants(folded)
    free_batch(folded)
    onnx.checker.check_model(folded)
    assert [node.op_type for node in folded.graph.node] == ["Conv", "Transpose", "Reshape"]
    assert [item.name for item in folded.graph.input] == ["image"]
    images = np.random.default_rng(3).normal(size=(5, 3, 2, 2)).astype(np.float32)
    together = computed(folded, images)
    for row, image in enumerate(images):
        assert together[row] == pytest.approx(computed(published, image[None])[0], abs=1e-5)


def test_prelu_expanded_computes_the_same() -> None:
    """Slopes of either sign, zero and above one give what PReLU gives."""
    slope = np.array([-0.5, 0, 0.25, 1.5], np.float32).reshape(4, 1, 1)
    node = helper.make_node("PRelu", ["x", "slope"], ["y"])
    shape = [None, 4, 3, 3]
    graph = helper.make_graph(
        [node],
        "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [tensor("slope", slope)],
    )
    model = helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 21)])
    x = np.random.default_rng(4).normal(size=(7, 4, 3, 3)).astype(np.float32)
    expected = np.where(x > 0, x, x * slope)
    expand_prelu(model)
    assert "PRelu" not in {item.op_type for item in model.graph.node}
    assert open_session(model, provider=CPU).run(x)["y"] == pytest.approx(expected, abs=1e-6)


def test_the_default_models_fold_completely() -> None:
    """Neither published model keeps a quantised weight or a second input."""
    pack = find_pack()
    for path in (pack.detector, pack.embedder):
        graph = load_folded(path).graph
        assert len(graph.input) == 1
        assert "DequantizeLinear" not in {node.op_type for node in graph.node}
        assert all(item.data_type != TensorProto.INT8 for item in graph.initializer)


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    """Rubbish in a model's place is said to be missing models."""
    path = tmp_path / "model.onnx"
    path.write_bytes(b"not a model" * 10)
    with pytest.raises(ModelsMissing):
        load_folded(path)
