"""Frozen values and regular expressions that cost nothing until they are used: a run over one small file is mostly start-up.

A class of `dataclasses` compiles half a dozen methods while its module is loaded, half a millisecond each class; a regular
expression takes a quarter.  A run uses few of those that it loads.
"""

from __future__ import annotations

import dataclasses
import inspect
import operator
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # which is what a type checker takes ours for
else:

    def dataclass(cls=None, /, **how):
        """As `dataclasses.dataclass` with `frozen`, `eq` and `order`; its `fields` and `replace` work as ever."""
        return _made(cls, **how) if cls else lambda cls: _made(cls, **how)


def _made(cls: Any, *, frozen: bool = False, eq: bool = True, order: bool = False) -> Any:
    """`cls` with the methods of a dataclass: `__init__` is compiled when it is first called, the others read fields by name."""
    every: dict[str, Any] = {}
    for base in cls.__mro__[:0:-1]:
        every.update(base.__dict__.get("_declared", {}))
    for name, kind in inspect.get_annotations(cls).items():
        if "ClassVar" not in str(kind):
            every[name] = given = cls.__dict__.get(name, dataclasses.MISSING)
            if isinstance(given, dataclasses.Field):
                if given.default is dataclasses.MISSING:
                    delattr(cls, name)
                else:
                    setattr(cls, name, given.default)

    def init(self: object, *args: Any, **named: Any) -> None:
        cls.__init__ = _init(every, frozen=frozen, more=hasattr(cls, "__post_init__"))
        cls.__init__(self, *args, **named)

    def shown(self: object) -> str:
        names = (name for name, given in every.items() if not isinstance(given, dataclasses.Field) or given.repr)
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    methods: dict[str, Any] = {"__init__": init, "__repr__": shown, "__match_args__": tuple(every)}
    if frozen:
        methods |= {"__setattr__": _refused, "__delattr__": _refused}
    if eq:
        methods |= _comparing(every, frozen=frozen, order=order)
    for name, method in methods.items():
        if cls.__dict__.get(name) is None:  # a class may have its own
            setattr(cls, name, method)
    cls._declared, cls.__dataclass_fields__ = every, _Fields()
    return cls


def _init(every: dict[str, Any], *, frozen: bool, more: bool) -> Any:
    """The `__init__` of a class with these fields, each with its default, or how it is declared, and `more` to do."""
    names: dict[str, Any] = {"_set": object.__setattr__, "_none": dataclasses.MISSING}
    asked, lines = [], []
    for at, (name, given) in enumerate(every.items()):
        default, factory = (given.default, given.default_factory) if isinstance(given, dataclasses.Field) else (given, None)
        value = name
        if factory and factory is not dataclasses.MISSING:
            names[f"_make{at}"], value = factory, f"_make{at}() if {name} is _none else {name}"
            asked.append(f"{name}=_none")
        elif default is not dataclasses.MISSING:
            names[f"_default{at}"] = default
            asked.append(f"{name}=_default{at}")
        else:
            asked.append(name)
        lines.append(f' _set(self, "{name}", {value})' if frozen else f" self.{name} = {value}")
    if more:
        lines.append(" self.__post_init__()")
    # as `dataclasses` does; of names and nothing else
    exec(f"def __init__({', '.join(['self', *asked])}):\n" + "\n".join(lines or [" pass"]), names)  # noqa: S102
    return names["__init__"]


def _comparing(every: dict[str, Any], *, frozen: bool, order: bool) -> dict[str, Any]:
    """What compares the fields that count, between values of one class."""
    counting = [name for name, given in every.items() if not isinstance(given, dataclasses.Field) or given.compare]
    key: Callable[[Any], Any] = operator.attrgetter(*counting) if counting else lambda _: ()

    def equal(self: object, other: object) -> bool:
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: object) -> int:
        return hash(key(self))

    def by(compare: Callable[[Any, Any], bool]) -> Callable[[object, object], bool]:
        return lambda self, other: compare(key(self), key(other)) if other.__class__ is self.__class__ else NotImplemented

    orders = {f"__{each.__name__}__": by(each) for each in (operator.lt, operator.le, operator.gt, operator.ge)} if order else {}
    return {"__eq__": equal, "__hash__": hashed if frozen else None, **orders}


def _refused(self: object, name: str, _: object = None) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot change field {name!r} of {type(self).__qualname__}")


class _Fields:
    """The fields as the standard library keeps them, made when it asks: it never does for most classes."""

    def __get__(self, _: object, cls: Any) -> Any:
        given = {name: each for name, each in cls._declared.items() if each is not dataclasses.MISSING}
        # without a text of its own it would be given one, made of a signature
        body = {"__annotations__": dict.fromkeys(cls._declared, "Any"), "__doc__": "a twin", **given}
        twin: type = dataclasses.dataclass(init=False, repr=False, eq=False)(type(cls.__name__, (), body))
        cls.__dataclass_fields__ = vars(twin)["__dataclass_fields__"]
        return cls.__dataclass_fields__


def regex(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """A regular expression that is compiled when it is first asked for anything; an error in it is told only then."""
    return cast("re.Pattern[str]", _Regex(pattern, flags))


class _Regex:
    """Stands for a pattern, and keeps what was asked of it."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._said = pattern, flags

    def __getattr__(self, name: str) -> Any:
        if name == "_compiled":
            self._compiled = re.compile(*self._said)
            return self._compiled
        found = getattr(self._compiled, name)
        setattr(self, name, found)
        return found
