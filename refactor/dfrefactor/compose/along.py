"""What is found in a file of the repository that passes as a build argument what its Dockerfile takes as a secret."""

from __future__ import annotations

from collections.abc import Iterator

from dfrefactor.compose.args import AskedBy, Passing
from dfrefactor.compose.file import BuildFile
from dfrefactor.compose.handing import Handing
from dfrefactor.finding import Asked, Finding, Severity
from dfrefactor.secrets.exposure import commands
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Span

ASIDE = "this file was not named, so it is left as it is: give the folder that both are in"


def along(file: BuildFile, known: AskedBy, aside: bool, rule: str) -> Iterator[Finding]:
    """The findings of a Compose or bake file; `known` are the arguments that Dockerfiles take as secrets.

    A file that is `aside` is not to be changed.
    """
    handing = file.handing(known)
    if handing is None:
        return
    reasons = {each: handing.why_not(each) or (ASIDE if aside else "") for each in handing.passings}
    edits = handing.edits([each for each, why in reasons.items() if not why])
    for passing, why in reasons.items():
        yield _finding(handing, passing, why, edits.get(passing, ()), rule)
    yield from _unknown(handing, known, rule)


def said(asked: Asked, dockerfile: str) -> str:
    return f"{dockerfile} takes build argument {asked.argument} as secret {asked.secret}"


def _finding(file: Handing, passing: Passing, why: str, edits: tuple[Edit, ...], rule: str) -> Finding:
    asked, names = passing.asked, ", ".join(f"`{build.name}`" for build in passing.builds)
    what = said(asked, passing.builds[0].file or "its Dockerfile")
    secrets = (passing.value.span,) if passing.value is not None and passing.value.text else ()
    if edits:
        gone, new = frozenset({asked.argument}), frozenset({asked.secret})
        message = f"{what}: {names} passes it so" if len(passing.builds) == 1 else f"{what}: {names} pass it so"
        return Finding(rule, passing.place.span, message, edits, gone=gone, new=new, secrets=secrets, severity=Severity.WARNING)
    return Finding(rule, passing.place.span, f"{what}, and {names} still passes the argument: {why}",
                   notes=(_written(file, asked, passing.variable),), secrets=secrets, severity=Severity.WARNING)  # fmt: skip


def _written(file: Handing, asked: Asked, variable: str) -> str:
    """What to write where we do not."""
    _, compose, bake = commands({asked.secret: f"env={variable or asked.argument}"})
    return bake if file.bake else compose


def _unknown(file: Handing, known: AskedBy, rule: str) -> Iterator[Finding]:
    """Builds that pass such an argument and do not say which Dockerfile they build: it may be ours."""
    from dfrefactor.compose.args import places

    for dockerfile, every in known.items():
        for asked in every:
            for build in (each for each in file.builds if each.file is None and each.inline is None):
                for _, _, holder, entry in places(build, asked.argument, file.bake):
                    place = holder.items[entry] if holder.items else holder.pairs[entry][0]
                    message = f"{said(asked, dockerfile)}: if `{build.name}` builds that, it has to pass it so"
                    yield Finding(rule, Span(*place.span), message, notes=(_written(file, asked, ""),), severity=Severity.WARNING)
