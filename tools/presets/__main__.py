"""The command `python -m tools.presets`."""

import argparse
import pathlib

import tools.presets
from tools.presets.cards import write_cards
from tools.presets.making import make
from tools.presets.table import RECIPES
from zoo.presets.index import SHIPPED


def main() -> None:
    summary, _, details = tools.presets.__doc__.partition("\n")
    parser = argparse.ArgumentParser(
        "python -m tools.presets",
        description=summary,
        epilog=details,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(RECIPES))
    parser.add_argument("--data", help="File or folder of the data.")
    parser.add_argument("--data-dir", help="Folder of TensorFlow Datasets.")
    parser.add_argument(
        "--no-download",
        action="store_true",
        help="Use only data that is already on disk.",
    )
    parser.add_argument(
        "--work",
        type=pathlib.Path,
        default="runs/presets",
        help="Folder of the runs. Default: %(default)s.",
    )
    parser.add_argument(
        "--out",
        type=pathlib.Path,
        default="presets",
        help="Folder of the presets. Default: %(default)s.",
    )
    parser.add_argument(
        "--ship",
        action="store_true",
        help="Write the presets into the package, and all cards and the index anew.",
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
        write_cards()


if __name__ == "__main__":
    main()
