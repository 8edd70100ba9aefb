"""Which output of a model is explained, and the score that stands for it."""

import contextlib
import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from custom.types import Tensor
from recipes.reports.explanations.hooks import passed_through, without_activation
from recipes.reports.page import number_text
from zoo.errors import InputError
from zoo.names import nearest
from zoo.targets import Multiclass, Multilabel, SequenceLabels
from zoo.trained_model import TrainedModel

ODDS = "log-odds"
TINY = float(np.finfo("float32").tiny)


@dataclasses.dataclass(frozen=True)
class Output:
    r"""One number that a model computes for an example.

    The score of a class is its log-odds, $z_c - \ln \sum_{j \ne c} e^{z_j}$ with the
    logits $z$: a number added to all logits changes no answer and no log-odds, and
    unlike a probability they do not saturate. The score of a label is its logit, which
    is its log-odds. The score of a number is the number, in its own unit; of a
    forecast, the mean of the steps that are explained.

    Attributes:
        name: Name of the class, label or number.
        answer: What the model answers, in words.
        index: Its index on the last axis of the outputs.
        step: The step of the sequence or of the forecast, from 0; `None` for all.
        unit: `"log-odds"`, or empty for numbers.
    """

    name: str
    answer: str
    index: int
    step: int | None = None
    unit: str = ""


Answers = dict[str, np.ndarray]


def output_of(
    trained: TrainedModel,
    answers: Answers,
    row: int,
    target: str | None,
    step: int | None,
) -> Output:
    """The output that is explained for one example.

    Args:
        trained: The model.
        answers: Its answers, as `TrainedModel.answers` gives them.
        row: Index of the example.
        target: Name of a class, label or number. Default: the class or label that is
            most probable, or the first number.
        step: The step to explain, from 1. Default: of labels, the step whose label is
            least sure; of a forecast, the mean of its steps.
    """
    if step is not None and trained.target.name not in WITH_STEPS:
        raise InputError(
            f"`step` (--step) {step} is for models that answer at each step, and for "
            f"forecasts; the task of this model is {trained.target.name}: leave it out."
        )
    answer = {name: values[row] for name, values in answers.items()}
    return OUTPUTS[trained.target.name](trained.target, answer, target, step)


def _index(noun: str, names: tuple[str, ...], name: str) -> int:
    if name not in names:
        raise InputError(
            f"The model has no {noun} {name!r} (--target, --class); "
            f"{nearest(name, names)}"
        )
    return names.index(name)


def _checked_step(step: int, count: int) -> int:
    if not 1 <= step <= count:
        raise InputError(
            f"`step` (--step) must be from 1 to {count:,}, the steps of the answer, "
            f"got {step:,}."
        )
    return step - 1


def _class(target: Any, answer: Answers, name: str | None, step: None) -> Output:
    shares = answer["probabilities"]
    best = int(shares.argmax())
    index = best if name is None else _index("class", target.names, name)
    told = f"{target.names[best]} {shares[best]:.1%}"
    if index != best:
        told += f", {target.names[index]} {shares[index]:.1%}"
    return Output(target.names[index], told, index, unit=ODDS)


def _label(target: Any, answer: Answers, name: str | None, step: None) -> Output:
    shares = answer["probabilities"]
    given = np.flatnonzero(answer["labels"]).tolist()
    index = int(shares.argmax()) if name is None else _index(
        "label", target.names, name
    )  # fmt: skip
    told = [
        f"{target.names[n]} {shares[n]:.1%}" for n in dict.fromkeys([*given, index])
    ]
    return Output(target.names[index], ", ".join(told), index, unit=ODDS)


def _number(target: Any, answer: Answers, name: str | None, step: None) -> Output:
    index = 0 if name is None else _index("number", target.names, name)
    told = f"{target.names[index]} {number_text(float(answer['values'][index]))}"
    return Output(target.names[index], told, index)


def _forecast(
    target: Any, answer: Answers, name: str | None, step: int | None
) -> Output:
    index = 0 if name is None else _index("column", target.names, name)
    steps = answer["values"].reshape(target.horizon, len(target.names))[:, index]
    column = target.names[index]
    if step is None:
        mean = number_text(float(steps.mean()))
        return Output(column, f"{column} {mean} (mean of {len(steps)} steps)", index)
    at = _checked_step(step, len(steps))
    return Output(
        column, f"{column} {number_text(float(steps[at]))} at step {step}", index, at
    )


def _label_of_step(
    target: Any, answer: Answers, name: str | None, step: int | None
) -> Output:
    count = int(answer["lengths"])
    shares = answer["probabilities"][:count]
    least_sure = int(shares.max(axis=-1).argmin())
    at = least_sure if step is None else _checked_step(step, count)
    found = _class(target, {"probabilities": shares[at]}, name, None)
    return dataclasses.replace(
        found, step=at, answer=f"{found.answer} at step {at + 1}"
    )


# By the name of the target; a translation has a picture of its own.
OUTPUTS: dict[str, Callable[[Any, Answers, str | None, Any], Output]] = {
    "multiclass": _class,
    "multilabel": _label,
    "regression": _number,
    "forecasting": _forecast,
    "sequence_labelling": _label_of_step,
}
WITH_STEPS = ("forecasting", "sequence_labelling")


def score(
    trained: TrainedModel,
    inputs: Tensor,
    output: Output,
    layer: Any = None,
    function: Callable[[Tensor], Tensor] | None = None,
) -> Tensor:
    """The score of an output for each example `(n,)`, as TensorFlow operations.

    Args:
        trained: A trained Keras model.
        inputs: A batch.
        output: The output.
        layer: A layer whose result goes through `function`.
        function: That function.
    """
    model: Any = trained.model
    with contextlib.ExitStack() as stack:
        if getattr(trained.target, "activation", None) == "sign":
            stack.enter_context(without_activation(model.layers[-1]))
        if layer is not None and function is not None:
            stack.enter_context(passed_through(layer, function))
        outputs = model(inputs, training=False)
    target = trained.target
    if isinstance(target, Multiclass | SequenceLabels):
        logits = _logits(outputs, target.activation)
        if output.step is not None:
            logits = logits[:, output.step]
        return _log_odds(logits, output.index)
    if isinstance(target, Multilabel):
        return _logits(outputs, "sigmoid")[:, output.index]
    values = tf.cast(outputs, tf.float32)
    if target.name == "regression":
        return values[:, output.index]
    values = tf.reshape(values, (tf.shape(values)[0], values.shape[1], -1))
    values = values[..., output.index]
    if output.step is None:
        return tf.reduce_mean(values, axis=1)
    return values[:, output.step]


def _logits(outputs: Tensor, activation: str) -> Tensor:
    """What the last activation was computed from; Keras keeps it for the loss."""
    kept = getattr(outputs, "_keras_logits", None)
    if kept is not None:
        return tf.cast(kept, tf.float32)
    outputs = tf.cast(outputs, tf.float32)
    if activation == "softmax":
        return tf.math.log(tf.maximum(outputs, TINY))
    if activation == "sigmoid":
        outputs = tf.clip_by_value(outputs, TINY, 1 - 2.0**-24)
        return tf.math.log(outputs) - tf.math.log1p(-outputs)
    return outputs


def _log_odds(logits: Tensor, index: int) -> Tensor:
    if logits.shape[-1] == 1:  # One unit stands for two classes.
        return logits[:, 0] if index else -logits[:, 0]
    others = tf.concat([logits[:, :index], logits[:, index + 1 :]], axis=1)
    return logits[:, index] - tf.reduce_logsumexp(others, axis=1)
