"""Runs that forecast: training, resuming, scores, files, predictions, refusals."""

import csv
import datetime
import json
import re
import shutil

import keras
import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.linear_model import RidgeCV
from sklearn.metrics import mean_absolute_error, root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import recipes
import zoo
from recipes.command import zoo as command
from recipes.reports.forecasting import LINEAR, NAIVE, SEASONAL
from zoo.errors import InputError
from zoo.targets import Forecast

ROWS, WINDOW, HORIZON, SEASON = 240, 12, 4, 6
START = datetime.datetime(2024, 3, 1)
OPTIONS = {
    "task": "forecasting",
    "time": "hour",
    "target": "load",
    "window": WINDOW,
    "horizon": HORIZON,
    "known": "holiday",
    "calendar": "hour",
    "season": SEASON,
}
FIT = {
    "epochs": 3,
    "batch_size": 16,
    "model_arguments": {"units": [4]},
    "progress": False,
}


def rows(count=ROWS, future=0):
    """A daily wave with a rising level that is lower on holidays."""
    rng = np.random.default_rng(0)
    for n in range(count + future):
        holiday = int(n // 24 % 7 > 4)
        load = 50 + 0.05 * n + 10 * np.sin(n * np.pi / 3) - 4 * holiday + rng.normal()
        time = START + datetime.timedelta(hours=n)
        yield time.isoformat(" "), f"{load:.3f}" if n < count else "", holiday


def table(folder, name="power.csv", **sizes):
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("hour", "load", "holiday"), *rows(**sizes)])
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("forecasts")


@pytest.fixture(scope="module")
def data(folder):
    return recipes.load(table(folder), **OPTIONS)


@pytest.fixture(scope="module")
def run(folder, data):
    return recipes.fit("recurrent", data, out=folder / "run", **FIT)


def ran(*arguments):
    """What the command prints, and its exit status."""
    result = CliRunner().invoke(command, [*map(str, arguments)])
    return result.output, result.exit_code, result.exception


def test_scores_are_those_of_scikit_learn(run, data):
    evaluation = recipes.evaluate(run.folder.path, data)
    values = run.model.predict(data.test.model_inputs[:], verbose=0)
    (column,) = evaluation.columns
    unit = run.model.target.naive_errors[0]
    past = data.train.model_inputs[:,][:, :WINDOW, 0]
    naive = np.abs(data.train.answers[:, 0] - past[:, -SEASON]).mean()
    assert unit == pytest.approx(naive, rel=1e-5)
    for step in range(HORIZON):
        pair = data.test.answers[:, step], values[:, step]
        assert column.mae[step] == pytest.approx(mean_absolute_error(*pair), rel=1e-4)
        assert column.rmse[step] == pytest.approx(
            root_mean_squared_error(*pair), rel=1e-4
        )
        assert column.mase[step] == pytest.approx(column.mae[step] / unit)
    assert evaluation.mase == pytest.approx(np.mean(column.mase))


def test_yardsticks_are_naive_forecasts_and_a_ridge_regression(run, data):
    unit, test = run.model.target.naive_errors[0], data.test
    values = test.model_inputs[:][:, :WINDOW, 0]
    again = [WINDOW - SEASON + step % SEASON for step in range(HORIZON)]

    def numbers(part):
        inputs = part.model_inputs[:].astype("float64")
        last = inputs[:, WINDOW - 1, :1].copy()
        inputs[:, :WINDOW, 0] -= last
        return inputs.reshape(len(inputs), -1), last

    ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 7)))
    inputs, last = numbers(data.train)
    ridge.fit(inputs, data.train.answers - last)
    inputs, last = numbers(test)
    for name, forecast in {
        NAIVE: np.repeat(values[:, -1:], HORIZON, axis=1),
        SEASONAL: values[:, again],
        LINEAR: ridge.predict(inputs) + last,
    }.items():
        expected = mean_absolute_error(test.answers, forecast) / unit
        assert run.evaluation.baselines[name] == pytest.approx(expected, rel=1e-3)
    assert f"the {LINEAR} is as good as the model" in run.evaluation.summary("test")


def test_the_run_folder_has_scores_and_pictures(run):
    written = json.loads(run.folder.evaluation.read_text())
    assert written == json.loads(json.dumps(run.evaluation.as_json()))
    for picture in (run.folder.predictions, run.folder.horizon, run.folder.curves):
        assert picture.read_bytes().startswith(b"\x89PNG")
    header, lines = run.evaluation.table()
    assert header[:5] == ["step", "MAE", "RMSE", "MASE", "interval holds"]
    assert [line[0] for line in lines] == ["1", "2", "3", "4"]


def test_file_and_export_answer_a_clients_raw_window_alike(run, data):
    inputs = data.test.model_inputs[:5]
    expected = run.model.predict(inputs, verbose=0)
    for path in (run.folder.path, run.folder.model, run.folder.saved_model):
        loaded = zoo.load_model(path)
        assert isinstance(loaded.target, Forecast)
        answers = loaded.answers(inputs)
        np.testing.assert_allclose(answers["values"], expected, rtol=1e-4)
        reach = answers["upper"] - answers["lower"]
        np.testing.assert_allclose(
            reach[0] / 2, np.ravel(run.model.target.margins), rtol=1e-3
        )


def test_the_margins_are_those_of_the_validation_errors(run, data):
    part = data.validation
    values = run.model.predict(part.model_inputs[:], verbose=0)
    errors = np.sort(np.abs(part.answers - values), axis=0)
    rank = int(np.ceil(0.9 * (len(part) + 1))) - 1
    np.testing.assert_allclose(
        np.ravel(run.model.target.margins), errors[rank], rtol=1e-4
    )


def test_the_command_forecasts_the_steps_after_a_table(run, folder, data):
    path = table(folder, "next.csv", future=HORIZON)
    for model in (run.folder.path, run.folder.saved_model):
        output, status, _ = ran("predict", model, path, "--json")
        (result,) = json.loads(output)
        assert status == 0
        times = [step["time"] for step in result["steps"]]
        assert times[0] == str(START + datetime.timedelta(hours=ROWS))[:16]
        rows_ = data.test.inputs[-WINDOW:]
        ahead = np.zeros((HORIZON, rows_.shape[1]), "float32")
        ahead[:, 1] = [holiday for _, _, holiday in rows(future=HORIZON)][-HORIZON:]
        turns = 2 * np.pi * (np.arange(ROWS, ROWS + HORIZON) % 24) / 24
        ahead[:, 2], ahead[:, 3] = np.sin(turns), np.cos(turns)
        window = np.concatenate([rows_, ahead])[np.newaxis]
        expected = run.model.predict(window, verbose=0)[0]
        found = [step["values"]["load"] for step in result["steps"]]
        np.testing.assert_allclose(found, expected, rtol=1e-4)
    output, status, _ = ran("predict", run.folder.path, path)
    assert (status, output.count("next.csv 2024-03-11")) == (0, HORIZON)


def test_an_export_alone_forecasts_too(run, folder, tmp_path):
    served = shutil.copytree(run.folder.saved_model, tmp_path / "served")
    path = table(folder, "next.csv", future=HORIZON)
    expected, _, _ = ran("predict", run.folder.path, path)
    assert ran("predict", served, path, "--time", "hour")[0] == expected
    _, status, error = ran("predict", served, path)
    assert (status, "needs dates" in str(error)) == (1, True)
    path = table(folder, "other.csv", count=100)
    options = ("--data", path, "--time", "hour", "--json")
    output, _, _ = ran("evaluate", served, *options)
    scored = recipes.evaluate(run.folder.path, path)
    assert json.loads(output.splitlines()[-1])["mase"] == pytest.approx(scored.mase)


def test_the_command_scores_another_table(run, folder):
    path = table(folder, "other.csv", count=100)
    scored = recipes.evaluate(run.folder.path, path)
    assert scored.windows == 100 - WINDOW - HORIZON + 1
    assert set(scored.baselines) == {NAIVE, SEASONAL}
    output, status, _ = ran("evaluate", run.folder.path, "--data", path, "--json")
    assert status == 0
    assert json.loads(output.splitlines()[-1])["mase"] == pytest.approx(scored.mase)
    own = recipes.evaluate(run.folder.path, folder / "power.csv")
    assert own.mase == pytest.approx(run.evaluation.mase, rel=1e-5)


@pytest.mark.parametrize("columns", [1, 2])
def test_a_users_own_model_forecasts_too(columns, folder, tmp_path):
    table(folder)
    target = ("load", "holiday")[:columns]
    options = {**OPTIONS, "target": target, "known": (), "calendar": ()}
    options["drop_columns"] = () if columns == 2 else "holiday"
    data = recipes.load(folder / "power.csv", **options)
    inputs = keras.Input(data.input_shape)
    x = keras.layers.Dense(HORIZON * columns)(keras.layers.Flatten()(inputs))
    if columns == 2:
        x = keras.layers.Dense(columns)(keras.layers.Reshape((HORIZON, columns))(x))
    model = keras.Model(inputs, x)
    model.compile("adam", "mae")
    own = recipes.fit(model, data, out=tmp_path / "run", epochs=1, progress=False)
    assert [column.name for column in own.evaluation.columns] == [*target]
    scored = recipes.evaluate(own.folder.path, data)
    assert scored.mase == pytest.approx(own.evaluation.mase, rel=1e-4)
    output, status, _ = ran("predict", own.folder.path, folder / "power.csv")
    assert (status, len(output.splitlines())) == (0, HORIZON)


def test_a_model_with_another_output_is_refused(data, tmp_path):
    inputs = keras.Input(data.input_shape)
    outputs = keras.layers.Dense(3)(keras.layers.Flatten()(inputs))
    model = keras.Model(inputs, outputs)
    model.compile("adam", "mae")
    with pytest.raises(InputError, match=r"an output of shape \(4,\) after the batch"):
        recipes.fit(model, data, out=tmp_path / "run", progress=False)
    assert [*tmp_path.iterdir()] == []


REFUSED = {
    "rebalancing": ({"rebalance": "oversample"}, "evens out classes"),
    "mixing": ({"augment": "light"}, "sequences|augmentation"),
    "a logarithm": ({"transform": "log"}, "`transform` 'log'"),
    "a loss of classes": ({"loss": "cross_entropy"}, "does not fit"),
    "options of reading": ({"window": 3}, "`window` 3 is for data that are to be read"),
}


@pytest.mark.parametrize("options, message", REFUSED.values(), ids=REFUSED)
def test_what_does_not_apply_is_refused(options, message, data, tmp_path):
    with pytest.raises(InputError, match=message):
        recipes.fit("recurrent", data, out=tmp_path / "run", **{**FIT, **options})
    assert [*tmp_path.iterdir()] == []


def test_rows_of_layers_are_not_made_of_series(run, data):
    with pytest.raises(InputError, match="holds series to forecast"):
        recipes.embed(run.model, data)


COMMANDS = {
    "no columns": (("--time", "hour"), "--target"),
    "a horizon beyond": (("--target", "load", "--horizon", 500), "horizon of 500"),
    "a window of 0": (("--target", "load", "--window", 0), "`window`"),
    "another family": (("--target", "load"), "takes"),
}


@pytest.mark.parametrize("options, message", COMMANDS.values(), ids=COMMANDS)
def test_the_command_refuses_in_one_sentence(options, message, folder, monkeypatch):
    table(folder)
    monkeypatch.chdir(folder)
    before = sorted(folder.iterdir())
    model = "mlp" if message == "takes" else "recurrent"
    given = ("--data", "power.csv", "--task", "forecasting", *options)
    output, status, error = ran("fit", model, *given)
    assert status != 0
    assert message in f"{output} {error}"
    assert sorted(folder.iterdir()) == before


OPTIONS_OF_OTHERS = {
    "a text": (("--text", "x"), "--text is for texts"),
    "a column of texts": (("--text-column", "x"), "--text-column is for texts"),
    "another time": (("--time", "tme"), "no column 'tme' for `time`"),
    "another group": (("--group", "place"), "no column 'place' for `group`"),
}


@pytest.mark.parametrize(
    "options, message", OPTIONS_OF_OTHERS.values(), ids=OPTIONS_OF_OTHERS
)
def test_options_that_do_not_fit_are_refused(run, folder, options, message):
    path = table(folder, "next.csv", future=HORIZON)
    _, status, error = ran("predict", run.folder.path, path, *options)
    assert (status, message in str(error)) == (1, True)


PREDICTED = {
    "no future rows": ({}, "add rows to .* in which 'load' is empty"),
    "too few rows": ({"count": 5, "future": HORIZON}, "5 steps .* reads 12"),
}


@pytest.mark.parametrize("sizes, message", PREDICTED.values(), ids=PREDICTED)
def test_tables_that_cannot_be_forecast_are_refused(run, tmp_path, sizes, message):
    _, status, error = ran("predict", run.folder.path, table(tmp_path, **sizes))
    assert status == 1
    assert isinstance(error, InputError)
    assert re.search(message, str(error))
