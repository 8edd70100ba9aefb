"""Models that answer with numbers instead of classes."""

import keras
import numpy as np
import pytest

import zoo
from zoo.targets import Regression
from zoo.testing import check_model

RNG = np.random.default_rng(0)
TWO = Regression(("price", "age"), (100.0, -3.0), (20.0, 0.5))
PRICE = Regression(
    ("price",), (4.0,), (0.5,), transform="log", margins=(0.2,), coverage=0.9
)
MODELS = {  # name: (model, arguments, inputs)
    "mlp": (
        zoo.MLP,
        {"input_shape": (5,), "hidden_units": (8,)},
        RNG.normal(size=(6, 5)).astype("float32"),
    ),
    "cnn": (
        zoo.CNN,
        {"input_shape": (8, 8, 1), "widths": (4, 8)},
        RNG.integers(0, 256, (6, 8, 8, 1), dtype="uint8"),
    ),
    "recurrent": (
        zoo.RecurrentNetwork,
        {"input_shape": (6, 3), "units": (4,)},
        RNG.normal(size=(6, 6, 3)).astype("float32"),
    ),
}


@pytest.fixture(params=MODELS)
def case(request):
    return MODELS[request.param]


@pytest.mark.parametrize("target", [TWO, PRICE], ids=["two numbers", "logarithm"])
def test_keeps_every_promise(case, target):
    model, arguments, inputs = case
    values = RNG.normal(size=(6, len(target.names))) * target.scale + target.center
    check_model(
        model,
        inputs,
        np.exp(values) if target.transform else values,
        arguments={**arguments, "target": target.get_config()},
        loss=target.loss(),
    )


def test_outputs_are_in_the_unit_of_the_data(case):
    model, arguments, inputs = case
    keras.utils.set_random_seed(1)
    standard = model(**arguments, target=Regression(("a", "b"), (0, 0), (1, 1)))
    keras.utils.set_random_seed(1)
    scaled = model(**arguments, target=TWO)
    expected = standard.predict(inputs, verbose=0) * TWO.scale + TWO.center
    np.testing.assert_allclose(scaled.predict(inputs, verbose=0), expected, rtol=1e-5)


def test_a_new_head_may_have_another_target(case):
    model, arguments, _ = case
    classifier = model(**arguments, num_classes=3, class_names=["a", "b", "c"])
    regression = classifier.with_head(target=TWO)
    assert (regression.target, regression.class_names) == (TWO, None)
    back = regression.with_head(2, ["no", "yes"])
    assert back.target.names == ("no", "yes")
    kept = [
        [weight.numpy() for layer in each.layers[:-1] for weight in layer.weights]
        for each in (classifier, regression, back)
    ]
    for weights in zip(*kept, strict=True):
        np.testing.assert_array_equal(*weights[:2])
        np.testing.assert_array_equal(*weights[1:])


WRONG = {
    "neither": ({}, "either `num_classes` .* or `target`"),
    "both": ({"num_classes": 3, "target": TWO}, "either `num_classes`"),
    "names of classes": ({"target": TWO, "class_names": ["a"]}, "leave them out"),
    "a word": ({"target": "price"}, "must be one of `zoo.targets`"),
    "another dictionary": ({"target": {"target": "x"}}, "must be one of"),
    "an unknown entry": ({"target": {**TWO.get_config(), "x": 1}}, "`target`: .*x"),
    "too few names": ({"target": {**TWO.get_config(), "names": ["a"]}}, "one entry"),
    "scale 0": ({"target": {**TWO.get_config(), "scale": [0, 1]}}, "scale"),
}


@pytest.mark.parametrize("arguments, part", WRONG.values(), ids=WRONG)
def test_wrong_targets_are_refused(arguments, part):
    with pytest.raises(ValueError, match=part):
        zoo.MLP((4,), **arguments)
