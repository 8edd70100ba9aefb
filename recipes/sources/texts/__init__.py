"""Texts: with a class, to write on, or to translate."""
