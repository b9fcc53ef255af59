"""More pairs of steps: those where the second needs the first in a hidden way, and those of every day that do not."""



from __future__ import annotations

HIDDEN = r"""
RUN ln -s /usr/bin/foo /bin/bar | RUN bar --version > /x
RUN cp tool /bin/jq | RUN jq . /a > /b
RUN echo x > /var/run/secrets/a | RUN cat /run/secrets/a > /b
RUN echo x > /var/lock/a | RUN cat /run/lock/a > /b
RUN cp ld.so /lib64/ld-linux-x86-64.so.2 | RUN touch /b
RUN mkdir -p /opt/v1 && ln -s /opt/v1 /opt/current | RUN touch /opt/current/x && cat /opt/v1/x
RUN ln -sfn /opt/v1 /opt/current | RUN curl -o /opt/current/x http://h/x
RUN ln -s /data/bin /usr/local/mybin | RUN cp /usr/local/mybin/a /b
ENV HOME=/home/app | RUN git config --global user.name x
ENV HOME=/home/app | RUN npm install -g x
ENV HOME=/h | RUN echo x >> ~/.bashrc
ENV HOME=/h | RUN pip install --user x
ENV HOME=/h | RUN cargo install x
ENV HOME=/h | RUN curl -n -o /x http://h
ENV HOME=/h | RUN cd && touch x
USER app | RUN pip install --user x
USER 1000 | RUN mkdir /opt/x
RUN git config --system http.proxy http://p | RUN git clone http://h/r /r
RUN git config --global core.autocrlf true | RUN git clone http://h/r /r
RUN git config --global safe.directory '*' | RUN git -C /r describe > /v
RUN git config --global init.defaultBranch main | RUN git init /r
RUN git lfs install | RUN git clone http://h/r /r
RUN git config --global credential.helper store | RUN git clone http://h/r /r
RUN mkdir -p /usr/share/git-core/templates/hooks && cp hook /usr/share/git-core/templates/hooks/post-checkout | RUN git clone http://h/r /r
ENV GIT_TEMPLATE_DIR=/t | RUN git clone http://h/r /r
ENV GIT_SSH_COMMAND='ssh -i /k' | RUN git clone git@h:r /r
ENV GIT_CONFIG_COUNT=1 | RUN git clone http://h/r /r
RUN echo 'precedence ::ffff:0:0/96 100' >> /etc/gai.conf | RUN curl -o /x http://h/x
RUN echo 'hosts: files dns' > /etc/nsswitch.conf | RUN curl -o /x http://h/x
ENV PATH=/opt/tools/bin:$PATH | RUN tool > /x
ENV PATH=/opt/tools/bin:$PATH | RUN git clone http://h/r /r
RUN mkdir -p /opt/tools/bin && cp git /opt/tools/bin/ | RUN PATH=/opt/tools/bin:$PATH git clone http://h/r /r
RUN echo 'alias cp=true' >> /root/.bashrc | RUN bash -ic 'cp /a /b'
RUN echo 'f() { touch /b; }' > /env.sh | RUN BASH_ENV=/env.sh bash -c f
ENV BASH_ENV=/env.sh | RUN bash -c 'touch /x'
RUN echo 'set -e' > /root/.profile | RUN bash -lc 'touch /x'
RUN echo 'export X=1' > /etc/profile.d/x.sh | RUN . /etc/profile && touch /x
RUN echo 'export X=1' >> /root/.bashrc | RUN . /root/.bashrc && touch /x
RUN echo 'export X=1' >> ~/.bashrc | RUN bash -ic 'mkdir /x'
RUN echo '[global]' > /p.conf | RUN PIP_CONFIG_FILE=/p.conf pip install x
ENV PIP_CONFIG_FILE=/p.conf | RUN pip install x
ENV PIP_TARGET=/t | RUN pip install x
ENV PYTHONPATH=/t | RUN pip install x
ENV PYTHONUSERBASE=/t | RUN pip install --user x
ENV PYTHONDONTWRITEBYTECODE=1 | RUN pip install x
RUN mkdir -p /etc/pip && cp pip.conf /etc/pip.conf | RUN pip download -d /w x
RUN echo '[easy_install]' > /root/.pydistutils.cfg | RUN pip install x
RUN npm config set prefix /opt/npm | RUN npm install -g x
RUN npm config set cache /c | RUN npm ci
RUN npm config set ignore-scripts true -g | RUN npm install x
RUN yarn config set registry http://h | RUN yarn add x
RUN echo 'registry "http://h"' > /root/.yarnrc | RUN yarn install
RUN corepack prepare yarn@3 --activate | RUN yarn install
RUN pnpm config set store-dir /s | RUN pnpm install
RUN echo 'prefix=/p' > /usr/local/etc/npmrc | RUN npm install -g x
ENV NPM_CONFIG_PREFIX=/p | RUN npm install -g x
ENV NODE_OPTIONS=--max-old-space-size=1 | RUN npm ci
ENV NODE_PATH=/x | RUN node /a.js
ENV YARN_CACHE_FOLDER=/y | RUN yarn install
ENV COREPACK_HOME=/y | RUN yarn install
RUN update-alternatives --set python /usr/bin/python3.9 | RUN python -m venv /v
RUN update-alternatives --set java /opt/java/bin/java | RUN mvn -f /src/pom.xml package
RUN update-alternatives --set iptables /usr/sbin/iptables-legacy | RUN iptables --version > /x
RUN update-alternatives --install /usr/bin/python3 python3 /usr/bin/python3.11 1 | RUN pip3 install x
RUN echo /opt/src > /usr/lib/python3/dist-packages/x.pth | RUN python3 -m venv /v
RUN echo 'import x' > /usr/local/lib/python3.11/site-packages/sitecustomize.py | RUN python -m pip install x
RUN cp a.so /opt/lib/ | RUN ldconfig /opt/lib
RUN echo /opt/lib > /etc/ld.so.conf.d/a.conf | RUN ldconfig && tool
RUN ldconfig | RUN gcc -o /x /x.c
ENV LD_LIBRARY_PATH=/opt/lib | RUN git clone http://h/r /r
ENV LIBRARY_PATH=/opt/lib | RUN gcc -o /x /x.c
ENV CPATH=/opt/include | RUN gcc -o /x /x.c
ENV C_INCLUDE_PATH=/opt/include | RUN make -C /src
ENV PKG_CONFIG_PATH=/opt | RUN cmake -S /src -B /b
ENV CC=clang | RUN make -C /src
ENV CC=clang | RUN cd /src && ./configure
ENV CXXFLAGS=-O3 | RUN cmake -S /src -B /b
ENV CMAKE_PREFIX_PATH=/o | RUN cmake -S /src -B /b
RUN apt-get install -y ca-certificates | RUN wget -O /x https://h/x
RUN cp my.crt /usr/local/share/ca-certificates/ && update-ca-certificates | RUN git clone https://h/r /r
RUN cp my.crt /usr/local/share/ca-certificates/my.crt | RUN apt-get install -y ca-certificates
RUN cat my.pem >> /etc/ssl/certs/ca-certificates.crt | RUN pip install x
RUN cat my.pem >> /etc/ssl/cert.pem | RUN curl -o /x https://h/x
RUN trust anchor /my.pem | RUN curl -o /x https://h/x
RUN echo 'deb x' > /etc/apt/sources.list | RUN apt-get update && apt-get install -y x
RUN apt-key add /k | RUN apt-get update
RUN curl -fsSL http://h/k | gpg --dearmor -o /usr/share/keyrings/k.gpg | RUN apt-get update
RUN printf 'Package: *' > /etc/apt/preferences.d/x | RUN apt-get install -y x
RUN echo 'Acquire::Retries 3;' > /etc/apt/apt.conf.d/80r | RUN apt-get update
RUN curl -o /etc/apt/trusted.gpg.d/k.asc http://h/k | RUN apt-get update
RUN echo 'machine h login a password b' > /etc/apt/auth.conf | RUN apt-get update
RUN apt-mark hold x | RUN apt-get upgrade -y
RUN rm -rf /var/lib/apt/lists/* | RUN apt-get install -y x
RUN add-apt-repository ppa:x | RUN apt-get update
RUN apt-get install -y software-properties-common | RUN add-apt-repository ppa:x
RUN rpm --import http://h/k | RUN yum install -y x
RUN yum-config-manager --enable x | RUN yum install -y x
RUN echo 'http://h' >> /etc/apk/repositories | RUN apk update
RUN echo x > /etc/apk/keys/x.pub | RUN apk add x
RUN echo 'alias ll=ls' > /etc/skel/.bashrc | RUN adduser --disabled-password x
RUN mkdir /etc/skel/work | RUN useradd -m x
RUN echo 'UMASK 077' >> /etc/login.defs | RUN useradd -m x
RUN echo 'DSHELL=/bin/zsh' >> /etc/adduser.conf | RUN adduser --disabled-password x
RUN echo 'SHELL=/bin/zsh' > /etc/default/useradd | RUN useradd x
RUN useradd -D -s /bin/bash | RUN useradd x
RUN groupadd -g 1500 g | RUN useradd -g g x
RUN groupadd docker | RUN usermod -aG docker x
RUN mkdir -p /srv/d && chmod g+s /srv/d && chgrp 50 /srv/d | RUN curl -o /srv/d/x http://h
RUN mkdir -p /srv/d && chmod 2775 /srv/d | RUN git clone http://h/r /srv/d/r
RUN chown daemon /srv/d | RUN tar xf /a.tar -C /srv/d
RUN echo Europe/Berlin > /etc/timezone | RUN dpkg-reconfigure -f noninteractive tzdata
RUN ln -snf /usr/share/zoneinfo/UTC /etc/localtime | RUN ls -l /etc > /x
RUN ln -snf /usr/share/zoneinfo/UTC /etc/localtime | RUN php /x.php
ENV TZ=UTC | RUN touch -d '2020-01-01 10:00' /x
ENV LC_ALL=de_DE.UTF-8 | RUN sort /a > /b
ENV LANG=C.UTF-8 | RUN perl -pi -e 's/a/b/' /x
ENV LANG=C.UTF-8 | RUN grep -o '[a-z]*' /a > /b
ENV LANG=C.UTF-8 | RUN tr A-Z a-z < /a > /b
RUN localedef -i de_DE -f UTF-8 de_DE.UTF-8 | RUN LC_ALL=de_DE.UTF-8 sort /a > /b
RUN update-locale LANG=de_DE.UTF-8 | RUN bash -lc 'sort /a > /b'
RUN echo 'x x/y select z' | debconf-set-selections | RUN apt-get install -y x
RUN debconf-set-selections < /seed | RUN dpkg-reconfigure x
RUN echo 'app ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/app | RUN sudo -u app touch /x
RUN visudo -c | RUN echo x > /etc/sudoers
RUN echo '* * * * * root x' > /etc/cron.d/x | RUN chmod 644 /etc/cron.d/x
RUN crontab -u root /c | RUN crontab -l > /x
RUN touch /src/main.c | RUN make -C /src all
RUN touch -d 2020-01-01 /src/gen.h | RUN cd /src && make
RUN cd /src && ./configure | RUN cd /src && make
RUN cmake -S /src -B /b | RUN cmake --build /b
RUN echo x > /src/CMakeLists.txt | RUN cmake -S /src -B /b
RUN touch /a/x | RUN cp -u /a/x /b/x
RUN touch /a/x | RUN cp --update /a/x /b/x
RUN touch /b/x | RUN mv -u /a/x /b/x
RUN touch /a/x | RUN install -C /a/x /b/x
RUN touch /a/x | RUN rsync -au /a/ /b/
RUN touch /stamp | RUN find /usr/share -newer /stamp -delete
RUN touch /stamp | RUN find /srv -newermt "$(stat -c %y /stamp)" -type f -delete
RUN touch /stamp | RUN tar --newer-mtime=/stamp -cf /x.tar /srv
RUN touch /srv/new | RUN tar --newer=2020-01-01 -cf /x.tar /srv
RUN touch /srv/new | RUN tar -uf /x.tar /srv
RUN touch /srv/new | RUN find /srv -mmin -5 -exec rm {} +
RUN touch /list | RUN xargs rm -f < /list
RUN echo /a > /list | RUN cat /list | xargs rm -rf
RUN echo x > /list | RUN tar cf /x.tar -T /list
RUN echo x > /list | RUN tar cf /x.tar --exclude-from=/list /srv
RUN echo x > /list | RUN rsync -a --files-from=/list / /b/
RUN echo x > /list | RUN wget -i /list -P /d
RUN echo x > /list | RUN curl -K /list -o /x
RUN echo x > /list | RUN grep -f /list /a > /b
RUN echo x > /list | RUN sed -i -f /list /a
RUN echo x > /list | RUN awk -f /list /a > /b
RUN echo x > /list | RUN apt-get install -y $(cat /list)
RUN echo x > /list | RUN xargs -a /list apt-get install -y
RUN echo x > /list | RUN sh -c "$(cat /list)"
RUN echo x > /list | RUN mapfile -t A < /list; touch "${A[0]}"
RUN echo x > /list | RUN while read -r f; do rm -f "$f"; done < /list
RUN echo x > /list | RUN for f in $(cat /list); do touch /o/$f; done
RUN echo x > /list | RUN bash /list
RUN echo x > /list | RUN exec < /list; cat > /b
RUN echo x > /list | RUN sha256sum -c /list
RUN echo x > /list | RUN comm -12 /list /b > /c
RUN echo x > /list | RUN paste /list /b > /c
RUN echo x > /list | RUN envsubst < /list > /c
RUN echo x > /list | RUN python3 -c 'print(open("/list").read())' > /c
RUN echo x > /list | RUN head -c 3 /list > /c
RUN echo x > /list | RUN nl /list > /c
RUN echo x > /list | RUN tac /list > /c
RUN echo x > /list | RUN openssl enc -aes-256-cbc -in /list -out /c -k x
RUN echo x > /list | RUN gpg -d -o /c /list
RUN echo x > /list | RUN ln -f /list /c
RUN echo x > /list | RUN test -s /list && touch /c
RUN echo x > /list | RUN [ $(wc -l < /list) -gt 1 ] || touch /c
RUN echo x > /list | RUN [[ -f /list ]] && touch /c
RUN echo x > /list | RUN case "$(cat /list)" in x) touch /c;; esac
RUN echo x > /list | RUN V=$(</list) && touch /c-$V
RUN echo x > /list | RUN source /list && touch /c
RUN echo x > /lib.sh | RUN . /lib.sh
RUN echo x > /usr/local/bin/lib.sh | RUN . lib.sh
RUN echo x > /srv/a.sh | RUN cd /srv && . ./a.sh
RUN echo x > /srv/run | RUN cd /srv && ./run
RUN echo x > /srv/run | RUN chmod +x /srv/run && /srv/run
ENV LD_PRELOAD=/x.so | RUN curl -o /x http://h
RUN echo /x.so > /etc/ld.so.preload | RUN touch /b
ENV TMPDIR=/t | RUN d=$(mktemp -d) && touch $d/x
ENV TMPDIR=/t | RUN pip install x
ENV TMPDIR=/t | RUN sort -o /b /a
RUN rm -rf /tmp | RUN mktemp -d
RUN chmod 755 /tmp | RUN mktemp -d
RUN ln -s /data /tmp/link | RUN touch /tmp/link/x && cat /data/x
ENV CARGO_HOME=/c | RUN cargo install x
ENV CARGO_TARGET_DIR=/c | RUN cd /s && cargo build
ENV RUSTFLAGS=-g | RUN cd /s && cargo build
ENV RUSTUP_HOME=/c | RUN rustup toolchain install stable
RUN mkdir -p /root/.cargo && echo '[net]' > /root/.cargo/config.toml | RUN cargo install x
RUN rustup default nightly | RUN cargo build
RUN curl https://sh.rustup.rs -sSf | sh -s -- -y | RUN /root/.cargo/bin/cargo build
ENV GOPATH=/g | RUN go install x@latest
ENV GOFLAGS=-mod=vendor | RUN cd /s && go build -o /x .
ENV GOBIN=/g | RUN go install x@latest
ENV GOPROXY=off | RUN cd /s && go mod download
ENV CGO_ENABLED=0 | RUN cd /s && go build -o /x .
ENV GOCACHE=/g | RUN cd /s && go build -o /x .
RUN go env -w GOPRIVATE=h | RUN cd /s && go mod download
RUN go mod download | RUN go build -o /x .
ENV JAVA_HOME=/j | RUN mvn -f /s/pom.xml package
ENV JAVA_TOOL_OPTIONS=-Dx | RUN java -jar /x.jar
ENV MAVEN_OPTS=-Dx | RUN mvn -f /s/pom.xml package
ENV GRADLE_USER_HOME=/g | RUN cd /s && gradle build
RUN mkdir -p /root/.m2 && cp settings.xml /root/.m2/settings.xml | RUN mvn -f /s/pom.xml package
RUN mvn -f /s/pom.xml dependency:go-offline | RUN mvn -f /s/pom.xml package
RUN echo x > /root/.gradle/gradle.properties | RUN cd /s && gradle build
ENV GEM_HOME=/g | RUN gem install x
ENV BUNDLE_PATH=/g | RUN bundle install
RUN bundle config set path vendor | RUN bundle install
RUN echo 'gem: --no-document' > /root/.gemrc | RUN gem install x
RUN echo 'gem: --no-document' > /etc/gemrc | RUN gem install x
ENV COMPOSER_HOME=/g | RUN composer install
RUN composer config -g repo x | RUN composer install
RUN docker-php-ext-install zip | RUN composer install
RUN pecl install redis | RUN docker-php-ext-enable redis
RUN echo 'memory_limit=1' > /usr/local/etc/php/conf.d/x.ini | RUN php /x.php
RUN echo 'memory_limit=1' > /usr/local/etc/php/conf.d/x.ini | RUN composer install
ENV CONDA_PREFIX=/g | RUN conda install x
RUN conda config --add channels x | RUN conda install x
RUN conda create -n e | RUN conda install -n e x
RUN echo x > /root/.condarc | RUN conda install x
ENV UV_INDEX_URL=http://h | RUN uv pip install x
ENV POETRY_VIRTUALENVS_CREATE=false | RUN poetry install
RUN poetry config virtualenvs.create false | RUN poetry install
RUN echo x > /root/.wgetrc | RUN wget -P /d http://h/x
RUN echo x > /root/.aria2/aria2.conf | RUN aria2c -d /d http://h/x
RUN echo x > /root/.config/curlrc | RUN XDG_CONFIG_HOME=/root/.config curl -o /x http://h
ENV CURL_HOME=/c | RUN curl -o /x http://h
ENV GNUPGHOME=/g | RUN gpg --verify /a.sig /a
RUN gpg --import /k | RUN gpg --verify /a.sig /a
RUN gpg --recv-keys ABC | RUN gpg --batch --verify /a.sig /a && tar xf /a -C /b
RUN echo 'keyserver h' > /root/.gnupg/gpg.conf | RUN gpg --recv-keys ABC
RUN useradd -m app | RUN install -o app /x /usr/local/bin/y
RUN useradd -m app | RUN chown -R app:app /srv
RUN useradd -m app | RUN echo x > /home/app/.bashrc
RUN adduser --disabled-password app | RUN mkdir -p /home/app/.ssh
RUN userdel app | RUN chown app /x
RUN usermod -d /new app | RUN su app -c 'touch ~/x'
RUN usermod -u 1500 app | RUN chown app /x
RUN passwd -l root | RUN su root -c 'touch /x'
RUN ln -sf /bin/bash /bin/sh | RUN for i in a b; do touch /$i; done
RUN ln -sf /usr/bin/gawk /etc/alternatives/awk | RUN awk 1 /a > /b
RUN cp /my/sort /usr/local/bin/sort | RUN sort -o /b /a
RUN printf '#!/bin/sh\n' > /usr/local/bin/git | RUN git clone http://h/r /r
RUN mv /usr/bin/git /usr/bin/git.real | RUN git clone http://h/r /r
RUN dpkg-divert --rename --add /usr/bin/git | RUN git clone http://h/r /r
RUN chmod -x /usr/bin/git | RUN git --version > /x
RUN rm /usr/bin/wget | RUN wget -O /x http://h || curl -o /x http://h
RUN apt-get remove -y curl | RUN curl -o /x http://h
RUN apt-get autoremove -y | RUN git clone http://h/r /r
RUN curl -o /opt/x.zip http://h/x | RUN cd /opt && unzip x.zip
RUN curl -o /opt/x.zip http://h/x | RUN cd /opt && unzip '*.zip'
RUN mkdir /out | RUN cd /out && curl -O http://h/x
RUN mkdir /out | RUN curl -o /out/x http://h/x
RUN mkdir /out | RUN wget -O /out/x http://h/x
RUN mkdir /out | RUN curl http://h/x > /out/x
RUN mkdir /out | RUN tar xf /a.tar -C /out
RUN mkdir -p /out | RUN mv /a /out
RUN mkdir -p /out | RUN cp /a /out
RUN mkdir -p /out | RUN ln -s /a /out
RUN touch /out/keep | RUN git clone http://h/r /out
RUN rm -rf /out/* | RUN git clone http://h/r /out
RUN touch /srv/x/y | RUN rm -rf /srv/*
RUN touch /srv/a1 | RUN mv /srv/a? /srv/b
RUN mkdir /srv/q | RUN rmdir /srv/*
RUN touch /srv/.hidden | RUN cp -a /srv/. /t
RUN touch /t/x | RUN cp -a /srv/. /t
RUN touch /srv/x | RUN tar cf - -C /srv . | tar xf - -C /t
RUN touch /srv/x | RUN cd /srv && zip -r /z.zip .
RUN touch /srv/x | RUN python3 -m zipfile -c /z.zip /srv
RUN touch /srv/x | RUN du -s / > /t
RUN touch /srv/x | RUN find / -name x -delete
RUN touch /srv/x | RUN find / -xdev -perm /6000 -exec chmod a-s {} +
RUN touch /srv/x.pyc | RUN find / -name '*.pyc' -delete
RUN touch /srv/x | RUN chown -R app /srv
RUN touch /srv/x | RUN chmod -R g=u /srv
RUN touch /srv/x | RUN rm -rf /srv && mkdir /srv
RUN touch /srv/x | RUN sed -i s/a/b/ /srv/*
RUN touch /srv/x | RUN cat /srv/x | tee /t
RUN touch /srv/x | RUN cd /srv; sha256sum * > /t
RUN touch /srv/x | RUN ls -1 /srv | xargs -I{} touch /t/{}
RUN touch /srv/x | RUN grep -rl a /srv | xargs sed -i s/a/b/
RUN touch /srv/x | RUN setfacl -R -m u:1:r /srv
RUN touch /srv/x | RUN getfacl /srv/x > /t
RUN touch /srv/x | RUN stat -c %s /srv/* > /t
RUN touch /srv/x | RUN file /srv/x > /t
RUN touch /srv/x | RUN strip /srv/x
RUN touch /srv/x | RUN upx /srv/x
RUN touch /srv/x | RUN dos2unix /srv/x
RUN touch /srv/x | RUN xz /srv/x
RUN touch /srv/x | RUN shred -u /srv/x
RUN touch /srv/x | RUN rename 's/x/y/' /srv/*
RUN touch /srv/x | RUN logrotate -f /etc/logrotate.conf
RUN touch /srv/x | RUN iconv -f utf8 -t latin1 /srv/x > /t
RUN touch /srv/x | RUN docker-entrypoint.sh
COPY . . | RUN npm ci
COPY . . | RUN go build -o /x
COPY . . | RUN ls > /t
COPY --from=b /usr/local/bin/ /usr/local/bin/ | RUN curl -o /x http://h
COPY --from=b / / | RUN touch /x
ADD http://h/a.tgz /tmp/ | RUN tar xf /tmp/a.tgz -C /b
ADD a.tgz /srv/ | RUN cat /srv/x > /t
COPY etc/ /etc/ | RUN git clone http://h/r /r
COPY profile.sh /etc/profile.d/ | RUN bash -lc 'touch /x'
COPY .bashrc /root/ | RUN bash -ic 'touch /x'
COPY sources.list /etc/apt/ | RUN apt-get update
COPY pip.conf /root/.config/pip/ | RUN pip install x
COPY id_rsa /root/.ssh/ | RUN git clone git@h:r /r
COPY .npmrc . | RUN npm install
COPY wgetrc /etc/ | RUN wget -O /x http://h
SHELL ["/bin/bash", "-lc"] | RUN touch /x
SHELL ["/bin/bash", "-o", "pipefail", "-c"] | RUN a=1; touch /x
WORKDIR /w | RUN touch x
ARG DEBIAN_FRONTEND=noninteractive | RUN apt-get install -y x
ARG HTTPS_PROXY=x | RUN git clone https://h/r /r
ENV NO_PROXY=x | RUN curl -o /x http://h
ENV ALL_PROXY=x | RUN curl -o /x http://h
ENV POSIXLY_CORRECT=1 | RUN cp /a /usr/local/bin/b
ENV IFS=: | RUN V=a:b; touch $V
ENV CDPATH=/srv | RUN cd foo; touch x
ENV GLOBIGNORE=* | RUN bash -c 'rm -f /srv/*'
ENV BLOCKSIZE=1 | RUN du -s /srv > /t
ENV TIME_STYLE=iso | RUN ls -l /srv > /t
ENV GREP_OPTIONS=-v | RUN grep a /b > /c
ENV GREP_COLORS=x | RUN grep --color=always a /b > /c
ENV ZIPOPT=-0 | RUN zip /a.zip /b
ENV ZSTD_CLEVEL=19 | RUN zstd /a
ENV BZIP2=-9 | RUN bzip2 /a
ENV XZ_DEFAULTS=-9 | RUN xz /a
ENV RSYNC_RSH=x | RUN rsync -a h:/a /b
ENV PERL5LIB=/x | RUN perl -pi -e s/a/b/ /x
ENV PERL5OPT=-Mx | RUN perl -pi -e s/a/b/ /x
ENV RUBYOPT=-w | RUN gem install x
ENV OPENSSL_CONF=/x | RUN openssl req -x509 -out /x
ENV SOURCE_DATE_EPOCH=1 | RUN make -C /s
ENV VIRTUAL_ENV=/v | RUN uv pip install x
ENV DESTDIR=/d | RUN make -C /s install
ENV PREFIX=/d | RUN make -C /s install
ENV V=1 | RUN make -C /s
ENV UMASK=1 | RUN ./x
ENV V=1 | RUN npm run build
ENV REACT_APP_X=1 | RUN yarn build
ENV VITE_X=1 | RUN pnpm run build
ENV X=1 | RUN cd /s && ./configure
ENV X=1 | RUN cd /s && cargo build
ENV X=1 | RUN mvn -f /s/pom.xml package
ENV X=1 | RUN cd /s && gradle build
ENV X=1 | RUN python /s/setup.py install
ENV X=1 | RUN python -c 'import os; print(os.environ["X"])' > /x
ENV X=1 | RUN perl -e 'print $ENV{X}' > /x
ENV X=1 | RUN awk 'BEGIN { print ENVIRON["X"] }' > /x
ENV X=1 | RUN node -e 'console.log(process.env.X)' > /x
ENV X=1 | RUN env > /x
ENV X=1 | RUN printenv > /x
ENV X=1 | RUN export -p > /x
ENV X=1 | RUN set > /x
ENV X=1 | RUN declare -p > /x
ENV X=1 | RUN envsubst < /a > /x
ENV X=1 | RUN jq -n env.X > /x
ENV X=1 | RUN ./script.sh
ENV X=1 | RUN bash /script.sh
ENV X=1 | RUN php /x.php > /y
ENV X=1 | RUN rake assets:precompile
ENV X=1 | RUN bundle exec rake assets:precompile
ENV X=1 | RUN dotnet publish -o /out
ENV X=1 | RUN go generate ./...
ENV X=1 | RUN go run /x.go
ENV X=1 | RUN composer install
ENV X=1 | RUN mix compile
ENV X=1 | RUN pip install /src
ENV X=1 | RUN pip install -e .
ENV X=1 | RUN poetry build
ENV X=1 | RUN npm ci
ENV X=1 | RUN npm install
ENV X=1 | RUN ninja -C /b
ENV X=1 | RUN cmake --build /b
ENV X=1 | RUN meson setup /b
ENV X=1 | RUN bazel build //x
ENV X=1 | RUN sbt compile
ENV X=1 | RUN ant -f /s/build.xml
ENV X=1 | RUN webpack
ENV X=1 | RUN tsc -p /s
ENV X=1 | RUN ng build
ENV X=1 | RUN sh -c 'echo $X > /y'
ENV X=1 | RUN sh -c "touch \$X"
ENV X=1 | RUN eval 'touch $X'
ENV X=/y | RUN touch ${X:-/z}
ENV X=/y | RUN : ${X:?} && touch /z
ENV X=/y | RUN [ -n "$X" ] && touch /z
ENV X=/y | RUN test -v X && touch /z
ENV X=/y | RUN [ -z "${!Y}" ] && touch /z
ENV X=/y | RUN find / -name "$X" -delete
ENV X=/y | RUN su app -c 'touch $X'
ENV X=/y | RUN su -m app -c 'env > /z'
ENV X=/y | RUN sudo -E touch $X
ENV X=/y | RUN xargs -a /l sh -c 'touch $X'
ENV X=/y | RUN find /s -exec sh -c 'touch $X' \;
ENV X=/y | RUN trap 'touch $X' EXIT
ENV X=/y | RUN f() { touch $X; }; f
ENV X=/y | RUN touch "$(echo $X)"
ENV X=/y | RUN touch `echo $X`
ENV X=3 | RUN touch /a$((X+1))
ENV X=/y | RUN case $X in a) touch /z;; esac
ENV X=/y | RUN for i in $X; do touch $i; done
ENV X=/y | RUN echo a > $X
ENV X=/y | RUN while [ $X ]; do touch /z; break; done
RUN echo x > /p.conf | RUN PIP_CONFIG_FILE=/p.conf pip install x
RUN echo x > /p.conf | RUN PIP_CONSTRAINT=/p.conf pip install x
RUN echo x > /p.conf | RUN PIP_REQUIREMENT=/p.conf pip install
RUN echo x > /p.conf | RUN GIT_CONFIG_GLOBAL=/p.conf git clone http://h/r /r
RUN echo x > /p.conf | RUN WGETRC=/p.conf wget -O /x http://h
RUN echo x > /p.conf | RUN SSL_CERT_FILE=/p.conf curl -o /x http://h
RUN echo x > /p.conf | RUN OPENSSL_CONF=/p.conf openssl req -x509 -out /y
RUN echo x > /p.conf | RUN NPM_CONFIG_USERCONFIG=/p.conf npm ci
RUN echo x > /p.conf | RUN APT_CONFIG=/p.conf apt-get update
RUN echo x > /p.conf | RUN MAKEFILES=/p.conf make -C /s
RUN echo x > /p.conf | RUN CURL_CA_BUNDLE=/p.conf curl -o /x http://h
RUN echo x > /py/sitecustomize.py | RUN PYTHONPATH=/py pip install x
RUN echo x > /m2/settings.xml | RUN MAVEN_OPTS=-Xmx1g mvn -s /m2/settings.xml package
RUN mkdir /gnupg && gpg --homedir /gnupg --import /k | RUN GNUPGHOME=/gnupg gpg --verify /a.sig
RUN touch /cargo/config.toml | RUN CARGO_HOME=/cargo cargo install x
RUN touch /go/x | RUN GOPATH=/go go install x@v1
RUN touch /node/x.js | RUN NODE_PATH=/node npm run build
RUN touch /p/lib.pm | RUN PERL5LIB=/p perl -i -pe 1 /x
RUN touch /p/x.so | RUN LD_PRELOAD=/p/x.so touch /b
RUN touch /p/x.so | RUN LD_LIBRARY_PATH=/p git clone http://h/r /r
RUN touch /p/git | RUN export PATH=/p:$PATH && git clone http://h/r /r
RUN unzip /a.zip -d /p | RUN export PATH=/p/bin:$PATH && git clone http://h/r /r
RUN unzip /a.zip -d /p | RUN LD_LIBRARY_PATH=/p/lib git clone http://h/r /r
"""

EVERYDAY = r"""
RUN curl -fsSL http://h/a.tgz -o /opt/a.tgz | RUN curl -fsSL http://h/b.tgz -o /opt/b.tgz
RUN wget -q http://h/a -O /usr/local/bin/a && chmod +x /usr/local/bin/a | RUN wget -q http://h/b -O /usr/local/bin/b && chmod +x /usr/local/bin/b
RUN curl -Lo /usr/local/bin/kubectl http://h/k && chmod 755 /usr/local/bin/kubectl | RUN curl -Lo /usr/local/bin/helm http://h/h && chmod 755 /usr/local/bin/helm
RUN curl -L http://h/go.tgz | tar -xz -C /opt/go1 | RUN curl -L http://h/node.tgz | tar -xz -C /opt/node
RUN git clone --depth 1 http://h/a /opt/a | RUN git clone --depth 1 http://h/b /opt/b
RUN git clone http://h/a /src/a && cd /src/a && git checkout v1 | RUN git clone http://h/b /src/b && cd /src/b && git checkout v2
RUN cd /srv && git clone http://h/a | RUN cd /opt && git clone http://h/b
RUN apt-get update && apt-get install -y curl | RUN echo x > /opt/x
RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/* | RUN mkdir -p /opt/app/conf
RUN apk add --no-cache jq | RUN mkdir /data && echo x > /data/y
RUN useradd app | RUN curl -o /opt/x http://h/x
RUN useradd app | RUN mkdir -p /opt/app
RUN groupadd -g 1000 g | RUN touch /opt/x
RUN update-ca-certificates | RUN mkdir /data
RUN ln -sf /usr/share/zoneinfo/UTC /etc/localtime | RUN mkdir /data
RUN locale-gen | RUN mkdir /data
RUN sed -i s/a/b/ /etc/a.conf | RUN sed -i s/a/b/ /etc/b.conf
RUN sed -i.bak s/a/b/ /etc/a.conf | RUN touch /etc/b.conf.bak
RUN echo x >> /etc/a | RUN echo y > /etc/b
RUN chmod +x /usr/local/bin/a | RUN chmod +x /usr/local/bin/b
RUN chown root /usr/local/bin/a | RUN chmod +x /usr/local/bin/b
RUN rm -f /etc/nginx/sites-enabled/default | RUN mkdir -p /opt/site
RUN rm -rf /usr/share/doc | RUN rm -rf /usr/share/man
RUN ln -s /opt/a/bin/a /usr/local/bin/a | RUN ln -s /opt/b/bin/b /usr/local/bin/b
RUN ln -s /opt/v1 /usr/local/bin/cur | RUN curl -o /opt/b http://h
RUN mkdir -p /a/b/c | RUN mkdir -p /d/e/f
RUN mkdir -p /opt/x && touch /opt/x/a | RUN mkdir -p /opt/y && touch /opt/y/b
RUN install -d /srv/a | RUN install -d /srv/b
RUN install -m 755 /src/a /usr/local/bin/a | RUN install -m 755 /src/b /usr/local/bin/b
RUN tar xzf /src/a.tgz -C /opt/a | RUN tar xzf /src/b.tgz -C /opt/b
RUN unzip /src/a.zip -d /opt/a | RUN unzip -q /src/b.zip -d /opt/b
RUN gzip /srv/a | RUN gzip /srv/b
RUN sha256sum /srv/a > /srv/a.sum | RUN sha256sum /srv/b > /srv/b.sum
RUN openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x -keyout /k1 -out /c1 | RUN openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=y -keyout /k2 -out /c2
RUN cat /shared | sort -u > /a | RUN grep x /shared > /b
RUN find /srv/a -name '*.pyc' -delete | RUN find /srv/b -name '*.pyc' -delete
RUN test -f /etc/passwd && touch /x | RUN test -f /etc/group && touch /y
RUN set -ex; mkdir /x; touch /x/a | RUN set -ex; mkdir /y; touch /y/a
RUN d=/opt/a; mkdir $d | RUN d=/opt/b; mkdir $d
RUN for f in a b; do curl -o /opt/$f http://h/$f; done | RUN for f in c d; do curl -o /srv/$f http://h/$f; done
RUN bash -c 'curl -o /opt/a http://h' | RUN bash -c 'curl -o /opt/b http://h'
RUN python3 -m venv /opt/v1 | RUN curl -o /opt/x http://h
COPY a /opt/a/ | COPY b /opt/b/
COPY a.txt /opt/a.txt | RUN curl -o /opt/b http://h
COPY conf /etc/app/ | RUN git clone http://h/r /opt/r
ADD http://h/a /opt/a | RUN curl -o /srv/b http://h
WORKDIR /opt/a | RUN curl -o /srv/b http://h
ENV A=1 | RUN curl -o /opt/b http://h
ENV JAVA_HOME=/opt/java | RUN curl -o /opt/b http://h
ENV NODE_VERSION=18 | RUN git clone http://h/r /r
ENV TZ=UTC | RUN mkdir /data
ENV LANG=C.UTF-8 | RUN mkdir /data
ARG V=1 | RUN git clone http://h/r /r
RUN curl -o /opt/$(uname -m) http://h/x | RUN curl -o /srv/y http://h/y
RUN V=1 && curl -o /opt/x-$V http://h/$V | RUN V=1 && curl -o /opt/y-$V http://h/$V
RUN echo 'a' | tee /opt/a | RUN echo 'b' | tee /opt/b
RUN dd if=/dev/zero of=/a bs=1 count=1 | RUN truncate -s 1M /b
RUN touch /etc/cron.d/a | RUN touch /etc/cron.d/b
RUN echo a > /etc/profile.d/a.sh | RUN sh -c 'touch /b'
RUN mv /opt/a /opt/b | RUN mv /srv/a /srv/b
RUN cp /opt/a /usr/local/bin/a | RUN cp /opt/b /usr/local/bin/b
RUN cp -r /opt/a/. /srv/a/ | RUN cp -r /opt/b/. /srv/b/
RUN mkdir /x && chown 1000:1000 /x | RUN mkdir /y && chown 1000:1000 /y
RUN git config --global user.name x | RUN mkdir /data
RUN ssh-keyscan h >> /root/.ssh/known_hosts | RUN curl -o /opt/x http://h/x
RUN [ "$(uname -m)" = x86_64 ] && curl -o /opt/a http://h | RUN curl -o /opt/b http://h
RUN curl -o /opt/a http://h/a || curl -o /opt/a http://i/a | RUN curl -o /opt/b http://h/b
RUN wget -P /opt/dl http://h/a | RUN wget -P /srv/dl http://h/b
RUN zstd /srv/a -o /srv/a.zst | RUN xz /srv/b
RUN crontab /src/tab | RUN curl -o /opt/b http://h/b
"""
