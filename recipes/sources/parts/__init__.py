"""Training, validation and test: given, split off, and compared."""
