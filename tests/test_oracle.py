"""The same instructions as BuildKit's own parser: the `dockerfile` wheel, and the trees of BuildKit's test files.

The wheel holds BuildKit 0.12.5.  It judges lines, flags and JSON form; what 28.5 reads otherwise is listed here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

import dfrefactor
import dockerfile
import pytest
from dfrefactor.dockerfile import parser
from dfrefactor.dockerfile.instructions import Env, Instruction, Label, Onbuild
from dfrefactor.dockerfile.model import Document

from tests.shared import SHARED, Real, needs_shared
from tests.verdict_cases import FILES

Row = tuple[str, int, int, tuple[str, ...], bool]


def conformance() -> list[bytes]:
    folder = SHARED / "conformance"
    texts = [path.read_text("utf-8") for path in (folder / "buildkit").rglob("Dockerfile")]
    for name in ("buildkit_inline_dockerfiles", "buildkit_lint"):
        texts += [case["dockerfile"] for case in json.loads((folder / f"{name}.json").read_text("utf-8"))]
    texts += [case["source"] for case in json.loads((folder / "tree_sitter_corpus.json").read_text("utf-8"))]
    return [text.encode("utf-8", "surrogatepass") for text in texts]


def wheel(data: bytes) -> list[Row] | None:
    """None where its parser refuses the file.  It must not see lone surrogates: it would end the process."""
    try:
        commands = dockerfile.parse_string(data.decode("utf-8", "replace"))
    except dockerfile.GoParseError:
        return None
    return [((c.cmd or "").lower(), c.start_line, c.end_line, flags_of(c), bool(c.json)) for c in commands]


def flags_of(command: dockerfile.Command) -> tuple[str, ...]:
    return () if (command.cmd or "").lower() == "onbuild" else tuple(command.flags)


def ours(document: Document) -> list[Row]:
    if any("\udc80" <= char <= "\udcff" for char in document.source.text):  # the wheel is given a text
        document = dfrefactor.parse(bytes(document).decode("utf-8", "replace").encode())
    return [row(instruction) for instruction in document.instructions]


def row(instruction: Instruction) -> Row:
    onbuild = isinstance(instruction, Onbuild)
    flags = () if onbuild else tuple(map(str, instruction.flags))
    return (instruction.keyword.lower(), *instruction.lines, flags, instruction.is_json)


# `<< E` opens a heredoc for 28.5 and none for the wheel; 0.12.5 reads `# escape` behind `# check` as a comment; and the
# wheel hands its text over as C strings, which end at a NUL.
NOT_FOR_THE_WHEEL = re.compile(rb"<<-?[ \t]|(?i:#\s*check\s*=.*\n#\s*escape)|\0")


def differences(files: Iterable[Document]) -> Iterator[tuple[bytes, Row | None, Row | None]]:
    for document in files:
        data = document.source.data
        theirs = wheel(data)
        if theirs is None or NOT_FOR_THE_WHEEL.search(data):
            continue
        mine = ours(document)
        if mine != theirs:
            pairs = zip([*mine, None], [*theirs, None], strict=False)
            yield (data, *next((a, b) for a, b in pairs if a != b))


def test_real_files(real: list[Real]) -> None:
    assert list(differences(each.document for each in real)) == []


@needs_shared
def test_files_of_other_projects() -> None:
    assert list(differences(map(dfrefactor.parse, conformance()))) == []


def test_hand_made_files() -> None:
    assert list(differences(map(dfrefactor.parse, FILES))) == []


def tree(data: bytes) -> list[str]:
    """The instructions in the notation of BuildKit's `result` files."""
    return [f"({_dump(instruction)})" for instruction in dfrefactor.parse(data).instructions]


def _dump(instruction: Instruction) -> str:
    flags = "[" + " ".join(map(_quoted, instruction.flags)) + "]" if instruction.flags else ""
    if isinstance(instruction, Onbuild):
        given = [f"({_dump(instruction.trigger)})"] if instruction.args else []
    else:
        given = [_quoted(text) for text in _arguments(instruction)]
    return " ".join(filter(None, [instruction.keyword.lower(), flags, *given]))


def _quoted(text: str) -> str:
    escaped = {"\\": "\\\\", '"': '\\"', "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\x00"}
    return '"' + "".join(escaped.get(char, char) for char in text) + '"'


def _arguments(instruction: Instruction) -> list[str]:
    match instruction.keyword:
        case "ENV" | "LABEL":
            assert isinstance(instruction, Env | Label)
            return [part for p in instruction.pairs for part in (p.key, p.value or "", "" if p.legacy else "=")]
        case "ARG":
            return [instruction.args[a:b] for a, b in parser.pairs(instruction.args, instruction.escape)]
        case "HEALTHCHECK" if instruction.args:
            kind, _, rest = instruction.args.partition(" ")
            return [kind, *(map(str, instruction.json or ()) if instruction.is_json else filter(None, [rest.strip()]))]
        case "MAINTAINER" | "USER" | "WORKDIR" | "STOPSIGNAL":
            return [instruction.args]
        case "RUN" | "CMD" | "ENTRYPOINT" | "SHELL" if not instruction.is_json:
            return [instruction.args] if instruction.args else []
        case _:
            return [word.text for word in instruction.words]


RESULTS = sorted((SHARED / "conformance" / "buildkit" / "testfiles").glob("*/result"))


@needs_shared
@pytest.mark.parametrize("result", RESULTS, ids=[path.parent.name for path in RESULTS])
def test_trees_of_buildkit(result: object) -> None:
    folder = next(path.parent for path in RESULTS if path == result)
    assert tree((folder / "Dockerfile").read_bytes()) == (folder / "result").read_text("utf-8").splitlines()
