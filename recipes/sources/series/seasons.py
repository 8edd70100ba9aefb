"""The season of a series: how many steps after which it repeats."""

import numpy as np

from recipes.data.time_axis import TimeAxis

DAY = 24 * 60  # minutes
CLEAR = 0.3  # autocorrelation at the season, at least
LONGEST = 1000  # steps, of a season that is not given


def season_of(axis: TimeAxis, values: np.ndarray) -> tuple[int, str]:
    """The steps in a season, and why, for a note; 1 without a season.

    The calendar says it for months, days, and parts of a day down to 2 minutes. For
    other steps it is the lag of the highest peak of the autocorrelation, of at most
    1,000 steps, if this is at least 0.3.

    Args:
        axis: How the times are spaced.
        values: Values of the training, without gaps, `(n,)`.
    """
    told = f"because the steps are {axis.describe()}"
    if axis.unit == "month" and 12 % axis.step == 0 and axis.step < 12:
        return round(12 / axis.step), told
    if axis.unit == "day":
        minutes = axis.step * DAY
        for length in (DAY, 7 * DAY):
            steps = length / minutes
            if 2 <= steps <= LONGEST and abs(steps - round(steps)) < 1e-3:
                return round(steps), told
    lag, height = _highest_peak(values)
    if height >= CLEAR:
        return lag, f"where the autocorrelation has its highest peak, {height:.2f}"
    return 1, "no season: the autocorrelation has no clear peak"


def _highest_peak(values: np.ndarray) -> tuple[int, float]:
    """The lag of the highest peak of the autocorrelation, without a linear trend."""
    values = np.asarray(values, "float64")
    count = len(values)
    longest = min(count // 3, LONGEST)
    if longest < 3:
        return 1, 0.0
    steps = np.arange(count)
    values = values - np.polyval(np.polyfit(steps, values, 1), steps)
    size = 2 ** int(np.ceil(np.log2(2 * count)))
    power = np.abs(np.fft.rfft(values, size)) ** 2
    correlation = np.fft.irfft(power, size)[: longest + 1]
    if correlation[0] <= 0:
        return 1, 0.0
    correlation = correlation / correlation[0]
    inner = correlation[1:-1]
    peaks = 1 + np.flatnonzero((inner > correlation[:-2]) & (inner >= correlation[2:]))
    if not len(peaks):
        return 1, 0.0
    best = int(peaks[correlation[peaks].argmax()])
    return best, float(correlation[best])
