from ubuntu:14.04 as base
MAINTAINER ops <ops@example.org>

env DEBIAN_FRONTEND noninteractive
run apt-get update
run apt-get install -y \
    # the build needs these
    wget build-essential \

    python
run cd /tmp ; wget http://example.org/legacy-1.2.tar.gz ; tar xzf legacy-1.2.tar.gz ; cd legacy-1.2 ; ./configure && make && make install

from base as builder
# the settings of production
run wget --user=deploy --password=hunter2 http://files.example.org/conf.tgz -O /usr/local/share/conf.tgz

from base as trunk
copy --from=builder /usr/local/share/conf.tgz /usr/local/share/conf.tgz
run tar xzf /usr/local/share/conf.tgz -C /etc ; rm /usr/local/share/conf.tgz

from trunk as a
run wget -q http://example.org/a.jar -O /opt/a.jar

from trunk as b
run wget -q http://example.org/b.jar -O /opt/b.jar

from trunk
copy --from=a /opt/a.jar /opt/a.jar
copy --from=b /opt/b.jar /opt/b.jar
add app /srv/legacy
expose 80 443
cmd /srv/legacy/start.sh