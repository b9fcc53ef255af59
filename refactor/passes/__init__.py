"""Every pass, in the order they run.  This tuple is the table of contents of the tool."""

from refactor.passes._pass import Example, Pass
from refactor.passes.layer_markers import layer_markers
from refactor.passes.parallel_stages import parallel_stages
from refactor.passes.purge_credentials import purge_credentials

PASSES: tuple[Pass, ...] = (
    purge_credentials,  # first: it decides where a secret may be, and what it moves may be split further
    parallel_stages,
    layer_markers,  # last: it marks the stages that the passes before it leave
)

__all__ = ["PASSES", "Example", "Pass"]
