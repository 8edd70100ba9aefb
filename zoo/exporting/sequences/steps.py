"""Export of a network with an output at each step, or with numbers as outputs."""

import numpy as np
import tensorflow as tf

from custom.types import Tensor
from zoo.exporting.sequences.base import SequenceExport, SequenceQuestion


class StepsExport(SequenceExport):
    """Probabilities of the classes at each step, or the values of a regression."""

    kind = "steps"

    def answer(self, inputs: Tensor) -> dict[str, Tensor]:
        return self._named(self.model(self.checked_inputs(inputs), training=False))

    def questions(self) -> list[SequenceQuestion]:
        (specification,) = self.specifications
        examples = self.examples()
        questions = []
        for batch in (examples[:1], examples):
            with tf.device("CPU:0"):
                outputs = self._named(self.model(tf.constant(batch), training=False))
            expected = {name: value.numpy() for name, value in outputs.items()}
            expected.pop("label", None)  # Equal probabilities: either one.
            largest = max(float(np.abs(value).max()) for value in expected.values())
            questions.append(
                SequenceQuestion(
                    "serving_default",
                    {specification.name: batch},
                    expected,
                    self.tolerance() * max(1.0, largest),
                )
            )
        return questions

    def _named(self, outputs: Tensor) -> dict[str, Tensor]:
        outputs = tf.cast(outputs, tf.float32)
        if self.config["num_classes"] is None:
            return {"values": outputs}
        if self.config["classifier_activation"] is None:
            outputs = tf.nn.softmax(outputs)
        return {"probabilities": outputs, "label": tf.argmax(outputs, axis=-1)}
