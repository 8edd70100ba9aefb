"""Export of a network with an output at each step, or with numbers as outputs."""

import numpy as np
import tensorflow as tf

from custom.types import Tensor
from zoo.exporting.answers import real_steps
from zoo.exporting.sequences.base import SequenceExport, SequenceQuestion
from zoo.targets import in_graph


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
            for name in ("label", "class_name"):  # Equal probabilities: either one.
                expected.pop(name, None)
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
        if self.config["num_classes"] is None:
            return {"values": tf.cast(outputs, tf.float32)}
        return self.model.target.answers(outputs, in_graph(), real_steps(outputs))
