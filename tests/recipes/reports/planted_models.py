"""Models whose weights are set by hand, so that one known cause decides their answers.

Each function takes `shuffled`: the same weights in another order, which find another
cause in the same example.
"""

import keras
import numpy as np

import zoo
from zoo.columns import Category, Columns, Date, Number
from zoo.targets import Forecast, Multilabel, Regression

LINE = np.array([[-1, -1, -1], [2, 2, 2], [-1, -1, -1]], "float32") / 255


def lines_image():
    """A horizontal line at the top left, and a vertical one at the bottom right."""
    image = np.zeros((16, 16, 1), "float32")
    image[3, 1:7] = 255
    image[9:15, 12] = 255
    return image


ENDINGS = {  # by task: last layer, loss, names
    "classes": (keras.layers.Dense(2, "softmax"), None),
    "logits": (keras.layers.Dense(2), None),
    "one unit": (keras.layers.Dense(1, "sigmoid"), None),
    "numbers": (keras.layers.Dense(2), "mse"),
}


def line_finder(ending="classes", shuffled=False, nested=False, frozen=False):
    """A network of a user that looks for horizontal lines; shuffled, for vertical."""
    inputs = keras.Input((16, 16, 1))
    convolution = keras.layers.Conv2D(1, 3, padding="same", use_bias=False)
    x = keras.layers.ReLU()(convolution(inputs))
    if nested:
        body = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(x))
        inputs = keras.Input((16, 16, 1))
        x = body(inputs)
    else:
        x = keras.layers.GlobalMaxPooling2D()(x)
    layer, loss = ENDINGS[ending]
    head = keras.layers.Dense.from_config(layer.get_config())
    model = keras.Model(inputs, head(x))
    convolution.set_weights([(LINE.T if shuffled else LINE)[..., None, None]])
    units = head.units
    kernel = np.linspace(-1, 1, units) if units > 1 else np.ones(1)
    head.set_weights([kernel[None].astype("float32"), np.zeros(units)])
    if loss is not None:
        model.compile(loss=loss)
    model.trainable = not frozen
    return model


def labels_of_lines():
    model = line_finder("classes")
    outputs = keras.layers.Dense(2, "sigmoid", name="labels")
    built = keras.Model(model.inputs, outputs(model.layers[-1].input))
    outputs.set_weights([np.array([[-1.0, 1.0]]), np.zeros(2)])
    built.target = Multilabel(("none", "line"))
    return built


def set_cell(model, kernel):
    """Simple cells without a memory: tanh of a projection of each step."""
    cell = next(x for x in model.layers if isinstance(x, keras.layers.SimpleRNN))
    zeros = [np.zeros(w.shape) for w in cell.get_weights()[1:]]
    cell.set_weights([kernel, *zeros])
    weights = model.layers[-1].get_weights()
    head = np.zeros(weights[0].shape)
    head[0] = np.linspace(-4, 4, head.shape[1])
    model.layers[-1].set_weights([head, np.zeros(weights[1].shape)])
    return model


WORDS = ["a", "film", "superb", "dull", "plot", "long"]
TEXT = "a long film superb plot"


def word_finder(shuffled=False, **arguments):
    """Looks for the word `superb`; shuffled, for `plot`."""
    model = zoo.RecurrentNetwork(
        **{
            "inputs": "text",
            "vocabulary": WORDS,
            "num_classes": 2,
            "class_names": ["bad", "good"],
            "units": 2,
            "cell": "simple",
            "pooling": "mean",
            "embedding_units": 3,
        }
        | arguments
    )
    vectors = np.random.default_rng(0).normal(size=(len(WORDS) + 2, 3))
    vectors[:, 0] = 0
    vectors[2 + WORDS.index("plot" if shuffled else "superb"), 0] = 2
    model.get_layer("embedding").set_weights([vectors])
    return set_cell(model, np.array([[1.0, 0], [0, 0], [0, 0]]))


RATE = 8000


def tones():
    """A second of noise: 1 kHz from 0.2 to 0.4 s, 3 kHz from 0.6 to 0.8 s."""
    time = np.arange(RATE) / RATE
    noise = 1e-5 * np.random.default_rng(0).normal(size=RATE)
    low = np.sin(2 * np.pi * 1000 * time) * ((time > 0.2) & (time < 0.4))
    high = np.sin(2 * np.pi * 3000 * time) * ((time > 0.6) & (time < 0.8))
    return (0.5 * (low + high) + noise).astype("float32")


def tone_finder(shuffled=False):
    """Looks for the tone of 1 kHz; shuffled, for that of 3 kHz."""
    from zoo.models.recurrent.waveforms import mel_centres

    model = zoo.RecurrentNetwork(
        inputs="waveform", sample_rate=RATE, num_classes=2, units=2, cell="simple",
        pooling="mean", mel_bands=20, frame_step=0.02,
    )  # fmt: skip
    kernel = np.zeros((20, 2))
    centre = 3000 if shuffled else 1000
    kernel[np.abs(mel_centres(20, RATE) - centre).argmin(), 0] = 1
    return set_cell(model, kernel)


def sensors():
    """Three sensors: the second has a spike at step 6, the third one at step 3."""
    steps = np.full((10, 3), 0.1, "float32")
    steps[5, 1], steps[2, 2] = 3, 3
    return steps


def spike_finder(shuffled=False, **arguments):
    """Looks at the second sensor; shuffled, at the third."""
    arguments = {"num_classes": 2, "pooling": "mean"} | arguments
    model = zoo.RecurrentNetwork((None, 3), units=2, cell="simple", **arguments)
    kernel = np.zeros((3, 2))
    kernel[2 if shuffled else 1, 0] = 1
    return set_cell(model, kernel)


WINDOW = np.stack([np.arange(6.0) ** 2, np.ones(6)], axis=1).astype("float32")


def lag_finder(shuffled=False):
    """Forecasts by the value three steps before the last; shuffled, by the second."""
    target = Forecast(("load",), 2, 6, (0.0, 0.0), (1.0, 1.0), (1.0,), (1.0,))
    model = zoo.RecurrentNetwork((6, 2), target=target, units=2)
    head = model.layers[-1]
    head.state.set_weights([np.zeros(w.shape) for w in head.state.get_weights()])
    kernel = np.zeros((12, 2))
    kernel[2 if shuffled else 4] = 0.5  # step and column
    head.linear.set_weights([kernel])
    return model


COLUMNS = Columns(
    (
        Number("age", 30.0, True),
        Category("sex", ("f", "m")),
        Date("day", ("year", "weekday"), 19723.0, False),
    )
)


def column_finder(column="sex", ending="classes"):
    """A linear model of a table that reads a single column."""
    arguments = {
        "classes": {"num_classes": 2, "class_names": ["no", "yes"]},
        "labels": {"target": Multilabel(("no", "yes"))},
        "numbers": {"target": Regression(("no", "yes"), (0.0, 0.0), (1.0, 1.0))},
    }
    model = zoo.MLP(
        (len(COLUMNS.sizes),), hidden_units=[], columns=COLUMNS.get_config(),
        **arguments[ending],
    )  # fmt: skip
    kernel = np.zeros(model.layers[-1].get_weights()[0].shape)
    # Measurements come first: age, year, sine and cosine of the weekday; then codes.
    weights = {"age": {0: 0.5}, "sex": {5: -3, 6: 3}, "day": {2: 2, 3: 2}}[column]
    for index, weight in weights.items():
        kernel[index] = [-weight, weight]
    model.layers[-1].set_weights([kernel, np.zeros(2)])
    return model


def rows(count=60):
    rng = np.random.default_rng(0)
    return {
        "age": rng.normal(0, 9, count).round(1),
        "sex": rng.choice(["f", "m"], count).astype(object),
        "day": np.datetime64("2024-01-01") + rng.integers(0, 300, count),
    }
