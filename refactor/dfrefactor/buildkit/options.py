"""The options of a `# check=` directive."""

from __future__ import annotations

from dataclasses import dataclass

from dfrefactor.buildkit import values
from dfrefactor.buildkit.mistake import MistakeError
from dfrefactor.dockerfile.directives import DIRECTIVE, KNOWN
from dfrefactor.text.source import Source


@dataclass(frozen=True)
class Options:
    """Which rules BuildKit's linter leaves out, which experimental ones it runs, and whether one broken is an error."""

    skip: frozenset[str] = frozenset()
    experimental: frozenset[str] = frozenset()
    error: bool = False


def find(source: Source) -> tuple[int, str] | None:
    """The line of the directive, and its options, which BuildKit reads up to the first space.

    It reads them apart from the others (parser/directives.go): no white space before `#`, and a `#!` line on top is skipped.
    """
    lines = source.text.removeprefix("\ufeff").split("\n")
    for number, line in enumerate(lines, 1):
        if number == 1 and line.startswith("#!"):
            continue
        found = DIRECTIVE.fullmatch(line)
        if not found or found[1].lower() not in KNOWN:
            break
        if found[1].lower() == "check":
            return number, found[2].partition(" ")[0]
    return None


def read(text: str) -> Options:
    """Raises MistakeError."""
    skip: frozenset[str] = frozenset()
    experimental: frozenset[str] = frozenset()
    error = False
    for option in text.split(";", 2):
        key, equals, value = option.partition("=")
        names = frozenset(name.strip() for name in value.split(","))
        match key.strip():
            case "skip" if equals:
                skip = names
            case "experimental" if equals:
                experimental = names
            case "error" if equals and values.boolean(value.strip()):
                error = value.strip()[0] in "1tT"
            case "error" if equals:
                why = f'strconv.ParseBool: parsing "{value.strip()}": invalid syntax'
                raise MistakeError(f'failed to parse check options: failed to parse check option "{option}": {why}')
            case _:
                what = key.strip() if equals else option
                raise MistakeError(f'failed to parse check options: invalid check option "{what}"')
    return Options(skip, experimental, error)
