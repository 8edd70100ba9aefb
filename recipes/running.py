"""A training run from its first step, or from a checkpoint, to its report."""

import contextlib
import dataclasses
import shutil
import sys

import keras
import tensorflow as tf

from recipes import pictures
from recipes.callbacks import BestModel, Interruptible, MetricsFile, Progress
from recipes.checkpoints.checkpointing import Checkpointing
from recipes.checkpoints.storage import Checkpoint, Checkpoints
from recipes.compiling import has_soft_targets
from recipes.dataset import Dataset
from recipes.evaluation import Evaluation, score
from recipes.pipeline import (
    ordered_batches,
    sampled_batches,
    steps_per_epoch,
    training_sampler,
)
from recipes.progress import waiting
from recipes.run_folder import RunFolder, write_json
from recipes.sampling.base import Rebalancing
from recipes.sampling.report import report
from recipes.settings import Settings
from zoo.errors import InputError
from zoo.exporting import export
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
        rebalancing: What was done to the classes, as `config.json` has it, or `None`.
    """

    model: keras.Model
    folder: RunFolder
    metrics: list[dict]
    kept_epoch: int
    evaluation: Evaluation
    ended: str
    rebalancing: dict | None


@dataclasses.dataclass(frozen=True)
class Batches:
    """What `model.fit` goes through: training, endless; validation; steps.

    `rebalancing` is what the configuration keeps of it, or `None` without any.
    """

    training: tf.data.Dataset
    validation: tf.data.Dataset
    steps_per_epoch: int
    rebalancing: dict | None


@dataclasses.dataclass(frozen=True)
class Work:
    """What a run is made of, whether it is new or goes on."""

    model: keras.Model
    dataset: Dataset
    settings: Settings
    batches: Batches
    folder: RunFolder


def batches_for(
    dataset: Dataset,
    settings: Settings,
    augment=None,
    rebalance: Rebalancing | None = None,
    after: Checkpoint | None = None,
) -> Batches:
    """The batches of a run, from the first one or as `Checkpointing` wants them.

    Raises:
        InputError: If the data do not fit the settings.
    """
    size, seed = settings.batch_size, settings.seed
    num_classes = dataset.num_classes if has_soft_targets(augment) else None
    names = dataset.class_names
    sampler = training_sampler(dataset.train, size, seed, rebalance, names)
    return Batches(
        sampled_batches(
            dataset.train,
            sampler,
            batch_size=size,
            seed=seed,
            augment=augment,
            num_classes=num_classes,
            start_step=after.last_batch if after else 0,
        ),
        ordered_batches(dataset.validation, batch_size=size, num_classes=num_classes),
        steps_per_epoch(sampler.epoch_size, size),
        rebalance and report(rebalance, sampler, dataset, size),
    )


def carry_out(
    work: Work,
    checkpoint: Checkpoint | None = None,
    *,
    checkpoint_steps: int | None = None,
    progress: bool = True,
) -> Run:
    """Trains, from the beginning or from a checkpoint; scores and exports.

    The caller holds the lock of the run folder.

    Args:
        work: What to do.
        checkpoint: Where to go on. Default: at the beginning.
        checkpoint_steps: Steps between two checkpoints. Default: by the clock.
        progress: Whether to show progress on standard error.

    Raises:
        InputError: If training diverges.
        KeyboardInterrupt: On Ctrl-C before the first epoch is done.
        SystemExit: On SIGTERM.
    """
    folder = work.folder
    checkpoints = Checkpoints(folder.checkpoints)
    interruptible = Interruptible()
    metrics = MetricsFile(folder.metrics)
    keeper = BestModel(folder.model, work.settings.patience)
    checkpointing = Checkpointing(
        checkpoints,
        work.batches.steps_per_epoch,
        {"metrics": metrics, "best": keeper},
        interruptible,
        after=checkpoint,
        every=checkpoint_steps,
    )
    callbacks = [
        *_averaging(work.model),  # Before the keeper, which then keeps the average.
        metrics,
        keeper,
        keras.callbacks.TensorBoard(folder.tensorboard, write_graph=False),
        checkpointing,  # Before what ends training: its state is then on disk.
        interruptible,
    ]
    try:
        with interruptible.listening():
            interrupted = _train(work, callbacks, checkpointing.initial_epoch, progress)
            _check_learned(keeper, interrupted)
            work.model.load_weights(folder.model)
            evaluation = _report(
                work.model, work.dataset, metrics.rows, keeper.epoch, folder
            )
    except BaseException as error:
        hopeless = isinstance(error, InputError) or checkpointing.last_step == 0
        if keeper.epoch is None and hopeless:
            shutil.rmtree(folder.path, ignore_errors=True)
        elif progress:
            print(f"To go on: zoo fit --resume {folder.path}", file=sys.stderr)
        raise
    if interrupted:
        ended = "interrupted"
    else:
        checkpoints.remove()
        ended = _ended(keeper, len(metrics.rows), work.settings.epochs)
    return Run(
        work.model,
        folder,
        metrics.rows,
        keeper.epoch,
        evaluation,
        ended,
        work.batches.rebalancing,
    )


def _ended(keeper, epochs_done, epochs):
    if keeper.diverged:
        return "diverged"
    return "complete" if epochs_done == epochs else "early"


def _train(work, callbacks, initial_epoch, progress) -> bool:
    """Runs `model.fit`; returns whether Ctrl-C has ended it."""
    epochs, steps = work.settings.epochs, work.batches.steps_per_epoch
    with contextlib.ExitStack() as stack:
        if progress:
            bar = stack.enter_context(Progress(epochs, steps, initial_epoch))
            callbacks = [*callbacks, bar]
        try:
            work.model.fit(
                work.batches.training,
                initial_epoch=initial_epoch,
                epochs=epochs,
                steps_per_epoch=steps,
                validation_data=work.batches.validation,
                callbacks=callbacks,
                shuffle=False,
                verbose=0,
            )
        except KeyboardInterrupt:
            return True
    return False


def _averaging(model) -> list:
    """What puts the average of the weights into the model where there is one."""
    if not getattr(model.optimizer, "use_ema", False):
        return []
    return [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)]


def _check_learned(keeper: BestModel, interrupted: bool) -> None:
    """Ends a run that has no model to keep."""
    if keeper.epoch is not None:
        return
    if interrupted:
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
