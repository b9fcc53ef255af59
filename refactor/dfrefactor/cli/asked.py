"""`--show-files` and `--show-settings`: what a run would read, and what holds for it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from dfrefactor.cli.run import Search, meant_by
from dfrefactor.cli.show import NOTHING_FOUND, OK, TROUBLE, complain
from dfrefactor.cli.work import Choices, pass_names
from dfrefactor.finding import NEVER, Safety, Severity
from dfrefactor.text.shown import plain


def shown(search: Search, choices: Choices, *, settings: bool) -> int:
    """The files that are meant, one a line, or the settings of the first as a configuration file would say them."""
    trouble: list[str] = []
    _, found = meant_by(search, choices, trouble.append)
    for line in trouble:
        complain(line)
    if not settings:
        for path in found:
            print(plain(path))
    elif found:
        print("\n".join(_settings(found[0], choices)))
    return TROUBLE if trouble else OK if found else NOTHING_FOUND


def _settings(path: str, choices: Choices) -> Iterator[str]:
    found = choices.config_for(path)
    settings, fail_on = choices.settings(found), choices.fail_on if choices.fail_on is not None else found.fail_on
    yield f"# {plain(path)}: {plain(found.path or '')}" if found.path else f"# {plain(path)}: no configuration file"
    levels = {int(level): level.name.lower() for level in Severity} | {NEVER: "never"}
    fails = {name: levels[int(level)] for name, level in fail_on.items()}
    values = {
        "select": list(choices.passes(found, pass_names())),
        "exclude": list(found.exclude),
        "force-exclude": found.force_exclude,
        "strategy": settings.strategy, "parallel": settings.parallel, "builder": settings.builder,
        "unsafe": settings.allow is Safety.UNSAFE, "generated": settings.generated,
    }  # fmt: skip
    yield from (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items())
    if found.baseline:
        yield f"baseline = {json.dumps(found.baseline)}"
    yield f"fail-on = {json.dumps(fails[''])}" if list(fails) == [""] else f"fail-on = {_inline(fails)}"
    for name in sorted({*settings.severity, *found.modes}):
        yield f"\n[passes.{name}]"
        yield from ([f"severity = {json.dumps(settings.severity[name].name.lower())}"] if name in settings.severity else [])
        yield from ([f"mode = {json.dumps(found.modes[name])}"] if name in found.modes else [])
    yield from (f"\n[catalog.{json.dumps(name)}]  # as the file says" for name in settings.catalog)


def _inline(table: dict[str, str]) -> str:
    return "{" + ", ".join(f"{name} = {json.dumps(value)}" for name, value in table.items() if name) + "}"
