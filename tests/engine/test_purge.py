"""purge-credentials against servers that demand the credential: it still builds, is the same image, and holds no secret."""


from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dfrefactor
import pytest
from dfrefactor.engine.build import Builder, Options
from dfrefactor.engine.verify import verify
from dfrefactor.passes import PASSES
from dfrefactor.settings import Settings

from tests.engine.purge_cases import CASES, Case
from tests.engine.servers import INTEGRITY, SECRET, Services
from tests.engine.small_images import TAG, small_images

pytestmark = pytest.mark.engine
purge_credentials = PASSES[0]


@pytest.fixture(scope="module")
def small(engine: Builder) -> Iterator[None]:
    with small_images():
        yield


def filled(text: str, services: Services) -> str:
    for image in ("buildpack-deps:bookworm", "python:3.11-slim", "node:18-slim"):
        text = text.replace(f"FROM {image}", f"FROM {image.partition(':')[0]}:{TAG}")
    return text.replace("AT/", f"{services.at}/").replace("AT\"", f"{services.at}\"").replace("INTEGRITY", INTEGRITY).replace("SECRET", SECRET)


@pytest.mark.parametrize(("case", "strategy"), [pytest.param(c, s, id=f"{c.name}, {s}") for c in CASES for s in c.by])
def test_a_purged_file_builds_the_same_image_without_the_secret(
    case: Case, strategy: str, services: Services, engine: Builder, small: None, tmp_path: Path
) -> None:
    old = filled(case.text, services).encode()
    result = dfrefactor.refactor(old, passes=(purge_credentials,), settings=Settings(strategy=strategy))  # type: ignore[arg-type]
    assert not result.problems
    assert result.changed, [finding.message for finding in result.findings]
    assert dfrefactor.refactor(result.data, passes=(purge_credentials,), settings=Settings(strategy=strategy)).data == result.data  # type: ignore[arg-type]
    context = tmp_path / "context"
    for name, text in case.files:
        (context / name).parent.mkdir(parents=True, exist_ok=True)
        (context / name).write_text(filled(text, services))
    context.mkdir(exist_ok=True)
    args = dict.fromkeys(case.given, SECRET)
    secrets = []
    for name, text in case.secrets:
        (tmp_path / name).write_text(filled(text, services))
        secrets.append(f"id={name},src={tmp_path / name}")
    options = Options(build_args=args, network="host", secrets=tuple(secrets) if case.mounts else ())
    new = options if strategy == "builder" or not case.secrets or case.mounts else Options(build_args={}, network="host", secrets=tuple(secrets))
    verdict = verify(old, result.data, context, engine=engine, options=options, new_options=new, secrets={"the secret": SECRET}, allowed=case.allowed)
    assert verdict.old_leaks, "the old image holds no secret, so the case shows nothing"
    assert verdict.leaks == ()
    assert [str(difference) for difference in verdict.differences] == []
