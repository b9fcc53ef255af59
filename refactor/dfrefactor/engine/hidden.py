"""Values that no line of an engine's output may show: an engine repeats the instructions it runs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping


def values(dockerfile: bytes, build_args: Mapping[str, str | None]) -> tuple[str, ...]:
    """The credentials that stand in the file, and those that come in as build arguments it uses as credentials."""
    from dfrefactor.dockerfile.model import parse
    from dfrefactor.facts import Facts
    from dfrefactor.secrets.find import find

    document = parse(dockerfile)

    def found() -> Iterator[str]:
        for credential in find(Facts(document)):
            yield from (document.source.text[span.start : span.end].strip("\"'") for span in credential.values)
            for name in credential.names & build_args.keys():
                yield build_args[name] or os.environ.get(name, "")

    return tuple(dict.fromkeys(filter(None, found())))
