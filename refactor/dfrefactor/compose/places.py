"""Where in the text of a list a change goes: YAML in block and flow style, JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from dfrefactor.compose.images import read_cache
from dfrefactor.compose.lists import Change
from dfrefactor.compose.tree import Node
from dfrefactor.text.edit import Edit
from dfrefactor.text.source import Source, Span

_PLAIN = re.compile(r"[A-Za-z0-9._/][A-Za-z0-9._/@:-]*")
_PLAIN_IN_BLOCK = re.compile(r"[A-Za-z0-9._/$][A-Za-z0-9._/@:${}=,-]*")
_DASH = re.compile(r"[ \t]*-[ \t]+")


def edit(source: Source, entries: Node, changes: Sequence[Change], kept: Sequence[int]) -> Edit | None:
    """The one edit for `changes` that belong to the same entry; None where the entry's form is not ours to change.

    `kept` are the entries that stay in the list.
    """
    first = changes[0]
    item = entries.items[first.at if first.at >= 0 else kept[0]]
    written = source.text[slice(*item.span)]
    if "\n" in written or not (entries.flow or _DASH.fullmatch(_before(source, item))):
        return None
    if first.kind != "insert" and (item.kind != "text" or written.startswith(("&", "!"))):
        return None  # somebody else refers to it, or it is a reference
    if first.kind == "replace":
        return Edit(item.span, _written(item, first.ref, entries.flow))
    if first.kind == "insert":
        return _insertion(source, item, [change.ref for change in changes], first.at < 0, entries.flow)
    if not entries.flow:
        return Edit(_whole_line(source, item), "")
    if any(at > first.at for at in kept):
        return Edit(Span(item.span.start, entries.items[first.at + 1].span.start), "")
    return Edit(Span(entries.items[first.at - 1].span.end, item.span.end), "")


def _before(source: Source, item: Node) -> str:
    return source.text[source.text.rfind("\n", 0, item.span.start) + 1 : item.span.start]


def _written(model: Node, ref: str, flow: bool) -> str:
    """`ref` in the form and the quotes of another entry."""
    entry = model.value.text
    if "=" in entry:
        ref = entry.replace(f"ref={read_cache(entry).ref}", f"ref={ref}", 1)
    if model.flow:
        return json.dumps(ref, ensure_ascii=False)
    quote = model.quote or ("" if (_PLAIN if flow else _PLAIN_IN_BLOCK).fullmatch(ref) else '"')
    if quote == "'":
        return "'" + ref.replace("'", "''") + "'"
    return json.dumps(ref, ensure_ascii=False) if quote else ref


def _insertion(source: Source, item: Node, refs: Sequence[str], before: bool, flow: bool) -> Edit:
    written = [_written(item, ref, flow) for ref in refs]
    lead = _before(source, item)
    if not flow:
        if before:
            return Edit(Span(item.span.start, item.span.start), "".join(f"{each}{source.newline}{lead}" for each in written))
        end = _line_end(source, item.span.end)
        return Edit(Span(end, end), "".join(f"{source.newline}{lead}{each}" for each in written))
    gap = source.newline + lead if lead and not lead.strip() else " "
    if before:
        return Edit(Span(item.span.start, item.span.start), "".join(f"{each},{gap}" for each in written))
    return Edit(Span(item.span.end, item.span.end), "".join(f",{gap}{each}" for each in written))


def _line_end(source: Source, offset: int) -> int:
    end = source.text.find("\n", offset)
    if end < 0:
        return len(source.text)
    return end - 1 if source.text[end - 1] == "\r" else end


def _whole_line(source: Source, item: Node) -> Span:
    """With the line end before it: a list in block style is never in a file's first line, and may be in its last."""
    start = item.span.start - len(_before(source, item))
    return Span(_line_end(source, start - 1), _line_end(source, item.span.end))
