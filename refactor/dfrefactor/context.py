"""The build context beside a Dockerfile, where somebody looked: the core reads no files itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Tree:
    """The files of a build context that its .dockerignore does not keep out: their paths below it, and what is in one.

    `aside` are folders of it that hold other people's files, and are not looked into.
    """

    paths: tuple[str, ...]
    read: Callable[[str], str | None]
    aside: tuple[str, ...] = ()


Look = Callable[[tuple[str, ...]], Tree | None]
"""The context that has these files and folders; None where it is not found."""
