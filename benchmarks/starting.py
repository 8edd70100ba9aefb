"""Start-up times: imports, the command, and a first answer.

    python -m benchmarks --only start

Each measurement is one process from start to end. For `import zoo`, the time of the
bare interpreter is subtracted. `zoo predict` reads the exported model of a run and
classifies one image; the plain script loads the `.keras` file of the same model with
Keras and does the same by hand.
"""

import pathlib
import resource
import subprocess
import sys
import tempfile

from benchmarks.comparison import Side, row, seconds

ZOO = "import sys; from recipes.command import main; sys.argv[0] = 'zoo'; main()"
SCRIPT = """
import sys
import keras, numpy as np
from PIL import Image
import zoo.models.cnn
model = keras.saving.load_model(sys.argv[1])
image = np.asarray(Image.open(sys.argv[2]))[np.newaxis, ..., np.newaxis]
print(model.predict(image, verbose=0).argmax())
"""
# Allowed milliseconds, where there is no peer.
IMPORT_ZOO, HELP = 50.0, 500.0


def python(*arguments):
    """Runs a program in its own process; returns seconds and peak memory in MB."""

    def work():
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)

    return seconds(work), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def prepare(folder):
    """A side that makes the model, its export and an image to classify."""
    import numpy as np
    from PIL import Image

    import zoo

    def measure():
        model = zoo.CNN((8, 8, 1), 10, size="small")
        model.save(f"{folder}/model.keras")
        zoo.export(model, f"{folder}/model")
        Image.fromarray(np.zeros((8, 8), "uint8")).save(f"{folder}/digit.png")
        return {}

    return measure


def one(arguments):
    """A side that runs a program once per measurement."""

    def measure():
        spent, memory = python(*arguments)
        return {"seconds": spent, "peak": memory}

    return measure


def rows(quick=False, machine=None):
    """Rows for imports, for the command, and for a prediction by the command."""
    with tempfile.TemporaryDirectory() as folder:
        with Side(prepare, folder) as side:
            side.measure()
        home = pathlib.Path(folder)
        programs = {
            "nothing": ["-c", "pass"],
            "import zoo": ["-c", "import zoo"],
            "import keras": ["-c", "import keras"],
            "zoo --help": ["-c", ZOO, "--help"],
            "zoo predict": [
                "-c",
                ZOO,
                "predict",
                str(home / "model"),
                str(home / "digit.png"),
            ],
            "plain script": [
                "-c",
                SCRIPT,
                str(home / "model.keras"),
                str(home / "digit.png"),
            ],
        }
        for arguments in programs.values():  # Puts the files into the system's cache.
            python(*arguments)
        turns = []
        for _ in range(1 if quick else 7):
            turns.append({})
            for name, arguments in programs.items():
                with Side(one, arguments) as side:  # it measures the peak of its child
                    turns[-1][name] = side.measure()
    yield from _rows(turns)


def _rows(turns):
    def milliseconds(turn, name):
        return 1e3 * turn[name]["seconds"]

    def made(setting, peer, found, goal=None, names=None):
        memory = names and tuple(turns[-1][name]["peak"] for name in names)
        return row(
            "start",
            setting,
            peer,
            "ms",
            found,
            less_is_better=True,
            goal=goal,
            memory=memory,
            facts={"threads": 1},
        )

    added = [
        milliseconds(turn, "import zoo") - milliseconds(turn, "nothing")
        for turn in turns
    ]
    least = [(max(ms, 0.1), IMPORT_ZOO) for ms in added]
    yield made("import zoo, added", f"at most {IMPORT_ZOO:.0f} ms", least, 1.0)
    helped = [(milliseconds(turn, "zoo --help"), HELP) for turn in turns]
    yield made("zoo --help", f"at most {HELP:.0f} ms", helped, 1.0)
    for setting, peer in (
        ("import zoo", "import keras"),
        ("zoo --help", "import keras"),
        ("zoo predict", "plain script"),
    ):
        found = [(milliseconds(t, setting), milliseconds(t, peer)) for t in turns]
        yield made(setting, peer, found, names=(setting, peer))
