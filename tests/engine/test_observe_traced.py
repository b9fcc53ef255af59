"""Steps under the tracer: what they read is seen, and the image is what it would be without it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from dfrefactor.dockerfile.model import parse
from dfrefactor.engine import bases, trace
from dfrefactor.engine.build import Options
from dfrefactor.engine.builders import Docker
from dfrefactor.engine.compare import compare
from dfrefactor.engine.noise import KNOWN
from dfrefactor.engine.observe import Observation, observe
from dfrefactor.engine.verify import building, images

from tests.engine.conftest import no_leftovers

pytestmark = pytest.mark.engine
Look = Callable[..., Observation]
HIDDEN = "RUN perl -e 'exit system(q({})) >> 8'"
CANARY = "canary-7f3e-9a61-b2c4"

EVERY_FORM = b"""\
FROM debian:bookworm AS first
ARG VERSION=1
ENV WHERE=/opt/first
RUN mkdir -p $WHERE && echo "it's \\"$VERSION\\"" > $WHERE/a && \\
    # a comment between
    chmod 640 $WHERE/a
RUN ["/bin/sh", "-c", "echo $WHERE > /opt/first/json"]
RUN <<EOF
set -e
echo heredoc > /opt/first/heredoc
EOF
RUN cat <<-EOF > /opt/first/fed && echo done
	tabbed $WHERE
	EOF

FROM debian:bookworm
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
COPY --from=0 /opt/first /opt/first
RUN a=(1 2 3); echo "${a[@]}" | tee /opt/array < /dev/null
RUN --mount=type=secret,id=token sha256sum < /run/secrets/token | cut -c1-8 > /opt/sum
RUN --mount=type=cache,target=/cache echo 1 > /cache/x && touch /opt/cached
RUN umask > /opt/umask; env | sort | grep -v '^_=' > /opt/environment; ls -a / > /opt/root; echo $0 > /opt/name
RUN install -d -o daemon -m 750 /srv/own
USER daemon
WORKDIR /srv/own
RUN id > me && ln -s me link && mkfifo pipe && mkdir -m 700 inner && chmod 4755 me
"""


def secret(tmp_path: Path) -> Options:
    file = tmp_path / "token"
    file.write_text(CANARY)
    return Options(secrets=(f"id=token,src={file}",))


def test_the_image_is_what_it_would_be_without_the_tracer(engine: Docker, tmp_path: Path) -> None:
    document, options, context = parse(EVERY_FORM), secret(tmp_path), tmp_path / "context"
    context.mkdir()
    leaf, runs = document.stages[-1], [each for each in document.instructions if each.keyword == "RUN"]
    with no_leftovers(engine), building(engine) as build:
        known = bases.asked(engine, build, document, document.stages, options)
        watched = trace.traced(engine, build, document, document.stages, runs, context, options, known)
        plain = trace.plain(build, document, [leaf], context, options, "", ())
        ours, theirs = images(engine, [watched.built[-1], *plain.built])
        assert len(watched.traces) == len(runs) and not any(each.why for each in watched.traces.values())
    # What a step sees in the root while it runs are the folders that the tracer is mounted at.
    told = [one for one in compare(theirs, ours, KNOWN) if "/opt/root" not in str(one)]
    assert told == []
    assert not [path for layer in ours.layers for path in layer.entries if path.startswith(("/.t", "/.o", "/.d"))]
    assert ours.config["config"] == theirs.config["config"]


@pytest.fixture
def seen(engine: Docker, tmp_path: Path) -> Look:
    def look(*lines: str, options: Options | None = None, secrets: dict[str, str] | None = None) -> Observation:
        text = "\n".join(lines).encode() + b"\n"
        return observe(text, tmp_path, engine=engine, options=options, secrets=secrets)

    return look


def hints(observation: Observation) -> list[str]:
    assert all(one.proved for one in observation.proposals), [one.untraced for one in observation.proposals]
    return [line for line in observation.data.decode().splitlines() if line.startswith("# dfrefactor:")]


def test_reads_in_ways_that_no_text_names(seen: Look) -> None:
    found = seen(
        "FROM debian:bookworm",
        "RUN mkdir /data /links && echo /data/b > /data/a && echo > /data/b && ln -s /data /links/here && mkdir /only",
        # by a name in a file; by a link; by what is in a folder; by asking for what is not there yet
        HIDDEN.format("mkdir /1 && cat $(cat /data/a) >/1/x"),
        HIDDEN.format("mkdir /2 && cat /links/here/b >/2/x"),
        HIDDEN.format("mkdir /3 && ls /data >/3/x"),
        HIDDEN.format("mkdir /4; test -e /later/x || touch /4/x"),
        HIDDEN.format("mkdir /5 && cd /only"),
        "RUN mkdir /later && touch /later/x",
    )
    assert hints(found) == [
        "# dfrefactor: writes=/1 reads=/data/a,/data/b",
        "# dfrefactor: writes=/2 reads=/data/b,/links/here",
        "# dfrefactor: writes=/3 reads=/data",
        "# dfrefactor: writes=/4 reads=/later/x",
        "# dfrefactor: writes=/5 reads=/only",
    ]


def test_another_user_and_another_shell(seen: Look) -> None:
    found = seen(
        "FROM debian:bookworm", "RUN mkdir -m 1777 /free && echo 1 >/free/a", "USER 1234:5678", "WORKDIR /free",
        'SHELL ["/bin/bash", "-euc"]', "RUN x=(a); perl -e 'system(q(cat $ARGV[0] >/free/b))' && read y < ${x[0]}",
    )  # fmt: skip
    assert hints(found) == ["# dfrefactor: writes=/free/b reads=/free"]


def test_programs_with_privileges_of_their_own_are_not_traced(seen: Look) -> None:
    found = seen(
        "FROM debian:bookworm", "RUN cp /usr/bin/id /usr/local/bin/who && chmod 4755 /usr/local/bin/who",
        "RUN install -d -o 1234 /mine", "USER 1234", HIDDEN.format("mkdir -p /mine/a && who >/mine/a/x"),
    )  # fmt: skip
    (one,) = found.proposals
    assert not one.proved and "/usr/local/bin/who" in one.untraced
    assert one.writes == ("/mine/a",) or "copied folder" in one.reason


def test_what_fails_under_the_tracer_is_built_without(seen: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    found = seen("FROM debian:bookworm", HIDDEN.format('grep -q "TracerPid:[^0-9]*0$" /proc/self/status && mkdir /a'))
    (one,) = found.proposals
    assert not one.proved and "under the tracer" in one.untraced
    assert one.hint == "# dfrefactor: writes=/a"


def test_a_secret_is_in_no_trace_and_no_hint(seen: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dfrefactor.engine import strace

    traces = []
    real = strace.read
    monkeypatch.setattr(strace, "read", lambda text, folder: traces.append(text) or real(text, folder))
    found = seen(
        "FROM debian:bookworm", "ARG TOKEN",
        "RUN --mount=type=secret,id=token perl -e 'system(q(cat /run/secrets/token | grep -c $TOKEN >/count || true))'",
        HIDDEN.format("mkdir /a && touch /a/$TOKEN"),
        HIDDEN.format("touch /$TOKEN"),
        options=Options(build_args={"TOKEN": CANARY}, secrets=secret(tmp_path).secrets), secrets={"TOKEN": CANARY},
    )  # fmt: skip
    assert len(traces) == 3 and CANARY not in traces[0]
    assert hints(found) == ["# dfrefactor: writes=/count", "# dfrefactor: writes=/a"]
    assert found.proposals[-1].reason == "a path of it holds a secret"
    assert CANARY not in found.data.decode()
