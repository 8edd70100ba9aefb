"""Choice of a strategy, division of batches, and decisions of several workers."""

import contextlib
import json
import signal
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import recipes
from recipes.data.dataset import Part
from recipes.pipeline import training_batches
from recipes.training.callbacks import Terminated
from recipes.training.settings import settings_for
from recipes.training.strategies import STRATEGIES, placement
from recipes.training.strategies.normalization import check_synchronized, synchronize
from recipes.training.strategies.placement import Placement, place
from recipes.training.strategies.sharing import shared_training, shared_validation
from recipes.training.strategies.steps import check_shared
from recipes.training.strategies.worker_sync import SyncedInterruptible, WorkerSync
from tests.recipes.training.test_cluster import SLURM, config
from zoo.errors import InputError


@pytest.mark.parametrize(
    "name, complaint",
    [
        ("tpus", f"no strategy 'tpus'; choose {', '.join(STRATEGIES)}"),
        ("gpu", "needs a GPU"),
        ("mirrored", "needs two GPUs or more; there is /device:CPU:0"),
        ("multiworker", "needs a cluster of two processes"),
        ("tpu", "No TPU answers"),
    ],
)
def test_an_unavailable_strategy_is_refused_with_the_reason(name, complaint):
    with pytest.raises(InputError, match=complaint):
        place(name)


def list_devices(**counts):
    """Stand in for `list_physical_devices`, with these numbers of devices by kind."""
    return lambda kind: [types.SimpleNamespace(name=kind)] * counts.get(kind, 0)


@pytest.mark.parametrize(
    "environment, counts, name, reason",
    [
        ({}, {}, "cpu", "there is no GPU"),
        ({}, {"GPU": 1}, "gpu", "there is one GPU"),
        ({}, {"GPU": 4}, "mirrored", "there are 4 GPUs"),
        ({}, {"GPU": 4, "TPU": 8}, "tpu", "there is a TPU"),
        ({"TPU_NAME": "local"}, {}, "tpu", "there is a TPU"),
        ({"TF_CONFIG": config()}, {"GPU": 4}, "multiworker", "TF_CONFIG names 2"),
        ({"TF_CONFIG": config({"worker": ["a:1"]})}, {}, "cpu", "there is no GPU"),
        (SLURM, {}, "multiworker", "Slurm names 5 workers"),
    ],
)
def test_auto_uses_the_devices_available(
    environment, counts, name, reason, monkeypatch
):
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(tf.config, "list_physical_devices", list_devices(**counts))
    makers = {n: lambda reason, _, n=n: Placement(n, reason) for n in STRATEGIES}
    monkeypatch.setattr(placement, "MAKERS", makers)
    found = place("auto")
    assert found.name == name
    assert reason in found.sentence()


@pytest.mark.parametrize("package", ["keras", "tensorflow"])
def test_untested_versions_are_refused_for_several_devices(package, monkeypatch):
    module = {"keras": keras, "tensorflow": tf}[package]
    monkeypatch.setattr(module, "__version__", "4.0.1")
    with pytest.raises(InputError, match=rf"tested with {package} .* this is 4\.0\.1"):
        place("mirrored")


class FakeStrategy:
    """Distributes data to any number of replicas without needing their devices."""

    def __init__(self, workers, local):
        self.num_replicas_in_sync = workers * local
        self.workers = workers

    def scope(self):
        return contextlib.nullcontext()

    def distribute_datasets_from_function(self, of_worker):
        return [
            of_worker(
                types.SimpleNamespace(
                    num_input_pipelines=self.workers, input_pipeline_id=worker
                )
            )
            for worker in range(self.workers)
        ]

    def steps(self, distributed, number):
        """Yield for each step the parts of all replicas."""
        local = self.num_replicas_in_sync // self.workers
        streams = [iter(dataset) for dataset in distributed]
        for _ in range(number):
            yield [next(stream) for stream in streams for _ in range(local)]


EXAMPLES = Part(np.arange(23.0, dtype="float32")[:, None], np.arange(23))


@pytest.mark.parametrize("workers, local", [(1, 2), (2, 1), (2, 2), (3, 2), (5, 1)])
@pytest.mark.parametrize("size", [6, 7, 11])
def test_the_parts_of_a_batch_add_up_to_the_batch(workers, local, size):
    """The last batches of 23 examples have 5, 2 and 1 for sizes 6, 7 and 11."""
    strategy = FakeStrategy(workers, local)
    replicas = workers * local
    whole = training_batches(EXAMPLES, batch_size=size, seed=1)
    shared = strategy.steps(shared_training(whole, strategy), 5)
    for (inputs, labels), parts in zip(whole.take(5), shared, strict=True):
        data = [part.data for part in parts]
        assert all(len(rows) > 0 for rows, _ in data)
        copies = {int(part.copies) for part in parts}
        if len(labels) < replicas:
            assert copies == {replicas}
            data = data[:1]
        else:
            assert copies == {1}
        np.testing.assert_array_equal(np.concatenate([x for x, _ in data]), inputs)
        np.testing.assert_array_equal(np.concatenate([y for _, y in data]), labels)
        mean = sum(
            float(part.weight) * np.mean(part.data[0]) / replicas for part in parts
        )
        np.testing.assert_allclose(mean, np.mean(inputs), rtol=1e-6)


def test_parts_of_equal_size_have_static_shapes():
    whole = training_batches(EXAMPLES, batch_size=6, drop_remainder=True)
    (worker,) = shared_training(whole, FakeStrategy(1, 3))
    inputs, labels = worker.element_spec
    assert (inputs.shape, labels.shape) == ((2, 1), (2,))


@pytest.mark.parametrize("workers, local", [(1, 2), (3, 2), (8, 1)])
@pytest.mark.parametrize("size", [8, 23])
def test_validation_sees_every_example_once(workers, local, size):
    strategy = FakeStrategy(workers, local)
    distributed, steps = shared_validation(EXAMPLES, strategy, batch_size=size)
    for _ in range(2):  # passes
        parts = [p for step in strategy.steps(distributed, steps) for p in step]
        assert all(len(labels) > 0 for _, labels in parts)
        seen = np.concatenate([labels for _, labels in parts])
        assert sorted(seen) == list(range(23))
    most = -(-size // strategy.num_replicas_in_sync)
    assert max(len(labels) for _, labels in parts) <= 2 * most


def test_too_few_examples_are_refused(monkeypatch, tmp_path):
    with pytest.raises(InputError, match="23 validation examples for 24 replicas"):
        shared_validation(EXAMPLES, FakeStrategy(24, 1), batch_size=24)
    many = Placement("mirrored", "for a test", FakeStrategy(1, 64))
    with pytest.raises(InputError, match="`batch_size` 32 is for all 64 replicas"):
        recipes.fit("mlp", out=tmp_path / "run", strategy=many)
    assert list(tmp_path.iterdir()) == []


def net(*layers, **compiled):
    model = keras.Sequential([keras.Input((3,)), *layers, keras.layers.Dense(2)])
    if compiled:
        model.compile(**compiled)
    return model


def test_normalisation_by_the_statistics_of_one_replica_is_refused():
    inner = net(keras.layers.BatchNormalization(name="inner"))
    model = net(inner)
    with pytest.raises(InputError, match="'inner' normalises by the part"):
        check_synchronized(model)
    synchronize(model)
    check_synchronized(model)
    assert inner.layers[0].synchronized


@pytest.mark.parametrize(
    "compiled, complaint",
    [
        (
            {
                "loss": keras.losses.MeanSquaredError(
                    reduction="mean_with_sample_weight"
                )
            },
            "reduced by mean_with_sample_weight",
        ),
        ({"loss": keras.losses.MeanSquaredError(reduction=None)}, "reduced by None"),
        (
            {"optimizer": keras.optimizers.SGD(gradient_accumulation_steps=2)},
            "cannot accumulate gradients",
        ),
    ],
)
def test_models_that_replicas_would_train_differently_are_refused(compiled, complaint):
    with pytest.raises(InputError, match=complaint):
        check_shared(net(**{"loss": "mse", "optimizer": "sgd", **compiled}))


class FakeSync(WorkerSync):
    """One of two workers; the function `other` gives the values of the second."""

    def __init__(self, interruptible, other, **options):
        alone = tf.distribute.get_strategy()
        super().__init__(alone, interruptible, **options)
        self.other = other
        self.exchanges = 0

    def _exchanged(self, values):
        self.exchanges += 1
        return [(a + b) / 2 for a, b in zip(values, self.other(values), strict=True)]


@pytest.mark.parametrize("number, raised", [(15, Terminated), (2, KeyboardInterrupt)])
def test_a_signal_to_another_worker_stops_this_one(number, raised):
    def other(values):
        return [float(number == 15), float(number == 2), values[-1]]

    interruptible = SyncedInterruptible()
    sync = FakeSync(interruptible, other)
    sync._start = sync._clock()
    interruptible.on_train_begin()
    sync.on_train_batch_end(0)
    with pytest.raises(raised):
        interruptible.on_train_batch_end(0)


def test_a_signal_waits_until_all_workers_know_of_it():
    interruptible = SyncedInterruptible()
    sync = FakeSync(interruptible, list)
    with interruptible.listening():
        interruptible.on_train_begin()
        sync._start = sync._clock()
        signal.raise_signal(signal.SIGTERM)
        interruptible.on_train_batch_end(0)
        assert interruptible.signal is None
        sync.on_train_batch_end(0)
        with pytest.raises(Terminated):
            interruptible.on_train_batch_end(0)
        with pytest.raises(Terminated):  # a second signal does not wait
            signal.raise_signal(signal.SIGTERM)


def test_a_signal_after_the_last_step_is_not_lost():
    interruptible = SyncedInterruptible()
    with interruptible.listening():
        interruptible.on_train_begin()
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(Terminated):
            interruptible.on_train_end()


def test_workers_share_a_clock_and_exchange_values_twice_a_second():
    """A step takes 0.1 seconds on this worker and 0.3 on the other."""
    times = iter(np.arange(10_000) * 0.1)
    sync = FakeSync(
        SyncedInterruptible(),
        lambda values: [0.0, 0.0, 3 * values[-1]] if len(values) == 3 else values,
        clock=lambda: float(time),
    )
    time = next(times)
    sync.on_train_begin()
    assert sync.common_clock() == 0.0
    for step in range(100):
        time = next(times)
        sync.on_train_batch_end(step)
    assert sync.common_clock() == pytest.approx(0.2 * 99, abs=1.0)
    assert 40 <= sync.exchanges <= 60


def test_workers_that_begin_at_different_steps_are_refused():
    sync = FakeSync(SyncedInterruptible(), lambda values: [7.0], first_step=5)
    with pytest.raises(InputError, match="resumes at step 5, other workers do not"):
        sync.on_train_begin()


def test_resume_keeps_the_strategy_unless_another_is_given(tmp_path, monkeypatch):
    (tmp_path / "checkpoints" / "step-0000000001").mkdir(parents=True)
    config = {"resolved": {"strategy": {"name": "mirrored"}}, "versions": {}}
    config["data"] = {"origin": None, "fingerprint": "0"}
    config["training"] = {"settings": {}, "augmentation": None, "rebalancing": None}
    (tmp_path / "config.json").write_text(json.dumps(config))

    def asked(name):
        raise InputError(f"asked for {name}")

    monkeypatch.setattr("recipes.training.resume.place", asked)
    with pytest.raises(InputError, match="asked for mirrored"):
        recipes.resume(tmp_path)
    with pytest.raises(InputError, match="asked for cpu"):
        recipes.resume(tmp_path, strategy="cpu")


@pytest.mark.parametrize(
    "options, rate",
    [
        ({"batch_size": 320}, 1e-3),
        ({"batch_size": 320, "scale_learning_rate": True}, 1e-2),
        ({"scale_learning_rate": True}, 1e-3),
        ({"batch_size": 8, "learning_rate": 0.4, "scale_learning_rate": True}, 0.1),
    ],
)
def test_the_learning_rate_is_scaled_only_on_request(options, rate):
    settings = settings_for("mlp", 1_000, **options)
    assert settings.learning_rate == pytest.approx(rate)
