"""What is found in a file of the repository that passes as a build argument what its Dockerfile takes as a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dfrefactor.compose.args import AskedBy, Passing, places, wanted
from dfrefactor.compose.edits import pairs
from dfrefactor.compose.file import BuildFile
from dfrefactor.compose.found import Found
from dfrefactor.compose.giving import given
from dfrefactor.compose.handing import Handing
from dfrefactor.compose.plan import edits as planned
from dfrefactor.finding import Asked, Finding
from dfrefactor.secrets.exposure import commands


def along(file: BuildFile, known: AskedBy, aside: bool, rule: str) -> Iterator[Finding]:
    """The findings; `known` are the arguments that Dockerfiles take as secrets.  A file that is `aside` is not to be changed."""
    found = [each.finding(rule, aside) for each in _found(file, known)]
    yield from sorted(found, key=lambda finding: finding.span)


def _found(file: BuildFile, known: AskedBy) -> Iterator[Found]:
    handing = file.handing(known)
    if handing is not None:
        found = [*_builds(handing), *_computed(handing), *_unknown(handing, known)]
        yield from found
        yield from _missing(handing, any(each.edits for each in found))
    elif file.kind in ("script", "makefile"):
        from dfrefactor.compose.lines import in_script

        yield from in_script(file.source, known, makefile=file.kind == "makefile")
    elif file.root is not None:
        from dfrefactor.compose.jobs import in_jobs
        from dfrefactor.compose.workflow import in_workflow

        yield from (in_workflow if file.kind == "workflow" else in_jobs)(file.source, file.root, known)


def _builds(handing: Handing) -> Iterator[Found]:
    reasons = {each: _why_not(handing, each) for each in handing.passings}
    made = planned(handing, [each for each, why in reasons.items() if not why]) or {}
    for each, reason in reasons.items():
        why = reason or ("" if each in made else "with the others it can't be edited")
        value = each.value.span if each.value is not None and each.value.text else None
        who = tuple(f"`{build.name}`" for build in each.builds)
        yield Found(each.asked, each.builds[0].file or "its Dockerfile", who, each.place.span, made.get(each, ()), why,
                    _written(handing, each.asked, each), value)  # fmt: skip


def _computed(handing: Handing) -> Iterator[Found]:
    """Builds whose arguments are an expression that has such an argument's name in it."""
    for build in handing.builds:
        said = [owner.pairs[at] for part in build.parts for owner, at in pairs(part, "args")]
        for name, value in said:
            for asked in (each for each in wanted(build, handing.known) if each.argument and value.kind == "other"):
                if re.search(rf"(?<!\w){re.escape(asked.argument)}(?!\w)", value.text):
                    why = "its arguments are computed, and only a list or a map of them is read"
                    yield Found(asked, build.file or "its Dockerfile", (f"`{build.name}`",), name.span, why=why,
                                write=_written(handing, asked))  # fmt: skip


def _missing(handing: Handing, others: bool) -> Iterator[Found]:
    """Secrets that were no arguments, one after the other, and none while `others` are edited: the next look finds them."""
    missing = [*handing.missing()]
    first = next((asked for _, asked in missing), None)
    made = given(handing, first, [build for build, asked in missing if asked == first]) if first and not others else {}
    for build, asked in missing:
        edits = made.get(build, ()) if asked == first else ()
        dockerfile, write = build.file or "its Dockerfile", _written(handing, asked)
        yield Found(asked, dockerfile, (f"`{build.name}`",), build.place.span, edits, write=write)


def _why_not(handing: Handing, passing: Passing) -> str:
    """What is in the way of an edit, as a clause; "" for nothing."""
    if why := handing.why_not(passing):
        return why
    return "" if planned(handing, [passing]) is not None else "where it stands can't be edited for this build alone"


def _written(file: Handing, asked: Asked, passing: Passing | None = None) -> str:
    """What to write where we do not."""
    variable = (passing.variable if passing else "") or asked.argument
    _, compose, bake = commands({asked.secret: asked.given or f"env={variable}"})
    return bake if file.bake else compose


def _unknown(file: Handing, known: AskedBy) -> Iterator[Found]:
    """Builds that pass such an argument and do not say which Dockerfile they build: it may be ours."""
    for asked in dict.fromkeys(each for every in known.values() for each in every if each.argument):
        for build in (each for each in file.builds if each.file is None and each.inline is None):
            for _, _, holder, entry in places(build, asked.argument, file.bake):
                place = holder.items[entry] if holder.items else holder.pairs[entry][0]
                yield Found(asked, "", (f"`{build.name}`",), place.span, write=_written(file, asked))
