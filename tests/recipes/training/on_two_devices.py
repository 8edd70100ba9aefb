"""A script that trains on one device and on two, and prints the differences as JSON.

Batches of 5 are divided unequally, and the last batch of an epoch has one example for
two replicas. For each case the script prints the difference between the weights, and
between the metrics, relative to how far training moved them.
"""

import dataclasses
import json
import os
import pathlib
import sys
from collections.abc import Callable

import numpy as np

EXAMPLES, BATCH = 11, 5
RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(EXAMPLES, 6)).astype("float32")
IMAGES = RNG.integers(0, 256, (EXAMPLES, 8, 8, 1), dtype="uint8")
DIGITS = RNG.integers(0, 256, (EXAMPLES, 28, 28, 1), dtype="uint8")
TEXTS = np.array(["a b", "b c a", "c", "a"] * 3, object)[:EXAMPLES]
CLASSES = np.arange(EXAMPLES) % 2
LATENTS = RNG.normal(size=(EXAMPLES, 3)).astype("float32")


@dataclasses.dataclass(frozen=True)
class Case:
    """A model and the data to train it on.

    Attributes:
        model: Function that builds and compiles the model.
        inputs: Examples.
        labels: Classes of the examples.
        weighted: Whether classes have weights.
        measured: Whether loss and metrics are means over examples, and are compared.
        validated: Whether each epoch ends with validation.
    """

    model: Callable
    inputs: np.ndarray = dataclasses.field(default_factory=lambda: ROWS)
    labels: np.ndarray = dataclasses.field(default_factory=lambda: CLASSES)
    weighted: bool = False
    measured: bool = True
    validated: bool = False


def small(optimizer, loss, penalty=None, clip=None, **dense):
    """Return a builder of a two-layer net with these components of `custom`."""

    def model():
        import keras

        import custom

        options = {"activation": "tanh", **dense}
        if penalty:
            strengths = (0.05,) * len(penalty.split("L")[1:])
            regularizer = getattr(custom.regularizers, penalty)(*strengths)
            options["kernel_regularizer"] = regularizer
        hidden = keras.layers.Dense(4, **options)
        head = keras.layers.Dense(1, dtype="float32")
        net = keras.Sequential([keras.Input((6,)), hidden, head])
        rule = getattr(custom.optimizers, optimizer)(0.1, global_clipnorm=clip)
        if "dtype" in dense:
            rule = keras.optimizers.LossScaleOptimizer(rule)
        logits = {} if loss == "HalfSumSquaredError" else {"from_logits": True}
        net.compile(rule, getattr(custom.losses, loss)(**logits))
        return net

    return model


def family(name, loss="sparse_categorical_crossentropy", **arguments):
    def model():
        import zoo

        if name != "perceptron":
            arguments["num_classes"] = 2
        net = zoo.create(name, **arguments)
        net.compile("sgd", loss, metrics=["accuracy"])
        return net

    return model


def gan():
    import keras

    from zoo.models.dcgan import DCGAN

    net = DCGAN(latent_dim=3, width=2, seed=3)
    net.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
    return net


CASES = {
    "GradientDescent": Case(
        small("GradientDescent", "HalfSumSquaredError", "L2"), measured=False
    ),
    "Momentum": Case(small("Momentum", "CrossEntropy", "L1", clip=0.05)),
    "Nesterov": Case(small("Nesterov", "SquaredCrossEntropy", "L1L2")),
    "Adagrad": Case(small("Adagrad", "DiscriminatorLoss"), labels=np.ones(EXAMPLES)),
    "Adadelta": Case(small("Adadelta", "MinimaxGeneratorLoss")),
    "RMSprop": Case(small("RMSprop", "NonSaturatingGeneratorLoss"), weighted=True),
    "Adam": Case(small("Adam", "CrossEntropy")),
    "AdaMax": Case(small("AdaMax", "CrossEntropy")),
    "Nadam": Case(small("Nadam", "CrossEntropy")),
    "mixed_float16": Case(  # One part overflows, so both parts skip the step.
        small(
            "GradientDescent",
            "CrossEntropy",
            activation="linear",
            dtype="mixed_float16",
        ),
        inputs=np.where(np.arange(EXAMPLES)[:, None] == 7, np.float32(50), ROWS),
    ),
    "perceptron": Case(
        family("perceptron", "mean_squared_error", input_shape=(6,)),
        labels=2 * CLASSES - 1,
    ),
    "mlp": Case(
        family("mlp", input_shape=(6,), hidden_units=(4,), dropout=0.0), validated=True
    ),
    "cnn": Case(family("cnn", input_shape=(8, 8, 1), widths=(2,), dropout=0.0), IMAGES),
    "texts": Case(
        family(
            "recurrent",
            inputs="text",
            vocabulary=("a", "b", "c"),
            units=(3,),
            dropout=0.0,
            use_cudnn=False,
        ),
        TEXTS,
        validated=True,
    ),
    "dcgan": Case(gan, DIGITS),
}


# Losses and penalties of the cases, which are named for their optimizers.
USED = {
    *("HalfSumSquaredError", "CrossEntropy", "SquaredCrossEntropy"),
    *("DiscriminatorLoss", "MinimaxGeneratorLoss", "NonSaturatingGeneratorLoss"),
    *("L1", "L2", "L1L2"),
}


def trained(case, strategy):
    """Train; return the changes of the weights, and the metrics of each epoch."""
    import keras

    from recipes.data.dataset import Part
    from recipes.pipeline import ordered_batches, steps_per_epoch, training_batches
    from recipes.training.strategies.normalization import synchronize
    from recipes.training.strategies.placement import Placement
    from recipes.training.strategies.sharing import shared_training, shared_validation
    from recipes.training.strategies.steps import shared_steps

    placement = Placement("mirrored", "tried", strategy)
    part = Part(case.inputs, case.labels.astype("int64"))
    with placement.scope():
        keras.utils.set_random_seed(0)
        model = case.model()
        synchronize(model)
        before = model.get_weights()
        batches = training_batches(
            part,
            batch_size=BATCH,
            seed=1,
            rebalance="class_weights" if case.weighted else None,
        )
        batches = shared_training(batches, strategy)
        validation = steps = None
        if case.validated and strategy is None:
            validation = ordered_batches(part, batch_size=BATCH)
        elif case.validated:
            validation, steps = shared_validation(part, strategy, batch_size=BATCH)
        with shared_steps(model):
            history = model.fit(
                batches,
                steps_per_epoch=steps_per_epoch(EXAMPLES, BATCH),
                validation_data=validation,
                validation_steps=steps,
                epochs=2,
                shuffle=False,
                verbose=0,
            ).history
    after = model.get_weights()
    return {
        "moves": np.concatenate(
            [np.ravel(new - old) for new, old in zip(after, before, strict=True)]
        ),
        "measures": np.array([history[name] for name in sorted(history)]),
    }


def relative_differences(case, one, two):
    """Return the largest difference divided by the largest value, by kind of value."""
    found, expected = trained(case, two), trained(case, one)
    kinds = ["moves", "measures"] if case.measured else ["moves"]
    return {
        kind: float(
            np.abs(found[kind] - expected[kind]).max() / np.abs(expected[kind]).max()
        )
        for kind in kinds
    }


def latents_of(seed_generator, count, latent_dim):
    """Stand in for random draws: latents depend only on the index in the batch."""
    import tensorflow as tf

    replica = tf.distribute.get_replica_context().replica_id_in_sync_group
    # The second part of a batch of 5 begins at index 2, that of a batch of 1 at 0.
    first = tf.where(count == 3, 2, 0) * replica
    return tf.gather(LATENTS, first + tf.range(count))


def main(names):
    os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3")
    sys.path.insert(0, str(pathlib.Path(__file__).parents[3]))
    import tensorflow as tf

    from recipes.training.strategies.placement import place
    from zoo.models.dcgan import adversarial_step

    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(
        cpu, [tf.config.LogicalDeviceConfiguration()] * 2
    )
    adversarial_step.draw_latents = latents_of
    two = place("mirrored").strategy
    found = {
        name: relative_differences(CASES[name], None, two) for name in names or CASES
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
