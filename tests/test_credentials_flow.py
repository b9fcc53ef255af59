"""What proves a credential that its name does not give away, and what a step writes of one besides."""

from __future__ import annotations

import pytest
from dfrefactor.finding import Finding
from dfrefactor.passes import named
from dfrefactor.pipeline import refactor
from dfrefactor.settings import Settings


def told(lines: str, strategy: str = "builder") -> tuple[Finding, ...]:
    settings = Settings(strategy=strategy)  # type: ignore[arg-type]
    found = refactor(f"FROM debian\n{lines}\n".encode(), passes=[named("purge-credentials")], settings=settings)
    assert not found.problems and not found.errors
    return found.findings


@pytest.mark.parametrize(
    "lines",
    [
        'ARG GCP_SA_KEY\nRUN echo "$GCP_SA_KEY" > key.json && gcloud auth activate-service-account --key-file=key.json',
        'ARG NPMRC_BASE64\nRUN echo "$NPMRC_BASE64" | base64 -d > /root/.npmrc && npm install && rm /root/.npmrc',
        "ARG NPM_RC\nRUN printf '%b' \"$NPM_RC\" > ~/.npmrc; npm install; rm -f ~/.npmrc",
        'ARG SETTINGS_XML\nRUN mkdir -p ~/.m2 && echo "$SETTINGS_XML" > ~/.m2/settings.xml\nRUN mvn package\nRUN rm ~/.m2/settings.xml',
        "ARG DOCKER_AUTH_CONFIG\nRUN echo $DOCKER_AUTH_CONFIG > /root/.docker/config.json",
        'ARG K\nRUN echo "$K" | tr -d "\\r" > /root/.ssh/id_ed25519 && git clone git@example.org:a/b /b && rm -rf /root/.ssh',
        'ARG X\nRUN echo "$X" > /k && GOOGLE_APPLICATION_CREDENTIALS=/k python a.py && rm /k',
        "ARG X_AUTH\nENV X_AUTH=$X_AUTH\nRUN make",
        "ENV http_proxy=http://ci:s3cr3t-x1@proxy.example.org:3128\nRUN apt-get update",
        "RUN conda install -y -c https://conda.example.org/t/ab1-c2d3-e4f5a6b7/acme acme-lib",
        "ARG PW\nRUN curl -fsSLuci:$PW https://example.org/one -o /opt/one",
        "COPY x /root/key.json\nENV GOOGLE_APPLICATION_CREDENTIALS=/root/key.json\nRUN python /fetch.py\nRUN rm /root/key.json",
        'ARG X\nRUN docker login -u me --password-stdin <<< "$X"', "ARG X\nRUN gcloud auth activate-service-account --key-file=- <<EOF\n$X\nEOF",
        'ARG P\nRUN python3 - <<EOF\nget("https://h/f", {"Authorization": "Bearer $P"})\nEOF',
        "ARG DB_PW\nRUN mysql -h db -p$DB_PW < /init.sql", 'ARG AZ_SAS\nRUN azcopy copy "https://a.example.org/c/x?$AZ_SAS" /srv/x',
        "COPY x /root/conf\nENV AWS_SHARED_CREDENTIALS_FILE=/root/conf\nRUN aws s3 cp s3://b/k /k",
    ],
)
def test_use_proves_what_a_name_does_not_say(lines: str) -> None:
    assert [each.severity.name for each in told(lines)] == ["ERROR"]


@pytest.mark.parametrize(
    "lines",
    [
        "ARG PIP_INDEX_URL\nRUN pip install x", "ARG UV_EXTRA_INDEX_URL\nRUN uv sync", "ARG I\nRUN pip install --index-url=${I} x",
        "ARG PIP_EXTRA_INDEX_URL\nENV PIP_EXTRA_INDEX_URL=${PIP_EXTRA_INDEX_URL}\nRUN pip install x",
    ],
)  # fmt: skip
def test_a_whole_address_of_packages_is_a_warning(lines: str) -> None:
    assert [each.severity.name for each in told(lines)] == ["WARNING"]


@pytest.mark.parametrize(
    "lines",
    [
        "ARG PIP_INDEX_URL=https://pypi.org/simple\nRUN pip install x", "ARG H\nRUN pip install -i https://$H/simple x",
        'ARG REGISTRY\nRUN echo "registry=$REGISTRY" > .npmrc && npm ci && rm .npmrc', 'ARG CONFIG\nRUN echo "$CONFIG" > /etc/app.conf',
        'ARG VERSION\nRUN echo "$VERSION" > /app/v && rm /app/v', "ARG GOPROXY\nRUN go mod download",
        "ARG NEXT_PUBLIC_API_KEY\nRUN npm run build", "ARG VITE_API_KEY\nENV VITE_API_KEY=$VITE_API_KEY\nRUN npm run build",
        "ARG REACT_APP_MAPS_TOKEN\nRUN yarn build", "ARG EXPO_PUBLIC_SECRET\nRUN npx expo export", "ARG GATSBY_API_KEY\nRUN npm run build",
    ],
)  # fmt: skip
def test_what_is_public_by_its_name_or_use(lines: str) -> None:
    assert not told(lines)


USE = "curl -fsSu a:$TOKEN -o /opt/x https://example.org/x"


@pytest.mark.parametrize("strategy", ["builder", "mount"])
@pytest.mark.parametrize(
    "command",
    [
        f"{USE} -v > /log 2>&1", f"{USE} -v 2> /log", f"{USE} -v &> /log", f"{USE} --trace-ascii /log", f"{USE} -v --stderr /log",
        'wget -d -o /log --header "Authorization: Bearer $TOKEN" https://example.org/x -O /opt/x', f"{{ set -x; {USE}; }} 2> /log",
        f"bash -xc '{USE}' 2> /log", f"set -x && exec 2> /log && {USE}", f"exec > /log 2>&1 && {USE} -v", f"nice {USE} -v 2> /log",
        f"f() {{ {USE} -v; }}; f 2> /log",
    ],
)  # fmt: skip
def test_a_log_that_stays_keeps_it(command: str, strategy: str) -> None:
    (found,) = told(f"ARG TOKEN\nRUN {command}", strategy)
    assert not found.edits and "a layer, as /log" in found.message


@pytest.mark.parametrize("command", ["env > /env", "printenv | sort > /env", "printenv TOKEN > /env", "set > /env", "export -p > /env", "declare -p TOKEN > /env"])
def test_what_prints_the_environment_keeps_it(command: str) -> None:
    (found,) = told(f"ARG TOKEN\nRUN {command} && {USE}", "mount")
    assert "a layer, as /env" in found.message and not found.edits


@pytest.mark.parametrize("command", ["set -e > /env", "export TOKEN > /env", "export A=1 > /env", "declare -x A=$HOME > /env"])
def test_what_is_told_something_prints_nothing(command: str) -> None:
    (found,) = told(f"ARG TOKEN\nRUN {command} && {USE}", "mount")
    assert "a layer" not in found.message and found.edits


@pytest.mark.parametrize("command", [f"{USE} -v", f"set -x && {USE} > /log", f"set -x; {USE}", f"{USE} 2> /log", "env && " + USE])
def test_a_log_of_the_build_stays_in_no_layer(command: str) -> None:
    assert all("a layer" not in each.message for each in told(f"ARG TOKEN\nRUN {command}"))


def test_what_a_download_prints_is_not_what_it_sends() -> None:
    (found,) = told("ARG TOKEN\nRUN curl -fsSu a:$TOKEN https://example.org/x | tee /opt/x")
    assert found.edits and "a layer" not in found.message


@pytest.mark.parametrize("strategy", ["builder", "mount"])
@pytest.mark.parametrize(
    ("lines", "grade"),
    [
        ('ONBUILD ARG NPM_TOKEN\nONBUILD RUN echo "//r/:_authToken=$NPM_TOKEN" > .npmrc && npm ci && rm .npmrc', "WARNING"),
        ("ONBUILD ARG GITHUB_TOKEN\nONBUILD RUN npm ci", "WARNING"), ("ONBUILD ENV API_TOKEN=k3pt1nth31mage", "WARNING"),
        ("ARG T\nONBUILD RUN curl -u a:$T https://example.org", "ERROR"),
    ],
)  # fmt: skip
def test_what_onbuild_declares_is_somebody_elses(lines: str, grade: str, strategy: str) -> None:
    (found,) = told(lines, strategy)
    assert found.severity.name == grade and "ONBUILD hands it to whoever builds on this image" in found.message and not found.edits


def test_what_git_is_told_for_one_call_is_not_kept() -> None:
    (found,) = told('ARG T\nRUN git -c http.extraheader="Authorization: Bearer $T" clone https://example.org/r /r')
    assert found.edits and "a layer" not in found.message
    (found,) = told('ARG T\nRUN git clone -c http.extraheader="Authorization: Bearer $T" https://example.org/r /r')
    assert "a layer, as /r/.git/config" in found.message
