"""tree-sitter-bash's tree as our lists and commands; the one module that knows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from itertools import accumulate

from tree_sitter import Language, Node, Parser

from dfrefactor.shell.commands import assignment, compound, simple, test
from dfrefactor.shell.types import Branches, Command, Group, Item, Loop, Opaque, Part, Pipeline, Redirect, Script, Simple, Word
from dfrefactor.shell.words import NEIGHBOURS, WORDS, WordReader, with_braces
from dfrefactor.text.source import Span

DEEPEST = 60
"""Commands nested deeper than this are not read; no file written by hand comes near."""

_SEPARATORS = {";": ";", "\n": ";", "&": "&", ";;": ";", "&&": "&&", "||": "||", ";&": ";", ";;&": ";"}
_NAMED = {"c_style_for_statement": "`for ((…))`", "compound_statement": "`((…))`"}


class _OpenEndedError(Exception):
    pass


class _TooDeepError(Exception):
    """Nested beyond DEEPEST."""


def _bash() -> object:
    """The grammar itself: the package around it loads what reads its queries, which takes longer than all that is read here."""
    package = find_spec("tree_sitter_bash")
    spec = package and PathFinder.find_spec("tree_sitter_bash._binding", package.submodule_search_locations)
    if spec and spec.loader:
        binding = module_from_spec(spec)
        spec.loader.exec_module(binding)
    else:  # a package of another form
        import tree_sitter_bash as binding
    return binding.language()


_PARSER = Parser(Language(_bash()))


def read(text: str, longest: int) -> Script:
    """The commands of `text`; one Opaque where it is too long, too deep, or no shell text."""
    whole = Span(0, len(text))
    if len(text) > longest:
        return _opaque("the text is too long to read", text, whole)
    if "\0" in text:
        return _opaque("the text holds a NUL", text, whole)
    braced, places = with_braces(text) if NEIGHBOURS.search(text) else (text, None)
    data = braced.encode("utf-8", "replace")
    root = _PARSER.parse(data).root_node
    if root.has_error:
        return _opaque("the shell text does not parse", text, whole)
    try:
        return Script(tuple(_Reader(text, data, places).items(root.children)), whole)
    except _TooDeepError:
        return _opaque("commands are nested too deeply", text, whole)


def _opaque(reason: str, text: str, span: Span) -> Script:
    return Script((Item(Opaque(reason, text, span)),), span)


class _Reader:
    def __init__(self, text: str, data: bytes, places: Sequence[int] | None = None) -> None:
        self.text, self.depth = text, 0
        if len(data) == len(text):
            at: Callable[[int], int] = int
        else:
            chars = [0, *accumulate(int((byte & 0xC0) != 0x80) for byte in data)]
            at = (chars if places is None else [places[char] for char in chars]).__getitem__
        self.at = at
        self.words = WordReader(text, data, at, lambda node: self.script(node.children[1:-1], node))

    def span(self, node: Node) -> Span:
        return Span(self.at(node.start_byte), self.at(node.end_byte))

    def source(self, node: Node) -> str:
        return self.text[self.at(node.start_byte) : self.at(node.end_byte)]

    def script(self, nodes: Sequence[Node], around: Node) -> Script:
        with self.deeper():
            span = Span(self.at(nodes[0].start_byte), self.at(nodes[-1].end_byte)) if nodes else self.span(around)
            return Script(tuple(self.items(nodes)), span)

    @contextmanager
    def deeper(self) -> Iterator[None]:
        self.depth += 1
        if self.depth > DEEPEST:
            raise _TooDeepError
        yield
        self.depth -= 1

    def items(self, nodes: Iterable[Node]) -> list[Item]:
        items: list[Item] = []
        for node in nodes:
            if node.type in _SEPARATORS:
                if items:
                    items[-1] = Item(items[-1].command, _SEPARATORS[node.type])
            elif node.type != "comment":
                if items and not items[-1].joins:
                    items[-1] = Item(items[-1].command, ";")
                items += self.flat(node)
        return items

    def flat(self, node: Node) -> list[Item]:
        """A list's commands side by side: `&&` and `||` bind alike, from the left."""
        items: list[Item] = []
        pending: list[Node] = [node]
        while pending:
            each = pending.pop()
            if each.type == "list":
                pending += reversed(each.children)
            elif each.type in ("&&", "||"):
                items[-1] = Item(items[-1].command, each.type)
            elif each.type == "redirected_statement":
                try:
                    items += self.redirected(each)
                except _OpenEndedError:
                    items.append(Item(self.opaque("a here-document whose end is not where it seems", each)))
            elif each.type == "pipeline":
                items += self.pipeline(each)
            else:
                items.append(Item(self.command(each)))
        return items

    def redirected(self, node: Node) -> list[Item]:
        """Redirections belong to the last command of what stands before them."""
        redirects: list[Redirect] = []
        after: list[Node] = []
        extra: list[Word] = []
        items: list[Item] = []
        for child in node.children:
            if child.type == "heredoc_redirect":
                redirects.append(self.heredoc(child, redirects, extra, after))
            elif child.type in ("file_redirect", "herestring_redirect"):
                redirects.append(self.redirect(child, extra))
            else:
                items = self.flat(child)
        if not items:
            items = [Item(Simple((), self.span(node)))]
        items[-1] = Item(self.attached(items[-1].command, tuple(redirects), tuple(extra)), items[-1].joins)
        return self.continued(items, after, node)

    def continued(self, items: list[Item], after: list[Node], node: Node) -> list[Item]:
        """What stands behind `<<EOF` on its line: the grammar hangs it below the here-document."""
        for child in after:
            if child.type in ("&&", "||"):
                items[-1] = Item(items[-1].command, child.type)
            elif child.type == "pipeline" and child.children[0].type in ("|", "|&"):
                first = items[-1].command
                commands: list[Command] = [*first.commands] if isinstance(first, Pipeline) else [first]
                behind: list[Item] = []
                for each in child.children:
                    if each.is_named:
                        piped, *behind = self.flat(each)
                        commands.append(piped.command)
                start = first.span.start if len(items) > 1 else self.span(node).start
                end = commands[-1].span.end if behind else self.span(node).end
                items[-1] = Item(Pipeline(tuple(commands), Span(start, end)), piped.joins)
                items += behind
            else:
                items += self.flat(child)
        return items

    def attached(self, command: Command, redirects: tuple[Redirect, ...], extra: tuple[Word, ...]) -> Command:
        span = Span(command.span.start, max([command.span.end, *(r.span.end for r in redirects)]))
        if isinstance(command, Simple):
            words = tuple(sorted((*command.words, *extra), key=lambda word: word.span))
            return replace(command, words=words, redirects=(*command.redirects, *redirects), span=span)
        if isinstance(command, Pipeline):
            last = self.attached(command.commands[-1], redirects, extra)
            return replace(command, commands=(*command.commands[:-1], last), span=span._replace(end=last.span.end))
        if isinstance(command, Group | Branches | Loop) and not extra:
            return replace(command, redirects=(*command.redirects, *redirects), span=span)
        return Opaque("a redirection of something we do not read", self.text[slice(*command.span)], command.span)

    def redirect(self, node: Node, extra: list[Word]) -> Redirect:
        fd = operator = ""
        words: list[Word] = []
        for child in node.children:
            if child.type == "file_descriptor":
                fd = self.source(child)
            elif not child.is_named and not operator:
                operator = child.type
            else:
                words.append(self.words.word(child))
        extra += words[1:]  # the grammar takes the words behind `>file` for more targets
        return Redirect(operator, words[0] if words else None, self.span(node), fd)

    def heredoc(self, node: Node, redirects: list[Redirect], extra: list[Word], after: list[Node]) -> Redirect:
        fd, operator, quoted = "", "<<", False
        body: Word | None = None
        for child in node.children:
            kind = child.type
            if kind == "file_descriptor":
                fd = self.source(child)
            elif kind in ("<<", "<<-"):
                operator = kind
            elif kind == "heredoc_start":
                quoted = any(char in self.source(child) for char in "'\"\\")
            elif kind == "heredoc_body":
                body = self.words.body(child, not quoted)
            elif kind in ("file_redirect", "herestring_redirect"):
                redirects.append(self.redirect(child, extra))
            elif kind in WORDS:
                extra.append(self.words.word(child))
            elif kind != "heredoc_end":
                after.append(child)
            elif self.text[self.at(child.end_byte) :][:1] not in ("", "\n"):
                raise _OpenEndedError  # the shell reads on: that line is no end
        empty = Span(self.at(node.end_byte), self.at(node.end_byte))
        return Redirect(operator, body or Word("", empty, (Part("text", "", True),)), self.span(node), fd)

    def command(self, node: Node) -> Command:
        with self.deeper():
            return self._command(node)

    def _command(self, node: Node) -> Command:
        kind, span = node.type, self.span(node)
        match kind:
            case "command":
                return simple(self, node)
            case "variable_assignment" | "variable_assignments":
                nodes = node.children if kind == "variable_assignments" else [node]
                return Simple((), span, tuple(assignment(self, each) for each in nodes))
            case "file_redirect" if node.parent is not None and node.parent.type == "command_substitution":  # `$(< file)`
                words: list[Word] = []
                redirect = self.redirect(node, words)
                return Simple(tuple(words), span, (), (redirect,))
            case "declaration_command" | "unset_command":
                return Simple(tuple(self.words.word(child) for child in node.children), span)
            case "test_command":
                return test(self, node)
            case "negated_command":
                return Pipeline((self.command(node.children[1]),), span, True)
            case "list" | "redirected_statement" | "pipeline":
                items = self.flat(node)
                return items[0].command if len(items) == 1 else Group(Script(tuple(items), span), span)
            case "compound_statement" | "subshell":
                if node.children[0].type in ("{", "("):
                    return Group(self.script(node.children[1:-1], node), span, kind == "subshell")
            case "if_statement" | "case_statement" | "for_statement" | "while_statement" | "function_definition":
                return compound(self, node)
        named = _NAMED.get(kind, kind.replace("_", " "))
        return self.opaque(f"{named} is not read", node)

    def opaque(self, reason: str, node: Node) -> Opaque:
        return Opaque(reason, self.source(node), self.span(node))

    def pipeline(self, node: Node) -> list[Item]:
        """A pipeline, behind what the grammar takes into it: in `a && b <f | c` the pipe is that of `b`."""
        ahead: list[Item] = []
        commands: list[Command] = []
        negated = False
        for child in node.children:
            if child.type in ("|", "|&", "comment", "\n"):
                continue
            *more, (command, _) = self.flat(child)
            if more and commands:
                return [Item(self.opaque("a list behind a pipe", node))]
            ahead += more
            negated |= isinstance(command, Pipeline) and command.negated
            commands += command.commands if isinstance(command, Pipeline) else [command]
        span = self.span(node)
        start = commands[0].span.start if ahead else span.start
        return [*ahead, Item(Pipeline(tuple(commands), Span(start, span.end), negated))]
