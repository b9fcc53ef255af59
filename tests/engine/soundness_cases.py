"""RUN lines by family, each built on a local image; `{url}` is a web server that has app.tgz, app.zip, tool, tool.gz and sums.

A line in capitals is an instruction that sets the scene for those below it.
"""



from __future__ import annotations

Case = tuple[str, str]


def family(name: str, text: str) -> list[Case]:
    """One case a line."""
    return [(name, line.strip()) for line in text.strip("\n").split("\n") if line.strip()]


FILES = [
    *family("mkdir", """
        mkdir /a && mkdir -m 700 /a/private && mkdir -p /a/b/c/d
        mkdir -p /opt/app/bin /opt/app/etc /srv/www
        mkdir --parents --mode=750 /var/data/x
        umask 027 && mkdir /masked && touch /masked/file
        for d in one two three; do mkdir -p /loop/$d; done
        mkdir -p "/with space/x y" && touch '/with space/x y/z'
    """),
    *family("touch", """
        touch /a/one /a/two && truncate -s 1k /a/big
        cd /a && touch three ./four ../a/five
        touch -t 202001010000 /a/one && touch -r /a/one /a/two
    """),
    *family("redirect", """
        echo hello > /a/hello && echo more >> /a/hello
        printf '%s\\n' x y > /etc/app.conf
        cat /etc/hostname > /a/hostname 2>/dev/null || true
        { echo a; echo b; } > /a/group && (echo c >> /a/group)
        echo x | tee /a/t1 /a/t2 > /dev/null && echo y | tee -a /a/t1
        : > /a/empty && >/a/empty2
        exec 3> /a/fd && echo z >&3
        echo "export P=1" >> ~/.profile && echo set >> $HOME/.bashrc
        D=/a/vars; mkdir -p $D/${D##*/} && echo v > $D/file
        if [ -f /a/hello ]; then echo y > /a/cond; else echo n > /a/other; fi
        test -d /nothing || echo made > /a/made
        f() { mkdir -p "$1/$2"; touch "$1/$2/in"; }; f /a fn && f /a gn
        cat < /a/hello > /a/copy && sort -o /a/sorted /a/hello
        echo data > /tmp/scratch && cp /tmp/scratch /a/kept && rm /tmp/scratch
        echo id=$(id -u) > /a/$(basename /x/y.txt) && echo $((1+2)) > /a/sum
        case $(uname -m) in x86_64) A=amd64 ;; aarch64) A=arm64 ;; *) exit 1 ;; esac; echo $A > /a/arch-$A
        i=0; while [ $i -lt 3 ]; do echo $i > /a/while$i; i=$((i+1)); done
    """),
    *family("remove", """
        rm /a/one && rm -f /a/nothing
        rm -rf /a/b /a/private && rmdir /masked/../loop/one
        mkdir /gone && touch /gone/x && rm -r /gone
        touch /a/r1 /a/r2 /a/s1 && rm /a/r?
        cd /loop && rm -rf -- two three
        rm -rf /var/tmp/* /tmp/*
        unlink /a/s1 && find /loop -mindepth 1 -delete
    """),
    *family("copy", """
        cp /etc/passwd /a/passwd.txt && cp -p /etc/group /a/
        cp -r /etc/apt /a/aptcopy && cp -a /etc/apt/. /a/aptcontent
        cp /a/hello /usr/local/bin/hello && chmod +x /usr/local/bin/hello
        cp -T /a/hello /a/exactly && cp -t /opt/app /a/hello /a/sum
        cp /etc/*.conf /opt/app/etc/
        mv /a/hello /a/hello2 && mv /a/hello2 /opt/app/
        mkdir /m && mv /m /n && mv /n /opt/
        mv /a/aptcopy /a/renamed
        cp -al /a/renamed /a/hardlinks
        cp --parents /etc/debian_version /a
        dd if=/dev/zero of=/a/zeros bs=1k count=2 2>/dev/null
        split -l 5 /a/passwd.txt /a/part-
    """),
    *family("install", """
        install -m 755 /a/passwd.txt /usr/local/bin/installed
        install -d -m 0750 -o daemon -g daemon /a/dir1 /a/dir2/sub
        install -D -m 644 /a/passwd.txt /a/deep/er/file
        install -Dt /a/into /a/passwd.txt /a/group
    """),
    *family("link", """
        ln -s /opt/app/bin /a/link && touch /a/link/through
        ln -s hello2 /opt/app/relative && ln -sf /usr/local/bin/hello /usr/local/bin/alias
        ln -sfn /opt/app/etc /a/link && echo x > /a/link/second
        ln /a/passwd.txt /a/hard
        cd /a && ln -s ../opt/app here && touch here/inside
        ln -sf /usr/share/zoneinfo/Europe/Berlin /etc/localtime && echo Europe/Berlin > /etc/timezone
        ln -s /a/passwd.txt /opt/app/etc/
        ln -sfT /srv /a/tee-link
    """),
    *family("mode", """
        chmod 600 /a/passwd.txt && chmod u+x,g-w /a/sum
        chmod -R go-rwx /opt/app
        chown daemon:daemon /a/sum && chown -R daemon /a/dir1
        chgrp users /a/passwd.txt && chmod g+s /a/dir1 && chmod --reference=/a/sum /a/passwd.txt
        mkdir /m2 && chmod 1777 /m2 && chown 33:33 /m2
        find /a/deep -type d -exec chmod 711 {} +
        find /opt/app -type f -exec chmod 644 {} ';' && find /a -name '*.txt' -exec touch {} +
    """),
    *family("text", """
        sed -i 's/a/b/' /a/passwd.txt && sed -i.bak -e 's/b/c/' /a/sum
        sed -i -E '/^#/d; s/x/y/' /opt/app/etc/*.conf
        sed -n 1p /etc/passwd > /a/first && awk -F: '{ print $1 }' /etc/passwd > /a/names
        grep -rl root /etc/default > /a/found; cut -d: -f1 /etc/passwd | sort -u > /a/cut
        grep -l root /etc/passwd | xargs cat > /a/xargs
        find /etc -name '*.conf' | xargs wc -l > /a/wc && ls /etc > /a/ls
        tr a-z A-Z < /a/first > /a/upper && head -1 /a/names > /a/head && tail -1 /a/names > /a/tail
        perl -pi -e 's/root/toor/' /a/names
        sha256sum /etc/passwd > /a/sums.txt && sha256sum -c /a/sums.txt
        echo 'y' > /a/diff && diff /a/diff /a/diff && cmp /a/diff /a/diff
        echo 'console.log(1)' > /a/js && openssl dgst -sha256 /a/js > /a/dgst
        openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x -keyout /a/key.pem -out /a/cert.pem -days 1 2>/dev/null
        cd /a && printf -- '--- x\\n+++ x\\n@@ -0,0 +1 @@\\n+hi\\n' | patch -p0 x
    """),
    *family("mktemp", """
        d=$(mktemp -d) && touch $d/x && rm -rf "$d"
        d="$(mktemp -d)" && cd "$d" && echo x > y && cp y /a/from-tmp
        f=$(mktemp /tmp/mine.XXXXXX) && echo x > $f
        mktemp && mktemp -t foo.XXXX && mktemp -p /var/tmp
    """),
    *family("shells", """
        bash -c 'mkdir -p /sh/{a,b} && echo $0 > /sh/a/zero'
        sh -ec 'touch /sh/c; touch /sh/d'
        env X=1 sh -c 'echo $X > /sh/env' && env -i /bin/touch /sh/clean
        set -eux; cd /sh; mkdir q; cd q; touch r
        bash -lc 'echo login > /sh/login'
        (cd /sh && touch sub) && touch relative-to-root
        eval "touch /sh/evaluated" && command touch /sh/commanded
        export X=/sh/exported && touch $X && unset X
        nice -n 5 touch /sh/nice && timeout 5 touch /sh/timeout && nohup touch /sh/nohup
        true && pwd && date && uname -a && nproc && id && whoami && hostname && sleep 0
        touch /sh/bg & wait
        trap 'echo' EXIT; touch /sh/trapped
    """),
    ("json", 'RUN ["mkdir", "-p", "/json/$HOME/x"]'),
    ("json", 'RUN ["/bin/sh", "-c", "echo a > /json/b"]'),
    ("scene", 'SHELL ["/bin/bash", "-o", "pipefail", "-c"]'),
    *family("bash", """
        mkdir -p /b/{x,y,z} && touch /b/x/{1,2}
        for i in {1..3}; do touch /b/n$i; done; [[ -f /b/n1 ]] && echo ok > /b/ok
        pushd /b && touch pushed && popd && touch popped
        echo hi |& tee /b/both; cat <<< "string" > /b/string
        A=(1 2); touch "/b/${A[0]}"; printf -v V x; echo $V > /b/v
    """),
    ("scene", "WORKDIR /work/dir"),
    *family("workdir", """
        touch here && mkdir sub && cd sub && touch there && echo x > ../up
        cp /etc/passwd . && rm -rf sub/*
    """),
    ("scene", "ENV APP=/opt/env TAR_OPTIONS=--no-same-owner"),
    *family("variables", """
        mkdir -p $APP/lib && touch ${APP}/lib/x "$APP/y"
        V=1.2.3 && mkdir -p $APP/app-${V%.*} && touch $APP/${NAME:-default}
    """),
]  # fmt: skip

FETCH = [
    *family("curl", """
        curl -fsSL {url}/tool -o /usr/local/bin/tool && chmod +x /usr/local/bin/tool
        cd /opt && curl -sO {url}/tool && curl -sSLO {url}/app.tgz
        curl -fsS --create-dirs -o /opt/new/dir/tool {url}/tool
        curl -s {url}/tool > /opt/redirected && curl -s {url}/tool -o/opt/attached -D /opt/headers
        curl --silent --output-dir /opt/new -O {url}/tool
        curl -fsSL {url}/app.tgz | tar -xz -C /opt
        mkdir -p /opt/app1 && curl -fsSL {url}/app.tgz | tar -xzf - -C /opt/app1 --strip-components=1
        curl -fLo /tmp/app.tgz {url}/app.tgz && tar xzf /tmp/app.tgz -C /srv && rm /tmp/app.tgz
        cd /srv && curl -sO {url}/sums -O {url}/tool && grep tool sums | sha256sum -c - && rm sums
        curl -s -c /opt/jar -b /dev/null {url}/tool -o /dev/null
        curl -sSf -w '%{{http_code}}' {url}/tool -o /dev/null > /opt/code
        curl -sZ {url}/tool -o /opt/z1 {url}/sums -o /opt/z2
    """),
    *family("wget", """
        wget -q {url}/tool && wget -qP /opt/w {url}/tool
        wget -qO /opt/wtool {url}/tool && wget -q -O- {url}/tool > /opt/wredirected
        cd /opt/w && wget -q {url}/app.tgz {url}/sums
        cd /opt/w && wget -q {url}/tool
        wget -qO- {url}/app.tgz | tar xz -C /opt/w
        wget -nv -o /opt/w/log --no-hsts {url}/tool -O /opt/w/again
        wget -q "{url}/tool?x=1" -P /opt/w/query
        wget -q -N -P /opt/w/stamped {url}/tool
        wget -q -r -nH -P /opt/w/deep {url}/tool
        cd /opt/w && wget -qnc {url}/tool && wget -q --content-disposition {url}/sums
    """),
    *family("tar", """
        cd /opt/w && tar xf app.tgz && tar -tf app.tgz > list
        mkdir /t1 && tar -C /t1 -xzf /opt/w/app.tgz app/bin
        tar czf /t1/etc.tgz -C /etc passwd group && tar cf /t1/all.tar /etc/default
        cd /t1 && tar xfz /opt/w/app.tgz --strip 1 && tar -xvf all.tar -C / --overwrite
        mkdir /t2 && tar --extract --gzip --file=/opt/w/app.tgz --directory=/t2 --no-same-owner
        tar c -C /etc default | tar x -C /t2
        tar -xzf /opt/w/app.tgz -C /t2 --one-top-level=own
        cd / && tar xzf /opt/w/app.tgz -C opt/w && tar rf /t1/all.tar /etc/hostname
    """),
    *family("compress", """
        cp /opt/w/tool /t1/c && gzip /t1/c && gunzip /t1/c.gz && gzip -k /t1/c && gzip -dc /t1/c.gz > /t1/d
        cd /t1 && cp c x && xz x && unxz -k x.xz && bzip2 -k c && bunzip2 -f c.bz2
        cd /t1 && curl -s {url}/tool.gz -o g.gz && gunzip g.gz && zcat c.gz > z
    """),
    *family("unzip", """
        cd /t1 && curl -sO {url}/app.zip && unzip -q app.zip -d unzipped
        unzip -qo /t1/app.zip -d /opt && unzip -p /t1/app.zip app/bin/run > /t1/run
        cd /t2 && unzip -qqo /t1/app.zip && unzip -jo /t1/app.zip app/bin/run -d /t2/flat
        cd /t2 && zip -qr out /etc/default && zip -q out.zip /etc/passwd
    """),
    *family("git", """
        git config --global user.email a@b && git config --global user.name x && git config --system core.pager cat
        git init -q /git/src && cd /git/src && echo x > f && git add f && git commit -qm one && git tag v1
        git clone -q --no-hardlinks /git/src /git/clone && git clone -q --depth 1 file:///git/src
        cd /git && git clone -q --no-hardlinks src again && git clone -q --bare file:///git/src && cd clone && git checkout -q v1
        cd /git && rm -rf src2 && git clone -q file:///git/src src2 && cd src2 && git reset -q --hard && git clean -fdx
        mkdir /git/empty && git clone -q -b master file:///git/src /git/empty
        git -C /git/clone fetch -q && git -C /git/clone log > /git/log
        cd /git/clone && mkdir sub && cd sub && git checkout -qb other && git describe --tags > d
        git clone -q file:///git/src /git/more/deep/er && rm -rf /git/more/deep/er/.git
        cd /git/clone && git remote set-url origin /nowhere && git config core.x y && git submodule update --init
        cd /git/clone && echo y > f && git diff > /git/p && git stash -q && git apply /git/p && git archive -o /git/a.tar HEAD
        cd /git/clone && git gc -q && git am --abort || true
    """),
]  # fmt: skip

SYSTEM = [
    *family("apt", """
        apt-get update
        apt-get install -y --no-install-recommends jq && rm -rf /var/lib/apt/lists/*
        apt-get update && apt-get install -y less tree=2.* && apt-get clean
        apt-get purge -y tree && apt-get autoremove -y --purge
        apt-mark manual jq && apt-mark showmanual > /tmp/manual && apt-cache policy jq > /dev/null
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qy cron locales tzdata
        cd /tmp && apt-get download hello && dpkg -i hello_*.deb && rm hello_*.deb
        apt-get install -y rsync zstd sudo gosu gnupg busybox bash-completion
        apt-get remove -y hello && apt-get -y -o Dpkg::Options::=--force-confold upgrade
        apt update && apt install -y nginx-light
        dpkg --add-architecture arm64 && dpkg --print-architecture > /tmp/arch && dpkg -l > /dev/null
        dpkg --remove-architecture arm64; dpkg-query -W > /tmp/q; dpkg-architecture -qDEB_HOST_ARCH 2>/dev/null || true
        cd /tmp && apt-get download hello && dpkg -x hello_*.deb /opt/hello && dpkg-deb -x hello_*.deb /opt/hello2
        dpkg-divert --add --rename --divert /usr/bin/jq.real /usr/bin/jq
        echo 'tzdata tzdata/Areas select Europe' | debconf-set-selections && dpkg-reconfigure -f noninteractive tzdata
        apt-get install -y --reinstall jq && apt-config dump > /dev/null
        apt-get install -y fontconfig ca-certificates-java openssh-server
    """),
    *family("users", """
        useradd app && useradd -m -s /bin/bash -u 1500 person && groupadd -g 1600 grp
        useradd --system --no-create-home --shell /usr/sbin/nologin svc
        useradd -d /data/home -m homer && usermod -aG grp person
        adduser --disabled-password --gecos '' added && addgroup extra && adduser added extra
        adduser --system --group --home /var/lib/daemonic daemonic
        echo 'person:secret' | chpasswd && passwd -d person && usermod -L homer && chsh -s /bin/sh person
        groupmod -g 1700 grp && gpasswd -a person grp && userdel app && groupdel extra
        chage -M 99999 person && deluser added && delgroup grp || true
        su person -c 'touch /home/person/x' && sudo touch /opt/sudo && gosu person true
        useradd -r -m -d /opt/svc/home -g users svc2 && chown -R svc2:users /opt/svc
    """),
    *family("locale", """
        sed -i 's/# en_US.UTF-8/en_US.UTF-8/' /etc/locale.gen && locale-gen
        localedef -i de_DE -c -f UTF-8 de_DE.UTF-8 && update-locale LANG=de_DE.UTF-8
    """),
    *family("ldconfig", """
        echo /opt/lib > /etc/ld.so.conf.d/opt.conf && mkdir -p /opt/lib && ldconfig
        cp /lib/x86_64-linux-gnu/libm.so.6 /usr/local/lib/libmine.so.1 && ldconfig -v > /dev/null 2>&1
    """),
    *family("trust", """
        openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=ca -keyout /tmp/k -out /usr/local/share/ca-certificates/my.crt 2>/dev/null && update-ca-certificates
        c_rehash /etc/ssl/certs > /dev/null || openssl rehash /etc/ssl/certs
    """),
    *family("alternatives", """
        update-alternatives --install /usr/bin/thing thing /usr/bin/less 10 && update-alternatives --set thing /usr/bin/less
        update-alternatives --remove thing /usr/bin/less
    """),
    *family("gpg", """
        export GNUPGHOME="$(mktemp -d)" && gpg --batch --list-keys && gpgconf --kill all && rm -rf "$GNUPGHOME"
        gpg --batch --passphrase '' --quick-gen-key me@x default default never 2>/dev/null && gpg --armor --export me@x > /opt/me.asc
        gpg --dearmor < /opt/me.asc > /etc/apt/keyrings.gpg && gpg -o /usr/share/keyrings/me.gpg --dearmor /opt/me.asc
        gpg --batch --homedir /opt/gnupg-none --version && mkdir -m 700 /opt/gh && gpg --homedir /opt/gh --import /opt/me.asc
        ssh-keygen -q -t ed25519 -N '' -f /opt/key && ssh-keygen -A
        gpg --no-default-keyring --keyring /opt/ring.gpg --import /opt/me.asc
    """),
    *family("services", """
        systemctl enable cron && systemctl disable cron || true
        update-rc.d cron defaults && update-rc.d cron remove
        apt-get install -y libcap2-bin && cp /usr/bin/less /opt/less && setcap cap_net_bind_service=+ep /opt/less
        rsync -a /etc/default/ /opt/rsynced && rsync -a /etc/apt /opt/rsynced/
        zstd -q /etc/services -o /opt/services.zst && cp /opt/services.zst /opt/s.zst && zstd -dq --rm /opt/s.zst
        crontab -l > /dev/null 2>&1 || echo '* * * * * true' | crontab -
        busybox touch /opt/bb
    """),
    ("scene", "USER person"),
    *family("user", """
        touch /home/person/mine && mkdir -p ~/dir && echo x > $HOME/y
        cd && touch z && mkdir -p ~/q/r
    """),
]  # fmt: skip

BUILDS = [
    *family("apt", "apt-get update && apt-get install -y --no-install-recommends cmake ninja-build meson autoconf automake libtool pkg-config golang-go cargo ruby php-cli composer"),
    *family("make", """
        mkdir -p /src/m && printf 'all: out\\nout: in\\n\\tcp in out\\ninstall:\\n\\tinstall -D out $(DESTDIR)/usr/local/bin/out\\n' > /src/m/Makefile && echo x > /src/m/in
        cd /src/m && make -j"$(nproc)"
        make -C /src/m && make -C /src/m install && make -C /src/m DESTDIR=/stage install
        cd /src/m && make clean 2>/dev/null || true
        mkdir -p /src/c && printf 'int main(void){{return 0;}}\\n' > /src/c/main.c && gcc -O2 -o /usr/local/bin/cmain /src/c/main.c
        cd /src/c && gcc -c main.c && gcc main.o && ar rcs libm.a main.o && strip a.out
    """),
    *family("autotools", """
        mkdir /src/auto && cd /src/auto && printf 'AC_INIT([x],[1])\\nAM_INIT_AUTOMAKE([foreign])\\nAC_PROG_CC\\nAC_CONFIG_FILES([Makefile])\\nAC_OUTPUT\\n' > configure.ac && printf 'bin_PROGRAMS=x\\nx_SOURCES=x.c\\n' > Makefile.am && cp /src/c/main.c x.c
        cd /src/auto && autoreconf -fi > /dev/null 2>&1
        cd /src/auto && ./configure > /dev/null && make > /dev/null && make install > /dev/null
        cd /src/auto && ./configure --prefix=/opt/auto > /dev/null && make > /dev/null && make install > /dev/null && make distclean > /dev/null
        mkdir /src/auto/build && cd /src/auto/build && ../configure --prefix=/usr > /dev/null && make install DESTDIR=/dest > /dev/null
    """),
    *family("cmake", """
        mkdir /src/cm && cd /src/cm && cp /src/c/main.c . && printf 'cmake_minimum_required(VERSION 3.5)\\nproject(p C)\\nadd_executable(p main.c)\\ninstall(TARGETS p DESTINATION bin)\\n' > CMakeLists.txt
        cmake -S /src/cm -B /src/cm/build > /dev/null && cmake --build /src/cm/build > /dev/null && cmake --install /src/cm/build
        mkdir /src/cm/b2 && cd /src/cm/b2 && cmake -GNinja -DCMAKE_INSTALL_PREFIX=/opt/cm .. > /dev/null && ninja && ninja install
        cd /src/cm && cmake -B /tmp/cmb . > /dev/null && make -C /tmp/cmb && rm -rf /tmp/cmb
    """),
    *family("meson", """
        mkdir /src/me && cd /src/me && cp /src/c/main.c . && printf "project('p','c')\\nexecutable('me','main.c',install:true)\\n" > meson.build
        cd /src/me && meson setup b > /dev/null && ninja -C b && ninja -C b install > /dev/null && meson setup --prefix=/opt/me b3 >/dev/null && meson install -C b3 > /dev/null
    """),
    *family("go", """
        mkdir /src/go && cd /src/go && printf 'module x\\ngo 1.19\\n' > go.mod && printf 'package main\\nfunc main() {{}}\\n' > main.go && go build ./...
        cd /src/go && go build -o /usr/local/bin/gox . && go vet ./... && go install . && go version && go env > /dev/null
        cd /src/go && CGO_ENABLED=0 GOOS=linux go build -a -ldflags '-s -w' -o bin/app . && go clean -cache
    """),
    *family("cargo", """
        cd /src && cargo new --vcs none rs > /dev/null 2>&1 && cd rs && cargo build --release --offline 2>/dev/null
        cd /src/rs && cargo install --offline --path . --root /usr/local 2>/dev/null && cargo clean && cargo --version
    """),
    *family("gem", """
        gem list > /dev/null && gem install --no-document rake-compiler-dock || gem env
        gem sources > /dev/null; gem --version
    """),
    *family("php", """
        php -v && composer --version --no-interaction
        mkdir /src/php && cd /src/php && echo '{{}}' > composer.json && composer install --no-interaction -q
        cd /src/php && composer dump-autoload -q && composer config -g --list > /dev/null
    """),
]  # fmt: skip

PYTHON = [
    *family("pip", """
        pip install six
        pip install --no-cache-dir requests==2.31.0 && pip list > /dev/null
        pip3 install -U --target /opt/site six && python -m pip install idna
        python3 -m venv /opt/venv && /opt/venv/bin/pip install six
        . /opt/venv/bin/activate && pip install attrs
        mkdir /proj && cd /proj && printf 'from setuptools import setup\\nsetup(name="p",version="1",py_modules=["p"])\\n' > setup.py && touch p.py && pip install .
        cd /proj && pip install -e . && pip uninstall -y six
        pip install --user toml && pip freeze > /proj/frozen
        printf 'click\\n' > /proj/r.txt && pip install -r /proj/r.txt && pip cache purge || true
        pip download -d /wheels six && pip wheel -w /wheels six && pip config set global.x y
        python -m compileall -q /proj && pip install --prefix /opt/prefix toml
        cd /proj && python setup.py -q sdist
        pip install virtualenv && virtualenv -q /opt/venv2 && /opt/venv2/bin/python -m pip install six
    """),
    ("scene", "ENV PATH=/opt/venv/bin:$PATH VIRTUAL_ENV=/opt/venv"),
    *family("pip", "pip install tomli && python --version"),
    ("scene", "ENV UV_NATIVE_TLS=1 UV_SYSTEM_CERTS=1 SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"),
    *family("uv", """
        pip install uv && uv --version
        uv venv -q /opt/uvenv && uv pip install -q --python /opt/uvenv/bin/python six
        cd /proj && uv init -q --bare --name uvp /uvp && cd /uvp && uv add -q six && uv sync -q
    """),
    *family("poetry", "pip install pipx && pipx install cowsay && pipx list > /dev/null"),
]  # fmt: skip

NODE = [
    *family("npm", """
        npm --version && mkdir /app && cd /app && npm init -y > /dev/null
        cd /app && npm install --no-audit --no-fund left-pad
        cd /app && npm ci && npm prune && npm cache clean --force
        npm install -g semver@7 && npm config set fund false
        cd /app && mkdir -p deep/er && cd deep/er && npm install is-odd
        cd /app && npm pkg set scripts.build='echo built > out.txt' && npm run build
        npm install --prefix /opt/npm left-pad && npm root -g
        npm install -g yarn@1.22.22 pnpm@8 && yarn --version
        mkdir /y && cd /y && echo registry=https://registry.npmjs.org > .npmrc && yarn config set registry https://registry.npmjs.org > /dev/null && yarn init -y > /dev/null && yarn add left-pad && yarn cache clean
        cd /y && yarn install --frozen-lockfile --production && npm uninstall -g semver
        mkdir /p && cd /p && pnpm init > /dev/null && pnpm add left-pad && pnpm store prune
        node -v && corepack --version || true
    """),
]  # fmt: skip

ODD = [
    *family("odd paths", """
        mkdir -p /o/a/../b /o//c/./d && touch /o/x/../y 2>/dev/null || touch /o/y
        cd /o && mkdir -p ./e/f && cd e && touch ../g && cd - && touch h
        mkdir -p "/o/q u" && cd '/o/q u' && touch "$PWD/here" "$(pwd)/there" && cp here "$OLDPWD"/back
        touch /var/run/pid /bin/tool-x /lib/x.so && rm /run/pid
        echo x > "/o/$(basename /a/b.txt .txt).out" && echo y > /o/`basename /z`
        A=/o/vars B=sub; mkdir -p "${A}/${B}" && touch "$A/$B/${C:-c}" && : "${D:=/o/vars/d}" && touch "$D"
        F=/o/file.tar.gz && touch "${F%.tar.gz}" "${F##*.}" && ls "${F%%.*}"
        touch /o/{lit,eral} && mkdir /o/[bz]x && touch '/o/st*r' /o/back\\slash
        ln -s loop /o/loop && ln -s /o/c /o/lc && mkdir /o/lc/in && rm /o/lc && rm -f /o/loop
        touch ~/tilde ~root/named 2>/dev/null || true
    """),
    *family("odd copies", """
        cp /etc/hosts /o/new/ 2>/dev/null || cp /etc/passwd /o/copied
        mkdir /o/dd && cp /etc/passwd /etc/group /o/dd && cp -r /o/dd /o/de && cp -r /o/dd /o/de
        cp -rT /o/dd /o/df && cp -r /o/dd/* /o/df/ && cp -a /o/dd/. /o/dg
        mv /o/df /o/dg && mv -T /o/dg/df /o/dh && mv /o/dh/passwd /o/dh/group /o/dd/
        install -m 600 /etc/passwd /o/dd/p && install /etc/passwd /etc/group /o/dd && install -d /o/i/j /o/k
        cp -n /etc/passwd /o/dd/p; cp -f /etc/group /o/dd/p; cp -p --no-preserve=mode /etc/passwd /o/dd/q
        touch /o/m1 && mv -f /o/m1 /o/m2 && mv -n /o/m2 /o/m3
        cat /etc/passwd | cp /dev/stdin /o/stdin && cp -v /etc/passwd{,.bak} 2>/dev/null || true
        ln -s /etc/passwd /o/pl && cp /o/pl /o/pl-copy && cp -P /o/pl /o/pl-link && cp -d /o/pl /o/dd/
        cp /etc/passwd /usr/bin/pager && cp /etc/passwd /usr/bin/vi-new
        ln -sr /o/dd /o/rel && ln -sv /o/dd/p /o/dd/q /o/k && ln -snf /o/k /o/rel
        ln -st /o/i /etc/passwd /etc/group && unlink /o/i/group
        cp --backup=numbered /etc/passwd /o/dd/p; cp -b /etc/passwd /o/dd/p
    """),
    *family("odd texts", """
        sed -i '$a end' /o/copied && sed -i -n p /o/copied && sed -i'.b' -e 1d -e 2d /o/copied /o/stdin
        sed -s -i 's/a/b/w /o/written' /o/copied; sed -n '1w /o/written2' /o/copied
        awk '{ print > "/o/awked" }' /o/copied; awk 'BEGIN { system("touch /o/system") }'
        tee /o/t1 < /o/copied | tee -a /o/t2 > /o/t3 && bash -c 'tee >(cat > /o/t4) < /o/copied'
        sort -o /o/s1 -u /o/copied && uniq /o/copied /o/u1 && csplit -s -f /o/cs /o/copied 2 && split -b 100 /o/copied /o/sp.
        find /o -name 't*' -newer /etc/passwd -exec cp {} {}.found \\; && find /o/dd -type f -print0 | xargs -0 chmod 640
        find /o -maxdepth 1 -name 'sp.*' -exec sh -c 'mv "$1" "$1.moved"' _ {} \\;
        find /o -name '*.moved' | while read f; do rm "$f"; done; for f in /o/t?; do echo x >> "$f"; done
        ls /o/cs* | xargs -I{} mv {} /o/dd/ && echo /o/xa | xargs -n1 touch
        printf 'a\\0b' > /o/nul && od -c /o/nul > /o/od && base64 /o/nul > /o/b64 && base64 -d /o/b64 > /o/back && xxd -v > /dev/null 2>&1 || true
        exec 4>/o/fd4 5>>/o/fd5; echo x >&4; echo y 1>&5; echo z >| /o/clobber; cat <> /o/rw
        echo a >/o/both 2>&1; ls /nothing >/o/err 2>/o/err2 || true; { echo a; ls /nothing; } &>/o/amp || true
        truncate -s 5 /o/tr /o/tr2 && fallocate -l 10 /o/fa 2>/dev/null || true; dd if=/o/tr of=/o/ddd status=none
        perl -i -pe 's/a/b/' /o/copied; perl -e 'open F, ">/o/perl"'; python3 -c 'open("/o/py","w")' 2>/dev/null || true
        patch -s /o/u1 <<'P' || true
    """.replace("        patch -s /o/u1 <<'P' || true\n", "")),
    *family("odd shells", """
        sh -c 'umask 077; mkdir /o/private; touch /o/private/x' && touch /o/public
        (umask 007; mkdir /o/sub) && mkdir /o/plain && chmod 2775 /o/plain && mkdir /o/plain/inherits
        bash -exc 'shopt -s nullglob; for f in /o/none*; do rm "$f"; done; touch /o/ng'
        bash -c "bash <<< 'touch /o/herestring'" && sh -s -- /o/arg < /dev/null && echo 'touch /o/piped' | sh
        f() { local d=$1; shift; mkdir -p "$d"; for x in "$@"; do touch "$d/$x"; done; }; f /o/fn a b c
        g() { touch "$1"; }; g /o/g1; unset -f g; touch() { command touch /o/shadow; }; touch /o/never
        i=0; until [ $i -ge 2 ]; do touch /o/until$i; i=$((i+1)); done; n=3; : $((n+=1)); touch /o/n$n
        set -- /o/p1 /o/p2; touch "$@"; touch "$1.x" "$2.y"; for a; do touch "$a.z"; done
        if true; then D=/o/then; else D=/o/else; fi; mkdir $D; case x in x) cd /o ;; *) cd / ;; esac; touch incase
        true && { mkdir /o/grp; cd /o/grp; } && touch ingrp; cd /; false || touch /o/orelse; ! touch /o/neg || true
        env -C /o touch envc; env -u HOME A=/o/enva sh -c 'touch $A'; HOME=/o sh -c 'touch ~/homed'; (HOME=/o; touch ~/homed2)
        eval 'cd /o; touch evald'; . /etc/os-release; touch /o/$ID; alias t=touch; trap 'touch /o/trapped' EXIT
        time touch /o/timed 2>/dev/null || touch /o/timed; nohup sh -c 'touch /o/nh' > /o/nohup.log 2>&1; touch /o/bg1 & touch /o/bg2; wait
        d=$(mktemp -d /o/tmpXXXXXX) && touch $d/in && t=$(mktemp -u) && touch $t && T=$(mktemp -p /o) && echo x > $T
        cd /o && export TMPDIR=/o && mktemp > /dev/null && mktemp -d -t abXXX && mktemp locXXXXX && rm -rf /o/tmp*
        IFS=: ; for p in /o/ifs1:/o/ifs2; do touch $p; done; V="/o/w1 /o/w2"; IFS=' '; touch $V; set -f; touch /o/*.nog
        x=/o/app; x+=end; touch $x; y=(/o/arr1 /o/arr2) 2>/dev/null || touch /o/noarr
        yes | head -2 > /o/yes; true | touch /o/lastpipe; touch /o/firstpipe | true; cat /o/yes | (cd /o && cat > insub)
    """.replace("        x=/o/app; x+=end; touch $x; y=(/o/arr1 /o/arr2) 2>/dev/null || touch /o/noarr\n", "")),
    *family("odd archives", """
        mkdir /ar && cd /ar && tar cf a.tar -C /etc passwd -C /usr/share doc/bash 2>/dev/null; tar czf b.tgz --exclude='*.d' /etc/apt
        cd /ar && mkdir x && tar xf b.tgz -C x etc/apt/sources.list.d 2>/dev/null; tar -x -z -f b.tgz --strip-components 2 -C x
        cd /ar && tar xvf a.tar passwd && tar -xOf a.tar passwd > out && tar --list --file a.tar > list && cat b.tgz | tar -C x -zx
        cd /ar && gzip -c a.tar > c.gz && gzip -9 out && gunzip -c out.gz > out2 && gzip -S .z list && bzip2 out2 && bzcat out2.bz2 > o3 && xz o3
        cd /ar && mkdir -p y && tar -C x -cf - . | tar -C y -xpf - && (cd x && tar cf - .) | (cd y && tar xf -)
        cd /ar && TAR_OPTIONS=--verbose tar xf a.tar && GZIP=-1 gzip a.tar && tar --create --gzip --file=d.tgz --directory=/etc group
        cd /ar && find x -print | tar cf e.tar -T - && tar rf e.tar passwd && tar -uf e.tar passwd && tar --delete -f e.tar passwd
    """),
]  # fmt: skip

CHAINS = [
    ("buildpack-deps:bookworm", FILES),
    ("buildpack-deps:bookworm", [("apt", "apt-get update && apt-get install -y zip unzip"), *FETCH]),
    ("debian:bookworm", SYSTEM),
    ("buildpack-deps:bookworm", BUILDS),
    ("python:3.11-slim", PYTHON),
    ("node:18-slim", NODE),
    ("buildpack-deps:bookworm", ODD),
]
