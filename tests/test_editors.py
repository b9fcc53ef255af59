"""The recipes of EDITORS.md, tried in real editors: whatever happens, no text is lost."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.shared import ROOT
from tests.test_cli import BROKEN, CLEAN, MIXED

Program = Callable[..., Run]
PAGE = (ROOT / ".github" / "EDITORS.md").read_text()
REQUIRED = os.environ.get("DFREFACTOR_REQUIRE_EDITORS")

FILES = {
    "plain": MIXED,
    "crlf": MIXED.replace(b"\n", b"\r\n"),
    "no-final-newline": MIXED.rstrip(),
    "crlf-no-final-newline": MIXED.replace(b"\n", b"\r\n").rstrip(),
    "mixed-ends": MIXED.replace(b"\n", b"\r\n", 2),
    "beyond-the-first-plane": MIXED.replace(b"RUN", "# 😀 𝒟\nRUN".encode()),
    "latin-1": b"# caf\xe9\n" + MIXED,
    "syntax-error": BROKEN,
    "syntax-error-crlf": BROKEN.replace(b"\n", b"\r\n"),
    "nothing-to-do": CLEAN,
    "form-feed": MIXED.replace(b"# dfr", b"# a\x0cb \xe2\x80\xa8 c\n# dfr"),
}
NAMES = ("Dockerfile", "a b's \"c\" $(d) %#.Dockerfile", "-x.Dockerfile")
FEW = ("crlf", "no-final-newline", "syntax-error", "beyond-the-first-plane")
each_file = pytest.mark.parametrize("case", [pytest.param(each, marks=() if each in FEW else pytest.mark.slow) for each in FILES])


def needs(editor: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not shutil.which(editor) and not REQUIRED, reason=f"{editor} is not installed")


def block(language: str, has: str) -> str:
    (found,) = [text for text in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if has in text]
    return found


def run(*words: object, cwd: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "HOME": str(cwd), "XDG_STATE_HOME": str(cwd / "state"), "LC_ALL": "C.UTF-8"}
    done = subprocess.run([str(word) for word in words], cwd=cwd, env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def tried(folder: Path, dfrefactor: Program, case: str, edit: Callable[[Path], None], same: bool = True) -> None:
    """An editor leaves in a file what `--apply` makes of what it saved before, as `saved.Dockerfile`; each has one of the names.

    But for `same` only line ends may differ.
    """
    path = folder / "a b" / NAMES[[*FILES].index(case) % len(NAMES)]
    path.parent.mkdir()
    path.write_bytes(FILES[case])
    edit(path)
    saved = path.with_name("saved.Dockerfile")
    before = saved.read_bytes() if saved.exists() else FILES[case]
    saved.write_bytes(before)
    assert {*FILES[case].split()} <= {*before.split()}
    assert dfrefactor("--apply", "--quiet", saved).code in (0, 4)
    left, right = path.read_bytes(), saved.read_bytes()
    assert left == right or (not same and left.replace(b"\r", b"") == right.replace(b"\r", b""))


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize("editor", [pytest.param("vim", marks=needs("vim")), pytest.param("nvim", marks=needs("nvim"))])
@each_file
def test_vim(tmp_path: Path, dfrefactor: Program, editor: str, case: str, typed: bool) -> None:
    recipe = tmp_path / "recipe.vim"
    recipe.write_text(block("vim", "command! Dfrefactor"))
    words = ["set nofixendofline noswapfile", f"source {recipe}"]
    if typed:
        words += ["call append(1, '# typed \u00e9')", "silent write! saved.Dockerfile"]
    words += ["silent Dfrefactor", "qa!"]
    start = [editor, "-u", "NONE", "-i", "NONE", "-N", "-es"] if editor == "vim" else [editor, "-u", "NONE", "-i", "NONE", "-es"]
    tried(tmp_path, dfrefactor, case,
          lambda path: run(*start, *(part for each in words for part in ("-c", each)), "--", path.name, cwd=path.parent))  # fmt: skip


@needs("vim")
def test_vim_takes_it_back(tmp_path: Path) -> None:
    recipe, path = tmp_path / "recipe.vim", tmp_path / "Dockerfile"
    recipe.write_text(block("vim", "command! Dfrefactor"))
    path.write_bytes(MIXED)
    run("vim", "-u", "NONE", "-N", "-es", "-S", recipe, "-c", "silent Dfrefactor", "-c", "undo", "-c", "wq", path, cwd=tmp_path)
    assert path.read_bytes() == MIXED


@needs("emacs")
@pytest.mark.parametrize("typed", [False, True])
@each_file
def test_emacs(tmp_path: Path, dfrefactor: Program, case: str, typed: bool) -> None:
    recipe = tmp_path / "recipe.el"
    typing = '(goto-char 1) (forward-line 1) (insert "# typed\\n") (write-region nil nil "saved.Dockerfile")' if typed else ""
    recipe.write_text(
        block("elisp", "(defun dfrefactor")
        + '(setq make-backup-files nil create-lockfiles nil)\n(find-file (expand-file-name (getenv "FILE")))\n'
        + typing + "\n(dfrefactor)\n"
    )  # fmt: skip

    def edit(path: Path) -> None:
        run("env", f"FILE={path}", "emacs", "-Q", "--batch", "-l", recipe, cwd=path.parent)

    tried(tmp_path, dfrefactor, case, edit)


SERVED = """
local client
vim.lsp.start = vim.lsp.start or function(config) -- Neovim 0.7 has the two halves of it
  client = client or vim.lsp.start_client(config)
  vim.lsp.buf_attach_client(0, client)
end
%s
vim.opt.fixendofline = false
vim.opt.swapfile = false
vim.cmd("filetype on")
vim.cmd("edit " .. vim.fn.fnameescape(vim.env.FILE))
vim.bo.filetype = "dockerfile"
local function ready()
  for _, client in pairs((vim.lsp.get_clients or vim.lsp.buf_get_clients)()) do
    return client.initialized
  end
end
assert(vim.wait(30000, ready))
local function type_in(line, text)
  vim.api.nvim_buf_set_lines(0, line, line, false, { text })
end
%s
vim.cmd("silent write! saved.Dockerfile")
vim.wait(30000, function() return vim.env.WANTED == "0" or #vim.diagnostic.get(0) > 0 end)
print("diagnostics: " .. #vim.diagnostic.get(0))
assert((#vim.diagnostic.get(0) > 0) == (vim.env.WANTED ~= "0"))
vim.cmd("DfrefactorFix")
vim.cmd("silent write!")
vim.cmd("qa!")
"""
TYPED = """
type_in(0, "# \U0001d49f x \u00e9 \U0001f600")
type_in(1, "# y")
vim.api.nvim_buf_set_text(0, 0, 2, 0, 6, { "z" })
vim.api.nvim_buf_set_lines(0, 1, 2, false, {})
vim.api.nvim_buf_set_text(0, 0, 3, 0, 3, { "a", "# b" })
"""


@needs("nvim")
@pytest.mark.parametrize("typed", [False, True])
@each_file
def test_the_language_server_in_neovim(tmp_path: Path, dfrefactor: Program, case: str, typed: bool) -> None:
    recipe = tmp_path / "recipe.lua"
    recipe.write_text(SERVED % (block("lua", "DfrefactorFix"), TYPED if typed else ""))
    wanted = 0 if case == "nothing-to-do" else 1

    def edit(path: Path) -> None:
        run("env", f"FILE={path}", f"WANTED={wanted}", "nvim", "-u", "NONE", "-i", "NONE", "--headless",
            "-c", f"luafile {recipe}", "-c", "cquit", cwd=path.parent)  # fmt: skip

    # Neovim takes the carriage return out of what a server inserts, also where it shows one in other lines.
    tried(tmp_path, dfrefactor, case, edit, same=case != "mixed-ends")


def test_settings_of_the_page_can_be_read() -> None:
    for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL):
        json.loads(text)
    for text in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL):
        tomllib.loads(text)


@pytest.mark.parametrize("case", [*FILES])
def test_the_filter_gives_the_whole_text_or_fails(tmp_path: Path, dfrefactor: Program, case: str) -> None:
    (tmp_path / "Dockerfile").write_bytes(FILES[case])
    filtered = dfrefactor("-", "--stdin-filename", tmp_path / "Dockerfile", stdin=FILES[case])
    assert dfrefactor("--apply", "--quiet", tmp_path / "Dockerfile").code == filtered.code
    assert filtered.out == ((tmp_path / "Dockerfile").read_bytes() if filtered.code == 0 else b"")
