"""Runs that translate: batches, scores, files, predictions, refusals."""

import json

import keras
import numpy as np
import pytest
import sacrebleu
from click.testing import CliRunner

import recipes
from recipes.command import zoo as command
from recipes.data.pairs import encoded
from recipes.pipeline import ordered_batches
from zoo.errors import InputError
from zoo.loading import load_model
from zoo.models.recurrent import RecurrentNetwork
from zoo.targets import Translation
from zoo.targets.translation import TokenCrossEntropy

RNG = np.random.default_rng(0)
TEXTS = ["".join(RNG.choice([*"abc"], RNG.integers(1, 5))) for _ in range(300)]
PAIRS = (TEXTS, [text.upper() for text in TEXTS])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    path = folder / "pairs.tsv"
    lines = ["\t".join(pair) for pair in zip(*PAIRS, strict=True)]
    path.write_text("lower\tupper\n" + "\n".join(lines), encoding="utf-8")
    return recipes.fit(
        "recurrent",
        path,
        task="translation",
        out=folder / "run",
        epochs=4,
        batch_size=16,
        learning_rate=0.02,
        model_arguments={"units": [16], "embedding_units": 8, "dropout": 0.0},
        progress=False,
    )


def data_of(run):
    return recipes.load(run.folder.path.parent / "pairs.tsv", task="translation")


def test_batches_weigh_the_end_once_and_padding_not_at_all():
    model = RecurrentNetwork(
        mode="encoder_decoder",
        inputs="text",
        vocabulary=["x"],
        target=Translation([*"ab"], "character"),
        units=(2,),
    )
    data = recipes.from_arrays(
        ["x"] * 12,
        ["ab", "a", "bba"] * 4,
        ["x"] * 3,
        ["ab", "a", "bba"],
        ["x"] * 3,
        ["ab", "a", "bba"],
        task="translation",
    )
    part = encoded(data, model).validation
    (batch,) = ordered_batches(part, batch_size=8)
    (texts, tokens), targets, weights = batch
    assert texts.numpy().tolist() == [b"x"] * 3
    assert targets.numpy().tolist() == [[2, 3, 0, 0], [2, 0, 0, 0], [3, 3, 2, 0]]
    np.testing.assert_array_equal(tokens, targets)
    real = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [1, 1, 1, 1]])
    np.testing.assert_allclose(weights, real * 12 / 9, rtol=1e-6)
    losses = RNG.random((3, 4))
    total = 0.0  # of the mean losses of batches, weighted by their examples
    for batch in ordered_batches(part, batch_size=2):
        _, targets, weights = batch
        rows = slice(0, 2) if len(targets) == 2 else slice(2, 3)
        part_of = losses[rows, : targets.shape[1]]
        total += len(targets) * float((part_of * weights).numpy().mean())
    assert total / 3 == pytest.approx(losses[real == 1].mean(), rel=1e-5)


def test_the_loss_is_the_mean_over_the_real_tokens():
    outputs = RNG.dirichlet(np.ones(4), (3, 5)).astype("float32")
    tokens = RNG.integers(0, 4, (3, 5))
    real = RNG.random((3, 5)) < 0.6
    chosen = np.take_along_axis(outputs, tokens[..., None], 2)[..., 0]
    loss = TokenCrossEntropy()(tokens, outputs, real / real.mean())
    assert float(loss) == pytest.approx(-np.log(chosen[real]).mean(), rel=1e-5)


def test_a_run_learns_and_is_scored(run):
    data = data_of(run)
    evaluation = recipes.evaluate(run.folder.path, data)
    given = run.model.decode([*data.test.inputs])
    right = [*data.test.labels]
    same = [g == r for g, r in zip(given, right, strict=True)]
    assert evaluation.score.exact == np.mean(same)
    assert evaluation.score.exact > 0.8
    assert evaluation.score.bleu == sacrebleu.corpus_bleu(given, [right]).score
    assert evaluation.score.chrf == sacrebleu.corpus_chrf(given, [right]).score
    assert set(evaluation.baselines) == {"copying the text", "the most frequent answer"}
    assert evaluation.baselines["copying the text"].exact == 0
    tokens = run.model.target_tokens(right)
    outputs = run.model.predict([data.test.inputs, tokens], verbose=0)
    real = np.cumsum(tokens == 0, axis=1) <= 1
    assert evaluation.accuracy == pytest.approx(
        (outputs.argmax(-1) == tokens)[real].mean()
    )
    written = json.loads(run.folder.evaluation.read_text())
    assert written == json.loads(json.dumps(evaluation.as_json()))
    assert run.metrics[-1]["val_accuracy"] > 0.8
    for picture in (run.folder.attention, run.folder.curves):
        assert picture.read_bytes().startswith(b"\x89PNG")


def test_model_file_and_export_answer_alike(run):
    expected = run.model.decode(TEXTS[:30])
    for path in (run.folder.model, run.folder.saved_model):
        loaded = load_model(path)
        assert loaded.target == run.model.target
        assert (
            loaded.answers(np.array(TEXTS[:30], object))["texts"].tolist() == expected
        )


def test_the_command_translates(run, tmp_path):
    def answered(*words):
        result = CliRunner().invoke(command, [*map(str, words)])
        assert result.exit_code == 0, result.output
        return result.stdout

    out = run.folder.path
    (tmp_path / "t.txt").write_text("ab\n\ncb\n", encoding="utf-8")
    (tmp_path / "t.csv").write_text("lower\nab\n", encoding="utf-8")
    found = json.loads(answered("predict", out, tmp_path / "t.txt", "--json"))
    expected = run.model.decode(["ab", "cb"])
    assert [each["translation"] for each in found] == expected
    assert [each["input"] for each in found] == [
        f"{tmp_path}/t.txt:{line}" for line in (1, 3)
    ]
    shown = answered("predict", out, tmp_path / "t.csv", "--text", "cb", "--beam", 3)
    best = run.model.decode(["ab", "cb"], beam_width=3)
    assert shown == f"{tmp_path}/t.csv:2: {best[0]}\ncb: {best[1]}\n"
    own = out.parent / "pairs.tsv"
    scores = json.loads(answered("evaluate", out, "--data", own, "--json"))
    assert scores == json.loads((out / "evaluation.json").read_text())
    (tmp_path / "other.tsv").write_text("ab\tAB\n", encoding="utf-8")
    table = answered("evaluate", out / "saved_model", "--data", tmp_path / "other.tsv")
    assert "test exact" in table
    assert "the most frequent answer" not in table


def test_the_command_refuses_in_one_sentence(run, tmp_path):
    cases = {
        ("--text",): "requires an argument",
        (): "Give FILES, or texts with --text",
        ("--text", " "): "Text number 1 is empty",
    }
    for words, part in cases.items():
        result = CliRunner().invoke(command, ["predict", str(run.folder.path), *words])
        assert part in result.output + str(result.exception)
    served = ["predict", str(run.folder.saved_model), "--text", "a", "--beam", "2"]
    assert "--beam needs a run folder" in str(
        CliRunner().invoke(command, served).exception
    )


BAD_FILES = {  # name: (lines of the file, options, part of the message)
    "an empty answer": ("a\tb\nx\t\n", (), "line 2: the answer in column 'b' is empty"),
    "one side": ("a\tb\nx\n", (), "line 2: 1 values for 2 columns"),
    "one column": ("a\nx\n", (), "has one column, 'a'"),
    "unknown column": ("text\tanswer\nx\ty\n", ("--target", "answr"), "'answer'"),
    "rebalancing": ("x\ty\n" * 20, ("--rebalance", "oversample"), "leave it out"),
    "mixing": ("x\ty\n" * 20, ("--augment", "light"), "leave `augment` out"),
}


@pytest.mark.parametrize("text, options, part", BAD_FILES.values(), ids=BAD_FILES)
def test_the_command_refuses_bad_pairs(zoo, tmp_path, text, options, part):
    (tmp_path / "pairs.tsv").write_text(text, encoding="utf-8")
    arguments = ("--data", tmp_path / "pairs.tsv", "--task", "translation", *options)
    status, _, errors = zoo("fit", "recurrent", *arguments, "--out", tmp_path / "run")
    assert status == 2
    assert part in errors.strip().splitlines()[-1]
    assert not (tmp_path / "run").exists()


WRONG = {
    "rebalancing": ({"rebalance": "oversample"}, "`rebalance` 'oversample'"),
    "augmentation": ({"augment": "light"}, "leave `augment` out"),
    "loss": (
        {"loss": keras.losses.MeanSquaredError()},
        "`loss` is decided by the task",
    ),
    "logarithm": ({"transform": "log"}, "`transform` 'log' is for numbers"),
    "a table model": ({"model": "mlp"}, "'mlp' takes .*; arrays holds texts"),
    "another split": (
        {"model_arguments": {"target_split": "letter"}},
        "`target_split` must be one of",
    ),
    "another attention": (
        {"model_arguments": {"attention": "dot"}},
        "`attention` must be one of",
    ),
    "a classifier": (
        {
            "model": RecurrentNetwork(
                inputs="text", vocabulary=["a"], num_classes=2, units=(2,)
            )
        },
        "does not translate texts",
    ),
}


@pytest.mark.parametrize("options, part", WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_refused(options, part, tmp_path):
    data = recipes.load(PAIRS, task="translation")
    options = {"model": "recurrent", "data": data, **options}
    with pytest.raises(InputError, match=part):
        recipes.fit(**options, out=tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists()


def test_data_without_answers_are_refused(run):
    texts = recipes.load((TEXTS, [len(text) % 2 for text in TEXTS]))
    with pytest.raises(InputError, match="load it with task='translation'"):
        recipes.evaluate(run.folder.path, texts)
