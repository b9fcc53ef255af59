"""What is said of single RUNs: grade, outputs, reasons, units; and what is left open."""



from __future__ import annotations

import time

import dfrefactor
import pytest
from dfrefactor.dockerfile.comments import notes
from dfrefactor.effects import instruction as effects
from dfrefactor.effects.catalog import PACKAGED, Catalog, CatalogError, names
from dfrefactor.effects.commands import HANDLERS
from dfrefactor.effects.effects import Effects, sequence
from dfrefactor.effects.output import OTHER_MODE, OTHER_OWNER, Grade
from dfrefactor.effects.paths import Region
from dfrefactor.effects.state import ShellState
from dfrefactor.effects.trace import Step
from dfrefactor.effects.units import trace
from dfrefactor.facts import Facts
from dfrefactor.images import scopes


def step(text: str, above: str = "", base: str = "debian", catalog: dict[str, object] | None = None) -> Step:
    """The footprint of the last instruction of a small file."""
    stage = dfrefactor.parse(f"FROM {base}\n{above}\n{text}\n".encode()).stages[-1]
    return effects.of(stage.instructions[-1], scopes(stage)[-1], None, catalog)


def run(text: str, above: str = "", base: str = "debian", catalog: dict[str, object] | None = None) -> Effects:
    return step(f"RUN {text}", above, base, catalog).effects


@pytest.mark.parametrize(
    ("text", "outputs"),
    [
        ("mkdir /a", {"/a": "dir"}),
        ("mkdir -p /opt/a/b", {"/opt/a": "dir", "/opt/a/b": "dir"}),
        ("mkdir /a && touch /a/x", {"/a": "tree"}),
        ("curl -o /opt/x http://h/y", {"/opt/x": "file"}),
        ("curl -fsSLo /opt/x http://h/y", {"/opt/x": "file"}),
        ("curl --output=/opt/x http://h/y", {"/opt/x": "file"}),
        ("cd /opt && curl -O 'http://h/y.tgz?v=1'", {"/opt/y.tgz": "file"}),
        ("wget -O /opt/x http://h/y", {"/opt/x": "file"}),
        ("wget -qP /opt/d http://h/y", {"/opt/d": "dir", "/opt/d/y": "file"}),
        ("wget http://h/a/y", {"/y": "file"}),
        ("git clone http://h/r.git /opt/r", {"/opt/r": "tree"}),
        ("cd /opt && git clone --depth=1 http://h/r.git", {"/opt/r": "tree"}),
        ("mkdir /a && tar xzf /x.tgz -C /a", {"/a": "tree"}),
        ("tar -C /opt/a -x -f /x.tar", {"/opt/a": "tree"}),
        ("curl http://h/x | tar xz -C /opt/a", {"/opt/a": "tree"}),
        ("unzip -q /x.zip -d /opt/a", {"/opt/a": "tree"}),
        ("cp /x /usr/local/bin/y", {"/usr/local/bin/y": "file"}),
        ("cp /x /usr/local/bin/", {"/usr/local/bin/x": "file"}),
        ("cp -t /opt /x /y", {"/opt/x": "file", "/opt/y": "file"}),
        ("install -Dm755 /x /usr/local/bin/y", {"/usr/local/bin/y": "file"}),
        ("ln -s /opt/a /usr/local/bin/a", {"/usr/local/bin/a": "symlink"}),
        ("sed -i s/a/b/ /etc/x", {"/etc/x": "file"}),
        ("sed -i.bak s/a/b/ /etc/x", {"/etc/x": "file", "/etc/x.bak": "file"}),
        ("echo a > /x; echo b >> /x", None),
        ("echo a > /x && echo b >> /x", {"/x": "file"}),
        ("echo a | tee /x /y", {"/x": "file", "/y": "file"}),
        ("curl -o /tmp/x http://h/x && mkdir /a && tar xf /tmp/x -C /a && rm /tmp/x", {"/a": "tree"}),
        ("touch /a && rm /a", {}),
        ("touch /a && mv /a /usr/local/bin/b", {"/usr/local/bin/b": "file"}),
        ("V=1 && mkdir /app-$V", {"/app-1": "dir"}),
        ("for i in a b; do mkdir /$i || exit 1; done", None),
        ("set -e; for i in a b; do mkdir /$i; done", {"/a": "dir", "/b": "dir"}),
        ("bash -c 'mkdir /a'", {"/a": "dir"}),
        ("env A=1 mkdir /a", {"/a": "dir"}),
        ("(cd /opt && touch x) && touch y", {"/opt/x": "file", "/y": "file"}),
        ("f() { mkdir $1; }; f /a", {"/a": "dir"}),
        ("cat <<< x > /y", {"/y": "file"}),
        ("test -d /x", {}),
        ("true", {}),
    ],
)
def test_exact_commands_leave_what_they_name(text: str, outputs: dict[str, str] | None) -> None:
    found = run(text)
    if outputs is None:
        assert found.grade is not Grade.EXACT
    else:
        assert found.grade is Grade.EXACT, found.reasons
        assert {each.path: each.kind for each in found.outputs} == outputs


@pytest.mark.parametrize(
    "text",
    [
        "cp /x /etc/y",  # /etc/y may be a folder
        "mv /x /opt/y",
        "ln -s /x /opt/y",
        "ln -sfn /x /opt/y",
        "chmod 755 /opt/x",  # may be a folder or a link
        "tar xf /x.tgz -C /usr/local",
        "tar xf /x.tgz -C /",
        "curl -OJ http://h/y",
        "curl -o '/opt/#1' 'http://h/{a,b}'",
        "wget -r http://h/y",
        "wget http://h/",
        "test -f /x || touch /y",
        "if true; then touch /x; fi",
        "touch /x &",
        "touch /x; touch /y",
        "touch /x | cat",
        "! touch /x",
        "mkdir /app-$VERSION",
        "touch /$(date).log",
        "rm -rf /opt/$X",
        "cp -u /x /usr/local/bin/x",
        "find /x -name y -delete",
        "apt-get install -y curl",
        "pip install six",
        "npm install",
        "make",
        "make install",
        "git submodule update",
        "useradd app",
        "ldconfig",
        "patch -p1 < /x",
        "gpg --import /x",
        "split -l 1 /x",
        "cp -r /x /y",
        "ln /x /usr/local/bin/y",
    ],
)
def test_bounded_is_all_that_is_known(text: str) -> None:
    found = run(text)
    assert found.grade is Grade.BOUNDED, found
    assert found.reason and all(each.kind == "tree" for each in found.outputs)


@pytest.mark.parametrize(
    "text",
    [
        "./install.sh", "sh install.sh", "curl http://h/x | sh", "bash < /x", "mystery", "python x.py", "php x.php", "node x.js",
        "java -jar x", "perl x.pl", "eval $X", ". /x.sh", "$X a", "touch $X", "rm -rf $DIR", "ls | xargs rm", "xargs rm < /x",
        "curl --mystery http://h/x", "curl -K /x", "tar --to-command=x -xf /y", "tar -P -xf /x", "find / -fprintf /x y",
        "alias ls=rm", "echo 'unbalanced", "sed 'w /x' /y", "awk '{ print > \"/x\" }' /y", "npx create-app", "go run .",
        "docker build .", "run-parts /x", "service x start", "su app", "for ((i=0;i<3;i++)); do touch /$i; done",
        "cp -b /x /y", "rm -rf `cat /x`", "tee >(mystery) < /x", "echo ${X:-$(mystery)}",
    ],
)  # fmt: skip
def test_unknown_says_why(text: str) -> None:
    found = run(text)
    assert found.grade is Grade.UNKNOWN, found
    assert found.reason and all(each.kind == "tree" for each in found.outputs)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("make install", "`make install` without a prefix writes below /usr/local"),
        ("mystery --x", "`mystery` is not in the catalog"),
        ("./x", "`./x` is a program we do not know"),
        ("git frobnicate", "what `git frobnicate` does is not in the catalog"),
        ("cp /x /etc/y", "`/etc/y` may be a folder, into which it would be put"),
        ("touch $X", "it writes `$X`, which is not known"),
    ],
)
def test_reasons_a_user_understands(text: str, reason: str) -> None:
    assert run(text).reason == reason


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("apt-get install -y x", "/usr/lib/x"),
        ("pip install x", "/usr/local/lib/python3.11/site-packages/x/__init__.py"),
        ("wget -O /x http://h", "/root/.wget-hsts"),
        ("cd /w/a && npm ci", "/w/node_modules/x"),
        ("make -C /src/x", "/src/y"),
        ("make DESTDIR=/stage/a install", "/stage/a/usr/bin/x"),
        ("./configure --prefix=/opt/p && make install", "/opt/p/bin/x"),
        ("cargo build --manifest-path /rs/Cargo.toml", "/rs/target/x"),
        ("useradd -m app", "/home/app/.bashrc"),
        ("useradd -m -d /data/app app", "/data"),
        ("mv /x/* /y/", "/y/z"),
        ("cp -r /x /y", "/y/x/z"),
        ("find /d -exec touch {} +", "/d/e/f"),
        ("find /d | xargs touch", "/d/e/f"),
        ("echo x > /etc/os-release", "/usr/lib/os-release"),
        ("ln -s /opt/r /opt/l && touch /opt/l/x", "/opt/r/x"),
        ("ln -sfn /opt/r /opt/l && touch /opt/l/x", "/opt/r/x"),
        ("tee >(cat > /inside) < /etc/passwd", "/inside"),
        ("mkdir -p /x/{a,b}", "/x/a"),
        ("pip install --target /new/site x", "/new"),
    ],
)
def test_what_may_be_written_is_allowed_for(text: str, region: str) -> None:
    found = run(text)
    assert any(each.contains(region) for each in found.touched | found.leftovers)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("touch /a", "/b"),
        ("touch /opt/ab", "/opt/a"),
        ("apt-get install -y x", "/usr/local/bin/x"),
        ("pip install x", "/srv/x"),
        ("tar xf /x.tgz -C /opt/a", "/opt/b"),
        ("cd /w && npm ci", "/x"),
        ("rm -rf /opt/a", "/opt/ab"),
        ("git clone http://h/r /r", "/root/.gitconfig"),
    ],
)
def test_what_is_not_written_is_not_claimed(text: str, region: str) -> None:
    found = run(text)
    assert not any(each.contains(region) for each in found.touched)


@pytest.mark.parametrize("text", ["mkdir /srv/b; if true; then chmod 700 /srv/b; fi", "mkdir /srv/b; if [ -e /x ]; then chown -R 7:8 /srv/b; fi"])
def test_the_mode_and_owner_of_a_new_folder_are_open_where_it_may_get_others(text: str) -> None:
    effects = run(f"set -e; {text}")
    assert not effects.grade or all(each.mode == OTHER_MODE and each.owner == OTHER_OWNER for each in effects.outputs)


@pytest.mark.parametrize("text", ["dd of=~/a", "dd $WORDS", "dd $A=/x"])
def test_what_dd_writes_is_not_known(text: str) -> None:
    assert run(text, 'SHELL ["/bin/bash", "-c"]\n').grade is Grade.UNKNOWN


def test_whether_a_folder_is_empty_is_read() -> None:
    assert Region("/srv/x", "tree") in run("rmdir /srv/x").reads
    assert not run("mkdir /srv/x && rmdir /srv/x").reads & {Region("/srv/x", "tree")}


@pytest.mark.parametrize("text", ["(cp /a /srv/b) | tee /a", "sort /a | uniq | sed s/x/y/ > /a", "curl https://h/f | tee /a | gzip > /a"])
def test_parts_of_a_pipe_run_at_the_same_time(text: str) -> None:
    effects = run(text, above='SHELL ["/bin/bash", "-o", "pipefail", "-c"]\n')
    assert effects.grade is Grade.BOUNDED
    assert "which part of the pipe is first at `/a` is not known" in effects.reasons


def test_scope_counts() -> None:
    assert [each.path for each in run("touch x", "WORKDIR /w").outputs] == ["/w/x"]
    assert [each.path for each in run("touch $D/x", "ENV D=/d").outputs] == ["/d/x"]
    assert [each.path for each in run("touch $D/x", "ARG D=/d").outputs] == ["/d/x"]
    assert run("touch $D/x", "ARG D").grade is Grade.UNKNOWN
    assert run("touch x", base="who/knows").grade is Grade.UNKNOWN
    assert [each.owner for each in run("mkdir /x", "USER app").outputs] == [None]
    assert [(each.mode, each.owner) for each in run("mkdir /x").outputs] == [(0o755, "root:root")]
    assert [each.mode for each in run("umask 077 && mkdir /x").outputs] == [0o700]
    assert run("mkdir /x", 'SHELL ["powershell", "-Command"]').grade is Grade.UNKNOWN
    assert [o.path for o in trace("touch ~/x $HOME/y", ShellState(home="/root")).effects.outputs] == ["/root/x", "/root/y"]
    assert run("touch ~/x", base="who/knows", above="USER root").grade is not Grade.EXACT  # the image may set HOME
    assert run("touch ~app/x").grade is not Grade.EXACT


def test_json_form_has_no_shell() -> None:
    assert [each.path for each in run('["mkdir", "/x$Y"]').outputs] == ["/x$Y"]
    assert [each.path for each in run('["sh", "-c", "mkdir /x"]').outputs] == ["/x"]
    assert run('["touch", "/a", "&&", "rm"]').outputs[0].path == "/a"


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("RUN <<EOF\nset -e\nmkdir /a\ntouch /b\nEOF", ["/a", "/b"]),
        ("RUN <<EOF\ntouch /b\nEOF", ["/b"]),
        ("RUN <<-EOF\n\ttouch /b\n\tEOF", ["/b"]),
        ("RUN cat <<EOF > /c\ntext $X\nEOF", ["/c"]),
        ("RUN <<'EOF' bash -e\nmkdir /d\nEOF", ["/d"]),
    ],
)
def test_here_documents(text: str, paths: list[str]) -> None:
    found = step(text).effects
    assert found.grade is Grade.EXACT, found.reasons
    assert [each.path for each in found.outputs] == paths


@pytest.mark.parametrize("text", ["RUN <<EOF\n#!/usr/bin/env python3\nx\nEOF", "RUN python3 <<EOF\nx\nEOF", "RUN bash <<EOF\n$X\nEOF"])
def test_here_documents_of_other_languages(text: str) -> None:
    assert step(text).effects.grade is Grade.UNKNOWN


@pytest.mark.parametrize("text", ["ENV A=1", "CMD x", "LABEL a=b", "EXPOSE 1", "ONBUILD RUN x", "VOLUME /x", "STOPSIGNAL 9"])
def test_configuration_touches_no_file(text: str) -> None:
    found = step(text).effects
    assert found.grade is Grade.EXACT and not found.touched and not found.reads


def test_copy_and_workdir() -> None:
    assert [each.path for each in step("COPY a b /opt/x/").effects.outputs] == ["/opt/x"]
    assert step("COPY a /usr/local/bin/").effects.grade is Grade.BOUNDED
    assert "a" in step("COPY a /usr/local/bin/").effects.provides
    assert [each.path for each in step("WORKDIR x", "WORKDIR /w").effects.outputs] == ["/w/x"]
    assert step("COPY a $NOWHERE/x", "ARG NOWHERE").effects.grade is not Grade.EXACT


def test_a_hint_is_the_whole_footprint() -> None:
    document = dfrefactor.parse(b"FROM debian\n# dfrefactor: writes=/opt/a reads=/src\nRUN ./install\n")
    instruction = document.instructions[-1]
    found = effects.of(instruction, scopes(document.stages[0])[-1], notes(document).hints[instruction]).effects
    assert found.grade is Grade.EXACT and found.heavy
    assert found.reads == {Region("/src", "tree")} and found.writes == {Region("/opt/a", "tree")}
    assert not found.commands and not found.variables


BLOCKED = [
    ("mkdir /a && mkdir /b", ""),
    ("set -e; mkdir /a; mkdir /b", ""),
    ("mkdir /a; mkdir /b", "`;` without `set -e` goes on after a failure"),
    ("mkdir /a || mkdir /b", "`||` joins it to the command before"),
    ("mkdir /a & mkdir /b", "a background job may still run"),
    ("cd /a && mkdir b", ""),
    ("X=1 && touch /$X", ""),
    ("export X=1 && touch /y", ""),
    ("export X=1 && make", ""),
    ("umask 077 && touch /y", "the umask was changed before"),
    ("f() { true; }; touch /y", "`;` without `set -e` goes on after a failure"),
    ("set -e; f() { true; }; touch /y", "the shell keeps functions from before"),
    ("exec > /log && touch /y", "the shell keeps redirections from before"),
    ("trap 'rm /x' EXIT && touch /y", "the shell keeps traps from before"),
    ("X=1 && touch /y", ""),
    ("(cd /a && touch b) && touch /c", ""),
]


@pytest.mark.parametrize(("text", "reason"), BLOCKED)
def test_where_a_list_may_be_cut(text: str, reason: str) -> None:
    last = trace(text, ShellState(home="/root")).units[-1]
    assert last.blocked == reason


def test_units_stand_where_they_were_read_and_know_their_state() -> None:
    text = "set -e; cd /opt && touch é && V=1"
    units = trace(text, ShellState(home="/root")).units
    assert [text[unit.start : unit.end] for unit in units] == ["set -e", "cd /opt", "touch é", "V=1"]
    assert [unit.joins for unit in units] == [";", "&&", "&&", ""]
    assert units[2].before.cwd == "/opt" and units[2].before.errexit
    assert units[3].assigns == {"V"} and units[3].after.value("V") == "1"
    assert sequence(unit.effects for unit in units).grade is Grade.EXACT


OWN = {"our-tool": {"options": {"-o --out": "write"}, "operands": ["read..."], "network": True}, "ours": {"like": "our-tool"}}


@pytest.mark.parametrize("command", ["our-tool -o /x /y", "ours --out=/x /y"])
def test_a_user_describes_commands_of_their_own(command: str) -> None:
    found = step(f"RUN {command}", catalog=dict(OWN)).effects
    assert found.grade is Grade.EXACT and [each.path for each in found.outputs] == ["/x"]
    assert Region("/y") in found.reads and found.network


@pytest.mark.parametrize(
    "table",
    [{"grade": "perfect"}, {"reads": "x"}, {"colour": "red"}, {"options": {"-x": "paint"}}, {"operands": ["paint..."]}, {"like": "nobody"}],
)
def test_a_table_of_another_form_is_an_error(table: dict[str, object]) -> None:
    with pytest.raises(CatalogError):
        Catalog({"mine": table})


def test_every_table_of_the_catalog_can_be_read() -> None:
    for name in names():
        entry = PACKAGED.get(name)
        assert entry is not None
        below = [found for each in entry.sub if (found := entry.subcommand(each))]
        given = [entry.given(option) for option in entry.when]
        for each in (entry, *below, *given):
            assert not each.handler or each.handler in HANDLERS
            assert each.grade is Grade.EXACT or each.why


REQUIRED = """
mkdir cp mv ln rm install touch tee chmod chown chgrp truncate dd split sed sort mktemp find xargs tar gzip gunzip xz bzip2 zstd
unzip zip sha256sum sha512sum md5sum grep awk cut tr head tail wc test true id uname nproc date sleep curl wget git svn aria2c gpg
ssh-keyscan apt-get apt apt-mark add-apt-repository dpkg apk yum dnf microdnf rpm zypper pacman tdnf pip pip3 python uv pipx poetry
conda mamba micromamba npm npx yarn pnpm corepack go cargo rustup gem bundle composer mvn gradle dotnet nuget R Rscript cpan cpanm
luarocks mix stack cabal opam docker-php-ext-install docker-php-ext-enable docker-php-ext-configure pecl phpize bash sh sudo env exec
php java node patch ls which readlink addgroup apt-key gpgconf dirname basename command type ulimit */configure */autogen.sh make
cmake ninja meson bazel useradd adduser groupadd usermod passwd chpasswd su-exec gosu ldconfig update-ca-certificates
update-alternatives locale-gen localedef systemctl a2enmod setcap c_rehash
"""


@pytest.mark.parametrize("name", REQUIRED.split())
def test_the_catalog_has_what_real_files_use(name: str) -> None:
    assert PACKAGED.get(name) is not None


@pytest.mark.parametrize("name", ["python", "php", "java", "node", "perl", "ruby"])
def test_an_interpreter_is_never_exact(name: str) -> None:
    assert run(f"{name} /x").grade is not Grade.EXACT


@pytest.mark.parametrize(
    "text",
    [
        "echo 'a", "echo \"a", "$(", "cat <<E", "a" * 100_000, "touch " + "x " * 50_000, "a && " * 15_000 + "b", "(" * 4000,
        "for i in " + "a " * 20_000 + "; do touch $i; done", "f() { f; f; }; f", "f() { f | f; }; f", "sh -c 'sh -c \"sh -c x\"'",
        "while true; do " * 30 + "touch /x" + "; done" * 30, "cat <<A <<B\n<<C\nA\nB", "\\", "\udcff\0",
        "for i in " + "a " * 20 + "; do for j in " + "b " * 20 + "; do for k in " + "c " * 20 + "; do touch $i$j$k; done; done; done",
    ],
)  # fmt: skip
def test_bad_or_endless_text_is_unknown_soon_and_never_an_exception(text: str) -> None:
    start = time.process_time()
    units = trace(text, ShellState(home="/root")).units
    sequence(unit.effects for unit in units)
    assert time.process_time() - start < 8
    assert all(unit.effects.grade is not Grade.EXACT or not unit.effects.reasons for unit in units)


def last(*steps: str, base: str = "debian") -> Effects:
    """The footprint of the last of a stage's steps, with those before it known."""
    facts = Facts(dfrefactor.parse("\n".join([f"FROM {base}", *steps, ""]).encode()))
    return facts.steps(facts.document.stages[-1])[-1].effects


@pytest.mark.parametrize(
    "above",
    [
        ("COPY --from=x /t/z /t/z",),
        ("COPY z /t/z",),
        ("ADD z /t/z",),
        ("RUN mkdir /t && touch /t/z", "RUN chown -R daemon /t/z"),
        ("# dfrefactor: writes=/t/z\nRUN mystery",),
        ("RUN mkdir -p /t/z", "RUN rm -rf /t/z"),
        ("RUN mkdir -p /t/z", "RUN rmdir /t/z"),
        ("RUN mkdir -p /t/z", "RUN rm -rf /t/*"),
        ("RUN mkdir -p /t/z", "RUN mystery"),
    ],
)
def test_what_may_be_a_file_is_not_taken_for_a_folder(above: tuple[str, ...]) -> None:
    found = last(*above, "RUN cp /f /t/z")
    assert found.grade is not Grade.EXACT or not any(each.path == "/t/z/f" for each in found.outputs)


@pytest.mark.parametrize(
    "above",
    [
        ("RUN mkdir -p /t/z",),
        ("COPY z /t/z/",),
        ("COPY a b /t/z/",),
        ("WORKDIR /t/z", "WORKDIR /"),
        ("RUN mkdir -p /t/z", "COPY z /t/z"),
        ("RUN mkdir -p /t/z", "RUN chown -R daemon /t/z"),
        ("RUN mkdir -p /t/z && tar -xf /x -C /t/z",),
        ("RUN rm -rf /t/z && mkdir -p /t/z",),
    ],
)
def test_what_is_a_folder_stays_one(above: tuple[str, ...]) -> None:
    found = last(*above, "RUN cp /f /t/z")
    assert [each.path for each in found.outputs] == ["/t/z/f"]


@pytest.mark.parametrize("removal", ["rm /l", "rm -f /l", "rm -rf /l /m", "rm -f /?"])
def test_a_link_that_is_gone_is_not_written_through(removal: str) -> None:
    found = last("RUN mkdir /a && ln -s /a /l", f"RUN {removal}", "RUN mkdir /l", "RUN touch /l/x")
    assert [each.path for each in found.outputs] == ["/l/x"]


@pytest.mark.parametrize(
    "above",
    [
        ("RUN mkdir /a && ln -s /a /opt/l", "RUN rm /opt/l || true"),
        ("RUN mkdir /a && ln -s /a /opt/l", "RUN mystery"),
        ("RUN mkdir /a && ln -s /a /opt/l || true",),
        ("RUN mkdir /a /m && ln -s /a /m/n/l",),
        ("RUN test -e /x || ln -s $(nowhere) /opt/l",),
    ],
)
def test_a_link_that_may_be_there_is_perhaps_written_through(above: tuple[str, ...]) -> None:
    path = "/m/n/l/x" if "/m/n" in above[0] else "/opt/l/x"
    found = last(*above, f"RUN touch {path}")
    assert found.grade is not Grade.EXACT and any(each.contains("/a/x") for each in found.writes)
    assert any(each.contains("/a/x") for each in last(*above, f"RUN cat {path}").reads)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("cd /x; touch a", "/a"),
        ("cd /srv/x || true; cd y; curl -O http://h/a", "/srv/x/a"),
        ("cd /nothing || touch a", "/a"),
        ("pushd /opt; touch a", "/a"),
        ("rsync -a /w/a/ /w/b/", "/w/b/file"),
        ("cp /x /etc/localtime", "/usr/share/zoneinfo/Etc/UTC"),
        ("cd /src && git worktree add ../gw", "/gw/x"),
        ("cd /src/p && git format-patch -o ../../gp HEAD", "/gp/x"),
        ("cd /pe && pipenv install", "/pe/.venv/x"),
        ("useradd -D -s /bin/sh", "/etc/default/useradd"),
        ("update-alternatives --remove-all x", "/opt/alt/x"),
    ],
)
def test_what_few_think_of_is_allowed_for(text: str, path: str) -> None:
    found = run(text)
    assert found.grade is Grade.BOUNDED
    assert any(each.contains(path) for each in found.touched)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("cd /x && touch a", "/a"),
        ("set -e; cd /x; touch a", "/a"),
        ("cd /opt; touch a", "/a"),
        ("cd /x || exit 1; touch a", "/a"),
        ("cd /x; cd /y && touch a", "/a"),
        ("(cd /x; touch a) && cd /opt && touch b", "/b"),
    ],
)
def test_a_cd_that_must_have_worked_leaves_the_old_folder_alone(text: str, path: str) -> None:
    assert not any(each.contains(path) for each in run(text).touched)


@pytest.mark.parametrize(
    "text",
    [
        "find /x -execdir touch a ';'", "sed --follow-symlinks -i s/a/b/ /x", "xz --format=lzma /x",
        "update-alternatives --altdir /a --install /x x /y 1",
    ],
)  # fmt: skip
def test_options_that_lead_elsewhere_are_not_followed(text: str) -> None:
    assert run(text).grade is Grade.UNKNOWN


def test_a_clone_is_worked_in_alone() -> None:
    found = run("git clone http://h/r /src/r && cd /src/r/sub && git checkout v1")
    assert found.grade is Grade.EXACT and ("/src/r", "tree") in {(each.path, each.kind) for each in found.outputs}
    assert not any(each.contains("/src/other") for each in found.touched)


def test_a_folder_that_an_earlier_step_made_is_made_where_it_is_missing() -> None:
    found = last("RUN git clone http://h/a /src/a", "RUN git clone http://h/b /src/b")
    assert Region("/src") in found.ensures


def test_what_is_remembered_is_told_apart_by_what_was_before() -> None:
    assert [each.path for each in run("touch x", "WORKDIR /a").outputs] == ["/a/x"]
    assert [each.path for each in run("touch x", "WORKDIR /b").outputs] == ["/b/x"]
    assert run("touch $V", "ENV V=/c").outputs != run("touch $V", "ENV V=/d").outputs
    assert run("our", catalog={"our": {"operands": []}}).grade is not run("our").grade
