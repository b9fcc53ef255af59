"""Dockerfiles that use a credential, to be built before and after it is purged."""


from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """`text` with AT for the server's address; `given` are the build arguments that hold the secret.

    `allowed` is what may differ; `files` are the build context; `by` the strategies that reach.  `secrets` are the ids the
    rewritten file asks for in `mount`, each with the text it stands for (SECRET for the value).
    """

    name: str
    text: str
    by: tuple[str, ...] = ("builder", "mount")
    given: tuple[str, ...] = ("TOKEN",)
    allowed: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, str], ...] = (("TOKEN", "SECRET"),)
    mounts: bool = False
    """Whether the file asks for the secrets itself."""


CONFIG = "/**/.git/config"
LOCK = """{"name": "app", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "app", "version": "1.0.0", "dependencies":
{"@team/lib": "1.0.0"}}, "node_modules/@team/lib": {"version": "1.0.0", "resolved": "http://AT/npm/lib-1.0.0.tgz", "integrity": "INTEGRITY"}}}"""
MANIFEST = (("package.json", '{"name": "app", "version": "1.0.0", "dependencies": {"@team/lib": "1.0.0"}}'), ("package-lock.json", LOCK))

CASES = (
    Case("wget with a user's password in the URL", """\
FROM buildpack-deps:bookworm
ARG TOKEN
RUN mkdir -p /data && wget -q -O /data/file http://bob:$TOKEN@AT/files/file
RUN echo more > /more
""", allowed=("/root/.wget-hsts",)),
    Case("an ENV with its value in the file", """\
FROM buildpack-deps:bookworm
ENV TOKEN=SECRET
RUN wget -q --http-user=bob --http-password=$TOKEN -O /srv/file http://AT/files/file
CMD ["cat", "/srv/file"]
""", given=(), allowed=("ENV TOKEN", "/root/.wget-hsts")),
    Case("curl with a bearer header, unpacked in a pipe", """\
FROM buildpack-deps:bookworm
ARG TOKEN
RUN mkdir /data && curl -fsSL -H "Authorization: Bearer $TOKEN" http://AT/files/tool.tgz | tar xz -C /data
""", by=("mount",)),
    Case("curl with a header of its own", """\
FROM buildpack-deps:bookworm
ARG TOKEN
ENV LANG=C.UTF-8
WORKDIR /srv
RUN curl -fsS -H "PRIVATE-TOKEN: ${TOKEN}" -o part http://AT/files/part
"""),
    Case("a token in the query string", """\
FROM buildpack-deps:bookworm
ARG TOKEN
RUN curl -fsS "http://AT/files/x?token=$TOKEN" > /srv/x
RUN touch /after
"""),
    Case("user and password in variables of their own", """\
FROM buildpack-deps:bookworm
ARG USERNAME=bob
ARG TOKEN
RUN curl -fsS -u "$USERNAME:$TOKEN" -o /srv/y http://AT/files/y
"""),
    Case("downloaded, unpacked and deleted", """\
FROM buildpack-deps:bookworm
ARG TOKEN
RUN curl -fsS -u bob:$TOKEN -o /tmp/t.tgz http://AT/files/t.tgz \\
    # into a folder of its own
    && mkdir -p /opt/tool \\
    && tar xzf /tmp/t.tgz -C /opt/tool --strip-components=1 \\
    && rm /tmp/t.tgz
"""),
    Case("a literal password in a command", """\
FROM buildpack-deps:bookworm
RUN curl -fsS -u bob:SECRET -o /srv/z http://AT/files/z
RUN echo done > /srv/done
""", given=(), secrets=(("CURL_PASSWORD", "SECRET"),)),
    Case("a literal in single quotes", """\
FROM buildpack-deps:bookworm
RUN curl -fsS -H 'Authorization: Bearer SECRET' -o /srv/z http://AT/files/z
""", given=(), secrets=(("CURL_TOKEN", "SECRET"),)),
    Case("a clone with the token in its URL", """\
FROM buildpack-deps:bookworm
ARG TOKEN
RUN git clone -q http://x-access-token:$TOKEN@AT/git/app.git /src
RUN test -x /src/.git && echo later > /later
""", allowed=(CONFIG,)),
    Case("a shallow clone by tag, into the working directory", """\
FROM buildpack-deps:bookworm
ARG TOKEN
WORKDIR /work
RUN git clone -q --depth 1 -b v1 http://$TOKEN@AT/git/app.git
""", allowed=(CONFIG,)),
    Case("a clone whose history is dropped", """\
FROM buildpack-deps:bookworm
ARG TOKEN
RUN git clone -q http://oauth2:${TOKEN}@AT/git/app.git /src && rm -rf /src/.git
"""),
    Case("a clone with an extra header in its configuration", """\
FROM buildpack-deps:bookworm
ARG TOKEN
RUN git clone -q -c http.extraheader="Authorization: Bearer $TOKEN" http://AT/git/app.git /src
""", allowed=(CONFIG,)),
    Case("a clone by a URL that is in an ENV", """\
FROM buildpack-deps:bookworm
ARG TOKEN
ENV REMOTE=http://x:${TOKEN}@AT/git
RUN git clone -q $REMOTE/app.git /src
""", by=("mount",), allowed=(CONFIG, "ENV REMOTE")),
    Case("insteadOf in the global configuration, taken away later", """\
FROM buildpack-deps:bookworm
ARG TOKEN
RUN git config --global url."http://x:$TOKEN@AT/git/".insteadOf "http://AT/git/"
RUN git clone -q http://AT/git/app.git /src
RUN rm /root/.gitconfig
"""),
    Case("a .netrc written, used and removed in three steps", """\
FROM buildpack-deps:bookworm
ARG TOKEN
RUN echo "machine 127.0.0.1 login bob password $TOKEN" > /root/.netrc
RUN curl -fsS --netrc -o /srv/n http://AT/files/n
RUN rm -f /root/.netrc
"""),
    Case("a .netrc written, used and removed in one step", """\
FROM buildpack-deps:bookworm
ARG TOKEN
RUN echo "machine 127.0.0.1 login bob password $TOKEN" > ~/.netrc && chmod 600 ~/.netrc && git clone -q http://AT/git/app.git /src && rm ~/.netrc
"""),
    Case("a .git-credentials left behind", """\
FROM buildpack-deps:bookworm
ARG TOKEN
RUN git config --global credential.helper store && echo "http://bob:$TOKEN@AT" > ~/.git-credentials && git clone -q http://AT/git/app.git /src
""", allowed=("/root/.git-credentials",)),
    Case("a private Python index", """\
FROM python:3.11-slim
ARG TOKEN
RUN pip install --no-cache-dir --disable-pip-version-check --index-url http://user:$TOKEN@AT/simple secretlib
""", by=("mount",)),
    Case("a private Python index that pip reads from the environment", """\
FROM python:3.11-slim
ARG TOKEN
ENV PIP_INDEX_URL=http://user:${TOKEN}@AT/simple PIP_NO_CACHE_DIR=1
RUN pip install --disable-pip-version-check secretlib
""", by=("mount",), allowed=("ENV PIP_INDEX_URL",)),
    Case("a wheel of a private index, downloaded", """\
FROM python:3.11-slim
ARG TOKEN
RUN pip config set global.index-url http://user:$TOKEN@AT/simple && pip install --no-cache-dir --disable-pip-version-check secretlib
""", by=("mount",), allowed=("/root/.config/**",)),
    Case("an .npmrc written, then npm ci, then removed", """\
FROM node:18-slim
ARG TOKEN
WORKDIR /app
RUN echo "//AT/npm/:_authToken=${TOKEN}" > ~/.npmrc && echo "@team:registry=http://AT/npm/" >> ~/.npmrc
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund --no-update-notifier
RUN rm -f ~/.npmrc
""", by=("mount",), files=MANIFEST),
    Case("an .npmrc of the context that names the variable", """\
FROM node:18-slim
ARG NPM_TOKEN
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund --no-update-notifier
""", by=("mount",), given=("NPM_TOKEN",), secrets=(("NPM_TOKEN", "SECRET"),),
        files=(*MANIFEST, (".npmrc", "//AT/npm/:_authToken=${NPM_TOKEN}\n@team:registry=http://AT/npm/\n"))),
    Case("npm config set", """\
FROM node:18-slim
ARG TOKEN
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm config set "//AT/npm/:_authToken" $TOKEN && npm config set @team:registry http://AT/npm/ \\
    && npm ci --no-audit --no-fund --no-update-notifier && rm -f ~/.npmrc
""", by=("mount",), allowed=("/app/.npmrc",), files=MANIFEST),
    Case("a .netrc of the build context", """\
FROM buildpack-deps:bookworm
COPY netrc/.netrc /root/.netrc
RUN curl -fsS --netrc -o /srv/n http://AT/files/n
RUN rm /root/.netrc
""", given=(), files=(("netrc/.netrc", "machine 127.0.0.1 login bob password SECRET\n"),),
        secrets=(("netrc", "machine 127.0.0.1 login bob password SECRET\n"),)),
    Case("a user who is not root", """\
FROM buildpack-deps:bookworm
RUN useradd -m -u 1234 app && mkdir /srv/app && chown app /srv/app
USER 1234
ARG TOKEN
RUN curl -fsS -u app:$TOKEN -o /srv/app/f http://AT/files/f
"""),
    Case("a file for a user who is not root", """\
FROM buildpack-deps:bookworm
RUN useradd -m -u 1234 app
COPY --chown=1234 .netrc /home/app/.netrc
USER 1234
ENV HOME=/home/app
RUN curl -fsS --netrc-file /home/app/.netrc -o /home/app/f http://AT/files/f && rm /home/app/.netrc
""", given=(), files=((".netrc", "machine 127.0.0.1 login bob password SECRET\n"),),
        secrets=(("netrc", "machine 127.0.0.1 login bob password SECRET\n"),)),
    Case("two credentials in two steps", """\
FROM buildpack-deps:bookworm
ARG TOKEN
ARG API_KEY
RUN curl -fsS -u bob:$TOKEN -o /srv/one http://AT/files/one
RUN curl -fsS -H "X-Api-Key: $API_KEY" -o /srv/two http://AT/files/two
""", given=("TOKEN", "API_KEY"), secrets=(("TOKEN", "SECRET"), ("API_KEY", "SECRET"))),
    Case("two credentials in one step", """\
FROM buildpack-deps:bookworm
ARG TOKEN
ARG API_KEY
RUN curl -fsS -u bob:$TOKEN -o /srv/one http://AT/files/one && curl -fsS -H "X-Api-Key: $API_KEY" -o /srv/two http://AT/files/two
""", given=("TOKEN", "API_KEY"), secrets=(("TOKEN", "SECRET"), ("API_KEY", "SECRET"))),
    Case("a stage that the last one is FROM", """\
FROM buildpack-deps:bookworm AS base
ARG TOKEN
RUN curl -fsS -u bob:$TOKEN -o /srv/one http://AT/files/one
FROM base
RUN cp /srv/one /srv/two
CMD ["cat", "/srv/two"]
"""),
    Case("a stage whose clone the last one copies", """\
FROM buildpack-deps:bookworm AS source
ARG TOKEN
RUN git clone -q http://x:$TOKEN@AT/git/app.git /src
FROM debian:bookworm
COPY --from=source /src /src
""", allowed=(CONFIG,), secrets=()),
    Case("tools installed first, a package of the system after", """\
FROM debian:bookworm
RUN apt-get update && apt-get install -y --no-install-recommends git ca-certificates && rm -rf /var/lib/apt/lists/*
ARG TOKEN
RUN git clone -q http://x:$TOKEN@AT/git/app.git /src
WORKDIR /src
RUN cp hello /usr/local/bin/hello
""", allowed=(CONFIG,)),
    Case("a step that goes on with what it cloned", """\
FROM buildpack-deps:bookworm
ARG TOKEN
RUN git clone -q http://x:$TOKEN@AT/git/app.git /src && cd /src && make install
""", by=("mount",), allowed=(CONFIG,)),
    Case("a heredoc", """\
FROM buildpack-deps:bookworm
ARG TOKEN
RUN <<EOF
set -eu
git clone -q http://x:$TOKEN@AT/git/app.git /src
make -C /src install
EOF
""", by=("mount",), allowed=(CONFIG,)),
    Case("only where a token is given", """\
FROM buildpack-deps:bookworm
ARG TOKEN=""
RUN if [ -n "$TOKEN" ]; then curl -fsS -u bob:$TOKEN -o /srv/one http://AT/files/one; fi
""", by=("mount",)),
    Case("declared again in the last stage, and used by nothing there", """\
FROM buildpack-deps:bookworm AS fetch
ARG TOKEN
RUN curl -fsS -u bob:$TOKEN -o /srv/one http://AT/files/one
FROM debian:bookworm
ARG TOKEN
COPY --from=fetch /srv/one /srv/one
RUN echo built > /srv/built
"""),
    Case("a .netrc that COPY writes from a heredoc", """\
FROM buildpack-deps:bookworm
ARG TOKEN
COPY <<EOF /root/.netrc
machine 127.0.0.1 login bob password $TOKEN
EOF
RUN curl -fsS -n -o /srv/f http://AT/files/f
RUN rm /root/.netrc
"""),
    Case("two steps that write one file, for two that read it", """\
FROM buildpack-deps:bookworm
ARG USERNAME=bob
ARG TOKEN
RUN echo "machine 127.0.0.1 login $USERNAME" > /root/.netrc
RUN printf 'password %s\\n' "$TOKEN" >> /root/.netrc && chmod 600 /root/.netrc
RUN curl -fsS -n -o /srv/f http://AT/files/f
RUN curl -fsS -n -o /srv/g http://AT/files/g
""", by=("mount",), allowed=("/root/.netrc",)),
    Case("a file of the context that a step edits", """\
FROM buildpack-deps:bookworm
ARG TOKEN
COPY netrc /root/.netrc
RUN sed -i "s/@PASSWORD@/$TOKEN/" /root/.netrc
RUN curl -fsS -n -o /srv/f http://AT/files/f
""", by=("mount",), allowed=("/root/.netrc",), files=(("netrc", "machine 127.0.0.1 login bob password @PASSWORD@\n"),)),
    Case("a file that is moved before it is read", """\
FROM buildpack-deps:bookworm
ARG TOKEN
RUN echo "machine 127.0.0.1 login bob password $TOKEN" > /tmp/n && mv /tmp/n /root/.netrc
RUN curl -fsS -n -o /srv/f http://AT/files/f
RUN rm /root/.netrc
""", by=("mount",)),
    Case("a file of the context that is moved, and its folder", """\
FROM buildpack-deps:bookworm
COPY .netrc /opt/keys/netrc
RUN cp /opt/keys/netrc /root/.netrc && echo x > /opt/keys/other
RUN curl -fsS -n -o /srv/f http://AT/files/f
RUN rm /root/.netrc /opt/keys/netrc
""", by=("mount",), given=(), files=((".netrc", "machine 127.0.0.1 login bob password SECRET\n"),),
        secrets=(("netrc", "machine 127.0.0.1 login bob password SECRET\n"),)),
    Case("git's own configuration, under a condition", """\
FROM buildpack-deps:bookworm
ARG TOKEN
ARG MIRROR=yes
RUN if [ "$MIRROR" = yes ]; then git config --global url."http://x:$TOKEN@AT/".insteadOf "http://mirror/"; fi
RUN git clone -q http://mirror/git/app.git /src
""", by=("mount",), allowed=("/root/.gitconfig",)),
    Case("a token file of the context, by no telling name", """\
FROM buildpack-deps:bookworm
COPY what /tmp/what
RUN curl -fsS -H "Authorization: Bearer $(cat /tmp/what)" -o /srv/f http://AT/files/f && rm /tmp/what
""", given=(), files=(("what", "SECRET"),), secrets=(("what", "SECRET"),)),
    Case("basic authentication put together by hand", """\
FROM buildpack-deps:bookworm
ARG X
RUN curl -fsS -H "Authorization: Basic $(printf 'bob:%s' "$X" | base64)" -o /srv/f http://AT/files/f
""", given=("X",), secrets=(("X", "SECRET"),)),
    Case("a literal in a variable of the shell", """\
FROM buildpack-deps:bookworm
RUN export KEY=SECRET && curl -fsS -H "X-Api-Key: $KEY" -o /srv/f http://AT/files/f
""", given=(), secrets=(("CURL_TOKEN", "SECRET"),)),
    Case("a credential helper that names the variable", """\
FROM buildpack-deps:bookworm
ARG TOKEN
RUN git config --global credential.helper '!f() { echo username=x; echo "password=$TOKEN"; }; f' && git clone -q http://AT/git/app.git /src
"""),
    Case("an ENV that is emptied at the end", """\
FROM buildpack-deps:bookworm
ARG TOKEN
ENV TOKEN=$TOKEN
RUN curl -fsS -u bob:$TOKEN -o /srv/f http://AT/files/f
ENV TOKEN=
""", allowed=("ENV TOKEN",)),
    Case("a user with a home of their own", """\
FROM buildpack-deps:bookworm
RUN useradd -m -u 1234 app
USER app
WORKDIR /home/app
ARG TOKEN
RUN echo "machine 127.0.0.1 login bob password $TOKEN" > .netrc
RUN HOME=/home/app curl -fsS -n -o f http://AT/files/f
RUN rm .netrc
"""),
    Case("a clone with submodules", """\
FROM buildpack-deps:bookworm
ARG TOKEN
RUN git clone -q --recurse-submodules http://x:$TOKEN@AT/git/super.git /src
""", allowed=(CONFIG, "/src/.git/modules/**")),
    Case("a clone whose submodules are fetched afterwards", """\
FROM buildpack-deps:bookworm
ARG TOKEN
RUN git clone -q http://x:$TOKEN@AT/git/super.git /src && cd /src && git submodule -q update --init
""", by=("mount",), allowed=(CONFIG, "/src/.git/modules/**")),
    Case("a setting of git for one call", """\
FROM buildpack-deps:bookworm
ARG TOKEN
RUN git -c http.extraheader="Authorization: Bearer $TOKEN" clone -q http://AT/git/app.git /src
"""),
    Case("a log beside a pipe", """\
FROM buildpack-deps:bookworm
ARG TOKEN
RUN curl -fsS -u bob:$TOKEN http://AT/files/y | cat > /srv/y
"""),
    Case("ADD with user and password in the address", """\
FROM buildpack-deps:bookworm
ARG TOKEN
ADD http://bob:$TOKEN@AT/files/y /srv/y
RUN test -s /srv/y
""", by=("mount",), secrets=(("HTTP_AUTH_HEADER_127.0.0.1", "Bearer SECRET"),)),
    Case("a secret mount that a file is written from", """\
FROM buildpack-deps:bookworm
RUN --mount=type=secret,id=TOKEN,env=TOKEN echo "machine 127.0.0.1 login bob password $TOKEN" > ~/.netrc && curl -fsSn -o /srv/y http://AT/files/y
""", given=(), allowed=("/root/.netrc",), mounts=True),
    Case("a secret mount that a clone keeps", """\
FROM buildpack-deps:bookworm
RUN --mount=type=secret,id=TOKEN git clone -q http://x:$(cat /run/secrets/TOKEN)@AT/git/app.git /src
""", given=(), allowed=(CONFIG,), mounts=True),
    Case("a secret mount that is copied to where it is looked for", """\
FROM buildpack-deps:bookworm
RUN --mount=type=secret,id=netrc cp /run/secrets/netrc /root/.netrc && curl -fsSn -o /srv/y http://AT/files/y
""", given=(), allowed=("/root/.netrc",), secrets=(("netrc", "machine 127.0.0.1 login bob password SECRET"),), mounts=True),
)
