"""The architecture, held."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dfrefactor.passes import PASSES

from tests.shared import ROOT

PACKAGE = ROOT / "refactor" / "dfrefactor"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "_version.py")  # written when it is installed
LONGEST = 300

# Storeys that may touch files, terminals, engines and sockets.
OUTSIDE = {"__init__", "__main__", "cli", "lsp", "report", "engine", "cacheplan"}
IO_MODULES = {"os", "subprocess", "socket", "shutil", "tempfile", "glob", "asyncio", "http", "urllib.request"}
# Package data, read through these names, is no I/O; each module that does so is listed with what it reads.
READS_PACKAGE_DATA = {
    "dockerfile.parser": "the grammar",
    "effects.catalog": "the catalog",
    "effects.index": "its index",
    "secrets.values": "what is known of credentials",
}


def name_of(module: Path) -> str:
    parts = module.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


inside = pytest.mark.parametrize(
    "module", [module for module in MODULES if name_of(module).partition(".")[0] not in OUTSIDE], ids=name_of
)
every = pytest.mark.parametrize("module", MODULES, ids=name_of)


# From the top down (DESIGN, storeys): compose does no I/O, for whoever runs the passes hands it what reads the files beside
# a Compose file, so `cache-from` is a pass above it like any other; modules of one line do not import one another's, only their own folder's.
STOREYS = """
__init__ __main__
cli
report
engine
cacheplan
pipeline
guard
result
passes
compose
stages
secrets
facts
effects
parts
settings
finding
buildkit shell
images
dockerfile
text
manifests
kinds version context
lazy
"""
FLOOR = {name: len(STOREYS.split("\n")) - at for at, line in enumerate(STOREYS.split("\n")) for name in line.split()}


def graph() -> dict[str, set[str]]:
    """Who imports whom, wherever in a module the import stands: at its top, in a function, for the type checker only."""
    known = {f"dfrefactor.{name_of(module)}".rstrip("."): module for module in MODULES}
    edges: dict[str, set[str]] = {}
    for name, module in known.items():
        found: set[str] = set()
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                assert node.level == 0, f"{name} has a relative import"
                inner = {f"{node.module}.{alias.name}" for alias in node.names}
                found |= inner & known.keys() or {node.module}
        edges[name] = {each for each in found if each in known and each != name}
    return edges


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """The strongly connected components of more than one module."""
    reach: dict[str, set[str]] = {}
    for name in edges:
        seen, todo = set(), [name]
        while todo:
            new = edges[todo.pop()] - seen
            seen |= new
            todo += new
        reach[name] = seen
    groups = {frozenset(each for each in seen if name in reach[each]) for name, seen in reach.items() if name in seen}
    return sorted(map(sorted, groups))


def test_no_modules_import_one_another() -> None:
    assert not circles(graph())


def test_a_module_imports_only_from_below() -> None:
    def floor(name: str) -> int:
        return FLOOR[name.removeprefix("dfrefactor").lstrip(".").partition(".")[0] or "__init__"]

    wrong = [
        f"{name} imports {each}"
        for name, found in graph().items()
        for each in sorted(found)
        if floor(each) > floor(name)
        or (floor(each) == floor(name) and name.split(".")[1:2] != each.split(".")[1:2])
        or (name.startswith("dfrefactor.passes.") and each.startswith("dfrefactor.passes.") and "._" not in each)
    ]
    assert not wrong


@every
def test_only_the_parser_knows_lark(module: Path) -> None:
    knows = any(name.partition(".")[0] == "lark" for name in imports(module))
    assert not knows or name_of(module) == "dockerfile.parser"


@every
def test_what_is_loaded_waits_for_its_first_use(module: Path) -> None:
    tree = ast.parse(module.read_text())
    eager = [node for node in tree.body if isinstance(node, ast.Assign) and "re.compile(" in ast.unparse(node) and "(b'" not in ast.unparse(node)]
    ready = [each for each in ast.walk(tree) if isinstance(each, ast.ImportFrom) and each.module == "dataclasses"]
    made = [alias.name for each in ready for alias in each.names if alias.name == "dataclass"]
    assert name_of(module) == "lazy" or not (eager or made), "`dfrefactor.lazy` has a `dataclass` and a `regex`"


@inside
def test_the_core_does_no_io(module: Path) -> None:
    tree = ast.parse(module.read_text())
    names = set(imports(module))
    calls = {
        node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute))
    }
    assert not names & IO_MODULES
    outside = {name.partition(".")[0] for name in names} & {"rich", "click", "ruamel", "pygls"}
    assert outside <= ({"ruamel"} if name_of(module) == "compose.tree" else set())  # it is given a text
    assert not calls & {"print", "input", "write_text", "write_bytes", "unlink"}
    if name_of(module) not in READS_PACKAGE_DATA:
        assert not calls & {"open", "read_text", "read_bytes", "iterdir", "glob", "rglob", "exists"}


@every
def test_modules_are_short_and_say_what_they_are(module: Path) -> None:
    text = module.read_text()
    assert text.count("\n") <= LONGEST
    doc = ast.get_docstring(ast.parse(text))
    assert not text.strip() or doc


@every
def test_no_cast_iron_excuses(module: Path) -> None:
    text = module.read_text()
    assert not re.search(r"#\s*(TODO|FIXME|XXX|HACK)\b|\braise NotImplementedError\b", text)


@pytest.mark.parametrize("module", sorted((PACKAGE / "passes").glob("[!_]*.py")), ids=lambda path: path.stem)
def test_every_pass_is_in_the_tuple_with_its_page(module: Path) -> None:
    name = module.stem.replace("_", "-")
    (found,) = [each for each in PASSES if each.name == name]
    assert found.module.__name__ == f"dfrefactor.passes.{module.stem}"
    assert found.page == sys.modules[f"dfrefactor.passes.{module.stem}"].__doc__
    assert any(each.before != each.after for each in found.examples), "an example that changes something"
    assert any(each.before == each.after for each in found.examples), "an example that is left alone"
    assert re.search(r"^Safe: ", found.page, re.MULTILINE), "why it is safe"


def test_passes_are_no_more_than_their_modules() -> None:
    modules = {path.stem.replace("_", "-") for path in (PACKAGE / "passes").glob("[!_]*.py")}
    assert modules == {each.name for each in PASSES}


def test_the_readme_names_every_pass_with_its_first_line() -> None:
    readme = (ROOT / "README.md").read_text()
    table = "".join(f"| `{each.name}` | {each.summary} |\n" for each in PASSES)
    assert "| pass | what it does |\n|---|---|\n" + table in readme


def test_the_command_line_is_in_the_readme() -> None:
    from dfrefactor.cli.rewrite import command

    readme = (ROOT / "README.md").read_text()
    options = [name for parameter in command.params for name in parameter.opts if name.startswith("--")]
    engine = {"--engine", "--context", "--target", "--build-arg", "--secret", "--ssh", "--network", "--platform",
              "--build-context", "--no-cache", "--keep", "--secret-value-from"}  # fmt: skip
    missing = [name for name in options if name not in readme and name not in engine and name != "--version"]
    assert not missing


def test_the_reading_order_has_every_storey() -> None:
    table = (ROOT / ".github" / "CONTRIBUTING.md").read_text().partition("| | |\n")[2].partition("\n\n")[0]
    storeys = {name_of(module).partition(".")[0] for module in MODULES} - {"", "__main__", "version"}
    assert {each for each in storeys if f"`{each}`" not in table and f"`{each}/`" not in table} == set()


def test_nothing_speaks_of_the_machine_it_was_written_on() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    for name in listed.stdout.split("\n"):
        path = ROOT / name
        if name and path.is_file() and path.name != "test_house.py":
            assert not re.search(rb"/work/(main|shared)|/tmp/v/", path.read_bytes()), name


@pytest.mark.parametrize("diff", re.findall(r"```diff\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL))
def test_the_diffs_of_the_readme_are_what_becomes_of_samples(diff: str) -> None:
    old = "".join(line[1:] for line in diff.splitlines(True) if line[0] != "+")
    new = "".join(line[1:] for line in diff.splitlines(True) if line[0] != "-")
    pairs = [
        ((sample / "Dockerfile").read_text(), (sample / "becomes.Dockerfile").read_text())
        for sample in (ROOT / "samples").iterdir()
    ]
    assert any(old in before and new in after for before, after in pairs)


def test_the_version_is_that_of_the_tags() -> None:
    import tomllib

    from dfrefactor import __version__
    from packaging.version import Version

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "version" in project["dynamic"] and "version" not in project
    assert Version(__version__)  # or it raises


def test_the_pre_commit_hooks_take_what_a_search_takes() -> None:
    from dfrefactor.kinds import kind_of_name
    from ruamel.yaml import YAML

    names = ["Dockerfile", "Dockerfile.dev", "a.Dockerfile", "a.dockerfile", "Containerfile", "dockerfile", "compose.yml",
             "docker-compose.prod.yaml", "compose.override.yml", "Dockerfile.j2", "Dockerfile.dockerignore", "Dockerfile.md",
             "README.md", "xcompose.yml", "MyDockerfile", "Dockerfile.in", "Dockerfiles", "docker-bake.hcl",
             "docker-bake.override.json", "docker-bake.yml", "Dockerfile~", "Dockerfile.orig", "Dockerfile.rst"]  # fmt: skip
    first, *_ = hooks = YAML(typ="safe").load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert "--check" in first["entry"]  # nobody's files are written because they took the first one
    for hook in hooks:
        for name in names:
            taken = bool(re.search(hook["files"], f"x/{name}")) and not re.search(hook["exclude"], f"x/{name}")
            assert taken == (kind_of_name(name) is not None), name
        assert hook["entry"].startswith("dfrefactor --") and "--force-exclude" in hook["entry"]


def test_the_ci_script_is_sound() -> None:
    assert subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=False).returncode == 0
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
