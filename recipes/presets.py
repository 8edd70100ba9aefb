"""Makes the presets that ship, each by one command.

    python -m recipes.presets mlp_digits
    python -m recipes.presets cnn_mnist --data-dir DIR --no-download --ship

A preset's recipe is trained once for each of its seeds by `recipes.fit`; every
number on the card comes from what those runs wrote. A run that is finished is kept in
the work folder and used again, so that an interrupted making goes on where it was.
The weights are the first seed's: to choose among the runs by their test scores would
make these scores too good.
"""

import argparse
import dataclasses
import json
import pathlib
import shlex
import shutil
import statistics
import time

from zoo.errors import InputError
from zoo.presets.folder import PresetFolder
from zoo.presets.index import INDEX, SHIPPED

EXAMPLES = 4  # inputs kept in a preset with their outputs

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

    def command(self, seed: int) -> str:
        """The command that trains the model with a seed."""
        words = ["zoo", "fit", self.model, "--data", self.data, "--seed", str(seed)]
        for name, value in self.settings.items():
            words += ["--" + name.replace("_", "-"), str(value)]
        for name, value in self.arguments.items():
            words += ["--set", f"{name}={json.dumps(value)}"]
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
}


def train(name: str, work: pathlib.Path, **source) -> dict:
    """Trains a preset's recipe for each seed, and says what came out.

    Args:
        name: A key of `RECIPES`.
        work: Where the runs are kept, as `work/NAME/seed-0` and so on.
        **source: How to read the data; arguments of `recipes.load`.

    Returns:
        The record that ships as `run.json`: recipe, runs, versions, latency.

    Raises:
        InputError: If a run that is there is of another recipe.
    """
    recipe = RECIPES[name]
    runs = {seed: _run(recipe, seed, work / name, source) for seed in recipe.seeds}
    kept = runs[recipe.seeds[0]]
    config = _read(kept / "config.json")
    return {
        "recipe": recipe.training,
        "runs": [_summary(seed, folder) for seed, folder in runs.items()],
        "parameters": config["model"]["parameters"],
        "examples": config["data"]["examples"],
        "training": config["training"],
        "resolved": config["resolved"],
        "versions": config["versions"],
        "latency": _latency(kept / "saved_model" / "1"),
    }


def card_from(recipe: Recipe, record: dict) -> dict:
    """What a card says: words from the recipe, numbers from the runs' record."""
    scores = {str(run["seed"]): run["accuracy"] for run in record["runs"]}
    return {
        "description": recipe.description,
        "task": recipe.task,
        "data": recipe.data,
        "data_license": recipe.data_license,
        "license": "Apache-2.0",
        "recipe": recipe.command(recipe.seeds[0]),
        "seed": recipe.seeds[0],
        "score": {
            "measure": "accuracy",
            "examples": record["examples"]["test"],
            "mean": statistics.mean(scores.values()),
            "least": min(scores.values()),
            "greatest": max(scores.values()),
            "by_seed": scores,
        },
        "latency": record["latency"],
        "inputs": recipe.inputs,
        "limits": recipe.limits,
    }


def make(name: str, work: pathlib.Path, out: pathlib.Path, **source) -> pathlib.Path:
    """Trains a preset and writes its folder.

    Args:
        name: A key of `RECIPES`.
        work: Where the runs are kept.
        out: The folder that the preset is written into, as `out/NAME`.
        **source: How to read the data; arguments of `recipes.load`.

    Returns:
        The preset's folder.
    """
    from recipes.sources import load
    from zoo.keras_file import load_keras_file

    record = train(name, work, **source)
    recipe = RECIPES[name]
    kept = work / name / f"seed-{recipe.seeds[0]}"
    return load_keras_file(kept / "model.keras").save_to_preset(
        out / name,
        card=card_from(recipe, record),
        examples=load(recipe.data, **source).test.inputs[:EXAMPLES],
        record=record,
        overwrite=True,
    )


def renew_cards() -> None:
    """Writes the cards that ship anew, after words of their recipes changed."""
    from recipes.run_folder import write_json

    for name, recipe in RECIPES.items():
        preset = PresetFolder(SHIPPED / name)
        if preset.path.is_dir():
            said = card_from(recipe, preset.read(preset.run))
            write_json(preset.card, preset.read(preset.card) | said)


def index_of(folder: pathlib.Path) -> dict:
    """The table of the presets in a folder, as `index.json` holds it."""
    return {
        path.name: _index_row(PresetFolder(path))
        for path in sorted(folder.iterdir())
        if PresetFolder(path).metadata.is_file()
    }


def _index_row(preset: PresetFolder) -> dict:
    card = preset.read(preset.card)
    return {
        "model": card["model"],
        "task": card["task"],
        "data": card["data"],
        "score": card["score"]["mean"],
        "measure": card["score"]["measure"],
        "parameters": card["parameters"],
        "bytes": preset.weights.stat().st_size,
        "sha256": preset.read(preset.metadata)["sha256"],
    }


def _run(recipe, seed, folder, source):
    """The folder of a finished run, from before or from now."""
    from recipes.sources import load
    from recipes.training import fit

    run = folder / f"seed-{seed}"
    done = run / "recipe.json"  # The last thing that is written.
    if done.is_file():
        if _read(done) != recipe.training:
            raise InputError(f"{run} is of another recipe; remove it to train anew.")
        return run
    if run.exists():
        shutil.rmtree(run)
    fit(
        recipe.model,
        load(recipe.data, **source),
        out=run,
        seed=seed,
        model_arguments=recipe.arguments,
        **recipe.settings,
    )
    done.write_text(json.dumps(recipe.training), encoding="utf-8")
    return run


def _summary(seed, folder):
    """What a run wrote of itself."""
    evaluation = _read(folder / "evaluation.json")
    return {
        "seed": seed,
        "accuracy": evaluation["accuracy"],
        "loss": evaluation["loss"],
        "epochs": len((folder / "metrics.csv").read_text("utf-8").splitlines()) - 1,
    }


def _latency(saved_model: pathlib.Path) -> dict:
    """Time of one call of the exported model with one example."""
    import os

    import tensorflow as tf

    served = tf.saved_model.load(saved_model).signatures["serving_default"]
    ((name, spec),) = served.structured_input_signature[1].items()
    one = {name: tf.zeros([1, *spec.shape[1:]], spec.dtype)}
    times = []
    for _ in range(220):
        start = time.perf_counter()
        served(**one)
        times.append(time.perf_counter() - start)
    return {
        "milliseconds": round(1000 * statistics.median(times[20:]), 3),
        "of": "one example through the exported signature, median of 200 calls",
        "device": f"CPU, {os.cpu_count()} cores",
    }


def _read(file):
    return json.loads(file.read_text(encoding="utf-8"))


def main() -> None:
    from recipes.run_folder import write_json

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(RECIPES))
    parser.add_argument("--data-dir", help="Where TensorFlow Datasets keeps its data.")
    parser.add_argument("--no-download", action="store_true")
    parser.add_argument("--work", type=pathlib.Path, default="runs/presets")
    parser.add_argument("--out", type=pathlib.Path, default="presets")
    parser.add_argument(
        "--ship",
        action="store_true",
        help="Write into the package, and renew all cards and the index.",
    )
    arguments = parser.parse_args()
    source = {}
    if arguments.data_dir:
        source["data_dir"] = arguments.data_dir
    if arguments.no_download:
        source["download"] = False
    out = SHIPPED if arguments.ship else arguments.out
    for name in arguments.names:
        if name not in RECIPES:
            parser.error(f"there is no recipe {name!r}; there are {', '.join(RECIPES)}")
    for name in arguments.names:
        print(make(name, arguments.work, out, **source))
    if arguments.ship:
        renew_cards()
        write_json(INDEX, index_of(SHIPPED))


if __name__ == "__main__":
    main()
