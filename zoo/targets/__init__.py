"""The targets: what a model has to answer, each target declared once.

A family asks its target for the last layer. Training, export, serving and scoring
take everything that depends on the answer from the same object.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any, cast

import keras

from zoo.errors import InputError
from zoo.targets.base import Target
from zoo.targets.forecast import Forecast
from zoo.targets.images import Images
from zoo.targets.multiclass import HEAD, Multiclass, last_activation
from zoo.targets.multilabel import Multilabel
from zoo.targets.next_token import NextToken
from zoo.targets.operations import IN_NUMPY, in_graph
from zoo.targets.regression import Regression
from zoo.targets.sequence_labels import SequenceLabels
from zoo.targets.translation import Translation

__all__ = [
    "HEAD",
    "IN_NUMPY",
    "OF_TASK",
    "Forecast",
    "Images",
    "Multiclass",
    "Multilabel",
    "NextToken",
    "Regression",
    "SequenceLabels",
    "Target",
    "Translation",
    "in_graph",
    "served_target",
    "target_from_arguments",
    "target_from_config",
    "target_of",
]

# What a model can be built for; a signature is recognised by its outputs, in order.
TARGETS: tuple[type[Target], ...] = (
    Multilabel,
    Multiclass,
    Forecast,
    Regression,
    SequenceLabels,
    Translation,
)

# By the name of the task, as `recipes.load` takes it.
OF_TASK: dict[str, type[Target]] = {
    "classification": Multiclass,
    "multilabel": Multilabel,
    "regression": Regression,
    "sequence_labelling": SequenceLabels,
    "forecasting": Forecast,
    "text_generation": NextToken,
    "translation": Translation,
}


def target_of(model: keras.Model) -> Target:
    """What a model answers: its own `target`, or else by its last layer and its loss.

    A user's own model that ends in a linear layer gives logits; or numbers if it is
    compiled with a loss of numbers, such as `"mse"`. With an output `(batch, time,
    classes)` it answers at each step.
    """
    declared = getattr(model, "target", None)
    if isinstance(declared, Multiclass | SequenceLabels) and (
        declared.activation != last_activation(model)
    ):  # The last layer was changed after the model was built.
        ending: Any = type(declared).from_model(model)
        return dataclasses.replace(declared, activation=ending.activation)
    if isinstance(declared, Target):
        return declared
    found = (
        Regression.from_model(model)
        or Forecast.from_model(model)
        or SequenceLabels.from_model(model)
        or Multiclass.from_model(model)
    )
    if hasattr(model, "targets"):  # A family that says that it has none.
        raise InputError(
            f"The model {model.name!r} answers with numbers of its own or with "
            "sequences, not with one class for each example."
        )
    return found


def target_from_arguments(
    target: Target | dict[str, Any] | None,
    num_classes: int | None = None,
    class_names: Sequence[str] | None = None,
    classifier_activation: str | None = "softmax",
) -> Target:
    """The target for a model's constructor arguments of these names."""
    if (target is None) == (num_classes is None):
        raise ValueError(
            "Give either `num_classes` for a classification or `target`, such as "
            f"`zoo.targets.Regression`, got {num_classes!r} and {target!r}."
        )
    if num_classes is not None:
        return Multiclass.from_arguments(
            num_classes, class_names, classifier_activation
        )
    if class_names is not None or classifier_activation != "softmax":
        raise ValueError(
            "`class_names` and `classifier_activation` go with `num_classes`: leave "
            "them out with `target`."
        )
    return target_from_config(cast(Target | dict[str, Any], target))


def target_from_config(config: Target | dict[str, Any]) -> Target:
    """The target that its `get_config` describes; a target is returned unchanged."""
    if isinstance(config, Target):
        return config
    names = {cls.name: cls for cls in TARGETS}
    if not isinstance(config, dict) or config.get("target") not in names:
        raise ValueError(
            "`target` must be one of `zoo.targets`, or the dictionary of its "
            f"`get_config`, got {config!r}."
        )
    arguments = {name: value for name, value in config.items() if name != "target"}
    try:
        return names[config["target"]](**arguments)
    except TypeError as error:
        raise ValueError(f"`target`: {error}.") from error


def served_target(
    outputs: dict[str, Any], description: dict[str, Any]
) -> Target | None:
    """The target of a served signature by the names of its outputs, else `None`.

    Args:
        outputs: Tensor specifications by name.
        description: What `zoo.json` says; empty if there is none.
    """
    found = (cls.from_served(outputs, description) for cls in TARGETS)
    return next((target for target in found if target is not None), None)
