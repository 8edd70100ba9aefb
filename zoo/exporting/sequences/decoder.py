"""Export of a network that reads one sequence and generates another."""

import keras
import numpy as np
import tensorflow as tf

from custom.types import Tensor
from zoo.exporting.requests import in_range
from zoo.exporting.sequences.base import SequenceExport, SequenceQuestion
from zoo.models.recurrent.network import RecurrentNetwork
from zoo.models.recurrent.vocabulary import PADDING

TEST_LENGTH = 4  # of the outputs that test the export


class DecoderExport(SequenceExport):
    """The most probable token at each step, as in `RecurrentNetwork.decode`."""

    kind = "decoder"

    def __init__(self, model: RecurrentNetwork, max_length: int) -> None:
        super().__init__(model)
        self._max_length = max_length
        self._loop = model.generation_loop()
        self.specifications.append(tf.TensorSpec([], tf.int64, name="max_length"))

    def answer(self, inputs: Tensor, max_length: Tensor) -> dict[str, Tensor]:
        # The length is checked before its use: a huge one would take all memory.
        length = in_range(max_length, self.specifications[1], 1, self._max_length)
        total = tf.cast(length, tf.int32) + 1
        states = self._loop.encoder(self.checked_inputs(inputs), training=False)
        count = tf.shape(inputs)[0]
        tokens = self._loop.loop(
            tf.fill([count, total], PADDING),
            lambda step: 0.0,
            self._loop.by_layer(keras.tree.flatten(states)),
            1.0,
            1,
            total,
        )
        return {"tokens": tokens[:, 1:]}

    def questions(self) -> list[SequenceQuestion]:
        length = min(TEST_LENGTH, self._max_length)
        examples = self.examples()
        return [self._question(batch, length) for batch in (examples[:1], examples)]

    def _question(self, batch: np.ndarray, length: int) -> SequenceQuestion:
        texts = batch.dtype.kind == "S"
        inputs = [text.decode() for text in batch.tolist()] if texts else batch
        return SequenceQuestion(
            "serving_default",
            {
                self.specifications[0].name: batch,
                "max_length": np.array(length, "int64"),
            },
            {"tokens": self.model.decode(inputs, length)},
            self.tolerance(),
        )
