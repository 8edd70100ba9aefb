"""Answers of simple rules at each step, as yardsticks for a network."""

import warnings
from collections import Counter, defaultdict

import numpy as np

from recipes.data.dataset import Dataset
from recipes.data.steps import NO_LABEL
from zoo.kinds import Kind

MOST_STEPS = 50_000  # that the linear model learns from


def step_baselines(dataset: Dataset) -> dict[str, float]:
    """The accuracy on the test part, by the name of the yardstick.

    `the most frequent label` answers each step alike. `the most frequent label of each
    word` looks a word up in the training part, and gives words that are not there the
    most frequent label of all. `a linear model of each step` is a logistic regression
    of scikit-learn on the numbers of one step, without its neighbours.
    """
    train, test = dataset.train, dataset.test
    labelled = test.labels != NO_LABEL
    true = test.labels[labelled]
    frequent = int(np.bincount(train.classes()).argmax())
    found = {"the most frequent label": float((true == frequent).mean())}
    if dataset.kind is Kind.TEXT:
        answers = _of_words(dataset, frequent)
        found["the most frequent label of each word"] = float(
            (answers[labelled] == true).mean()
        )
    else:
        answers = _linear(dataset, test.inputs[labelled])
        found["a linear model of each step"] = float((answers == true).mean())
    return found


def _of_words(dataset: Dataset, frequent: int) -> np.ndarray:
    """The most frequent label of each word of the test part, `(n, time)`."""
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for text, labels in zip(
        dataset.train.inputs, dataset.train.labels.tolist(), strict=True
    ):
        for word, label in zip(text.split(" "), labels, strict=False):
            if label != NO_LABEL:
                counts[word][label] += 1
    # Of equally frequent labels the first one, whatever the order of the texts.
    best = {
        word: min(some, key=lambda label: (-some[label], label))
        for word, some in counts.items()
    }
    answers = np.full(dataset.test.labels.shape, frequent)
    for row, text in zip(answers, dataset.test.inputs, strict=True):
        words = text.split(" ")
        row[: len(words)] = [best.get(word, frequent) for word in words]
    return answers


def _linear(dataset: Dataset, steps: np.ndarray) -> np.ndarray:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    train = dataset.train
    rows, columns = np.nonzero(train.labels != NO_LABEL)
    if len(rows) > MOST_STEPS:
        chosen = np.random.default_rng(0).permutation(len(rows))[:MOST_STEPS]
        rows, columns = rows[chosen], columns[chosen]
    labels = train.labels[rows, columns]
    if len(np.unique(labels)) < 2:
        return np.full(len(steps), labels[0])
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(train.inputs[rows, columns], labels)
    return model.predict(steps)
