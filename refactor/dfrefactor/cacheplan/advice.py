"""What the user of a cache plan has to know."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from dfrefactor.compose.needs import title
from dfrefactor.dockerfile.instructions import Arg, Run
from dfrefactor.dockerfile.model import Document, Stage
from dfrefactor.facts import Facts
from dfrefactor.passes import named
from dfrefactor.settings import Settings


def advice(
    document: Document, builder: str, modes: Collection[str], runs: Sequence[Stage], tainted: frozenset[int]
) -> Iterator[str]:
    """Sentences, the most important first.  What they claim was measured on Docker 28.5.2 and buildah 1.28.2."""
    for stage in runs:
        if stage.index in tainted:
            what = "its layers are neither pushed nor a cache, and a server that starts empty builds it again"
            yield f"{title(stage)} uses a credential that is not a secret mount: {what}"
    hidden = tainted & {stage.index for stage in runs}
    if hidden and "min" in modes:
        yield "the cache is mode=min: mode=max would push the layers of every stage, the credential with them"
    elif "max" in modes:
        yield "mode=max pushes the layers of every stage: what a step leaves in a builder stage is in the registry too"
    if hidden and builder == "buildah":
        yield "buildah pushes the layers of all it builds: only the stages above the credential fill the cache"
    if builder.startswith("buildkit") and any(isinstance(instruction, Arg) for instruction in document.instructions):
        yield "provenance with mode=max would publish the values of build arguments, builder stages' too"
    if builder == "classic" and any(True for _ in named("layer-markers").run(Facts(document), Settings())):
        yield "the classic builder mistakes stages that start alike: `dfrefactor --select layer-markers` marks them"
    if ids := secret_ids(runs):
        yield f"needs {' '.join(f'--secret id={each},src=FILE' for each in ids)}"


def secret_ids(stages: Sequence[Stage]) -> list[str]:
    """The secrets that RUNs of these stages mount, each once."""
    runs = (each for stage in stages for each in stage.instructions if isinstance(each, Run))
    found = (mount.secret for run in runs for mount in run.mounts if mount.type == "secret")
    return list(dict.fromkeys(filter(None, found)))
