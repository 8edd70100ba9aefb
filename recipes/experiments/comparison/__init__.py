"""Runs side by side: their curves, their scores, and what is more than chance."""
