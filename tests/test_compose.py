"""The cache lists of Compose and bake files: what is mended, and above all what is left alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from textwrap import dedent
from unittest import mock

import pytest
from dfrefactor.compose import file
from dfrefactor.compose.file import BuildFile, Read
from dfrefactor.pipeline import refactor
from dfrefactor.result import Result
from dfrefactor.text.source import Source
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared import SHARED, needs_shared

DOCKERFILE = """\
FROM debian AS base
RUN make base
FROM base AS one
RUN make one
FROM debian AS two
RUN make two
FROM base
COPY --from=one /one /
COPY --from=two /two /
"""
BUILDKIT = "# syntax=docker/dockerfile:1\n" + DOCKERFILE


def nobody(_: object) -> frozenset[int]:
    return frozenset()


def mend(
    data: bytes, path: str, read: Read = lambda _: None, tainted: Callable[[object], frozenset[int]] = nobody
) -> Result:
    """What `cache-from` makes of a file, with those stages taken for ones that use a credential."""
    with mock.patch.object(file, "tainted_stages", tainted):
        result = refactor(data, path, read=read)
    assert not result.problems
    return result


def contexts(data: bytes, path: str) -> frozenset[str]:
    return BuildFile(Source.of_bytes(data, path), lambda _: None).contexts


def mended(
    text: str,
    dockerfile: str = DOCKERFILE,
    path: str = "compose.yaml",
    tainted: Callable[[object], frozenset[int]] = nobody,
) -> Result:
    return mend(dedent(text).encode(), path, {"Dockerfile": dockerfile.encode()}.get, tainted)


def service(name: str, entries: str, target: str = "", image: str = "") -> str:
    """A service with a cache list in block style; the last stage has the image `app:final`."""
    lines = [f"  {name}:", f"    image: {image or f'app:{name}'}", "    build:", "      context: ."]
    lines += [f"      target: {target}"] if target else []
    lines += ["      cache_from:", *(f"        - {entry}" for entry in entries.split())] if entries else []
    return "\n".join(lines) + "\n"


def project(*services: str) -> str:
    return "services:\n" + "".join(services)


ONE, TWO = service("one", "", "one"), service("two", "", "two")


def lists(text: str | bytes) -> list[str]:
    """The entries of all block lists."""
    return re.findall(r"- (\S+)", text if isinstance(text, str) else text.decode())


def test_the_classic_builder_gets_every_stage_above() -> None:
    result = mended(project(ONE, TWO, service("final", "app:final")))
    assert lists(result.data) == ["app:one", "app:two", "app:final"]


def test_buildkit_gets_the_stages_that_are_needed() -> None:
    dockerfile = BUILDKIT.replace("COPY --from=two /two /\n", "")
    assert lists(mended(project(ONE, TWO, service("final", "app:final")), dockerfile).data) == ["app:one", "app:final"]


def test_what_is_missing_stands_where_its_stage_does() -> None:
    entries = "debian:latest app:one app:final"
    assert lists(mended(project(ONE, TWO, service("final", entries))).data) == [
        "debian:latest", "app:one", "app:two", "app:final",
    ]  # fmt: skip


def test_comments_quotes_and_the_rest_stay() -> None:
    text = """\
        x-logging: &logging {driver: "json-file"}   # kept
        services:
            one: { image: 'app:one', build: { context: ., target: one } }
            final:
                image:   "app:final"
                logging: *logging
                build:
                    context:    .
                    cache_from:
                      # the last one
                      - "app:final"    # ours
            # the end
        """
    before = dedent(text)
    after = before.replace('- "app:final"', '- "app:one"\n              - "app:final"')
    assert mended(text).data.decode() == after


def test_flow_lists() -> None:
    text = project(ONE, service("final", "")).replace(
        "app:final\n    build:\n      context: .", "app:final\n    build: {context: ., cache_from: [app:final]}"
    )
    assert b"cache_from: [app:one, app:final]" in mended(text).data


def test_a_list_over_several_lines_in_flow_style() -> None:
    text = project(ONE) + "  final:\n    image: app:final\n    build:\n      context: .\n      cache_from: [\n"
    text += "        debian,\n        app:final\n      ]\n"
    assert b"[\n        debian,\n        app:one,\n        app:final\n      ]" in mended(text).data


def test_a_file_without_a_last_line_end() -> None:
    text = project(TWO, service("one", "debian app:one", "one"), service("final", "app:one"))
    assert mended(text.rstrip("\n")).data.endswith(b"- app:one\n        - app:two\n        - app:final")


def test_a_shared_list_is_mended_once_for_all() -> None:
    text = """\
        x-build: &build
          context: .
          cache_from: &cache
            - app:one
        services:
          one: {image: "app:one", build: {<<: *build, target: one}}
          two: {image: "app:two", build: {context: ., target: two, cache_from: *cache}}
        """
    result = mended(text)
    assert lists(result.data) == ["app:one", "app:two"] and len(result.findings) == 1


def test_the_articles_slip_is_named() -> None:
    text = project(ONE, service("two", "app:two", "two", "app:stage_two"))
    result = mended(text)
    assert lists(result.data) == ["app:one", "app:stage_two"]
    assert any("nothing here makes `app:two`" in finding.message for finding in result.findings)


@pytest.mark.parametrize("entry", ["app:fnial", "app:finall", "app:_final", "ap:final", "docker.io/library/app:fianl"])
def test_slips_of_the_pen(entry: str) -> None:
    text = project(service("final", entry + " app:base", image="app:final"), service("base", "", "base"))
    if entry.startswith("ap:"):  # a repository of so few letters may be another one
        text = text.replace("app:", "application:").replace("ap:final", "applicaton:final")
    assert lists(mended(text).data)[0].endswith(":final")


def test_the_form_of_an_entry_stays() -> None:
    text = project(ONE, service("final", "type=registry,ref=app:final"))
    assert lists(mended(text).data) == ["type=registry,ref=app:one", "type=registry,ref=app:final"]


def test_an_image_with_a_credential_leaves_the_list() -> None:
    text = project(ONE, service("two", "app:two", "two"), service("final", "app:one app:two app:final"))
    result = mended(text, tainted=lambda _: frozenset({2}))
    assert lists(result.data) == ["app:two", "app:one", "app:final"]
    assert "two" in str([finding.message for finding in result.findings]) and "neither pushed" in result.findings[0].message


def test_an_image_that_starts_from_one_with_a_credential_leaves_it_too() -> None:
    text = project(ONE, TWO, service("final", "app:one app:two app:final"))
    dockerfile = "FROM debian AS one\nRUN a\nFROM app:one AS two\nRUN b\nFROM debian\nCOPY --from=two /x /\n"
    assert lists(mended(text, dockerfile, tainted=lambda _: frozenset({0})).data) == ["app:final"]
    assert lists(mended(text, dockerfile).data) == ["app:one", "app:two", "app:final"]


def test_a_list_that_would_be_empty_is_only_spoken_of() -> None:
    text = project(service("two", "app:two", "two"))
    result = mended(text, tainted=lambda _: frozenset({2}))
    assert result.data.decode() == text and [finding.edits for finding in result.findings] == [()]


@pytest.mark.parametrize("gone", [{1}, {2}, {1, 2}, {3}, {2, 3}])
def test_removing_from_a_flow_list_leaves_a_flow_list(gone: set[int]) -> None:
    last = "  last: {image: 'app:last', build: {context: ., cache_from: [debian, app:one, app:two, app:last]}}\n"
    result = mended(project(ONE, TWO, last), tainted=lambda _: frozenset(gone))
    left = ["debian", *(f"app:{n}" for i, n in enumerate(("one", "two", "last"), 1) if i not in gone)]
    assert f"[{', '.join(left)}]".encode() in result.data
    assert mended(result.data.decode(), tainted=lambda _: frozenset(gone)).data == result.data


def test_a_file_that_ends_with_an_entry_to_be_removed() -> None:
    text = project(ONE, TWO, service("final", "debian app:two app:one")).rstrip("\n")
    result = mended(text, tainted=lambda _: frozenset({1}))
    assert result.data.endswith(b"- app:two\n        - app:final") or result.data.endswith(b"- app:two")


def test_the_first_entry_goes_and_another_comes() -> None:
    text = project(ONE, TWO, service("final", "app:one app:final"))
    result = mended(text, tainted=lambda _: frozenset({1}))
    assert lists(result.data) == ["app:two", "app:final"]


def test_bake_in_json() -> None:
    text = """\
        {
        \t"target": {
        \t\t"one": {"target": "one", "tags": ["app:one"]},
        \t\t"base": {"cache-from": ["type=registry,ref=app:final"]},
        \t\t"final": {"inherits": ["base"], "tags": ["app:final"]}
        \t}
        }
        """
    result = mended(text, path="docker-bake.json", dockerfile=DOCKERFILE)
    assert b'["type=registry,ref=app:one", "type=registry,ref=app:final"]' in result.data


def test_bake_in_hcl_is_spoken_of() -> None:
    text = """\
        target "one" {
          target = "one"
          tags   = ["app:one"]
        }
        target "final" {
          tags       = ["app:final"]
          cache-from = ["app:final"] // ours
        }
        """
    result = mended(text, path="docker-bake.hcl")
    assert result.data.decode() == dedent(text)
    assert [finding.edits for finding in result.findings] == [()] and "`app:one`" in result.findings[0].message


# Leave this alone


@pytest.mark.parametrize(
    "text",
    [
        project(service("final", "app:one app:two app:final"), ONE, TWO),
        project(service("final", "app:final app:two app:one"), ONE, TWO),
        project(service("final", ""), ONE, TWO),
        project(service("final", "registry.example.org/app:main"), TWO.replace("    image: app:two\n", "")),
        project(service("final", "app:v1", image="app:v2")),
        project(service("one", "app:one", "one"), service("final", "app:one app:final")),
        project(service("final", "app:one app:final")),
        project(service("final", "${REGISTRY}/app:one"), ONE),
        project(service("final", "type=gha"), ONE),
        project(service("final", "type=local,src=/tmp/x app:final"), ONE),
        project(service("final", "app:builder_one app:final"), ONE),
        project(service("final", "app:1.2", image="app:1.3"), service("other", "", image="app:other")),
        project(service("final", "app:final").replace("context: .", "context: https://example.org/x.git"), ONE),
        project(service("final", "app:final").replace("context: .", "context: ${DIR}"), ONE),
        project(service("final", "app:final").replace("context: .", "context: other\n      dockerfile: ../Dockerfile"), ONE),
        project(service("final", "app:final"), ONE.replace("context: .", "context: .\n      args: {A: 1}")),
        project(service("final", "app:final"), ONE.replace("    image: app:one\n", "")),
        project(service("final", "app:final"), ONE.replace("    build:", "    extends: {service: final}\n    build:")),
        project(service("final", "app:final", "${TARGET}"), ONE),
        project(service("final", "app:final"), ONE).replace("      context: .\n", ""),
        project(service("final", "app:final"), ONE) + "---\nservices: {}\n",
        project(service("final", "app:final"), ONE).replace("  final:", "  # dfrefactor: ignore=cache-from\n  final:"),
        project(service("final", "app:final"), ONE).replace("      cache", "      # dfrefactor: ignore=cache-from\n      cache"),
        "# dfrefactor: skip-file\n" + project(service("final", "app:final"), ONE),
        "final:\n  build: .\n  image: app\n",
        "services:\n",
        "",
        "services: [a, b]\n",
        "services: {a: {build: {cache_from: app}}, b: {build: [.]}, c: null}\n",
    ],
    ids=[
        "an accurate list", "an accurate list in another order", "no list",
        "somebody else's image, and a stage without one",
        "another version is no slip", "nobody makes an image of the other stages", "images that nothing here makes",
        "a variable that may be the one", "a cache of another kind", "a cache of another kind beside ours",
        "an image made elsewhere for that stage", "versions only", "a context on another machine",
        "a context that is a variable", "another context", "other build arguments", "a service without an image",
        "a service that extends another", "a target that is a variable", "an overlay of another file",
        "two documents", "an ignored service",
        "an ignored list", "a skipped file", "the first form of Compose files", "no services", "an empty file",
        "services that are none", "lists that are none",
    ],
)  # fmt: skip
def test_leave_alone(text: str) -> None:
    result = mended(text)
    assert result.data.decode() == text
    assert (result.findings, result.errors) == ((), ())


def test_a_cache_of_all_stages_needs_no_other() -> None:
    text = (
        project(ONE, service("final", "type=registry,ref=app:cache"))
        + "      cache_to: ['type=registry,ref=app:cache,mode=max']\n"
    )
    assert mended(text).data.decode() == text


def test_a_stage_that_a_named_context_replaces() -> None:
    text = project(ONE, service("final", "app:final")) + "      additional_contexts: {one: ./somewhere}\n"
    assert mended(text).data.decode() == text


@pytest.mark.parametrize("entries", ["*name", "&other_app:fnial", "!!str_app:fnial"])
def test_what_is_referred_to_is_not_rewritten(entries: str) -> None:
    text = "x-name: &name app:fnial\n" + project(ONE, service("final", entries)).replace("other_", "other ").replace(
        "str_", "str "
    )
    result = mended(text)
    assert b"x-name: &name app:fnial\n" in result.data and text.splitlines()[-1].encode() in result.data
    assert b"        - app:one\n" in result.data


# Files that cannot be used


@pytest.mark.parametrize(
    ("text", "path", "where"),
    [
        ("services:\n  a: [\n", "compose.yaml", (3, 1)),
        ("services:\n\ta: 1\n", "compose.yaml", (2, 1)),
        ("a: b: c\n", "compose.yaml", (1, 5)),
        ("a: *b\n", "compose.yaml", (1, 4)),
        ('{"target": {\n  "a": }\n', "docker-bake.json", (2, 8)),
        ('target "a" {\n', "docker-bake.hcl", (1, 1)),
        (project(service("a", "app:a", "nope")), "compose.yaml", (6, 15)),
    ],
)
def test_one_clear_line(text: str, path: str, where: tuple[int, int]) -> None:
    result = mended(text, path=path)
    assert result.data.decode() == text and not result.findings
    assert [(error.line, error.column) for error in result.errors] == [where]
    assert all(error.message and "\n" not in error.message for error in result.errors)


def test_a_missing_dockerfile_is_one_clear_line() -> None:
    text = project(service("a", "app:a", "one"), service("b", "app:b"))
    result = mend(text.encode(), "compose.yaml", lambda _: None, nobody)
    assert result.data.decode() == text
    assert [error.message for error in result.errors] == ["`a`: there is no Dockerfile"]


def test_a_broken_dockerfile_is_one_clear_line() -> None:
    result = mended(project(service("a", "app:a", "one")), "FROM debian AS one\nNOPE\n")
    assert len(result.errors) == 1 and "Dockerfile:2:1: " in result.errors[0].message


def test_bytes_that_are_no_text() -> None:
    result = mend(b"services: {a: \xff}\n", "compose.yaml", lambda _: None)
    assert result.data == b"services: {a: \xff}\n" and result.errors[0].message == "not UTF-8"


@given(st.text(st.sampled_from(list("ab:-[]{}&*!|>'\"%@`#,? \t\n\r\x00\u2028\ud800$")), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    for path in ("compose.yaml", "docker-bake.json", "docker-bake.hcl"):
        assert mend(data, path, lambda _: None, nobody).data == data


NAMES = ("debian", "app:one", "app:stage_two", "app:final", "app:two", "app:fnial", "${X}:one", "type=registry,ref=app:one")


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_only_lists_change_and_one_run_settles(data: st.DataObject) -> None:
    newline = data.draw(st.sampled_from(["\n", "\r\n"]))
    lines = [data.draw(st.sampled_from(["services:", "\ufeffservices:"]))]
    kept = list(lines)
    for name, image, target in (("one", "app:one", "one"), ("two", "app:stage_two", "two"), ("final", "app:final", "")):
        entries = data.draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4))
        quote = data.draw(st.sampled_from(["", '"', "'"]))
        head = [f"  {name}:  # about {name}", f"    image: '{image}'", "    build:", "      context: ."]
        head += [f"      target: {target}"] * bool(target)
        lines += head
        kept += head
        if entries and data.draw(st.booleans()):
            lines += ["      cache_from:", *(f"        -  {quote}{entry}{quote}  # why" for entry in entries)]
            kept += ["      cache_from:"]
        elif entries:
            quote = quote or '"'
            lines += [f"      cache_from: [{', '.join(quote + entry + quote for entry in entries)}]  # all"]
    before = newline.join(lines).encode()
    read = {"Dockerfile": DOCKERFILE.encode()}.get
    tainted = frozenset(data.draw(st.sets(st.integers(0, 3), max_size=2)))
    result = mend(before, "compose.yaml", read, lambda _: tainted)
    assert not result.errors
    after = result.data.decode().split(newline)
    assert [line for line in after if not line.startswith("        -") and "cache_from: [" not in line] == kept
    assert mend(result.data, "compose.yaml", read, lambda _: tainted).data == result.data
    ours = [image for at, image in ((1, "app:one"), (2, "app:stage_two"), (3, "app:final")) if at in tainted]
    assert result.data == before or not [
        f for f in result.findings if f.edits and any(f"`{o}` is missing" in f.message for o in ours)
    ]


def test_contexts_are_named() -> None:
    text = project(service("a", "")) + "      additional_contexts:\n        - Sources=./x\n"
    assert contexts(text.encode(), "compose.yaml") == {"sources"}
    assert contexts(b"a: [", "compose.yaml") == frozenset()


@needs_shared
@pytest.mark.parametrize("dockerfile", [None, DOCKERFILE.encode()])
def test_real_files_are_read_and_left_alone(dockerfile: bytes | None) -> None:
    paths = sorted([*(SHARED / "corpus/compose").iterdir(), *(SHARED / "corpus/bake").iterdir()])
    assert len(paths) > 50
    for path in paths:
        result = mend(path.read_bytes(), path.name, lambda _: dockerfile, nobody)
        assert result.data == path.read_bytes() and result.errors == (), path
