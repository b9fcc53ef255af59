"""The version of the tool: the tag it was built from, and how far that was; and where the tool is at home."""

try:
    from dfrefactor._version import __version__ as __version__
except ImportError:  # neither built nor installed: the files alone, on somebody's path
    __version__ = "0.0.0+unknown"

HOME = "https://pypi.org/project/dfrefactor/"


def page(rule: str) -> str:
    """The address of what is said about a pass."""
    return f"{HOME}#{rule}"
