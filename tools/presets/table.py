"""How each preset that ships is trained."""

import dataclasses
import json
import shlex

CLASSIFIERS = "tools.presets.classifiers"

DIGITS = "8×8 grey images of handwritten digits, uint8 in 0…255, 255 is ink"
DIGITS_LICENSE = (
    "CC BY 4.0: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten "
    "Digits, UCI Machine Learning Repository, 1998"
)
MNIST = "28×28 grey images of handwritten digits, uint8 in 0…255, 255 is ink"
MNIST_LICENSE = (
    "CC BY-SA 3.0: Y. LeCun and C. Cortes, The MNIST database of handwritten digits"
)
REVIEWS_LICENSE = (
    "Given for research, without a licence. B. Pang and L. Lee, Sentence polarity "
    "dataset 1.0, 2005: a .csv table with the columns text and label"
)
CIFAR10 = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
CENTRED = "Digits that fill and are centred in their image, light ink on dark ground."


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How a preset is trained.

    Attributes:
        model: A name of `zoo.list_models()`.
        data: What `recipes.load` takes, such as `"mnist"`.
        task: What the model does, as `zoo list --presets --task` names it.
        description: The same in a sentence.
        data_license: Licence and source of the data.
        inputs: What one example is.
        limits: What the model has not been shown.
        class_names: Names of the classes, for copies of the data that have none.
        arguments: Constructor arguments of the model.
        settings: Further arguments of `recipes.fit`.
        seeds: One run for each; the weights are the first one's.
        variants: Further runs whose scores stand beside, each with arguments of
            `recipes.load` of its own.
        trainer: The module whose `load(recipe, **source)` and `train(recipe, dataset,
            out, seed)` do it, whose `judged(model, dataset)` measures, and whose
            `examples(model, dataset, number)`, if it has one, gives what the model
            takes.
        measure: The score: its name in a run's `evaluation.json`.
        weights_dtype: Type of the matrices that ship: `"float16"` takes half the room.
            Its score stands beside.
    """

    model: str
    data: str
    task: str
    description: str
    data_license: str
    inputs: str
    limits: str
    class_names: tuple[str, ...] = ()
    arguments: dict = dataclasses.field(default_factory=dict)
    settings: dict = dataclasses.field(default_factory=dict)
    seeds: tuple[int, ...] = (0, 1, 2)
    variants: dict[str, dict] = dataclasses.field(default_factory=dict)
    trainer: str = CLASSIFIERS
    measure: str = "accuracy"
    weights_dtype: str = "float16"

    @property
    def training(self) -> dict:
        """What decides the weights, as JSON keeps it."""
        decisive = {
            "model": self.model,
            "data": self.data,
            "arguments": self.arguments,
            "settings": self.settings,
            "seeds": self.seeds,
            **({"variants": self.variants} if self.variants else {}),
        }
        return json.loads(json.dumps(decisive))

    def command(self, name: str) -> str:
        """The command that trains the weights of the preset of this name."""
        if self.trainer != CLASSIFIERS:
            return f"python -m tools.presets {name}"
        words = ["zoo", "fit", self.model, "--data", self.data]
        words += ["--seed", str(self.seeds[0])]
        for argument, value in self.settings.items():
            words += ["--" + argument.replace("_", "-"), str(value)]
        for argument, value in self.arguments.items():
            words += ["--set", f"{argument}={json.dumps(value)}"]
        return shlex.join(words)


def _digits(model, data, **options):
    small = data == "digits"
    return Recipe(
        model=model,
        data=data,
        task="image classification",
        description="Tells handwritten digits apart.",
        data_license=DIGITS_LICENSE if small else MNIST_LICENSE,
        inputs=DIGITS if small else MNIST,
        limits=CENTRED,
        **options,
    )


RECIPES = {
    "cnn_digits": _digits("cnn", "digits"),
    "cnn_mnist": _digits("cnn", "mnist"),
    "cnn_cifar10": Recipe(
        model="cnn",
        data="cifar10",
        task="image classification",
        description="Tells ten kinds of things in small colour photos apart.",
        data_license="No licence is given. A. Krizhevsky, Learning multiple layers of "
        "features from tiny images, 2009",
        inputs="32×32 colour images, uint8 in 0…255",
        limits="Ten kinds of things, each filling its image. Trained and "
        "scored on images that had gone through JPEG once.",
        class_names=CIFAR10,
        arguments={
            "widths": [32, 64, 128, 256],
            "residual": True,
            # The paper's weight decay of 5e-4, which SGD's own, kept apart from the
            # gradient, is not: there momentum does not multiply it by ten.
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
        description="Draws handwritten digits.",
        data_license=MNIST_LICENSE,
        inputs="Latents: 100 numbers of a standard normal distribution",
        limits="Digits alone, without saying which, in a black frame of 2 pixels.",
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
        description="Tells malignant (−1) from benign (+1) tumours by one line.",
        data_license="CC BY 4.0: W. Wolberg, O. Mangasarian, N. Street and W. Street, "
        "Breast Cancer Wisconsin (Diagnostic), UCI Machine Learning Repository, 1993",
        inputs="30 measures of the nuclei of a tumour's cells, in the data set's order",
        limits="A demonstration of the rule, and no medical device.",
        settings={"learning_rate": 0.5, "epochs": 30},
        trainer="tools.presets.perceptron",
        weights_dtype="float32",  # so few that it makes no difference
    ),
    "recurrent_movie_characters": Recipe(
        model="recurrent",
        data="movie_sentiment.csv",
        task="text generation",
        description="Writes sentences as in film reviews, character by character.",
        data_license=REVIEWS_LICENSE,
        inputs="Tokens of characters; `generate` takes text",
        limits="Words and their order, and no sense.",
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
        description="Tells praise from blame in a sentence of a film review.",
        data_license=REVIEWS_LICENSE,
        inputs="English sentences as they are written",
        limits="Sentences about films, of about 20 words.",
    ),
    "recurrent_spoken_digit": Recipe(
        model="recurrent",
        data="spoken_digit",
        task="sound classification",
        description="Tells the English words for ten digits apart.",
        data_license="CC BY-SA 4.0: Z. Jackson and others, Free Spoken Digit Dataset, "
        "1.0.9",
        inputs="Recordings of one word at 8 kHz, in −1…1",
        limits="Six speakers; a voice that it has not heard is harder.",
        variants={"whole speakers held out": {"group": "_(.+)_"}},
    ),
}
