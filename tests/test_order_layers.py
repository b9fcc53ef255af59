"""What goes further down so that a change builds less again, and what has to stay where it is."""

from __future__ import annotations

import dfrefactor
import pytest
from dfrefactor.passes import named

PASS = [named("order-layers")]
END = "RUN curl -o /end https://h/$VERSION\n"
APT = "RUN apt-get update && apt-get install -y curl\n"


def ordered(text: str) -> str:
    result = dfrefactor.refactor(text.encode(), passes=PASS)
    assert not result.problems
    assert not dfrefactor.refactor(result.data, passes=PASS).changed
    return result.data.decode()


MOVED = {
    "variables side by side keep their order": (f"""\
FROM debian
ARG A_VERSION=1
# the second
ARG B_VERSION=2

# tools
{APT}
# both
RUN curl -o /a https://h/$A_VERSION/$B_VERSION
""", f"""\
FROM debian

# tools
{APT}
ARG A_VERSION=1
# the second
ARG B_VERSION=2

# both
RUN curl -o /a https://h/$A_VERSION/$B_VERSION
"""),
    "each goes to its own reader": (f"""\
FROM debian
ARG A_VERSION
ARG B_VERSION
{APT}RUN curl -o /b https://h/$B_VERSION
RUN curl -o /a https://h/$A_VERSION
""", f"""\
FROM debian
{APT}ARG B_VERSION
RUN curl -o /b https://h/$B_VERSION
ARG A_VERSION
RUN curl -o /a https://h/$A_VERSION
"""),
    "a variable goes along with the one that names it": (f"""\
FROM debian
ARG REF=1
ENV VERSION=v$REF
{APT}RUN curl -o /a https://h/$VERSION
""", f"""\
FROM debian
{APT}ARG REF=1
ENV VERSION=v$REF
RUN curl -o /a https://h/$VERSION
"""),
    "labels go along with what they name": (f"""\
FROM debian

ARG TOOL_VERSION=1
LABEL maintainer=me
LABEL version=$TOOL_VERSION

{APT}
RUN curl -o /a https://h/$TOOL_VERSION
""", f"""\
FROM debian

{APT}
ARG TOOL_VERSION=1
LABEL maintainer=me
LABEL version=$TOOL_VERSION

RUN curl -o /a https://h/$TOOL_VERSION
"""),
    "all that a label names goes along in one": (f"""\
FROM debian

ARG VCS_REF=master
ARG BUILD_DATE=""
ARG REGISTRY=docker.io/us

LABEL title=$REGISTRY/tool \\
    revision=$VCS_REF created=$BUILD_DATE

{APT}COPY tool /usr/local/bin/tool
""", f"""\
FROM debian

{APT}
ARG VCS_REF=master
ARG BUILD_DATE=""
ARG REGISTRY=docker.io/us

LABEL title=$REGISTRY/tool \\
    revision=$VCS_REF created=$BUILD_DATE

COPY tool /usr/local/bin/tool
"""),
    "what stands between and is read further up stays": ("""\
FROM debian

ARG VCS_REF=master
ARG PACKAGES=curl
ARG BUILD_DATE

# metadata
LABEL maintainer=me
LABEL revision=$VCS_REF \\
    created=$BUILD_DATE packages=$PACKAGES

RUN apt-get update && apt-get install -y $PACKAGES

CMD ["x"]
""", """\
FROM debian

ARG PACKAGES=curl

RUN apt-get update && apt-get install -y $PACKAGES

ARG VCS_REF=master
ARG BUILD_DATE

# metadata
LABEL maintainer=me
LABEL revision=$VCS_REF \\
    created=$BUILD_DATE packages=$PACKAGES

CMD ["x"]
"""),
    "what stands between and may go too goes along": (f"""\
FROM debian
ARG A_VERSION=1
ARG B_VERSION=2
LABEL version=$A_VERSION
{APT}
RUN curl -o /b https://h/$A_VERSION/$B_VERSION
""", f"""\
FROM debian
{APT}
ARG A_VERSION=1
ARG B_VERSION=2
LABEL version=$A_VERSION
RUN curl -o /b https://h/$A_VERSION/$B_VERSION
"""),
    "labels at the end of a file stand apart": ("""\
FROM debian
ARG COMMIT
ARG PACKAGES=curl
LABEL commit=$COMMIT
RUN apt-get update \\
    && apt-get install -y $PACKAGES
""", """\
FROM debian
ARG PACKAGES=curl
RUN apt-get update \\
    && apt-get install -y $PACKAGES

ARG COMMIT
LABEL commit=$COMMIT
"""),
    "blank lines do not pile up": (f"""\
FROM debian

ARG TOOL_VERSION=1


{APT}
RUN curl -o /a https://h/$TOOL_VERSION
""", f"""\
FROM debian

{APT}
ARG TOOL_VERSION=1
RUN curl -o /a https://h/$TOOL_VERSION
"""),
    "a copy does not part a RUN from the ENV that is about it": (f"""\
FROM debian
COPY --from=busybox /bin/busybox /opt/busybox

{APT}ENV PATH=/opt:$PATH

CMD ["x"]
""", f"""\
FROM debian

{APT}ENV PATH=/opt:$PATH

COPY --from=busybox /bin/busybox /opt/busybox

CMD ["x"]
"""),
    "a name that a version is in goes with the version": (f"""\
FROM debian
ARG TOOL_VERSION=1
ARG TARBALL=tool-$TOOL_VERSION.tgz
{APT}RUN curl -O https://h/$TARBALL
""", f"""\
FROM debian
{APT}ARG TOOL_VERSION=1
ARG TARBALL=tool-$TOOL_VERSION.tgz
RUN curl -O https://h/$TARBALL
"""),
    "what containers are told goes behind the work": (f"""\
FROM debian
ARG COMMIT
ENV COMMIT=$COMMIT APP_VERSION=2
{APT}RUN true
CMD ["x"]
""", f"""\
FROM debian
{APT}ARG COMMIT
ENV COMMIT=$COMMIT APP_VERSION=2
RUN true
CMD ["x"]
"""),
    "a variable that is set twice goes as a whole": (f"""\
FROM debian
ENV BASE_REF=1
ENV VERSION=$BASE_REF
ENV BASE_REF=2
{APT}{END}""", f"""\
FROM debian
{APT}ENV BASE_REF=1
ENV VERSION=$BASE_REF
ENV BASE_REF=2
{END}"""),
    "copies keep their order": (f"""\
FROM debian

COPY a /srv/a/
COPY b /srv/b/

{APT}
CMD ["x"]
""", f"""\
FROM debian

{APT}
COPY a /srv/a/
COPY b /srv/b/

CMD ["x"]
"""),
    "what a stage built goes behind packages": (f"""\
FROM debian AS build
RUN make
FROM debian
COPY --from=build /out /srv/out
{APT}USER nobody
""", f"""\
FROM debian AS build
RUN make
FROM debian
{APT}COPY --from=build /out /srv/out
USER nobody
"""),
    "the last line has no end": (f"FROM debian\nARG VERSION\n{APT}RUN curl -o /a https://h/$VERSION", f"FROM debian\n{APT}ARG VERSION\nRUN curl -o /a https://h/$VERSION"),
    "the lines end as the file's do": (
        f"FROM debian\nARG VERSION\n{APT}RUN curl -o /a https://h/$VERSION\n".replace("\n", "\r\n"),
        f"FROM debian\n{APT}ARG VERSION\nRUN curl -o /a https://h/$VERSION\n".replace("\n", "\r\n"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MOVED)
def test_it_moves(name: str) -> None:
    before, after = MOVED[name]
    assert ordered(before) == after


STAYS = {
    "a step looks at the environment": f"ARG VERSION\nRUN env > /env && apt-get install -y curl\n{END}",
    "a shell of any kind may look": f"ARG VERSION\nRUN ./setup && apt-get install -y curl\n{END}",
    "a project's own scripts may look": f"ARG VERSION\nWORKDIR /app\nCOPY package.json ./\nRUN npm ci\n{END}",
    "what builds a package may look": f"ARG VERSION\nRUN pip install thing\n{END}",
    "a package manager looks at it": f"ARG DEBIAN_FRONTEND_VERSION\nENV DEBIAN_FRONTEND=$DEBIAN_FRONTEND_VERSION\n{APT}",
    "BuildKit gives it a value": f"ARG TARGETARCH\n{APT}RUN curl -o /a https://h/$TARGETARCH\n",
    "a proxy is used by all that downloads": f"ARG http_proxy\n{APT}RUN curl -o /a https://h/$http_proxy\n",
    "nobody reads it": f"ARG VERSION\n{APT}",
    "an ENV of no version": f"ENV LANG=C.UTF-8\n{APT}RUN curl -o /a https://h/$LANG\n",
    "another value is set in between": f"ARG VERSION=1\n{APT}ARG VERSION=2\n{END}",
    "what its value names is set in between": f"ENV BASE=1\nENV VERSION=$BASE\nRUN true\nENV BASE=2\n{APT}{END}",
    "a package manager reads the file": f"COPY my.list /etc/apt/sources.list.d/my.list\n{APT}",
    "a certificate is trusted": f"COPY ca.crt /usr/local/share/ca-certificates/ca.crt\nRUN update-ca-certificates\n{APT}",
    "the packages may bring the file too": f"COPY nginx.conf /etc/nginx/nginx.conf\n{APT}",
    "packages that lie in it are installed": "COPY . /app\nRUN apt-get update && apt-get install -y /app/x.deb\n",
    "the folder it is meant for changes": f"COPY . ./\nWORKDIR /app\n{APT}",
    "a label has another value behind it": f"ARG COMMIT\nLABEL a=$COMMIT\nRUN true\nLABEL a=2\n{APT}",
    "a comment may be about the work right behind": f"# Install the first\nARG A_VERSION\n{APT}RUN curl -o /a https://h/$A_VERSION\n",
    "how programs speak is set along": f"ARG COMMIT\nENV COMMIT=$COMMIT\nENV LANG=C.UTF-8\n{APT}",
    "how programs speak is set with it": f"ENV APP_VERSION=1 LC_ALL=C\n{APT}{END}",
    "a variable of another kind is set along": f"ENV APP_VERSION=1\nENV CACHE=/cache\n{APT}{END}",
    "nobody names it": f"ARG COMMIT\n{APT}",
    "it is there to have a stage built first": f"COPY --from=other /x /dev/null\n{APT}",
    "a variable of its path is set in between": f"ARG DIR=/a\nCOPY src $DIR/\nENV DIR=/b\n{APT}",
    "a volume is declared in between": f"COPY . /data\nVOLUME /data\n{APT}",
    "a find looks at all there is": "COPY . /app\nRUN find / -name x > /found && apt-get install -y curl\n",
    "what is installed there is looked at": "COPY . /app\nRUN apt-get install -y curl && ls /app > /list\n",
    "times are compared": "COPY a /srv/a\nRUN apt-get install -y curl && test /srv/b -nt /srv/a\n",
    "names of users come from the packages": f"COPY --chown=web . /app\n{APT}",
    "a manifest changes no more often than what is installed by another": "COPY a.txt /a/\nCOPY b.txt /b/\nRUN pip install -r /b/b.txt\n",
    "the file is for others to build on": f"ONBUILD RUN true\nARG VERSION\n{APT}{END}",
    "it is a file of its own text": f"COPY <<E /app/x\nVERSION\nE\n{APT}",
    "it is a folder, which nobody changes": f"ARG PREFIX=/usr/local\n{APT}RUN curl -o $PREFIX/a https://h/a\n",
    "it changes with a version that has to stay": f"ARG VERSION=1\nLABEL v=$VERSION\nARG FILE=x-$VERSION\nRUN ./x $VERSION\n{APT}RUN curl -O https://h/$FILE\n",
    "it would pay next to nothing": f"ARG VERSION\n{APT}" + END * 9,
}


@pytest.mark.parametrize("name", STAYS)
def test_it_stays(name: str) -> None:
    text = f"FROM debian\n{STAYS[name]}"
    assert ordered(text) == text


def test_what_it_saves_is_told() -> None:
    text = f"FROM debian\nARG VERSION\n{APT}RUN curl -o /b https://h/b\n{END}"
    (finding,) = dfrefactor.refactor(text.encode(), passes=PASS).findings
    assert finding.message == "`VERSION` is needed further down only: a change of it builds 3 steps again, and only 1 once it stands there"


def test_what_names_the_base_stays() -> None:
    text = f"ARG VERSION=1\nFROM debian:$VERSION AS base\nFROM base\nARG VERSION\nLABEL version=$VERSION\n{APT}"
    assert ordered(text) == text


def test_many_names_are_not_all_said() -> None:
    names = "".join(f"ARG V{n}_VERSION\n" for n in range(9))
    text = f"FROM debian\n{names}{APT}RUN echo {' '.join(f'$V{n}_VERSION' for n in range(9))}\n"
    (finding,) = dfrefactor.refactor(text.encode(), passes=PASS).findings
    assert finding.message.startswith("`V0_VERSION`, `V1_VERSION`, `V2_VERSION` and 6 more are needed")
