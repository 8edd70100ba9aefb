"""Training: one call from a model and data to a run folder worth looking at."""

import os
import sys
from collections.abc import Callable

import keras

from recipes import sampling
from recipes.augmentation.base import has_soft_targets
from recipes.augmentation.presets import check_name, choose
from recipes.data.dataset import Dataset
from recipes.reports.run_folder import check_out
from recipes.sampling.base import Rebalancing
from recipes.sources import load
from recipes.training.batches import batches_for
from recipes.training.checkpoints.lock import locked
from recipes.training.compiling import check_backend, check_optimizer, prepare
from recipes.training.loop import Run, carry_out
from recipes.training.run_config import describe_run
from recipes.training.settings import settings_for
from recipes.training.setup import Setup
from recipes.training.strategies.normalization import check_synchronized, synchronize
from recipes.training.strategies.placement import Placement, place
from recipes.training.strategies.steps import check_shared
from recipes.training.tasks import task_of
from zoo.atomic_writes import atomic_write, write_json


def fit(
    model: str | keras.Model = "cnn",
    data: str | os.PathLike | Dataset = "digits",
    *,
    out: str | os.PathLike | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    scale_learning_rate: bool = False,
    clip_norm: float | None = None,
    accumulation_steps: int | None = None,
    precision: str | None = None,
    jit_compile: bool | None = None,
    patience: int | None = None,
    time_limit: float | None = None,
    strategy: str | Placement = "auto",
    on_nan: str = "stop",
    seed: int = 0,
    augment: str | Callable | None = None,
    rebalance: str | Rebalancing | None = None,
    rebalance_ratio: float | None = None,
    model_arguments: dict | None = None,
    checkpoint_steps: int | None = None,
    progress: bool = True,
) -> Run:
    """Trains a classifier, or a DCGAN, and leaves a run folder.

    The best model by validation loss is kept, scored on the test part, exported
    for serving and written with its metrics and pictures. Of a DCGAN, whose losses
    do not tell how well it draws, the networks of the last epoch are kept, the
    generator with the average of its last weights; samples take the place of scores.
    The same arguments on the same machine give the same numbers. A run that is cut
    off, however that happens, goes on with `resume`, and ends with the same numbers
    too.

    Args:
        model: A name of `zoo.list_models()`, or a Keras classifier of your own or a
            `zoo.DCGAN`, which keeps its own optimizer and loss if it is compiled.
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
        scale_learning_rate: Whether the learning rate grows with the batch: by as much
            as `batch_size` is above its default. Default: not.
        clip_norm: Gradients that are longer, over all weights, are cut to this length.
            Default: 1 for recurrent networks, else never.
        accumulation_steps: Batches whose mean gradient makes one update, as one batch
            that many times as large would, with the memory of one. Default: 1.
        precision: Of a model given by name: `"float32"`; or `"mixed_float16"` and
            `"mixed_bfloat16"`, which compute in 16 bits, keep weights in 32, and are
            faster on GPUs and TPUs alone. With float16 the loss is scaled, so that
            small gradients are not lost. Default: Keras's own, float32.
        jit_compile: Whether XLA compiles the training step. Default: by device, as
            Keras decides: on a CPU not, where it makes convolutions five times slower.
        patience: Epochs without a better validation loss before training stops; not
            for a DCGAN. Default: a quarter of the epochs, at least 5.
        time_limit: Seconds of training, at most; a resumed run counts those that it
            has spent. The step in progress is finished, validated and kept if it is
            the best. Default: no limit.
        strategy: Where to train: `"cpu"`; `"gpu"`; `"mirrored"`, on all GPUs of this
            machine; `"multiworker"`, together with the processes that `TF_CONFIG` or
            Slurm name; `"tpu"`; `"auto"`, for what is there; or what
            `recipes.training.strategies.placement.place` gave. Batches stay of
            `batch_size` examples, each replica taking its part, and the learning rate
            stays as it is; see docs/scaling.md.
        on_nan: What to do when the loss is NaN or infinite: `"stop"`, or `"restore"`:
            go back to the last checkpoint and halve the learning rate, at most ten
            times; not for a DCGAN. Either way the first layer that is not finite is
            named, of a DCGAN the loss.
        seed: Of the weights, the order of examples, dropout and augmentation.
        augment: How training examples are changed: `"auto"`, for what suits the data
            set; a name of `recipes.augmentation.PRESETS`; an augmentation of
            `recipes.augmentation`; or a function over whole batches, as
            `recipes.training_batches` takes it. Default: not at all.
        rebalance: How unequal classes are evened out in training: a name of
            `recipes.sampling.NAMES`, such as `"oversample"`, or a rebalancing of
            `recipes.sampling`. Validation and test parts stay as they are. Default:
            not at all.
        rebalance_ratio: The rarest class to the largest that is asked for, in
            (0, 1], where `rebalance` is a name. Default: 1, equal.
        model_arguments: Constructor arguments of a model given by name; for texts
            also `vocabulary_size`, how many words to learn at most.
        checkpoint_steps: Steps between two checkpoints, from which `resume` goes on.
            Default: 30 seconds between two. Ctrl-C and SIGTERM write one too.
        progress: Whether to show progress on standard error.

    Returns:
        The `Run`.

    Raises:
        InputError: If an argument cannot be used, or training diverges; nothing
            is left behind.
        KeyboardInterrupt: On Ctrl-C before the first epoch is done. Later, Ctrl-C
            ends training and the best model so far is scored and kept. Either way
            `resume` can go on.
        SystemExit: With status 75, on SIGTERM, once a checkpoint is written.

    >>> import tempfile
    >>> import recipes
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = recipes.fit(
    ...         "mlp", "digits", out=f"{folder}/run", epochs=2, progress=False
    ...     )
    >>> run.evaluation.accuracy > 0.5
    True
    """
    check_backend()
    placement = strategy if isinstance(strategy, Placement) else place(strategy)
    if out is not None and placement.is_chief:
        check_out(out)
    if isinstance(augment, str):
        check_name(augment)
    rebalance = sampling.choose(rebalance, rebalance_ratio)
    options = {"patience": patience, "on_nan": on_nan, "rebalance": rebalance}
    task_of(model).check_options(**options)
    dataset = data if isinstance(data, Dataset) else load(data)
    by_name = isinstance(model, str)
    name = model if by_name else model.name
    check_optimizer(
        model,
        learning_rate=learning_rate,
        scale_learning_rate=scale_learning_rate or None,
        clip_norm=clip_norm,
        accumulation_steps=accumulation_steps,
    )
    settings = settings_for(
        name,
        len(dataset.train),
        kind=dataset.kind,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        scale_learning_rate=scale_learning_rate,
        clip_norm=clip_norm,
        patience=patience,
        seed=seed,
        accumulation_steps=1 if accumulation_steps is None else accumulation_steps,
        precision=precision,
        jit_compile=jit_compile,
        on_nan=on_nan,
        time_limit=time_limit,
    )
    keras.utils.set_random_seed(settings.seed % 2**32)
    augment = choose(augment, dataset)
    batches = batches_for(dataset, settings, augment, rebalance, placement)
    with placement.scope():
        model = prepare(
            model,
            dataset,
            settings,
            model_arguments or {},
            soft_targets=has_soft_targets(augment),
        )
    if placement.replicas > 1:
        synchronize(model) if by_name else check_synchronized(model)
        check_shared(model)
    with placement.run_folder(out, default=f"{name}-{dataset.name}") as folder:
        try:
            described = describe_run(
                model,
                dataset,
                settings,
                augment,
                batches.rebalancing,
                placement.describe(),
            )
            write_json(folder.config, described)
            folder.checkpoints.mkdir()
            with atomic_write(folder.untrained) as draft:
                model.save(draft)
        except BaseException:
            folder.remove()
            raise
        setup = Setup(model, dataset, settings, batches, folder, placement)
        if progress and placement.is_chief:
            print(placement.sentence(), file=sys.stderr)
        with locked(folder.lock):
            return carry_out(
                setup, checkpoint_steps=checkpoint_steps, progress=progress
            )
