"""Images compared: each planted difference is found, and what is no difference is left alone."""

from __future__ import annotations

from typing import Any

import pytest
from dfrefactor.engine.archive import read
from dfrefactor.engine.compare import Difference, compare, learn
from dfrefactor.engine.noise import Noise
from dfrefactor.engine.process import EngineError

from tests.images import (
    config,
    device,
    emptied,
    fifo,
    file,
    folder,
    gone,
    hardlink,
    image,
    layer,
    oci,
    packed,
    saved,
    symlink,
)

BASE = [folder("/d"), folder("/d/empty"), file("/d/a", b"one"), hardlink("/d/b", "/d/a"), symlink("/l", "/d/a")]
BASE += [fifo("/pipe"), device("/null", 1, 3), file("/x", b"x", xattrs={"user.k": b"v"})]

PATHS: dict[str, tuple[list[Any], str, str]] = {
    "a mode": ([file("/x", b"x", 0o600, xattrs={"user.k": b"v"})], "/x", "mode"),
    "a setuid bit": ([file("/x", b"x", 0o4644, xattrs={"user.k": b"v"})], "/x", "mode"),
    "a folder's mode": ([folder("/d", 0o700)], "/d", "mode"),
    "a sticky folder": ([folder("/d", 0o1755)], "/d", "mode"),
    "an owner": ([file("/x", b"x", owner=(1000, 0), xattrs={"user.k": b"v"})], "/x", "owner"),
    "a group": ([folder("/d", owner=(0, 33))], "/d", "owner"),
    "an attribute's value": ([file("/x", b"x", xattrs={"user.k": b"w"})], "/x", "xattrs"),
    "an attribute that is gone": ([file("/x", b"x")], "/x", "xattrs"),
    "a capability": ([file("/x", b"x", xattrs={"user.k": b"v", "security.capability": b"\x01\0\0\x02\xff\xfe"})],
                     "/x", "xattrs"),
    "a content of the same size": ([file("/x", b"y", xattrs={"user.k": b"v"})], "/x", "content"),
    "a content of another size": ([file("/x", b"xx", xattrs={"user.k": b"v"})], "/x", "content"),
    "a symlink that became a file": ([file("/l", b"one")], "/l", "type"),
    "a link's target": ([symlink("/l", "d/a")], "/l", "link"),
    "a file that became a folder": ([gone("/x"), folder("/x")], "/x", "type"),
    "a folder that became a symlink": ([symlink("/d", "/e")], "/d", "type"),
    "a missing empty folder": ([gone("/d/empty")], "/d/empty", "only in old"),
    "an additional empty folder": ([folder("/new")], "/new", "only in new"),
    "a missing tree": ([gone("/d")], "/d", "only in old"),
    "an emptied folder": ([folder("/d"), emptied("/d")], "/d/a", "only in old"),
    "a broken hard link": ([file("/d/b", b"one")], "/d/b", "hard links"),
    "a new hard link": ([file("/x", b"x", xattrs={"user.k": b"v"}), hardlink("/x2", "/x")], "/x", "hard links"),
    "a fifo that became a file": ([file("/pipe")], "/pipe", "type"),
    "a device's number": ([device("/null", 1, 5)], "/null", "device"),
    "a name that is no UTF-8": ([file("/\udcff")], "/\udcff", "only in new"),
}  # fmt: skip

SETTINGS: dict[str, Any] = {
    "CMD": {"Cmd": ["a"]},
    "ENTRYPOINT": {"Entrypoint": ["a"]},
    "USER": {"User": "app"},
    "WORKDIR": {"WorkingDir": "/app"},
    "STOPSIGNAL": {"StopSignal": "SIGINT"},
    "HEALTHCHECK": {"Healthcheck": {"Test": ["CMD", "true"], "Interval": 1}},
    "SHELL": {"Shell": ["/bin/bash", "-c"]},
    "ONBUILD": {"OnBuild": ["RUN true"]},
    "ENV A": {"Env": ["A=1"]},
    "LABEL a": {"Labels": {"a": "1"}},
    "EXPOSE 80/tcp": {"ExposedPorts": {"80/tcp": {}}},
    "VOLUME /v": {"Volumes": {"/v": {}}},
}


@pytest.mark.parametrize(("members", "where", "what"), PATHS.values(), ids=PATHS)
def test_found(members: list[Any], where: str, what: str) -> None:
    old = image(layer(*BASE))
    new = image(layer(*BASE), layer(*members))
    assert (where, what) in [(one.where, one.what) for one in compare(old, new)]


@pytest.mark.parametrize(("where", "runtime"), SETTINGS.items(), ids=SETTINGS)
def test_configuration_found(where: str, runtime: dict[str, Any]) -> None:
    base = layer(*BASE)
    assert [one.where for one in compare(image(base), image(base, **runtime))] == [where]
    assert [one.where for one in compare(image(base, **runtime), image(base))] == [where]
    assert not compare(image(base), image(base, **runtime), allowed=[where])


def test_a_changed_variable_is_found() -> None:
    base = layer(*BASE)
    (one,) = compare(image(base, Env=["A=1", "B=1"]), image(base, Env=["B=2", "A=1"]))
    assert one.where == "ENV B"


def test_the_same_in_other_layers_is_equal() -> None:
    old = image(layer(*BASE))
    linked = (file("/d/a", b"one"), hardlink("/d/b", "/d/a"))
    new = image(layer(*BASE[:2], file("/y")), layer(gone("/y")), layer(folder("/d"), *linked, *BASE[4:]))
    assert compare(old, new) == ()


def test_time_is_not_compared() -> None:
    (info, content) = file("/x", b"x")
    info.mtime = 1234
    assert compare(image(layer(file("/x", b"x"))), image(layer((info, content)))) == ()


def test_order_of_variables_and_an_empty_workdir_say_nothing() -> None:
    base = layer(*BASE)
    assert not compare(image(base, Env=["A=1", "B=1"], WorkingDir=""), image(base, Env=["B=1", "A=1"], WorkingDir="/"))


def test_folders_nobody_wrote_down_are_there() -> None:
    assert compare(image(layer(folder("/a"), file("/a/b"))), image(layer(file("/a/b")))) == ()


def test_a_folder_written_again_keeps_its_content() -> None:
    assert "/d/a" in image(layer(*BASE), layer(folder("/d", 0o700))).files


def test_only_the_top_of_a_missing_tree_is_told() -> None:
    found = compare(image(layer(*BASE)), image(layer(*BASE), layer(gone("/d"))))
    assert [one.where for one in found] == ["/d"]


def test_a_whiteout_takes_only_what_is_below_its_layer() -> None:
    assert image(layer(*BASE), layer(gone("/x"), file("/x", b"new"))).files["/x"].size == 3
    kept = image(layer(*BASE), layer(folder("/d"), file("/d/new"), emptied("/d"))).files
    assert "/d/new" in kept
    assert "/d/a" not in kept


def test_an_allowed_tree_may_differ() -> None:
    new = image(layer(*BASE), layer(gone("/d")))
    assert not compare(image(layer(*BASE)), new, allowed=["/d"])
    assert compare(image(layer(*BASE)), new, allowed=["/e"])


def test_content_noise_hides_no_missing_file() -> None:
    noise = [Noise("/d/*")]
    changed = image(layer(*BASE), layer(file("/d/a", b"two"), hardlink("/d/b", "/d/a")))
    assert not compare(image(layer(*BASE)), changed, noise)
    assert compare(image(layer(*BASE)), image(layer(*BASE), layer(gone("/d/a"))), noise)


def test_what_two_builds_of_one_file_differ_in_is_learned() -> None:
    one = image(layer(file("/stamp", b"1"), file("/tmp/tmp.abc", b"x"), file("/kept", b"k")))
    two = image(layer(file("/stamp", b"2"), file("/tmp/tmp.xyz", b"x"), file("/kept", b"k")))
    three = image(layer(file("/stamp", b"3"), file("/tmp/tmp.qqq", b"x"), file("/kept", b"k")))
    lost = image(layer(file("/stamp", b"3"), file("/kept", b"K")))
    learned = learn(one, two)
    assert not compare(one, three, learned)
    assert {(d.where, d.what) for d in compare(one, lost, learned)} == {("/tmp", "only in old"), ("/kept", "content")}


def test_a_missing_file_with_a_random_name_is_found_beside_noise() -> None:
    one = image(layer(file("/tmp/abc"), file("/tmp/kept")))
    two = image(layer(file("/tmp/xyz"), file("/tmp/kept")))
    lost = image(layer(file("/tmp/qqq")))
    assert compare(one, lost, learn(one, two))


@pytest.mark.parametrize("pack", [saved, oci])
def test_both_kinds_of_archive(pack: Any) -> None:
    (found,) = read(pack([layer(*BASE), layer(gone("/x"))], config(Cmd=["a"]), "name:1"))
    assert found.names == ("name:1",)
    assert found.config["config"] == {"Cmd": ["a"]}
    assert "/x" not in found.files
    assert found.hard_links["/d/a"] == {"/d/a", "/d/b"}


def test_an_old_docker_save_with_linked_layers() -> None:
    import io
    import json
    import tarfile

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in (
            ("a/layer.tar", layer(*BASE)),
            ("c.json", json.dumps(config()).encode()),
            ("manifest.json", json.dumps([{"Config": "c.json", "RepoTags": None,
                                           "Layers": ["b/layer.tar"]}]).encode()),
        ):  # fmt: skip
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        info = tarfile.TarInfo("b/layer.tar")
        info.type, info.linkname = tarfile.SYMTYPE, "../a/layer.tar"
        tar.addfile(info)
    out.seek(0)
    assert "/d/a" in read(out)[0].files


def test_an_empty_image() -> None:
    assert read(saved([], config()))[0].files == {}


def test_a_hard_link_to_a_file_of_a_lower_layer() -> None:
    found = image(layer(file("/a", b"one")), layer(hardlink("/b", "/a")))
    assert found.files["/b"].size == 3
    assert found.hard_links["/b"] == {"/a", "/b"}


def test_an_archive_cut_short_is_an_error() -> None:
    whole = saved([layer(file("/a", b"x" * 100_000))], config()).getvalue()
    import io

    with pytest.raises(EngineError, match="archive"):
        read(io.BytesIO(whole[:60_000]))
    with pytest.raises(EngineError, match="lacks"):
        read(packed({"manifest.json": b'[{"Config": "c", "RepoTags": [], "Layers": ["l"]}]'}))


def test_zstd_is_named_as_the_reason() -> None:
    with pytest.raises(EngineError, match="zstd"):
        read(packed({"blobs/sha256/1": b"\x28\xb5\x2f\xfd" + b"\0" * 100}))


def test_nothing_printed_moves_a_cursor() -> None:
    assert str(Difference("mode", "a\x1b[2J\n\udcff", "1", "2")) == "a␛[2J␊?: mode: 1 -> 2"
