"""`verify` with a real engine: every planted difference is found, and a file is equal to itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from dfrefactor.engine.build import Builder, Options

from tests.engine.conftest import BuildAndCompare, no_leftovers

pytestmark = pytest.mark.engine

# Files are planted in a stage and copied onto (almost) nothing, so that the images to compare are small.  Not onto
# nothing: Docker 28.5's classic image store gives out an image's first layer with every hard link a file of its own.
PLANT = """FROM python:3.11-slim AS plant
RUN mkdir -p /out/d/empty /out/usr/bin && cd /out && echo one >d/a && ln d/a d/b && ln -s d/a l && mkfifo pipe \\
 && echo tool >usr/bin/tool && chmod 755 usr/bin/tool && python3 -c 'import os; os.setxattr("d/a", "user.k", b"v")'
RUN cd /out && {change}
FROM scratch
COPY --from=plant /etc/debian_version /
COPY --from=plant /out /
{instructions}
"""

CAPABILITY = 'python3 -c \'import os; os.setxattr("usr/bin/tool", "security.capability", {}+bytes(15))\''.format(
    'b"\\x01\\0\\0\\x02\\x20"'
)

FILES = {
    "a file's mode": "chmod 600 d/a",
    "an executable that no longer is": "chmod -x usr/bin/tool",
    "setuid": "chmod u+s usr/bin/tool",
    "setgid folder": "chmod g+s d",
    "sticky folder": "chmod +t d",
    "a folder's mode": "chmod 700 d",
    "an owner": "chown 1000 d/a",
    "a group": "chown :33 d",
    "an empty folder's owner": "chown 7:7 d/empty",
    "a link's owner": "chown -h 7:7 l",
    "an attribute": 'python3 -c \'import os; os.setxattr("d/a", "user.k", b"w")\'',
    "an attribute less": 'python3 -c \'import os; os.removexattr("d/a", "user.k")\'',
    "a capability": CAPABILITY,
    "content": "echo two >d/a",
    "one more byte": "echo >>usr/bin/tool",
    "a symlink turned into a file": "rm l && echo one >l",
    "a link's target": "ln -sfn d/b l",
    "an absolute link": "ln -sfn /d/a l",
    "a missing empty folder": "rmdir d/empty",
    "an additional empty folder": "mkdir d/more",
    "a file turned into a folder": "rm usr/bin/tool && mkdir usr/bin/tool",
    "a folder turned into a link": "mv usr/bin usr/real && ln -s real usr/bin",
    "a broken hard link": "cp --preserve=all d/a d/c && mv d/c d/b",
    "a new hard link": "ln usr/bin/tool usr/bin/tool2",
    "a fifo turned into a file": "rm pipe && touch pipe",
    "a missing fifo": "rm pipe",
    "a missing tree": "rm -r usr",
    "a renamed file": "mv usr/bin/tool usr/bin/Tool",
    "a name with a line end": "touch 'a\n'".replace("\n", "$(printf '\\\\012x')"),
}

INSTRUCTIONS = {
    "CMD": 'CMD ["a"]',
    "CMD in shell form": "CMD a",
    "ENTRYPOINT": 'ENTRYPOINT ["a"]',
    "ENV": "ENV EXTRA=1",
    "PATH": "ENV PATH=/usr/bin",
    "USER": "USER 1000",
    "WORKDIR": "WORKDIR /d",
    "LABEL": "LABEL a=1",
    "EXPOSE": "EXPOSE 80",
    "VOLUME": "VOLUME /d",
    "STOPSIGNAL": "STOPSIGNAL SIGINT",
    "HEALTHCHECK": "HEALTHCHECK --interval=5s CMD true",
    "SHELL": 'SHELL ["/bin/bash", "-c"]',
    "ONBUILD": "ONBUILD RUN true",
}


def planted(change: str = "true", instructions: str = "") -> bytes:
    return PLANT.format(change=change, instructions=instructions).encode()


@pytest.mark.parametrize("change", FILES.values(), ids=FILES)
def test_planted_in_the_files(build_and_compare: BuildAndCompare, change: str, request: pytest.FixtureRequest) -> None:
    # Without cache: BuildKit's cache key of a COPY does not see which of the files are hard links.
    options = Options(no_cache="hard link" in request.node.name)
    verdict = build_and_compare(planted(), planted(change), options=options)
    assert not verdict.equal
    assert all(one.where.startswith("/") for one in verdict.differences)


@pytest.mark.parametrize("instruction", INSTRUCTIONS.values(), ids=INSTRUCTIONS)
def test_planted_in_the_configuration(build_and_compare: BuildAndCompare, instruction: str) -> None:
    verdict = build_and_compare(planted(), planted("true", instruction))
    assert not verdict.equal
    assert not any(one.where.startswith("/") for one in verdict.differences)


SECRET = "tok/en-0123456789+abcdef"
LEAKS = {
    "in a deleted file of a lower layer": "RUN cat /run/secrets/t >/root/.netrc\nRUN rm /root/.netrc",
    "in the history": f'RUN test -n "{SECRET}"',
    "in the environment": f"ENV T={SECRET}",
    "in a label": f"LABEL t={SECRET}",
    "as an argument": f"ARG T={SECRET}\nRUN true",
    "in base64": "RUN base64 </run/secrets/t >/x",
    "in base64, shifted": "RUN (printf u:; cat /run/secrets/t) | base64 >/x",
    "in a URL": "RUN python3 -c 'import urllib.parse as u; "
    'open("/x","w").write(u.quote(open("/run/secrets/t").read(), safe=""))\'',
    "in gzip": "RUN gzip </run/secrets/t >/x.gz",
    "in a git object": "RUN python3 -c 'import zlib; "
    'open("/x","wb").write(zlib.compress(b"blob 24\\0"+open("/run/secrets/t","rb").read()))\'',
    "in zip": "RUN python3 -m zipfile -c /x.zip /run/secrets/t",
    "in tar in gzip": "RUN tar -czf /x.tgz -C /run/secrets t && mv /x.tgz /y",
    "in a file's name": 'RUN touch "/x-$(tr / _ </run/secrets/t)" "/y-$(sed s,/,%2F, /run/secrets/t)"',
    "in a link": 'RUN ln -s "$(cat /run/secrets/t)" /x',
}


@pytest.mark.parametrize("step", LEAKS.values(), ids=LEAKS)
def test_planted_secret(
    build_and_compare: BuildAndCompare, tmp_path: Path, step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from dfrefactor.report.verdict import lines

    (tmp_path / "t").write_text(SECRET)
    options = Options(secrets=(f"id=t,src={tmp_path / 't'}",))
    step = step.replace("RUN ", "RUN --mount=type=secret,id=t ")
    clean = b"FROM python:3.11-slim\nRUN true\n"
    verdict = build_and_compare(clean, clean + step.encode(), options=options, secrets={"T": SECRET})
    assert verdict.leaks
    assert not verdict.old_leaks
    assert not verdict.equal
    print("\n".join(lines(verdict)), verdict.new.built.lines, verdict.new.built.steps, verdict.leaks)
    assert SECRET not in capsys.readouterr().out


def test_a_secret_that_leaves_nothing_is_no_leak(build_and_compare: BuildAndCompare, tmp_path: Path) -> None:
    (tmp_path / "t").write_text(SECRET)
    file = b"FROM debian:bookworm\nRUN --mount=type=secret,id=t wc -c /run/secrets/t\n"
    options = Options(secrets=(f"id=t,src={tmp_path / 't'}",))
    assert build_and_compare(file, file, options=options, secrets={"T": SECRET}).equal


def test_a_file_equals_itself(build_and_compare: BuildAndCompare) -> None:
    assert build_and_compare(planted(), planted()).equal


@pytest.mark.slow
def test_a_file_with_apt_pip_and_npm_equals_itself_without_cache(build_and_compare: BuildAndCompare) -> None:
    apt = "RUN apt-get update && apt-get install -y --no-install-recommends {} && rm -rf /var/lib/apt/lists/*\n"
    file = (
        "FROM node:18-slim\nENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt PIP_BREAK_SYSTEM_PACKAGES=1\n"
        + apt.format("python3 python3-pip")
        + "RUN pip install idna attrs\nRUN npm install -g left-pad && npm cache verify\nRUN mktemp -d && date >/stamp\n"
    ).encode()
    options = Options(network="host", no_cache=True)
    verdict = build_and_compare(file, file, options=options, twice=True)
    assert verdict.equal, verdict.differences
    assert any(noise.pattern == "/stamp" for noise in verdict.learned)


def test_sizes_times_and_the_critical_path(build_and_compare: BuildAndCompare) -> None:
    steps = "".join(f"FROM debian:bookworm AS s{i}\nRUN sleep 1.{i} && touch /{i}\n" for i in (1, 2))
    copies = "FROM debian:bookworm\nCOPY --from=s1 /1 /\nCOPY --from=s2 /2 /\n"
    old = b"FROM debian:bookworm\nRUN sleep 1.1 && touch /1\nRUN sleep 1.2 && touch /2\n"
    verdict = build_and_compare(old, (steps + copies).encode(), options=Options(no_cache=True))
    assert verdict.equal
    took = [sum(step.seconds for step in side.built.critical_path) for side in (verdict.old, verdict.new)]
    assert took[0] > 2.3 > took[1]


@pytest.mark.parametrize("name", ["classic", "buildah", "podman", "containerd"])
def test_other_engines(request: pytest.FixtureRequest, name: str, tmp_path: Path) -> None:
    from dfrefactor.engine.verify import verify

    engine: Builder = request.getfixturevalue(name)
    old = b"FROM debian:bookworm AS a\nRUN echo 1 >/a\nFROM debian:bookworm\nCOPY --from=a /a /a\nRUN ln /a /b\n"
    new = old + b"RUN rm /b && ln -s a /b && chmod 4755 /a\nENV A=1\n"
    with no_leftovers(engine):
        assert verify(old, old, tmp_path, engine=engine).equal
        verdict = verify(old, new, tmp_path, engine=engine)
    assert {one.where for one in verdict.differences} == {"/a", "/b", "ENV A"}
    assert {"type", "mode"} <= {one.what for one in verdict.differences}
    assert any("chmod" in step.name for step in verdict.new.built.steps)


MEASURED = """
import re, sys
from pathlib import Path
from dfrefactor.engine.verify import verify
old, new = (Path(name) for name in sys.argv[1:3])
verdict = verify(old.read_bytes(), new.read_bytes(), old.parent, secrets={"T": "never-in-there"})
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) >> 10  # getrusage counts who started it, too
print(peak, len(verdict.differences), verdict.old.image.size >> 20)
"""


@pytest.mark.usefixtures("engine")
def test_two_images_of_a_gigabyte_fit_in_memory(tmp_path: Path) -> None:
    make = "FROM debian:bookworm AS a\nWORKDIR /o\nRUN for i in 1 2 3 4; do (echo $i; head -c 256M /dev/zero) >$i; done"
    for name, more in (("old", ""), ("new", " && echo more >>3")):
        (tmp_path / name).write_text(f"{make}{more}\nFROM scratch\nCOPY --from=a /o /\n")
    # A process of its own: what other tests used of this one's memory says nothing.
    told = subprocess.check_output([sys.executable, "-c", MEASURED, str(tmp_path / "old"), str(tmp_path / "new")], text=True)
    megabytes, differences, size = told.split()
    assert int(size) >= 1024
    assert differences == "1"
    assert int(megabytes) < 300
