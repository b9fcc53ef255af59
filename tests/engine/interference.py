"""Small files in which steps interfere in a way that is easy to miss, one or more for every condition of DESIGN §5.

`wrong` is a split that breaks the condition: it gives another image, so that a pass that made it would be seen.
"""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    condition: int
    name: str
    text: str
    wrong: str = ""


BASE = "FROM debian:bookworm"


def stages(*steps: str, copies: str, base: str = BASE, rest: str = "") -> str:
    """A split as a careless tool would make it: each of `steps` a stage from the base."""
    made = "".join(f"{base} AS s{i}\n{step}\n" for i, step in enumerate(steps))
    return f"{made}{base}\n{copies}\n{rest}"


def copied(*pairs: tuple[int, str]) -> str:
    return "\n".join(f"COPY --from=s{i} {path} {path}" for i, path in pairs)


CASES = (
    Case(1, "a step removes what its base has",
         f"{BASE}\nRUN mkdir /a && rm /etc/motd\nRUN mkdir /b\n",
         stages("RUN mkdir /a && rm /etc/motd", "RUN mkdir /b", copies=copied((0, "/a"), (1, "/b")))),
    Case(1, "a rename takes the old name away",
         f"{BASE}\nRUN mv /etc/issue /a.txt\nRUN echo b > /b.txt\n",
         stages("RUN mv /etc/issue /a.txt", "RUN echo b > /b.txt", copies=copied((0, "/a.txt"), (1, "/b.txt")))),
    Case(1, "a check that leaves nothing still has to run", f"{BASE}\nRUN test -d /etc\nRUN mkdir /a\nRUN mkdir /b\n"),
    Case(2, "a folder changed to crosses the cut",
         f"{BASE}\nRUN mkdir -p /w && cd /w && echo a > one && echo b > two\n",
         stages("RUN mkdir -p /w && cd /w && echo a > one", "RUN echo b > two", copies=copied((0, "/w"), (1, "/two")))),
    Case(2, "a variable crosses the cut",
         f"{BASE}\nRUN V=x && echo $V > /a && echo $V > /b\n",
         stages("RUN V=x && echo $V > /a", "RUN echo $V > /b", copies=copied((0, "/a"), (1, "/b")))),
    Case(2, "a umask crosses the cut",
         f"{BASE}\nRUN umask 077 && mkdir /a && mkdir /b\n",
         stages("RUN umask 077 && mkdir /a", "RUN mkdir /b", copies=copied((0, "/a"), (1, "/b")))),
    Case(2, "a semicolon without set -e goes on after a failure",
         f"{BASE}\nRUN mkdir /a; false; echo b > /b; mkdir /c\n"),
    Case(2, "an alternative is taken", f"{BASE}\nRUN mkdir /a && false || mkdir /b && mkdir /c\n"),
    Case(2, "positional parameters cross the cut", f"{BASE}\nRUN set -- x y && mkdir /a && echo $1 > /b\nRUN mkdir /c\nRUN mkdir /d\n"),
    Case(2, "field splitting crosses the cut",
         f"{BASE}\nRUN IFS=, && X=a,b && mkdir /q && for i in $X; do mkdir /q/$i; done && mkdir /r\nRUN mkdir /c\n"),
    Case(2, "a function crosses the cut", f"{BASE}\nRUN f() {{ mkdir /f$1; }} && f 1 && f 2\n"),
    Case(3, "modification times decide",
         f"{BASE}\nRUN echo a > /a\nRUN sleep 1 && echo b > /b\nRUN if [ /b -nt /a ]; then echo newer > /c; fi\n",
         stages("RUN sleep 2 && echo a > /a", "RUN echo b > /b", copies=copied((0, "/a"), (1, "/b")),
                rest="RUN if [ /b -nt /a ]; then echo newer > /c; fi\n")),
    Case(3, "data goes through a cache mount",
         f"{BASE}\nRUN --mount=type=cache,target=/c,id=interference echo x > /c/x && mkdir /a\n"
         "RUN --mount=type=cache,target=/c,id=interference cp /c/x /b\n"),
    Case(4, "a file is read that an earlier step made",
         f"{BASE}\nRUN echo a > /a\nRUN cat /a > /b\n"),
    Case(4, "an environment variable is read without being named",
         f"{BASE}\nRUN mkdir /s && echo x > /s/x\nENV TAR_OPTIONS=--mode=700\nRUN mkdir /t && tar -C /s -cf - x | tar -C /t -xf -\n"
         "RUN echo b > /b\n",
         f"{BASE} AS s0\nRUN mkdir /s && echo x > /s/x\nRUN mkdir /t && tar -C /s -cf - x | tar -C /t -xf -\n{BASE}\n"
         "COPY --from=s0 /s /s\nENV TAR_OPTIONS=--mode=700\nCOPY --from=s0 /t /t\nRUN echo b > /b\n"),
    Case(4, "a later ENV would be seen too early",
         f"{BASE}\nRUN echo ${{X:-unset}} > /a\nRUN echo b > /b\nENV X=1\nRUN echo $X > /c\nRUN mkdir /d\n",
         f"{BASE} AS s0\nENV X=1\nRUN echo ${{X:-unset}} > /a\n{BASE}\nENV X=1\nCOPY --from=s0 /a /a\nRUN echo b > /b\nRUN echo $X > /c\n"
         "RUN mkdir /d\n"),
    Case(4, "an ARG in force is part of the environment",
         f"{BASE}\nARG X=1\nRUN sh -c 'echo $X' > /a\nRUN echo b > /b\nRUN mkdir /c\n",
         f"{BASE} AS s0\nRUN sh -c 'echo $X' > /a\n{BASE}\nARG X=1\nCOPY --from=s0 /a /a\nRUN echo b > /b\nRUN mkdir /c\n"),
    Case(4, "the shell was exchanged",
         f"{BASE}\nRUN ln -sf bash /bin/sh\nRUN echo a{{1,2}} > /a\nRUN echo b{{1,2}} > /b\n",
         stages("RUN ln -sf bash /bin/sh", "RUN echo a{1,2} > /a", "RUN echo b{1,2} > /b",
                copies=copied((1, "/a"), (2, "/b")), rest="RUN ln -sf bash /bin/sh\n")),
    Case(4, "a tool is shadowed in /usr/local/bin",
         f"{BASE}\nRUN printf '#!/bin/sh\\necho mine\\n' > /usr/local/bin/uname && chmod +x /usr/local/bin/uname\n"
         "RUN uname > /a\nRUN echo b > /b\n",
         stages("RUN printf '#!/bin/sh\\necho mine\\n' > /usr/local/bin/uname && chmod +x /usr/local/bin/uname", "RUN uname > /a",
                "RUN echo b > /b", copies=copied((0, "/usr/local/bin/uname"), (1, "/a"), (2, "/b")))),
    Case(4, "users are looked up by name",
         f"{BASE}\nRUN useradd -m app\nRUN mkdir /a && chown app /a\nRUN mkdir /b\n"),
    Case(4, "a parent folder hands its group down",
         f"{BASE}\nRUN mkdir /p && chgrp 42 /p && chmod g+s /p\nRUN echo a > /p/a\nRUN mkdir /b\n",
         f"{BASE} AS s0\nRUN mkdir /p && echo a > /p/a\n{BASE}\nRUN mkdir /p && chgrp 42 /p && chmod g+s /p\nCOPY --from=s0 /p/a /p/a\n"
         "RUN mkdir /b\n"),
    Case(4, "a login shell reads its profile",
         f"{BASE}\nSHELL [\"/bin/bash\", \"-lc\"]\nRUN echo 'umask 077' > /etc/profile.d/u.sh\nRUN mkdir /a\nRUN mkdir /b\n"),
    Case(5, "a later step overwrites what an earlier one wrote",
         f"{BASE}\nRUN echo one > /x && mkdir /a\nRUN echo two > /x && mkdir /b\n",
         stages("RUN echo one > /x && mkdir /a", "RUN echo two > /x && mkdir /b",
                copies="COPY --from=s1 /x /x\nCOPY --from=s1 /b /b\nCOPY --from=s0 /x /x\nCOPY --from=s0 /a /a")),
    Case(5, "a later step removes what an earlier one read",
         f"{BASE}\nRUN echo x > /x\nRUN cp /x /a && mkdir /c\nRUN rm /x && mkdir /b\n"),
    Case(5, "a glob takes what is there",
         f"{BASE}\nRUN mkdir /d && echo 1 > /d/1\nRUN cat /d/* > /a\nRUN echo 2 > /d/2\nRUN cat /d/* > /b\n"),
    Case(5, "find looks everywhere", f"{BASE}\nRUN mkdir /a && touch /a/n.x\nRUN find / -xdev -name '*.x' > /list\nRUN touch /b.x\n"),
    Case(6, "two steps add users",
         f"{BASE}\nRUN useradd a && mkdir /x\nRUN useradd b && mkdir /y\n"),
    Case(6, "ldconfig reads whole folders",
         f"{BASE}\nRUN cp /lib/x86_64-linux-gnu/libz.so.1 /usr/local/lib/libdfr.so.9\nRUN ldconfig && mkdir /b\nRUN mkdir /c\n"),
    Case(7, "one folder by two names",
         f"{BASE}\nRUN echo a > /bin/zz\nRUN cat /usr/bin/zz > /b\nRUN mkdir /c\n"),
    Case(7, "a write through a link",
         f"{BASE}\nRUN mkdir /real && ln -s /real /alias\nRUN echo a > /alias/x\nRUN ls /real > /b\n"),
    Case(7, "a link that is the output stays a link",
         f"{BASE}\nRUN mkdir /a && ln -s /a /link\nRUN mkdir /b && ln -s /b /link2\n",
         stages("RUN mkdir /a && ln -s /a /link", "RUN mkdir /b && ln -s /b /link2",
                copies=copied((0, "/a"), (0, "/link"), (1, "/b"), (1, "/link2")))),
    Case(7, "cp onto what is a folder already",
         f"{BASE}\nRUN mkdir /d\nRUN cp /etc/debian_version /d\nRUN cp /etc/passwd /e && mkdir /f\n"),
    Case(8, "the working folder comes from the file",
         f"{BASE}\nWORKDIR /w\nRUN echo a > a\nRUN echo b > b\nWORKDIR /v\nRUN echo c > c\n"),
    Case(8, "the user changes between steps",
         f"{BASE}\nRUN mkdir -m 777 /w && useradd app\nUSER app\nRUN mkdir /w/a\nUSER root\nRUN mkdir /w/b\nRUN mkdir /c\n"),
    Case(9, "a file in /tmp is read later",
         f"{BASE}\nRUN echo a > /tmp/a && mkdir /x\nRUN cat /tmp/a > /y && mkdir /z\nRUN mkdir /q\n"),
    Case(9, "a file in /tmp is read by a script nobody knows",
         f"{BASE}\nRUN mkdir /x && echo a > /tmp/a\nRUN mkdir /y\nRUN perl -e 'print -e \"/tmp/a\" ? 1 : 0' > /z\n",
         stages("RUN mkdir /x && echo a > /tmp/a", "RUN mkdir /y", copies=copied((0, "/x"), (1, "/y")),
                rest="RUN perl -e 'print -e \"/tmp/a\" ? 1 : 0' > /z\n")),
    Case(10, "a folder with a mode of its own",
         f"{BASE}\nRUN mkdir -m 700 /a && touch /a/x\nRUN mkdir /b && touch /b/x\nRUN mkdir /c\n",
         stages("RUN mkdir -m 700 /a && touch /a/x", "RUN mkdir /b && touch /b/x", copies=copied((0, "/a"), (1, "/b")),
                rest="RUN mkdir /c\n")),
    Case(10, "a folder of another owner",
         f"{BASE}\nRUN mkdir /a && chown 1000:1000 /a\nRUN mkdir /b\nRUN mkdir /c\n",
         stages("RUN mkdir /a && chown 1000:1000 /a", "RUN mkdir /b", copies=copied((0, "/a"), (1, "/b")), rest="RUN mkdir /c\n")),
    Case(10, "an archive brings the mode of its top folder",
         f"{BASE}\nRUN mkdir -m 750 /s && touch /s/x && tar --mtime=@0 -C /s -cf /s.tar . && mkdir /k\n"
         "RUN mkdir /a && tar -C /a -xf /s.tar\nRUN mkdir /b\nRUN mkdir /c\n"),
    Case(10, "what lies in an older folder is not brought back",
         f"{BASE}\nRUN mkdir -p /d && echo old > /d/old\nRUN echo a > /d/a\nRUN echo new > /d/old\nRUN echo b > /d/b\n"),
    Case(11, "hard links stay hard links",
         f"{BASE}\nRUN echo x > /a && ln /a /b\nRUN mkdir /c\nRUN mkdir /e\n",
         stages("RUN echo x > /a && ln /a /b", "RUN mkdir /c", copies=copied((0, "/a"), (0, "/b"), (1, "/c")), rest="RUN mkdir /e\n")),
    Case(11, "a link inside a folder goes along",
         f"{BASE}\nRUN mkdir /a && touch /a/x && ln -s x /a/y\nRUN mkdir /b && touch /b/x\n"),
    Case(12, "names that COPY would read as patterns",
         f"{BASE}\nRUN mkdir '/a[1]' && touch '/a[1]/x'\nRUN mkdir '/b c' && touch '/b c/x'\nRUN echo d > '/d$e'\n",
         stages("RUN mkdir '/a[1]' && touch '/a[1]/x'", "RUN mkdir '/b c' && touch '/b c/x'", copies="COPY --from=s0 /a[1] /a[1]",
                rest="RUN mkdir '/b c' && touch '/b c/x'\nRUN echo d > '/d$e'\n")),
    Case(12, "a name that an ARG decides",
         f"{BASE}\nARG V=1\nRUN mkdir /tool-$V && touch /tool-$V/x\nRUN mkdir /other-$V && touch /other-$V/x\n"),
    Case(13, "an ENV of two parts is not cut", f"{BASE}\nENV A=1 B=$A\nRUN echo \"$A-$B\" > /a\nRUN echo \"$B\" > /b\n"),
    Case(13, "ENV wins over ARG, or the other way round",
         f"{BASE}\nARG X=arg\nENV X=env\nRUN echo $X > /a\nRUN echo $X > /b\nRUN mkdir /c\n"),
    Case(14, "a command and an entry point stay together",
         f"{BASE}\nCMD [\"x\"]\nRUN mkdir /a\nRUN mkdir /b\nRUN mkdir /c\nENTRYPOINT [\"y\"]\n",
         f"{BASE} AS base\nCMD [\"x\"]\nFROM base\nRUN mkdir /a\nRUN mkdir /b\nRUN mkdir /c\nENTRYPOINT [\"y\"]\n"),
    Case(15, "numbers of stages become names",
         f"{BASE}\nRUN mkdir /a && touch /a/x\nRUN mkdir /b && touch /b/x\n{BASE}\nCOPY --from=0 /a /a\nRUN mkdir /c\nRUN mkdir /d\n",
         stages("RUN mkdir /a && touch /a/x", "RUN mkdir /b && touch /b/x", copies=copied((0, "/a"), (1, "/b")),
                rest=f"{BASE}\nCOPY --from=1 /b /b\nRUN mkdir /c\nRUN mkdir /d\n")),
    Case(15, "a name that is an image too",
         f"{BASE} AS opt\nRUN mkdir /opt/debian && touch /opt/debian/x\nRUN mkdir /opt/base && touch /opt/base/x\nFROM opt\nRUN mkdir /a\n"
         "RUN mkdir /b\n"),
    Case(17, "a volume swallows what is written",
         f"{BASE}\nVOLUME /v\nRUN mkdir -p /v/a && mkdir /a\nRUN mkdir -p /v/b && mkdir /b\n"),
    Case(17, "a trigger for other files", f"{BASE}\nONBUILD RUN mkdir /o\nRUN mkdir /a\nRUN mkdir /b\n"),
)  # fmt: skip
