"""More RUN lines compared with real layers: options, clusters and variants that few think of."""



from __future__ import annotations

from tests.engine.soundness_cases import Case, family

FILES: list[Case] = [
    ("apt", "apt-get update && apt-get install -y zip unzip rsync zstd pigz lz4 acl"),
    *family("copy", r"""
        mkdir -p /w/a /w/b && echo one > /w/a/1 && echo two > /w/a/2 && ln -s a /w/l
        cp -rT /w/a /w/c && cp -at /w/c /w/a
        cp -s /w/a/1 /w/b/s && cp -r --parents /w/a /w/b
        cp -rL /w/l /w/d && cp -rP /w/l /w/e
        cp -r /w/a /w/b/ && cp -r /w/a/. /w/b/a
        mv -t /w/c /w/b/s && mv /w/l /w/m && mv /w/e /w/f
        cd /w && mv c/a n && mv -v n/* c/ && rmdir n
        install -Dvm 0640 -o daemon -g users /w/a/1 -t /w/inst/x/y && install --directory --mode=711 /w/inst/z
        install -m u=rwx,go= /w/a/1 /w/inst/u && install -s /bin/true /w/inst/stripped
        install /dev/null /w/null1 && cp /dev/null /w/null2
    """),
    *family("link", r"""
        ln -sfv /w/a/1 /w/a/2 /w/inst/z && ln -s ../a/1 /w/b/rel && ln -nsf /w/b /w/m
        ln -P /w/a/1 /w/b/hardp && ln -f /w/a/2 /w/b/hardf
        ln --symbolic --force --no-dereference --target-directory=/w/inst /w/a/1
        ln -fs /usr/share/zoneinfo/Asia/Tokyo /etc/localtime
        cp /usr/share/zoneinfo/UTC /etc/localtime
    """),
    *family("old links", r"""
        mkdir /w/opt && ln -s /w/opt /w/link1 || true
        touch /w/link1/through
        rm /w/link1 && mkdir /w/link1 && touch /w/link1/own
        ln -s /w/opt /w/link2 && mkdir /w/opt/sub
        cp /w/a/1 /w/link2/sub && curl -s {url}/tool -o /w/link2/tool
        rm -f /w/link2 || true
        mkdir -p /w/link2/new && tar cf /w/link2/new/x.tar /w/a
    """),
    *family("mkdir", r"""
        umask 0; mkdir /w/um && (umask 7; touch /w/um/x) && touch /w/um/y; umask g=rx && mkdir -p /w/um/p/q
        mkdir -pm 700 /w/mk/d/e && mkdir -vp /w/mk/f -m a=rx && mkdir -p -- /w/mk/-g
        touch -c /w/none -d '1 day ago' && touch -amt 202001010000.00 /w/a/1 && touch --reference=/w/a/2 /w/b/ref
        truncate -cs 0 /w/none2; truncate --size=+10 /w/a/2 && truncate -r /w/a/2 /w/tr
        dd if=/w/a/1 of=/w/ddo bs=1 seek=5 conv=notrunc status=none && dd of=/w/ddp < /w/a/1 2>/w/dd.err
    """),
    *family("redirect", r"""
        echo a >/w/r1 b c && >/w/r2 echo x && echo y 2>/w/r3 >/w/r4 && { echo z; } 1>>/w/r5 2>&1 3>/w/r6
        cd /w/a && echo x > ../up && cd .. && echo y > dot && cd ~ && echo z > rooted && cd - >/dev/null && echo q > back
        cd /w; cd b && touch in-b
        cd /w/a; cd /nothing || touch still-in-a
        cd /nothing; touch at-the-root; cd /w && touch in-w
        (cd /w/a; touch suba; cd ../b; touch subb); touch rootlevel
        pushd /w 2>/dev/null; touch pushd-or-not; true
        exec >/w/exec-out 2>/w/exec-err; echo x; ls /nothing; true
    """),
    *family("text", r"""
        mkdir -p /w/a/bk && sed -i.orig 's/o/0/' /w/a/1 && sed -i -e s/x/y/ /w/r1 -e p
        sed -i '/x/r /w/r1' /w/r2; sed -i -z 's/\n/,/g' /w/r1
        sort -o /w/r5 /w/r5 && sort /w/r1 /w/r2 -o /w/sorted -T /w && sort --output=/w/sorted2 -u /w/r1
        seq 9 > /w/h2 && seq 3 > /w/h1 && split -d -a 3 -b 2 --additional-suffix=.p /w/h1 /w/sp_ && split -n 2 /w/h2
        csplit -s -n 3 -f /w/cs -b '%02d.txt' /w/h2 2 && cd /w && csplit -sk h2 2
        uniq /w/h1 /w/uniq; tac /w/h1 > /w/tac; nl /w/h1 | tee -a /w/nl /w/nl2 >/dev/null; fold -w1 /w/h1 >> /w/fold
        mktemp -p /w && mktemp -d /w/XXXXXX && mktemp --tmpdir=/w x.XXX && mktemp -t y.XXXXX && TMPDIR=/w/b mktemp
        perl -i.bk -pe 's/l/L/' /w/h2 && base64 -w0 /w/h2 > /w/b64 && base64 -d < /w/b64 >/w/b64d
        find /w/mk -type d -empty -delete; find /w -maxdepth 1 -name 'sp_*' -print0 | xargs -0 rm -f
        find /w/a -fls /w/fls -name nothing; find /w -maxdepth 1 -name h1 | xargs -I{} cp {} {}.c
        chmod -Rv u+w /w/b; chmod =r /w/h1; chmod +t /w/b; chown :users /w/h2; chown -h daemon /w/m; setfacl -m u:daemon:r /w/h2
        touch /w/one /w/two && rm -dv /w/two; rm -rf /w/{x,y,z}* 2>/dev/null; rmdir -p --ignore-fail-on-non-empty /w/inst/z
        rm -rf /w/b/../c && rm -f /w/d/? && cd /w && rm -rf -- ./e "$PWD/d"
    """),
    *family("compress", r"""
        gzip -k9 /w/h1 && gzip -c /w/h2 > /w/h2c.gz && gunzip -fk /w/h1.gz && zcat /w/h1.gz > /w/zc && gzip -dc < /w/h1.gz > /w/gzs
        cd /w && cp h1 g1 && cp h1 g2 && gzip g1 g2 && gzip -d g1.gz && gunzip --stdout g2.gz > g2o && gzip -l g2.gz && gzip -t g2.gz
        cd /w && cp h1 b1 && bzip2 -kz b1 && bzip2 -f b1 && bunzip2 b1.bz2 && cp h1 x1 && xz -9 -T0 -k x1 && xz -df x1.xz
        cd /w && cp h1 z1 && zstd -q z1 && zstd -q --rm -f z1 && zstd -dq z1.zst -o z1.out && unzstd -q z1.zst && zstd -q -19 -o zu z1
        cd /w && pigz -k h1 -S .pz; lz4 -q h1 h1.lz4; lz4 -dqf h1.lz4 h1.l
    """),
    *family("archives", r"""
        cd /w && zip -qr z a b && zip -q z.zip -d 'b/*'; zip -qj /w/zj /w/a/1; zip -q - h1 > zs.zip; unzip -qn z.zip -d uz
        cd /w && unzip -qj z.zip a/1 -d uj; unzip -qod /w/uo z.zip; unzip -l z.zip >/dev/null; unzip -qc z.zip a/1 > uc
        cd /w && tar cf t.tar a && mkdir tx && tar -xf t.tar -C tx --strip-components=1 && tar -xf t.tar -C tx a/1 && tar --append -f t.tar h1
        cd /w && tar -cvzf tz.tgz -C a . && tar -xzvf tz.tgz --directory tx && tar --xz -cf tx.txz a && tar -tJf tx.txz >/dev/null
        cd /w && tar xfC t.tar tx && tar -xf t.tar --to-stdout a/1 > tso && tar -cf - a | (cd b && tar xpf -) && tar cf tlist.tar -T /dev/null
        rsync -a /w/a/ /w/rs/ && rsync -a /w/a /w/rs && rsync -a --delete /w/b/ /w/rs/ && rsync /w/h1 /w/rsf
    """),
    *family("git", r"""
        git config --global user.email a@b && git config --global user.name x && git init -q /w/g --initial-branch=main
        cd /w/g && git commit -q --allow-empty -m x && git archive main --prefix=p/ -o ../ga.tgz && git format-patch -q -1 -o ../gp --root
        cd /w/g && git worktree add -q ../gw && git tag t
        cd /w && git clone -q --no-hardlinks g gcl && git -C gcl remote add o x && git --git-dir=/w/gcl/.git config a.b c
        cd /w && git clone -q --no-hardlinks g deep/er && cd deep/er && git checkout -q -b other && touch f && git add f && git commit -qm f
        cd /w && git config -f /w/gitcfg a.b c; git clone -q --no-hardlinks --separate-git-dir=/w/gsep g gwork; git clone -q --no-hardlinks --mirror g gmir.git
    """),
]  # fmt: skip

SYSTEM: list[Case] = [
    ("apt", "apt-get update -qq && apt-get -qq install -y --no-install-recommends adduser passwd cron locales tzdata sudo acl less"),
    *family("apt", r"""
        apt-get install -y --download-only hello && apt-get install -s tree > /dev/null; apt-get autoclean
        apt-mark hold less && apt-mark auto adduser && apt-mark unhold less && echo less hold | dpkg --set-selections
        printf 'Types: deb\nURIs: http://deb.debian.org/debian\nSuites: bookworm\nComponents: contrib\n' > /etc/apt/sources.list.d/c.sources && apt-get update
        printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
    """),
    *family("users", r"""
        useradd -mrU -s /bin/sh -c comment -K UMASK=027 u1
        useradd -D -s /bin/bash
        useradd -p x -e 2030-01-01 -f 5 -G users,audio u4 && groupadd -rf -g 778 g2 && adduser u4 g2
        adduser --quiet --disabled-login --gecos "" --home /srv/h/u5 --shell /bin/sh --uid 1666 --ingroup users u5
        adduser --system --no-create-home --group u6 && adduser --system --home /srv/sys u7
        usermod -aG g2 -s /bin/sh u4; usermod -c c -u 1777 u4; groupmod -n g22 g2; gpasswd -M u4,u1 g22
        chfn -f N u1; chage -d 0 u1; chsh -s /bin/bash u1; passwd -l u1; chpasswd -e </dev/null; pwconv; grpconv
        su u1 -s /bin/sh -c 'touch /tmp/su'; runuser -u daemon -- touch /tmp/ru; sudo sh -c 'echo a > /opt/sh-sudo'
        install -d -o u1 /opt/instd/x/y; setfacl -d -m u:u1:rwx /opt/instd; touch /opt/instd/acl; chmod g+s /opt/instd; mkdir /opt/instd/sgid
        crontab -u u1 - < /dev/null; echo '* * * * * true' | crontab -u u1 -; crontab -r -u u1; echo '@daily root true' >> /etc/crontab
    """),
    *family("alternatives", r"""
        mkdir -p /opt/alt && update-alternatives --install /opt/alt/x xx /bin/true 1 --slave /opt/alt/y yy /bin/false
        update-alternatives --auto xx && update-alternatives --get-selections >/dev/null
        update-alternatives --remove-all xx
    """),
    *family("ldconfig", r"""
        ldconfig -n /usr/local/lib; mkdir -p /opt/lib2; ldconfig -p >/dev/null; ldconfig -N -X
    """),
    *family("locale", r"""
        echo 'en_GB.UTF-8 UTF-8' >> /etc/locale.gen && locale-gen --purge en_GB.UTF-8
        ln -fs /usr/share/zoneinfo/Asia/Tokyo /etc/localtime && dpkg-reconfigure -fnoninteractive tzdata
    """),
    *family("cleaning", r"""
        rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old /usr/share/{doc,man}/* /tmp/* /var/tmp/* /var/log/*.log
        find /var/log -type f -delete; find /usr/share/locale -mindepth 1 -maxdepth 1 ! -name 'en*' -exec rm -r {} +
        mkdir -p -m 700 ~/.ssh && echo x >> ~/.ssh/authorized_keys && chmod 600 ~/.ssh/*; cat > /etc/motd < /dev/null
        echo "source /x" | tee -a ~/.bashrc /etc/skel/.bashrc >/dev/null; sed -i 's/^mesg.*//' ~/.profile
    """),
]  # fmt: skip

PYTHON: list[Case] = [
    *family("pip", r"""
        pip install --cache-dir=/pipc -t/opt/t --no-deps idna && pip install --root /opt/r --prefix /usr/local --no-compile toml
        PIP_TARGET=/opt/pt pip install -q attrs; PIP_NO_CACHE_DIR=1 PIP_PREFIX=/opt/pp pip install attrs
        mkdir -p /p && cd /p && printf '[project]\nname="pp"\nversion="1"\n' > pyproject.toml && touch pp.py && pip wheel -q --no-deps -w /opt/whl .
        pip install -q pipenv && mkdir /pe && cd /pe && printf '[packages]\nidna="*"\n' > Pipfile && PIPENV_VENV_IN_PROJECT=1 pipenv install >/dev/null 2>&1
    """),
]  # fmt: skip

NODE: list[Case] = [
    *family("npm", r"""
        npm -g install semver@7 && npm --global i --no-fund is-odd@3
        npm --prefix /opt/np install left-pad && npm i -g --prefix /opt/npg semver@7 && npm_config_prefix=/opt/npe npm i -g left-pad
        mkdir -p /a && cd /a && npm init -y >/dev/null && npm i -D left-pad@1 --no-save && npm pack -q && npm version patch --no-git-tag-version
        cd /a && npm pkg set scripts.build='mkdir -p dist && touch dist/x' scripts.test='touch t' && npm run -s build && npm test -s
        cd /a && npm i -g . && npm rm -g a
    """),
]  # fmt: skip

MORE = [
    ("buildpack-deps:bookworm", FILES),
    ("debian:bookworm", SYSTEM),
    ("python:3.11-slim", PYTHON),
    ("node:18-slim", NODE),
]
