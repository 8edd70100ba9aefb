"""`recipes.search` and `recipes.resume_search`: the declarations."""

from typing import TYPE_CHECKING, Annotated, Any

from recipes.data.options import checks_arguments, dictionary
from recipes.sources.options import Amount, Count, Path, Seed, Text

if TYPE_CHECKING:
    from recipes.experiments.search.results import Search


# As for `recipes.fit`, the options of the command are made from these signatures and
# docstrings, and what needs TensorFlow is imported when they run.
@checks_arguments
def search(
    model: str = "cnn",
    data: Any = "digits",
    *,
    trials: Count = 30,
    time_limit: Amount | None = None,
    space: Annotated[dict[str, Any], dictionary] | None = None,
    by: Text = "loss",
    prune: bool = True,
    retrain: bool = False,
    jobs: Count = 1,
    seed: Seed = 0,
    out: Path | None = None,
    progress: bool = True,
    **settings: Any,
) -> "Search":
    """Searches for the settings with the best score on the validation part.

    The first trial has the defaults, so that the best is never worse than they are
    on the validation part. Later ones are suggested by Optuna's tree-structured
    Parzen estimator (Bergstra et al. 2011). The test part is scored once, for the best.

    Each trial is a run in `OUT/trials`. However a search is cut off, it can be
    continued with `resume_search`, also by several processes and machines at once
    that share the folder.

    Args:
        model: A name from `zoo.list_models()`.
        data: As `recipes.fit` takes it.
        trials: Number of trials, with the first.
        time_limit: Begin no epoch after this many seconds; `resume_search` can
            continue. Default: no limit.
        space: The settings to vary, by name: arguments of `recipes.fit` and of the
            model's constructor. A value is a range, `"0:0.5"` or, for a uniform
            logarithm, `"log:1e-4:1e-1"`; or a list of values, `[16, 32, 64]` or
            `"16,32,64"`, where `"default"` stands for the choice of `recipes.fit`.
            They replace or extend what the family declares. Default: learning rate,
            batch size, similar optimizers, augmentation of images and audio,
            rebalancing of unequal classes, and what the family declares.
        by: Measure on the validation part to improve: the loss, or a metric such as
            `"accuracy"`.
        prune: Stop trials that are worse than the median of the others at the same
            epoch, after a quarter of the epochs.
        retrain: Train the best settings again into `OUT/best`, with the number of
            epochs that `recipes.fit` chooses if `epochs` of the trials is smaller.
        jobs: Number of processes on this machine.
        seed: Random seed of what is tried, and of each trial.
        out: The folder of the search, which must not exist. Default: the first free
            `runs/search-MODEL-DATA-N` in the working folder.
        progress: Show progress on standard error.
        **settings: Other arguments of `recipes.fit`, the same in every trial; they do
            not vary.

    Returns:
        The trials, the best of them, and where its run is.

    Raises:
        InputError: If an argument cannot be used, the disk is full, or no trial could
            be finished.
        KeyboardInterrupt: On Ctrl-C before the first trial is done.

    >>> import tempfile
    >>> import recipes
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = recipes.search(
    ...         "mlp", "xor", trials=2, epochs=1, out=f"{folder}/s", progress=False
    ...     )
    >>> [trial.state for trial in found.trials]
    ['complete', 'complete']
    """
    arguments = locals()
    from recipes.experiments.search.searching import begin

    return begin(**arguments.pop("settings"), **arguments)


@checks_arguments
def resume_search(
    search: Path,
    *,
    data: Any = None,
    trials: Count | None = None,
    time_limit: Amount | None = None,
    retrain: bool | None = None,
    jobs: Count = 1,
    progress: bool = True,
) -> "Search":
    """Continues a search that was cut off, joins in with one, or extends one.

    Trials that were cut off continue at their last checkpoint. A process on another
    machine that shares the folder takes trials of its own.

    Args:
        search: Folder of the search.
        data: The data, if the search got them as an object; else they are loaded
            again.
        trials: Number of trials in all. Default: as the search began.
        time_limit: As in `search`, from now on.
        retrain: As in `search`. Default: as the search began.
        jobs: As in `search`.
        progress: As in `search`.

    Raises:
        InputError: If there is no such search, or its data cannot be loaded.
    """
    arguments = locals()
    from recipes.experiments.search.searching import go_on

    return go_on(**arguments)
