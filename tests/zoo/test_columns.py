"""Columns of words and numbers: their encoding, in models and in exports."""

import datetime

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.calendar import days_of, moments_of
from zoo.columns import Category, Columns, Date, Number, input_names
from zoo.errors import InputError
from zoo.exporting.dates import milliseconds_of
from zoo.loading import load_classifier
from zoo.testing import check_model

COLUMNS = Columns(
    (
        Number("age é", 28.5, True),
        Category("Sex", ("", "female", "mâle")),
        Category("sex", ("a", "bb?")),
        Number("class", 0.25, False),
        Date("on", ("year", "month", "weekday", "hour"), 19753.25, True),
    )
)
TABLE = {
    "age é": [1.0, np.nan, 3.0, 4.0],
    "Sex": ["female", "never seen", "", "mâle"],
    "sex": ["bb?", "a", "", "bb"],
    "class": [np.nan, 2.0, -1e30, 0.0],
    "on": ["2024-01-01", "", "1999-07-01T12:00", "2023-12-31 18:00"],
}
# Written by hand: number, whether it was missing, code, code, number; year, sine and
# cosine of month, of weekday and of hour, whether the date was missing.
THURSDAY, WEDNESDAY = ((np.sin(a), np.cos(a)) for a in 2 * np.pi * np.r_[3, 2] / 7)
DECEMBER, SUNDAY = ((np.sin(-a), np.cos(a)) for a in 2 * np.pi / np.r_[12, 7])
ROWS = [
    [1.0, 0, 2, 2, 0.25, 2024, 0, 1, 0, 1, 0, 1, 0],
    [28.5, 1, 0, 1, 2.0, 2024 + 30 / 366, 0, 1, *WEDNESDAY, 1, 0, 1],
    [3.0, 0, 1, 0, -1e30, 1999 + 181 / 365, 0, -1, *THURSDAY, 0, -1, 0],
    [4.0, 0, 3, 0, 0.0, 2023 + 364 / 365, *DECEMBER, *SUNDAY, -1, 0, 0],
]
MILD = {**TABLE, "class": [np.nan, 2.0, -1.0, 0.0]}


def model(**arguments):
    built = zoo.MLP(
        (13,), 2, columns=COLUMNS.get_config(), hidden_units=(4,), **arguments
    )
    built.adapt(COLUMNS.rows(MILD))
    return built


def test_rows_encode_the_columns_and_can_be_decoded():
    rows = COLUMNS.rows(TABLE)
    assert rows.dtype == "float32"
    np.testing.assert_allclose(rows, np.float32(ROWS), atol=1e-7)
    np.testing.assert_array_equal(COLUMNS.rows(COLUMNS.raw(rows)), rows)
    assert COLUMNS.codes == (1, 2, 3, 12)
    assert COLUMNS.sizes == (0, 1, 3, 2, 0, *[0] * 7, 1)
    assert COLUMNS.row_names[5:8] == ("on year", "on month (sine)", "on month (cosine)")


def test_columns_are_rebuilt_from_their_configuration():
    assert Columns.from_config(COLUMNS.get_config()) == COLUMNS


@pytest.mark.parametrize("build", [zoo.MLP, zoo.Perceptron])
def test_models_that_read_columns_keep_every_promise(build):
    rows = COLUMNS.rows(MILD)
    arguments = {
        "input_shape": (13,),
        "num_classes": 2,
        "columns": COLUMNS.get_config(),
    }
    if build is zoo.MLP:
        check_model(
            build,
            rows,
            np.array([0, 1, 0, 1]),
            arguments={**arguments, "hidden_units": (3,)},
            loss="sparse_categorical_crossentropy",
        )
        return
    check_model(
        build,
        rows,
        np.array([[-1.0], [1.0]] * 2),
        arguments=arguments,
        loss="mean_squared_error",
        new_classes=2,
        skip=("jit_compile", "precision"),  # tested with the MLP
    )


def test_each_category_has_its_own_weights_and_unknown_ones_have_none():
    network = zoo.MLP(
        (13,), 2, columns=COLUMNS.get_config(), hidden_units=(), input_scaling=None
    )
    kernel = network.get_layer("classifier").kernel
    # Age and class; 7 of the date; whether age is missing; 3 categories Sex; 2 sex;
    # whether the date is missing.
    assert tuple(kernel.shape) == (2 + 7 + 1 + 3 + 2 + 1, 2)
    rows = np.zeros((4, 13), "float32")
    rows[1, 2], rows[2, 2], rows[3, 3] = 1, 3, 2
    logits = np.log(network.predict(rows, verbose=0))
    weights = np.asarray(kernel)
    for row, index in ((1, 10), (2, 12), (3, 14)):
        found = np.diff(logits[row] - logits[0])
        np.testing.assert_allclose(found, np.diff(weights[index]), atol=1e-5)


def test_codes_are_not_standardised():
    scaled = model().get_layer("standardize")
    rows = COLUMNS.rows(MILD)
    np.testing.assert_array_equal(np.asarray(scaled(rows))[:, [1, 2, 3]], rows[:, 1:4])


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A model as a file and as a SavedModel."""
    folder = tmp_path_factory.mktemp("columns")
    built = model(class_names=["no", "yes"])
    built.save(folder / "model.keras")
    zoo.export(built, folder / "served")
    return folder


def test_the_saved_model_has_an_input_for_each_column(exported):
    signature = tf.saved_model.load(exported / "served/1").signatures["serving_default"]
    names = input_names(COLUMNS)
    answers = signature(
        **{names[name]: tf.constant(MILD[name]) for name in COLUMNS.names}
    )
    rows = COLUMNS.rows(MILD)
    expected = keras.saving.load_model(exported / "model.keras").predict(rows)
    np.testing.assert_allclose(answers["probabilities"], expected, atol=1e-6)
    best = [(b"no", b"yes")[n] for n in expected.argmax(axis=1)]
    assert answers["class_name"].numpy().tolist() == best


@pytest.mark.parametrize(
    "change, message",
    [
        ({"age__": [np.inf] * 4}, "`age__` must not be infinite"),
        ({"on": ["", "2023-02-29", "2024-02-29", "1/2/2024"]}, "`on` must be dates"),
        ({"Sex": ["a", "b"]}, "[Ss]hape"),
        ({"Klass": [0.0]}, "argument"),
    ],
    ids=["infinite", "not a date", "shorter", "unknown column"],
)
def test_a_bad_request_is_refused(exported, change, message):
    signature = tf.saved_model.load(exported / "served/1").signatures["serving_default"]
    names = input_names(COLUMNS)
    request = {names[name]: MILD[name] for name in COLUMNS.names} | change
    with pytest.raises((tf.errors.InvalidArgumentError, TypeError), match=message):
        signature(**{name: tf.constant(values) for name, values in request.items()})


def test_the_file_and_the_saved_model_are_loaded_with_the_same_columns(exported):
    rows = COLUMNS.rows(MILD)
    one, other = (
        load_classifier(exported / name) for name in ("model.keras", "served")
    )
    assert one.columns == other.columns == COLUMNS
    assert one.feature_names == other.feature_names == COLUMNS.row_names
    np.testing.assert_allclose(
        one.probabilities(rows), other.probabilities(rows), atol=1e-6
    )


def test_export_to_onnx_is_refused(tmp_path):
    with pytest.raises(InputError, match="'onnx' has no word lookup"):
        zoo.export(model(), tmp_path / "model.onnx", format="onnx")


def test_input_names_are_unique_and_valid():
    columns = ("a b", "A_b", "1st", "class", "é", "")
    names = input_names(Columns(tuple(Number(name, 0.0, False) for name in columns)))
    assert list(names.values()) == [
        "a_b",
        "A_b_2",
        "column_1st",
        "column_class",
        "column__",
        "column_",
    ]


BAD = {
    "not a list": (lambda: Columns.from_config(3), "must be a list"),
    "no categories": (
        lambda: Columns.from_config([{"name": "a", "categories": []}]),
        "must be a list",
    ),
    "infinite": (lambda: COLUMNS.rows({**TABLE, "class": [np.inf] * 4}), "infinite"),
    "missing column": (lambda: COLUMNS.rows({"age é": [1.0]}), "no column 'Sex'"),
    "unknown code": (
        lambda: COLUMNS.raw([[0, 0, 7, *[0] * 10]]),
        "7 is not a code of 'Sex'",
    ),
    "code with a fraction": (
        lambda: COLUMNS.raw([[0, 0, 0.5, *[0] * 10]]),
        "0.5 is not a code",
    ),
    "shape": (
        lambda: zoo.MLP((4,), 2, columns=COLUMNS.get_config()),
        r"must be \(13,\).*got \(4,\)",
    ),
    "pixels": (
        lambda: zoo.MLP((13,), 2, columns=COLUMNS.get_config(), input_scaling="pixels"),
        "not pixels",
    ),
    "no date": (
        lambda: COLUMNS.rows({**TABLE, "on": ["May"] * 4}),
        "'May'.*not a date",
    ),
    "too late": (lambda: COLUMNS.rows({**TABLE, "on": [1e9] * 4}), "years 1 to 9999"),
    "unknown part": (
        lambda: Columns.from_config(
            [{"name": "a", "parts": ["day"], "fill": 0, "marked": False}]
        ),
        "must be a list",
    ),
    "same names": (
        lambda: Columns.from_config(COLUMNS.get_config() * 2),
        "different names",
    ),
}


@pytest.mark.parametrize("call, message", BAD.values(), ids=BAD)
def test_bad_columns_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


MOMENTS = {  # texts that Python and the graph read, and their moments in UTC
    "date": ("2024-02-29", "2024-02-29"),
    "space": ("1900-03-01 23:59", "1900-03-01T23:59"),
    "zone": ("2024-01-01T00:30:15+02:00", "2023-12-31T22:30:15"),
    "west": ("1969-12-31T23:00-0330", "1970-01-01T02:30"),
    "utc": (" 0001-01-01T12:00:00Z ", "0001-01-01T12:00"),
    "late": ("9999-12-31T23:59:59", "9999-12-31T23:59:59"),
    "fraction": ("2024-01-01T00:00:00.250000", "2024-01-01T00:00:00.250"),
}


def test_the_graph_reads_dates_as_python_does():
    texts = [text for text, _ in MOMENTS.values()]
    moments = np.array([moment for _, moment in MOMENTS.values()], "datetime64[ms]")
    found, missing = milliseconds_of(
        tf.constant([*texts, " "]), tf.TensorSpec([None], tf.string, name="on"), 7
    )
    np.testing.assert_array_equal(found, [*moments.astype("int64"), 7])
    assert missing.numpy().tolist() == [False] * len(texts) + [True]
    days = days_of("on", [*texts, None])
    np.testing.assert_array_equal(moments_of(days)[:-1], moments)
    assert np.isnan(days[-1])


@pytest.mark.parametrize(
    "values",
    [
        np.array(["2024-01-31T06:00", "NaT"], "datetime64[ns]"),
        [datetime.datetime(2024, 1, 31, 6), None],
        [19753.25, np.nan],
        ["2024-01-31 06:00", ""],
        np.array([b"2024-01-31T06", b""]),
    ],
    ids=["datetime64", "datetime", "days", "texts", "bytes"],
)
@pytest.mark.parametrize("parts", [("year", "hour"), ("hour",), ("year", "month"), ()])
def test_dates_of_any_type_make_the_same_rows(values, parts):
    columns = Columns((Date("on", parts, 0.25, True),))
    rows = columns.rows({"on": values})
    expected = columns.rows({"on": ["2024-01-31T06:00", None]})
    np.testing.assert_array_equal(rows, expected)
    again = columns.rows(columns.raw(rows))
    np.testing.assert_allclose(again, rows, atol=1e-7)


def test_columns_of_earlier_versions_are_read_as_they_were():
    config = [
        {"name": "day", "fill": 19753.0, "marked": True},
        {"name": "word", "categories": ["a"]},
    ]
    columns = Columns.from_config(config)
    assert columns == Columns((Number("day", 19753, True), Category("word", ("a",))))
    assert columns.get_config() == config
