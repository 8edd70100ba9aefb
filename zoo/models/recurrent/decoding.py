"""The outputs of an encoder–decoder: tokens, or texts such as translations."""

from collections.abc import Callable
from typing import Any, cast

import keras
import numpy as np

from custom.arguments import non_negative, positive_integer
from zoo.errors import InputError
from zoo.models.recurrent.decoding_loop import Decoder, DecodingLoop, as_function
from zoo.models.recurrent.input_conversion import InputConversion
from zoo.models.recurrent.vocabulary import Codec
from zoo.targets import HEAD, Translation


class Decoding(InputConversion):
    """Mixin with the methods of a `RecurrentNetwork` that decode sequences."""

    target: Any
    _encoded: tuple
    _decoding: DecodingLoop | None = None
    _teaching: Callable[..., Any] | None = None

    def decode(
        self,
        inputs: Any,
        max_length: int | None = None,
        *,
        beam_width: int = 1,
        length_penalty: float = 1.0,
        batch_size: int = 128,
    ) -> list[str] | np.ndarray:
        r"""The outputs of an `"encoder_decoder"`, by beam search in a compiled loop.

        Args:
            inputs: A batch of inputs of the encoder.
            max_length: Number of steps after which an output ends in any case.
                Default: that of the target, if it is a `zoo.targets.Translation`.
            beam_width: Number of beginnings that are kept at each step, at least 1.
                1 takes the most probable token at each step.
            length_penalty: The exponent $\lambda$: beginnings of $n$ tokens are
                compared by $\log p / n^\lambda$. 0 compares probabilities, which
                prefers short outputs; at least 0.
            batch_size: Number of outputs generated at once.

        Returns:
            A list of texts, if the target is a `zoo.targets.Translation`. Otherwise
            int32 `(batch, max_length)`, 0 from the end of an output on.

        Raises:
            InputError: If the network has another mode.
            ValueError: If an argument is out of its range.
        """
        tokens, _ = self.decoded_tokens(
            inputs,
            max_length,
            beam_width=beam_width,
            length_penalty=length_penalty,
            batch_size=batch_size,
        )
        if isinstance(self.target, Translation):
            return self.target_codec().texts(tokens)
        return tokens

    def decoded_tokens(
        self,
        inputs: Any,
        max_length: int | None = None,
        *,
        beam_width: int = 1,
        length_penalty: float = 1.0,
        batch_size: int = 128,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The tokens of `decode`, and the logarithms of their probabilities `(n,)`."""
        loop = self.decoding_loop()
        if max_length is None and isinstance(self.target, Translation):
            max_length = self.target.max_length
        max_length = positive_integer("max_length", max_length)
        beam_width = positive_integer("beam_width", beam_width)
        length_penalty = non_negative("length_penalty", length_penalty)
        batch_size = positive_integer("batch_size", batch_size)
        inputs = self.convert_text(inputs)
        tokens, scores = [np.zeros((0, max_length), "int32")], [np.zeros(0, "float32")]
        for start in range(0, len(inputs), batch_size):
            batch = self.as_tensor(inputs[start : start + batch_size])
            found = loop.generate(batch, max_length, beam_width, length_penalty)
            tokens.append(found[0])
            scores.append(found[1])
        return np.concatenate(tokens), np.concatenate(scores)

    def token_probabilities(self, inputs: Any, tokens: Any) -> np.ndarray:
        """The probabilities of the tokens at each step, given the tokens before.

        Args:
            inputs: A batch of inputs of the encoder.
            tokens: The outputs, int32 `(batch, steps)`.

        Returns:
            float32 `(batch, steps, tokens)`; logits of a network that ends in them.
        """
        if self._teaching is None:
            self._teaching = as_function(cast(keras.Model, self))
        batch = self.as_tensor(self.convert_text(inputs))
        outputs = self._teaching(batch, np.asarray(tokens, "int32"))
        return keras.ops.convert_to_numpy(outputs)

    def target_tokens(self, texts: list[str]) -> np.ndarray:
        """The tokens of answers, for `fit([inputs, tokens], tokens)`.

        Returns:
            int32 `(texts, longest + 1)`: each answer is followed by at least one 0.

        Raises:
            InputError: If the target is not a `zoo.targets.Translation`.
        """
        if isinstance(texts, str):
            raise ValueError(f"`texts` must be a list of texts, got {texts!r:.50}.")
        return np.pad(self.target_codec().tokens([*texts]), [(0, 0), (0, 1)])

    def target_codec(self) -> Codec:
        """Converts answers to tokens and back."""
        if not isinstance(self.target, Translation):
            raise InputError(
                "This network answers with numbers: build it with "
                "target=zoo.targets.Translation(vocabulary)."
            )
        return Codec(self.target.vocabulary, self.target.split)

    def attention_weights(self, inputs: Any, tokens: Any) -> np.ndarray:
        """How much each step of the output attends to each step of the input.

        Args:
            inputs: A batch of inputs of the encoder.
            tokens: The outputs, integers `(batch, steps)`, as `decode` or
                `target_tokens` gives them.

        Returns:
            float32 `(batch, steps, time)`; each row sums to 1, and padding has 0.

        Raises:
            InputError: If the network has no attention.
        """
        if self._configuration.get("attention") is None:
            raise InputError(
                "This network has no attention: build it with attention='luong' or "
                "'bahdanau'."
            )
        layer = self.get_layer("attention")
        attended = keras.Model([*self.inputs], [*layer.input])
        tokens = np.asarray(tokens, "int32")
        batch = [self.as_tensor(self.convert_text(inputs)), tokens]
        weights = layer.weights_at(*as_function(attended)(*batch))
        return keras.ops.convert_to_numpy(weights).astype("float32")

    def decoding_loop(self) -> DecodingLoop:
        """The compiled loop that generates outputs, built on the first call."""
        if self._configuration["mode"] != "encoder_decoder":
            raise InputError(
                "`decode` needs a network with mode='encoder_decoder'; this one has "
                f"mode={self._configuration['mode']!r}."
            )
        if self._decoding is None:
            attends = self._configuration.get("attention") is not None
            self._decoding = DecodingLoop(
                Decoder(
                    keras.Model(self.inputs[0], [*self._encoded]),
                    self.get_layer("targets_before"),
                    [
                        self.get_layer(f"decoder_{index}")
                        for index in range(len(self._configuration["units"]))
                    ],
                    self.get_layer("attention") if attends else None,
                    self.get_layer(HEAD),
                    isinstance(self.target, Translation),
                )
            )
        return self._decoding

    def as_tensor(self, batch: Any) -> Any:
        """A batch of inputs in a form that `predict_on_batch` takes."""
        if self._configuration["inputs"] != "text":
            return np.asarray(batch)
        import tensorflow as tf

        return tf.convert_to_tensor(batch, tf.string)
