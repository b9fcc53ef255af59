r"""Dockerfiles as a platform engineer writes them, over local base images, and a few that must stay as they are.

`{url}` is a server of `downloads.py`, `{sha:/path}` the checksum of what it has there.  `branches` are the stages a person would
make, 0 where the file has to stay as it is.
"""


from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from tests.engine import downloads


class File(NamedTuple):
    name: str
    branches: int
    text: str
    context: tuple[tuple[str, str], ...] = ()
    packages: tuple[str, ...] = ()
    """npm packages of a package.json in the context."""

    def dockerfile(self, url: str) -> bytes:
        text = self.text.removeprefix("\n").replace("{url}", url)
        return re.sub(r"\{sha:([^}]*)\}", lambda found: downloads.sha256(found[1]), text).encode()

    def write_context(self, folder: Path, url: str) -> Path:
        """The build context of the file, made in `folder`."""
        texts = dict(self.context) | (downloads.lock(url, self.packages) if self.packages else {})
        for name, text in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        return folder


APT = """RUN apt-get update && apt-get install -y --no-install-recommends \\
    ca-certificates \\
    curl \\
    unzip \\
 && rm -rf /var/lib/apt/lists/*"""

FILES = (
    File("kubernetes-tools", 6, """
FROM buildpack-deps:bookworm

ARG KUBECTL_VERSION=1.28.4
ARG HELM_VERSION=3.13.2
ARG KUSTOMIZE_VERSION=5.2.1

# the cluster's version
RUN curl -fsSL -o /usr/local/bin/kubectl {url}/release/v${KUBECTL_VERSION}/bin/linux/amd64/kubectl \\
 && chmod +x /usr/local/bin/kubectl

RUN curl -fsSL {url}/helm/helm-v${HELM_VERSION}.tar.gz -o /tmp/helm.tgz \\
 && tar -xzf /tmp/helm.tgz -C /usr/local/bin --strip-components=1 helm-${HELM_VERSION}/helm \\
 && rm /tmp/helm.tgz

RUN curl -fsSL -o /usr/local/bin/kustomize {url}/kustomize/v${KUSTOMIZE_VERSION}/kustomize \\
 && chmod 0755 /usr/local/bin/kustomize

RUN curl -fsSL {url}/flat/k9s-0.28.2.tar.gz | tar -xz -C /usr/local/bin k9s

RUN curl -fsSL -o /usr/local/bin/stern {url}/stern/v1.27.0/stern \\
 && chmod +x /usr/local/bin/stern

RUN git clone --depth 1 {url}/git/app.git /opt/kubectx

ENTRYPOINT ["kubectl"]
"""),
    File("terraform-tools", 5, f"""
FROM debian:bookworm

{APT}

ENV TERRAFORM_VERSION=1.5.7 \\
    TFLINT_VERSION=0.48.0

RUN curl -fsSLo /tmp/terraform.zip {{url}}/flat/${{TERRAFORM_VERSION}}/terraform.zip \\
 && unzip /tmp/terraform.zip terraform -d /usr/local/bin \\
 && rm -f /tmp/terraform.zip
RUN curl -fsSLo /tmp/tflint.zip {{url}}/flat/v${{TFLINT_VERSION}}/tflint.zip \\
 && unzip /tmp/tflint.zip tflint -d /usr/local/bin \\
 && rm -f /tmp/tflint.zip
RUN curl -fsSLo /usr/local/bin/sops {{url}}/sops/v3.8.1/sops-v3.8.1.linux.amd64 && chmod +x /usr/local/bin/sops
RUN curl -fsSLo /usr/local/bin/terragrunt {{url}}/terragrunt/v0.53.2/terragrunt_linux_amd64 \\
 && chmod +x /usr/local/bin/terragrunt
RUN curl -fsSLo /tmp/vault.zip {{url}}/flat/1.15.2/vault.zip \\
 && unzip /tmp/vault.zip vault -d /usr/local/bin \\
 && rm -f /tmp/vault.zip

WORKDIR /workspace
CMD ["terraform", "version"]
"""),
    File("one-big-run", 3, """
FROM debian:bookworm
# everything in one layer
RUN set -eux; \\
    apt-get update; \\
    apt-get install -y --no-install-recommends ca-certificates curl unzip; \\
    rm -rf /var/lib/apt/lists/*; \\
    # jq
    curl -fsSL -o /usr/local/bin/jq {url}/jq/jq-1.7/jq-linux64; \\
    chmod +x /usr/local/bin/jq; \\
    # yq
    curl -fsSL -o /usr/local/bin/yq {url}/yq/v4.35.2/yq_linux_amd64; \\
    chmod +x /usr/local/bin/yq; \\
    # the SDK
    mkdir -p /opt/sdk; \\
    curl -fsSL {url}/sdk/sdk-2.1.tar.gz -o /tmp/sdk.tgz; \\
    tar -xzf /tmp/sdk.tgz -C /opt/sdk --strip-components=1; \\
    rm /tmp/sdk.tgz
ENV PATH=/opt/sdk/bin:$PATH
"""),
    File("opt-tarballs", 5, """
FROM buildpack-deps:bookworm

SHELL ["/bin/bash", "-o", "pipefail", "-c"]

RUN mkdir -p /opt/maven && curl -fsSL {url}/maven/maven-3.9.5.tar.gz | tar -xz -C /opt/maven --strip-components=1
RUN mkdir -p /opt/gradle && curl -fsSL {url}/gradle/gradle-8.4.tar.gz | tar -xz -C /opt/gradle --strip-components=1
RUN mkdir -p /opt/ant && wget -qO- {url}/ant/ant-1.10.14.tar.gz | tar -xz -C /opt/ant --strip-components=1
RUN mkdir -p /opt/sbt && curl -fsSL {url}/sbt/sbt-1.9.7.tar.gz | tar -xz -C /opt/sbt --strip-components=1
RUN mkdir -p /opt/kotlin && curl -fsSL {url}/kotlin/kotlin-1.9.20.tar.gz | tar -xz -C /opt/kotlin --strip-components=1

ENV MAVEN_HOME=/opt/maven GRADLE_HOME=/opt/gradle ANT_HOME=/opt/ant
ENV PATH=${MAVEN_HOME}/bin:${GRADLE_HOME}/bin:${ANT_HOME}/bin:${PATH}
"""),
    File("checksums", 4, """
FROM buildpack-deps:bookworm
ARG TINI_VERSION=0.19.0
RUN curl -fsSL -o /usr/local/bin/tini {url}/tini/v${TINI_VERSION}/tini-amd64 \\
 && echo "{sha:/tini/v0.19.0/tini-amd64}  /usr/local/bin/tini" | sha256sum -c - \\
 && chmod +x /usr/local/bin/tini
ARG GOSU_VERSION=1.17
RUN wget -q -O /usr/local/bin/gosu {url}/gosu/${GOSU_VERSION}/gosu-amd64 \\
 && echo "{sha:/gosu/1.17/gosu-amd64} */usr/local/bin/gosu" | sha256sum --check --strict \\
 && chmod +x /usr/local/bin/gosu \\
 && gosu --version
RUN curl -fsSL -o /usr/local/bin/dumb-init {url}/dumb-init/v1.2.5/dumb-init \\
 && echo "{sha:/dumb-init/v1.2.5/dumb-init}  /usr/local/bin/dumb-init" | sha256sum -c - \\
 && chmod +x /usr/local/bin/dumb-init
RUN wget -q -O /usr/local/bin/su-exec {url}/su-exec/v0.2/su-exec && chmod +x /usr/local/bin/su-exec
ENTRYPOINT ["tini", "--"]
"""),
    File("make-from-source", 2, """
FROM buildpack-deps:bookworm

RUN mkdir -p /usr/src/hello \\
 && curl -fsSL {url}/src/hello-2.12.tar.gz | tar -xz --strip-components=1 -C /usr/src/hello \\
 && cd /usr/src/hello \\
 && ./configure --prefix=/opt/hello \\
 && make -j2 \\
 && make install \\
 && rm -rf /usr/src/hello

RUN mkdir -p /usr/src/world \\
 && curl -fsSL {url}/src/world-1.0.tar.gz | tar -xz --strip-components=1 -C /usr/src/world \\
 && cd /usr/src/world \\
 && ./configure --prefix=/opt/world \\
 && make -j2 \\
 && make install \\
 && rm -rf /usr/src/world

ENV PATH=/opt/hello/bin:/opt/world/bin:$PATH
CMD ["hello"]
"""),
    File("source-in-tmp", 0, """
FROM buildpack-deps:bookworm
ENV PREFIX=/opt/tools
WORKDIR /tmp
RUN wget -q {url}/src/alpha-1.1.tar.gz && tar xzf alpha-1.1.tar.gz && cd alpha-1.1 && ./configure --prefix=/opt/alpha && make && make install
RUN wget -q {url}/src/beta-2.2.tar.gz && tar xzf beta-2.2.tar.gz && cd beta-2.2 && ./configure --prefix=/opt/beta && make && make install
WORKDIR /
USER nobody
"""),
    File("git-clones", 4, """
FROM buildpack-deps:bookworm
RUN git clone --depth 1 --branch v1 {url}/git/app.git /opt/app
RUN git clone {url}/git/app.git /opt/plugins
RUN curl -fsSL -o /usr/local/bin/direnv {url}/direnv/v2.33.0/direnv.linux-amd64 && chmod a+x /usr/local/bin/direnv
RUN git clone --branch main {url}/git/app.git /opt/themes
WORKDIR /opt/app
"""),
    File("python-service", 2, """
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_INDEX_URL={url}/simple

RUN python3 -m venv /opt/venv && /opt/venv/bin/pip install flasklike gunicornlike
RUN pip install --target /opt/lambda botolike

COPY app.py /srv/app/app.py
USER nobody
CMD ["/opt/venv/bin/python", "/srv/app/app.py"]
""", (("app.py", "print('hello')\n"),)),
    File("python-requirements", 0, """
FROM python:3.11-slim
ARG PIP_INDEX_URL={url}/simple
COPY requirements.dat /tmp/requirements.dat
RUN pip install --no-cache-dir -r /tmp/requirements.dat
RUN python3 -c "from urllib.request import urlretrieve as get; get('{url}/models/small.dat', '/small.dat')"
COPY app.py /app/app.py
CMD ["python3", "/app/app.py"]
""", (("requirements.dat", "numlike\nreqlike\n"), ("app.py", "import numlike\n"))),
    File("node-service", 2, """
FROM node:18-slim

ENV NODE_ENV=production

WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts

WORKDIR /worker
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts

COPY server.js /app/
COPY server.js /worker/
WORKDIR /app
CMD ["node", "server.js"]
""", (("server.js", "console.log(1)\n"),), ("expresslike", "loglike")),
    File("node-and-python", 2, """
FROM node:18-slim
ENV npm_config_registry={url}/npm
RUN mkdir -p /opt/cli && npm install --prefix /opt/cli clilike@1.0.0
RUN mkdir -p /opt/lint && npm install --prefix /opt/lint lintlike@1.0.0
ENV PATH=/opt/cli/node_modules/.bin:/opt/lint/node_modules/.bin:$PATH
"""),
    File("devcontainer", 5, """
FROM buildpack-deps:bookworm

ARG USERNAME=dev
ARG USER_UID=1000

RUN groupadd --gid $USER_UID $USERNAME \\
    && useradd --uid $USER_UID --gid $USER_UID -m $USERNAME

# language servers
RUN curl -fsSL -o /usr/local/bin/gopls {url}/gopls/v0.14/gopls && chmod +x /usr/local/bin/gopls
RUN curl -fsSL {url}/rust-analyzer/rust-analyzer.gz | gunzip -c - > /usr/local/bin/rust-analyzer && chmod +x /usr/local/bin/rust-analyzer

# the shell prompt
RUN mkdir -p /opt/starship && curl -fsSL {url}/starship/starship-1.16.tar.gz -o /tmp/starship.tar.gz && tar xf /tmp/starship.tar.gz -C /opt/starship --strip-components 1 && rm /tmp/starship.tar.gz
RUN curl -fsSL -o /usr/local/bin/fzf {url}/fzf/0.44.1/fzf && chmod +x /usr/local/bin/fzf
RUN mkdir -p /opt/nvim && curl -fsSL {url}/nvim/nvim-0.9.4.tar.gz | tar -xz -C /opt/nvim --strip-components 1

USER $USERNAME
WORKDIR /workspaces
CMD ["sleep", "infinity"]
"""),
    File("go-toolchain", 4, """
FROM buildpack-deps:bookworm
ENV GOLANG_VERSION 1.21.4
RUN set -eux; \\
    wget -O go.tgz {url}/golang/go-1.21.4.tar.gz --progress=dot:giga; \\
    echo "{sha:/golang/go-1.21.4.tar.gz} *go.tgz" | sha256sum -c -; \\
    mkdir -p /opt/go; \\
    tar -C /opt/go --strip-components=1 -xzf go.tgz; \\
    rm go.tgz
RUN set -eux; \\
    curl -fL -o /tmp/protoc.zip {url}/protoc/protoc-25.1.zip; \\
    mkdir -p /opt/protoc; \\
    unzip -q /tmp/protoc.zip -d /opt/protoc; \\
    rm /tmp/protoc.zip
RUN mkdir -p /opt/golangci-lint && curl -fL {url}/lint/golangci-lint-1.55.2.tar.gz | tar -xz --strip-components=1 -C /opt/golangci-lint
RUN curl -fL -o /usr/local/bin/dlv {url}/delve/v1.21/dlv && chmod +x /usr/local/bin/dlv
ENV PATH /opt/go/bin:/opt/protoc/bin:$PATH
"""),
    File("builder-and-runtime", 3, """
FROM buildpack-deps:bookworm AS build
WORKDIR /src
RUN curl -fsSL -o /usr/local/bin/mockgen {url}/mockgen/v1.6/mockgen && chmod +x /usr/local/bin/mockgen
RUN curl -fsSL -o /usr/local/bin/protogen {url}/protogen/v1.28/protogen && chmod +x /usr/local/bin/protogen
RUN mkdir -p /opt/assets && curl -fsSL -o /opt/assets/assets.dat {url}/assets/v3/assets.dat
RUN mockgen > /mocks.dat && protogen > /protos.dat

FROM debian:bookworm
COPY --from=build /mocks.dat /protos.dat /etc/service/
COPY --from=0 /opt/assets /opt/assets
CMD ["cat", "/etc/service/mocks.dat"]
"""),
    File("two-final-stages", 2, """
FROM buildpack-deps:bookworm AS tools
RUN curl -fsSL -o /usr/local/bin/shellcheck {url}/shellcheck/v0.9/shellcheck && chmod +x /usr/local/bin/shellcheck
RUN curl -fsSL -o /usr/local/bin/shfmt {url}/shfmt/v3.7/shfmt && chmod +x /usr/local/bin/shfmt

FROM tools AS lint
CMD ["shellcheck"]

FROM tools
RUN shellcheck > /checked
CMD ["shfmt"]
"""),
    File("database-client", 4, f"""
FROM debian:bookworm
LABEL org.opencontainers.image.title="db client"
{APT}
RUN curl -fsSL {{url}}/flat/migrate-4.16.tar.gz -o /tmp/migrate.tgz \\
    && tar -xzf /tmp/migrate.tgz -C /usr/local/bin migrate \\
    && rm /tmp/migrate.tgz
RUN curl -fsSL {{url}}/usql/usql-0.17.tar.gz -o /tmp/usql.tgz \\
    && mkdir -p /opt/usql \\
    && tar -xzf /tmp/usql.tgz -C /opt/usql --strip-components=1 \\
    && rm -f /tmp/usql.tgz \\
    && chown -R root:root /opt/usql
RUN curl -fsSL -o /usr/local/bin/atlas {{url}}/atlas/v0.15/atlas && chmod +x /usr/local/bin/atlas
RUN curl -fsSL -o /usr/local/bin/mc {{url}}/minio/2023-11/mc && chmod +x /usr/local/bin/mc
COPY migrations/ /migrations/
EXPOSE 5432
HEALTHCHECK CMD ["migrate", "version"]
CMD ["migrate", "up"]
""", (("migrations/1.sql", "select 1;\n"),)),
    File("java-service", 4, """
FROM buildpack-deps:bookworm
RUN mkdir -p /opt/otel && wget -q -O /opt/otel/agent.jar {url}/otel/v1.31/agent.jar
RUN mkdir -p /opt/jre && wget -q -O /tmp/jre.tar.gz {url}/jre/jre-17.0.9.tar.gz \\
 && tar -xf /tmp/jre.tar.gz -C /opt/jre --strip-components=1 \\
 && rm /tmp/jre.tar.gz
RUN mkdir -p /opt/jmx && wget -q -O /opt/jmx/exporter.jar {url}/jmx/0.19/exporter.jar
RUN git clone -q --depth 1 {url}/git/app.git /opt/config-schema
ENV JAVA_HOME=/opt/jre
COPY app.jar /opt/service/app.jar
ENTRYPOINT ["/opt/jre/bin/jre", "-javaagent:/opt/otel/agent.jar", "-jar", "/opt/service/app.jar"]
""", (("app.jar", "not really\n"),)),
    File("lower-case", 2, """
from buildpack-deps:bookworm
run curl -fsSL -o /usr/local/bin/caddy {url}/caddy/v2.7/caddy && chmod 755 /usr/local/bin/caddy
run mkdir -p /srv/www && curl -fsSL -o /srv/www/index.dat {url}/www/index.dat
cmd ["caddy"]
"""),
    File("needs-of-each-other", 2, """
FROM buildpack-deps:bookworm

RUN curl -fsSL -o /usr/local/bin/fetcher {url}/fetcher/v1/fetcher && chmod +x /usr/local/bin/fetcher
# uses the one above
RUN fetcher > /etc/fetched.conf && curl -fsSL -o /opt/fetched.dat {url}/data/fetched.dat
RUN mkdir -p /opt/editor && curl -fsSL {url}/editor/editor-1.0.tar.gz -o /tmp/editor.tgz && tar -xzf /tmp/editor.tgz -C /opt/editor --strip-components=1 && rm /tmp/editor.tgz
"""),
    File("users-and-modes", 3, """
FROM buildpack-deps:bookworm
RUN groupadd -r app && useradd -r -g app -d /srv/app app
RUN curl -fsSL -o /usr/local/bin/supercronic {url}/supercronic/v0.2/supercronic && chmod 0555 /usr/local/bin/supercronic
RUN curl -fsSL -o /usr/local/bin/wait-for {url}/wait-for/v2/wait-for && chown root:app /usr/local/bin/wait-for && chmod 0750 /usr/local/bin/wait-for
RUN curl -fsSL -o /usr/local/bin/confd {url}/confd/v0.16/confd && chmod 0555 /usr/local/bin/confd
RUN install -d -o app -g app -m 0750 /srv/app
USER app
WORKDIR /srv/app
CMD ["supercronic"]
"""),
    File("plugins-by-loop", 2, """
FROM buildpack-deps:bookworm
ENV PLUGINS=/opt/grafana/plugins
RUN mkdir -p /opt/prometheus && curl -fsSL {url}/prometheus/prometheus-2.47.tar.gz -o /tmp/p.tgz && tar -xzf /tmp/p.tgz -C /opt/prometheus --strip-components=1 && rm /tmp/p.tgz
RUN mkdir -p /opt/grafana/plugins \\
 && for plugin in clock worldmap piechart; do curl -fsSL -o /opt/grafana/plugins/$plugin.zip {url}/flat/$plugin.zip; done
"""),
    File("own-branch-context", 2, """
FROM buildpack-deps:bookworm
COPY tool/Makefile tool/tool.c /usr/src/tool/
RUN make -C /usr/src/tool tool && install -m 755 /usr/src/tool/tool /usr/local/bin/tool
COPY ca.crt /etc/service/ca.crt
RUN mkdir -p /opt/geo && curl -fsSL --cacert /etc/service/ca.crt -o /opt/geo/geo.dat {url}/geo/2023/geo.dat
RUN curl -fsSL -o /usr/local/bin/vector {url}/vector/v0.34/vector && chmod +x /usr/local/bin/vector
""", (("tool/Makefile", "tool: tool.c\n\tcc -o tool tool.c\n"), ("tool/tool.c", "int main(void) { return 0; }\n"), ("ca.crt", "\n"))),
    File("xz-and-versions", 4, """
ARG DEBIAN=bookworm
FROM buildpack-deps:${DEBIAN}
ARG NODE_MAJOR=20
ARG ZIG=0.11
RUN mkdir -p /opt/node-${NODE_MAJOR} \\
    && curl -fsSL {url}/node/node-20.9.tar.xz -o /tmp/node.tar.xz \\
    && tar -xJf /tmp/node.tar.xz -C /opt/node-${NODE_MAJOR} --strip-components=1 \\
    && rm /tmp/node.tar.xz
RUN mkdir -p /opt/zig-${ZIG} \\
    && curl -fsSL {url}/zig/zig-0.11.tar.xz -o /tmp/zig.tar.xz \\
    && tar -xJf /tmp/zig.tar.xz -C /opt/zig-${ZIG} --strip-components=1 \\
    && rm /tmp/zig.tar.xz
RUN mkdir -p /opt/deno && curl -fsSL {url}/deno/deno-1.38.zip -o /tmp/deno.zip && unzip -q /tmp/deno.zip -d /opt/deno && rm /tmp/deno.zip
RUN curl -fsSL {url}/esbuild/esbuild.gz | gunzip -c > /usr/local/bin/esbuild && chmod +x /usr/local/bin/esbuild
ENV PATH=/opt/node-${NODE_MAJOR}/bin:/opt/zig-${ZIG}:$PATH
"""),
    File("ci-runner", 4, f"""
FROM debian:bookworm
{APT}
RUN mkdir -p /opt/runner && curl -fsSL {{url}}/runner/runner-2.311.tar.gz | tar -xz -C /opt/runner --strip-components=1
RUN curl -fsSL -o /usr/local/bin/cosign {{url}}/cosign/v2.2/cosign && chmod +x /usr/local/bin/cosign
RUN curl -fsSL -o /usr/local/bin/syft {{url}}/syft/v0.97/syft && chmod +x /usr/local/bin/syft
RUN curl -fsSL -o /tmp/aws.zip {{url}}/aws/aws-2.13.zip && unzip -q /tmp/aws.zip -d /opt/aws && rm /tmp/aws.zip
RUN useradd -m runner
USER runner
ENTRYPOINT ["/opt/runner/runner"]
"""),
    File("comments-and-blank-lines", 4, """
# The image our on-call people use.

FROM buildpack-deps:bookworm

# --- pager -----------------------------------------------------------
# pinned: 2.x asks for a token
RUN curl -fsSL -o /usr/local/bin/pager {url}/pager/v1.9/pager \\
    # everyone may run it
    && chmod 755 /usr/local/bin/pager

# --- graphs ----------------------------------------------------------
RUN mkdir -p /opt/graphs \\
    && curl -fsSL {url}/graphs/graphs-4.0.tar.gz -o /tmp/graphs.tgz \\
    && tar -xzf /tmp/graphs.tgz -C /opt/graphs --strip-components=1 \\
    && rm /tmp/graphs.tgz

# --- chat ------------------------------------------------------------

RUN curl -fsSL -o /usr/local/bin/chat {url}/chat/v0.2/chat && chmod 755 /usr/local/bin/chat

# --- runbooks --------------------------------------------------------
RUN git clone --depth 1 {url}/git/app.git /srv/runbooks

# --- start -----------------------------------------------------------
CMD ["pager"]
"""),
    # -- what has to stay as it is ------------------------------------------------------------------------------------
    File("each-step-builds-on-the-last", 0, """
FROM buildpack-deps:bookworm
RUN curl -fsSL -o /opt/base.dat {url}/data/base.dat
RUN cat /opt/base.dat > /opt/next.dat && curl -fsSL {url}/data/more.dat >> /opt/next.dat
RUN sha256sum /opt/next.dat > /opt/sums && curl -fsSL {url}/data/last.dat >> /opt/next.dat
"""),
    File("an-installer-nobody-knows", 0, """
FROM buildpack-deps:bookworm
RUN curl -fsSL {url}/install/installer | sh
RUN curl -fsSL {url}/install/other | sh
"""),
    File("one-download-only", 0, """
FROM buildpack-deps:bookworm
RUN curl -fsSL -o /usr/local/bin/one {url}/one/v1/one && chmod +x /usr/local/bin/one
RUN mkdir /data
CMD ["one"]
"""),
    File("one-place-by-two-tools", 2, """
FROM buildpack-deps:bookworm
RUN mkdir -p /opt/x && curl -fsSL {url}/x/x-1.0.tar.gz | tar -xz -C /opt/x --strip-components=1
RUN curl -fsSL {url}/x/x-1.1.tar.gz | tar -xz -C /opt/x --strip-components=1
"""),
    File("a-private-home", 2, """
FROM buildpack-deps:bookworm
RUN umask 077 && mkdir /opt/keys && curl -fsSL -o /opt/keys/a.dat {url}/keys/a.dat
RUN umask 077 && mkdir /opt/certs && curl -fsSL -o /opt/certs/b.dat {url}/keys/b.dat
"""),
    File("piped-into-shared-folders", 3, """
FROM buildpack-deps:bookworm
ARG ALPHA=1.0
RUN curl -fsSL {url}/alpha/alpha-${ALPHA}.tar.gz | tar -xz -C /usr/local --strip-components=1 \\
 && echo alpha > /usr/local/.alpha
RUN set -eux; \\
    curl -fsSL {url}/beta/beta-2.0.tar.gz \\
        | tar -xz -C /usr/local/share --no-same-owner; \\
    echo beta > /usr/local/.beta
RUN curl -fsSL {url}/gamma/gamma-3.0.tar.gz | gunzip | tar -x -C /usr/local/lib
"""),
)  # fmt: skip
