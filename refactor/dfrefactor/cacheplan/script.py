"""A cache plan as a shell script."""

from __future__ import annotations

from shlex import quote

from dfrefactor.cacheplan.plan import Plan, Step
from dfrefactor.compose.needs import can_be_target, title

WHO = {
    "classic": "the classic builder, with the images of its stages as cache",
    "buildkit-inline": "BuildKit, with the images of its stages as cache (inline cache)",
    "buildkit-registry": "BuildKit, with its cache in the registry",
    "buildkit-gha": "BuildKit, with its cache in GitHub Actions",
    "buildah": "buildah, with its layers in the registry",
}


def shell(plan: Plan, file: str, context: str) -> str:
    """A POSIX script that builds and pushes; `file` and `context` are paths as the script's caller sees them."""
    lines = ["#!/bin/sh", f"# Builds {one_line(file)} with {WHO[plan.builder]}."]
    lines += ["# Arguments go to every build, as in: sh THIS --build-arg VERSION=1", *(["#"] if plan.notes else [])]
    lines += [*(f"# Note: {one_line(note)}." for note in plan.notes), "set -eu"]
    if plan.builder == "classic":
        lines += ["export DOCKER_BUILDKIT=0", "", "# The images of the last build are the cache; the first time there are none."]
        lines += [f"docker pull {quote(step.image)} || true" for step in plan.steps if step.output == "push"]
    for step in plan.steps:
        name = "the target" if step.stage is plan.target else title(step.stage)
        what = {"push": "", "local": ", not pushed", "cache": ", for its cache"}[step.output]
        lines += ["", f"# {one_line(name + what)}", *_build(plan, step, file, context)]
    return "\n".join(lines) + "\n"


def one_line(text: str) -> str:
    return " ".join(text.split())


def _build(plan: Plan, step: Step, file: str, context: str) -> list[str]:
    # The first lines of a file are a file that ends with this stage.
    cut = not can_be_target(step.stage)
    command = [f"--file {'-' if cut else quote(file)}"]
    if not cut and (target := plan.flag(step.stage)):
        command.append(f"--target {quote(target)}")
    command += _caches(plan, step)
    if step.output != "cache" or plan.builder == "buildah":
        command.append(f"--tag {quote(step.image)}")
    push = step.output == "push"
    if plan.builder.startswith("buildkit"):
        if plan.tainted:
            command.append("--provenance=false")
        command.append({"push": "--push", "local": "--load", "cache": "--output type=cacheonly"}[step.output])
    tool = {"classic": "docker build", "buildah": "buildah build --layers"}.get(plan.builder, "docker buildx build")
    head = f"head -n {step.stage.instructions[-1].lines[1]} {quote(file)} | " if cut else ""
    lines = [f"{head}{tool} {command[0]}", *command[1:], f'"$@" {quote(context)}']
    built = " \\\n  ".join(lines).split("\n")
    if push and plan.builder == "classic":
        built.append(f"docker push {quote(step.image)}")
    elif push and plan.builder == "buildah":
        built.append(f"buildah push {quote(step.image)}")
    return built


def _caches(plan: Plan, step: Step) -> list[str]:
    found = [f"--cache-from {quote(plan.cache(ref))}" for ref in step.cache_from]
    if step.mode == "inline":
        found.append("--cache-to type=inline")
    elif step.cache_to and plan.builder == "buildah":
        found.append(f"--cache-to {quote(step.cache_to)}")
    elif step.cache_to:
        found.append(f"--cache-to {quote(f'{plan.cache(step.cache_to)},mode={step.mode}')}")
    return found
