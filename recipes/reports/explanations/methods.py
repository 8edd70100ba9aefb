"""How examples of each kind are explained."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from recipes.progress import track
from recipes.reports.explanations.attention import attentions
from recipes.reports.explanations.explanation import Explanation
from recipes.reports.explanations.grad_cam import grad_cam, last_feature_maps
from recipes.reports.explanations.images import ImageExplanation
from recipes.reports.explanations.outputs import WITH_STEPS, output_of
from recipes.reports.explanations.question import Question
from recipes.reports.explanations.rows import (
    RowExplanation,
    column_groups,
    row_values,
)
from recipes.reports.explanations.sounds import AudioExplanation
from recipes.reports.explanations.steps import StepsExplanation
from recipes.reports.explanations.words import WordsExplanation, word_names
from zoo.errors import InputError
from zoo.kinds import Kind
from zoo.models.one_hot import OneHotColumns
from zoo.models.recurrent.padding import PaddedSteps
from zoo.models.recurrent.waveforms import LogMelSpectra, mel_centres
from zoo.targets import Forecast, Translation
from zoo.trained_model import TrainedModel

GRAD_CAM, GRADIENTS, ATTENTION = "grad-cam", "integrated-gradients", "attention"
MEAN = "the mean of the training part"
COARSEST = 4  # positions along a side of the last convolution that make a map
BACKGROUND = 1000  # examples of which the mean is the baseline


def _regions(question: Question) -> Explanation:
    image = question.example
    maps = last_feature_maps(question.trained.model, image.shape)
    if maps is None:
        raise InputError(
            "Grad-CAM needs a convolution with more than one position, and the model "
            "has none: use --method integrated-gradients."
        )
    found, reached = grad_cam(question.trained, image, question.output, maps[0])
    return ImageExplanation(
        **question.told(),
        method=GRAD_CAM,
        attributions=found,
        score=reached,
        image=_as_pixels(image),
    )


def _pixels(question: Question) -> Explanation:
    found = question.integrated(None, np.asarray(question.example, "float32"), 0.0)
    return ImageExplanation(
        **question.told(),
        **found.told("a black image"),
        attributions=found.values.sum(axis=-1),
        image=_as_pixels(question.example),
    )


def _as_pixels(image: Any) -> np.ndarray:
    return np.clip(np.rint(image), 0, 255).astype("uint8")


def _words(question: Question) -> Explanation:
    layer = question.embedding()
    if layer is None:
        raise InputError(
            "The model has no embedding layer, which explanations of texts need: use a "
            "model with keras.layers.Embedding."
        )
    point, _ = question.result_of(layer, [question.example])
    found = question.integrated(layer, point[0], 0.0)
    model: Any = question.trained.model
    split = getattr(model, "_configuration", {}).get("split")
    if question.trained.kind is Kind.TEXT:
        lookup = question.layer_of(keras.layers.TextVectorization)
        tokens = question.result_of(lookup, [question.example])[0][0] if lookup else ()
        words = word_names(model, question.example, np.asarray(tokens))
    else:
        words = tuple(str(token) for token in np.trim_zeros(question.example, "b"))
    return WordsExplanation(
        **question.told(),
        **found.told("a text of empty words"),
        attributions=found.values.sum(axis=-1)[: len(words)],
        words=words[: len(point[0])],
        separator="" if split == "character" else " ",
    )


def _spectrum(question: Question) -> Explanation:
    layer = question.layer_of(LogMelSpectra)
    point, mask = question.result_of(layer, [question.example])
    frames = len(point[0]) if mask is None else int(mask[0].sum())
    found = question.integrated(layer, point[0], -1.0)
    return AudioExplanation(
        **question.told(),
        **found.told("silence"),
        attributions=found.values[:frames],
        spectrum=point[0][:frames],
        times=np.arange(frames) * layer.frame_step,
        frequencies=mel_centres(layer.mel_bands, layer.sample_rate),
    )


def _steps(question: Question) -> Explanation:
    target, example = question.trained.target, question.example
    layer = question.layer_of(PaddedSteps, keras.layers.Masking)
    point, mask = question.result_of(layer, [example])
    point = point[0]
    count = len(point) if mask is None else int(np.flatnonzero(mask[0])[-1]) + 1
    steps = tuple(str(n) for n in range(1, count + 1))
    baseline, named = question.mean_of_background(layer), MEAN
    if isinstance(target, Forecast):
        baseline, named = _flat(target, point), "a series that stays at its last value"
        steps = tuple(f"t{n - target.window:+d}" for n in range(1, count + 1))
    elif baseline is None:
        baseline, named = 0.0, "zeros"
    found = question.integrated(layer, point, baseline)
    names = question.trained.feature_names or ()
    width = point.shape[-1]
    if len(names) != width:
        names = tuple(f"column {n}" for n in range(1, width + 1))
    return StepsExplanation(
        **question.told(),
        **found.told(named),
        attributions=found.values[:count],
        values=point[:count],
        steps=steps,
        columns=tuple(names),
    )


def _flat(target: Forecast, window: np.ndarray) -> np.ndarray:
    """A window whose columns to predict stay at their last value, others at their mean.

    What is known in advance is compared with its mean, too.
    """
    count = len(target.names)
    flat = np.broadcast_to(np.array(target.center, "float32"), window.shape).copy()
    flat[:, :count] = window[target.window - 1, :count]
    flat[target.window :, :count] = window[target.window :, :count]
    return flat


def _row(question: Question) -> Explanation:
    layer = question.layer_of(keras.layers.Normalization, OneHotColumns)
    row = np.asarray(question.example, "float32")
    point, _ = question.result_of(layer, row[np.newaxis])
    if not isinstance(layer, OneHotColumns) and point[0].shape != row.shape:
        layer, point = None, row[np.newaxis]  # It scales some columns, or features.
    baseline, named = question.mean_of_background(layer), MEAN
    if baseline is None:
        is_scaled = question.layer_of(keras.layers.Normalization) is not None
        without = ", without words" * isinstance(layer, OneHotColumns)
        baseline, named = 0.0, f"{MEAN}{without}" if is_scaled else f"zeros{without}"
    found = question.integrated(layer, point[0], baseline)
    owners = np.arange(len(row))
    if isinstance(layer, OneHotColumns):
        sizes = np.array(layer.sizes)
        coded = np.flatnonzero(sizes)
        owners = np.concatenate(
            [np.flatnonzero(sizes == 0), coded.repeat(sizes[coded])]
        )
    numbers = np.bincount(owners, found.values, len(row))
    groups = column_groups(question.trained, len(row))
    return RowExplanation(
        **question.told(),
        **found.told(named),
        attributions=np.array([numbers[members].sum() for members in groups.values()]),
        columns=tuple(groups),
        values=row_values(question.trained, row),
    )


Method = Callable[[Question], Explanation]

# The methods for examples of each kind; the first one that applies is the default.
METHODS: dict[Kind, dict[str, Method]] = {
    Kind.IMAGES: {GRAD_CAM: _regions, GRADIENTS: _pixels},
    Kind.TABLE: {GRADIENTS: _row},
    Kind.TEXT: {GRADIENTS: _words},
    Kind.AUDIO: {GRADIENTS: _spectrum},
    Kind.SEQUENCES: {GRADIENTS: _steps},
    Kind.TOKENS: {GRADIENTS: _words},
}
ALL_METHODS = (GRAD_CAM, GRADIENTS, ATTENTION)


def explained(
    trained: TrainedModel,
    inputs: Any,
    names: Any,
    *,
    target: str | None = None,
    step: int | None = None,
    method: str | None = None,
    background: Any = None,
) -> list[Explanation]:
    """An explanation of each of some examples.

    Args:
        trained: The model.
        inputs: Examples as it takes them.
        names: What each is called.
        target: As in `output_of`.
        step: As in `output_of`.
        method: A name of `METHODS`, or `"attention"`. Default: by kind and target.
        background: Training inputs, whose mean is the baseline of tables and sequences.

    Raises:
        InputError: If the model has no gradients, or an argument does not apply.
    """
    check_explainable(trained)
    if isinstance(trained.target, Translation):
        for name, value in (("target", target), ("step", step)):
            if value is not None:
                raise InputError(
                    f"`{name}` (--{name}) {value!r} does not apply to a translation, "
                    "whose whole answer is explained: leave it out."
                )
        _checked_method(method, (ATTENTION,), trained)
        return [*attentions(trained, inputs, names)]
    explain = _method(trained, method, inputs)
    answers = trained.answers(inputs)
    if background is not None:
        background = np.asarray(background[:: -(-len(background) // BACKGROUND) or 1])
    found = []
    for row in track(range(len(names)), "explaining", len(names)):
        output = output_of(trained, answers, row, target, step)
        question = Question(trained, inputs[row], names[row], output, background)
        found.append(explain(question))
        if not np.isfinite(found[-1].attributions).all():
            raise InputError(
                f"The gradients of {output.name} are not finite for {names[row]}, so "
                "this example cannot be explained: try another one."
            )
    return found


def check_explainable(trained: TrainedModel) -> None:
    """Refuses a model that has no gradients, or nothing to explain."""
    if trained.target.name == "text_generation":
        raise InputError(
            "The model writes texts and makes no predictions that could be explained."
        )
    if trained.model is None:
        raise InputError(
            f"{trained.source} is a SavedModel, which has no gradients: give the "
            ".keras file or the run folder that it was exported from."
        )
    if keras.backend.backend() != "tensorflow":
        raise InputError(
            "Explanations need KERAS_BACKEND=tensorflow, got "
            f"{keras.backend.backend()}."
        )


def _method(trained: TrainedModel, method: str | None, inputs: Any) -> Method:
    methods = METHODS[trained.kind]
    if method is not None:
        return methods[_checked_method(method, (*methods,), trained)]
    if GRAD_CAM in methods:
        model: Any = trained.model
        found = last_feature_maps(model, np.shape(inputs)[1:])
        if found is None or min(found[1]) < COARSEST:
            return methods[GRADIENTS]
    return next(iter(methods.values()))


def _checked_method(
    method: str | None, allowed: tuple[str, ...], trained: TrainedModel
) -> str:
    if method is None or method in allowed:
        return method or allowed[0]
    task = f", and its task is {trained.target.name}" * (
        trained.target.name in ("translation", *WITH_STEPS)
    )
    raise InputError(
        f"`method` (--method) {method!r} does not apply: the model takes "
        f"{trained.kind.noun}{task}; use {' or '.join(allowed)}."
    )
