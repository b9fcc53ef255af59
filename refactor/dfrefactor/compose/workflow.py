"""The steps of GitHub workflows and actions that build Dockerfiles: `docker/build-push-action`, and `docker build` in `run`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from dfrefactor.compose.args import AskedBy
from dfrefactor.compose.edits import before, behind, below, cut, entries, pairs
from dfrefactor.compose.found import Found
from dfrefactor.compose.jobs import lacked, mended
from dfrefactor.compose.lines import asking, given_by
from dfrefactor.compose.scalars import joined, lines, unquoted
from dfrefactor.compose.scripts import EXPRESSION
from dfrefactor.compose.tree import Node
from dfrefactor.finding import Asked
from dfrefactor.lazy import dataclass, regex
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Source, Span

_BUILDS = regex(r"docker/build-push-action@")
_BAKES = regex(r"docker/bake-action@")
_HERE = regex(r"\$\{\{\s*github\.workspace\s*\}\}/?|\{\{defaultContext\}\}:?")
_OF_ENV = regex(r"\$\{\{\s*env\.(\w+)\s*\}\}")
_FOLDER = ("defaults", "run", "working-directory")


@dataclass(frozen=True, eq=False)
class _Step:
    source: Source
    node: Node
    folder: str

    @property
    def who(self) -> str:
        name = self.node.string("name") or self.node.string("id")
        return f"step `{name}`" if name else "the step"


def in_workflow(source: Source, root: Node, known: AskedBy) -> Iterator[Found]:
    """What is found in every step of a workflow, or of a composite action."""
    for step in _steps(source, root):
        uses = step.node.string("uses") or ""
        if _BUILDS.match(uses):
            yield from _action(step, known)
        elif _BAKES.match(uses):
            yield from _overrides(step, known)
        elif step.node.get("run"):
            yield from _run(step, known)


def ids(source: Source, root: Node, known: AskedBy) -> dict[str, str]:
    """Under which ids steps pass, as secrets, the values that they pass as arguments too."""
    inputs = [given for step in _steps(source, root) if (given := step.node.get("with")) is not None and given.kind == "map"]
    secrets = {value.strip(): name for given in inputs for name, _, value in _lines(source, given, "secrets")}
    passed = ((_dockerfile(given), *line) for given in inputs for line in _lines(source, given, "build-args"))
    arguments = {file: {each.argument for each in asked} for file, asked in known.items()}
    ours = ((name, value.strip()) for file, name, _, value in passed if name in arguments.get(file or "", ()))
    return {name: secrets[value] for name, value in ours if value in secrets}


def _lines(source: Source, given: Node, key: str) -> list[tuple[str, str, str]]:
    node = given.get(key)
    return [_cut(source, span) for span in lines(source, node)] if node is not None else []


def _steps(source: Source, root: Node) -> Iterator[_Step]:
    jobs, runs = root.get("jobs"), root.get("runs")
    parts = [*(job for _, job in jobs.entries())] if jobs is not None else []
    for part in [*parts, *([runs] if runs is not None else [])]:
        steps = part.get("steps") if part.kind == "map" else None
        folder = _text(part, *_FOLDER) or _text(root, *_FOLDER) or "."
        for item in steps.items if steps is not None else ():
            if item.value.kind == "map":
                yield _Step(source, item.value, item.value.string("working-directory") or folder)


def _text(node: Node, *keys: str) -> str | None:
    found: Node | None = node
    for key in keys:
        found = found.get(key) if found is not None and found.kind == "map" else None
    return found.text if found is not None and found.kind == "text" else None


def _dockerfile(given: Node) -> str | None:
    """Which Dockerfile an action builds, seen from where the repository is checked out; None where that is not known."""
    context, file = (_HERE.sub("", given.string(key) or "") for key in ("context", "file"))
    path = file or posixpath.join(context, "Dockerfile")
    return None if "${{" in context + file or "://" in context + file else posixpath.normpath(path)


def _action(step: _Step, known: AskedBy) -> Iterator[Found]:
    """A step with `docker/build-push-action`: all edits of one step are made together."""
    given = step.node.get("with")
    if given is None or given.kind != "map" or not given.pairs:
        return
    found = [*_passing(step, given, known)]
    yield from found
    yield from _lacked(step, given, known, able=not any(each.edits for each in found))  # else they come next


def _passing(step: _Step, given: Node, known: AskedBy) -> Iterator[Found]:
    place = next(pairs(given, "build-args"), None)
    if place is None:
        return
    dockerfile = _dockerfile(given)
    every = dict.fromkeys(each for asked in known.values() for each in asked)
    asked = {each.argument: each for each in (known.get(dockerfile, ()) if dockerfile else every) if each.argument}
    written = lines(step.source, place[0].pairs[place[1]][1])
    passed = {span: asked[name] for span in written if (name := _cut(step.source, span)[0]) in asked}
    entered = {span: _entered(step.source, span, each) for span, each in passed.items()}
    edits = _moved(step.source, *place, written, {span: each for span, each in entered.items() if each}) if dockerfile else None
    for span, each in passed.items():
        value = _cut(step.source, span)[2]
        key, entry = entered[span] or ("secrets", f"{each.secret}=${{{{ secrets.{each.argument} }}}}")
        start = step.source.text.rfind(value, *span)
        literal = Span(start, start + len(value)) if not entered[span] and not each.value else None
        why = each.value or ("its value stands here" if literal else "" if edits else "how it is written can't be edited")
        yield Found(each, dockerfile or "", (step.who,), span, (edits or ()) if not why else (), why if dockerfile else "",
                    f"`{key}: {entry}`", literal)  # fmt: skip


def _lacked(step: _Step, given: Node, known: AskedBy, able: bool) -> Iterator[Found]:
    """Secrets that were no arguments, and that the step does not pass: files are passed now, if `able`, and the rest is said."""
    dockerfile, context = _dockerfile(given), _HERE.sub("", given.string("context") or "") or "."
    there = {name for key in ("secrets", "secret-envs", "secret-files") for name, _, _ in _lines(step.source, given, key)}
    asked = [each for each in known.get(dockerfile or "", ()) if not each.argument and each.secret not in there]
    paths = {each: given_by(each, context).removeprefix("src=") for each in asked if each.given.startswith("src=")}
    files = [f"{each.secret}={path}" for each, path in paths.items()]
    edits = _with(step.source, given, "secret-files", files) if files and able else ()
    for each in asked:
        write = f"`secrets: {each.secret}=${{{{ secrets.{each.secret} }}}}`"
        if each in paths:
            write = f"`secret-files: {each.secret}={paths[each]}`"
        place = given.pairs[0][0].span
        yield Found(each, dockerfile or "", (step.who,), place, edits if each in paths else (), write=write)


def _with(text: Source, given: Node, key: str, new: list[str]) -> tuple[Edit, ...]:
    """Lines put into an input of an action, which may be there; none where that can't be written."""
    indent = " " * len(before(text, given.pairs[0][0].span))
    if (there := next((value for name, value in given.pairs if name.value.text == key), None)) is not None:
        edit = _appended(text, there, new, indent)
        return (edit,) if edit else ()
    said = f"{key}: {new[0]}" if len(new) == 1 else text.newline.join([f"{key}: |", *(f"{indent}  {each}" for each in new)])
    return behind(text, given, len(given.pairs) - 1, [said]) or ()


def _cut(source: Source, span: Span) -> tuple[str, str, str]:
    """A line's name and value; it may stand between quotes."""
    return re.sub(r'^"(.*)"$', r"\1", source.text[slice(*span)]).partition("=")


def _entered(source: Source, span: Span, asked: Asked) -> tuple[str, str] | None:
    """The input that a build argument becomes a line of, and the line; None where its value is no expression."""
    name, sign, value = _cut(source, span)
    if asked.value:
        return None
    if not sign:
        return "secret-envs", f"{asked.secret}={name}"
    quote = '"' if source.text[span.start] == '"' else ""
    return ("secrets", f"{quote}{asked.secret}={value}{quote}") if EXPRESSION.fullmatch(value.strip()) else None


def _moved(
    source: Source, given: Node, at: int, written: list[Span], entered: dict[Span, tuple[str, str]]
) -> tuple[Edit, ...] | None:
    """The lines of `build-args` that become lines of other inputs; None where that can't be written."""
    key, value = given.pairs[at]
    if not entered or given.flow or value.value is not value:
        return None
    block = value.quote in ("|", ">")
    inputs: dict[str, list[str]] = {}
    for name, line in entered.values():
        inputs.setdefault(name, []).append(line)
    indent = " " * len(before(source, key.span))
    new: list[str] = []
    edits: list[Edit] = []
    for name, added in inputs.items():
        there = next((each for k, each in given.pairs if k.value.text == name), None)
        if there is None:
            new.append(_input(source, name, added, value, written, indent))
        elif (edit := _appended(source, there, added, indent)) is not None:
            edits.append(edit)
        else:
            return None
    pair = Span(key.span.start, written[-1].end if block else value.span.end)
    if len(entered) == len(written):
        edits.append(Edit(pair, f"{source.newline}{indent}".join(new)) if new else cut(source, pair))
        return tuple(edits)
    edits += [cut(source, span) for span in entered]
    return (*edits, *([below(source, pair.end, [f"{indent}{each}" for each in new])] if new else []))


def _input(source: Source, name: str, added: list[str], model: Node, written: list[Span], indent: str) -> str:
    """An input with its lines, written as `build-args` is."""
    if model.quote in ("|", ">") or len(added) > 1:
        inner = before(source, written[0]) if model.quote in ("|", ">") else indent + "  "
        return source.newline.join([f"{name}: |", *(f"{inner}{each}" for each in added)])
    return f"{name}: {model.quote}{added[0]}{model.quote}"


def _appended(source: Source, there: Node, added: list[str], indent: str) -> Edit | None:
    """Lines put below those that an input has."""
    had = lines(source, there)
    new = [each for each in added if each not in {source.text[slice(*span)] for span in had}]
    ids = {each.partition("=")[0] for each in new} & {_cut(source, span)[0] for span in had}
    if not had or ids or there.value is not there:
        return None
    if there.quote in ("|", ">"):
        return below(source, had[-1].end, [f"{before(source, had[0])}{each}" for each in new])
    every = [source.text[slice(*span)] for span in had] + new
    return Edit(there.span, source.newline.join(["|", *(f"{indent}  {each}" for each in every)]))


def _overrides(step: _Step, known: AskedBy) -> Iterator[Found]:
    """A step with `docker/bake-action` that sets an argument itself; what else it builds with stands in the bake file."""
    place = step.node.get("with")
    node = place.get("set") if place is not None and place.kind == "map" else None
    for span in lines(step.source, node) if node is not None else ():
        target, _, rest = step.source.text[slice(*span)].partition(".args.")
        for asked in dict.fromkeys(each for every in known.values() for each in every):
            if rest.partition("=")[0] == asked.argument:
                write = f"`{target}.secrets=id={asked.secret},env={asked.argument}`, with {asked.argument} in the step's `env`"
                yield Found(asked, "", (step.who,), span, write=write)


def _run(step: _Step, known: AskedBy) -> Iterator[Found]:
    """A step that runs a script; an expression that stands in a command comes by the step's environment."""
    node = next((value for key, value in step.node.pairs if key.value.text == "run"), None)
    text = joined(step.source, [unquoted(node, step.node)] if node is not None else [])
    yield from lacked(text, known, step.who, folder=step.folder)
    every = [*asking(text.text, known, step.folder)]
    inline = {each: each.argument.value for each in every if EXPRESSION.fullmatch(each.argument.value)}
    named = {each: found[1] for each, value in inline.items() if (found := _OF_ENV.fullmatch(value))}
    needed = {each.argument.name: value for each, value in inline.items() if each not in named}
    given = _environment(step, needed)
    for each in every:
        name = each.argument.name
        if each in named or each not in inline:
            yield mended(text, each, step.who, given=named.get(each, ""))
            continue
        made = mended(text, each, step.who, given=name if given is not None else "")
        write = f"{made.write}, with `{name}: {inline[each]}` in the step's `env`"
        yield replace(made, write=write, edits=(*made.edits, *(given or ())) if made.edits else ())


def _environment(step: _Step, needed: Mapping[str, str]) -> tuple[Edit, ...] | None:
    """The step's environment with values under their names; None where that can't be written."""
    source = step.source
    for owner, at in pairs(step.node, "env"):
        env = owner.pairs[at][1]
        if env.kind != "map" or not env.pairs:
            return None
        if any(env.get(name) is not None and env.string(name) != value for name, value in needed.items()):
            return None
        new = [f"{name}: {value}" for name, value in needed.items() if env.get(name) is None]
        return () if not new else None if env.flow else behind(source, env, len(entries(env)) - 1, new)
    key = next(key for key, _ in step.node.pairs if key.value.text == "run")
    if step.node.flow:
        return None
    indent = source.newline + " " * len(before(source, key.span))
    said = "".join(f"{indent}  {name}: {value}" for name, value in needed.items())
    return (Edit(Span(key.span.start, key.span.start), f"env:{said}{indent}"),)
