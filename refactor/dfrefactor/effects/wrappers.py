"""Commands that run others, peeled as their tables say: their own words change the state, and the rest is run in it."""

from __future__ import annotations

from dataclasses import replace

from dfrefactor.effects.arguments import apportion
from dfrefactor.effects.call import Call, Departs, outside
from dfrefactor.effects.paths import Region, Regions, known, region, written
from dfrefactor.effects.roles import role_of
from dfrefactor.effects.state import ROOT, ShellState, Variable
from dfrefactor.effects.words import Arg, made_of

PROFILES = frozenset({
    *map(Region, ("/etc/profile", "/etc/bash.bashrc", "/etc/bashrc", "/etc/environment", "/etc/login.defs")),
    Region("/etc/profile.d", "tree"),
})  # fmt: skip
_OWN_PROFILES = (".profile", ".bash_profile", ".bash_login", ".bashrc", ".login")


def profiles(home: str | None) -> Regions:
    """What a login shell reads before anything else (bash(1), INVOCATION); what these files do is not known."""
    return PROFILES | {region(f"{home}/{name}") if home else Region(f"/**/{name}", "glob") for name in _OWN_PROFILES}


def run_others(call: Call) -> None:
    """Peel a wrapper: its own words change the state, and the rest is run in it."""
    runs, draft = call.entry.runs or {}, call.draft
    here = "here" in runs
    inner = call.after if here else outside(call.after)
    user: Arg | None = Arg(str(runs["as"])) if "as" in runs else None
    text: Arg | None = None
    program, words, flags, given = "", list[Arg](), set[str](), set[str]()
    for role, arg in _ordered(call):
        match role:
            case "as":
                user = arg
            case "cwd":
                draft.read(arg.value)
                inner = replace(inner, cwd=draft.real(arg.value), also=())
            case "unset":
                inner = inner.with_variable(arg.value, Variable("", False, frozenset(), False))
            case "assign":
                name, _, value = arg.value.partition("=")
                inner = inner.with_variable(name, Variable(value, True, arg.of))
                given.add(name)
            case "shell":
                text = arg
            case "program":
                program = arg.value
            case "command":
                words.append(arg)
            case "clear" | "keep" | "home" | "login" | "there":
                flags.add(role)
            case _:
                role_of(call, role, [arg])
    if "clear" in flags and user is None:
        inner = replace(inner, variables={name: each for name, each in inner.variables.items() if name in given}, home=None)
    call.own = len(call.args) - len(words) if words else None
    if user is not None or flags & {"login", "there"}:
        inner = _become(call, inner, user, flags)
    if words or text is not None:
        _run_inner(call, words, text, program, inner, here)
    elif runs.get("without") == "environment":
        draft.variables.add("*")
    elif runs.get("without") == "shell":
        if call.input.text is None:
            call.unknown(f"`{call.name}` runs a shell")
        else:
            call.run_text(Arg(call.input.text, False, call.input.word, call.input.of), inner)


def _ordered(call: Call) -> list[tuple[str, Arg]]:
    found = [(role, arg) for _, role, arg in call.found.values]
    for role, args in apportion(call.entry, call.found.operands):
        if role == "shell" and len(args) > 1:
            text = " ".join(arg.value for arg in args)
            args = [Arg(text, any(arg.many for arg in args), None, made_of(arg.of for arg in args))]
        found += [(role, arg) for arg in args]
    return found


def _run_inner(call: Call, words: list[Arg], text: Arg | None, program: str, inner: ShellState, here: bool) -> None:
    """The command or text that a wrapper runs."""
    runs = call.entry.runs or {}
    doubt = f"`{call.name}` may not run it, or run it again" if "perhaps" in runs else ""
    if "past-functions" in runs:
        inner = replace(inner, functions={})
    if text is not None:
        if program and program.rpartition("/")[2] not in ("sh", "bash", "dash", "ash"):
            call.unknown(f"the shell `{written(program)}` is not one we read")
            return
        if not known(text.value):
            call.unreadable("shell text that is not known is run")
            return
        inner = replace(inner, shell=(program or "sh", "-c"), parameters=None if words else ())
        call.run_text(text, inner)
        return
    named = f"{runs['prefix']}{words[0].value}" if "prefix" in runs else ""
    if named and call.machine.catalog.get(named) is not None:
        words = [words[0]._replace(value=named), *words[1:]]
    if "more" in runs:
        words = [*words, Arg(call.fresh("its input"), True)]
    flow = call.run(words, inner, doubt, wrapped=not here)
    if here:
        ok, call.failed, _ = flow
        if (end := ok or call.failed) is not None:  # functions that the command was not to see are there again
            call.after = replace(end, functions={**call.after.functions, **end.functions})
        if "ends" in runs:
            call.departs = Departs("exit", False)
        else:
            call.dead = end is None


def _become(call: Call, state: ShellState, user: Arg | None, flags: set[str]) -> ShellState:
    """The state of a command that somebody else runs, or that a login starts."""
    runs = call.entry.runs or {}
    name = user.value.partition(":")[0] if user is not None else state.user
    call.draft.system_reads.add("users")
    known_name = name is not None and known(name)
    other = name != state.user and not (name in ROOT and state.user in ROOT)
    state = replace(state, user=name if known_name else None)
    if ("environment" in runs and "keep" not in flags) or "clear" in flags:
        state = replace(state, variables={name: each for name, each in state.variables.items() if name in _HANDED_ON})
    home = "/root" if name in ROOT else None
    if "home" in flags or (runs.get("home") == "set" and "keep" not in flags):
        state = _at_home(state, home)
    elif runs.get("home") == "perhaps" and (other or "HOME" in state.variables):
        state = _at_home(state, None)
    if "login" in flags:
        call.draft.reads |= profiles(home)
    if "there" in flags:
        state = replace(state, cwd=home, also=())
    return state


_HANDED_ON = frozenset(("HOME", "TERM"))


def _at_home(state: ShellState, home: str | None) -> ShellState:
    variables = {name: each for name, each in state.variables.items() if name != "HOME"}
    return replace(state, variables=variables, home=home)
