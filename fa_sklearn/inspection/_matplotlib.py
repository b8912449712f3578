"""The check for matplotlib, which is an optional dependency."""


def check_matplotlib(caller: str) -> None:
    """Raise an error that names the extra to install if matplotlib is missing.

    Parameters
    ----------
    caller : str
        What needs matplotlib, as its user would write it.

    Raises
    ------
    ImportError
        If matplotlib cannot be imported.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(
            f'{caller} needs matplotlib: run pip install "fa-sklearn[plot]".'
        ) from error
