"""Random shell scripts from seeds, biased towards trouble: state that changes on one way only, and is used after it."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

from tests.scripts.program import BREAK, Body, Node, Program, Script

FOLDERS = ("/opt", "/srv", "/data", "/opt/pkg", "/srv/site", "/mnt")
LEAVES = ("a", "b", "c", "x", "one", "two")
FOLDER_VARIABLES = ("D", "E", "V", "W")
WORD_VARIABLES = ("n", "m", "k")
FUNCTIONS = ("f", "g", "make")
SHADOWED = ("touch", "mkdir", "cp", "cd", "rm", "echo", "tar", "ln", "chmod", "mv")

USUAL = "RUN mkdir -p /data/sub /srv/site /opt/pkg && echo one > /data/a && echo two > /data/b && echo x > /srv/site/index && printf 'one\\ntwo\\n' > /data/list"
"""What most scripts find."""
SETUPS = (
    "RUN mkdir -p /srv/site/css && echo x > /srv/site/css/main",
    "RUN mkdir /opt/a && touch /opt/a/f && chmod 700 /opt/a",
    "RUN ln -s /srv /opt/link",
    "RUN mkdir -p /data/in && touch /data/in/f /data/in/g && tar -cf /data/x.tar -C /data/in .",
    "RUN mkdir -p /data && echo 'mkdir /opt/sourced' > /data/lib.sh",
    "RUN mkdir -p /data && echo 'V=/srv' > /data/env",
    "RUN echo hello > /srv/f && ln -s f /srv/l",
    "RUN mkdir -p /data/sub && touch /data/.hidden",
    "ENV V=/opt/v",
    "ENV D=/srv",
    "ARG W=/srv/w",
    "ENV HOME=/data",
    "ENV CDPATH=/srv:/opt",
    "ENV TAR_OPTIONS=--strip-components=1",
    "ENV TMPDIR=/data",
    "ENV POSIXLY_CORRECT=1",
    "ENV E=",
    "WORKDIR /srv",
    "WORKDIR /work",
)  # fmt: skip


class Maker:
    """One random program: a script behind a few instructions that are known."""

    def __init__(self, seed: int, bash: bool = False) -> None:
        self.random = random.Random(seed)
        self.bash = bash
        self.lines = False
        self.user = False
        self.seen: list[str] = []  # words that name files that were made
        self.seen_folders: list[str] = []
        self.folders: list[str] = []  # variables that name folders, the last one most trusted
        self.words: list[str] = []
        self.functions: list[str] = []
        self.loops = self.depth = 0
        self.trouble = self.random.choice((0.25, 0.5, 1.0, 1.0))
        self.positional = False
        self.leaves = LEAVES

    # programs

    def programs(self) -> list[Program]:
        """One script, in a Dockerfile with what it starts from; several to choose from, the first that succeeds is taken."""
        pick = self.random.choice
        chosen = sorted(self.random.sample(range(len(SETUPS)), self.random.choice((0, 1, 1, 2, 3))))
        setups = [SETUPS[at] for at in chosen]
        if self.chance(0.85):
            setups.insert(0, USUAL)
        base = pick(("debian:12", "debian:12", "debian:12", "debian:12", "example.org/app:1"))
        start, made = (*self.shell(), *setups), list[Program]()
        for _ in range(4):
            self.seen, self.seen_folders = [], []
            self.folders, self.words, self.functions, self.positional, self.user = [], [], [], False, False
            for each in setups:
                self.learn(each)
            script = self.script()
            users = ("RUN useradd -m -s /bin/sh app",) if self.user else ()
            made.append(Program(base, (*users, *start, script)))
        return made

    def split(self) -> tuple[tuple[str, ...], list[list[str | Script]]]:
        """What a Dockerfile begins with, and steps, several to choose from for each: the first that succeeds is taken."""
        self.trouble = self.random.choice((0.1, 0.25, 0.5))
        start = self.shell()
        if self.chance(0.5):
            start = (*start, setup := self.random.choice((USUAL, *SETUPS)))
            self.learn(setup)
        steps: list[list[str | Script]] = []
        for at in range(self.random.randint(2, 4)):
            kept = self.chance(0.15)
            self.leaves = LEAVES if kept else tuple(f"{leaf}{at}" for leaf in LEAVES)
            if not kept:
                self.seen, self.seen_folders = [], []
            if self.chance(0.8):
                self.folders, self.words, self.functions, self.positional = [], [], [], False
            steps.append([self.script(self.random.choice((1, 1, 2, 2, 3, 4))) for _ in range(5)])
            if self.chance(0.12):
                steps.append([self.random.choice(("ENV V=/srv", "WORKDIR /srv", "ARG W=/opt/w", "ENV D=/opt E=/srv", "WORKDIR /opt/wd"))])
        if self.user:
            start = ("RUN useradd -m -s /bin/sh app", *start)
        return start, steps

    def shell(self) -> tuple[str, ...]:
        if self.bash:
            return (self.random.choice(('SHELL ["/bin/bash", "-c"]',) * 3 + ('SHELL ["/bin/bash", "-euo", "pipefail", "-c"]',)),)
        return ('SHELL ["/bin/sh", "-ec"]',) if self.chance(0.07) else ()

    def learn(self, setup: str) -> None:
        words = setup.split()
        if words[0] in ("ENV", "ARG"):
            name, _, value = words[1].partition("=")
            if name in FOLDER_VARIABLES and value:
                self.folders.append(name)
        if words[0] == "RUN" and "ln" not in words:
            text = setup.replace("-p", "").replace("/srv /opt/link", "")
            for part in text[4:].split(" && "):
                found = [word for word in part.split() if word.startswith(("/data", "/srv/", "/opt/"))]
                (self.seen_folders if part.startswith("mkdir") else self.seen).extend(found)

    def script(self, size: int = 0) -> Script:
        self.lines = self.chance(0.3)
        size = size or self.random.choice((2, 3, 3, 4, 4, 5, 6, 8))
        style = self.random.choices(("set -e", "and", "plain", "set -eu"), (45, 32, 12, 5))[0]
        join = " && " if style == "and" else BREAK
        nodes = self.statements(size, join)
        if style.startswith("set"):
            nodes = (leaf(style), *nodes)
        return Script(Body(nodes, join), self.lines)

    # helpers

    def chance(self, part: float) -> bool:
        return self.random.random() < part

    def statements(self, size: int, join: str = BREAK) -> tuple[Node, ...]:
        nodes: list[Node] = []
        while len(nodes) < size:
            nodes += self.statement()
        if join != BREAK:
            nodes = [node for node in nodes if not node.render().endswith("&") and "\n" not in node.render()] or [leaf(":")]
        return tuple(nodes)

    def body(self, size: int = 0) -> Body:
        join = " && " if self.chance(0.2) else BREAK
        return Body(self.statements(size or self.random.choice((1, 1, 2, 3)), join), join)

    def statement(self) -> list[Node]:
        if self.depth >= 3:
            return [self.effect()]
        self.depth += 1
        try:
            weights = [weight * (1 if name == "effect" else self.trouble) for name, weight in _KINDS.items()]
            kind = self.random.choices(list(_KINDS), weights)[0]
            made = getattr(self, kind)()
            return made if isinstance(made, list) else [made]
        finally:
            self.depth -= 1

    def place(self) -> str:
        """Words that name a folder."""
        pick = self.random.choice
        kind = self.random.choices(
            ("plain", "variable", "here", "home", "default", "trimmed", "parameter", "command", "up"),
            (8, 7 if self.folders else 0, 3, 1.2, 0.6, 0.6 if self.folders else 0, 2 if self.positional else 0, 0.5, 0.3),
        )[0]
        if kind == "variable":
            name = self.folders[-1] if self.chance(0.7) else pick(self.folders)
            return pick((f"${name}", f'"${name}"', f"${{{name}}}"))
        if kind == "here":
            return pick((".", "", "$PWD", ""))
        if kind == "home":
            return pick(("~", "$HOME", '"$HOME"', "${HOME}"))
        if kind == "default":
            name, other = pick(FOLDER_VARIABLES), pick(FOLDERS)
            return pick((f"${{{name}:-{other}}}", f"${{{name}-{other}}}", f"${{{name}:+{other}}}", f"${{{name}:={other}}}", f'"${{{name}:-{other}}}"'))
        if kind == "trimmed":
            name = pick(self.folders)
            return pick((f"${{{name}%/*}}", f"/opt/${{{name}##*/}}", f"/${{{name}#/}}", f"${{{name}%%a*}}",
                         *((f"${{{name}/srv/opt}}", f"${{{name}:0:4}}", f"${{{name},,}}") if self.bash else ())))  # fmt: skip
        if kind == "parameter":
            return pick(("$1", '"$1"', "$1", '"$1"', '"$1"', "$1", '"$@"'))
        if kind == "command":
            other = pick(FOLDERS)
            return pick((f"$(echo {other})", f"$(dirname {other}/q)", f"`echo {other}`", "$(pwd)", f"$(cd {other} && pwd)", f"/opt/$(basename {other})"))
        return ".." if kind == "up" else pick(FOLDERS)

    def name(self) -> str:
        """A word that names a file or folder in one."""
        if self.words and self.chance(0.25):
            return f"${self.words[-1]}"
        return self.random.choice(self.leaves)

    def new(self, folder: bool = False) -> str:
        place, name = self.place(), self.name()
        made = f"{place}/{name}" if place else name
        if self.chance(0.03):
            made = made.replace("/", "//") if self.chance(0.5) else f"{place or '.'}/../{name}"
        (self.seen_folders if folder else self.seen).append(made)
        return made

    def old(self, folder: bool = False) -> str:
        if self.chance(0.04):
            folder = not folder
        seen = self.seen_folders if folder else self.seen
        if seen and self.chance(0.9):
            return seen[-1] if self.chance(0.4) else self.random.choice(seen)
        return self.random.choice(("/data/sub", "/srv/site") if folder else ("/data/a", "/data/[ab]", "/etc/hosts", "/srv/site/*", "/etc/passwd"))

    # what leaves something

    def effect(self) -> Node:
        pick, new, old = self.random.choice, self.new, self.old
        number = self.random.choices(range(len(_EFFECTS)), [weight for weight, _ in _EFFECTS])[0]
        text = pick(_EFFECTS[number][1])
        while "OLDD" in text:
            text = text.replace("OLDD", old(True), 1)
        while "OLD" in text:
            text = text.replace("OLD", old(), 1)
        while "NEWD" in text:
            text = text.replace("NEWD", new(True), 1)
        while "NEW" in text:
            text = text.replace("NEW", new(), 1)
        while "DIR" in text:
            place = self.place() or "."
            text = text.replace("DIR", place, 1)
        if "\n" in text and not self.lines:
            text = f"echo here > {new()}"
        if self.chance(0.04):
            text = f"{text} {pick(('2>/dev/null', '|| true', '|| :', '> ' + new(), '>> /srv/log', '2>&1', '< /dev/null'))}"
        if self.chance(0.05):
            text = f"{pick(('V=/mnt', 'HOME=/srv', 'D=/opt', 'TAR_OPTIONS=-v', 'POSIXLY_CORRECT=1'))} {text}" if not text.startswith((">", ":")) else text
        return leaf(text)

    # what changes the state

    def assign(self) -> Node:
        pick = self.random.choice
        if self.chance(0.3):
            name = pick(WORD_VARIABLES)
            self.words.append(name)
            return leaf(f"{name}={pick((*self.leaves, 'a b', '$(echo one)', '${n:-two}', '$((1 + 1))', '', '.'))}")
        name = pick(FOLDER_VARIABLES) if not self.chance(0.06) else pick(("HOME", "CDPATH", "IFS", "TAR_OPTIONS", "PWD", "OLDPWD", "TMPDIR"))
        value = self.value()
        if name == "IFS":
            return leaf(pick(("IFS=/", "IFS=:", "IFS=o")))
        if name == "TAR_OPTIONS":
            return leaf(pick(("TAR_OPTIONS=--strip-components=1", "export TAR_OPTIONS=--strip-components=1", "TAR_OPTIONS=-v")))
        if name in FOLDER_VARIABLES:
            self.folders.append(name)
        return leaf(pick((f"{name}={value}", f"{name}={value}", f"{name}={value}", f"export {name}={value}", f"readonly {name}={value}" if self.chance(0.2) else f"{name}={value}",
                          f": ${{{name}:={value}}}", f"{name}={value} export {name}" if self.chance(0.1) else f"{name}={value}")))  # fmt: skip

    def value(self) -> str:
        pick = self.random.choice
        if self.folders and self.chance(0.35):
            name = pick(self.folders)
            return pick((f"${name}", f'"${name}"', f"${{{name}%/*}}", f"${{{name}:-/srv}}", f"${{{name}:+/srv}}", f"${name}/a", f"$(echo ${name})"))
        return pick((*FOLDERS, *FOLDERS, "/opt/b", '"/srv"', "'/opt'", "$PWD", "~", "$(pwd)", "/opt/x/..", "$HOME", ""))

    def condition(self) -> Body:
        """What an `if` or a loop asks, or the left side of `&&`."""
        pick = self.random.choice
        name = pick(self.folders or FOLDER_VARIABLES)
        texts = (
            "true", "false", "[ -f /etc/passwd ]", "[ -d /nowhere ]", "[ -e /data/a ]", "[ -d /opt/a ]", "! true", "! false", "test -d /srv/site",
            f'[ -n "${name}" ]', f'[ "${name}" = /opt ]', f"[ -d ${name} ]", "grep -q root /etc/passwd", "[ 1 -eq 1 ]", "[ $# -gt 0 ]",
            "[ -L /opt/link ]", "[ -x /nowhere ]", "command -v touch > /dev/null", "command -v nothing", f"[ -d {pick(FOLDERS)} ]", "[ ! -e /data ]",
            f"cd {pick(FOLDERS)}", f"mkdir {self.new()}", "ls /nowhere", f"[ -e {self.old()} ]", "[ -s /data/b ]", "[ -z \"$E\" ]",
            *(("[[ -d /srv ]]", f"[[ ${name} == /opt* ]]", "(( 1 ))", "[[ -v V ]]") if self.bash else ()),
        )  # fmt: skip
        node = leaf(pick(self.functions)) if self.functions and self.chance(0.1) else leaf(pick(texts))
        if self.chance(0.06):
            node = Node((f"{pick(('V', 'D'))}={pick(FOLDERS)}{BREAK}", Body((node,))))
        elif self.chance(0.04):
            node = Node(("{ ", self.body(1), f"{BREAK}}}"))
        return Body((node,))

    def branch(self) -> list[Node]:
        """A change on one way, and a use of what was changed."""
        change = self.change()
        pick = self.random.choice
        form = pick(("if", "if", "else", "case", "and", "or", "elif"))
        c = self.condition()
        body = Body((change,)) if self.chance(0.8) else Body((change, self.effect()))
        if form == "if":
            node = Node(("if ", c, f"{BREAK}then ", body, f"{BREAK}fi"))
        elif form == "else":
            node = Node(("if ", c, f"{BREAK}then ", body, f"{BREAK}else ", Body((self.change(),)), f"{BREAK}fi"))
        elif form == "elif":
            node = Node(("if ", c, f"{BREAK}then ", body, f"{BREAK}elif ", self.condition(), f"{BREAK}then ", self.body(1), f"{BREAK}fi"))
        elif form == "case":
            word = f"${pick(self.folders)}" if self.folders else pick(("a", "$(uname -s)", "$1", "$#", "/opt"))
            node = Node((f"case {word} in {pick(('/opt*', 'a|b', '*', 'Linux', '/srv', '0', '[a-c]'))}) ", body, f" ;; {pick(('*', 'q', '/data'))}) ", self.body(1), " ;; esac"))
        else:
            other = Node(("{ ", body, f"{BREAK}}}")) if len(body.nodes) > 1 or self.chance(0.5) else Node((body,))
            node = Node((c, " && " if form == "and" else " || ", Body((other,))))
        return [node, self.effect()]

    def change(self) -> Node:
        """Anything that alters the state of the shell."""
        kind = self.random.choices(
            ("assign", "cd", "leave", "shadow", "flags", "home", "umask", "shift", "unset", "trap", "redirect", "path"),
            (9, 5, 5, 3, 2, 2, 1, 1, 1, 1, 0.7, 0.5),
        )[0]
        pick = self.random.choice
        match kind:
            case "assign":
                return self.assign()
            case "cd":
                return leaf(self.cd_text())
            case "leave":
                return self.leave()
            case "shadow":
                return self.shadow()
            case "flags":
                return self.flags()
            case "home":
                return leaf(pick(("HOME=/srv", "export HOME=/opt", "unset HOME", "HOME=/data", "HOME=$PWD")))
            case "umask":
                return leaf(pick(("umask 077", "umask 002", "umask 0", "umask u=rwx,g=,o=")))
            case "shift":
                self.positional = True
                return leaf(pick(("shift", "set -- /srv /opt", "set -- a b", "shift 2", 'set -- "$@" /data')))
            case "unset":
                return leaf(f"unset {pick((*FOLDER_VARIABLES, 'HOME', '-f touch', '-f f', 'CDPATH'))}")
            case "trap":
                return self.trap()
            case "redirect":
                return leaf(pick((f"exec > {self.new()}", f"exec 3> {self.new()}", f"exec >> {self.new()}", "exec 2>/dev/null", "exec < /data/a")))
        return leaf(pick(("PATH=/srv/bin:$PATH", "PATH=/data:$PATH", "alias touch=echo", "PATH=$PATH:/opt")))

    def leave(self) -> Node:
        pick = self.random.choice
        texts = ["exit 0", "exit", "exit 1", "false", "return", "exit $?", "exec true", f"exec mkdir {self.new()}"]
        if self.loops:
            texts += ["break", "continue", "break 2", "continue", "break"] * 2
        return leaf(pick(texts))

    def exits(self) -> list[Node]:
        """A way out, perhaps taken."""
        c, out = self.condition(), self.leave()
        form = self.random.choice(("&&", "||", "if", "or-group", "not"))
        if form == "if":
            return [Node(("if ", c, f"{BREAK}then ", Body((out,)), f"{BREAK}fi")), self.effect()]
        if form == "or-group":
            return [Node((c, " || { ", Body((self.effect(), out)), f"{BREAK}}}")), self.effect()]
        if form == "not":
            return [Node(("! ", c, " || ", Body((out,)))), self.effect()]
        return [Node((c, f" {form} ", Body((out,)))), self.effect()]

    def shadow(self) -> Node:
        name = self.random.choice(SHADOWED)
        return Node((f"{name}() {{ ", Body((leaf(self.random.choice((
            ":", "echo", f'command {name} "$@"', "return 0", f"command {name} $2 $1", "return 1", 'V=$1', f"mkdir {self.new()}",
        ))),)), f"{BREAK}}}"))  # fmt: skip

    def shadowed(self) -> list[Node]:
        node = self.shadow()
        if self.chance(0.4):
            node = Node(("if ", self.condition(), f"{BREAK}then ", Body((node,)), f"{BREAK}fi"))
        return [node, self.effect()]

    def flags(self) -> Node:
        return leaf(self.random.choice((
            "set +e", "set -e", "set -u", "set -f", "set +f", "set -C", "set -o errexit", "set -eu", "set -o noglob", "set -x", "set -a", "set -", "set -o nounset",
            *(("set -o pipefail", "shopt -s nullglob", "shopt -s dotglob", "set -euo pipefail", "shopt -s extglob") if self.bash else ()),
        )))  # fmt: skip

    def cd_text(self) -> str:
        pick = self.random.choice
        texts = [f"cd {pick(FOLDERS)}", f"cd {pick(FOLDERS)}", "cd /nowhere || cd /srv", f"cd {pick(FOLDERS)} || true", "cd", "cd ~", "cd -", "cd ..", "cd site", "cd a",
                 f"cd {self.place() or '.'}", "cd -P /opt/link", "cd /opt/link", "cd /opt/link/..", "cd -- /srv", 'cd ""', f"cd {self.old()}", "cd /nowhere 2>/dev/null || :",
                 f"mkdir -p {pick(FOLDERS)} && cd {pick(FOLDERS)}", f"CDPATH={pick(FOLDERS)} cd {pick(('site', 'a', 'sub'))}"]  # fmt: skip
        if self.bash:
            texts += ["pushd /srv > /dev/null", "popd > /dev/null", f"pushd {pick(FOLDERS)}", "pushd", "popd", "pushd /opt && popd"]
        return pick(texts)

    def cd(self) -> list[Node]:
        return [leaf(self.cd_text()), leaf(self.random.choice(("touch %s", "mkdir %s", "mkdir -p %s/q", "echo 1 > %s", "echo 1 > ./%s")) % self.name())]

    def trap(self) -> Node:
        pick = self.random.choice
        inner = self.effect().render()
        if "'" in inner or "\n" in inner:
            inner = "mkdir /opt/trapped"
        return leaf(pick((f"trap '{inner}' EXIT", f"trap '{inner}' 0", f"trap 'rm -rf {self.old()}' EXIT", "trap - EXIT", f'trap "{inner}" EXIT' if '"' not in inner else "trap : EXIT",
                          "trap '' TERM", f"trap '{inner}' ERR" if self.bash else "trap - 0", f"trap '{inner}' INT TERM")))  # fmt: skip

    def trapped(self) -> list[Node]:
        return [self.trap(), *([self.assign()] if self.chance(0.5) else []), *([leaf(self.cd_text())] if self.chance(0.3) else [])]

    # what holds statements

    def condition_block(self) -> Node:
        pieces: list[str | Body] = ["if ", self.condition(), f"{BREAK}then ", self.body()]
        if self.chance(0.5):
            pieces += [f"{BREAK}else ", self.body()]
        return Node((*pieces, f"{BREAK}fi", *self.redirected()))

    def redirected(self) -> list[str]:
        if not self.chance(0.08):
            return []
        return [self.random.choice((f" > {self.new()}", f" >> {self.new()}", " < /data/a", " 2>/dev/null"))]

    def for_loop(self) -> list[Node]:
        pick = self.random.choice
        variable = pick(("i", "n", "V", "D"))
        words = pick(("a b", "/srv /opt", "1 2 3", '"$@"', "/data/*", "$(echo a b)", "$V", "a", "one two three", "$(seq 3)", "/srv /srv/site", "/opt/[ab]", "", "{a,b}" if self.bash else "x y"))
        if words == '"$@"':
            self.positional = True
        (self.folders if "/" in words or words == '"$@"' else self.words).append(variable)
        self.loops += 1
        inner = self.body()
        self.loops -= 1
        head = f"for {variable} in {words}" if not self.positional or self.chance(0.9) else f"for {variable}"
        node = Node((f"{head}{BREAK}do ", inner, f"{BREAK}done", *self.redirected()))
        return [node, self.effect()] if self.chance(0.5) else [node]

    def while_loop(self) -> list[Node]:
        pick = self.random.choice
        self.loops += 1
        inner = self.body()
        self.loops -= 1
        form = pick(("count", "read", "until", "once", "shift", "printf"))
        if form == "count":
            made = [leaf("i=0"), Node((f"while [ $i -lt {pick('123')} ]{BREAK}do ", Body((leaf("i=$((i+1))"), *inner.nodes)), f"{BREAK}done"))]
        elif form == "read":
            self.words.append("n")
            made = [Node((f"while read n{BREAK}do ", inner, f"{BREAK}done < {pick(('/data/list', '/data/a', '/data/b'))}"))]
        elif form == "until":
            made = [Node((f"until [ -e {(target := self.new())} ]{BREAK}do ", Body((*inner.nodes, leaf(f"touch {target}"))), f"{BREAK}done"))]
        elif form == "shift":
            self.positional = True
            made = [leaf(pick(("set -- a b c", "set -- /srv /opt"))), Node((f"while [ $# -gt 0 ]{BREAK}do ", inner, f"{BREAK}shift{BREAK}done"))]
        elif form == "printf":
            self.words.append("n")
            made = [Node((f"printf 'a\\nb\\n' | while read n{BREAK}do ", inner, f"{BREAK}done"))]
        else:
            made = [Node(("while ", self.condition(), f"{BREAK}do ", Body((*inner.nodes, leaf("break"))), f"{BREAK}done"))]
        return [*made, self.effect()] if self.chance(0.5) else made

    def shifting(self) -> list[Node]:
        """Values that move from variable to variable."""
        names = list(FOLDER_VARIABLES)
        self.random.shuffle(names)
        names = names[: self.random.randint(2, 4)]
        start = self.random.choice(FOLDERS)
        last = self.random.choice(FOLDERS)
        moves = [leaf(f"{a}=${b}") for a, b in pairwise(names)] + [leaf(f"{names[-1]}={last}")]
        loop = self.random.choice((f"for i in $(seq {self.random.randint(1, 5)})", "for i in 1 2 3", f"while [ ! -d ${names[0]} ]", "for i in a b"))
        self.folders += [*names[1:], names[0]]
        return [*(leaf(f"{name}={start}") for name in names), Node((f"{loop}{BREAK}do ", Body(tuple(moves)), f"{BREAK}done")), self.effect()]

    def function(self) -> list[Node]:
        name = self.random.choice(FUNCTIONS)
        before, self.positional, loops, self.loops = self.positional, True, self.loops, 0
        inner = list(self.statements(self.random.choice((1, 2, 2, 3))))
        if self.chance(0.25):
            inner.insert(0, leaf(self.random.choice(("local V=/srv", "local V", 'V=$1', 'D=${1:-/opt}', "local D=$1", "shift || true"))))
        if self.chance(0.2):
            inner.insert(self.random.randint(0, len(inner)), Node((self.condition(), " && ", Body((leaf(self.random.choice(("return", "return 0", "return 1", "exit 0"))),)))))
        self.positional, self.loops = before, loops
        shape = self.random.choice((("{ ", f"{BREAK}}}"), ("{ ", f"{BREAK}}}"), ("{ ", f"{BREAK}}}"), ("( ", ")")))
        head = f"function {name}" if self.bash and self.chance(0.15) else f"{name}()"
        define = Node((f"{head} {shape[0]}", Body(tuple(inner)), shape[1], *self.redirected()))
        if self.chance(0.12):
            define = Node(("if ", self.condition(), f"{BREAK}then ", Body((define,)), f"{BREAK}fi"))
        self.functions.append(name)
        return [define, *(self.call() for _ in range(self.random.choice((1, 1, 2))))]

    def call(self) -> Node:
        pick = self.random.choice
        name = pick(self.functions) if self.functions else ":"
        text = f"{name} {pick(('', '/srv', '/opt /data', self.place(), 'a', '$V', 'one two'))}".rstrip()
        return leaf(pick((text, text, text, f"{text} || true", f"! {text} || :", f"V=/mnt {text}", f"{text} > {self.new()}", f"D=$({text})", f"{text} && {self.effect().render()}"
                          if "\n" not in text else text)))  # fmt: skip

    def group(self) -> Node:
        pick = self.random.choice
        opened, closed = pick((("{ ", f"{BREAK}}}"), ("( ", ")"), ("( ", ")")))
        tail = pick(("", "", "", " > " + self.new(), " || true", " | cat", " 2>&1", " | tee " + self.new()))
        body = self.body()
        if self.chance(0.4):
            body = replace(body, nodes=(self.change(), *body.nodes))
        return Node((opened, body, closed + tail))

    def background(self) -> list[Node]:
        inner = self.effect()
        if "\n" in inner.render():
            return [inner]
        return [Node(("", Body((inner,)), " &")), leaf(self.random.choice(("wait", "wait", "wait", "wait $!")))] + ([self.effect()] if self.chance(0.4) else [])

    def inner_text(self, quote: str = "'") -> str:
        """Shell text for another shell, on one line and without `quote`."""
        lines, self.lines = self.lines, False
        seen, folders = list(self.seen), list(self.seen_folders)
        body = self.body(self.random.choice((1, 1, 2)))
        self.lines, self.seen, self.seen_folders = lines, seen, folders
        text = Script(body).text
        return text if quote not in text and "\n" not in text else "mkdir /opt/inner"

    def wrapped(self) -> list[Node]:
        """A command run by another one."""
        pick = self.random.choice
        effect = self.plain_effect()
        text = self.inner_text()
        option = pick(("env", "nice", "sh", "bash", "eval", "xargs", "timeout", "su", "sudo", "command", "dot", "find", "users", "stdin"))
        match option:
            case "env":
                made = pick((f"env {effect}", f"env A=b {effect}", f"env V=/mnt sh -c '{text}'", f"env -i {effect}", f"env -u V sh -c '{text}'", f"env --chdir=/srv {effect}", f"env -C /srv {effect}",
                             f"env -C {self.place() or '.'} {effect}", f"env HOME=/srv sh -c '{text}'", f"env -i sh -c '{text}'", f"env -S '{effect}'", f"env --unset=HOME sh -c '{text}'",
                             f"env - {effect}", f"env -- {effect}", f"env -iC /srv {effect}", f"env -uV -C/srv {effect}"))  # fmt: skip
            case "nice":
                made = pick((f"nice {effect}", f"nice -n 5 {effect}", f"nice -5 {effect}", f"nice --adjustment=5 {effect}", f"nohup {effect}", f"ionice -c 3 {effect}", f"setsid -w {effect}", f"stdbuf -o0 {effect}", f"nice -n 5 env -C /srv {effect}"))
            case "sh":
                made = pick((f"sh -c '{text}'", f"sh -ec '{text}'", f"sh -c '{text}' name /srv /opt", f"sh -eu -c '{text}'", f"sh -c \"mkdir {self.new().replace(chr(34), '')}\"", f"sh -fc '{text}'", f"exec sh -c '{text}'", f"dash -c '{text}'"))
            case "bash":
                made = pick((f"bash -c '{text}'", f"bash -ec '{text}'", f"bash -euo pipefail -c '{text}'", f"bash --norc -c '{text}'", f"bash -lc '{text}'", f"bash -O nullglob -c '{text}'"))
            case "eval":
                made = pick((f"eval '{text}'", f"eval \"{effect}\"" if '"' not in effect else f"eval '{text}'", f"eval {effect}", f"eval \"V=/srv\" && {effect}", "eval 'V=/opt; D=/srv'", f"eval '{self.cd_text()}'" if '"' not in text else ":"))
            case "xargs":
                name = self.name()
                made = pick((f"echo {self.new()} | xargs touch", "echo a b | xargs mkdir -p", f"echo {name} two | xargs -n1 mkdir", f"echo /opt/{name} | xargs -I{{}} mkdir {{}}", "xargs touch < /data/list", f"echo {self.old()} | xargs rm -rf",
                             "echo a | xargs sh -c 'mkdir /opt/$0'", f"echo /srv/{name} | xargs -r touch", "printf 'a\\nb\\n' | xargs -I X touch /srv/X", "xargs -a /data/list touch", f"echo {name} | xargs -t env -C /srv mkdir", "ls /data | xargs -n 1 touch",
                             f"echo | xargs touch /opt/{name}", "echo a/b | xargs -d / touch"))  # fmt: skip
            case "timeout":
                made = pick((f"timeout 5 {effect}", f"timeout -k 1 5 {effect}", f"timeout --signal=KILL 5 {effect}", f"timeout -s TERM 5s sh -c '{text}'", f"timeout 5 env --chdir=/srv {effect}"))
            case "su":
                self.user = True
                made = pick((f"su app -c '{text}'", f"su - app -c '{text}'", f"su -c '{text}' app", f"su -l app -c '{text}'", "su - app -c 'touch marker'", f"su root -c '{text}'", f"su - -c '{text}'", f"su -c '{text}'",
                             f"su --login app --command='{text}'", f"su -p app -c '{text}'", f"su app -s /bin/bash -c '{text}'", "su - app -c 'mkdir -p d/e'", f"su --command '{text}'", f"su -lc '{text}' app"))  # fmt: skip
            case "sudo":
                self.user = self.user or self.chance(0.5)
                who = "app" if self.user else "www-data"
                made = pick((f"sudo {effect}", f"sudo -u {who} {effect}", "sudo -i touch x", f"sudo --chdir=/srv {effect}", f"sudo --user={who} sh -c '{text}'", f"sudo V=/srv sh -c '{text}'", f"sudo -D /srv {effect}", f"sudo sh -c '{text}'",
                             "sudo mkdir $HOME/s", f"sudo -H -u {who} touch /tmp/{who}", f"sudo -s '{text}'", f"sudo -n {effect}", f"sudo -u root {effect}", "sudo -i mkdir d", f"sudo -u{who} touch /tmp/q"))  # fmt: skip
            case "users":
                made = pick((f"su -s /bin/sh www-data -c '{text}'", "touch ~nobody/x", "mkdir ~root/r", f"runuser -u www-data -- {effect}", f"runuser -u root {effect}", f"setpriv --reuid=33 {effect}", "touch ~root/$n", f"install -o www-data -d {self.new()}", f"chown www-data:33 {self.old()}"))
            case "command":
                made = pick((f"command {effect}", f"command -p {effect}", f"exec {effect}", f"time {effect}" if self.bash else f"command {effect}", f"builtin echo x > {self.new()}" if self.bash else f"\\{effect}", f"/bin/{effect}", f"/usr/bin/env {effect}", f"busybox {effect}"))
            case "dot":
                made = pick((". /data/lib.sh", ". /data/env", "sh /data/lib.sh", f"echo 'mkdir {self.leaves[0]}' > /srv/s.sh && . /srv/s.sh", f"echo 'V=/opt/{self.leaves[1]}' > /srv/e && . /srv/e", f"printf 'mkdir /opt/%s\\n' {self.leaves[2]} > /tmp/s && sh /tmp/s",
                             "echo 'cd /srv' > /tmp/c && . /tmp/c", f"echo 'touch /opt/{self.leaves[0]}' > /srv/run && chmod +x /srv/run && /srv/run", "sh -e /data/lib.sh"))  # fmt: skip
            case "stdin":
                made = pick((f"echo 'mkdir {self.leaves[0]}' | sh", f"echo '{text}' | sh -e" , f"printf 'touch /opt/%s\\n' {self.leaves[1]} | bash", "sh < /data/lib.sh", f"echo x | tee {self.new()} > {self.new()}", "sh -s /srv < /data/lib.sh"))
            case _:
                made = pick(("find /data -name a -delete", f"find /data -type f -exec cp {{}} {self.place() or '.'} \\;", f"find /srv -name index -exec {effect} \\;", "find /data -name b -exec rm {} +", f"find /data -maxdepth 1 -type f -execdir touch {self.leaves[0]} \\;",
                             "find /opt -mindepth 1 -name a -print0 | xargs -0 rm -rf", f"find . -name zzz -exec touch {self.new()} \\;", "find /etc -name passwd | xargs cp -t /srv", f"find /srv -fprint /opt/{self.leaves[0]}", "find /data -type d -exec chmod 700 {} +"))  # fmt: skip
        return [leaf(made)] + ([self.effect()] if self.chance(0.25) else [])

    def plain_effect(self) -> str:
        """A single command without redirections."""
        pick = self.random.choice
        return pick((f"mkdir {self.new()}", f"touch {self.new()}", f"mkdir -p {self.new()}", f"mkdir {self.name()}", f"touch {self.name()}", f"cp /etc/hosts {self.new()}", f"rm -rf {self.old()}", f"ln -s a {self.new()}", f"touch ~/{self.name()}", f"install -d {self.new()}", f"tee {self.new()}", f"chmod 700 {self.old()}"))

    def positionals(self) -> list[Node]:
        self.positional = True
        pick = self.random.choice
        return [leaf(pick(("set -- /srv /opt", "set -- a b c", "set -- $V", 'set -- "$@" x', "set /srv", "set -- /data/*", "set -- -p /opt/p"))), *([leaf("shift")] if self.chance(0.3) else []),
                leaf(pick(("mkdir -p $1/p", 'touch "$1"', 'mkdir -p "$@"', "touch $*", "touch /opt/$#", 'for i; do touch /opt/$i; done', "mkdir /opt/$2", 'mkdir "$@" q', "touch ${1}x", "mkdir -p ${2:-/opt/none}")))]  # fmt: skip

    def reading(self) -> list[Node]:
        pick = self.random.choice
        name = pick(("V", "D"))
        self.folders.append(name)
        texts = [f"read {name} < /data/a", f"echo /srv | read {name}", f"read {name} W < /data/list", f"{name}=$(cat /data/a)", f"{name}=$(ls /data)", f"{name}=$(echo /srv)", f"{name}=$(cd /opt && pwd)", f"{name}=`pwd`",
                 f"{name}=$(mkdir /opt/sub; echo /opt/sub)", f"{name}=/opt/$(ls /data | head -n 1)", f"{name}=$(mktemp -d)", f"{name}=$(readlink /opt/link)", f"{name}=$(false || echo /opt)", f"{name}=$({self.cd_text()}; pwd)", f"eval {name}=/srv", f"export {name}",
                 f"{name}=$(printf /srv)", f"{name}=$(printf '%s/%s' /opt z)", f"{name}=$(cat /nowhere || echo /srv)", f"{name}=$(f)", f"printf -v {name} /srv" if self.bash else f"{name}=$(echo -n /srv)", f"{name}=$(dirname $PWD)", f"getopts ab {name} || true"]  # fmt: skip
        if self.lines:
            texts += [f"read {name} <<E\n/srv\nE", f"{name}=$(cat <<E\n/opt\nE\n)"]
        if self.bash:
            texts += [f"read {name} <<< /srv", f"declare {name}=/opt", f"{name}=(/srv /opt)", f"{name}+=/a", f"mapfile -t {name} < /data/list", f"declare -g {name}=/opt", f"declare -n {name}=W", f"{name}=${{V^^}}"]
        return [leaf(pick(texts)), self.effect()]

    def archive(self) -> list[Node]:
        pick = self.random.choice
        return [leaf(pick(("mkdir -p /tmp/in && touch /tmp/in/f", "mkdir -p /tmp/in/sub && echo 1 > /tmp/in/sub/f"))), leaf(pick(("tar -cf /tmp/t.tar -C /tmp in", "cd /tmp && tar cf t.tar in", "tar -C /tmp -czf /tmp/t.tar in"))),
                *([leaf(pick(("TAR_OPTIONS=--strip-components=1", "export TAR_OPTIONS=--strip-components=1", "cd /srv", "POSIXLY_CORRECT=1", "set -f")))] if self.chance(0.4) else []),
                leaf(pick(("tar -xf /tmp/t.tar -C /opt", "tar xf /tmp/t.tar", f"mkdir -p {(n := self.new())} && tar -xf /tmp/t.tar -C {n}", f"mkdir {(n := self.new())} && tar -xf /tmp/t.tar --strip-components=1 -C {n}", "tar --directory=/srv -xf /tmp/t.tar", "tar -x -C /srv -f /tmp/t.tar in/f", "tar -xf /tmp/t.tar -C /opt --transform=s/in/out/",
                           "cat /tmp/t.tar | tar -x -C /srv", "TAR_OPTIONS=--strip-components=1 tar -xf /tmp/t.tar -C /opt", "tar -xOf /tmp/t.tar in/f > /srv/out")))]  # fmt: skip


def leaf(text: str) -> Node:
    return Node((text,))


_KINDS = {
    "effect": 40, "assign": 8, "branch": 10, "exits": 6, "shadowed": 3, "flags": 2, "cd": 6, "trapped": 2, "condition_block": 5, "for_loop": 5, "while_loop": 4,
    "shifting": 3, "function": 6, "group": 5, "background": 2, "wrapped": 9, "positionals": 3, "reading": 4, "archive": 2, "change": 3,
}  # fmt: skip
_EFFECTS = (
    (8, ("mkdir NEWD", "mkdir -p NEWD", "mkdir -p NEWD", "mkdir -p NEWD/q", "mkdir -m 700 NEWD", "mkdir -p -m 750 NEWD", "mkdir NEWD NEWD", "mkdir -p NEWD/r/../s", "mkdir --parents NEWD")),
    (8, ("touch NEW", "touch NEW NEW", "touch OLD", "touch -c OLD", "> NEW", ": > NEW", "true > NEW", "cat > NEW < /etc/hosts", "truncate -s 3 NEW")),
    (8, ("echo 1 > NEW", "echo $V > NEW", "echo 1 >> OLD", "printf x > NEW", "echo 1 >> NEW", "echo a b > NEW", "cat OLD > NEW", "cat > NEW <<E\ntext\nE", "echo 1 > NEW 2>&1", "pwd > NEW", "ls DIR > NEW", "id -u > NEW")),
    (5, ("cp OLD NEW", "cp -r OLDD NEWD", "cp -a OLDD NEWD", "cp -r OLD NEW", "cp /etc/hosts NEW", "cp OLD DIR", "cp -p OLD NEW", "cp -t DIR OLD", "cp -rT OLDD NEWD", "cp --parents OLD /mnt", "cp -r OLDD/. NEWD", "cp -l OLD NEW", "cp -s OLD NEW", "cp -n OLD NEW", "cp -rL OLD NEW")),
    (3, ("mv OLD NEW", "mv OLD DIR", "mv -n OLD NEW", "mv -t DIR OLD", "mv -T OLD NEW")),
    (4, ("ln -s OLD NEW", "ln -s a NEW", "ln -sf OLD NEW", "ln -sfn DIR NEW", "ln OLD NEW", "ln -s /srv NEW", "ln -sr OLD NEW", "ln -s ../x NEW", "ln -s OLD DIR", "ln -sT DIR NEW")),
    (5, ("rm OLD", "rm -f OLD", "rm -r OLDD", "rm -rf OLDD", "rm -rf OLD", "rmdir OLDD", "rm -f NEW", "rm -rf OLD OLD", "unlink OLD", "rm -rf DIR/a*", "rm DIR/?", "rmdir -p OLDD", "rm -f DIR/[a-c]")),
    (3, ("chmod 700 OLDD", "chmod -R go-rx OLDD", "chmod +x OLD", "chmod a+w OLD", "chmod 4755 OLD", "chmod u=rwx,go= OLD", "chmod g+s OLDD")),
    (2, ("chown 7:7 OLD", "chown -R 33 OLDD", "chgrp 50 OLD", "chown -h 7 OLD", "chown www-data OLD")),
    (4, ("install -d NEWD", "install -D /etc/hosts NEW", "install -m 700 /etc/hosts NEW", "install -d -m 700 NEWD NEWD", "install -t DIR /etc/hosts", "install OLD NEW", "install -o 33 -g 33 -m 600 /etc/hosts NEW", "install -Dm644 -t NEWD /etc/hosts")),
    (3, ("echo 1 | tee NEW", "echo 1 | tee -a OLD > /dev/null", "echo 1 | tee NEW NEW", "tee NEW < /etc/hosts", "echo 1 | cat > NEW", "yes | head -n 2 > NEW")),
    (2, ("sed -i s/o/0/ OLD", "sed s/o/0/ OLD > NEW", "sed -n -e 'w /opt/w' OLD", "sort -o NEW OLD", "sed -i.bak s/o/0/ OLD", "dd if=/etc/hosts of=NEW", "split -b 2 OLD NEW", "head -n 1 OLD > NEW", "sort OLD -o OLD", "cut -c1 OLD > NEW",
         "awk 'BEGIN { print 1 > \"/opt/awk\" }'", "cmp OLD /etc/hosts || cp /etc/hosts OLD", "sed -i -e /x/d OLD OLD", "gzip OLD", "gzip -k OLD", "tac OLD > NEW", "mktemp -p DIR", "mktemp", "mkfifo NEW", "find DIR -name a -exec touch NEW ;", "touch -r OLD NEW", "uniq OLD NEW", "comm OLD OLD > NEW")),
)  # fmt: skip
