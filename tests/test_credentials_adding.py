"""What the mount strategy makes of ADD, and variables that the container may read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from dfrefactor.cli import context
from dfrefactor.finding import Finding, Safety
from dfrefactor.passes import named
from dfrefactor.pipeline import refactor
from dfrefactor.result import Result
from dfrefactor.settings import Settings

from tests.conftest import Run

Program = Callable[..., Run]


def run(lines: str, strategy: str = "mount", allow: Safety = Safety.SAFE) -> Result:
    settings = Settings(strategy=strategy, allow=allow)  # type: ignore[arg-type]
    found = refactor(f"FROM debian\n{lines}\n".encode(), passes=[named("purge-credentials")], settings=settings)
    assert not found.problems and not found.errors
    return found


def becomes(lines: str, strategy: str = "mount") -> str:
    return run(lines, strategy).after.text.removeprefix("FROM debian\n").rstrip("\n")


@pytest.mark.parametrize(
    ("lines", "after", "asked"),
    [
        ("ARG T\nADD https://u:$T@h.org/f /f", "ADD https://h.org/f /f", "id=HTTP_AUTH_HEADER_h.org,env=HTTP_AUTH_HEADER_h_org"),
        ("ADD https://u:s3cr3t1x@h.org:8080/f /f", "ADD https://h.org:8080/f /f", "id=HTTP_AUTH_HEADER_h.org,env=HTTP_AUTH_HEADER_h_org"),
        ("ARG T\nADD https://x-access-token:${T}@github.com/a/b.git#main /b", "ADD https://github.com/a/b.git#main /b",
         "id=GIT_AUTH_TOKEN.github.com,env=GIT_AUTH_TOKEN_github_com"),
        ("ARG T\nADD https://a:$T@h.org/f https://a:$T@h.org/g /x/", "ADD https://h.org/f https://h.org/g /x/", "id=HTTP_AUTH_HEADER_h.org,"),
        ("ARG T\nENV T=$T\nADD https://a:$T@h/f /x", "ADD https://h/f /x", "id=HTTP_AUTH_HEADER_h,"),
        ("ARG T\nADD https://b:$T@h/f /f\nRUN x", "ADD https://h/f /f\nRUN x", "id=HTTP_AUTH_HEADER_h,"),
    ],
)  # fmt: skip
def test_the_builder_sends_it_with_what_add_fetches(lines: str, after: str, asked: str) -> None:
    assert becomes(lines) == after
    assert any("docker build" in note and asked in note for note in run(lines).findings[0].notes)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("ARG T\nADD https://h.org/f?token=$T /f", "in another place than the user info"),
        ("ARG T\nARG H\nADD https://a:$T@$H/f /f", "in another place than the user info"),
        ("ARG T\nADD https://a:$T@h/f /f\nRUN curl -u a:$T https://h/g -o /g", "line 4 uses it too"),
        ("ARG T\nARG TOKEN\nADD https://a:$T@h/f /f\nADD https://b:$TOKEN@h/g /g", "a host has one secret"),
    ],
)
def test_what_add_can_t_be_given_is_left(lines: str, why: str) -> None:
    found = run(lines)
    assert not found.changed and any(why in each.message for each in found.findings)


USED = "ENV API_TOKEN=k3pt1nth31mage\nRUN curl -fsSu a:$API_TOKEN -o /opt/x https://example.org/x\n"


@pytest.mark.parametrize("strategy", ["builder", "mount"])
@pytest.mark.parametrize(
    ("lines", "unsafe"),
    [
        ('COPY serve.sh /\nCMD ["sh", "/serve.sh"]', True), ("COPY serve.sh /\nCMD /serve.sh --now", True), ('COPY app /app\nENTRYPOINT ["/app/run"]', True),
        ('WORKDIR /app\nCOPY index.js .\nCMD ["node", "index.js"]', True), ('COPY x /x\nCMD ["nginx"]', False), ("COPY x /x", False),
        ('CMD ["/opt/x"]', False), ('COPY --from=a/b /serve.sh /\nCMD ["sh", "/serve.sh"]', False),
    ],
)  # fmt: skip
def test_an_env_that_the_container_may_read_is_not_taken_safely(lines: str, unsafe: bool, strategy: str) -> None:
    found = run(USED + lines, strategy)
    one: Finding = found.findings[0]
    assert (one.safety is Safety.UNSAFE) is unsafe and found.changed is not unsafe
    assert ("the container loses it" in one.message) is unsafe
    assert any("docker run -e API_TOKEN" in note for note in one.notes)
    assert run(USED + lines, strategy, Safety.UNSAFE).changed


@pytest.mark.parametrize(
    ("files", "unsafe"),
    [
        ({"serve.sh": "echo $API_TOKEN\n"}, True), ({"serve.sh": "echo hello\n"}, False),
        ({"serve.sh": ". /lib.sh\n", "lib.sh": 'echo "${API_TOKEN}"\n'}, True), ({"serve.sh": "echo $MY_API_TOKEN\n"}, False),
        ({"serve.sh": "node x\n", "src/x.ts": "process.env.API_TOKEN\n"}, True), ({"serve.sh": "x\n", "README.md": "API_TOKEN\n"}, False),
    ],
)  # fmt: skip
def test_the_programs_of_the_context_are_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dfrefactor: Program, files: dict[str, str], unsafe: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    context._tree.cache_clear()
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "Dockerfile").write_text(f"FROM debian\n{USED}COPY serve.sh /\nCMD [\"sh\", \"/serve.sh\"]\n")
    shown = dfrefactor("--check", "Dockerfile")
    assert shown.code == 1 and ("the container loses it" in shown.text) is unsafe
    assert ("--unsafe would mend it" in shown.text) is unsafe
