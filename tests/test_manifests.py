"""Projects that are copied whole before their packages are installed: the files that the installer reads come first."""

from __future__ import annotations

import json
from collections.abc import Mapping

import dfrefactor
import pytest
from dfrefactor.context import Tree
from dfrefactor.finding import Finding, Safety
from dfrefactor.passes import named
from dfrefactor.settings import Settings

PASS = [named("order-layers")]
LOCK = json.dumps({"lockfileVersion": 3, "packages": {"": {"name": "x"}, "node_modules/a": {"version": "1.0.0"}}})
NODE = {"package.json": '{"dependencies": {"a": "1"}}', "package-lock.json": LOCK, "src/x.js": ""}


def settings(files: Mapping[str, str], aside: tuple[str, ...] = (), allow: Safety = Safety.SAFE) -> Settings:
    tree = Tree(tuple(sorted(files)), files.get, aside)
    return Settings(context=lambda _: tree, allow=allow)


def split(lines: str, files: Mapping[str, str], aside: tuple[str, ...] = ()) -> str:
    """What is made of a stage with these lines; a second run changes nothing."""
    chosen = settings(files, aside)
    result = dfrefactor.refactor(f"FROM node\n{lines}".encode(), passes=PASS, settings=chosen)
    assert not result.problems
    assert not dfrefactor.refactor(result.data, passes=PASS, settings=chosen).changed
    return result.data.decode().removeprefix("FROM node\n")


def doubted(lines: str, files: Mapping[str, str], aside: tuple[str, ...] = ()) -> Finding:
    """The finding of what is not safe: nothing is changed unless that is asked for, and then it settles."""
    data = f"FROM node\n{lines}".encode()
    result = dfrefactor.refactor(data, passes=PASS, settings=settings(files, aside))
    (finding,) = result.findings
    assert not result.changed and finding.safety is Safety.UNSAFE and finding.notes
    allowed = settings(files, aside, Safety.UNSAFE)
    bold = dfrefactor.refactor(data, passes=PASS, settings=allowed)
    assert bold.changed and not bold.problems
    assert not dfrefactor.refactor(bold.data, passes=PASS, settings=allowed).changed
    return finding


SPLIT = {
    "npm": ("WORKDIR /app\nCOPY . .\nRUN npm ci\n", NODE, "COPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n"),
    "npm without a lockfile": ("WORKDIR /app\nCOPY . .\nRUN npm install\n", {"package.json": "{}", "x.js": ""},
                               "COPY package.json ./\nRUN npm install\nCOPY . .\n"),
    "its settings": ("WORKDIR /app\nCOPY . .\nRUN npm ci\n", NODE | {".npmrc": "registry=https://r"},
                     "COPY package.json package-lock.json .npmrc ./\nRUN npm ci\nCOPY . .\n"),
    "an owner and a mode": ("WORKDIR /app\nCOPY --chown=node --chmod=755 ./ /app\nUSER node\nRUN npm ci\n", NODE,
                            ("COPY --chown=node --chmod=755 package.json package-lock.json /app/\nUSER node\nRUN npm ci\n"
                            "COPY --chown=node --chmod=755 ./ /app\n")),
    "a folder of the context": ("COPY web /srv/web\nWORKDIR /srv/web\nRUN npm ci --omit=dev && npm cache clean --force\n",
                                {f"web/{name}": text for name, text in NODE.items()},
                                ("COPY web/package.json web/package-lock.json /srv/web/\nWORKDIR /srv/web\n"
                                "RUN npm ci --omit=dev && npm cache clean --force\nCOPY web /srv/web\n")),
    "a folder of what is copied": ("WORKDIR /srv\nCOPY . .\nRUN cd web && npm ci\n", {f"web/{name}": text for name, text in NODE.items()},
                                   "COPY web/package.json web/package-lock.json ./web/\nRUN cd web && npm ci\nCOPY . .\n"),
    "packages of the system in between": ("WORKDIR /app\nCOPY . .\nRUN apt-get update && apt-get install -y make\nRUN npm ci\nRUN make\n", NODE,
                                          ("RUN apt-get update && apt-get install -y make\nCOPY package.json package-lock.json ./\nRUN npm ci\n"
                                          "COPY . .\nRUN make\n")),
    "sources read along": ("WORKDIR /app\nCOPY . .\nRUN npm ci && \\\n    npm run build && \\\n    npm run test\n", NODE,
                           "COPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build && \\\n    npm run test\n"),
    "sources read along in a folder": ("WORKDIR /srv\nCOPY . .\nRUN set -e; cd web; npm ci; npm run build\n", {f"web/{name}": text for name, text in NODE.items()},
                                       "COPY web/package.json web/package-lock.json ./web/\nRUN set -e; cd web; npm ci\nCOPY . .\nRUN set -e; cd web; npm run build\n"),
    "yarn": ("WORKDIR /app\nCOPY . .\nRUN yarn install --frozen-lockfile --ignore-scripts\n",
             {"package.json": "{}", "yarn.lock": "", "x.js": ""},
             "COPY package.json yarn.lock ./\nRUN yarn install --frozen-lockfile --ignore-scripts\nCOPY . .\n"),
    "yarn alone": ("WORKDIR /app\nCOPY . .\nRUN yarn --frozen-lockfile --ignore-scripts\n", {"package.json": "{}", "yarn.lock": "", "x.js": ""},
                   "COPY package.json yarn.lock ./\nRUN yarn --frozen-lockfile --ignore-scripts\nCOPY . .\n"),
    "pip": ("WORKDIR /app\nCOPY . .\nRUN pip install --no-cache-dir -r requirements.txt\n",
            {"requirements.txt": "-r base.txt\nflask==3 # a web\n", "base.txt": "-c constraints.txt\nrequests", "constraints.txt": "", "x.py": ""},
            "COPY requirements.txt base.txt constraints.txt ./\nRUN pip install --no-cache-dir -r requirements.txt\nCOPY . .\n"),
    "pip with options of its own": ("WORKDIR /app\nADD . /app/\nRUN pip install --upgrade pip && pip install -r a.txt gunicorn\n",
                                    {"a.txt": "git+https://example.org/x.git#egg=x\n", "x.py": ""},
                                    "ADD a.txt /app/\nRUN pip install --upgrade pip && pip install -r a.txt gunicorn\nADD . /app/\n"),
    "two installers": ("WORKDIR /app\nCOPY . .\nRUN pip install -r a.txt\nRUN npm ci\n", NODE | {"a.txt": "flask\n"},
                       "COPY a.txt ./\nRUN pip install -r a.txt\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n"),
    "go": ("WORKDIR /src\nCOPY . .\nRUN go mod download\nRUN go build -o /x .\n", {"go.mod": "module x\n", "go.sum": "", "x.go": ""},
           "COPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\nRUN go build -o /x .\n"),
    "poetry": ("WORKDIR /app\nCOPY . .\nRUN poetry install --no-root\n", {"pyproject.toml": "[tool.poetry]\n", "poetry.lock": "", "x.py": ""},
               "COPY pyproject.toml poetry.lock ./\nRUN poetry install --no-root\nCOPY . .\n"),
    "uv": ("WORKDIR /app\nCOPY . .\nRUN uv sync --locked --no-install-project\n", {"pyproject.toml": "", "uv.lock": "", "x.py": ""},
           "COPY pyproject.toml uv.lock ./\nRUN uv sync --locked --no-install-project\nCOPY . .\n"),
    "composer": ("WORKDIR /app\nCOPY . .\nRUN composer install --no-dev\n",
                 {"composer.json": '{"autoload": {"psr-4": {"A\\\\": "src"}}}', "composer.lock": '{"packages": []}', "x.php": ""},
                 "COPY composer.json composer.lock ./\nRUN composer install --no-dev\nCOPY . .\n"),
    "dotnet": ("WORKDIR /app\nCOPY . .\nRUN dotnet restore x.csproj\nRUN dotnet build\n",
               {"x.csproj": "<Project/>", "nuget.config": "", "x.cs": ""},
               "COPY x.csproj nuget.config ./\nRUN dotnet restore x.csproj\nCOPY . .\nRUN dotnet build\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPLIT)
def test_what_the_installer_reads_comes_first(name: str) -> None:
    lines, files, made = SPLIT[name]
    assert split(lines, files).endswith(made)


def test_comments_and_blank_lines_stay_with_what_they_are_about() -> None:
    lines = "WORKDIR /app\n\n# All of it\nCOPY . .\n\n# Packages\nRUN npm ci\n\nCMD x\n"
    made = "WORKDIR /app\n\nCOPY package.json package-lock.json ./\n\n# Packages\nRUN npm ci\n\n# All of it\nCOPY . .\n\nCMD x\n"
    assert split(lines, NODE) == made


PLAIN = "WORKDIR /app\nCOPY . .\nRUN {}\nRUN echo done\n"
DOUBTED = {
    "a script of the project": ("npm ci", NODE | {"package.json": '{"scripts": {"prepare": "tsc"}}'}, "its script `prepare`"),
    "a script of a package": ("npm ci", NODE | {"package-lock.json": LOCK.replace('"1.0.0"', '"1", "hasInstallScript": true')}, "`a` runs a script"),
    "workspaces": ("npm ci", NODE | {"package.json": '{"workspaces": ["packages/*"]}'}, "workspaces"),
    "a package in a folder": ("npm ci", NODE | {"package.json": '{"dependencies": {"a": "file:./a"}}'}, "`a` is in a folder"),
    "an old lockfile": ("npm ci", NODE | {"package-lock.json": '{"lockfileVersion": 1, "dependencies": {}}'}, "old lockfile"),
    "a lockfile that is no JSON": ("npm ci", NODE | {"package-lock.json": "x"}, "can't be read"),
    "something to compile": ("npm ci", NODE | {"binding.gyp": ""}, "is compiled"),
    "a lockfile that is written": ("npm install", NODE, "writes package-lock.json"),
    "yarn alone": ("yarn", {"package.json": "{}", "yarn.lock": "", "x": ""}, "writes yarn.lock"),
    "a lockfile that tells nothing": ("yarn install --frozen-lockfile", {"package.json": "{}", "yarn.lock": "", "x": ""}, "does not say"),
    "what is installed comes from the context": ("npm ci", NODE | {"node_modules/a/x.js": ""}, "writes node_modules"),
    "an editable project": ("pip install -r r.txt", {"r.txt": "flask\n-e .\n", "x.py": ""}, "a folder or a file of its own"),
    "a wheel beside it": ("pip install -r r.txt", {"r.txt": "wheels/a.whl\n", "x.py": ""}, "a folder or a file of its own"),
    "a module in a folder": ("go mod download", {"go.mod": "replace a => ../a\n", "go.sum": "", "x.go": ""}, "by a folder"),
    "a workspace of modules": ("go mod download", {"go.mod": "", "go.sum": "", "go.work": "", "x.go": ""}, "other modules"),
    "the project itself": ("poetry install", {"pyproject.toml": "[tool.poetry]\n", "poetry.lock": "", "x.py": ""}, "the project itself"),
    "a Gemfile that reads": ("bundle install", {"Gemfile": "gem 'a', path: 'a'\n", "Gemfile.lock": "", "x.rb": ""}, "other files read"),
    "classes are looked up": ("composer install -o", {"composer.json": "{}", "composer.lock": '{"packages": []}', "x": ""}, "its classes"),
    "a plugin": ("composer install", {"composer.json": "{}", "composer.lock": '{"packages": [{"name": "a/b", "type": "composer-plugin"}]}', "x": ""},
                 "`a/b` is a plugin"),
    "other projects": ("dotnet restore x.csproj", {"x.csproj": '<ProjectReference Include="../y"/>', "x.cs": ""}, "other projects"),
    "properties for all projects": ("dotnet restore x.csproj", {"x.csproj": "", "Directory.Build.props": "", "x.cs": ""}, "part of each project"),
}  # fmt: skip


@pytest.mark.parametrize("name", DOUBTED)
def test_what_may_read_more_is_not_safe(name: str) -> None:
    command, files, doubt = DOUBTED[name]
    assert any(doubt in note for note in doubted(PLAIN.format(command), files).notes)


def test_folders_of_other_people_that_the_context_brings_are_a_doubt() -> None:
    finding = doubted(PLAIN.format("npm ci"), NODE, aside=("node_modules",))
    assert any("writes node_modules" in note for note in finding.notes)


STAYS = {
    "it is read before": "WORKDIR /app\nCOPY . .\nRUN ls\nRUN npm ci\n",
    "what is installed is removed again": "WORKDIR /app\nCOPY . .\nRUN npm ci && npm run build && npm prune --omit=dev\n",
    "the cache is removed in the end": "WORKDIR /app\nCOPY . .\nRUN npm ci && npm run build && npm cache clean --force\n",
    "packages are there for a while": "WORKDIR /app\nCOPY . .\nRUN apk add -t x gcc && npm ci && npm run build && apk del x\n",
    "a shell variable goes on": "WORKDIR /app\nCOPY . .\nRUN A=$(npm ci) && echo $A && npm run build\n",
    "a package is added": "WORKDIR /app\nCOPY . .\nRUN npm install a\n",
    "it installs somewhere else": "WORKDIR /app\nCOPY . /srv\nRUN npm ci\n",
    "it is one file": "WORKDIR /app\nCOPY package.json .\nRUN npm ci\n",
    "it comes from a stage": "WORKDIR /app\nCOPY --from=x . .\nRUN npm ci\n",
    "some of it is left out": "WORKDIR /app\nCOPY --exclude=*.md . .\nRUN npm ci\n",
    "a file that is not there": "WORKDIR /app\nCOPY . .\nRUN pip install -r made.txt\n",
    "the project is installed": "WORKDIR /app\nCOPY . .\nRUN pip install .\n",
    "the folder is another one then": "WORKDIR /app\nCOPY . .\nWORKDIR web\nRUN npm ci\n",
    "a variable names another file": "WORKDIR /app\nENV COMPOSER=src/x.js\nCOPY . .\nRUN composer install\n",
    "a variable names another folder": "WORKDIR /app\nENV BUNDLE_GEMFILE=/app/src/x.js\nCOPY . .\nRUN bundle install\n",
    "the caches are in it": "WORKDIR /root\nCOPY . .\nRUN npm ci\n",
    "it is a volume": "WORKDIR /app\nCOPY . .\nVOLUME /app\nRUN npm ci\n",
    "the path depends on what is set": "WORKDIR /app\nARG A=/app\nCOPY . $A\nENV A=/srv\nRUN npm ci\n",
}


@pytest.mark.parametrize("name", STAYS)
def test_it_stays(name: str) -> None:
    files = NODE | {"composer.json": "{}", "composer.lock": "{}", "Gemfile": ""}
    data = f"FROM node\n{STAYS[name]}".encode()
    assert dfrefactor.refactor(data, passes=PASS, settings=settings(files, allow=Safety.UNSAFE)).data == data


def test_nothing_is_known_without_a_context() -> None:
    data = b"FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN npm run build\n"
    assert not dfrefactor.refactor(data, passes=PASS).changed


def test_what_is_not_allowed_does_not_hide_what_is() -> None:
    unsafe = "FROM node\nWORKDIR /a\nCOPY . .\nRUN npm install\nRUN echo done\n"
    result = dfrefactor.refactor((unsafe + unsafe.replace("install", "ci")).encode(), passes=PASS, settings=settings(NODE))
    assert result.data.decode() == unsafe + "FROM node\nWORKDIR /a\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\nRUN echo done\n"
    assert [each.finding.safety for each in result.left] == [Safety.UNSAFE]


@pytest.mark.parametrize(
    "command",
    ["npm ci --prefix web", "yarn --cwd web install", "pnpm -C web install", "pnpm --dir web install", "poetry -C web install --no-root",
     "uv sync --project web", "uv sync --directory web", "composer install -d web", "composer install --working-dir=web",
     "bundle install --gemfile=web/Gemfile", "go -C web mod download", "pip install -r r.txt -c ../c.txt", "pip install --target lib -r r.txt",
     "npm ci --cache ./cache", "dotnet restore web/x.csproj"],
)  # fmt: skip
def test_other_folders_are_not_taken_for_this_one(command: str) -> None:
    files = {"package.json": "{}", "package-lock.json": LOCK, "yarn.lock": "", "pnpm-lock.yaml": "", "pyproject.toml": "", "poetry.lock": "",
             "uv.lock": "", "composer.json": "{}", "composer.lock": "{}", "Gemfile": "", "go.mod": "", "r.txt": "", "x.csproj": ""}  # fmt: skip
    lines = f"WORKDIR /app\nCOPY . .\nRUN {command}\nRUN echo done\n"
    allowed = settings(files | {f"web/{name}": text for name, text in files.items()}, allow=Safety.UNSAFE)
    made = dfrefactor.refactor(f"FROM node\n{lines}".encode(), passes=PASS, settings=allowed).data.decode()
    copied = made.partition("COPY ")[2].partition("\n")[0]
    assert copied == ". ." or all(each.startswith("web/") for each in copied.split()[:-1]), made
