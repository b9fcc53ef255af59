"""Which credentials a file holds, judged by their values and by how they are used, never by a name alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from dfrefactor import buildkit
from dfrefactor.dockerfile.instructions import Instruction
from dfrefactor.facts import Facts
from dfrefactor.secrets import values
from dfrefactor.secrets.brought import may_bring
from dfrefactor.secrets.carriers import Reading, Sight
from dfrefactor.secrets.carry import carriers_of, out_of_mounts
from dfrefactor.secrets.exposure import lasts
from dfrefactor.secrets.reading import read
from dfrefactor.secrets.types import RUNNING, Credential, Declaration, Use
from dfrefactor.secrets.uses import contents, covered, files, starts_a_script
from dfrefactor.secrets.uses import uses as named_uses
from dfrefactor.secrets.values import may_hold_credentials
from dfrefactor.text.source import Span

_SPOKEN = ("authenticate", "mention", "address")
_SWITCHES = ("true", "false", "yes", "no", "on", "off", "0", "1")


def find(facts: Facts) -> tuple[Credential, ...]:
    """The credentials of a document, in file order: variables, literals in commands, files of the build context.

    What a secret mount already gives is none of them.  A document with errors has none.
    """
    return facts.once(_found)


def _found(facts: Facts) -> tuple[Credential, ...]:
    if not (may_hold_credentials(facts.source.text) or may_bring(facts)) or buildkit.errors(facts.document):
        return ()
    return tuple(sorted(_Judge(facts).credentials(), key=lambda credential: credential.span))


def tainted_stages(facts: Facts) -> frozenset[int]:
    """The indices of stages that touch a credential which is no secret mount, and of the stages FROM them."""
    touched = frozenset(stage for credential in find(facts) for stage in credential.stages)
    return touched | {stage.index for stage in facts.document.stages if any(each.index in touched for each in stage.chain)}


class _Judge:
    """One document's evidence, and what follows from it."""

    def __init__(self, facts: Facts) -> None:
        self.facts, self.document = facts, facts.document
        self.reading: Reading = facts.once(read)
        self.declared: dict[str, list[Declaration]] = {}
        for declaration in self.reading.declarations:
            self.declared.setdefault(declaration.pair.key, []).append(declaration)
        self.sure = self._secret()
        self.secret = self._closed(self.sure | self._addresses())

    def credentials(self) -> Iterator[Credential]:
        for root in sorted(name for name in self.secret if not self._mentioned(name) & self.secret):
            if found := self._variable(root):
                yield found
        yield from self._literals()
        yield from self._mounted()
        yield from files(self.facts, self.reading, self.secret)

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
            if ran.entry.auth_variables and not ran.is_idle:
                found |= {name for name in ran.given_of(ran.visible, ran.entry.auth_variables) if self._may_be(name)}
        found |= {name for name in contents(self.reading) if name in self.declared and self._may_be(name)}
        return self._closed(found)

    def _addresses(self) -> set[str]:
        """Build arguments that are the whole address of a package index: user and password may well be in it."""
        found = {name for sight in self.reading.sights if sight.role == "address" for name in sight.names}
        for ran in self.reading.ran:
            if ran.entry.address_variables and not ran.is_idle:
                found |= ran.given_of(ran.visible, ran.entry.address_variables)
        given = {name: [d.pair.value or "" for d in self.declared.get(name, ())] for name in found}
        return {name for name, each in given.items() if each and all(map(values.is_placeholder, each))}

    def _closed(self, found: Set[str]) -> frozenset[str]:
        """With what they are made of, and what is made of them."""
        while more := {source for name in found for source in self._sources(name)} - found:
            found = found | more
        while more := {name for name in self.declared if found & self._mentioned(name)} - found:
            found = found | more
        return frozenset(name for name in found if name in self.declared)

    def _may_be(self, name: str) -> bool:
        """Whether no value given in the file says that it is none."""
        given = [d.pair.value for d in self.declared.get(name, ()) if d.pair.value is not None]
        return not any(values.is_public(value, name) or value.strip("\"'").lower() in _SWITCHES for value in given)

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
                here = (s.names for s in self.reading.sights if s.instruction is declaration.instruction)
                inside = {name for name in inside if values.looks_secret(name)} or inside.intersection(frozenset().union(*here))
            found |= inside
        return frozenset(found)

    def _below(self, root: str) -> frozenset[str]:
        names = {root}
        while more := {name for name in self.secret if self._mentioned(name) & names} - names:
            names |= more
        return frozenset(names)

    def _variable(self, root: str) -> Credential | None:
        names = self._below(root)
        declarations = tuple(d for name in names for d in self.declared[name])
        seen = [s for s in self.reading.sights if s.names & names and s.where != "declaration"]
        uses = [*named_uses(seen, names), *self._unnamed(names, seen)]
        perhaps = tuple(self._perhaps(names, {use.instruction for use in uses}))
        runtime = dict.fromkeys(s.instruction.keyword for s in seen if s.where == "runtime")
        held = [d for d in declarations if d.is_env]
        if not uses and not runtime and not self._counts(declarations, held):
            return None
        if held and not any(use.role != "test" for use in uses):
            runtime.setdefault(RUNNING)
        blocked = _handed_on([*seen, *(d for d in declarations if d.instruction.keyword == "ONBUILD")])
        config = [s.instruction for s in seen if s.where == "config"]
        blocked += [f"{each.keyword} puts it into the image (line {each.lines[0]})" for each in config]
        carriers = carriers_of(self.reading, names, ())
        stages = {d.stage for d in declarations if d.stage >= 0} | {u.stage for u in uses} | {c.stage for c in carriers}
        first = min(declarations, key=lambda d: d.pair.span)
        return Credential(
            "variable", root, first.pair.span, frozenset(stages), names, declarations, self._values(declarations),
            tuple(sorted(uses, key=lambda u: u.span)), perhaps, carriers, tuple(runtime), tuple(dict.fromkeys(blocked)),
            self._optional(root, seen), likely=root not in self.sure, placed=self._placed(declarations),
            configured=any(s.role == "config" for s in seen) and not uses,
        )  # fmt: skip

    def _counts(self, declarations: tuple[Declaration, ...], held: list[Declaration]) -> bool:
        """Whether a secret that nothing is seen to use is still worth a word."""
        if self._placed(declarations):
            return True
        given = [d for d in declarations if d.pair.value is not None]
        if any(not values.is_placeholder(d.pair.value or "") for d in given):
            return True
        if held:  # an ENV built on an ARG puts what the build is given into the image; an empty one puts nothing
            others = {d.pair.key for d in self.reading.declarations if d not in held}
            return any(others & set(values.variables(d.pair.value or "")) for d in held)
        return any(d.stage >= 0 for d in declarations)

    def _placed(self, declarations: tuple[Declaration, ...]) -> bool:
        """Whether a value given in the file authenticates by where it stands in it."""
        return any(s.value and s.instruction is d.instruction for s in self.reading.sights for d in declarations)

    def _values(self, declarations: tuple[Declaration, ...]) -> tuple[Span, ...]:
        found = [s.value for s in self.reading.sights if s.value and any(s.instruction is d.instruction for d in declarations)]
        text = self.document.source.text
        for declaration in declarations:
            value, span = declaration.pair.value, declaration.pair.value_span
            if value is None or values.variables(value) or values.is_placeholder(value, True) or any(map(span.holds, found)):
                continue
            quote = 1 if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" and text[span.start] == value[0] else 0
            found.append(Span(span.start + quote, span.end - quote))
        return tuple(dict.fromkeys(found))

    def _optional(self, root: str, seen: list[Sight]) -> bool:
        defaults = {d.pair.value.strip("\"'") for d in self.declared[root] if d.pair.value is not None}
        return defaults == {""} or any(s.role == "test" for s in seen)

    def _unnamed(self, names: frozenset[str], seen: list[Sight]) -> Iterator[Use]:
        """Commands that are known to read one of the variables, and do not name it."""
        configured = any(s.role == "config" for s in seen)
        unspoken = not any(s.role in _SPOKEN for s in seen)
        held = any(d.is_env for name in names for d in self.declared[name])
        spoken = {(s.instruction, name) for s in seen for name in s.names if s.role in _SPOKEN}
        done: set[tuple[Instruction, str]] = set()
        for ran in self.reading.ran:
            visible = ran.given_of(names)
            if ran.event.entry is None or not visible or (ran.is_idle and not configured):
                continue
            entry = ran.entry
            reads = ran.given_of(names, (*entry.auth_variables, *entry.url_variables, *entry.address_variables))
            if not reads and ((entry.any and unspoken and not held) or (configured and (entry.any or entry.configured))):
                reads = visible
            if reads and not any((ran.instruction, name) in spoken for name in reads) and (ran.instruction, ran.name) not in done:
                done.add((ran.instruction, ran.name))
                how = f"by `{ran.name}`, which reads it without naming it"
                yield Use(ran.instruction, ran.stage, ran.span, how, min(reads), False, ran.name)

    def _perhaps(self, names: frozenset[str], using: set[Instruction]) -> Iterator[Use]:
        """Steps that see one of the variables, do not use it, and may read it for all that is known of them."""
        found: dict[Instruction, Use] = {}
        for ran in self.reading.ran:
            if ran.instruction in using or not ran.may_read(names):
                continue
            script = bool(ran.event.unread) or starts_a_script(self.facts, ran)
            if ran.instruction not in found or (script and not found[ran.instruction].script):
                how = f"by `{ran.name}`, perhaps" if ran.name else "by what is not read, perhaps"
                name = min(ran.given_of(names))
                found[ran.instruction] = Use(ran.instruction, ran.stage, ran.span, how, name, False, ran.name, script=script)
        yield from found.values()

    def _literals(self) -> Iterator[Credential]:
        """Secrets written into a command; one that several commands hold is one credential."""
        found: dict[str, list[Sight]] = {}
        for sight in self.reading.sights:
            if sight.value and sight.where != "declaration":
                found.setdefault(self.document.source.text[slice(*sight.value)], []).append(sight)
        for sights in found.values():
            sights = [s for at, s in enumerate(sights) if not covered(s, sights[:at])]
            spans = tuple(dict.fromkeys(s.value for s in sights if s.value))
            steps = (s for s in sights if s.where == "step")
            uses = tuple(Use(s.instruction, s.stage, s.value or s.span, s.how, "", True, s.command) for s in steps)
            carriers = carriers_of(self.reading, frozenset(), spans)
            runtime = tuple(dict.fromkeys(s.instruction.keyword for s in sights if s.where in ("runtime", "config")))
            yield Credential("literal", sights[0].how, spans[0], frozenset(s.stage for s in sights), values=spans, uses=uses,
                             carriers=carriers, runtime=runtime, blocked=tuple(_handed_on(sights)))  # fmt: skip


    def _mounted(self) -> Iterator[Credential]:
        """Secrets that mounts give, and that steps write to files."""
        for name in dict.fromkeys(each.name for each in self.reading.mounted):
            if carriers := tuple(each for each in out_of_mounts(self.reading, name) if lasts(each)):
                first = next(each for each in self.reading.mounted if each.name == name)
                stages = frozenset(each.stage for each in carriers)
                yield Credential("mount", first.mount.secret, first.mount.flag.span, stages, carriers=carriers)


def _handed_on(seen: Sequence[Sight | Declaration]) -> list[str]:
    lines = (each.instruction.lines[0] for each in seen if isinstance(each, Declaration) or each.where == "onbuild")
    return [f"ONBUILD hands it to whoever builds on this image (line {line})" for line in lines]
