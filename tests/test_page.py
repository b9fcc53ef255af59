"""The page to attach to a merge request: what stands on it, that it stands alone, and that a browser shows it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from dfrefactor.dockerfile.directives import ParseError
from dfrefactor.report import html

from tests.conftest import Run
from tests.shared import ROOT, Real
from tests.test_reports import SECRET, leaky, outcome

Program = Callable[..., Run]
_VOID = {"meta", "input", "br"}


class Page(HTMLParser):
    """Elements that open and close one another as they should, and what they name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: Counter[str] = Counter()
        self.links: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id" and value:
                self.ids[value] += 1
            if name == "href" and value and value.startswith("#"):
                self.links.append(value[1:])
            elif name in ("src", "href", "action", "data"):
                self.addresses.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def sound(text: str) -> Page:
    page = Page(text)
    assert max(page.ids.values()) == 1 and set(page.links) <= set(page.ids)
    assert not page.addresses and "url(http" not in text and "@import" not in text
    return page


@pytest.fixture
def page(tmp_path: Path, dfrefactor: Program, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(ROOT)
    assert dfrefactor("report", "samples", "--output", tmp_path / "report.html").code == 0
    return tmp_path / "report.html"


def test_the_page_has_it_all(page: Path) -> None:
    text = page.read_text()
    sound(text)
    section = text.partition("samples/tools-image/Dockerfile</code></h2>")[2].partition("</section>")[0]
    assert section.index("terraform, kubectl and jq do not depend on one another") < section.index('<span class="gone">-FROM')
    assert '<span class="add">+FROM base AS kubectl</span>' in section
    assert "after" in section.partition("<svg")[2] and "On average, changing a command of a RUN reruns 6.3 of 10 before" in section
    assert "Left as it is, and why" in text and "<b>fix:</b>" in text and "prefers-color-scheme: dark" in text
    first = re.findall(r'class="finding (\w+)"', text)[0]
    assert first == "error"


def test_odd_texts_break_nothing_and_secrets_stay_out() -> None:
    nasty = '</pre><script>x</script>"&amp;\x1b[2J'
    found = [leaky(SECRET), outcome(f"FROM a\nRUN {nasty}\n", (f"RUN {nasty}", "RUN b"), path=nasty),
             outcome("X", errors=(ParseError(1, 1, nasty),), path="b")]  # fmt: skip
    text = html.render(found)
    sound(text)
    assert SECRET not in text and text.count("<script>") == 1 and "\x1b" not in text


def test_real_files_make_a_sound_page(real: list[Real]) -> None:
    sound(html.render([each.result() for each in real[:60]]))


@pytest.mark.skipif(not shutil.which("chromium"), reason="no browser")
@pytest.mark.parametrize("width", [380, 1280])
def test_a_browser_shows_it_and_keys_go_from_finding_to_finding(page: Path, tmp_path: Path, width: int) -> None:
    probe = """<script>addEventListener('load', () => {
      for (const key of ['j', 'j', 'k']) dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}))
      const findings = [...document.querySelectorAll('.finding')]
      document.getElementById('show-error').click()
      const hidden = findings.filter(each => getComputedStyle(each).display == 'none').length
      document.title = [findings.indexOf(document.activeElement), hidden > 0 && hidden < findings.length,
                        document.documentElement.scrollWidth <= innerWidth].join(' ')
    })</script></body>"""
    probed = tmp_path / "probed.html"
    probed.write_text(page.read_text().replace("</body>", probe))
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},900", f"--user-data-dir={tmp_path / 'profile'}"]
    run = subprocess.run(
        ["chromium", *options, "--virtual-time-budget=3000", "--dump-dom", probed.as_uri()],
        capture_output=True, check=True, text=True, timeout=120,
    )  # fmt: skip
    assert "<title>0 true true</title>" in run.stdout
