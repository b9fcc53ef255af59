"""Parser directives: `# syntax`, `# escape` and `# check`, where they count."""

from __future__ import annotations

from collections.abc import Mapping

from dfrefactor.lazy import dataclass, regex
from dfrefactor.text.source import Source

GO_SPACE = " \t\n\v\f\r\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What Go's unicode.IsSpace says yes to; BuildKit trims lines by it."""

# BuildKit parser/directives.go; Go's `\s` is these five characters
DIRECTIVE = regex(r"#[ \t\n\f\r]*([a-zA-Z][a-zA-Z0-9]*)[ \t\n\f\r]*=[ \t\n\f\r]*(.+?)[ \t\n\f\r]*")


@dataclass(frozen=True, order=True)
class ParseError:
    """What BuildKit rejects: line and column are 1-based, the column in characters."""

    line: int
    column: int
    message: str


def read_directives(source: Source) -> tuple[Mapping[str, str], tuple[ParseError, ...]]:
    """The directives of `source`, by lower-case name, and what is wrong with them.

    Any line that is none ends the block, an unknown directive too (FACTS, parsers).
    """
    values: dict[str, str] = {}
    errors = []
    at = int(source.text.startswith("\ufeff"))
    for line in source.text[at:].split("\n"):
        found = DIRECTIVE.fullmatch(line.rstrip("\r").lstrip(GO_SPACE))
        name = found[1].lower() if found else ""
        if not found or name not in ("syntax", "escape", "check"):
            break
        if name in values:
            errors.append(ParseError(*source.position(at), f"only one {name} parser directive can be used"))
        elif name == "escape" and found[2] not in ("\\", "`"):
            errors.append(ParseError(*source.position(at), f"invalid escape token '{found[2]}' does not match ` or \\"))
        values.setdefault(name, found[2])
        at += len(line) + 1
    return values, tuple(errors)
