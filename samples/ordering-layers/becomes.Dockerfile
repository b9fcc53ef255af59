FROM debian:bookworm-slim

COPY --chmod=755 entrypoint.sh /usr/local/bin/

RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/*

# https://github.com/gohugoio/hugo/releases
ARG HUGO_VERSION=0.139.0
RUN curl -fsSL https://github.com/gohugoio/hugo/releases/download/v${HUGO_VERSION}/hugo_${HUGO_VERSION}_linux-amd64.tar.gz \
    | tar -xz -C /usr/local/bin hugo

COPY site /srv/site

ENTRYPOINT ["entrypoint.sh"]
