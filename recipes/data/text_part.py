"""A long text as training reads it: streams side by side, segment by segment."""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from recipes.data.dataset import Part
from recipes.data.zero_copy import as_tensor
from zoo.errors import InputError
from zoo.tokens import UNKNOWN

if TYPE_CHECKING:  # These load TensorFlow.
    import tensorflow as tf

    from recipes.sampling.order import Sampler

SEGMENT = 64  # steps, by default
GOLDEN = 2654435769  # 2³² divided by the golden ratio: spreads the starts of the epochs


@dataclasses.dataclass(frozen=True)
class TextPart(Part):
    """A stretch of a text whose next token is to be predicted at each step.

    The text is cut into `streams` of equal length, which a stateful network reads side
    by side. Each batch has the next segment of each stream, and `starts` is true in
    the first batch of an epoch, where the state begins at zero. In each epoch the
    streams start elsewhere in the text, which goes round: each token but the first is
    predicted exactly once. Weights are 0 for padding and for unknown tokens; the others
    are equal, so that the mean of an epoch's batches is the mean over the predicted
    tokens.

    Attributes:
        inputs: int32 tokens `(n,)`.
        labels: The same array.
        text: What the tokens stand for.
        vocabulary: The characters or words from token 2 on.
        split: `"character"` or `"word"`.
        streams: Number of streams; `None` for a text that is not cut yet, whose length
            is its number of tokens. Then it is the number of segments.
        segment: Number of steps in a segment.
    """

    text: str = ""
    vocabulary: tuple[str, ...] = ()
    split: str = "character"
    streams: int | None = None
    segment: int = 1

    in_order: ClassVar[bool] = True

    def __len__(self) -> int:
        if self.streams is None:
            return len(self.inputs)
        return -(-self._per_stream // self.segment) * self.streams

    @property
    def unit(self) -> str:
        """What a token is, in a sentence."""
        return f"{self.split}s"

    @property
    def unknown(self) -> int:
        """Number of tokens that are not in the vocabulary."""
        return int(np.count_nonzero(self.inputs == UNKNOWN))

    @property
    def predicted(self) -> int:
        """Number of tokens that are predicted: the known ones after the first."""
        return int(np.count_nonzero(self.inputs[1:] != UNKNOWN))

    @property
    def _per_stream(self) -> int:
        assert self.streams is not None
        return -(-self._pairs // self.streams)

    @property
    def _pairs(self) -> int:
        """Number of pairs of a token and the next one."""
        return max(1, len(self.inputs) - 1)

    def arranged(self, batch_size: int, segment_length: int | None) -> "TextPart":
        """The same text in `batch_size` streams."""
        segment = segment_length or SEGMENT
        return dataclasses.replace(self, streams=batch_size, segment=segment)

    def check_length(self, batch_size: int, segment_length: int) -> None:
        """Refuses a text that is too short to learn from with these settings."""
        if len(self.inputs) <= max(segment_length, 2 * batch_size):
            raise InputError(
                f"The training part has {len(self.inputs):,} {self.unit}, too few for "
                f"segments of {segment_length} in a batch of {batch_size}: give a "
                "longer text, or a smaller `segment_length` (--segment-length) or "
                "`batch_size` (--batch-size)."
            )

    def take(self, examples: np.ndarray | slice) -> "TextPart":
        """The beginning of the text: its first tokens, or its first segments."""
        if not isinstance(examples, slice) or examples.start or examples.step:
            raise InputError("A text has no examples to choose from, only a beginning.")
        count = len(self) if examples.stop is None else min(len(self), examples.stop)
        streams = None if self.streams is None else count
        tokens = self.inputs[: count * self.segment + (streams is not None)]
        return dataclasses.replace(self, inputs=tokens, labels=tokens, streams=streams)

    def gather(
        self, sampler: "Sampler", num_classes: int | None = None
    ) -> Callable[..., tuple]:
        import tensorflow as tf

        assert self.streams is not None
        streams, segment, each = self.streams, self.segment, self._per_stream
        pairs, weight = self._pairs, len(self) * segment / max(1, self.predicted)
        with tf.device("CPU"):
            tokens = as_tensor(self.inputs)

        def batch(epoch: "tf.Tensor", positions: "tf.Tensor") -> tuple:
            step, stream = positions // streams, positions % streams
            inside = (step * segment)[:, None] + tf.range(segment, dtype=tf.int64)
            place = (stream * each)[:, None] + inside
            start = epoch * GOLDEN % 2**32 * each // 2**32
            pair = (place + start) % pairs
            inputs, targets = tf.gather(tokens, pair), tf.gather(tokens, pair + 1)
            counts = (inside < each) & (place < pairs) & (targets != UNKNOWN)
            return (inputs, step == 0), targets, weight * tf.cast(counts, tf.float32)

        return batch
