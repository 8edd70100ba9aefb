"""Data sets for forecasting: windows of series, split in the order of time."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from recipes.data.dataset import Dataset
from recipes.data.windows import Windows
from recipes.sources.parts.division import Division
from recipes.sources.series.seasons import season_of
from recipes.sources.series.series_table import Series, read_series
from recipes.sources.series.window_options import WindowOptions
from zoo.errors import InputError
from zoo.kinds import Kind

if TYPE_CHECKING:
    from recipes.sources.tables.tables import Table

FOR_INTERVAL = 9  # windows of the validation part, for an interval of 90 %
SHORTEST = 8  # steps of a window that is not given


def load_series(
    table: "Table",
    target: tuple[str, ...],
    options: WindowOptions,
    *,
    name: str,
    division: Division,
    drop_columns: tuple[str, ...] = (),
    feature_names: tuple[str, ...] | None = None,
) -> Dataset:
    """A data set of windows from a table of series.

    The last fifth of the steps is the test part, the tenth before it the validation
    part, unless `division` has other shares. A part has the windows whose answers lie
    in it: answers of two parts never overlap. A window of the validation or the test
    part may read steps of the part before, as a forecast does that is made at that
    time.
    """
    if division.test or division.keeps_duplicates:
        option = "test_groups" if division.test else "keep_duplicates_together"
        raise InputError(
            f"`{option}` chooses examples for a part, and a forecast is tested on the "
            "last steps: leave it out."
        )
    if division.rule != "group":
        raise InputError(
            f"{division.option} does not apply to forecasts, which are split in the "
            "order of time: give proportions such as 70/15/15, or leave it out."
        )
    lacking = division.lacking(())
    shares = division.shares(lacking)
    notes: list[str] = []
    series = read_series(
        table,
        target,
        options,
        group=division.by,
        drop_columns=drop_columns,
        feature_names=feature_names,
        notes=notes,
    )
    series = _without_future(series, notes)
    if division.fold is not None:
        series, shares["test"] = _until_fold(series, division.fold, notes)
    cut = _cut_of(series, options, shares, notes)
    starts = cut.starts(series)
    if not len(starts):
        raise _too_short(series, cut, lacking)
    if division.split:
        parts = _split(series, cut, starts, shares, notes)
    else:
        parts = dict.fromkeys(("train", "validation", "test"), starts[:0])
        parts["train" if division.elsewhere else "test"] = starts
        notes.append(f"all {len(starts):,} windows are used")
    made = {part: cut.windows(series, chosen) for part, chosen in parts.items()}
    if division.split:
        _check_varied(made["train"], target)
    if len(series.names) > 1:
        notes.append(f"{len(series.names):,} series, told apart by {division.by!r}")
    return Dataset(
        name=name,
        kind=Kind.SEQUENCES,
        class_names=(),
        feature_names=series.columns,
        value_names=target,
        notes=tuple(notes),
        task="forecasting",
        train=made["train"],
        validation=made["validation"],
        test=made["test"],
    )


@dataclasses.dataclass(frozen=True)
class Cut:
    """How series are cut into windows.

    Attributes:
        window: Steps to predict from.
        horizon: Steps to predict.
        season: Steps in a season.
    """

    window: int
    horizon: int
    season: int

    @property
    def rows(self) -> int:
        return self.window + self.horizon

    def starts(self, series: Series) -> np.ndarray:
        """The first row of every window that has its answers, without a gap."""
        first = np.arange(len(series))
        return first[first + self.rows <= series.segment_ends()]

    def windows(self, series: Series, starts: np.ndarray) -> Windows:
        """A part that holds only the rows that its windows read."""
        edges = np.zeros(len(series) + 1, "int64")
        np.add.at(edges, starts, 1)
        np.add.at(edges, starts + self.rows, -1)
        rows = np.flatnonzero(np.cumsum(edges[:-1]))
        numbers = np.zeros(len(series), "int64")
        numbers[rows] = np.arange(len(rows))
        taken: slice | np.ndarray = rows
        if len(rows) and len(rows) == rows[-1] + 1 - rows[0]:
            taken = slice(int(rows[0]), int(rows[-1]) + 1)  # A view, not a copy.
        values = series.values[taken]
        return Windows(
            inputs=values,
            labels=values[:, : series.targets],
            starts=numbers[starts],
            window=self.window,
            horizon=self.horizon,
            known=series.known,
            season=self.season,
            times=series.times[taken],
            axis=series.axis,
        )


def _without_future(series: Series, notes: list[str]) -> Series:
    future = np.flatnonzero(series.is_future)
    if not len(future):
        return series
    if len(future) == len(series):
        raise InputError(f"{series.source}: every value to predict is missing.")
    notes.append(
        f"{len(future):,} last rows without a value to predict are left out, the "
        f"first: {series.where[future[0]]}"
    )
    return series.taken(np.flatnonzero(~series.is_future))


def _until_fold(
    series: Series, fold: tuple[int, int], notes: list[str]
) -> tuple[Series, Fraction]:
    """The steps up to the end of a fold, and the share of the fold among them.

    The first of `folds + 1` stretches of equal length only trains; each of the others
    is tested on by a model that was trained on all before it.
    """
    number, folds = fold
    last = np.sort(series.steps)[len(series) * (number + 1) // (folds + 1) - 1]
    kept = np.flatnonzero(series.steps <= last)
    later = len(series) - len(kept)
    notes.append(
        f"fold {number} of {folds} in the order of time: {later:,} later rows are not "
        "used"
    )
    return series.taken(kept), Fraction(1, number + 1)


def _cut_of(
    series: Series,
    options: WindowOptions,
    shares: Mapping[str, Any],
    notes: list[str],
) -> Cut:
    """The window, the horizon and the season, given or chosen; notes say how."""
    ends = series.segment_ends()
    gaps = [
        end
        for end in np.unique(ends)[:-1]
        if series.series[end - 1] == series.series[end]
    ]
    if gaps:
        missing = sum(int(series.steps[g] - series.steps[g - 1] - 1) for g in gaps)
        notes.append(
            f"{missing:,} time steps are missing, the first before "
            f"{series.where[gaps[0]]}; no window crosses them: fill them in to use "
            "windows there"
        )
    longest = int((ends - np.arange(len(series))).argmax())
    values = series.values[longest : ends[longest], 0]
    trained = math.prod(1 - share for share in shares.values())
    kept = max(1, int(len(values) * trained))
    season, why = options.season, "as given"
    if season is None:
        season, why = season_of(series.axis, values[:kept])
        if season == 1:
            notes.append(f"{why} (--season gives one)")
    horizon = options.horizon
    if horizon is None:
        horizon = season
        how = "one season" if season > 1 else "the next step"
        notes.append(f"horizon {horizon}: {how} (--horizon)")
    window = options.window
    if window is None:
        window = max(2 * season, horizon, SHORTEST)
        notes.append(
            f"window {window}: two seasons, at least the horizon and {SHORTEST} steps "
            "(--window)"
        )
    if season > window:
        if options.season is not None:
            raise InputError(
                f"`season` {season} is longer than `window` {window}: give a longer "
                "window, so that a forecast can read the value a season ago."
            )
        notes.append(
            f"season {season}, {why}, is longer than the window: not used (--window)"
        )
        season = 1
    elif options.season is None and season > 1:
        notes.append(f"season of {season} steps, {why} (--season)")
    if series.known and window < horizon:
        raise InputError(
            f"`window` {window} must be at least `horizon` {horizon} with columns "
            "known in advance (`known`, `calendar`): give a longer window."
        )
    return Cut(window, horizon, season)


def _split(
    series: Series,
    cut: Cut,
    starts: np.ndarray,
    shares: Mapping[str, Any],
    notes: list[str],
) -> dict[str, np.ndarray]:
    """The windows of each part: those whose answers lie between its borders."""
    count, several = len(series), len(series.names)
    tested = validated = 0
    if "test" in shares:
        tested = max(math.ceil(shares["test"] * count), cut.horizon * several)
    left = count - tested
    if "validation" in shares:
        validated = max(math.ceil(shares["validation"] * left), cut.horizon * several)
        roomy = (cut.horizon + FOR_INTERVAL) * several  # enough for an interval
        if left - roomy >= 2 * cut.rows * several:
            validated = max(validated, roomy)
    if left - validated < cut.rows:
        raise _too_short(series, cut, [*shares])
    ordered = np.sort(series.steps)
    ordered = np.append(ordered, ordered[-1] + 1)  # the end, if nothing is split off
    borders = ordered[left - validated], ordered[left]
    first = series.steps[starts + cut.window]
    last = series.steps[starts + cut.rows - 1]
    parts = {
        "train": starts[last < borders[0]],
        "validation": starts[(first >= borders[0]) & (last < borders[1])],
        "test": starts[first >= borders[1]],
    }
    if not all(len(parts[name]) for name in ("train", *shares)):
        raise _too_short(series, cut, [*shares])
    begin = []
    for name, border in zip(("validation", "test"), borders, strict=True):
        if name in shares:
            row = int(np.flatnonzero(series.steps == border)[0])
            label = series.axis.label(float(series.times[row]))
            begin.append(f"{name} answers begin at {label}")
    if begin:
        notes.append(
            f"split in the order of time: {', '.join(begin)}; windows may read steps "
            "before them, answers of two parts never overlap"
        )
    return parts


def _too_short(series: Series, cut: Cut, lacking: Sequence[str]) -> InputError:
    ends = series.segment_ends()
    longest = int((ends - np.arange(len(series))).max()) if len(series) else 0
    rows = f"{len(series):,} rows"
    if longest < len(series):
        rows += f", at most {longest:,} of them without a gap"
    remedy, same = "add rows", np.diff(series.series) == 0
    if (same & (np.diff(series.steps) > 1)).any():
        remedy = "fill in the missing steps, leave out `time` (--time) to count rows"
    needed, why = (
        cut.rows,
        f"a window of {cut.window} steps and a horizon of {cut.horizon}",
    )
    if lacking:
        needed += len(lacking) * cut.horizon
        parts = " and a ".join(sorted(lacking, reverse=True))
        why += f", and a {parts} part of at least a horizon each,"
    return InputError(
        f"{series.source} has {rows}; {why} need {needed:,}: "
        f"{remedy}, or give a shorter `window` (--window) or `horizon` (--horizon)."
    )


def _check_varied(train: Windows, target: tuple[str, ...]) -> None:
    for name, values in zip(target, train.labels.T, strict=True):
        if (values == values[0]).all():
            raise InputError(
                f"Every {name!r} of the training part is {values[0]:g}: there is "
                "nothing to predict."
            )
