"""Random Dockerfiles of real shell steps, each from its seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from tests.engine.random_base import BASE
from tests.engine.random_programs import Part, Program, Run

CONTEXT = {"src/a.txt": "a\n", "src/b.txt": "b\n", "src/deep/c.txt": "c\n", "tool.sh": "#!/bin/sh\necho tool $1\n"}
NAMES = ("a", "b", "data", "lib", "out", "x y", "conf.d", "log", "[1]", "z-9")
HOMES = ("/w1", "/w2", "/w3", "/opt/pkg", "/srv/site", "/usr/local/share/thing")
WORDS = ("one", "two", "three", "zz")


CHOICES = (
    "append", "chmod", "chown", "cd", "copy", "copy-r", "echo", "hard", "if", "install", "join", "known", "link", "loop",
    "mkdir", "move", "rm", "rmdir", "script", "sed", "swap", "tmp", "touch", "var",
)  # fmt: skip


def quoted(path: str) -> str:
    return f"'{path}'" if any(c in path for c in " []") else path


@dataclass
class World:
    """What a stage's file system holds so far, as far as the next command has to know it."""

    kinds: dict[str, str] = field(default_factory=dict)
    owner: dict[str, int] = field(default_factory=dict)
    cwd: str = "/"
    user: int = 0
    variables: dict[str, str] = field(default_factory=dict)

    def copy(self) -> World:
        return World(dict(self.kinds), dict(self.owner), self.cwd, self.user, dict(self.variables))

    def make(self, path: str, kind: str) -> None:
        while path not in self.kinds and path not in ("/", "/opt", "/srv", "/usr/local/share", "/tmp", ""):
            self.kinds[path], self.owner[path] = kind, self.user
            path, kind = path.rpartition("/")[0], "dir"

    def drop(self, path: str) -> None:
        for gone in [p for p in self.kinds if p == path or p.startswith(path + "/")]:
            del self.kinds[gone], self.owner[gone]

    def of(self, kind: str, below: str) -> list[str]:
        return [
            path
            for path, is_a in self.kinds.items()
            if is_a == kind and (path == below or path.startswith(below + "/")) and self.mine(path)
        ]

    def mine(self, path: str) -> bool:
        return self.user == 0 or self.owner.get(path) == self.user


class Maker:
    """One random program."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.stages: dict[str, World] = {}

    def program(self) -> Program:
        parts = []
        for number in range(self.random.choice((1, 1, 1, 2, 2, 3))):
            parts.append(self.part(f"s{number}"))
        for name in list(self.stages)[:-1]:  # what is in no image can't be compared
            parts[-1] = replace(parts[-1], steps=(*parts[-1].steps, f"COPY --from={name} /w1 /opt /all-{name}/"))
        return Program(tuple(parts))

    def part(self, name: str) -> Part:
        below = self.random.choice(list(self.stages)) if self.stages and self.random.random() < 0.3 else None
        world = self.stages[below].copy() if below else World()
        if below:
            world.user = self.stages[below].user
        steps: list[Run | str] = [] if below else ["RUN mkdir /w1"]
        if not below:
            world.make("/w1", "dir")
        for _ in range(self.random.randint(2, 6)):
            steps += self.step(world)
        if self.random.random() < 0.3:
            steps.append('CMD ["true"]')
        self.stages[name] = world
        return Part(f"FROM {below or BASE} AS {name}", tuple(steps))

    def step(self, world: World) -> list[Run | str]:
        kind = self.random.choices(
            ("run", "copy", "from", "workdir", "user", "env", "arg", "comment", "label"),
            (12, 2, 2, 1, 0.6, 1, 1, 1, 0.5),
        )[0]
        if kind == "copy":
            return self.copied(world)
        if kind == "from" and self.stages:
            return self.copied_from(world)
        if kind == "workdir":
            world.cwd = self.home(world)
            world.make(world.cwd, "dir")
            return [f"WORKDIR {world.cwd}"]
        if kind == "user":
            if world.user:
                world.user = 0
                return ["USER root"]
            home = self.random.choice(HOMES)
            world.make(home, "dir")
            world.owner[home] = world.user = 1000
            return [Run((f"mkdir -p {home}", f"chown 1000:1000 {home}")), "USER 1000"]
        if kind in ("env", "arg"):
            name, value = self.random.choice("ABC"), self.random.choice(WORDS)
            world.variables[name] = value
            return [f"{kind.upper()} {name}={value}"]
        if kind == "label":
            return ["LABEL a=b"]
        before: list[Run | str] = ["# a remark"] if kind == "comment" else []
        return [*before, self.run(world)]

    def home(self, world: World) -> str:
        mine = [home for home in HOMES if world.mine(home) and world.kinds.get(home) == "dir"]
        return self.random.choice((mine or [f"/tmp/home{world.user}"]) if world.user else HOMES)

    def copied(self, world: World) -> list[Run | str]:
        source, kind = self.random.choice((("src/a.txt", "file"), ("src", "dir"), ("tool.sh", "file"), ("src/deep", "dir")))
        target = f"{self.home(world)}/{self.random.choice(('in', 'got', 'more'))}"
        if world.kinds.get(target) not in (None, kind):
            return []
        owner = self.random.choice(("", "", "--chown=7:7 ", "--chmod=700 "))
        world.make(target, kind)
        if world.user or "chown" in owner:
            world.owner[target] = 7
        return [f"COPY {owner}{source} {target}"]

    def copied_from(self, world: World) -> list[Run | str]:
        name = self.random.choice(list(self.stages))
        sources = [path for path in self.stages[name].kinds if " " not in path and "[" not in path]
        if not sources:
            return []
        source = self.random.choice(sources)
        kind = self.stages[name].kinds[source]
        target = self.random.choice((source, f"{self.home(world)}/from-{name}"))
        if world.kinds.get(target) not in (None, kind) or kind == "link":
            return []
        world.make(target, kind)
        world.owner[target] = 0
        return [f"COPY --from={name} {source} {target}"]

    def run(self, world: World) -> Run:
        home = self.home(world)
        start, units = world.cwd, []
        local = dict(world.variables)
        for _ in range(self.random.randint(1, 5)):
            if self.random.random() < 0.12:
                home = self.home(world)
            units += self.commands(world, home)
        world.cwd, world.variables = start, local
        return Run(tuple(units), self.random.choices((" && ", " && \\\n    ", "heredoc"), (6, 3, 1))[0])

    def hinted(self, world: World) -> Run:
        """Anything at all, inside a folder of its own, and a hint that says so."""
        home = f"/h{len(world.kinds)}-{self.random.randint(0, 99)}"
        start, units = world.cwd, []
        for _ in range(self.random.randint(2, 5)):
            units += self.commands(world, home)
        world.cwd = start
        return Run(tuple(units), hint=f"writes={home}")

    def path(self, world: World, path: str) -> str:
        """The path, now and then as a shell would rather write it."""
        if path.startswith(world.cwd.rstrip("/") + "/") and self.random.random() < 0.5:
            return quoted(path[len(world.cwd.rstrip("/")) + 1 :])
        return quoted(path)

    def fresh(self, world: World, home: str) -> str:
        folders = world.of("dir", home) or [home]
        for _ in range(20):
            path = f"{self.random.choice(folders)}/{self.random.choice(NAMES)}"
            if path not in world.kinds:
                return path
        return f"{home}/new{len(world.kinds)}"

    def commands(self, world: World, home: str) -> list[str]:
        if world.kinds.get(home) != "dir":
            world.make(home, "dir")
            mode = self.random.choice(("", "", "", "-m 750 "))
            return [f"mkdir -p {mode}{home}"]
        files, folders = world.of("file", home), world.of("dir", home)
        p, pick = self.path, self.random.choice
        new, word = self.fresh(world, home), pick(WORDS)
        name = pick("XYZ")
        choice = pick(CHOICES)
        if choice == "mkdir":
            world.make(new, "dir")
            return [f"mkdir {p(world, new)}"]
        if choice == "cd" and folders:
            world.cwd = pick(folders)
            return [f"cd {quoted(world.cwd)}"]
        if choice == "var":
            world.make(new, "file")
            target = f'"${name}"/{quoted(new.rpartition("/")[2])}'
            return [f"{name}={quoted(new.rpartition('/')[0])}", f"echo {word} >{target}"]
        if choice == "known" and world.variables:
            world.make(new, "file")
            return [f"echo ${pick(list(world.variables))} >{p(world, new)}"]
        if choice == "loop":
            world.make(new, "dir")
            for i in "12":
                world.make(f"{new}/{i}", "file")
            target = p(world, new)
            return [f"mkdir {target}", f"for i in 1 2; do echo $i >{target}/$i; done"]
        if choice == "install":
            world.make(new, "dir")
            if not world.user:
                return [f"install -d -m 2775 -o 33 -g 33 {p(world, new)}"]
            return [f"install -d -m 700 {p(world, new)}"]
        if choice == "tmp" and not home.startswith("/h"):
            world.make(new, "file")
            return [f"echo {word} >/tmp/scratch{world.user}", f"cp /tmp/scratch{world.user} {p(world, new)}"]
        if choice == "script":
            world.make(new, "file")
            return [f"printf 'echo %s\\n' {word} >{p(world, new)}", f"chmod +x {p(world, new)}"]
        if not files:
            world.make(new, "file")
            return [f"echo {word} >{p(world, new)}"]
        return self.on_file(world, choice, pick(files), pick(files), pick(folders), new, word)

    def on_file(self, world: World, choice: str, old: str, other: str, folder: str, new: str, word: str) -> list[str]:
        p, pick = self.path, self.random.choice
        source, target = p(world, old), p(world, new)
        if choice in ("rm", "rmdir", "move", "swap"):
            if choice == "rm":
                world.drop(old)
                return [f"rm {source}"]
            if choice == "move":
                world.drop(old)
                world.make(new, "file")
                return [f"mv {source} {target}"]
            if choice == "rmdir" and folder not in HOMES and not world.cwd.startswith(folder):
                world.drop(folder)
                return [f"rm -r {p(world, folder)}"]
            return [f"cat {source} >>{p(world, other)}"] if old != other else [f"wc -c {source}"]
        if choice == "append":
            return [f"echo {word} >>{source}"]
        if choice == "chmod":
            return [f"chmod {pick(('600', 'a+x', '4755', 'g-r'))} {source}"]
        if choice == "chown" and not world.user:
            world.owner[old] = 7
            return [f"chown {pick(('7:7', '7', ':7'))} {source}"]
        if choice == "sed":
            return [f"sed -i s/o/0/ {source}"]
        if choice == "if":
            return [f"if [ -f {source} ]; then echo {word} >>{source}; fi"]
        if choice == "touch":
            world.make(new, "file")
            return [f"touch {target}"]
        if choice == "copy-r" and not new.startswith(folder + "/"):
            world.make(new, "dir")
            return [f"cp -r {p(world, folder)} {target}"]
        if choice == "link":
            world.make(new, "link")
            return [f"ln -s {pick((quoted(old), old.rpartition('/')[2].replace(' ', '_').strip('[]')))} {target}"]
        world.make(new, "file")
        if choice == "hard":
            return [f"ln {source} {target}"]
        if choice == "join":
            return [f"cat {source} {p(world, other)} >{target}"]
        return [pick((f"cp {source} {target}", f"cp -p {source} {target}", f"sort {source} >{target}"))]
