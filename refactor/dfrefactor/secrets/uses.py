"""Which of what was seen are uses of a credential, and which files of the build context are one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dfrefactor.dockerfile.instructions import Add, Copy, Run
from dfrefactor.effects.paths import covers
from dfrefactor.facts import Facts
from dfrefactor.lazy import regex
from dfrefactor.secrets.brought import Copied, is_for_credentials
from dfrefactor.secrets.carriers import Reading, Sight
from dfrefactor.secrets.carry import is_ssh_key, later, named_for, touches, trace
from dfrefactor.secrets.paths import SECRET_FILES, of_scope, real
from dfrefactor.secrets.ran import Ran
from dfrefactor.secrets.types import RUNNING, Credential, Use
from dfrefactor.text.source import Span


def uses(seen: list[Sight], names: frozenset[str]) -> Iterator[Use]:
    done: set[tuple[Span, str]] = set()
    found: list[Sight] = []
    for sight in seen:
        if sight.where != "step" or sight.role == "config":
            continue
        name = min(sight.names & names)
        if (sight.instruction.span, name) in done and (sight.role != "authenticate" or covered(sight, found)):
            continue
        done.add((sight.instruction.span, name))
        found.append(sight)
        yield Use(sight.instruction, sight.stage, sight.span, sight.how, name, True, sight.command, sight.role)


def covered(sight: Sight, found: list[Sight]) -> bool:
    """Whether the same place was already told of in other words."""
    return any(s.span.overlaps(sight.span) and s.role == "authenticate" for s in found)


def starts_a_script(facts: Facts, ran: Ran) -> bool:
    """Whether a command runs a file that an earlier COPY or ADD brings."""
    args = ran.event.args
    script = args[0].value if args and "/" in args[0].value else ""
    if ran.entry.interprets:
        script = next((arg.value for arg in args[1:] if not arg.value.startswith("-")), "")
    stage = facts.document.stages[ran.stage]
    path = ran.path(script)
    for each, scope in zip(stage.instructions, facts.scopes(stage), strict=True) if script else ():
        if isinstance(each, Copy | Add) and not each.flag("from") and each.words and each.span < ran.instruction.span:
            folder = of_scope(each.dest.text, scope)
            if covers(folder, path) or (path.startswith("/") and not folder.startswith("/")):
                return True
    return False


_ALONE = regex(r"\$(?:\w+|\{\w+\})")
_POSITION = regex(r"(?:authorization|token|passw\w*|secret|key|auth)[\w-]*[\"']?\s*[:=]|://[^/@]*\$\(", re.I)


def _is_for_the_build(facts: Facts, reading: Reading, uses: tuple[Use, ...]) -> bool:
    """Whether the container runs a known program, and none of those that read the configuration while it is built."""
    every = (each for below in reading.document.stages[-1].chain for each in below.instructions)
    commands = [each for each in every if each.keyword in ("CMD", "ENTRYPOINT")]
    programs = [each.words[0].text.rpartition("/")[2] if each.is_json and each.words else "" for each in commands]
    entries = [facts.catalog.get(name) if name else None for name in programs]
    plain = [each for each in entries if each and not (each.shell or each.runs or (each.project and each.network))]
    return bool(plain) and len(plain) == len(entries) and bool(uses) and not {use.command for use in uses} & set(programs)


def files(facts: Facts, reading: Reading, secret: frozenset[str]) -> Iterator[Credential]:
    """The credential files that steps copy in.

    One that is configuration as often as not counts where a step takes it away again, for then it was not meant to stay; one
    of any name where a command authenticates with it.
    """
    for copied, stage in ((each, stage) for each, stage in reading.copied if each.proof != "none"):
        certain = copied.certain or _authenticates(reading, copied.path, copied.instruction.span, stage)
        proven = certain and not copied.certain
        if copied.proof == "holds" and not proven:
            behind = later(reading, copied.instruction.span, stage)
            named = any(True for ran in behind for _ in named_for(ran, real(copied.path), "configuration"))
            proven = certain or copied.likely or named
        if not (certain or copied.likely or proven):
            continue
        carriers = tuple(trace(reading, copied.path, copied.instruction, stage, copied.instruction.span))
        removed = any(carrier.removed for carrier in carriers)
        if not (certain or proven or (removed and not _names_a_variable(reading, copied, stage, secret))):
            continue
        uses = tuple(_uses(reading, copied, stage, [carrier.path for carrier in carriers]))
        runtime = () if removed or uses else (RUNNING,)
        twins = (other for other, at in reading.copied if at == stage and other is not copied and other.name == copied.name)
        blocked = tuple(f"line {other.instruction.lines[0]} copies it to {other.path} too" for other in twins)
        of_build = not _names_a_variable(reading, copied, stage, secret) and _is_for_the_build(facts, reading, uses)
        if copied.likely and not removed and not of_build:
            blocked += ("it is configuration, which the running container may need too: remove it in a step if it does not",)
        if copied.among:
            step = f"{copied.instruction.keyword} (line {copied.instruction.lines[0]})"
            blocked = (f"{step} brings it with other files: keep it out with .dockerignore, and give it to steps as a secret",)
        yield Credential(
            "file", copied.name, copied.span, frozenset({stage}), uses=uses, carriers=carriers, runtime=runtime, blocked=blocked,
            among=copied.among, folder=copied.folder, likely=copied.likely and not proven and not removed,
        )  # fmt: skip


def contents(reading: Reading) -> Iterator[str]:
    """The variables that are all there is in a file which authenticates: content of one ARG, whatever its name."""
    for wrote in reading.wrote:
        ran, hits = wrote.ran, [hit for hit in wrote.written.hits if hit.names]
        if ran is None or len(wrote.names) != 1 or (ran.event.args and not ran.entry.prints):
            continue
        texts = (ran.instruction.source.text[slice(*ran.text.span(hit.span))].strip("\"'") for hit in hits)
        if not all(_ALONE.fullmatch(text) for text in texts):
            continue
        carriers = list(trace(reading, wrote.written.path, wrote.instruction, wrote.stage, ran.span))
        removed = any(carrier.removed for carrier in carriers)
        for path in (carrier.path for carrier in carriers):
            meant = is_for_credentials(path) or (removed and SECRET_FILES.search(path))
            if meant or _authenticates(reading, path, ran.span, wrote.stage):
                yield min(wrote.names)


def _authenticates(reading: Reading, path: str, at: Span, stage: int) -> bool:
    """Whether a command takes the file for a key, or puts what is in it into an authentication position."""
    path = real(path)
    before: list[Ran] = []
    for ran in later(reading, at, stage):
        if any(True for _ in named_for(ran, path, "credentials")):
            return True
        for name, arg in ((name, arg) for found in ran.event.found for name, _, arg in found.values):
            option = ran.entry.options.get(name)
            if option is not None and "key" in option.words and ran.path(arg.value.removeprefix("@")) == path:
                return True
        if is_ssh_key(ran, path):
            return True
        for word in (arg.word for arg in (*ran.event.args, *(arg for _, arg in ran.event.assigns)) if arg.word is not None):
            if word.scripts and _POSITION.search(word.text):
                place = ran.text.span(ran.event.origin.span(word.span))
                inner = (each for each in before if place.holds(each.span))
                if any(each.entry.prints and each.path(arg.value) == path for each in inner for arg in each.event.args[1:]):
                    return True
        before.append(ran)
    return False


def _names_a_variable(reading: Reading, copied: Copied, stage: int, secret: frozenset[str]) -> bool:
    """Whether the file is configuration that names a variable, as `.npmrc` does with `${NPM_TOKEN}`: that one is the secret."""
    behind = later(reading, copied.instruction.span, stage)
    readers = (ran for ran in behind if ran.entry.any and touches(ran, real(copied.path)))
    return any(secret & ran.visible or _is_given(ran) for ran in readers)


def _is_given(ran: Ran) -> bool:
    """Whether a secret mount gives its step a variable."""
    mounts = ran.instruction.mounts if isinstance(ran.instruction, Run) else ()
    return any(mount.type == "secret" and mount.fields.get("env") for mount in mounts)


def _uses(reading: Reading, copied: Copied, stage: int, paths: list[str]) -> Iterator[Use]:
    done: set[tuple[int, str]] = set()
    for ran in later(reading, copied.instruction.span, stage):
        key = (ran.instruction.span.start, ran.name)
        for path in paths:
            touch = touches(ran, real(path))
            reads = touch in ("writes", "sets", "reads") or (touch == "copies" and not ran.entry.carries)
            if reads and key not in done:
                done.add(key)
                yield Use(ran.instruction, ran.stage, ran.span, f"by `{ran.name}`, which reads {path}", "", False, ran.name)
