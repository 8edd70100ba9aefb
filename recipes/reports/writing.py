"""Scores of models that write: bits per token, beside counting and compressors."""

import dataclasses
import lzma
import math
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from recipes.data.text_part import TextPart
from recipes.pipeline import ordered_batches
from zoo.errors import InputError, printable
from zoo.models.recurrent.vocabulary import UNKNOWN

if TYPE_CHECKING:  # It loads Keras.
    from recipes.data.dataset import Dataset
    from zoo.models.recurrent.network import RecurrentNetwork
    from zoo.trained_model import TrainedModel

SEGMENT = 64  # steps that are computed at once
STREAMS = 32  # places that are read side by side, each from a state of zeros
LEAST = 2000  # tokens of a stream, if there are several
ZLIB_WINDOW = 2**15  # bytes that zlib looks back
LARGEST = 2**24  # bytes of the training part that lzma reads
ORDERS = {  # yardsticks that count, by the number of tokens that they look at
    1: "the frequency of each {}",
    3: "the two {}s before",
    5: "the four {}s before",
}


@dataclasses.dataclass(frozen=True)
class WritingEvaluation:
    """Scores of a model that writes, on one part of a text.

    Attributes:
        unit: `"character"` or `"word"`.
        bits: Mean of $-\\log_2 p$ of the next token.
        tokens: Number of tokens that were predicted.
        unknown: Number of tokens that are not in the vocabulary, which do not count.
        baselines: Bits per token of simple yardsticks, by name.
        sample: A text that the model wrote; empty if it was not asked to.
    """

    unit: str
    bits: float
    tokens: int
    unknown: int = 0
    baselines: dict[str, float] = dataclasses.field(default_factory=dict)
    sample: str = ""

    @property
    def perplexity(self) -> float:
        """Number of tokens among which the model seems to choose."""
        return 2.0**self.bits

    def as_json(self) -> dict[str, Any]:
        """Returns the scores in JSON types."""
        return {
            f"bits_per_{self.unit}": self.bits,
            "perplexity": self.perplexity,
            "tokens": self.tokens,
            "unknown_tokens": self.unknown,
            "baselines": self.baselines,
            "sample": self.sample,
        }

    def table(self) -> tuple[list[str], list[list[str]]]:
        """The header and the rows of a table: the model and the yardsticks."""
        rows = {"the model": self.bits, **self.baselines}
        return [f"bits per {self.unit} by", "bits", "perplexity"], [
            [name, f"{bits:.3f}", f"{2.0**bits:.2f}"] for name, bits in rows.items()
        ]

    def summary(self, part: str) -> str:
        """The scores in one line, and what the model wrote."""
        line = (
            f"{part} bits per {self.unit} {self.bits:.4f}, perplexity "
            f"{self.perplexity:.2f}"
        )
        better = [name for name, bits in self.baselines.items() if bits <= self.bits]
        if better:
            line += (
                f"; it does not do better than {' and '.join(better)}: train longer, "
                "or on more text"
            )
        if self.unknown:
            line += f"; {self.unknown:,} unknown {self.unit}s left out"
        if self.sample:
            line += f"\n\nit writes:\n{shown(self.sample)}\n"
        return line


def shown(text: str) -> str:
    """A written text for a terminal: nothing in it moves the cursor but line breaks."""
    return "\n".join(printable(line) for line in text.replace("\t", "    ").split("\n"))


def score_text(model: "RecurrentNetwork", part: TextPart) -> WritingEvaluation:
    """Bits per token of a part of a text that the model reads from its beginning."""
    import keras

    count = len(part.inputs)
    if part.predicted == 0:
        raise InputError(
            "The text has nothing to predict: give one with at least two characters or "
            "words that the model knows."
        )
    streams = min(STREAMS, max(1, count // LEAST))
    copy = model.with_carried_state(streams)
    loss = keras.metrics.SparseCategoricalCrossentropy(
        name="nats", from_logits=copy.target.from_logits
    )
    copy.compile(loss=copy.target.loss(), weighted_metrics=[loss])
    batches = ordered_batches(part.arranged(streams, SEGMENT), batch_size=streams)
    nats = copy.evaluate(batches, verbose=0, return_dict=True)["nats"]
    return WritingEvaluation(
        part.split, float(nats) / math.log(2), part.predicted, part.unknown
    )


def evaluate_text(
    trained: "TrainedModel", data: "Dataset", part: str | None
) -> WritingEvaluation:
    """Scores a model that writes on a part of a text; see `recipes.evaluate`."""
    from recipes.reports.evaluation import scored_part

    if trained.target.name != "text_generation" or trained.model is None:
        raise InputError(
            f"The model does not write texts, its target is {trained.target.name}; "
            f"{data.name} is a text without labels: give data like those of its "
            "training."
        )
    if data.task != "text_generation":
        raise InputError(
            f"The model writes texts; {data.name} is for {data.task}: give a .txt file."
        )
    examples: Any = scored_part(data, part)
    check_vocabulary(trained.model, data)
    return score_text(trained.model, examples)


def check_vocabulary(model: Any, data: "Dataset") -> None:
    """Refuses a text whose tokens are not those of the model."""
    config, part = model.get_config(), data.test
    assert isinstance(part, TextPart)
    own = (config["split"], config["vocabulary"])
    if own != (part.split, [*part.vocabulary]):
        raise InputError(
            f"The model has another vocabulary than {data.name}: it knows "
            f"{len(config['vocabulary'] or ()):,} {config['split']}s, the training "
            f"part has {len(part.vocabulary):,} {part.split}s; give "
            "`recipes.load` the vocabulary of the model, or train by name."
        )


def yardsticks(train: TextPart, test: TextPart) -> dict[str, float]:
    """Bits per token of the test part by counting in the training part.

    A text of characters is compressed by zlib and lzma too: by how much the training
    part followed by the test part is longer than the training part alone.
    """
    by_order = bits_by_counts(train, test, [*ORDERS])
    found = {name.format(test.split): by_order[n] for n, name in ORDERS.items()}
    if test.split == "word":
        return found
    before, after = train.text.encode()[-LARGEST:], test.text.encode()
    compressor = zlib.compressobj(9, zdict=before[-ZLIB_WINDOW:])
    sizes = {
        "zlib": len(compressor.compress(after) + compressor.flush()),
        "lzma": len(lzma.compress(before + after)) - len(lzma.compress(before)),
    }
    return found | {name: 8 * size / len(test.text) for name, size in sizes.items()}


def bits_by_counts(
    train: TextPart, test: TextPart, orders: list[int]
) -> dict[int, float]:
    r"""Bits per token of models that count sequences, by the lengths of the sequences.

    $$p(t \mid c) = \frac{n(ct) + \tfrac12\, p(t \mid c')}{n(c) + \tfrac12}$$

    $c'$ is the context $c$ without its first token, and $p$ without a context is
    $(n(t) + \tfrac12 / v) / (n + \tfrac12)$ for $v$ different tokens.
    """
    both = np.concatenate([train.inputs, test.inputs]).astype("int64")
    boundary, kinds = len(train.inputs), len(train.vocabulary) + 1
    # Number of the sequence of tokens that ends at each place, and how often each
    # sequence ends inside the training part.
    numbers = np.zeros(len(both), "int64")
    context = np.full(len(both), float(boundary))
    estimate = np.full(len(both), 1 / kinds)
    weights = both[boundary + 1 :] != UNKNOWN
    bits = {}
    for order in range(1, max(orders) + 1):
        before = np.concatenate([[0], numbers[:-1]]) if order > 1 else numbers
        _, numbers = np.unique(before * (both.max() + 1) + both, return_inverse=True)
        counts = np.bincount(numbers[:boundary], minlength=numbers.max() + 1)
        found = counts[numbers]
        estimate = (found + 0.5 * estimate) / (context + 0.5)
        context = np.concatenate([[0.0], found[:-1]])
        if order in orders:
            losses = -np.log2(estimate[boundary + 1 :][weights])
            bits[order] = float(losses.sum()) / max(1, len(losses))
    return bits
