"""How far the pass sees: archives, builds from source, package managers in folders of their own; and where it has to stop."""

from __future__ import annotations

import dfrefactor
import pytest
from dfrefactor.facts import Facts
from dfrefactor.passes import PASSES
from dfrefactor.stages.atoms import atoms

PARALLEL = [each for each in PASSES if each.name == "parallel-stages"]
OTHER = "RUN curl -fsSLo /usr/local/bin/other http://h/other"
BUILD = "curl -fsSL http://h/p.tgz | tar -xz --strip-components=1 -C /usr/src/p && cd /usr/src/p"


def branches(*lines: str, base: str = "buildpack-deps") -> list[str]:
    """The names of the stages that are made of a stage with `lines`, the trunk left out."""
    result = dfrefactor.refactor("\n".join([f"FROM {base}", *lines, ""]).encode(), passes=PARALLEL)
    assert not result.problems
    stages = dfrefactor.parse(result.data).stages
    return [stage.name or "" for stage in stages[:-1] if stage.name != "base"]


SPLIT = {
    "an archive below a folder of its own": "RUN mkdir -p /opt/x && curl http://h/x | tar -xz -C /opt/x --strip-components=1",
    "an archive whose folder an earlier RUN made": "RUN mkdir -p /opt/x\nRUN curl http://h/x | tar -xz -C /opt/x --strip-components=1",
    "a member of an archive": "RUN curl http://h/x | tar -xz -C /usr/local/bin x",
    "a member of a zip": "RUN curl -o /tmp/x.zip http://h/x && unzip /tmp/x.zip x -d /usr/local/bin && rm -f /tmp/x.zip",
    "a zip in a new folder": "RUN curl -o /tmp/x.zip http://h/x && unzip /tmp/x.zip -d /opt/x && rm /tmp/x.zip",
    "a private folder": "RUN mkdir -m 700 /opt/x && curl -o /opt/x/y http://h/y",
    "a build from source": f"RUN mkdir -p /usr/src/p && {BUILD} && ./configure --prefix=/opt/x && make && make install && rm -rf /usr/src/p",
    "a build of a clone": "RUN git clone http://h/p /opt/x && cd /opt/x && make",
    "a virtual environment": "RUN python3 -m venv /opt/x && /opt/x/bin/pip install y",
    "packages in a folder": "RUN pip install --target /opt/x y",
    "node packages in a folder": "RUN mkdir -p /opt/x && npm install --prefix /opt/x y",
    "a project without scripts": "WORKDIR /x\nCOPY package.json package-lock.json ./\nRUN npm ci --ignore-scripts",
    "a loop in a folder of its own": "RUN mkdir -p /opt/x && for f in a b; do curl -o /opt/x/$f http://h/$f; done",
    "a sum that is checked": "RUN curl -o /opt/x http://h/x && echo \"0123456789abcdef0123  /opt/x\" | sha256sum -c -",
    "a file from the context": "COPY x.conf /etc/x/x.conf\nRUN curl --cacert /etc/x/x.conf -o /opt/x http://h/x",
}  # fmt: skip

WHOLE = {
    "a file that bash reads first": 'SHELL ["/bin/bash", "-c"]\nENV BASH_ENV=/e\nRUN curl -o /opt/x http://h/x',
    "an archive in a folder of the system": "RUN curl http://h/x | tar -xz -C /usr/local --strip-components=1",
    "a clone whose failure is hidden": "RUN git clone http://h/x /opt/x || true",
    "a build of files from the context": "COPY . /usr/src/p\nRUN cd /usr/src/p && ./configure --prefix=/opt/x && make install",
    "a build with the usual prefix": f"RUN mkdir -p /usr/src/p && {BUILD} && ./configure && make && make install",
    "a build that files of ours are mixed into": f"COPY Makefile /usr/src/p/Makefile\nRUN mkdir -p /usr/src/p && {BUILD} && make",
    "packages of the system": "RUN pip install x",
    "node packages for all": "RUN npm install -g x",
    "a program that is piped to a shell": "RUN curl http://h/x | sh",
    "a project with scripts of its own": "WORKDIR /x\nCOPY package.json package-lock.json ./\nRUN npm ci",
    "a project's script": "WORKDIR /x\nCOPY . .\nRUN npm run build",
    "a place that is not known": "RUN curl -o $WHERE http://h/x",
    "an environment in its own place": "RUN python3 -m venv $WHERE && $WHERE/bin/pip install y",
}  # fmt: skip


@pytest.mark.parametrize("name", SPLIT)
def test_it_becomes_a_branch(name: str) -> None:
    assert len(branches(SPLIT[name], OTHER)) == 2
    assert len(branches(OTHER, SPLIT[name])) == 2


@pytest.mark.parametrize("name", WHOLE)
def test_it_stays_where_it_is(name: str) -> None:
    assert branches(WHOLE[name], OTHER) == []


def test_a_member_in_a_folder_of_programs_comes_back_by_its_name() -> None:
    member = SPLIT["a member of an archive"]
    assert len(branches(member, OTHER, base="python:3.11")) == 2
    assert len(branches(member, OTHER, base="example.org/ours:1")) == 2


def test_a_folder_that_is_filled_through_path_comes_first() -> None:
    tool = "RUN mkdir -p /opt/t && curl http://h/t | tar -xz -C /opt/t --strip-components=1\nENV PATH=/opt/t/bin:$PATH"
    assert branches(tool, OTHER) == []
    assert branches(tool, OTHER, OTHER.replace("other", "more")) == ["other", "more"]


def test_names_are_of_what_is_made() -> None:
    assert branches(SPLIT["a file from the context"], OTHER) == ["x", "other"]
    assert branches(SPLIT["a member of an archive"], OTHER) == ["x", "other"]


def test_a_name_that_a_build_argument_is_a_part_of() -> None:
    assert branches("ARG V=2.1", "RUN curl -o /opt/glibc-$V.apk http://h/$V", OTHER) == ["glibc", "other"]


def test_a_unit_that_looks_at_no_argument_has_one_footprint() -> None:
    facts = Facts(dfrefactor.parse(b"FROM debian\nARG V=1\nRUN mkdir /a && touch /a/x\nRUN mkdir /b && touch /b/$V\n"))
    same = [atom.symbolic is atom.effects for atom in atoms(facts, facts.document.stages[0], "parallel-stages") if atom.of]
    assert same == [True, True, True, False]
