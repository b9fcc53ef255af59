"""What engines say while they build, line by line, and what a failed build has to say."""

from __future__ import annotations

import base64
import json
import re
import time
from datetime import datetime
from typing import Any

from dfrefactor.engine.process import EngineError, last_words
from dfrefactor.lazy import dataclass, regex
from dfrefactor.text.mask import Mask
from dfrefactor.text.shown import shortened

FULL = ("no space left on device", "disk quota exceeded")
INTERNAL = ("[internal]", "[auth]", "exporting", "importing", "resolving provenance", "writing")
"""How the names of vertexes begin that are no step of the file."""

_STEP = regex(r"(?:\[\d+/\d+\] )?S(?:TEP|tep) \d+(?:/\d+)? ?: (.*)")
_CACHED = regex(r" ?-{2,3}> Using cache")


@dataclass(frozen=True)
class Step:
    """One thing an engine did during a build."""

    key: str
    name: str
    seconds: float
    cached: bool
    inputs: tuple[str, ...] = ()
    since: float = 0.0
    """Seconds from the first thing that the build did."""


class RawJson:
    """BuildKit's `--progress=rawjson` (client.SolveStatus): its vertexes, and what they wrote to their logs."""

    images: tuple[str, ...] = ()

    def __init__(self, mask: Mask) -> None:
        self.mask = mask
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
            self.lines.append(self.mask(text.rstrip("\n")))
            return
        for vertex in status.get("vertexes") or ():
            known = self._vertexes.setdefault(vertex["digest"], {"at": len(self._vertexes)})
            known.update(vertex)
        for log in status.get("logs") or ():
            said = base64.b64decode(log.get("data", "")).decode("utf-8", "replace")
            self._logs.setdefault(log["vertex"], []).append(said)
            self.lines += self.mask(said).splitlines()

    def steps(self) -> tuple[Step, ...]:
        done = [v for v in self._vertexes.values() if v.get("completed") and not v["name"].startswith(INTERNAL)]
        begun = {key: at for key, vertex in self._vertexes.items() if (at := _at(vertex, "started")) is not None}
        first = min(begun.values(), default=None)
        return tuple(
            Step(
                v["digest"], self.mask(v["name"]), _seconds(v), bool(v.get("cached")), tuple(v.get("inputs") or ()),
                (begun[v["digest"]] - first).total_seconds() if first and v["digest"] in begun else 0.0,
            )
            for v in _in_order(done)
        )  # fmt: skip

    def failure(self) -> EngineError:
        failed = [v for v in self._vertexes.values() if v.get("error") and "context canceled" not in v["error"]]
        first = min(failed, key=lambda v: (str(v.get("completed", "~")), v["at"]), default=None)
        if first is None or first["name"].startswith(INTERNAL):
            return failure(None, "\n".join(self._plain), self.mask)
        said = "".join(self._logs.get(first["digest"], ())).rstrip("\n")
        errors = [line for line in self._plain if line.startswith("ERROR")] or [first["error"]]
        return failure(re.sub(r"^\[[^]]*\] ", "", first["name"]), "\n".join([said, *errors]), self.mask)


class Lines:
    """The other builders' output: `STEP 2/5: RUN …` (or `Step 2/5 : RUN …`), `--> Using cache`, lines that `image` matches."""

    def __init__(self, mask: Mask, image: str) -> None:
        self.mask, self.image = mask, image
        self.lines: list[str] = []
        self.images: list[str] = []
        self._tail: list[str] = []
        self._steps: list[tuple[str, float, float, bool]] = []

    def line(self, raw: bytes) -> None:
        text = raw.decode("utf-8", "replace").rstrip("\r\n")
        self.lines.append(self.mask(text))
        now = time.monotonic()
        if self._steps:
            name, since, _, cached = self._steps[-1]
            self._steps[-1] = (name, since, now, cached or bool(_CACHED.match(text)))
        if step := _STEP.match(text):
            self._tail = []
            self._steps.append((step[1], now, now, False))
        elif image := re.fullmatch(self.image, text):
            self.images.append(image[1])
        else:
            self._tail.append(text)

    def steps(self) -> tuple[Step, ...]:
        return tuple(
            Step(str(i), self.mask(name), 0.0 if cached else until - since, cached, (str(i - 1),) if i else ())
            for i, (name, since, until, cached) in enumerate(self._steps)
        )

    def failure(self) -> EngineError:
        return failure(self._steps[-1][0] if self._steps else None, "\n".join(self._tail), self.mask)


def failure(instruction: str | None, text: str, mask: Mask) -> EngineError:
    """The one error for a failed build; `text` is what the engine last said about it."""
    line = " ".join(mask(instruction or "").split())
    where = f"the build failed at `{shortened(line, 200)}`" if instruction else "the build failed"
    if any(sign in text.lower() for sign in FULL):
        where = where.replace("failed", "failed, for want of disk space,", 1)
    body = "".join(f"\n  {line}" for line in mask(last_words(text)).splitlines())
    return EngineError(where + (":" + body if body else ""))


def _seconds(vertex: dict[str, Any]) -> float:
    started, completed = _at(vertex, "started"), _at(vertex, "completed")
    if started is None or completed is None or vertex.get("cached"):
        return 0.0
    return max(0.0, (completed - started).total_seconds())


def _at(vertex: dict[str, Any], key: str) -> datetime | None:
    """A moment of a vertex: Go writes nanoseconds, Python reads microseconds."""
    said = vertex.get(key)
    return datetime.fromisoformat(re.sub(r"(\.\d{1,6})\d*", r"\1", said).replace("Z", "+00:00")) if said else None


def _in_order(vertexes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each after those it needs."""
    by_key = {v["digest"]: v for v in vertexes}
    order: dict[str, dict[str, Any]] = {}
    for vertex in vertexes:
        stack = [(vertex, iter(vertex.get("inputs") or ()))]
        while stack:
            current, rest = stack[-1]
            needed = next((by_key[key] for key in rest if key in by_key and key not in order), None)
            if needed is not None:
                stack.append((needed, iter(needed.get("inputs") or ())))
            else:
                order.setdefault(current["digest"], current)
                stack.pop()
    return list(order.values())
