"""Checkpoints: the whole state of a training run, written as it goes."""
