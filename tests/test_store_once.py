"""What is folded into the instruction that brings a file, and what has to stay a step of its own."""

from __future__ import annotations

import dfrefactor
import pytest
from dfrefactor.passes import named
from dfrefactor.settings import Settings

PASS = [named("store-once")]


def once(text: str, settings: Settings | None = None) -> str:
    result = dfrefactor.refactor(text.encode(), passes=PASS, settings=settings)
    assert not result.problems
    assert not dfrefactor.refactor(result.data, passes=PASS, settings=settings).changed
    return result.data.decode()


FOLDED = {
    "a comment goes along": (
        "FROM debian\nCOPY a.sh /\n\n# may be run\nRUN chmod a+x /a.sh\n\nUSER x\n",
        "FROM debian\n# may be run\nCOPY --chmod=a+x a.sh /\n\nUSER x\n",
    ),
    "behind other flags": ("FROM debian\nCOPY --link a.sh /\nRUN chmod 0755 /a.sh\n", "FROM debian\nCOPY --link --chmod=0755 a.sh /\n"),
    "mode and owner": ("FROM debian\nCOPY a.sh /\nRUN chmod 700 /a.sh && chown 1:2 /a.sh\n", "FROM debian\nCOPY a.sh /\nRUN chmod 700 /a.sh && chown 1:2 /a.sh\n"),
    "one command of several": (
        "FROM debian\nCOPY a.sh /\nRUN set -ex; \\\n    mkdir /x; \\\n    chmod +x /a.sh; \\\n    mkdir /y\n",
        "FROM debian\nCOPY --chmod=+x a.sh /\nRUN set -ex; \\\n    mkdir /x; \\\n    mkdir /y\n",
    ),
    "nothing but options is left": ("FROM debian\nCOPY a.sh /\nRUN set -ex; chmod +x /a.sh\nUSER x\n", "FROM debian\nCOPY --chmod=+x a.sh /\nUSER x\n"),
    "all files of a copy, by two commands": (
        "FROM debian\nCOPY a.sh b.sh /etc/\nRUN chmod +x /etc/a.sh\nRUN chmod +x /etc/b.sh\nUSER x\n",
        "FROM debian\nCOPY --chmod=+x a.sh b.sh /etc/\nUSER x\n",
    ),
    "a file from the net": ("FROM debian\nADD https://h/a.sh /b.sh\nRUN chmod 755 /b.sh && /b.sh\n", "FROM debian\nADD --chmod=755 https://h/a.sh /b.sh\nRUN /b.sh\n"),
    "a folder that is there": ("FROM debian\nWORKDIR /srv/x\nCOPY a.key /srv/x/\nRUN chmod 600 /srv/x/a.key\n", "FROM debian\nWORKDIR /srv/x\nCOPY --chmod=600 a.key /srv/x/\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", FOLDED)
def test_it_is_folded(name: str) -> None:
    before, after = FOLDED[name]
    assert once(before) == after


STAYS = {
    "what is copied may be a folder": "COPY app /app\nRUN chmod 755 /app\n",
    "it may land in a folder": "COPY a.sh /etc/init\nRUN chmod 755 /etc/init\n",
    "names nobody knows": "COPY *.sh /\nRUN chmod +x /a.sh\n",
    "a place a variable says": "ENV D=/opt\nCOPY a.sh $D/\nRUN chmod +x /opt/a.sh\n",
    "an archive that is unpacked": "ADD a.tgz /\nRUN chmod 755 /a.tgz\n",
    "one file of two": "COPY a.sh b.sh /\nRUN chmod +x /a.sh\n",
    "two modes": "COPY a.sh b.sh /\nRUN chmod 755 /a.sh\nRUN chmod 700 /b.sh\n",
    "a tree": "COPY a.sh /srv/\nRUN chmod -R 755 /srv\n",
    "it is looked at in between": "COPY a.sh /\nRUN stat /a.sh > /s\nRUN chmod +x /a.sh\n",
    "it is written in between": "COPY a.sh /\nRUN echo x >> /a.sh\nRUN chmod +x /a.sh\n",
    "it is moved": "COPY a.sh /\nRUN mv /a.sh /b.sh && chmod +x /b.sh\n",
    "a user who is made first": "COPY a.sh /\nRUN useradd web\nRUN chown web:web /a.sh\n",
    "the group is left as it is": "COPY a.sh /\nRUN chown nobody /a.sh\n",
    "a folder would get the mode": "COPY a.key /srv/keys/\nRUN chmod 600 /srv/keys/a.key\n",
    "a folder would get the owner": "COPY a.key /srv/keys/\nRUN chown 1:1 /srv/keys/a.key\n",
    "it has a mode": "COPY --chmod=600 a.sh /\nRUN chmod 755 /a.sh\n",
    "letters that look at the mask": "COPY a.sh /\nRUN chmod +w /a.sh\n",
    "letters that depend on more": "COPY a.sh /\nRUN chmod a+X /a.sh\n",
    "a mode of another file": "COPY a.sh /\nRUN chmod --reference=/etc/passwd /a.sh\n",
    "a failure that is passed over": "COPY a.sh /\nRUN chmod 755 /a.sh || true\n",
    "a list that goes on after a failure": "COPY a.sh /\nRUN chmod 755 /a.sh; echo x\n",
    "only if": "COPY a.sh /\nRUN if [ -e /b ]; then chmod 755 /a.sh; fi\n",
    "text of the file's own": "COPY <<E /a.sh\nx\nE\nRUN chmod 755 /a.sh\n",
}


@pytest.mark.parametrize("name", STAYS)
def test_it_stays(name: str) -> None:
    text = f"FROM debian\n{STAYS[name]}"
    assert once(text) == text


@pytest.mark.parametrize(("syntax", "folds"), [("docker/dockerfile:1", True), ("docker/dockerfile:1.14", True), ("docker.io/docker/dockerfile:1.20-labs", True), ("docker/dockerfile:1.7", False), ("example.org/own:1", False)])  # fmt: skip
def test_letters_need_a_new_syntax(syntax: str, folds: bool) -> None:
    text = f"# syntax={syntax}\nFROM debian\nCOPY a.sh /\nRUN chmod +x /a.sh\n"
    assert (once(text) != text) is folds
    assert once(text.replace("+x", "755")) != text.replace("+x", "755")


def test_the_classic_builder_knows_no_modes() -> None:
    text = "FROM debian\nCOPY a.sh /\nRUN chmod 755 /a.sh\n"
    assert once(text, Settings(builder="classic")) == text
