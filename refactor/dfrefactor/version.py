"""The version of the tool; `pyproject.toml` says the same."""

__version__ = "0.1.0"
