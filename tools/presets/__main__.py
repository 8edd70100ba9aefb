"""`python -m tools.presets`."""

import argparse
import pathlib

from tools.presets.cards import renew_cards
from tools.presets.making import make
from tools.presets.table import RECIPES
from zoo.presets.index import SHIPPED


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(RECIPES))
    parser.add_argument("--data", help="Where the data are, for a preset of a file.")
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
    if arguments.data:
        source["data"] = arguments.data
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


if __name__ == "__main__":
    main()
