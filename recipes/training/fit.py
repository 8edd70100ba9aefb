"""`recipes.fit`: one call from a model and data to a run folder."""

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from recipes.data.options import checks_arguments, dictionary
from recipes.sources.options import (
    Amount,
    Count,
    Path,
    Seed,
    Split,
    TaskName,
    Text,
    Texts,
)
from recipes.training.settings import (
    Coverage,
    Freezing,
    OnNan,
    Precision,
    Ratio,
    Transform,
)

if TYPE_CHECKING:
    import keras

    from recipes.data.dataset import Dataset
    from recipes.sampling.base import Rebalancing
    from recipes.sources.tables.frames import Indexed
    from recipes.training.loop import Run
    from recipes.training.strategies.placement import Placement


# This signature and docstring declare every setting: the options of `zoo fit`, their
# help and their checks are made from them. Modules are imported when it runs, so that
# `zoo fit --help` does not load TensorFlow.
@checks_arguments
def fit(
    model: "str | keras.Model | None" = None,
    data: "str | os.PathLike[str] | Dataset | Indexed" = "digits",
    *,
    preset: "str | os.PathLike[str] | None" = None,
    freeze: Freezing | None = None,
    weights: Text | None = None,
    task: TaskName | None = None,
    target: Texts = (),
    time: Text | None = None,
    window: Count | None = None,
    horizon: Count | None = None,
    model_arguments: Annotated[dict[str, Any], dictionary] | None = None,
    transform: Transform | None = None,
    interval: Coverage = 0.9,
    calibrate: bool = False,
    regularizer: "str | keras.regularizers.Regularizer | None" = None,
    precision: Precision | None = None,
    augment: str | Callable[..., Any] | None = None,
    rebalance: "str | Rebalancing | None" = None,
    rebalance_ratio: Ratio | None = None,
    validation: "str | os.PathLike[str] | Indexed | None" = None,
    test: "str | os.PathLike[str] | Indexed | None" = None,
    split: Split | None = None,
    optimizer: "str | keras.optimizers.Optimizer | None" = None,
    learning_rate: Amount | None = None,
    scale_learning_rate: bool = False,
    clip_norm: Amount | None = None,
    accumulation_steps: Count | None = None,
    loss: "str | keras.losses.Loss | Callable[..., Any] | None" = None,
    metrics: "Sequence[str | keras.metrics.Metric] | None" = None,
    epochs: Count | None = None,
    batch_size: Count | None = None,
    segment_length: Count | None = None,
    patience: Count | None = None,
    time_limit: Amount | None = None,
    on_nan: OnNan = "stop",
    seed: Seed = 0,
    callbacks: "Sequence[keras.callbacks.Callback] | None" = None,
    out: Path | None = None,
    strategy: "str | Placement" = "auto",
    jit_compile: bool | None = None,
    checkpoint_steps: Count | None = None,
    progress: bool = True,
) -> "Run":
    """Trains a model and writes a run folder.

    A classifier, or a model that predicts numbers, is kept as it was in the epoch with
    the lowest validation loss, scored on the test part, exported for serving, and
    written with its metrics and pictures. The losses of a DCGAN do not tell how well it
    draws: its networks of the last epoch are kept, the generator with the running
    average of its weights, and samples take the place of scores.

    The same arguments on the same machine give the same numbers. A run that is cut
    off, for whatever reason, continues with `resume` and ends with the same numbers
    too.

    Args:
        model: A name from `zoo.list_models()`; a backbone such as `"keras:ResNet50"`;
            or your own Keras classifier or `zoo.DCGAN`. A compiled model keeps its
            optimizer and its loss. One that was trained before starts afresh: without
            the state of its optimizer and, if an earlier run made it, with a new
            schedule of `learning_rate`. Default: `"cnn"`, unless there is a `preset`.
        data: A `Dataset`, or what `recipes.load` takes: a name, a path, a data frame
            with a column `label`, or arrays `(x, y)`.
        preset: A trained model to refine instead of training `model` from zero: a name
            from `zoo.list_presets()`, the folder of a preset or a run, or a file. It
            keeps its body and gets a head for the data, unless they have the same
            classes. Its images are resized to those of its training, texts keep its
            vocabulary, and tables need its columns. See docs/fine_tuning.md.
        freeze: What of the body of a preset stays as it is: `"body"` trains the head
            alone; `"none"` trains all from the first step on; a number keeps so many
            stages frozen, counted from the input, and trains the others after the head,
            one after another. Each stage has 1/2.6 of the learning rate of the one
            behind it, and frozen normalisation uses its stored statistics. Default: 0,
            which ends with all stages trained.
        weights: What a backbone starts from: `"imagenet"`, which Keras downloads; the
            path of a `.weights.h5` file of the network without its top, or of a
            `.keras` file that holds the network; or `"none"`, to train it from zero.
            With weights it is fine-tuned as a preset is. Default: `"imagenet"`.
        task: As `recipes.load` takes it, for `data` that are not a `Dataset` yet.
        target: As `recipes.load` takes it, for `data` that are not a `Dataset` yet.
        time: As `recipes.load` takes it, like `window` and `horizon`: for forecasts.
        window: Number of steps to forecast from.
        horizon: Number of next steps to forecast.
        model_arguments: Constructor arguments of a model given by name; for texts
            also `vocabulary_size`, the largest number of words to learn.
        transform: Learn the logarithm of the numbers to predict, and answer with the
            numbers: for positive numbers whose errors are a percentage. Default: none.
        interval: Share of new examples whose number the served interval is to hold;
            its width comes from the errors on the validation part.
        calibrate: Divide the logits of a classifier by the temperature that fits the
            validation part, after training: the classes predicted stay the same, and
            their probabilities tell better how often they are right.
        regularizer: Penalty on the weights of a model given by name, its
            `kernel_regularizer`: `"l2:0.001"`, `"l1"`, `"l1l2:0.001,0.001"`, or after
            `keras.` one of Keras's; or an object. Default: none.
        precision: Precision of a model given by name: the mixed ones compute in 16
            bits, keep the weights in 32 bits, and are faster only on GPUs and TPUs.
            With float16 the loss is scaled so that small gradients survive.
            Default: float32.
        augment: How to change training examples: `"auto"`, which suits the data set;
            a name from `recipes.augmentation.PRESETS`; an augmentation of
            `recipes.augmentation`; or a function over whole batches, as
            `recipes.training_batches` takes it. Default: none.
        rebalance: How to even out unequal classes in training: `"undersample"`,
            `"oversample"`, `"smote"`, `"smote_nc"`, `"balanced"` (every batch),
            `"sqrt"`, `"class_weights"`; or an object of `recipes.sampling`. The
            validation and test parts stay as they are. Default: none.
        rebalance_ratio: Size that the rarest class gets, relative to the largest, if
            `rebalance` is a name. Default: 1.
        validation: As `recipes.load` takes it, like `test` and `split`: a source of the
            validation part, for `data` that are not a `Dataset` yet.
        test: A source of the test part.
        split: How to split off the parts that lack.
        optimizer: An optimizer of `custom` by name, such as `"adagrad"` and
            `"gradient_descent"`, or after `keras.` one of Keras's, such as
            `"keras.adamw"`; arguments may follow, as in `"momentum:momentum=0.95"`.
            It gets the schedule of `learning_rate`, and has no weight decay unless
            you give it. An optimizer object is used as it is, with its own learning
            rate. Default: by model.
        learning_rate: Peak of the schedule, which warms up over the first tenth of the
            steps and falls to 0 along a cosine. Default: that of `optimizer` if it is
            a name, else by model; for the model of an earlier run, the peak of that.
        scale_learning_rate: Multiply the learning rate by `batch_size` over its
            default.
        clip_norm: Clip gradients to this global norm. Default: 1 for recurrent
            networks, else no clipping.
        accumulation_steps: Number of batches whose mean gradient makes one update:
            the effect of a batch that many times as large in the memory of one.
            Default: 1.
        loss: A loss of `custom` by name, such as `"half_sum_squared_error"`, or after
            `keras.` one of Keras's, such as `"keras.categorical_focal_crossentropy"`;
            or an object. If it compares probabilities, it gets one-hot targets.
            Default: cross-entropy; for numbers, half the sum of squared errors in
            standard units, in the mean of a batch.
        metrics: More metrics than the default ones: Keras's names, such as `"auc"`,
            or objects. Default: none.
        epochs: Largest number of passes over the training examples. Default: by model
            and kind of data, else 40 for fewer than 10,000 training examples and 12
            for more.
        batch_size: Examples in a batch. Default: by model and kind of data, else 32
            for fewer than 10,000 training examples and 64 for more.
        segment_length: Steps of a text through which gradients flow; the state is
            carried on. Only for writing, where `batch_size` is the number of places
            in the text that are read side by side. Default: 64.
        patience: Stop after this many epochs without a better validation loss; not
            for a DCGAN. Default: a quarter of the epochs, at least 5.
        time_limit: Stop training after this many seconds; a resumed run counts the
            time it has already spent. The step in progress is finished, validated,
            and kept if it is the best. Default: no limit.
        on_nan: What to do when the loss is NaN or infinite: stop; or restore, which
            goes back to the last checkpoint and halves the learning rate, at most ten
            times, and is not for a DCGAN. Either way the first layer that is not
            finite is named; for a DCGAN, the loss.
        seed: Random seed for the weights, the order of examples, dropout and
            augmentation.
        callbacks: Your own Keras callbacks. They are called as `keras.Model.fit`
            calls them, and give their state to checkpoints if they have `get_state`
            and `set_state`.
        out: The run folder, which must not exist. Default: the first free
            `runs/MODEL-DATA-N` in the working folder.
        strategy: Where to train: `"cpu"`; `"gpu"`; `"mirrored"`, on all GPUs of this
            machine; `"multiworker"`, with the processes that `TF_CONFIG` or Slurm
            name; `"tpu"`; `"auto"`, on the best that is available; or an object of
            `recipes.training.strategies.placement.place`. Replicas share each batch,
            and the learning rate stays as it is; see docs/scaling.md.
        jit_compile: Compile the training step with XLA. Default: by device, as Keras
            decides: off on CPUs, where XLA makes convolutions five times slower.
        checkpoint_steps: Steps between two checkpoints, from which `resume`
            continues; Ctrl-C and SIGTERM write one too. Default: 30 seconds.
        progress: Show progress on standard error.

    Raises:
        InputError: If an argument cannot be used, or training diverges; nothing
            is left behind.
        KeyboardInterrupt: On Ctrl-C before the first epoch is done. Later, Ctrl-C
            ends training, and the best model so far is scored and kept. Either way
            `resume` can continue.
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
    arguments = locals()
    from recipes.training.new_run import start

    return start(**arguments)
