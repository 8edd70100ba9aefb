"""Label smoothing against the formula of the notes, and against Keras's losses."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from custom.layers import LabelSmoothing

CLASSES = np.array([2, 0, 3], "int32")


def reference(epsilon, k):
    expected = np.full((len(CLASSES), k), epsilon / k)
    expected[np.arange(len(CLASSES)), CLASSES] = 1 - (k - 1) * epsilon / k
    return expected


@pytest.mark.parametrize("k", [4, 10])
@pytest.mark.parametrize("epsilon", [0, 0.1, 0.5, 1])
@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_follows_its_formula(epsilon, k, dtype):
    one_hot = np.eye(k, dtype=dtype)[CLASSES]
    for smoothed in (
        LabelSmoothing(epsilon)(one_hot),
        LabelSmoothing(epsilon, num_classes=k)(CLASSES),
    ):
        smoothed = keras.ops.convert_to_numpy(smoothed)
        assert smoothed.dtype == "float32"
        assert_allclose(smoothed, reference(epsilon, k), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("from_logits", [False, True])
def test_equals_the_smoothing_of_the_loss(from_logits):
    scores = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    if not from_logits:
        scores = keras.ops.softmax(scores)
    one_hot = np.eye(4, dtype="float32")[CLASSES]
    loss = keras.losses.CategoricalCrossentropy(from_logits=from_logits)
    built_in = keras.losses.CategoricalCrossentropy(
        from_logits=from_logits, label_smoothing=0.3
    )
    assert_allclose(
        float(loss(LabelSmoothing(0.3)(one_hot), scores)),
        float(built_in(one_hot, scores)),
        rtol=1e-6,
    )


def test_can_be_mapped_over_a_pipeline():
    tf = pytest.importorskip("tensorflow")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("tf.data traces TensorFlow operations only")
    smooth = LabelSmoothing(0.2, num_classes=4)
    data = tf.data.Dataset.from_tensor_slices(CLASSES).batch(2).map(smooth)
    assert_allclose(np.concatenate(list(data)), reference(0.2, 4), rtol=1e-6)


@pytest.mark.parametrize("num_classes", [None, 4])
def test_survives_saving_in_a_model(num_classes, tmp_path):
    targets = CLASSES if num_classes else np.eye(4, dtype="float32")[CLASSES]
    inputs = keras.Input(targets.shape[1:], dtype=str(targets.dtype))
    layer = LabelSmoothing(0.3, num_classes=num_classes)
    config = layer.get_config()
    assert (config["epsilon"], config["num_classes"]) == (0.3, num_classes)
    model = keras.Model(inputs, layer(inputs))
    assert model.output_shape == (None, 4)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert_array_equal(
        *(keras.ops.convert_to_numpy(m(targets)) for m in (loaded, model))
    )


@pytest.mark.parametrize("policy", ["float16", "bfloat16"])
def test_half_precision_rounds_only_the_result(policy):
    smooth = LabelSmoothing(0.1, num_classes=4, dtype=f"mixed_{policy}")
    smoothed = smooth(CLASSES)
    assert keras.backend.standardize_dtype(smoothed.dtype) == policy
    smoothed = keras.ops.convert_to_numpy(keras.ops.cast(smoothed, "float32"))
    assert_allclose(smoothed, reference(0.1, 4), rtol=4e-3)


@pytest.mark.parametrize(
    "name, value",
    [
        *(("epsilon", e) for e in (-0.1, 1.5, float("nan"), "0.1", None)),
        *(("num_classes", n) for n in (0, -2, 2.5, True)),
    ],
)
def test_refuses_invalid_arguments(name, value):
    with pytest.raises(ValueError, match=f"`{name}`"):
        LabelSmoothing(**{name: value})
