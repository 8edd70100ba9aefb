"""Scores of models that answer with texts."""

import collections
import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from recipes.data.dataset import Dataset, Part
from recipes.reports.baselines import as_good

if TYPE_CHECKING:
    from zoo.trained_model import TrainedModel

WORST = 10  # answers in the report
FIRST = 5


@dataclasses.dataclass(frozen=True)
class TextScore:
    """Scores of the answers of a model, or of a simple yardstick.

    Attributes:
        exact: Share of the answers that are right to the last character.
        bleu: BLEU over all answers, from 0 to 100, by sacrebleu.
        chrf: chrF over all answers, from 0 to 100, by sacrebleu.
    """

    exact: float
    bleu: float
    chrf: float


@dataclasses.dataclass(frozen=True)
class Answer:
    """An answer beside the right one.

    Attributes:
        text: What was read.
        given: What the model answered.
        right: The answer of the data.
        chrf: Their likeness, from 0 to 100.
    """

    text: str
    given: str
    right: str
    chrf: float


@dataclasses.dataclass(frozen=True)
class TranslationEvaluation:
    """Scores of a model that answers with texts, on one part of a data set.

    Words are compared as the model writes them: in lower case, with spaces around
    punctuation marks. Characters are compared as they are.

    Attributes:
        score: Scores of the model.
        baselines: Scores of each simple yardstick, by its name.
        first: The first answers of the part.
        worst: The answers that are least like the right ones.
        accuracy: Share of the tokens that are right if the ones before are given;
            `None` of a SavedModel.
        loss: Mean cross-entropy of a token; `None` of a SavedModel.
    """

    score: TextScore
    baselines: dict[str, TextScore]
    first: tuple[Answer, ...]
    worst: tuple[Answer, ...]
    accuracy: float | None = None
    loss: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Returns the scores in JSON types."""
        return {
            **dataclasses.asdict(self.score),
            "accuracy": self.accuracy,
            "loss": self.loss,
            "baselines": {
                name: dataclasses.asdict(each) for name, each in self.baselines.items()
            },
            "first": [dataclasses.asdict(answer) for answer in self.first],
            "worst": [dataclasses.asdict(answer) for answer in self.worst],
        }

    def table(self) -> tuple[list[str], list[list[str]]]:
        """The header and the rows of a table: the model, then each yardstick."""
        rows = [
            [name, f"{each.exact:.4f}", f"{each.bleu:.2f}", f"{each.chrf:.2f}"]
            for name, each in {"the model": self.score, **self.baselines}.items()
        ]
        return ["answers of", "exact", "BLEU", "chrF"], rows

    def summary(self, part: str) -> str:
        """Some answers, the scores in one line, and the yardsticks that are better."""
        shown = [answer for answer in self.worst if answer.given != answer.right][:3]
        lines = [f"{each.text} → {each.given}" for each in self.first]
        lines += [
            f"{each.text} → {each.given or 'nothing'} (right: {each.right})"
            for each in shown
        ]
        line = (
            f"{part} exact {self.score.exact:.4f}, BLEU {self.score.bleu:.2f}, chrF "
            f"{self.score.chrf:.2f}"
        )
        if self.accuracy is not None and self.loss is not None:
            line += f", token accuracy {self.accuracy:.4f}, loss {self.loss:.4f}"
        lines.append(line)
        for name, each in self.baselines.items():
            if each.chrf >= self.score.chrf:
                ours = f"{self.score.chrf:.2f}"
                lines.append(as_good(name, "chrF", f"{each.chrf:.2f}", ours))
        return "\n".join(lines)


def score_texts(given: Sequence[str], right: Sequence[str]) -> TextScore:
    """Compares answers with the right ones.

    >>> score_texts(["va !", "bonjour"], ["va !", "salut"]).exact
    0.5
    """
    import sacrebleu

    equal = [one == other for one, other in zip(given, right, strict=True)]
    # `force`: it would warn that the texts have spaces around punctuation marks.
    bleu = sacrebleu.corpus_bleu(given, [right], force=True)
    chrf = sacrebleu.corpus_chrf(given, [right])
    return TextScore(float(np.mean(equal)), float(bleu.score), float(chrf.score))


def score_answers(
    answers: dict[str, np.ndarray],
    examples: Part,
    trained: "TrainedModel",
    data: Dataset,
) -> TranslationEvaluation:
    """Scores the answers of a model beside those of two yardsticks.

    One copies the text, the other always gives the most frequent answer of the
    training part, if there is one.

    Args:
        answers: The answers of the model, by name.
        examples: The pairs of texts.
        trained: The model.
        data: The data set.
    """
    import sacrebleu

    from zoo.models.recurrent.vocabulary import split_texts

    target: Any = trained.target

    def as_written(texts: Sequence[str]) -> list[str]:
        """Texts as the model would write them."""
        if target.split == "character":
            return [*texts]
        return [" ".join(words) for words in split_texts([*texts], target.split)]

    given, texts = [*answers["texts"]], examples.inputs.tolist()
    right = as_written(examples.labels.tolist())
    yardsticks = {"copying the text": as_written(texts)}
    counts = collections.Counter(data.train.labels.tolist())
    if counts:
        most_frequent = min(counts, key=lambda answer: (-counts[answer], answer))
        alone = as_written([most_frequent])
        yardsticks["the most frequent answer"] = alone * len(texts)
    table = [
        Answer(*each, float(sacrebleu.sentence_chrf(each[1], [each[2]]).score))
        for each in zip(texts, given, right, strict=True)
    ]
    accuracy = loss = None
    if trained.model is not None:
        accuracy, loss = token_scores(trained.model, examples)
    return TranslationEvaluation(
        score_texts(given, right),
        {name: score_texts(each, right) for name, each in yardsticks.items()},
        tuple(table[:FIRST]),
        tuple(sorted(table, key=lambda answer: answer.chrf)[:WORST]),
        accuracy,
        loss,
    )


def token_scores(
    model: Any, examples: Part, batch_size: int = 128
) -> tuple[float, float]:
    """Accuracy and mean cross-entropy of the tokens, if the ones before are given."""
    right = total = 0
    loss = 0.0
    for start in range(0, len(examples), batch_size):
        rows = slice(start, start + batch_size)
        tokens = model.target_tokens(examples.labels[rows].tolist())
        outputs = model.token_probabilities(examples.inputs[rows], tokens)
        real = np.pad(tokens[:, :-1] != 0, [(0, 0), (1, 0)], constant_values=True)
        chosen = np.take_along_axis(outputs, tokens[..., None], axis=2)[..., 0]
        total += int(real.sum())
        right += int((outputs.argmax(axis=-1) == tokens)[real].sum())
        loss -= float(np.log(np.maximum(chosen[real], 1e-37).astype("float64")).sum())
    return right / total, loss / total
