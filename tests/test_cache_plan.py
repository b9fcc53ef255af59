"""Cache plans: which builds, in which order, with which lists; what is never pushed; what their readers accept."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from dfrefactor import buildkit
from dfrefactor.cacheplan.formats import FORMATS, render
from dfrefactor.cacheplan.plan import BUILDERS, Builder, Plan, PlanError, plan
from dfrefactor.cli.cache import command
from dfrefactor.dockerfile.model import parse

from tests.shared import SHARED, Real

DIAMOND = """\
FROM debian AS base
RUN make base
FROM base AS one
RUN make one
FROM base AS two
RUN make two
FROM debian AS check
RUN make check
FROM base
COPY --from=one /one /
RUN --mount=type=bind,from=two,target=/two cp -a /two/x /x
"""
BY_NAME = """\
FROM debian AS one
RUN make one
FROM app:stage_one AS two
RUN make two
FROM debian
COPY --from=two /two /
"""


def planned(text: str, builder: Builder, *tainted: int, image: str = "app", target: str | None = None) -> Plan:
    return plan(parse(text.encode()), image, builder, target, frozenset(tainted))


def images(made: Plan) -> list[tuple[str, list[str]]]:
    return [(step.image, list(step.cache_from)) for step in made.steps]


def test_classic_names_every_stage_above() -> None:
    stages = [f"app:stage_{name}" for name in ("base", "one", "two", "check")] + ["app:latest"]
    assert images(planned(DIAMOND, "classic")) == [(ref, stages[: at + 1]) for at, ref in enumerate(stages)]


def test_inline_needs_no_image_of_what_another_one_starts_from() -> None:
    assert images(planned(DIAMOND, "buildkit-inline")) == [
        ("app:stage_one", ["app:stage_one"]),
        ("app:stage_two", ["app:stage_two"]),
        ("app:latest", ["app:stage_one", "app:stage_two", "app:latest"]),
    ]


def test_registry_needs_one_cache() -> None:
    (step,) = planned(DIAMOND, "buildkit-registry").steps
    assert (step.cache_from, step.cache_to, step.mode) == (("app:cache",), "app:cache", "max")


def test_buildah_needs_one_repository() -> None:
    (step,) = planned(DIAMOND, "buildah").steps
    assert (step.cache_from, step.cache_to) == (("app-cache",), "app-cache")


def test_a_target_leaves_out_what_it_does_not_need() -> None:
    assert images(planned(DIAMOND, "buildkit-inline", target="ONE")) == [("app:latest", ["app:latest"])]
    assert [image for image, _ in images(planned(DIAMOND, "classic", target="one"))] == ["app:stage_base", "app:latest"]


@pytest.mark.parametrize("builder", BUILDERS)
def test_an_image_that_a_stage_starts_from_is_built_first(builder: Builder) -> None:
    made = planned(BY_NAME, builder)
    assert made.steps[0].image == "app:stage_one" and made.steps[0].output == "push"
    assert made.final.image == "app:latest"


def test_a_build_is_told_whose_images_its_stages_start_from() -> None:
    made = planned(BY_NAME, "buildkit-inline")
    assert (
        'contexts = {\n    "app:stage_one" = "target:one"\n  }'
        in render(made, "bake", "Dockerfile", ".").partition('target "app"')[2]
    )
    assert render(made, "compose", "Dockerfile", ".").count("        app:stage_one: service:one\n") == 2


def test_the_file_says_how_its_stages_images_are_called() -> None:
    made = planned(BY_NAME.replace("app:stage_one", "app:cache-one"), "buildkit-inline")
    assert [step.image for step in made.steps] == ["app:cache-one", "app:stage_two", "app:latest"]


def test_an_image_of_a_stage_below() -> None:
    text = "FROM app:stage_b AS a\nRUN x\nFROM debian AS b\nRUN y\nFROM a\nCOPY --from=b /y /\n"
    assert planned(text, "buildkit-inline").steps[0].image == "app:stage_b"
    with pytest.raises(PlanError, match="starts from the image of a stage below"):
        planned(text, "classic")
    with pytest.raises(PlanError, match="needs an image that is built from it"):
        planned(text.replace("FROM debian", "FROM app:stage_a"), "buildkit-inline")


def test_arguments_in_from_and_foreign_images() -> None:
    text = "ARG V=one\nARG BASE=debian\nFROM debian AS one\nRUN x\nFROM --platform=$BUILDPLATFORM $BASE AS two\nRUN y\n"
    text += "FROM $V\nCOPY --from=two /y /\nCOPY --from=busybox:1 /bin/x /\nCOPY --from=other/app:stage_two /x /\n"
    made = planned(text, "buildkit-inline")
    assert images(made) == [("app:stage_two", ["app:stage_two"]), ("app:latest", ["app:stage_two", "app:latest"])]


def test_a_stage_without_steps_needs_no_image() -> None:
    text = "FROM debian AS tools\nENV A=1\nFROM debian\nCOPY --from=tools /bin/x /\n"
    assert [step.image for step in planned(text, "buildkit-inline").steps] == ["app:latest"]


def test_a_stage_without_a_name_is_built_from_the_first_lines() -> None:
    text = "FROM debian AS one\nRUN a \\\n && b\n\nFROM debian\nRUN c\n# end\nFROM debian\nCOPY --from=1 /x /\n"
    made = planned(text, "classic")
    assert [step.image for step in made.steps] == ["app:stage_one", "app:stage_1", "app:latest"]
    assert "head -n 6 D | docker build --file - \\\n" in render(made, "sh", "D", ".")
    assert "left out, as it cannot be named as a target" in render(made, "compose", "D", ".")


def test_two_stages_of_one_name() -> None:
    made = planned("FROM debian AS a\nRUN x\nFROM a AS a\nRUN y\nFROM a\nRUN z\n", "classic")
    assert [step.image for step in made.steps] == ["app:stage_0", "app:stage_a", "app:latest"]


# A stage with a credential


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("tainted", [1, 2, 4])
def test_a_stage_with_a_credential_is_in_no_list_and_not_pushed(builder: Builder, form: str, tainted: int) -> None:
    made = planned(DIAMOND, builder, tainted)
    names = {1: "one", 2: "two", 4: "latest"}
    for step in made.steps:
        assert f"app:stage_{names[tainted]}" not in step.cache_from and f"app:{names[tainted]}" not in step.cache_from
        assert step.stage.index != tainted or (step.output, step.cache_to, step.mode) == ("local", "", "")
    assert any("uses a credential" in note for note in made.notes)
    try:
        text = render(made, form, "Dockerfile", ".")
    except PlanError:
        return
    assert "uses a credential" in text
    if tainted == 4:
        assert "image: app:latest" not in text and "docker push app:latest" not in text


def test_a_cache_of_all_stages_leaves_out_the_one_with_a_credential() -> None:
    made = planned(DIAMOND, "buildkit-registry", 1)
    assert [(step.stage.label, step.mode, step.output) for step in made.steps] == [
        ("two", "max", "cache"),
        (None, "min", "push"),
    ]
    assert any("mode=max would push" in note for note in made.notes)


def test_buildah_fills_its_cache_above_the_credential_only() -> None:
    made = planned(DIAMOND, "buildah", 2)
    assert [(step.stage.label, step.cache_to, step.output) for step in made.steps] == [
        ("one", "app-cache", "cache"),
        (None, "", "push"),
    ]
    assert [step.cache_to for step in planned(DIAMOND, "buildah", 0, 1, 2, 4).steps] == [""]


def test_what_starts_from_an_image_with_a_credential_has_it_too() -> None:
    made = planned(BY_NAME, "buildkit-inline", 0)
    assert made.tainted == {0, 1}
    assert [(step.image, step.output) for step in made.steps] == [("app:stage_one", "local"), ("app:latest", "push")]


def test_provenance_is_spoken_of_and_left_out_with_a_credential() -> None:
    text = "FROM debian AS a\nARG T\nRUN x\nFROM debian\nCOPY --from=a /x /\n"
    assert any("provenance" in note for note in planned(text, "buildkit-inline").notes)
    assert "--provenance=false" in render(planned(text, "buildkit-inline", 0), "sh", "Dockerfile", ".")
    assert "--provenance" not in render(planned(text, "buildkit-inline"), "sh", "Dockerfile", ".")
    assert "provenance: mode=min" in render(planned(text, "buildkit-inline"), "github", "Dockerfile", ".")


def test_secret_mounts_are_passed_on() -> None:
    text = "FROM debian AS a\nRUN --mount=type=secret,id=npm-token x\nFROM debian\nCOPY --from=a /x /\n"
    made = planned(text, "buildkit-inline")
    assert "needs --secret id=npm-token,src=FILE" in made.notes
    assert "npm-token=${{ secrets.NPM_TOKEN }}" in render(made, "github", "Dockerfile", ".")
    assert "  npm-token:\n    environment: NPM_TOKEN" in render(made, "compose", "Dockerfile", ".")


def test_stages_that_start_alike_are_spoken_of() -> None:
    text = "FROM debian AS a\nRUN x\nFROM debian\nRUN x\nCOPY --from=a /x /\n"
    assert any("layer-markers" in note for note in planned(text, "classic").notes)
    assert not any("layer-markers" in note for note in planned(text, "buildkit-inline").notes)
    assert not any("layer-markers" in note for note in planned(DIAMOND, "buildah").notes)


# What cannot be planned


@pytest.mark.parametrize(
    ("text", "image", "target", "message"),
    [
        (DIAMOND, "app", "nope", "no stage is called `nope`"),
        (DIAMOND, "app", "1", "no stage is called `1`"),
        (DIAMOND, "App Le", None, "not the name of an image"),
        (DIAMOND, "-f", None, "not the name of an image"),
        (DIAMOND, "app:stage_one", None, "is the one of a stage's image"),
    ],
)
def test_one_clear_line(text: str, image: str, target: str | None, message: str) -> None:
    with pytest.raises(PlanError, match=re.escape(message)):
        planned(text, "classic", image=image, target=target)


@pytest.mark.parametrize(
    ("builder", "form"), [("buildah", "compose"), ("buildah", "bake"), ("classic", "bake"), ("classic", "github")]
)
def test_formats_that_a_builder_does_not_read(builder: Builder, form: str) -> None:
    with pytest.raises(PlanError, match="take --format sh"):
        render(planned(DIAMOND, builder), form, "Dockerfile", ".")


def test_the_command(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    run = CliRunner().invoke
    missing = run(command, [str(file), "--image", "app"], standalone_mode=False)
    assert missing.return_value == 2 and "no such file" in missing.stderr and not missing.stdout
    file.write_text("FROM debian\nNOPE\n")
    broken = run(command, [str(file), "--image", "app"], standalone_mode=False)
    assert broken.return_value == 4 and f"{file}:2:1: unknown instruction" in broken.stderr and not broken.stdout
    file.write_text(DIAMOND)
    unknown = run(command, [str(file), "--image", "app", "--target", "x"], standalone_mode=False)
    assert unknown.return_value == 2 and unknown.stderr.count("\n") == 1 and not unknown.stdout
    good = run(command, [str(file), "--image", "app"], standalone_mode=False)
    assert good.return_value == 0 and good.stdout.startswith("#!/bin/sh\n") and not good.stderr


# The files' own readers

READ = [
    (builder, form)
    for builder in BUILDERS
    for form in FORMATS
    if form == "sh" or builder.startswith("buildkit") or (builder, form) == ("classic", "compose")
]


def accepted(text: str, form: str, folder: Path) -> None:
    file = folder / {"sh": "x.sh", "compose": "x.yml", "bake": "x.hcl", "github": "x.json"}[form]
    file.write_text(text)
    if form == "github":
        from ruamel.yaml import YAML

        steps = YAML(typ="safe").load(text)["jobs"]["image"]["steps"]
        assert all("uses" in step for step in steps)
        return
    commands = {
        "sh": ["sh", "-n", str(file)],
        "compose": ["docker", "compose", "-f", str(file), "config", "--format=json"],
        "bake": ["docker", "buildx", "bake", "-f", str(file), "--print"],
    }
    if form != "sh" and not (shutil.which("docker") and Path.home().joinpath(".docker/cli-plugins").exists()):
        if os.environ.get("DFREFACTOR_REQUIRE_ENGINE") == "1":
            pytest.fail("docker with compose and buildx is missing")
        pytest.skip("docker with compose and buildx is missing")
    done = subprocess.run(commands[form], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr + text
    if form != "sh":
        assert json.loads(done.stdout)


ODD = """\
FROM debian AS On.x
RUN x
FROM debian AS no
RUN --mount=type=secret,id=a.b y
FROM debian AS app
RUN y
FROM debian
COPY --from=on.x /x /
COPY --from=no /y /
COPY --from=app /y /
"""


@pytest.mark.parametrize("text", [DIAMOND, BY_NAME, ODD], ids=["diamond", "images by name", "odd names"])
@pytest.mark.parametrize("tainted", [(), (1,), (0, 2), (3,)])
@pytest.mark.parametrize(("builder", "form"), READ)
def test_readers_accept_it(builder: Builder, form: str, text: str, tainted: tuple[int, ...], tmp_path: Path) -> None:
    made = planned(text, builder, *tainted, image="localhost:5000/team/app")
    accepted(render(made, form, "a $b/it's a ${file}.Dockerfile", "a $b"), form, tmp_path)


@pytest.mark.parametrize("builder", BUILDERS)
def test_every_real_file_has_a_plan_that_a_shell_reads(real: list[Real], builder: Builder, tmp_path: Path) -> None:
    scripts = []
    article = [parse(path.read_bytes()) for path in SHARED.glob("article/*.Dockerfile")]
    for document in [*(each.document for each in real), *article]:
        if not buildkit.errors(document):
            scripts.append("(\n" + render(plan(document, "app", builder), "sh", "Dockerfile", ".") + ")\n")
    assert len(scripts) > 100
    accepted("".join(scripts), "sh", tmp_path)
