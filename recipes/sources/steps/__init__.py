"""Sequences with a label at each step."""
