"""The options of `recipes.load` that only forecasts have."""

import dataclasses

from zoo.errors import InputError


@dataclasses.dataclass(frozen=True)
class WindowOptions:
    """How a series is cut into windows; `recipes.load` documents the attributes."""

    time: str | None = None
    window: int | None = None
    horizon: int | None = None
    known: tuple[str, ...] = ()
    calendar: tuple[str, ...] = ()
    season: int | None = None

    def check_task(self, task: str | None) -> None:
        """Refuses them for other tasks."""
        given = [name for name, value in vars(self).items() if value]
        if given and task != "forecasting":
            name = given[0]
            raise InputError(
                f"`{name}` (--{name}) is for forecasts: give task='forecasting' "
                "(--task forecasting) too, or leave it out."
            )


NO_WINDOWS = WindowOptions()
OPTIONS = tuple(field.name for field in dataclasses.fields(WindowOptions))
