"""Rebalancing: exact quotas, no lost examples, reproducible batches."""

import json

import numpy as np
import pytest
import tensorflow as tf

import recipes
from recipes import sampling
from recipes.data.dataset import Part
from recipes.pipeline import steps_per_epoch, training_batches
from recipes.sampling.base import apportioned
from zoo.errors import InputError

COUNTS = (23, 5, 61)
LABELS = np.random.default_rng(0).permutation(np.repeat(np.arange(3), COUNTS))
# Each row holds its index, its class, and a random number.
ROWS = np.stack(
    [np.arange(89), LABELS, np.random.default_rng(1).normal(size=89)], axis=1
).astype("float32")
PART = Part(ROWS, LABELS)
BATCH = 8

CASES = {  # rebalancing, and its quotas, computed by hand from the formula
    "undersample": (sampling.Undersample(), (5, 5, 5)),
    "undersample to a half": (sampling.Undersample(0.5), (10, 5, 10)),
    "oversample": (sampling.Oversample(), (61, 61, 61)),
    "oversample to a half": (sampling.Oversample(0.5), (30, 30, 61)),
    "balanced": (sampling.Balanced(), (32, 32, 32)),
    "sqrt": (sampling.SquareRoot(), (29, 13, 47)),
    "smote": (sampling.Smote(neighbours=4), (61, 61, 61)),
    "smote_nc": (sampling.SmoteNC(neighbours=4, categorical=(1,)), (61, 61, 61)),
    "class_weights": (sampling.ClassWeights(), COUNTS),
}
each_case = pytest.mark.parametrize("rebalance, quotas", CASES.values(), ids=CASES)
# Synthetic rows have no index to count: see test_smote.py.
DRAWN = {n: c for n, c in CASES.items() if not isinstance(c[0], sampling.Smote)}


def test_every_name_has_a_case():
    assert {case[0].name for case in CASES.values()} == {*sampling.NAMES} - {"none"}


def batches(rebalance, **options):
    return training_batches(
        PART, batch_size=BATCH, seed=3, rebalance=rebalance, **options
    )


def epoch(rebalance, number=0):
    """All batches of one epoch, as NumPy arrays."""
    size = rebalance.plan(LABELS, batch_size=BATCH).epoch_size
    steps = steps_per_epoch(size, BATCH)
    made = batches(rebalance, start_step=number * steps).take(steps)
    return list(made.as_numpy_iterator())


@each_case
def test_quotas_are_exact_in_every_epoch(rebalance, quotas):
    plan = rebalance.plan(LABELS, batch_size=BATCH)
    assert plan.targets.tolist() == list(quotas)
    for number in (0, 1, 5):
        labels = np.concatenate([batch[1] for batch in epoch(rebalance, number)])
        assert np.bincount(labels, minlength=3).tolist() == list(quotas)


@each_case
def test_epochs_differ_and_seeds_repeat(rebalance, quotas):
    first, again, second = epoch(rebalance), epoch(rebalance), epoch(rebalance, 1)
    for one, same in zip(first, again, strict=True):
        for a, b in zip(one, same, strict=True):
            np.testing.assert_array_equal(a, b)
    assert any((a[0] != b[0]).any() for a, b in zip(first, second, strict=True))


@each_case
def test_threads_and_the_first_step_do_not_matter(rebalance, quotas):
    def made(threads, start):
        options = tf.data.Options()
        options.threading.private_threadpool_size = threads
        data = batches(rebalance, start_step=start).with_options(options)
        return list(data.take(40 - start).as_numpy_iterator())

    one = made(threads=1, start=0)
    for other, start in ((made(8, 0), 0), (made(1, 13), 13)):
        for a, b in zip(one[start:], other, strict=True):
            for x, y in zip(a, b, strict=True):
                np.testing.assert_array_equal(x, y)


@each_case
def test_no_python_in_the_graph(rebalance, quotas):
    definition = tf.raw_ops.DatasetToGraphV2(
        input_dataset=batches(rebalance)._variant_tensor,
        external_state_policy=2,  # fail
        strip_device_assignment=True,
    )
    assert b"PyFunc" not in definition.numpy()


@pytest.mark.parametrize("rebalance", [sampling.Undersample(), sampling.Oversample()])
def test_no_example_is_lost_for_good(rebalance):
    plan = rebalance.plan(LABELS, batch_size=BATCH)
    epochs = int(np.ceil(plan.counts / plan.targets).max())
    for begin in (0, epochs):
        seen = [
            batch[0][:, 0]
            for number in range(begin, begin + epochs)
            for batch in epoch(rebalance, number)
        ]
        assert sorted(set(np.concatenate(seen).astype(int))) == list(range(89))


@pytest.mark.parametrize("rebalance, quotas", DRAWN.values(), ids=DRAWN)
def test_examples_of_a_class_come_equally_often(rebalance, quotas):
    numbers = np.concatenate([batch[0][:, 0] for batch in epoch(rebalance)]).astype(int)
    times = np.bincount(numbers, minlength=89)
    for each in range(3):
        of_class = times[each == LABELS]
        assert of_class.max() - of_class.min() <= 1
        assert of_class.sum() == quotas[each]


def test_every_batch_is_balanced():
    for number in (0, 1):
        for _, labels in epoch(sampling.Balanced(), number):
            counts = np.bincount(labels, minlength=3)
            assert counts.sum() == BATCH
            assert counts.max() - counts.min() <= 1


def test_class_weights_weigh_every_class_alike():
    made = epoch(sampling.ClassWeights())
    labels, weights = (np.concatenate([b[n] for b in made]) for n in (1, 2))
    sums = np.bincount(labels, weights)
    np.testing.assert_allclose(sums, 89 / 3, rtol=1e-5)


def test_class_weights_take_targets_of_any_shape():
    steps = np.array([[0, 1, 1], [2, 0, 1]])
    data = tf.data.Dataset.from_tensors((np.zeros((2, 3, 1)), steps))
    ((_, _, weights),) = sampling.with_class_weights(data, [1.0, 2.0, 3.0])
    assert weights.numpy().tolist() == [[1, 2, 2], [3, 1, 2]]
    several = {"a": steps[:, 0], "b": steps}
    data = tf.data.Dataset.from_tensors((np.zeros((2, 3, 1)), several))
    ((_, _, weights),) = sampling.with_class_weights(
        data, {"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0]}
    )
    assert weights["a"].numpy().tolist() == [1, 3]
    assert weights["b"].numpy().tolist() == [[4, 5, 5], [6, 4, 5]]
    one_hot = np.eye(3, dtype="float32")[steps]
    data = tf.data.Dataset.from_tensors((np.zeros((2, 3, 1)), one_hot))
    ((_, _, weights),) = sampling.with_class_weights(data, [1.0, 2.0, 3.0])
    assert weights.numpy().tolist() == [[1, 2, 2], [3, 1, 2]]


@each_case
def test_configuration_round_trip(rebalance, quotas):
    config = json.loads(json.dumps(rebalance.get_config()))
    assert sampling.from_config(config) == rebalance
    assert (
        eval(
            repr(rebalance),
            vars(sampling)
            | {name: getattr(sampling, name) for name in sampling.__all__},
        )
        == rebalance
    )


@pytest.mark.parametrize(
    "total, shares", [(10, [1, 1, 1]), (7, [5, 1, 1]), (0, [1, 2])]
)
def test_apportioned_parts_add_up(total, shares):
    parts = apportioned(total, np.array(shares, float))
    exact = total * np.array(shares) / sum(shares)
    assert parts.sum() == total
    assert (np.abs(parts - exact) < 1).all()


def part(labels, inputs=None):
    labels = np.asarray(labels)
    return Part(
        np.zeros((len(labels), 2), "float32") if inputs is None else inputs, labels
    )


BAD = {
    "no example": (lambda: make("oversample", [0, 0, 2, 2]), "'1' has no training"),
    "text labels": (lambda: make("oversample", ["a", "b"]), "class numbers 0…K-1"),
    "float labels": (lambda: make("oversample", [0.0, 1.0]), "class numbers 0…K-1"),
    "negative labels": (lambda: make("oversample", [-1, 0]), "got -1"),
    "one-hot labels": (
        lambda: make("oversample", np.eye(4, dtype=int)),
        "one class nu",
    ),
    "ratio above 1": (lambda: sampling.Oversample(1.5), "at most 1, got 1.5"),
    "ratio 0": (lambda: sampling.Oversample(0), "ratio"),
    "ratio reached": (
        lambda: make(sampling.Oversample(0.1), [0, 0, 1]),
        "already exceeds the ratio 0.1",
    ),
    "batch beyond the epoch": (
        lambda: make("undersample", [0] * 20 + [1]),
        "larger than an epoch, which has 2",
    ),
    "one example": (lambda: make("smote", [0] * 9 + [1]), "has one training example"),
    "few examples": (
        lambda: make("smote", [0] * 9 + [1] * 3),
        "3 training examples; SMOTE with 5 neighbours needs at least 6",
    ),
    "no neighbours": (lambda: sampling.Smote(neighbours=0), "neighbours"),
    "images": (
        lambda: make("smote", [0, 1], np.zeros((2, 4, 4, 1), "uint8")),
        r"choose 'oversample' with augmentation.*recipes.embed",
    ),
    "texts": (
        lambda: make("smote", [0, 1], np.array(["a", "b"], object)),
        "choose 'oversample'",
    ),
    "no categories": (
        lambda: make(
            "smote_nc",
            [0, 1] * 9,
            np.random.default_rng(0).normal(size=(18, 2)).astype("float32"),
        ),
        "choose 'smote'",
    ),
    "all categories": (lambda: make("smote_nc", [0, 1] * 9), "All columns"),
    "no such column": (
        lambda: make(sampling.SmoteNC(categorical=(2,)), [0, 1] * 9),
        "no column 2",
    ),
    "no such name": (lambda: sampling.choose("smot"), "did you mean 'smote'"),
    "no name": (lambda: sampling.choose(3), "a name or an object"),
    "ratio for sqrt": (lambda: sampling.choose("sqrt", 0.5), "does not take a ratio"),
    "ratio twice": (
        lambda: sampling.choose(sampling.Smote(), 0.5),
        "has its own ratio",
    ),
    "no such argument": (
        lambda: sampling.from_config({"name": "smote", "k": 3}),
        "unexpected keyword",
    ),
}


def make(rebalance, labels, inputs=None):
    return training_batches(
        part(labels, inputs),
        batch_size=2 if len(labels) < 20 else 4,
        rebalance=rebalance,
    )


@pytest.mark.parametrize("do, message", BAD.values(), ids=BAD)
def test_bad_data_and_arguments_are_refused(do, message):
    with pytest.raises(InputError, match=message):
        do()


def test_many_columns_give_a_warning():
    rows = np.random.default_rng(0).normal(size=(20, 101)).astype("float32")
    with pytest.warns(UserWarning, match="SMOTE suits few columns; with 101"):
        make("smote", [0] * 13 + [1] * 7, rows)


@pytest.fixture(scope="module")
def unequal():
    rng = np.random.default_rng(0)
    labels = (rng.random(300) < 0.15).astype(int)
    rows = rng.normal(size=(300, 3)) + 2 * labels[:, None]
    return recipes.from_arrays(rows, labels, class_names=["many", "few"])


def test_a_run_reports_the_class_counts(unequal, tmp_path, no_export):
    run = recipes.fit(
        "mlp",
        unequal,
        out=tmp_path / "run",
        epochs=1,
        rebalance="smote",
        rebalance_ratio=0.5,
        progress=False,
    )
    there = np.bincount(unequal.train.labels)
    config = json.loads(run.folder.config.read_text())
    assert config["training"]["rebalancing"] == run.rebalancing
    assert run.rebalancing["ratio"] == 0.5
    half = int(there[0] // 2)
    assert run.rebalancing["classes"] == {
        "many": dict.fromkeys(("there", "asked", "drawn"), int(there[0])),
        "few": {"there": int(there[1]), "asked": half, "drawn": half},
    }
    counted = sum(score.examples for score in run.evaluation.classes)
    assert counted == len(unequal.test)
