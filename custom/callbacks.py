"""Callbacks for two of the notes' remedies: limited time, watched gradients."""

import csv
import math
import time
from pathlib import Path

import keras
import numpy as np
from keras import ops

from custom.arguments import positive

__all__ = ["GradientFlow", "TimeLimit"]


class TimeLimit(keras.callbacks.Callback):
    r"""Stops training when a time limit is reached.

    $$\sum_{\text{runs}} t \ge T$$

    $T$ is `seconds`; $t$ is the time from the start of training to now. It
    counts everything that happens meanwhile: validation, other callbacks,
    compilation. The batch in progress is finished, and Keras ends the epoch as
    it does for any callback that stops: with validation and the epoch's logs.

    The time spent is kept over several calls of `fit`, and over interruptions
    where `get_state` is stored and given to `set_state`: an interrupted run goes
    on with the time that was left to it. With none left, one batch is trained.

    Each of several workers looks at its own clock, and one that stops alone
    leaves the others waiting: give them a limit in epochs instead.

    Args:
        seconds: The limit, finite and above 0. There is no default, since there
            is no usual patience.
        clock: A function that gives the time in seconds. Defaults to
            `time.monotonic`, which no change of the wall clock disturbs.

    Raises:
        ValueError: If `seconds` is not finite and above 0, or `clock` cannot be
            called.

    >>> TimeLimit(seconds=3600).get_state()
    {'spent': 0.0}

    Against Keras: Keras has none; `EarlyStopping` looks at a metric, not at the
    time.

    Source: notes, "Common problems: overfitting", where limiting the training
    time is a remedy.
    """

    def __init__(self, seconds, clock=time.monotonic):
        super().__init__()
        self.seconds = positive("seconds", seconds)
        if not callable(clock):
            raise ValueError(
                f"`clock` must be a function that gives seconds, got {clock!r}."
            )
        self.clock = clock
        self._before = 0.0
        self._start = None

    @property
    def spent(self):
        """Seconds of training so far, over all runs."""
        running = 0.0 if self._start is None else self.clock() - self._start
        return self._before + running

    def on_train_begin(self, logs=None):
        # A run that failed never came to its end: its start is forgotten.
        self._start = self.clock()

    def on_train_batch_end(self, batch, logs=None):
        if self.spent >= self.seconds:
            # Not `self.model`, which on JAX copies the state each time.
            self._model.stop_training = True

    def on_train_end(self, logs=None):
        self._before, self._start = self.spent, None

    def get_state(self):
        """What a resumed run must know, as plain Python values."""
        return {"spent": self.spent}

    def set_state(self, state):
        """Takes up where `get_state` was called."""
        spent = state["spent"]
        if not 0 <= spent < math.inf:
            raise ValueError(f"`spent` must be finite and at least 0, got {spent!r}.")
        self._before = float(spent)
        if self._start is not None:
            self._start = self.clock()


class GradientFlow(keras.callbacks.Callback):
    r"""Records how large the gradient is in each layer as training goes on.

    $$\left\lVert \frac{\partial J}{\partial W_l} \right\rVert_2 =
    \sqrt{\sum_{w \in W_l} \left(\frac{\partial J}{\partial w}\right)^2}$$

    $J$ is the compiled loss with its penalties on one batch, `x` and `y`, that
    stays the same throughout; $W_l$ are the trainable weights of layer $l$. Where
    gradients vanish, the norms fall from the last layer to the first; where they
    explode, they rise.

    It is measured before the first epoch and after each, apart from the training
    step, in inference mode: no dropout, no update of moving averages, no random
    numbers drawn. The run is the same with this callback as without it. One
    forward and one backward pass over the batch is the price of each row.

    `history` holds the table in memory: a list `"epoch"` with the number of
    finished epochs, and a list of norms for each layer, in the order of the
    layers. `get_state` and `set_state` carry it over an interruption.

    Args:
        x: Inputs of the batch, as the model takes them. A few hundred examples
            are enough.
        y: Targets of the batch.
        sample_weight: Weights of the examples. Defaults to None, all equal.
        path: A CSV file to keep `history` in, written anew at each measurement.
            Defaults to None, no file.

    Raises:
        ValueError: When drawn, if nothing was measured; when training begins, if
            the model has no trainable weights.

    >>> import keras, numpy as np
    >>> x, y = np.ones((4, 1)), np.zeros((4, 1))
    >>> model = keras.Sequential([keras.layers.Dense(1, "linear", name="only")])
    >>> model.compile("sgd", "mse")
    >>> flow = GradientFlow(x, y)
    >>> _ = model.fit(x, y, epochs=2, verbose=0, callbacks=[flow])
    >>> flow.history["epoch"], list(flow.history)
    ([0, 1, 2], ['epoch', 'only'])

    Against Keras: Keras has none. `TensorBoard(histogram_freq=1)` shows weights,
    not gradients.

    Source: notes, "Common problems: vanishing gradients"; Glorot and Bengio
    2010, "Understanding the difficulty of training deep feedforward neural
    networks", §4.2.
    """

    def __init__(self, x, y, sample_weight=None, path=None):
        super().__init__()
        self.x, self.y, self.sample_weight = x, y, sample_weight
        self.path = None if path is None else Path(path)
        self.history = {"epoch": []}

    def on_epoch_begin(self, epoch, logs=None):
        if epoch not in self.history["epoch"][-1:]:
            self._record(epoch)

    def on_epoch_end(self, epoch, logs=None):
        self._record(epoch + 1)

    def _record(self, epoch):
        norms = gradient_norms(self.model, self.x, self.y, self.sample_weight)
        self.history["epoch"].append(epoch)
        for layer, norm in norms.items():
            self.history.setdefault(layer, []).append(norm)
        if self.path is not None:
            self._write()

    def _write(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(self.history)
            table.writerows(zip(*self.history.values(), strict=True))

    def get_state(self):
        """What a resumed run must know, as plain Python values."""
        return {name: list(column) for name, column in self.history.items()}

    def set_state(self, state):
        """Takes up where `get_state` was called."""
        self.history = {name: list(column) for name, column in state.items()}

    def plot(self, path):
        """Draws the norms over the epochs, a line for each layer, as a picture."""
        from matplotlib import colormaps
        from matplotlib.figure import Figure

        epochs, *columns = self.history.values()
        if not epochs:
            raise ValueError("Nothing to draw: train with this callback first.")
        figure = Figure(figsize=(7, 4.2), layout="constrained")
        axes = figure.add_subplot()
        names = list(self.history)[1:]
        shades = colormaps["viridis"](np.linspace(0, 0.9, len(names)))
        for name, norms, shade in zip(names, columns, shades, strict=True):
            # A norm of 0 has no place on a logarithmic axis.
            drawn = [norm if norm > 0 else math.nan for norm in norms]
            axes.plot(epochs, drawn, ".-", color=shade, label=name)
        axes.set_yscale("log")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_xlabel("finished epochs")
        axes.set_ylabel("norm of the gradient")
        axes.grid(alpha=0.3)
        # Last layer on top, as gradients flow from it; a column holds fourteen.
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(
            handles[::-1],
            labels[::-1],
            loc="outside right upper",
            fontsize="small",
            ncols=math.ceil(len(names) / 14),
            title="layer, last first",
        )
        figure.savefig(path, dpi=120)


def gradient_norms(model, x, y, sample_weight=None):
    """The norm of the gradient of the compiled loss in each layer of a model."""
    x, y, sample_weight = keras.tree.map_structure(
        ops.convert_to_tensor, (x, y, sample_weight), none_is_leaf=False
    )
    if not model.built:
        model(x, training=False)
    # float16 gradients are taken from the loss scaled as in training: else small
    # ones are lost.
    scale = float(model.optimizer.scale_loss(ops.ones(())))

    def loss():
        outputs = model(x, training=False)
        return scale * model.compute_loss(
            x, y, outputs, sample_weight=sample_weight, training=False
        )

    variables = model.trainable_variables
    if not variables:
        raise ValueError(f"`{model.name}` has no trainable weights to watch.")
    squares = {}
    gradients = _GRADIENTS[keras.backend.backend()](loss, variables)
    for variable, gradient in zip(variables, gradients, strict=True):
        layer = variable.path.removeprefix(f"{model.name}/").rpartition("/")[0]
        squares.setdefault(layer, 0.0)
        if gradient is not None:  # the loss depends on this variable
            # In float64, where no square of a float32 overflows.
            wide = ops.convert_to_numpy(gradient).astype("float64") / scale
            squares[layer] += float(np.sum(np.square(wide)))
    return {layer: math.sqrt(square) for layer, square in squares.items()}


def _with_tensorflow(loss, variables):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        value = loss()
    gradients = tape.gradient(value, [variable.value for variable in variables])
    # An embedding's gradient names the rows that it touches.
    return [g if g is None else tf.convert_to_tensor(g) for g in gradients]


def _with_jax(loss, variables):
    import jax

    def value(arrays):
        with keras.StatelessScope(zip(variables, arrays, strict=True)):
            return loss()

    return jax.grad(value)([variable.value for variable in variables])


def _with_torch(loss, variables):
    import torch

    return torch.autograd.grad(
        loss(), [variable.value for variable in variables], allow_unused=True
    )


# Each backend differentiates in its own way, and Keras has no common one.
_GRADIENTS = {
    "tensorflow": _with_tensorflow,
    "jax": _with_jax,
    "torch": _with_torch,
}
