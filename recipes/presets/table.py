"""How each preset that ships is trained."""

import dataclasses
import json
import shlex

CLASSIFIERS = "recipes.presets.classifiers"

DIGITS = "8×8 grey images of handwritten digits, uint8 in 0…255, 255 is ink"
DIGITS_LICENSE = (
    "CC BY 4.0: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten "
    "Digits, UCI Machine Learning Repository, 1998"
)
MNIST = "28×28 grey images of handwritten digits, uint8 in 0…255, 255 is ink"
MNIST_LICENSE = (
    "CC BY-SA 3.0: Y. LeCun and C. Cortes, The MNIST database of handwritten digits"
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
        arguments: Constructor arguments of the model.
        settings: Further arguments of `recipes.fit`.
        seeds: One run for each; the weights are the first one's.
        trainer: The module whose `load(recipe, **source)` and `train(recipe, dataset,
            out, seed)` do it.
    """

    model: str
    data: str
    task: str
    description: str
    data_license: str
    inputs: str
    limits: str
    arguments: dict = dataclasses.field(default_factory=dict)
    settings: dict = dataclasses.field(default_factory=dict)
    seeds: tuple[int, ...] = (0, 1, 2)
    trainer: str = CLASSIFIERS

    @property
    def training(self) -> dict:
        """What decides the weights, as JSON keeps it."""
        decisive = {
            "model": self.model,
            "data": self.data,
            "arguments": self.arguments,
            "settings": self.settings,
            "seeds": self.seeds,
        }
        return json.loads(json.dumps(decisive))

    def command(self, name: str) -> str:
        """The command that trains the weights of the preset of this name."""
        if self.trainer != CLASSIFIERS:
            return f"python -m recipes.presets {name}"
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
        trainer="recipes.presets.perceptron",
    ),
}
