r"""Fold what a later layer does to a file into the instruction that brings it, so that it is stored once.

A layer holds whole files: one that is copied and then given another mode or owner is in the image twice.  COPY and ADD can
give both at once:

    FROM debian
    COPY entrypoint.sh /usr/local/bin/
    RUN chmod 755 /usr/local/bin/entrypoint.sh
    ENTRYPOINT ["entrypoint.sh"]
    ->
    FROM debian
    COPY --chmod=755 entrypoint.sh /usr/local/bin/
    ENTRYPOINT ["entrypoint.sh"]

Of a RUN that does more, the rest stays:

    FROM debian
    COPY a.conf b.conf /etc/
    RUN chown 7:8 /etc/a.conf /etc/b.conf && echo done > /etc/done
    ->
    FROM debian
    COPY --chown=7:8 a.conf b.conf /etc/
    RUN echo done > /etc/done

A file that is copied only to be read and removed is lent to the RUN by a bind mount, and is in no layer at all:

    FROM debian
    COPY tool.tar.gz /tmp/
    RUN tar xzf /tmp/tool.tar.gz -C /opt && rm /tmp/tool.tar.gz
    ->
    FROM debian
    RUN --mount=type=bind,source=tool.tar.gz,target=/tmp/tool.tar.gz \
        tar xzf /tmp/tool.tar.gz -C /opt

A cache that is removed in a layer of its own is still in the one that filled it, so that one removes it:

    FROM debian
    RUN apt-get update && \
        apt-get install -y make
    # not needed any more
    RUN rm -rf /var/lib/apt/lists/*
    ->
    FROM debian
    RUN apt-get update && \
        apt-get install -y make && \
        # not needed any more
        rm -rf /var/lib/apt/lists/*

A mode or owner is set later still where not all that is copied gets it, where something looks at it in between, and where a
folder would get it too:

    FROM debian
    COPY a.sh b.sh /usr/local/bin/
    RUN chmod +x /usr/local/bin/a.sh

    FROM debian
    COPY a.sh /usr/local/bin/
    RUN ls -l /usr/local/bin > /list
    RUN chmod +x /usr/local/bin/a.sh

    FROM debian
    COPY a.key /srv/keys/
    RUN chmod 600 /srv/keys/a.key

Nothing is lent that is changed, moved or linked, or that leaves its folder behind, nor where somebody sees that it is still
there:

    FROM debian
    COPY tool.tar.gz /new/
    RUN tar xzf /new/tool.tar.gz -C /opt && rm /new/tool.tar.gz

    FROM debian
    COPY tool.tar.gz /tmp/
    RUN tar xzf /tmp/tool.tar.gz -C /opt && rm /tmp/tool.tar.gz && ls /tmp > /list

A cache that several RUNs fill, or that another one looks at before it is removed, stays as it is:

    FROM debian
    RUN apt-get update
    RUN apt-get install -y make
    RUN rm -rf /var/lib/apt/lists/*

Safe: the mode is set of files alone, each of them named, and nothing in between looks at them.  A mode in letters (`+x`) needs
Dockerfile syntax 1.14 (Docker 28), and is left alone where `# syntax` says an older one.  What a mount shows has the mode, the
owner and the times that COPY would give it, and nothing of it is left behind the RUN; what reads it is known, else the rewrite is
unsafe: it needs `--unsafe`.  Not with `builder = "classic"`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from dfrefactor import stages as extract
from dfrefactor.facts import Facts
from dfrefactor.finding import Finding, Safety, Severity
from dfrefactor.passes._pass import may_change_again
from dfrefactor.settings import Settings
from dfrefactor.stages.cleaning import cleanings
from dfrefactor.stages.dressing import dressings
from dfrefactor.stages.folding import Fold
from dfrefactor.stages.lending import lendings
from dfrefactor.text.shown import in_bytes

RULE = "store-once"


def store_once(facts: Facts, settings: Settings) -> Iterator[Finding]:
    """One fold at a time: the next run finds the next one in the new text."""
    unsure: list[Finding] = []
    for stage in facts.document.stages if settings.builder != "classic" else ():
        if extract.stage_refusal(stage) or not may_change_again(stage.instructions, bool(settings.catalog)):
            continue
        atoms = extract.atoms(facts, stage, RULE, divided=True)
        if len(atoms) > extract.MOST:
            continue
        for fold in chain(*(find(facts, stage, atoms) for find in (dressings, lendings, cleanings))):
            if not fold.doubts:
                yield _finding(facts, fold)
                return
            unsure.append(_finding(facts, fold))
    yield from unsure[:1]


def _finding(facts: Facts, fold: Fold) -> Finding:
    saved = sum(facts.tree.bytes_of(source) for source in fold.sources) if facts.tree else 0
    less = in_bytes(saved) if saved >= 1000 else f"{saved} bytes"
    message = f"{fold.message} ({less} less)" if saved else fold.message
    notes = (*fold.notes, *(f"the image is the same if {doubt}" for doubt in fold.doubts))
    safety = Safety.UNSAFE if fold.doubts else Safety.SAFE
    return Finding(RULE, fold.span, message, fold.edits, safety, notes, gone=fold.gone, new=fold.new, severity=Severity.WARNING)
