"""A training run from its first step, or from a checkpoint, to its report."""

import contextlib
import dataclasses
import shutil
import sys
from typing import Any, cast

import keras
import tensorflow as tf

from custom.callbacks import TimeLimit
from recipes.reports.run_folder import RunFolder
from recipes.training.blocks import in_blocks
from recipes.training.callbacks import Interruptible, MetricsFile, Progress, Terminated
from recipes.training.checkpoints.checkpointing import Checkpointing
from recipes.training.checkpoints.storage import Checkpoint, Checkpoints
from recipes.training.fine_tuning.thawing import Thawing
from recipes.training.keras_overrides import untested_version
from recipes.training.not_finite import FiniteLoss
from recipes.training.rate_halving import RateHalving, multiply_learning_rate
from recipes.training.run_report import write_report
from recipes.training.setup import Setup, load_untrained
from recipes.training.strategies.cluster import WorkerLost
from recipes.training.strategies.steps import shared_steps
from recipes.training.strategies.worker_sync import SyncedInterruptible, WorkerSync
from recipes.training.tasks import task_of
from recipes.training.user_callbacks import UserCallbacks
from zoo.atomic_writes import write_json
from zoo.errors import InputError

LOST = (  # what TensorFlow raises when another process is gone
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
)


class Diverged(InputError):
    """A run whose loss was not finite before any epoch was done."""


@dataclasses.dataclass(frozen=True)
class Run:
    """The result of training.

    Attributes:
        model: The best model by validation loss; for a DCGAN the last model.
        folder: The run folder.
        metrics: A dictionary per epoch, as in `metrics.csv`.
        kept_epoch: Number of the epoch, from 1, whose model was kept.
        evaluation: Scores on the test part: an `Evaluation`; a `RegressionEvaluation`
            if numbers are predicted; a `MultilabelEvaluation` with any number of
            labels; `None` for a DCGAN.
        ended: `"complete"`; `"early"`, when the validation loss stopped improving;
            `"callback"`, when one of your callbacks stopped training; `"time limit"`;
            `"diverged"`, when a loss was not finite; or `"interrupted"`
            by Ctrl-C.
        rebalancing: What was done to the classes, as in `config.json`, or `None`.
        divergence: At which step and in which layer training diverged, or `None`.
        slowdowns: A sentence for each time that training went back to a checkpoint
            and halved the learning rate.
    """

    model: keras.Model
    folder: RunFolder
    metrics: list[dict]
    kept_epoch: int
    evaluation: Any
    ended: str
    rebalancing: dict | None
    divergence: str | None
    slowdowns: tuple[str, ...]

    def outcome(self) -> dict[str, Any]:
        """How training ended, as `outcome.json` holds it."""
        names = ("ended", "kept_epoch", "divergence", "slowdowns")
        return {name: getattr(self, name) for name in names}


def run_training(
    setup: Setup,
    checkpoint: Checkpoint | None = None,
    *,
    checkpoint_steps: int | None = None,
    progress: bool = True,
) -> Run:
    """Trains from the beginning or from a checkpoint, then scores and exports.

    The caller holds the lock of the run folder.

    Raises:
        InputError: If training diverges.
        KeyboardInterrupt: On Ctrl-C before the first epoch is done.
        SystemExit: On SIGTERM.
    """
    progress = progress and setup.placement.is_chief
    untested = untested_version()
    if untested is not None:
        _print_note(
            f"Training is {untested}: Keras does every step by itself, which is slower "
            "and gives the same results.",
            progress,
        )
    while True:
        outcome = _train_once(setup, checkpoint, checkpoint_steps, progress)
        if isinstance(outcome, Run):
            return outcome
        checkpoint = outcome
        model = load_untrained(setup.folder, setup.settings, setup.placement)
        setup = dataclasses.replace(setup, model=model)


def _train_once(setup, checkpoint, checkpoint_steps, progress) -> Run | Checkpoint:
    """The run; or the checkpoint to go back to after a loss that is not finite."""
    folder = setup.folder
    checkpoints = Checkpoints(folder.checkpoints)
    finite = FiniteLoss(setup.batches.steps_per_epoch)
    interruptible, worker_sync = _interruptible(setup.placement, checkpoint)
    clock = {"clock": worker_sync[0].common_clock} if worker_sync else {}
    metrics = MetricsFile(folder.metrics)
    task = task_of(setup.model, setup.dataset)
    keeper = task.keeper(setup)
    halving, limit = RateHalving(), _time_limit(setup.settings, clock)
    thawing = Thawing(setup.model, setup.settings, setup.batches.steps_per_epoch)
    steps_done = checkpoint.step if checkpoint else 0
    own = UserCallbacks(setup.callbacks, setup.batches.steps_per_epoch, steps_done)
    checkpointing = Checkpointing(
        checkpoints,
        setup.batches.steps_per_epoch,
        {"metrics": metrics, "best": keeper, "slowdown": halving, "own": own, **limit},
        interruptible,
        after=checkpoint,
        every=checkpoint_steps,
        **clock,
    )
    callbacks = [
        thawing,  # Before a checkpoint takes the place of the training function.
        *worker_sync,
        *task.callbacks(setup),
        own,  # Sees the averaged weights; checkpoints hold what it changes.
        metrics,
        keeper,
        keras.callbacks.TensorBoard(folder.tensorboard, write_graph=False),
        finite,
        checkpointing,  # Writes the state before a later callback ends training.
        *limit.values(),
        interruptible,
    ]
    multiply_learning_rate(setup.model, halving.factor)
    try:
        with interruptible.listening():
            interrupted = _fit(
                setup,
                setup.batches.training(checkpoint.last_batch if checkpoint else 0),
                callbacks,
                checkpointing.initial_epoch,
                checkpoint_steps,
                progress,
                own.need_every_step,
                thawing,
            )
            divergence = None
            if finite.step is not None:
                where = task.divergence(setup, checkpoints, finite, halving.factor)
                step = f"{finite.step:,}"
                divergence = f"the loss is not finite at step {step}: {where}"
            if divergence and halving.helps(setup.settings):
                step_lost = cast(int, finite.step)
                earlier = halving.go_back(checkpoints, step_lost, divergence)
                _print_note(halving.reasons[-1], progress)
                return earlier
            kept_epoch = _kept_epoch(keeper, interrupted, divergence)
            model = task.kept(setup)
            if setup.placement.is_chief:  # A killed process may have exported already.
                shutil.rmtree(folder.saved_model, ignore_errors=True)
            evaluation, answers = task.report(setup, model, metrics.rows, kept_epoch)
            out_of_time = any(each.spent >= each.seconds for each in limit.values())
            ended = _ended(keeper, len(metrics.rows), setup.settings, out_of_time)
            run = Run(
                model,
                folder,
                metrics.rows,
                kept_epoch,
                evaluation,
                "interrupted" if interrupted else ended,
                setup.batches.rebalancing,
                divergence,
                tuple(halving.reasons),
            )
            if setup.placement.is_chief:
                write_json(folder.outcome, run.outcome())
                if not setup.scores_only:
                    write_report(setup, run, answers)
    except BaseException as error:
        diverged = keeper.diverged or finite.step is not None
        unusable = isinstance(error, InputError) and (checkpoint is None or diverged)
        # After SIGTERM another process is to resume, even before the first step.
        unused = checkpointing.last_step == 0 and not isinstance(error, Terminated)
        if keeper.epoch is None and (unusable or unused):
            folder.remove()
        else:
            _print_note(f"To resume: zoo fit --resume {folder.path}", progress)
        raise
    if not interrupted:
        checkpoints.remove()
    return run


def _interruptible(placement, checkpoint) -> tuple[Interruptible, list[WorkerSync]]:
    """The callback that handles signals, and the one that shares them with workers."""
    if placement.cluster is None:
        return Interruptible(), []
    interruptible = SyncedInterruptible()
    first_step = checkpoint.step if checkpoint else 0
    return interruptible, [WorkerSync(placement.strategy, interruptible, first_step)]


def _time_limit(settings, clock) -> dict[str, TimeLimit]:
    """The callback that ends training after a time, under its name in checkpoints."""
    if settings.time_limit is None:
        return {}
    return {"time_limit": TimeLimit(settings.time_limit, **clock)}


def _print_note(sentence: str, progress: bool) -> None:
    if progress:
        print(sentence, file=sys.stderr)


def _ended(keeper, epochs_done: int, settings, out_of_time: bool) -> str:
    if keeper.diverged:
        return "diverged"
    if out_of_time:
        return "time limit"
    if epochs_done == settings.epochs:
        return "complete"
    waited = epochs_done - keeper.epoch >= settings.patience
    return "early" if waited else "callback"


def _fit(
    setup,
    batches,
    callbacks,
    initial_epoch,
    checkpoint_steps,
    progress,
    every_step,
    thawing,
) -> bool:
    """Runs `model.fit`; returns whether Ctrl-C has ended it."""
    epochs, steps = setup.settings.epochs, setup.batches.steps_per_epoch
    with contextlib.ExitStack() as stack:
        stack.enter_context(setup.placement.scope())
        stack.enter_context(thawing.overrides())
        if setup.placement.strategy is not None:
            stack.enter_context(shared_steps(setup.model))
        if progress:
            bar = stack.enter_context(Progress(epochs, steps, initial_epoch))
            callbacks = [*callbacks, bar]
        callbacks = stack.enter_context(
            in_blocks(
                setup.model,
                callbacks,
                epochs=epochs,
                steps_per_epoch=steps,
                validation=setup.batches.validation,
                checkpoint_steps=checkpoint_steps,
                every_step=every_step,
            )
        )
        try:
            setup.model.fit(
                batches,
                initial_epoch=initial_epoch,
                epochs=epochs,
                steps_per_epoch=steps,
                validation_data=setup.batches.validation,
                validation_steps=setup.batches.validation_steps,
                callbacks=callbacks,
                shuffle=False,
                verbose=0,
            )
        except KeyboardInterrupt:
            return True
        except LOST as error:
            if setup.placement.cluster is None:
                raise
            raise WorkerLost(
                "Another worker no longer answers: find out why it ended, then start "
                "all workers again."
            ) from error
        except tf.errors.OpError as error:
            setup.dataset.train.explain(error)
            setup.dataset.validation.explain(error)
            raise
    return False


def _kept_epoch(keeper, interrupted: bool, divergence: str | None) -> int:
    """The epoch whose model was kept; ends a run that has none."""
    if keeper.epoch is not None:
        return keeper.epoch
    if interrupted:
        raise KeyboardInterrupt
    raise Diverged(
        f"Training diverged: {divergence or 'the validation loss is not finite'}. Try "
        "a lower `learning_rate`."
    )
