"""Training: one call from a model and data to a run folder worth looking at."""

import contextlib
import dataclasses
import os
import shutil
from collections.abc import Callable

import keras
import tensorflow as tf

from recipes import pictures
from recipes.augmentation.presets import check_name, choose
from recipes.building import build
from recipes.callbacks import BestModel, Interruptible, MetricsFile, Progress
from recipes.dataset import Dataset
from recipes.evaluation import Evaluation, check_fit, score
from recipes.pipeline import ordered_batches, steps_per_epoch, training_batches
from recipes.progress import waiting
from recipes.record import describe_run, loss_name
from recipes.run_folder import RunFolder, check_out, create_run_folder, write_json
from recipes.settings import Settings, make_optimizer, settings_for
from recipes.sources import load
from zoo.errors import InputError
from zoo.exporting import export
from zoo.exporting.answers import Answers
from zoo.loading import as_classifier


@dataclasses.dataclass(frozen=True)
class Run:
    """What training gave.

    Attributes:
        model: The best model by validation loss.
        folder: Where everything was written.
        metrics: A dictionary per epoch, as in `metrics.csv`.
        kept_epoch: Number of the epoch, from 1, that the model is of.
        evaluation: Scores on the test part.
        ended: `"complete"`; `"early"`, when the validation loss got no better;
            `"diverged"`, when a loss was not finite; or `"interrupted"` by Ctrl-C.
    """

    model: keras.Model
    folder: RunFolder
    metrics: list[dict]
    kept_epoch: int
    evaluation: Evaluation
    ended: str


def fit(
    model: str | keras.Model = "cnn",
    data: str | os.PathLike | Dataset = "digits",
    *,
    out: str | os.PathLike | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    patience: int | None = None,
    seed: int = 0,
    augment: str | Callable | None = None,
    model_arguments: dict | None = None,
    progress: bool = True,
) -> Run:
    """Trains a classifier and leaves a run folder.

    The best model by validation loss is kept, scored on the test part, exported
    for serving and written with its metrics and pictures. The same arguments on
    the same machine give the same numbers.

    Args:
        model: A name of `zoo.list_models()`, or a Keras classifier of your own,
            which keeps its own optimizer and loss if it is compiled.
        data: A `Dataset`, or what `recipes.load` takes: a name or a path.
        out: The run folder, which must not exist. Default: the first free
            `runs/MODEL-DATA-N` in the working folder.
        epochs: Passes over the training examples, at most. Default: by model and
            kind of data, else 40 for fewer than 10,000 training examples, 12 for
            more.
        batch_size: Examples in a batch. Default: by model and kind of data, else 32
            for fewer than 10,000 training examples, 64 for more.
        learning_rate: Peak of the schedule, which warms up over the first tenth
            of the steps and falls to 0 along a cosine. Default: by model.
        patience: Epochs without a better validation loss before training stops.
            Default: a quarter of the epochs, at least 5.
        seed: Of the weights, the order of examples, dropout and augmentation.
        augment: How training images are changed: `"auto"`, for what suits the data
            set; a name of `recipes.augmentation.PRESETS`; an augmentation of
            `recipes.augmentation`; or a function over whole batches, as
            `recipes.training_batches` takes it. Default: not at all.
        model_arguments: Constructor arguments of a model given by name; for texts
            also `vocabulary_size`, how many words to learn at most.
        progress: Whether to show progress on standard error.

    Returns:
        The `Run`.

    Raises:
        InputError: If an argument cannot be used, or training diverges; nothing
            is left behind.
        KeyboardInterrupt: On Ctrl-C before the first epoch is done. Later, Ctrl-C
            ends training and the best model so far is scored and kept.

    >>> import tempfile
    >>> import recipes
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = recipes.fit(
    ...         "mlp", "digits", out=f"{folder}/run", epochs=2, progress=False
    ...     )
    >>> run.evaluation.accuracy > 0.5
    True
    """
    if out is not None:
        check_out(out)
    if isinstance(augment, str):
        check_name(augment)
    dataset = data if isinstance(data, Dataset) else load(data)
    name = model if isinstance(model, str) else model.name
    settings = settings_for(
        name,
        len(dataset.train),
        kind=dataset.kind,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        patience=patience,
        seed=seed,
    )
    keras.utils.set_random_seed(settings.seed % 2**32)
    augment = choose(augment, dataset)
    # Mixing two examples gives targets that no class number expresses.
    soft = getattr(augment, "soft_targets", False)
    batches = _batches(dataset, settings, augment, soft)
    model = prepare(model, dataset, settings, model_arguments or {}, soft_targets=soft)
    folder = create_run_folder(out, default=f"{name}-{dataset.name}")
    keeper = BestModel(folder.model)
    try:
        write_json(folder.config, describe_run(model, dataset, settings, augment))
        metrics, ended = _train(model, batches, settings, folder, keeper, progress)
        _check_learned(keeper, ended)
    except BaseException:
        if keeper.epoch is None:
            shutil.rmtree(folder.path, ignore_errors=True)
        raise
    model.load_weights(folder.model)
    evaluation = _report(model, dataset, metrics, keeper.epoch, folder)
    return Run(model, folder, metrics, keeper.epoch, evaluation, ended)


@dataclasses.dataclass(frozen=True)
class _Batches:
    """What `model.fit` goes through: training, endless; validation; steps."""

    training: tf.data.Dataset
    validation: tf.data.Dataset
    steps_per_epoch: int


def _batches(dataset, settings, augment, soft_targets) -> _Batches:
    size = settings.batch_size
    num_classes = dataset.num_classes if soft_targets else None
    return _Batches(
        training_batches(
            dataset.train,
            batch_size=size,
            seed=settings.seed,
            augment=augment,
            num_classes=num_classes,
        ),
        ordered_batches(dataset.validation, batch_size=size, num_classes=num_classes),
        steps_per_epoch(len(dataset.train), size),
    )


def prepare(
    model: str | keras.Model,
    dataset: Dataset,
    settings: Settings,
    model_arguments: dict,
    *,
    soft_targets: bool = False,
) -> keras.Model:
    """A model built for the data set and compiled for training.

    Raises:
        InputError: If the model does not take such data, or its loss no
            `soft_targets`, which are probabilities instead of class numbers.
    """
    if isinstance(model, str):
        model = build(model, dataset, model_arguments)
    elif model_arguments:
        raise InputError(
            "`model_arguments` are for a model given by name; this one is built."
        )
    answers = Answers(model)
    check_fit(answers, dataset)
    if soft_targets:
        _check_soft_targets(model, answers.activation)
    if not model.compiled:
        steps = steps_per_epoch(len(dataset.train), settings.batch_size)
        model.compile(
            optimizer=make_optimizer(settings, steps),
            loss=_cross_entropy(answers.activation, soft_targets),
            metrics=["accuracy"],
        )
    return model


def _check_soft_targets(model: keras.Model, activation: str) -> None:
    """Refuses a model that cannot learn from probabilities of the classes."""
    if activation == "sigmoid":
        raise InputError(
            "The augmentation gives a probability for each class, and the model ends "
            "in a single sigmoid: end it in a softmax of two, or leave out mixing and "
            "label smoothing."
        )
    if model.compiled and "sparse" in loss_name(model.loss):
        raise InputError(
            f"The augmentation gives targets as probabilities; the model's loss "
            f"{loss_name(model.loss)!r} takes class numbers. Compile it with "
            "'categorical_crossentropy', or leave out mixing and label smoothing."
        )


def _cross_entropy(activation: str, soft_targets: bool) -> keras.losses.Loss:
    """The loss for a model that ends in `activation`."""
    if activation == "sigmoid":
        return keras.losses.BinaryCrossentropy()
    logits = activation == "linear"
    if soft_targets:
        return keras.losses.CategoricalCrossentropy(from_logits=logits)
    return keras.losses.SparseCategoricalCrossentropy(from_logits=logits)


def _train(model, batches, settings, folder, keeper, progress):
    """Runs `model.fit`; returns the rows of metrics and how it ended."""
    metrics = MetricsFile(folder.metrics)
    interruptible = Interruptible()
    callbacks = [
        *_averaging(model),  # Before the keeper, which then keeps the average.
        metrics,
        keeper,
        keras.callbacks.EarlyStopping("val_loss", patience=settings.patience),
        keras.callbacks.TensorBoard(folder.tensorboard, write_graph=False),
        interruptible,
    ]
    with contextlib.ExitStack() as stack:
        stack.enter_context(interruptible.listening())
        if progress:
            callbacks.append(
                stack.enter_context(Progress(settings.epochs, batches.steps_per_epoch))
            )
        try:
            model.fit(
                batches.training,
                epochs=settings.epochs,
                steps_per_epoch=batches.steps_per_epoch,
                validation_data=batches.validation,
                callbacks=callbacks,
                shuffle=False,
                verbose=0,
            )
        except KeyboardInterrupt:
            return metrics.rows, "interrupted"
    if keeper.diverged:
        return metrics.rows, "diverged"
    return metrics.rows, "complete" if len(metrics.rows) == settings.epochs else "early"


def _averaging(model) -> list:
    """What puts the average of the weights into the model where there is one."""
    if not getattr(model.optimizer, "use_ema", False):
        return []
    return [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)]


def _check_learned(keeper: BestModel, ended: str) -> None:
    """Ends a run that has no model to keep."""
    if keeper.epoch is not None:
        return
    if ended == "interrupted":
        raise KeyboardInterrupt
    raise InputError(
        "Training diverged: the loss is not finite after the first epoch. Try a "
        "lower `learning_rate`."
    )


def _report(model, dataset, metrics, best_epoch, folder) -> Evaluation:
    """Scores the test part, draws the pictures, exports; returns the scores."""
    classifier = as_classifier(model, class_names=dataset.class_names)
    probabilities = classifier.probabilities(dataset.test.inputs)
    evaluation = score(probabilities, dataset.test.labels, dataset.class_names)
    write_json(folder.evaluation, evaluation.as_json())
    pictures.draw_curves(metrics, best_epoch, folder.curves)
    pictures.draw_confusion(evaluation, folder.confusion)
    if dataset.kind in pictures.LOOKS:
        pictures.draw_mistakes(dataset, probabilities, folder.mistakes)
    with waiting("exporting, and trying the export in a process of its own"):
        export(
            model,
            folder.saved_model,
            class_names=dataset.class_names,
            feature_names=dataset.feature_names,
            examples=dataset.test.inputs[:8],
        )
    return evaluation
