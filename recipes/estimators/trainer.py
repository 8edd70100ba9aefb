"""Training in memory, by functions that are traced once for networks of one form.

A grid search, the folds of a cross-validation and the members of an ensemble train the
same network again and again. Tracing the step of a small network takes a hundred times
as long as an epoch of it, so a `Trainer` keeps a network of its own, into which the
weights to train are copied.
"""

import contextlib
import dataclasses
import json
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from recipes.training.components import (
    Components,
    averaging_momentum,
    make_optimizer,
    rates_of,
)
from recipes.training.fitting_losses import (
    check_fits_numbers,
    learns_from_soft_targets,
    loss_for,
)
from recipes.training.settings import Settings
from zoo.errors import InputError
from zoo.targets import Regression

KEPT = 16  # trainers, those used last
SCALING = "standardize"  # name of the layer whose numbers follow from the data
_trainers: dict[str, "Trainer"] = {}
_lock = threading.Lock()


@dataclasses.dataclass(frozen=True)
class Weighted:
    """Examples as a network reads them.

    Attributes:
        inputs: What the network reads.
        targets: Class numbers `(n,)`, or numbers `(n, k)` in standard units.
        weights: The weight of each example in the loss, `(n,)`.
    """

    inputs: np.ndarray
    targets: np.ndarray
    weights: np.ndarray


@dataclasses.dataclass(frozen=True)
class Trained:
    """What training has found.

    Attributes:
        weights: Those of the best epoch by validation loss; of the last one without a
            validation part.
        epoch: Number of that epoch, from 1.
        metrics: The losses of each epoch.
    """

    weights: list[np.ndarray]
    epoch: int
    metrics: list[dict[str, float]]


def train(
    model: keras.Model,
    components: Components,
    settings: Settings,
    examples: Weighted,
    validation: Weighted | None,
) -> Trained:
    """Trains a model of the zoo in place; its inputs are already scaled.

    Args:
        model: The model with its first weights.
        components: The loss and the optimizer that the user named.
        settings: The settings of training.
        examples: The training part, as `scaled` returns its inputs.
        validation: The validation part.

    Raises:
        InputError: If the loss does not fit, or training diverges.
    """
    network = behind_scaling(model)
    trained = trainer_for(model, components, settings).train(
        network.variables, examples, validation, settings
    )
    network.set_weights(trained.weights)
    return trained


def trainer_for(
    model: keras.Model, components: Components, settings: Settings
) -> "Trainer":
    """The trainer of networks of this form, with this optimizer and loss."""
    config = model.get_config()
    config |= {"class_names": None} if "class_names" in config else {}
    if isinstance(model.target, Regression):  # It learns in standard units.
        count = len(model.target.names)
        unit = Regression(model.target.names, (0.0,) * count, (1.0,) * count)
        config["target"] = unit.get_config()
    decides = ("optimizer", "weight_decay", "clip_norm", "accumulation_steps")
    chosen = [getattr(settings, name) for name in decides]
    named = components.loss and [
        components.loss.cls.__name__,
        components.loss.arguments,
    ]
    parts = [type(model).__qualname__, config, chosen, named]
    key = json.dumps(parts, sort_keys=True, default=repr)
    with _lock:
        found = _trainers.pop(key, None)
        if found is None:
            twin = type(model).from_config(config)
            found = Trainer(twin, settings, components.loss)
        _trainers[key] = found  # The last one used is the last one to go.
        if len(_trainers) > KEPT:
            del _trainers[next(iter(_trainers))]
    return found


def behind_scaling(model: keras.Model) -> keras.Model:
    """The network behind the layer that scales inputs as it has measured them."""
    scaling = next((each for each in model.layers if each.name == SCALING), None)
    return model if scaling is None else keras.Model(scaling.output, model.output)


def scaled(model: keras.Model, inputs: np.ndarray) -> np.ndarray:
    """Inputs as the network behind the scaling reads them."""
    scaling = next((each for each in model.layers if each.name == SCALING), None)
    return inputs if scaling is None else keras.ops.convert_to_numpy(scaling(inputs))


class _Rates(keras.optimizers.schedules.LearningRateSchedule):
    """The rate of each step, as training sets them."""

    def __init__(self) -> None:
        self.values = tf.Variable([0.0], shape=[None], trainable=False)

    def __call__(self, step: Any) -> Any:
        return tf.gather(self.values, tf.cast(step, tf.int32))

    def get_config(self) -> dict[str, Any]:
        return {}


class Trainer:
    """A network with its optimizer and its loss.

    Args:
        model: The model; its weights are overwritten.
        settings: What decides the optimizer.
        loss: The loss by name. Default: that of the target.
    """

    def __init__(self, model: Any, settings: Settings, loss: Any) -> None:
        self._busy = threading.Lock()
        self._network = behind_scaling(model)
        self._rates = _Rates()
        plain = dataclasses.replace(settings, averaging=None)
        self._optimizer = make_optimizer(plain, 1, self._rates)
        self._optimizer.build(self._network.trainable_variables)
        self._initial = [each.numpy() for each in self._optimizer.variables]
        self._trained = [each.value for each in self._network.trainable_variables]
        self._averages = [tf.Variable(each, trainable=False) for each in self._trained]
        self._momentum = tf.Variable(0.0, trainable=False)
        self._classes = 0  # of one-hot targets
        if loss is None:
            self._loss = model.target.loss()
        else:
            self._loss = loss_for(loss, model.target)
            if isinstance(model.target, Regression):
                check_fits_numbers([self._loss], len(model.target.names))
            elif learns_from_soft_targets([self._loss], model.target, False):
                self._classes = model.target.num_classes
        self._functions: dict[str, Any] = {}

    def train(
        self,
        initial: Sequence[Any],
        examples: Weighted,
        validation: Weighted | None,
        settings: Settings,
    ) -> Trained:
        """Trains the network from initial weights on, and returns its best weights."""
        with self._busy:
            best = self._best(initial, examples, validation, settings)
        if best is None:
            raise InputError(
                "Training diverged: the loss is not finite. Try a lower "
                "`learning_rate`."
            )
        return best

    def _best(
        self,
        initial: Sequence[Any],
        examples: Weighted,
        validation: Weighted | None,
        settings: Settings,
    ) -> Trained | None:
        """The best weights; `None` if the losses are not finite from the beginning."""
        count, size = len(examples.targets), tf.constant(settings.batch_size, tf.int64)
        self._start(initial, settings, math.ceil(count / settings.batch_size))
        training = self._tensors(examples)
        scored = None if validation is None else self._tensors(validation)
        best: Trained | None = None
        least, rows = math.inf, []
        for epoch in range(settings.epochs):
            # Seed and epoch are folded, so that seeds share no order.
            order = np.random.default_rng([settings.seed, epoch]).permutation(count)
            loss = value = float(
                self._call("learn", self._step, *training, order, size)
            )
            rows.append({"epoch": epoch + 1, "loss": loss})
            is_last = epoch + 1 == settings.epochs
            if scored is not None or (is_last and math.isfinite(loss)):
                with self._averaged(settings):
                    if scored is not None:
                        order = np.arange(scored[1].shape[0])
                        score = self._call("score", self._loss_of, *scored, order, size)
                        rows[-1]["val_loss"] = value = float(score)
                    if value < least:
                        weights = [each.numpy() for each in self._network.weights]
                        least, best = value, Trained(weights, epoch + 1, rows)
            if not math.isfinite(value):
                break
            waited = epoch + 1 - (best.epoch if best else 0)
            if scored is not None and waited >= settings.patience:
                break
        return best

    def _start(self, initial: Sequence[Any], settings: Settings, steps: int) -> None:
        """Sets all variables as they are before the first step."""
        for own, given in zip(self._network.variables, initial, strict=True):
            own.assign(given)
        for state, value in zip(self._optimizer.variables, self._initial, strict=True):
            state.assign(value)
        peak = settings.learning_rate or 0.0
        self._rates.values.assign(rates_of(peak, settings.epochs * steps))
        if settings.averaging is not None:
            self._momentum.assign(averaging_momentum(settings.averaging, steps))

    def _tensors(self, examples: Weighted) -> list[tf.Tensor]:
        targets = examples.targets
        if self._classes:
            targets = np.eye(self._classes, dtype="float32")[targets]
        return [
            tf.convert_to_tensor(each)
            for each in (examples.inputs, targets, examples.weights)
        ]

    @contextlib.contextmanager
    def _averaged(self, settings: Settings) -> Iterator[None]:
        """In the block, the weights are their average, if there is one."""
        if settings.averaging is None:
            yield
            return
        self._swap()
        yield
        self._swap()

    def _swap(self) -> None:
        for own, average in zip(self._trained, self._averages, strict=True):
            value = own.numpy()
            own.assign(average)
            average.assign(value)

    def _call(self, name: str, each: Callable[..., Any], *arguments: Any) -> Any:
        """Calls a function of all batches, which is traced when it is first called."""
        if name not in self._functions:
            source, given = self._network.inputs[0].shape, arguments[0].shape
            shape = source if len(source) == len(given) else given
            shapes = [shape, *(each.shape for each in arguments[1:3])]
            signature = [
                tf.TensorSpec([None, *shape[1:]], tensor.dtype)
                for shape, tensor in zip(shapes, arguments[:3], strict=True)
            ]
            signature += [tf.TensorSpec([None], tf.int64), tf.TensorSpec([], tf.int64)]
            self._functions[name] = tf.function(
                lambda *given: _mean_over_batches(each, *given), signature
            )
        return self._functions[name](*arguments)

    def _step(self, inputs: Any, targets: Any, weights: Any) -> Any:
        """Learns from a batch."""
        with tf.GradientTape() as tape:
            outputs = self._network(inputs, training=True)
            loss = self._loss(targets, outputs, sample_weight=weights)
            total = tf.add_n([loss, *self._network.losses])
        variables = self._network.trainable_variables
        gradients = tape.gradient(total, self._trained)
        self._optimizer.apply(gradients, variables)
        is_first = tf.equal(self._optimizer.iterations.value, 1)
        momentum = tf.where(is_first, 0.0, self._momentum)
        for own, average in zip(self._trained, self._averages, strict=True):
            average.assign(momentum * average + (1 - momentum) * own)
        return loss

    def _loss_of(self, inputs: Any, targets: Any, weights: Any) -> Any:
        outputs = self._network(inputs, training=False)
        return self._loss(targets, outputs, sample_weight=weights)


def _mean_over_batches(
    each: Callable[..., Any],
    inputs: Any,
    targets: Any,
    weights: Any,
    order: Any,
    size: Any,
) -> Any:
    """The mean of a loss over all examples, which are taken in an order."""
    count = tf.size(order, tf.int64)

    def batch(first: Any, total: Any) -> Any:
        rows = order[first : first + size]
        given = (tf.gather(tensor, rows) for tensor in (inputs, targets, weights))
        return first + size, total + each(*given) * tf.cast(tf.size(rows), tf.float32)

    start = tf.zeros([], tf.int64), tf.zeros([])
    _, total = tf.while_loop(lambda first, _: first < count, batch, start)
    return total / tf.cast(count, tf.float32)
