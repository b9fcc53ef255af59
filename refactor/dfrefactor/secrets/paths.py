"""Paths as commands name them, made comparable: home as `~`, relative ones below a known folder, variables put in."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from dfrefactor.dockerfile.expand import variables
from dfrefactor.dockerfile.scope import Scope, expand
from dfrefactor.shell import Word

_HOME = re.compile(r"^(?:~(?=/|$)|\$HOME\b|\$\{HOME\}|/root(?=/|$))")
_TILDE = re.compile(r"^(?:~(?=/|$)|\$HOME\b|\$\{HOME\})")
_OTHER_HOME = re.compile(r"^/home/(\w[\w.-]*)(?=/|$)")


@dataclass(frozen=True)
class Place:
    """Where a command stands: the scope of its instruction, and the folder it changed to ("" where that is WORKDIR's)."""

    scope: Scope
    cwd: str = ""
    exact_cwd: str = ""

    def exact(self, text: str) -> str:
        """`text` as a path that names the same file wherever a command of the same user stands; relative where that is unknown.

        Unlike `path` it takes no home for known: what is written as /root/x is not called ~/x.
        """
        bare = re.sub(r"[\"']", "", text)
        if _TILDE.match(bare):
            return _normal(_TILDE.sub("~", bare, count=1))
        if bare.startswith(("/", "$")):
            return _normal(bare)
        folder = self.exact_cwd or self.scope.workdir or ""
        return _normal(f"{folder.rstrip('/')}/{bare}") if folder else _normal(bare)

    def path(self, text: str) -> str:
        """`text` as an absolute path or one below `~`; still relative, or with a variable in it, where that is unknown."""
        bare = re.sub(r"[\"']", "", text)
        if not bare:
            return bare
        home = _HOME.match(bare)
        if home and "HOME" in self.scope.variables:
            known = self.scope.variables["HOME"]
            if known and not bare.startswith("/root"):
                return _normal(known + bare[home.end() :])
        elif home and (not bare.startswith("/root") or self.is_root):
            return _normal("~" + bare[home.end() :])
        user = _OTHER_HOME.match(bare)
        if user and user[1] == (self.scope.user or "").partition(":")[0]:
            return _normal("~" + bare[user.end() :])
        if "$" in bare:
            known = expand(bare, self.scope) if variables(bare) <= self.scope.variables.keys() - self.scope.args.keys() else None
            if known is None:  # not known, or an ARG, which a build may set to something else
                return bare
            bare = known
            if _HOME.match(bare):
                return self.path(bare)
        if bare.startswith("/"):
            return _normal(bare)
        whole = _normal(self.folder.rstrip("/") + "/" + bare) if self.folder else _normal(bare)
        return self.path(whole) if whole.startswith("/") else whole

    @property
    def is_root(self) -> bool:
        user = self.scope.user
        return user is None or user.partition(":")[0] in ("root", "0", "")

    @property
    def folder(self) -> str:
        """The working directory, "" where it is not known."""
        return self.cwd or self.scope.workdir or ""

    def moved(self, word: Word | None) -> Place:
        """The place after `cd`."""
        text = word.text if word is not None else "~"
        return Place(self.scope, self.path(text), self.exact(text))


def _normal(path: str) -> str:
    return posixpath.normpath(path) if path else path


def covers(folder: str, path: str) -> bool:
    """Whether `path` is `folder` or below it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/") or folder == "/"
