"""Serving a network that reads a sequence and answers with another."""

import keras
import numpy as np
import tensorflow as tf

from zoo.exporting.requests import in_range
from zoo.exporting.sequences.service import Sequences, Service
from zoo.models.recurrent.vocabulary import PADDING

WRITTEN = 4  # steps of the answers that the export is proved with


class DecodingService(Service):
    """The most probable symbol at each step, as `RecurrentNetwork.decode` has it."""

    kind = "decoder"

    def __init__(self, model, max_length: int):
        super().__init__(model)
        self._max_length = max_length
        self._writer = model.writer()
        self.specifications.append(tf.TensorSpec([], tf.int64, name="max_length"))

    def answer(self, inputs, max_length):
        # Checked before it is used: a huge length would take all memory first.
        length = in_range(max_length, self.specifications[1], 1, self._max_length)
        total = tf.cast(length, tf.int32) + 1
        states = self._writer.encoder(self.read(inputs), training=False)
        count = tf.shape(inputs)[0]
        tokens = self._writer.written(
            tf.fill([count, total], PADDING),
            lambda step: 0.0,
            self._writer.by_layer(keras.tree.flatten(states)),
            1.0,
            1,
            total,
        )
        return {"tokens": tokens[:, 1:]}

    def questions(self) -> list[Sequences]:
        length = min(WRITTEN, self._max_length)
        examples = self.examples()
        return [self._question(batch, length) for batch in (examples[:1], examples)]

    def _question(self, batch, length):
        read = batch
        if batch.dtype.kind == "S":
            read = [text.decode() for text in batch.tolist()]
        return Sequences(
            "serving_default",
            {self.specifications[0].name: batch, "max_length": np.int64(length)},
            {"tokens": self.model.decode(read, length)},
            self.tolerance(),
        )
