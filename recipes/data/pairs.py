"""Pairs of texts: what to read, and what to answer."""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from recipes.data.dataset import Dataset, Part
from recipes.data.memory import check_memory
from recipes.data.zero_copy import as_tensor
from zoo.errors import InputError

if TYPE_CHECKING:
    import tensorflow as tf

    from recipes.sampling.order import Sampler


@dataclasses.dataclass(frozen=True)
class TextPairs(Part):
    """Texts `(n,)` in `inputs` and their answers in `labels`, as strings.

    Attributes:
        tokens: The answers as a model knows them, int32 `(n, longest + 1)`, 0 behind
            each; `None` before `encoded` has met the model.
    """

    # Made of the answers, and so not among what a resumed run recognises its data by.
    tokens: np.ndarray | None = dataclasses.field(
        default=None, metadata={"is_derived": True}
    )

    def take(self, examples: np.ndarray | slice) -> "TextPairs":
        tokens = None if self.tokens is None else self.tokens[examples]
        return TextPairs(self.inputs[examples], self.labels[examples], tokens=tokens)

    def encoded(self, model: Any) -> "TextPairs":
        """The same pairs with the tokens of a model, which trains on them."""
        answers = self.labels.tolist()
        longest = 1 + max(map(len, answers), default=0)
        check_memory(
            4 * len(self) * longest,
            f"{len(self):,} answers of up to {longest:,} characters",
            "leave the longest pairs out",
        )
        return dataclasses.replace(self, tokens=model.target_tokens(answers))

    def gather(
        self, sampler: "Sampler", num_classes: int | None = None
    ) -> Callable[..., tuple]:
        """Makes the function of batches `((texts, tokens), tokens, weights)`.

        Tokens end behind the longest answer of the batch. The weights are 0 behind the
        end of an answer. Elsewhere they are the length of the batch over the mean
        length of all answers: then the mean of the weighted losses over all batches is
        that of all real tokens, however pairs are grouped into batches.
        """
        import tensorflow as tf

        if self.tokens is None:
            raise InputError("Pairs of texts are batched for a model: call `encoded`.")
        mean_length = float((np.count_nonzero(self.tokens, axis=1) + 1).mean())
        with tf.device("CPU"):
            all_texts = tf.convert_to_tensor(self.inputs, tf.string)
            all_tokens = as_tensor(self.tokens)

        def batch(epoch: "tf.Tensor", positions: "tf.Tensor") -> tuple:
            examples = sampler.examples(epoch, positions)
            tokens = tf.gather(all_tokens, examples)
            longest = tf.reduce_max(tf.math.count_nonzero(tokens, axis=1))
            tokens = tokens[:, : longest + 1]
            # The first 0 counts: a model has to learn where answers end.
            real = tf.pad(tokens[:, :-1] != 0, [[0, 0], [1, 0]], constant_values=True)
            length = tf.cast(longest + 1, tf.float32)
            weights = tf.cast(real, tf.float32) * (length / mean_length)
            return (tf.gather(all_texts, examples), tokens), tokens, weights

        return batch


def encoded(dataset: Dataset, model: Any) -> Dataset:
    """The data set as a model trains on it: pairs of texts get the model's tokens."""
    parts: dict[str, Any] = {
        name: part.encoded(model)
        for name in ("train", "validation")
        if isinstance(part := getattr(dataset, name), TextPairs)
    }
    return dataclasses.replace(dataset, **parts) if parts else dataset
