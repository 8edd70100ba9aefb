"""Compares runs: curves, scores, and tests of significance."""
