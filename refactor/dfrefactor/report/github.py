"""Outcomes as annotations of a GitHub workflow."""

from __future__ import annotations

from dfrefactor.finding import Safety
from dfrefactor.report.outcome import Outcome
from dfrefactor.report.places import found, printable


def render(outcome: Outcome, advice: bool = False) -> str:
    """The workflow commands for one file.  No secret's value is in them."""
    lines = []
    for finding, where, change in found(outcome, advice):
        level = "warning" if change is not None else "notice"
        message = "\n".join([finding.message, *finding.notes])
        if change is None and finding.edits and finding.safety is Safety.UNSAFE:
            message += "\n--unsafe would mend it"
        properties = {"line": where.line, "endLine": where.end_line}
        if where.line == where.end_line:  # columns of a range over several lines are refused
            properties |= {"col": where.column, "endColumn": where.end_column}
        lines.append(_command(outcome, level, properties, f"dfrefactor {finding.rule}", message))
    lines += [
        _command(outcome, "error", {"line": fault.line, "col": fault.column}, "dfrefactor", fault.message)
        for fault in outcome.faults
    ]
    lines += [_command(outcome, "error", {}, "dfrefactor", problem) for problem in outcome.problems]
    return "".join(line + "\n" for line in lines)


def _command(outcome: Outcome, level: str, properties: dict[str, int], title: str, message: str) -> str:
    pairs = [("file", outcome.path), *((key, str(value)) for key, value in properties.items()), ("title", title)]
    shown = ",".join(f"{key}={_property(printable(value))}" for key, value in pairs)
    return f"::{level} {shown}::{_data(printable(outcome.mask(message)))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
