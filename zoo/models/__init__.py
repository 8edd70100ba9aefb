"""The families of models, one module or package each."""
