"""The version, written when the package is built or installed."""

__version__ = "0.1.0.dev464+gb20246d2c.d20261126"
