"""Ask the engine again about every case of `tests/verdict_cases.py`: `python -m tests.engine.record`."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from tests.engine.test_verdicts import verdict
from tests.test_verdicts import CASES


def main() -> int:
    """1 where an answer is another one than the recorded."""
    different = 0
    with tempfile.TemporaryDirectory() as folder:
        for data, message in CASES:
            said = verdict(data, Path(folder))
            said = said and re.sub(r"^dockerfile parse error on line \d+: ", "", said)
            if said != message:
                different = 1
                print(f"{data!r}\n  recorded {message!r}\n  now      {said!r}")
    return different


if __name__ == "__main__":
    sys.exit(main())
