"""Searching for good settings, and for a learning rate."""
