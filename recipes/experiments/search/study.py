"""The trials of a search, in a file that processes and machines share."""

import contextlib
import dataclasses
import pathlib
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from recipes.experiments.search.space import Setting
from zoo.extras import require

RANDOM = 10  # trials at most before earlier ones guide the choice
# The validation loss of the first quarter of the epochs says little about the end.
WARM_UP = 4


@dataclasses.dataclass(frozen=True)
class Trial:
    """One trial of a search.

    Attributes:
        number: Its number; 0 has the defaults.
        state: `"complete"`; `"pruned"`, as it was worse than half of the others at
            the same epoch; `"lost"`, when it diverged or its settings did not fit;
            or `"unfinished"`.
        score: The measure on the validation part, of the epoch that was kept; of a
            pruned trial, up to where it was stopped.
        settings: What differs from the defaults, by name.
        epochs: Number of epochs done.
        seconds: Time that its training took.
        reason: Why it is lost.
    """

    number: int
    state: str
    score: float | None
    settings: dict[str, Any]
    epochs: int
    seconds: float | None
    reason: str | None


def load_optuna() -> Any:
    """Imports Optuna, which the extra `search` installs."""
    return require("optuna", "search", "A search")


class JournalLock:
    """A lock for Optuna's journal that the system frees when a process is killed."""

    def __init__(self, path: pathlib.Path) -> None:
        self._lock = FileLock(path)

    def acquire(self) -> bool:
        self._lock.acquire()
        return True

    def release(self) -> None:
        self._lock.release()


class Study:
    """The trials of a search, and who works on them.

    Each process holds the lock of the trial that it works on. A trial that is not
    finished and whose lock is free was cut off; the next process continues it.

    Args:
        folder: Folder of the study; it may be shared between machines.
        space: The settings that vary.
        seed: Random seed of what is tried.
        trials: Number of trials that are planned.
        is_loss: Whether a smaller score is better.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        space: Sequence[Setting],
        seed: int,
        trials: int,
        is_loss: bool,
    ) -> None:
        self._folder, self._space, self._seed = folder, space, seed
        self._random = max(1, min(RANDOM, trials // 3))
        self._claims = FileLock(folder / "claims.lock")
        self.is_loss = is_loss
        optuna = load_optuna()
        journal, lock = folder / "journal.log", JournalLock(folder / "journal.lock")
        self.states = optuna.trial.TrialState
        before = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        try:
            with self._claims:
                _remove_torn_line(journal, lock)
                backend = optuna.storages.journal.JournalFileBackend(str(journal), lock)
                self.optuna = optuna.create_study(
                    storage=optuna.storages.JournalStorage(backend),
                    sampler=optuna.samplers.RandomSampler(),
                    pruner=optuna.pruners.NopPruner(),
                    study_name="search",
                    direction="minimize" if is_loss else "maximize",
                    load_if_exists=True,
                )
                if not self.optuna.get_trials(deepcopy=False):
                    self.optuna.enqueue_trial(
                        {each.name: each.nearest_to_default() for each in space},
                        user_attrs={"defaults": True},
                    )
        finally:
            optuna.logging.set_verbosity(before)

    def prune_after(self, epochs: int) -> None:
        """Lets trials be pruned that are worse than the median at their epoch.

        The median needs no tuning and few trials; Hyperband's brackets pay with
        hundreds of them.
        """
        self.optuna.pruner = load_optuna().pruners.MedianPruner(
            n_startup_trials=max(2, self._random // 2),
            n_warmup_steps=-(-epochs // WARM_UP),
        )

    @contextlib.contextmanager
    def claim(self, most: int) -> Iterator[Any]:
        """Gives the next trial to work on, one cut off or a new one, or `None`.

        Args:
            most: Number of trials to begin in all.
        """
        with contextlib.ExitStack() as stack:
            with self._claims:
                trial = self._next(stack, most)
            yield trial

    def _next(self, stack: contextlib.ExitStack, most: int) -> Any:
        trials = self.optuna.get_trials(deepcopy=False)
        for frozen in trials:
            if frozen.state == self.states.RUNNING and self._hold(
                stack, frozen.number, check=True
            ):
                return load_optuna().trial.Trial(self.optuna, frozen._trial_id)
        if sum(frozen.state != self.states.WAITING for frozen in trials) >= most:
            return None
        trial = self.optuna.ask()
        self._hold(stack, trial.number)
        return trial

    def _hold(
        self, stack: contextlib.ExitStack, number: int, check: bool = False
    ) -> bool:
        """Takes the lock of a trial, unless another process works on it."""
        lock = FileLock(self._folder / f"trial-{number}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        # It may have been finished between the look and the lock.
        trial = self.optuna.get_trials(deepcopy=False)[number]
        if check and trial.state != self.states.RUNNING:
            lock.release()
            return False
        stack.callback(lock.release)
        return True

    def others_at_work(self) -> bool:
        """Whether another process works on a trial."""
        for frozen in self.optuna.get_trials(deepcopy=False):
            if frozen.state == self.states.RUNNING:
                with contextlib.ExitStack() as stack:
                    if not self._hold(stack, frozen.number):
                        return True
        return False

    def settings_of(self, trial: Any) -> dict[str, Any]:
        """What a trial tries, by name; a value of `None` is left out.

        It follows from the seed, the number of the trial and the trials before it,
        so that a search that was cut off goes on as it would have.
        """
        if trial.user_attrs.get("defaults"):
            for setting in self._space:
                setting.suggest(trial)
            return {}
        sampler = load_optuna().samplers.TPESampler
        seed = np.random.SeedSequence([self._seed, trial.number]).generate_state(1)
        with warnings.catch_warnings():  # Optuna 4 calls some options experimental.
            warnings.simplefilter("ignore")
            self.optuna.sampler = sampler(
                n_startup_trials=self._random,
                multivariate=True,
                constant_liar=True,
                seed=int(seed[0]),
            )
        suggested = {each.name: each.suggest(trial) for each in self._space}
        return {name: value for name, value in suggested.items() if value is not None}

    def tell(self, trial: Any, state: str, score: float | None, **facts: Any) -> None:
        """Records how a trial has ended.

        Optuna counts one that is lost as worse than all others, and so learns from it.
        """
        for name, value in {**facts, "state": state, "score": score}.items():
            trial.set_user_attr(name, value)
        if state == "complete":
            self.optuna.tell(trial.number, score)
        else:
            self.optuna.tell(trial.number, state=self.states.PRUNED)

    def trials(self) -> tuple[Trial, ...]:
        """All trials that have begun."""
        return tuple(
            Trial(
                frozen.number,
                frozen.user_attrs.get("state", "unfinished")
                if frozen.state.is_finished()
                else "unfinished",
                frozen.user_attrs.get("score"),
                frozen.user_attrs.get("settings", {}),
                frozen.user_attrs.get("epochs", len(frozen.intermediate_values)),
                frozen.user_attrs.get("seconds"),
                frozen.user_attrs.get("reason"),
            )
            for frozen in self.optuna.get_trials(deepcopy=False)
            if frozen.state != self.states.WAITING
        )

    def importance(self) -> dict[str, float]:
        """How much of the scores' variance follows from each setting: fANOVA.

        Empty as long as there are too few complete trials.
        """
        optuna = load_optuna()
        complete = self.optuna.get_trials(
            deepcopy=False, states=(self.states.COMPLETE,)
        )
        if len(complete) < 4 or len({trial.value for trial in complete}) < 2:
            return {}
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
        shares = optuna.importance.get_param_importances(
            self.optuna, evaluator=evaluator
        )
        return {name: round(float(share), 4) for name, share in shares.items()}


def best_of(trials: Sequence[Trial], is_loss: bool) -> Trial | None:
    """The complete trial with the best score; the earliest of equals."""
    complete = [trial for trial in trials if trial.state == "complete"]
    sign = 1 if is_loss else -1
    return min(complete, key=lambda trial: sign * (trial.score or 0.0), default=None)


def _remove_torn_line(journal: pathlib.Path, lock: JournalLock) -> None:
    """Removes a last line that was not written to its end when the power went."""
    if not journal.exists():
        return
    lock.acquire()
    try:
        with journal.open("rb+") as file:
            content = file.read()
            file.truncate(content.rfind(b"\n") + 1)
    finally:
        lock.release()
