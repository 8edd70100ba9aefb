"""Data sets in three parts, and the random numbers that order them."""
