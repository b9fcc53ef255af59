"""Small projects whose steps no catalog can know: own scripts, `make install`, configure scripts, vendors' installers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Project:
    """A Dockerfile and the files of its context; a name that ends with `!` is a program."""

    dockerfile: str
    files: Mapping[str, str]
    args: Mapping[str, str | None] = field(default_factory=dict)


def script(*lines: str, shell: str = "/bin/sh") -> str:
    return "\n".join([f"#!{shell}", "set -e", *lines, ""])


def _library(name: str) -> dict[str, str]:
    return {
        f"{name}/Makefile": "PREFIX = /usr/local\n"
        f"lib{name}.so: {name}.c\n\t$(CC) -shared -fPIC -Wl,--build-id=none -o $@ $<\n"
        f"install: lib{name}.so\n\tmkdir -p $(PREFIX)/lib\n\tcp lib{name}.so $(PREFIX)/lib/\n",
        f"{name}/{name}.c": f"int {name}(void) {{ return {len(name)}; }}\n",
    }


def _configured(name: str) -> dict[str, str]:
    return {
        f"{name}/configure!": script(
            'prefix=/usr/local', 'for word in "$@"; do case $word in --prefix=*) prefix=${word#--prefix=};; esac; done',
            "command -v cc >/dev/null || exit 1", 'sed "s|@prefix@|$prefix|g" "$(dirname "$0")/Makefile.in" >Makefile',
        ),
        f"{name}/Makefile.in": f"{name}: {name}.c\n\tcc -Wl,--build-id=none -o $@ $<\n"
        f"install: {name}\n\tmkdir -p @prefix@/bin && cp {name} @prefix@/bin/\n",
        f"{name}/{name}.c": f'#include <stdio.h>\nint main(void) {{ puts("{name}"); return 0; }}\n',
    }  # fmt: skip


def _installer(name: str, *more: str) -> str:
    return script(
        f'target=${{2:-/opt/{name}}}', 'mkdir -p "$target/bin"',
        f'sed "1,/^__PAYLOAD__$/d" "$0" >"$target/bin/{name}"', f'chmod 755 "$target/bin/{name}"', *more,
        f'echo "{name} installed" >/tmp/{name}-install.log', "exit 0", "__PAYLOAD__", "#!/bin/sh", f"echo {name}",
    )  # fmt: skip


PROJECTS = {
    "own scripts": Project(
        "FROM debian:bookworm\nCOPY scripts /scripts\nRUN /scripts/fonts.sh\nRUN /scripts/data.sh\nCMD [\"cat\", \"/srv/data/1\"]\n",
        {"scripts/fonts.sh!": script("mkdir -p /opt/fonts", "for each in a b c; do echo $each >/opt/fonts/$each; done"),
         "scripts/data.sh!": script("mkdir -p /srv/data", "seq 100 | while read each; do echo $each >/srv/data/$each; done")},
    ),
    "make install": Project(
        "FROM buildpack-deps:bookworm\nCOPY one /src/one\nRUN make -C /src/one install PREFIX=/opt/one\n"
        "COPY two /src/two\nRUN make -C /src/two install PREFIX=/opt/two\n",
        {**_library("one"), **_library("two")},
    ),
    "configure": Project(
        "FROM buildpack-deps:bookworm\nCOPY hello /src/hello\nCOPY world /src/world\n"
        "RUN cd /src/hello && ./configure --prefix=/opt/hello && make install\n"
        "RUN cd /src/world && ./configure --prefix=/opt/world && make install\n",
        {**_configured("hello"), **_configured("world")},
    ),
    "vendors' installers": Project(
        "FROM debian:bookworm\nCOPY acme.run /tmp/acme.run\nRUN sh /tmp/acme.run --target /opt/acme\n"
        "COPY umbrella.run /tmp/umbrella.run\nRUN sh /tmp/umbrella.run --target /opt/umbrella\nENV PATH=$PATH:/opt/acme/bin\n",
        {"acme.run": _installer("acme"), "umbrella.run": _installer("umbrella")},
    ),
    "python": Project(
        "FROM python:3.11\nWORKDIR /app\nCOPY tools/ tools/\nRUN python3 tools/tables.py /opt/tables\nRUN python3 tools/pages.py\n"
        'CMD ["ls", "/opt/tables"]\n',
        {"tools/tables.py": "import pathlib, sys\nto = pathlib.Path(sys.argv[1])\nto.mkdir()\n"
         "for n in range(9):\n    (to / f't{n}').write_text(str(n * n))\n",
         "tools/pages.py": "import os\nos.makedirs('/srv/pages/en')\nopen('/srv/pages/en/index', 'w').write('hello')\n"},
    ),
    "arguments and variables": Project(
        "FROM debian:bookworm\nARG TOOL_VERSION=1.4\nENV PREFIX=/opt\nCOPY install-tool.sh /usr/local/sbin/\n"
        "RUN install-tool.sh alpha\nRUN install-tool.sh beta\n",
        {"install-tool.sh!": script('mkdir -p "$PREFIX/$1-$TOOL_VERSION"', 'echo "$1" >"$PREFIX/$1-$TOOL_VERSION/name"')},
        {"TOOL_VERSION": "2.0"},
    ),
    "bash and here-documents": Project(
        'FROM debian:bookworm\nSHELL ["/bin/bash", "-euo", "pipefail", "-c"]\nCOPY lib.bash /lib.bash\n'
        "RUN <<EOF\nsource /lib.bash\nmake_tree /opt/left 3\nEOF\nRUN source /lib.bash && make_tree /opt/right 4\n",
        {"lib.bash": 'make_tree() { mkdir -p "$1"; for ((n = 0; n < $2; n++)); do echo "$n" >"$1/f$n"; done; }\n'},
    ),
    "a stage of builders": Project(
        "FROM buildpack-deps:bookworm AS build\nCOPY . /src\nRUN cd /src/hello && ./configure --prefix=/opt/hello && make install\n"
        "RUN make -C /src/one install PREFIX=/opt/one\n\nFROM debian:bookworm\nCOPY --from=build /opt /opt\n",
        {**_configured("hello"), **_library("one")},
    ),
    "perl and a compile": Project(
        "FROM buildpack-deps:bookworm\nCOPY docs /docs\nCOPY app /app\nRUN perl /docs/render.pl /usr/share/handbook\n"
        "RUN cd /app && ./build.sh\nENTRYPOINT [\"/usr/local/bin/app\"]\n",
        {"docs/render.pl": "use strict; my $to = shift; mkdir $to; for my $n (1..5) { open my $f, '>', \"$to/$n\"; print $f $n; }\n",
         "app/build.sh!": script("cc -c -o /tmp/app.o app.c", "cc -Wl,--build-id=none -o /usr/local/bin/app /tmp/app.o"),
         "app/app.c": "int main(void) { return 0; }\n"},
    ),
    "what is installed first": Project(
        "FROM debian:bookworm\nCOPY gen /usr/local/bin/gen\nRUN chmod +x /usr/local/bin/gen && mkdir /etc/gen && echo 7 >/etc/gen/conf\n"
        "RUN gen /opt/first\nRUN gen /opt/second\n",
        {"gen": script('mkdir "$1"', 'seq "$(cat /etc/gen/conf)" >"$1/list"')},
    ),
    "node": Project(
        "FROM node:18\nWORKDIR /web\nCOPY build.js server.js ./\nRUN node build.js\nRUN node server.js --install /opt/server\n",
        {"build.js": "const fs = require('fs');\nfs.mkdirSync('/web/dist');\nfs.writeFileSync('/web/dist/app.js', 'let a = 1;');\n",
         "server.js": "const fs = require('fs');\nfs.mkdirSync(process.argv[3]);\n"
         "fs.copyFileSync(__filename, process.argv[3] + '/server.js');\n"},
    ),
    "one needs the other": Project(
        "FROM debian:bookworm\nCOPY scripts /scripts\nRUN /scripts/first.sh\nRUN /scripts/second.sh\n",
        {"scripts/first.sh!": script("mkdir /opt/first", "echo 1 >/opt/first/x"),
         "scripts/second.sh!": script("mkdir /opt/second", "cat $(find /opt/first -type f) >/opt/second/x")},
    ),
}  # fmt: skip
STAYS = frozenset({"one needs the other"})
"""Those in which nothing is independent."""
