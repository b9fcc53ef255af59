"""`dfrefactor verify OLD NEW`: build both files and show whether their images are the same."""

from __future__ import annotations

from pathlib import Path

import click

from dfrefactor.cli.building import Request, build_options, errors, read, size_option

_ALLOW = "What may differ: `ENV NAME`, `LABEL NAME`, `CMD`, … or a path (a glob: `/tmp/**`)."


@click.command("verify")
@click.argument("old", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.argument("new", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--twice", is_flag=True, help="Build OLD twice to learn what differs between two builds of one file.")
@click.option("--allow", multiple=True, metavar="WHAT", help=_ALLOW)
@size_option
@build_options
def command(old: Path, new: Path, twice: bool, allow: tuple[str, ...], size_margin: float, request: Request) -> None:
    """Build OLD and NEW, and compare the final images: every path's type, mode, owner, link target, extended
    attributes and content, and the runtime configuration.  Modification times are not compared.

    Of what is known to differ between two builds of one file (compiled Python, logs, caches of the linker, apt, pip, npm
    and git) only the presence counts, of npm's caches and logs not even that; --twice learns the rest.

    An image's size is what lies in its layers: the bytes of every file that each of them writes, not compressed, also of
    those that a later layer replaces or removes.  How an engine's store packs layers has no part in it.

    Exits 0 when the images are equal, 1 when they differ, NEW's is larger by more than the margin or holds a given
    secret, 2 on errors, 4 where one of them does not parse.
    """
    if str(old) == str(new) == "-":
        raise click.UsageError("only one of the files can come from standard input")
    with errors():
        from dfrefactor.cli import show
        from dfrefactor.dockerfile.model import parse
        from dfrefactor.engine.builders import find
        from dfrefactor.engine.verify import verify
        from dfrefactor.facts import Facts
        from dfrefactor.report.verdict import lines

        before, after = read(old), read(new)
        wrong = [show.rejected(Facts(parse(data, str(file))), "verify") for file, data in ((old, before), (new, after))]
        if any(wrong):
            raise SystemExit(show.FAULTY)
        options, new_options = request.options(old), request.options(new)
        verdict = verify(
            before, after, request.folder(old if str(old) != "-" else new),
            options=options, new_options=new_options, engine=find(request.engine),
            secrets=request.secrets(), allowed=allow, twice=twice, keep=request.keep, size_margin=size_margin,
        )  # fmt: skip
        click.echo("\n".join(lines(verdict)))
    raise SystemExit(0 if verdict.equal else 1)
