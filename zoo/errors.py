"""The exception for mistakes that the caller can correct."""


class InputError(ValueError):
    """An argument or a file that the caller gave cannot be used.

    The message names it, and says what was found, what is allowed and, if there is
    one, the remedy. The `zoo` command prints it without a traceback and exits with
    status 2.
    """
