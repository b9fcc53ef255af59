"""Pairs of steps: those where the second needs the first are never called independent, and those that are, are."""

# ruff: noqa: E501 (RUN lines are as long as they are)

from __future__ import annotations

import pytest

import refactor
from refactor import footprint
from refactor.footprint import Grade
from refactor.footprint.dependencies import Dependence, between
from refactor.scope import scopes

DEPENDENT = """
RUN curl -o /x http://h/x | RUN cat /x
RUN echo a > /etc/a.conf | RUN sed -i s/a/b/ /etc/a.conf
RUN mkdir /data | RUN touch /data/x
RUN mkdir -p /data/in | RUN cp /etc/passwd /data/in/
RUN mkdir -p /data/in | RUN chown 33 /data
RUN echo x > /d/a.txt | RUN cat /d/*.txt
RUN echo x > /d/deep/a.txt | RUN find /d -name '*.txt' -delete
RUN echo x > /d/a | RUN tar czf /all.tgz -C /d .
RUN echo x > /d/a | RUN cd /d && tar czf /all.tgz .
RUN echo x > /d/a | RUN cd /d && ls | wc -l > /count
RUN echo 'X=1' > /env.sh | RUN . /env.sh && echo $X > /out
RUN echo 'X=1' > /env.sh | RUN . /env.sh; touch /$X
RUN ln -s /opt/a /a | RUN touch /a/x
RUN ln -s /opt/a /a | RUN cat /a/x
RUN ln -sf bash /bin/sh | RUN echo hello > /x
RUN ln -sf /bin/bash /usr/bin/sh | RUN mkdir /x
RUN apt-get install -y dash && ln -sf dash /bin/sh | RUN touch /y
RUN echo x > /bin/tool | RUN cat /usr/bin/tool
RUN touch /usr/lib/x.so | RUN cat /lib/x.so
RUN echo 1 > /var/run/pid | RUN cat /run/pid
RUN apt-get update && apt-get install -y wget | RUN wget -O /x http://h/x
RUN apt-get install -y build-essential | RUN git clone http://h/r /r
RUN apk add --no-cache curl | RUN curl -o /x http://h/x
RUN yum install -y unzip | RUN unzip /a.zip -d /a
RUN apt-get update | RUN apt-get install -y vim
RUN apt-get install -y vim | RUN apt-get install -y nano
RUN echo 'deb http://h s main' > /etc/apt/sources.list.d/h.list | RUN apt-get update
RUN curl -o /etc/apt/keyrings/k.gpg http://h/k | RUN apt-get update
RUN dpkg --add-architecture i386 | RUN apt-get update
RUN curl -o /usr/local/bin/jq http://h/jq && chmod +x /usr/local/bin/jq | RUN jq . /etc/x.json > /y
RUN curl -o /usr/local/bin/tar http://h/tar | RUN tar xf /a.tar -C /a
RUN install -m 755 /src/mkdir /usr/local/bin/mkdir | RUN mkdir /x
RUN cp /src/curl /usr/local/sbin/curl | RUN curl -o /x http://h/x
COPY git /usr/local/bin/ | RUN git clone http://h/r /r
RUN useradd app | RUN chown app /etc/x
RUN groupadd grp | RUN chgrp grp /etc/x
RUN useradd app | RUN install -o app -d /x
RUN useradd app | COPY --chown=app a /a
RUN echo 'app:x:1:1::/:/bin/sh' >> /etc/passwd | RUN chown app: /etc/x
RUN useradd a | RUN useradd b
RUN useradd app | USER app
RUN useradd app | RUN su app -c 'touch /tmp/x'
RUN chmod g+s /srv | RUN touch /srv/x
RUN mkdir /srv/g && chmod 2775 /srv/g | RUN mkdir /srv/g/x
RUN chgrp 33 /srv && chmod g+s /srv | RUN mkdir /srv/new
RUN echo 'umask 077' > /etc/profile.d/x.sh | RUN bash -lc 'touch /x'
RUN echo 'export PATH=/o:$PATH' >> /etc/profile | RUN bash --login -c 'touch /x'
RUN echo 'PATH=/o' > /root/.profile | RUN sh -l -c 'touch /x'
ENV TAR_OPTIONS=--strip-components=1 | RUN tar xf /a.tar -C /a
ENV PIP_INDEX_URL=http://h | RUN pip install six
ENV HTTP_PROXY=http://h | RUN curl -o /x http://y/x
ENV https_proxy=http://h | RUN wget -O /x http://y/x
ENV GIT_SSL_NO_VERIFY=1 | RUN git clone http://h/r /r
ENV NODE_ENV=production | RUN npm ci
ENV DEST=/opt/x | RUN mkdir $DEST
ENV DEBIAN_FRONTEND=noninteractive | RUN apt-get install -y tzdata
ENV PATH=/opt/bin:$PATH | RUN mkdir /x
ENV CFLAGS=-O3 | RUN make
ENV GNUPGHOME=/gpg | RUN gpg --import /k
ARG V=1 | RUN curl -o /x http://h/$V
ENV LD_PRELOAD=/x.so | RUN touch /x
RUN echo 'check_certificate = off' > /root/.wgetrc | RUN wget -O /x http://h/x
RUN echo insecure > ~/.curlrc | RUN curl -o /x http://h/x
RUN git config --global http.sslVerify false | RUN git clone http://h/r /r
RUN git config --system url.a.insteadOf b | RUN git clone http://h/r /r
RUN echo //h/:_authToken=x > /root/.npmrc | RUN npm install left-pad
RUN pip config set global.index-url http://h | RUN pip install six
RUN printf '[global]\\n' > /etc/pip.conf | RUN pip install six
RUN pip install six | RUN pip install toml
RUN npm install -g yarn | RUN yarn install
RUN npm install -g a | RUN npm install -g b
RUN cp /x/libfoo.so /usr/local/lib/ | RUN ldconfig
RUN echo /opt/lib > /etc/ld.so.conf.d/x.conf | RUN ldconfig
RUN curl -o /usr/local/lib/libz.so.1 http://h/z | RUN git clone http://h/r /r
RUN cp /x/ca.crt /usr/local/share/ca-certificates/ | RUN update-ca-certificates
RUN update-ca-certificates | RUN curl -o /x https://h/x
RUN cp /my.pem /etc/ssl/certs/my.pem | RUN curl -o /x https://h/x
RUN sed -i 's/# en/en/' /etc/locale.gen | RUN locale-gen
RUN locale-gen de | RUN locale-gen fr
RUN update-alternatives --set python /usr/bin/python3 | RUN update-alternatives --auto editor
RUN touch /src/a.c | RUN make -C /src
RUN touch /src/a.c | RUN cp -u /src/a.c /build/a.c
RUN touch /mark | RUN find /src -newer /mark -exec rm {} +
RUN touch /src/b | RUN test /src/a -nt /src/b && touch /newer
RUN rm -rf /opt/x | RUN mkdir /opt/x
RUN touch /opt/x | RUN rm -rf /opt/x
RUN echo a > /x | RUN echo b > /x
RUN echo a > /x | RUN rm /x
RUN cat /x > /y | RUN rm /x
RUN cat /x > /y | RUN echo n > /x
RUN mv /a /b | RUN ls /a > /c
RUN mkdir /w | RUN cp a /w
WORKDIR /w | RUN chmod 700 /w
COPY app /app/app | RUN chmod +x /app/app
COPY . /src | RUN cd /src && touch new
RUN cp /x /opt/conf | RUN cat /opt/conf/x
RUN curl -o /i.sh http://h/i | RUN sh /i.sh
RUN curl -o /i.sh http://h/i | RUN bash < /i.sh
RUN ./install.sh | RUN touch /x
RUN mystery --now | RUN touch /x
RUN touch /x | RUN mystery --now
RUN unzip /a.zip -d /usr/local | RUN git clone http://h/r /r
RUN curl http://h/t | tar xz -C /usr/local --strip-components=1 ; true | RUN go build ./x
RUN bash -c 'echo x > /deep' | RUN sh -c 'cat /deep > /y'
RUN echo 'x' | tee /t | RUN sort -o /u /t
RUN echo 127.0.0.1 > /list | RUN xargs -a /list echo > /z
RUN touch /l1 | RUN mv /l1 /l2
RUN gem install a | RUN gem install b
RUN cargo install a | RUN cargo install b
RUN go install a@v1 | RUN go install b@v1
RUN a2enmod ssl | RUN a2enmod rewrite
RUN make install | RUN git clone http://h/r /r
RUN echo Defaults > /etc/sudoers.d/x | RUN sudo mkdir /x
SHELL ["/bin/bash", "-c"] | RUN mkdir /x
RUN D=/q; mkdir $D | RUN touch /q/in
RUN cd /p && mkdir q | RUN touch /p/q/r
RUN gzip /log | RUN cat /log.gz > /x
RUN echo '{}' > /srv/package.json | RUN cd /srv && npm install
RUN sh -c "echo 1 > /one" | RUN env A=1 cat /one > /two
RUN echo 'hosts: files' > /etc/nsswitch.conf | RUN getent passwd root > /x
RUN git clone http://h/r /r | RUN git -C /r checkout v1
RUN git clone http://h/r /r | RUN rm -rf /r/.git
RUN wget -P /dl http://h/a.deb | RUN dpkg -i /dl/a.deb
RUN for i in a b; do echo > /it/$i; done | RUN cat /it/b > /x
RUN touch /a{b,c} | RUN cat /ab > /y
RUN install -d /i/j | RUN ln -s /t /i/j/l
"""

INDEPENDENT = """
RUN curl -o /opt/a http://h/a | RUN curl -o /opt/b http://h/b
RUN mkdir -p /opt/a && curl http://h/a | tar xz -C /opt/a | RUN mkdir -p /opt/b && curl http://h/b | tar xz -C /opt/b
RUN git clone http://h/a /src/a | RUN git clone http://h/b /src/b
RUN wget -O /a/x http://h/x | RUN git clone http://h/b /src/b
RUN touch /x | RUN touch /y
RUN echo a > /etc/a | RUN sed -i s/x/y/ /etc/b
RUN mkdir -p /srv/a/x | RUN mkdir -p /srv/b/y
RUN mkdir -p /data/a | RUN mkdir -p /data/b
RUN apt-get install -y curl | RUN mkdir /data
RUN pip install six | RUN mkdir /data
RUN rm -rf /a | RUN mkdir /b
RUN chmod 755 /etc/a | RUN chmod 755 /etc/b
RUN chown 33:33 /etc/a | RUN useradd app
RUN cp /etc/a /usr/local/bin/a | RUN cp /etc/b /usr/local/bin/b
RUN useradd app | RUN mkdir /data
ENV A=1 | RUN mkdir /data
ENV PIP_NO_CACHE_DIR=1 | RUN mkdir /data
ARG V=1 | RUN curl -o /x http://h/x
RUN sort -o /b /a | RUN sort -o /d /c
RUN cd /a && touch x | RUN cd /b && touch x
RUN d=$(mktemp -d) && touch $d/x && rm -rf $d && mkdir /a | RUN d=$(mktemp -d) && rm -rf $d && mkdir /b
RUN curl -o /tmp/a.tgz http://h/a && mkdir /a && tar xf /tmp/a.tgz -C /a && rm /tmp/a.tgz | RUN curl -o /tmp/b.tgz http://h/b && mkdir /b && tar xf /tmp/b.tgz -C /b && rm /tmp/b.tgz
RUN tar czf /a.tgz -C /etc default | RUN tar czf /b.tgz -C /usr/share doc
RUN find /a -delete | RUN find /b -delete
RUN cat /shared > /a | RUN cat /shared > /b
RUN echo x > /opt/ab | RUN echo x > /opt/a
RUN touch /opt/abc/x | RUN rm -rf /opt/ab
RUN cat /d/*.txt > /out1 | RUN touch /e/a.txt
RUN rm -f /d/*.log | RUN touch /d/a.txt
WORKDIR /a | WORKDIR /b
RUN ln -s /a /la | RUN ln -s /b /lb && true
RUN bash -c 'mkdir /x' | RUN sh -c 'mkdir /y'
RUN make -C /src | ENV UNRELATED=1
RUN sha256sum /a > /sa | RUN sha256sum /b > /sb
RUN for i in a b; do touch /l/$i; done | RUN for i in a b; do touch /m/$i; done
RUN echo a >> /etc/aa | RUN echo b >> /etc/bb
RUN apt-get update | RUN curl -o /opt/x http://h/x
RUN git config --global a.b c | RUN curl -o /opt/x http://h/x
RUN unzip /a.zip -d /opt/a | RUN unzip /b.zip -d /opt/b
RUN touch /var/lib/x | RUN touch /var/lib/y
"""


def pairs(text: str) -> list[tuple[str, str]]:
    """The two steps of a line stand on either side of its last ` | ` before a keyword."""
    found = []
    for line in text.strip().splitlines():
        first, second = next(
            (line[:at], line[at + 3 :])
            for at in range(len(line) - 3, 0, -1)
            if line[at : at + 3] == " | " and line[at + 3 :].split(" ")[0] in ("RUN", "COPY", "USER", "WORKDIR", "ENV")
        )
        found.append((first, second))
    return found


def judge(first: str, second: str) -> Dependence | None:
    stage = refactor.parse(f"FROM debian\n{first}\n{second}\n".encode()).stages[0]
    one, two = (footprint.of(i, s).footprint for i, s in list(zip(stage.instructions, scopes(stage), strict=True))[1:])
    return between(one, two)


@pytest.mark.parametrize(("first", "second"), pairs(DEPENDENT))
def test_a_step_that_needs_another_is_never_called_independent(first: str, second: str) -> None:
    found = judge(first, second)
    assert found is not None
    assert found.reason and "\n" not in found.reason


@pytest.mark.parametrize(("first", "second"), pairs(INDEPENDENT))
def test_steps_that_have_nothing_to_do_with_each_other(first: str, second: str) -> None:
    found = judge(first, second)
    assert found is None, found


def test_there_are_enough_pairs_of_both_sorts() -> None:
    assert len(pairs(DEPENDENT)) >= 60 and len(pairs(INDEPENDENT)) >= 30


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        ("RUN apt-get install -y jq", "RUN jq . /x > /y", "command"),
        ("ENV TAR_OPTIONS=x", "RUN tar xf /a -C /b", "environment"),
        ("RUN useradd a", "RUN useradd b", "system"),
        ("RUN touch /src/a", "RUN cp -u /src/a /b", "mtime"),
        ("RUN echo a > /x", "RUN cat /x > /y", "flow"),
        ("RUN echo a > /x", "RUN echo b > /x", "output"),
        ("RUN cat /x > /y", "RUN echo b > /x", "anti"),
        ("RUN mystery", "RUN touch /x", "unknown"),
    ],
)
def test_the_kind_of_a_dependence(first: str, second: str, kind: str) -> None:
    found = judge(first, second)
    assert found is not None and found.kind in (kind, "flow" if kind == "system" else kind)


def test_unknown_footprints_are_independent_of_nothing_that_changes_files() -> None:
    assert Grade.UNKNOWN < Grade.BOUNDED < Grade.EXACT
