"""The language server, asked by a real client over standard input and output."""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
from collections.abc import Callable, Coroutine
from itertools import islice
from pathlib import Path
from typing import Any

import dfrefactor as library
import pytest
from dfrefactor.cli.lsp.lines import Lines
from dfrefactor.cli.work import Choices, pass_names, rewrite
from dfrefactor.text.source import Span
from dfrefactor.version import page
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types as lsp

from tests.conftest import Run
from tests.lsp_client import FIX_ALL, Editor, edited, made, offset
from tests.shared import Real, corpus, needs_shared
from tests.test_cli import BROKEN, CLEAN, MENDED, MIXED

Program = Callable[..., Run]
LEAK = b"FROM alpine\nARG NPM_TOKEN=npm_0123456789abcdefghijABCDEFGHIJ456789\nRUN npm config set //r/:_authToken=$NPM_TOKEN && npm ci\n"


def served(job: Callable[[Editor], Coroutine[Any, Any, None]], *words: str, **options: Any) -> None:
    """Do something with a server of its own."""

    async def run() -> None:
        editor = await Editor.started(*words, **options)
        try:
            await asyncio.wait_for(job(editor), 1800)
        finally:
            await editor.stop()

    asyncio.run(run())


def at(folder: Path, data: bytes = b"", name: str = "Dockerfile") -> str:
    folder.mkdir(exist_ok=True, parents=True)
    (folder / name).write_bytes(data)
    return (folder / name).as_uri()


def test_findings_fixes_and_pages(tmp_path: Path) -> None:
    uri, text = at(tmp_path), MIXED.decode()

    async def job(editor: Editor) -> None:
        editor.open(uri, text)
        (found,) = await editor.diagnostics(uri)
        assert (found.code, found.severity, found.source) == ("parallel-stages", lsp.DiagnosticSeverity.Warning, "dfrefactor")
        assert found.range == lsp.Range(lsp.Position(0, 0), lsp.Position(0, 11))
        assert found.code_description and found.code_description.href == page("parallel-stages")
        fix, everything = await editor.actions(uri)
        assert (fix.kind, everything.kind) == (lsp.CodeActionKind.QuickFix, FIX_ALL)
        assert fix.is_preferred and fix.diagnostics == (found,) and fix.title.startswith("parallel-stages: ")
        assert made(text, fix) == made(text, everything) == MENDED.decode()
        (edit,) = everything.edit.document_changes  # type: ignore[union-attr, misc]
        assert edit.text_document == lsp.OptionalVersionedTextDocumentIdentifier(uri, 1)  # type: ignore[union-attr]
        assert "can be built" in found.message and "Safe: " in await editor.hover(uri, 0, 3)
        assert not await editor.hover(uri, 2, 3)
        assert [each.kind for each in await editor.actions(uri, only=["source.fixAll"])] == [FIX_ALL]
        assert [each.kind for each in await editor.actions(uri, only=["quickfix"])] == [lsp.CodeActionKind.QuickFix]
        assert not await editor.actions(uri, only=["refactor"])
        elsewhere = lsp.Range(lsp.Position(3, 0), lsp.Position(3, 1))
        assert [each.kind for each in await editor.actions(uri, elsewhere)] == [FIX_ALL]

    served(job)


def test_what_is_typed_counts_and_stale_work_is_not_told(tmp_path: Path) -> None:
    uri = at(tmp_path)

    async def job(editor: Editor) -> None:
        editor.open(uri, CLEAN.decode())
        assert not await editor.diagnostics(uri)
        for character in "# 😀\r\n":
            end = lsp.Position(10_000, 0)
            editor.change(uri, lsp.TextDocumentContentChangePartial(lsp.Range(end, end), character))
        editor.change(uri, lsp.TextDocumentContentChangeWholeDocument(BROKEN.decode()))
        (found,) = await editor.diagnostics(uri)
        assert (found.code, found.severity) == ("parse-error", lsp.DiagnosticSeverity.Error)
        assert found.range.start == lsp.Position(1, 0) and found.range.end == lsp.Position(1, 7)
        assert not await editor.actions(uri)
        # An action is asked for at once, before anything was looked at.
        editor.change(uri, lsp.TextDocumentContentChangeWholeDocument(MIXED.decode()))
        (everything,) = await editor.actions(uri, only=[FIX_ALL])
        assert made(editor.texts[uri], everything) == MENDED.decode()
        # Half way there is no answer that speaks of another text.
        asked = asyncio.ensure_future(editor.actions(uri, only=[FIX_ALL]))
        editor.change(uri, lsp.TextDocumentContentChangeWholeDocument(CLEAN.decode()))
        await asked
        assert not await editor.diagnostics(uri)
        told = [each.version for each in editor.told[uri]]
        assert told == sorted(told) and len(told) < editor.versions[uri]
        editor.close(uri)
        while editor.told[uri][-1].diagnostics or len(editor.told[uri]) == len(told):
            await asyncio.sleep(0.01)

    served(job)


def test_a_question_that_is_taken_back_stops_nothing(tmp_path: Path) -> None:
    uri = at(tmp_path)

    async def job(editor: Editor) -> None:
        editor.open(uri, CLEAN.decode())
        editor.change(uri, lsp.TextDocumentContentChangeWholeDocument(MIXED.decode()))
        where = lsp.CodeActionParams(
            lsp.TextDocumentIdentifier(uri), lsp.Range(lsp.Position(0, 0), lsp.Position(9, 0)), lsp.CodeActionContext([])
        )
        protocol = editor.client.protocol
        question = protocol.send_request(lsp.TEXT_DOCUMENT_CODE_ACTION, where, msg_id="mine")
        editor.client.cancel_request(lsp.CancelParams("mine"))
        with pytest.raises(Exception, match="cancel"):
            await asyncio.wrap_future(question)
        assert len(await editor.diagnostics(uri)) == 1 and len(await editor.actions(uri)) == 2

    served(job)


def test_the_configuration_and_what_lies_beside_count_as_for_the_command_line(tmp_path: Path) -> None:
    uri = at(tmp_path)
    alike = "FROM debian AS a\nENV A=1\nRUN make\n\nFROM debian\nENV A=1\nCOPY --from=a /x /x\n"

    async def job(editor: Editor) -> None:
        editor.open(uri, MIXED.decode())
        assert await editor.diagnostics(uri)
        at(tmp_path, b'ignore = ["parallel-stages"]\n', ".dfrefactor.toml")
        editor.client.text_document_did_save(lsp.DidSaveTextDocumentParams(lsp.TextDocumentIdentifier(uri)))
        assert not await editor.actions(uri)
        at(tmp_path, b"ignore = [1]\n", ".dfrefactor.toml")
        changed = lsp.DidChangeWatchedFilesParams([lsp.FileEvent("file:///x", lsp.FileChangeType.Changed)])
        editor.client.workspace_did_change_watched_files(changed)
        assert not await editor.actions(uri)
        assert "`ignore` has to be a list of strings" in editor.told[uri][-1].diagnostics[0].message
        at(tmp_path, b'exclude = ["Dockerfile"]\n', ".dfrefactor.toml")
        editor.client.workspace_did_change_watched_files(changed)
        assert not await editor.actions(uri) and not editor.told[uri][-1].diagnostics
        (tmp_path / ".dfrefactor.toml").unlink()
        other = at(tmp_path / "other")
        editor.open(other, alike)
        assert not await editor.actions(other)
        one = "    build: {{context: ., cache_from: [r/a, r/b], target: {}}}\n    image: r/{}\n"
        services = f"services:\n  a:\n{one.format('a', 'a')}  b:\n    build: {{context: ., cache_from: [r/a, r/b]}}\n    image: r/b\n"
        at(tmp_path / "other", services.encode(), "compose.yml")
        editor.client.workspace_did_change_watched_files(changed)
        (everything,) = await editor.actions(other, only=[FIX_ALL])
        assert "LAYER=a" in made(alike, everything)

    served(job)


def test_no_diagnostic_shows_a_secret_and_the_fix_carries_the_text(tmp_path: Path) -> None:
    uri, text = at(tmp_path), LEAK.decode()

    async def job(editor: Editor) -> None:
        editor.open(uri, text)
        found = await editor.diagnostics(uri)
        assert any(each.severity == lsp.DiagnosticSeverity.Error for each in found)
        actions = await editor.actions(uri)
        shown = repr([each.message for each in found]) + repr([each.title for each in actions])
        assert "npm_0123456789" not in shown
        assert any("--strategy mount" in each.title and "type=secret" in made(text, each) for each in actions)

    served(job)


def test_kinds_of_files(tmp_path: Path) -> None:
    async def job(editor: Editor) -> None:
        for name, language, told in [
            ("Dockerfile", "dockerfile", True), ("Dockerfile-x", "dockerfile", True), ("Dockerfile.j2", "dockerfile", False),
            ("a b;c?#%41.Dockerfile", "plaintext", True), ("x.yml", "yaml", False), ("x.py", "python", False),
        ]:  # fmt: skip
            uri = (tmp_path / name).as_uri()
            editor.open(uri, MIXED.decode(), language)
            assert len(await editor.actions(uri, only=[FIX_ALL])) == told, name
        editor.open("untitled:Untitled-1", MIXED.decode())
        assert await editor.actions("untitled:Untitled-1", only=[FIX_ALL])
        unknown = tmp_path / "none"
        assert not await editor.actions(unknown.as_uri()) and not await editor.hover(unknown.as_uri(), 0, 0)

    served(job)


def test_hovering_over_a_name_in_a_comment_shows_its_page(tmp_path: Path) -> None:
    uri = at(tmp_path)

    async def job(editor: Editor) -> None:
        editor.open(uri, "FROM debian\n# dfrefactor: ignore=order-layers,nothing\nRUN make\n")
        assert (await editor.hover(uri, 1, 24)).startswith("**order-layers**\n\nPut what changes often")
        assert not await editor.hover(uri, 1, 38) and not await editor.hover(uri, 9, 38)

    served(job)


@pytest.mark.parametrize("profile", ["neovim@v0.7.0", "neovim@v0.11.0", "emacs@v29.1"])
def test_other_editors_get_the_same(tmp_path: Path, profile: str) -> None:
    uri = at(tmp_path)
    text = MIXED.decode().replace("RUN make a", "RUN make a # 😀\r").replace("\n", "\r\n").replace("\r\r\n", "\r\n").rstrip()

    async def job(editor: Editor) -> None:
        editor.open(uri, text)
        (everything,) = await editor.actions(uri, only=[FIX_ALL])
        assert made(text, everything).encode() == library.refactor(text.encode()).data

    served(job, profile=profile)


def changed(number: int, data: bytes) -> bytes:
    """A real file as it stands, with CRLF, with characters beyond the first plane, without its last line end."""
    match number % 4:
        case 1:
            return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        case 2:
            return data.replace(b"# ", "# 😀 𝒟 ".encode()) + "# 𐍈".encode()
        case 3:
            return data.rstrip()
    return data


@needs_shared
@pytest.mark.parametrize("count", [10, pytest.param(300, marks=pytest.mark.slow)])
def test_the_edits_of_an_editor_give_the_bytes_of_apply(tmp_path: Path, dfrefactor: Program, count: int) -> None:
    at(tmp_path, f'select = {json.dumps(pass_names())}\nparallel = "all"\n'.encode(), ".dfrefactor.toml")
    paths: list[Path] = []
    before: list[bytes] = []
    for number, path in enumerate(random.Random(7).sample(corpus(), len(corpus()))):
        if len(paths) == count:
            break
        data, new = changed(number, path.read_bytes()), tmp_path / str(number) / "Dockerfile"
        if rewrite(str(new), data, Choices()).changed:
            at(new.parent, data)
            paths.append(new)
            before.append(data)

    async def job(editor: Editor) -> None:
        for path, data in zip(paths, before, strict=True):
            text, uri = data.decode(), path.as_uri()
            editor.open(uri, text)
            actions = await editor.actions(uri)
            (everything,) = [each for each in actions if each.kind == FIX_ALL]
            after[path] = made(text, everything).encode()
            for each in actions:
                assert not library.errors(library.parse(made(text, each).encode())), (path, each.title)
            editor.close(uri)

    after: dict[Path, bytes] = {}
    served(job)
    assert dfrefactor("--apply", "--quiet", *paths).code in (0, 1)
    assert len(paths) == count and after == {path: path.read_bytes() for path in paths}
    assert any(b"\r\n" in data for data in after.values()) and any("𐍈".encode() in data for data in after.values())


@needs_shared
def test_one_fix_after_the_other_comes_to_an_end(tmp_path: Path, real: list[Real]) -> None:
    async def job(editor: Editor) -> None:
        for each in islice((each for each in real if each.result().changed), 6):
            uri, text = at(tmp_path), each.data.decode()
            for _ in range(30):
                editor.open(uri, text)
                fixes = [fix for fix in await editor.actions(uri, only=["quickfix"]) if fix.is_preferred]
                if not fixes:
                    break
                text = made(text, fixes[0])
            assert not library.refactor(text.encode(), uri).changed

    served(job)


TEXT = st.text(st.sampled_from(list("ab\n\r\f\u2028\x85é😀𝒟\ud83d")), max_size=30)


@given(TEXT, st.integers(0, 6), st.integers(0, 12), st.integers(0, 6), st.integers(0, 12), TEXT)
def test_places_are_those_of_the_protocol(text: str, line: int, character: int, line_2: int, character_2: int, new: str) -> None:
    one, two = lsp.Position(line, character), lsp.Position(line_2, character_2)
    lines = Lines(text)
    assert lines.text[: lines.offset(one)].encode("utf-16-le", "surrogatepass").startswith(
        text[: offset(text, one)].encode("utf-16-le", "surrogatepass")
    )
    if (line, character) <= (line_2, character_2) and "\ud83d" not in text + new:
        place = lsp.Range(one, two)
        try:
            expected = edited(text, [lsp.TextEdit(place, new)])
        except UnicodeDecodeError:  # in the middle of a character
            return
        assert lines.changed(lsp.TextDocumentContentChangePartial(place, new)).text == expected


@given(TEXT, st.integers(0, 30), st.integers(0, 30))
def test_a_place_is_found_again(text: str, start: int, length: int) -> None:
    lines, span = Lines(text), Span(min(start, len(text)), min(start + length, len(text)))
    again = lines.span(lines.range(span))
    inside = {at for at in range(1, len(text)) if text[at - 1 : at + 1] == "\r\n"}
    assert again == span or inside & set(span)  # between the two no editor has a place


def test_without_pygls_one_line_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['pygls'] = None\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    run = subprocess.run([sys.executable, "-m", "dfrefactor", "lsp"], env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (2, "") and run.stderr.count("\n") == 1
    assert "pipx install 'dfrefactor[lsp]'" in run.stderr


def test_the_command_line_does_not_load_pygls() -> None:
    code = "import sys; from dfrefactor.cli.main import main; main(['--version']); print({'pygls', 'lsprotocol'} & {*sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.endswith("set()\n")


def _ticks(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


@needs_shared
@pytest.mark.speed
@pytest.mark.figures
def test_what_an_edit_costs(tmp_path: Path) -> None:
    """Milliseconds of the server's CPU from an edit to its diagnostics, in files of about a hundred lines."""
    texts = [data.decode() for path in corpus() if 90 <= (data := path.read_bytes()).count(b"\n") <= 110 and data.isascii()][:30]

    async def job(editor: Editor) -> None:
        process = editor.client._server
        assert process
        costs = []
        for number, text in enumerate(texts):
            uri = (tmp_path / str(number) / "Dockerfile").as_uri()
            editor.open(uri, text)
            await editor.diagnostics(uri)
            begun, many = _ticks(process.pid), 10
            for _ in range(many):
                place = lsp.Position(text.count("\n") // 2, 0)
                editor.change(uri, lsp.TextDocumentContentChangePartial(lsp.Range(place, place), "# a comment\n"))
                await editor.diagnostics(uri)
            costs.append((_ticks(process.pid) - begun) / many)
            editor.close(uri)
        print(f"{len(costs)} files: median {statistics.median(costs):.0f} ms, worst {max(costs):.0f} ms")

    served(job)


