"""A training run from its first step, or from a checkpoint, to its report."""

import contextlib
import dataclasses
import sys

import keras
import tensorflow as tf

from custom.callbacks import TimeLimit
from recipes.reports.evaluation import Evaluation
from recipes.reports.run_folder import RunFolder
from recipes.training.blocks import in_blocks
from recipes.training.callbacks import Interruptible, MetricsFile, Progress
from recipes.training.checkpoints.checkpointing import Checkpointing
from recipes.training.checkpoints.storage import Checkpoint, Checkpoints
from recipes.training.keras_overrides import untested_version
from recipes.training.not_finite import FiniteLoss
from recipes.training.rate_halving import Slowdown, slow_down
from recipes.training.setup import Setup, load_untrained
from recipes.training.strategies.agreement import Agreement, InterruptibleTogether
from recipes.training.strategies.cluster import WorkerLost
from recipes.training.strategies.steps import shared_steps
from recipes.training.tasks import task_of
from recipes.training.user_callbacks import UserCallbacks
from zoo.errors import InputError

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
        model: The best model by validation loss; of a DCGAN the last.
        folder: Where everything was written.
        metrics: A dictionary per epoch, as in `metrics.csv`.
        kept_epoch: Number of the epoch, from 1, that the model is of.
        evaluation: Scores on the test part; `None` of a DCGAN.
        ended: `"complete"`; `"early"`, when the validation loss got no better;
            `"callback"`, when one of your own stopped it; `"time limit"`; `"diverged"`,
            when a loss was not finite; or `"interrupted"`
            by Ctrl-C.
        rebalancing: What was done to the classes, as `config.json` has it, or `None`.
        divergence: Of a run that diverged, at which step and where; else `None`.
        slowdowns: Where it went back and halved the learning rate, a sentence each.
    """

    model: keras.Model
    folder: RunFolder
    metrics: list[dict]
    kept_epoch: int
    evaluation: Evaluation | None
    ended: str
    rebalancing: dict | None
    divergence: str | None
    slowdowns: tuple[str, ...]


def carry_out(
    work: Setup,
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
    untested = untested_version()
    if untested is not None:
        _tell(
            f"Training is {untested}: Keras does every step by itself, which is slower "
            "and gives the same results.",
            progress,
        )
    while True:
        outcome = _attempt(work, checkpoint, checkpoint_steps, progress)
        if isinstance(outcome, Run):
            return outcome
        checkpoint = outcome
        model = load_untrained(work.folder, work.settings, work.placement)
        work = dataclasses.replace(work, model=model)


def _attempt(work, checkpoint, checkpoint_steps, progress) -> Run | Checkpoint:
    """The run; or where to go back to, after a loss that is not finite."""
    folder = work.folder
    checkpoints = Checkpoints(folder.checkpoints)
    finite = FiniteLoss(work.batches.steps_per_epoch)
    interruptible, agreement = _interruptible(work.placement, checkpoint)
    clock = {"clock": agreement[0].common_clock} if agreement else {}
    metrics = MetricsFile(folder.metrics)
    task = task_of(work.model, work.dataset.kind)
    keeper = task.keeper(work)
    slowdown, limit = Slowdown(), _time_limit(work.settings, clock)
    steps_done = checkpoint.step if checkpoint else 0
    own = UserCallbacks(work.callbacks, work.batches.steps_per_epoch, steps_done)
    checkpointing = Checkpointing(
        checkpoints,
        work.batches.steps_per_epoch,
        {"metrics": metrics, "best": keeper, "slowdown": slowdown, "own": own, **limit},
        interruptible,
        after=checkpoint,
        every=checkpoint_steps,
        **clock,
    )
    callbacks = [
        *agreement,
        *task.callbacks(work),
        own,  # It sees the averaged weights, and what it changes is in checkpoints.
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
                work,
                batches,
                callbacks,
                epoch,
                checkpoint_steps,
                progress,
                own.need_every_step,
            )
            divergence = None
            if finite.step is not None:
                where = task.divergence(work, checkpoints, finite, slowdown.factor)
                step = f"{finite.step:,}"
                divergence = f"the loss is not finite at step {step}: {where}"
            if divergence and slowdown.helps(work.settings):
                back = slowdown.go_back(checkpoints, finite.step, divergence)
                _tell(slowdown.reasons[-1], progress)
                return back
            _check_learned(keeper, interrupted, divergence)
            model = task.kept(work)
            evaluation = task.report(work, model, metrics.rows, keeper.epoch)
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
        ended = _ended(keeper, len(metrics.rows), work.settings, out_of_time)
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


def _ended(keeper, epochs_done, settings, out_of_time):
    if keeper.diverged:
        return "diverged"
    if out_of_time:
        return "time limit"
    if epochs_done == settings.epochs:
        return "complete"
    waited = epochs_done - keeper.epoch >= settings.patience
    return "early" if waited else "callback"


def _train(
    work, batches, callbacks, initial_epoch, checkpoint_steps, progress, every_step
) -> bool:
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
                every_step=every_step,
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


def _check_learned(keeper, interrupted: bool, divergence) -> None:
    """Ends a run that has no model to keep."""
    if keeper.epoch is not None:
        return
    if interrupted:
        raise KeyboardInterrupt
    raise InputError(
        f"Training diverged: {divergence or 'the validation loss is not finite'}. Try "
        "a lower `learning_rate`."
    )
