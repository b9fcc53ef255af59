"""A real client of the language server, and an editor's part: a text, its changes, and edits made as the protocol says."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from lsprotocol import types as lsp
from pytest_lsp import LanguageClient, client_capabilities


def offset(text: str, at: lsp.Position) -> int:
    """Written anew, so that the server's own reckoning is not its judge: in UTF-16 bytes."""
    lines = [b""]
    data = text.encode("utf-16-le", "surrogatepass")
    units = [data[i : i + 2] for i in range(0, len(data), 2)]
    cr, lf = "\r".encode("utf-16-le"), "\n".encode("utf-16-le")
    for number, unit in enumerate(units):
        lines[-1] += unit
        if unit == lf or (unit == cr and units[number + 1 : number + 2] != [lf]):
            lines.append(b"")
    if at.line >= len(lines):
        return len(text)
    line = lines[at.line]
    bare = line.decode("utf-16-le", "surrogatepass").rstrip("\r\n").encode("utf-16-le", "surrogatepass")
    before = b"".join(lines[: at.line]) + bare[: 2 * at.character]
    return len(before.decode("utf-16-le", "surrogatepass"))


def edited(text: str, edits: list[lsp.TextEdit]) -> str:
    """`text` after an editor made the edits; places are those of the text before any of them."""
    spans = sorted(((offset(text, e.range.start), offset(text, e.range.end), e.new_text) for e in edits), reverse=True)
    for (start, *_), (_, end, _) in pairwise(spans):
        assert end <= start
    for start, end, new in spans:
        text = text[:start] + new + text[end:]
    return text


def made(text: str, action: lsp.CodeAction) -> str:
    edit = action.edit
    assert edit
    if edit.document_changes:
        (change,) = edit.document_changes
        assert isinstance(change, lsp.TextDocumentEdit)
        return edited(text, [each for each in change.edits if isinstance(each, lsp.TextEdit)])
    assert edit.changes
    (edits,) = edit.changes.values()
    return edited(text, [*edits])


@dataclass
class Editor:
    """A client with its open texts."""

    client: LanguageClient
    texts: dict[str, str] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    told: dict[str, list[lsp.PublishDiagnosticsParams]] = field(default_factory=dict)

    @classmethod
    async def started(cls, *words: str, root: Path | None = None, profile: str = "visual_studio_code") -> Editor:
        client = LanguageClient()
        editor = cls(client)

        @client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def _(params: lsp.PublishDiagnosticsParams) -> None:
            editor.told.setdefault(params.uri, []).append(params)

        await client.start_io(sys.executable, "-m", "dfrefactor", "lsp", *words)
        params = lsp.InitializeParams(client_capabilities(profile), root_uri=root.as_uri() if root else None)
        await client.initialize_session(params)
        return editor

    async def stop(self) -> None:
        await self.client.shutdown_session()
        await self.client.stop()

    def open(self, uri: str, text: str, language: str = "dockerfile") -> None:
        self.texts[uri], self.versions[uri] = text, 1
        item = lsp.TextDocumentItem(uri, language, 1, text)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))

    def change(self, uri: str, *changes: lsp.TextDocumentContentChangeEvent) -> None:
        for change in changes:
            if isinstance(change, lsp.TextDocumentContentChangePartial):
                self.texts[uri] = edited(self.texts[uri], [lsp.TextEdit(change.range, change.text)])
            else:
                self.texts[uri] = change.text
        self.versions[uri] += 1
        where = lsp.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(where, [*changes]))

    def close(self, uri: str) -> None:
        where = lsp.TextDocumentIdentifier(uri)
        self.client.text_document_did_close(lsp.DidCloseTextDocumentParams(where))

    async def diagnostics(self, uri: str) -> list[lsp.Diagnostic]:
        """Those of the text as it is now."""
        for _ in range(3000):
            if (told := self.told.get(uri)) and told[-1].version == self.versions[uri]:
                return [*told[-1].diagnostics]
            await asyncio.sleep(0.01)
        raise TimeoutError(uri)

    async def actions(self, uri: str, place: lsp.Range | None = None, only: list[str] | None = None) -> list[lsp.CodeAction]:
        place = place or lsp.Range(lsp.Position(0, 0), lsp.Position(100_000, 0))
        params = lsp.CodeActionParams(lsp.TextDocumentIdentifier(uri), place, lsp.CodeActionContext([], only))
        found = await self.client.text_document_code_action_async(params)
        return [each for each in found or () if isinstance(each, lsp.CodeAction)]

    async def hover(self, uri: str, line: int, character: int) -> str:
        params = lsp.HoverParams(lsp.TextDocumentIdentifier(uri), lsp.Position(line, character))
        found = await self.client.text_document_hover_async(params)
        return found.contents.value if found and isinstance(found.contents, lsp.MarkupContent) else ""


FIX_ALL = "source.fixAll.dfrefactor"
