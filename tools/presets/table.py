"""The recipe of each preset that ships."""

import dataclasses
import json
import shlex
from typing import Any

CLASSIFIERS = "tools.presets.classifiers"

DIGITS = "8×8 greyscale images of handwritten digits, uint8 in 0…255, 255 for ink"
DIGITS_LICENSE = (
    "CC BY 4.0: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten "
    "Digits, UCI Machine Learning Repository, 1998"
)
MNIST = "28×28 greyscale images of handwritten digits, uint8 in 0…255, 255 for ink"
MNIST_LICENSE = (
    "CC BY-SA 3.0: Y. LeCun and C. Cortes, The MNIST database of handwritten digits"
)
REVIEWS_LICENSE = (
    "Published for research, without a licence. B. Pang and L. Lee, Sentence polarity "
    "dataset 1.0, 2005: a .csv table with the columns text and label"
)
CIFAR10 = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
CENTRED = (
    "The digit must be centred in its image and fill it, light on a dark background."
)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How a preset is trained.

    Attributes:
        model: A name of `zoo.list_models()`.
        data: A data set of `recipes.load`, such as `"mnist"`.
        task: The task of the model, for `zoo list --presets --task`.
        description: One sentence that says what the model does.
        data_license: Licence and source of the data.
        inputs: What one example is.
        limits: What the model cannot be expected to do.
        good_start: Data that the preset is a good start for, if it is trained further.
        class_names: Names of the classes, for copies of the data that have none.
        arguments: Constructor arguments of the model.
        settings: Further arguments of `recipes.fit`.
        seeds: One run for each seed; the weights are those of the first.
        variants: Arguments of `recipes.load` for further runs, whose scores are also on
            the card.
        trainer: The module that trains the preset, with the functions `load(recipe,
            **source)`, `train(recipe, dataset, out, seed)` and `evaluate(model,
            dataset)`, and optionally `examples(model, dataset, number)`, which returns
            inputs of the model.
        measure: Name of the score in a run's `evaluation.json`.
        weights_dtype: Type of the matrices in the preset. `"float16"` halves its size;
            its score is also on the card.
    """

    model: str
    data: str
    task: str
    description: str
    data_license: str
    inputs: str
    limits: str
    good_start: str
    class_names: tuple[str, ...] = ()
    arguments: dict = dataclasses.field(default_factory=dict)
    settings: dict = dataclasses.field(default_factory=dict)
    seeds: tuple[int, ...] = (0, 1, 2)
    variants: dict[str, dict] = dataclasses.field(default_factory=dict)
    trainer: str = CLASSIFIERS
    measure: str = "accuracy"
    weights_dtype: str = "float16"

    @property
    def training(self) -> dict[str, Any]:
        """Everything that determines the weights, as plain JSON."""
        training = {
            "model": self.model,
            "data": self.data,
            "arguments": self.arguments,
            "settings": self.settings,
            "seeds": self.seeds,
            **({"variants": self.variants} if self.variants else {}),
        }
        return json.loads(json.dumps(training))

    def command(self, name: str) -> str:
        """The command that trains the weights of the preset `name`."""
        if self.trainer != CLASSIFIERS:
            return f"python -m tools.presets {name}"
        words = ["zoo", "fit", self.model, "--data", self.data]
        words += ["--seed", str(self.seeds[0])]
        for argument, value in self.settings.items():
            words += ["--" + argument.replace("_", "-"), str(value)]
        for argument, value in self.arguments.items():
            words += ["--set", f"{argument}={json.dumps(value)}"]
        return shlex.join(words)


def _digits(model: str, data: str, **options: Any) -> Recipe:
    small = data == "digits"
    return Recipe(
        model=model,
        data=data,
        task="image classification",
        description="Classifies handwritten digits.",
        data_license=DIGITS_LICENSE if small else MNIST_LICENSE,
        inputs=DIGITS if small else MNIST,
        limits=CENTRED,
        good_start=f"grey signs and letters of {'8×8' if small else '28×28'} pixels",
        **options,
    )


RECIPES = {
    "cnn_digits": _digits("cnn", "digits"),
    "cnn_mnist": _digits("cnn", "mnist"),
    "cnn_cifar10": Recipe(
        model="cnn",
        data="cifar10",
        task="image classification",
        description="Classifies small colour photos into ten classes.",
        data_license="No licence is stated. A. Krizhevsky, Learning multiple layers of "
        "features from tiny images, 2009",
        inputs="32×32 colour images, uint8 in 0…255",
        limits="The object must fill its image. Trained and tested on images that had "
        "been compressed as JPEG.",
        good_start="small colour photos of other classes",
        class_names=CIFAR10,
        arguments={
            "widths": [32, 64, 128, 256],
            "residual": True,
            # The paper's weight decay of 5e-4. Keras's SGD would apply a
            # `weight_decay` outside the gradient, where momentum does not multiply it
            # by ten.
            "kernel_regularizer": {"class_name": "L2", "config": {"l2": 2.5e-4}},
        },
        settings={
            "augment": "strong",
            "epochs": 40,
            "batch_size": 128,
            "learning_rate": 0.1,
        },
    ),
    "dcgan_mnist": Recipe(
        model="dcgan",
        data="mnist",
        task="image generation",
        description="Generates images of handwritten digits.",
        data_license=MNIST_LICENSE,
        inputs="Latents: 100 draws from the standard normal distribution",
        limits="The digit cannot be chosen. Images have a black frame of 2 pixels.",
        good_start="other grey images of 32×32 pixels to draw",
        arguments={"width": 32},
        settings={"epochs": 20},
        seeds=(0,),
        trainer="tools.presets.dcgan",
        measure="Fréchet distance",
    ),
    "mlp_digits": _digits("mlp", "digits"),
    "mlp_mnist": _digits("mlp", "mnist"),
    "perceptron_breast_cancer": Recipe(
        model="perceptron",
        data="breast_cancer",
        task="table classification",
        description="Classifies tumours as malignant (−1) or benign (+1).",
        data_license="CC BY 4.0: W. Wolberg, O. Mangasarian, N. Street and W. Street, "
        "Breast Cancer Wisconsin (Diagnostic), UCI Machine Learning Repository, 1993",
        inputs="30 measurements of a tumour's cell nuclei, in the data set's order",
        limits="A demonstration of the perceptron rule, not a medical device.",
        good_start="the same 30 measurements of other patients",
        settings={"learning_rate": 0.5, "epochs": 30},
        trainer="tools.presets.perceptron",
        weights_dtype="float32",  # The preset is small anyway.
    ),
    "recurrent_movie_characters": Recipe(
        model="recurrent",
        data="movie_sentiment.csv",
        task="text generation",
        description="Generates sentences of film reviews, character by character.",
        data_license=REVIEWS_LICENSE,
        inputs="Tokens of characters; `generate` accepts text",
        limits="Learns words and word order only; it does not understand what it "
        "writes.",
        good_start="writing like other English texts",
        arguments={"units": [256], "embedding_units": 64, "dropout": 0.1},
        settings={"epochs": 10},
        seeds=(0,),
        trainer="tools.presets.characters",
        measure="bits per character",
    ),
    "recurrent_movie_sentiment": Recipe(
        model="recurrent",
        data="movie_sentiment.csv",
        task="text classification",
        description="Classifies a sentence of a film review as positive or negative.",
        data_license=REVIEWS_LICENSE,
        inputs="English sentences as strings",
        limits="Trained on sentences about films, of about 20 words.",
        good_start="opinions in other short English texts",
    ),
    "recurrent_spoken_digit": Recipe(
        model="recurrent",
        data="spoken_digit",
        task="audio classification",
        description="Recognises spoken English digits.",
        data_license="CC BY-SA 4.0: Z. Jackson and others, Free Spoken Digit Dataset, "
        "1.0.9",
        inputs="Recordings of one word at 8 kHz, in −1…1",
        limits="Trained on six speakers; less accurate for other voices.",
        good_start="other short spoken words at 8 kHz",
        variants={"whole speakers held out": {"group": "_(.+)_"}},
    ),
}
