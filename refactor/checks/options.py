"""The options of a `# check=` directive."""

from __future__ import annotations

import re

from refactor.checks import values
from refactor.directives import ParseError
from refactor.source import Source

# parser/directives.go reads them apart from the others: no white space before `#`, and a `#!` line on top is skipped
_DIRECTIVE = re.compile(r"#[ \t\n\f\r]*([a-zA-Z][a-zA-Z0-9]*)[ \t\n\f\r]*=[ \t\n\f\r]*(.+?)[ \t\n\f\r]*")


def check(source: Source) -> tuple[ParseError, ...]:
    """The mistakes in the options, which BuildKit reads up to the first space."""
    lines = source.text.removeprefix("\ufeff").split("\n")
    for number, line in enumerate(lines, 1):
        if number == 1 and line.startswith("#!"):
            continue
        found = _DIRECTIVE.fullmatch(line)
        if not found or found[1].lower() not in ("syntax", "check", "escape"):
            break
        if found[1].lower() == "check":
            message = _mistake(found[2].partition(" ")[0])
            return (ParseError(number, 1, f"failed to parse check options: {message}"),) if message else ()
    return ()


def _mistake(options: str) -> str | None:
    for option in options.split(";", 2):
        key, equals, value = option.partition("=")
        if not equals:
            return f'invalid check option "{option}"'
        if key.strip() not in ("skip", "experimental", "error"):
            return f'invalid check option "{key.strip()}"'
        if key.strip() == "error" and not values.boolean(value.strip()):
            return f'failed to parse check option "{option}": strconv.ParseBool: parsing "{value}": invalid syntax'
    return None
