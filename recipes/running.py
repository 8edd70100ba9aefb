"""A training run from its first step, or from a checkpoint, to its report."""

import contextlib
import dataclasses
import sys

import keras
import tensorflow as tf

from custom.callbacks import TimeLimit
from recipes import pictures
from recipes.batches import Batches
from recipes.blocks import in_blocks
from recipes.callbacks import BestModel, Interruptible, MetricsFile, Progress
from recipes.checkpoints.checkpointing import Checkpointing
from recipes.checkpoints.storage import Checkpoint, Checkpoints
from recipes.dataset import Dataset
from recipes.divergence import FiniteLoss, replayed
from recipes.evaluation import Evaluation, score
from recipes.progress import waiting
from recipes.run_folder import RunFolder, write_json
from recipes.settings import Settings
from recipes.slowdown import Slowdown, slow_down
from recipes.strategies.agreement import Agreement, InterruptibleTogether
from recipes.strategies.cluster import WorkerLost
from recipes.strategies.normalization import synchronize
from recipes.strategies.placement import ALONE, Placement
from recipes.strategies.steps import shared_steps
from zoo.errors import InputError
from zoo.exporting import export
from zoo.keras_file import load_keras_file
from zoo.loading import as_classifier

LOST = (  # What TensorFlow raises where another process is gone.
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
)


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
            `"time limit"`; `"diverged"`, when a loss was not finite; or `"interrupted"`
            by Ctrl-C.
        rebalancing: What was done to the classes, as `config.json` has it, or `None`.
        divergence: Of a run that diverged, at which step and where; else `None`.
        slowdowns: Where it went back and halved the learning rate, a sentence each.
    """

    model: keras.Model
    folder: RunFolder
    metrics: list[dict]
    kept_epoch: int
    evaluation: Evaluation
    ended: str
    rebalancing: dict | None
    divergence: str | None
    slowdowns: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Work:
    """What a run is made of, whether it is new or goes on."""

    model: keras.Model
    dataset: Dataset
    settings: Settings
    batches: Batches
    folder: RunFolder
    placement: Placement


def begun(
    folder: RunFolder, settings: Settings, placement: Placement = ALONE
) -> keras.Model:
    """The model of a run as it was before its first step, compiled."""
    with placement.scope():
        model = load_keras_file(folder.untrained, compiled=True)
    if placement.replicas > 1:  # A model of one's own is so already.
        synchronize(model)
    if settings.jit_compile is not None:  # No file of Keras keeps it.
        model.jit_compile = settings.jit_compile
    return model


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
    progress = progress and work.placement.is_chief
    while True:
        outcome = _attempt(work, checkpoint, checkpoint_steps, progress)
        if isinstance(outcome, Run):
            return outcome
        checkpoint = outcome
        model = begun(work.folder, work.settings, work.placement)
        work = dataclasses.replace(work, model=model)


def _attempt(work, checkpoint, checkpoint_steps, progress) -> Run | Checkpoint:
    """The run; or where to go back to, after a loss that is not finite."""
    folder = work.folder
    checkpoints = Checkpoints(folder.checkpoints)
    finite = FiniteLoss(work.batches.steps_per_epoch)
    interruptible, agreement = _interruptible(work.placement, checkpoint)
    clock = {"clock": agreement[0].common_clock} if agreement else {}
    metrics = MetricsFile(folder.metrics)
    keeper = BestModel(folder.model, work.settings.patience)
    slowdown, limit = Slowdown(), _time_limit(work.settings, clock)
    checkpointing = Checkpointing(
        checkpoints,
        work.batches.steps_per_epoch,
        {"metrics": metrics, "best": keeper, "slowdown": slowdown, **limit},
        interruptible,
        after=checkpoint,
        every=checkpoint_steps,
        **clock,
    )
    callbacks = [
        *agreement,
        *_averaging(work.model),  # Before the keeper, which then keeps the average.
        metrics,
        keeper,
        keras.callbacks.TensorBoard(folder.tensorboard, write_graph=False),
        finite,
        checkpointing,  # Before what ends training: its state is then on disk.
        *limit.values(),
        interruptible,
    ]
    slow_down(work.model, slowdown.factor)
    try:
        with interruptible.listening():
            batches = work.batches.training(checkpoint.last_batch if checkpoint else 0)
            epoch = checkpointing.initial_epoch
            interrupted = _train(
                work, batches, callbacks, epoch, checkpoint_steps, progress
            )
            divergence = _divergence(work, checkpoints, finite.step, slowdown.factor)
            if divergence and slowdown.helps(work.settings):
                back = slowdown.go_back(checkpoints, finite.step, divergence)
                _tell(slowdown.reasons[-1], progress)
                return back
            _check_learned(keeper, interrupted, divergence)
            model = _kept(work)
            evaluation = _report(work, model, metrics.rows, keeper.epoch)
    except BaseException as error:
        hopeless = isinstance(error, InputError) or checkpointing.last_step == 0
        if keeper.epoch is None and hopeless:
            folder.remove()
        else:
            _tell(f"To go on: zoo fit --resume {folder.path}", progress)
        raise
    if interrupted:
        ended = "interrupted"
    else:
        checkpoints.remove()
        out_of_time = any(each.spent >= each.seconds for each in limit.values())
        ended = _ended(keeper, len(metrics.rows), work.settings.epochs, out_of_time)
    return Run(
        model,
        folder,
        metrics.rows,
        keeper.epoch,
        evaluation,
        ended,
        work.batches.rebalancing,
        divergence,
        tuple(slowdown.reasons),
    )


def _interruptible(placement, checkpoint):
    """What listens to signals, and what tells other workers of them and the time."""
    if placement.cluster is None:
        return Interruptible(), []
    interruptible = InterruptibleTogether()
    first_step = checkpoint.step if checkpoint else 0
    return interruptible, [Agreement(placement.strategy, interruptible, first_step)]


def _time_limit(settings, clock) -> dict[str, TimeLimit]:
    """What ends training after a time, by the name that checkpoints know it by."""
    if settings.time_limit is None:
        return {}
    return {"time_limit": TimeLimit(settings.time_limit, **clock)}


def _tell(sentence, progress):
    if progress:
        print(sentence, file=sys.stderr)


def _ended(keeper, epochs_done, epochs, out_of_time):
    if keeper.diverged:
        return "diverged"
    if out_of_time:
        return "time limit"
    return "complete" if epochs_done == epochs else "early"


def _train(work, batches, callbacks, initial_epoch, checkpoint_steps, progress) -> bool:
    """Runs `model.fit`; returns whether Ctrl-C has ended it."""
    epochs, steps = work.settings.epochs, work.batches.steps_per_epoch
    with contextlib.ExitStack() as stack:
        stack.enter_context(work.placement.scope())
        if work.placement.strategy is not None:
            stack.enter_context(shared_steps(work.model))
        if progress:
            bar = stack.enter_context(Progress(epochs, steps, initial_epoch))
            callbacks = [*callbacks, bar]
        callbacks = stack.enter_context(
            in_blocks(
                work.model,
                callbacks,
                epochs=epochs,
                steps_per_epoch=steps,
                validation=work.batches.validation,
                checkpoint_steps=checkpoint_steps,
            )
        )
        try:
            work.model.fit(
                batches,
                initial_epoch=initial_epoch,
                epochs=epochs,
                steps_per_epoch=steps,
                validation_data=work.batches.validation,
                validation_steps=work.batches.validation_steps,
                callbacks=callbacks,
                shuffle=False,
                verbose=0,
            )
        except KeyboardInterrupt:
            return True
        except LOST as error:
            if work.placement.cluster is None:
                raise
            raise WorkerLost(
                "Another worker does not answer any more: see why it ended, then start "
                "all of them again."
            ) from error
    return False


def _averaging(model) -> list:
    """What puts the average of the weights into the model where there is one."""
    if not getattr(model.optimizer, "use_ema", False):
        return []
    return [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)]


def _divergence(work, checkpoints, step, factor) -> str | None:
    """At which step the loss stopped being finite, and where that began."""
    if step is None:
        return None
    with waiting("looking for where the loss stopped being finite"):
        checkpoint = checkpoints.newest()
        model = begun(work.folder, work.settings)
        slow_down(model, factor)
        where = replayed(
            model,
            checkpoint,
            work.batches.whole(checkpoint.last_batch),
            step,
        )
    return f"the loss is not finite at step {step:,}: {where}"


def _check_learned(keeper: BestModel, interrupted: bool, divergence) -> None:
    """Ends a run that has no model to keep."""
    if keeper.epoch is not None:
        return
    if interrupted:
        raise KeyboardInterrupt
    raise InputError(
        f"Training diverged: {divergence or 'the validation loss is not finite'}. Try "
        "a lower `learning_rate`."
    )


def _kept(work) -> keras.Model:
    """The best model, on one device whatever it was trained on."""
    if work.placement.strategy is not None:
        return load_keras_file(work.folder.model, compiled=True)
    work.model.load_weights(work.folder.model)
    return work.model


def _report(work, model, metrics, best_epoch) -> Evaluation:
    """Scores the test part, draws the pictures, exports; returns the scores."""
    dataset, folder = work.dataset, work.folder
    classifier = as_classifier(model, class_names=dataset.class_names)
    probabilities = classifier.probabilities(dataset.test.inputs)
    evaluation = score(probabilities, dataset.test.labels, dataset.class_names)
    if not work.placement.is_chief:
        return evaluation
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
