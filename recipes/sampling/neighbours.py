"""Nearest neighbours within a class, exactly, computed once at the start."""

import numpy as np


def neighbours_within(rows: np.ndarray, number: int) -> np.ndarray:
    """Of each row the nearest others, by Euclidean distance, nearest first.

    Args:
        rows: `(n, columns)`, all of one class.
        number: Neighbours of each, below `n`.

    Returns:
        Indices int32 `(n, number)`.

    >>> neighbours_within(np.array([[0.0], [1.0], [3.0], [7.0]]), 2).tolist()
    [[1, 2], [0, 2], [1, 0], [2, 1]]
    """
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=number).fit(rows)
    return search.kneighbors(return_distance=False).astype("int32")


def mixed_rows(rows: np.ndarray, categorical: tuple[int, ...]) -> np.ndarray:
    r"""Rows of one class whose Euclidean distances are SMOTE-NC's.

    A categorical column that differs adds $m^2$ to the squared distance, where $m$
    is the median of the standard deviations of the numeric columns in this class:
    it becomes a column of 0 and $m / \sqrt 2$ for each of its values.

    Args:
        rows: `(n, columns)`, all of one class.
        categorical: The columns that hold categories.

    Returns:
        float64 `(n, more columns)`.
    """
    numeric = np.delete(rows, categorical, axis=1).astype("float64")
    distance = np.median(numeric.std(axis=0))
    columns = [numeric]
    for column in categorical:
        values = np.unique(rows[:, column])
        marks = rows[:, column, np.newaxis] == values
        columns.append(marks * (distance / np.sqrt(2)))
    return np.concatenate(columns, axis=1)
