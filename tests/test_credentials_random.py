"""Random files made of lines that use credentials and lines that do not: nothing breaks, every rewrite settles."""


from __future__ import annotations

import random

import dfrefactor
import dockerfile
import pytest
from dfrefactor.facts import Facts
from dfrefactor.passes import PASSES
from dfrefactor.secrets.exposure import leaking
from dfrefactor.secrets.find import find
from dfrefactor.settings import Settings

from tests.test_credentials import FILES, LITERALS, UNNAMED, USED

DECLARED = (
    "ARG X", "ENV X=x1y2z3w4", "ENV A=1 X=x1y2z3w4 B=2", 'ARG X=""', "ENV Y=https://b:$X@h/r", "ARG Z\nENV X=$Z", "# note\nARG X", "ENV X x1y2z3w4",
)  # fmt: skip
OTHER = (
    "RUN apt-get update && apt-get install -y git curl", "WORKDIR /app", "USER app", "COPY . .", "COPY package.json ./", "RUN make", "RUN echo hi > /hi",
    "RUN rm -f ~/.npmrc", "RUN rm ~/.netrc", "RUN npm ci", 'CMD ["x"]', "RUN git clone $Y /y", "RUN pip install -r r.txt", "EXPOSE 80", "VOLUME /v",
    'SHELL ["/bin/bash", "-eo", "pipefail", "-c"]', "RUN ./x.sh", "RUN set -e; touch /a; touch /b", "FROM debian AS b2", "FROM debian", "FROM first",
    "LABEL a=b", "RUN <<EOF\nset -e\ncurl -u b:$X -o /srv/q https://h/q\nEOF", "COPY --from=first /srv /srv",
)  # fmt: skip
USING = (*USED.values(), *LITERALS.values(), *FILES, *(f"RUN {command}" for command in UNNAMED.values()))


def program(seed: int) -> str:
    pick = random.Random(seed)
    lines = ["FROM debian AS first", pick.choice(DECLARED)]
    lines += [pick.choice(pick.choice((DECLARED, OTHER, OTHER, USING, USING))) for _ in range(pick.randint(1, 7))]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("seed", range(120))
@pytest.mark.parametrize("strategy", ["builder", "mount"])
def test_a_random_file_is_purged_or_left_alone(seed: int, strategy: str) -> None:
    text = program(seed)
    settings = Settings(strategy=strategy)  # type: ignore[arg-type]
    result = dfrefactor.refactor(text.encode(), passes=PASSES[:1], settings=settings)
    if result.errors:
        return
    assert result.problems == (), text
    again = dfrefactor.refactor(result.data, passes=PASSES[:1], settings=settings)
    assert again.data == result.data and again.problems == (), text
    dockerfile.parse_string(result.data.decode())
    before, after = dfrefactor.parse(text.encode()), dfrefactor.parse(result.data)
    assert len(leaking(after, find(Facts(after)))) <= len(leaking(before, find(Facts(before)))), text
    if result.changed:
        assert leaking(before, find(Facts(before))) != leaking(after, find(Facts(after))), text


@pytest.mark.parametrize("seed", range(200, 240))
def test_with_all_passes_nothing_is_dropped(seed: int) -> None:
    assert dfrefactor.refactor(program(seed).encode()).problems == (), program(seed)
