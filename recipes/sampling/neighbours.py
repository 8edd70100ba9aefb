"""Exact nearest neighbours within a class, computed once before training."""

import itertools

import numpy as np

FEW_COLUMNS = 200  # With no more columns scikit-learn is as fast.
BLOCK = 384  # number of rows in a block; distances are computed for pairs of blocks
SPARE = 5  # extra candidates, so that rounding does not hide a nearest neighbour


def neighbours_within(
    rows: np.ndarray, number: int, members: np.ndarray | None = None
) -> np.ndarray:
    """Finds the nearest other rows of each row by Euclidean distance, nearest first.

    With few columns or rows, scikit-learn finds them. Otherwise all distances are
    computed, once for each pair and in the rows' own type, which in float32 is twice
    as fast as in float64. The nearest few are then measured again in float64. Where
    rounding could have hidden a nearer row, the search for that row is repeated in
    float64.

    Returns:
        Indices into `members`, which are some of the rows or, by default, all: int32
        `(members, number)`.

    >>> neighbours_within(np.array([[0.0], [1.0], [3.0], [7.0]]), 2).tolist()
    [[1, 2], [0, 2], [1, 0], [2, 1]]
    """
    members = np.arange(len(rows)) if members is None else members
    count = len(members)
    if rows.shape[1] <= FEW_COLUMNS or count <= BLOCK:
        from sklearn.neighbors import NearestNeighbors

        search = NearestNeighbors(n_neighbors=number).fit(rows[members])
        return search.kneighbors(return_distance=False).astype("int32")
    nearest = _Nearest(count, min(number + SPARE, count - 1), rows.dtype)
    blocks = [slice(n, min(n + BLOCK, count)) for n in range(0, count, BLOCK)]
    total = sum(rows[members[block]].sum(axis=0, dtype="float64") for block in blocks)
    # Centred rows have small norms, so that rounding loses little.
    centre = (total / count).astype(rows.dtype)

    def centred(block: slice) -> np.ndarray:
        return rows[members[block]] - centre

    norms = np.concatenate([(centred(block) ** 2).sum(axis=1) for block in blocks])
    # Each block with itself first: then few of the other pairs are near enough.
    pairs = [(block, block) for block in blocks]
    pairs += itertools.combinations(blocks, 2)
    loaded = None
    for ours, theirs in pairs:
        if loaded != ours:
            loaded, points = ours, centred(ours)
        squares = points @ centred(theirs).T
        squares *= -2
        squares += norms[ours, np.newaxis]
        squares += norms[theirs]
        if theirs == ours:
            np.fill_diagonal(squares, np.inf)
        nearest.update(ours, theirs, squares)
    return _measured(rows, members, nearest, norms, number)


class _Nearest:
    """The nearest rows that have been found for each row, unsorted."""

    def __init__(self, rows, number, dtype):
        self.indices = np.zeros((rows, number), "int32")
        self.squares = np.full((rows, number), np.inf, dtype)
        self.limits = np.full(rows, np.inf, dtype)  # the largest square of each row

    def update(self, ours: slice, theirs: slice, squares: np.ndarray) -> None:
        """Keeps the nearer rows of two blocks, given the distances between them."""
        width = squares.shape[1]
        near = np.flatnonzero(squares < self.limits[ours, np.newaxis])
        row, column = np.divmod(near, width)
        if theirs != ours:
            near = np.flatnonzero(squares < self.limits[theirs])
            of_theirs, other = np.divmod(near, width)[::-1]
            order = np.argsort(of_theirs, kind="stable")
            of_theirs, other = of_theirs[order], other[order]
            distances = squares[other, of_theirs]
            self._take(theirs.start, of_theirs, ours.start + other, distances)
        self._take(ours.start, row, theirs.start + column, squares[row, column])

    def _take(self, start, row, others, distances):
        """Merges new candidates, sorted by row, into the nearest of these rows."""
        number = self.squares.shape[1]
        if len(row) == 0:
            return
        first = np.flatnonzero(np.diff(row, prepend=-1))
        rows = row[first]
        found = np.diff(first, append=len(row))
        # A table with the old candidates of each row, then the new ones.
        column = np.arange(len(row)) - np.repeat(first, found)
        line = np.repeat(np.arange(len(rows)), found)
        shape = (len(rows), number + found.max())
        squares = np.full(shape, np.inf, distances.dtype)
        indices = np.zeros(shape, "int32")
        squares[:, :number] = self.squares[start + rows]
        indices[:, :number] = self.indices[start + rows]
        squares[line, number + column] = distances
        indices[line, number + column] = others
        best = np.argpartition(squares, number - 1, axis=1)[:, :number]
        squares = np.take_along_axis(squares, best, axis=1)
        self.squares[start + rows] = squares
        self.limits[start + rows] = squares.max(axis=1)
        self.indices[start + rows] = np.take_along_axis(indices, best, axis=1)


def _measured(rows, members, nearest, norms, number):
    """Sorts the candidates by their distances in float64 and keeps the nearest."""
    count = len(members)
    result = np.empty((count, number), "int32")
    # A product of p terms is rounded by at most about p units in the last place.
    unit = np.finfo(rows.dtype).eps * rows.shape[1]
    for start in range(0, count, BLOCK // 16):
        part = slice(start, start + BLOCK // 16)
        indices = nearest.indices[part]
        away = rows[members[indices]].astype("float64")
        away -= rows[members[part], np.newaxis]
        squares = np.einsum("nkc,nkc->nk", away, away)
        order = np.argsort(squares, axis=1, kind="stable")[:, :number]
        result[part] = np.take_along_axis(indices, order, axis=1)
        farthest = np.take_along_axis(squares, order[:, -1:], axis=1)[:, 0]
        if indices.shape[1] == count - 1:
            continue
        bound = unit * 2 * (norms[part] + norms.max())
        unsure = nearest.limits[part] - bound < farthest
        for row in start + np.flatnonzero(unsure):
            squares = np.concatenate(
                [
                    _squares(rows[members[first : first + BLOCK]], rows[members[row]])
                    for first in range(0, count, BLOCK)
                ]
            )
            squares[row] = np.inf
            result[row] = np.argsort(squares, kind="stable")[:number]
    return result


def _squares(rows, row):
    """Squared distances in float64."""
    return ((rows.astype("float64") - row) ** 2).sum(axis=1)


def mixed_rows(rows: np.ndarray, categorical: tuple[int, ...]) -> np.ndarray:
    r"""Encodes the rows of a class so that Euclidean distances are SMOTE-NC's.

    A categorical column that differs adds $m^2$ to the squared distance, where $m$
    is the median of the standard deviations of the numeric columns in this class.
    So each of its values becomes a column that holds 0 or $m / \sqrt 2$.
    """
    numeric = np.delete(rows, categorical, axis=1).astype("float64")
    distance = np.median(numeric.std(axis=0))
    columns = [numeric]
    for column in categorical:
        values = np.unique(rows[:, column])
        marks = rows[:, column, np.newaxis] == values
        columns.append(marks * (distance / np.sqrt(2)))
    return np.concatenate(columns, axis=1)
