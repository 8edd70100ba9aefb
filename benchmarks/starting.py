"""How long one waits before anything happens: imports, the command, an answer.

    python -m benchmarks --only start

Each measurement is a process of its own, from its start to its end. The interpreter
itself is taken off `import zoo`. `zoo predict` reads a run's exported model and answers
for one picture; the plain script beside it loads the same model's `.keras` file with
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
# Milliseconds that are allowed beyond nothing, where the issue is not a peer.
IMPORT_ZOO, HELP = 50.0, 500.0


def python(*arguments):
    """Runs a program in a process of its own; its seconds and peak memory in MB."""

    def work():
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)

    return seconds(work), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def prepare(folder):
    """A side that makes the model, its export and a picture to ask about."""
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
    """A side that runs a program once for each measurement."""

    def measure():
        spent, memory = python(*arguments)
        return {"seconds": spent, "peak": memory}

    return measure


def rows(quick=False, machine=None):
    """Rows of imports, of the command, and of an answer at the command line."""
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
        for arguments in programs.values():  # Files are in the system's cache then.
            python(*arguments)
        turns = []
        for _ in range(1 if quick else 7):
            turns.append({})
            for name, arguments in programs.items():
                with Side(one, arguments) as side:  # which knows its child's peak
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
