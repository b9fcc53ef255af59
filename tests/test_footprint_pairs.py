"""Pairs of steps: those where the second needs the first are never called independent, and those that are, are."""



from __future__ import annotations

import dfrefactor
import pytest
from dfrefactor.effects import instruction as effects
from dfrefactor.effects.files import Files
from dfrefactor.effects.instruction import behind
from dfrefactor.effects.order import Dependence, between
from dfrefactor.effects.output import Grade
from dfrefactor.images import scopes

from tests.pair_cases import EVERYDAY, HIDDEN

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

MORE = r"""
RUN mkdir -p /a/b | RUN ln -s /x /a/b/c
RUN rm -rf /opt/tool | RUN ln -s /x /opt/tool
RUN cp -r /etc/skel /home/x | RUN chown -R 1000 /home/x
RUN touch /usr/local/bin/foo | RUN chmod +x /bin/../usr/local/bin/foo
RUN echo x > /usr/lib/a | RUN cp /lib/a /b
RUN echo x > /lib64/a | RUN cp /usr/lib64/a /b
RUN echo x > /run/lock/a | RUN cat /var/lock/a
RUN adduser -D app | RUN su-exec app touch /tmp/x
RUN adduser --system app | RUN install -o app -m 644 /x /usr/local/bin/y
RUN addgroup g | RUN adduser u g
RUN useradd -m app | RUN cp /x /home/app/
RUN useradd -m app | RUN mkdir /home/app/x
RUN echo '[user]' > /root/.gitconfig | RUN git clone http://h/r /r
RUN mkdir -p /root/.config/git && echo > /root/.config/git/config | RUN git clone http://h/r /r
RUN echo x > /etc/gitconfig | RUN git clone http://h/r /r
RUN echo x > /etc/gitattributes | RUN git clone http://h/r /r
RUN echo box > /etc/mailname | RUN git clone http://h/r /r
RUN mkdir /.git && echo x > /.git/config | RUN cd /a/b && git status
RUN mkdir -p /etc/gnutls && echo x > /etc/gnutls/config | RUN wget -O /x https://h/x
RUN echo x > /root/_netrc | RUN pip install x
RUN echo x > /root/.local/lib/python3.11/site-packages/x.pth | RUN python3 -m venv /v
RUN echo x > /usr/local/etc/mime.types | RUN python3 -m venv /v && /v/bin/pip install x
RUN echo x > /fi_FI | RUN locale-gen fi_FI
RUN echo x > /usr/local/bin/useradd | RUN adduser app
RUN echo x > /usr/local/bin/groupadd | RUN addgroup app
RUN echo x > /usr/local/bin/userdel | RUN deluser app
RUN cp /x /usr/local/openvino/lib/y.so | RUN ldconfig
RUN echo x > /etc/login.defs | RUN sudo touch /x
RUN echo x > /etc/php/8.2/cli/conf.d/x.ini | RUN php -v
RUN echo x > /usr/local/etc/php/conf.d/x.ini | RUN php -v
RUN mkdir -p /srv/app && touch /srv/app/x | RUN usermod -u 1234 www-data
RUN mkdir -p /srv/app && touch /srv/app/x | RUN usermod -g root www-data
RUN echo x > /root/.netrc | RUN curl -n http://h/x -o /y
RUN echo x > /root/.netrc | RUN git clone http://h/r /r
RUN echo x > /etc/wgetrc | RUN wget -O /y http://h
RUN echo x > /root/.ssh/config | RUN git clone git@h:r /r
RUN ssh-keyscan h >> /root/.ssh/known_hosts | RUN git clone git@h:r /r
RUN mkdir -p /root/.config/pip && echo > /root/.config/pip/pip.conf | RUN pip install x
RUN echo x > /root/.pip/pip.conf | RUN pip install x
RUN npm config set registry http://h | RUN npm install
RUN echo x > /app/.npmrc | RUN cd /app && npm install
COPY package.json /app/ | RUN cd /app && npm install
COPY requirements.txt /tmp/ | RUN pip install -r /tmp/requirements.txt
COPY requirements.txt . | RUN pip install -r requirements.txt
COPY . /src | RUN make -C /src
COPY script.sh / | RUN sh /script.sh
COPY a.tar /tmp/a.tar | RUN tar xf /tmp/a.tar -C /opt/x
COPY bin/ /usr/local/bin/ | RUN curl -o /x http://h
ENV LD_LIBRARY_PATH=/x | RUN curl -o /x http://h
ENV CURL_CA_BUNDLE=/x | RUN curl -o /x https://h
ENV SSL_CERT_FILE=/x | RUN curl -o /x https://h
ENV GOPATH=/g | RUN go install x@v1
ENV CARGO_HOME=/c | RUN cargo build
ENV HOME=/h | RUN touch ~/x
ENV HOME=/h | RUN git config --global a.b c
ENV LANG=C | RUN sort -o /a /b
ENV LC_ALL=C | RUN ls /x > /y
ENV TZ=X | RUN date > /x
ENV MAKEFLAGS=-j4 | RUN make
ENV BASH_ENV=/x | RUN bash -c 'touch /x'
ENV ENV=/x | RUN sh -c 'touch /x'
ENV XDG_CONFIG_HOME=/x | RUN git config --global a.b c
ENV GIT_CONFIG_GLOBAL=/x | RUN git clone http://h/r /r
ENV WGETRC=/x | RUN wget -O /x http://h
ENV npm_config_registry=x | RUN npm ci
ENV GZIP=-9 | RUN gzip /x
ENV XZ_OPT=-9 | RUN tar cJf /a.txz /b
ENV UNZIP=-o | RUN unzip /a.zip -d /b
ENV TMPDIR=/t | RUN mktemp
ENV CDPATH=/x | RUN cd y && touch z
ENV A=1 | ENV A=2
ARG A | RUN echo $A > /x
USER app | RUN touch /x
RUN locale-gen en_US.UTF-8 | RUN sort -o /b /a
RUN ldconfig | RUN git clone http://h/r /r
RUN cp libfoo.so.1 /usr/lib/x86_64-linux-gnu/ | RUN ldconfig
RUN cp libfoo.so.1 /usr/local/lib/ | RUN git --version && git clone http://h/r /r
RUN ln -s /usr/bin/python3 /usr/bin/python | RUN python -m venv /v
RUN ln -s python3 /usr/local/bin/python | RUN python /x.py
RUN update-alternatives --install /usr/bin/cc cc /usr/bin/clang 1 | RUN cc -o /x /x.c
RUN corepack enable | RUN yarn install
RUN rustup target add x | RUN cargo build
RUN pip install uv | RUN uv pip install x
RUN python -m venv /venv | RUN /venv/bin/pip install x
RUN python3 -m venv /venv | RUN . /venv/bin/activate && pip install x
RUN npm install -g pnpm | RUN pnpm install
RUN gem install bundler | RUN bundle install
RUN git init /r | RUN git -C /r add .
RUN git clone http://h/r /r | RUN cd /r && git checkout x
RUN git clone http://h/r /r | RUN cp -r /r/x /y
RUN git clone http://h/r /r | RUN find /r -name .git -prune -exec rm -rf {} +
RUN touch /d/a | RUN find /d -type f | xargs sha256sum > /sums
RUN touch /d/a | RUN for f in /d/*; do cat $f; done > /x
RUN touch /d/a | RUN cat /d/[ab] > /x
RUN touch /d/a | RUN echo /d/* > /x
RUN touch /d/a | RUN cp /d/? /e/
RUN touch /d/a | RUN test -f /d/a && touch /e
RUN touch /d/a | RUN [ -e /d/a ] && touch /e || true
RUN touch /d/a | RUN if [ -e /d/a ]; then touch /e; fi
RUN touch /d/a | RUN ls -la /d > /e
RUN touch /d/a | RUN du -sh /d > /e
RUN touch /d/a | RUN stat /d/a > /e
RUN touch /d/a | RUN tar -C / -cf /e.tar d
RUN touch /d/a | RUN rsync -a /d/ /e/
RUN touch /d/a | RUN zip -r /e.zip /d
RUN touch /d/a | RUN grep -r x /d > /e
RUN touch /d/a | RUN diff -r /d /e > /f
RUN touch /d/a | RUN mv /d /e
RUN touch /d/a | RUN cd /d && chmod +x a
RUN touch /d/a | RUN D=/d; cat $D/a > /x
RUN touch /d/a | RUN cat < /d/a > /x
RUN touch /d/a | RUN while read l; do echo $l; done < /d/a > /x
RUN touch /d/a | RUN sort -u /d/a -o /x
RUN touch /d/a | RUN wc -l /d/a > /x
RUN touch /d/a | RUN source /d/a
RUN touch /d/a | RUN dd if=/d/a of=/x
RUN touch /d/a | RUN install /d/a /usr/local/bin/x
RUN touch /d/a | RUN ln /d/a /usr/local/bin/x
RUN touch /d/a | RUN truncate -s 0 /d/a
RUN touch /d/a | RUN touch -r /d/a /usr/local/bin/b
RUN touch /d/a | RUN chmod --reference=/d/a /usr/local/bin/b
RUN touch /d/a | RUN curl -T /d/a http://h
RUN touch /d/a | RUN curl --cacert /d/a http://h -o /x
RUN touch /d/a | RUN curl -d @/d/a http://h -o /x
RUN touch /d/a | RUN wget -i /d/a -P /x
RUN touch /d/a | RUN git clone /d /e
RUN touch /d/a | RUN git clone file:///d /e
RUN touch /d/a | RUN pip install /d
RUN touch /d/a | RUN pip install -r /d/a
RUN touch /d/a | RUN npm install /d
RUN touch /d/a | RUN go build -o /x /d
RUN touch /d/a | RUN cargo install --path /d
RUN touch /d/a.deb | RUN apt-get install -y /d/a.deb
RUN touch /d/a.rpm | RUN rpm -i /d/a.rpm
RUN touch /d/a.apk | RUN apk add --allow-untrusted /d/a.apk
RUN touch /d/a | RUN gpg --import /d/a
RUN touch /d/a | RUN patch /e < /d/a
RUN touch /d/a | RUN patch -d /d -p1 < /p
RUN touch /d/a | RUN openssl x509 -in /d/a -out /x
RUN touch /d/a | RUN jq . /d/a > /x
RUN touch /d/a | RUN awk 1 /d/a > /x
RUN touch /d/a | RUN perl -pi -e s/a/b/ /d/a
RUN touch /d/a | RUN base64 -d /d/a > /x
RUN touch /d/a | RUN xz -k /d/a
RUN touch /d/a | RUN cmp /d/a /b && touch /x
RUN touch /d/a | RUN realpath /d/a > /x
RUN touch /d/a | RUN split -l1 /d/a /x/
RUN touch /d/a | RUN cat <(cat /d/a) > /x
RUN touch /d/a | RUN echo "$(cat /d/a)" > /x
RUN touch /d/a | RUN echo "$(</d/a)" > /x
RUN touch /d/a | RUN echo `cat /d/a` > /x
RUN touch /d/a | RUN sed -f /d/a /x > /y
RUN touch /d/a | RUN timeout 5 cat /d/a > /x
RUN touch /d/a | RUN nohup cat /d/a > /x
RUN touch /d/a | RUN sudo cat /d/a > /x
RUN touch /d/a | RUN command cat /d/a > /x
RUN touch /d/a | RUN exec cat /d/a > /x
RUN touch /d/a | RUN f() { cat /d/a; }; f > /x
RUN touch /d/a | RUN eval "cat /d/a" > /x
RUN touch /d/a | RUN xargs -a /d/a touch
RUN touch /d/a | RUN cd / && cd d && cat a > /x
RUN touch /d/a | RUN pushd /d && cat a > /x
RUN touch /d/a | RUN (cd /d; cat a) > /x
RUN touch /d/a | RUN cat /d//./a > /x
RUN touch /d/a | RUN cat /e/../d/a > /x
RUN touch /d/a | RUN cat $UNKNOWN > /x
RUN touch /d/a | RUN cat /d/$UNKNOWN > /x
RUN touch /d/a | RUN cat "/d/a" > /x
RUN touch /d/a | RUN test /d/a -nt /x && touch /y
RUN mkdir /d | WORKDIR /d/x
RUN ln -s /e /d | WORKDIR /d
RUN ln -s /e /d | COPY a /d/
RUN rm -rf /d | COPY a /d/
RUN chmod 700 /d | RUN touch /d/x
RUN chown 5 /d | RUN mkdir /d/x
RUN umask 077; mkdir /d | RUN touch /d/y
RUN setfacl -d -m u:5:rwx /d | RUN touch /d/y
RUN apt-get install -y libssl-dev | RUN gcc -o /x /x.c
RUN apt-get install -y tar | RUN tar xf /a -C /b
RUN apt-get install -y coreutils | RUN cp /a /usr/local/bin/b
RUN apk add coreutils | RUN cp /a /usr/local/bin/b
RUN apk add bash | RUN bash -c 'mkdir /x'
RUN apk add --no-cache grep findutils | RUN find /x -delete
RUN apt-get install -y gawk | RUN awk 1 /a > /b
RUN apt-get install -y xz-utils | RUN tar xf /a.tar.xz -C /b
RUN apt-get install -y bzip2 | RUN tar xjf /a.tbz -C /b
RUN apt-get install -y gnupg | RUN gpg --import /k
RUN apt-get install -y ca-certificates | RUN curl -o /x https://h
RUN apt-get install -y sudo | RUN sudo mkdir /x
RUN apt-get install -y passwd | RUN useradd x
RUN yum install -y shadow-utils | RUN useradd x
RUN microdnf install tar gzip | RUN tar xzf /a.tgz -C /b
RUN yum install -y which findutils | RUN find /a -delete
RUN apt-get install -y busybox | RUN busybox mkdir /x
RUN apt-get install -y procps | RUN pkill x
RUN apt-get install -y locales | RUN locale-gen
RUN apt-get install -y sed | RUN sed -i s/a/b/ /x
RUN apt-get install -y tzdata | RUN ln -sf /usr/share/zoneinfo/UTC /etc/localtime
RUN ln -sf /usr/share/zoneinfo/UTC /etc/localtime | RUN date > /x
RUN ln -sf /usr/share/zoneinfo/UTC /etc/localtime | RUN apt-get install -y tzdata
RUN echo x > /etc/hosts.d | RUN cat /etc/hosts.d > /x
RUN echo x > /etc/apt/apt.conf.d/99x | RUN apt-get install -y x
RUN rm -f /etc/apt/apt.conf.d/docker-clean | RUN apt-get update
RUN echo x > /etc/dpkg/dpkg.cfg.d/x | RUN apt-get install -y x
RUN echo 'http://h' >> /etc/apk/repositories | RUN apk add x
RUN sed -i s/a/b/ /etc/yum.repos.d/x.repo | RUN yum install -y x
RUN echo "path-exclude" > /etc/dpkg/dpkg.cfg | RUN dpkg -i /x.deb
RUN echo x > /etc/skel/.x | RUN useradd -m u
RUN echo x > /etc/login.defs | RUN useradd u
RUN echo x > /etc/shells | RUN chsh -s /bin/x u
RUN echo x > /etc/sudoers | RUN sudo mkdir /x
RUN echo x > /etc/ld.so.preload | RUN mkdir /x
RUN echo x > /etc/environment | RUN su - app -c 'touch /x'
RUN echo x > /etc/bash.bashrc | RUN bash -ic 'touch /x'
RUN mkdir -p /usr/local/share/ca-certificates && cp /a.crt /usr/local/share/ca-certificates/ | RUN update-ca-certificates
RUN echo x > /etc/ssl/openssl.cnf | RUN curl -o /x https://h
RUN echo x > /etc/nsswitch.conf | RUN chown app /x
RUN echo x >> /etc/group | RUN chgrp g /x
RUN echo x >> /etc/group | RUN tar xf /a -C /b
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
RUN tar czf /a.tgz -C /etc default | ENV UNRELATED=1
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


def judge(first: str, second: str, told: bool = False) -> Dependence | None:
    """`told`: what the stage starts from and the first step left are known."""
    stage = dfrefactor.parse(f"FROM debian\n{first}\n{second}\n".encode()).stages[0]
    files = Files(base="debian" if told else None)
    (_, _), (i, s), (j, t) = zip(stage.instructions, scopes(stage), strict=True)
    one = effects.of(i, s, files=files).effects
    two = effects.of(j, t, files=behind(files, one) if told else files).effects
    return between(one, two)


@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize(("first", "second"), pairs(DEPENDENT + MORE.lstrip() + HIDDEN.lstrip()))
def test_a_step_that_needs_another_is_never_called_independent(first: str, second: str, told: bool) -> None:
    found = judge(first, second, told)
    assert found is not None
    assert found.reason and "\n" not in found.reason


@pytest.mark.parametrize(("first", "second"), pairs(INDEPENDENT + EVERYDAY.lstrip()))
def test_steps_that_have_nothing_to_do_with_each_other(first: str, second: str) -> None:
    found = judge(first, second, told=True)
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
