"""Sequences with a label at each step."""

import dataclasses
import typing
from collections.abc import Callable

import numpy as np

from recipes.data.dataset import Part
from recipes.data.zero_copy import as_tensor, taken

if typing.TYPE_CHECKING:  # They load TensorFlow.
    import tensorflow as tf

    from recipes.sampling.order import Sampler

NO_LABEL = -1  # of padding, and of a step whose label is missing


@dataclasses.dataclass(frozen=True)
class StepsPart(Part):
    """Sequences with a label at each step, which are used together.

    Batches are `(inputs, labels, weights)`. The weight of a step without a label is 0.
    Every other step has the number of sequences in the part, divided by the number of
    its labelled steps, so the weights of a part sum to its number of sequences. A loss
    that sums over steps and takes the mean over sequences is then the mean over the
    labelled steps, see `zoo.targets.step_means.MeanOverSteps`.

    Attributes:
        inputs: Strings `(n,)` of tokens with a space between them, of dtype `object`;
            or `float32` sequences `(n, time, features)`, padded with zeros.
        labels: `int32` class numbers `(n, time)`; `NO_LABEL` at padding and where a
            label is missing.
        lengths: `int64` numbers of steps `(n,)`.

    >>> texts = np.array(["a b", "a"], object)
    >>> part = StepsPart(texts, np.array([[1, 0], [1, -1]]), np.array([2, 1]))
    >>> part.classes().tolist(), part.take(np.array([1])).labels.tolist()
    ([1, 0, 1], [[1, -1]])
    """

    def take(self, examples: np.ndarray | slice) -> "StepsPart":
        """The sequences with these indices, in this order."""
        assert self.lengths is not None
        inputs = taken(self.inputs, examples)
        return StepsPart(inputs, self.labels[examples], self.lengths[examples])

    def classes(self, examples: np.ndarray | slice = slice(None)) -> np.ndarray:
        """The class numbers of all labelled steps, one after the other."""
        labels = self.labels[examples]
        return labels[labels != NO_LABEL]

    def gather(
        self, sampler: "Sampler", num_classes: int | None = None
    ) -> Callable[..., tuple]:
        """Makes the function from positions in an epoch to their batch; see `Part`."""
        import tensorflow as tf

        labelled = int((self.labels != NO_LABEL).sum())
        weight = np.float32(len(self) / max(labelled, 1))
        with tf.device("CPU"):
            all_inputs = as_tensor(self.inputs)
            all_labels = tf.convert_to_tensor(self.labels)
            all_lengths = tf.convert_to_tensor(self.lengths)

        def batch(epoch: "tf.Tensor", positions: "tf.Tensor") -> tuple:
            examples, inputs = sampler.batch(all_inputs, epoch, positions)
            labels = tf.gather(all_labels, examples)
            if inputs.dtype == tf.string:  # Outputs are as long as the longest text.
                labels = labels[:, : tf.reduce_max(tf.gather(all_lengths, examples))]
            weights = tf.where(labels == NO_LABEL, 0.0, weight)
            labels = tf.maximum(labels, 0)
            if num_classes is not None:
                labels = tf.one_hot(labels, num_classes)
            return inputs, labels, weights

        return batch
