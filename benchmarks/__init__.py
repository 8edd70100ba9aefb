"""Each claim about speed or accuracy, measured: `python -m benchmarks.NAME`."""
