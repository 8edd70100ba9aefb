"""Scores of answers at each step: entities by hand, and those of scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

import recipes
from recipes.data.steps import NO_LABEL, StepsPart
from recipes.reports.entities import are_bio, score_entities, spans
from recipes.reports.sequence_labelling import interval_of_sequences, score_steps
from recipes.reports.sequence_labelling_pictures import draw_worst_sequences
from recipes.reports.step_baselines import step_baselines
from tests.recipes.sources.step_sequences import recordings, sentences
from zoo.errors import InputError

RNG = np.random.default_rng(0)
SPANS = {  # marks: the entities, by the rules of the evaluation of CoNLL-2003
    "none": ("O O O", []),
    "one word": ("O B-A O", [("A", 1, 2)]),
    "several words": ("B-A I-A I-A", [("A", 0, 3)]),
    "side by side": ("B-A B-A I-A", [("A", 0, 1), ("A", 1, 3)]),
    "another type goes on": ("B-A I-B", [("A", 0, 1), ("B", 1, 2)]),
    "begins inside": ("O I-A I-A O", [("A", 1, 3)]),
    "begins after another": ("I-A I-B B-B", [("A", 0, 1), ("B", 1, 2), ("B", 2, 3)]),
    "at the end": ("O O B-A", [("A", 2, 3)]),
    "a type with a line": ("B-A-B I-A-B", [("A-B", 0, 2)]),
}


@pytest.mark.parametrize("marks, expected", SPANS.values(), ids=SPANS)
def test_marks_delimit_entities(marks, expected):
    assert spans(marks.split()) == expected


ENTITIES = {  # (true, predicted): (right, predicted, true) of all
    "all right": ("B-A I-A O B-B", "B-A I-A O B-B", (2, 2, 2)),
    "another end": ("B-A I-A O", "B-A O O", (0, 1, 1)),
    "another type": ("B-A I-A O", "B-B I-B O", (0, 1, 1)),
    "one missing": ("B-A O B-A", "B-A O O", (1, 1, 2)),
    "one too many": ("O O O", "O B-A O", (0, 1, 0)),
    "I instead of B": ("O B-A I-A", "O I-A I-A", (1, 1, 1)),
    "nothing": ("O O", "O O", (0, 0, 0)),
}


@pytest.mark.parametrize("true, predicted, counts", ENTITIES.values(), ids=ENTITIES)
def test_an_entity_is_right_if_its_type_and_its_ends_are(true, predicted, counts):
    right, given, there = counts
    overall, *of_types = score_entities([true.split()], [predicted.split()])
    assert overall.entities == there == sum(score.entities for score in of_types)
    assert overall.precision == (right / given if given else 0)
    assert overall.recall == (right / there if there else 0)
    both = given + there
    assert overall.f1 == pytest.approx(2 * right / both if both else 0)


@pytest.mark.parametrize(
    "names, answer",
    [
        (("B-A", "I-A", "O"), True),
        (("B-A", "O"), True),
        (("O", "noun"), False),
        (("B-", "O"), False),
    ],
)
def test_bio_marks_are_recognised(names, answer):
    assert are_bio(names) is answer


NAMES = ("B-A", "I-A", "O")
LENGTHS = np.array([4, 1, 3, 2])
LABELS = np.where(np.arange(4) < LENGTHS[:, None], RNG.integers(0, 3, (4, 4)), NO_LABEL)
LABELS[0, 1] = NO_LABEL  # one that is missing
PART = StepsPart(np.zeros((4, 4, 1), "float32"), LABELS.astype("int32"), LENGTHS)
PROBABILITIES = RNG.dirichlet(np.ones(3), (4, 6))  # with more padding


def test_scores_count_labelled_steps_and_whole_sequences():
    result = score_steps(PROBABILITIES, PART, NAMES)
    labelled = LABELS != NO_LABEL
    true, answers = LABELS[labelled], PROBABILITIES[:, :4].argmax(-1)
    assert result.accuracy == accuracy_score(true, answers[labelled])
    f1 = f1_score(true, answers[labelled], average=None, labels=[0, 1, 2])
    assert [score.f1 for score in result.steps.classes] == pytest.approx([*f1])
    chosen = PROBABILITIES[:, :4][labelled][np.arange(len(true)), true]
    assert result.loss == pytest.approx(-np.log(chosen).mean())
    right = [(answers[row] == LABELS[row])[labelled[row]].all() for row in range(4)]
    assert result.sequences == np.mean(right)
    names = np.array(NAMES)
    rows = [np.flatnonzero(row) for row in labelled]
    expected = score_entities(
        [names[LABELS[row, at]] for row, at in enumerate(rows)],
        [names[answers[row, at]] for row, at in enumerate(rows)],
    )
    assert result.entities == expected


def test_models_that_answer_fewer_steps_are_refused():
    with pytest.raises(InputError, match=r"answers 3 steps of sequence 0.* has 4"):
        score_steps(PROBABILITIES[:, :3], PART, NAMES)


def test_the_interval_widens_if_steps_of_a_sequence_are_alike():
    alike = np.repeat(RNG.random((200, 1)) < 0.7, 20, axis=1)
    apart = RNG.random((200, 20)) < 0.7
    every = np.ones_like(alike)
    widths = []
    for right in (alike, apart):
        low, high = interval_of_sequences(right, every)
        assert low < right.mean() < high
        widths.append(high - low)
    # The standard error of 200 independent shares; and of 4,000.
    assert widths[0] == pytest.approx(2 * 1.96 * np.sqrt(0.21 / 200), rel=0.15)
    assert widths[1] == pytest.approx(2 * 1.96 * np.sqrt(0.21 / 4000), rel=0.15)


def data_of(pairs):
    return recipes.load(([x for x, _ in pairs], [y for _, y in pairs]))


def test_yardsticks_of_words_are_counted_in_the_training_part():
    train = [(["a", "a", "b", "c"], ["X", "Y", "Y", "X"])] * 3
    train += [(["a", "b"], ["X", "Y"])] * 2
    dataset = recipes.from_arrays(
        *zip(*train, strict=True),
        [["a", "b", "c", "new"]],
        [["X", "X", "X", "Y"]],
        [["a"]],
        [["Y"]],
    )
    found = step_baselines(dataset)
    assert found["the most frequent label"] == 3 / 4
    # a and c are X; b is Y; a word that is not there gets X, the most frequent label.
    assert found["the most frequent label of each word"] == 2 / 4


def test_yardsticks_of_sensors_use_one_step_alone():
    found = step_baselines(data_of(list(recordings(200))))
    assert 0.8 < found["a linear model of each step"] < 0.98
    assert 0.4 < found["the most frequent label"] < 0.7


@pytest.mark.parametrize("pairs", [sentences, recordings])
def test_the_worst_sequences_are_drawn(pairs, tmp_path):
    dataset = data_of(list(pairs()))
    steps = dataset.test.labels.shape[1]
    shape = (len(dataset.test), steps, dataset.num_classes)
    path = tmp_path / "mistakes.png"
    draw_worst_sequences(dataset, RNG.random(shape), path)
    assert path.read_bytes().startswith(b"\x89PNG")
    draw_worst_sequences(  # without a mistake
        dataset, np.eye(dataset.num_classes)[np.maximum(dataset.test.labels, 0)], path
    )
