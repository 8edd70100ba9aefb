"""Help of a subcommand in sections."""

from collections.abc import Mapping
from typing import Any

import click


class SectionedCommand(click.Command):
    """A command whose options stand in sections of its help.

    Args:
        sections: For the name of an option, the section that it is in. Options stand
            in this order.
        default_section: The section that begins with all other options.
        **options: As `click.Command` takes them.
    """

    def __init__(
        self, *, sections: Mapping[str, str], default_section: str, **options: Any
    ) -> None:
        super().__init__(**options)
        self._sections, self._default_section = sections, default_section

    def format_options(self, context: Any, formatter: click.HelpFormatter) -> None:
        names = [*self._sections]
        options = [p for p in self.get_params(context) if isinstance(p, click.Option)]
        options.sort(key=lambda p: names.index(p.name) if p.name in names else -1)
        for section in dict.fromkeys(self._sections.values()):
            with formatter.section(section):
                formatter.write_dl(
                    option.get_help_record(context) or ("", "")
                    for option in options
                    if self._sections.get(option.name, self._default_section) == section
                )
