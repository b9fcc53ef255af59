"""A cache plan as a Compose file, a bake file or a GitHub workflow."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Sequence

from dfrefactor.cacheplan.advice import secret_ids
from dfrefactor.cacheplan.plan import Plan, PlanError, Step
from dfrefactor.cacheplan.script import WHO, one_line, shell
from dfrefactor.compose.needs import can_be_target, title
from dfrefactor.lazy import regex

FORMATS = ("sh", "compose", "bake", "github")
# A plain YAML 1.1 text that is neither a number, a date, a truth value nor null, and no other thing either.
_PLAIN = regex(r"(?!(?:y|n|yes|no|on|off|true|false|null)$)(?=.*[A-Za-z/])[A-Za-z./_][A-Za-z0-9./_@:=,-]*", re.IGNORECASE)


def render(plan: Plan, form: str, file: str, context: str) -> str:
    """The plan in one of FORMATS; `file` and `context` are paths as its user sees them.

    Raises PlanError where the builder does not read that format.
    """
    if form == "sh":
        return shell(plan, file, context)
    if plan.builder == "buildah":
        raise PlanError(f"buildah reads no {form} file: take --format sh")
    if plan.builder == "classic" and form != "compose":
        raise PlanError(f"{form} builds with BuildKit only: take --format sh or compose for the classic builder")
    writer: Callable[[_Sheet], list[str]] = {"compose": _compose, "bake": _bake, "github": _github}[form]
    sheet = _Sheet(plan, file, context)
    return "\n".join([*sheet.head(form), *writer(sheet)]) + "\n"


class _Sheet:
    """The steps that a format without a shell can express, and how they are called."""

    def __init__(self, plan: Plan, file: str, context: str) -> None:
        self.plan, self.file, self.context = plan, file, context
        self.steps = [step for step in plan.steps if can_be_target(step.stage)]
        self.left = [step for step in plan.steps if step not in self.steps]
        if plan.final in self.left:
            raise PlanError(f"{title(plan.target)} cannot be named as a target: give it a name, or take --format sh")
        self.missing = {source for step in self.left for source in (step.image, step.cache_to)}

    def name(self, step: Step) -> str:
        """Its service or target: the stage's name, for the target the repository's last part."""
        if step.stage.name and step.stage is not self.plan.target:
            return step.stage.name
        own = step.stage.name or re.sub(r"[^a-z0-9_-]", "-", step.image.rpartition("/")[2].partition(":")[0])
        others = {other.stage.name for other in self.steps if other is not step}
        return next(name for name in (own, f"{own}-final", f"{own}-image-final") if name not in others)

    def dockerfile(self) -> str:
        """The file, relative to the context, as Compose and bake take it."""
        return posixpath.relpath(self.file, self.context)

    def sources(self, step: Step) -> list[str]:
        return [self.plan.cache(ref) for ref in step.cache_from if ref not in self.missing]

    def cache_to(self, step: Step) -> str | None:
        if step.mode == "inline":
            return "type=inline"
        return f"{self.plan.cache(step.cache_to)},mode={step.mode}" if step.mode else None

    def bases(self, step: Step) -> list[tuple[str, str]]:
        return [(ref, self.name(other)) for ref, stage in step.bases.items() for other in self.steps if other.stage is stage]

    def head(self, form: str) -> list[str]:
        how = {
            "compose": "docker compose -f THIS build --push",
            "bake": "docker buildx bake -f THIS",
            "github": "a file in .github/workflows",
        }[form]
        if self.plan.builder == "classic":
            names = " ".join(self.name(step) for step in self.steps)
            how = f"DOCKER_BUILDKIT=0 docker compose -f THIS build SERVICE, in this order: {names}"
        notes = [*self.plan.notes, *(f"{title(step.stage)} is left out, as it cannot be named as a target" for step in self.left)]
        if self.plan.builder != "classic" and any(self.bases(step) for step in self.steps):
            notes.append("builds of stages that start from another's image run at once, and may repeat its steps")
        first = f"# Builds {one_line(self.file)} with {WHO[self.plan.builder]}: {how}"
        return [first, *(f"# Note: {one_line(note)}." for note in notes if "first lines" not in note)]


def _yaml(text: str, dollar: str = "$$") -> str:
    """A YAML text, quoted where it has to be."""
    text = text.replace("$", dollar)
    return text if text == "." or (_PLAIN.fullmatch(text) and text[-1] != ":") else json.dumps(text)


def _compose(sheet: _Sheet) -> list[str]:
    lines = ["services:"]
    for step in sheet.steps:
        lines += [f"  {_yaml(sheet.name(step))}:"]
        lines += [f"    image: {_yaml(step.image)}"] if step.output != "local" else []
        lines += ["    build:", f"      context: {_yaml(sheet.context)}", f"      dockerfile: {_yaml(sheet.dockerfile())}"]
        lines += [f"      target: {_yaml(target)}"] if (target := sheet.plan.flag(step.stage)) else []
        lines += _items("cache_from", sheet.sources(step))
        lines += _items("cache_to", [cache] if (cache := sheet.cache_to(step)) else [])
        if sheet.plan.builder != "classic" and (bases := sheet.bases(step)):
            lines += ["      additional_contexts:", *(f"        {_yaml(ref)}: {_yaml(f'service:{of}')}" for ref, of in bases)]
        if sheet.plan.builder != "classic" and sheet.plan.tainted:
            lines.append("      provenance: false")
        lines += _items("secrets", secret_ids([step.stage]))
    # Every secret that a service names has to be declared; its value comes from the environment.
    ids = secret_ids([step.stage for step in sheet.steps])
    return lines + (["secrets:", *(f"  {_yaml(each)}:\n    environment: {_variable(each)}" for each in ids)] if ids else [])


def _items(key: str, values: Sequence[str]) -> list[str]:
    return [f"      {key}:", *(f"        - {_yaml(value)}" for value in values)] if values else []


def _variable(secret: str) -> str:
    """The environment variable that holds a secret for those who build."""
    return re.sub(r"\W", "_", secret, flags=re.ASCII).upper()


def _hcl(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def _hcl_list(values: Sequence[str]) -> str:
    if len(values) < 2:
        return f"[{', '.join(map(_hcl, values))}]"
    return "[\n" + "".join(f"    {_hcl(value)},\n" for value in values) + "  ]"


def _bake(sheet: _Sheet) -> list[str]:
    lines = ['group "default" {', f"  targets = {_hcl_list([_bake_name(sheet.name(step)) for step in sheet.steps])}", "}"]
    for step in sheet.steps:
        output = {"push": "type=registry", "local": "type=docker", "cache": "type=cacheonly"}[step.output]
        fields = {
            "context": _hcl(sheet.context),
            "dockerfile": _hcl(sheet.dockerfile()),
            "target": _hcl(target) if (target := sheet.plan.flag(step.stage)) else "",
            "tags": _hcl_list([step.image]) if step.output != "cache" else "",
            "cache-from": _hcl_list(sheet.sources(step)),
            "cache-to": _hcl_list([cache]) if (cache := sheet.cache_to(step)) else "",
            "secret": _hcl_list([f"id={each},env={_variable(each)}" for each in secret_ids([step.stage])]),
            "attest": _hcl_list(["type=provenance,disabled=true"]) if sheet.plan.tainted else "",
            "output": _hcl_list([output]),
        }
        lines += ["", f"target {_hcl(_bake_name(sheet.name(step)))} {{"]
        lines += [f"  {key} = {value}" for key, value in fields.items() if value not in ("", "[]")]
        if bases := sheet.bases(step):
            lines += ["  contexts = {", *(f"    {_hcl(ref)} = {_hcl(f'target:{_bake_name(of)}')}" for ref, of in bases), "  }"]
        lines.append("}")
    return lines


def _bake_name(name: str) -> str:
    """Bake takes no dots in the name of a target."""
    return name.replace(".", "_")


def _github(sheet: _Sheet) -> list[str]:
    registry, slash, _ = sheet.plan.final.image.partition("/")
    registry = registry if slash and re.search(r"[.:]|^localhost$", registry) else ""
    ghcr = registry == "ghcr.io"
    user, token = ("github.actor", "secrets.GITHUB_TOKEN") if ghcr else ("secrets.REGISTRY_USER", "secrets.REGISTRY_TOKEN")
    lines = ["name: image", "on: push", "permissions:", "  contents: read", "  packages: write", "jobs:", "  image:"]
    lines += ["    runs-on: ubuntu-latest", "    steps:", "      - uses: actions/checkout@v4"]
    lines += ["      - uses: docker/setup-buildx-action@v3", "      - uses: docker/login-action@v3", "        with:"]
    lines += [f"          registry: {_yaml(registry)}"] if registry else []
    lines += [f"          username: ${{{{ {user} }}}}", f"          password: ${{{{ {token} }}}}"]
    for step in sheet.steps:
        lines += [f"      - name: {_yaml(sheet.name(step))}", "        uses: docker/build-push-action@v6", "        with:"]
        fields = {"context": sheet.context, "file": sheet.file, "target": sheet.plan.flag(step.stage) or ""}
        fields["tags"] = step.image if step.output != "cache" else ""
        lines += [f"          {key}: {_yaml(value, '$')}" for key, value in fields.items() if value]
        lines.append(f"          push: {'true' if step.output == 'push' else 'false'}")
        # The action's default for public repositories is mode=max.
        lines.append(f"          provenance: {'false' if sheet.plan.tainted else 'mode=min'}")
        lines += ["          cache-from: |", *(f"            {source}" for source in sheet.sources(step))]
        lines += [f"          cache-to: {cache}"] if (cache := sheet.cache_to(step)) else []
        if ids := secret_ids([step.stage]):
            names = [(each, re.sub(r"\W", "_", each).upper()) for each in ids]
            lines += ["          secrets: |", *(f"            {each}=${{{{ secrets.{name} }}}}" for each, name in names)]
    return lines
