"""Suggestions for misspelt subcommands."""

from typing import Any

import click

from zoo.names import nearest


class SuggestingGroup(click.Group):
    """A group that suggests the nearest subcommand for a name that it does not have."""

    def resolve_command(self, context: Any, arguments: list[str]) -> Any:
        name = arguments[0]
        if not name.startswith("-") and self.get_command(context, name) is None:
            hint = nearest(name, self.commands)
            raise click.UsageError(f"There is no command {name!r}; {hint}", context)
        return super().resolve_command(context, arguments)
