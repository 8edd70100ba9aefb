"""The arguments of a network that translates, learnt from pairs of texts."""

from typing import Any

from recipes.data.dataset import Dataset
from recipes.sources.texts.pairs import split_of
from zoo.errors import InputError
from zoo.targets import Translation

VOCABULARY = 10_000  # words, at most


def translation_arguments(dataset: Dataset, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments for pairs of texts, in which those that are `given` win.

    Both sides are split as suits the answers of the training part. `target_split` and
    `target_vocabulary_size` are `split` and `vocabulary_size` of the answers. An answer
    ends at the latest with the length of the longest answer of the training part.
    """
    from zoo.models.recurrent.vocabulary import learn_vocabulary, split_texts

    arguments = {"mode": "encoder_decoder", **given}
    answers = dataset.train.labels.tolist()
    best = split_of(answers)
    split = arguments.pop("target_split", best)
    size = arguments.pop("target_vocabulary_size", VOCABULARY)
    arguments.setdefault("split", best)
    if "target" not in arguments:
        try:
            vocabulary = learn_vocabulary(answers, size, split)
            longest = max(map(len, split_texts(answers, split)))
            arguments["target"] = Translation(tuple(vocabulary), split, longest)
        except ValueError as error:
            reason = str(error).replace("`split`", "`target_split`")
            raise InputError(reason) from error
    return arguments
