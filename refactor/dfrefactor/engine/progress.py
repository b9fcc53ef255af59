"""What buildx's `--progress=rawjson` tells, line by line (BuildKit's client.SolveStatus)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dfrefactor.engine.build import Step
from dfrefactor.engine.failure import failure
from dfrefactor.engine.process import EngineError, mask


class Progress:
    """One build: its vertexes, and what they wrote to their logs."""

    def __init__(self, masked: Sequence[str]) -> None:
        self.masked = masked
        self.lines: list[str] = []
        self._vertexes: dict[str, dict[str, Any]] = {}
        self._logs: dict[str, list[str]] = {}
        self._plain: list[str] = []

    def line(self, raw: bytes) -> None:
        text = raw.decode("utf-8", "replace")
        try:
            status = json.loads(text)
        except ValueError:
            status = None
        if not isinstance(status, dict):
            self._plain.append(text.rstrip("\n"))
            self.lines.append(mask(text.rstrip("\n"), self.masked))
            return
        for vertex in status.get("vertexes") or ():
            known = self._vertexes.setdefault(vertex["digest"], {"at": len(self._vertexes)})
            known.update(vertex)
        for log in status.get("logs") or ():
            said = base64.b64decode(log.get("data", "")).decode("utf-8", "replace")
            self._logs.setdefault(log["vertex"], []).append(said)
            self.lines += mask(said, self.masked).splitlines()

    def steps(self) -> tuple[Step, ...]:
        done = [v for v in self._vertexes.values() if v.get("completed") and not internal(v["name"])]
        order = _in_order(done)
        return tuple(
            Step(v["digest"], mask(v["name"], self.masked), seconds(v), bool(v.get("cached")),
                 tuple(v.get("inputs") or ()))
            for v in order
        )  # fmt: skip

    def failure(self) -> EngineError:
        failed = [v for v in self._vertexes.values() if v.get("error") and "context canceled" not in v["error"]]
        if not failed:
            return failure(None, "\n".join(self._plain), self.masked)
        first = min(failed, key=lambda v: (str(v.get("completed", "~")), v["at"]))
        name = re.sub(r"^\[[^]]*\] ", "", first["name"])
        said = "".join(self._logs.get(first["digest"], ()))
        errors = [line for line in self._plain if line.startswith("ERROR")] or [first["error"]]
        if internal(first["name"]):
            return failure(None, "\n".join(self._plain), self.masked)
        return failure(name, said.rstrip("\n") + "\n" + "\n".join(errors), self.masked)


def internal(name: str) -> bool:
    return name.startswith(("[internal]", "[auth]", "exporting", "importing", "resolving provenance", "writing"))


def seconds(vertex: dict[str, Any]) -> float:
    if not vertex.get("started") or vertex.get("cached"):
        return 0.0
    return max(0.0, (moment(vertex["completed"]) - moment(vertex["started"])).total_seconds())


def moment(text: str) -> datetime:
    """Go writes nanoseconds, Python reads microseconds."""
    return datetime.fromisoformat(re.sub(r"(\.\d{1,6})\d*", r"\1", text).replace("Z", "+00:00"))


def _in_order(vertexes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each after those it needs."""
    by_key = {v["digest"]: v for v in vertexes}
    order: dict[str, dict[str, Any]] = {}

    def visit(vertex: dict[str, Any]) -> None:
        stack = [(vertex, iter(vertex.get("inputs") or ()))]
        while stack:
            current, rest = stack[-1]
            needed = next((by_key[key] for key in rest if key in by_key and key not in order), None)
            if needed is not None:
                stack.append((needed, iter(needed.get("inputs") or ())))
            else:
                order.setdefault(current["digest"], current)
                stack.pop()

    for vertex in vertexes:
        visit(vertex)
    return list(order.values())
