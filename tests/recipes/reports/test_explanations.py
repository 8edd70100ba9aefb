"""Explanations: their formulas, and causes planted in models that they must find."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose

import recipes
import zoo
from recipes.reports.attention_pictures import draw_attention
from recipes.reports.explanations import (
    explained,
    explanations_for,
    importance_for,
    permutation_importance,
)
from recipes.reports.explanations.hooks import passed_through
from recipes.reports.explanations.integrated_gradients import integrated_gradients
from recipes.reports.explanations.methods import METHODS
from recipes.reports.explanations.outputs import OUTPUTS
from recipes.reports.page import Gallery, Table, WeightedText
from tests.recipes.reports import planted_models as planted
from zoo.kinds import Kind
from zoo.loading import as_trained_model
from zoo.targets import OF_TASK


def test_every_kind_and_target_has_its_method():
    assert METHODS.keys() == {*Kind}
    others = {"text_generation", "translation"}  # refused; explained by attention
    assert OUTPUTS.keys() == {each.name for each in OF_TASK.values()} - others


def share(attributions, cause):
    """The share of all attributions, without signs, that lies at the cause."""
    sizes = np.abs(attributions)
    return sizes[cause].sum() / sizes.sum()


IMAGES, WINDOWS = {"method": "grad-cam"}, {"method": "integrated-gradients"}
TOP, BOTTOM = np.s_[2:5, 0:8], np.s_[8:16, 11:14]
TONES = np.s_[8:22, 7:11], np.s_[28:42, 15:19]
FINDERS = {  # (model, example, options, cause, cause with shuffled weights)
    "image": (planted.line_finder, planted.lines_image, IMAGES, TOP, BOTTOM),
    "pixels": (planted.line_finder, planted.lines_image, WINDOWS, TOP, BOTTOM),
    "text": (planted.word_finder, lambda: planted.TEXT, {}, np.s_[3], np.s_[4]),
    "audio": (planted.tone_finder, planted.tones, {}, *TONES),
    "sensors": (planted.spike_finder, planted.sensors, {}, np.s_[:, 1], np.s_[:, 2]),
    "series": (planted.lag_finder, lambda: planted.WINDOW, {},
               np.s_[2, 0], np.s_[1, 0]),
}  # fmt: skip


@pytest.mark.parametrize("shuffled", [False, True], ids=["planted", "shuffled"])
@pytest.mark.parametrize(
    "model, example, options, cause, other", FINDERS.values(), ids=FINDERS
)
def test_the_planted_cause_is_found(model, example, options, cause, other, shuffled):
    found = recipes.explain(model(shuffled=shuffled), [example()], **options)[0]
    assert share(found.attributions, other if shuffled else cause) > 0.8
    assert share(found.attributions, cause if shuffled else other) < 0.2
    if found.error is not None:
        total = found.score - found.baseline_score
        assert_allclose(found.attributions.sum(), total, rtol=0.01)
        assert found.is_complete


LINES = {
    "classes": planted.line_finder,
    "logits": lambda: planted.line_finder("logits"),
    "one unit": lambda: planted.line_finder("one unit"),
    "numbers": lambda: planted.line_finder("numbers"),
    "labels": planted.labels_of_lines,
    "nested": lambda: planted.line_finder(nested=True),
    "frozen": lambda: planted.line_finder(frozen=True),
}


@pytest.mark.parametrize("model", LINES.values(), ids=LINES)
def test_regions_of_every_target_are_found(model):
    model, image = model(), [planted.lines_image()]
    target = as_trained_model(model).target
    found = recipes.explain(model, image, target=target.names[1])[0]
    assert (found.method, found.output) == ("grad-cam", target.names[1])
    assert share(found.attributions, TOP) > 0.8
    against = recipes.explain(model, image, target=target.names[0])[0]
    assert not against.attributions.any()
    assert "No part of the image supports" in against.sentences()[0]


def feature_maps(model, image):
    """What the head averages over the image, also in a model inside the model."""
    bodies = [x for x in model.layers if isinstance(x, keras.Model)]
    body, batch = model, image[None]
    if bodies:
        body, before = bodies[0], model.layers[model.layers.index(bodies[0]) - 1]
        batch = before(batch)
    pooling = next(
        x for x in body.layers if isinstance(x, keras.layers.GlobalAveragePooling2D)
    )
    return keras.Model(body.inputs, pooling.input)([batch]).numpy()[0]


CNNS = {
    "plain": lambda: zoo.CNN((16, 16, 3), 3, widths=(4, 8), residual=False),
    "residual": lambda: zoo.CNN((16, 16, 3), 3, widths=(4, 8), residual=True),
    "backbone": lambda: zoo.Backbone(
        "MobileNet", (128, 128, 3), 3, weights=None, options={"alpha": 0.25}
    ),
}


@pytest.mark.parametrize("model", CNNS.values(), ids=CNNS)
def test_grad_cam_follows_its_formula(model):
    keras.utils.set_random_seed(2)
    model = model()
    image = np.random.default_rng(0).uniform(0, 255, model.input_shape[1:])
    image = image.astype("float32")
    found = recipes.explain(model, [image], target="1", method="grad-cam")[0]
    maps = feature_maps(model, image)
    kernel, bias = (w.astype("float64") for w in model.layers[-1].get_weights())
    logits = maps.astype("float64").mean(axis=(0, 1)) @ kernel + bias
    others = np.exp(logits) * [1, 0, 1] / np.exp(logits)[[0, 2]].sum()
    weights = (kernel[:, 1] - kernel @ others) / maps[..., 0].size
    expected = np.maximum(maps @ weights, 0)
    assert_allclose(found.attributions, expected, rtol=1e-4, atol=1e-7)
    odds = logits[1] - np.log(np.exp(logits)[[0, 2]].sum())
    assert_allclose(found.score, odds, rtol=1e-4)


def test_integrated_gradients_follow_their_formula():
    """Against numerical differences on a fine path, in float64."""
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(5, "tanh"), keras.layers.Dense(3)]
    )
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=w.shape) for w in model.get_weights()]
    model.set_weights(weights)
    row = rng.normal(size=3)

    def score(points):
        hidden = np.tanh(points @ weights[0] + weights[1])
        logits = hidden @ weights[2] + weights[3]
        return logits[:, 2] - np.log(np.exp(logits[:, :2]).sum(axis=1))

    path = (np.arange(2000) + 0.5)[:, None] / 2000 * row
    steps = 1e-5 * np.eye(3)
    slopes = [(score(path + h) - score(path - h)).mean() / 2e-5 for h in steps]
    found = recipes.explain(model, [row.astype("float32")], target="2")[0]
    assert_allclose(found.attributions, row * slopes, rtol=1e-4)
    assert_allclose(found.score, score(row[None])[0], rtol=1e-5)
    assert (found.baseline, found.unit) == ("zeros", "log-odds")


def test_more_points_are_taken_until_the_contributions_are_complete():
    found = integrated_gradients(
        lambda points: keras.ops.relu(points[:, 0] - 0.9) * 10,
        np.array([1.0]),
        np.array([0.0]),
    )
    assert found.steps > 16
    assert_allclose(found.values, [1.0], rtol=0.02)
    jump = integrated_gradients(
        lambda points: keras.ops.cast(points[:, 0] > 0.5, "float32") + 0 * points[:, 0],
        np.array([1.0]),
        np.array([0.0]),
    )
    assert (jump.is_complete, jump.error, jump.steps) == (False, 1.0, 1024)


@pytest.mark.parametrize("step", [1, 4])
def test_a_label_of_a_step_rests_on_its_own_word(step):
    model = planted.word_finder(mode="many_to_many", pooling="last")
    found = recipes.explain(model, [planted.TEXT], step=step, target="good")[0]
    assert np.flatnonzero(found.attributions).tolist() == ([3] if step == 4 else [])
    assert found.answer.endswith(f"at step {step}")


def test_a_users_own_network_of_texts_is_explained():
    inputs = keras.Input((), dtype="string")
    lookup = keras.layers.TextVectorization(vocabulary=planted.WORDS)
    embedding = keras.layers.Embedding(len(planted.WORDS) + 2, 1)
    x = keras.layers.GlobalAveragePooling1D()(embedding(lookup(inputs)))
    head = keras.layers.Dense(1, "sigmoid")
    model = keras.Model(inputs, head(x))
    embedding.set_weights([np.eye(8)[:, [4]]])
    head.set_weights([np.ones((1, 1)), np.zeros(1)])
    found = recipes.explain(model, [planted.TEXT], target="1")[0]
    assert found.words == tuple(planted.TEXT.split())
    assert np.flatnonzero(found.attributions).tolist() == [3]


def test_gradients_that_are_not_finite_are_refused():
    inputs = keras.Input((2,))
    root = keras.layers.Lambda(lambda x: keras.ops.sqrt(x - x))(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2)(root))
    with pytest.raises(zoo.InputError, match="not finite for 0"):
        recipes.explain(model, [[1.0, 2.0]])


def test_hooks_inside_each_other_leave_no_trace():
    layer = keras.layers.Dense(1, kernel_initializer="ones", use_bias=False)
    one = np.ones((1, 1), "float32")
    with passed_through(layer, lambda x: x + 1):
        with passed_through(layer, lambda x: 10 * x):
            assert float(layer(one)[0, 0]) == 20
        assert float(layer(one)[0, 0]) == 2
    assert float(layer(one)[0, 0]) == 1


def test_padding_gets_nothing_and_changes_nothing():
    model, steps = planted.spike_finder(), planted.sensors()
    longer = np.pad(steps, [(0, 7), (0, 0)])
    one, two = (recipes.explain(model, [x])[0] for x in (steps, longer))
    assert one.attributions.shape == two.attributions.shape == (10, 3)
    assert_allclose(one.attributions, two.attributions, rtol=1e-4, atol=1e-6)


def test_half_precision_explains_the_same():
    plain = recipes.explain(planted.word_finder(), [planted.TEXT])[0]
    mixed = recipes.explain(planted.word_finder(dtype="mixed_float16"), [planted.TEXT])
    assert_allclose(mixed[0].attributions, plain.attributions, rtol=0.02, atol=0.02)


@pytest.mark.parametrize("ending", ["classes", "labels", "numbers"])
@pytest.mark.parametrize("column", ["age", "sex", "day"])
def test_the_column_that_decides_is_found(column, ending):
    model, table = planted.column_finder(column, ending), planted.rows()
    found = recipes.explain(model, table, target="yes", most=5)
    assert len(found) == 5
    place = COLUMN_NAMES.index(column)
    for each in found:
        assert each.columns == tuple(COLUMN_NAMES)
        assert np.flatnonzero(each.attributions).tolist() in ([place], [])
        assert each.is_complete


COLUMN_NAMES = ["age", "sex", "day"]


def dataset_of(column):
    """A table whose label is what the planted model of the column answers."""
    table = planted.rows(300)
    model = planted.column_finder(column)
    answers = recipes.predict(model, table).columns["class_name"]
    return model, recipes.load(
        {**table, "label": answers}, columns=planted.COLUMNS.get_config()
    )


@pytest.mark.parametrize("column", COLUMN_NAMES)
def test_the_score_needs_the_column_that_decides(column):
    model, dataset = dataset_of(column)
    (found,) = recipes.explain(model, dataset)
    assert (found.measure, found.score) == ("accuracy", 1.0)
    falls = dict(zip(found.columns, found.attributions, strict=True))
    assert falls.pop(column) > 0.2
    assert [*falls.values()] == [0, 0]


def test_permutation_importance_is_that_of_scikit_learn():
    from sklearn.inspection import permutation_importance as reference

    class Estimator:
        def fit(self, *_):
            raise NotImplementedError

        def score(self, rows, labels):
            return np.mean((rows @ [1, -1, 0.5] > 0) == labels)

    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 3)).astype("float32")
    labels = (rows @ [1, -1, 0] + 0.3 * rng.normal(size=200) > 0).astype(int)
    model = zoo.MLP((3,), 2, hidden_units=[], input_scaling=None)
    kernel = np.array([[0, 1], [0, -1], [0, 0.5]])
    model.layers[-1].set_weights([kernel, np.zeros(2)])
    dataset = recipes.load((rows, labels))
    test = dataset.test
    found = permutation_importance(as_trained_model(model), dataset)
    expected = reference(
        Estimator(), test.inputs, test.labels, n_repeats=10, random_state=0
    )
    assert_allclose(found.attributions, expected.importances_mean, atol=1e-12)
    assert_allclose(found.spread, expected.importances_std, atol=1e-12)


def test_the_mean_of_the_training_part_is_what_rows_are_compared_with():
    model, rows = planted.column_finder(), planted.COLUMNS.rows(planted.rows())
    trained = as_trained_model(model)
    (found,) = explained(trained, rows[:1], ["row"], background=rows)
    sex = rows[:, 2]
    males = (sex == 2).mean()
    mean = 6 * (2 * males - 1)  # of the log-odds, which are linear here
    assert_allclose(found.baseline_score, mean, rtol=1e-4)
    assert found.baseline == "the mean of the training part"


def test_attention_explains_a_translation(tmp_path):
    from zoo.targets import Translation

    target = Translation([*"ab"], "character", max_length=3)
    model = zoo.RecurrentNetwork(
        mode="encoder_decoder", inputs="text", vocabulary=["x", "y"], target=target,
        units=3, attention="luong",
    )  # fmt: skip
    (found,) = recipes.explain(model, ["x y x"])
    assert (found.method, found.words) == ("attention", ("x", "y", "x"))
    assert found.steps[-1] == "end"
    assert found.attributions.shape == (len(found.steps), 3)
    assert_allclose(found.attributions.sum(axis=1), 1, rtol=1e-5)
    texts = np.array(["x y", "y"], object)
    draw_attention(model, recipes.Part(texts, texts), tmp_path / "attention.png")
    assert (tmp_path / "attention.png").stat().st_size > 1000


def test_a_perceptron_is_explained_by_its_net_input():
    model = zoo.Perceptron((2,), input_scaling=None)
    model.layers[-1].set_weights([np.array([[2.0], [-1.0]]), np.array([0.5])])
    found = recipes.explain(model, [[1.0, 3.0]])[0]
    assert found.output == "0"
    assert_allclose(found.attributions, [-2, 3], rtol=1e-5)
    assert recipes.explain(model, [[1.0, 3.0]], target="1")[0].score == -0.5


def test_pages_show_explanations_of_some_examples_of_a_part():
    text = recipes.load(
        (np.array([planted.TEXT, "a dull film"] * 20, object), [1, 0] * 20)
    )
    trained = as_trained_model(planted.word_finder())
    (gallery,) = explanations_for(trained, text.test, [0, 1])
    assert isinstance(gallery, Gallery)
    assert all(isinstance(item, WeightedText) for item in gallery.items)
    model, dataset = dataset_of("sex")
    trained = as_trained_model(model)
    blocks = explanations_for(trained, dataset.test, [3], dataset=dataset)
    assert isinstance(blocks[1], Table)
    assert isinstance(importance_for(trained, dataset)[0], Table)
    assert explanations_for(trained, dataset.test, []) == []
    writer = zoo.RecurrentNetwork(mode="one_to_many", inputs="tokens", vocabulary=["a"])
    assert explanations_for(as_trained_model(writer), dataset.test, [0]) == []
