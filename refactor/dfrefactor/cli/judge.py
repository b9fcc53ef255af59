"""`--apply --verify`: write only what builds the same image."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dfrefactor.cli.building import Request
from dfrefactor.cli.files import FileError
from dfrefactor.kinds import kind_of
from dfrefactor.result import Result

Judge = Callable[[Result], tuple[str, ...]]
"""Says why an result is not to be written, if so.  Raises FileError where it cannot be told."""


def judge(request: Request) -> Judge:
    """A judge that builds the file before and after, as `request` says, and compares the images."""

    def refusal(result: Result) -> tuple[str, ...]:
        if kind_of(result.path) != "dockerfile":
            return ()  # a cache list is no part of an image
        from dfrefactor.engine.builders import find
        from dfrefactor.engine.process import EngineError
        from dfrefactor.engine.verify import verify
        from dfrefactor.report.verdict import lines

        file, before, after = Path(result.path), result.before.data, result.after.data
        try:
            verdict = verify(
                before, after, request.folder(file),
                options=request.options(file),
                engine=find(request.engine), secrets=request.secrets(), allowed=_allowed(result), keep=request.keep,
            )  # fmt: skip
        except EngineError as problem:
            raise FileError(f"not written, for it could not be verified: {problem}") from None
        return () if verdict.equal else tuple(f"not written: {line}" for line in lines(verdict) if line)

    return refusal


def _allowed(result: Result) -> frozenset[str]:
    """What the findings say will differ: configuration, and paths that are left behind."""
    findings = [finding for rewrite in result.rewrites for finding in rewrite.findings]
    return frozenset[str]().union(*(finding.config | finding.left for finding in findings))
