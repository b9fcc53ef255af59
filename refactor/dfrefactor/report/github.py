"""Results as annotations of a GitHub workflow."""

from __future__ import annotations

from dfrefactor.finding import Safety, Severity
from dfrefactor.report.places import place
from dfrefactor.result import Result
from dfrefactor.text.shown import valid

_LEVELS = {Severity.NOTE: "notice", Severity.WARNING: "warning", Severity.ERROR: "error"}


def render(result: Result, advice: bool = False) -> str:
    """The workflow commands for one file.  No secret's value is in them."""
    lines = []
    for finding, span, rewrite in result.found(advice):
        where = place(result.before, span)
        message = "\n".join(finding.lines)
        if rewrite is None and finding.edits and finding.safety is Safety.UNSAFE:
            message += "\n--unsafe would mend it"
        properties = {"line": where.line, "endLine": where.end_line}
        if where.line == where.end_line:  # columns of a range over several lines are refused
            properties |= {"col": where.column, "endColumn": where.end_column}
        lines.append(_command(result, _LEVELS[finding.severity], properties, f"dfrefactor {finding.rule}", message))
    wrong = [({"line": error.line, "col": error.column}, error.message) for error in result.shown_errors]
    for properties, message in [*wrong, *(({}, problem) for problem in result.problems)]:
        lines.append(_command(result, "error", properties, "dfrefactor", message))
    return "".join(line + "\n" for line in lines)


def _command(result: Result, level: str, properties: dict[str, int], title: str, message: str) -> str:
    pairs = [("file", result.path), *((key, str(value)) for key, value in properties.items()), ("title", title)]
    shown = ",".join(f"{key}={_data(value).replace(':', '%3A').replace(',', '%2C')}" for key, value in pairs)
    return f"::{level} {shown}::{_data(result.mask(message))}"


def _data(text: str) -> str:
    return valid(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
