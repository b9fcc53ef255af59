"""Compose and bake files that pass as an argument what a Dockerfile takes as a secret: where, and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from dfrefactor.compose.args import AskedBy, Passing, passings, places, wanted
from dfrefactor.compose.builds import Build
from dfrefactor.compose.tree import Node
from dfrefactor.finding import Asked
from dfrefactor.lazy import dataclass, regex
from dfrefactor.text.source import Source

_ENV = regex(r"(?:^|,)env=([^,]+)")
_FILE = regex(r"(?:^|,)(?:src|source)=")
_ID = regex(r"(?:^|,)id=([^,]+)")


@dataclass(frozen=True, eq=False)
class Handing:
    """One file, what its builds pass, and what of it can be passed otherwise.  `form` is `yaml`, `json` or `hcl`."""

    source: Source
    root: Node
    builds: tuple[Build, ...]
    form: str
    known: AskedBy

    @property
    def bake(self) -> bool:
        return self.form != "yaml"

    @property
    def key(self) -> str:
        return "secret" if self.bake else "secrets"

    @cached_property
    def passings(self) -> list[Passing]:
        found = passings(self.root, self.builds, self.known, self.bake)
        return sorted(found, key=lambda each: each.place.span)

    def why_not(self, passing: Passing) -> str:
        """What is in the way of an edit, as a clause; "" for nothing."""
        if passing.asked.value:
            return passing.asked.value
        if not passing.variable:
            return "its value is none that a variable of the environment has as it is"
        if other := self._other(passing):
            return f"`{other.name}`, which takes the same argument from here, does not build with that secret"
        if self._there(passing) not in (None, passing.variable):
            return f"the secret {passing.asked.secret} of this file is another one"
        return ""

    def _other(self, passing: Passing) -> Build | None:
        """A build that takes the argument from the same place, and its Dockerfile no secret."""
        inherited = {part for build in self.builds for part in build.parts[1:]}
        for build in self.builds:
            if build.parts and build.parts[0] in inherited and not build.parts[0].get("dockerfile"):
                continue  # a target that is there to be inherited from
            held = ((holder, entry) for _, _, holder, entry in places(build, passing.asked.argument, self.bake))
            if passing.where in held and passing.asked not in wanted(build, self.known):
                return build
        return None

    def top(self, secret: str) -> Node | None:
        """The secret of that id that a Compose file has."""
        secrets = None if self.bake else self.root.get("secrets")
        return secrets.get(secret) if secrets else None

    def _there(self, passing: Passing) -> str | None:
        """The variable of the secret of that id which is there, or comes in for another build; "" for one of no variable."""
        secret = passing.asked.secret
        if self.bake:
            listed = (self._listed_in(owner).get(secret) for _, owner, _ in passing.owners)
            return next((each for each in listed if each not in (None, passing.variable)), None)
        if (top := self.top(secret)) is not None:
            return top.string("environment") or ""
        return next((each.variable for each in self.passings if each.asked.secret == secret and each.variable), None)

    def missing(self) -> Iterator[tuple[Build, Asked]]:
        """Secrets that were no arguments, and that a build does not pass yet."""
        for build in self.builds:
            listed = [part.get("secrets") for part in build.parts] if not self.bake else []
            there = {name for part in build.parts for name in self._listed_in(part)}
            there |= {name for node in listed if node is not None for item in node.items for name in names(item.value)}
            yield from ((build, each) for each in wanted(build, self.known) if not each.argument and each.secret not in there)

    def _listed_in(self, target: Node) -> dict[str, str]:
        """The secrets of a bake target, by their ids, with their variables."""
        listed = target.get("secret")
        texts = [item.value.text for item in listed.items] if listed else []
        named = [(text, found[1]) for text in texts if (found := _ID.search(text))]
        return {name: _variable(text, name) for text, name in named}

    def ids(self) -> dict[str, str]:
        """The ids of the secrets that the file has, by the host's variables they come from."""
        found: dict[str, str] = {}
        if not self.bake:
            tops = self.root.get("secrets")
            for name, value in tops.entries() if tops else ():
                if variable := value.string("environment"):
                    found.setdefault(variable, name)
            return found
        for part in (part for build in self.builds for part in build.parts):
            for name, variable in self._listed_in(part).items():
                found.setdefault(variable, name)
        return found


def names(item: Node) -> Iterator[str]:
    """The id of a secret in a build's list of them."""
    if item.kind == "map":
        yield from filter(None, (item.string("source") or item.string("id"),))
    elif found := _ID.search(item.text):
        yield found[1]
    else:
        yield item.text


def _variable(entry: str, name: str) -> str:
    """The variable of the environment that a secret of a bake target comes from, "" for none."""
    found = _ENV.search(entry)
    return found[1] if found else "" if _FILE.search(entry) else name
