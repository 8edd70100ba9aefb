"""Callbacks that limit the training time and watch the gradients."""

import csv
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from custom.arguments import positive
from custom.formula import Section, formula
from custom.types import Tensor

__all__ = ["GradientFlow", "TimeLimit"]


@formula("Overfitting: a limited training time", Section.PROBLEMS)
class TimeLimit(keras.callbacks.Callback):
    r"""Stops training when a time limit is reached.

    $$\sum_{\text{runs}} t \ge T$$

    $T$ is `seconds`; $t$ is the time of one run from its start until now. It includes
    validation, other callbacks and compilation. The batch in progress is finished, and
    Keras ends the epoch as usual, with validation and the epoch's logs.

    The time adds up over several calls of `fit`. It also survives interruptions if
    you store `get_state` and pass it to `set_state`: an interrupted run continues with
    its remaining time. If no time remains, one batch is trained.

    Each of several workers reads its own clock, and a worker that stops alone leaves
    the others waiting. Limit the number of epochs instead if there are several.

    Args:
        seconds: The limit, finite and above 0. It has no default, because no limit is
            usual.
        clock: Function that returns the time in seconds. Defaults to
            `time.monotonic`, which ignores changes of the system clock.

    Compared with Keras: Keras has no such callback. `EarlyStopping` watches a metric,
    not the time.

    Raises:
        ValueError: If `seconds` is not finite and above 0, or `clock` cannot be
            called.

    >>> TimeLimit(seconds=3600).get_state()
    {'spent': 0.0}

    Source: notes, "Common problems: overfitting", which lists a limited training time
    as a remedy.
    """

    def __init__(
        self, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self.seconds = positive("seconds", seconds)
        if not callable(clock):
            raise ValueError(
                f"`clock` must be a function that returns seconds, got {clock!r}."
            )
        self.clock = clock
        self._before = 0.0
        self._start: float | None = None

    @property
    def spent(self) -> float:
        """Seconds of training so far, over all runs."""
        current = 0.0 if self._start is None else self.clock() - self._start
        return self._before + current

    def on_train_begin(self, logs: Any = None) -> None:
        # A failed run never reached `on_train_end`; this overwrites its start.
        self._start = self.clock()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.spent >= self.seconds:
            # `self.model` would copy the state each time on JAX.
            self._model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        self._before, self._start = self.spent, None

    def get_state(self) -> dict[str, float]:
        """Return what a resumed run needs, as plain Python values."""
        return {"spent": self.spent}

    def set_state(self, state: dict[str, float]) -> None:
        """Continue from the state that `get_state` returned."""
        spent = state["spent"]
        if not 0 <= spent < math.inf:
            raise ValueError(f"`spent` must be finite and at least 0, got {spent!r}.")
        self._before = float(spent)
        if self._start is not None:
            self._start = self.clock()


@formula("Watching the gradients", Section.PROBLEMS)
class GradientFlow(keras.callbacks.Callback):
    r"""Records the norm of the gradient in each layer during training.

    $$\left\lVert \frac{\partial J}{\partial W_l} \right\rVert_2 =
    \sqrt{\sum_{w \in W_l} \left(\frac{\partial J}{\partial w}\right)^2}$$

    $J$ is the compiled loss with its penalties on one fixed batch, `x` and `y`. $W_l$
    are the trainable weights of layer $l$. If gradients vanish, the norms fall from
    the last layer to the first; if they explode, they rise.

    The norms are measured before the first epoch and after each epoch, separately from
    the training step and in inference mode: without dropout, without an update of
    moving averages and without random numbers. The callback does not change the run.
    Each measurement costs one forward and one backward pass over the batch.

    `history` holds the table in memory: a list `"epoch"` with the number of finished
    epochs, and a list of norms for each layer, in the order of the layers. `get_state`
    and `set_state` preserve it over an interruption.

    Args:
        x: Inputs of the batch, as the model takes them. A few hundred examples are
            enough.
        y: Targets of the batch.
        sample_weight: Weights of the examples. Defaults to None: equal weights.
        path: CSV file for `history`, rewritten at each measurement. Defaults to None:
            no file.

    Compared with Keras: Keras has no such callback. `TensorBoard(histogram_freq=1)`
    shows weights, not gradients.

    Raises:
        ValueError: If `plot` is called before anything was measured, or if the model
            has no trainable weights when training begins.

    >>> import keras, numpy as np
    >>> x, y = np.ones((4, 1)), np.zeros((4, 1))
    >>> model = keras.Sequential([keras.layers.Dense(1, "linear", name="only")])
    >>> model.compile("sgd", "mse")
    >>> flow = GradientFlow(x, y)
    >>> _ = model.fit(x, y, epochs=2, verbose=0, callbacks=[flow])
    >>> flow.history["epoch"], list(flow.history)
    ([0, 1, 2], ['epoch', 'only'])

    Source: notes, "Common problems: vanishing gradients"; Glorot and Bengio
    2010, "Understanding the difficulty of training deep feedforward neural
    networks", §4.2.
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        path: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__()
        self.x, self.y, self.sample_weight = x, y, sample_weight
        self.path = None if path is None else Path(path)
        self.history: dict[str, list[Any]] = {"epoch": []}

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch not in self.history["epoch"][-1:]:
            self._record(epoch)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._record(epoch + 1)

    def _record(self, epoch: int) -> None:
        norms = gradient_norms(self.model, self.x, self.y, self.sample_weight)
        self.history["epoch"].append(epoch)
        for layer, norm in norms.items():
            self.history.setdefault(layer, []).append(norm)
        if self.path is not None:
            self._write(self.path)

    def _write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(self.history)
            table.writerows(zip(*self.history.values(), strict=True))

    def get_state(self) -> dict[str, list[Any]]:
        """Return what a resumed run needs, as plain Python values."""
        return {name: list(column) for name, column in self.history.items()}

    def set_state(self, state: dict[str, list[Any]]) -> None:
        """Continue from the state that `get_state` returned."""
        self.history = {name: list(column) for name, column in state.items()}

    def plot(self, path: str | os.PathLike[str]) -> None:
        """Save a picture of the norms over the epochs, with a line for each layer."""
        from matplotlib import colormaps
        from matplotlib.figure import Figure
        from matplotlib.ticker import AutoLocator

        epochs, *columns = self.history.values()
        if not epochs:
            raise ValueError(
                "Nothing was measured yet. Train with this callback first."
            )
        figure = Figure(figsize=(7, 4.2), layout="constrained")
        axes = figure.add_subplot()
        names = list(self.history)[1:]
        shades = colormaps["viridis"](np.linspace(0, 0.9, len(names)))
        for name, norms, shade in zip(names, columns, shades, strict=True):
            # A logarithmic axis cannot show a norm of 0.
            drawn = [norm if norm > 0 else math.nan for norm in norms]
            axes.plot(epochs, drawn, ".-", color=shade, label=name)
        axes.set_yscale("log")
        whole_epochs = AutoLocator()
        whole_epochs.set_params(integer=True)
        axes.xaxis.set_major_locator(whole_epochs)
        axes.set_xlabel("finished epochs")
        axes.set_ylabel("norm of the gradient")
        axes.grid(alpha=0.3)
        # The last layer is on top, where gradients come from. A column holds fourteen.
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


def gradient_norms(
    model: keras.Model, x: Any, y: Any, sample_weight: Any = None
) -> dict[str, float]:
    """Return the norm of the gradient of the compiled loss for each layer."""
    x, y, sample_weight = keras.tree.map_structure(
        ops.convert_to_tensor, (x, y, sample_weight), none_is_leaf=False
    )
    if not model.built:
        model(x, training=False)
    # The loss is scaled as in training, because small float16 gradients would vanish.
    scale = float(model.optimizer.scale_loss(ops.ones(())))

    def loss() -> Tensor:
        outputs = model(x, training=False)
        return scale * model.compute_loss(
            x, y, outputs, sample_weight=sample_weight, training=False
        )

    variables = model.trainable_variables
    if not variables:
        raise ValueError(f"`{model.name}` has no trainable weights to watch.")
    squares: dict[str, float] = {}
    gradients = _GRADIENTS[keras.backend.backend()](loss, variables)
    for variable, gradient in zip(variables, gradients, strict=True):
        layer = variable.path.removeprefix(f"{model.name}/").rpartition("/")[0]
        squares.setdefault(layer, 0.0)
        if gradient is not None:  # the loss depends on this variable
            # No square of a float32 overflows in float64.
            wide = ops.convert_to_numpy(gradient).astype("float64") / scale
            squares[layer] += float(np.sum(np.square(wide)))
    return {layer: math.sqrt(square) for layer, square in squares.items()}


def _with_tensorflow(loss: Callable[[], Tensor], variables: list[Any]) -> Any:
    import tensorflow as tf

    with tf.GradientTape() as tape:
        value = loss()
    gradients = tape.gradient(value, [variable.value for variable in variables])
    # The gradient of an embedding is sparse.
    return [g if g is None else tf.convert_to_tensor(g) for g in gradients]


def _with_jax(loss: Callable[[], Tensor], variables: list[Any]) -> Any:
    import jax

    def value(arrays: Any) -> Tensor:
        with keras.StatelessScope(zip(variables, arrays, strict=True)):
            return loss()

    return jax.grad(value)([variable.value for variable in variables])


def _with_torch(loss: Callable[[], Tensor], variables: list[Any]) -> Any:
    import torch

    return torch.autograd.grad(
        loss(), [variable.value for variable in variables], allow_unused=True
    )


# Keras has no common function for gradients, so each backend has its own.
_GRADIENTS = {
    "tensorflow": _with_tensorflow,
    "jax": _with_jax,
    "torch": _with_torch,
}
