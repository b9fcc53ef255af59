"""How large images are, and when one has grown too much."""

from __future__ import annotations

from typing import Any

import pytest
from dfrefactor.engine.archive import read
from dfrefactor.engine.build import Built
from dfrefactor.engine.compare import Difference
from dfrefactor.engine.growth import LEAST, Growth
from dfrefactor.engine.image import Image, Layer, Leak
from dfrefactor.engine.verify import Side, Verdict
from dfrefactor.report.verdict import lines
from dfrefactor.text.shown import in_bytes

from tests.images import config, file, folder, gone, hardlink, image, layer, oci, saved, symlink

MB = 1_000_000
ARCHIVE = file("/tmp/a.tgz", b"x" * 5000)


def verdict(old: int, new: int, *, different: bool = False, leaked: bool = False, margin: float = 1.0) -> Verdict:
    sides = [Side(Image({}, (Layer("l", {}, size=size),)), Built("r")) for size in (old, new)]
    differences = (Difference("mode", "/a", "0644", "0600"),) if different else ()
    leaks = (Leak("T", "raw", "/a"),) if leaked else ()
    return Verdict(differences, leaks, (), (), (), *sides, "docker", margin)


@pytest.mark.parametrize(("old", "new", "percent", "excessive"), [
    (0, LEAST, 1, False), (0, LEAST + 1, 1, True),  # an empty image
    (1 * MB, 1 * MB + LEAST, 1, False), (1 * MB, 1 * MB + LEAST + 1, 1, True),  # the percentage is less than 64 kB
    (100 * MB, 101 * MB, 1, False), (100 * MB, 101 * MB + 1, 1, True),
    (100 * MB, 100 * MB + LEAST, 0, False), (100 * MB, 100 * MB + LEAST + 1, 0, True),
    (100 * MB, 150 * MB, 50, False), (100 * MB, 100 * MB + 600_000, 0.5, True),
    (100 * MB, 100 * MB, 0, False), (100 * MB, 1 * MB, 0, False),  # the same, and smaller
])  # fmt: skip
def test_what_is_too_much(old: int, new: int, percent: float, excessive: bool) -> None:
    assert Growth(old, new, percent).excessive is excessive


def test_the_complaint_has_both_sizes_and_the_margin() -> None:
    large, small = Growth(41_200_000, 57_200_000), Growth(20_000, 120_500, 2.5)
    assert str(large) == "the new image is 16.0 MB larger (41.2 -> 57.2 MB): more than 1 % and 64 kB"
    assert str(small) == "the new image is 100.5 kB larger (20.0 -> 120.5 kB): more than 2.5 % and 64 kB"


def test_sizes_share_the_unit_of_the_largest() -> None:
    assert [in_bytes(0), in_bytes(64_000), in_bytes(1_234_567_890)] == ["0.0 kB", "64.0 kB", "1,234.6 MB"]
    assert [in_bytes(100_000, 2 * MB), in_bytes(2 * MB, 100_000)] == ["0.1 -> 2.0 MB", "2.0 -> 0.1 MB"]


def test_a_file_stored_twice_counts_twice_even_when_it_is_gone_in_the_end() -> None:
    once = image(layer(folder("/opt"), ARCHIVE), layer(gone("/tmp/a.tgz")))
    twice = image(layer(ARCHIVE), layer(ARCHIVE), layer(gone("/tmp/a.tgz")))
    assert (once.size, twice.size) == (5000, 10_000)
    assert not {"/tmp/a.tgz"} & (once.files.keys() | twice.files.keys())


def test_only_the_content_of_files_has_a_size() -> None:
    found = image(layer(folder("/d"), ARCHIVE, hardlink("/b", "/tmp/a.tgz"), symlink("/l", "/b"), gone("/x")))
    assert found.size == 5000
    assert image().size == 0


@pytest.mark.parametrize("pack", [saved, oci])
def test_how_layers_are_packed_has_no_part_in_it(pack: Any) -> None:
    (found,) = read(pack([layer(ARCHIVE), layer(file("/b", b"y" * 300))], config()))
    assert [each.size for each in found.layers] == [5000, 300]
    assert found.size == 5300


@pytest.mark.parametrize(("made", "first"), [
    (verdict(10 * MB, 10 * MB), "equal: 0 paths and the configuration (docker)"),
    (verdict(10 * MB, 2 * MB), "equal: 0 paths and the configuration (docker)"),
    (verdict(10 * MB, 26 * MB, margin=200), "equal: 0 paths and the configuration (docker)"),
    (verdict(10 * MB, 26 * MB), "equal, but the new image is too large (docker)"),
    (verdict(10 * MB, 26 * MB, leaked=True), "equal, but the new image holds a secret (docker)"),
    (verdict(10 * MB, 26 * MB, different=True), "different in 1 ways (docker)"),
])  # fmt: skip
def test_the_report_says_no_in_one_line_and_both_sizes_always(made: Verdict, first: str) -> None:
    report = list(lines(made))
    complaint = "the new image is 16.0 MB larger (10.0 -> 26.0 MB): more than 1 % and 64 kB"
    assert report[0] == first
    assert made.equal is first.startswith("equal: ")
    assert report.count(complaint) == made.growth.excessive
    (row,) = [line.split() for line in report if line.startswith("size ")]
    assert row == ["size", *in_bytes(made.growth.old).split(), *in_bytes(made.growth.new).split()]
