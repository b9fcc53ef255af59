"""The scripts of a GitLab pipeline that build Dockerfiles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dfrefactor.compose.args import AskedBy
from dfrefactor.compose.found import Found
from dfrefactor.compose.lines import OLD, Line, asking, instead, lacking, option
from dfrefactor.compose.scalars import Text, joined, unquoted
from dfrefactor.compose.tree import Node
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Source, Span


def in_jobs(source: Source, root: Node, known: AskedBy) -> Iterator[Found]:
    """What is found in the jobs, and in what they have in common; an anchor's lines are looked at where they stand."""
    told = False
    for name, job in [("the pipeline", root), *root.entries()]:
        if job.kind != "map":
            continue
        off = "0" in (_buildkit(job), _buildkit(root))
        for key, where in (("before_script", "script"), ("after_script", "")):
            nodes = [each for part in (key, where) if part for each in _lines(job.get(part))]
            text = joined(source, nodes)
            for line in asking(text.text, known):
                found = mended(text, line, name if job is root else f"job `{name}`", off)
                yield replace(found, notes=(OLD,)) if found.edits and not told else found
                told = told or bool(found.edits)
            yield from lacked(text, known, name if job is root else f"job `{name}`", off)


def lacked(text: Text, known: AskedBy, who: str, off: bool = False, folder: str = ".") -> Iterator[Found]:
    """Commands that do not pass secrets which were no arguments: files are passed now, and what else to pass is said."""
    for command, options in lacking(text.text, known, folder):
        word = text.span(command.word)
        able = [each for each in options if each.given.startswith("src=")] if word and not (off or command.classic) else []
        said = "".join(f" {options[each]}" for each in able)
        edits = (Edit(Span(word.end, word.end), said),) if word and said else ()
        place = word or text.near(command.word.start)
        for each in options:
            yield Found(each, command.file or "", (who,), place, edits if each in able else (), write=f"`{options[each]}`")


def mended(text: Text, line: Line, who: str, off: bool = False, given: str = "") -> Found:
    """A command that is given the secret in the argument's place; `given` is a variable that its value is put into."""
    asked, argument = line.asked, line.argument
    variable = argument.variable or given
    passed = asked.secret in line.command.secrets  # already: then the argument goes, with the blanks before it
    whole = text.span(argument.words)
    place = text.span(Span(argument.before, argument.words.end)) if passed else whole
    if asked.value:
        why = asked.value
    elif not line.dockerfile:
        why = ""
    elif not variable:
        why = "its value is none that a variable of the environment has as it is"
    elif off or line.command.classic:
        why = "DOCKER_BUILDKIT is 0, and the classic builder has no secrets"
    else:
        why = "" if place else "how the file writes it can't be edited"
    edits = (Edit(place, "" if passed else option(asked, variable)),) if place and line.dockerfile and not why else ()
    return Found(asked, line.dockerfile, (who,), whole or text.near(argument.words.start), edits, why, instead(line),
                 text.span(argument.literal) if argument.literal else None)  # fmt: skip


def _buildkit(job: Node) -> str | None:
    variables = job.get("variables")
    return variables.string("DOCKER_BUILDKIT") if variables is not None and variables.kind == "map" else None


def _lines(node: Node | None) -> Iterator[Node]:
    """The commands of a script: a text, or a list with lists in it."""
    if node is None:
        return
    if node.value.kind == "list":
        for item in node.value.items:
            yield from _lines(unquoted(item, node.value) if item.kind == "text" else item)
    elif node.value.kind == "text":
        yield node
