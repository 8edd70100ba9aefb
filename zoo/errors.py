"""The one exception for what a caller can put right."""


class InputError(ValueError):
    """What the caller gave cannot be used.

    The message names the thing, says what was found, what is allowed and, where
    there is one, the remedy. The `zoo` command prints it without a traceback and
    exits with status 2.
    """
