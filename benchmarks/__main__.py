"""Compare the speed of this package with the usual alternatives.

    python -m benchmarks [--only NAME ...] [--quick] [--json] [--write-docs]

Each case runs in its own process, in which our code and its peers take turns. `--json`
prints the results; `--read FILE` reads such a file instead of measuring.
"""

import argparse
import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks import report
from benchmarks.comparison import Row
from benchmarks.suite import CASES, measured


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument(
        "--quick", action="store_true", help="a short run of every case"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, not a table")
    parser.add_argument(
        "--read", nargs="+", type=pathlib.Path, help="output of --json to read"
    )
    parser.add_argument("--write-docs", action="store_true", help="update docs/")
    arguments = parser.parse_args()
    if arguments.read:
        parts = [json.loads(file.read_text()) for file in arguments.read]
        found = {
            "machine": parts[-1]["machine"],
            "rows": [row for part in parts for row in part["rows"]],
            "failed": {k: v for part in parts for k, v in part["failed"].items()},
        }
    else:
        found = measured(arguments.only, arguments.quick)
    rows = [Row(**row) for row in found["rows"]]
    if arguments.json:
        print(json.dumps(found))
    else:
        report.print_table(rows)
    if arguments.write_docs:
        report.write_docs(rows, found["machine"])
    for name, reason in found["failed"].items():
        print(f"{name} failed: {reason}", file=sys.stderr)
    return 1 if found["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
