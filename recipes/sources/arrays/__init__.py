"""Arrays in memory and in NumPy's files."""
