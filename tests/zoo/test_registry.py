"""Models by name, and a user's own families."""

import keras
import numpy as np
import pytest

import zoo
from zoo import InputError, registry
from zoo.testing import check_model


class Thin(keras.Model):
    """One layer.

    More of it.
    """

    def __init__(self, input_shape, num_classes, name="thin"):
        inputs = keras.Input(input_shape)
        super().__init__(inputs, keras.layers.Dense(num_classes)(inputs), name=name)
        self.arguments = {"input_shape": [*input_shape], "num_classes": num_classes}

    def get_config(self):
        return {**self.arguments, "name": self.name}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)


@pytest.fixture
def registered():
    before = {*registry.MODELS}
    yield
    for name in {*registry.MODELS} - before:
        registry.unregister_model(name)


@pytest.mark.usefixtures("registered")
def test_a_registered_family_belongs_to_the_zoo():
    decorated = zoo.register_model("thin", kinds=["table"], defaults_of="mlp")(Thin)
    assert decorated is Thin
    assert zoo.list_models("thi*") == ["thin"]
    entry = registry.find("thin")
    assert (entry.summary, entry.kinds) == ("One layer.", ("table",))
    model = zoo.create("thin", input_shape=(4,), num_classes=3)
    assert type(model) is Thin
    rows = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
    check_model(
        "thin",
        rows,
        np.arange(6) % 3,
        arguments={"input_shape": (4,), "num_classes": 3},
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    zoo.register_model("thin", Thin, kinds="table", summary="Again.")  # as on a reload
    assert registry.find("thin").summary == "Again."


REFUSED = {
    "name in use": (
        "cnn",
        {},
        "a model 'cnn' already, zoo.models.cnn:CNN: give .*:Thin ano",
    ),
    "name": ("thin/er", {}, "`name` must hold letters, digits, .* got 'thin/er'"),
    "kind": ("thin", {"kinds": ["imags"]}, "no kind of data 'imags'; did you mean 'im"),
    "defaults": (
        "thin",
        {"defaults_of": "ccn"},
        "of a model, got 'ccn'; did you mean 'cnn'",
    ),
}


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("name, options, message", REFUSED.values(), ids=REFUSED)
def test_families_that_cannot_be_registered_are_refused(name, options, message):
    with pytest.raises(ValueError, match=message):
        zoo.register_model(name, Thin, **{"kinds": ["table"], **options})


def test_a_family_without_a_summary_is_refused():
    with pytest.raises(ValueError, match="Give `summary`, or 'bare' a docstring"):
        zoo.register_model("bare", type("Bare", (), {}), kinds=["table"])


@pytest.mark.parametrize("wrong, nearest", [("cn", "cnn"), ("MLP", "mlp")])
def test_the_error_for_an_unknown_model_names_the_nearest(wrong, nearest):
    with pytest.raises(InputError, match=f"no model '{wrong}'.*'{nearest}'"):
        zoo.create(wrong)


def test_the_error_for_a_name_unlike_any_model_lists_all():
    with pytest.raises(InputError, match="cnn, dcgan, mlp, perceptron, recurrent"):
        zoo.create("transformer-xyz")
