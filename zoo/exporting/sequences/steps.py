"""Serving a network that answers at each step, or with numbers."""

import numpy as np
import tensorflow as tf

from zoo.exporting.sequences.service import Sequences, Service


class StepsService(Service):
    """Probabilities of classes at each step, or the numbers of a regression."""

    kind = "steps"

    def answer(self, inputs):
        return self._named(self.model(self.read(inputs), training=False))

    def questions(self) -> list[Sequences]:
        (specification,) = self.specifications
        examples = self.examples()
        questions = []
        for batch in (examples[:1], examples):
            with tf.device("CPU:0"):
                own = self._named(self.model(tf.constant(batch), training=False))
            expected = {name: value.numpy() for name, value in own.items()}
            expected.pop("label", None)  # Of two that are as probable, either is right.
            questions.append(
                Sequences(
                    "serving_default",
                    {specification.name: batch},
                    expected,
                    self.tolerance() * self._scale(expected),
                )
            )
        return questions

    def _named(self, outputs):
        outputs = tf.cast(outputs, tf.float32)
        if self.config["num_classes"] is None:
            return {"values": outputs}
        if self.config["classifier_activation"] is None:
            outputs = tf.nn.softmax(outputs)
        return {"probabilities": outputs, "label": tf.argmax(outputs, axis=-1)}

    def _scale(self, expected):
        return max(1.0, *(float(np.abs(value).max()) for value in expected.values()))
