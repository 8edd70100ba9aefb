"""Sequences with a label at each step: files, arrays, splits, and what is refused."""

import numpy as np
import pytest

import recipes
from recipes.data.steps import NO_LABEL
from recipes.pipeline import ordered_batches, training_batches
from tests.recipes.sources.step_sequences import (
    recordings,
    sentences,
    write_columns,
    write_json_lines,
)
from zoo.errors import InputError
from zoo.kinds import Kind

SENTENCES = list(sentences())
RECORDINGS = list(recordings())
UNIVERSAL = """# newdoc
# text = We vámonos
1\tWe\twe\tPRON\tPRP\t_\t2\tnsubj\t_\t_
2-3\tvámonos\t_\t_\t_\t_\t_\t_\t_\t_
2\tgo\tgo\tVERB\tVB\t_\t0\troot\t_\t_
3\t#\tnos\tSYM\tNN\t_\t2\tobj\t_\t_

"""


def pairs_of(dataset):
    """Every sequence of the three parts with the names of its labels, sorted."""
    found = []
    for part in (dataset.train, dataset.validation, dataset.test):
        for row, length in enumerate(part.lengths):
            names = [dataset.class_names[n] for n in part.labels[row, :length]]
            assert (part.labels[row, length:] == NO_LABEL).all()
            steps = part.inputs[row]
            if dataset.kind is Kind.SEQUENCES:
                assert not steps[length:].any()
                steps = steps[:length].round(3).tolist()
            found.append((str(steps), tuple(map(str, names))))
    return sorted(found)


def expected(pairs):
    return sorted(
        (" ".join(steps), tuple(map(str, marks)))
        if isinstance(steps[0], str)
        else (str(np.float32(steps).round(3).tolist()), tuple(map(str, marks)))
        for steps, marks in pairs
    )


def padded(pairs, fill):
    steps = max(len(marks) for _, marks in pairs)
    x = np.zeros((len(pairs), steps, 2), "float32")
    y = np.full((len(pairs), steps), fill)
    for row, (values, marks) in enumerate(pairs):
        x[row, : len(marks)], y[row, : len(marks)] = values, marks
    return x, y, np.array([len(marks) for _, marks in pairs])


def npz(folder):
    x, y, lengths = padded(RECORDINGS, "rest")
    np.savez(folder / "a.npz", x=x, y=y, lengths=lengths)
    return folder / "a.npz"


def npy(folder):
    x, y, lengths = padded(RECORDINGS, "rest")
    for name, array in {"x": x, "y": y, "lengths": lengths}.items():
        np.save(folder / f"{name}_train.npy", array)
    return folder


def lists(pairs):
    return [steps for steps, _ in pairs], [marks for _, marks in pairs]


SOURCES = {  # how the same sequences are given
    "JSON lines": (
        lambda folder: write_json_lines(folder / "a.jsonl", SENTENCES),
        SENTENCES,
    ),
    "tags": (
        lambda folder: write_json_lines(folder / "a.ndjson", SENTENCES, "words", "pos"),
        SENTENCES,
    ),
    "columns": (lambda folder: write_columns(folder / "a.conll", SENTENCES), SENTENCES),
    "tabs": (
        lambda folder: write_columns(folder / "a.BIO", SENTENCES, ["x", ""], "\t"),
        SENTENCES,
    ),
    "lists of tokens": (lambda folder: lists(SENTENCES), SENTENCES),
    "texts": (
        lambda folder: (
            [" ".join(tokens) for tokens, _ in SENTENCES],
            [marks for _, marks in SENTENCES],
        ),
        SENTENCES,
    ),
    "values": (
        lambda folder: write_json_lines(folder / "a.jsonl", RECORDINGS, "values"),
        RECORDINGS,
    ),
    "arrays": (lambda folder: lists(RECORDINGS), RECORDINGS),
    "an archive": (npz, RECORDINGS),
    "a folder of arrays": (npy, RECORDINGS),
    "a padded array": (lambda folder: padded(RECORDINGS, "rest")[:2], RECORDINGS),
}


@pytest.mark.parametrize("made, pairs", SOURCES.values(), ids=SOURCES)
def test_every_source_gives_the_same_sequences(made, pairs, tmp_path):
    dataset = recipes.load(made(tmp_path))
    assert dataset.task == "sequence_labelling"
    assert pairs_of(dataset) == expected(pairs)
    names = {mark for _, marks in pairs for mark in marks}
    assert dataset.class_names == tuple(sorted(names))
    assert any("each step has a label" in note for note in dataset.notes)
    assert "classes at each step" in dataset.describe()


def test_the_labels_are_numbers_or_words_in_their_order():
    pairs = [(x, [10 * (mark == "run") for mark in y]) for x, y in RECORDINGS]
    dataset = recipes.load(lists(pairs))
    assert (dataset.class_names, dataset.names_given) == (("0", "10"), True)
    tags = [(tokens, ["-" if tag == "." else tag for tag in tags])
            for tokens, tags in SENTENCES]  # fmt: skip
    assert recipes.load(lists(tags)).class_names == ("-", "D", "N", "V")


@pytest.mark.parametrize("seed", [0, 1])
def test_every_label_stays_in_the_training_part(seed):
    rare = np.random.default_rng(seed).permutation(len(SENTENCES))[:3]
    pairs = [
        (tokens, [f"X{row}" if row in rare and step == 0 else tag
                  for step, tag in enumerate(tags)])
        for row, (tokens, tags) in enumerate(SENTENCES)
    ]  # fmt: skip
    dataset = recipes.load(lists(pairs))
    assert {*np.unique(dataset.train.classes())} == {*range(dataset.num_classes)}
    assert any("it lacks the labels 'X" in note for note in dataset.notes)
    assert (len(dataset.test), len(dataset.validation)) == (12, 5)


def test_the_files_of_a_folder_are_the_parts(tmp_path):
    sizes = {"train": 20, "dev": 6, "test": 5}
    for number, (part, size) in enumerate(sizes.items()):
        write_columns(tmp_path / f"en-{part}.conll", list(sentences(size, number)))
    dataset = recipes.load(tmp_path)
    parts = (dataset.train, dataset.validation, dataset.test)
    assert [len(part) for part in parts] == [20, 6, 5]
    assert dataset.test.inputs[0] == " ".join(next(sentences(5, 2))[0])


def test_groups_stay_in_one_part(tmp_path):
    path = write_json_lines(
        tmp_path / "a.jsonl", SENTENCES, who=lambda n: "abcdef"[n % 6]
    )
    dataset = recipes.load(path, group="who", test_groups=["b"])
    expected_texts = {" ".join(tokens) for tokens, _ in SENTENCES[1::6]}
    assert {*dataset.test.inputs} == expected_texts


def test_documents_are_groups_of_columns(tmp_path):
    path = tmp_path / "a.conll"
    write_columns(path, SENTENCES)
    text = path.read_text().split("\n\n")[:-1]
    for row in range(0, len(text), 6):
        text[row] = f"-DOCSTART- -X- O\n\n{text[row]}"
    path.write_text("\n\n".join(text))
    dataset = recipes.load(path, group="document")
    held_out = [{*part.inputs} for part in (dataset.validation, dataset.test)]
    documents = [
        {" ".join(tokens) for tokens, _ in SENTENCES[row : row + 6]}
        for row in range(0, 60, 6)
    ]
    for texts in held_out:
        assert texts == set().union(*(some for some in documents if some <= texts))


def test_universal_columns_give_words_and_their_class(tmp_path):
    path = tmp_path / "a.conllu"
    path.write_text(UNIVERSAL * 12, encoding="utf-8")
    dataset = recipes.load(path)
    assert {*dataset.train.inputs} == {"We go #"}
    assert dataset.class_names == ("PRON", "SYM", "VERB")
    told = " ".join(dataset.notes)
    assert "the label is UPOS" in told
    assert "12 lines of several or no words" in told
    assert "24 lines of comments" in told
    other = recipes.load(path, label_column="DEPREL")
    assert other.class_names == ("nsubj", "obj", "root")


def test_another_column_or_list_is_chosen(tmp_path):
    columns = write_columns(tmp_path / "a.conll", SENTENCES, ["NN", "B"])
    with pytest.raises(InputError, match="Every step has the label 'NN'"):
        recipes.load(columns, label_column="2")
    path = write_json_lines(
        tmp_path / "a.jsonl", SENTENCES, labels="pos", ner=lambda n: ["O"]
    )
    with pytest.raises(InputError, match=r"several lists \(pos, ner\)"):
        recipes.load(path)
    dataset = recipes.load(path, label_column="pos")
    assert dataset.class_names == (".", "D", "N", "V")
    assert "names that are not used: ner" in dataset.notes


MISSING = {"None": None, "NaN": float("nan"), "−100": -100, "empty": ""}


@pytest.mark.parametrize("missing", MISSING.values(), ids=MISSING)
def test_steps_without_a_label_do_not_count(missing):
    pairs = [(x, [missing, *y[1:]]) for x, y in RECORDINGS]
    dataset = recipes.load(lists(pairs))
    total = sum(len(y) for _, y in RECORDINGS)
    assert f"40 of {total:,} steps have no label" in " ".join(dataset.notes)
    assert (dataset.train.labels[:, 0] == NO_LABEL).all()
    _, labels, weights = next(iter(ordered_batches(dataset.train, batch_size=5)))
    assert not weights[:, 0].numpy().any()
    assert labels.numpy().min() == 0


def test_white_space_in_a_token_becomes_a_line():
    pairs = [(["New York", *x[1:]], y) for x, y in SENTENCES]
    dataset = recipes.load(lists(pairs))
    assert dataset.train.inputs[0].startswith("New_York ")
    assert "60 tokens hold white space, which becomes _" in dataset.notes


@pytest.mark.parametrize("separator", [" ", "\t"])
def test_a_no_break_space_is_part_of_a_token(separator, tmp_path):
    pairs = [(["10\u00a0000", *x[1:]], y) for x, y in SENTENCES]
    path = write_columns(tmp_path / "a.conll", pairs, separator=separator)
    assert pairs_of(recipes.load(path)) == expected(pairs)


def test_batches_have_weights_of_the_real_steps():
    for pairs in (SENTENCES, RECORDINGS):
        part = recipes.load(lists(pairs)).train
        total = 0.0
        for inputs, labels, weights in ordered_batches(part, batch_size=7):
            assert labels.shape == weights.shape
            assert len(inputs) == len(labels)
            total += weights.numpy().astype("float64").sum()
        assert total == pytest.approx(len(part), rel=1e-6)
        steps = (part.labels != NO_LABEL).sum()
        assert {*np.unique(weights)} <= {0, np.float32(len(part) / steps)}


def test_class_weights_multiply_the_weights_of_real_steps():
    part = recipes.load(lists(RECORDINGS)).train
    batches = {"plain": {}, "weighted": {"rebalance": "class_weights"}}
    found = {
        name: next(iter(training_batches(part, batch_size=8, **options)))
        for name, options in batches.items()
    }
    labels, plain = (each.numpy() for each in found["plain"][1:])
    counts = np.bincount(part.classes())
    expected_weights = plain * (counts.sum() / (2 * counts)).astype("float32")[labels]
    np.testing.assert_array_equal(found["weighted"][2], expected_weights)
    assert (found["weighted"][2].numpy()[plain == 0] == 0).all()


IMAGES = np.random.default_rng(0).integers(0, 256, (40, 8, 8)).astype("uint8")
OTHERS = {  # what is not a label at each step, and its task
    "one-hot rows of images": (IMAGES, np.eye(8)[np.arange(40) % 8], "classification"),
    "marks of images": (IMAGES, (IMAGES[:, 0] > 99).astype(int), "multilabel"),
    "numbers of images": (IMAGES, IMAGES[:, 0] + 0.5, "regression"),
    "classes of texts": (["a b", "c d"] * 20, [0, 1] * 20, "classification"),
    "rows": ([[0.5, 1.5]] * 20 + [[1, 2]] * 20, [[0, 1]] * 20 + [[1, 1]] * 20,
             "multilabel"),
}  # fmt: skip


@pytest.mark.parametrize("x, y, task", OTHERS.values(), ids=OTHERS)
def test_other_labels_are_not_taken_for_those_of_steps(x, y, task):
    assert recipes.load((x, y)).task == task


def test_zeros_and_ones_of_sequences_are_labels_of_steps_or_as_told():
    x = np.random.default_rng(0).normal(size=(40, 5, 2)).astype("float32")
    y = (x[..., 0] > 0).astype(int)
    assert recipes.load((x, y), sequences=True).task == "sequence_labelling"
    assert recipes.load((x, y), task="sequence_labelling").task == "sequence_labelling"
    told = recipes.load((x, y), sequences=True, task="multilabel")
    assert told.task == "multilabel"
