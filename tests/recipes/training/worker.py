"""One of several workers that train together; `run_workers` runs this script.

The worker starts or resumes a run, and writes its results to a file of its own.
"""

import os
import pathlib
import signal
import sys

os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3")
sys.path.insert(0, str(pathlib.Path(__file__).parents[3]))

ARGUMENTS = {
    "epochs": 5,
    "batch_size": 51,  # 1,293 examples: the last batch has 18, other parts differ
    "patience": 1,
    "learning_rate": 0.2,
    "checkpoint_steps": 10,
    "model_arguments": {"widths": [4], "dropout": 0.0},
}


def train(folder: pathlib.Path, **options):
    """Train as every worker does, or as one process alone does."""
    import recipes

    if (folder / "checkpoints").exists():
        return recipes.resume(folder, checkpoint_steps=10, progress=False)
    options |= {"out": folder, "progress": False}
    return recipes.fit("cnn", "digits", **options, **ARGUMENTS)


def measures(run):
    """Return the metrics of each epoch, without the time."""
    return [[row[name] for name in row if name != "seconds"] for row in run.metrics]


def main(folder: pathlib.Path, last_step: int):
    """Train; kill the second worker in step `last_step`, if that is above 0."""
    import keras
    import numpy as np

    import recipes
    import recipes.training.loop
    from recipes.training.strategies.placement import place
    from tests.light_runs import EXPORTS, PICTURES, leave_out

    leave_out(PICTURES, EXPORTS)
    placement = place()  # from TF_CONFIG
    if last_step and not placement.is_chief:
        recipes.training.loop.WorkerSync = killed_in_step(
            recipes.training.loop.WorkerSync, last_step
        )
    run = train(folder / "run", strategy=placement)
    with placement.scope():
        shared = keras.models.clone_model(run.model)
        shared.set_weights(run.model.get_weights())
        shared.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    test = recipes.load("digits").test
    np.savez(
        folder / f"worker-{placement.cluster.index}.npz",
        *run.model.get_weights(),
        ended=run.ended,
        measures=measures(run),
        predicted=shared.predict(test.inputs[:21], batch_size=8, verbose=0),
        alone=run.model.predict(test.inputs[:21], verbose=0),
        evaluated=shared.evaluate(test.inputs, test.labels, verbose=0),
        score=[run.evaluation.loss, run.evaluation.accuracy],
    )


def killed_in_step(sync, last_step):
    """Return the class `sync`, changed to kill its worker in the step `last_step`."""

    class Killed(sync):
        steps = 0

        def on_train_batch_end(self, batch, logs=None):
            self.steps += 1
            if self.steps == last_step:
                os.kill(os.getpid(), signal.SIGKILL)
            super().on_train_batch_end(batch, logs)

    return Killed


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
