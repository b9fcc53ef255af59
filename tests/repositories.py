"""Small repositories that build with a credential as a build argument: what goes along when it becomes a secret, and their commands."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

DOCKERFILE = """\
FROM debian:12
ARG NPM_TOKEN
RUN echo "//registry.npmjs.org/:_authToken=${NPM_TOKEN}" > /root/.npmrc \\
    && grep -q 'canary-[0-9]$' /root/.npmrc \\
    && rm /root/.npmrc
"""
TWO = """\
FROM debian:12
ARG NPM_TOKEN
ARG API_TOKEN
ARG VERSION=1
RUN test "${VERSION}" = 2 && echo "//registry.npmjs.org/:_authToken=${NPM_TOKEN}" > /root/.npmrc \\
    && echo "machine example.com login x password ${API_TOKEN}" > /root/.netrc \\
    && grep -q 'canary-[0-9]$' /root/.npmrc && grep -q 'canary-[0-9]$' /root/.netrc \\
    && rm /root/.npmrc /root/.netrc
"""
FILE = """\
FROM debian:12
COPY .npmrc /root/.npmrc
RUN grep -q 'canary-[0-9]$' /root/.npmrc && rm /root/.npmrc
"""
NPMRC = "//registry.npmjs.org/:_authToken=canary-1\n"
PLAIN = "FROM debian:12\nARG NPM_TOKEN=none\nLABEL channel=$NPM_TOKEN\n"


@dataclass(frozen=True)
class Repository:
    """`changes` are, for each file but the Dockerfiles, what stands in the place of what; nothing else may change.

    `commands` build it: `compose`, `bake`, and the paths of workflows and pipelines, whose steps are run as they are written.
    `given` are the variables and the repository's secrets that whoever builds has.
    """

    files: Mapping[str, str]
    changes: Mapping[str, tuple[tuple[str, str], ...]]
    commands: tuple[str, ...]
    given: tuple[str, ...] = ("NPM_TOKEN",)

    def write(self, folder: Path) -> None:
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())

    def after(self, name: str) -> bytes:
        """A file as it has to be afterwards."""
        text = self.files[name]
        for old, new in self.changes.get(name, ()):
            assert text.count(old) == 1, (name, old)
            text = text.replace(old, new)
        return text.encode()


REPOSITORIES = {
    "compose, a map": Repository(
        {
            "Dockerfile": DOCKERFILE,
            "compose.yaml": """\
# the whole application
services:
  app:
    image: example/app
    build:
      context: .
      args:
        # as in CI
        VERSION: "2"
        NPM_TOKEN: ${NPM_TOKEN:?give it}   # a read-only one
    ports: ["80:80"]
  tool: {build: {context: ., args: {NPM_TOKEN: "${NPM_TOKEN}"}}}

volumes:
  data: {}   # kept
""",
        },
        {
            "compose.yaml": (
                ("        NPM_TOKEN: ${NPM_TOKEN:?give it}   # a read-only one\n", "      secrets:\n        - NPM_TOKEN\n"),
                ('args: {NPM_TOKEN: "${NPM_TOKEN}"}', "secrets: [NPM_TOKEN]"),
                ("  data: {}   # kept\n", "  data: {}   # kept\n\nsecrets:\n  NPM_TOKEN:\n    environment: NPM_TOKEN\n"),
            )
        },
        ("compose",),
    ),
    "compose 3, a list": Repository(
        {
            "docker/app.Dockerfile": TWO,
            "docker-compose.yml": """\
version: '3.8'
services:
    app:
        build:
            context: .
            dockerfile: docker/app.Dockerfile
            args:
            - NPM_TOKEN
            - VERSION=2
            - API_TOKEN=$HOST_TOKEN
        restart: always
networks:
    default:
        name: example
""",
        },
        {
            "docker-compose.yml": (
                ("            - NPM_TOKEN\n", ""),
                ("            - API_TOKEN=$HOST_TOKEN\n", "            secrets:\n            - NPM_TOKEN\n            - API_TOKEN\n"),
                (
                    "        name: example\n",
                    "        name: example\nsecrets:\n    NPM_TOKEN:\n        environment: NPM_TOKEN\n    API_TOKEN:\n        environment: HOST_TOKEN\n",
                ),
            )
        },
        ("compose",),
        ("NPM_TOKEN", "HOST_TOKEN"),
    ),
    "compose with a secret of it already": Repository(
        {
            "Dockerfile": DOCKERFILE,
            "compose.yaml": """\
services:
  app:
    build:
      context: .
      secrets: [other]
      args:
        NPM_TOKEN: ${GH_TOKEN}
    secrets:
      - npm
secrets:
  npm:
    environment: GH_TOKEN
  other: {environment: PATH}
""",
        },
        {"compose.yaml": (("secrets: [other]\n      args:\n        NPM_TOKEN: ${GH_TOKEN}\n", "secrets: [other, npm]\n"),)},
        ("compose",),
        ("GH_TOKEN",),
    ),
    "compose with anchors": Repository(
        {
            "Dockerfile": DOCKERFILE,
            "compose.yaml": """\
x-build: &build
  context: .
  args:
    NPM_TOKEN:
    VERSION: 1

services:
  one:
    build: *build
  two:
    build:
      <<: *build
      target: ""
""",
        },
        {
            "compose.yaml": (
                ("    NPM_TOKEN:\n    VERSION: 1\n", "    VERSION: 1\n  secrets:\n    - NPM_TOKEN\n"),
                ('      target: ""\n', '      target: ""\n\nsecrets:\n  NPM_TOKEN:\n    environment: NPM_TOKEN\n'),
            )
        },
        ("compose",),
    ),
    "compose beside a Dockerfile that goes on taking it": Repository(
        {
            "web/Dockerfile": DOCKERFILE,
            "label/Dockerfile": PLAIN,
            ".env": "NPM_TOKEN=canary-1\n",
            "compose.yaml": """\
services:
  web:
    build:
      context: ./web
      args:
        - NPM_TOKEN
  label:
    build:
      context: ./label
      args:
        - NPM_TOKEN
secrets:
  unused:
    file: ./.env
""",
        },
        {
            "compose.yaml": (
                ("context: ./web\n      args:\n        - NPM_TOKEN\n", "context: ./web\n      secrets:\n        - NPM_TOKEN\n"),
                ("    file: ./.env\n", "    file: ./.env\n  NPM_TOKEN:\n    environment: NPM_TOKEN\n"),
            )
        },
        ("compose",),
        (),
    ),
    "compose with the line ends of Windows": Repository(
        {
            "Dockerfile": DOCKERFILE.replace("\n", "\r\n"),
            "compose.yml": "services:\r\n  app:\r\n    build:\r\n      context: .\r\n      args:\r\n        - NPM_TOKEN\r\n        - A=b\r\n",
        },
        {
            "compose.yml": (
                ("        - NPM_TOKEN\r\n", ""),
                ("        - A=b\r\n", "        - A=b\r\n      secrets:\r\n        - NPM_TOKEN\r\n\r\nsecrets:\r\n  NPM_TOKEN:\r\n    environment: NPM_TOKEN\r\n"),
            )
        },
        ("compose",),
    ),
    "bake, HCL that inherits": Repository(
        {
            "Dockerfile": TWO,
            "docker-bake.hcl": """\
variable "NPM_TOKEN" {
  default = ""
}
variable "API" {}

target "_common" {
  args = {
    NPM_TOKEN = NPM_TOKEN // from the environment
    VERSION   = "2"
  }
}

target "default" {
  inherits   = ["_common"]
  dockerfile = "Dockerfile"
  args       = { API_TOKEN = "${API}" }
  tags       = ["example/app"]
}
""",
        },
        {
            "docker-bake.hcl": (
                ("    NPM_TOKEN = NPM_TOKEN // from the environment\n", ""),
                ('    VERSION   = "2"\n  }\n', '    VERSION   = "2"\n  }\n  secret = ["id=NPM_TOKEN,env=NPM_TOKEN"]\n'),
                ('args       = { API_TOKEN = "${API}" }', 'secret     = ["id=API_TOKEN,env=API"]'),
            )
        },
        ("bake",),
        ("NPM_TOKEN", "API"),
    ),
    "bake, HCL with secrets": Repository(
        {
            "app/Dockerfile": DOCKERFILE,
            "docker-bake.hcl": """\
variable "TOKEN" { default = "" }
target "default" {
  context = "app"
  args = { VERSION = "1", NPM_TOKEN = TOKEN }
  secret = [
    "id=other,env=PATH",
    "type=env,id=npm,env=TOKEN"
  ]
}
""",
        },
        {"docker-bake.hcl": ((', NPM_TOKEN = TOKEN }', " }"),)},
        ("bake",),
        ("TOKEN",),
    ),
    "bake, JSON": Repository(
        {
            "Dockerfile": DOCKERFILE,
            "docker-bake.json": """\
{
  "variable": {"NPM_TOKEN": {"default": ""}},
  "target": {
    "default": {
      "context": ".",
      "args": {
        "VERSION": "1",
        "NPM_TOKEN": "${NPM_TOKEN}"
      },
      "tags": ["example/app"]
    },
    "tool": {"inherits": [], "args": {"NPM_TOKEN": "${NPM_TOKEN}"}}
  }
}
""",
        },
        {
            "docker-bake.json": (
                ('"1",\n        "NPM_TOKEN": "${NPM_TOKEN}"\n      },\n', '"1"\n      },\n      "secret": ["id=NPM_TOKEN,env=NPM_TOKEN"],\n'),
                ('"args": {"NPM_TOKEN": "${NPM_TOKEN}"}}', '"secret": ["id=NPM_TOKEN,env=NPM_TOKEN"]}'),
            )
        },
        ("bake",),
    ),
    "a workflow with build-push-action": Repository(
        {
            "Dockerfile": TWO,
            ".github/workflows/image.yml": """\
name: image
on: {push: {branches: [main]}}
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6 # pinned by renovate
        with:
          context: .
          push: false
          build-args: |
            NPM_TOKEN=${{ secrets.NPM_TOKEN }}
            VERSION=2
            API_TOKEN=${{ secrets.API }}
          tags: example/app
""",
        },
        {
            ".github/workflows/image.yml": (
                ("            NPM_TOKEN=${{ secrets.NPM_TOKEN }}\n            VERSION=2\n            API_TOKEN=${{ secrets.API }}\n",
                 "            VERSION=2\n          secrets: |\n            NPM_TOKEN=${{ secrets.NPM_TOKEN }}\n            API_TOKEN=${{ secrets.API }}\n"),
            )
        },
        (".github/workflows/image.yml",),
        ("NPM_TOKEN", "API"),
    ),
    "a workflow with build-push-action, one argument": Repository(
        {
            "services/api/Dockerfile": DOCKERFILE,
            ".github/workflows/api.yaml": """\
on: push
jobs:
  api:
    runs-on: ubuntu-latest
    env:
      NPM_TOKEN: ${{ secrets.NPM_TOKEN }}
    steps:
      - uses: docker/build-push-action@v5
        with:
          context: services/api
          build-args: "NPM_TOKEN=${{ env.NPM_TOKEN }}"
      - uses: docker/build-push-action@v5
        with:
          context: .
          file: services/api/Dockerfile
          build-args: |
            NPM_TOKEN
          secrets: |
            other=x
""",
        },
        {
            ".github/workflows/api.yaml": (
                ('build-args: "NPM_TOKEN=${{ env.NPM_TOKEN }}"', 'secrets: "NPM_TOKEN=${{ env.NPM_TOKEN }}"'),
                ("build-args: |\n            NPM_TOKEN\n", "secret-envs: |\n            NPM_TOKEN=NPM_TOKEN\n"),
            )
        },
        (".github/workflows/api.yaml",),
    ),
    "a workflow with docker build": Repository(
        {
            "app/Dockerfile": TWO,
            ".github/workflows/build.yml": """\
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - name: one line
        run: docker build --build-arg VERSION=2 --build-arg NPM_TOKEN=${{ secrets.NPM_TOKEN }} --build-arg API_TOKEN=${{ secrets.API }} app
      - name: several lines
        working-directory: app
        run: |
          set -e
          docker buildx build \\
            --build-arg VERSION=2 \\
            --build-arg NPM_TOKEN="$NPM_TOKEN" \\
            --build-arg "API_TOKEN=${API}" \\
            -f Dockerfile \\
            .
        env:
          NPM_TOKEN: ${{ secrets.NPM_TOKEN }}
          API: ${{ secrets.API }}
""",
        },
        {
            ".github/workflows/build.yml": (
                ("        run: docker build --build-arg VERSION=2 --build-arg NPM_TOKEN=${{ secrets.NPM_TOKEN }} --build-arg API_TOKEN=${{ secrets.API }} app\n",
                 ("        env:\n          NPM_TOKEN: ${{ secrets.NPM_TOKEN }}\n          API_TOKEN: ${{ secrets.API }}\n"
                 "        run: docker build --build-arg VERSION=2 --secret id=NPM_TOKEN,env=NPM_TOKEN --secret id=API_TOKEN,env=API_TOKEN app\n")),
                ('--build-arg NPM_TOKEN="$NPM_TOKEN"', "--secret id=NPM_TOKEN,env=NPM_TOKEN"),
                ('--build-arg "API_TOKEN=${API}"', "--secret id=API_TOKEN,env=API"),
            )
        },
        (".github/workflows/build.yml",),
        ("NPM_TOKEN", "API"),
    ),
    "a workflow with bake and Compose": Repository(
        {
            "Dockerfile": DOCKERFILE,
            "docker-bake.hcl": 'variable "NPM_TOKEN" { default = "" }\ntarget "default" {\n  args = {\n    NPM_TOKEN = NPM_TOKEN\n  }\n}\n',
            "ci/compose.yaml": "services:\n  app:\n    build:\n      context: ..\n      args: [NPM_TOKEN]\n",
            ".github/workflows/bake.yml": """\
on: push
jobs:
  bake:
    runs-on: ubuntu-latest
    env: {NPM_TOKEN: "${{ secrets.NPM_TOKEN }}"}
    steps:
      - uses: docker/bake-action@v6
      - run: docker compose -f ci/compose.yaml build
""",
        },
        {
            "docker-bake.hcl": (("args = {\n    NPM_TOKEN = NPM_TOKEN\n  }", 'secret = ["id=NPM_TOKEN,env=NPM_TOKEN"]'),),
            "ci/compose.yaml": (("args: [NPM_TOKEN]\n", "secrets: [NPM_TOKEN]\n\nsecrets:\n  NPM_TOKEN:\n    environment: NPM_TOKEN\n"),),
        },
        (".github/workflows/bake.yml",),
    ),
    "files, with Compose and bake": Repository(
        {
            "Dockerfile": FILE,
            ".npmrc": NPMRC,
            "compose.yaml": "services:\n  app:\n    build: . # all of it\n    ports: [\"80\"]\n",
            "ci/bake/docker-bake.json": '{\n  "target": {\n    "default": {\n      "context": "."\n    }\n  }\n}\n',
            "docker-bake.hcl": 'target "default" {\n  tags = ["example/app"]\n}\n',
        },
        {
            "compose.yaml": (
                ("build: . # all of it\n", "build: # all of it\n      context: .\n      secrets:\n        - npmrc\n"),
                ('["80"]\n', '["80"]\n\nsecrets:\n  npmrc:\n    file: ./.npmrc\n'),
            ),
            "docker-bake.hcl": (('["example/app"]\n', '["example/app"]\n  secret = ["id=npmrc,src=.npmrc"]\n'),),
        },
        ("compose", "bake"),
        (),
    ),
    "files, with a workflow and GitLab": Repository(
        {
            "app/Dockerfile": FILE,
            "app/.npmrc": NPMRC,
            ".github/workflows/file.yml": """\
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: docker/build-push-action@v6
        with:
          context: app
      - run: |
          cd app
          docker build -q .
""",
            ".gitlab-ci.yml": "app:\n  script:\n    - docker build -q app\n",
        },
        {
            ".github/workflows/file.yml": (
                ("context: app\n", "context: app\n          secret-files: npmrc=app/.npmrc\n"),
                ("docker build -q .", "docker build --secret id=npmrc,src=.npmrc -q ."),
            ),
            ".gitlab-ci.yml": (("docker build", "docker build --secret id=npmrc,src=app/.npmrc"),),
        },
        (".github/workflows/file.yml", ".gitlab-ci.yml"),
        (),
    ),
    "a composite action": Repository(
        {
            "Dockerfile": DOCKERFILE,
            ".github/actions/build/action.yml": """\
name: build
description: builds the image
inputs: {token: {required: true, description: of npm}}
runs:
  using: composite
  steps:
    - shell: bash
      run: docker build --build-arg NPM_TOKEN .
      env:
        NPM_TOKEN: ${{ secrets.NPM_TOKEN }}
""",
        },
        {".github/actions/build/action.yml": (("--build-arg NPM_TOKEN .", "--secret id=NPM_TOKEN,env=NPM_TOKEN ."),)},
        (".github/actions/build/action.yml",),
    ),
    "GitLab": Repository(
        {
            "Dockerfile": DOCKERFILE,
            "worker/Dockerfile": TWO,
            ".gitlab-ci.yml": """\
image: docker:27
services: [docker:27-dind]

.build: &build
  before_script:
    - docker version

app:
  <<: *build
  script:
    - docker build --build-arg NPM_TOKEN=$NPM_TOKEN -t example/app .   # pushed below
    - docker image inspect example/app

worker:
  <<: *build
  script:
    - cd worker
    - >-
      docker build
      --build-arg VERSION=2
      --build-arg NPM_TOKEN="${NPM_TOKEN}"
      --build-arg API_TOKEN=$CI_API_TOKEN
      .
""",
        },
        {
            ".gitlab-ci.yml": (
                ("--build-arg NPM_TOKEN=$NPM_TOKEN -t", "--secret id=NPM_TOKEN,env=NPM_TOKEN -t"),
                ('--build-arg NPM_TOKEN="${NPM_TOKEN}"', "--secret id=NPM_TOKEN,env=NPM_TOKEN"),
                ("--build-arg API_TOKEN=$CI_API_TOKEN", "--secret id=API_TOKEN,env=CI_API_TOKEN"),
            )
        },
        (".gitlab-ci.yml",),
        ("NPM_TOKEN", "CI_API_TOKEN"),
    ),
}


@dataclass(frozen=True)
class Runner:
    """Runs a repository's own build commands, as its users and its CI do."""

    folder: Path
    given: Mapping[str, str]
    """The variables of whoever builds, which are the secrets of the CI too."""

    def run(self, command: str) -> subprocess.CompletedProcess[str] | None:
        """What the first failing command gave; None where all went well."""
        for script, folder, more in self._scripts(command):
            env = {**os.environ, **(self.given if not command.startswith(".github") else {}), **more}
            words = ["bash", "-e", "-o", "pipefail", "-c", script]
            done = subprocess.run(words, cwd=self.folder / folder, env=env, capture_output=True, text=True, check=False)
            if done.returncode:
                return done
        return None

    def _scripts(self, command: str) -> list[tuple[str, str, dict[str, str]]]:
        if command in ("compose", "bake"):
            return [("docker compose build --no-cache" if command == "compose" else "docker buildx bake --no-cache", ".", {})]
        read: Any = YAML(typ="safe").load((self.folder / command).read_text())
        if "gitlab" in command:
            jobs = [job for job in read.values() if isinstance(job, dict) and "script" in job]
            return [("\n".join([*job.get("before_script", ()), *job["script"]]), ".", {}) for job in jobs]
        parts = [*read.get("jobs", {}).values(), *([read["runs"]] if "runs" in read else [])]
        return [self._step(step, part.get("env", {})) for part in parts for step in part["steps"] if "checkout" not in step.get("uses", "")]

    def _step(self, step: dict[str, Any], env: dict[str, str]) -> tuple[str, str, dict[str, str]]:
        """A step as GitHub runs it; the two actions of Docker as their pages say what they do."""
        known = {name: self._put_in(value, {}) for name, value in {**env, **step.get("env", {})}.items()}
        uses, given = step.get("uses", ""), {key: self._put_in(str(value), known) for key, value in step.get("with", {}).items()}
        if "bake-action" in uses:
            return "docker buildx bake --no-cache", ".", known
        if not uses:
            return self._put_in(step["run"], known), step.get("working-directory", "."), known
        words = ["docker", "buildx", "build", "--no-cache"]
        for line in given.get("build-args", "").split("\n"):
            words += ["--build-arg", line] if line else []
        for number, line in enumerate(filter(None, given.get("secrets", "").split("\n"))):
            known[f"SECRET_{number}"] = line.partition("=")[2]
            words += ["--secret", f"id={line.partition('=')[0]},env=SECRET_{number}"]
        for line in filter(None, given.get("secret-envs", "").split("\n")):
            words += ["--secret", "id={},env={}".format(*line.split("="))]
        for line in filter(None, given.get("secret-files", "").split("\n")):
            words += ["--secret", "id={},src={}".format(*line.split("="))]
        words += ["--file", given["file"]] if "file" in given else []
        return " ".join(f"'{word}'" for word in [*words, given.get("context", ".")]), ".", known

    def _put_in(self, text: str, env: Mapping[str, str]) -> str:
        """`text` with its expressions filled in."""
        known = {"secrets": self.given, "env": env}
        return re.sub(r"\$\{\{ (\w+)\.(\w+) \}\}", lambda found: known[found[1]].get(found[2], ""), text)
