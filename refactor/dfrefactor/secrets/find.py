"""Which credentials a file holds, judged by their values and by how they are used, never by a name alone."""

from __future__ import annotations

from collections.abc import Iterator

from dfrefactor import buildkit
from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.secrets import values
from dfrefactor.secrets.carry import carriers_of
from dfrefactor.secrets.quick import may_hold_credentials
from dfrefactor.secrets.reading import Reading, Sight, read
from dfrefactor.secrets.tools import is_idle, tool
from dfrefactor.secrets.types import RUNNING, Credential, Declaration, Use
from dfrefactor.text.source import Span


def find(document: Document) -> tuple[Credential, ...]:
    """The credentials of `document`, in file order: variables, literals in commands, files of the build context.

    What a secret mount already gives is none of them.  Never raises; a document with errors has none.
    """
    if not may_hold_credentials(document.source.text) or buildkit.errors(document):
        return ()
    return tuple(sorted(_Judge(document).credentials(), key=lambda credential: credential.span))


def tainted_stages(document: Document) -> frozenset[int]:
    """The indices of stages that touch a credential which is no secret mount, and of the stages FROM them."""
    found = {stage for credential in find(document) for stage in credential.stages}
    for stage in document.stages:
        if isinstance(stage.base, Stage) and stage.base.index in found:
            found.add(stage.index)
    return frozenset(found)


class _Judge:
    """One document's evidence, and what follows from it."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.reading: Reading = read(document)
        self.declared: dict[str, list[Declaration]] = {}
        for declaration in self.reading.declarations:
            self.declared.setdefault(declaration.pair.key, []).append(declaration)
        self.secret = self._secret()

    def credentials(self) -> Iterator[Credential]:
        from dfrefactor.secrets.copied import files

        for root in sorted(self.roots()):
            if found := self._variable(root):
                yield found
        yield from self._literals()
        yield from files(self.reading, self.secret)

    def _secret(self) -> frozenset[str]:
        """Names that hold a credential by some evidence, and what they are made of."""
        found: set[str] = set()
        for sight in self.reading.sights:
            if sight.role in ("authenticate", "config"):
                found |= sight.names
            elif sight.where in ("step", "runtime", "onbuild") and sight.command not in ("COPY", "ADD"):
                found |= {name for name in sight.names if self._by_name(name)}
        found |= {name for name in self.declared if self._by_name(name)}
        for ran in self.reading.ran:
            entry = tool(ran.name)
            if entry is not None and entry.variables:
                found |= {
                    name for name in ran.visible if entry.reads(name) and self._may_be(name) and not is_idle(entry, ran.words)
                }
        while more := {source for name in found for source in self._sources(name)} - found:
            found |= more
        while more := {name for name in self.declared if found & self._mentioned(name)} - found:
            found |= more
        return frozenset(name for name in found if name in self.declared)

    def _may_be(self, name: str) -> bool:
        """Whether no value given in the file says that it is none."""
        given = [d.pair.value for d in self.declared.get(name, ()) if d.pair.value is not None]
        return not any(values.is_public(value, name) or _is_switch(value) for value in given)

    def _by_name(self, name: str) -> bool:
        """Whether the name says so, and no value given in the file says otherwise."""
        return values.looks_secret(name) and self._may_be(name)

    def _mentioned(self, name: str) -> frozenset[str]:
        """The variables in the values given to a name."""
        given = [d.pair.value for d in self.declared[name] if d.pair.value]
        return frozenset(each for value in given for each in values.variables(value)) - {name}

    def _sources(self, name: str) -> frozenset[str]:
        """Which of the variables a secret name is made of hold the secret."""
        found: set[str] = set()
        for declaration in self.declared.get(name, ()):
            inside = set(values.variables(declaration.pair.value or "")) & self.declared.keys()
            if len(inside) > 1:
                inside = {n for n in inside if values.looks_secret(n)} or {
                    n for s in self.reading.sights if s.instruction is declaration.instruction for n in s.names if n in inside
                }
            found |= inside
        return frozenset(found)

    def roots(self) -> frozenset[str]:
        return frozenset(name for name in self.secret if not self._mentioned(name) & self.secret)

    def _below(self, root: str) -> frozenset[str]:
        names = {root}
        while more := {name for name in self.secret if self._mentioned(name) & names} - names:
            names |= more
        return frozenset(names)

    def _variable(self, root: str) -> Credential | None:
        names = self._below(root)
        declarations = tuple(d for name in names for d in self.declared[name])
        seen = [s for s in self.reading.sights if s.names & names and s.where != "declaration"]
        uses = [*_uses(seen, names), *self._unnamed(names, seen)]
        runtime = dict.fromkeys(s.instruction.keyword for s in seen if s.where == "runtime")
        held = [d for d in declarations if d.is_env]
        if not uses and not runtime and not self._counts(declarations, held):
            return None
        if held and not any(use.role != "test" for use in uses):
            runtime.setdefault(RUNNING)
        blocked = [
            f"ONBUILD hands it to whoever builds on this image (line {s.instruction.lines[0]})"
            for s in seen
            if s.where == "onbuild"
        ]
        blocked += [
            f"{s.instruction.keyword} puts it into the image (line {s.instruction.lines[0]})" for s in seen if s.where == "config"
        ]
        carriers = carriers_of(self.reading, names, ())
        stages = {d.stage for d in declarations if d.stage >= 0} | {u.stage for u in uses} | {c.stage for c in carriers}
        first = min(declarations, key=lambda d: d.pair.span)
        return Credential(
            "variable", root, first.pair.span, frozenset(stages), names, declarations, self._values(declarations),
            tuple(sorted(uses, key=lambda u: u.span)), carriers, tuple(runtime), tuple(dict.fromkeys(blocked)),
            self._optional(root, seen), any(s.role == "config" for s in seen) and not uses,
        )  # fmt: skip

    def _counts(self, declarations: tuple[Declaration, ...], held: list[Declaration]) -> bool:
        """Whether a secret that nothing is seen to use is still worth a word."""
        given = [d for d in declarations if d.pair.value is not None]
        if any(not values.is_placeholder(d.pair.value or "") for d in given):
            return True
        if held:  # an ENV built on an ARG puts what the build is given into the image; an empty one puts nothing
            return any(values.variables(d.pair.value or "") for d in held)
        return any(d.stage >= 0 for d in declarations)

    def _values(self, declarations: tuple[Declaration, ...]) -> tuple[Span, ...]:
        found = [s.value for s in self.reading.sights if s.value and any(s.instruction is d.instruction for d in declarations)]
        text = self.document.source.text
        for declaration in declarations:
            value, span = declaration.pair.value, declaration.pair.value_span
            if value is None or values.variables(value) or values.is_placeholder(value, True):
                continue
            if any(_inside(each, span) for each in found):
                continue
            quote = 1 if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" and text[span.start] == value[0] else 0
            found.append(Span(span.start + quote, span.end - quote))
        return tuple(dict.fromkeys(found))

    def _optional(self, root: str, seen: list[Sight]) -> bool:
        defaults = [d.pair.value for d in self.declared[root] if d.pair.value is not None]
        return bool(defaults and all(value.strip("\"'") == "" for value in defaults)) or any(s.role == "test" for s in seen)

    def _unnamed(self, names: frozenset[str], seen: list[Sight]) -> Iterator[Use]:
        """Commands that are known to read one of the variables, and do not name it."""
        configured = any(s.role == "config" for s in seen)
        unspoken = not any(s.role in ("authenticate", "mention") for s in seen)
        held = any(d.is_env for name in names for d in self.declared[name])
        spoken = {(s.instruction, name) for s in seen for name in s.names if s.role in ("authenticate", "mention")}
        done: set[tuple[Instruction, str]] = set()
        for ran in self.reading.ran:
            entry = tool(ran.name)
            visible = names & ran.visible
            if entry is None or not visible or (is_idle(entry, ran.words) and not configured):
                continue
            reads = {name for name in visible if entry.may_read(name)}
            if not reads and ((entry.any and unspoken and not held) or (configured and (entry.any or entry.configured))):
                reads = set(visible)
            if reads and not any((ran.instruction, name) in spoken for name in reads) and (ran.instruction, ran.name) not in done:
                done.add((ran.instruction, ran.name))
                yield Use(
                    ran.instruction,
                    ran.stage,
                    ran.span,
                    f"by `{ran.name}`, which reads it without naming it",
                    min(reads),
                    False,
                    ran.name,
                )

    def _literals(self) -> Iterator[Credential]:
        """Secrets written into a command; one that several commands hold is one credential."""
        found: dict[str, list[Sight]] = {}
        for sight in self.reading.sights:
            if sight.value and sight.where != "declaration":
                found.setdefault(self.document.source.text[slice(*sight.value)], []).append(sight)
        for sights in found.values():
            sights = [s for at, s in enumerate(sights) if not _covered(s, sights[:at])]
            spans = tuple(dict.fromkeys(s.value for s in sights if s.value))
            uses = tuple(
                Use(s.instruction, s.stage, s.value or s.span, s.how, "", True, s.command) for s in sights if s.where == "step"
            )
            carriers = carriers_of(self.reading, frozenset(), spans)
            runtime = tuple(dict.fromkeys(s.instruction.keyword for s in sights if s.where in ("runtime", "config")))
            blocked = tuple(
                f"ONBUILD hands it to whoever builds on this image (line {s.instruction.lines[0]})"
                for s in sights
                if s.where == "onbuild"
            )
            stages = frozenset(s.stage for s in sights)
            yield Credential(
                "literal",
                sights[0].how,
                spans[0],
                stages,
                values=spans,
                uses=uses,
                carriers=carriers,
                runtime=runtime,
                blocked=blocked,
            )


def _uses(seen: list[Sight], names: frozenset[str]) -> Iterator[Use]:
    done: set[tuple[Span, str]] = set()
    found: list[Sight] = []
    for sight in seen:
        if sight.where != "step" or sight.role == "config":
            continue
        name = min(sight.names & names)
        role = "authenticate" if sight.role == "authenticate" else "test" if sight.role == "test" else "mention"
        if (sight.instruction.span, name) in done and (role != "authenticate" or _covered(sight, found)):
            continue
        done.add((sight.instruction.span, name))
        found.append(sight)
        yield Use(sight.instruction, sight.stage, sight.span, sight.how, name, True, sight.command, role)  # type: ignore[arg-type]


def _covered(sight: Sight, found: list[Sight]) -> bool:
    """Whether the same place was already told of in other words."""
    return any(s.span.start < sight.span.end and sight.span.start < s.span.end and s.role == "authenticate" for s in found)


def _inside(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _is_switch(value: str) -> bool:
    return value.strip("\"'").lower() in ("true", "false", "yes", "no", "on", "off", "0", "1")
