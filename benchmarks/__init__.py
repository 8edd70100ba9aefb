"""Measurements of speed and accuracy; run one with `python -m benchmarks.NAME`."""
