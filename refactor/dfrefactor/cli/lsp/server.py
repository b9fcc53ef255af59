"""The server: documents as the editor has them, what is known of each, and the answers to its questions.

One file is worked on at a time, in a thread of its own, so that the editor always gets an answer; what it changes meanwhile
starts anew, and what was made of an older text is never told.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import field, replace
from functools import partial
from time import monotonic
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method

from dfrefactor.cli import bug, work
from dfrefactor.cli.config import ConfigError
from dfrefactor.cli.lsp import answer
from dfrefactor.cli.lsp.lines import Lines
from dfrefactor.kinds import kind_of, kind_of_name, passed_by
from dfrefactor.lazy import dataclass
from dfrefactor.result import Result
from dfrefactor.text.shown import plain
from dfrefactor.version import __version__

_DELAY = 0.1  # seconds without a change before a text is looked at
_FRESH = 3.0  # seconds for which what lies beside the files is taken to be as it was
_STACK = 64 << 20  # bytes; some systems give threads too little for deep trees
_WATCHED = ("**/{.,}dfrefactor.toml", "**/pyproject.toml", "**/*.dockerignore", "**/*compose*.y{,a}ml", "**/docker-bake*")
_LANGUAGES = {"dockerfile": "dockerfile", "docker": "dockerfile", "containerfile": "dockerfile", "dockercompose": "compose",
              "yaml.docker-compose": "compose", "dockerbake": "bake"}  # fmt: skip


@dataclass(frozen=True)
class Document:
    """A file as the editor has it."""

    uri: str
    path: str
    version: int
    lines: Lines


@dataclass(frozen=True)
class Known:
    """What is known of a document."""

    document: Document
    result: Result | None = None
    wrong: str = ""
    """Why there is no result."""


@dataclass
class _Open:
    """A document, and the work on it."""

    document: Document
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[Known] | None = None


class _Protocol(LanguageServerProtocol):
    """Positions in UTF-16, which every editor knows, and texts kept by us."""

    @lsp_method(lsp.INITIALIZE)
    def lsp_initialize(self, params: lsp.InitializeParams) -> Generator[Any, Any, lsp.InitializeResult]:
        if params.capabilities.general:
            params.capabilities.general.position_encodings = None
        return (yield from super().lsp_initialize(params))

    @lsp_method(lsp.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: Any) -> Any:
        yield self.fm.features[lsp.TEXT_DOCUMENT_DID_OPEN], (params,), None

    @lsp_method(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: Any) -> Any:
        yield self.fm.features[lsp.TEXT_DOCUMENT_DID_CHANGE], (params,), None

    @lsp_method(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: Any) -> Any:
        yield self.fm.features[lsp.TEXT_DOCUMENT_DID_CLOSE], (params,), None


class Server:
    """Holds what changes while it runs: the open documents, and when it last looked beside them."""

    def __init__(self, choices: work.Choices, advice: bool) -> None:
        self.choices, self.advice = choices, advice
        self.open: dict[str, _Open] = {}
        self.looked = monotonic()
        threading.stack_size(_STACK)
        self.pool = ThreadPoolExecutor(1)
        self.editor = LanguageServer("dfrefactor", __version__, protocol_cls=_Protocol)
        actions = lsp.CodeActionOptions([lsp.CodeActionKind.QuickFix, answer.FIX_ALL])
        for name, handler, options in (
            (lsp.INITIALIZED, self._initialized, None),
            (lsp.TEXT_DOCUMENT_DID_OPEN, self._opened, None),
            (lsp.TEXT_DOCUMENT_DID_CHANGE, self._changed, None),
            (lsp.TEXT_DOCUMENT_DID_CLOSE, self._closed, None),
            (lsp.TEXT_DOCUMENT_DID_SAVE, self._moved_on, None),
            (lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, self._moved_on, None),
            (lsp.TEXT_DOCUMENT_HOVER, self._hover, None),
            (lsp.TEXT_DOCUMENT_CODE_ACTION, self._actions, actions),
        ):
            self.editor.feature(name, options)(partial(handler))  # it marks what it gets, and a method takes no mark

    def _initialized(self, _: lsp.InitializedParams) -> None:
        able = self.editor.client_capabilities.workspace
        if able and able.did_change_watched_files and able.did_change_watched_files.dynamic_registration:
            watchers = [lsp.FileSystemWatcher(pattern) for pattern in _WATCHED]
            method, options = lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, lsp.DidChangeWatchedFilesRegistrationOptions(watchers)
            params = lsp.RegistrationParams([lsp.Registration("beside", method, options)])
            self.editor.client_register_capability(params, lambda _: None)

    def _opened(self, params: lsp.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        path = answer.path_of(item.uri)
        if _meant(path, item.language_id):
            self._forget()
            document = Document(item.uri, path or "Dockerfile", item.version, Lines(item.text))
            self._start(document, 0)

    def _changed(self, params: lsp.DidChangeTextDocumentParams) -> None:
        if now := self.open.get(params.text_document.uri):
            lines = now.document.lines
            for change in params.content_changes:
                lines = lines.changed(change)
            self._start(replace(now.document, lines=lines, version=params.text_document.version), _DELAY)

    def _closed(self, params: lsp.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        if now := self.open.pop(uri, None):
            if now.task:
                now.task.cancel()
            self._tell(now.document, [])

    def _moved_on(self, _: object = None) -> None:
        """Something beside the documents may be another now."""
        self._forget()
        for each in [*self.open.values()]:
            self._start(each.document, _DELAY)

    def _forget(self) -> None:
        work.forget()
        self.looked = monotonic()

    def _start(self, document: Document, delay: float) -> None:
        """Look at a text after a while; what was begun for an older one is given up."""
        if (now := self.open.get(document.uri)) and now.task:
            now.task.cancel()
        self.open[document.uri] = begun = _Open(document)
        begun.task = asyncio.get_running_loop().create_task(self._look(begun, delay))

    async def _look(self, at: _Open, delay: float) -> Known:
        if delay:
            with suppress(TimeoutError):
                await asyncio.wait_for(at.hurry.wait(), delay)
        if monotonic() - self.looked > _FRESH:
            self._forget()
        known = await asyncio.get_running_loop().run_in_executor(self.pool, _known, at.document, self.choices)
        if known.result:
            self._tell(at.document, answer.diagnostics(known.result, at.document.lines, self.advice))
        else:
            self._tell(at.document, [answer.trouble(known.wrong)] if known.wrong else [])
        return known

    def _tell(self, document: Document, found: list[lsp.Diagnostic]) -> None:
        params = lsp.PublishDiagnosticsParams(document.uri, found, document.version)
        self.editor.text_document_publish_diagnostics(params)

    async def _known(self, uri: str) -> Known | None:
        """What is known of a document as it is now; None where it is another one before that is found out."""
        now = self.open.get(uri)
        if not now or not now.task:
            return None
        now.hurry.set()
        await asyncio.wait({now.task})
        return None if now.task.cancelled() else now.task.result()

    async def _hover(self, params: lsp.HoverParams) -> lsp.Hover | None:
        known = await self._known(params.text_document.uri)
        return answer.page_at(known.document.lines, params.position, known.result, self.advice) if known else None

    async def _actions(self, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        known = await self._known(params.text_document.uri)
        if not known or not known.result:
            return []
        result, document = known.result, known.document
        actions = []
        if _wanted(params, lsp.CodeActionKind.QuickFix):
            span = document.lines.span(params.range)
            for found in result.found(self.advice):
                if found.span.start <= span.end and span.start <= found.span.end:
                    about = [answer.diagnostic(result, document.lines, found)]
                    for fix in answer.fixes(result, found, partial(work.alone, result.path)):
                        edit = self._edit(document, fix.after.text)
                        kind = lsp.CodeActionKind.QuickFix
                        actions.append(lsp.CodeAction(fix.title, kind, about, is_preferred=fix.preferred, edit=edit))
        if _wanted(params, answer.FIX_ALL) and result.changed:
            edit = self._edit(document, result.after.text)
            actions.append(lsp.CodeAction("dfrefactor: mend all that can be mended", answer.FIX_ALL, edit=edit))
        return [each for each in actions if each.edit]

    def _edit(self, document: Document, after: str) -> lsp.WorkspaceEdit | None:
        """The change of one document, of that version where the editor can tell."""
        if not _whole(after):
            return None  # what no editor can send back as it was
        found = answer.edits(document.lines, after)
        able = self.editor.client_capabilities.workspace
        if able and able.workspace_edit and able.workspace_edit.document_changes:
            where = lsp.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
            return lsp.WorkspaceEdit(document_changes=[lsp.TextDocumentEdit(where, [*found])])
        return lsp.WorkspaceEdit({document.uri: found})


def serve(choices: work.Choices, advice: bool) -> int:
    """Answer an editor on standard input and output until it has enough."""
    logging.disable(logging.CRITICAL)  # what goes wrong with a message may hold the message
    out = sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing else may come between
    Server(choices, advice).editor.start_io(sys.stdin.buffer, out)
    return 0


def _known(document: Document, choices: work.Choices) -> Known:
    """What becomes of a text; whatever happens, the server goes on."""
    if not _whole(document.lines.text):
        return Known(document, wrong="the text holds half characters; left alone")
    try:
        if choices.config_for(document.path).excludes(document.path):
            return Known(document)
        return Known(document, work.rewrite(document.path, document.lines.text.encode(), choices))
    except ConfigError as error:
        return Known(document, wrong=plain(str(error)))
    except Exception as error:
        return Known(document, wrong=bug(error))


def _meant(path: str, language: str) -> bool:
    """Whether a document is for us: what a search takes, and what the editor calls a Dockerfile but for templates."""
    name = path.replace("\\", "/").rpartition("/")[2]
    return kind_of_name(name) is not None or (_LANGUAGES.get(language.lower()) == kind_of(name) and not passed_by(name))


def _wanted(params: lsp.CodeActionParams, kind: str) -> bool:
    """Whether the editor asks for actions of this kind; it may ask for all below one."""
    only = params.context.only
    return only is None or any(kind == each or kind.startswith(f"{each}.") or not each for each in only)


def _whole(text: str) -> bool:
    """Whether there is no half of a character in it."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
