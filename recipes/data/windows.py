"""Windows of series as the examples of a data set, without a copy of them."""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from recipes.data.dataset import Part
from recipes.data.time_axis import TimeAxis
from recipes.data.zero_copy import as_tensor

if TYPE_CHECKING:  # It loads TensorFlow.
    import tensorflow as tf

    from recipes.sampling.order import Sampler


@dataclasses.dataclass(frozen=True, kw_only=True)
class Windows(Part):
    """Windows of series, each with the steps that follow it.

    Example `i` is the rows from `starts[i]` on: `window` rows to predict from, then
    `horizon` rows to predict. Batches take them out of the series, which is kept once.
    A part holds only rows that its own windows read, so that a training part has no row
    of the validation or the test part.

    Attributes:
        inputs: float32 `(rows, features)`: all series, one after another. The columns
            to predict come first, those known in advance last.
        labels: The columns to predict, a view of the same rows.
        starts: int64 `(n,)`, the first row of each window.
        window: Steps to predict from.
        horizon: Steps to predict.
        known: Number of columns known in advance. With any, an example has the rows of
            the horizon too, in which the other columns are 0.
        season: Steps in a season; 1 for none.
        times: float64 `(rows,)`, the time of each row.
        axis: How times are counted.
    """

    starts: np.ndarray
    window: int
    horizon: int
    times: np.ndarray
    axis: TimeAxis
    known: int = 0
    season: int = 1

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def input_shape(self) -> tuple[int, ...]:
        return self.steps, self.inputs.shape[1]

    @property
    def steps(self) -> int:
        """Rows of an example."""
        return self.window + (self.horizon if self.known else 0)

    def take(self, examples: np.ndarray | slice) -> "Windows":
        return dataclasses.replace(self, starts=self.starts[examples])

    @property
    def model_inputs(self) -> "WindowInputs":
        return WindowInputs(self)

    @property
    def answers(self) -> np.ndarray:
        """All answers, `(n, horizon)` or `(n, horizon, targets)`."""
        rows = self.starts[:, np.newaxis] + self.window + np.arange(self.horizon)
        answers = self.labels[rows]
        return answers[..., 0] if answers.shape[2] == 1 else answers

    def times_of(self, example: int) -> np.ndarray:
        """The times of the rows of one example and of its answers."""
        first = self.starts[example]
        return self.times[first : first + self.window + self.horizon]

    def gather(
        self, sampler: "Sampler", num_classes: int | None = None
    ) -> Callable[..., tuple]:
        import tensorflow as tf

        count, features = self.labels.shape[1], self.inputs.shape[1]
        is_read = np.ones((self.steps, features), bool)
        is_read[self.window :, : features - self.known] = False
        with tf.device("CPU"):
            series, starts = as_tensor(self.inputs), as_tensor(self.starts)

        def batch(epoch: "tf.Tensor", positions: "tf.Tensor") -> tuple:
            examples = sampler.examples(epoch, positions)
            first = tf.gather(starts, examples)[:, tf.newaxis]
            rows = first + tf.range(self.window + self.horizon, dtype=tf.int64)
            whole = tf.gather(series, rows)
            answers = whole[:, self.window :, :count]
            inputs = tf.where(is_read, whole[:, : self.steps], 0.0)
            return inputs, answers[..., 0] if count == 1 else answers

        return batch


@dataclasses.dataclass(frozen=True)
class WindowInputs:
    """The inputs of windows as an array that is made slice by slice."""

    part: Windows

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self.part), *self.part.input_shape

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, examples: np.ndarray | slice) -> np.ndarray:
        part = self.part
        first = part.starts[examples][:, np.newaxis]
        inputs = part.inputs[first + np.arange(part.steps)]
        inputs[:, part.window :, : part.inputs.shape[1] - part.known] = 0
        return inputs
