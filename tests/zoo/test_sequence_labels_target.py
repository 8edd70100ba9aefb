"""Answers at each step: loss, accuracy, padding, the export, a user's own model."""

import keras
import numpy as np
import pytest

import zoo
from zoo.errors import InputError
from zoo.loading import as_trained_model, load_model
from zoo.models.recurrent import RecurrentNetwork, learn_vocabulary
from zoo.models.recurrent.vocabulary import split_texts
from zoo.targets import IN_NUMPY, SequenceLabels, target_from_config, target_of
from zoo.targets.step_means import MeanOverSteps, OverSteps

tf = pytest.importorskip("tensorflow")
if keras.backend.backend() != "tensorflow":
    pytest.skip("the export needs TensorFlow", allow_module_level=True)

RNG = np.random.default_rng(0)
LENGTHS = np.array([5, 1, 3, 4, 2, 5])
REAL = np.arange(5) < LENGTHS[:, None]
LABELS = np.where(REAL, RNG.integers(0, 3, (6, 5)), 0)
OUTPUTS = RNG.dirichlet(np.ones(3), (6, 5)).astype("float32")
WEIGHTS = (REAL * (len(LENGTHS) / LENGTHS.sum())).astype("float32")
CHOSEN = np.take_along_axis(OUTPUTS.astype("float64"), LABELS[..., None], -1)[..., 0]
MEAN = -np.log(CHOSEN[REAL]).mean()
TEXTS = np.array(["a b A", "b", "A b"], object)


def network(**changes):
    keras.utils.set_random_seed(0)
    options = {
        "mode": "many_to_many",
        "inputs": "text",
        "vocabulary": ["a", "b"],
        "split": "space",
        "num_classes": 3,
        "class_names": ["N", "V", "."],
        "units": 3,
    }
    return RecurrentNetwork(**options | changes)


GROUPINGS = {"one batch": [6], "two": [4, 2], "single sequences": [1] * 6}


@pytest.mark.parametrize("sizes", GROUPINGS.values(), ids=GROUPINGS)
@pytest.mark.parametrize("padding", [0, 3])
def test_the_loss_is_the_mean_over_real_steps_however_they_are_grouped(sizes, padding):
    loss = SequenceLabels(3).loss()
    longer = [(0, 0), (0, padding)]
    labels, weights = np.pad(LABELS, longer), np.pad(WEIGHTS, longer)
    outputs = np.pad(OUTPUTS, [*longer, (0, 0)], constant_values=1 / 3)
    ends = np.cumsum(sizes)
    batches = [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)]
    values = [float(loss(labels[b], outputs[b], weights[b])) for b in batches]
    assert np.average(values, weights=sizes) == pytest.approx(MEAN, rel=1e-6)


def test_logits_and_soft_targets_give_the_same_loss():
    logits = np.log(OUTPUTS)
    loss = SequenceLabels(3, activation="linear").loss()
    assert float(loss(LABELS, logits, WEIGHTS)) == pytest.approx(MEAN, rel=1e-5)
    soft = SequenceLabels(3).loss(soft=True)
    one_hot = np.eye(3, dtype="float32")[LABELS]
    assert float(soft(one_hot, OUTPUTS, WEIGHTS)) == pytest.approx(MEAN, rel=1e-5)


def test_longer_targets_are_cut_and_weights_multiply():
    loss = MeanOverSteps("sparse_categorical_crossentropy")
    short = LENGTHS <= 3
    values = float(loss(LABELS[short], OUTPUTS[short, :3], 2 * WEIGHTS[short]))
    chosen = -np.log(CHOSEN[short])[REAL[short]].sum() * 2 * WEIGHTS.max()
    assert values == pytest.approx(chosen / short.sum(), rel=1e-6)


def test_a_loss_that_mixes_steps_is_refused():
    with pytest.raises(ValueError, match="a number for each step"):
        MeanOverSteps(lambda t, o: keras.ops.mean(o), "odd")(LABELS, OUTPUTS, WEIGHTS)


METRICS = {  # metric: its value over the real steps
    "accuracy": (SequenceLabels(3).metrics[0], (OUTPUTS.argmax(-1) == LABELS)[REAL]),
    "entropy": (OverSteps("sparse_categorical_crossentropy"), -np.log(CHOSEN[REAL])),
}


@pytest.mark.parametrize("metric, values", METRICS.values(), ids=METRICS)
def test_metrics_count_each_real_step_once(metric, values):
    metric.reset_state()
    for rows in ([0, 3, 5], [2, 1], [4]):  # of 5, 3 and 2 steps
        batch = np.s_[rows, : LENGTHS[rows].max()]
        uneven = WEIGHTS[batch] * RNG.uniform(0.5, 3, WEIGHTS[batch].shape)
        metric.update_state(LABELS[batch], OUTPUTS[batch], uneven)
    assert float(metric.result()) == pytest.approx(values.mean(), rel=1e-5)
    copy = type(metric).from_config(metric.get_config())
    assert copy.name == metric.name
    copy.update_state(LABELS, OUTPUTS, WEIGHTS)
    assert float(copy.result()) == pytest.approx(values.mean(), rel=1e-5)


def test_padding_has_no_answer():
    target = SequenceLabels(3, ("N", "V", "."))
    answers = target.answers(OUTPUTS, IN_NUMPY, REAL)
    assert answers["lengths"].tolist() == LENGTHS.tolist()
    assert (answers["probabilities"][~REAL] == 0).all()
    assert (answers["label"][~REAL] == -1).all()
    assert (answers["class_name"][~REAL] == "").all()
    np.testing.assert_array_equal(answers["label"][REAL], OUTPUTS.argmax(-1)[REAL])
    assert (target.answers(OUTPUTS, IN_NUMPY)["lengths"] == 5).all()


def test_the_configuration_restores_the_target():
    target = SequenceLabels(2, ("a", "b"), "linear")
    assert target_from_config(target.get_config()) == target


def test_a_network_answers_texts_of_any_length_in_batches():
    model = network()
    assert model.target == SequenceLabels(3, ("N", "V", "."))
    trained = as_trained_model(model)
    answers = trained.answers(TEXTS, batch_size=1)
    outputs = model.predict(tf.constant(TEXTS.astype(str)), verbose=0)
    assert answers["lengths"].tolist() == [3, 1, 2]
    for row, length in enumerate(answers["lengths"]):
        np.testing.assert_allclose(
            answers["probabilities"][row, :length], outputs[row, :length], atol=1e-6
        )
    assert (answers["class_name"][1] == "").tolist() == [False, True, True]


@pytest.mark.parametrize("stateful", [None, 2])
def test_the_export_of_a_network_leaves_padding_out(tmp_path, stateful):
    shape = {"inputs": "numbers", "input_shape": (None, 2), "split": None}
    model = network(**shape, vocabulary=None, stateful_batch_size=stateful)
    loaded = load_model(zoo.export(model, tmp_path / "served"))
    assert loaded.target == SequenceLabels(3, ("N", "V", "."))
    values = RNG.normal(size=(6, 5, 2)).astype("float32") * REAL[..., None]
    answers = loaded.answers(values)
    assert answers["lengths"].tolist() == LENGTHS.tolist()
    whole = model.with_carried_state(None) if stateful else model
    own = as_trained_model(whole).answers(values)
    np.testing.assert_allclose(
        answers["probabilities"], own["probabilities"], atol=1e-5
    )


OWN = {  # of a user: the last layer's activation, and the target
    "softmax": ("softmax", SequenceLabels(3)),
    "logits": (None, SequenceLabels(3, activation="linear")),
}


@pytest.mark.parametrize("activation, target", OWN.values(), ids=OWN)
def test_the_target_of_a_users_model_is_recognised(activation, target):
    inputs = keras.Input((None, 2))
    steps = keras.layers.SimpleRNN(2, return_sequences=True)(inputs)
    outputs = keras.layers.Dense(3, activation=activation)(steps)
    assert target_of(keras.Model(inputs, outputs)) == target


def test_a_users_model_without_probabilities_is_refused():
    inputs = keras.Input((None, 2))
    outputs = keras.layers.Dense(3, activation="sigmoid")(inputs)
    with pytest.raises(InputError, match="ends in 'sigmoid'"):
        target_of(keras.Model(inputs, outputs))


DIFFERENCES = {
    "probabilities": ("probabilities", lambda p: p * 0.9, "where the model gives"),
    "lengths": ("lengths", lambda n: n - 1, "gave the lengths"),
    "padding": ("probabilities", lambda p: np.maximum(p, 1e-3), "not 0 at padding"),
    "labels": ("label", lambda n: np.where(n < 0, n, 2 - n), "gave labels"),
}


@pytest.mark.parametrize("name, change, part", DIFFERENCES.values(), ids=DIFFERENCES)
def test_other_answers_of_an_export_are_noticed(name, change, part):
    target = SequenceLabels(3)
    own = target.answers(OUTPUTS, IN_NUMPY, REAL)
    served = {**own, "class_name": own["class_name"].astype(bytes)}
    assert target.difference(served, own, 1e-2) is None
    served[name] = change(served[name])
    assert part in target.difference(served, own, 1e-2)


def test_tokens_between_spaces_are_kept_as_they_are():
    assert split_texts(["U.S. don't  a\tB"], "space") == [["U.S.", "don't", "a", "B"]]
    texts = ["The dog", "the dog", "dog !"]
    assert learn_vocabulary(texts, split="space", least=2) == ["dog"]
    assert learn_vocabulary(["a b"], split="space", least=2) == ["a", "b"]
