"""The version of the tool, as `pyproject.toml` says it, and where it is at home."""

__version__ = "0.1.0"

HOME = "https://pypi.org/project/dfrefactor/"


def page(rule: str) -> str:
    """The address of what is said about a pass."""
    return f"{HOME}#{rule}"
