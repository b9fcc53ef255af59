"""What is folded into the instruction that brings a file, and what has to stay a step of its own."""

from __future__ import annotations

import dfrefactor
import pytest
from dfrefactor.context import Tree
from dfrefactor.finding import Safety
from dfrefactor.passes import named
from dfrefactor.settings import Settings

PASS = [named("store-once")]


def once(text: str, settings: Settings | None = None) -> str:
    result = dfrefactor.refactor(text.encode(), passes=PASS, settings=settings)
    assert not result.problems
    assert not dfrefactor.refactor(result.data, passes=PASS, settings=settings).changed
    return result.data.decode()


FOLDED = {
    "a comment goes along": (
        "FROM debian\nCOPY a.sh /\n\n# may be run\nRUN chmod a+x /a.sh\n\nUSER x\n",
        "FROM debian\n# may be run\nCOPY --chmod=a+x a.sh /\n\nUSER x\n",
    ),
    "behind other flags": ("FROM debian\nCOPY --link a.sh /\nRUN chmod 0755 /a.sh\n", "FROM debian\nCOPY --link --chmod=0755 a.sh /\n"),
    "mode and owner": ("FROM debian\nCOPY a.sh /\nRUN chmod 700 /a.sh && chown 1:2 /a.sh\n", "FROM debian\nCOPY a.sh /\nRUN chmod 700 /a.sh && chown 1:2 /a.sh\n"),
    "one command of several": (
        "FROM debian\nCOPY a.sh /\nRUN set -ex; \\\n    mkdir /x; \\\n    chmod +x /a.sh; \\\n    mkdir /y\n",
        "FROM debian\nCOPY --chmod=+x a.sh /\nRUN set -ex; \\\n    mkdir /x; \\\n    mkdir /y\n",
    ),
    "nothing but options is left": ("FROM debian\nCOPY a.sh /\nRUN set -ex; chmod +x /a.sh\nUSER x\n", "FROM debian\nCOPY --chmod=+x a.sh /\nUSER x\n"),
    "the comment of what goes stays": (
        "FROM debian\nCOPY a.sh /\nRUN mkdir /x && \\\n    # may be run\n    chmod +x /a.sh && \\\n    # more\n    mkdir /y\n",
        "FROM debian\nCOPY --chmod=+x a.sh /\nRUN mkdir /x && \\\n    # may be run\n    # more\n    mkdir /y\n",
    ),
    "so does one in a RUN of which nothing stays": (
        "FROM debian\nCOPY a.sh /\nRUN set -e; \\\n    # may be run\n    chmod +x /a.sh\nUSER x\n",
        "FROM debian\n# may be run\nCOPY --chmod=+x a.sh /\nUSER x\n",
    ),
    "all files of a copy, by two commands": (
        "FROM debian\nCOPY a.sh b.sh /etc/\nRUN chmod +x /etc/a.sh\nRUN chmod +x /etc/b.sh\nUSER x\n",
        "FROM debian\nCOPY --chmod=+x a.sh b.sh /etc/\nUSER x\n",
    ),
    "a program from the net": ("FROM debian\nARG V=1\nADD --chown=a:b \"https://h/tool-$V\" /usr/local/bin/tool\nRUN chmod 755 /usr/local/bin/tool\n", "FROM debian\nARG V=1\nADD --chown=a:b --chmod=755 \"https://h/tool-$V\" /usr/local/bin/tool\n"),
    "a text of its own": ("FROM debian\nCOPY <<E /usr/local/bin/tool\n#!/bin/sh\nE\nRUN chmod 755 /usr/local/bin/tool && tool\n", "FROM debian\nCOPY --chmod=755 <<E /usr/local/bin/tool\n#!/bin/sh\nE\nRUN tool\n"),
    "a file from the net": ("FROM debian\nADD https://h/a.sh /b.sh\nRUN chmod 755 /b.sh && /b.sh\n", "FROM debian\nADD --chmod=755 https://h/a.sh /b.sh\nRUN /b.sh\n"),
    "a folder that is there": ("FROM debian\nWORKDIR /srv/x\nCOPY a.key /srv/x/\nRUN chmod 600 /srv/x/a.key\n", "FROM debian\nWORKDIR /srv/x\nCOPY --chmod=600 a.key /srv/x/\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", FOLDED)
def test_it_is_folded(name: str) -> None:
    before, after = FOLDED[name]
    assert once(before) == after


STAYS = {
    "what is copied may be a folder": "COPY app /app\nRUN chmod 755 /app\n",
    "it may land in a folder": "COPY a.sh /etc/init\nRUN chmod 755 /etc/init\n",
    "names nobody knows": "COPY *.sh /\nRUN chmod +x /a.sh\n",
    "a place a variable says": "ENV D=/opt\nCOPY a.sh $D/\nRUN chmod +x /opt/a.sh\n",
    "a repository": "ADD https://github.com/x/y.git /opt/y\nRUN chmod 755 /opt/y\n",
    "an archive that the builder unpacks": "ADD --unpack=true https://h/y.tgz /opt/y\nRUN chmod 755 /opt/y\n",
    "several texts": "COPY <<A <<B /opt/\na\nA\nb\nB\nRUN chmod 755 /opt/A\n",
    "a text in a folder": "COPY <<A /opt/\na\nA\nRUN chmod 755 /opt\n",
    "an archive that is unpacked": "ADD a.tgz /\nRUN chmod 755 /a.tgz\n",
    "one file of two": "COPY a.sh b.sh /\nRUN chmod +x /a.sh\n",
    "two modes": "COPY a.sh b.sh /\nRUN chmod 755 /a.sh\nRUN chmod 700 /b.sh\n",
    "a tree": "COPY a.sh /srv/\nRUN chmod -R 755 /srv\n",
    "it is looked at in between": "COPY a.sh /\nRUN stat /a.sh > /s\nRUN chmod +x /a.sh\n",
    "it is written in between": "COPY a.sh /\nRUN echo x >> /a.sh\nRUN chmod +x /a.sh\n",
    "it is moved": "COPY a.sh /\nRUN mv /a.sh /b.sh && chmod +x /b.sh\n",
    "a user who is made first": "COPY a.sh /\nRUN useradd web\nRUN chown web:web /a.sh\n",
    "the group is left as it is": "COPY a.sh /\nRUN chown nobody /a.sh\n",
    "a folder would get the mode": "COPY a.key /srv/keys/\nRUN chmod 600 /srv/keys/a.key\n",
    "a folder would get the owner": "COPY a.key /srv/keys/\nRUN chown 1:1 /srv/keys/a.key\n",
    "it has a mode": "COPY --chmod=600 a.sh /\nRUN chmod 755 /a.sh\n",
    "letters that look at the mask": "COPY a.sh /\nRUN chmod +w /a.sh\n",
    "letters that depend on more": "COPY a.sh /\nRUN chmod a+X /a.sh\n",
    "a mode of another file": "COPY a.sh /\nRUN chmod --reference=/etc/passwd /a.sh\n",
    "a failure that is passed over": "COPY a.sh /\nRUN chmod 755 /a.sh || true\n",
    "a list that goes on after a failure": "COPY a.sh /\nRUN chmod 755 /a.sh; echo x\n",
    "only if": "COPY a.sh /\nRUN if [ -e /b ]; then chmod 755 /a.sh; fi\n",
}


@pytest.mark.parametrize("name", STAYS)
def test_it_stays(name: str) -> None:
    text = f"FROM debian\n{STAYS[name]}"
    assert once(text) == text


@pytest.mark.parametrize(("syntax", "folds"), [("docker/dockerfile:1", True), ("docker/dockerfile:1.14", True), ("docker.io/docker/dockerfile:1.20-labs", True), ("docker/dockerfile:1.7", False), ("example.org/own:1", False)])  # fmt: skip
def test_letters_need_a_new_syntax(syntax: str, folds: bool) -> None:
    text = f"# syntax={syntax}\nFROM debian\nCOPY a.sh /\nRUN chmod +x /a.sh\n"
    assert (once(text) != text) is folds
    assert once(text.replace("+x", "755")) != text.replace("+x", "755")


def test_the_classic_builder_knows_no_modes() -> None:
    text = "FROM debian\nCOPY a.sh /\nRUN chmod 755 /a.sh\n"
    assert once(text, Settings(builder="classic")) == text


UNPACK = "tar xzf /tmp/a.tgz -C /opt"
MOUNT = "RUN --mount=type=bind,source=a.tgz,target=/tmp/a.tgz \\\n    "
DEPS = "RUN --mount=type=bind,source=deps,target=/tmp/deps"

LENT = {
    "an archive": (f"COPY a.tgz /tmp/\nRUN {UNPACK} && rm /tmp/a.tgz\n", f"{MOUNT}{UNPACK}\n"),
    "removed in a RUN of its own": (
        f"# one\nCOPY a.tgz /tmp\n# two\nRUN {UNPACK}\n# three\nRUN rm /tmp/a.tgz\nUSER x\n",
        f"# one\n# three\n# two\n{MOUNT}{UNPACK}\nUSER x\n",
    ),
    "with something else removed": (f"COPY a.tgz /tmp/\nRUN {UNPACK} && rm -f /tmp/a.tgz /opt/x\n", f"{MOUNT}{UNPACK} && rm -f /opt/x\n"),
    "by a name from the folder": ("COPY ./a.tgz /tmp/\nRUN cd /tmp && tar xzf a.tgz -C /opt && rm a.tgz\n", f"{MOUNT}cd /tmp && tar xzf a.tgz -C /opt\n"),
    "read twice": (
        f"COPY a.tgz /tmp/\nRUN {UNPACK}\nRUN sha256sum /tmp/a.tgz > /sum\nRUN rm /tmp/a.tgz\n",
        f"{MOUNT}{UNPACK}\n{MOUNT}sha256sum /tmp/a.tgz > /sum\n",
    ),
    "one of two": (
        "COPY run.sh b.deb /tmp/\nRUN dpkg -i /tmp/b.deb && rm /tmp/b.deb && mv /tmp/run.sh /usr/bin/\n",
        "COPY run.sh /tmp/\nRUN --mount=type=bind,source=b.deb,target=/tmp/b.deb \\\n    dpkg -i /tmp/b.deb && mv /tmp/run.sh /usr/bin/\n",
    ),
    "two of two, a mount a line": (
        "COPY a.deb b.deb /tmp/\nRUN dpkg -i /tmp/a.deb /tmp/b.deb \\\n  && rm /tmp/b.deb /tmp/a.deb\n",
        "RUN --mount=type=bind,source=a.deb,target=/tmp/a.deb \\\n  --mount=type=bind,source=b.deb,target=/tmp/b.deb \\\n  dpkg -i /tmp/a.deb /tmp/b.deb\n",
    ),
    "from another stage, under a name of its own": (
        "COPY --from=made /usr/bin/x /tmp/y\nRUN tar cf /x.tar /tmp/y && rm /tmp/y\n",
        "RUN --mount=type=bind,from=made,source=/usr/bin/x,target=/tmp/y \\\n    tar cf /x.tar /tmp/y\n",
    ),
    "below the folder that is worked in": (
        "WORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt && rm requirements.txt\n",
        "WORKDIR /app\nRUN --mount=type=bind,source=requirements.txt,target=requirements.txt \\\n    pip install -r requirements.txt\n",
    ),
    "a name with a variable": (
        "ARG V=1\nCOPY a-$V.tgz /tmp/\nRUN tar xzf /tmp/a-$V.tgz -C /opt && rm /tmp/a-$V.tgz\n",
        "ARG V=1\nRUN --mount=type=bind,source=a-$V.tgz,target=/tmp/a-$V.tgz \\\n    tar xzf /tmp/a-$V.tgz -C /opt\n",
    ),
    "unpacked beside it": (
        "WORKDIR /app\nCOPY a.tgz .\nRUN tar xzf a.tgz && rm a.tgz\n",
        "WORKDIR /app\nRUN --mount=type=bind,source=a.tgz,target=a.tgz \\\n    tar xzf a.tgz\n",
    ),
    "a folder": ("COPY deps /tmp/deps\nRUN cp -r /tmp/deps/x /opt/x && rm -r /tmp/deps\n", f"{DEPS} \\\n    cp -r /tmp/deps/x /opt/x\n"),
    "a folder that is worked in": (
        "COPY deps/ /tmp/deps/\nRUN cd /tmp/deps && make install && rm -r /tmp/deps\n",
        f"{DEPS},rw \\\n    cd /tmp/deps && make install\n",
    ),
    "all there is": (
        "COPY . /src\nRUN cd /src && make install && rm -rf /src\n",
        "RUN --mount=type=bind,source=.,target=/src,rw \\\n    cd /src && make install\n",
    ),
    "the folder around it goes as well": (
        "COPY a.tgz /new/x/\nRUN tar xzf /new/x/a.tgz -C /opt && rm -r /new\n",
        "RUN --mount=type=bind,source=a.tgz,target=/new/x/a.tgz \\\n    tar xzf /new/x/a.tgz -C /opt\n",
    ),
    "below comments, each in its place": (
        f"# 1\nCOPY \\\n  # 2\n  a.tgz /tmp/\n\n# 3\nRUN \\\n # 4\n {UNPACK} \\\n # 5\n && rm /tmp/a.tgz\n\n# 6\nUSER x\n",
        f"\n# 1\n# 2\n# 3\n# 4\n# 5\n{MOUNT}{UNPACK}\n\n# 6\nUSER x\n",
    ),
    "below a comment": (
        f"COPY a.tgz /tmp/\nRUN \\\n    # unpack\n    {UNPACK} && rm /tmp/a.tgz\n",
        f"# unpack\n{MOUNT}{UNPACK}\n",
    ),
    "under set -e": (
        f"COPY a.tgz /tmp/\nRUN set -ex; \\\n\t{UNPACK}; \\\n\t# not needed\n\trm /tmp/a.tgz; \\\n\tmkdir /y\n",
        f"RUN --mount=type=bind,source=a.tgz,target=/tmp/a.tgz \\\n\tset -ex; \\\n\t{UNPACK}; \\\n\t# not needed\n\tmkdir /y\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LENT)
def test_what_is_read_and_removed_is_lent(name: str) -> None:
    before, after = (f"FROM debian AS made\nFROM debian\n{text}" for text in LENT[name])
    assert once(before) == after


KEPT = {
    "nobody reads it": "COPY a.tgz /tmp/\nRUN rm /tmp/a.tgz\n",
    "it is moved": "COPY a.tgz /tmp/\nRUN mv /tmp/a.tgz /b && rm -f /tmp/a.tgz\n",
    "it is linked": "COPY a.tgz /tmp/\nRUN ln /tmp/a.tgz /b && rm /tmp/a.tgz\n",
    "it is written": f"COPY a.tgz /tmp/\nRUN echo x >> /tmp/a.tgz && {UNPACK} && rm /tmp/a.tgz\n",
    "it is given another mode": "COPY a.sh /tmp/\nRUN chmod 755 /tmp/a.sh && cp /tmp/a.sh /b && rm /tmp/a.sh\n",
    "all around it is given away": f"COPY a.tgz /tmp/\nRUN chown -R 7 /tmp && {UNPACK} && rm /tmp/a.tgz\n",
    "all around it is removed": f"COPY a.tgz /tmp/\nRUN {UNPACK} && rm -rf /tmp/a.tgz /tmp/*\n",
    "somebody looks where it was": f"COPY a.tgz /tmp/\nRUN {UNPACK} && rm /tmp/a.tgz && ls /tmp > /list\n",
    "somebody looks at all around it": f"COPY a.tgz /tmp/\nRUN {UNPACK} && find /tmp -xdev > /list && rm /tmp/a.tgz\n",
    "in between, too": f"COPY a.tgz /tmp/\nRUN {UNPACK}\nRUN ls /tmp > /list\nRUN rm /tmp/a.tgz\n",
    "its folder would stay": "COPY a.tgz /new/\nRUN tar xzf /new/a.tgz -C /opt && rm /new/a.tgz\n",
    "the base may have it": "COPY a.tgz /etc/\nRUN tar xzf /etc/a.tgz -C /opt && rm /etc/a.tgz\n",
    "a step before made it": f"RUN echo x > /tmp/a.tgz\nCOPY a.tgz /tmp/\nRUN {UNPACK} && rm /tmp/a.tgz\n",
    "two copies of one name": "COPY a.sh /tmp/x.sh\nRUN cat /tmp/x.sh > /a\nCOPY b.sh /tmp/x.sh\nRUN cat /tmp/x.sh > /b && rm /tmp/x.sh\n",
    "something else is in the folder": "COPY a.tgz /new/\nRUN echo x > /new/y && tar xzf /new/a.tgz -C /opt && rm -r /new\n",
    "a folder is taken with its mode": "COPY deps /tmp/deps\nRUN cp -a /tmp/deps /opt/x && rm -r /tmp/deps\n",
    "a folder is packed with its mode": "COPY deps /tmp/deps\nRUN tar -C /tmp/deps -cf /x.tar . && rm -r /tmp/deps\n",
    "what may be a folder is packed": "COPY --from=made /out/x /tmp/y\nRUN tar cf /x.tar /tmp/y && rm -r /tmp/y\n",
    "a variable is something else by then": "ENV V=1\nCOPY a-$V.tgz /tmp/a.tgz\nENV V=2\nRUN tar xzf /tmp/a.tgz -C /opt && rm /tmp/a.tgz\n",
    "comments between the files of a copy": f"COPY a.tgz \\\n  # hi\n  b.sh /tmp/\nRUN {UNPACK} && rm /tmp/a.tgz\n",
    "somebody asks whether it can be written": "COPY a.sh /tmp/\nRUN [ -w /tmp/a.sh ] && cp /tmp/a.sh /b && rm /tmp/a.sh\n",
    "a folder is moved": "COPY deps /tmp/deps\nRUN mv /tmp/deps /opt/deps && rm -rf /tmp/deps\n",
    "a file or what is in a folder": "COPY deps /tmp/deps/\nRUN cp -r /tmp/deps/x /opt/x && rm -r /tmp/deps\n",
    "a program nobody knows": "COPY a.sh /tmp/\nRUN sh /tmp/a.sh && rm /tmp/a.sh\n",
    "names nobody knows": "COPY *.tgz /tmp/\nRUN tar xzf /tmp/a.tgz -C /opt && rm /tmp/a.tgz\n",
    "an owner of its own": f"COPY --chown=7 a.tgz /tmp/\nRUN {UNPACK} && rm /tmp/a.tgz\n",
    "from the net": f"ADD https://h/a.tgz /tmp/\nRUN {UNPACK} && rm /tmp/a.tgz\n",
    "unpacked by the builder": f"ADD a.tgz /tmp/\nRUN {UNPACK} && rm /tmp/a.tgz\n",
    "a failure that is passed over": f"COPY a.tgz /tmp/\nRUN {UNPACK} && rm /tmp/a.tgz || true\n",
    "in another folder": "WORKDIR /a\nCOPY x.tgz .\nWORKDIR /b\nRUN tar xzf /a/x.tgz && rm /a/x.tgz\n",
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_it_is_not_lent(name: str) -> None:
    text = f"FROM debian\n{KEPT[name]}"
    assert once(text) == text


def test_an_unknown_program_is_lent_to_where_that_is_asked_for() -> None:
    text = "FROM debian\nCOPY a.sh /tmp/\nRUN sh /tmp/a.sh && rm /tmp/a.sh\n"
    result = dfrefactor.refactor(text.encode(), passes=PASS)
    assert [f.notes for f in result.findings] == [("the image is the same if `sh /tmp/a.sh` does not make, remove or change `/tmp/a.sh`",)]
    after = "FROM debian\nRUN --mount=type=bind,source=a.sh,target=/tmp/a.sh \\\n    sh /tmp/a.sh\n"
    assert once(text, Settings(allow=Safety.UNSAFE)) == after


@pytest.mark.parametrize(("syntax", "lends"), [("docker/dockerfile:1", True), ("docker/dockerfile:1.2", True), ("docker/dockerfile:1.1", False), ("x/y", False)])  # fmt: skip
def test_mounts_need_a_new_syntax(syntax: str, lends: bool) -> None:
    text = f"# syntax={syntax}\nFROM debian\nCOPY a.tgz /tmp/\nRUN {UNPACK} && rm /tmp/a.tgz\n"
    assert (once(text) != text) is lends
    assert once(text, Settings(builder="classic")) == text


INSTALL = "apt-get update && apt-get install -y x"
LISTS = "rm -rf /var/lib/apt/lists/*"

EMPTIED = {
    "in a line": (f"RUN {INSTALL}\nCOPY a b\nRUN {LISTS}\nUSER x\n", f"RUN {INSTALL} && {LISTS}\nCOPY a b\nUSER x\n"),
    "by several commands, with a comment": (
        f"# why\nRUN {INSTALL}\n\n# clean up\nRUN apt-get clean && {LISTS} /tmp/*\n\nUSER x\n",
        f"# why\n# clean up\nRUN {INSTALL} && apt-get clean && {LISTS} /tmp/*\n\nUSER x\n",
    ),
    "in lines, with a comment": (
        f"RUN apt-get update && apt-get install -y \\\n        x \\\n    y\n# clean up\nRUN {LISTS}\nUSER x\n",
        f"RUN apt-get update && apt-get install -y \\\n        x \\\n    y \\\n    # clean up\n    && {LISTS}\nUSER x\n",
    ),
    "as the lines above": (
        f"RUN apt-get update && \\\n  # hi\n  apt-get install -y x\n# clean up\nRUN {LISTS}\nUSER x\n",
        f"RUN apt-get update && \\\n  # hi\n  apt-get install -y x && \\\n  # clean up\n  {LISTS}\nUSER x\n",
    ),
    "under set -e": (
        f"RUN set -ex; \\\n\tapt-get update; \\\n\tapt-get install -y x\nRUN {LISTS}\nUSER x\n",
        f"RUN set -ex; \\\n\tapt-get update; \\\n\tapt-get install -y x; \\\n\t{LISTS}\nUSER x\n",
    ),
    "one command of several": (
        f"RUN {INSTALL}\nRUN echo x > /y && {LISTS} /z && echo z > /w\n",
        f"RUN {INSTALL} && {LISTS}\nRUN echo x > /y && rm -rf /z && echo z > /w\n",
    ),
    "of Alpine": ("RUN apk update && apk add x\nRUN rm -rf /var/cache/apk/*\n", "RUN apk update && apk add x && rm -rf /var/cache/apk/*\n"),
    "of Red Hat": ("RUN yum install -y x\nRUN yum clean all\n", "RUN yum install -y x && yum clean all\n"),
    "of Fedora": ("RUN dnf install -y x\nRUN dnf -y clean all && rm -rf /var/cache/dnf\n", "RUN dnf install -y x && dnf -y clean all && rm -rf /var/cache/dnf\n"),
    "of pip": ("RUN pip install x\nRUN pip cache purge\n", "RUN pip install x && pip cache purge\n"),
    "of pip, by its folder": ("RUN pip install x\nRUN rm -rf ~/.cache/pip\n", "RUN pip install x && rm -rf ~/.cache/pip\n"),
    "of npm": ("RUN npm install -g x\nRUN npm cache clean --force\n", "RUN npm install -g x && npm cache clean --force\n"),
    "of yarn": ("WORKDIR /a\nRUN yarn install\nRUN yarn cache clean\n", "WORKDIR /a\nRUN yarn install && yarn cache clean\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", EMPTIED)
def test_a_cache_is_emptied_where_it_is_filled(name: str) -> None:
    before, after = (f"FROM debian\n{text}" for text in EMPTIED[name])
    assert once(before) == after


FILLED = {
    "twice": f"RUN {INSTALL}\nRUN apt-get install -y y\nRUN {LISTS}\n",
    "it is needed in between": f"RUN {INSTALL}\nRUN apt-get install -y y && {LISTS}\n",
    "it is looked at in between": f"RUN {INSTALL}\nRUN cp -r /var/lib/apt/lists /l\nRUN {LISTS}\n",
    "it is copied to in between": f"RUN {INSTALL}\nCOPY x /var/lib/apt/lists/x\nRUN {LISTS}\n",
    "by somebody else": f"RUN {INSTALL}\nUSER root\nRUN {LISTS}\n",
    "by another shell": f'RUN {INSTALL}\nSHELL ["/bin/bash", "-c"]\nRUN {LISTS}\n',
    "in a mount": f"RUN --mount=type=cache,target=/var/cache/apt {INSTALL}\nRUN apt-get clean\n",
    "with a mount": f"RUN {INSTALL}\nRUN --mount=type=cache,target=/x {LISTS}\n",
    "in a heredoc": f"RUN <<E\n{INSTALL}\nE\nRUN {LISTS}\n",
    "as words": f'RUN {INSTALL}\nRUN ["rm", "-rf", "/var/lib/apt/lists"]\n',
    "what is behind is not run": f"RUN {INSTALL}; exit 0\nRUN {LISTS}\n",
    "it is filled or not": f"RUN {INSTALL} || echo no\nRUN {LISTS}\n",
    "it is emptied or not": f"RUN {INSTALL}\nRUN if x; then {LISTS}; fi\n",
    "from another folder": f"RUN cd /var && {INSTALL}\nRUN rm -rf var/lib/apt/lists\n",
    "it is emptied where it is filled": f"RUN {INSTALL} && {LISTS}\nRUN rm -rf /var/lib/apt/lists/*\n",
    "left alone by a comment": f"# dfrefactor: ignore=store-once\nRUN {INSTALL}\nRUN {LISTS}\n",
    "nothing fills it": f"RUN curl -o /x https://h/x\nRUN {LISTS}\n",
}  # fmt: skip


@pytest.mark.parametrize("name", FILLED)
def test_a_cache_is_left_as_it_is(name: str) -> None:
    text = f"FROM debian\n{FILLED[name]}"
    assert once(text) == text


def test_what_is_saved_is_told_where_the_context_tells() -> None:
    tree = Tree(("a.tgz", "deps/x", "deps/y", "z"), lambda _: "", size={"a.tgz": 3_000_000, "deps/x": 1000, "deps/y": 2000, "z": 9}.__getitem__)
    settings = Settings(context=lambda _: tree)

    def told(text: str) -> str:
        return dfrefactor.refactor(f"FROM debian\n{text}".encode(), passes=PASS, settings=settings).findings[0].message

    assert told(f"COPY ./a.tgz /tmp/\nRUN {UNPACK} && rm /tmp/a.tgz\n").endswith("no layer holds it (3.0 MB less)")
    assert told("COPY deps /tmp/deps\nRUN cp -r /tmp/deps/x /x && rm -r /tmp/deps\n").endswith("(3.0 kB less)")
    assert told("COPY a.tgz /tmp/\nRUN chmod 600 /tmp/a.tgz\n").endswith("stores it once (3.0 MB less)")
    assert told("COPY --from=x /usr/bin/a.tgz /tmp/\nRUN chmod 600 /tmp/a.tgz\n").endswith("stores it once")
