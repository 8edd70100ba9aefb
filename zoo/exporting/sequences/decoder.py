"""Export of a network that reads one sequence and generates another."""

from typing import Any

import numpy as np
import tensorflow as tf

from custom.types import Tensor
from zoo.exporting.questions import TargetQuestion
from zoo.exporting.requests import in_range
from zoo.exporting.sequences.base import SequenceExport, SequenceQuestion
from zoo.models.recurrent.network import RecurrentNetwork
from zoo.models.recurrent.vocabulary import texts_in_graph
from zoo.targets import Translation, in_graph
from zoo.tokens import PADDING, UNKNOWN

TEST_LENGTH = 4  # of the outputs that test the export
CLEAR = 1e-2  # between the log-probabilities of two tokens that rounding cannot swap


class DecoderExport(SequenceExport):
    """The most probable token at each step, as in `RecurrentNetwork.decode`."""

    kind = "decoder"

    def __init__(self, model: RecurrentNetwork, max_length: int) -> None:
        super().__init__(model)
        self._max_length = max_length
        self._loop = model.decoding_loop()
        self.specifications.append(tf.TensorSpec([], tf.int64, name="max_length"))

    def answer(self, inputs: Tensor, max_length: Tensor) -> dict[str, Tensor]:
        # The length is checked before its use: a huge one would take all memory.
        length = in_range(max_length, self.specifications[1], 1, self._max_length)
        return {"tokens": self.decoded(inputs, tf.cast(length, tf.int32))[0]}

    def decoded(self, inputs: Tensor, length: Any) -> tuple[Tensor, Tensor]:
        """The tokens `(n, length)`, and the logarithms of their probabilities."""
        decoder = self._loop.decoder
        encoded = decoder.encoder(self.checked_inputs(inputs), training=False)
        states, attended = decoder.parts(encoded)
        return self._loop.search(
            states, attended, length, 1.0, beam_width=1, capacity=length
        )

    def questions(self) -> list[Any]:
        length = min(TEST_LENGTH, self._max_length)
        examples = self.examples()
        return [self._question(batch, length) for batch in (examples[:1], examples)]

    def _question(self, batch: np.ndarray, length: int) -> SequenceQuestion:
        return SequenceQuestion(
            "serving_default",
            {
                self.specifications[0].name: batch,
                "max_length": np.array(length, "int64"),
            },
            {"tokens": self.model.decoded_tokens(as_read(batch), length)[0]},
            self.tolerance(),
        )


class TranslationExport(DecoderExport):
    """Texts instead of tokens, and no length in the request."""

    def __init__(self, model: RecurrentNetwork, examples: Any = None) -> None:
        self._target: Translation = model.target
        super().__init__(model, self._target.max_length)
        del self.specifications[1:]
        self._given = examples

    def answer(self, inputs: Tensor) -> dict[str, Tensor]:  # type: ignore[override]
        tokens, scores = self.decoded(inputs, self._max_length)
        texts = texts_in_graph(tokens, self._target.vocabulary, self._target.split)
        return self._target.answers((texts, scores), in_graph())

    def description(self) -> dict[str, Any]:
        kind = self.model.kind  # of the inputs, by which the export is read again
        return {**super().description(), "kind": kind, **self._target.description()}

    def examples(self) -> np.ndarray:
        if self._given is None:
            return super().examples()
        if self.config["inputs"] == "text":
            return np.array([str(text).encode() for text in self._given])
        return np.asarray(self._given)

    def questions(self) -> list[TargetQuestion]:
        examples = self.examples()
        return [self._asked(batch) for batch in (examples[:1], examples)]

    def _asked(self, batch: np.ndarray) -> TargetQuestion:
        inputs = as_read(batch)
        tokens, scores = self.model.decoded_tokens(inputs)
        texts = [text.encode() for text in self.model.target_codec().texts(tokens)]
        clear = self._margins(inputs, tokens) > CLEAR
        expected = np.where(clear, np.array(texts), b"")
        length = self._max_length
        return TargetQuestion(
            "serving_default",
            {self.specifications[0].name: batch},
            self._target,
            {"texts": expected, "log_probability": scores},
            self.tolerance() * length,
        )

    def _margins(self, inputs: Any, tokens: np.ndarray) -> np.ndarray:
        """How far the second best token is from the best one, at its nearest."""
        probabilities = self.model.token_probabilities(inputs, tokens).astype("float64")
        probabilities[..., UNKNOWN] = 0
        *_, second, best = np.moveaxis(np.sort(probabilities), -1, 0)
        margins = np.log(np.maximum(best, 1e-37) / np.maximum(second, 1e-37))
        running = np.pad(tokens != PADDING, [(0, 0), (1, 0)], constant_values=True)
        return np.where(running[:, :-1], margins, np.inf).min(axis=1)


def as_read(batch: np.ndarray) -> Any:
    """A batch of a request as the model takes it."""
    if batch.dtype.kind == "S":
        return [text.decode() for text in batch.tolist()]
    return batch
