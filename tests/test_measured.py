"""What a build was seen to do: how a trace is read, what it comes to, and how passes rest on it; no engine is needed."""

from __future__ import annotations

from pathlib import Path

import pytest
from dfrefactor.dockerfile.comments import Hint
from dfrefactor.dockerfile.model import parse
from dfrefactor.dockerfile.scope import Scope
from dfrefactor.engine import measure, remember, strace
from dfrefactor.engine.changes import Changes
from dfrefactor.engine.image import Entry
from dfrefactor.engine.observe import Proposal
from dfrefactor.engine.reads import Left, Links, few, proved
from dfrefactor.engine.trace import instrumented
from dfrefactor.finding import Safety
from dfrefactor.pipeline import refactor
from dfrefactor.settings import Settings
from dfrefactor.text.mask import Mask
from dfrefactor.text.source import Span

FILE, FOLDER = Entry("file", 0o644, 0, 0), Entry("folder", 0o755, 0, 0)


def read(*lines: str, folder: str | None = None) -> strace.Trace:
    return strace.read("\n".join((*lines, "")), folder)


def test_paths_are_told_with_the_folder_a_process_is_in() -> None:
    found = read(
        '9     getcwd("/work", 4096)             = 6',
        '9     stat("a", 0x7ffe)                 = -1 ENOENT (No such file or directory)',
        '9     chdir("sub")                      = 0',
        "9     vfork( <unfinished ...>",
        '10    execve("./run", 0x1, 0x2 <unfinished ...>',
        "9     <... vfork resumed>)              = 10",
        "10    <... execve resumed>)             = 0",
        '10    openat(3</etc/conf>, "x", O_RDONLY) = 4</etc/real/x>',
        '10    openat(AT_FDCWD</else>, "y", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)',
        '10    access("z", R_OK)                 = 0',
        "10    fchdir(5</back>)                  = 0",
        '10    rename("old", "new")              = 0',
        '9     symlink("../target", "link")      = 0',
        '9     getxattr("attributed", "user.name", 0x1, 255) = -1 ENODATA (No data available)',
        '9     open("sp\\303\\251 \\"q\\".txt", O_RDONLY) = 6</work/sub/sp\\303\\251 \\"q\\".txt>',
        '9     openat(AT_FDCWD</work/sub>, "only", O_RDONLY|O_PATH) = 7</work/sub/only>',
        "9     +++ exited with 0 +++",
    )
    assert found.opened == {"/etc/conf/x", "/etc/real/x", '/work/sub/spé "q".txt'}
    assert found.named - found.opened == {
        "/work/a", "/work/sub", "/work/sub/run", "/else/y", "/else/z", "/back/old", "/back/new", "/work/sub/link",
        "/work/sub/attributed", "/work/sub/only"}  # fmt: skip
    assert found.links == {("/work/sub/link", "../target")}
    assert found.executed == {"/work/sub/run"} and not found.why


@pytest.mark.parametrize(("line", "why"), [
    ('9 stat("a", 0x1) = 0', "folder"),
    ('9 chroot("/mnt") = 0', "chroot"),
    ("9 io_uring_setup(8, 0x1) = 3<anon_inode:[io_uring]>", "io_uring"),
    ("", "nothing"),
])  # fmt: skip
def test_what_a_trace_does_not_tell_is_said(line: str, why: str) -> None:
    assert why in read(line).why
    assert not read('9 chroot("/mnt") = -1 EPERM (Operation not permitted)').why


def looked(trace: strace.Trace, before: dict[str, Entry], behind: tuple[str, ...] = (), workdir: str | None = None,
           links: Links | None = None) -> tuple[str, ...]:  # fmt: skip
    left = Left.by([Changes(before)], [Changes(dict.fromkeys(behind, FILE))])
    return proved(trace, left, links or Links(), (), workdir)


def test_only_what_other_steps_leave_counts() -> None:
    before = {"/a": FOLDER, "/a/x": FILE, "/a/y": FILE, "/b": FILE, "/root/.cache": FOLDER, "/root/.cache/z": FILE}
    named = frozenset({"/a/x", "/etc/passwd", "/a/missing", "/c", "/root/.cache/z", "/etc/ld.so.cache"})
    assert looked(strace.Trace(named=named), before) == ("/a/x",)
    assert looked(strace.Trace(named=named), before, behind=("/c", "/b")) == ("/a/x", "/c")
    assert looked(strace.Trace(frozenset({"/a"}), frozenset({"/a"})), before) == ("/a",)
    assert looked(strace.Trace(named=frozenset({"/a/new"})), before) == ("/a",)
    assert looked(strace.Trace(named=frozenset({"/a/new"})), before, workdir="/a") == ()
    assert looked(strace.Trace(named=frozenset({"/a/new"})), {"/a": Entry("folder", 0o700, 0, 0)}, workdir="/a") == ("/a",)


def test_links_are_followed_wherever_they_stand() -> None:
    links = Links({"/l": frozenset({"a/m"}), "/a/m": frozenset({"../b"}), "/loop": frozenset({"loop"})})
    before = {"/l": Entry("symlink", 0o777, 0, 0), "/b": FOLDER, "/b/x": FILE}
    assert looked(strace.Trace(named=frozenset({"/l/x", "/loop/x"})), before, links=links) == ("/b/x", "/l")
    assert links.walk("/l/../y") == ({"/y"}, {"/l", "/a/m", "/a", "/"}) or links.walk("/l/../y")[0] == {"/y"}


def test_many_paths_are_summed_up_by_the_folders_they_are_in() -> None:
    many = {f"/usr/lib/python3/{n}" for n in range(30)} | {"/usr/bin/x", "/etc/y"}
    assert few(many) == ("/etc/y", "/usr/bin/x", "/usr/lib/python3")
    assert few({f"/top{n}" for n in range(30)}) == ("/",)
    assert few({"/a b/c"}) == ("/",) and few({"/a/b c"}) == ("/a",)


def test_the_copy_of_the_file_runs_the_same_calls() -> None:
    text = 'FROM a\nRUN --mount=type=cache,target=/c x \\\n # no\n && "y" <b\nFROM b\nCOPY --from=0 /x /x\nRUN <<E\nz\nE\nRUN <<E\n#!/bin/p\nE\n'
    document = parse(text.encode())
    runs = [each for each in document.instructions if each.keyword == "RUN"]
    copy = instrumented(document, runs, {run: Scope() for run in runs}, "id")
    first, second = (run for run in copy.document.instructions if run.is_json)
    assert [word.text for word in first.words][-3:] == ["/bin/sh", "-c", 'x  && "y" <b']
    assert first.flags[0] == "--mount=type=cache,target=/c"
    assert [word.text for word in second.words][-3:] == ["/bin/sh", "-c", "z\n"]
    assert next(each for each in copy.document.instructions if each.flag("from") == "1")
    assert list(copy.untraced) == [runs[-1]]
    assert len(copy.document.stages) == 3 and all(stage.name for stage in copy.document.stages)


MEASURED = {"RUN ./one": Hint(("/a",), (), Span(0, 0), ("/tmp/x",)), "RUN ./two": Hint(("/b",), (), Span(0, 0))}
STEPS = b"FROM debian\nRUN ./one\nRUN ./two\n"


def test_a_rewrite_that_rests_on_a_build_says_so_and_waits() -> None:
    shown = refactor(STEPS, settings=Settings(measured=MEASURED))
    assert not shown.changed
    (finding,) = shown.findings
    assert finding.edits and finding.safety is Safety.UNSAFE
    assert finding.notes[-1] == "rests on what a build was seen to do (lines 2, 3)"
    for settings in (Settings(measured=MEASURED, verified=True), Settings(measured=MEASURED, allow=Safety.UNSAFE)):
        made = refactor(STEPS, settings=settings)
        assert made.data.count(b"FROM debian") == 3
        assert made.findings[0].notes[-1] == finding.notes[-1] and made.findings[0].left == {"/tmp/x/**"}
        assert not refactor(made.data, settings=settings).changed


def test_what_does_not_rest_on_it_is_as_safe_as_before() -> None:
    known = b"FROM debian\n# dfrefactor: writes=/c\nRUN three\n# dfrefactor: writes=/d\nRUN four\n"
    plain = refactor(known)
    made = refactor(known, settings=Settings(measured=MEASURED))
    assert made.changed and made.data == plain.data and made.findings == plain.findings


def test_a_comment_is_above_a_measurement() -> None:
    text = b"FROM debian\n# dfrefactor: writes=/a reads=/b\nRUN ./one\nRUN ./two\n"
    assert not refactor(text, settings=Settings(measured=MEASURED, verified=True)).changed


def keys(text: str, *given: str) -> list[str]:
    document = parse(text.encode())
    runs = [each for each in document.instructions if each.keyword == "RUN"]
    return list(remember.keys(document, runs, given).values())


def test_a_step_is_remembered_with_all_that_has_a_say() -> None:
    text = "FROM a AS s\nRUN x\nFROM b\nCOPY --from=s /x /\nRUN y\nRUN z\n"
    first, second, third = keys(text, "context")
    assert len({first, second, third}) == 3
    assert keys(text.replace("\nRUN z", "\n# c\nRUN z"), "context") == [first, second, third]
    assert keys(text, "other")[0] != first
    assert keys(text.replace("RUN x", "RUN w"), "context")[1] != second
    assert keys(text.replace("FROM b", "FROM c"), "context")[0] == first
    assert keys(text.replace("RUN y", "RUN w"), "context")[::2] != [first, third]
    assert keys(text.replace("RUN z", "RUN w"), "context")[:2] == [first, second]


def test_what_is_remembered_comes_back_and_what_is_broken_does_not(tmp_path: Path) -> None:
    seen = remember.Seen("sha256:1", ("/a",), ("/b",), ("/tmp/x",), "")
    remember.keep(tmp_path / "new", {"k": seen})
    assert remember.recall(tmp_path / "new", "k") == seen and remember.recall(tmp_path, "l") is None
    (tmp_path / "new" / "k.json").write_text("{")
    assert remember.recall(tmp_path / "new", "k") is None
    remember.keep(Path("/proc/nowhere"), {"k": seen})


def test_what_a_file_takes_of_its_context() -> None:
    def taken(text: str) -> tuple[str, ...] | None:
        return remember.taken(parse(f"FROM a\n{text}\n".encode()))

    assert taken("RUN x") == () and taken("COPY a b /c") == ("a", "b") and taken("ADD https://x.org/y /z") == ()
    assert taken("COPY --from=s a /c") == ()
    assert taken("COPY $a /c") is None and taken("RUN --mount=type=bind,target=/s x") is None


def test_the_digest_of_a_context_is_that_of_what_is_taken(tmp_path: Path) -> None:
    from dfrefactor.cli.context import digest

    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a").write_text("1")
    (tmp_path / "b").write_text("2")
    file = str(tmp_path / "Dockerfile")
    whole, part, none = (digest(str(tmp_path), file, patterns) for patterns in (None, ("sub",), ()))
    (tmp_path / "b").write_text("3")
    assert digest(str(tmp_path), file, None) != whole
    assert (digest(str(tmp_path), file, ("sub",)), digest(str(tmp_path), file, ())) == (part, none)
    (tmp_path / "sub" / "a").chmod(0o755)
    assert digest(str(tmp_path), file, ("sub",)) != part
    (tmp_path / ".dockerignore").write_text("b\n")
    without = digest(str(tmp_path), file, None)
    (tmp_path / "b").write_text("4")
    assert digest(str(tmp_path), file, None) == without


def test_no_path_with_a_secret_in_it_is_kept_be_it_a_temporary_one() -> None:
    run = parse(b"FROM debian\nRUN ./make.sh\n").instructions[1]
    one = Proposal(run, 2, ("/opt/a",), (), ("/tmp/sk-canary-0123456789", "/root/.cache"), proved=True)
    kept = measure._seen(one, "sha256:1", Mask(frozenset({"sk-canary-0123456789"})))
    assert "canary" not in str(kept) and kept.hint is None and kept.reason == "a path of it holds a secret"
    plain = measure._seen(one, "sha256:1", Mask(frozenset()))
    assert plain.hint is not None and plain.leaves == one.left_out
