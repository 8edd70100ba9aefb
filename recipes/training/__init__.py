"""Training: from a model and a data set to a run that can be resumed."""
