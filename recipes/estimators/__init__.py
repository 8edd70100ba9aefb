"""Estimators of scikit-learn's interface that train the models of the zoo."""
